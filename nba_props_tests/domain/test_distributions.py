"""The predictive distribution: exact against scipy, invariants, and honest coverage on the real archive."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nba_props.domain.distributions import (
    POWER_NORMAL_V1,
    CountDistribution,
    Spread,
    fit_spread,
    points_of,
    transformed,
)
from nba_props.domain.scoring import pit, pit_share
from nba_props.errors import BadInput

LOCATIONS = st.floats(-2, 18)  # of which 18 are 61 points
SCALES = st.floats(0.2, 4)
LINES = st.integers(0, 120).map(lambda halves: halves / 2)


# --- the scale --------------------------------------------------------------------------------------------------------


def test_the_transform_and_its_inverse() -> None:
    assert transformed([0, 1, 20]) == pytest.approx([1, 2**0.7, 21**0.7])
    points = np.array([0.0, 0.5, 7.0, 31.5])
    assert points_of(transformed(points)) == pytest.approx(points)
    assert transformed([-1.0, -5.0]).tolist() == [0, 0]
    assert points_of(-3.0) == -1


# --- one distribution -------------------------------------------------------------------------------------------------


def test_agrees_with_scipys_normal_on_the_transformed_scale() -> None:
    location, scale = np.array([2.5, 6.0, 11.0]), np.array([1.9, 2.1, 2.2])
    reference = stats.norm(location, scale)
    distribution = CountDistribution(location, scale)
    for k in (0, 1, 7, 12, 30, 80):
        reached = reference.cdf((k + 1.5) ** 0.7)
        below = reference.cdf((k + 0.5) ** 0.7) if k else 0
        assert distribution.cdf(k) == pytest.approx(reached, abs=1e-12)
        assert distribution.cdf(k + 0.4) == pytest.approx(reached, abs=1e-12)
        assert distribution.prob_over(k) == pytest.approx(1 - reached, abs=1e-12)
        assert distribution.prob_over(k + 0.5) == pytest.approx(1 - reached, abs=1e-12)
        assert distribution.prob_under(k) == pytest.approx(below, abs=1e-12)
        assert distribution.prob_push(k) == pytest.approx(reached - below, abs=1e-12)


def test_what_lies_below_zero_points_is_the_probability_of_zero() -> None:
    low = CountDistribution(-1.0, 1.0)
    assert low.prob_push(0) == pytest.approx(stats.norm.cdf(1.5**0.7 + 1))
    assert (low.prob_under(0), low.cdf(-1), low.cdf(-3)) == (0, 0, 0)
    assert (low.median(), low.fair_line()) == (0, 0)


@given(LOCATIONS, SCALES, LINES)
def test_over_under_and_push_are_probabilities_that_sum_to_one(location: float, scale: float, line: float) -> None:
    distribution = CountDistribution(location, scale)
    over, under, push = (
        float(p(line)) for p in (distribution.prob_over, distribution.prob_under, distribution.prob_push)
    )
    assert min(over, under, push) >= 0
    assert max(over, under, push) <= 1
    assert over + under + push == pytest.approx(1, abs=1e-12)
    if not line.is_integer():
        assert push == 0


@given(LOCATIONS, SCALES)
def test_probabilities_are_monotone_in_the_line(location: float, scale: float) -> None:
    lines = np.arange(0, 80, 0.5)
    distribution = CountDistribution(location, scale)
    assert np.all(np.diff(distribution.prob_over(lines)) <= 1e-12)
    assert np.all(np.diff(distribution.prob_under(lines)) >= -1e-12)


@given(LOCATIONS, SCALES, st.floats(0.001, 3), LINES)
def test_a_higher_location_makes_over_likelier(location: float, scale: float, more: float, line: float) -> None:
    lower, higher = CountDistribution([location, location + more], scale).prob_over(line)
    assert higher >= lower - 1e-12


@given(LOCATIONS, SCALES, st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=6))
def test_quantiles_are_the_smallest_that_suffice_and_monotone(
    location: float, scale: float, levels: list[float]
) -> None:
    distribution = CountDistribution(location, scale)
    q = np.sort(levels)
    k = distribution.quantile(q)
    assert np.all(np.diff(k) >= 0)
    assert np.all(distribution.cdf(k) >= q)
    assert np.all((distribution.cdf(k - 1) < q) | (k == 0))


@given(LOCATIONS, SCALES)
def test_the_median_and_the_fair_line_part_the_probability_in_halves(location: float, scale: float) -> None:
    distribution = CountDistribution(location, scale)
    median, fair = float(distribution.median()), float(distribution.fair_line())
    assert distribution.cdf(median) >= 0.5
    assert median == 0 or distribution.cdf(median - 1) < 0.5
    assert abs(median - fair) <= 0.5 + 1e-6 or fair == 0


def test_intervals_hold_at_least_what_they_say_and_little_more() -> None:
    distribution = POWER_NORMAL_V1.around(np.linspace(1, 40, 79))
    low, high = distribution.interval(0.8)
    inside = distribution.cdf(high) - distribution.cdf(low - 1)
    assert np.all(inside >= 0.8 - 1e-12)
    assert inside[12:].max() < 0.88  # above 6 points


@given(LOCATIONS, SCALES)
def test_cumulative_agrees_with_cdf(location: float, scale: float) -> None:
    distribution = CountDistribution(location, scale)
    running = np.array(list(distribution.cumulative(60)))
    assert running == pytest.approx(distribution.cdf(np.arange(61)), abs=1e-12)


def test_moments_are_those_of_the_probabilities_of_each_count() -> None:
    k = np.arange(121)
    distribution = CountDistribution(np.array([[-1.0], [3.0], [7.0], [10.0]]), np.array([[1.0], [1.8], [2.0], [2.2]]))
    p = distribution.prob_push(k)
    assert p.sum(axis=1) == pytest.approx(1)
    mean = (p * k).sum(axis=1)
    found = CountDistribution(distribution.location[:, 0], distribution.scale[:, 0]).moments()
    assert found[0] == pytest.approx(mean)
    assert found[1] == pytest.approx((p * k**2).sum(axis=1) - mean**2)


def test_the_mean_lies_above_the_median_by_less_as_the_location_grows() -> None:
    around = POWER_NORMAL_V1.around(np.array([6.0, 12.0, 25.0]))
    mean, variance = around.moments()
    assert np.all(mean > around.fair_line())
    assert np.all(np.diff((mean - around.fair_line()) / np.sqrt(variance)) < 0)


def test_a_missing_line_has_a_missing_probability() -> None:
    distribution = CountDistribution([5.0, 8.0], 2.0)
    for probability in (distribution.prob_over, distribution.prob_under, distribution.prob_push):
        assert np.isnan(probability([np.nan, 20.5])).tolist() == [True, False]


@pytest.mark.parametrize(("location", "scale"), [(np.nan, 2), (np.inf, 2), (5, np.nan), (5, -1), (5, 0), (5, np.inf)])
def test_what_is_no_location_or_scale_is_refused(location: float, scale: float) -> None:
    with pytest.raises(BadInput, match="1 of 1"):
        CountDistribution(location, scale)


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_what_is_no_quantile_level_is_refused(level: float) -> None:
    with pytest.raises(BadInput, match="quantile"):
        CountDistribution(5.0, 2.0).quantile([0.5, level])


def test_an_infinite_line_is_refused() -> None:
    with pytest.raises(BadInput, match="infinite"):
        CountDistribution(5.0, 2.0).prob_over(np.inf)


# --- a spread around a system's number --------------------------------------------------------------------------------


def test_a_spread_draws_the_numbers_in_and_widens_with_them() -> None:
    spread = Spread("test", intercept=0.5, slope=0.9, log_scale=0.6, scale_slope=0.1)
    around = spread.around([10.0, 0.0, -2.0])  # a number below zero counts as zero
    assert around.location == pytest.approx([0.5 + 0.9 * 11**0.7, 1.4, 1.4])
    assert around.scale == pytest.approx([np.exp(0.6 + 0.1 * 0.7 * np.log(11)), np.exp(0.6), np.exp(0.6)])
    assert np.all(np.diff(POWER_NORMAL_V1.around(np.linspace(0, 50, 101)).moments()[1]) > 0)


@pytest.mark.parametrize("points", [np.nan, np.inf])
def test_a_number_that_is_none_has_no_distribution(points: float) -> None:
    with pytest.raises(BadInput, match=r"1 of 2 predictions"):
        POWER_NORMAL_V1.around([10.0, points])


def test_the_fit_recovers_a_known_spread() -> None:
    truth = Spread("truth", intercept=0.4, slope=0.92, log_scale=0.5, scale_slope=0.1)
    draw = np.random.default_rng(7)
    number = draw.gamma(3, 4, 60_000) + 0.2
    points = truth.around(number).quantile(draw.uniform(1e-9, 1 - 1e-9, number.size))
    fitted = fit_spread(number, points, "again")
    assert fitted.version == "again"
    figures = (fitted.intercept, fitted.slope, fitted.log_scale, fitted.scale_slope)
    assert figures == pytest.approx((0.4, 0.92, 0.5, 0.1), abs=0.05)
    assert fit_spread(number, points, "again") == fitted


def test_too_few_rows_have_no_spread() -> None:
    with pytest.raises(BadInput, match="49 rows are too few"):
        fit_spread(np.ones(49), np.ones(49), "few")


# --- the real archive -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk_forward(archive_dir: Path) -> pd.DataFrame:
    """One row a player-game with minutes and at least five earlier ones: season, pts, prediction from those earlier."""
    box = pd.read_parquet(
        archive_dir / "player_box.parquet", columns=["season", "game_date", "game_id", "player_id", "minutes", "pts"]
    )
    box = box[(box["minutes"] > 0) & (box["season"] <= "2022-23")].sort_values(["player_id", "game_date", "game_id"])
    box["pts"] = box["pts"].astype(float)
    through = box.groupby("player_id")["pts"].ewm(halflife=10).mean().droplevel(0)
    players = box.assign(through=through).groupby("player_id")
    box["prediction"] = players["through"].shift()
    return box[players.cumcount() >= 5]


@pytest.mark.archive
def test_the_spread_is_what_the_seasons_to_2019_20_give(walk_forward: pd.DataFrame) -> None:
    seen = walk_forward[walk_forward["season"] <= "2019-20"]
    fitted = fit_spread(seen["prediction"], seen["pts"], POWER_NORMAL_V1.version)
    for figure in ("intercept", "slope", "log_scale", "scale_slope"):
        assert getattr(fitted, figure) == pytest.approx(getattr(POWER_NORMAL_V1, figure), abs=0.01)


@pytest.mark.archive
@pytest.mark.parametrize("season", ["2020-21", "2021-22", "2022-23"])
def test_the_80_percent_interval_holds_in_later_seasons(walk_forward: pd.DataFrame, season: str) -> None:
    later = walk_forward[walk_forward["season"] == season]
    low, high = pit(POWER_NORMAL_V1.around(later["prediction"]), later["pts"])
    assert 0.78 <= pit_share(low, high, 0.1, 0.9) <= 0.81
    assert abs(pit_share(low, high, 0, 0.1) - pit_share(low, high, 0.9, 1)) < 0.03
    assert abs(pit_share(low, high, 0, 0.5) - 0.5) < 0.02  # overs and unders lean neither way


@pytest.mark.archive
def test_poisson_would_not_hold(walk_forward: pd.DataFrame) -> None:
    later = walk_forward[walk_forward["season"] >= "2020-21"]
    low, high = stats.poisson.ppf(0.1, later["prediction"]), stats.poisson.ppf(0.9, later["prediction"])
    assert np.mean((low <= later["pts"]) & (later["pts"] <= high)) < 0.65
