"""`sql`: one read-only GoogleSQL statement, its rows as a table, CSV or JSON, and nothing else on stdout."""

import csv
import sys
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import iso, note, number, plain, show, show_json, table
from nba_props.cli.shared import Home


class Form(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    statement: Annotated[str, typer.Argument(metavar="'SELECT …'", help="One read-only GoogleSQL statement.")],
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    home: Home = None,
) -> None:
    """Ask the warehouse in read-only GoogleSQL, with the tables' logical names (docs/tables)."""
    platform = shared.opened(home)
    found = platform.warehouse.query(statement)
    rows = shared.rows_of(found)
    if as_json or form is Form.JSON:
        show_json(rows)
    elif form is Form.CSV:
        write_csv(found.column_names, rows)
    else:
        show(_drawn(found, rows))
        note(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def write_csv(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """RFC 4180 with a header; missing values and NaN are empty, instants ISO in UTC."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(row[name]) for name in names])


def _text(value: Any) -> Any:
    simple = plain(value)
    if isinstance(simple, bool):
        return str(simple).lower()
    return "" if simple is None else simple


def _drawn(found: Any, rows: Sequence[dict[str, Any]]) -> Any:
    import pyarrow as pa

    figures = [
        at
        for at, field in enumerate(found.schema)
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    ]
    return table(found.column_names, [[_cell(value) for value in row.values()] for row in rows], right=figures)


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value, ".6g")
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else str(value)
