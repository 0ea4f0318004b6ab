"""The verdict: each rule by itself on facts, then the whole on a warehouse with rows."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.domain.calendar import EASTERN
from nba_props.health import (
    Level,
    SlateFacts,
    State,
    Verdict,
    operations_of,
    slate_facts,
    slate_findings,
    slate_shown,
    slate_verdict,
    state_of,
)
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.slates import DAY, GAMES, NOON, PEOPLE, SYSTEMS, later

PREDICTIONS = f"v1/predictions/{DAY}.json"
TONIGHT = "v1/tonight/all-players.json"


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A home an hour after noon Eastern of DAY."""
    return slates.new_home(tmp_path_factory.mktemp("empty") / "home", later(60))


@pytest.fixture(scope="module")
def ready_home(empty_home: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A good slate, exported five minutes after noon."""
    filled = slates.copy_home(empty_home, tmp_path_factory.mktemp("ready") / "home")
    slates.good_slate(filled)
    exported(filled, PREDICTIONS, TONIGHT)
    return filled


@pytest.fixture
def home(empty_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(empty_home, tmp_path / "home")


@pytest.fixture
def ready(ready_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(ready_home, tmp_path / "home")


def exported(home: Platform, *paths: str, state: str = "published", minutes: float = 5) -> None:
    """Objects and log rows of exports of DAY."""
    for path in paths:
        home.store.put(path, b"{}")
        row = {"game_date": DAY, "path": path, "state": state, "published_at": later(minutes)}
        slates.put(home, "nba_monitoring.export_log", row)


# -- each rule on facts ------------------------------------------------------------------------------------------------


def facts(covered: float | None = 100.0, players: tuple[int, int] = (10, 10), **changed: Any) -> SlateFacts:
    """A READY slate of two games, apart from what is given."""
    of_games = dict(zip(GAMES, players, strict=True))
    given: dict[str, Any] = {
        "all_games": [
            {"game_id": game, "home_team": home, "away_team": away, "season_type": "Regular Season", "tip_at": None}
            for game, (home, away) in GAMES.items()
        ],
        "coverages": [
            {
                "system_id": system,
                "coverage_pct": covered,
                "expected": 0 if covered is None else 1000,
                "predicted": 0 if covered is None else round(covered * 10),
                "roster_players": 1200,
                "unresolved_names": 0,
            }
            for system in ("all", *SYSTEMS)
        ],
        "predictions_by_game": [
            {"game_id": game, "system_id": system, "predictions": 5 * count, "players": count, "changed_at": NOON}
            for game, count in of_games.items()
            for system in ("all", *SYSTEMS)
        ],
        "active_batches": [{"batch_id": "batch_1", "predictions": 100}],
        "batches": [
            {
                "batch_id": "batch_1",
                "scope": "slate",
                "completion_pct": 100.0,
                "consolidated_at": NOON,
                "missing_systems": None,
            }
        ],
    }
    return SlateFacts(DAY, **(given | changed))


def verdict_of(one: SlateFacts) -> tuple[State, str]:
    findings = slate_findings(one)
    return state_of(findings, bool(one.games)), " ".join(map(str, findings))


def test_a_whole_slate_is_ready_without_a_word() -> None:
    assert verdict_of(facts()) == (State.READY, "")


@pytest.mark.parametrize(
    ("covered", "state", "level"),
    [
        (95.0, State.READY, None),
        (94.9, State.DEGRADED, Level.WARNING),
        (85.0, State.DEGRADED, Level.WARNING),
        (84.9, State.DEGRADED, Level.DEGRADED),
        (80.0, State.DEGRADED, Level.DEGRADED),
        (79.9, State.NOT_READY, Level.NOT_READY),
        (0.0, State.NOT_READY, Level.NOT_READY),
    ],
)
def test_coverage_decides_at_95_85_and_80(covered: float, state: State, level: Level | None) -> None:
    findings = slate_findings(facts(covered))
    assert state_of(findings, True) is state
    assert [finding.level for finding in findings] == ([] if level is None else [level])
    if findings:
        assert f"{round(covered * 10)} of 1000 expected players, {covered:.1f} %" in findings[0].what
        assert findings[0].next_step == f"nba-props coverage {DAY} --detailed"


def test_nobody_expected_although_games_are_played_is_not_ready() -> None:
    state, said = verdict_of(facts(None))
    assert state is State.NOT_READY
    assert "Nobody is expected in 2 games: 0 of 1200 players are ready." in said


def test_coverage_that_was_not_computed_is_never_taken_for_good() -> None:
    state, said = verdict_of(facts(coverages=[]))
    assert state is State.NOT_READY
    assert "was not computed" in said


def test_games_without_an_active_prediction_are_not_ready_and_said_once() -> None:
    state, said = verdict_of(facts(0.0, predictions_by_game=[], active_batches=[]))
    assert state is State.NOT_READY
    assert said == f"2 games on {DAY} and no active prediction (1000 players expected). Next step: nba-props run {DAY}"


def test_a_missing_system_degrades_and_is_named() -> None:
    without = [row for row in facts().predictions_by_game if row["system_id"] != "xgboost_v1"]
    state, said = verdict_of(facts(predictions_by_game=without))
    assert state is State.DEGRADED
    assert f"No active prediction of xgboost_v1; {len(SYSTEMS) - 1} systems answered." in said
    assert f"nba-props run {DAY} --systems xgboost_v1" in said


@pytest.mark.parametrize(
    ("players", "state"), [((8, 10), State.READY), ((7, 10), State.DEGRADED), ((10, 0), State.DEGRADED)]
)
def test_a_game_with_fewer_than_eight_players_degrades_and_says_so(players: tuple[int, int], state: State) -> None:
    found, said = verdict_of(facts(players=players))
    assert found is state
    assert (state is State.READY) == ("Fewer than 8 predicted players in 1 game" not in said)
    if players == (7, 10):
        assert "BOS at LAL has 7." in said


@pytest.mark.parametrize(
    ("severity", "state"), [("integrity", State.NOT_READY), ("error", State.DEGRADED), ("warning", State.DEGRADED)]
)
def test_a_failed_check_weighs_by_its_severity(severity: str, state: State) -> None:
    check = {"asset": "predictions/x", "check_name": "grain", "severity": severity, "detail": "2 doubles"}
    found, said = verdict_of(facts(failed_checks=[check]))
    assert found is state
    assert f"{severity.capitalize()} check grain of predictions/x failed: 2 doubles." in said


def test_active_rows_of_an_unverified_batch_are_not_ready() -> None:
    unverified = [facts().batches[0] | {"consolidated_at": None}]
    state, said = verdict_of(facts(batches=unverified))
    assert state is State.NOT_READY
    assert "100 active rows of batch_1, whose consolidation was never verified." in said
    assert f"nba-props staging consolidate {DAY} --batch batch_1" in said


@pytest.mark.parametrize(("completion", "state"), [(80.0, State.READY), (79.9, State.NOT_READY)])
def test_completion_of_the_batch_in_force_decides_at_80(completion: float, state: State) -> None:
    assert verdict_of(facts(batches=[facts().batches[0] | {"completion_pct": completion}]))[0] is state


def test_a_batch_of_a_few_players_does_not_speak_for_the_slate() -> None:
    few = facts().batches[0] | {"batch_id": "batch_2", "scope": "players:nba_1,nba_2", "completion_pct": 50.0}
    assert verdict_of(facts(batches=[*facts().batches, few]))[0] is State.READY


def test_unresolved_names_are_said_and_weigh_nothing_by_themselves() -> None:
    covered = [row | {"unresolved_names": 3} for row in facts().coverages]
    state, said = verdict_of(facts(coverages=covered))
    assert state is State.READY
    assert "3 quoted names could not be bound to a player" in said


def test_predictions_for_games_that_are_not_scheduled_contradict_no_slate() -> None:
    assert verdict_of(SlateFacts(DAY))[0] is State.NO_SLATE
    state, said = verdict_of(facts(all_games=[]))
    assert state is State.DEGRADED
    assert "20 players predicted for games not scheduled" in said


def test_exit_codes() -> None:
    assert [state.exit_code for state in (State.READY, State.NO_SLATE, State.DEGRADED, State.NOT_READY)] == [0, 0, 1, 2]


# -- the whole on a warehouse ------------------------------------------------------------------------------------------


def test_a_ready_slate_with_all_its_figures(ready: Platform) -> None:
    verdict = slate_verdict(ready, DAY)
    assert (verdict.verdict, verdict.reasons, verdict.exit_code) == (State.READY, [], 0)
    assert (verdict.games, verdict.players, verdict.systems) == (2, 20, len(SYSTEMS))
    assert verdict.predictions == (16 * 5 + 4) * len(SYSTEMS)
    assert (verdict.expected, verdict.predicted, verdict.coverage_pct, verdict.loss_pct) == (20, 20, 100.0, 0.0)
    assert verdict.last_consolidation is not None
    assert (verdict.last_consolidation.batch_id, verdict.last_consolidation.at) == (f"batch_{DAY}_1", NOON)
    assert (verdict.export_state, verdict.exported_at, verdict.is_export_stale) == ("published", later(5), False)
    assert verdict.batch_ids == [f"batch_{DAY}_1"]


def test_a_verdict_is_json_and_back(ready: Platform) -> None:
    verdict = slate_verdict(ready, DAY)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert verdict.model_dump(mode="json")["verdict"] == "READY"


def stage(home: Platform, day: date = DAY, minutes: float = 50) -> None:
    staging = StagingTable(f"batch_{day}_2", day, "xgboost_v1", "0", later(minutes))
    home.warehouse.stage(
        slates.table("nba_predictions.player_prop_predictions"),
        staging,
        slates.rows("nba_predictions.player_prop_predictions"),
    )


def leave_staging(home: Platform) -> None:
    stage(home)


def leave_staging_elsewhere(home: Platform) -> None:
    stage(home, DAY - timedelta(days=3), minutes=-120)


def open_a_batch(home: Platform) -> None:
    slates.batch(home, batch_id="batch_2", opened_at=later(1), state="open", staged_players=7, consolidated_at=None)


def fail_a_batch(home: Platform) -> None:
    slates.batch(
        home,
        batch_id="batch_2",
        opened_at=later(1),
        state="failed",
        consolidated_at=None,
        failure_reason="stalled at 40 %",
    )


def fail_an_older_batch(home: Platform) -> None:
    slates.batch(home, batch_id="batch_0", opened_at=later(-9), state="failed", consolidated_at=None)


def fail_a_scratch_then_succeed(home: Platform) -> None:
    scope = {"scope": "players:nba_1", "expected_players": 1}
    slates.batch(home, batch_id="batch_2", opened_at=later(1), state="failed", consolidated_at=None, **scope)
    slates.batch(home, batch_id="batch_3", opened_at=later(2), **scope)


def consolidate_in_part(home: Platform) -> None:
    slates.batch(home, state="partial", staged_players=19, completion_pct=95.0)


def lose_the_object(home: Platform) -> None:
    home.store.delete(PREDICTIONS)


def withhold(home: Platform) -> None:
    exported(home, PREDICTIONS, state="withheld")


def change_after_export(home: Platform) -> None:
    slates.predictions(home, updated_at=later(30))


def land_an_older_batch_late(home: Platform) -> None:
    landed = {"batch_id": "batch_0", "is_active": False, "superseded_by": f"batch_{DAY}_1", "updated_at": later(30)}
    slates.put(home, "nba_predictions.player_prop_predictions", *slates.prediction_rows(PEOPLE[0], **landed))


def refuse_again(home: Platform) -> None:
    refused = {"batch_id": "batch_0", "is_active": False, "prediction_error_code": "no_model", "updated_at": later(30)}
    slates.put(home, "nba_predictions.player_prop_predictions", *slates.prediction_rows(PEOPLE[0], **refused))


def withdraw_a_player(home: Platform) -> None:
    slates.batch(home, batch_id="batch_2", scope="players:nba_0", opened_at=later(29), consolidated_at=later(31))
    gone = {"is_active": False, "superseded_by": "batch_2", "updated_at": later(30)}
    slates.put(home, "nba_predictions.player_prop_predictions", *slates.prediction_rows(PEOPLE[0], **gone))


def compute_coverage_before_the_change(home: Platform) -> None:
    step(home, "monitoring/prediction_coverage", "success", minutes=-10)


def fail_a_run(home: Platform) -> None:
    step(home, "predictions/xgboost_v1", "failed", minutes=10)


def step(home: Platform, name: str, status: str, minutes: float, run_id: str = "run-1", day: date = DAY) -> None:
    row = {"run_id": run_id, "processor_name": name, "status": status, "data_date": day, "started_at": later(minutes)}
    slates.put(home, "nba_reference.processor_run_history", row)


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        (leave_staging, State.DEGRADED, f"1 staging table left over for {DAY}."),
        (leave_staging_elsewhere, State.READY, "1 orphaned staging table of other dates."),
        (open_a_batch, State.DEGRADED, "batch_2 is open: 7 of 20 players."),
        (fail_a_batch, State.DEGRADED, "batch_2 is failed: 20 of 20 players (stalled at 40 %)."),
        (fail_an_older_batch, State.READY, None),
        (fail_a_scratch_then_succeed, State.READY, None),
        (consolidate_in_part, State.DEGRADED, f"batch_{DAY}_1 is partial: 19 of 20 players."),
        (lose_the_object, State.DEGRADED, f"{PREDICTIONS} is not exported for {DAY}."),
        (withhold, State.DEGRADED, f"{PREDICTIONS} was withheld at 2024-01-15 17:05:00 UTC."),
        (change_after_export, State.DEGRADED, f"{PREDICTIONS} was exported at 2024-01-15 17:05:00 UTC, before"),
        (land_an_older_batch_late, State.READY, None),
        (refuse_again, State.READY, None),
        (withdraw_a_player, State.DEGRADED, "before predictions changed at 2024-01-15 17:30:00 UTC."),
        (compute_coverage_before_the_change, State.DEGRADED, "Coverage is of 2024-01-15 16:50:00 UTC, before"),
        (fail_a_run, State.READY, f"The latest run for {DAY} failed in predictions/xgboost_v1."),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_surrounds_a_good_slate(
    ready: Platform, change: Callable[[Platform], None], state: State, said: str | None
) -> None:
    change(ready)
    verdict = slate_verdict(ready, DAY)
    assert verdict.verdict is state, verdict.reasons
    assert verdict.reasons == [] if said is None else any(said in reason for reason in verdict.reasons), verdict.reasons


def open_a_circuit(home: Platform, system_id: str = "xgboost_v1", day: date = DAY, run_mode: str = "live") -> None:
    """The system failed in three batches, the last of them now."""
    for number in (1, 2, 3):
        batch_id = f"batch_{day}_{run_mode}_{number}"
        slates.batch(home, day, batch_id=batch_id, run_mode=run_mode, opened_at=NOON - timedelta(days=1))
        row = {"batch_id": batch_id, "game_date": day, "system_id": system_id, "state": "failed"}
        said = {"error_message": "ValueError: no trees.", "attempted_at": later(57 + number)}
        slates.put(home, "nba_predictions.prediction_batch_systems", row | said)


def test_a_system_that_is_not_called_degrades_the_slate_and_is_told(ready: Platform) -> None:
    open_a_circuit(ready)
    verdict = slate_verdict(ready, DAY)
    assert verdict.verdict is State.DEGRADED
    assert verdict.reasons == [
        "xgboost_v1 is not called until 2024-01-15 19:00:00 UTC: 3 batches in a row failed, at last with ValueError: no trees."
        f" Next step: mend it, then nba-props run {DAY} --systems xgboost_v1 --force"
    ]
    assert verdict.model_dump(mode="json")["open_circuits"] == [
        {
            "system_id": "xgboost_v1",
            "since": "2024-01-15T18:00:00Z",
            "until": "2024-01-15T19:00:00Z",
            "failures": 3,
            "error": "ValueError: no trees.",
        }
    ]
    over = slate_verdict(slates.at(ready, later(120)), DAY)
    assert (over.verdict, over.open_circuits) == (State.READY, [])


def test_backfills_that_fail_elsewhere_are_no_matter_of_tonights(ready: Platform) -> None:
    open_a_circuit(ready, day=DAY - timedelta(days=400), run_mode="backfill")
    assert slate_verdict(ready, DAY).open_circuits == []
    slates.good_slate(ready, DAY - timedelta(days=1))
    past = slate_verdict(ready, DAY - timedelta(days=1))
    assert [one.system_id for one in past.open_circuits] == ["xgboost_v1"]
    assert any("xgboost_v1 is not called" in reason for reason in past.reasons)


def test_a_slate_ahead_in_which_nobody_is_quoted_says_so_and_is_as_ready_as_before(ready: Platform) -> None:
    slates.coverage(ready, 20, quoted=0)
    verdict = slate_verdict(ready, DAY)
    assert verdict.verdict is State.READY
    (reason,) = verdict.reasons
    assert "No player has a line" in reason
    assert f"nba-props fetch --source odds {DAY}" in reason
    assert (
        slate_verdict(slates.at(ready, NOON + timedelta(days=1)), DAY).reasons == []
    )  # over: an archive may hold none


def test_staging_is_counted_for_the_date_and_in_all(ready: Platform) -> None:
    stage(ready)
    stage(ready, DAY - timedelta(days=3), minutes=-120)
    verdict = slate_verdict(ready, DAY)
    assert (verdict.staging_tables, verdict.staging_tables_total) == (1, 2)
    assert verdict.orphaned_staging == [f"_staging_batch_{DAY - timedelta(days=3)}_2_xgboost_v1_0"]


def test_failed_runs_of_the_last_day_are_counted_once_a_run(ready: Platform) -> None:
    for name in ("predictions/xgboost_v1", "predictions/ensemble_v1"):
        step(ready, name, "failed", minutes=10)
    step(ready, "raw/schedule", "failed", minutes=20, run_id="run-2", day=DAY + timedelta(days=9))
    step(ready, "raw/schedule", "failed", minutes=-60 * 30, run_id="run-3", day=DAY + timedelta(days=9))
    assert slate_verdict(ready, DAY).failed_runs_24h == 2


def test_nothing_run_yet_says_what_has_not_run(home: Platform) -> None:
    slates.schedule(home)
    step(home, "analytics/upcoming_player_game_context", "success", minutes=-30)
    verdict = slate_verdict(home, DAY)
    assert (verdict.verdict, verdict.exit_code) == (State.NOT_READY, 2)
    assert verdict.coverage_pct is None
    assert verdict.steps_not_run == [
        "precompute/ml_feature_store",
        "predictions/player_prop_predictions",
        "monitoring/prediction_coverage",
    ]
    assert "2 games on 2024-01-15 and no active prediction (coverage was not computed)." in verdict.reasons[0]


def test_the_worst_reason_comes_first(ready: Platform) -> None:
    stage(ready)
    slates.check(ready, "integrity")
    verdict = slate_verdict(ready, DAY)
    assert verdict.verdict is State.NOT_READY
    assert verdict.reasons[0].startswith("Integrity check")
    assert [check.severity for check in verdict.failed_checks] == ["integrity"]


def test_checks_that_pass_or_only_inform_are_no_reason(ready: Platform) -> None:
    slates.check(ready, "integrity", passed=True)
    assert slate_verdict(ready, DAY).reasons == []
    slates.check(ready, "info")
    assert slate_verdict(ready, DAY).reasons == []


def test_missing_players_are_counted_by_reason(ready: Platform) -> None:
    slates.missing(
        ready,
        {"missing_key": "nba_77", "reason": "system_error", "is_expected": True},
        {"missing_key": "nba_78", "reason": "injured_out", "is_by_design": True},
        {"missing_key": "nba_79", "reason": "injured_out", "is_by_design": True},
    )
    verdict = slate_verdict(ready, DAY)
    assert verdict.missing == {"system_error": 1}
    assert verdict.excluded_by_design == {"injured_out": 2}


# -- dates without games -----------------------------------------------------------------------------------------------


def no_slate(home: Platform, day: date) -> str:
    verdict = slate_verdict(home, day)
    assert (verdict.verdict, verdict.exit_code, len(verdict.reasons)) == (State.NO_SLATE, 0, 1)
    return verdict.reasons[0]


def test_a_day_off_inside_the_season(home: Platform) -> None:
    slates.schedule(home, DAY)
    slates.schedule(home, DAY + timedelta(days=2))
    assert no_slate(home, DAY + timedelta(days=1)) == "No games are scheduled on 2024-01-16: a day off."


def test_a_date_beyond_the_season_loaded_names_its_range(home: Platform) -> None:
    slates.schedule(home, DAY)
    assert "the season's schedule runs from 2024-01-15 to 2024-01-15" in no_slate(home, DAY + timedelta(days=1))


def test_a_season_never_loaded_is_not_taken_for_a_day_off(home: Platform) -> None:
    assert "no schedule is loaded at all" in no_slate(home, DAY)
    slates.schedule(home, DAY)
    said = no_slate(home, date(2025, 11, 2))
    assert "No schedule is loaded for 2025-26" in said
    assert "runs from 2024-01-15 to 2024-01-15" in said


def test_the_all_star_game_is_no_slate(home: Platform) -> None:
    slates.schedule(home, DAY, season_type="All-Star")
    assert no_slate(home, DAY) == "No games that count are scheduled on 2024-01-15: All-Star only."


# -- ranges, and the slate shown ---------------------------------------------------------------------------------------


def test_facts_of_a_range_are_those_of_each_date(home: Platform) -> None:
    next_day = DAY + timedelta(days=1)
    slates.good_slate(home)
    slates.good_slate(home, next_day)
    slates.check(home, "warning", day=next_day)
    together = slate_facts(home, DAY, DAY + timedelta(days=2))
    assert list(together) == [DAY, next_day, DAY + timedelta(days=2)]
    for day, found in together.items():
        assert found == slate_facts(home, day, day)[day]


@pytest.mark.parametrize(
    ("offsets", "shown"),
    [((-1, 0, 1), 0), ((-1, 1), 1), ((-2, -1), -1), ((0, 1), 0), ((), None)],
    ids=["today", "tomorrow on a day off", "the latest before", "not yet tomorrow", "nothing"],
)
def test_the_slate_shown(home: Platform, offsets: tuple[int, ...], shown: int | None) -> None:
    for offset in offsets:
        slates.predictions(home, PEOPLE[:1], SYSTEMS[:1], DAY + timedelta(days=offset))
    assert slate_shown(home) == (None if shown is None else DAY + timedelta(days=shown))


@pytest.mark.parametrize(("minute", "is_owed"), [(10, False), (40, True)])
def test_the_front_page_has_half_an_hour_to_turn_at_midnight(home: Platform, minute: int, is_owed: bool) -> None:
    """What was predicted the evening before is tonight's only from midnight on: until then the page showed another date."""
    slates.predictions(home, PEOPLE[:1], SYSTEMS[:1], DAY)
    midnight = slates.at(home, datetime.combine(DAY, time(0, minute), EASTERN))
    facts = slate_facts(midnight, DAY, DAY)[DAY]
    assert (TONIGHT in operations_of(midnight, facts).required_exports) is is_owed


def test_a_prefix_keeps_exports_of_tests_apart(home: Platform) -> None:
    home.store.put("v1/status.json", b"production's")
    prefixed = Platform(home.settings.model_copy(update={"dataset_prefix": "test_"}))
    prefixed.store.put("v1/status.json", b"a test's")
    assert home.store.get("v1/status.json") == b"production's"
