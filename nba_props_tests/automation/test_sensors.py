"""Sensors: what each starts from what the tables and earlier runs say, once, and what it leaves alone."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from nba_props.alerting import watch
from nba_props.automation import past
from nba_props.catalog import table
from nba_props.domain.automation import Ending
from nba_props.instance import open_instance
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props_tests.automation.looking import look, ran, work_of
from nba_props_tests.slates import (
    DAY,
    GAMES,
    NOON,
    PEOPLE,
    at,
    batch,
    copy_home,
    good_slate,
    later,
    new_home,
    put,
    rows,
)

PREDICTIONS = table("nba_predictions.player_prop_predictions")
MORNING = later(-60)
"""Before the slate's first tip, as `slates` makes contexts (NOON)."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A slate that stands predicted, in a home with a source to ask."""
    platform = new_home(tmp_path_factory.mktemp("sensors") / "home", MORNING)
    good_slate(platform)
    for person in PEOPLE:
        now_known(platform, person.number, line=person.line)
    return Platform(platform.settings.model_copy(update={"sources_url": "http://127.0.0.1:1"}))


@pytest.fixture
def home(good: Platform, tmp_path: Path) -> Platform:
    return copy_home(good, tmp_path / "home")


@pytest.fixture
def instance(home: Platform) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as opened:
        yield opened


def now_known(platform: Platform, number: int, *, line: float | None, injury: str | None = None) -> None:
    """A player's context anew, in a game that tips at NOON."""
    person = PEOPLE[number]
    put(
        platform,
        "nba_analytics.upcoming_player_game_context",
        person.columns
        | {
            "game_date": DAY,
            "has_line": line is not None,
            "current_points_line": line,
            "injury_status": injury,
            "is_production_ready": True,
            "tip_at": NOON,
        },
    )


# -- changes ------------------------------------------------------------------------------------------------------------


def test_only_whose_line_moved_a_point_or_came_first_is_predicted_again_and_once(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    fetched = ran(instance, MORNING, lane="fetches")
    moved, half, first = PEOPLE[1], PEOPLE[2], PEOPLE[4]
    assert moved.line is not None
    assert half.line is not None
    assert first.line is None
    now_known(home, 1, line=moved.line + 1)
    now_known(home, 2, line=half.line + 0.5)
    now_known(home, 4, line=14.5)
    [request], _, cursor = look(home, instance, "odds_and_injury_changes")
    assert work_of(request)["players"] == sorted([moved.player_id, first.player_id])
    assert (work_of(request)["date"], json.loads(cursor or "{}")["run"]) == (DAY.isoformat(), fetched)
    assert look(home, instance, "odds_and_injury_changes", cursor)[1] == "nothing was fetched since the last look"
    ran(instance, later(5, MORNING), lane="fetches")
    assert look(home, instance, "odds_and_injury_changes", cursor)[0] == []
    now_known(home, 2, line=half.line + 1)
    [after], _, _ = look(home, instance, "odds_and_injury_changes", cursor)
    assert work_of(after)["players"] == [half.player_id]
    [same], _, _ = look(home, instance, "odds_and_injury_changes", cursor)
    assert same.run_key == after.run_key


def test_an_injury_report_concerns_the_player_and_no_change_concerns_nobody(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    ran(instance, MORNING, lane="fetches")
    requests, said, _ = look(home, instance, "odds_and_injury_changes")
    assert (requests, said) == ([], "no line or status has changed enough")
    now_known(home, 3, line=PEOPLE[3].line, injury="questionable")
    [request], _, _ = look(home, instance, "odds_and_injury_changes")
    assert work_of(request)["players"] == [PEOPLE[3].player_id]


def test_nobody_is_predicted_again_after_tip_or_before_the_slate_was_predicted(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    ran(instance, MORNING, lane="fetches")
    now_known(home, 1, line=99.5)
    assert look(at(home, NOON), instance, "odds_and_injury_changes")[0] == []
    home.warehouse.delete(
        PREDICTIONS, "game_date BETWEEN @start_date AND @end_date", {"start_date": DAY, "end_date": DAY}
    )
    assert look(home, instance, "odds_and_injury_changes")[0] == []


# -- attempts -----------------------------------------------------------------------------------------------------------


def attempted(instance: dg.DagsterInstance, when: datetime, ending: Ending, name: str = "same-day-predictions") -> None:
    told = {} if ending is Ending.FAILED else {"ending": ending.value, "said": "no features"}
    tags = {"lane": "slates", "slate": DAY.isoformat(), "attempt_of": name} | told
    ran(instance, when, is_success=ending is not Ending.FAILED, **tags)


def test_a_slate_that_was_not_ready_is_attempted_again_with_backoff_or_on_news(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    attempted(instance, MORNING, Ending.NOT_READY)
    requests, said, _ = look(at(home, later(4, MORNING)), instance, "slate_attempts")
    assert requests == []
    assert said is not None
    assert "after 1 times not ready" in said
    [request], _, _ = look(at(home, later(5, MORNING)), instance, "slate_attempts")
    assert request.run_key == f"same-day-predictions/{DAY}/2"
    ran(instance, later(2, MORNING), lane="fetches", news="3")
    [request], _, _ = look(at(home, later(2, MORNING)), instance, "slate_attempts")
    assert request.tags["nba_props/attempt_of"] == "same-day-predictions"


def test_what_is_published_is_left_alone_and_three_failures_end_it(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    attempted(instance, MORNING, Ending.PUBLISHED)
    for minutes in (1, 2, 3):
        attempted(instance, later(minutes, MORNING), Ending.FAILED, "overnight-predictions")
    requests, said, _ = look(at(home, later(40, MORNING)), instance, "slate_attempts")
    assert requests == []
    assert said is not None
    assert "failed 3 times in a row" in said


# -- results ------------------------------------------------------------------------------------------------------------


def test_a_date_is_graded_when_its_results_come_late_and_for_each_game_once(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    morning, (one, other) = at(home, later(24 * 60)), GAMES
    assert look(morning, instance, "late_results")[0] == []
    put(home, "nba_raw.player_box_scores", {"game_date": DAY, "game_id": one})
    assert look(home, instance, "late_results")[0] == [], "today is not over"
    [first], _, _ = look(morning, instance, "late_results")
    assert work_of(first) == {"date": DAY.isoformat(), "ask": []}
    put(home, "nba_grading.prediction_accuracy", {"game_date": DAY, "game_id": one})
    assert look(morning, instance, "late_results")[0] == []
    put(home, "nba_raw.box_score_reports", {"game_date": DAY, "game_id": other})
    [second], _, _ = look(morning, instance, "late_results")
    assert second.run_key != first.run_key
    assert look(at(home, later(9 * 24 * 60)), instance, "late_results")[0] == []


# -- staging ------------------------------------------------------------------------------------------------------------


def stage(platform: Platform, batch_id: str, system: str, created: datetime) -> StagingTable:
    staging = StagingTable(batch_id, DAY, system, "w0", created, 0)
    platform.warehouse.stage(PREDICTIONS, staging, rows(PREDICTIONS.full_name))
    return staging


def test_staging_is_consolidated_when_whole_or_stalled_and_again_when_more_comes(
    home: Platform, instance: dg.DagsterInstance
) -> None:
    waits = {"min_completion_pct": 80.0, "wait_minutes": 10.0}
    one = batch(home, batch_id=f"batch_{DAY}_2", state="open", **waits)
    stage(home, one, "ensemble_v1", MORNING)
    assert look(at(home, later(9, MORNING)), instance, "consolidation")[0] == []
    [stalled], _, _ = look(at(home, later(10, MORNING)), instance, "consolidation")
    assert work_of(stalled) == {"dates": [DAY.isoformat()]}
    [same], _, _ = look(at(home, later(30, MORNING)), instance, "consolidation")
    assert same.run_key == stalled.run_key
    stage(home, one, "moving_average", later(30, MORNING))
    batch(home, batch_id=one, state="complete", **waits)
    [whole], _, _ = look(at(home, later(30, MORNING)), instance, "consolidation")
    assert whole.run_key != stalled.run_key


def test_while_a_slate_is_at_work_its_staging_is_left_to_it(home: Platform, instance: dg.DagsterInstance) -> None:
    one = batch(home, batch_id=f"batch_{DAY}_2", state="complete", min_completion_pct=80.0, wait_minutes=10.0)
    stage(home, one, "ensemble_v1", MORNING)
    instance.add_run(dg.DagsterRun(job_name="slate", tags={"nba_props/lane": "slates"}, status=past.UNDER_WAY[3]))
    requests, said, _ = look(home, instance, "consolidation")
    assert requests == []
    assert said is not None
    assert "being worked on" in said


def test_orphans_are_reported_first_and_removed_a_day_later(home: Platform, instance: dg.DagsterInstance) -> None:
    orphan = stage(home, f"batch_{DAY}_2", "ensemble_v1", later(-61, MORNING))
    young = stage(home, f"batch_{DAY}_3", "ensemble_v1", later(-59, MORNING))
    requests, said, cursor = look(home, instance, "orphan_sweeper")
    assert requests == []
    assert said is not None
    assert json.loads(cursor or "{}").keys() == {orphan.name}
    assert look(at(home, later(24 * 60 - 1, MORNING)), instance, "orphan_sweeper", cursor)[0] == []
    [request], _, _ = look(at(home, later(24 * 60, MORNING)), instance, "orphan_sweeper", cursor)
    assert work_of(request)["tables"] == [orphan.name]
    assert young.name not in request.run_config["ops"]["sweep"]["config"]["tables"]


# -- alerts -------------------------------------------------------------------------------------------------------------


def test_who_did_not_answer_is_told_until_he_does(home: Platform, instance: dg.DagsterInstance) -> None:
    def unanswered() -> Mapping[str, str]:
        return past.automation_of(instance, home, []).unanswered

    ran(instance, MORNING, lane="fetches", unanswered=json.dumps({"espn": "27 of 30", "odds_api": None}))
    assert unanswered() == {"espn": "27 of 30"}
    ran(instance, later(60, MORNING), lane="slates", unanswered=json.dumps({"espn": None}))
    assert unanswered() == {}


def test_a_look_by_hand_knows_what_the_sensor_knows(home: Platform, instance: dg.DagsterInstance) -> None:
    """Else each would tell as over what the other has raised."""
    ran(instance, MORNING, lane="fetches", unanswered=json.dumps({"espn": "no answer in 30 s"}))
    look(at(home, later(30, MORNING)), instance, "slate_alerts")
    by_hand = at(home, later(40, MORNING))
    found = watch(by_hand, DAY, automation=past.automation_of(instance, by_hand, [DAY]))
    assert [one.alert.fingerprint for one in found.open if one.alert.situation == "source_unanswered"] == [
        "source_unanswered/espn"
    ]
    assert [one for one in found.sendings if one.alert.situation == "source_unanswered"] == []


def test_a_slate_given_up_is_an_alert(home: Platform, instance: dg.DagsterInstance) -> None:
    for minutes in (1, 2, 3):
        attempted(instance, later(minutes, MORNING), Ending.FAILED)
    look(at(home, later(30, MORNING)), instance, "slate_alerts")
    alerts = home.warehouse.query("select situation, alert_text from nba_monitoring.alerts").to_pylist()
    [given_up] = [one for one in alerts if one["situation"] == "slate_given_up"]
    assert "same-day-predictions attempts the slate no more: failed 3 times in a row" in given_up["alert_text"]


def test_a_schedule_that_is_off_is_no_duty(instance: dg.DagsterInstance) -> None:
    assert past.switched_on(instance) == []
