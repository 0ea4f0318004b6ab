"""Calibration on simulated residuals whose truth is known: spreads, anchors, the ensemble's weights, proven value."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.calibration import (
    DEFAULT_ANCHOR,
    DEFAULT_CALIBRATION,
    FEWEST_LINED_ROWS,
    FEWEST_ROWS,
    FEWEST_ROWS_FOR_VALUE,
    FILE,
    KIND,
    PRIOR_WEIGHT,
    UNPROVEN,
    Calibration,
    Residuals,
    SystemCalibration,
    calibrated_mean,
    calibration_of,
    combined,
    ensemble_weights,
    fit,
    fit_anchor,
    in_force_on,
    learned,
    market_location,
    residuals_of,
)
from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution, Spread, points_of, transformed
from nba_props.domain.models import Shelf, sealed
from nba_props.domain.scoring import pit, pit_share

START = date(2024, 1, 1)
ENSEMBLE = "ensemble_v1"


def drawn(distribution: CountDistribution, random: np.random.Generator) -> Any:
    """Whole points of the distribution, as floats."""
    return distribution.quantile(random.uniform(1e-9, 1 - 1e-9, distribution.location.shape)).astype(np.float64)


def simulated(
    count: int,
    weight: float = 0.4,
    seed: int = 1,
    own_error: float = 1.0,
    market_error: float = 1.0,
    scale: float = 2.0,
    lines: str = "half",
) -> Residuals:
    """Rows in which the best location is weight x own + (1 - weight) x market, 40 rows a date; the market's prices are fair.

    `good` is the system that the market is mixed with; `poor` the same with noise added.
    """
    random = np.random.default_rng(seed)
    middle = transformed(random.gamma(4, 3.5, count) + 1)
    own = middle + random.normal(0, own_error, count)
    market = middle + random.normal(0, market_error, count)
    points = drawn(CountDistribution(weight * own + (1 - weight) * market, scale), random)
    at_market = points_of(market)
    line = np.maximum(np.round(at_market), 1.0) + (0.5 if lines == "half" else 0.0)
    prob = CountDistribution(market, POWER_NORMAL_V1.scale(line)).prob_over(line)
    good = points_of(np.maximum(own, 0.5))
    return Residuals(
        game_date=np.array([START + timedelta(days=number // 40) for number in range(count)], dtype=object),
        points=points,
        answers={"good": good, "poor": np.maximum(good + random.normal(0, 4, count), 0.0)},
        line=line,
        over_prob=np.clip(prob, 0.01, 0.99),
    )


def fitted(residuals: Residuals) -> Calibration:
    return fit(residuals, list(residuals.answers), ENSEMBLE)


def of_good(residuals: Residuals) -> SystemCalibration:
    """Of the one system alone: quicker."""
    return fit(residuals, ["good"], ENSEMBLE).of("good")


@pytest.fixture(scope="module")
def residuals() -> Residuals:
    return simulated(8000)


@pytest.fixture(scope="module")
def found(residuals: Residuals) -> Calibration:
    return fitted(residuals)


# -- where the market is -----------------------------------------------------------------------------------------------


@given(st.integers(0, 45).map(lambda points: points + 0.5), st.floats(0.02, 0.98))
def test_the_market_says_at_a_half_line_what_its_location_says(line: float, over_prob: float) -> None:
    at = market_location(np.array([line]), np.array([over_prob]))
    again = CountDistribution(at, POWER_NORMAL_V1.scale(np.array([line]))).prob_over(line)
    assert float(again[0]) == pytest.approx(over_prob, abs=1e-9)


@given(st.integers(8, 45), st.floats(0.05, 0.95))
def test_at_a_whole_line_pushes_are_split(line: int, over_prob: float) -> None:
    at = market_location(np.array([float(line)]), np.array([over_prob]))
    distribution = CountDistribution(at, POWER_NORMAL_V1.scale(np.array([float(line)])))
    over, push = float(distribution.prob_over(line)[0]), float(distribution.prob_push(line)[0])
    assert over + push / 2 == pytest.approx(over_prob, abs=0.01)


def test_a_line_without_two_prices_is_taken_for_even_and_no_line_is_nowhere() -> None:
    found = market_location(np.array([20.5, 20.5, np.nan, np.nan]), np.array([np.nan, 0.5, 0.6, np.nan]))
    assert found[0] == found[1] == transformed(20.5)
    assert np.isnan(found[2:]).all()
    assert np.isfinite(market_location(np.array([20.5, 20.5]), np.array([0.0, 1.0]))).all()


def test_a_likelier_over_puts_the_market_higher() -> None:
    at = market_location(np.full(9, 18.5), np.linspace(0.1, 0.9, 9))
    assert np.all(np.diff(at) > 0)


# -- the anchor --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.05, 0.3, 0.6, 0.9])
def test_a_known_weight_is_recovered_within_its_interval(weight: float) -> None:
    random = np.random.default_rng(11)
    count = 20_000
    middle = transformed(random.gamma(4, 3.5, count) + 1)
    own, market = middle + random.normal(0, 1, count), middle + random.normal(0, 1, count)
    points = drawn(CountDistribution(weight * own + (1 - weight) * market, 2.0), random)
    dates = np.array([START + timedelta(days=number // 100) for number in range(count)], dtype=object)
    anchor = fit_anchor(own, market, points, dates)
    assert anchor.weight == pytest.approx(weight, abs=0.05)
    assert anchor.weight_low - 0.01 <= weight <= anchor.weight_high + 0.01
    assert 0.01 < anchor.weight_high - anchor.weight_low < 0.1
    assert anchor.rows == count
    assert abs(anchor.shift) < 0.15
    scale = anchor.between(np.array([transformed(15.0)]), np.array([transformed(15.0)])).scale
    assert float(scale[0]) == pytest.approx(2.0, abs=0.1)


def test_with_few_rows_the_weight_stays_near_the_prior() -> None:
    few, many = (of_good(simulated(count, weight=0.9)).anchor for count in (FEWEST_ROWS, 20_000))
    assert abs(few.weight - PRIOR_WEIGHT) < abs(many.weight - PRIOR_WEIGHT)
    assert few.weight_high - few.weight_low > many.weight_high - many.weight_low
    noise = simulated(350, weight=0.9, own_error=0.05, market_error=0.05)  # they hardly differ: nothing to learn from
    assert of_good(noise).anchor.weight == pytest.approx(PRIOR_WEIGHT, abs=0.05)


def test_under_the_fewest_lined_rows_the_anchor_is_the_default() -> None:
    residuals = simulated(600)
    line = np.where(np.arange(600) < FEWEST_LINED_ROWS - 1, residuals.line, np.nan)
    mine = fitted(replace(residuals, line=line)).of("good")
    assert mine.anchor == DEFAULT_ANCHOR
    assert mine.value == UNPROVEN
    assert mine.rows == 600
    assert mine.spread != POWER_NORMAL_V1  # which needs no line


def test_a_market_that_leans_is_corrected_only_on_many_rows() -> None:
    def leaning(count: int) -> float:
        residuals = simulated(count, weight=0.0, scale=1.5)
        own, market = transformed(residuals.answers["good"]), market_location(residuals.line, residuals.over_prob)
        return fit_anchor(own, market + 0.2, residuals.points, residuals.game_date).shift

    assert -0.25 < leaning(20_000) < leaning(400) < 0.02


def test_weights_are_shares_and_their_interval_holds_them(found: Calibration) -> None:
    for mine in found.systems.values():
        assert 0 <= mine.anchor.weight_low <= mine.anchor.weight <= mine.anchor.weight_high <= 1


def test_the_anchored_location_lies_between_both_but_for_the_shift() -> None:
    anchor = replace(DEFAULT_ANCHOR, weight=0.25, shift=0.1)
    at = anchor.between(np.array([4.0, 8.0]), np.array([8.0, 4.0])).location
    assert at == pytest.approx([0.1 + 7.0, 0.1 + 5.0])


# -- spreads -----------------------------------------------------------------------------------------------------------


def test_the_spread_holds_eighty_per_cent_of_fresh_results(found: Calibration) -> None:
    fresh = simulated(8000, seed=99)
    for name in ("good", "poor"):
        distribution = found.of(name).spread.around(fresh.answers[name])
        assert 0.78 <= pit_share(*pit(distribution, fresh.points), 0.1, 0.9) <= 0.82
        assert abs(float(distribution.moments()[0].mean()) - fresh.points.mean()) < 0.25
    poor, good = (found.of(name).spread for name in ("poor", "good"))
    assert poor.scale(15.0) > good.scale(15.0)


def test_the_anchored_interval_holds_eighty_per_cent_too(found: Calibration) -> None:
    fresh = simulated(8000, seed=100)
    own = found.of("good").spread.location(fresh.answers["good"])
    distribution = found.of("good").anchor.between(own, market_location(fresh.line, fresh.over_prob))
    assert 0.78 <= pit_share(*pit(distribution, fresh.points), 0.1, 0.9) <= 0.82


def test_a_system_with_too_few_answers_keeps_the_default_spread() -> None:
    residuals = simulated(2000)
    rare = np.where(np.arange(2000) < FEWEST_ROWS - 1, residuals.answers["good"], np.nan)
    mine = fitted(replace(residuals, answers=residuals.answers | {"rare": rare})).of("rare")
    assert mine.spread == POWER_NORMAL_V1
    assert mine.rows == FEWEST_ROWS - 1
    assert fitted(residuals).of("nobody") == DEFAULT_CALIBRATION


def test_calibrated_means_follow_the_spread_and_stay_missing() -> None:
    spread = Spread("s", 0.2, 0.9, 0.6, 0.0)
    found = calibrated_mean(np.array([10.0, np.nan, 20.0]), spread)
    assert found[[0, 2]] == pytest.approx(spread.around([10.0, 20.0]).moments()[0])
    assert np.isnan(found[1])
    assert np.isnan(calibrated_mean(np.array([np.nan]), spread)).all()


# -- the ensemble's weights --------------------------------------------------------------------------------------------


def members(count: int, *noise: float, seed: int = 5) -> tuple[Any, Any]:
    """(means, points): members that miss the truth by noise of these sizes, each its own."""
    random = np.random.default_rng(seed)
    truth = random.gamma(4, 3.5, count)
    return np.array([truth + random.normal(0, one, count) for one in noise]), truth + random.normal(0, 5, count)


@given(st.integers(0, 50), st.lists(st.floats(0.1, 6), min_size=1, max_size=5), st.sampled_from([300, 700, 2000]))
def test_weights_are_never_negative_and_sum_to_one(seed: int, noise: list[float], count: int) -> None:
    weights = ensemble_weights(*members(count, *noise, seed=seed))
    assert np.all(weights >= 0)
    assert weights.sum() == pytest.approx(1)


def test_the_better_member_weighs_more() -> None:
    weights = ensemble_weights(*members(20_000, 1.0, 3.0))
    assert weights[0] == pytest.approx(9 / 10, abs=0.05)  # independent errors: inverse variances


def test_few_rows_leave_weights_equal_and_more_draw_them_away_from_it() -> None:
    assert ensemble_weights(*members(FEWEST_ROWS - 1, 0.5, 5.0)).tolist() == [0.5, 0.5]
    found = [ensemble_weights(*members(count, 0.5, 5.0))[0] for count in (FEWEST_ROWS, 3000, 30_000)]
    assert 0.5 < found[0] < found[1] < found[2]


def test_a_member_that_always_refuses_weighs_nothing_and_hides_nothing_of_the_others() -> None:
    means, points = members(5000, 1.0, 3.0)
    silent = np.full(5000, np.nan)
    weights = ensemble_weights(np.array([means[0], silent, means[1]]), points)
    assert weights[1] == 0
    assert weights[[0, 2]] == pytest.approx(ensemble_weights(means, points))
    few = ensemble_weights(np.array([means[0], silent, means[1]])[:, :100], points[:100])
    assert few.tolist() == [0.5, 0, 0.5]
    assert ensemble_weights(np.full((4, 10), np.nan), points[:10]).tolist() == [0.25] * 4


def test_combined_renormalises_over_those_who_answer() -> None:
    values = np.array([[10.0, 10.0, np.nan, np.nan], [20.0, np.nan, 20.0, np.nan], [30.0, 30.0, 30.0, np.nan]])
    found = combined(values, np.array([[0.5], [0.5], [0.0]]))
    assert found[:3] == pytest.approx([15.0, 10.0, 20.0])
    assert np.isnan(found[3])
    assert combined(values[2:], np.array([[0.0]]))[0] == 30.0  # all that answer weigh nothing: the same


def test_a_fitted_calibration_prefers_the_better_system_and_covers_the_ensemble(found: Calibration) -> None:
    assert set(found.systems) == {"good", "poor", ENSEMBLE}
    assert set(found.ensemble_weights) == {"good", "poor"}
    assert found.ensemble_weights["good"] > found.ensemble_weights["poor"]
    assert sum(found.ensemble_weights.values()) == pytest.approx(1)


# -- whether value is proven -------------------------------------------------------------------------------------------


def test_well_calibrated_probabilities_on_enough_rows_prove_value() -> None:
    """A perfect forecaster passes in 95 of 100 tries; these are six of them."""
    passed = [of_good(simulated(3600, seed=seed)).value for seed in range(6)]
    assert sum(value.is_proven for value in passed) >= 5
    for value in passed:
        assert value.rows >= FEWEST_ROWS_FOR_VALUE
        assert value.is_proven == (value.calibration_error <= value.bar)
        assert f"on {value.rows} later rows" in value.reason


def test_under_a_thousand_later_rows_nothing_is_proven() -> None:
    value = of_good(simulated(1900)).value
    assert not value.is_proven
    assert value.rows < FEWEST_ROWS_FOR_VALUE
    assert (value.calibration_error, value.bar) == (None, None)
    assert value.reason == f"{value.rows} graded rows; 1000 are needed"


def test_whole_lines_and_lines_without_two_prices_prove_nothing(residuals: Residuals) -> None:
    whole = of_good(simulated(4000, lines="whole")).value
    one_sided = of_good(replace(residuals, over_prob=np.full(8000, np.nan))).value
    assert (whole.is_proven, whole.rows, one_sided.is_proven, one_sided.rows) == (False, 0, False, 0)


def test_probabilities_that_no_longer_hold_prove_nothing(residuals: Residuals) -> None:
    """Fitted on the earlier dates; on the later ones everybody scores more."""
    later = np.arange(8000) >= 4000
    value = of_good(replace(residuals, points=residuals.points + np.where(later, 4.0, 0.0))).value
    assert not value.is_proven
    assert value.calibration_error > value.bar


def test_what_proves_value_is_later_than_what_it_was_fitted_on(residuals: Residuals) -> None:
    """The judged half is as bad as can be, and the whole fit (which sees both halves) must not excuse it."""
    later = np.arange(8000) >= 4000
    other = np.where(later, np.random.default_rng(3).permutation(residuals.points), residuals.points)
    assert not of_good(replace(residuals, points=other)).value.is_proven


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_a_calibration_comes_back_from_its_bytes(found: Calibration) -> None:
    again = Calibration.from_json(found.to_json(), found.version)
    assert again == found
    assert again.to_json() == found.to_json()


def test_equal_residuals_give_equal_bytes(residuals: Residuals, found: Calibration) -> None:
    assert fitted(residuals).to_json() == found.to_json()


def test_a_month_serves_its_dates_and_none_those_without_one(residuals: Residuals, found: Calibration) -> None:
    facts = learned(found, residuals, START)
    model = sealed(KIND, date(2024, 9, 1), facts, "commit")
    assert facts.metrics["good anchor weight"] == found.of("good").anchor.weight
    assert calibration_of(model) == replace(found, version=model.manifest.model_version)
    days = pd.Series([date(2024, 9, 2), date(2024, 8, 31), date(2024, 10, 1)])
    served = in_force_on(Shelf({KIND: [model]}), days)
    assert [(one and one.version, rows.tolist()) for one, rows in served] == [
        (model.manifest.model_version, [0, 2]),
        (None, [1]),
    ]
    assert [(one, rows.tolist()) for one, rows in in_force_on(Shelf(), days)] == [(None, [0, 1, 2])]
    assert set(model.files) == {FILE}


def test_residuals_are_taken_from_rows_as_the_warehouse_gives_them() -> None:
    rows = pd.DataFrame(
        {
            "game_date": [START, START],
            "points": pd.array([12, 0], dtype="Int64"),
            "current_points_line": pd.array([10.5, None], dtype="Float64"),
        }
    )
    found = residuals_of(rows, {"good": np.array([11.0, np.nan])}, np.array([0.5, np.nan]))
    assert found.points.tolist() == [12.0, 0.0]
    assert found.line[0] == 10.5
    assert np.isnan(found.line[1])
