"""Spreads and totals of The Odds API as one row a book: from the home team's side, minus where it is the favourite."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Final

from nba_props.io.sources.archive.payloads import Reason
from nba_props.io.sources.live.contract import Parsed, Row, Sheet
from nba_props.io.sources.live.odds_api.payloads import GameOutcome, MarketOutcomes
from nba_props.io.sources.live.odds_api.prices import american_price
from nba_props.io.sources.live.quoted import Game, Side, side_of
from nba_props.io.sources.live.received import LeftOut, RowRefused, as_model
from nba_props.io.sources.teams import team_code

SPREADS: Final = "spreads"
TOTALS: Final = "totals"

Terms = tuple[float, float | None]
"""Point and American price of one side."""


def add_game_lines(
    parsed: Parsed, game: Game, markets: list[MarketOutcomes], seen_at: datetime, is_decimal: bool
) -> None:
    """One row a book, with what its sound markets tell; a market that contradicts itself or comes again is refused."""
    lines: dict[str, tuple[int, dict[str, float | None]]] = {}
    for market in markets:
        if market.market not in (SPREADS, TOTALS) or not market.outcomes:
            continue
        number, so_far = lines.get(market.bookmaker, (market.outcomes[0][0], {}))
        try:
            told = _terms(market, game, is_decimal)
            if told.keys() & so_far.keys():
                raise RowRefused(LeftOut.MARKET_SAID_TWICE)
        except RowRefused as refusal:
            parsed.refuse(Sheet.GAME_LINES, market.outcomes[0][0], str(refusal), _as_sent(market))
        else:
            lines[market.bookmaker] = (number, so_far | told)
    for bookmaker, (number, told) in lines.items():
        parsed.add(Sheet.GAME_LINES, number, _row(game, bookmaker, seen_at, told))


def _as_sent(market: MarketOutcomes) -> Row:
    outcomes = [sent for _, sent in market.outcomes]
    return {"bookmaker": market.bookmaker, "market": market.market, "outcomes": outcomes}


def _terms(market: MarketOutcomes, game: Game, is_decimal: bool) -> dict[str, float | None]:
    outcomes = [as_model(sent, GameOutcome) for _, sent in market.outcomes]
    terms = [(one.name, (one.point, american_price(one.price, is_decimal))) for one in outcomes]
    if market.market == SPREADS:
        return _spread(_by_side([(_team(name, game), said) for name, said in terms]), game)
    return _total(_by_side([(side_of(name), said) for name, said in terms]))


def _by_side(terms: list[tuple[Hashable, Terms]]) -> Mapping[Hashable, Terms]:
    sides = dict(terms)
    if len(sides) < len(terms):
        raise RowRefused(LeftOut.SIDE_SAID_TWICE)
    return sides


def _team(name: str, game: Game) -> str:
    code = team_code(name)
    if code is None or code not in (game.home_abbr, game.away_abbr):
        raise RowRefused(Reason.TEAM_NOT_IN_GAME)
    return code


def _spread(sides: Mapping[Hashable, Terms], game: Game) -> dict[str, float | None]:
    home, away = sides.get(game.home_abbr), sides.get(game.away_abbr)
    told = {point for point in (home and home[0], away and -away[0]) if point is not None}
    return {
        "home_spread": _agreed(told),
        "home_spread_price": home[1] if home else None,
        "away_spread_price": away[1] if away else None,
    }


def _total(sides: Mapping[Hashable, Terms]) -> dict[str, float | None]:
    over, under = sides.get(Side.OVER), sides.get(Side.UNDER)
    return {
        "total_line": _agreed({side[0] for side in (over, under) if side}),
        "over_price": over[1] if over else None,
        "under_price": under[1] if under else None,
    }


def _agreed(points: set[float]) -> float:
    if len(points) > 1:
        raise RowRefused(LeftOut.SIDES_DISAGREE_ON_LINE)
    return points.pop()


def _row(game: Game, bookmaker: str, seen_at: datetime, told: Mapping[str, float | None]) -> Row:
    nothing = dict.fromkeys(
        ("home_spread", "home_spread_price", "away_spread_price", "total_line", "over_price", "under_price")
    )
    return {
        "game_date": game.game_date,
        "home_abbr": game.home_abbr,
        "away_abbr": game.away_abbr,
        "event_id": game.event_id,
        "bookmaker": bookmaker,
        "snapshot_utc": seen_at,
        "tip_utc": game.tip_utc,
        **nothing,
        **told,
    }
