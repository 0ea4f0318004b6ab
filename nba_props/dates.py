"""Which dates there are to work on: those with games that count, and those of which results are in the raw layer.

Here belongs the one answer to each, for whoever plans, checks, counts or shows dates. Not here: what is built of a date
(`plan.py`, `seasons.py`), and the calendar itself (`domain/calendar.py`).
"""

from datetime import date, datetime

from nba_props.domain.calendar import noon_eastern
from nba_props.platform import Platform

_GAMES = """
select game_date, count(*) as games
from nba_raw.schedule
where
    game_date between @start_date and @end_date
    and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
group by game_date
order by game_date
"""

_TIPS = """
select game_date, tip_at
from nba_raw.schedule
where
    game_date between @start_date and @end_date
    and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
"""

_RESULTS = """
select game_date from nba_raw.player_box_scores where game_date between @start_date and @end_date
union distinct
select game_date from nba_raw.box_score_reports where game_date between @start_date and @end_date
order by game_date
"""


def games_by_date(platform: Platform, start: date, end: date) -> dict[date, int]:
    """Scheduled games that count of each date with any, ascending: off days, preseason and all-star games are no slate."""
    rows = platform.warehouse.query(_GAMES, {"start_date": start, "end_date": end})
    return dict(zip(rows["game_date"].to_pylist(), rows["games"].to_pylist(), strict=True))


def slate_dates(platform: Platform, start: date, end: date) -> list[date]:
    """Dates with scheduled games that count, ascending."""
    return list(games_by_date(platform, start, end))


def tips_between(platform: Platform, start: date, end: date) -> dict[date, list[datetime]]:
    """Tip-offs, UTC, of each date that has games; noon Eastern where the schedule does not say."""
    found: dict[date, list[datetime]] = {}
    for row in platform.warehouse.query(_TIPS, {"start_date": start, "end_date": end}).to_pylist():
        found.setdefault(row["game_date"], []).append(row["tip_at"] or noon_eastern(row["game_date"]))
    return found


def dates_with_results(platform: Platform, start: date, end: date) -> list[date]:
    """Dates with box scores of any source, with the NBA's ids or without, ascending."""
    days: list[date] = platform.warehouse.query(_RESULTS, {"start_date": start, "end_date": end})[
        "game_date"
    ].to_pylist()
    return days
