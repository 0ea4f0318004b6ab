"""Prices, vig, keys of lines, the ladder and the ranking of books."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from nba_props.domain import odds
from nba_props.domain.odds import DevigMethod
from nba_props.errors import BadInput

AMERICAN = st.one_of(st.integers(100, 20_000), st.integers(-20_000, -101)).map(float)
TENTHS = st.integers(0, 1_200)
PROBABILITIES = st.floats(0, 1)

# --- prices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("american", "decimal", "probability"),
    [(-110, 1 + 100 / 110, 110 / 210), (150, 2.5, 0.4), (-200, 1.5, 2 / 3), (100, 2.0, 0.5), (-100, 2.0, 0.5)],
)
def test_known_prices(american: float, decimal: float, probability: float) -> None:
    assert odds.american_to_decimal(american) == pytest.approx(decimal)
    assert odds.american_to_probability(american) == pytest.approx(probability)


@given(AMERICAN)
def test_american_prices_survive_every_round_trip(american: float) -> None:
    assert odds.decimal_to_american(odds.american_to_decimal(american)) == pytest.approx(american)
    assert odds.probability_to_american(odds.american_to_probability(american)) == pytest.approx(american)


@given(st.floats(1.001, 500))
def test_decimal_prices_survive_the_round_trip(decimal: float) -> None:
    assert odds.american_to_decimal(odds.decimal_to_american(decimal)) == pytest.approx(decimal)


def test_even_money_is_plus_100() -> None:
    assert odds.decimal_to_american(2.0) == 100


def test_a_missing_price_stays_missing() -> None:
    prices = odds.american_to_decimal([-110, np.nan])
    assert np.isnan(prices).tolist() == [False, True]
    for method in DevigMethod:
        over = odds.devig([-110, -110, np.nan, np.nan], [-110, np.nan, -110, np.nan], method)
        assert np.isnan(over).tolist() == [False, True, True, True]
    assert np.isnan(odds.shin_insider_share([-110, np.nan], -110)).tolist() == [False, True]


@pytest.mark.parametrize("price", [0, 99, -99.5, 1.91, math.inf])
def test_impossible_american_prices_are_refused_by_value(price: float) -> None:
    with pytest.raises(BadInput, match=f"{price:g} is no American price"):
        odds.american_to_decimal([-110, price])


@pytest.mark.parametrize("price", [1.0, 0.5, -110, math.inf])
def test_impossible_decimal_prices_are_refused(price: float) -> None:
    with pytest.raises(BadInput, match="decimal"):
        odds.decimal_to_american(price)


@pytest.mark.parametrize("probability", [0, 1, -0.1, 1.1])
def test_probabilities_without_a_price_are_refused(probability: float) -> None:
    with pytest.raises(BadInput, match="probability"):
        odds.probability_to_american(probability)


# --- vig --------------------------------------------------------------------------------------------------------------


def test_hold_of_the_usual_market() -> None:
    assert odds.overround(-110, -110) == pytest.approx(0.047619, abs=1e-6)
    assert odds.hold(-110, -110) == pytest.approx(0.045455, abs=1e-6)


@pytest.mark.parametrize("method", DevigMethod)
@given(over=AMERICAN, under=AMERICAN)
def test_devigged_probabilities_sum_to_one_and_keep_their_order(method: DevigMethod, over: float, under: float) -> None:
    p_over, p_under = odds.devig([over, under], [under, over], method)
    assert p_over + p_under == pytest.approx(1, abs=1e-9)
    assert 0 <= p_over <= 1
    implied = odds.american_to_probability([over, under])
    if abs(implied[0] - implied[1]) > 1e-9:
        assert (p_over > p_under) == (implied[0] > implied[1])


@pytest.mark.parametrize("method", DevigMethod)
@given(price=AMERICAN)
def test_devig_of_equal_prices_is_even(method: DevigMethod, price: float) -> None:
    assert odds.devig(price, price, method) == pytest.approx(0.5)


@pytest.mark.parametrize("method", DevigMethod)
@given(price=AMERICAN)
def test_without_a_vig_nothing_is_taken(method: DevigMethod, price: float) -> None:
    fair = odds.american_to_probability(price)
    assert odds.devig(price, odds.probability_to_american(1 - fair), method) == pytest.approx(fair, abs=1e-9)


@pytest.mark.parametrize("method", DevigMethod)
def test_devig_takes_columns_that_broadcast(method: DevigMethod) -> None:
    over, under = np.array([[-110.0], [150.0]]), np.array([-110.0, -200.0, np.nan])
    together = odds.devig(over, under, method)
    assert together.shape == (2, 3)
    assert together.dtype == np.float64
    for row, column in np.ndindex(2, 3):
        one = odds.devig(over[row, 0], under[column], method)
        assert together[row, column] == pytest.approx(float(one), abs=1e-12, nan_ok=True)


@given(over=AMERICAN, under=AMERICAN)
def test_power_devig_solves_its_equation(over: float, under: float) -> None:
    implied = float(odds.american_to_probability(over)), float(odds.american_to_probability(under))
    k = brentq(lambda x: implied[0] ** x + implied[1] ** x - 1, 1e-6, 1e5, xtol=1e-14)
    assert odds.devig(over, under, DevigMethod.POWER) == pytest.approx(implied[0] ** k, abs=1e-8)


@given(over=AMERICAN, under=AMERICAN)
def test_shin_devig_is_the_fixed_point_of_the_model(over: float, under: float) -> None:
    """p = (sqrt(z² + 4 (1 - z) implied² / booksum) - z) / (2 (1 - z)), and both sides sum to 1 (Jullien, Salanié 1994)."""
    implied = odds.american_to_probability([over, under])
    assume(implied.sum() > 1)
    z = float(odds.shin_insider_share(over, under))
    assert 0 < z < 1
    fair = (np.sqrt(z**2 + 4 * (1 - z) * implied**2 / implied.sum()) - z) / (2 * (1 - z))
    assert fair.sum() == pytest.approx(1, abs=1e-6)
    assert odds.devig(over, under, DevigMethod.SHIN) == pytest.approx(fair[0], abs=1e-6)


def test_insiders_of_the_usual_market() -> None:
    """At even prices the share is the overround itself."""
    assert odds.shin_insider_share(-110, -110) == pytest.approx(0.047619, abs=1e-6)
    assert odds.shin_insider_share(100, 100) == 0
    assert odds.shin_insider_share(110, 110) < 0


@given(over=AMERICAN, under=AMERICAN)
def test_power_and_shin_leave_the_favourite_more_than_the_multiplicative_method(over: float, under: float) -> None:
    """Where there is a vig: it weighs on the longer shot (the favourite-longshot bias)."""
    implied = odds.american_to_probability([over, under])
    assume(implied.sum() > 1)
    favourite = [
        float(p if implied[0] >= implied[1] else 1 - p) for p in (odds.devig(over, under, m) for m in DevigMethod)
    ]
    assert favourite[1] >= favourite[0] - 1e-9
    assert favourite[2] >= favourite[0] - 1e-9


def test_the_three_methods_differ_at_a_long_shot() -> None:
    """+400 / -600 implies 0.2 and 0.857: 0.0571 too much."""
    found = [round(float(odds.devig(400, -600, method)), 4) for method in DevigMethod]
    assert found[0] == round(0.2 / (0.2 + 6 / 7), 4)
    assert found[1] < found[0]
    assert found[2] == round(0.2 - (0.2 + 6 / 7 - 1) / 2, 4)


@pytest.mark.parametrize("method", ["additive", ""])
def test_an_unknown_way_to_remove_the_vig_is_refused(method: str) -> None:
    with pytest.raises(BadInput, match="no way to remove the vig"):
        odds.devig(-110, -110, method)


@pytest.mark.parametrize("method", DevigMethod)
def test_devig_refuses_an_impossible_price(method: DevigMethod) -> None:
    with pytest.raises(BadInput, match="no American price"):
        odds.devig([-110, 50], -110, method)


# --- value ------------------------------------------------------------------------------------------------------------


@given(AMERICAN)
def test_a_bet_at_its_implied_probability_is_worth_nothing(price: float) -> None:
    fair = odds.american_to_probability(price)
    assert odds.expected_value(fair, price) == pytest.approx(0, abs=1e-9)
    assert odds.kelly_fraction(fair, price) == pytest.approx(0, abs=1e-9)


def test_value_with_a_push() -> None:
    assert odds.expected_value(0.5, 100, push_prob=0.1) == pytest.approx(0.1)
    assert odds.kelly_fraction(0.5, 100, push_prob=0.1) == pytest.approx(0.1 / 0.9)
    assert odds.kelly_fraction(0.6, 100) == pytest.approx(0.2)
    assert odds.kelly_fraction(0.0, 100, push_prob=1.0) == 0


@given(win=st.floats(0.01, 0.98), price=AMERICAN, push=st.floats(0, 0.3))
def test_kelly_maximises_expected_log_growth(win: float, price: float, push: float) -> None:
    push = min(push, 1 - win)
    profit = float(odds.american_to_decimal(price)) - 1

    def growth(stake: float) -> float:
        return win * math.log1p(profit * stake) + (1 - win - push) * math.log1p(-stake)

    best = min(float(odds.kelly_fraction(win, price, push)), 1 - 1e-9)
    assert all(growth(best) >= growth(other) - 1e-9 for other in np.linspace(0, 0.99, 23))


@pytest.mark.parametrize(("win", "push"), [(1.2, 0), (-0.1, 0), (0.7, 0.4), (0.5, -0.1)])
def test_value_refuses_what_is_no_probability(win: float, push: float) -> None:
    with pytest.raises(BadInput):
        odds.expected_value(win, -110, push)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_half_points_and_whole_points_have_their_own_keys() -> None:
    assert (odds.line_key(25.5), odds.line_key(26.0), odds.line_key(25.0)) == (255, 260, 250)


def test_no_line_has_a_key_but_no_tenths() -> None:
    assert odds.line_key(None) == odds.NO_LINE_KEY == -1
    assert odds.line_x10(None) is None
    assert odds.line_keys([25.5, np.nan]).tolist() == [255, odds.NO_LINE_KEY]


@given(TENTHS)
def test_a_line_and_its_key_are_one_to_one(tenths: int) -> None:
    assert odds.line_x10(tenths / 10) == odds.line_key(tenths / 10) == tenths
    assert odds.line_x10(float(np.float32(tenths / 10))) == tenths
    assert odds.line_keys(np.array([tenths / 10], dtype=np.float32)).tolist() == [tenths]


@pytest.mark.parametrize("line", [25.55, 25.501, -0.1, math.inf, math.nan])
def test_what_is_no_line_is_refused(line: float) -> None:
    for key in (odds.line_x10, odds.line_key):
        with pytest.raises(BadInput, match="no line"):
            key(line)


@pytest.mark.parametrize(
    ("main", "rungs"),
    [
        (25.5, [23.5, 24.5, 25.5, 26.5, 27.5]),
        (26.0, [24.0, 25.0, 26.0, 27.0, 28.0]),
        (2.5, [0.5, 1.5, 2.5, 3.5, 4.5]),
        (1.5, [0.5, 1.5, 2.5, 3.5, 4.5]),
        (0.5, [0.5, 1.5, 2.5, 3.5, 4.5]),
        (2.0, [1.0, 2.0, 3.0, 4.0, 5.0]),
    ],
)
def test_known_ladders(main: float, rungs: list[float]) -> None:
    assert odds.ladder(main) == rungs


@given(st.integers(5, 1_000).map(lambda tenths: tenths / 10))
def test_a_ladder_has_five_rungs_a_point_apart_and_holds_the_main_line(main: float) -> None:
    rungs = odds.ladder(main)
    keys = odds.line_keys(rungs)
    assert len(rungs) == len(odds.LADDER_OFFSETS) == 5
    assert np.diff(keys).tolist() == [10] * 4
    assert rungs[0] >= 0.5
    assert main in rungs
    if main >= 2.5:
        assert rungs[2] == main


@pytest.mark.parametrize("main", [0.4, 0.0, -1.5, math.nan, 10.25])
def test_a_ladder_needs_a_main_line(main: float) -> None:
    with pytest.raises(BadInput):
        odds.ladder(main)


# --- books ------------------------------------------------------------------------------------------------------------


def test_books_are_ranked_sportsbooks_first() -> None:
    ranks = [book.rank for book in odds.BOOK_RANKING]
    assert ranks == list(range(1, len(ranks) + 1))
    assert len({book.key for book in odds.BOOK_RANKING}) == len(ranks)
    kinds = [book.kind for book in odds.BOOK_RANKING]
    assert kinds == sorted(kinds, reverse=True)
    assert [book.key for book in odds.BOOK_RANKING if book.kind == "dfs"] == [
        "prizepicks",
        "underdog",
        "pick6",
        "betr_us_dfs",
    ]


def test_book_rank() -> None:
    assert odds.book_rank("draftkings") == 1
    assert odds.book_rank("williamhill_us") == 4
    assert odds.book_rank("a_new_book") == odds.UNKNOWN_BOOK_RANK > odds.book_rank("underdog")
