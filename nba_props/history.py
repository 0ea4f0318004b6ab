"""`processor_run_history`: one row a run and step, written when it starts and updated when it ends.

Here belongs writing it. What becomes of a row whose process died before it could is in `interrupted.py`.
"""

import logging
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import NbaPropsError, NotReady
from nba_props.io.job_context import Usage, job_context
from nba_props.io.liveness import at_work
from nba_props.io.redaction import redact
from nba_props.platform import Platform, code_version
from nba_props.settings import Target

HISTORY = table("nba_reference.processor_run_history")
HEARTBEAT_SECONDS = 300.0
"""How often a running row of a shared warehouse is renewed: rarely enough to cost nothing. `interrupted.SILENT_AFTER` follows."""

_ERROR_LENGTH = 2000
_MONTH = re.compile(r"/\d{4}-\d{2}$")

_log = logging.getLogger(__name__)


@dataclass
class Step:
    """What a running step reports back: rows written, or why it was skipped; and what its jobs used so far."""

    rows_written: int | None = None
    skip_reason: str | None = None
    usage: Usage = field(default_factory=Usage)

    @property
    def usage_metadata(self) -> dict[str, int]:
        """What the step's jobs used, as metadata of its asset; nothing where the engine does not say."""
        return {name: value for name, value in asdict(self.usage).items() if value is not None}


@contextmanager
def recorded(
    platform: Platform, run_id: str, processor_name: str, start: date | None = None, end: date | None = None
) -> Iterator[Step]:
    """Record a step: `running` now; `success`, `skipped`, `failed` or `interrupted` at the end. A failure is recorded and raised.

    A process that dies leaves `running`, and no sign of life: whoever looks next marks it (`interrupted.py`).
    The step's jobs are labelled with what it is, and what they use is summed up to the row's last writing.
    """
    labels = job_context(asset=processor_name, partition=_partition(start, end), run_id=run_id)
    with at_work(platform.home, run_id), labels as usage:
        yield from _recorded(platform, run_id, processor_name, start, end, Step(usage=usage))


def _partition(start: date | None, end: date | None) -> str:
    """The dates of a step, as a label: one, or the first and the last."""
    return "_".join(dict.fromkeys(day.isoformat() for day in (start, end) if day))


def _recorded(
    platform: Platform, run_id: str, processor_name: str, start: date | None, end: date | None, step: Step
) -> Iterator[Step]:
    started = platform.now
    facts: dict[str, Any] = {
        "run_id": run_id,
        "processor_name": processor_name,
        "asset": asset_of(processor_name),
        "data_date": start,
        "data_date_end": end,
        "started_at": started,
        "dataset_prefix": platform.warehouse.prefix,
        "code_version": code_version(),
        "process": f"{socket.gethostname()}:{os.getpid()}",
        "heartbeat_at": datetime.now(UTC),  # of the machine, not of a rehearsal: what it is compared with is too
    }
    _write(platform, facts | {"status": "running"})
    try:
        with _renewed(platform, facts):
            yield step
    except NotReady as reason:
        _write(platform, facts | _ended(platform, facts, step) | {"status": "skipped", "skip_reason": reason.message})
        raise
    except BaseException as error:
        message = redact(f"{type(error).__name__}: {error}")[:_ERROR_LENGTH]
        try:
            status = "failed" if isinstance(error, Exception) else "interrupted"  # stopped by a person or a signal
            _write(platform, facts | _ended(platform, facts, step) | {"status": status, "error_message": message})
        except NbaPropsError as unwritten:  # the warehouse may be what failed: the step's own error is the one to tell
            error.add_note(f"The run history does not say so: {unwritten}")
        raise
    status = "skipped" if step.skip_reason else "success"
    _write(platform, facts | _ended(platform, facts, step) | {"status": status})


def asset_of(processor_name: str) -> str:
    """The asset a step is of: `checks/exports/results` checks one, `predictions/xgboost_v1_model/2024-03` is one of its months."""
    return _MONTH.sub("", processor_name.removeprefix("checks/"))


@contextmanager
def _renewed(platform: Platform, facts: Mapping[str, Any]) -> Iterator[None]:
    """Renew the row while the step works, where machines that cannot see this process share the warehouse."""
    if platform.settings.target is not Target.GCP:
        yield
        return
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(platform, facts, done), name="run history", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()  # or it would write `running` over the step's end


def _renew(platform: Platform, facts: Mapping[str, Any], done: threading.Event) -> None:
    while not done.wait(HEARTBEAT_SECONDS):
        try:
            _write(platform, {**facts, "status": "running", "heartbeat_at": datetime.now(UTC)})
        except NbaPropsError as refusal:  # the next renewal may get through
            _log.warning("The run history could not be renewed: %s", refusal)


def _ended(platform: Platform, facts: dict[str, Any], step: Step) -> dict[str, Any]:
    finished = platform.now
    return {
        "finished_at": finished,
        "duration_seconds": (finished - facts["started_at"]).total_seconds(),
        "rows_written": step.rows_written,
        "skip_reason": step.skip_reason,
        **asdict(step.usage),
    }


def _write(platform: Platform, facts: Mapping[str, Any]) -> None:
    if facts["status"] != "running":
        platform.metrics.count("steps", processor=facts["processor_name"], status=facts["status"])
    row = {column.name: facts.get(column.name) for column in HISTORY}
    platform.warehouse.upsert(HISTORY, pa.Table.from_pylist([row], schema=arrow_schema(HISTORY)))
