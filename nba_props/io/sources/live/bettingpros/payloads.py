"""What BettingPros (v3) sends: events, books, and offers in pages of ten.

No response of theirs is at hand: this is the shape that is documented and used by others, and only what we read of it.
Offers, and the lines of each, are judged one by one (`parse`), so that a bad one does not sink its payload.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from nba_props.io.sources.live.quoted import EventId, Moment
from nba_props.io.sources.live.received import Sent, written


def _zoned(value: object) -> str:
    """Their times are UTC without saying so ("2024-01-25 00:40:00")."""
    moment = datetime.fromisoformat(written(value))
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()


def _spelled(value: object) -> object:
    """An id that is a number today was text in other years."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


UtcMoment = Annotated[Moment, BeforeValidator(_zoned)]
SourceEventId = Annotated[EventId, BeforeValidator(_spelled)]
Word = Annotated[str, Field(min_length=1, pattern=r"\S")]
SideWord = Annotated[str, AfterValidator(str.casefold)]


class Event(Sent):
    """A game: team codes of the two sides, tip-off."""

    id: SourceEventId
    home: str
    visitor: str
    scheduled: UtcMoment


class Events(Sent):
    """The events of a date."""

    events: list[Event]


BookNumber = Annotated[int, Field(ge=0, lt=100_000)]
"""The numbers in use are below 100; anything far from them is no book."""


class Book(Sent):
    """A book and its number in this source."""

    id: BookNumber
    name: Word


class Books(Sent):
    """Every book the source knows."""

    books: list[Book]


class Player(Sent):
    """The player's name in two parts, of which one is empty for who has one name only. His team is left alone: it is
    today's, even where the game is old."""

    first_name: str
    last_name: str


class Participant(Sent):
    """Whom an offer is about."""

    name: Word
    player: Player | None = None


class OfferedBook(Sent):
    """What one book offers on one side; its lines are yet to be judged."""

    id: BookNumber
    lines: list[Any]


class Selection(Sent):
    """One side of an offer."""

    selection: SideWord
    books: list[OfferedBook]


class SentOffer(Sent):
    """One player's points in one event, at every book."""

    event_id: SourceEventId
    market_id: int
    participants: list[Participant] = Field(min_length=1, max_length=1)
    selections: list[Selection]


class Line(Sent):
    """One line of one book; `cost` is its American price."""

    line: float
    cost: float | None
    main: bool | None = None
    active: bool | None = None
    is_off: bool | None = None
    updated: UtcMoment | None = None


class Pagination(Sent):
    """Where a page stands."""

    page: int = Field(ge=1)
    total_pages: int = Field(ge=0, le=100)
    total_items: int = Field(ge=0)


class Offers(Sent):
    """A page of offers."""

    offers: list[Any]
    pagination: Pagination = Field(alias="_pagination")
