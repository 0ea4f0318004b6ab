"""What to ask The Odds API for, and what it costs of the quota (credits; headers `x-requests-remaining`, `x-requests-used`).

The present: the list of events is free, spreads and totals of all events cost 2, points of one event 6 (two markets, three
regions): about 50 a fetch of eight games. A request is good for ten minutes in the two hours before tip and for fifty before.

The past, on paid plans only: the list of events at noon costs 1, one snapshot of one event 30 (three markets, one region,
tenfold). One is taken half an hour before each tip: about 240 a slate of eight games, 37,000 a season. Points are kept by
the source since May 2023, so that nothing earlier is asked for.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from nba_props.domain.calendar import EASTERN, noon_eastern, slate_date
from nba_props.io.sources.live.asking import dates_played
from nba_props.io.sources.live.contract import Payload, Request, Source
from nba_props.io.sources.live.odds_api.parse import is_of_day
from nba_props.io.sources.live.odds_api.payloads import Event, Snapshot
from nba_props.io.sources.live.received import read_envelope

EVENTS_FEED: Final = "events"
EVENT_ODDS_FEED: Final = "event_odds"
GAME_LINES_FEED: Final = "game_lines"
EVENTS_THEN_FEED: Final = "events_history"
EVENT_ODDS_THEN_FEED: Final = "event_odds_history"

SNAPSHOT_BEFORE_TIP: Final = timedelta(minutes=30)
FIRST_DAY_OF_POINTS: Final = date(2023, 5, 3)

_SPORT = "/sports/basketball_nba"
_FORMAT = {"oddsFormat": "american", "dateFormat": "iso"}
_SETTLED_AFTER = timedelta(hours=1)
_NEAR_TIP = timedelta(hours=2)
_FRESH_NEAR_TIP, _FRESH_BEFORE = timedelta(minutes=10), timedelta(minutes=50)


def of_day(day: date, now: datetime) -> Iterable[Request]:
    """A slate to come or under way as it is now; one that is over as it was before each tip."""
    if day < slate_date(now):
        return [_events_then(day)]
    return [_events(day), _game_lines(day)]


def of_season(season: str, now: datetime) -> Iterable[Request]:
    """Every date that is over, since the source keeps points."""
    over = dates_played(season, slate_date(now) - timedelta(days=1))
    return [_events_then(day) for day in over if day >= FIRST_DAY_OF_POINTS]


def _events(day: date) -> Request:
    params = {"dateFormat": "iso", **_tips_of(day)}
    return Request(Source.ODDS_API, EVENTS_FEED, day, f"{_SPORT}/events", params, fresh_for=_FRESH_NEAR_TIP)


def _game_lines(day: date) -> Request:
    params = {"regions": "us", "markets": "spreads,totals", **_FORMAT, **_tips_of(day)}
    return Request(Source.ODDS_API, GAME_LINES_FEED, day, f"{_SPORT}/odds", params, fresh_for=_FRESH_NEAR_TIP)


def _events_then(day: date) -> Request:
    noon = noon_eastern(day)
    path, params = f"/historical{_SPORT}/events", {"date": _iso(noon), "dateFormat": "iso"}
    return Request(Source.ODDS_API, EVENTS_THEN_FEED, day, path, params, settles_at=noon + _SETTLED_AFTER)


def follow_events(payload: Payload) -> Iterable[Request]:
    """The points of each event of the slate that has not begun."""
    for event in read_envelope(payload, list[Event]):
        ahead = event.commence_time - payload.fetched_at
        if is_of_day(event, payload) and ahead > timedelta(0):
            yield Request(
                source=Source.ODDS_API,
                feed=EVENT_ODDS_FEED,
                day=payload.day,
                path=f"{_SPORT}/events/{event.id}/odds",
                params={"regions": "us,us2,us_dfs", "markets": "player_points,player_points_alternate", **_FORMAT},
                label=event.id,
                fresh_for=_FRESH_NEAR_TIP if ahead <= _NEAR_TIP else _FRESH_BEFORE,
            )


def follow_events_then(payload: Payload) -> Iterable[Request]:
    """Points, spread and total of each event of the slate, half an hour before its tip as it was planned at noon."""
    for event in read_envelope(payload, Snapshot[list[Event]]).data:
        if is_of_day(event, payload):
            instant = event.commence_time - SNAPSHOT_BEFORE_TIP
            yield Request(
                source=Source.ODDS_API,
                feed=EVENT_ODDS_THEN_FEED,
                day=payload.day,
                path=f"/historical{_SPORT}/events/{event.id}/odds",
                params={"date": _iso(instant), "regions": "us", "markets": "player_points,spreads,totals", **_FORMAT},
                label=event.id,
                settles_at=instant + _SETTLED_AFTER,
            )


def _tips_of(day: date) -> dict[str, str]:
    """The bounds of a slate's tip-offs: the Eastern date, in UTC."""
    first = datetime.combine(day, time(), EASTERN)
    last = datetime.combine(day + timedelta(days=1), time(), EASTERN) - timedelta(seconds=1)
    return {"commenceTimeFrom": _iso(first), "commenceTimeTo": _iso(last)}


def _iso(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
