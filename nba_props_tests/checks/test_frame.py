"""Outcomes per date, kept once: when they were first seen, which dates still count, and what is raised."""

from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.catalog import table
from nba_props.checks import CHECKS, Check, Outcome, Severity, Span, run_checks
from nba_props.checks.frame import RESULTS, SQL_ROOT, by_date, check_sql, in_words
from nba_props.checks.registry import SQL_CHECKS
from nba_props.errors import NotReady
from nba_props.io.warehouse.sqltext import parse
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.checks.rows import BAD, DAYS, game_id, put, put_schedule

PREDICTIONS = table("nba_predictions.player_prop_predictions")


def made(evaluate: Any, name: str = "made_up", **more: Any) -> Check:
    return Check(name, PREDICTIONS, Severity.ERROR, "A rule.", evaluate, **more)


def everything_but(bad: date, detail: str = "three things wrong") -> Check:
    def evaluate(span: Span) -> list[Outcome]:
        return [
            Outcome(day, day != bad, 3.0 if day == bad else 0.0, detail if day == bad else "sound")
            for day in span.slates
        ]

    return made(evaluate)


def stored(platform: Platform) -> dict[date, dict[str, Any]]:
    rows = platform.warehouse.query(f"select {', '.join(RESULTS.column_names)} from {RESULTS.full_name}").to_pylist()
    return {row["game_date"]: row for row in rows}


def later(platform: Platform, hours: int) -> Platform:
    return Platform(load_settings(home=platform.home, now=(platform.now + timedelta(hours=hours)).isoformat()))


def test_every_slate_date_has_one_outcome_and_only_the_bad_one_fails(platform: Platform) -> None:
    (run,) = run_checks(platform, [everything_but(BAD)], DAYS[0], DAYS[-1])
    assert not run.passed
    assert [one.game_date for one in run.failed] == [BAD]
    assert run.worst_value == 3.0
    assert run.summary == "1 of 3 date(s) failed; 2024-03-14: three things wrong"
    rows = stored(platform)
    assert [rows[day]["passed"] for day in DAYS] == [True, False, True]
    assert rows[BAD] | {"checked_at": None} == {
        "game_date": BAD,
        "asset": "predictions/player_prop_predictions",
        "check_name": "made_up",
        "passed": False,
        "severity": "error",
        "value": 3.0,
        "detail": "three things wrong",
        "checked_at": None,
    }


def test_off_days_and_preseason_are_no_slate(platform: Platform) -> None:
    put_schedule(platform, DAYS[:1], season_type="Preseason")
    (run,) = run_checks(platform, [everything_but(BAD)], DAYS[0], DAYS[-1])
    assert run.passed
    assert run.summary == "no slate"
    assert run.worst_value is None
    assert stored(platform) == {}


def test_an_equal_outcome_keeps_the_instant_it_was_first_seen(platform: Platform) -> None:
    check = everything_but(BAD)
    run_checks(platform, [check], DAYS[0], DAYS[-1])
    before = stored(platform)
    run_checks(later(platform, 1), [check], DAYS[0], DAYS[-1])
    assert stored(platform) == before


@pytest.mark.parametrize("now_found", ["another thing wrong", None])
def test_a_changed_outcome_is_dated_anew_and_the_others_are_not(platform: Platform, now_found: str | None) -> None:
    run_checks(platform, [everything_but(BAD)], DAYS[0], DAYS[-1])
    after = later(platform, 1)
    changed = everything_but(BAD, now_found) if now_found else everything_but(date(2024, 1, 1))
    run_checks(after, [changed], DAYS[0], DAYS[-1])
    rows = stored(platform)
    assert rows[BAD]["passed"] is (now_found is None)
    assert {day: row["checked_at"] for day, row in rows.items()} == {
        DAYS[0]: platform.now,
        BAD: after.now,
        DAYS[2]: platform.now,
    }


def test_outcomes_of_a_date_without_slate_go_and_those_of_other_checks_stay(platform: Platform) -> None:
    mine, other = everything_but(BAD), made(lambda span: [Outcome(day, True) for day in span.slates], "other")
    run_checks(platform, [mine, other], DAYS[0], DAYS[-1])
    put_schedule(platform, DAYS[:1])
    run_checks(platform, [mine], DAYS[0], DAYS[-1])
    rows = platform.warehouse.query(f"select check_name, game_date from {RESULTS.full_name} order by 1, 2").to_pylist()
    left = [(row["check_name"], row["game_date"]) for row in rows]
    assert left == [("made_up", DAYS[0]), *(("other", day) for day in DAYS)]


def test_an_error_while_looking_is_raised_and_recorded(platform: Platform) -> None:
    def broken(span: Span) -> list[Outcome]:
        raise NotReady("The table is being rebuilt.")

    with pytest.raises(NotReady):
        run_checks(platform, [made(broken)], DAYS[0], DAYS[-1], "run_1")
    assert stored(platform) == {}
    history = platform.warehouse.query("select processor_name, status from nba_reference.processor_run_history")
    assert history.to_pylist() == [
        {"processor_name": "checks/predictions/player_prop_predictions", "status": "skipped"}
    ]


def test_findings_of_a_date_are_one_outcome_with_the_largest_figure() -> None:
    rows = [
        {"game_date": BAD, "value": 2.0, "finding": "b"},
        {"game_date": BAD, "value": 7.0, "finding": "a"},
        {"game_date": BAD, "value": 9.0, "finding": None},
        {"game_date": DAYS[0], "value": 4.0, "finding": None},
    ]
    assert by_date(rows, DAYS[:2]) == [Outcome(DAYS[0], True, 4.0), Outcome(BAD, False, 7.0, "a; b")]


def test_a_fault_on_an_off_day_is_an_outcome_and_a_sound_off_day_is_none() -> None:
    rows = [
        {"game_date": DAYS[0], "value": 1.0, "finding": "wrong"},
        {"game_date": DAYS[2], "value": 1.0, "finding": None},
    ]
    assert by_date(rows, [BAD]) == [Outcome(DAYS[0], False, 1.0, "wrong"), Outcome(BAD, True)]


def test_many_findings_are_counted_not_listed() -> None:
    assert in_words(f"fault {n}" for n in range(7)) == "fault 0; fault 1; fault 2; fault 3; fault 4; and 2 more"


def test_a_low_figure_is_the_worst_where_the_check_says_so(platform: Platform) -> None:
    values = dict(zip(DAYS, (90.0, 40.0, 70.0), strict=True))
    check = made(lambda span: [Outcome(day, values[day] > 80, values[day]) for day in span.slates], is_low_worse=True)
    (run,) = run_checks(platform, [check], DAYS[0], DAYS[-1])
    assert run.worst_value == 40.0


def test_each_check_file_belongs_to_a_check_and_the_reverse() -> None:
    files = {path.stem for path in (SQL_ROOT / "checks").glob("*.sql")}
    in_sql = {check.name for check in SQL_CHECKS} | {"unknown_missing_reason", "feature_not_constant"}
    assert files == in_sql
    for name in files:
        parse(check_sql(name))
        header = check_sql(name).splitlines()[:3]
        assert [line.split(":")[0] for line in header] == ["-- Purpose", "-- Grain", "-- Point in time"], name


def test_names_are_unique_within_an_asset_and_every_check_says_what_it_asks() -> None:
    for asset, checks in CHECKS.items():
        assert len({check.name for check in checks}) == len(checks), asset
        assert all(check.asset == asset and check.description.endswith(".") for check in checks)


def test_a_slate_with_nothing_computed_yet_is_judged_without_error(platform: Platform) -> None:
    checks = [one for of in CHECKS.values() for one in of if one.name not in ("schema", "grain", "rows_present")]
    runs = run_checks(platform, checks, DAYS[0], DAYS[-1])
    assert {tuple(outcome.game_date for outcome in run.outcomes) for run in runs} == {DAYS}
    failed = {run.check.name for run in runs if not run.passed}
    assert failed == {"coverage_below_95", "coverage_below_85"}


def test_undated_tables_are_judged_today(platform: Platform) -> None:
    put(platform, "nba_raw.player_list", [{"source_player_id": 1}])
    run_checks(platform, CHECKS["raw/player_list"], DAYS[0], DAYS[-1])
    assert set(stored(platform)) == {platform.today}
    run_checks(platform, CHECKS["raw/player_list"], platform.today, platform.today)
    assert set(stored(platform)) == {platform.today}


def test_game_ids_of_the_fixture_differ() -> None:
    assert len({game_id(day) for day in DAYS}) == len(DAYS)
