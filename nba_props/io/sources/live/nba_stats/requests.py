"""What stats.nba.com is asked. Endpoint names and parameter sets are those of `nba_api`; our transport sends them.

`nba_api` is imported where it is used: it takes most of a second, and most commands ask nobody anything.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from nba_props.domain.calendar import SeasonType, noon_eastern, season_bounds, season_of
from nba_props.io.sources.live.asking import filing_day, played_out_at
from nba_props.io.sources.live.contract import Request, Source

SEASON_TYPE_WORDS: Final[Mapping[SeasonType, str]] = {
    SeasonType.REGULAR: "Regular Season",
    SeasonType.PLAY_IN: "PlayIn",
    SeasonType.PLAYOFFS: "Playoffs",
}
"""The season types that count and that the log can be asked for. The cup final has none: its box score is asked for by id."""

_NBA = "00"
_CORRECTED_FOR = timedelta(days=7)  # statistical corrections arrive days later
_SEASON_SETTLES_AFTER = timedelta(days=45)  # the bubble's finals of 2019-20 ended on 11 October 2020
_HOURLY = timedelta(hours=1)
_FOR_HOURS = timedelta(hours=6)  # below the time from the last final whistle to the noon at which it begins to apply

# First and last month and day on which a season type can be played, in a season like most.
_SPANS: Final = {
    SeasonType.REGULAR: ((10, 1), (4, 20)),
    SeasonType.PLAY_IN: ((4, 10), (4, 25)),
    SeasonType.PLAYOFFS: ((4, 12), (6, 30)),
}
_SHIFTED_SEASONS = frozenset({"1998-99", "2011-12", "2019-20", "2020-21"})  # two lock-outs, two of the pandemic
_BUBBLE = (date(2020, 9, 1), date(2020, 10, 11))


def season_asked(day: date) -> str:
    """The season a date's games are filed under there: the bubble's September was still 2019-20."""
    return "2019-20" if _BUBBLE[0] <= day <= _BUBBLE[1] else season_of(day)


def season_types_on(day: date) -> tuple[SeasonType, ...]:
    """The season types that may be played on a date, so that most dates need one request."""
    if season_asked(day) in _SHIFTED_SEASONS:
        return tuple(_SPANS)
    return tuple(kind for kind, (first, last) in _SPANS.items() if _is_between((day.month, day.day), first, last))


def schedule(season: str, now: datetime) -> Request:
    """A season's games, with the scores of those that are over."""
    return _of_season("schedule", "ScheduleLeagueV2", season, now, _HOURLY)


def player_index(season: str, now: datetime) -> Request:
    """The players of a season."""
    return _of_season("player_index", "PlayerIndex", season, now, _FOR_HOURS, historical_nullable="0")


def season_log(season: str, kind: SeasonType, now: datetime) -> Request:
    """Every box score of a season's games of one type, in one answer."""
    return _of_season("season_log", "LeagueGameLog", season, now, _FOR_HOURS, label=kind, **_log(kind))


def day_log(day: date, kind: SeasonType, now: datetime) -> Request:
    """Every box score of a date's games of one type."""
    return _of_day("game_log", "LeagueGameLog", day, now, kind, **_log(kind), **_only(day))


def shot_zones(day: date, kind: SeasonType, now: datetime) -> Request:
    """All players' shots of a date by zone."""
    asked = {
        "season_type_all_star": SEASON_TYPE_WORDS[kind],
        "league_id_nullable": _NBA,
        "distance_range": "By Zone",
        "measure_type_simple": "Base",
        "per_mode_detailed": "Totals",
    }
    return _of_day("shot_zones", "LeagueDashPlayerShotLocations", day, now, kind, **asked, **_only(day))


def box_score(game_id: str, day: date, now: datetime) -> Request:
    """One game's box score: what the log does not tell, starters and who did not play."""
    return _of_day("box_score", "BoxScoreTraditionalV3", day, now, game_id, game_id=game_id)


def _log(kind: SeasonType) -> dict[str, str]:
    return {
        "season_type_all_star": SEASON_TYPE_WORDS[kind],
        "league_id": _NBA,
        "player_or_team_abbreviation": "P",
        "sorter": "DATE",
        "direction": "DESC",
    }


def _only(day: date) -> dict[str, str]:
    return {"season": season_asked(day), "date_from_nullable": day.isoformat(), "date_to_nullable": day.isoformat()}


def _of_season(
    feed: str, endpoint: str, season: str, now: datetime, fresh_for: timedelta, label: str = "", **asked: str
) -> Request:
    """It settles once no game can be left to play, whatever a season like no other does."""
    path, params = _address(endpoint, season=season, **asked)
    day, settles_at = filing_day(season, now), noon_eastern(season_bounds(season)[1] + _SEASON_SETTLES_AFTER)
    return Request(Source.NBA_STATS, feed, day, path, params, {}, str(label), settles_at, fresh_for)


def _of_day(feed: str, endpoint: str, day: date, now: datetime, label: str, **asked: str) -> Request:
    """Filed under its date. Until noon of the next day games may still be on or unfinished in the books."""
    path, params = _address(endpoint, **asked)
    fresh_for = _HOURLY if now < played_out_at(day) else _FOR_HOURS
    settles_at = noon_eastern(day + _CORRECTED_FOR)
    return Request(Source.NBA_STATS, feed, day, path, params, {}, str(label), settles_at, fresh_for)


def _address(endpoint: str, **asked: str) -> tuple[str, dict[str, str]]:
    """(path, parameters) that `nba_api` would send; it is only asked, never sent by it."""
    from nba_api.stats import endpoints

    built: Any = getattr(endpoints, endpoint)(**asked, get_request=False)
    return f"/{built.endpoint}", {name: str(value) for name, value in built.parameters.items() if value is not None}


def _is_between(day: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> bool:
    """Whether a (month, day) lies in a span that may run over the turn of the year."""
    return first <= day <= last if first <= last else day >= first or day <= last
