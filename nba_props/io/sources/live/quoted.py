"""What the sources of quotes have in common: whose game it is, what is a price, and Over and Under paired into one row.

Not here: how bytes are read (`received`), what each source sends (its own `payloads`), how it is asked (`requests`), and what
a quote must satisfy (`rows`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from nba_props.domain.calendar import season_of, slate_date
from nba_props.io.sources.live.contract import Parsed, Row, Sheet
from nba_props.io.sources.live.received import Instant, LeftOut, RowRefused
from nba_props.io.sources.teams import team_code

_FIRST_INSTANT: Final = datetime(2000, 1, 1, tzinfo=UTC)
Moment = Annotated[Instant, Field(ge=_FIRST_INSTANT)]
"""An instant of any season that has quotes."""
EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
"""An event's id: it becomes part of an address and of a path."""


class Side(StrEnum):
    """The two sides of a line."""

    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True)
class Game:
    """The event that is quoted: team codes, tip-off (UTC) as the source tells it."""

    event_id: str
    home_abbr: str
    away_abbr: str
    tip_utc: datetime

    @property
    def game_date(self) -> date:
        """The slate (US/Eastern) that it belongs to."""
        return slate_date(self.tip_utc)


@dataclass(frozen=True)
class Offer:
    """One side of one book's line; `price` is American. `number` is its place in the payload, `sent` what was sent."""

    number: int
    bookmaker: str
    line_type: str | None
    is_main: bool | None
    player_name: str
    side: Side
    line: float
    price: float | None
    seen_at: datetime
    sent: Row


def side_of(word: str) -> Side:
    """Over or Under; RowRefused for another word."""
    try:
        return Side(word.strip().casefold())
    except ValueError as error:
        raise RowRefused(LeftOut.SIDE_UNKNOWN) from error


def checked_price(price: float | None) -> float | None:
    """An American price as it is; RowRefused for one that is none."""
    if price is not None and abs(price) < 100:
        raise RowRefused(LeftOut.PRICE_NOT_AMERICAN)
    return price


def game_between(event_id: str, home: str, away: str, tip_utc: datetime) -> Game:
    """The game of two teams as spelled; RowRefused if they are not two of the league's."""
    home_abbr, away_abbr = team_code(home), team_code(away)
    if home_abbr is None or away_abbr is None or home_abbr == away_abbr:
        raise RowRefused(LeftOut.NOT_AN_NBA_GAME)
    return Game(event_id, home_abbr, away_abbr, tip_utc)


# -- pairing ------------------------------------------------------------------------------------------------------------
def add_quotes(parsed: Parsed, game: Game, offers: Iterable[Offer]) -> None:
    """A row for each (book, kind of line, player, line) with the price of either side; NULL for a side not offered."""
    pairs: dict[tuple[Any, ...], list[Offer]] = defaultdict(list)
    for offer in offers:
        pairs[offer.bookmaker, offer.line_type, offer.player_name, offer.line].append(offer)
    for pair in pairs.values():
        _add_quote(parsed, game, pair)


def _add_quote(parsed: Parsed, game: Game, pair: list[Offer]) -> None:
    prices: dict[Side, set[float | None]] = defaultdict(set)
    kept: list[Offer] = []
    for offer in pair:
        if offer.price in prices[offer.side]:
            parsed.refuse(Sheet.QUOTES, offer.number, LeftOut.SAID_TWICE, offer.sent)
        else:
            prices[offer.side].add(offer.price)
            kept.append(offer)
    if any(len(said) > 1 for said in prices.values()):
        for offer in kept:
            parsed.refuse(Sheet.QUOTES, offer.number, LeftOut.SIDE_HAS_TWO_PRICES, offer.sent)
        return
    parsed.add(Sheet.QUOTES, kept[0].number, _quote(game, kept))


def _quote(game: Game, sides: list[Offer]) -> Row:
    first, price = sides[0], {offer.side: offer.price for offer in sides}
    snapshot = max(offer.seen_at for offer in sides)
    is_main = {offer.is_main for offer in sides}
    return {
        "game_date": game.game_date,
        "season": season_of(game.game_date),
        "snapshot_utc": snapshot,
        "tip_utc": game.tip_utc,
        "pre_tip": snapshot < game.tip_utc,
        "event_id": game.event_id,
        "home_abbr": game.home_abbr,
        "away_abbr": game.away_abbr,
        "player_name": first.player_name,
        "bookmaker": first.bookmaker,
        "line_type": first.line_type,
        "is_main": is_main.pop() if len(is_main) == 1 else None,
        "line": first.line,
        "over_price": price.get(Side.OVER),
        "under_price": price.get(Side.UNDER),
    }
