"""The monitoring layer's tables: each is one SELECT in `sql/monitoring/`."""

from datetime import date

from nba_props.assets._factory import FiguresByDate, sql_asset
from nba_props.catalog import monitoring
from nba_props.platform import Platform

FUNNEL = ("roster_players", "eligible_players", "ready_players", "feature_players", "expected", "predicted")

_COVERAGE = """
select
    game_date, roster_players, eligible_players, ready_players, feature_players, expected, predicted, coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all' and games > 0
"""


def gauge_coverage(platform: Platform, start: date, end: date) -> None:
    """Gauge the coverage of slates that are not over (nobody expected is 0): a backfill wakes nobody."""
    first = max(start, platform.today)
    if first <= end:
        for row in platform.warehouse.query(_COVERAGE, {"start_date": first, "end_date": end}).to_pylist():
            platform.metrics.gauge("coverage_pct", row["coverage_pct"] or 0.0, game_date=row["game_date"].isoformat())


def coverage_by_date(platform: Platform, start: date, end: date) -> FiguresByDate:
    """Coverage, loss and the funnel of each slate; coverage is left out where nobody is expected."""
    rows = platform.warehouse.query(_COVERAGE, {"start_date": start, "end_date": end}).to_pylist()
    return {row["game_date"]: {name: row[name] for name in FUNNEL} | _shares(row["coverage_pct"]) for row in rows}


def _shares(coverage_pct: float | None) -> dict[str, float]:
    return {} if coverage_pct is None else {"coverage_pct": coverage_pct, "loss_pct": 100 - coverage_pct}


prediction_coverage = sql_asset(monitoring.PREDICTION_COVERAGE, then=gauge_coverage, figures_by_date=coverage_by_date)
missing_predictions = sql_asset(monitoring.MISSING_PREDICTIONS)
