"""What the warehouse's jobs are for, and what they cost: said once around a step, known wherever a job is made.

What belongs here: the labels of the step at work and the sums of what its jobs used. What does not: making a job, or
writing the sums down (`history.py`). A step is the innermost one; a thread started within it is outside.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

_LONGEST = 63
_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9_-]")


@dataclass
class Usage:
    """What the jobs of a step used, added up; None where the engine tells nothing of it (the embedded one)."""

    bytes_processed: int | None = None
    bytes_billed: int | None = None
    slot_ms: int | None = None
    retries: int | None = None

    def add(self, bytes_processed: int | None, bytes_billed: int | None, slot_ms: int | None) -> None:
        """Add what one job said of itself; what it left unsaid leaves the sum as it is."""
        self.bytes_processed = _sum(self.bytes_processed, bytes_processed)
        self.bytes_billed = _sum(self.bytes_billed, bytes_billed)
        self.slot_ms = _sum(self.slot_ms, slot_ms)
        self.retries = _sum(self.retries, 0)

    def add_retry(self) -> None:
        """Count a request that is made again."""
        self.retries = _sum(self.retries, 1)


@dataclass(frozen=True)
class _Step:
    labels: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


_step: ContextVar[_Step | None] = ContextVar("step", default=None)


@contextmanager
def job_context(*, asset: str, partition: str, run_id: str) -> Iterator[Usage]:
    """Label the jobs made in the block, and sum what they use; an empty value is no label."""
    given = {"asset": asset, "partition": partition, "run": run_id}
    step = _Step({name: label_value(value) for name, value in given.items() if value})
    token = _step.set(step)
    try:
        yield step.usage
    finally:
        _step.reset(token)


def job_labels() -> Mapping[str, str]:
    """Labels of the step at work; none outside of one."""
    step = _step.get()
    return step.labels if step else {}


def add_usage(bytes_processed: int | None, bytes_billed: int | None, slot_ms: int | None) -> None:
    """Add what a job used to the step at work; outside of one it is nobody's."""
    step = _step.get()
    if step:
        step.usage.add(bytes_processed, bytes_billed, slot_ms)


def add_retry() -> None:
    """Count a request that is made again for the step at work; outside of one it is nobody's."""
    step = _step.get()
    if step:
        step.usage.add_retry()


def label_value(text: str) -> str:
    """A text as BigQuery takes it for a label: lowercase letters, digits, `_` and `-`, at most 63 of them."""
    return _NOT_IN_A_LABEL.sub("_", text.lower())[:_LONGEST]


def _sum(so_far: int | None, more: int | None) -> int | None:
    return so_far if more is None else (so_far or 0) + more
