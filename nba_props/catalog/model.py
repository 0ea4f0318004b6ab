"""What a table is: a pydantic row model plus grain, partition and clustering. No rendering here (see `render/`)."""

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict


class Layer(StrEnum):
    """One word per layer: asset folder, key prefix, group, catalogue module, `sql/` folder and dataset `nba_{layer}`."""

    RAW = "raw"
    REFERENCE = "reference"
    ANALYTICS = "analytics"
    PRECOMPUTE = "precompute"
    PREDICTIONS = "predictions"
    GRADING = "grading"
    EXPORTS = "exports"
    MONITORING = "monitoring"

    @property
    def dataset(self) -> str:
        """Dataset (schema) name without prefix, e.g. `nba_raw`."""
        return f"nba_{self.value}"


class ColumnType(StrEnum):
    """The GoogleSQL types in use. Renderers map them to each engine's own."""

    STRING = "STRING"
    INT64 = "INT64"
    FLOAT64 = "FLOAT64"
    BOOL = "BOOL"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"


_TYPES: dict[Any, ColumnType] = {
    str: ColumnType.STRING,
    int: ColumnType.INT64,
    float: ColumnType.FLOAT64,
    bool: ColumnType.BOOL,
    date: ColumnType.DATE,
    datetime: ColumnType.TIMESTAMP,
}


class Row(BaseModel):
    """Base of every row model: unknown columns are refused, never dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Column:
    """One column of one table, as every renderer sees it."""

    name: str
    type: ColumnType
    is_nullable: bool
    description: str


class TableKind(StrEnum):
    """Who fills a table."""

    ASSET = "asset"  # a Dagster asset owns it
    OPERATIONAL = (
        "operational"  # written as the platform runs (history, batches, check results); catalogued, not an asset
    )
    VIEW = "view"  # computed by the warehouse itself


class CatalogError(TypeError):
    """A table declaration that cannot be right; raised at import."""


def _column(name: str, annotation: Any, description: str | None) -> Column:
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    bare = [member for member in members if member is not type(None)]
    if len(bare) != 1 or bare[0] not in _TYPES:
        raise CatalogError(
            f"Column {name!r}: {annotation} is not one of {', '.join(t.__name__ for t in _TYPES)} or its optional form."
        )
    if not description:
        raise CatalogError(f"Column {name!r} has no description.")
    return Column(name, _TYPES[bare[0]], len(bare) < len(members), description)


@dataclass(frozen=True)
class Table:
    """One table of the platform.

    `grain` names the columns that identify a row; `partition_by` the DATE column replaced as a whole by a range write;
    `cluster_by` what queries filter; `reads` the tables it is built from, `reads_before` those of them of which only dates
    strictly before the row's own are read; `requires_filter` that a statement must say which partitions it means (an
    internal table: queries that people keep do not always say).
    """

    layer: Layer
    name: str
    description: str
    row: type[Row]
    grain: tuple[str, ...]
    partition_by: str | None = None
    cluster_by: tuple[str, ...] = ()
    kind: TableKind = TableKind.ASSET
    reads: tuple[str, ...] = field(default=())
    reads_before: tuple[str, ...] = field(default=())
    is_sql_built: bool = False
    requires_filter: bool = False

    def __post_init__(self) -> None:
        names = set(self.column_names)
        for role, columns in (
            ("grain", self.grain),
            ("cluster_by", self.cluster_by),
            ("partition_by", (self.partition_by,)),
        ):
            for column in columns:
                if column is not None and column not in names:
                    raise CatalogError(f"{self.full_name}: {role} names {column!r}, which is not a column.")
        for column in self.grain:
            if self[column].type is ColumnType.FLOAT64:
                raise CatalogError(
                    f"{self.full_name}: grain names FLOAT64 column {column!r}; key it as an integer (lines: line_x10)."
                )
            if self[column].is_nullable:
                raise CatalogError(
                    f"{self.full_name}: grain column {column!r} may be NULL, and NULL never matches in a MERGE."
                )
        if self.partition_by is not None and self[self.partition_by].type is not ColumnType.DATE:
            raise CatalogError(f"{self.full_name}: partition column {self.partition_by!r} is not a DATE.")
        if self.requires_filter and self.partition_by not in self.grain:
            raise CatalogError(f"{self.full_name}: requires_filter, but its grain does not say which partition.")
        if not set(self.reads_before) <= set(self.reads):
            raise CatalogError(f"{self.full_name}: reads_before names tables that reads does not.")
        if not self.grain and self.kind is not TableKind.VIEW:
            raise CatalogError(f"{self.full_name} has no grain.")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns in declared order."""
        fields = self.row.model_fields.items()
        return tuple(_column(name, info.annotation, info.description) for name, info in fields)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names in declared order."""
        return tuple(self.row.model_fields)

    @property
    def full_name(self) -> str:
        """Logical two-part name, e.g. `nba_raw.schedule`; a dataset prefix is added by the warehouse."""
        return f"{self.layer.dataset}.{self.name}"

    @property
    def asset_key(self) -> tuple[str, str]:
        """Dagster asset key path."""
        return (self.layer.value, self.name)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name!r}")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)
