"""What ran, and what was removed of its record."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nba_props.cli.render.pieces import ends
from nba_props.cli.screen import minute, number, show, table

if TYPE_CHECKING:
    from nba_props.retention import Keep, Pruned


def runs(found: Sequence[Mapping[str, Any]], day: date | None) -> None:
    """Runs, newest first, each with a line for every step."""
    if not found:
        show(f"nothing ran for {day}" if day else "nothing ran")
        return
    headings = ("step", "dates", "status", "attempt", "rows", "bytes", "retries", "seconds", "why")
    for run in found:
        first = run["steps"][0]
        title = f"{minute(first['started_at'])}  {run['status']}  run {run['run_id']}  {first['code_version']}"
        show(table(headings, [_step(step) for step in run["steps"]], title=title, right=range(3, 8)))
    show("all that a run logged: nba-props ui, Runs, by its id")


def _step(step: Mapping[str, Any]) -> tuple[Any, ...]:
    first_and_last = ends([step[name] for name in ("data_date", "data_date_end") if step[name]])
    figures = ("rows_written", "bytes_processed", "retries")
    return (
        step["processor_name"],
        " to ".join(first_and_last) or "-",
        step["status"],
        step["attempt"],
        *("-" if step[name] is None else step[name] for name in figures),
        number(step["duration_seconds"]),
        step["error_message"] or step["skip_reason"] or "",
    )


def pruned(done: "Pruned", keep: "Keep", *, is_dry: bool) -> None:
    """What went, or would."""
    verb = "would remove" if is_dry else "removed"
    show(
        f"{verb} {done.runs} runs of Dagster, {done.ticks} ticks, {done.history_rows} rows of run history,"
        f" {done.metrics} metrics",
        f"kept: what succeeded for {keep.succeeded.days} days, anything else for {keep.others.days}",
    )
    if done.kept_runs:
        show(f"kept {done.kept_runs} older runs: each holds the newest materialisation of a partition")
    if not is_dry:
        show(f"space given back: {done.bytes_given_back / 1e6:.1f} MB")
    for one in done.left_alone:
        show(f"  not rewritten, run prune again when nothing else is running: {escape(one)}")
