"""How a catalogued table becomes an asset: one factory for SQL-built tables, and what every dated asset shares."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg

from nba_props.assets._spec import asset_key, asset_spec_kwargs, table_lineage
from nba_props.catalog import Table
from nba_props.catalog import table as catalogued
from nba_props.catalog.model import TableKind
from nba_props.domain.calendar import EASTERN
from nba_props.history import recorded
from nba_props.io.warehouse.sqltext import parameters_used, parse, read_sql
from nba_props.partitions import DAILY, dates_of
from nba_props.platform import Platform
from nba_props.pools import WRITES
from nba_props.request import parameters

THE_DAY_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
)
"""For tables read only before the slate: what must be in is yesterday's partition; how far back SQL looks is its own affair."""

FiguresByDate = Mapping[date, Mapping[str, float | int]]
"""Numbers by what they are called, in columns' words and units, of each date."""

OWNERS = ["team:data-engineering"]

_MORNING = dg.FreshnessPolicy.cron("15 12 * * *", timedelta(hours=5, minutes=30), str(EASTERN))
_NIGHT = dg.FreshnessPolicy.cron("0 6 * * *", timedelta(hours=1, minutes=15), str(EASTERN))
DUE: Mapping[str, dg.FreshnessPolicy] = {
    "raw/team_rosters": _MORNING,
    "precompute/ml_feature_store": _MORNING,
    "predictions/player_prop_predictions": _MORNING,
    "monitoring/prediction_coverage": _MORNING,
    "exports/predictions": _MORNING,
    "exports/tonight": _MORNING,
    "grading/prediction_accuracy": _NIGHT,
    "exports/results": _NIGHT,
}
"""By when, each day, what the schedules bring must have come, US/Eastern: after 07:00 and 11:30, and after 05:00."""


def dated_kwargs(table: Table) -> dict[str, Any]:
    """Arguments of every daily asset: a range of dates is computed in one pass."""
    spec = asset_spec_kwargs(table)
    spec["deps"] = [
        dg.AssetDep(asset_key(read), partition_mapping=THE_DAY_BEFORE if read.full_name in table.reads_before else None)
        for read in map(catalogued, table.reads)
        if read.kind is TableKind.ASSET
    ]
    return spec | {
        "partitions_def": DAILY,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "owners": OWNERS,
        "pool": WRITES,
        "freshness_policy": DUE.get("/".join(table.asset_key)),
    }


def sql_asset(
    table: Table,
    then: Callable[[Platform, date, date], None] = lambda *_: None,
    figures: Callable[[Platform, date, date], Mapping[str, float]] = lambda *_: {},
    figures_by_date: Callable[[Platform, date, date], FiguresByDate] = lambda *_: {},
) -> dg.AssetsDefinition:
    """The asset of a SQL-built table: its SELECT over the run's dates replaces their partitions in one statement.

    `then` is called with the platform and the dates once they are written (to measure what they hold); `figures` too,
    for numbers that Dagster draws from run to run, and `figures_by_date` for those it draws over the dates.
    """
    sql = read_sql(table)
    used = parameters_used(parse(sql))

    @dg.asset(**dated_kwargs(table), code_version=hashlib.sha256(sql.encode()).hexdigest()[:12])
    def built(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
        start, end = dates_of(context)
        values = {name: value for name, value in parameters(platform, context.run.tags).items() if name in used}
        found: dict[str, float] = {}

        def write() -> int:
            rows = platform.warehouse.replace_range(table, sql, values, start, end)
            found.update(figures(platform, start, end))
            return rows

        result = written(context, platform, table, write, start, end, found, figures_by_date)
        then(platform, start, end)
        return result

    return built


def written(
    context: dg.AssetExecutionContext,
    platform: Platform,
    table: Table,
    write: Callable[[], int],
    start: date,
    end: date,
    metadata: Mapping[str, Any] | None = None,
    figures_by_date: Callable[[Platform, date, date], FiguresByDate] = lambda *_: {},
) -> dg.MaterializeResult:
    """Run one write of a dated table, recorded in the run history, with row counts and figures per date as metadata."""
    with recorded(platform, context.run.run_id, "/".join(table.asset_key), start, end) as step:
        step.rows_written = write()
    counts = rows_per_date(platform, table, start, end) if start != end else {}
    figures = figures_by_date(platform, start, end)
    rows = {day: {"dagster/partition_row_count": count} for day, count in counts.items()}
    tell_by_date(context, {day: {**rows.get(day, {}), **figures.get(day, {})} for day in rows.keys() | figures.keys()})
    if lineage := table_lineage(table):
        # Of a range, the last date alone says it: an event is written for each, and the UI shows that of the newest.
        context.add_asset_metadata({"dagster/column_lineage": lineage}, partition_key=end.isoformat())
    return dg.MaterializeResult(
        metadata={"dagster/partition_row_count": step.rows_written, **step.usage_metadata, **(metadata or {})}
    )


def tell_by_date(context: dg.AssetExecutionContext, figures: FiguresByDate) -> None:
    """Give Dagster numbers of each date of the run: its page draws them over a season, however the dates were run."""
    for day, of_day in figures.items():
        context.add_asset_metadata(dict(of_day), partition_key=day.isoformat())


def rows_per_date(platform: Platform, table: Table, start: date, end: date) -> dict[date, int]:
    """Rows of each date that has any."""
    rows = platform.warehouse.query(
        f"SELECT {table.partition_by} AS day, COUNT(*) AS rows_of_day FROM {table.full_name}"
        f" WHERE {table.partition_by} BETWEEN @start_date AND @end_date GROUP BY 1",
        {"start_date": start, "end_date": end},
    )
    return dict(zip(rows["day"].to_pylist(), rows["rows_of_day"].to_pylist(), strict=True))
