"""What Dagster's records hold that nobody needs any more: runs with their events, executions of checks, ticks.

One implementation for SQLite and PostgreSQL: Dagster's own table definitions, in bounded batches, because its client
reads whole runs to name them and says of none whether it matters. What belongs here: what may go, removing it, and giving a
SQLite file's space back. What does not: how long things are kept (`retention.py`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import sqlalchemy as db
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events
from dagster._core.storage.runs.schema import RunsTable as Runs
from dagster._core.storage.schedules.schema import JobTickTable as Ticks

if TYPE_CHECKING:
    from nba_props.retention import Keep

RUNS_AT_ONCE = 500
WORTH_REWRITING_SHARE = 0.1
"""Share of empty pages from which a SQLite file is rewritten."""

_SUCCESS = dg.DagsterRunStatus.SUCCESS.value
_OTHERS = (dg.DagsterRunStatus.FAILURE.value, dg.DagsterRunStatus.CANCELED.value)


def runs_to_keep(instance: dg.DagsterInstance) -> frozenset[str]:
    """Ids of runs that hold the newest materialisation of any asset and partition."""
    newest = (
        db.select(db.func.max(Events.c.id))
        .where(Events.c.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value)
        .group_by(Events.c.asset_key, Events.c.partition)
    )
    with _events(instance).index_connection() as connection:
        found = connection.execute(db.select(Events.c.run_id).distinct().where(Events.c.id.in_(newest)))
        return frozenset(row[0] for row in found)


def ended_runs(instance: dg.DagsterInstance, keep: "Keep", now: datetime) -> Iterator[str]:
    """Ids of runs that ended long enough before `now`, oldest first; those in progress are never among them."""
    after = 0
    while batch := _ended_after(instance, keep, now, after):
        yield from (run_id for _, run_id in batch)
        after = batch[-1][0]


def delete_run(instance: dg.DagsterInstance, run_id: str, checks_to_keep: Sequence[int]) -> None:
    """Remove a run: its events first, so that one who is interrupted finds the run again."""
    instance.event_log_storage.delete_events(run_id)
    with _events(instance).index_connection() as connection:
        connection.execute(db.delete(Checks).where(Checks.c.run_id == run_id, Checks.c.id.not_in(checks_to_keep)))
    instance.run_storage.delete_run(run_id)


def newest_checks(instance: dg.DagsterInstance) -> list[int]:
    """The newest execution of each check: what the UI shows of it."""
    newest = db.select(db.func.max(Checks.c.id)).group_by(Checks.c.asset_key, Checks.c.check_name, Checks.c.partition)
    with _events(instance).index_connection() as connection:
        return [row[0] for row in connection.execute(newest)]


def count_ticks(instance: dg.DagsterInstance, keep: "Keep", now: datetime) -> int:
    """Ticks that `delete_ticks` would remove."""
    with _ticks(instance).connect() as connection:
        return int(connection.execute(db.select(db.func.count()).where(_spent(keep, now))).scalar_one())


def delete_ticks(instance: dg.DagsterInstance, keep: "Keep", now: datetime) -> int:
    """Remove ticks that ended long enough before `now`, but the newest of each schedule and sensor; how many."""
    with _ticks(instance).connect() as connection:
        return int(connection.execute(db.delete(Ticks).where(_spent(keep, now))).rowcount)


def forget_cached_status(instance: dg.DagsterInstance) -> None:
    """Have Dagster count the partitions of each asset anew: what it remembers of failed ones may be of runs that are gone."""
    instance.wipe_asset_cached_status(instance.all_asset_keys())


def give_back(files: Iterable[Path]) -> tuple[int, list[str]]:
    """Rewrite SQLite files that are emptier than is worth keeping: (bytes given back, files left alone, with the reason)."""
    freed, left = 0, []
    for file in files:
        before = file.stat().st_size
        try:
            _rewrite(file)
        except sqlite3.OperationalError as refusal:
            left.append(f"{file}: {refusal}")
        freed += before - file.stat().st_size
    return freed, left


def _rewrite(file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None, timeout=5)
    try:
        pages, empty = (connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count"))
        if empty >= WORTH_REWRITING_SHARE * pages and empty:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _ended_after(instance: dg.DagsterInstance, keep: "Keep", now: datetime, after: int) -> list[tuple[int, str]]:
    old = db.or_(
        db.and_(Runs.c.status == _SUCCESS, Runs.c.update_timestamp < _naive(now - keep.succeeded)),
        db.and_(Runs.c.status.in_(_OTHERS), Runs.c.update_timestamp < _naive(now - keep.others)),
    )
    batch = db.select(Runs.c.id, Runs.c.run_id).where(Runs.c.id > after, old).order_by(Runs.c.id).limit(RUNS_AT_ONCE)
    runs: Any = instance.run_storage
    with runs.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(batch)]


def _spent(keep: "Keep", now: datetime) -> Any:
    newest = db.select(db.func.max(Ticks.c.id)).group_by(Ticks.c.job_origin_id, Ticks.c.selector_id)
    others = (TickStatus.SKIPPED.value, TickStatus.FAILURE.value)
    return db.and_(
        db.or_(
            db.and_(Ticks.c.status == TickStatus.SUCCESS.value, Ticks.c.timestamp < _naive(now - keep.succeeded)),
            db.and_(Ticks.c.status.in_(others), Ticks.c.timestamp < _naive(now - keep.others)),
        ),
        Ticks.c.id.not_in(newest),
    )


def _naive(instant: datetime) -> datetime:
    """As Dagster stores instants: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _events(instance: dg.DagsterInstance) -> Any:
    """The event log, with the connection that both kinds of storage have and their common base does not declare."""
    return instance.event_log_storage


def _ticks(instance: dg.DagsterInstance) -> Any:
    return instance.schedule_storage
