"""What The Odds API (v4) sends: events and odds as they are now, and the same in an envelope for an instant of the past.

Only what we read is declared. Outcomes are judged one by one (`parse`), so that a bad one does not sink its payload.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import Field

from nba_props.io.sources.live.quoted import EventId, Moment
from nba_props.io.sources.live.received import Sent, Words

Data = TypeVar("Data")


class Event(Sent):
    """A game as listed: full team names, tip-off in UTC."""

    id: EventId
    commence_time: Moment
    home_team: str
    away_team: str


class Market(Sent):
    """One market of one book; `outcomes` are yet to be judged."""

    key: str
    outcomes: list[Any]


class Bookmaker(Sent):
    """One book's markets."""

    key: Words
    markets: list[Market]


class EventOdds(Event):
    """A game with what the books offer on it."""

    bookmakers: list[Bookmaker]


class Snapshot(Sent, Generic[Data]):
    """The envelope of the past: what was offered at `timestamp`, the last snapshot at or before the instant asked for."""

    timestamp: Moment
    data: Data


class PlayerOutcome(Sent):
    """One side of a player's line; `description` is the player."""

    name: str
    description: str = Field(min_length=1, pattern=r"\S")
    point: float
    price: float | None


class GameOutcome(Sent):
    """One side of a spread (`name` is the team) or a total (Over, Under)."""

    name: str
    point: float
    price: float | None


@dataclass(frozen=True)
class MarketOutcomes:
    """One market of one book: its outcomes with their numbers in the payload."""

    bookmaker: str
    market: str
    outcomes: list[tuple[int, Any]]


def numbered_markets(event: EventOdds, start: int) -> Iterator[MarketOutcomes]:
    """The markets of an event, their outcomes numbered from `start` on."""
    for bookmaker in event.bookmakers:
        for market in bookmaker.markets:
            yield MarketOutcomes(bookmaker.key, market.key, list(enumerate(market.outcomes, start)))
            start += len(market.outcomes)
