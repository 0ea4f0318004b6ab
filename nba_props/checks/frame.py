"""What a check is, how it is run over a range of dates, and how its outcomes are kept.

Here belong the types, the running and `nba_monitoring.check_results`. Not here: any rule about the data (the other
modules and `sql/checks/`), and Dagster.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
from sqlglot import exp

from nba_props.catalog import Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.dates import slate_dates
from nba_props.domain.calendar import contiguous_runs
from nba_props.history import recorded
from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props.platform import Platform
from nba_props.request import parameters

RESULTS = table("nba_monitoring.check_results")

SOUND = "sound"
_FINDINGS_SHOWN = 5

_STORED = f"select {', '.join(RESULTS.column_names)} from {RESULTS.full_name}" + (
    " where game_date between @start_date and @end_date"
)


class Severity(StrEnum):
    """What a failure means."""

    INTEGRITY = "integrity"  # the numbers cannot be trusted: nothing downstream runs, nothing is published
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Outcome:
    """What a check found on one date: verdict, the figure judged, and words that stay equal while nothing changes."""

    game_date: date
    passed: bool
    value: float | None = None
    detail: str = SOUND


@dataclass(frozen=True)
class Span:
    """What checks judge: dates `start`..`end`, both inclusive, of one platform."""

    platform: Platform
    start: date
    end: date

    @cached_property
    def slates(self) -> tuple[date, ...]:
        """Dates with a game that counts, ascending: off days, preseason and all-star games are no slate."""
        return tuple(slate_dates(self.platform, self.start, self.end))

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a SELECT over @start_date..@end_date and the parameters that settings and clock decide."""
        dates = {"start_date": self.start, "end_date": self.end}
        rows: list[dict[str, Any]] = self.platform.warehouse.query(
            sql, parameters(self.platform, {}) | dates
        ).to_pylist()
        return rows


@dataclass(frozen=True)
class Check:
    """One rule about one table. `evaluate` gives an outcome for every slate date, and for an off day only a fault."""

    name: str
    table: Table
    severity: Severity
    description: str
    evaluate: Callable[[Span], list[Outcome]]
    is_low_worse: bool = False

    @property
    def asset(self) -> str:
        """The asset as `check_results` names it, e.g. predictions/player_prop_predictions."""
        return "/".join(self.table.asset_key)


@dataclass(frozen=True)
class CheckRun:
    """One check over one range."""

    check: Check
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def worst_value(self) -> float | None:
        """The most extreme figure: of the dates that failed, or of all if none did."""
        values = [outcome.value for outcome in self.failed or self.outcomes if outcome.value is not None]
        return (min if self.check.is_low_worse else max)(values, default=None)

    @property
    def summary(self) -> str:
        """One sentence: what was judged, and which dates failed."""
        if not self.outcomes:
            return "no slate"
        if self.passed:
            return f"{len(self.outcomes)} date(s) passed"
        first = self.failed[0]
        return f"{len(self.failed)} of {len(self.outcomes)} date(s) failed; {first.game_date}: {first.detail}"


def run_checks(
    platform: Platform, checks: Sequence[Check], start: date, end: date, run_id: str | None = None
) -> list[CheckRun]:
    """Evaluate the checks over the dates and keep an outcome per date; with a run id, in the run history too.

    An error while evaluating is raised: a check that could not look has neither passed nor failed.
    """
    if run_id is None:
        return _evaluate(platform, checks, start, end)[0]
    assets = {check.asset for check in checks}
    step_name = f"checks/{assets.pop()}" if len(assets) == 1 else "checks"
    with recorded(platform, run_id, step_name, start, end) as step:
        runs, step.rows_written = _evaluate(platform, checks, start, end)
    return runs


def sql_check(name: str, judged: Table, severity: Severity, description: str) -> Check:
    """A check whose rule is `sql/checks/{name}.sql`, a SELECT of (game_date, value FLOAT64, finding STRING).

    A row with a finding fails its date; one without only brings the figure.
    """
    return Check(name, judged, severity, description, lambda span: by_date(span.query(check_sql(name)), span.slates))


@lru_cache(maxsize=64)
def check_sql(name: str) -> str:
    """Text of the check's file."""
    return (SQL_ROOT / "checks" / f"{name}.sql").read_text(encoding="utf-8")


def by_date(rows: Iterable[Mapping[str, Any]], slates: Iterable[date]) -> list[Outcome]:
    """Rows of (game_date, value, finding) as one outcome a date: all findings in words, the largest figure."""
    of_day: dict[date, list[Mapping[str, Any]]] = {day: [] for day in slates}
    for row in rows:
        if row["finding"] is not None or row["game_date"] in of_day:
            of_day.setdefault(row["game_date"], []).append(row)
    return [_outcome(day, found) for day, found in sorted(of_day.items())]


def _outcome(day: date, rows: list[Mapping[str, Any]]) -> Outcome:
    faults = [row for row in rows if row["finding"] is not None]
    value = max((row["value"] for row in faults or rows if row["value"] is not None), default=None)
    return Outcome(day, not faults, value, in_words(row["finding"] for row in faults) if faults else SOUND)


def in_words(findings: Iterable[str]) -> str:
    """Findings in alphabetical order, the first few spelled out, so that equal faults read equal."""
    listed = sorted(findings)
    more = len(listed) - _FINDINGS_SHOWN
    return "; ".join(listed[:_FINDINGS_SHOWN]) + (f"; and {more} more" if more > 0 else "")


# -- keeping outcomes --------------------------------------------------------------------------------------------------


def _evaluate(platform: Platform, checks: Sequence[Check], start: date, end: date) -> tuple[list[CheckRun], int]:
    span = Span(platform, start, end)
    runs = [CheckRun(check, tuple(check.evaluate(span))) for check in checks]
    return runs, _keep(platform, runs, start, end)


def _keep(platform: Platform, runs: Sequence[CheckRun], start: date, end: date) -> int:
    """Bring `check_results` in line with the runs; rows changed. An outcome that is as stored keeps its checked_at."""
    rows = [_row(run.check, outcome) for run in runs for outcome in run.outcomes]
    days = [start, end, *(row["game_date"] for row in rows)]
    stored = platform.warehouse.query(_STORED, {"start_date": min(days), "end_date": max(days)}).to_pylist()
    known = {_grain(row): row for row in stored}
    now = platform.now
    changed = [row | {"checked_at": now} for row in rows if not _is_same(row, known.get(_grain(row)))]
    if changed:
        platform.warehouse.upsert(RESULTS, pa.Table.from_pylist(changed, schema=arrow_schema(RESULTS)))
    judged = {_grain(row) for row in rows}
    for run in runs:
        mine = (run.check.asset, run.check.name)
        stale = [
            day for day, *check in known if start <= day <= end and tuple(check) == mine and (day, *mine) not in judged
        ]
        _forget(platform, run.check, stale)
    return len(changed)


def _forget(platform: Platform, check: Check, days: Sequence[date]) -> None:
    """Outcomes of dates that are no slate any more (a game was moved)."""
    is_mine = exp.column("asset").eq(check.asset).and_(exp.column("check_name").eq(check.name)).sql("bigquery")
    for first, last in contiguous_runs(days):
        where = f"game_date BETWEEN @start_date AND @end_date AND {is_mine}"
        platform.warehouse.delete(RESULTS, where, {"start_date": first, "end_date": last})


def _row(check: Check, outcome: Outcome) -> dict[str, Any]:
    return {
        "game_date": outcome.game_date,
        "asset": check.asset,
        "check_name": check.name,
        "passed": outcome.passed,
        "severity": check.severity.value,
        "value": None if outcome.value is None else float(outcome.value),
        "detail": outcome.detail,
    }


def _grain(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in RESULTS.grain)


def _is_same(row: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
    return stored is not None and all(stored[name] == value for name, value in row.items())
