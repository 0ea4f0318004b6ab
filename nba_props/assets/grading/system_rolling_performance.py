"""`grading/system_rolling_performance`: how each system has done lately, beside the half-year before."""

from datetime import date

from nba_props.assets._factory import sql_asset
from nba_props.catalog import table
from nba_props.platform import Platform

DRAWN = (
    "mae",
    "mae_minus_line",
    "anchored_mae",
    "brier",
    "calibration_error",
    "interval_80_share",
    "over_share",
    "hit_rate",
    "roi",
    "closing_line_value",
)
"""Figures that Dagster draws from run to run, a series a system."""

_ROLLING = """
select *
from nba_grading.system_rolling_performance
where game_date between @start_date and @end_date
order by game_date, system_id
"""


def figures_of_last_date(platform: Platform, start: date, end: date) -> dict[str, float]:
    """What each system's newest row of the dates holds, e.g. "ensemble_v1 mae"; what is unknown is left out."""
    rows = platform.warehouse.query(_ROLLING, {"start_date": start, "end_date": end}).to_pylist()
    newest = {row["system_id"]: row for row in rows if row["game_date"] == rows[-1]["game_date"]}
    return {
        f"{system_id} {name}": row[name] for system_id, row in newest.items() for name in DRAWN if row[name] is not None
    }


system_rolling_performance = sql_asset(table("nba_grading.system_rolling_performance"), figures=figures_of_last_date)
