"""What the sources of quotes have in common: reading a payload or rejecting it, and pairing Over with Under into one row.

Not here: what each source sends (its own `payloads`), how it is asked (`requests`), and what a quote must satisfy (`rows`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nba_props.domain.calendar import date_range, parse_season, season_of, slate_date
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Row, Sheet

T = TypeVar("T")
Model = TypeVar("Model", bound="Sent")

MALFORMED: Final = "malformed"
"""How the reason of a row begins that lacks a field or has one of another type."""

_FIRST_INSTANT, _LAST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 12, 31, tzinfo=UTC)
Moment = Annotated[
    AwareDatetime, Field(ge=_FIRST_INSTANT, le=_LAST_INSTANT), AfterValidator(lambda moment: moment.astimezone(UTC))
]
"""An instant with its zone, of any season that has quotes, in UTC."""
EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
"""An event's id: it becomes part of an address and of a path."""


class Sent(BaseModel):
    """Base of what a source sends: fields we do not know are ignored, a field of another type is not guessed at."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


class RowRefused(Exception):
    """A row that cannot be brought into our columns; the message is its reason. Caught where rows are read."""


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


# -- reading ------------------------------------------------------------------------------------------------------------
def read(payload: Payload, shape: TypeAdapter[T]) -> T:
    """The payload's JSON in the shape that a parser knows; PayloadRejected for any other."""
    try:
        return shape.validate_json(payload.body)
    except ValidationError as error:
        raise rejected(payload, problem_of(error)) from error


def rejected(payload: Payload, what: str) -> PayloadRejected:
    """The refusal of a whole payload."""
    return PayloadRejected(
        payload.source,
        f"{payload.feed} {payload.day} {payload.label}".rstrip() + f" is not the shape that is known: {what}.",
        next_step=f"Compare {payload.ref} with the parser; it is kept, and is parsed again once the parser knows it.",
    )


def read_row(sent: Any, model: type[Model]) -> Model:
    """One row in the shape of its model; RowRefused for any other."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise RowRefused(f"{MALFORMED}: {problem_of(error)}") from error


def problem_of(error: ValidationError) -> str:
    """The first fault in words, with its place."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def as_row(sent: Any) -> Row:
    """What is quarantined of something that may be no row at all."""
    return sent if isinstance(sent, Mapping) else {"value": sent}


def refuse_if_all_malformed(payload: Payload, parsed: Parsed) -> Parsed:
    """`parsed`, unless every one of its rows is malformed: then it is no bad row, but a shape that is not known."""
    if parsed.refused and not parsed.rows and all(one.reason.startswith(MALFORMED) for one in parsed.refused):
        raise rejected(payload, f"all of its rows are {parsed.refused[0].reason}")
    return parsed


def side_of(word: str) -> Side:
    """Over or Under; RowRefused for another word."""
    try:
        return Side(word.strip().casefold())
    except ValueError as error:
        raise RowRefused(f"{word!r} is neither Over nor Under") from error


def checked_price(price: float | None) -> float | None:
    """An American price as it is; RowRefused for one that is none."""
    if price is not None and abs(price) < 100:
        raise RowRefused(f"{price:g} is no American price")
    return price


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
            parsed.refuse(Sheet.QUOTES, offer.number, "said twice", offer.sent)
        else:
            prices[offer.side].add(offer.price)
            kept.append(offer)
    if any(len(said) > 1 for said in prices.values()):
        for offer in kept:
            parsed.refuse(Sheet.QUOTES, offer.number, "one side has two prices", offer.sent)
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


# -- days ---------------------------------------------------------------------------------------------------------------
_OPENING_MONTH, _CLOSING_MONTH = 10, 6


def days_to_ask(season: str, now: datetime) -> Iterator[date]:
    """The dates of a season on which games may be played, from 1 October to 30 June, that are over by `now`."""
    start = int(parse_season(season)[:4])
    last = min(date(start + 1, _CLOSING_MONTH, 30), slate_date(now) - timedelta(days=1))
    first = date(start, _OPENING_MONTH, 1)
    return iter(date_range(first, last) if first <= last else ())
