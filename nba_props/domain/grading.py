"""Grades: what became of a prediction.

The rule of grading has this one home. Here belongs settling one row or a frame of them. Not here: the scores of many rows
(`scoring`), joining predictions to box scores (`sql/grading`), deciding why someone did not play (the reader of the box
score), grouping by system or line (grading assets, `evaluation`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nba_props.domain.distributions import CountDistribution
from nba_props.domain.odds import american_to_decimal
from nba_props.domain.scoring import crps, pit, refuse_other_shapes
from nba_props.errors import BadInput, SchemaMismatch

FloatArray = NDArray[np.float64]
_Word = TypeVar("_Word", bound=StrEnum)


class Recommendation(StrEnum):
    """What a system says to do at a line."""

    OVER = "OVER"
    UNDER = "UNDER"
    PASS = "PASS"


class Participation(StrEnum):
    """What became of the player's game. Every member but PLAYED and PENDING is a reason to void."""

    PLAYED = "played"
    NO_MINUTES = "no_minutes"
    DNP_COACH_DECISION = "dnp_coach_decision"
    DNP_INJURY = "dnp_injury"
    DNP_OTHER = "dnp_other"
    NO_BOX_SCORE = "no_box_score"  # the game has a box score, and the player is not in it
    GAME_NOT_PLAYED = "game_not_played"  # the game is no longer on the schedule of its date
    PENDING = "pending"  # the game has no box score yet: nothing to grade


VOID_REASONS: tuple[str, ...] = tuple(
    reason for reason in Participation if reason not in (Participation.PLAYED, Participation.PENDING)
)


class Result(StrEnum):
    """The grade of one prediction row."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    PUSH = "push"
    VOID = "void"
    PASS = "pass"


@dataclass(frozen=True)
class Grade:
    """The result of a row, and the reason when it is void."""

    result: Result
    void_reason: str | None = None


# --- one row, and a frame of them -------------------------------------------------------------------------------------


def grade(recommendation: str, line: float | None, actual_points: float | None, participation: str) -> Grade:
    """Grade one prediction row.

    A player without minutes voids the row with the reason (whatever was recommended, and whatever points the box score
    printed beside it). Of those who played, PASS has no result (its error counts all the same), points equal to the
    line are a push, and OVER and UNDER are right or wrong.

    Raises BadInput, naming the value, for an unknown recommendation or participation, for a game still pending, for
    NaN, infinite or negative numbers, for a player who played without points, and for OVER or UNDER without a line.
    """
    advice, status = _member(Recommendation, recommendation), _member(Participation, participation)
    _check_number("line", line)
    _check_number("actual_points", actual_points)
    if status is Participation.PENDING:
        raise BadInput("A game that is pending has no grade.", next_step="Grade the row when its box score is in.")
    if status is not Participation.PLAYED:
        return Grade(Result.VOID, status.value)
    if actual_points is None:
        raise BadInput("actual_points is None for a player who played.", next_step="Load the box score again.")
    if advice is Recommendation.PASS:
        return Grade(Result.PASS)
    if line is None:
        raise BadInput(f"line is None for a recommendation of {advice}.", next_step="Without a line a system passes.")
    if actual_points == line:
        return Grade(Result.PUSH)
    went_over = actual_points > line
    return Grade(Result.CORRECT if went_over == (advice is Recommendation.OVER) else Result.INCORRECT)


GRADED_COLUMNS = ("recommendation", "current_points_line", "actual_points", "participation")


def grade_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """`grade` for every row of a frame with GRADED_COLUMNS, in which NaN or NA means missing.

    Returns columns result and void_reason (None unless void) on the same index. Raises SchemaMismatch for a missing
    column and BadInput, naming the value and its row, where `grade` would refuse.
    """
    _require_columns(predictions, GRADED_COLUMNS)
    advice, status = predictions["recommendation"], predictions["participation"]
    line, actual = _floats(predictions["current_points_line"]), _floats(predictions["actual_points"])

    _refuse_rows(advice, ~advice.isin(list(Recommendation)), "is no recommendation")
    _refuse_rows(status, ~status.isin(list(Participation)), "is no participation")
    _refuse_rows(status, status == Participation.PENDING, "has no grade yet")
    for numbers, name in ((line, "current_points_line"), (actual, "actual_points")):
        _refuse_rows(predictions[name], np.isinf(numbers) | (numbers < 0), "is not a finite number of points")

    played, passed = (status == Participation.PLAYED).to_numpy(), (advice == Recommendation.PASS).to_numpy()
    _refuse_rows(predictions["actual_points"], played & np.isnan(actual), "is missing for a player who played")
    _refuse_rows(predictions["current_points_line"], played & ~passed & np.isnan(line), "is missing for a pick")

    right = (actual > line) == (advice == Recommendation.OVER).to_numpy()
    result = np.select(
        [~played, passed, actual == line, right],
        [Result.VOID.value, Result.PASS.value, Result.PUSH.value, Result.CORRECT.value],
        default=Result.INCORRECT.value,
    )
    reasons = status.astype(object).mask(played, None)
    return pd.DataFrame({"result": result.astype(object), "void_reason": reasons.to_numpy()}, index=predictions.index)


_NUMBERS = ("predicted_points", "predicted_median", "distribution_location", "distribution_scale")
"""Without these a row of someone who is expected to play cannot be graded."""

ACCURACY_COLUMNS = (
    *GRADED_COLUMNS,
    *_NUMBERS,
    "anchored_median",
    "anchored_location",
    "anchored_scale",
    "over_price_american",
    "under_price_american",
    "actual_minutes",
    "closing_line",
)


def accuracy_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """Prediction rows (ACCURACY_COLUMNS and any others) with their grade, errors and scores in points, and profit.

    Rows of pending games are left out. Added are result, void_reason, signed_error (predicted mean - actual),
    absolute_error (|median - actual|), line_absolute_error, anchored_absolute_error, crps and anchored_crps, pit_low and
    pit_high (of the independent distribution), is_within_3 and is_within_5 (of absolute_error), closing_line_value and
    profit_units (see the functions of these names). Where the row is void, actual_points and actual_minutes are missing,
    whatever a box score prints beside someone who did not play, and so is all that follows from them. Anchored figures
    are missing without an anchored distribution. Missing is NaN, NA or None.

    Raises SchemaMismatch for a missing column; BadInput, naming the value and its row, where `grade` would refuse, for
    a number of the prediction that is missing or infinite, and for an impossible price.
    """
    _require_columns(predictions, ACCURACY_COLUMNS)
    rows = predictions[(predictions["participation"] != Participation.PENDING).to_numpy(dtype=bool, na_value=True)]
    numbers = {
        name: _floats(rows[name]) for name in ACCURACY_COLUMNS if name not in ("recommendation", "participation")
    }
    for name in _NUMBERS:
        _refuse_rows(rows[name], ~np.isfinite(numbers[name]), "is no finite number of points")
    _refuse_rows(rows["distribution_scale"], numbers["distribution_scale"] <= 0, "is no scale")

    grades = grade_frame(rows)
    result = grades["result"].to_numpy()
    actual = np.where(result == Result.VOID, np.nan, numbers["actual_points"])
    return rows.assign(
        actual_points=actual,
        actual_minutes=np.where(np.isnan(actual), np.nan, numbers["actual_minutes"]),
        result=result,
        void_reason=grades["void_reason"].to_numpy(),
        **_errors_of(numbers, actual),
        **_scores_of(numbers, actual),
        closing_line_value=closing_line_value(
            rows["recommendation"], result, numbers["current_points_line"], numbers["closing_line"]
        ),
        profit_units=profit_units(result, price_taken(rows)),
    )


def _errors_of(numbers: Mapping[str, FloatArray], actual: FloatArray) -> dict[str, Any]:
    absolute_error = np.abs(numbers["predicted_median"] - actual)
    return {
        "signed_error": numbers["predicted_points"] - actual,
        "absolute_error": absolute_error,
        "line_absolute_error": np.abs(numbers["current_points_line"] - actual),
        "anchored_absolute_error": np.abs(numbers["anchored_median"] - actual),
        "is_within_3": _is_at_most(absolute_error, 3),
        "is_within_5": _is_at_most(absolute_error, 5),
    }


def _scores_of(numbers: Mapping[str, FloatArray], actual: FloatArray) -> dict[str, FloatArray]:
    score, low, high = _judged(numbers["distribution_location"], numbers["distribution_scale"], actual)
    anchored, _, _ = _judged(numbers["anchored_location"], numbers["anchored_scale"], actual)
    return {"crps": score, "anchored_crps": anchored, "pit_low": low, "pit_high": high}


def _judged(location: FloatArray, scale: FloatArray, actual: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(CRPS, pit_low, pit_high) of each row, NaN where a distribution or an outcome is missing."""
    crps_of, low, high = (np.full(len(actual), np.nan) for _ in range(3))
    known = np.isfinite(location) & np.isfinite(scale) & ~np.isnan(actual)
    if known.any():
        distribution = CountDistribution(location[known], scale[known])
        crps_of[known] = crps(distribution, actual[known])
        low[known], high[known] = pit(distribution, actual[known])
    return crps_of, low, high


# --- money -------------------------------------------------------------------------------------------------------------


def price_taken(rows: pd.DataFrame) -> FloatArray:
    """American price of the recommended side of each row (recommendation and both prices); NaN without bet or price."""
    over, under = _floats(rows["over_price_american"]), _floats(rows["under_price_american"])
    advice = rows["recommendation"]
    is_over, is_under = (advice == Recommendation.OVER).to_numpy(), (advice == Recommendation.UNDER).to_numpy()
    return np.select([is_over, is_under], [over, under], np.nan)


def closing_line_value(
    recommendations: ArrayLike, results: ArrayLike, line: FloatArray, closing_line: FloatArray
) -> FloatArray:
    """Points the line moved in favour of each recommendation until it closed: an over gains when the line rises.

    Positive says that the bet was made at a better line than the market's last. NaN for PASS and void, which are no bets,
    and without a closing line.
    """
    advice, outcome = np.asarray(recommendations, dtype=object), np.asarray(results, dtype=object)
    sign = np.select([advice == Recommendation.OVER, advice == Recommendation.UNDER], [1.0, -1.0], np.nan)
    moved = sign * (closing_line - line) + 0.0  # never -0
    return np.asarray(np.where(outcome == Result.VOID, np.nan, moved))


def profit_units(results: ArrayLike, american_prices: ArrayLike) -> FloatArray:
    """Profit of one unit staked on each row at its American price: price - 1 in decimal if correct, -1 if not.

    A push was staked and comes back (0). NaN for void and pass, which are no bets, and for a bet without a price.
    Raises BadInput for an impossible price of a bet.
    """
    outcome, prices = np.asarray(results, dtype=object), np.asarray(american_prices, dtype=np.float64)
    refuse_other_shapes(outcome, prices)
    prices = np.where(_is_bet(outcome), prices, np.nan)
    won = american_to_decimal(prices) - 1
    profit = np.select([outcome == Result.CORRECT, outcome == Result.PUSH], [won, 0.0], -1.0)
    return np.asarray(np.where(np.isnan(prices), np.nan, profit))


# --- helpers ----------------------------------------------------------------------------------------------------------


def _member(kind: type[_Word], value: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise BadInput(f"{value!r} is no {kind.__name__.lower()}.", next_step=f"Use {', '.join(kind)}.") from error


def _require_columns(frame: pd.DataFrame, wanted: tuple[str, ...]) -> None:
    absent = [column for column in wanted if column not in frame.columns]
    if absent:
        raise SchemaMismatch(f"Columns to grade are missing: {', '.join(absent)}.", next_step="Select them.")


def _floats(values: pd.Series) -> FloatArray:
    return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _is_at_most(errors: FloatArray, points: float) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(errors <= points, np.isnan(errors))


def _is_bet(results: NDArray[Any]) -> NDArray[np.bool_]:
    return np.isin(results.astype(str), [Result.CORRECT, Result.INCORRECT, Result.PUSH])


def _check_number(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise BadInput(f"{name} is {value}, not a finite number of points.", next_step="Pass None where it is missing.")


def _refuse_rows(values: pd.Series, wrong: pd.Series | NDArray[np.bool_], reason: str) -> None:
    refused = values[np.asarray(wrong, dtype=bool)]
    if len(refused):
        first = f"{values.name} {refused.iloc[0]} of row {refused.index[0]}"
        raise BadInput(
            f"{first} {reason} ({len(refused)} such rows).", next_step="Correct these rows, then grade again."
        )
