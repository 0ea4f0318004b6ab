"""The season overview on a small history made by hand: what is there, what is missing, and for which reason."""

from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.platform import Platform
from nba_props.seasons import Cell, Slate, State, overview, run_again
from nba_props.settings import load_settings
from nba_props_tests import slates
from nba_props_tests.slates import DAY, NOON

BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.fixture
def home(platform: Platform) -> Platform:
    """Three dates with games, the last of them today."""
    for number, day in enumerate((BEFORE, DAY, AFTER)):
        slates.put(
            platform, "nba_raw.schedule", {"game_id": str(number), "game_date": day, "season_type": "Regular Season"}
        )
    return Platform(load_settings(home=platform.home, now=NOON + timedelta(days=1)))


def ran(home: Platform, step: str, status: str, *, why: str | None = None, start: date = DAY, later: int = 0) -> None:
    row = {
        "run_id": f"{step}{status}{later}",
        "processor_name": step,
        "data_date": start,
        "data_date_end": DAY,
        "status": status,
        "started_at": NOON + timedelta(minutes=later),
        "error_message": why,
    }
    slates.put(home, "nba_reference.processor_run_history", row)


def cells(home: Platform, day: date = DAY) -> dict[str, tuple[str, str]]:
    (slate,) = [one for one in overview(home, BEFORE, AFTER) if one.game_date == day]
    return {name: (cell.state.value, cell.reason) for name, cell in slate.cells.items()}


def test_what_never_ran_names_the_first_layer_and_the_rest_wait(home: Platform) -> None:
    found = cells(home)
    assert found["results"] == ("missing", "no box score was imported or fetched")
    assert found["rosters"] == ("missing", "never run")
    assert found["features"] == ("missing", "waits for rosters")
    assert found["exported"] == ("missing", "waits for consolidated")


def test_todays_games_are_due_but_neither_results_nor_grades(home: Platform) -> None:
    found = cells(home, AFTER)
    assert found["results"] == found["graded"] == ("not due", "")
    assert found["rosters"] == ("missing", "never run")


def test_rows_of_a_layer_make_its_dates_be_there(home: Platform) -> None:
    slates.put(home, "nba_raw.team_rosters", {"roster_date": DAY})
    path = {"game_date": DAY, "path": f"v1/predictions/{DAY}.json"}
    slates.put(home, "nba_monitoring.export_log", path | {"state": "published"})
    assert cells(home)["rosters"] == ("there", "")
    assert cells(home)["exported"] == ("there", "")
    assert cells(home, BEFORE)["rosters"] == ("missing", "never run")


def test_a_failure_over_a_range_is_the_reason_of_each_of_its_dates_until_a_later_run(home: Platform) -> None:
    ran(home, "precompute/ml_feature_store", "failed", why="the disk\nis full", start=BEFORE)
    expected = ("missing", "precompute/ml_feature_store failed: the disk is full")
    assert cells(home)["features"] == cells(home, BEFORE)["features"] == expected
    ran(home, "precompute/ml_feature_store", "interrupted", why="killed", later=1)
    assert cells(home)["features"] == ("missing", "precompute/ml_feature_store interrupted: killed")
    assert cells(home, BEFORE)["features"] == expected


def test_one_failed_system_is_the_reason_where_nothing_was_staged(home: Platform) -> None:
    ran(home, "predictions/staging_moving_average", "failed", why="no")
    ran(home, "predictions/staging_ridge_v1", "success", later=1)
    assert cells(home)["predicted"] == ("missing", "predictions/staging_moving_average failed: no")


def test_a_success_without_rows_is_empty_with_good_reason_and_missing_without(home: Platform) -> None:
    for step in ("raw/team_rosters", "precompute/ml_feature_store", "predictions/staging_ridge_v1"):
        ran(home, step, "success")
    assert cells(home)["features"] == ("empty", "built, and nobody had been seen to play")
    assert cells(home)["predicted"] == ("empty", "built, and nobody had been seen to play")
    slates.put(home, "nba_precompute.ml_feature_store", {"game_date": DAY})
    assert cells(home)["predicted"] == ("missing", "run with success, and left nothing")
    slates.put(home, "nba_monitoring.prediction_coverage", {"game_date": DAY, "system_id": "all", "expected": 0})
    assert cells(home)["predicted"] == ("empty", "built, and nobody is expected")


def test_a_failed_check_and_a_withheld_export_are_reasons(home: Platform) -> None:
    slates.put(home, "nba_predictions.player_prop_predictions", {"game_date": DAY, "is_active": True})
    slates.put(home, "nba_raw.player_box_scores", {"game_date": DAY})
    ran(home, "grading/prediction_accuracy", "success")
    ran(home, "exports/predictions", "success")
    check: dict[str, Any] = {"game_date": DAY, "asset": "grading/prediction_accuracy", "check_name": "grain"}
    slates.put(home, "nba_monitoring.check_results", check | {"severity": "integrity", "detail": "two rows"})
    withheld = {"game_date": DAY, "path": f"v1/predictions/{DAY}.json", "state": "withheld", "detail": "NOT READY"}
    slates.put(home, "nba_monitoring.export_log", withheld)
    assert cells(home)["graded"] == ("missing", "check grain failed: two rows")
    assert cells(home)["exported"] == ("missing", "withheld: NOT READY")


def slate(day: date, state: State, results: State = State.THERE) -> Slate:
    graded = State.MISSING if State.MISSING in (state, results) else State.THERE
    return Slate(day, "2023-24", {"results": Cell(results), "rosters": Cell(state), "graded": Cell(graded)})


def test_a_season_without_anything_is_run_by_its_name_and_single_dates_by_theirs() -> None:
    nothing = [slate(BEFORE, State.MISSING), slate(DAY, State.MISSING)]
    assert run_again(nothing) == ["nba-props backfill --season 2023-24"]
    assert run_again([*nothing, slate(AFTER, State.THERE)]) == [f"nba-props backfill --dates {BEFORE},{DAY}"]
    assert run_again([*nothing, slate(AFTER, State.NOT_DUE)]) == [f"nba-props backfill --dates {BEFORE},{DAY}"]
    assert run_again([slate(DAY, State.THERE), slate(AFTER, State.EMPTY)]) == []


def test_results_that_no_backfill_can_build_are_fetched_before_it() -> None:
    late = slate(DAY, State.THERE, results=State.MISSING)
    assert run_again([slate(BEFORE, State.THERE), late]) == [f"nba-props fetch {DAY}"]
    both = [slate(BEFORE, State.THERE, results=State.MISSING), late, slate(AFTER, State.MISSING)]
    assert run_again(both) == ["nba-props fetch --season 2023-24", f"nba-props backfill --dates {AFTER}"]


def test_results_of_a_source_without_the_nbas_ids_are_results(home: Platform) -> None:
    slates.put(home, "nba_raw.box_score_reports", {"game_date": DAY})
    assert cells(home)["results"] == ("there", "")
