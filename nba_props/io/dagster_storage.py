"""Dagster's own SQLite event log with its databases kept open: the same files, rows and schema at a fifth of the cost.

Dagster creates an engine and opens and closes a connection for every event it stores, several times for each partition
materialised. Here a file keeps one SQLAlchemy engine, and with it an open connection and the compiled statements.
What belongs here: how Dagster's SQLite files are opened. What does not: anything about what is stored in them
(secrets are taken out before, in `dagster_events.py`). A home
can move between this class and the stock one at any time, and processes of both kinds may work on it together.

In `dagster.yaml` (run and schedule storage stay Dagster's own: a run touches them a few dozen times in all):

    event_log_storage:
      module: nba_props.io.dagster_storage
      class: PooledSqliteEventLogStorage
      config:
        base_dir: /path/to/home/history/runs

Durability: `synchronous=NORMAL` under the write-ahead log. A killed process loses nothing it committed; a power cut may
lose the last transactions of this log, never the file's integrity. Events record what was done, while the tables they
speak of are durable by themselves: at worst a partition shows as missing and is run again.
"""

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import sqlalchemy as db
from dagster._core.storage.event_log.base import EventHandlerFn
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage, SqliteEventLogStorageWatchdog
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from nba_props.io.dagster_events import RedactedEvents

# Every run has a file of its own, and a web server reads many: the least recently used is closed.
OPEN_DATABASES = 8


class _OpenDatabase(NamedTuple):
    """An engine, and what its connections are good for: the process that opened them and the very file they opened."""

    engine: Engine
    process_id: int
    inode: int


class PooledSqliteEventLogStorage(RedactedEvents, SqliteEventLogStorage):
    """Dagster's SQLite event log with one engine per database file instead of one per event.

    Safe for several threads (the stock lock serialises them) and for several processes on one home (the write-ahead log
    and the stock busy timeout, as ever). A file deleted by another process (`dagster run wipe`) is noticed.
    """

    _obs: BaseObserver | None  # type: ignore[assignment]  # the stock class declares the None it begins with

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._databases: OrderedDict[str, _OpenDatabase] = OrderedDict()
        self._seen_tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        return cls(inst_data=inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        # Asked for every event. Only a yes is remembered: a migration by another process may add a table.
        if table_name not in self._seen_tables and super().has_table(table_name):
            self._seen_tables.add(table_name)
        return table_name in self._seen_tables

    def wipe(self) -> None:
        self._close_all()
        super().wipe()

    def delete_events(self, run_id: str) -> None:
        """As the stock class, but the run's own file goes: emptied, it would keep its size for ever."""
        with self.index_connection() as connection:
            self.delete_events_for_run(connection, run_id)
        with self._db_lock:
            self._close(run_id)
            for ending in ("", "-wal", "-shm"):
                Path(self.path_for_shard(run_id) + ending).unlink(missing_ok=True)
        self.free_concurrency_slots_for_run(run_id)

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """As the stock class, which the UI follows a run by, but looking where a database that stays open is written."""
        if self._obs is None:
            self._obs = Observer()
            self._obs.start()
        following = _Following(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (following, self._obs.schedule(following, self._base_dir, recursive=True))

    def dispose(self) -> None:
        super().dispose()
        self._close_all()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        path = Path(self.path_for_shard(shard))
        if not path.exists():
            self._initialized_dbs.discard(shard)
        elif shard in self._databases:
            database = self._databases[shard]
            if (database.process_id, database.inode) == (os.getpid(), path.stat().st_ino):
                self._databases.move_to_end(shard)
                return database.engine
        return self._open(shard, path)

    def _open(self, shard: str, path: Path) -> Engine:
        self._close(shard)
        engine = _keeping_one_connection(self.conn_string_for_shard(shard))
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._databases[shard] = _OpenDatabase(engine, os.getpid(), path.stat().st_ino)
        if len(self._databases) > OPEN_DATABASES:
            self._close(next(iter(self._databases)))
        return engine

    def _close(self, shard: str) -> None:
        if shard in self._databases:
            database = self._databases.pop(shard)
            # A connection inherited through a fork belongs to the parent: closing it here could take its log away.
            database.engine.dispose(close=database.process_id == os.getpid())

    def _close_all(self) -> None:
        with self._db_lock:
            for shard in list(self._databases):
                self._close(shard)


class _Following(SqliteEventLogStorageWatchdog):
    """Sees events as they are stored: they are in the write-ahead log until SQLite moves them, at the latest on closing."""

    def __init__(
        self, storage: PooledSqliteEventLogStorage, run_id: str, callback: EventHandlerFn, cursor: str | None
    ) -> None:
        super().__init__(storage, run_id, callback, cursor)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, _event: FileSystemEvent) -> None:
        self._process_log()


def _keeping_one_connection(url: str) -> Engine:
    engine = db.create_engine(url, pool_size=1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
    db.event.listen(engine, "connect", _leave_syncing_to_checkpoints)
    return engine


def _leave_syncing_to_checkpoints(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
