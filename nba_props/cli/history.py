"""Commands on what ran: the newest runs with their steps, and the removal of what is too old to matter."""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nba_props.cli import shared
from nba_props.cli.screen import show_json
from nba_props.cli.shared import AsJson, Home

if TYPE_CHECKING:
    from nba_props.platform import Platform


class _ListsUnlessTold(TyperGroup):
    """`history 2024-01-31` is `history list 2024-01-31`: the date stands where a sub-command would."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_told = bool({*self.commands, "--help"} & set(args))
        return super().parse_args(ctx, args if is_told else ["list", *args])


history = typer.Typer(
    cls=_ListsUnlessTold,
    help="What ran: history [DATE] lists the newest runs with their steps; prune removes what is too old to matter.",
)

# An attempt counts those before it at the same step and dates, since one succeeded.
_STEPS = """
with told as (
    select
        h.*,
        countif(status = 'success') over (
            partition by processor_name, data_date, data_date_end order by started_at, run_id
            rows between unbounded preceding and 1 preceding
        ) as successes_before
    from nba_reference.processor_run_history as h
),

counted as (
    select
        t.*,
        row_number() over (
            partition by processor_name, data_date, data_date_end, successes_before order by started_at, run_id
        ) as attempt
    from told as t
),

wanted as (
    select c.*
    from counted as c
    where
        (
            @start_date is null
            or (data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date)
        )
        and (not @only_failed or status in ('failed', 'interrupted'))
),

runs as (
    select run_id, max(started_at) as last_at
    from wanted
    group by run_id
),

placed as (
    select run_id, row_number() over (order by last_at desc, run_id) as place
    from runs
)

select
    w.run_id, w.processor_name, w.asset, w.data_date, w.data_date_end, w.status, w.attempt, w.started_at, w.finished_at,
    w.duration_seconds, w.rows_written, w.bytes_processed, w.bytes_billed, w.slot_ms, w.retries, w.skip_reason,
    w.error_message, w.code_version, w.process
from wanted as w
join placed as p on p.run_id = w.run_id
where p.place <= @row_limit
order by p.place, w.started_at, w.processor_name
"""


@history.callback()
def _group(home: Home = None) -> None:
    """What ran."""
    shared.home_before_command(home)


@history.command("list")
def list_(
    date: Annotated[
        str | None, typer.Argument(metavar="[DATE]", help="Only steps of this slate date.", show_default=False)
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only steps that failed, or were stopped or killed.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many runs.")] = 10,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The newest runs with their steps: dates, outcome, rows, bytes, time, retries, code version, and why."""
    platform = shared.opened(home)
    shared.settle(platform)
    day = None if date is None else shared.day_of(date, platform)
    found = runs_of(platform, day, only_failed=failed, limit=limit)
    if as_json:
        show_json({"runs": found})
        return
    from nba_props.cli import render

    render.runs(found, day)


@history.command()
def prune(
    keep_days: Annotated[
        int | None,
        typer.Option(
            "--keep-days",
            metavar="N",
            min=0,
            help="Keep so many days of everything (default: NBA_PROPS_KEEP_RUNS_DAYS and NBA_PROPS_KEEP_FAILED_RUNS_DAYS).",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Remove old runs of Dagster, ticks, run history and metrics; what says that a date is built stays."""
    platform = shared.opened(home)
    shared.settle(platform)

    from nba_props.cli.screen import Progress
    from nba_props.retention import keep_of
    from nba_props.retention import prune as remove

    keep = keep_of(platform, keep_days)
    with Progress() as progress:
        done = remove(platform, keep, is_dry=dry_run, progress=progress)
    if as_json:
        days = {"keep_succeeded_days": keep.succeeded.days, "keep_others_days": keep.others.days}
        show_json({"is_dry_run": dry_run, **days, **asdict(done)})
        return
    from nba_props.cli import render

    render.pruned(done, keep, is_dry=dry_run)


def runs_of(platform: "Platform", day: date | None, *, only_failed: bool, limit: int) -> list[dict[str, Any]]:
    """Runs, newest first, each with its steps in the order in which they started."""
    values = {"start_date": day, "only_failed": only_failed, "row_limit": limit}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in shared.rows_of(platform.warehouse.query(_STEPS, values)):
        found.setdefault(row.pop("run_id"), []).append(row)
    return [{"run_id": run_id, "status": status_of(steps), "steps": steps} for run_id, steps in found.items()]


def status_of(steps: list[dict[str, Any]]) -> str:
    """What a run came to: the worst of its steps."""
    found = {step["status"] for step in steps}
    return next(one for one in ("running", "failed", "interrupted", "success", "skipped") if one in found)
