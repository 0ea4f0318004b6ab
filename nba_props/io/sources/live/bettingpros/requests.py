"""What to ask BettingPros for: the events of a date, then each event's offers on points, page after page of ten.

A slate of eight games is some thirty requests, so that a whole season is thousands. An answer is good for half an hour before
tip, and for good from noon of the day after the slate.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from nba_props.domain.calendar import slate_date
from nba_props.io.sources.live.asking import dates_played, played_out_at
from nba_props.io.sources.live.bettingpros.parse import (
    POINTS_MARKET,
    game_of,
    game_of_label,
    is_of_day,
    label_of,
)
from nba_props.io.sources.live.bettingpros.payloads import Events, Offers
from nba_props.io.sources.live.contract import Payload, Request, Source
from nba_props.io.sources.live.quoted import Game
from nba_props.io.sources.live.received import RowRefused, read_envelope

EVENTS_FEED: Final = "events"
BOOKS_FEED: Final = "books"
OFFERS_FEED: Final = "offers"

_PAGE_SIZE = 10
_FRESH = timedelta(minutes=30)
_BOOKS_FRESH = timedelta(days=7)


def of_day(day: date, now: datetime) -> Iterable[Request]:
    """The slate's events; of one that is not over also the books, once a week."""
    return [_events(day)] if day < slate_date(now) else [_books(day), _events(day)]


def of_season(season: str, now: datetime) -> Iterable[Request]:
    """The events of every date that is over."""
    return [_events(day) for day in dates_played(season, slate_date(now) - timedelta(days=1))]


def _books(day: date) -> Request:
    return Request(Source.BETTINGPROS, BOOKS_FEED, day, "/books", {"sport": "NBA"}, fresh_for=_BOOKS_FRESH)


def _events(day: date) -> Request:
    params = {"sport": "NBA", "date": day.isoformat()}
    settled = played_out_at(day)
    return Request(Source.BETTINGPROS, EVENTS_FEED, day, "/events", params, settles_at=settled, fresh_for=_FRESH)


def follow_events(payload: Payload) -> Iterable[Request]:
    """The first page of each event's offers. An event that is no NBA game is refused where events are parsed."""
    for event in read_envelope(payload, Events).events:
        if is_of_day(event, payload):
            try:
                game = game_of(event)
            except RowRefused:
                continue
            yield _offers(payload.day, game, 1)


def follow_offers(payload: Payload) -> Iterable[Request]:
    """The next page, if there is one."""
    here = read_envelope(payload, Offers).pagination
    if here.page < here.total_pages:
        yield _offers(payload.day, game_of_label(payload), here.page + 1)


def _offers(day: date, game: Game, page: int) -> Request:
    params = {"sport": "NBA", "market_id": str(POINTS_MARKET), "event_id": game.event_id}
    return Request(
        source=Source.BETTINGPROS,
        feed=OFFERS_FEED,
        day=day,
        path="/offers",
        params=params | {"limit": str(_PAGE_SIZE), "page": str(page)},
        label=label_of(game, page),
        settles_at=played_out_at(day),
        fresh_for=_FRESH,
    )
