"""What the platform counts of itself: one small interface, aggregated in memory and written once a run.

A metric is an account of the work, never part of it: adding to one is a dictionary update under a lock, and the batch is
written when the run has ended. A sink that refuses fails no run (numbers are worth more than their count); the refusal
is an error in the run's log that says how many points were lost (docs/decisions/0011). What belongs here: the metrics there
are, the recorder, and the counting of writes, which is the same for every warehouse. What does not: other places where
facts occur, which name a metric and add to it; and where points go (`metric_sinks.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import wraps
from threading import Lock
from typing import Any, Protocol, TypeVar

from nba_props.catalog.model import Table
from nba_props.catalog.monitoring import METRICS as METRICS_TABLE
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.errors import NbaPropsError, WarehouseBusy
from nba_props.io.google_retry import CONCURRENT_UPDATE, reasons_of
from nba_props.io.job_context import add_retry
from nba_props.io.warehouse.base import Warehouse

_WRITES = ("replace_range", "replace_rows", "upsert", "delete", "stage", "merge")

W = TypeVar("W", bound=Warehouse)


class Kind(StrEnum):
    """How values of one run come together: counts add up, of a gauge the last one stands."""

    COUNT = "count"
    GAUGE = "gauge"


@dataclass(frozen=True)
class Metric:
    """One thing that is measured, and by which labels it is told apart."""

    name: str
    kind: Kind
    description: str
    labels: tuple[str, ...]


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("steps", Kind.COUNT, "Steps of runs that ended.", ("processor", "status")),
        Metric("write_attempts", Kind.COUNT, "Writes to the warehouse.", ("operation", "table", "outcome")),
        Metric("dml_rate_limits", Kind.COUNT, "Requests put off by a rate limit or another writer.", ("reason",)),
        Metric("consolidations", Kind.COUNT, "Batches a consolidation looked at.", ("outcome",)),
        Metric("coverage_pct", Kind.GAUGE, "Coverage of a slate that is not over, 0-100.", ("game_date",)),
    )
}


@dataclass(frozen=True)
class Point:
    """The value of one metric, under one set of labels, of one run."""

    metric: Metric
    labels: tuple[tuple[str, str], ...]
    value: float
    run_id: str
    at: datetime


Sink = Callable[[Sequence[Point]], None]


class Metrics(Protocol):
    """What may be asked of the metrics by whoever has something to count."""

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Add to a count."""
        ...

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...


class Recorder:
    """`Metrics` in memory until `flush`; safe for the threads of one process."""

    def __init__(self) -> None:
        self._values: dict[tuple[Metric, tuple[tuple[str, str], ...]], float] = {}
        self._lock = Lock()

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        key = _key(name, Kind.COUNT, labels)
        with self._lock:
            self._values[key] = self._values.get(key, 0) + by

    def gauge(self, name: str, value: float, **labels: str) -> None:
        key = _key(name, Kind.GAUGE, labels)
        with self._lock:
            self._values[key] = value

    def flush(self, run_id: str, at: datetime, sinks: Iterable[Sink]) -> list[str]:
        """Write what was recorded since the last time to every sink, each whatever the others say; the refusals, in words."""
        with self._lock:
            values, self._values = self._values, {}
        points = [Point(metric, labels, value, run_id, at) for (metric, labels), value in values.items()]
        refusals: list[str] = []
        for write in sinks if points else ():
            try:
                write(points)
            except NbaPropsError as refusal:
                refusals.append(f"{len(points)} metrics were not written: {refusal}")
        return refusals


def _key(name: str, kind: Kind, labels: Mapping[str, str]) -> tuple[Metric, tuple[tuple[str, str], ...]]:
    metric = METRICS[name]
    if metric.kind is not kind or set(labels) != set(metric.labels):
        raise TypeError(
            f"{name} is a {metric.kind} by {', '.join(metric.labels)}, not a {kind} by {', '.join(labels)}."
        )
    return metric, tuple(sorted(labels.items()))


# -- where facts of the warehouse occur -------------------------------------------------------------------------------


def counting_writes(warehouse: W, metrics: Metrics) -> W:
    """The same warehouse, each of its writes counted: ok, busy (another held it until patience ran out) or failed."""
    for operation in _WRITES:
        setattr(warehouse, operation, _counted(getattr(warehouse, operation), operation, metrics))
    return warehouse


def _counted(write: Callable[..., Any], operation: str, metrics: Metrics) -> Callable[..., Any]:
    @wraps(write)
    def counted(*args: Any, **kwargs: Any) -> Any:
        outcome = "failed"
        try:
            result = write(*args, **kwargs)
            outcome = "ok"
        except WarehouseBusy:
            outcome = "busy"
            raise
        finally:
            target = args[0] if isinstance(args[0], Table) else PLAYER_PROP_PREDICTIONS  # a MERGE is of one table
            if target is not METRICS_TABLE:  # else every batch of metrics would be the first entry of the next
                metrics.count("write_attempts", operation=operation, table=target.full_name, outcome=outcome)
        return result

    return counted


def counting_rate_limits(metrics: Metrics) -> Callable[[Exception], None]:
    """What a client's retry calls with each refusal that will be tried again (`on_retry=`): limits and conflicts are counted."""

    def count(error: Exception) -> None:
        add_retry()
        reason = _rate_limit(error)
        if reason is not None:
            metrics.count("dml_rate_limits", reason=reason)

    return count


def _rate_limit(error: Exception) -> str | None:
    """The reason of a refusal that is a limit (by its own word, or as HTTP 429) or a conflict of writers; else None."""
    limits = reasons_of(error) & {"rateLimitExceeded", "jobRateLimitExceeded"}
    if limits or getattr(error, "code", None) == 429:
        return min(limits, default="rateLimitExceeded")
    return "concurrentUpdate" if CONCURRENT_UPDATE in str(error) else None
