"""The embedded warehouse: one DuckDB file a home, opened briefly under a file lock; staging as one Parquet file a writer.

A writing DuckDB process excludes every other process, so no connection is ever held across Python work: each call opens,
does its one thing and lets go of the file. What belongs here: how the protocol's verbes become statements of one engine, and how its
refusals become errors a user can act on. What does not: SQL that means something, the files of staging, the lock itself.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from nba_props.catalog.model import Layer, Table, TableKind
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import arrow_schema, conform
from nba_props.catalog.render.duckdb import add_column, create_table, googlesql_type
from nba_props.catalog.render.sql import insert_range, upsert_merge
from nba_props.errors import BadInput, NbaPropsError, StorageFault, WarehouseBusy
from nba_props.io.disk import NEXT_STEP, disk_faults, file_lock, pauses
from nba_props.io.warehouse.base import STAGING_PREFIX, Params, StagingTable, UpsertCounts, column_types
from nba_props.io.warehouse.engine import attach, detach, engine
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.io.warehouse.sqltext import bound, render, tables_asked, unknown_table
from nba_props.io.warehouse.staging_files import StagingFiles

Preparation = Callable[[duckdb.DuckDBPyConnection], object]

_INCOMING = "_incoming"
_SELECT_INCOMING = f"SELECT * FROM nba_x.{_INCOMING}"
_STAGED = "_staged"
_STAGING_VIEW = "nba_monitoring.staging_tables"
_STAGING_LISTING = "_staging_listing"

_USERS_FAULT = (duckdb.ProgrammingError, duckdb.DataError, duckdb.IntegrityError, duckdb.NotSupportedError)
_FOREIGN_LOCK = "Conflicting lock is held"


class DuckDBWarehouse:
    """`Warehouse` on a directory: `{root}/warehouse.duckdb` and, for each prefix apart, `{root}/staging/*.parquet`."""

    def __init__(self, root: Path, prefix: str = "", lock_timeout_seconds: float = 120.0) -> None:
        self.root = Path(root)
        self.prefix = prefix
        self._timeout = lock_timeout_seconds
        self._file = self.root / "warehouse.duckdb"
        self._staging = StagingFiles(self.root / "staging" / prefix)

    # -- tables -------------------------------------------------------------------------------------------------------

    def ensure_tables(self, tables: Iterable[Table]) -> list[str]:
        self._staging.sweep()
        existing = self._existing()
        missing = [table for table in tables if table.kind is not TableKind.VIEW and table.full_name not in existing]
        if missing:
            with self._connection(write=True) as connection:
                for layer in dict.fromkeys(table.layer for table in missing):
                    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema(layer)}"')
                for table in missing:
                    connection.execute(create_table(table, self._schema(table.layer)))
        return [table.full_name for table in missing]

    def stored_columns(self, table: Table) -> dict[str, str] | None:
        if not self._is_there():
            return None
        with self._connection(write=False) as connection:
            return self._columns(table, connection)

    def add_columns(self, table: Table, names: Sequence[str]) -> None:
        with self._connection(write=True) as connection, _transaction(connection):
            for name in names:
                connection.execute(add_column(table[name], table, self._schema(table.layer)))

    # -- reading ------------------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        asked = tables_asked(sql)
        for name in asked:
            self._require_staging(name)
        engine_sql, values = self._rendered(sql, params)
        with self._connection(write=False) as connection:
            if _STAGING_VIEW in asked:
                connection.register(_STAGING_LISTING, self._staging_listing())
            return _plain(connection.sql(engine_sql, params=values).to_arrow_table())

    # -- writing ------------------------------------------------------------------------------------------------------

    def replace_range(self, table: Table, select: str, params: Params, start: date, end: date) -> int:
        given = {**params, "start_date": start, "end_date": end}
        if table.full_name not in tables_asked(select):
            return self._replace(table, select, given)
        rows = self._rendered(select, given)  # it reads what the replacement is about to delete
        return self._replace(table, _SELECT_INCOMING, given, lambda connection: _hold(connection, *rows))

    def replace_rows(self, table: Table, rows: pa.Table, start: date | None = None, end: date | None = None) -> int:
        rows = conform(table, rows)
        if table.partition_by is not None and (start is None or end is None):
            raise BadInput(f"{table.full_name} is replaced by range.", next_step="Give the first and the last date.")
        given = {"start_date": start, "end_date": end}
        return self._replace(table, _SELECT_INCOMING, given, lambda connection: connection.register(_INCOMING, rows))

    def _replace(self, table: Table, select: str, given: Params, prepare: Preparation | None = None) -> int:
        """Delete and insert in one transaction: as atomic as a MERGE, which this engine runs in quadratic time ON FALSE."""
        insert, values = self._rendered(insert_range(table, select), given)
        in_range = (
            f"WHERE {table.partition_by} BETWEEN @start_date AND @end_date" if table.partition_by else "WHERE TRUE"
        )
        delete, dates = self._rendered(f"DELETE FROM {table.full_name} {in_range}", given)
        with self._connection(write=True) as connection:
            self._refuse_drift(table, connection)
            if prepare:
                prepare(connection)
            with _transaction(connection):
                _count(connection, delete, dates)
                return _count(connection, insert, values)

    def upsert(self, table: Table, rows: pa.Table, *, keep_first: Sequence[str] = ()) -> UpsertCounts:
        rows = conform(table, rows)
        if rows.num_rows == 0:
            return UpsertCounts(0, 0)
        statement, _ = self._rendered(upsert_merge(table, f"nba_x.{_INCOMING}", tuple(keep_first)))
        size = f"SELECT COUNT(*) FROM {self._name(table)}"
        with self._connection(write=True) as connection:
            self._refuse_drift(table, connection)
            connection.register(_INCOMING, rows)
            before = _count(connection, size)
            changed = _count(connection, statement)
            inserted = _count(connection, size) - before
        return UpsertCounts(inserted, changed - inserted)

    def delete(self, table: Table, where: str, params: Params) -> int:
        statement, values = self._rendered(f"DELETE FROM {table.full_name} WHERE {where}", params)
        with self._connection(write=True) as connection:
            return _count(connection, statement, values)

    # -- staging ------------------------------------------------------------------------------------------------------

    def stage(self, table: Table, staging: StagingTable, rows: pa.Table) -> None:
        self._staging.write(staging, conform(table, rows))

    def staging_tables(self) -> list[StagingTable]:
        return self._staging.tables()

    def staging_columns(self, staging: StagingTable) -> dict[str, str]:
        return self._staging.columns(staging)

    def read_staging(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        return self._staging.read(staging, columns)

    def merge(self, statement: str, staged: Sequence[StagingTable], params: Params) -> int:
        for staging in staged:
            refuse_mismatch(staging.name, column_types(PLAYER_PROP_PREDICTIONS), self.staging_columns(staging))
        engine_sql, values = self._rendered(statement, params)
        with self._connection(write=True) as connection:
            if staged:
                files = _parquet([self._staging.path(staging.name) for staging in staged])
                connection.execute(f"CREATE TEMP VIEW {_STAGED} AS SELECT * FROM {files}")
            else:  # a batch may only withdraw
                connection.register(_STAGED, arrow_schema(PLAYER_PROP_PREDICTIONS).empty_table())
            return _count(connection, engine_sql, values)

    def drop_staging(self, staging: Sequence[StagingTable]) -> None:
        for one in staging:
            self._staging.drop(one)

    def lock(self, name: str, timeout_seconds: float = 600.0) -> AbstractContextManager[None]:
        path = self.root / "locks" / f"{self.prefix}{name}.lock"
        return file_lock(path, exclusive=True, timeout_seconds=timeout_seconds)

    # -- names and text --------------------------------------------------------------------------------------------------------

    def _schema(self, layer: Layer) -> str:
        return f"{self.prefix}{layer.dataset}"

    def _name(self, table: Table) -> str:
        return f'"{self._schema(table.layer)}"."{table.name}"'

    def _rendered(self, sql: str, params: Params | None = None) -> tuple[str, dict[str, Any]]:
        """The engine's text of a statement, and the values of the parameters it uses."""
        text, used = render(sql, "duckdb", self._rename)
        return text, bound(params, used)

    def _rename(self, dataset: str, name: str) -> str:
        """Engine text of a logical table name."""
        full_name = f"{dataset}.{name}"
        if name in (_INCOMING, _STAGED):
            return name
        if full_name == _STAGING_VIEW:
            return _STAGING_LISTING
        if _is_staging(full_name):
            return _parquet([self._staging.path(name)])
        if full_name not in TABLES:
            raise unknown_table(full_name)
        return f'"{self.prefix}{dataset}"."{name}"'

    def _require_staging(self, full_name: str) -> None:
        if _is_staging(full_name):
            self._staging.require(full_name.rpartition(".")[2])

    def _staging_listing(self) -> pa.Table:
        now = datetime.now(UTC)
        rows = [
            {
                "table_name": staging.name,
                "batch_id": staging.batch_id,
                "game_date": staging.game_date,
                "system_id": staging.system_id,
                "writer": staging.writer,
                "row_count": staging.row_count,
                "created_at": staging.created_at,
                "age_minutes": (now - staging.created_at).total_seconds() / 60,
            }
            for staging in self.staging_tables()
        ]
        return pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[_STAGING_VIEW]))

    # -- what is stored -----------------------------------------------------------------------------------------------

    def _existing(self) -> set[str]:
        if not self._is_there():
            return set()
        with self._connection(write=False) as connection:
            rows = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {f"{schema.removeprefix(self.prefix)}.{name}" for schema, name in rows if schema.startswith(self.prefix)}

    def _columns(self, table: Table, connection: duckdb.DuckDBPyConnection) -> dict[str, str] | None:
        try:
            rows = connection.execute(f"DESCRIBE {self._name(table)}").fetchall()
        except duckdb.CatalogException:
            return None
        return {name: googlesql_type(kind) for name, kind, *_ in rows}

    def _refuse_drift(self, table: Table, connection: duckdb.DuckDBPyConnection) -> None:
        found = self._columns(table, connection)
        if found is None:
            raise _not_created(table.full_name)
        refuse_mismatch(table.full_name, column_types(table), found)

    # -- the file -----------------------------------------------------------------------------------------------------

    def _is_there(self) -> bool:
        with disk_faults("Looking for the warehouse"):
            return self._file.exists()

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        if not write and not self._is_there():
            raise BadInput(
                f"There is no warehouse in {self.root}.",
                next_step="Import data first: nba-props import-history DIR (or nba-props demo).",
            )
        lock = file_lock(self.root / "warehouse.lock", exclusive=write, timeout_seconds=self._timeout)
        with lock, disk_faults("The warehouse"), engine() as connection:
            self._attach(connection, write)
            try:
                yield connection
                detach(connection)
            except duckdb.Error as error:
                raise self._told(error) from error

    def _attach(self, connection: duckdb.DuckDBPyConnection, write: bool) -> None:
        """Open the file, as soon as programs that know nothing of our lock (a DuckDB shell) have closed it."""
        for _ in pauses(time.monotonic() + self._timeout):
            try:
                return attach(connection, self._file, write=write)
            except duckdb.Error as error:
                refused = error
                if _FOREIGN_LOCK not in str(error):
                    break
        if _FOREIGN_LOCK in str(refused):
            raise WarehouseBusy(
                f"Another program has {self._file} open: {_said(refused)}",
                next_step="Close it there (a DuckDB shell, a database browser), then run this again.",
            ) from refused
        raise StorageFault(
            f"The warehouse cannot be opened: {_said(refused)}",
            next_step=f"{NEXT_STEP} If the file is damaged, restore it: docs/runbooks/backup-and-restore.md.",
        ) from refused

    def _told(self, error: duckdb.Error) -> NbaPropsError:
        """An engine's refusal as an error to act on: the statement's fault, or the disk's."""
        if isinstance(error, _USERS_FAULT):
            missing = re.search(r"Table with name (\S+) does not exist", str(error))
            known = [name for name in TABLES if missing and name.endswith(f".{missing[1]}")]
            if known:
                return _not_created(known[0])
            return BadInput(
                f"The statement cannot run: {_said(error)}",
                next_step="Correct it; tables and columns are described in docs/tables.",
            )
        if isinstance(error, duckdb.OutOfMemoryException):
            return StorageFault(
                f"The statement needs more memory or disk: {_said(error)}", next_step="Take fewer dates at once."
            )
        return StorageFault(f"The warehouse {self._file} failed: {_said(error)}", next_step=NEXT_STEP)


def _is_staging(full_name: str) -> bool:
    return full_name.startswith(f"{Layer.PREDICTIONS.dataset}.{STAGING_PREFIX}")


def _not_created(full_name: str) -> BadInput:
    return BadInput(f"{full_name} does not exist in this home yet.", next_step="Create the tables: nba-props init.")


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _hold(connection: duckdb.DuckDBPyConnection, select: str, values: dict[str, Any]) -> None:
    """Keep the rows of a SELECT for this connection."""
    connection.execute(f"CREATE TEMP TABLE {_INCOMING} AS {select}", values)


def _count(connection: duckdb.DuckDBPyConnection, sql: str, params: Any = None) -> int:
    """The one number that a counting or a writing statement answers with."""
    row = connection.execute(sql, params).fetchone()
    return int(row[0]) if row else 0


def _parquet(files: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{listed}])"


def _said(error: duckdb.Error) -> str:
    """The engine's message in one line, without its classes, its copy of the statement and its manual."""
    message = re.split(r"\n\s*LINE \d|See also http", str(error))[0]
    message = re.sub(r"^[A-Z][A-Za-z ]*? Error: ", "", message.strip())
    return " ".join(message.split())


def _plain(rows: pa.Table) -> pa.Table:
    """Engine results in the protocol's types: wide integers and decimals become int64 and double."""
    doubled = sorted({name for name in rows.column_names if rows.column_names.count(name) > 1})
    if doubled:
        raise BadInput(f"Two columns are called {', '.join(doubled)}.", next_step="Name each column once, with AS.")
    try:
        return rows.cast(pa.schema([pa.field(field.name, _plain_type(field.type)) for field in rows.schema]))
    except pa.ArrowInvalid as error:
        raise BadInput(f"A number is larger than INT64 holds: {error}", next_step="CAST it AS FLOAT64.") from error


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_integer(kind) or pa.types.is_null(kind):  # to GoogleSQL a bare NULL is an INT64
        return pa.int64()
    if pa.types.is_decimal(kind):
        return pa.int64() if kind.scale == 0 else pa.float64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp("us", tz="UTC")
    return kind
