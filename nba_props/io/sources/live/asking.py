"""When answers settle and where those about a whole season are filed: arithmetic that the requests of sources share.

Not here: any source's addresses, and the clock (`now` is handed in).
"""

from datetime import date, datetime, timedelta

from nba_props.domain.calendar import noon_eastern, season_bounds, slate_date


def played_out_at(day: date) -> datetime:
    """When a slate's results are final: noon Eastern of the next day, long after the last game and its corrections."""
    return noon_eastern(day + timedelta(days=1))


def filing_day(season: str, now: datetime) -> date | None:
    """The day under which answers about a season are filed: today while it runs, its last day after, None before it."""
    first, last = season_bounds(season)
    today = slate_date(now)
    return None if today < first else min(today, last)


def season_start_year(season: str) -> int:
    """2024 for 2024-25."""
    return int(season[:4])


def season_end_year(season: str) -> int:
    """2025 for 2024-25."""
    return season_start_year(season) + 1
