"""What a person sees and does in the UI: the graph, an asset, a slate, a backfill, checks turning green and a fault red."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page

from nba_props.assets._factory import OWNERS
from nba_props.catalog import table
from nba_props.catalog.model import Layer
from nba_props.checks import CHECKS
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.ui.conftest import DONE_SECONDS, Ui

pytestmark = pytest.mark.browser

PREDICTIONS, CACHE = "predictions/player_prop_predictions", "precompute/player_daily_cache"
NUMBERS = "no_active_without_number"
"""The check that a planted fault must turn red."""
_SLATE_ENDED = re.compile('Finished execution of run for "slate"|Execution of run for "slate" failed')
_ENDED = re.compile("^(Success|Failure)$")


@pytest.fixture(scope="module")
def slate(ui: Ui) -> date:
    """Tonight's slate, from raw rows to exports, started in the launchpad and followed to its end."""
    page = ui.open(f"/assets/{PREDICTIONS}?view=checks")
    ui.see(page.get_by_text(NUMBERS, exact=True))
    assert "Succeeded" not in _states(page, PREDICTIONS).values()
    ui.launch("slate", f'ops: {{play_slate: {{config: {{date: "{TONIGHT}"}}}}}}')
    # Read without opening the page again: a person watches a run.
    ui.see(page.get_by_text(f"features {TONIGHT}"), DONE_SECONDS)
    ui.look("slate_under_way")
    ui.see(page.get_by_text(_SLATE_ENDED), DONE_SECONDS)
    ui.look("slate_run")
    ui.see(page.get_by_text("Success", exact=True))
    ui.see(page.get_by_text(f"{TONIGHT}: published."))
    return TONIGHT


def test_the_graph_shows_every_layer(ui: Ui) -> None:
    page = ui.open("/asset-groups")
    for layer in Layer:
        ui.see(page.get_by_text(layer.value, exact=True))
    ui.look("lineage")


def test_an_asset_tells_what_it_is_and_holds(ui: Ui, slate: date) -> None:
    page = ui.open(f"/assets/{PREDICTIONS}")
    ui.see(page.get_by_role("link", name=f"{slate}"))
    told = table("nba_predictions.player_prop_predictions")
    for text in (told.description, f"Grain: {', '.join(told.grain)}.", told.full_name):
        ui.see(page.get_by_text(text))
    for column in told:
        ui.see(page.get_by_text(column.name, exact=True))
    for owner in OWNERS:
        ui.see(page.get_by_text(owner.removeprefix("team:"), exact=True))
    ui.see(page.get_by_text("dagster/partition_row_count"))
    ui.see(page.get_by_text("exports / predictions"))
    ui.look("asset")


def test_a_slate_played_from_the_launchpad_turns_its_checks_green(ui: Ui, slate: date) -> None:
    ui.see_in_time(f"/assets/{PREDICTIONS}?view=checks", lambda page: _is_green(page, PREDICTIONS))
    ui.look("slate_checks")


def test_a_backfill_from_the_dialog_is_one_run_of_its_dates(ui: Ui, slate: date) -> None:
    ui.choose_partitions(CACHE, "[2025-11-29...2025-12-01]")
    ui.see(ui.page.get_by_text("3 partitions"))
    ui.look("backfill_dialog")
    ui.press("Launch backfill", "Created backfill")
    ui.see_in_time("/runs?view=backfills", lambda page: page.get_by_text(_ENDED).count() == 1)
    ui.look("backfill")
    assert ui.page.get_by_text("Success", exact=True).count() == 1
    ui.see(ui.page.get_by_text("3 partitions"))
    ui.see_in_time(f"/assets/{CACHE}?view=checks", lambda page: _is_green(page, CACHE))
    ui.see(ui.page.get_by_text("3 date(s) passed"))
    ui.look("backfill_checks")


def test_a_planted_fault_turns_a_check_red_and_its_repair_green(ui: Ui, slate: date) -> None:
    path = f"/assets/{PREDICTIONS}?view=checks"
    with _a_number_lost(ui.home, slate):
        _execute_checks(ui, path)
        ui.see_in_time(path, lambda page: _states(page, PREDICTIONS)[NUMBERS] == "Failed")
        others = {name: state for name, state in _states(ui.page, PREDICTIONS).items() if name != NUMBERS}
        assert set(others.values()) == {"Succeeded"}, others
        ui.page.get_by_text(NUMBERS, exact=True).first.click()
        ui.see(ui.page.get_by_text(f"1 of 1 date(s) failed; {slate}"))
        ui.look("fault")
    _execute_checks(ui, path)
    ui.see_in_time(path, lambda page: _is_green(page, PREDICTIONS))
    ui.look("repaired")


def _is_green(page: Page, asset: str) -> bool:
    return set(_states(page, asset).values()) == {"Succeeded"}


def _states(page: Page, asset: str) -> dict[str, str]:
    """The asset's checks as their list says: the state is below the name, which a page also repeats further down."""
    lines = [line.strip() for line in page.inner_text("body").splitlines()]
    below = dict(reversed([(line, after) for line, after in pairwise(lines) if line != after]))
    return {check.name: below.get(check.name, "") for check in CHECKS[asset]}


def _execute_checks(ui: Ui, path: str) -> None:
    """A run without partitions: it judges tonight."""
    ui.open(path)
    ui.press("Execute all", "Launched run")


@contextmanager
def _a_number_lost(home: Path, day: date) -> Iterator[None]:
    """One active prediction of a date without its number, as no writer of ours would leave it."""
    chosen = "game_date = $day AND is_active AND has_prop_line AND is_main_line AND system_id = 'moving_average'"
    with _warehouse(home) as connection:
        key = connection.execute(
            f"SELECT prediction_id, batch_id, predicted_points FROM nba_predictions.player_prop_predictions WHERE {chosen}",
            {"day": day},
        ).fetchone()
        assert key is not None
        prediction_id, batch_id, points = key
        _set_points(connection, prediction_id, batch_id, None)
    try:
        yield
    finally:
        with _warehouse(home) as connection:
            _set_points(connection, prediction_id, batch_id, points)


def _set_points(connection: duckdb.DuckDBPyConnection, prediction_id: str, batch_id: str, points: float | None) -> None:
    connection.execute(
        "UPDATE nba_predictions.player_prop_predictions SET predicted_points = $points"
        " WHERE prediction_id = $prediction_id AND batch_id = $batch_id",
        {"points": points, "prediction_id": prediction_id, "batch_id": batch_id},
    )


def _warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"))
