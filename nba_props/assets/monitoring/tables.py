"""The monitoring layer's tables: each is one SELECT in `sql/monitoring/`."""

from datetime import date

from nba_props.assets._factory import sql_asset
from nba_props.catalog import monitoring
from nba_props.platform import Platform

_COVERAGE = """
select game_date, coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all' and games > 0
"""


def gauge_coverage(platform: Platform, start: date, end: date) -> None:
    """Gauge the coverage of slates that are not over (nobody expected is 0): a backfill wakes nobody."""
    first = max(start, platform.today)
    if first <= end:
        for row in platform.warehouse.query(_COVERAGE, {"start_date": first, "end_date": end}).to_pylist():
            platform.metrics.gauge("coverage_pct", row["coverage_pct"] or 0.0, game_date=row["game_date"].isoformat())


prediction_coverage = sql_asset(monitoring.PREDICTION_COVERAGE, then=gauge_coverage)
missing_predictions = sql_asset(monitoring.MISSING_PREDICTIONS)
