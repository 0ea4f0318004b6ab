"""Coverage: below 95 % a warning, below 85 % an error, and no player missing without a declared reason."""

from datetime import date
from typing import Any

import pytest

from nba_props.platform import Platform
from nba_props_tests.checks.rows import BAD, DAYS, assert_all_pass, check_named, judge, put, the_failure


def covered(platform: Platform, predicted: dict[date, int | None], expected: int = 100) -> None:
    put(
        platform,
        "nba_monitoring.prediction_coverage",
        [
            {
                "game_date": day,
                "system_id": "all",
                "games": 1,
                "expected": expected if players is not None else 0,
                "predicted": players or 0,
                "coverage_pct": None if players is None else 100 * players / expected,
                "status": "ok",
            }
            for day, players in predicted.items()
        ],
    )


def missing(day: date, key: str, reason: str, *, is_expected: bool = True) -> dict[str, Any]:
    return {
        "game_date": day,
        "missing_key": key,
        "player_lookup": key,
        "reason": reason,
        "is_expected": is_expected,
        "is_by_design": not is_expected,
    }


@pytest.mark.parametrize(("name", "passing", "failing"), [("coverage_below_95", 95, 94), ("coverage_below_85", 85, 84)])
def test_coverage_below_its_share_fails_with_figure_and_reasons(
    platform: Platform, name: str, passing: int, failing: int
) -> None:
    covered(platform, dict.fromkeys(DAYS, passing))
    assert_all_pass(platform, name)
    covered(platform, {DAYS[0]: 100, BAD: failing, DAYS[2]: passing})
    put(
        platform,
        "nba_monitoring.missing_predictions",
        [
            missing(BAD, "a", "system_error"),
            missing(BAD, "b", "no_features"),
            missing(BAD, "c", "no_features"),
            missing(BAD, "d", "injured_out", is_expected=False),
        ],
    )
    failure = the_failure(platform, name)
    assert failure.value == failing
    assert failure.detail == f"{failing} of 100 expected players predicted; missing: no_features 2, system_error 1"


def test_nobody_expected_on_a_date_with_games_fails(platform: Platform) -> None:
    covered(platform, {DAYS[0]: 100, BAD: None, DAYS[2]: 100})
    failure = the_failure(platform, "coverage_below_85")
    assert (failure.value, failure.detail) == (None, "nobody is expected although 1 game(s) are scheduled")


def test_coverage_that_was_not_computed_fails(platform: Platform) -> None:
    covered(platform, {DAYS[0]: 100, DAYS[2]: 100})
    assert the_failure(platform, "coverage_below_95").detail == "coverage was not computed"


def test_a_reason_nobody_declared_fails(platform: Platform) -> None:
    put(platform, "nba_monitoring.missing_predictions", [missing(day, "a", "no_line_low_minutes") for day in DAYS])
    assert_all_pass(platform, "unknown_missing_reason")
    put(
        platform,
        "nba_monitoring.missing_predictions",
        [missing(BAD, "herbjones", "UNKNOWN"), missing(BAD, "b", "void")],
    )
    failure = the_failure(platform, "unknown_missing_reason")
    assert (failure.value, failure.detail) == (1.0, "UNKNOWN: 1 players, e.g. herbjones")


@pytest.mark.parametrize(
    ("state", "scope", "is_fault"),
    [
        ("consolidated", "slate", True),
        ("partial", "slate", False),
        ("open", "slate", False),
        ("consolidated", "players:nba_1", False),
    ],
)
def test_not_predicted_yet_is_a_fault_once_the_slate_is_consolidated(
    platform: Platform, state: str, scope: str, is_fault: bool
) -> None:
    put(platform, "nba_monitoring.missing_predictions", [missing(BAD, "a", "not_predicted_yet")])
    put(
        platform,
        "nba_predictions.prediction_batches",
        [{"game_date": BAD, "batch_id": "batch_1", "state": state, "scope": scope}],
    )
    assert judge(platform, check_named("unknown_missing_reason"))[BAD].passed is not is_fault
