"""Scores of points, probabilities and distributions, and what they refuse."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from nba_props.domain import scoring
from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution
from nba_props.errors import BadInput, NbaPropsError

Metric = Callable[[ArrayLike, ArrayLike], float]

# --- points -----------------------------------------------------------------------------------------------------------


def test_errors_of_point_predictions() -> None:
    predicted, actual = [20.0, 10.0, 15.0], [25, 8, 15]
    assert scoring.mean_absolute_error(predicted, actual) == pytest.approx(7 / 3)
    assert scoring.bias(predicted, actual) == pytest.approx(-1)
    assert scoring.root_mean_squared_error(predicted, actual) == pytest.approx(math.sqrt(29 / 3))


@pytest.mark.parametrize("metric", [scoring.mean_absolute_error, scoring.bias, scoring.root_mean_squared_error])
def test_errors_refuse_a_bad_row_instead_of_averaging_it(metric: Metric) -> None:
    with pytest.raises(NbaPropsError, match="actual number 1 is nan"):
        metric([1.0, 2.0], [1.0, np.nan])
    with pytest.raises(NbaPropsError, match="prediction number 0 is inf"):
        metric([np.inf, 2.0], [1.0, 1.0])
    with pytest.raises(NbaPropsError):
        metric([1.0, 2.0], [1.0])


# --- probabilities ----------------------------------------------------------------------------------------------------


def test_scores_of_known_probabilities() -> None:
    prob, outcome = [0.9, 0.2, 0.6], [1, 0, 0]
    assert scoring.brier(prob, outcome) == pytest.approx((0.01 + 0.04 + 0.36) / 3)
    assert scoring.log_loss(prob, outcome) == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3)
    assert scoring.log_loss([0.0], [1]) == pytest.approx(15 * math.log(10))


def test_calibration_error() -> None:
    assert scoring.calibration_error([0.75] * 4, [1, 1, 1, 0]) == pytest.approx(0)
    assert scoring.calibration_error([0.9] * 4 + [0.1] * 4, [1, 1, 0, 0] * 2) == pytest.approx(0.4)
    assert scoring.calibration_error([1.0, 0.0], [1, 0]) == pytest.approx(0)
    # within one bin errors cancel, across bins they do not
    assert scoring.calibration_error([0.2, 0.8], [1, 0], bins=1) == pytest.approx(0)
    assert scoring.calibration_error([0.2, 0.8], [1, 0], bins=2) == pytest.approx(0.8)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_scores_stay_in_their_ranges(rows: list[tuple[float, bool]]) -> None:
    prob, outcome = zip(*rows, strict=True)
    assert 0 <= scoring.brier(prob, outcome) <= 1
    assert 0 <= scoring.calibration_error(prob, outcome) <= 1
    assert scoring.log_loss(prob, outcome) >= 0


@pytest.mark.parametrize(
    ("prob", "outcome"),
    [([0.5, np.nan], [1, 0]), ([0.5], [np.nan]), ([1.5], [1]), ([0.5], [2]), ([], []), ([0.5, 0.5], [1])],
)
@pytest.mark.parametrize("score", [scoring.brier, scoring.log_loss, scoring.calibration_error])
def test_scores_refuse_what_is_no_probability_or_outcome(
    score: Metric, prob: list[float], outcome: list[float]
) -> None:
    with pytest.raises(BadInput):
        score(prob, outcome)


def test_the_error_of_a_perfect_forecaster_is_rarely_above_its_95th_percentile() -> None:
    draw = np.random.default_rng(2)
    prob = draw.uniform(0.3, 0.7, 400)
    limit = scoring.calibration_error_by_chance(prob)
    errors = np.array([scoring.calibration_error(prob, draw.random(400) < prob) for _ in range(600)])
    assert np.mean(errors <= limit) == pytest.approx(0.95, abs=0.03)
    assert (
        scoring.calibration_error(np.clip(prob + 0.15, 0, 1), draw.random(400) < prob) > limit
    )  # too sure of the over
    assert scoring.calibration_error_by_chance(prob) == limit  # seeded
    assert scoring.calibration_error_by_chance(np.tile(prob, 16)) == pytest.approx(limit / 4, rel=0.15)


def test_certain_probabilities_have_no_error_by_chance() -> None:
    assert scoring.calibration_error_by_chance([0.0, 1.0, 1.0], draws=20) == 0


def test_reliability_by_hand() -> None:
    bins = scoring.reliability([0.0, 0.31, 0.39, 0.3, 1.0, 0.95], [0, 1, 0, 1, 1, 0])
    assert len(bins) == 10
    assert [one.rows for one in bins] == [1, 0, 0, 3, 0, 0, 0, 0, 0, 2]
    assert (bins[3].low, bins[3].high, bins[3].hits) == (0.3, 0.4, 2)
    assert bins[3].mean_prob == pytest.approx(1.0 / 3)
    assert (bins[9].hits, bins[9].mean_prob) == (1, pytest.approx(0.975))
    assert (bins[1].hits, bins[1].mean_prob) == (0, None)


# --- distributions ----------------------------------------------------------------------------------------------------


def test_crps_of_an_all_but_certain_prediction_is_the_absolute_error() -> None:
    at_12 = CountDistribution(float(13**0.7), 1e-6)
    assert scoring.crps(at_12, [7, 12, 20]) == pytest.approx([5, 0, 8])


def test_crps_equals_its_definition_by_expected_distances() -> None:
    distribution, actual, k = POWER_NORMAL_V1.around(14.0), 22, np.arange(121)
    p = distribution.prob_push(k)
    spread = (p[:, None] * p[None, :] * np.abs(k[:, None] - k[None, :])).sum()
    expected = (p * np.abs(k - actual)).sum() - spread / 2
    assert scoring.crps(distribution, actual) == pytest.approx(expected, abs=1e-9)


def drawn(distribution: CountDistribution, n: int, seed: int) -> np.ndarray:
    """n points of a distribution of one player, by inversion."""
    return np.asarray(distribution.quantile(np.random.default_rng(seed).uniform(1e-9, 1 - 1e-9, n)))


def test_crps_is_best_for_the_distribution_that_the_points_come_from() -> None:
    truth = CountDistribution(7.0, 1.7)
    points = drawn(truth, 20_000, 3)
    own = scoring.crps(truth, points).mean()
    for other in (CountDistribution(7.6, 1.7), CountDistribution(7.0, 1.2), CountDistribution(7.0, 2.5)):
        assert own < scoring.crps(other, points).mean()


@pytest.mark.parametrize("outcome", [[np.nan], [121], [-1], []])
def test_crps_refuses_what_are_no_points(outcome: list[float]) -> None:
    with pytest.raises(BadInput):
        scoring.crps(POWER_NORMAL_V1.around(14.0), outcome)


def test_the_pit_of_a_true_distribution_is_uniform_and_of_a_false_one_is_not() -> None:
    truth = POWER_NORMAL_V1.around(14.0)
    points = drawn(truth, 20_000, 5)
    low, high = scoring.pit(truth, points)
    assert np.all(low < high)
    assert scoring.pit_histogram(low, high) == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert scoring.pit_share(low, high, 0.1, 0.9) == pytest.approx(0.8, abs=0.01)
    randomised = scoring.randomised_pit(low, high)
    assert np.mean((randomised >= 0.1) & (randomised < 0.9)) == pytest.approx(0.8, abs=0.01)
    assert np.bincount(scoring.bin_of(randomised)) / 20_000 == pytest.approx(np.full(10, 0.1), abs=0.01)
    narrow = CountDistribution(truth.location, truth.scale / 2)
    assert scoring.pit_share(*scoring.pit(narrow, points), 0.1, 0.9) < 0.6


def test_pit_by_hand() -> None:
    distribution = POWER_NORMAL_V1.around([14.0, 14.0])
    low, high = scoring.pit(distribution, [0, 12])
    assert low == pytest.approx([0, distribution.prob_under(12)[1]])
    assert high == pytest.approx([distribution.prob_push(0)[0], distribution.cdf(12)[1]])
    # half of the first stretch and all of the second lie in 0.1 to 0.9; the third is a point in the far tail
    assert scoring.pit_share([0.0, 0.4, 1.0], [0.2, 0.5, 1.0], 0.1, 0.9) == pytest.approx((0.5 + 1 + 0) / 3)
    assert scoring.pit_histogram([0.0, 1.0], [0.2, 1.0]) == pytest.approx([0.25, 0.25, *[0] * 7, 0.5])
    assert scoring.randomised_pit([0.3], [0.3]) == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("low", "high"), [([0.5], [0.4]), ([-0.1], [0.4]), ([0.5], [1.1]), ([np.nan], [0.5]), ([], [])]
)
def test_what_is_no_pit_is_refused(low: list[float], high: list[float]) -> None:
    with pytest.raises(BadInput):
        scoring.pit_share(low, high, 0.1, 0.9)
