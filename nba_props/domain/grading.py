"""Grades: what became of a prediction, and the scores by which many of them are judged.

The rule of grading has this one home. Here belong settling one row or a frame of them, and pure metrics over arrays.
Not here: joining predictions to box scores (`sql/grading`), deciding why someone did not play (the reader of the box
score), grouping by system or line (grading assets, `evaluation`).

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


ACCURACY_COLUMNS = (
    *GRADED_COLUMNS,
    "predicted_points",
    "predicted_median",
    "over_price_american",
    "under_price_american",
)


def accuracy_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """Prediction rows (ACCURACY_COLUMNS and any others) with their grade, errors in points, and profit.

    Rows of pending games are left out. Added are result, void_reason, signed_error (predicted mean - actual),
    absolute_error (|median - actual|), line_absolute_error (|line - actual|), is_within_3 and is_within_5 (of
    absolute_error) and profit_units (see `profit_units`); actual_points is missing wherever the row is void, whatever a
    box score prints beside someone who did not play. Missing is NaN, NA or None.

    Raises SchemaMismatch for a missing column; BadInput, naming the value and its row, where `grade` would refuse, for
    a predicted mean or median that is missing or infinite, and for an impossible price.
    """
    _require_columns(predictions, ACCURACY_COLUMNS)
    rows = predictions[(predictions["participation"] != Participation.PENDING).to_numpy(dtype=bool, na_value=True)]
    mean, median = _floats(rows["predicted_points"]), _floats(rows["predicted_median"])
    for numbers, name in ((mean, "predicted_points"), (median, "predicted_median")):
        _refuse_rows(rows[name], ~np.isfinite(numbers), "is no finite number of points")

    grades = grade_frame(rows)
    result = grades["result"].to_numpy()
    actual = np.where(result == Result.VOID, np.nan, _floats(rows["actual_points"]))
    absolute_error = np.abs(median - actual)
    is_over = (rows["recommendation"] == Recommendation.OVER).to_numpy()
    price = np.where(is_over, _floats(rows["over_price_american"]), _floats(rows["under_price_american"]))
    return rows.assign(
        actual_points=actual,
        result=result,
        void_reason=grades["void_reason"].to_numpy(),
        signed_error=mean - actual,
        absolute_error=absolute_error,
        line_absolute_error=np.abs(_floats(rows["current_points_line"]) - actual),
        is_within_3=_is_at_most(absolute_error, 3),
        is_within_5=_is_at_most(absolute_error, 5),
        profit_units=profit_units(result, price),
    )


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


def profit_units(results: ArrayLike, american_prices: ArrayLike) -> FloatArray:
    """Profit of one unit staked on each row at its American price: price - 1 in decimal if correct, -1 if not.

    A push was staked and comes back (0). NaN for void and pass, which are no bets, and for a bet without a price.
    Raises BadInput for an impossible price of a bet.
    """
    outcome, prices = np.asarray(results, dtype=object), np.asarray(american_prices, dtype=np.float64)
    _same_shape(outcome, prices)
    prices = np.where(_is_bet(outcome), prices, np.nan)
    won = american_to_decimal(prices) - 1
    profit = np.select([outcome == Result.CORRECT, outcome == Result.PUSH], [won, 0.0], -1.0)
    return np.asarray(np.where(np.isnan(prices), np.nan, profit))


def roi(results: ArrayLike, american_prices: ArrayLike) -> float:
    """Mean `profit_units` of the bets. Raises BadInput where no row was a bet, or a bet has no price."""
    profit = profit_units(results, american_prices)
    return float(_numbers(profit[_is_bet(np.asarray(results, dtype=object))], "profit of a bet").mean())


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


def root_mean_squared_error(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Root of the mean of (predicted - actual)², in points; the mean of a distribution minimises it."""
    return float(np.sqrt(np.mean(_errors(predicted, actual) ** 2)))


def share_within(predicted: ArrayLike, actual: ArrayLike, points: float) -> float:
    """Share of rows (0-1) whose prediction is at most `points` off."""
    return float(np.mean(np.abs(_errors(predicted, actual)) <= points))


# --- uncertainty ------------------------------------------------------------------------------------------------------


def clustered_interval(
    values: ArrayLike, clusters: ArrayLike, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of a mean, resampling whole clusters (Cameron, Gelbach and Miller 2008).

    `values` and `clusters` have shape (n,). Rows of one night share its pace, its scratches and its lines, so that
    nights are drawn, not rows: with replacement, as many as there are, and the mean is over the rows drawn. Seeded: the
    same rows give the same interval, in whatever order. None for a single cluster, of which nothing can be drawn.
    """
    numbers, labels = _numbers(values, "value"), np.asarray(clusters)
    _same_shape(labels, numbers)
    names, where = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return None
    sums, counts = np.bincount(where, weights=numbers), np.bincount(where)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    low, high = np.quantile((drawn @ sums) / (drawn @ counts), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


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
