"""Verdicts that end a command: of one date in full, of many dates in few queries, and the exit code they come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from nba_props.health import Finding, Level, State, Verdict, slate_facts, slate_findings, slate_verdict, state_of
from nba_props.platform import Platform

if TYPE_CHECKING:
    from nba_props.plan import FailedStep

_FAR_APART_DAYS = 40
"""Dates further apart than this are asked for separately: facts come by range."""


@dataclass(frozen=True)
class DateVerdict:
    """One line of a backfill's table."""

    game_date: date
    verdict: State
    games: int
    expected: int | None
    predicted: int | None
    coverage_pct: float | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "game_date": self.game_date,
            "verdict": self.verdict.value,
            "games": self.games,
            "expected": self.expected,
            "predicted": self.predicted,
            "coverage_pct": self.coverage_pct,
            "reasons": list(self.reasons),
        }


def verdict_of(platform: Platform, day: date) -> Verdict:
    """The full verdict of one date, as `status` gives it."""
    return slate_verdict(platform, day)


def verdicts_of(platform: Platform, days: Iterable[date]) -> list[DateVerdict]:
    """Verdicts of many dates by what their slates hold (exports and leftovers are `status`'s to judge, date by date)."""
    found: list[DateVerdict] = []
    for near in _near(sorted(set(days))):
        facts = slate_facts(platform, near[0], near[-1])
        for day in near:
            findings = slate_findings(facts[day])
            coverage = facts[day].coverage or {}
            found.append(
                DateVerdict(
                    day,
                    state_of(findings, bool(facts[day].games)),
                    len(facts[day].games),
                    coverage.get("expected"),
                    coverage.get("predicted"),
                    facts[day].coverage_pct,
                    _reasons(findings),
                )
            )
    return found


def failed_dates(verdicts: Iterable[DateVerdict], failed_steps: Sequence["FailedStep"]) -> dict[date, list[str]]:
    """Dates to run again with their reasons: not ready, or failed in a step other than one system of several."""
    found = {}
    for one in verdicts:
        reasons = [f"{step.key}: {step.cause}" for step in failed_steps if step.is_of(one.game_date)]
        is_failed = any(not _is_of_one_system(reason) for reason in reasons)
        if one.verdict.exit_code == 2 or is_failed:
            found[one.game_date] = [*reasons, *one.reasons]
    return found


def _reasons(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What was found, worst first, without the notes."""
    worst_first = sorted(findings, key=lambda finding: -finding.level)
    return tuple(finding.what for finding in worst_first if finding.level > Level.NOTE)


def _near(days: Sequence[date]) -> list[list[date]]:
    groups: list[list[date]] = []
    for day in days:
        if groups and (day - groups[-1][-1]).days <= _FAR_APART_DAYS:
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def exit_code(verdicts: Iterable[State], failures: Sequence[str]) -> int:
    """The worst verdict decides; a failed step is an error, unless it is one system of several that answered."""
    worst = max((state.exit_code for state in verdicts), default=0)
    if any(not _is_of_one_system(failure) for failure in failures):
        return 2
    return max(worst, 1) if failures else worst


def _is_of_one_system(failure: str) -> bool:
    return "predictions/staging_" in failure or "predictions__staging_" in failure
