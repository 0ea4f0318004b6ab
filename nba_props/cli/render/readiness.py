"""Whether slates are ready, what ran of them, and what it cost."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.markup import escape

from nba_props.cli.render.pieces import coloured, funnel, joined, short
from nba_props.cli.screen import minute, number, show, table
from nba_props.costs import SLATES_OF_A_SEASON

if TYPE_CHECKING:
    from nba_props.cli.verdicts import DateVerdict
    from nba_props.costs import Cost
    from nba_props.daemon_health import DaemonHealth
    from nba_props.health import Verdict


def verdict(found: "Verdict", *, figures: bool = False) -> None:
    """The verdict of a date: the word, the figures that matter, why, and what to do."""
    if found.coverage_pct is None:
        counted = f"{found.predictions} predictions"
    else:
        counted = f"{found.predicted} of {found.expected} expected players predicted ({found.coverage_pct:.1f} %)"
    show(f"{coloured(found.verdict.value)}  {found.game_date}  {found.games} games, {counted}")
    for reason in found.reasons:
        show(f"  - {escape(reason)}")
    if figures:
        _figures(found)


def _figures(found: "Verdict") -> None:
    last = found.last_consolidation
    facts = {
        "predictions in force": f"{found.predictions} rows, {found.players} players, {found.systems} systems",
        "coverage and loss": f"{number(found.coverage_pct)} % and {number(found.loss_pct)} %",
        "by system": joined({name: f"{number(pct)} %" for name, pct in found.coverage_by_system.items()}),
        "funnel": funnel(found.funnel),
        "missing": joined(found.missing) or "nobody",
        "excluded by design": joined(found.excluded_by_design) or "nobody",
        "staging left over": f"{found.staging_tables} tables of this date, {found.staging_tables_total} in all",
        "last consolidation": f"{last.batch_id}, {last.state}, {last.completion_pct:.1f} %, {minute(last.at)}"
        if last
        else "none",
        "export": f"{found.export_state}, {minute(found.exported_at)}{' (stale)' if found.is_export_stale else ''}",
        "unresolved quoted names": str(found.unresolved_names),
        "rows in quarantine": _by_source(found.quarantined),
        "payloads rejected": _by_source(found.rejected_payloads),
        "failed runs, 24 hours": str(found.failed_runs_24h),
        "steps that did not run": ", ".join(found.steps_not_run) or "none",
    }
    show("", *(f"  {name:<26}{escape(text)}" for name, text in facts.items()))


def _by_source(counts: "Mapping[str, Mapping[str, int]]") -> str:
    """What was not let in, by source, with the reasons: the season's."""
    said = (f"{source} {sum(reasons.values())} ({joined(dict(reasons))})" for source, reasons in counts.items())
    return "; ".join(said) or "none this season"


def daemon(found: "DaemonHealth") -> None:
    """Whether what runs by itself is alive, and what failed in it."""
    wanted = f"{len(found.switched_on)} schedules and sensors on" if found.is_wanted else "nothing is to run by itself"
    beat = f", last heartbeat {minute(max(found.heartbeats.values()))}" if found.heartbeats else ""
    failed = ", ".join(f"{one.name} {one.failures}{' (still)' if one.is_failing else ''}" for one in found.failed_ticks)
    facts = {
        "daemon": f"{found.pulse.value}{beat}; {wanted}",
        "its code location": found.code_location.value,
        "failed ticks, 24 hours": failed or ("unknown" if found.unreadable else "none"),
    }
    show(*(f"  {name:<26}{escape(text)}" for name, text in facts.items()))


def cost(found: "Cost") -> None:
    """What the date has cost so far, and what a season of such dates would."""
    if found.day_usd is None or found.season_usd is None:
        said = f"unknown: {found.reason}"
    else:
        said = f"${found.day_usd:.4f} this date, ${found.season_usd:.2f} a season of {SLATES_OF_A_SEASON} such dates"
        said += f", at ${found.usd_per_tib:g} a TiB billed"
    show(f"  {'cost, estimated':<26}{escape(said)}")


def verdicts(found: "Sequence[DateVerdict]") -> None:
    """One line a date."""
    rows = [
        (
            one.game_date,
            one.games,
            "-" if one.expected is None else one.expected,
            "-" if one.predicted is None else one.predicted,
            number(one.coverage_pct),
            one.verdict.value,
            short(one.reasons),
        )
        for one in found
    ]
    headings = ("date", "games", "expected", "predicted", "coverage %", "verdict", "why")
    show(table(headings, rows, right=(1, 2, 3, 4)))
    counts: dict[str, int] = {}
    for one in found:
        counts[one.verdict.value] = counts.get(one.verdict.value, 0) + 1
    show(f"{len(found)} dates: " + ", ".join(f"{coloured(word)} {count}" for word, count in counts.items()))


def failures(found: Sequence[str]) -> None:
    """Steps that failed, with their causes."""
    if found:
        show(f"[bold red]{len(found)} failed steps[/bold red]", *(f"  - {escape(one)}" for one in found))


def run_again(failed: Mapping[date, Sequence[str]], command: str) -> None:
    """Dates that did not come to their end, each with its reasons, and the command that runs them alone."""
    show(f"[red]{len(failed)} failed dates[/red]")
    for day, reasons in failed.items():
        show(f"  - {day}: {escape(short(reasons))}")
    show(f"run them again alone: {escape(command)}")
