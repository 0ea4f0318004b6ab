"""Partition definitions and what a run's partitions mean as dates. One daily definition serves every dated asset."""

from datetime import date

import dagster as dg

from nba_props.domain.calendar import date_range, season_bounds, season_of

FIRST_DATE = date(2015, 10, 1)

DAILY = dg.DailyPartitionsDefinition(FIRST_DATE.isoformat(), timezone="America/New_York", end_offset=2)
"""One partition a US/Eastern slate date, today and tomorrow included. Off days are explicit, empty partitions."""

MONTHLY = dg.MonthlyPartitionsDefinition(FIRST_DATE.isoformat(), timezone="America/New_York", end_offset=1)
"""One partition a month of models, trained on what precedes it."""

SEASONS = dg.TimeWindowPartitionsDefinition(
    start="2015", fmt="%Y", cron_schedule="0 0 1 9 *", timezone="America/New_York", end_offset=1
)
"""One partition a season, named by the year it starts in: payloads of history come by season."""


def season_key(season: str) -> str:
    """Partition key of a season label: 2023-24 -> 2023."""
    return season[:4]


def season_label(key: str) -> str:
    """Season label of a partition key: 2023 -> 2023-24."""
    return season_of(date(int(key), 12, 1))


def dates_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> tuple[date, date]:
    """First and last slate date of a run over daily partitions: a single day is a range of one."""
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def seasons_of(context: dg.AssetExecutionContext) -> list[str]:
    """Season labels of a run over season partitions."""
    keys = context.partition_key_range
    return [season_label(str(year)) for year in range(int(keys.start), int(keys.end) + 1)]


def months_of(context: dg.AssetExecutionContext) -> list[date]:
    """First days of the months of a run over monthly partitions."""
    keys = context.partition_key_range
    start, end = date.fromisoformat(keys.start), date.fromisoformat(keys.end)
    return [day for day in date_range(start, end) if day.day == 1]


def season_dates(season: str) -> tuple[date, date]:
    """First and last date a season's partitions may hold."""
    return season_bounds(season)
