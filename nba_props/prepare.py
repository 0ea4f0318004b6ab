"""What a warehouse needs before its first run: tables as declared, and the reference data that ships with the platform."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from nba_props.catalog import TABLES, Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.names import SHIPPED_ALIASES
from nba_props.domain.odds import BOOK_RANKING
from nba_props.io.warehouse.base import UpsertCounts
from nba_props.io.warehouse.migration import Migration
from nba_props.io.warehouse.migration import migrate as migrate_tables
from nba_props.platform import Platform

ALIASES = table("nba_reference.player_aliases")
BOOKMAKERS = table("nba_reference.bookmakers")


@dataclass(frozen=True)
class Prepared:
    """What `init` did: tables created, columns that tables gained, reference rows shipped."""

    created: list[str]
    added: dict[str, list[str]]
    shipped: int


def prepare(platform: Platform) -> list[str]:
    """Create missing tables and ship reference rows to new ones; what a person changed stays. Names of tables created."""
    created = platform.ensure_tables()
    if created or not _is_shipped(platform):
        _ship_all(platform)
    return created


def migrate(platform: Platform) -> Prepared:
    """As `prepare`, and bring stored tables to their declarations; MigrationRefused, with nothing changed, where it cannot."""
    done: Migration = migrate_tables(platform.warehouse, TABLES.values())
    return Prepared(done.created, done.added, _ship_all(platform))


def _is_shipped(platform: Platform) -> bool:
    """FALSE after a first start that was killed between the tables and their rows: books come last."""
    rows = platform.warehouse.query(f"SELECT COUNT(*) AS books FROM {BOOKMAKERS.full_name}")
    return int(rows["books"][0].as_py()) > 0


def _ship_all(platform: Platform) -> int:
    """Reference rows that were missing and are there now."""
    shipped = _ship(platform, ALIASES, _aliases(platform)), _ship(platform, BOOKMAKERS, _bookmakers())
    return sum(counts.inserted for counts in shipped)


def _ship(platform: Platform, target: Table, rows: list[dict[str, Any]]) -> UpsertCounts:
    mine = [name for name in target.column_names if name not in target.grain]
    return platform.warehouse.upsert(target, pa.Table.from_pylist(rows, schema=arrow_schema(target)), keep_first=mine)


def _aliases(platform: Platform) -> list[dict[str, Any]]:
    return [
        {
            "alias_lookup": alias.alias_lookup,
            "canonical_lookup": alias.canonical_lookup,
            "alias_type": alias.alias_type,
            "is_active": alias.is_active,
            "notes": "shipped with the platform",
            "created_at": platform.now,
        }
        for alias in SHIPPED_ALIASES
    ]


def _bookmakers() -> list[dict[str, Any]]:
    return [
        {"bookmaker": book.key, "display_name": book.name, "book_rank": book.rank, "book_kind": book.kind}
        for book in BOOK_RANKING
    ]
