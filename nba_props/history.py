"""`processor_run_history`: one row a run and step, written when it starts and updated when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import NotReady
from nba_props.platform import Platform, code_version

HISTORY = table("nba_reference.processor_run_history")
_ERROR_LENGTH = 2000


@dataclass
class Step:
    """What a running step reports back: rows written, or why it was skipped."""

    rows_written: int | None = None
    skip_reason: str | None = None


@contextmanager
def recorded(
    platform: Platform, run_id: str, processor_name: str, start: date | None = None, end: date | None = None
) -> Iterator[Step]:
    """Record a step: `running` now; `success`, `skipped` or `failed` at the end. A failure is recorded and raised."""
    started = platform.now
    facts: dict[str, Any] = {
        "run_id": run_id,
        "processor_name": processor_name,
        "data_date": start,
        "data_date_end": end,
        "started_at": started,
        "dataset_prefix": platform.warehouse.prefix,
        "code_version": code_version(),
    }
    step = Step()
    _write(platform, facts | {"status": "running"})
    try:
        yield step
    except NotReady as reason:
        _write(platform, facts | _ended(platform, facts, step) | {"status": "skipped", "skip_reason": reason.message})
        raise
    except BaseException as error:
        message = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        _write(platform, facts | _ended(platform, facts, step) | {"status": "failed", "error_message": message})
        raise
    status = "skipped" if step.skip_reason else "success"
    _write(platform, facts | _ended(platform, facts, step) | {"status": status})


def _ended(platform: Platform, facts: dict[str, Any], step: Step) -> dict[str, Any]:
    finished = platform.now
    return {
        "finished_at": finished,
        "duration_seconds": (finished - facts["started_at"]).total_seconds(),
        "rows_written": step.rows_written,
        "skip_reason": step.skip_reason,
    }


def _write(platform: Platform, facts: dict[str, Any]) -> None:
    row = {column.name: facts.get(column.name) for column in HISTORY}
    platform.warehouse.upsert(HISTORY, pa.Table.from_pylist([row], schema=arrow_schema(HISTORY)))
