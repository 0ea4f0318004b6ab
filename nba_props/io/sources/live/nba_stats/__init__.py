"""stats.nba.com: schedule, results, players, box scores and shot zones under the NBA's own ids.

Here is the source itself: which feeds it has and which of them a slate or a season needs. Requests are in `requests`, what
they send in `payloads`, what it becomes in `parse`.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property

from nba_props.domain.calendar import SeasonType, season_type_of_game, slate_date
from nba_props.io.sources.live.contract import Feed, Manners, Payload, Request, Sheet, Source
from nba_props.io.sources.live.nba_stats import requests
from nba_props.io.sources.live.nba_stats.parse import (
    parse_box_score,
    parse_game_log,
    parse_player_index,
    parse_schedule,
    parse_shot_zones,
)

# The transport's own business: what it connects to and which encodings it can read.
_NOT_OURS = frozenset({"host", "connection", "accept-encoding"})


def box_scores_of_log(payload: Payload) -> Iterator[Request]:
    """The box score of each game of the payload's date. Raises PayloadRejected."""
    rows = parse_game_log(payload).rows.get(Sheet.BOX_SCORES, ())
    for game_id in dict.fromkeys(row["game_id"] for _, row in rows if row["game_date"] == payload.day):
        yield requests.box_score(game_id, payload.day, payload.fetched_at)


def cup_final_of_schedule(payload: Payload) -> Iterator[Request]:
    """The box score of the cup final once it is over: no season type of the log holds it. Raises PayloadRejected."""
    for _, game in parse_schedule(payload).rows.get(Sheet.RESULTS, ()):
        if season_type_of_game(game["game_id"]) is SeasonType.CUP_FINAL:
            yield requests.box_score(game["game_id"], game["game_date"], payload.fetched_at)


class NbaStats:
    """The source, as `LiveSource` wants it."""

    source = Source.NBA_STATS
    feeds = (
        Feed("schedule", parse_schedule, cup_final_of_schedule, tells_all=True),
        Feed("player_index", parse_player_index, tells_all=True),
        Feed("game_log", parse_game_log, box_scores_of_log),
        Feed("season_log", parse_game_log, tells_all=True),
        Feed("box_score", parse_box_score),
        Feed("shot_zones", parse_shot_zones),
    )

    @cached_property
    def manners(self) -> Manners:
        """It is slow, blocks data-centre addresses and whoever asks fast, and wants a browser's headers."""
        from nba_api.stats.library.http import STATS_HEADERS

        headers = {name: value for name, value in STATS_HEADERS.items() if name.casefold() not in _NOT_OURS}
        return Manners(
            "https://stats.nba.com/stats", pause_seconds=1.5, timeout_seconds=60.0, headers=headers, season_requests=6
        )

    def of_day(self, day: date, now: datetime) -> Iterator[Request]:
        """Schedule and players; of a past date its results (in the schedule), box scores and shot zones."""
        season = requests.season_asked(day)
        yield requests.schedule(season, now)
        if day >= slate_date(now):
            yield requests.player_index(season, now)
            return
        for kind in requests.season_types_on(day):
            yield requests.day_log(day, kind, now)
            yield requests.shot_zones(day, kind, now)

    def of_season(self, season: str, now: datetime) -> Iterator[Request]:
        """Schedule, players and three logs; shot zones come by date only."""
        yield requests.schedule(season, now)
        yield requests.player_index(season, now)
        for kind in requests.SEASON_TYPE_WORDS:
            yield requests.season_log(season, kind, now)


SOURCE = NbaStats()
"""The source."""
