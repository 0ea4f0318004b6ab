"""Grades of a range by system, for people: the table the grading layer keeps, added up."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from nba_props.platform import Platform

_BY_SYSTEM = """
with days as (
    select
        system_id, predictions, predictions_with_line, voids, pushes, correct, incorrect, passes, profit_units,
        mae * (predictions - voids) as absolute_errors,
        bias * (predictions - voids) as signed_errors
    from nba_grading.system_daily_performance
    where game_date between @start_date and @end_date
)

select
    system_id,
    sum(predictions) as predictions,
    sum(predictions_with_line) as predictions_with_line,
    sum(voids) as voids,
    sum(pushes) as pushes,
    sum(correct) as correct,
    sum(incorrect) as incorrect,
    sum(passes) as passes,
    safe_divide(sum(absolute_errors), sum(predictions) - sum(voids)) as mae,
    safe_divide(sum(signed_errors), sum(predictions) - sum(voids)) as bias,
    safe_divide(sum(correct), sum(correct) + sum(incorrect)) as hit_rate,
    sum(profit_units) as profit_units
from days
group by system_id
order by mae, system_id
"""

_UNGRADED = """
select p.game_date, count(*) as rows_ungraded
from nba_predictions.player_prop_predictions as p
left join nba_grading.prediction_accuracy as g
    on g.game_date = p.game_date and g.game_date between @start_date and @end_date and g.game_id = p.game_id
    and g.universal_player_id = p.universal_player_id and g.system_id = p.system_id
where p.game_date between @start_date and @end_date and p.is_active and p.is_main_line and g.prediction_id is null
group by p.game_date
order by p.game_date
"""


@dataclass(frozen=True)
class Grades:
    """Grades of start..end by system, and main-line predictions that wait for a box score, by date."""

    start: date
    end: date
    systems: list[dict[str, Any]]
    waiting: dict[date, int]

    @property
    def ungraded(self) -> int:
        return sum(self.waiting.values())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def grades_of(platform: Platform, start: date, end: date) -> Grades:
    """What the grading layer holds of the range."""
    dates = {"start_date": start, "end_date": end}
    waiting = platform.warehouse.query(_UNGRADED, dates).to_pylist()
    return Grades(
        start,
        end,
        platform.warehouse.query(_BY_SYSTEM, dates).to_pylist(),
        {row["game_date"]: row["rows_ungraded"] for row in waiting},
    )
