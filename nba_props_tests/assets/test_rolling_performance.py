"""The last 28 days by system: every figure counted again from the grades by other means, windows to the day."""

import random
from datetime import date, timedelta
from itertools import groupby
from math import pi, sqrt
from typing import Any

import dagster as dg
import numpy as np
import pytest

from nba_props.assets.grading.system_rolling_performance import system_rolling_performance
from nba_props.platform import Platform
from nba_props_tests.checks.rows import put

ACCURACY = "nba_grading.prediction_accuracy"
DAY = date(2024, 3, 15)
SYSTEMS = ("ensemble_v1", "moving_average")
Row = dict[str, Any]


def run(platform: Platform, start: date, end: date | None = None) -> Row:
    """Materialise a date, or a range at once; the metadata."""
    where: Row = {"partition_key": start.isoformat()}
    if end is not None:
        bounds = {"start": start.isoformat(), "end": end.isoformat()}
        where = {"tags": {f"dagster/asset_partition_range_{name}": day for name, day in bounds.items()}}
    result = dg.materialize([system_rolling_performance], resources={"platform": platform}, **where)
    assert result.success
    (found,) = result.asset_materializations_for_node("grading__system_rolling_performance")[-1:]
    return {name: one.value for name, one in found.metadata.items()}


def stored(platform: Platform) -> list[Row]:
    rows: list[Row] = platform.warehouse.query(
        "SELECT * FROM nba_grading.system_rolling_performance ORDER BY game_date, system_id"
    ).to_pylist()
    return rows


def grade(day: date, number: int, system_id: str, dice: random.Random) -> Row:
    """A grade as they come: void now and then, without a line, a push, without a price or a distribution."""
    keys = {"game_date": day, "game_id": "g", "universal_player_id": f"nba_{number}", "system_id": system_id}
    if dice.random() < 0.1:
        return keys | {"result": "void", "void_reason": "dnp_injury", "recommendation": "OVER", "has_prop_line": True}
    points, median = dice.randrange(40), dice.uniform(0, 40)
    low = dice.random() * 0.95
    known: Row = {
        "actual_points": points,
        "signed_error": median + 0.2 - points,
        "absolute_error": abs(median - points),
        "interval_80_low": (bottom := dice.randrange(10)),
        "interval_80_high": bottom + dice.choice((0, 8, 20)),
        "pit_low": low,
        "pit_high": low + dice.choice((0.0, 0.05, 0.3)) * (1 - low),
    }
    if dice.random() < 0.05:
        known |= {"pit_low": None, "pit_high": None}
    if dice.random() < 0.2:
        return keys | known | {"result": "pass", "recommendation": "PASS"}
    line = points if dice.random() < 0.1 else dice.randrange(40) + 0.5
    side = dice.choice(("OVER", "UNDER", "PASS"))
    push = 0.0 if line % 1 else 0.05
    won = (points > line) == (side == "OVER")
    result = "pass" if side == "PASS" else "push" if points == line else "correct" if won else "incorrect"
    priced = side != "PASS" and dice.random() < 0.8
    return (
        keys
        | known
        | {
            "has_prop_line": True,
            "current_points_line": line,
            "line_absolute_error": abs(line - points),
            "anchored_absolute_error": abs(0.8 * line + 0.2 * median - points),
            "over_prob": dice.choice((0.0, dice.random(), 1.0)) * (1 - push),
            "push_prob": push,
            "market_over_prob": dice.random() if dice.random() < 0.9 else None,
            "recommendation": side,
            "result": result,
            "profit_units": {"correct": 100 / 110, "incorrect": -1.0, "push": 0.0}[result] if priced else None,
            "closing_line_value": dice.choice((-0.5, 0.0, 1.0)) if side != "PASS" and dice.random() < 0.7 else None,
        }
    )


def graded_season(platform: Platform) -> list[Row]:
    """Grades of 211 days, off days among them: one more at either end than any window of the last three dates has."""
    dice = random.Random(7)
    days = [DAY - timedelta(days=back) for back in range(211) if back < 3 or back % 7]
    rows = [grade(day, number, system, dice) for day in days for system in SYSTEMS for number in range(4)]
    put(platform, ACCURACY, rows)
    return rows


def mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def error(values: list[float]) -> float | None:
    return float(np.std(values) / sqrt(len(values))) if values else None


def numbers(rows: list[Row], name: str) -> list[float]:
    return [row[name] for row in rows if row.get(name) is not None]


def gaps(rows: list[Row]) -> list[float]:
    return [row["absolute_error"] - row["line_absolute_error"] for row in rows if "line_absolute_error" in row]


def scaled(rows: list[Row]) -> list[float]:
    """Errors in standard deviations, by the 80 % interval; one of no width says nothing."""
    widths = [
        (row["absolute_error"], row["interval_80_high"] - row["interval_80_low"])
        for row in rows
        if "interval_80_low" in row
    ]
    return [2.563 * error / width for error, width in widths if width]


def inside(row: Row) -> float:
    low, high = row["pit_low"], row["pit_high"]
    if low == high:
        return float(0.1 <= low <= 0.9)
    return max(min(high, 0.9) - max(low, 0.1), 0) / (high - low)


def expected(rows: list[Row], day: date, system_id: str) -> Row:
    mine = [row for row in rows if row["system_id"] == system_id]
    lately = [row for row in mine if day - timedelta(days=28) < row["game_date"] <= day]
    before = [row for row in mine if day - timedelta(days=208) < row["game_date"] <= day - timedelta(days=28)]
    judged = [
        (row["over_prob"] / (1 - row["push_prob"]), row["actual_points"] > row["current_points_line"], row)
        for row in lately
        if row.get("over_prob") is not None and row["actual_points"] != row["current_points_line"]
    ]
    bin_of = {id(one): min(int(one[0] * 10), 9) for one in judged}
    miss = chance = chances = 0.0
    for _, group in groupby(sorted(judged, key=lambda one: bin_of[id(one)]), key=lambda one: bin_of[id(one)]):
        of_bin = list(group)
        variance = sum(prob * (1 - prob) for prob, _, _ in of_bin)
        miss += abs(sum(prob - is_over for prob, is_over, _ in of_bin))
        chance += sqrt(2 * variance / pi)
        chances += variance
    bets = [row for row in lately if row["result"] in ("correct", "incorrect", "push")]
    hits = [float(row["result"] == "correct") for row in bets if row["result"] != "push"]
    rate, n, z = float(np.mean(hits)), len(hits), 1.96
    pits = [row for row in lately if row.get("pit_low") is not None]
    return {
        "game_date": day,
        "system_id": system_id,
        "graded_rows": len(numbers(lately, "absolute_error")),
        "rows_with_line": len(gaps(lately)),
        "mae": mean(numbers(lately, "absolute_error")),
        "scaled_error": mean(scaled(lately)),
        "scaled_error_standard_error": error(scaled(lately)),
        "line_mae": mean(numbers(lately, "line_absolute_error")),
        "mae_minus_line": mean(gaps(lately)),
        "mae_minus_line_standard_error": error(gaps(lately)),
        "bias": mean(numbers(lately, "signed_error")),
        "anchored_mae": mean(numbers(lately, "anchored_absolute_error")),
        "probability_rows": len(judged),
        "brier": mean([(prob - is_over) ** 2 for prob, is_over, _ in judged]),
        "market_brier": mean(
            [
                (row["market_over_prob"] - is_over) ** 2
                for _, is_over, row in judged
                if row["market_over_prob"] is not None
            ]
        ),
        "calibration_error": miss / len(judged),
        "calibration_error_by_chance": (chance + 3 * sqrt((1 - 2 / pi) * chances)) / len(judged),
        "interval_rows": len(pits),
        "interval_80_share": mean([inside(row) for row in pits]),
        "bets": len(bets),
        "over_share": mean([float(row["recommendation"] == "OVER") for row in bets]),
        "hit_rate": rate,
        "hit_rate_high": (rate + z * z / (2 * n) + z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)))
        / (1 + z * z / n),
        "profit_units": sum(numbers(lately, "profit_units")),
        "roi": mean(numbers(lately, "profit_units")),
        "closing_line_value": mean(numbers(lately, "closing_line_value")),
        "reference_rows": len(numbers(before, "absolute_error")),
        "reference_rows_with_line": len(gaps(before)),
        "reference_mae": mean(numbers(before, "absolute_error")),
        "reference_scaled_error": mean(scaled(before)),
        "reference_scaled_error_standard_error": error(scaled(before)),
        "reference_mae_minus_line": mean(gaps(before)),
        "reference_mae_minus_line_standard_error": error(gaps(before)),
    }


def test_every_figure_is_that_of_its_window_and_a_range_equals_its_days(platform: Platform) -> None:
    grades = graded_season(platform)
    days = [DAY - timedelta(days=back) for back in (2, 1, 0)]
    metadata = run(platform, days[0], days[-1])
    at_once = stored(platform)
    assert [(row["game_date"], row["system_id"]) for row in at_once] == [(day, one) for day in days for one in SYSTEMS]
    for row in at_once:
        assert row == pytest.approx(expected(grades, row["game_date"], row["system_id"]), abs=5e-6)
    assert metadata["ensemble_v1 mae"] == at_once[-2]["mae"]
    assert metadata["moving_average roi"] == at_once[-1]["roi"]
    lineage = metadata["dagster/column_lineage"].deps_by_column
    assert dg.AssetKey(["grading", "prediction_accuracy"]) in {one.asset_key for one in lineage["mae"]}
    for day in reversed(days):
        run(platform, day)
    assert stored(platform) == at_once


def test_a_first_date_has_no_reference_and_what_is_unknown_stays_unknown(platform: Platform) -> None:
    base = {"game_date": DAY, "game_id": "g", "system_id": "ensemble_v1"}
    put(
        platform,
        ACCURACY,
        [
            base | {"universal_player_id": "nba_1", "result": "void", "has_prop_line": True},
            base | {"universal_player_id": "nba_2", "result": "pass", "absolute_error": 3.0, "signed_error": -3.0},
        ],
    )
    metadata = run(platform, DAY)
    (row,) = stored(platform)
    assert {name: value for name, value in row.items() if value is not None} == {
        "game_date": DAY,
        "system_id": "ensemble_v1",
        "graded_rows": 1,
        "rows_with_line": 0,
        "mae": 3.0,
        "bias": -3.0,
        "probability_rows": 0,
        "interval_rows": 0,
        "bets": 0,
        "reference_rows": 0,
        "reference_rows_with_line": 0,
    }
    assert {name for name in metadata if name.startswith("ensemble_v1")} == {"ensemble_v1 mae"}


def test_a_date_without_grades_has_no_row(platform: Platform) -> None:
    metadata = run(platform, DAY)
    assert stored(platform) == []
    assert not [name for name in metadata if "mae" in name]
