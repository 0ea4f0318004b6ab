"""BettingPros (v3): points lines of US books, a second source beside The Odds API."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from nba_props.io.sources.live.bettingpros import parse, requests
from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Request, Source


class BettingPros:
    """Asked page by page; how often stands in `requests`."""

    source = Source.BETTINGPROS
    manners = Manners(
        base_url="https://api.bettingpros.com/v3",
        pause_seconds=1.0,
        season_requests=4000,  # pages of ten offers of each event
        key_setting="NBA_PROPS_BETTINGPROS_API_KEY",
        key_header="x-api-key",
    )
    feeds: Sequence[Feed] = (
        Feed(requests.EVENTS_FEED, parse.parse_events, requests.follow_events),
        Feed(requests.BOOKS_FEED, parse.parse_books),
        Feed(requests.OFFERS_FEED, parse.parse_offers, requests.follow_offers),
    )

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        return requests.of_day(day, now)

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        return requests.of_season(season, now)


SOURCE: LiveSource = BettingPros()
