"""The embedded warehouse: one DuckDB file a home, opened briefly under a file lock; staging as one Parquet file a writer.

A writing DuckDB process excludes every other process, so no connection is ever held across Python work: each call opens,
does its one thing and closes. Staging needs no lock at all: a Parquet file is renamed into place.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from nba_props.catalog.model import Layer, Table, TableKind
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import arrow_schema, conform
from nba_props.catalog.render.duckdb import create_table, googlesql_type
from nba_props.catalog.render.sql import insert_range, upsert_merge
from nba_props.errors import BadInput, StorageFault, WarehouseBusy
from nba_props.io.warehouse.base import STAGING_PREFIX, Params, StagingTable, UpsertCounts, column_types
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.io.warehouse.sqltext import bound, render

_INCOMING = "_incoming"
_STAGED = "_staged"
_STAGING_KEY = b"nba_props.staging"


class DuckDBWarehouse:
    """`Warehouse` on a directory: `{root}/warehouse.duckdb` and `{root}/staging/*.parquet`."""

    def __init__(self, root: Path, prefix: str = "", lock_timeout_seconds: float = 120.0) -> None:
        self.root = Path(root)
        self.prefix = prefix
        self._timeout = lock_timeout_seconds
        self._file = self.root / "warehouse.duckdb"
        self._staging_dir = self.root / "staging"

    # -- tables -------------------------------------------------------------------------------------------------------

    def ensure_tables(self, tables: Iterable[Table]) -> list[str]:
        wanted = [table for table in tables if table.kind is not TableKind.VIEW]
        with self._disk_faults():
            self._staging_dir.mkdir(parents=True, exist_ok=True)
        existing = self._existing()
        missing = [table for table in wanted if table.full_name not in existing]
        if missing:
            with self._connection(write=True) as connection:
                for layer in {table.layer for table in missing}:
                    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema(layer)}"')
                for table in missing:
                    connection.execute(create_table(table, self._schema(table.layer)))
        return [table.full_name for table in missing]

    def stored_columns(self, table: Table) -> dict[str, str] | None:
        if not self._file.exists():
            return None
        with self._connection(write=False) as connection:
            rows = connection.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
                [self._schema(table.layer), table.name],
            ).fetchall()
        return {name: googlesql_type(kind) for name, kind in rows} or None

    # -- reading ------------------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        engine_sql, used = render(sql, "duckdb", self._rename)
        with self._connection(write=False) as connection:
            if "staging_tables" in engine_sql:
                connection.register("_staging_listing", self._staging_listing())
            return _normal(connection.sql(engine_sql, params=bound(params, used)).to_arrow_table())

    # -- writing ------------------------------------------------------------------------------------------------------

    def replace_range(self, table: Table, select: str, params: Params, start: date, end: date) -> int:
        statement, used = render(insert_range(table, select), "duckdb", self._rename)
        values = bound({**params, "start_date": start, "end_date": end}, used)
        with self._connection(write=True) as connection:
            return self._replace(connection, table, statement, values, start, end)

    def replace_rows(self, table: Table, rows: pa.Table, start: date | None = None, end: date | None = None) -> int:
        rows = conform(table, rows)
        statement, used = render(insert_range(table, f"SELECT * FROM nba_x.{_INCOMING}"), "duckdb", self._rename)
        values = bound({"start_date": start, "end_date": end}, used)
        with self._connection(write=True) as connection:
            connection.register(_INCOMING, rows)
            return self._replace(connection, table, statement, values, start, end)

    def _replace(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        insert: str,
        values: dict[str, Any],
        start: date | None,
        end: date | None,
    ) -> int:
        """Delete and insert in one transaction: as atomic as a MERGE, which this engine runs in quadratic time ON FALSE."""
        self._refuse_drift(table, connection)
        in_range = f'WHERE "{table.partition_by}" BETWEEN $start AND $end' if table.partition_by else ""
        with _transaction(connection):
            connection.execute(
                f"DELETE FROM {self._name(table)} {in_range}", {"start": start, "end": end} if in_range else None
            )
            return _scalar(connection, insert, values)

    def upsert(self, table: Table, rows: pa.Table, *, keep_first: Sequence[str] = ()) -> UpsertCounts:
        rows = conform(table, rows)
        if rows.num_rows == 0:
            return UpsertCounts(0, 0)
        statement, _ = render(upsert_merge(table, f"nba_x.{_INCOMING}", tuple(keep_first)), "duckdb", self._rename)
        with self._connection(write=True) as connection:
            self._refuse_drift(table, connection)
            connection.register(_INCOMING, rows)
            before = _scalar(connection, f"SELECT COUNT(*) FROM {self._name(table)}")
            changed = _scalar(connection, statement)
            inserted = _scalar(connection, f"SELECT COUNT(*) FROM {self._name(table)}") - before
        return UpsertCounts(inserted, changed - inserted)

    def delete(self, table: Table, where: str, params: Params) -> int:
        statement, used = render(f"DELETE FROM {table.full_name} WHERE {where}", "duckdb", self._rename)
        with self._connection(write=True) as connection:
            return _scalar(connection, statement, bound(params, used))

    # -- staging ------------------------------------------------------------------------------------------------------

    def stage(self, table: Table, staging: StagingTable, rows: pa.Table) -> None:
        rows = conform(table, rows)
        facts = {
            "batch_id": staging.batch_id,
            "game_date": staging.game_date.isoformat(),
            "system_id": staging.system_id,
            "writer": staging.writer,
            "created_at": staging.created_at.isoformat(),
        }
        rows = rows.replace_schema_metadata({_STAGING_KEY: json.dumps(facts).encode()})
        final = self._staging_file(staging)
        partial = final.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
        with self._disk_faults():
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                pq.write_table(rows, partial, compression="zstd")
                with partial.open("rb") as written:
                    os.fsync(written.fileno())
                partial.replace(final)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise

    def staging_tables(self) -> list[StagingTable]:
        if not self._staging_dir.exists():
            return []
        found: list[StagingTable] = []
        for path in sorted(self._staging_dir.glob(f"{STAGING_PREFIX}*.parquet")):
            with suppress(FileNotFoundError):  # dropped by a consolidation between listing and reading
                found.append(self._describe(path))
        return sorted(found, key=lambda staging: (staging.created_at, staging.name))

    def staging_columns(self, staging: StagingTable) -> dict[str, str]:
        schema = pq.read_schema(self._staging_file(staging))
        return {field.name: _googlesql_of_arrow(field.type) for field in schema}

    def read_staging(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        return pq.read_table(self._staging_file(staging), columns=columns).replace_schema_metadata(None)

    def merge(self, statement: str, staged: Sequence[StagingTable], params: Params) -> int:
        engine_sql, used = render(statement, "duckdb", self._rename)
        files = [str(self._staging_file(staging)) for staging in staged]
        with self._connection(write=True) as connection:
            connection.execute(
                f"CREATE TEMP VIEW {_STAGED} AS SELECT * FROM read_parquet({_sql_list(files)}, union_by_name = true)"
            )
            return _scalar(connection, engine_sql, bound(params, used))

    def drop_staging(self, staging: Sequence[StagingTable]) -> None:
        with self._disk_faults():
            for one in staging:
                self._staging_file(one).unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str, timeout_seconds: float = 600.0) -> Iterator[None]:
        with _flock(self.root / "locks" / f"{name}.lock", exclusive=True, timeout_seconds=timeout_seconds):
            yield

    # -- inside -------------------------------------------------------------------------------------------------------

    def _schema(self, layer: Layer) -> str:
        return f"{self.prefix}{layer.dataset}"

    def _name(self, table: Table) -> str:
        return f'"{self._schema(table.layer)}"."{table.name}"'

    def _rename(self, dataset: str, name: str) -> str | None:
        """Engine text of a logical table name; None for what the engine knows by itself."""
        if name in (_INCOMING, _STAGED):
            return name
        if name.startswith(STAGING_PREFIX):
            path = self._staging_dir / f"{name}.parquet"
            if not path.exists():
                raise BadInput(f"There is no staging table {name}.", next_step="List them: nba-props staging list.")
            return f"read_parquet({_sql_list([str(path)])})"
        full_name = f"{dataset}.{name}"
        if full_name not in TABLES:
            raise BadInput(
                f"There is no table {full_name}.", next_step="Tables are listed in docs/tables, e.g. nba_raw.schedule."
            )
        if TABLES[full_name].kind is TableKind.VIEW:
            return "_staging_listing"
        return f'"{self.prefix}{dataset}"."{name}"'

    def _existing(self) -> set[str]:
        if not self._file.exists():
            return set()
        with self._connection(write=False) as connection:
            rows = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        return {f"{schema.removeprefix(self.prefix)}.{name}" for schema, name in rows if schema.startswith(self.prefix)}

    def _refuse_drift(self, table: Table, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
            [self._schema(table.layer), table.name],
        ).fetchall()
        if not rows:
            raise BadInput(
                f"{table.full_name} does not exist in this home yet.", next_step="Create the tables: nba-props init."
            )
        refuse_mismatch(table.full_name, column_types(table), {name: googlesql_type(kind) for name, kind in rows})

    def _staging_file(self, staging: StagingTable) -> Path:
        return self._staging_dir / f"{staging.name}.parquet"

    def _describe(self, path: Path) -> StagingTable:
        metadata = pq.read_metadata(path)
        facts = json.loads((metadata.metadata or {}).get(_STAGING_KEY, b"{}"))
        if not facts:
            raise StorageFault(
                f"{path.name} in the staging directory was not written by this platform.",
                next_step=f"Move it out of {path.parent}.",
            )
        return StagingTable(
            batch_id=facts["batch_id"],
            game_date=date.fromisoformat(facts["game_date"]),
            system_id=facts["system_id"],
            writer=facts["writer"],
            created_at=datetime.fromisoformat(facts["created_at"]),
            row_count=metadata.num_rows,
        )

    def _staging_listing(self) -> pa.Table:
        table = TABLES["nba_monitoring.staging_tables"]
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
        return pa.Table.from_pylist(rows, schema=arrow_schema(table))

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._disk_faults():
            self.root.mkdir(parents=True, exist_ok=True)
        if not write and not self._file.exists():
            raise BadInput(
                f"There is no warehouse in {self.root}.",
                next_step="Import data first: nba-props import-history DIR (or nba-props demo).",
            )
        with _flock(self.root / "warehouse.lock", exclusive=write, timeout_seconds=self._timeout), self._disk_faults():
            connection = duckdb.connect(str(self._file), read_only=not write)
            try:
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET preserve_insertion_order = false")
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _disk_faults(self) -> Iterator[None]:
        """A full, read-only or damaged disk becomes an error a user can act on; the file itself stays as it was."""
        try:
            yield
        except OSError as error:
            raise StorageFault(
                f"Writing below {self.root} failed: {error.strerror or error}.",
                next_step="Free space or make the directory writable, then run the same command again; nothing was lost.",
            ) from error
        except (
            duckdb.IOException,
            duckdb.OutOfMemoryException,
            duckdb.InternalException,
            duckdb.FatalException,
        ) as error:
            raise StorageFault(
                f"The warehouse file {self._file} could not be used: {_first_line(error)}",
                next_step="Free space or make the directory writable, then run the same command again; nothing was lost.",
            ) from error
        except (
            duckdb.CatalogException,
            duckdb.BinderException,
            duckdb.ConversionException,
            duckdb.ParserException,
        ) as error:
            raise BadInput(
                f"The statement cannot run: {_first_line(error)}",
                next_step="Check table and column names in docs/tables.",
            ) from error


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _flock(path: Path, *, exclusive: bool, timeout_seconds: float) -> Iterator[None]:
    """A file lock the kernel releases when its process dies; each holder has its own descriptor, so threads exclude too."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageFault(
            f"{path} cannot be opened: {error.strerror}.", next_step="Make the home directory writable (--home)."
        ) from error
    try:
        deadline = time.monotonic() + timeout_seconds
        pause = 0.002
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise WarehouseBusy(
                        f"Another process holds {path} for more than {timeout_seconds:.0f} s.",
                        next_step="Wait for the other command to end, then run this one again.",
                    ) from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.1)
        yield
    finally:
        os.close(descriptor)


def _scalar(connection: duckdb.DuckDBPyConnection, sql: str, params: Any = None) -> int:
    row = connection.execute(sql, params).fetchone() if params else connection.execute(sql).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _sql_list(values: Sequence[str]) -> str:
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _normal(rows: pa.Table) -> pa.Table:
    """Engine results in the protocol's types: wide integers and decimals become int64 and double."""
    fields = [pa.field(field.name, _normal_type(field.type)) for field in rows.schema]
    return rows.cast(pa.schema(fields))


def _normal_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_decimal(kind):
        return pa.int64() if kind.scale == 0 else pa.float64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp("us", tz="UTC")
    return kind


def _googlesql_of_arrow(kind: pa.DataType) -> str:
    checks = (
        (pa.types.is_integer, "INT64"),
        (pa.types.is_floating, "FLOAT64"),
        (pa.types.is_boolean, "BOOL"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_timestamp, "TIMESTAMP"),
        (pa.types.is_string, "STRING"),
        (pa.types.is_large_string, "STRING"),
    )
    for matches, name in checks:
        if matches(kind):
            return name
    return str(kind)
