"""Checks of coverage: expected players against predicted ones, as `nba_monitoring` has them.

They belong to the monitoring tables, not to the predictions: those are consolidated first, and coverage computed after.
"""

from collections import defaultdict
from datetime import date
from functools import partial
from typing import Any

from nba_props.catalog import table
from nba_props.checks.frame import Check, Outcome, Severity, Span, sql_check

COVERAGE = table("nba_monitoring.prediction_coverage")
MISSING = table("nba_monitoring.missing_predictions")

WARN_BELOW_PCT = 95.0
CRITICAL_BELOW_PCT = 85.0

_COVERAGE = """
select game_date, games, expected, predicted, coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all'
"""

_REASONS = """
select game_date, reason, count(*) as players
from nba_monitoring.missing_predictions
where game_date between @start_date and @end_date and is_expected
group by game_date, reason
order by game_date, players desc, reason
"""
_REASONS_SHOWN = 3


def _coverage_outcomes(threshold_pct: float, span: Span) -> list[Outcome]:
    covered = {row["game_date"]: row for row in span.query(_COVERAGE)}
    reasons: dict[date, list[str]] = defaultdict(list)
    for row in span.query(_REASONS):
        reasons[row["game_date"]].append(f"{row['reason']} {row['players']}")
    return [_judged(day, covered.get(day), reasons[day], threshold_pct) for day in span.slates]


def _judged(day: date, row: dict[str, Any] | None, reasons: list[str], threshold_pct: float) -> Outcome:
    if row is None:
        return Outcome(day, False, detail="coverage was not computed")
    if row["coverage_pct"] is None:
        return Outcome(day, False, detail=f"nobody is expected although {row['games']} game(s) are scheduled")
    detail = f"{row['predicted']} of {row['expected']} expected players predicted"
    if reasons:
        detail += f"; missing: {', '.join(reasons[:_REASONS_SHOWN])}"
    return Outcome(day, row["coverage_pct"] >= threshold_pct, row["coverage_pct"], detail)


def _coverage_check(threshold_pct: float, severity: Severity) -> Check:
    return Check(
        f"coverage_below_{threshold_pct:.0f}",
        COVERAGE,
        severity,
        f"At least {threshold_pct:.0f} % of the expected players have an active prediction of some system.",
        partial(_coverage_outcomes, threshold_pct),
        is_low_worse=True,
    )


COVERAGE_CHECKS = (
    _coverage_check(WARN_BELOW_PCT, Severity.WARNING),
    _coverage_check(CRITICAL_BELOW_PCT, Severity.ERROR),
    sql_check(
        "unknown_missing_reason",
        MISSING,
        Severity.ERROR,
        "Every missing player has a typed reason; none is still waiting once the slate's batch is consolidated.",
    ),
)
