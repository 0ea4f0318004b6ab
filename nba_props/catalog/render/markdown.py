"""The data dictionary: one page a table and an index, written to `docs/tables` and committed.

Run `python -m nba_props.catalog.render.markdown docs/tables` after changing the catalogue.
"""

import re
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from nba_props.catalog.model import Column, Table, TableKind
from nba_props.catalog.registry import TABLES

REGENERATE = "python -m nba_props.catalog.render.markdown docs/tables"
INDEX_NAME = "README.md"

_MARK = f"<!-- Generated from nba_props/catalog; do not edit. To regenerate: {REGENERATE} -->\n"


def table_page(table: Table) -> str:
    """The table's page: what it is for, how it is stored and built, and every column."""
    facts = "\n".join(f"| {name} | {value} |" for name, value in _facts(table))
    columns = "\n".join(_column_row(column) for column in table)
    return f"""{_MARK}
# {table.full_name}

{_text(table.description)}

| | |
|---|---|
{facts}

## Columns

| Column | Type | NULL | Description |
|---|---|---|---|
{columns}
"""


def index_page(tables: Iterable[Table]) -> str:
    """Every table under its layer, in the order given, with its grain and purpose."""
    layers = "\n".join(_layer_section(layer, members) for layer, members in groupby(tables, lambda table: table.layer))
    return f"""{_MARK}
# Tables

One page a table. Names are logical: a warehouse may put a prefix before the dataset.

{layers}"""


def write_pages(directory: Path) -> None:
    """Write the index and every table's page, and remove generated pages of tables that are no more."""
    pages = {_page_name(table): table_page(table) for table in TABLES.values()}
    pages[INDEX_NAME] = index_page(TABLES.values())
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.md"):
        if path.name not in pages and path.read_text(encoding="utf-8").startswith(_MARK):
            path.unlink()
    for name, text in pages.items():
        (directory / name).write_text(text, encoding="utf-8")


def _facts(table: Table) -> list[tuple[str, str]]:
    readers = [other.full_name for other in TABLES.values() if table.full_name in other.reads]
    return [
        ("Layer", table.layer.value),
        ("Kind", _KINDS[table.kind]),
        ("Grain", _codes(table.grain) or "none"),
        ("Partition", _partition(table)),
        ("Clustering", _codes(table.cluster_by) or "none"),
        ("Built by", _built_by(table)),
        ("Reads", _links(table.reads) or "none declared"),
        ("Read by", _links(readers) or "no table"),
    ]


def _partition(table: Table) -> str:
    if table.partition_by is None:
        return "none"
    return f"{_codes([table.partition_by])}{', which every query must filter' if table.requires_filter else ''}"


_KINDS: dict[TableKind, str] = {
    TableKind.ASSET: "asset",
    TableKind.OPERATIONAL: "operational (written as the platform runs; no asset)",
    TableKind.VIEW: "view (computed by the warehouse itself)",
}


def _built_by(table: Table) -> str:
    if table.is_sql_built:
        path = f"sql/{table.layer.value}/{table.name}.sql"
        return f"[`{path}`](../../{path})"
    return f"asset `{'/'.join(table.asset_key)}`" if table.kind is TableKind.ASSET else "the platform itself"


def _layer_section(layer: str, tables: Iterable[Table]) -> str:
    rows = "\n".join(
        f"| {_links([table.full_name])} | {table.kind.value} | {_codes(table.grain)} | {_text(table.description)} |"
        for table in tables
    )
    return f"""## {layer}

| Table | Kind | Grain | Purpose |
|---|---|---|---|
{rows}
"""


def _column_row(column: Column) -> str:
    null = "yes" if column.is_nullable else "no"
    return f"| `{column.name}` | {column.type.value} | {null} | {_text(column.description)} |"


def _page_name(table: Table) -> str:
    return f"{table.full_name}.md"


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]({name}.md)" for name in names)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(prose: str) -> str:
    """Prose that Markdown shows as written: pipes end table cells, and stars and outer underscores are emphasis."""
    return re.sub(r"[\\|*<]|_(?!\w)|(?<!\w)_", lambda match: f"\\{match[0]}", prose)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/tables"))
