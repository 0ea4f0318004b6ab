"""Prices, probabilities, lines and books: the arithmetic of the betting market.

Here belong conversions between price formats, removing the vig, the value of a bet, the exact key of a line, the ladder
and the ranking of books. Not here: choosing a main line (analytics), predictive distributions (`distributions`) and
settling a bet (`grading`).

Functions of prices take scalars or arrays, broadcast, and return float64 arrays (0-dimensional for scalars). A missing
price is NaN and stays NaN; an impossible one raises BadInput.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nba_props.errors import BadInput

FloatArray = NDArray[np.float64]

_NEWTON_STEPS = 100
_NEWTON_TOLERANCE = 1e-13  # relative

# --- price formats ----------------------------------------------------------------------------------------------------


def american_to_decimal(american: ArrayLike) -> FloatArray:
    """Decimal odds (stake included) of American odds: -110 is 1.909, +150 is 2.5; -100 and +100 are both 2.

    Raises BadInput for a price between -100 and +100 or an infinite one.
    """
    price = np.asarray(american, dtype=np.float64)
    _refuse(price, (np.abs(price) < 100) | np.isinf(price), "is no American price (-100 and below, or +100 and above)")
    return np.asarray(1 + np.where(price > 0, price / 100, 100 / np.abs(price)))


def decimal_to_american(decimal: ArrayLike) -> FloatArray:
    """American odds, unrounded, of decimal odds; even money is +100. Raises BadInput unless 1 < decimal < infinity."""
    price = np.asarray(decimal, dtype=np.float64)
    _refuse(price, (price <= 1) | np.isinf(price), "is no decimal price (above 1)")
    profit = price - 1
    return np.asarray(np.where(profit >= 1, 100 * profit, -100 / profit))


def american_to_probability(american: ArrayLike) -> FloatArray:
    """Implied probability of American odds, vig included: the hit rate at which the bet breaks even."""
    return np.asarray(1 / american_to_decimal(american))


def probability_to_american(probability: ArrayLike) -> FloatArray:
    """The American price at which a bet with this probability breaks even. Raises BadInput outside (0, 1)."""
    share = np.asarray(probability, dtype=np.float64)
    _refuse(share, (share <= 0) | (share >= 1), "is no probability with a price (between 0 and 1, exclusive)")
    return decimal_to_american(1 / share)


# --- vig --------------------------------------------------------------------------------------------------------------


def overround(over_price: ArrayLike, under_price: ArrayLike) -> FloatArray:
    """How far the implied probabilities of a two-sided quote (American) exceed 1: 0.048 at -110 / -110."""
    return np.asarray(american_to_probability(over_price) + american_to_probability(under_price) - 1)


def hold(over_price: ArrayLike, under_price: ArrayLike) -> FloatArray:
    """The vig: the share of all stakes that a balanced book keeps, 1 - 1/(1 + overround): 0.045 at -110 / -110."""
    return np.asarray(1 - 1 / (1 + overround(over_price, under_price)))


class DevigMethod(StrEnum):
    """How the vig is taken off a two-sided quote. They agree at even prices; the further apart, the more they differ."""

    MULTIPLICATIVE = "multiplicative"
    POWER = "power"
    SHIN = "shin"


def devig(over_american: ArrayLike, under_american: ArrayLike, method: DevigMethod | str) -> FloatArray:
    """P(over), pushes aside, that a two-sided quote implies once its vig is off; P(under) is the rest of 1.

    NaN where either price is: a one-sided quote says nothing about its vig. Raises BadInput for an impossible price or
    an unknown method.
    """
    return _DEVIG[_method(method)](over_american, under_american)


def _multiplicative(over_american: ArrayLike, under_american: ArrayLike) -> FloatArray:
    """P(over) with the vig taken off in proportion to each implied probability."""
    over, under = american_to_probability(over_american), american_to_probability(under_american)
    return np.asarray(over / (over + under))


def _power(over_american: ArrayLike, under_american: ArrayLike) -> FloatArray:
    """P(over) as the implied probability raised to the one power k that makes both sides sum to 1 (Vovk, Zhdanov 2009).

    Takes more from the longer shot than the multiplicative method does. The sum falls with k and is convex, so that
    Newton's method from k = 1 cannot overshoot twice.
    """
    over, under = american_to_probability(over_american), american_to_probability(under_american)
    log_over, log_under = np.log(over), np.log(under)
    k = np.ones_like(over + under)
    for _ in range(_NEWTON_STEPS):
        excess = over**k + under**k - 1
        step = excess / (log_over * over**k + log_under * under**k)
        k = k - step
        if not np.any(np.abs(step) > _NEWTON_TOLERANCE * k):
            break
    return np.asarray(over**k)


def _shin(over_american: ArrayLike, under_american: ArrayLike) -> FloatArray:
    """P(over) by Shin's model, in which the vig is the book's defence against insiders (Shin 1993).

    With two outcomes its fixed point has a closed form: half of the overround comes off each side (Clarke, Kovalchik
    and Ingram 2017), which is what is computed. An overround below 0 (two books) is put back in the same way.
    """
    over, under = american_to_probability(over_american), american_to_probability(under_american)
    return np.asarray((1 + over - under) / 2)


def shin_insider_share(over_american: ArrayLike, under_american: ArrayLike) -> FloatArray:
    """Shin's z, 0-1: the share of stakes that the vig says insiders hold; 0 at no vig, the overround itself at even prices.

    The closed form for two outcomes, from the sum S and the difference D of the implied probabilities (Clarke,
    Kovalchik and Ingram 2017): (S - 1)(D² - S) / (S (D² - 1)). Below 0 where S is below 1 (prices of two books), which
    the model does not explain.
    """
    over, under = american_to_probability(over_american), american_to_probability(under_american)
    total, gap_squared = over + under, (over - under) ** 2
    return np.asarray((total - 1) * (gap_squared - total) / (total * (gap_squared - 1)))


_DEVIG: Mapping[DevigMethod, Callable[[ArrayLike, ArrayLike], FloatArray]] = MappingProxyType(
    {
        DevigMethod.MULTIPLICATIVE: _multiplicative,
        DevigMethod.POWER: _power,
        DevigMethod.SHIN: _shin,
    }
)


# --- value of a bet ---------------------------------------------------------------------------------------------------


def expected_value(win_prob: ArrayLike, american_price: ArrayLike, push_prob: ArrayLike = 0.0) -> FloatArray:
    """Expected profit per unit staked; a push returns the stake. Probabilities are 0-1 and win + push is at most 1."""
    win, push = _win_and_push(win_prob, push_prob)
    return np.asarray(win * (american_to_decimal(american_price) - 1) - (1 - win - push))


def kelly_fraction(win_prob: ArrayLike, american_price: ArrayLike, push_prob: ArrayLike = 0.0) -> FloatArray:
    """Share of the bankroll that maximises its expected logarithm (Kelly 1956); 0 where the bet has no edge.

    With profit b per unit, win p and loss q: (p b - q) / (b (p + q)); a push changes nothing but the odds of the rest.
    """
    win, push = _win_and_push(win_prob, push_prob)
    profit = american_to_decimal(american_price) - 1
    decided = 1 - push
    edge = win * profit - (decided - win)
    return np.asarray(np.maximum(edge / (profit * np.where(decided > 0, decided, 1)), 0))


# --- lines ------------------------------------------------------------------------------------------------------------

NO_LINE_KEY = -1
LADDER_OFFSETS = (-2.0, -1.0, 0.0, 1.0, 2.0)

_LOWEST_RUNG_X10 = 5
_TENTH_TOLERANCE = 1e-4  # in tenths: lets float32 through, refuses 25.51


def line_x10(line: float | None) -> int | None:
    """A line in integer tenths, exactly: 25.5 is 255; None (no line) stays None.

    Raises BadInput for NaN, infinity, a negative line, or one that is no multiple of 0.1: rounding it would file two
    lines under one key.
    """
    if line is None:
        return None
    return int(line_keys(_refuse_nan(line)))


def line_key(line: float | None) -> int:
    """The part of a key that stands for the line: integer tenths, or NO_LINE_KEY for a player without a line.

    Never NULL, since NULL matches nothing in a MERGE and every re-run would double the row. Raises like `line_x10`.
    """
    tenths = line_x10(line)
    return NO_LINE_KEY if tenths is None else tenths


def line_keys(lines: ArrayLike) -> NDArray[np.int64]:
    """`line_key` of a whole column, in which NaN is a missing line. Raises like `line_x10`."""
    points = np.asarray(lines, dtype=np.float64)
    tenths = np.rint(points * 10)
    _refuse(points, np.isinf(points), "is no line (infinite)")
    _refuse(points, points < 0, "is no line (below 0)")
    _refuse(points, np.abs(points * 10 - tenths) > _TENTH_TOLERANCE, "is no line (not a multiple of 0.1)")
    return np.where(np.isnan(points), NO_LINE_KEY, tenths).astype(np.int64)


def ladder(main_line: float) -> list[float]:
    """The five lines at which a prediction is priced, ascending and one point apart: the main line -2, -1, 0, +1, +2.

    No book offers a line below 0.5, so a low ladder moves up by whole points until its lowest rung is at least 0.5: it
    always has five rungs and the main line is one of them (1.5 gives 0.5 … 4.5). Raises BadInput for a main line
    below 0.5, and like `line_x10`.
    """
    main = int(line_keys(_refuse_nan(main_line)))
    if main < _LOWEST_RUNG_X10:
        raise BadInput(f"{main_line} is no main line (below 0.5).", next_step="Check the quote that it comes from.")
    wanted = [main + round(10 * offset) for offset in LADDER_OFFSETS]
    shift = 10 * max(0, math.ceil((_LOWEST_RUNG_X10 - wanted[0]) / 10))
    return [(rung + shift) / 10 for rung in wanted]


# --- books ------------------------------------------------------------------------------------------------------------

UNKNOWN_BOOK_RANK = 99


@dataclass(frozen=True)
class Bookmaker:
    """A source of quotes: its key in the feeds, its name for people, its rank (1 is asked first) and its kind."""

    key: str
    name: str
    rank: int
    kind: Literal["sportsbook", "dfs"]


# Sportsbooks first, the sharpest and most liquid first; DFS operators last, since their fixed payouts are no prices.
BOOK_RANKING: tuple[Bookmaker, ...] = (
    Bookmaker("draftkings", "DraftKings", 1, "sportsbook"),
    Bookmaker("fanduel", "FanDuel", 2, "sportsbook"),
    Bookmaker("betmgm", "BetMGM", 3, "sportsbook"),
    Bookmaker("williamhill_us", "Caesars", 4, "sportsbook"),
    Bookmaker("betrivers", "BetRivers", 5, "sportsbook"),
    Bookmaker("pointsbetus", "PointsBet (US)", 6, "sportsbook"),
    Bookmaker("pointsbet", "PointsBet", 7, "sportsbook"),
    Bookmaker("bovada", "Bovada", 8, "sportsbook"),
    Bookmaker("betonlineag", "BetOnline.ag", 9, "sportsbook"),
    Bookmaker("unibet_us", "Unibet", 10, "sportsbook"),
    Bookmaker("mybookieag", "MyBookie.ag", 11, "sportsbook"),
    Bookmaker("fanatics", "Fanatics", 12, "sportsbook"),
    Bookmaker("espnbet", "ESPN BET", 13, "sportsbook"),
    Bookmaker("bet365", "bet365", 14, "sportsbook"),
    Bookmaker("hardrockbet", "Hard Rock Bet", 15, "sportsbook"),
    Bookmaker("ballybet", "Bally Bet", 16, "sportsbook"),
    Bookmaker("betparx", "betPARX", 17, "sportsbook"),
    Bookmaker("betus", "BetUS", 18, "sportsbook"),
    Bookmaker("lowvig", "LowVig.ag", 19, "sportsbook"),
    Bookmaker("fliff", "Fliff", 20, "sportsbook"),
    Bookmaker("rebet", "ReBet", 21, "sportsbook"),
    Bookmaker("prizepicks", "PrizePicks", 22, "dfs"),
    Bookmaker("underdog", "Underdog", 23, "dfs"),
    Bookmaker("pick6", "DraftKings Pick6", 24, "dfs"),
    Bookmaker("betr_us_dfs", "Betr Picks", 25, "dfs"),
)

_BOOK_BY_KEY = {book.key: book for book in BOOK_RANKING}


def book_rank(key: str) -> int:
    """Rank of a book (1 is preferred). An unknown one ranks last, at 99: its quote is better than none."""
    book = _BOOK_BY_KEY.get(key)
    return UNKNOWN_BOOK_RANK if book is None else book.rank


# --- helpers ----------------------------------------------------------------------------------------------------------


def _method(name: DevigMethod | str) -> DevigMethod:
    try:
        return DevigMethod(name)
    except ValueError:
        known = ", ".join(DevigMethod)
        raise BadInput(f"{name!r} is no way to remove the vig.", next_step=f"Choose one of {known}.") from None


def _win_and_push(win_prob: ArrayLike, push_prob: ArrayLike) -> tuple[FloatArray, FloatArray]:
    win, push = np.asarray(win_prob, dtype=np.float64), np.asarray(push_prob, dtype=np.float64)
    for share in (win, push):
        _refuse(share, (share < 0) | (share > 1), "is no probability")
    total = win + push
    _refuse(total, total > 1 + 1e-9, "is more than 1 (win and push together)")
    return win, push


def _refuse_nan(line: float) -> float:
    if math.isnan(line):
        raise BadInput(f"{line} is no line.", next_step="Pass None where there is no line.")
    return line


def _refuse(values: FloatArray, wrong: NDArray[np.bool_] | np.bool_, reason: str) -> None:
    if np.any(wrong):
        first = values[np.asarray(wrong)].flat[0]
        raise BadInput(f"{first:g} {reason}.", next_step="Check the quote or the row that it comes from.")
