"""When answers settle, where those about a season are filed, which dates it has: what requests of sources share.

The one home of this arithmetic. Not here: any source's addresses, and the clock (`now` is handed in).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from nba_props.domain.calendar import date_range, noon_eastern, season_bounds, slate_date

_OPENING: Final = (10, 1)
_CLOSING: Final = (6, 30)
"""Month and day between which games are played in a season like most."""


def played_out_at(day: date) -> datetime:
    """When a slate's results are final: noon Eastern of the next day, long after the last game and its corrections."""
    return noon_eastern(day + timedelta(days=1))


def has_begun(season: str, now: datetime) -> bool:
    """Whether a season's first day has come."""
    return season_bounds(season)[0] <= slate_date(now)


def filing_day(season: str, now: datetime) -> date:
    """The day under which answers about a season are filed: today, or the season's day that is nearest to it."""
    first, last = season_bounds(season)
    return min(max(slate_date(now), first), last)


def season_settles_at(season: str, day: date) -> datetime | None:
    """When an answer about a season, filed under `day`, settles: at noon of the season's last day, and never before it."""
    last = season_bounds(season)[1]
    return noon_eastern(last) if day == last else None


def dates_played(season: str, until: date) -> Sequence[date]:
    """The dates of a season on which games may be played, from 1 October to 30 June, up to and including `until`."""
    start = season_start_year(season)
    first, last = date(start, *_OPENING), min(date(start + 1, *_CLOSING), until)
    return date_range(first, last) if first <= last else ()


def season_start_year(season: str) -> int:
    """2024 for 2024-25."""
    return season_bounds(season)[0].year


def season_end_year(season: str) -> int:
    """2025 for 2024-25."""
    return season_start_year(season) + 1
