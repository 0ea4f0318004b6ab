"""How sure a share or a mean is, and how many bets it takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.intervals import bets_to_tell, clustered_interval, wilson_interval
from nba_props.errors import BadInput


@given(n=st.integers(1, 10_000), share=st.floats(0, 1), level=st.floats(0.5, 0.999))
def test_wilson_lies_in_the_unit_interval_around_the_share(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    low, high = wilson_interval(successes, n, level)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    assert low < high


def test_wilson_of_a_known_case() -> None:
    assert wilson_interval(52, 100) == pytest.approx((0.4231658, 0.6153545), abs=1e-6)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.0)])
def test_wilson_refuses_impossible_counts(successes: int, n: int, level: float) -> None:
    with pytest.raises(BadInput):
        wilson_interval(successes, n, level)


def test_clustered_interval_of_rows_that_agree_within_clusters() -> None:
    # Two nights, each drawn 0, 1 or 2 times: the mean is 0, 1 or 2, the extremes with probability 1/4 each.
    assert clustered_interval([0.0, 0.0, 2.0, 2.0], ["a", "a", "b", "b"]) == (0, 2)
    assert clustered_interval([1.0, 2.0, 3.0], ["a", "a", "a"]) is None


def test_clustered_interval_is_seeded_and_weighs_nights_by_their_rows() -> None:
    draw = np.random.default_rng(5)
    nights = np.repeat(np.arange(80), draw.integers(1, 12, 80))
    values = draw.normal(0.3, 1.0, nights.size) + draw.normal(0, 0.8, 80)[nights]
    found = clustered_interval(values, nights)
    assert found is not None
    low, high = found
    assert low < values.mean() < high
    shuffled = draw.permutation(nights.size)
    assert clustered_interval(values[shuffled], nights[shuffled]) == pytest.approx(found)
    # Rows taken for independent would look more certain than they are.
    alone = clustered_interval(values, np.arange(nights.size))
    assert alone is not None
    assert high - low > 1.3 * (alone[1] - alone[0])


def test_clustered_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(11)
    nights = np.repeat(np.arange(40), 6)
    covered = 0
    for _ in range(200):
        values = draw.normal(0, 1, nights.size) + draw.normal(0, 1, 40)[nights]
        low, high = clustered_interval(values, nights, resamples=300) or (np.nan, np.nan)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.99


@pytest.mark.parametrize(("values", "clusters"), [([], []), ([1.0, np.nan], [1, 2]), ([1.0, 2.0], [1])])
def test_clustered_interval_refuses_what_has_no_mean(values: list[float], clusters: list[int]) -> None:
    with pytest.raises(BadInput):
        clustered_interval(values, clusters)


def test_bets_to_tell_of_known_cases() -> None:
    # By hand: ((1.959964 x sqrt(0.25) + 0.841621 x sqrt(0.2475)) / 0.05)^2 = 783.3; half the distance, four times the bets.
    assert bets_to_tell(0.55, 0.5) == 783
    assert bets_to_tell(0.45, 0.5) == 783
    assert bets_to_tell(0.525, 0.5) == pytest.approx(4 * 783, rel=0.01)
    assert bets_to_tell(0.54, 11 / 21) == pytest.approx(7600, rel=0.2)
    assert bets_to_tell(0.5, 0.5) is None


def test_bets_to_tell_gives_the_power_it_says() -> None:
    n = bets_to_tell(0.58, 0.52)
    assert n is not None
    wins = np.random.default_rng(3).binomial(n, 0.58, 20_000)
    told = np.abs(wins / n - 0.52) > 1.959964 * np.sqrt(0.52 * 0.48 / n)
    assert told.mean() == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize(("hit_rate", "chance"), [(1.1, 0.5), (0.5, 0.0), (0.5, 1.0), (np.nan, 0.5)])
def test_bets_to_tell_refuses_what_are_no_shares(hit_rate: float, chance: float) -> None:
    with pytest.raises(BadInput):
        bets_to_tell(hit_rate, chance)
