"""Commands on what batches left behind: list it, consolidate it by hand, remove it on purpose."""

import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import note, show_json
from nba_props.cli.shared import AsJson, Day, Home
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.assets.predictions.consolidation import Consolidated
    from nba_props.io.warehouse.base import StagingTable
    from nba_props.platform import Platform

staging = typer.Typer(
    help="What batches left behind: list, consolidate by hand, remove on purpose.", no_args_is_help=True
)

Batch = Annotated[str | None, typer.Option("--batch", metavar="ID", help="Only this batch.")]

_STATES = """
select batch_id, state, completion_pct, expected_players, failure_reason
from nba_predictions.prediction_batches
where game_date between @start_date and @end_date
"""


@staging.callback()
def _group(home: Home = None) -> None:
    """What batches left behind."""
    shared.home_before_command(home)


@staging.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """Staging tables that were not consolidated, oldest first, with the state of their batches."""
    platform = shared.opened(home)
    rows = staged_rows(platform, platform.warehouse.staging_tables())
    if as_json:
        show_json(rows)
        return
    from nba_props.cli import render

    render.staging(rows, platform.settings.staging_grace_minutes)


@staging.command()
def consolidate(
    date: Day,
    batch: Batch = None,
    min_completion: Annotated[
        float | None,
        typer.Option(
            "--min-completion", metavar="PCT", min=0, max=100, help="Merge from this share of players on, now."
        ),
    ] = None,
    accept_missing: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-missing", metavar="COL", help="Accept a column that staging lacks as NULL (repeatable)."
        ),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Merge what is staged for a date into the main table, then bring coverage and checks up to date."""
    platform = shared.opened(home)
    day = shared.day_of(date, platform)
    accepted = _columns(accept_missing or [])
    _refuse_unknown_batch(platform, day, batch)

    from nba_props.cli import render
    from nba_props.cli.runs import check_predictions, refresh_coverage, runs

    with runs(platform) as started:
        started.progress(f"consolidation {day}")
        done = _consolidate(started.runner.instance, platform, day, batch, min_completion, accepted)
        if done.batches:
            check_predictions(started, day)
            refresh_coverage(started, day)
    found = {
        "game_date": day,
        "batches": done.batches,
        "staged_rows": done.staged_rows,
        "inserted_rows": done.inserted_rows,
        "superseded_rows": done.superseded_rows,
        "partial": done.partial,
        "waiting": done.waiting,
        "failed": done.failed,
    }
    if as_json:
        show_json(found | {"failures": started.outcome.failures})
    else:
        render.consolidated(found, shared.with_home(f"nba-props export {day}", platform))
        render.failures(started.outcome.failures)
    is_error = bool(done.failed or started.outcome.failures)
    raise typer.Exit(2 if is_error else int(bool(done.waiting or done.partial)))


@staging.command()
def clean(
    batch: Batch = None,
    older_than: Annotated[
        float | None,
        typer.Option(
            "--older-than",
            metavar="MINUTES",
            min=0,
            help="Only staging of this age (default: the grace period, or any age with --batch).",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Remove staging tables, after asking. Their rows are gone; consolidated predictions are not touched."""
    platform = shared.opened(home)
    minutes = older_than if older_than is not None else (0.0 if batch else platform.settings.staging_grace_minutes)
    everything = platform.warehouse.staging_tables()
    if batch is not None and all(one.batch_id != batch for one in everything):
        _unknown_batch(batch, everything)
    doomed = _doomed(everything, batch, minutes, platform.now)
    rows = staged_rows(platform, doomed)

    from nba_props.assets.predictions.leftovers import remove
    from nba_props.cli import render

    if doomed and not yes:
        _ask(rows, platform.settings.staging_grace_minutes)
    removed = remove(platform, doomed, "its staging was removed by hand")
    if as_json:
        show_json({"removed": rows, "left": len(everything) - removed})
    else:
        render.cleaned(rows, len(everything) - removed, minutes)


# -- what the commands do ----------------------------------------------------------------------------------------------


def staged_rows(platform: "Platform", tables: "Sequence[StagingTable]") -> list[dict[str, Any]]:
    """Staging tables with age and the state of their batch (None where no batch of that id is recorded)."""
    if not tables:
        return []
    days = [one.game_date for one in tables]
    batches = platform.warehouse.query(_STATES, {"start_date": min(days), "end_date": max(days)}).to_pylist()
    by_id = {row["batch_id"]: row for row in batches}
    return [
        {
            "table_name": one.name,
            "batch_id": one.batch_id,
            "game_date": one.game_date,
            "system_id": one.system_id,
            "row_count": one.row_count,
            "created_at": one.created_at,
            "age_minutes": round((platform.now - one.created_at).total_seconds() / 60, 1),
            "batch_state": by_id.get(one.batch_id, {}).get("state"),
            "completion_pct": by_id.get(one.batch_id, {}).get("completion_pct"),
            "failure_reason": by_id.get(one.batch_id, {}).get("failure_reason"),
        }
        for one in tables
    ]


def _consolidate(
    instance: Any, platform: "Platform", day: date, batch: str | None, share: float | None, accepted: Sequence[str]
) -> "Consolidated":
    """Consolidate, recorded in the run history and shown in the UI as any other consolidation is."""
    import uuid

    import dagster as dg

    from nba_props.assets.predictions.consolidation import consolidate as merge
    from nba_props.history import recorded

    name = "predictions/player_prop_predictions"
    with recorded(platform, f"by_hand_{uuid.uuid4()}", name, day, day) as step:
        done = merge(platform, day, day, batch_id=batch, min_completion_pct=share, accept_missing=accepted)
        step.rows_written = done.inserted_rows
        step.skip_reason = None if done.batches else "nothing could be consolidated"
    if done.batches:
        metadata: dict[str, Any] = {
            "batches": ", ".join(done.batches),
            "rows_inserted": done.inserted_rows,
            "by": "staging consolidate",
        }
        instance.report_runless_asset_event(
            dg.AssetMaterialization(dg.AssetKey(name.split("/")), partition=day.isoformat(), metadata=metadata)
        )
    return done


def _columns(given: Sequence[str]) -> list[str]:
    from nba_props.catalog import table

    known = table("nba_predictions.player_prop_predictions").column_names
    wanted = [column for text in given for column in shared.listed(text)]
    for column in wanted:
        if column not in known:
            near = shared.did_you_mean(column, known, "columns are listed in docs/tables")
            raise BadInput(f"player_prop_predictions has no column {column!r}.", next_step=near)
    return wanted


def _refuse_unknown_batch(platform: "Platform", day: date, batch: str | None) -> None:
    staged = platform.warehouse.staging_tables()
    if batch is not None and all(one.batch_id != batch or one.game_date != day for one in staged):
        _unknown_batch(batch, [one for one in staged if one.game_date == day] or staged)


def _unknown_batch(batch: str, staged: "Sequence[StagingTable]") -> None:
    ids = sorted({one.batch_id for one in staged})
    left = f"staged are {', '.join(ids)}" if ids else "nothing is staged: nba-props staging list"
    raise BadInput(f"Nothing is staged of a batch {batch!r} there.", next_step=shared.did_you_mean(batch, ids, left))


def _doomed(tables: "Sequence[StagingTable]", batch: str | None, minutes: float, now: datetime) -> "list[StagingTable]":
    before = now - timedelta(minutes=minutes)
    return [one for one in tables if one.created_at <= before and batch in (None, one.batch_id)]


def _ask(rows: Sequence[dict[str, Any]], grace_minutes: float) -> None:
    """A person confirms; without one at the terminal, nothing is removed."""
    if not sys.stdin.isatty():
        raise BadInput(
            f"{len(rows)} staging tables would be removed, and nobody is at the terminal to confirm.",
            next_step="look at them with nba-props staging list, then add --yes",
        )
    from nba_props.cli import render

    render.staging(rows, grace_minutes, err=True)
    note(f"{sum(row['row_count'] for row in rows)} staged rows will be gone; staging consolidate would keep them.")
    typer.confirm(f"Remove these {len(rows)} staging tables?", abort=True, err=True)
