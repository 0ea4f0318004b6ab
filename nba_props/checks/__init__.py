"""Checks: what must be true of each table on each slate date, generated from the catalogue and written by hand.

`frame` says what a check is and keeps the outcomes, `registry` lists them all, `definitions` tells Dagster. Nothing
here changes a table other than `nba_monitoring.check_results`; what a failure means for publishing is not decided here.
"""

from nba_props.checks.definitions import build_checks
from nba_props.checks.frame import Check, CheckRun, Outcome, Severity, Span, run_checks
from nba_props.checks.registry import CHECKS

__all__ = ["CHECKS", "Check", "CheckRun", "Outcome", "Severity", "Span", "build_checks", "run_checks"]
