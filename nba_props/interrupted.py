"""Runs whose process died: found, and marked `interrupted` in the run history and failed in Dagster.

A row is `running` only while somebody lives who will finish it. On the embedded warehouse every row is of a process of this
home, and the kernel knows whether it lives (`io/liveness.py`); a warehouse in the cloud is shared by machines that
share nothing else, so there a row of another home counts as dead once it has not been renewed for SILENT_AFTER (`history.py`).
Here belong the rule and the marking (docs/decisions/0018). Not here: recording a step, and running anything again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.io.liveness import Signs, signs_of_life
from nba_props.platform import Platform
from nba_props.settings import Target

HISTORY = table("nba_reference.processor_run_history")
SILENT_AFTER = timedelta(minutes=60)
"""A step of another machine is not coming back. More than three renewals, each of which may come as late as the warehouse is
asked again after an outage: HEARTBEAT_SECONDS and `cloud_patience_seconds` lie between two that both got through."""

REASON = (
    "The process ended without a word: killed, out of memory, or the machine stopped. What it had finished is kept."
)

_RUNNING = "select * from nba_reference.processor_run_history where status = 'running' order by started_at, run_id"

Row = Mapping[str, Any]


def mark_interrupted(platform: Platform) -> list[str]:
    """Mark what died since anybody looked; the steps marked, in words. Safe beside living runs, and to repeat at any point."""
    seen = {_key(row) for row in _running(platform)}
    with signs_of_life(platform.home) as signs:
        # Read again after looking: a step that ended in between wrote its end before it let go of its sign of life.
        rows = [row for row in (_running(platform) if seen else []) if _key(row) in seen]
        dead = [row for row in rows if is_dead(row, signs, platform.settings.target, datetime.now(UTC))]
        _mark(platform, dead)
        _fail_in_dagster(platform, signs.abandoned | {row["run_id"] for row in dead})
    return [f"{row['processor_name']} of run {row['run_id']}" for row in dead]


def is_dead(row: Row, signs: Signs, target: Target, now: datetime) -> bool:
    """TRUE if nobody lives who would finish the row."""
    if row["run_id"] in signs.at_work:
        return False
    if target is Target.LOCAL or row["run_id"] in signs.abandoned:
        return True
    return bool(now - (row["heartbeat_at"] or row["started_at"]) > SILENT_AFTER)


def _key(row: Row) -> tuple[str, str]:
    return row["run_id"], row["processor_name"]


def _running(platform: Platform) -> Sequence[Row]:
    rows: list[Row] = platform.warehouse.query(_RUNNING).to_pylist()
    return rows


def _mark(platform: Platform, rows: Sequence[Row]) -> None:
    if rows:
        facts = {"status": "interrupted", "finished_at": platform.now, "error_message": REASON}
        marked = [{**row, **facts} for row in rows]
        platform.warehouse.upsert(HISTORY, pa.Table.from_pylist(marked, schema=arrow_schema(HISTORY)))


def _fail_in_dagster(platform: Platform, run_ids: Collection[str]) -> None:
    """Tell Dagster too, where this home's instance knows the run and takes it for alive."""
    if not run_ids:
        return
    from nba_props.instance import open_instance

    with open_instance(platform) as instance:
        for run_id in sorted(run_ids):
            run = instance.get_run_by_id(run_id)
            if run is not None and not run.is_finished:
                instance.report_run_failed(run, REASON)
