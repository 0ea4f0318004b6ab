"""What a warehouse needs before its first run: tables, and the reference data that ships with the platform."""

from typing import Any

import pyarrow as pa

from nba_props.catalog import Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.names import PRODUCTION_ALIASES
from nba_props.domain.odds import BOOK_RANKING
from nba_props.platform import Platform

ALIASES = table("nba_reference.player_aliases")
BOOKMAKERS = table("nba_reference.bookmakers")


def prepare(platform: Platform) -> list[str]:
    """Create missing tables and ship missing reference rows; what a person changed stays. Names of tables created."""
    created = platform.ensure_tables()
    if created:
        _ship(platform, ALIASES, _aliases(platform))
        _ship(platform, BOOKMAKERS, _bookmakers())
    return created


def _ship(platform: Platform, target: Table, rows: list[dict[str, Any]]) -> None:
    mine = [name for name in target.column_names if name not in target.grain]
    platform.warehouse.upsert(target, pa.Table.from_pylist(rows, schema=arrow_schema(target)), keep_first=mine)


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
        for alias in PRODUCTION_ALIASES
    ]


def _bookmakers() -> list[dict[str, Any]]:
    return [
        {"bookmaker": book.key, "display_name": book.name, "book_rank": book.rank, "book_kind": book.kind}
        for book in BOOK_RANKING
    ]
