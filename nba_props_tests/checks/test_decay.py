"""The watch for decay and skew: each rule on systems in order, on one that is not, and on one with too little to judge."""

from typing import Any

import pytest

from nba_props.catalog import table
from nba_props.checks.decay import DECAY_CHECKS
from nba_props.checks.frame import run_checks
from nba_props.platform import Platform
from nba_props_tests.checks.rows import BAD, DAYS, assert_all_pass, check_named, judge, put, row, the_failure

ROLLING = "nba_grading.system_rolling_performance"
ASSET = "grading/system_rolling_performance"
SOUND: dict[str, Any] = {
    "graded_rows": 4000,
    "rows_with_line": 3000,
    "mae": 5.02,
    "scaled_error": 0.80,
    "scaled_error_standard_error": 0.01,
    "line_mae": 5.0,
    "mae_minus_line": 0.05,
    "mae_minus_line_standard_error": 0.03,
    "probability_rows": 2900,
    "calibration_error": 0.03,
    "calibration_error_by_chance": 0.02,
    "interval_rows": 4000,
    "interval_80_share": 0.79,
    "bets": 2000,
    "over_share": 0.44,
    "hit_rate": 0.51,
    "hit_rate_high": 0.53,
    "roi": -0.03,
    "reference_rows": 20000,
    "reference_rows_with_line": 15000,
    "reference_mae": 4.95,
    "reference_scaled_error": 0.79,
    "reference_scaled_error_standard_error": 0.005,
    "reference_mae_minus_line": 0.02,
    "reference_mae_minus_line_standard_error": 0.01,
}


def watched(platform: Platform, **of_bad_date: Any) -> None:
    """Two systems in order on three dates, but for what one of them does on the middle date."""
    rows = [
        {"game_date": day, "system_id": system} | SOUND for day in DAYS for system in ("ensemble_v1", "moving_average")
    ]
    bad = next(one for one in rows if (one["game_date"], one["system_id"]) == (BAD, "ensemble_v1"))
    bad |= of_bad_date
    put(platform, ROLLING, rows)


GROWN = {"mae": 5.32, "scaled_error": 0.90, "mae_minus_line": 0.31}
FAULTS: list[tuple[str, dict[str, Any], float, str]] = [
    (
        "error_decay",
        GROWN,
        6.26,
        "0.90 of the predicted spread on 4000 rows after 0.79 in the 180 days before; mae 5.32 after 4.95"
        " (beside the line +0.31 after +0.02)",
    ),
    (
        "calibration_decay",
        {"calibration_error": 0.081},
        6.1,
        "calibration error 0.081 on 2900 rows, chance explains 0.020",
    ),
    ("over_under_skew", {"over_share": 0.11}, 89.0, "11.0 % of 2000 bets are OVER"),
    ("over_under_skew", {"over_share": 0.76}, 76.0, "76.0 % of 2000 bets are OVER"),
    (
        "value_decay",
        {"hit_rate": 0.44, "hit_rate_high": 0.462, "roi": -0.16},
        53.8,
        "hit rate 0.440 of 2000 bets, at most 0.462; ROI -16.0 %",
    ),
    ("interval_coverage", {"interval_80_share": 0.56}, 24.0, "56.0 % of 4000 results are inside the 80 % interval"),
    ("interval_coverage", {"interval_80_share": 0.85}, 5.0, "85.0 % of 4000 results are inside the 80 % interval"),
]


@pytest.mark.parametrize("check", DECAY_CHECKS, ids=lambda check: check.name)
def test_systems_in_order_pass(platform: Platform, check: Any) -> None:
    watched(platform)
    assert_all_pass(platform, check.name)
    assert all(outcome.value is not None for outcome in judge(platform, check).values())


@pytest.mark.parametrize(("name", "fault", "value", "said"), FAULTS)
def test_what_is_out_of_order_is_named_and_nothing_else_fails(
    platform: Platform, name: str, fault: dict[str, Any], value: float, said: str
) -> None:
    watched(platform, **fault)
    failure = the_failure(platform, name)
    assert failure.detail == f"ensemble_v1: {said}"
    assert failure.value == pytest.approx(value, abs=0.01)
    for other in {check.name for check in DECAY_CHECKS} - {name}:
        assert_all_pass(platform, other)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("error_decay", GROWN | {"graded_rows": 499}),
        ("error_decay", GROWN | {"reference_rows": 999}),
        ("error_decay", GROWN | {"mae_minus_line": 0.03}),  # those nights were as much harder for the line
        ("error_decay", GROWN | {"scaled_error": 0.82}),
        ("error_decay", GROWN | {"scaled_error": 0.85}),  # a season's last weeks are as hard
        ("calibration_decay", {"calibration_error": 0.3, "probability_rows": 499}),
        ("calibration_decay", {"calibration_error": 0.3, "calibration_error_by_chance": 0.29}),
        ("over_under_skew", {"over_share": 1.0, "bets": 99}),
        ("value_decay", {"hit_rate": 0.4, "hit_rate_high": 0.46, "bets": 99}),
        ("value_decay", {"hit_rate": 0.44, "hit_rate_high": 0.471}),
        ("interval_coverage", {"interval_80_share": 0.5, "interval_rows": 999}),
    ],
)
def test_too_little_to_judge_or_explained_otherwise_passes(
    platform: Platform, name: str, fault: dict[str, Any]
) -> None:
    watched(platform, **fault)
    assert_all_pass(platform, name)


def test_error_is_judged_by_itself_where_there_are_no_lines(platform: Platform) -> None:
    without = {name: None for name in SOUND if "line" in name} | {"rows_with_line": 0, "reference_rows_with_line": 0}
    watched(platform, **(without | {"mae": 5.32, "scaled_error": 0.9}))
    assert the_failure(platform, "error_decay").detail == (
        "ensemble_v1: 0.90 of the predicted spread on 4000 rows after 0.79 in the 180 days before; mae 5.32 after 4.95"
    )


def test_a_system_of_which_nothing_is_known_yet_passes(platform: Platform) -> None:
    put(platform, ROLLING, [{"game_date": day, "system_id": "ensemble_v1"} for day in DAYS])
    for check in DECAY_CHECKS:
        assert_all_pass(platform, check.name)


def test_every_date_is_kept_and_clears_itself(platform: Platform) -> None:
    watched(platform, over_share=0.9)
    check = check_named("over_under_skew")

    def kept() -> list[tuple[Any, ...]]:
        run_checks(platform, [check], DAYS[0], DAYS[-1])
        found = platform.warehouse.query(
            "select game_date, passed, severity, round(value, 6) as value from nba_monitoring.check_results"
            f" where asset = '{ASSET}' and check_name = 'over_under_skew' order by game_date"
        ).to_pylist()
        return [tuple(one.values()) for one in found]

    assert kept() == [(day, day != BAD, "warning", 90.0 if day == BAD else 56.0) for day in DAYS]
    watched(platform)
    assert [one[1] for one in kept()] == [True] * 3


def test_the_sound_row_names_only_columns_there_are() -> None:
    assert row(table(ROLLING), **SOUND)["bets"] == 2000
