"""The Odds API (v4): points lines, spreads and totals of US books, as they are now and as they were."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Request, Source
from nba_props.io.sources.live.odds_api import parse, requests

_NO_MARKET = frozenset({204, 404, 422})
"""By these the source says that an event is over or unknown, or that nobody offers the markets asked for."""


class OddsApi:
    """Its quota is the limit, not its pace: what each request costs stands in `requests`."""

    source = Source.ODDS_API
    manners = Manners(
        base_url="https://api.the-odds-api.com/v4",
        pause_seconds=0.5,
        season_requests=1500,  # a list of events a date, and each event
        key_setting="NBA_PROPS_ODDS_API_KEY",
        key_param="apiKey",
        remaining_header="x-requests-remaining",
    )
    feeds: Sequence[Feed] = (
        Feed(requests.EVENTS_FEED, parse.parse_events, requests.follow_events),
        Feed(requests.EVENT_ODDS_FEED, parse.parse_event_odds, not_published=_NO_MARKET),
        Feed(requests.GAME_LINES_FEED, parse.parse_game_lines),
        Feed(requests.EVENTS_THEN_FEED, parse.parse_events_then, requests.follow_events_then),
        Feed(requests.EVENT_ODDS_THEN_FEED, parse.parse_event_odds_then, not_published=_NO_MARKET),
    )

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        return requests.of_day(day, now)

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        return requests.of_season(season, now)


SOURCE: LiveSource = OddsApi()
