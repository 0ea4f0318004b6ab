"""Scores of many predictions: of points, of probabilities, and of whole distributions.

Here belong pure metrics over arrays. Not here: settling a row (`grading`), how sure a score is (`intervals`), and which
rows are compared (`evaluation`).

Metrics take arrays of shape (n,) with n >= 1 and raise BadInput for an empty one, and for NaN or infinity: one bad row
must be refused, not averaged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nba_props.domain.distributions import MOST_POINTS, CountDistribution
from nba_props.errors import BadInput

FloatArray = NDArray[np.float64]

BINS = 10
"""Bins of equal width of a probability, in calibration errors, reliability tables and PIT histograms."""


# --- points -----------------------------------------------------------------------------------------------------------


def mean_absolute_error(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean of |predicted - actual|, in points; the median of a distribution minimises it."""
    return float(np.mean(np.abs(_errors(predicted, actual))))


def bias(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean of predicted - actual, in points: positive when predictions are too high."""
    return float(np.mean(_errors(predicted, actual)))


def root_mean_squared_error(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Root of the mean of (predicted - actual)², in points; the mean of a distribution minimises it."""
    return float(np.sqrt(np.mean(_errors(predicted, actual) ** 2)))


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


def calibration_error(prob: ArrayLike, outcome: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: |mean probability - hit rate| in bins of equal width, weighted by their rows."""
    p, hit = _probabilities(prob, outcome)
    return float(np.abs(np.bincount(bin_of(p, bins), weights=p - hit, minlength=bins)).sum() / p.size)


def calibration_error_by_chance(
    prob: ArrayLike, level: float = 0.95, bins: int = BINS, draws: int = 1000, seed: int = 0
) -> float:
    """The calibration error that a perfect forecaster of these probabilities stays under in `level` of all tries.

    On n rows a hit rate strays from its true probability by chance, so that no error is 0: outcomes are drawn from the
    probabilities themselves, `draws` times, seeded. An error below the value returned gives no reason to doubt them.
    """
    p, _ = _probabilities(prob, np.zeros(np.shape(prob)))
    where, random = bin_of(p, bins), np.random.default_rng(seed)
    errors = [
        np.abs(np.bincount(where, weights=p - (random.random(p.size) < p), minlength=bins)).sum() / p.size
        for _ in range(draws)
    ]
    return float(np.quantile(errors, level))


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows whose stated probability lies in [low, high), the last bin closed."""

    low: float
    high: float
    rows: int
    hits: int
    mean_prob: float | None
    """None without rows."""


def reliability(prob: ArrayLike, outcome: ArrayLike, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """What was said against what happened, in `bins` of equal width."""
    p, hit = _probabilities(prob, outcome)
    where = bin_of(p, bins)
    rows = np.bincount(where, minlength=bins)
    hits, said = np.bincount(where, weights=hit, minlength=bins), np.bincount(where, weights=p, minlength=bins)
    return tuple(
        ReliabilityBin(
            i / bins, (i + 1) / bins, int(rows[i]), int(hits[i]), float(said[i] / rows[i]) if rows[i] else None
        )
        for i in range(bins)
    )


def bin_of(prob: ArrayLike, bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each probability, 0 to bins - 1; 1.0 lies in the last."""
    return np.asarray(np.minimum((np.asarray(prob, dtype=np.float64) * bins).astype(np.int64), bins - 1))


# --- distributions ----------------------------------------------------------------------------------------------------


def crps(distribution: CountDistribution, outcome: ArrayLike) -> FloatArray:
    """Continuous ranked probability score of each row, in points: the sum over k of (P(X <= k) - 1[y <= k])².

    Lower is better; for a certain prediction it is the absolute error (Gneiting and Raftery 2007). The sum ends at
    MOST_POINTS, where the tail of any player's distribution is beyond notice. Raises BadInput for an outcome above it.
    """
    points = _counts(outcome)
    score = np.zeros(np.broadcast_shapes(points.shape, distribution.location.shape))
    for k, reached in enumerate(distribution.cumulative(MOST_POINTS)):
        score += (reached - (points <= k)) ** 2
    return score


def pit(distribution: CountDistribution, outcome: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(P(X < y), P(X <= y)) of each row: between them lies the probability integral transform of a count.

    For a true distribution a uniform draw between the two is uniform on 0-1 (Czado, Gneiting and Held 2009).
    """
    points = _counts(outcome)
    return distribution.cdf(points - 1), distribution.cdf(points)


def randomised_pit(pit_low: ArrayLike, pit_high: ArrayLike, seed: int = 0) -> FloatArray:
    """One uniform draw between pit_low and pit_high of each row, seeded."""
    low, high = _pit_pairs(pit_low, pit_high)
    return np.asarray(low + (high - low) * np.random.default_rng(seed).random(low.size))


def pit_histogram(pit_low: ArrayLike, pit_high: ArrayLike, bins: int = BINS) -> FloatArray:
    """Share of the randomised PIT in each of `bins` equal bins, on average over all draws: 1 / bins each if true."""
    edges = np.linspace(0, 1, bins + 1)
    return np.asarray([pit_share(pit_low, pit_high, edges[i], edges[i + 1]) for i in range(bins)])


def pit_share(pit_low: ArrayLike, pit_high: ArrayLike, start: float, end: float) -> float:
    """Share of the randomised PIT in [start, end), 0-1, on average over all draws (1 is within the last bin).

    A row of which pit_low equals pit_high (an outcome so far out that its own probability vanishes) lies at that point.
    """
    low, high = _pit_pairs(pit_low, pit_high)
    width = high - low
    overlap = np.clip(np.minimum(high, end) - np.maximum(low, start), 0, None)
    is_inside = (start <= low) & ((low < end) | ((end == 1) & (low == 1)))
    return float(np.mean(np.where(width > 0, overlap / np.where(width > 0, width, 1.0), is_inside)))


# --- what a score refuses ---------------------------------------------------------------------------------------------


def finite(values: ArrayLike, name: str) -> FloatArray:
    """The values as floats. Raises BadInput for none at all, and for NaN and infinity, naming the first."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        raise BadInput(f"There is no {name} to average.", next_step="Ask only for groups that have rows.")
    wrong = ~np.isfinite(numbers)
    if np.any(wrong):
        first = np.flatnonzero(wrong)[0]
        raise BadInput(f"{name} number {first} is {numbers.flat[first]}.", next_step="Leave out rows without a value.")
    return numbers


def refuse_other_shapes(left: NDArray[Any], right: NDArray[Any]) -> None:
    """Raises BadInput unless both arrays have the same shape."""
    if left.shape != right.shape:
        raise BadInput(f"{left.shape} values meet {right.shape}.", next_step="Pass two columns of the same rows.")


def _errors(predicted: ArrayLike, actual: ArrayLike) -> FloatArray:
    forecast, points = finite(predicted, "prediction"), finite(actual, "actual")
    refuse_other_shapes(forecast, points)
    return np.asarray(forecast - points)


def _probabilities(prob: ArrayLike, outcome: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, hit = finite(prob, "probability"), finite(outcome, "outcome")
    refuse_other_shapes(p, hit)
    if np.any((p < 0) | (p > 1)) or not np.all(np.isin(hit, (0, 1))):
        raise BadInput("A probability is outside 0 to 1, or an outcome is not 0 or 1.", next_step="Check the columns.")
    return p, hit


def _counts(outcome: ArrayLike) -> FloatArray:
    points = finite(outcome, "outcome")
    if np.any(points > MOST_POINTS) or np.any(points < 0):
        raise BadInput(f"An outcome is outside 0 to {MOST_POINTS} points.", next_step="Check the box score.")
    return points


def _pit_pairs(pit_low: ArrayLike, pit_high: ArrayLike) -> tuple[FloatArray, FloatArray]:
    low, high = finite(pit_low, "pit_low"), finite(pit_high, "pit_high")
    refuse_other_shapes(low, high)
    if np.any((low < 0) | (high > 1) | (low > high)):
        raise BadInput("A PIT is outside 0 to 1, or upside down.", next_step="Check the columns.")
    return low, high
