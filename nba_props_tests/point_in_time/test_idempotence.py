"""Running anything twice changes nothing but the run history; an interrupted backfill ends where an uninterrupted one does.

By the ordered plan itself, as the command line runs it, on a league of six teams.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
from nba_props.catalog import TABLES
from nba_props.definitions import build_defs
from nba_props.instance import open_instance
from nba_props.io.landing import land
from nba_props.io.sources.archive import discover
from nba_props.plan import Outcome, Request, Runner, import_seasons, run_dates
from nba_props.plan import build_history as plan_history
from nba_props.platform import Platform
from nba_props.simulate.league import LeagueConfig, simulate_league, write_archive
from nba_props_tests.automation import location, ui_backfill
from nba_props_tests.point_in_time.building import (
    SharedHomes,
    build_features,
    build_history,
    build_slate,
    copy_of,
    import_archive,
    open_home,
)
from nba_props_tests.point_in_time.comparing import (
    NO_CONTENT,
    Snapshot,
    all_tables,
    differences,
    snapshot,
    without_columns,
)

pytestmark = pytest.mark.whole

LEAGUE = LeagueConfig(
    seed=5, start=date(2025, 10, 1), days=38, teams=6, trades=2, quote_days=8, trap_date=date(2025, 11, 4)
)
DAYS = (date(2025, 11, 4), date(2025, 11, 5))

OF_EACH_RUN = ["nba_reference.processor_run_history", "nba_monitoring.metrics"]
"""What tells of runs, and grows with each."""

OPERATIONAL = {name for name, one in TABLES.items() if one.kind != "asset"}

KILLED_DURING = ("features 2025", "predictions 2025", "consolidation 2025")
"""Stages (by the start of their title) in which the interrupted backfill is killed, some seeded time after each begins."""

_BACKFILL = """
import sys, warnings
warnings.filterwarnings("ignore")
from datetime import date
from pathlib import Path
from nba_props.instance import open_instance
from nba_props.plan import Request, Runner, run_dates
from nba_props_tests.point_in_time.building import open_home
platform = open_home(Path(sys.argv[1]))
with open_instance(platform) as instance:
    runner = Runner(platform, instance, lambda title: print(title, flush=True))
    outcome = run_dates(runner, map(date.fromisoformat, sys.argv[2:]), Request())
sys.exit(0 if outcome.is_success else 1)
"""


def planned(platform: Platform, days: Sequence[date]) -> Outcome:
    with open_instance(platform) as instance:
        return run_dates(Runner(platform, instance), days, Request())


@pytest.fixture(scope="session")
def ready(homes: SharedHomes) -> Path:
    """A home with the league imported and its history built, before its two slates."""
    with homes.made_once("ready") as (root, is_new):
        if is_new:
            write_archive(simulate_league(LEAGUE), root / "archive")
            platform = open_home(root / "home")
            landed = land(platform.store, discover(root / "archive"), platform.now)
            with open_instance(platform) as instance:
                runner = Runner(platform, instance)
                seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
                assert import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id}).is_success
                plan_history(runner, DAYS[0], Request())
    return root


@pytest.fixture(scope="session")
def backfilled(homes: SharedHomes, ready: Path) -> Platform:
    """The two slates, backfilled without interruption."""
    with homes.made_once("backfilled") as (root, is_new):
        if is_new:
            shutil.copytree(ready / "home", root / "home")
            outcome = planned(open_home(root / "home"), DAYS)
            assert outcome.is_success, outcome.failures
    return open_home(root / "home")


def exported(platform: Platform) -> dict[str, Any]:
    """Every published object; JSON without the instant it was generated at."""
    return {one.path: _document(platform.store.get(one.path)) for one in platform.store.list("v1")}


def _document(content: bytes) -> Any:
    try:
        return _without_instants(json.loads(content))
    except ValueError:
        return content


def _without_instants(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_instants(inner) for key, inner in value.items() if key != "generated_at"}
    return [_without_instants(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("days", [DAYS, DAYS[:1]], ids=["backfill", "run"])
def test_running_again_changes_nothing_but_the_run_history(
    backfilled: Platform, days: Sequence[date], tmp_path: Path
) -> None:
    platform = copy_of(backfilled, tmp_path / "home")
    before, documents = all_tables(platform, without=OF_EACH_RUN), exported(platform)
    outcome = planned(platform, days)
    assert outcome.is_success, outcome.failures
    assert differences(before, all_tables(platform, without=OF_EACH_RUN)) == []
    assert documents
    assert exported(platform) == documents


def test_a_killed_backfill_ends_where_an_uninterrupted_one_does(
    backfilled: Platform, ready: Path, tmp_path: Path
) -> None:
    """Killed in its features, again in its predictions, again in its consolidation; then left alone."""
    home = tmp_path / "home"
    shutil.copytree(ready / "home", home)
    dice = np.random.default_rng(42)
    for stage in KILLED_DURING:
        assert killed_during(stage, float(dice.uniform(0.2, 2.0)), home), f"the backfill never reached {stage}"
    platform = open_home(home)
    outcome = planned(platform, DAYS)
    assert outcome.is_success, outcome.failures
    assert platform.warehouse.staging_tables() == []
    one, other = (content(home) for home in (backfilled, platform))
    assert differences(one, other) == []
    assert exported(platform).keys() == exported(backfilled).keys()


def test_a_backfill_launched_in_the_ui_ends_where_that_of_the_command_line_does(
    backfilled: Platform, ready: Path, tmp_path: Path
) -> None:
    """The month's models, then every dated asset over the dates: as somebody selects them there, carried out by the daemon.

    What reads the day before is asked for the day after as well: Dagster follows partitions downstream.
    """
    platform = open_home(shutil.copytree(ready / "home", tmp_path / "home"))
    graph = build_defs(platform=platform).resolve_asset_graph()
    monthly, dated = (
        [key for key in graph.materializable_asset_keys if isinstance(graph.get(key).partitions_def, kind)]
        for kind in (dg.MonthlyPartitionsDefinition, dg.DailyPartitionsDefinition)
    )
    assert len(monthly) > 2
    assert len(dated) > 20
    ui_backfill.backfill(platform, monthly, ["2025-11-01"], location)
    runs = ui_backfill.backfill(platform, dated, [day.isoformat() for day in DAYS], location)
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
    assert platform.warehouse.staging_tables() == []
    one, other = (until(DAYS[-1], content(home)) for home in (backfilled, platform))
    assert differences(one, other) == []
    assert exported(platform).keys() == exported(backfilled).keys()


def until(last: date, taken: Snapshot) -> Snapshot:
    """Dated tables without the dates after `last`."""
    days = {name: TABLES[name].partition_by for name in taken}
    return {
        name: rows.filter(pc.less_equal(rows[day], pa.scalar(last))) if (day := days[name]) else rows
        for name, rows in taken.items()
    }


def killed_during(stage: str, seconds: float, home: Path) -> bool:
    """Whether a backfill in a process of its own was killed (-9) so long after the stage had begun."""
    command = [sys.executable, "-c", _BACKFILL, str(home), *(day.isoformat() for day in DAYS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        reached = any(title.startswith(stage) for title in process.stdout)
        if reached:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        return reached and process.wait() == -9


def content(platform: Platform) -> Snapshot:
    """What the tables say, without instants and ids of runs and batches; superseded rows are no difference of content."""
    taken = dict(without_columns(all_tables(platform, without=[*OPERATIONAL]), NO_CONTENT))
    predictions = taken["nba_predictions.player_prop_predictions"]
    taken["nba_predictions.player_prop_predictions"] = predictions.filter(predictions["is_active"])
    return taken


def test_the_shortcut_of_these_tests_gives_what_the_plan_gives(
    backfilled: Platform, ready: Path, tmp_path: Path
) -> None:
    platform = open_home(tmp_path / "home")
    import_archive(platform, ready / "archive")
    build_history(platform, DAYS[0])
    build_slate(platform, DAYS[0])
    games = platform.warehouse.query(
        "SELECT game_id FROM nba_raw.schedule WHERE game_date = @start_date", {"start_date": DAYS[0]}
    )["game_id"].to_pylist()
    assert games
    one, other = (rounded(snapshot(home, DAYS[0], games, {})) for home in (backfilled, platform))
    assert differences(one, other) == []


def rounded(taken: Snapshot) -> Snapshot:
    """Predicted numbers to a billionth: sums over more rows of weight zero differ in the last bit."""
    rows = taken["active predictions"]
    columns = [
        pc.round(rows[field.name], 9) if pa.types.is_floating(field.type) else rows[field.name] for field in rows.schema
    ]
    return {**taken, "active predictions": pa.table(columns, names=rows.column_names)}


def test_a_range_is_its_dates(ready: Path, tmp_path: Path) -> None:
    """Point in time is a property of the query, never of the loop."""
    one, other = (open_home(shutil.copytree(ready / "home", tmp_path / name)) for name in ("range", "dates"))
    build_features(one, DAYS[0], DAYS[-1])
    for day in DAYS:
        build_features(other, day, day)
    names = [
        name for name in TABLES if name.startswith(("nba_precompute", "nba_analytics.upcoming", "nba_raw.team_rosters"))
    ]
    everything = [name for name in TABLES if name not in names]
    assert differences(all_tables(one, without=everything), all_tables(other, without=everything)) == []
