"""What a date costs on BigQuery, and a season of such dates: an estimate from what the run history says was billed.

Here belong the price, the share of a step that is a date's, and why nothing may be known. What a job used is summed where
jobs are made (`io/job_context.py`). Storage, and what is asked outside of recorded steps, is not counted.
"""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from nba_props.platform import Platform
from nba_props.settings import Target

SLATES_OF_A_SEASON = 165
"""Dates with games in an NBA regular season, about."""

_TIB = 2**40

_STEPS = """
select data_date, coalesce(data_date_end, data_date) as data_date_end, bytes_billed
from nba_reference.processor_run_history
where data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date and bytes_billed is not null
"""


class Cost(BaseModel):
    """US dollars, at `usd_per_tib`; None, and `reason`, where no step of the date said what it billed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes_billed: int | None
    day_usd: float | None
    season_usd: float | None
    usd_per_tib: float
    reason: str | None


def cost_of(platform: Platform, day: date) -> Cost:
    """Everything billed for a date so far, repeated runs included; of a step over a range, the date's even share."""
    price = platform.settings.bigquery_usd_per_tib
    if platform.settings.target is not Target.GCP:
        return _unknown(price, "the embedded warehouse bills nothing")
    steps = platform.warehouse.query(_STEPS, {"start_date": day}).to_pylist()
    if not steps:
        return _unknown(price, "no step of this date has said what it billed")
    billed = round(sum(map(_share, steps)))
    usd = billed / _TIB * price
    return Cost(bytes_billed=billed, day_usd=usd, season_usd=usd * SLATES_OF_A_SEASON, usd_per_tib=price, reason=None)


def _share(step: dict[str, Any]) -> float:
    return float(step["bytes_billed"] / ((step["data_date_end"] - step["data_date"]).days + 1))


def _unknown(price: float, reason: str) -> Cost:
    return Cost(bytes_billed=None, day_usd=None, season_usd=None, usd_per_tib=price, reason=reason)
