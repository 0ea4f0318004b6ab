"""Bringing stored tables to their declarations: what is missing is made, anything else is refused before a change.

A column that the catalogue gained is added NULLABLE, also where it is declared required: neither engine adds a required
column to a stored table. New rows must have it all the same (`conform`, and a guard in each range replacement, see to
that); earlier ones hold NULL until their dates are built again. What belongs here: comparing, deciding, the order of the
changes. What does not: an engine's DDL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nba_props.catalog.model import Table, TableKind
from nba_props.errors import SchemaMismatch
from nba_props.io.warehouse.base import Warehouse, column_types

RUNBOOK = "docs/runbooks/changed-column.md"


@dataclass(frozen=True)
class Drift:
    """How a stored table differs from its declaration."""

    table: Table
    gained: tuple[str, ...]  # declared and not stored
    removed: tuple[str, ...]  # stored and no longer declared
    retyped: tuple[str, ...]  # "points (STRING, declared INT64)"

    @property
    def why_not(self) -> tuple[str, ...]:
        """Why the table cannot be brought to its declaration by adding columns; empty if it can."""
        keys = [name for name in self.gained if name in (*self.table.grain, self.table.partition_by)]
        reasons = {
            "no longer declared": self.removed,
            "stored with another type": self.retyped,
            "new in the grain or partition, where rows stored before would hold NULL": keys,
        }
        return tuple(f"{why}: {', '.join(columns)}" for why, columns in reasons.items() if columns)


@dataclass(frozen=True)
class Migration:
    """What a migration did: tables created, and the columns that each table gained."""

    created: list[str] = field(default_factory=list)
    added: dict[str, list[str]] = field(default_factory=dict)


class MigrationRefused(SchemaMismatch):
    """A stored table has what only a person may take away or convert. Nothing was changed, in any table."""

    def __init__(self, refused: dict[str, str], next_step: str) -> None:
        listed = "; ".join(f"{name}: {why}" for name, why in refused.items())
        super().__init__(f"Stored tables are not as declared ({listed}); nothing was changed.", next_step=next_step)
        self.refused = refused


def drifts(warehouse: Warehouse, tables: Iterable[Table]) -> list[Drift]:
    """The tables that are stored, but not as declared."""
    compared = (_compared(warehouse, table) for table in tables if table.kind is not TableKind.VIEW)
    return [drift for drift in compared if drift and (drift.gained or drift.removed or drift.retyped)]


def migrate(warehouse: Warehouse, tables: Iterable[Table]) -> Migration:
    """Create missing tables and add missing columns; MigrationRefused, with nothing changed, if that is not enough.

    Each step is whole by itself and looks at what is stored, so that one stopped between two goes on where it was.
    """
    tables = list(tables)
    found = drifts(warehouse, tables)
    refused = {drift.table.full_name: "; ".join(drift.why_not) for drift in found if drift.why_not}
    if refused:
        raise MigrationRefused(refused, _steps(warehouse, found))
    created = warehouse.ensure_tables(tables)
    for drift in found:
        warehouse.add_columns(drift.table, drift.gained)
    return Migration(created, {drift.table.full_name: list(drift.gained) for drift in found})


def _compared(warehouse: Warehouse, table: Table) -> Drift | None:
    stored = warehouse.stored_columns(table)
    if stored is None:
        return None
    declared = column_types(table)
    return Drift(
        table,
        gained=tuple(name for name in declared if name not in stored),
        removed=tuple(name for name in stored if name not in declared),
        retyped=tuple(
            f"{name} ({stored[name]}, declared {declared[name]})"
            for name in declared
            if name in stored and stored[name] != declared[name]
        ),
    )


def _steps(warehouse: Warehouse, found: list[Drift]) -> str:
    """For the first table that was refused: one statement where that is enough, else the runbook."""
    first = next(drift for drift in found if drift.why_not)
    stored = f"{warehouse.prefix}{first.table.full_name}"
    if first.removed and len(first.why_not) == 1:
        drops = ", ".join(f"DROP COLUMN {name}" for name in first.removed)
        return (
            f"If no one needs what is in it: back up, then ALTER TABLE {stored} {drops}; and nba-props init again."
            f" If it was renamed or is needed: {RUNBOOK}."
        )
    return f"Convert {stored} by the steps of {RUNBOOK}, then nba-props init again."
