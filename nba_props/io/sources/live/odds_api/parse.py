"""The Odds API's payloads as our rows: quotes of players' points, and spreads and totals of games.

The instant of a row is when we know that the line was offered: the envelope's timestamp for the past, the time of asking for
the present. A market's own `last_update` tells when its book last moved, which is earlier, and is not used.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from nba_props.domain.calendar import noon_eastern, slate_date
from nba_props.io.sources.live.contract import Parsed, Payload, Sheet
from nba_props.io.sources.live.odds_api.game_lines import add_game_lines
from nba_props.io.sources.live.odds_api.payloads import (
    Event,
    EventOdds,
    MarketOutcomes,
    PlayerOutcome,
    Snapshot,
    numbered_markets,
)
from nba_props.io.sources.live.odds_api.prices import american_price, is_decimal_format
from nba_props.io.sources.live.quoted import Game, Offer, add_quotes, game_between, side_of
from nba_props.io.sources.live.received import RowRefused, accept, as_model, as_row, read_envelope, rejected

MAIN_MARKET: Final = "player_points"
ALTERNATE_MARKET: Final = "player_points_alternate"

_PLAYER_MARKETS = (MAIN_MARKET, ALTERNATE_MARKET)


# -- lists of events ----------------------------------------------------------------------------------------------------
def parse_events(payload: Payload) -> Parsed:
    """No rows: events only say whose odds to ask for.

    Events vanish at tip-off, so that an empty list is an empty slate only if it was asked for on the date itself before
    noon, when no game has begun and all are listed; later it says that nothing is left to quote.
    """
    return _of_events(read_envelope(payload, list[Event]), payload, payload.fetched_at)


def parse_events_then(payload: Payload) -> Parsed:
    """No rows. The list of the past holds the days ahead too: the slate is empty if none of it is the day's."""
    snapshot = read_envelope(payload, Snapshot[list[Event]])
    _not_from_the_future(payload, snapshot.timestamp)
    return _of_events(snapshot.data, payload, snapshot.timestamp)


def _of_events(events: list[Event], payload: Payload, seen_at: datetime) -> Parsed:
    parsed = Parsed()
    tonight = [(number, event) for number, event in enumerate(events, 1) if is_of_day(event, payload)]
    for number, event in tonight:
        try:
            game_of(event)
        except RowRefused as refusal:
            parsed.refuse(Sheet.QUOTES, number, str(refusal), event.model_dump(mode="json"))
    parsed.is_empty_slate = not tonight and _is_morning(payload, seen_at)
    return parsed


def _is_morning(payload: Payload, seen_at: datetime) -> bool:
    return slate_date(seen_at) == payload.day and seen_at <= noon_eastern(payload.day)


def is_of_day(event: Event, payload: Payload) -> bool:
    """TRUE if the game belongs to the slate that the payload is filed under (three in four have another UTC date)."""
    return slate_date(event.commence_time) == payload.day


def game_of(event: Event) -> Game:
    """The game in our codes; RowRefused if its teams are not two of the league's."""
    return game_between(event.id, event.home_team, event.away_team, event.commence_time)


# -- odds ---------------------------------------------------------------------------------------------------------------
def parse_event_odds(payload: Payload) -> Parsed:
    """Quotes and game lines of one event as they are now."""
    return _of_odds([read_envelope(payload, EventOdds)], payload, payload.fetched_at)


def parse_event_odds_then(payload: Payload) -> Parsed:
    """Quotes and game lines of one event at an instant of the past."""
    snapshot = read_envelope(payload, Snapshot[EventOdds])
    _not_from_the_future(payload, snapshot.timestamp)
    return _of_odds([snapshot.data], payload, snapshot.timestamp)


def parse_game_lines(payload: Payload) -> Parsed:
    """Game lines of all events as they are now. No event at all is an empty slate only as in `parse_events`."""
    events = read_envelope(payload, list[EventOdds])
    parsed = _of_odds(events, payload, payload.fetched_at)
    parsed.is_empty_slate = parsed.is_empty_slate and (bool(events) or _is_morning(payload, payload.fetched_at))
    return parsed


def _not_from_the_future(payload: Payload, timestamp: datetime) -> None:
    """A snapshot is the last one at or before the instant asked about (`date`), and never of after the asking."""
    about = payload.params.get("date")
    latest = min(payload.fetched_at, datetime.fromisoformat(about)) if about else payload.fetched_at
    if timestamp > latest:
        raise rejected(
            payload, f"it tells of {timestamp:%Y-%m-%d %H:%M:%S} UTC, which is after the instant it was asked about"
        )


def _of_odds(events: list[EventOdds], payload: Payload, seen_at: datetime) -> Parsed:
    """Rows of the events, events and their outcomes numbered through the payload; an event without an offer is no fault."""
    parsed, is_decimal, number = Parsed(), is_decimal_format(events), 0
    for event in events:
        own = number
        books = list(numbered_markets(event, own + 1))
        number = own + 1 + sum(len(book.outcomes) for book in books)
        try:
            game = game_of(event)
        except RowRefused as refusal:
            parsed.refuse(Sheet.GAME_LINES, own, str(refusal), event.model_dump(mode="json", exclude={"bookmakers"}))
            continue
        add_quotes(parsed, game, list(_offers(parsed, books, seen_at, is_decimal)))
        add_game_lines(parsed, game, books, seen_at, is_decimal)
    parsed.is_empty_slate = number == len(events) and not parsed.refused
    return accept(payload, parsed)


def _offers(parsed: Parsed, books: list[MarketOutcomes], seen_at: datetime, is_decimal: bool) -> Iterator[Offer]:
    for book in books:
        if book.market not in _PLAYER_MARKETS:
            continue
        for number, sent in book.outcomes:
            try:
                yield _offer(book, number, sent, seen_at, is_decimal)
            except RowRefused as refusal:
                parsed.refuse(Sheet.QUOTES, number, str(refusal), as_row(sent))


def _offer(book: MarketOutcomes, number: int, sent: Any, seen_at: datetime, is_decimal: bool) -> Offer:
    outcome = as_model(sent, PlayerOutcome)
    return Offer(
        number=number,
        bookmaker=book.bookmaker,
        line_type=book.market,
        is_main=book.market == MAIN_MARKET,
        player_name=outcome.description,
        side=side_of(outcome.name),
        line=outcome.point,
        price=american_price(outcome.price, is_decimal),
        seen_at=seen_at,
        sent=sent,
    )
