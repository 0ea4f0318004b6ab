"""BettingPros' payloads as our rows: quotes of players' points.

Teams and tip-off are the event's, which a page of offers does not tell: they stand in its label (`Game` to and from text), as
the list of events told them. The instant of a quote is the time of asking, if that was before tip: what is listed then is
offered then. Asked for later, a line counts as of its own `updated`, the last instant for which the source vouches.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nba_props.domain.calendar import slate_date
from nba_props.io.sources.live.bettingpros.books import CONSENSUS, book_key, check_book
from nba_props.io.sources.live.bettingpros.payloads import (
    Books,
    Event,
    Events,
    Line,
    Offers,
    Participant,
    SentOffer,
)
from nba_props.io.sources.live.contract import Parsed, Payload, Sheet
from nba_props.io.sources.live.quoted import Game, Offer, add_quotes, checked_price, game_between, side_of
from nba_props.io.sources.live.received import LeftOut, RowRefused, accept, as_model, as_row, read_envelope, rejected

POINTS_MARKET = 156

_LABEL = re.compile(r"([A-Za-z0-9_-]+)\.([A-Z]{3})\.([A-Z]{3})\.(\d{8}T\d{6}Z)\.p\d+")
_LABEL_TIME = "%Y%m%dT%H%M%SZ"


# -- events and books ---------------------------------------------------------------------------------------------------
def parse_events(payload: Payload) -> Parsed:
    """No rows: events only say whose offers to ask for. They stay listed after tip: none on the date is an empty slate."""
    parsed = Parsed()
    tonight = [
        (n, event) for n, event in enumerate(read_envelope(payload, Events).events, 1) if is_of_day(event, payload)
    ]
    for number, event in tonight:
        try:
            game_of(event)
        except RowRefused as refusal:
            parsed.refuse(Sheet.QUOTES, number, str(refusal), event.model_dump(mode="json"))
    parsed.is_empty_slate = not tonight
    return parsed


def parse_books(payload: Payload) -> Parsed:
    """No rows; refused is a book whose number stands for another one here, since its quotes are misnamed."""
    parsed = Parsed()
    for number, book in enumerate(read_envelope(payload, Books).books, 1):
        try:
            check_book(book.id, book.name)
        except RowRefused as refusal:
            parsed.refuse(Sheet.QUOTES, number, str(refusal), book.model_dump())
    return parsed


def is_of_day(event: Event, payload: Payload) -> bool:
    """TRUE if the game belongs to the slate that the payload is filed under."""
    return slate_date(event.scheduled) == payload.day


def game_of(event: Event) -> Game:
    """The game in our codes; RowRefused if its teams are not two of the league's."""
    return game_between(event.id, event.home, event.visitor, event.scheduled)


# -- the label of a page of offers --------------------------------------------------------------------------------------
def label_of(game: Game, page: int) -> str:
    """What tells a page from others, and its parser which game it is about: `9001.HOU.ATL.20250112T003000Z.p1`."""
    return f"{game.event_id}.{game.home_abbr}.{game.away_abbr}.{game.tip_utc.astimezone(UTC):{_LABEL_TIME}}.p{page}"


def game_of_label(payload: Payload) -> Game:
    """The game of a page of offers; PayloadRejected if its label is not one of `label_of`."""
    told = _LABEL.fullmatch(payload.label)
    if told is None:
        raise rejected(payload, "its label does not say which game it is about")
    event_id, home, away, tip = told.groups()
    try:
        return Game(event_id, home, away, datetime.strptime(tip, _LABEL_TIME).replace(tzinfo=UTC))
    except ValueError as error:
        raise rejected(payload, f"its label has no tip-off ({error})") from error


# -- offers -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _ListedLine:
    """One line as sent, with what stands above it."""

    number: int
    player_name: str
    side: str
    book: int
    sent: Any


def parse_offers(payload: Payload) -> Parsed:
    """Quotes of one page. A line that is off the board is no offer, and the source's own consensus no book: left out."""
    game, page = game_of_label(payload), read_envelope(payload, Offers)
    if not page.offers and page.pagination.total_items:
        raise rejected(payload, f"it counts {page.pagination.total_items} offers and holds none")
    parsed = Parsed(is_empty_slate=not page.offers)
    offers = [offer for line in _lines(parsed, game, page.offers) for offer in _offered(parsed, line, game, payload)]
    add_quotes(parsed, game, offers)
    return accept(payload, parsed)


def _lines(parsed: Parsed, game: Game, sent_offers: list[Any]) -> Iterator[_ListedLine]:
    """The lines of all offers, numbered through the page; an offer that is none takes one number."""
    number = 0
    for sent in sent_offers:
        try:
            offer = _checked(as_model(sent, SentOffer), game)
        except RowRefused as refusal:
            number += 1
            parsed.refuse(Sheet.QUOTES, number, str(refusal), as_row(sent))
            continue
        name = _name(offer.participants[0])
        for selection in offer.selections:
            for book in selection.books:
                for line in book.lines:
                    number += 1
                    yield _ListedLine(number, name, selection.selection, book.id, line)


def _checked(offer: SentOffer, game: Game) -> SentOffer:
    if offer.market_id != POINTS_MARKET:
        raise RowRefused(LeftOut.MARKET_NOT_ASKED_FOR)
    if offer.event_id != game.event_id:
        raise RowRefused(LeftOut.EVENT_NOT_ASKED_FOR)
    return offer


def _name(participant: Participant) -> str:
    player = participant.player
    parts = (player.first_name.strip(), player.last_name.strip()) if player else ()
    return " ".join(filter(None, parts)) or participant.name


def _offered(parsed: Parsed, listed: _ListedLine, game: Game, payload: Payload) -> Iterator[Offer]:
    """The line as an offer, if it is one."""
    if listed.book == CONSENSUS:
        return
    try:
        line = as_model(listed.sent, Line)
        if not line.is_off and line.active is not False:
            yield _offer(listed, line, _seen_at(line, game, payload.fetched_at))
    except RowRefused as refusal:
        parsed.refuse(Sheet.QUOTES, listed.number, str(refusal), as_row(listed.sent))


def _offer(listed: _ListedLine, line: Line, seen_at: datetime) -> Offer:
    return Offer(
        number=listed.number,
        bookmaker=book_key(listed.book),
        line_type=None,
        is_main=line.main,
        player_name=listed.player_name,
        side=side_of(listed.side),
        line=line.line,
        price=checked_price(line.cost),
        seen_at=seen_at,
        sent=listed.sent,
    )


def _seen_at(line: Line, game: Game, fetched_at: datetime) -> datetime:
    if line.updated is not None and line.updated > fetched_at:
        raise RowRefused(LeftOut.UPDATED_AFTER_FETCH)
    return fetched_at if fetched_at < game.tip_utc or line.updated is None else line.updated
