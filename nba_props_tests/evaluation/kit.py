"""Grades and forms of a few player-games, with round numbers."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from nba_props.catalog import table
from nba_props.evaluation import Evaluation, EvaluationTable, Score, assemble
from nba_props.evaluation.rows import GAME_KEY
from nba_props.platform import Platform
from nba_props_tests.assets.test_grading import put

ACCURACY = table("nba_grading.prediction_accuracy")
CACHE = table("nba_precompute.player_daily_cache")
DAYS = [date(2024, 3, 15), date(2024, 3, 16)]


def grade(
    day: int, player: str, system: str, median: float, actual: int, result: str = "correct", **changes: Any
) -> dict[str, Any]:
    """An OVER of 20.5, both sides at -110, made before tip; its mean is a point above its median, anchored on 20."""
    profit = {"correct": 100 / 110, "incorrect": -1.0, "push": 0.0}.get(result)
    return {
        "game_date": DAYS[day],
        "game_id": f"game_{day}",
        "universal_player_id": player,
        "system_id": system,
        "has_prop_line": True,
        "current_points_line": 20.5,
        "over_price_american": -110.0,
        "under_price_american": -110.0,
        "predicted_points": median + 1,
        "predicted_median": median,
        "interval_80_low": median - 8,
        "interval_80_high": median + 9,
        "distribution_location": 8.5,
        "distribution_scale": 2.0,
        "anchored_points": 21.0,
        "anchored_median": 20.0,
        "anchored_location": 8.4,
        "anchored_scale": 2.0,
        "recommendation": "OVER",
        "over_prob": 0.6,
        "independent_over_prob": 0.7,
        "market_over_prob": 0.5,
        "projected_minutes": None,
        "data_quality_tier": "gold",
        "prediction_made_before_game": True,
        "actual_minutes": 30.0,
        "actual_points": actual,
        "participation": "played",
        "result": result,
        "crps": 3.0,
        "pit_low": 0.4,
        "pit_high": 0.5,
        "closing_line_value": None,
        "profit_units": profit,
    } | changes


def form(day: int, player: str, last_5: float | None, ewm_8: float | None = 18.0, **changes: Any) -> dict[str, Any]:
    """Twenty points in thirty minutes a game, a starter; the oracle says 20 of 30 minutes."""
    return {
        "game_date": DAYS[day],
        "game_id": f"game_{day}",
        "universal_player_id": player,
        "points_avg_last_5": last_5,
        "points_ewm_8": ewm_8,
        "points_ewm_40": 20.0,
        "minutes_ewm_40": 30.0,
        "minutes_ewm_3": 31.0,
        "minutes_avg_season": 30.0,
        "minutes_avg_last_10": 30.0,
    } | changes


NO_LINE: dict[str, Any] = {
    "has_prop_line": False,
    "recommendation": "PASS",
    **dict.fromkeys(("current_points_line", "over_price_american", "under_price_american", "over_prob")),
    **dict.fromkeys(("independent_over_prob", "market_over_prob", "anchored_points", "anchored_median")),
    **dict.fromkeys(("anchored_location", "anchored_scale")),
}


@pytest.fixture
def graded(platform: Platform) -> Platform:
    """Three player-games with a line on two dates, one without, and four that cannot be compared."""
    moving, ensemble = "moving_average", "ensemble_v1"
    at_20 = {"current_points_line": 20.0, "over_price_american": 120.0, "recommendation": "UNDER"}
    late = {"prediction_made_before_game": False}
    rows = [
        grade(0, "a", moving, 22.0, 25, closing_line_value=1.0),
        grade(0, "a", ensemble, 24.0, 25, over_prob=0.7, market_over_prob=0.5),
        grade(0, "b", moving, 22.0, 16, "incorrect", closing_line_value=0.0, actual_minutes=24.0, **late),
        grade(
            0, "b", ensemble, 18.0, 16, recommendation="UNDER", over_prob=0.3, profit_units=None, actual_minutes=24.0
        ),
        grade(1, "a", moving, 19.0, 20, "push", closing_line_value=-0.5, crps=4.5, **at_20),
        grade(1, "a", ensemble, 21.0, 20, "push", **at_20),
        grade(1, "b", moving, 9.0, 12, "pass", **NO_LINE),
        grade(1, "b", ensemble, 13.0, 12, "pass", **NO_LINE),
        grade(1, "c", moving, 2.0, 40),  # the ensemble did not answer
        grade(1, "d", moving, 2.0, 40, "incorrect"),  # no last-5 mean: a first game
        grade(1, "d", ensemble, 2.0, 40, "incorrect"),
        grade(0, "e", moving, 20.0, 20),  # two systems at two lines: only among all rows
        grade(0, "e", ensemble, 22.0, 20, "incorrect", current_points_line=21.5),
        grade(0, "f", moving, 20.0, 20),  # one of them has no anchored number: only among all rows
        grade(0, "f", ensemble, 20.0, 20, anchored_points=None),
    ]
    voids = [grade(1, "v", s, 30.0, 0, "void", actual_points=None, profit_units=None) for s in (moving, ensemble)]
    put(platform, ACCURACY, rows + voids)
    cache = [form(0, "a", 20.0), form(0, "b", 15.0), form(1, "a", 24.0), form(1, "b", 10.0), form(1, "c", 1.0)]
    put(platform, CACHE, [*cache, form(1, "d", None), form(0, "e", 20.0), form(0, "f", 20.0), form(1, "v", 20.0)])
    return platform


def assembled(grades: list[dict[str, Any]], forms: list[dict[str, Any]], **baselines: Any) -> Evaluation:
    """The evaluation of these rows; ridge is missing unless given."""
    rows = pd.DataFrame(grades).drop(columns=["has_prop_line", "participation"])
    known = pd.DataFrame(forms).set_index(GAME_KEY).assign(**({"ridge": float("nan")} | baselines))
    return assemble(rows, known, DAYS[0], DAYS[-1])


def of_one_game(*grades: dict[str, Any]) -> Evaluation:
    """Several systems' grades of one player-game."""
    return assembled(list(grades), [form(0, "a", 20.0)])


def table_of(evaluation: Evaluation, name: str) -> EvaluationTable:
    return next(table for table in evaluation.tables if table.name == name)


def score_of(table: EvaluationTable, contender: str) -> Score:
    return next(score for score in table.scores if score.contender == contender)
