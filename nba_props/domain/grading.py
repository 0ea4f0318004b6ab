"""Grades: what became of a prediction, and the scores by which many of them are judged.

Here belong the rules of settling one row and pure metrics over arrays. Not here: joining predictions to box scores
(SQL), deciding why someone did not play (the reader of the box score), grouping by system or line (grading assets).

Metrics take arrays of shape (n,) with n >= 1 and raise BadInput for an empty one, and for NaN or infinity: one bad row
must be refused, not averaged.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nba_props.domain.distributions import CountDistribution
from nba_props.domain.odds import american_to_decimal
from nba_props.errors import BadInput, SchemaMismatch

FloatArray = NDArray[np.float64]
_Word = TypeVar("_Word", bound=StrEnum)

MOST_POINTS = 120  # nobody has scored more than 100; sums over points end here


class Recommendation(StrEnum):
    """What a system says to do at a line."""

    OVER = "OVER"
    UNDER = "UNDER"
    PASS = "PASS"


class Participation(StrEnum):
    """What became of the player's game. Every member but PLAYED and PENDING is a reason to void."""

    PLAYED = "played"
    PENDING = "pending"
    DNP_INJURY = "dnp_injury"
    DNP_COACH_DECISION = "dnp_coach_decision"
    DNP_OTHER = "dnp_other"
    GAME_POSTPONED = "game_postponed"
    NO_BOX_SCORE = "no_box_score"


VOID_REASONS: tuple[str, ...] = tuple(
    s for s in Participation if s not in (Participation.PLAYED, Participation.PENDING)
)


class Result(StrEnum):
    """The grade of one prediction row."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    PUSH = "push"
    VOID = "void"
    PASS = "pass"
    PENDING = "pending"


@dataclass(frozen=True)
class Grade:
    """The result of a row, and the reason when it is void."""

    result: Result
    void_reason: str | None = None


# --- one row, and a frame of them -------------------------------------------------------------------------------------


def grade(recommendation: str, line: float | None, actual_points: float | None, participation_status: str) -> Grade:
    """Grade one prediction row.

    A player without minutes voids the row with the reason (whatever was recommended, and whatever points the box score
    printed beside it); a game that is not final is pending. Of those who played, PASS has no result (its error counts
    all the same), points equal to the line are a push, and OVER and UNDER are right or wrong.

    Raises BadInput, naming the value, for an unknown recommendation or status, for NaN, infinite or negative numbers,
    for a player who played without points, and for OVER or UNDER without a line.
    """
    advice, status = _member(Recommendation, recommendation), _member(Participation, participation_status)
    _check_number("line", line)
    _check_number("actual_points", actual_points)
    if status is Participation.PENDING:
        return Grade(Result.PENDING)
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


GRADED_COLUMNS = ("recommendation", "current_points_line", "actual_points", "participation_status")


def grade_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """`grade` for every row of a frame with GRADED_COLUMNS, in which NaN or NA means missing.

    Returns columns result and void_reason (None unless void) on the same index. Raises SchemaMismatch for a missing
    column and BadInput, naming the value and its row, where `grade` would refuse.
    """
    absent = [column for column in GRADED_COLUMNS if column not in predictions.columns]
    if absent:
        raise SchemaMismatch(f"Columns to grade are missing: {', '.join(absent)}.", next_step="Select them.")
    advice, status = predictions["recommendation"], predictions["participation_status"]
    line = predictions["current_points_line"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    actual = predictions["actual_points"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)

    _refuse_rows(advice, ~advice.isin(list(Recommendation)), "is no recommendation")
    _refuse_rows(status, ~status.isin(list(Participation)), "is no participation status")
    for numbers, name in ((line, "current_points_line"), (actual, "actual_points")):
        _refuse_rows(predictions[name], np.isinf(numbers) | (numbers < 0), "is not a finite number of points")

    played, passed = (status == Participation.PLAYED).to_numpy(), (advice == Recommendation.PASS).to_numpy()
    voided = status.isin(list(VOID_REASONS)).to_numpy()
    _refuse_rows(predictions["actual_points"], played & np.isnan(actual), "is missing for a player who played")
    _refuse_rows(predictions["current_points_line"], played & ~passed & np.isnan(line), "is missing for a pick")

    right = (actual > line) == (advice == Recommendation.OVER).to_numpy()
    result = np.select(
        [voided, ~played, passed, actual == line, right],
        [Result.VOID.value, Result.PENDING.value, Result.PASS.value, Result.PUSH.value, Result.CORRECT.value],
        default=Result.INCORRECT.value,
    )
    reasons = status.astype(object).where(voided, None)
    return pd.DataFrame({"result": result.astype(object), "void_reason": reasons.to_numpy()}, index=predictions.index)


# --- hit rates and money ----------------------------------------------------------------------------------------------


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927), within [0, 1]; (0, 1) when n is 0, as nothing is known.

    Raises BadInput unless 0 <= successes <= n and 0 < level < 1.
    """
    if not (0 <= successes <= n and 0 < level < 1):
        raise BadInput(f"No interval for {successes} of {n} at level {level}.", next_step="Check the counts.")
    if n == 0:
        return 0.0, 1.0
    z = float(special.ndtri((1 + level) / 2))
    share, z2n = successes / n, z * z / n
    centre = (share + z2n / 2) / (1 + z2n)
    half = z * math.sqrt(share * (1 - share) / n + z2n / (4 * n)) / (1 + z2n)
    return max(0.0, centre - half), min(1.0, centre + half)


def roi(results: ArrayLike, american_prices: ArrayLike) -> float:
    """Profit per unit staked, one unit a bet, at the American prices listed.

    A push was staked and comes back (profit 0); void, pass and pending rows are no bets. Raises BadInput where no row
    was a bet, or a bet has no price.
    """
    outcome = np.asarray(results, dtype=object)
    prices = np.asarray(american_prices, dtype=np.float64)
    _same_shape(outcome, prices)
    is_bet = np.isin(outcome.astype(str), [Result.CORRECT, Result.INCORRECT, Result.PUSH])
    outcome, prices = outcome[is_bet], _numbers(prices[is_bet], "price")
    profit = np.select(
        [outcome == Result.CORRECT, outcome == Result.PUSH], [american_to_decimal(prices) - 1, 0.0], -1.0
    )
    return float(profit.mean())


# --- probabilities ----------------------------------------------------------------------------------------------------


def brier(prob: ArrayLike, outcome: ArrayLike) -> float:
    """Mean squared difference between a probability and its 0/1 outcome (Brier 1950); 0.25 for always 0.5."""
    p, hit = _probabilities(prob, outcome)
    return float(np.mean((p - hit) ** 2))


def log_loss(prob: ArrayLike, outcome: ArrayLike) -> float:
    """Mean of -ln(probability given to what happened), in nats; wrong with certainty costs ln(10^15), not infinity."""
    p, hit = _probabilities(prob, outcome)
    given = np.where(hit == 1, p, 1 - p)
    return float(-np.mean(np.log(np.maximum(given, 1e-15))))


def calibration_error(prob: ArrayLike, outcome: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: |mean probability - hit rate| in bins of equal width, weighted by their rows."""
    p, hit = _probabilities(prob, outcome)
    where = np.minimum((p * bins).astype(np.int64), bins - 1)
    return float(np.abs(np.bincount(where, weights=p - hit, minlength=bins)).sum() / p.size)


def crps(distribution: CountDistribution, outcome: ArrayLike) -> FloatArray:
    """Continuous ranked probability score of each row, in points: the sum over k of (P(X <= k) - 1[y <= k])².

    Lower is better; for a certain prediction it is the absolute error. The sum ends at MOST_POINTS, where the tail of
    any player's distribution is beyond notice. Raises BadInput for an outcome above it.
    """
    points = _numbers(outcome, "outcome")
    if np.any(points > MOST_POINTS) or np.any(points < 0):
        raise BadInput(f"An outcome is outside 0 to {MOST_POINTS} points.", next_step="Check the box score.")
    score = np.zeros(np.broadcast_shapes(points.shape, distribution.mean.shape))
    for k, reached in enumerate(distribution.cumulative(MOST_POINTS)):
        score += (reached - (points <= k)) ** 2
    return score


# --- point predictions ------------------------------------------------------------------------------------------------


def mean_absolute_error(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean of |predicted - actual|, in points."""
    return float(np.mean(np.abs(_errors(predicted, actual))))


def bias(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean of predicted - actual, in points: positive when predictions are too high."""
    return float(np.mean(_errors(predicted, actual)))


def share_within(predicted: ArrayLike, actual: ArrayLike, points: float) -> float:
    """Share of rows (0-1) whose prediction is at most `points` off."""
    return float(np.mean(np.abs(_errors(predicted, actual)) <= points))


# --- helpers ----------------------------------------------------------------------------------------------------------


def _member(kind: type[_Word], value: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise BadInput(f"{value!r} is no {kind.__name__.lower()}.", next_step=f"Use {', '.join(kind)}.") from error


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


def _numbers(values: ArrayLike, name: str) -> FloatArray:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        raise BadInput(f"There is no {name} to average.", next_step="Ask only for groups that have rows.")
    wrong = ~np.isfinite(numbers)
    if np.any(wrong):
        first = np.flatnonzero(wrong)[0]
        raise BadInput(f"{name} number {first} is {numbers.flat[first]}.", next_step="Leave out rows without a value.")
    return numbers


def _same_shape(left: NDArray[Any], right: NDArray[Any]) -> None:
    if left.shape != right.shape:
        raise BadInput(f"{left.shape} values meet {right.shape}.", next_step="Pass two columns of the same rows.")


def _errors(predicted: ArrayLike, actual: ArrayLike) -> FloatArray:
    forecast, points = _numbers(predicted, "prediction"), _numbers(actual, "actual")
    _same_shape(forecast, points)
    return np.asarray(forecast - points)


def _probabilities(prob: ArrayLike, outcome: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, hit = _numbers(prob, "probability"), _numbers(outcome, "outcome")
    _same_shape(p, hit)
    if np.any((p < 0) | (p > 1)) or not np.all(np.isin(hit, (0, 1))):
        raise BadInput("A probability is outside 0 to 1, or an outcome is not 0 or 1.", next_step="Check the columns.")
    return p, hit
