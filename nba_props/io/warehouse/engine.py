"""DuckDB engines to which a home's file is attached for one call: what they are set to, and when one is used again.

Starting an engine costs 20 ms, attaching a file 2, so that a thread keeps its engine between calls, with nothing attached:
no file is held while Python works. What is asked of the file, and under which lock, is decided in `duckdb.py`.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

_log = logging.getLogger(__name__)

_HOME = "home"
_NOT_MOVED = "CHECKPOINT during DETACH failed"
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET preserve_insertion_order = false",
    "SET enable_external_file_cache = false",  # a staging file may be replaced by another of its name
)


class _Idle(threading.local):
    """The engine this thread is not using, and the process that started it."""

    engine: duckdb.DuckDBPyConnection | None = None
    process_id = 0


_idle = _Idle()
_of_the_parent: list[duckdb.DuckDBPyConnection] = []


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine for one call. One that a call leaves by an error is closed and takes along whatever it still held."""
    taken = _taken()
    try:
        yield taken
        _tidied(taken)
        _idle.engine, _idle.process_id = taken, os.getpid()
    finally:
        if _idle.engine is not taken:
            taken.close()


def attach(connection: duckdb.DuckDBPyConnection, file: Path, *, write: bool) -> None:
    """Open a file, made if there is none and `write`, and have names without a database mean its tables."""
    path = str(file).replace("'", "''")
    connection.execute(f"ATTACH '{path}' AS {_HOME} ({'READ_WRITE' if write else 'READ_ONLY'})")
    connection.execute(f"USE {_HOME}")


def detach(connection: duckdb.DuckDBPyConnection) -> None:
    """Close the file. What was committed moves from the log beside it into the file, now or, on a full disk, another time."""
    connection.execute("USE memory")
    try:
        connection.execute(f"DETACH {_HOME}")
    except duckdb.Error as error:
        if _NOT_MOVED not in str(error):
            raise
        _log.warning(
            "The warehouse keeps its last write in its log: %s Free space on its disk.", str(error).split(". ")[-1]
        )


def _taken() -> duckdb.DuckDBPyConnection:
    idle, _idle.engine = _idle.engine, None
    if idle is not None and _idle.process_id == os.getpid():
        return idle
    if idle is not None:
        _of_the_parent.append(idle)  # its threads stayed behind at the fork: closing it would wait for them
    started = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    for setting in _SETTINGS:
        started.execute(setting)
    return started


def _tidied(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing of one call is there for the next: no view of staged files, no rows kept or registered."""
    left = connection.execute(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal"
        " UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary"
    ).fetchall()
    for name, kind in left:
        connection.execute(f'DROP {kind} temp."{name}"')
