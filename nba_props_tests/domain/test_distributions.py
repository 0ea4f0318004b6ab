"""The predictive distribution: exact against scipy, invariants, and honest coverage on the real archive."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nba_props.domain.distributions import (
    NEGBIN_V1,
    CountDistribution,
    PointsSpread,
    fit_points_spread,
    points_distribution,
    points_variance,
)
from nba_props.errors import BadInput

MEANS = st.floats(0, 60)
EXCESS = st.floats(0, 200)  # variance above the mean
LINES = st.integers(0, 120).map(lambda halves: halves / 2)


def test_agrees_with_scipy() -> None:
    mean, variance = np.array([3.0, 12.5, 30.0]), np.array([16.0, 39.0, 82.0])
    reference = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    distribution = CountDistribution(mean, variance)
    for k in (0, 1, 7, 12, 30, 80):
        assert distribution.cdf(k) == pytest.approx(reference.cdf(k), abs=1e-12)
        assert distribution.prob_over(k + 0.5) == pytest.approx(reference.sf(k), rel=1e-9)
        assert distribution.prob_push(k) == pytest.approx(reference.pmf(k), abs=1e-12)
    for q in (0.01, 0.1, 0.5, 0.9, 0.999):
        assert distribution.quantile(q).tolist() == reference.ppf(q).tolist()


def test_poisson_is_the_limit() -> None:
    poisson = CountDistribution(12.5, 12.5)
    assert poisson.cdf(10) == pytest.approx(stats.poisson.cdf(10, 12.5), abs=1e-12)
    assert CountDistribution(12.5, 12.5 * (1 + 1e-7)).cdf(10) == pytest.approx(float(poisson.cdf(10)), abs=1e-6)
    narrower = CountDistribution(12.5, 3.0)
    assert narrower.variance == 12.5
    assert narrower.quantile([0.1, 0.5, 0.9]).tolist() == stats.poisson.ppf([0.1, 0.5, 0.9], 12.5).tolist()


def test_a_mean_of_zero_is_a_certain_zero() -> None:
    zero = points_distribution(0.0)
    assert zero.prob_over(0.5) == 0
    assert zero.prob_push(0) == 1
    assert zero.median() == 0


def test_moments_are_those_asked_for() -> None:
    k = np.arange(600)
    distribution = CountDistribution(np.array([[8.0], [25.0]]), np.array([[28.0], [69.0]]))
    p = distribution.prob_push(k)
    assert (p * k).sum(axis=1) == pytest.approx([8.0, 25.0])
    assert (p * k**2).sum(axis=1) - (p * k).sum(axis=1) ** 2 == pytest.approx([28.0, 69.0])


@given(MEANS, EXCESS, LINES)
def test_over_under_and_push_are_probabilities_that_sum_to_one(mean: float, excess: float, line: float) -> None:
    distribution = CountDistribution(mean, mean + excess)
    over, under, push = (
        float(p(line)) for p in (distribution.prob_over, distribution.prob_under, distribution.prob_push)
    )
    assert min(over, under, push) >= 0
    assert max(over, under, push) <= 1
    assert over + under + push == pytest.approx(1, abs=1e-12)
    if not line.is_integer():
        assert push == 0


@given(MEANS, EXCESS)
def test_probabilities_are_monotone_in_the_line(mean: float, excess: float) -> None:
    lines = np.arange(0, 80, 0.5)
    distribution = CountDistribution(mean, mean + excess)
    assert np.all(np.diff(distribution.prob_over(lines)) <= 1e-12)
    assert np.all(np.diff(distribution.prob_under(lines)) >= -1e-12)


@given(st.floats(8, 50), st.floats(0.01, 10), LINES)
def test_a_higher_prediction_makes_over_likelier(mean: float, more: float, line: float) -> None:
    lower, higher = points_distribution(np.array([mean, mean + more])).prob_over(line)
    assert higher >= lower - 1e-12


@given(st.floats(0.01, 8), st.floats(0.01, 10), LINES)
def test_below_8_points_the_wide_spread_costs_over_next_to_nothing(mean: float, more: float, line: float) -> None:
    lower, higher = points_distribution(np.array([mean, mean + more])).prob_over(line)
    assert higher >= lower - 0.002


@given(MEANS, EXCESS, st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=6))
def test_quantiles_are_the_smallest_that_suffice_and_monotone(mean: float, excess: float, levels: list[float]) -> None:
    distribution = CountDistribution(mean, mean + excess)
    q = np.sort(levels)
    k = distribution.quantile(q)
    assert np.all(np.diff(k) >= 0)
    assert np.all(distribution.cdf(k) >= q)
    assert np.all((distribution.cdf(k - 1) < q) | (k == 0))


@given(st.floats(0, 50), EXCESS)
def test_cumulative_agrees_with_cdf(mean: float, excess: float) -> None:
    distribution = CountDistribution(mean, mean + excess)
    running = np.array(list(distribution.cumulative(60)))
    assert running == pytest.approx(distribution.cdf(np.arange(61)), abs=1e-9)


def test_a_missing_line_has_a_missing_probability() -> None:
    distribution = points_distribution([10.0, 20.0])
    for probability in (distribution.prob_over, distribution.prob_under, distribution.prob_push):
        assert np.isnan(probability([np.nan, 20.5])).tolist() == [True, False]


@pytest.mark.parametrize(("mean", "variance"), [(np.nan, 5), (-1, 5), (np.inf, 5), (5, np.nan), (5, -1)])
def test_what_is_no_mean_or_variance_is_refused(mean: float, variance: float) -> None:
    with pytest.raises(BadInput, match="1 of 1"):
        CountDistribution(mean, variance)


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_what_is_no_quantile_level_is_refused(level: float) -> None:
    with pytest.raises(BadInput, match="quantile"):
        points_distribution(10.0).quantile([0.5, level])


def test_an_infinite_line_is_refused() -> None:
    with pytest.raises(BadInput, match="infinite"):
        points_distribution(10.0).prob_over(np.inf)


def test_points_variance_exceeds_the_mean_and_grows_with_it() -> None:
    mean = np.linspace(0, 60, 121)
    variance = points_variance(mean)
    assert np.all(variance > mean)
    assert np.all(np.diff(variance) > 0)


def test_intervals_cover_at_least_what_they_say() -> None:
    distribution = points_distribution(np.linspace(1, 40, 79))
    low, high = distribution.interval(0.8)
    inside = distribution.cdf(high) - distribution.cdf(low - 1)
    assert np.all(inside >= 0.8 - 1e-12)
    assert inside[distribution.mean > 6].max() < 0.9


def test_the_fit_recovers_a_known_spread() -> None:
    truth = PointsSpread(version="test", phi0=6.0, phi1=2.0)
    draw = np.random.default_rng(7)
    mean = draw.gamma(3, 4, 40_000) + 0.5
    variance = points_variance(mean, truth)
    points = draw.negative_binomial(mean**2 / (variance - mean), mean / variance)
    fitted = fit_points_spread(mean, points, version="again")
    assert fitted.version == "again"
    assert fitted.phi0 == pytest.approx(truth.phi0, abs=0.5)
    assert fitted.phi1 == pytest.approx(truth.phi1, abs=0.1)


# --- the real archive -------------------------------------------------------------------------------------------------

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "history" / "player_box.parquet"


@pytest.fixture(scope="module")
def walk_forward() -> pd.DataFrame:
    """One row a player-game with minutes and at least five earlier ones: season, pts, prediction from those earlier."""
    if not ARCHIVE.exists():
        pytest.skip(f"the private archive is not beside the project ({ARCHIVE.parent})")
    box = pd.read_parquet(ARCHIVE, columns=["season", "game_date", "game_id", "player_id", "minutes", "pts"])
    box = box[(box["minutes"] > 0) & (box["season"] <= "2022-23")].sort_values(["player_id", "game_date", "game_id"])
    box["pts"] = box["pts"].astype(float)
    through = box.groupby("player_id")["pts"].ewm(halflife=10).mean().droplevel(0)
    players = box.assign(through=through).groupby("player_id")
    box["prediction"] = players["through"].shift()
    return box[players.cumcount() >= 5]


@pytest.mark.archive
def test_the_spread_is_what_the_seasons_to_2019_20_give(walk_forward: pd.DataFrame) -> None:
    seen = walk_forward[walk_forward["season"] <= "2019-20"]
    fitted = fit_points_spread(seen["prediction"], seen["pts"], version=NEGBIN_V1.version)
    assert fitted.phi0 == pytest.approx(NEGBIN_V1.phi0, abs=0.01)
    assert fitted.phi1 == pytest.approx(NEGBIN_V1.phi1, abs=0.01)


@pytest.mark.archive
@pytest.mark.parametrize("season", ["2020-21", "2021-22", "2022-23"])
def test_the_80_percent_interval_holds_in_later_seasons(walk_forward: pd.DataFrame, season: str) -> None:
    later = walk_forward[walk_forward["season"] == season]
    low, high = points_distribution(later["prediction"]).interval(0.8)
    points = later["pts"].to_numpy()
    assert 0.78 <= np.mean((low <= points) & (points <= high)) <= 0.83
    assert abs(np.mean(points < low) - np.mean(points > high)) < 0.03


@pytest.mark.archive
def test_poisson_would_not_hold(walk_forward: pd.DataFrame) -> None:
    later = walk_forward[walk_forward["season"] >= "2020-21"]
    low, high = CountDistribution(later["prediction"], later["prediction"]).interval(0.8)
    assert np.mean((low <= later["pts"]) & (later["pts"] <= high)) < 0.65
