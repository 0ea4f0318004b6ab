"""The warehouse protocol: what SQL, assets and checks may ask for, without knowing which engine answers."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import pyarrow as pa

from nba_props.catalog.model import Column, Table

Params = Mapping[str, Any]

STAGING_PREFIX = "_staging_"


@dataclass(frozen=True)
class UpsertCounts:
    """Rows a keyed write inserted and updated; equal rows are neither."""

    inserted: int
    updated: int

    @property
    def changed(self) -> int:
        return self.inserted + self.updated


@dataclass(frozen=True)
class StagingTable:
    """One writer's staging of one system of one batch. It describes itself: the name is for people."""

    batch_id: str
    game_date: date
    system_id: str
    writer: str
    created_at: datetime
    row_count: int = 0

    @property
    def name(self) -> str:
        return f"{STAGING_PREFIX}{self.batch_id}_{self.system_id}_{self.writer}"


class Warehouse(Protocol):
    """Tables of the catalogue, addressed by logical names; every write is atomic and idempotent.

    SQL is GoogleSQL with logical two-part names (`nba_raw.schedule`) and `@params` declared in `sqltext.PARAMETERS`.
    """

    prefix: str

    def ensure_tables(self, tables: Iterable[Table]) -> list[str]:
        """Create what is missing; names of what was created. A stored table whose columns differ is left alone."""
        ...

    def stored_columns(self, table: Table) -> dict[str, str] | None:
        """Column name -> GoogleSQL type as stored, or None if the table does not exist."""
        ...

    def add_columns(self, table: Table, names: Sequence[str]) -> None:
        """Add declared columns to a stored table, NULLABLE; ones that are there already are left alone."""
        ...

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        """Rows of a read-only statement. TIMESTAMP is `timestamp[us, UTC]`, DATE `date32`, INT64 `int64`, FLOAT64 `double`."""
        ...

    def replace_range(self, table: Table, select: str, params: Params, start: date, end: date) -> int:
        """Replace all rows of partitions start..end by a SELECT with exactly the declared columns; one statement; rows written."""
        ...

    def replace_rows(self, table: Table, rows: pa.Table, start: date | None = None, end: date | None = None) -> int:
        """As `replace_range`, from rows in memory; the whole table where it has no partition column (start and end None)."""
        ...

    def upsert(self, table: Table, rows: pa.Table, *, keep_first: Sequence[str] = ()) -> UpsertCounts:
        """Insert or update by grain. Rows equal apart from `keep_first` columns are untouched, and those columns never change."""
        ...

    def delete(self, table: Table, where: str, params: Params) -> int:
        """Delete rows of an operational table; rows deleted."""
        ...

    def stage(self, table: Table, staging: StagingTable, rows: pa.Table) -> None:
        """Write one staging table by load job (no DML), replacing an earlier one of the same name atomically."""
        ...

    def staging_tables(self) -> list[StagingTable]:
        """Everything staged and not yet dropped, oldest first."""
        ...

    def staging_columns(self, staging: StagingTable) -> dict[str, str]:
        """Column name -> GoogleSQL type of a staging table, for the parity check."""
        ...

    def read_staging(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        """The staged rows, all columns or the named ones."""
        ...

    def merge(self, statement: str, staged: Sequence[StagingTable], params: Params) -> int:
        """Run one MERGE whose text names the staged rows `nba_predictions._staged`; rows changed."""
        ...

    def drop_staging(self, staging: Sequence[StagingTable]) -> None:
        """Remove staging tables; missing ones are no error."""
        ...

    def lock(self, name: str, timeout_seconds: float = 600.0) -> AbstractContextManager[None]:
        """Hold a named lease against every other process of the same home or project (a slate being consolidated)."""
        ...


def column_types(columns: Iterable[Column]) -> dict[str, str]:
    """Column name -> GoogleSQL type name, as the parity checks compare them."""
    return {column.name: column.type.value for column in columns}
