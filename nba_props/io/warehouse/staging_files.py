"""Staging of the embedded warehouse: one Parquet file a writer, renamed into place, that describes itself.

Writers need no lock, whatever their number. A file counts from the moment it has its name; what a killed writer left
under a passing name is swept away later. What rows mean, and which may be merged, is decided elsewhere.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from nba_props.errors import BadInput, StorageFault
from nba_props.io.disk import disk_faults
from nba_props.io.warehouse.base import STAGING_PREFIX, StagingTable

_FACTS = b"nba_props.staging"
_PARTIAL = ".partial"
_ABANDONED_SECONDS = 3600.0

_GOOGLESQL = {
    pa.string(): "STRING",
    pa.large_string(): "STRING",
    pa.int64(): "INT64",
    pa.float64(): "FLOAT64",
    pa.bool_(): "BOOL",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}


class StagingFiles:
    """The staging tables in one directory, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, staging: StagingTable, rows: pa.Table) -> None:
        """Write rows under the staging table's name, in place of earlier ones, in one rename."""
        rows = rows.replace_schema_metadata({_FACTS: _facts(staging)})
        partial = self.root / f"{staging.name}.{uuid4().hex}{_PARTIAL}"
        with disk_faults(f"Staging {staging.name}"):
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                pq.write_table(rows, partial, compression="zstd")
                _flush(partial)
                partial.replace(self.path(staging.name))
                _flush(self.root)
            finally:
                partial.unlink(missing_ok=True)

    def tables(self) -> list[StagingTable]:
        """Every staging table, oldest first."""
        found = (self._described(path) for path in self.root.glob(f"{STAGING_PREFIX}*.parquet"))
        return sorted((one for one in found if one), key=lambda staging: (staging.created_at, staging.name))

    def columns(self, staging: StagingTable) -> dict[str, str]:
        """Column name -> GoogleSQL type (an Arrow type that no column is declared with keeps its own name)."""
        with self._reading(staging.name) as path:
            return {field.name: _GOOGLESQL.get(field.type, str(field.type)) for field in pq.read_schema(path)}

    def read(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows, with all columns or the named ones."""
        with self._reading(staging.name) as path:
            return pq.read_table(path, columns=columns).replace_schema_metadata(None)

    def drop(self, staging: StagingTable) -> None:
        """Remove a staging table, if it is there."""
        with disk_faults(f"Dropping {staging.name}"):
            self.path(staging.name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what writers that were killed left behind; one that is at work is younger."""
        with disk_faults("Tidying staging"):
            for path in self.root.glob(f"*{_PARTIAL}"):
                with suppress(FileNotFoundError):  # its writer has just finished
                    if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                        path.unlink()

    def path(self, name: str) -> Path:
        """Where a staging table of this name is kept."""
        return self.root / f"{name}.parquet"

    def require(self, name: str) -> Path:
        """The file of a staging table; BadInput if there is none."""
        path = self.path(name)
        if not path.exists():
            raise BadInput(f"There is no staging table {name}.", next_step="List them: nba-props staging list.")
        return path

    def _described(self, path: Path) -> StagingTable | None:
        """What a file says of itself; None if a consolidation dropped it since it was listed."""
        try:
            with self._reading(path.stem):
                metadata = pq.read_metadata(path)
        except BadInput:
            return None
        facts = json.loads((metadata.metadata or {}).get(_FACTS, b"{}"))
        if not facts:
            raise StorageFault(f"{path} is no staging table of this platform.", next_step="Move it out of there.")
        return StagingTable(
            batch_id=facts["batch_id"],
            game_date=date.fromisoformat(facts["game_date"]),
            system_id=facts["system_id"],
            writer=facts["writer"],
            created_at=datetime.fromisoformat(facts["created_at"]),
            row_count=metadata.num_rows,
        )

    @contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        with disk_faults(f"Reading {name}"):
            try:
                yield self.require(name)
            except FileNotFoundError:
                self.require(name)  # gone between the look and the reading
                raise
            except pa.ArrowInvalid as error:
                raise StorageFault(
                    f"{self.path(name)} is damaged: {error}.",
                    next_step="Delete that file, then run its slate again.",
                ) from error


def _facts(staging: StagingTable) -> bytes:
    return json.dumps(
        {
            "batch_id": staging.batch_id,
            "game_date": staging.game_date.isoformat(),
            "system_id": staging.system_id,
            "writer": staging.writer,
            "created_at": staging.created_at.isoformat(),
        }
    ).encode()


def _flush(path: Path) -> None:
    """Have the disk keep a file, or a directory's names, before anybody relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
