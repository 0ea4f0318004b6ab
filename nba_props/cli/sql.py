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
from nba_props.errors import BadInput

_LOOK = "write one SELECT (or WITH … SELECT); tables are named like nba_raw.schedule"


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
    refuse_all_but_reading(statement)
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


def refuse_all_but_reading(statement: str) -> None:
    """Raise BadInput for anything but one SELECT over catalogued tables, before it is run."""
    from sqlglot import exp

    found = _parsed(statement)
    if not isinstance(found, exp.Query):
        word = statement.split(maxsplit=1)[0].upper() if statement.split() else "nothing"
        raise BadInput(f"Only reading is allowed here, not {word}.", next_step=_LOOK)
    writing = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Export, exp.Set, exp.Drop, exp.Alter, exp.Merge)
    for node in found.walk():
        if isinstance(node, writing) and not isinstance(node, exp.Query):
            raise BadInput(f"Only reading is allowed here, not {node.key.upper()}.", next_step=_LOOK)
    ctes = {cte.alias for cte in found.find_all(exp.CTE)}
    for source in found.find_all(exp.Table):
        _refuse_unknown(source, ctes)


def _parsed(statement: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        parsed = [one for one in sqlglot.parse(statement, read="bigquery") if one is not None]
    except SqlglotError as error:
        reason = str(error).splitlines()[0].removesuffix(".")
        raise BadInput(f"That is not a GoogleSQL statement: {_plain_text(reason)}.", next_step=_LOOK) from error
    if len(parsed) != 1:
        raise BadInput(f"One statement at a time, not {len(parsed)}.", next_step=_LOOK)
    return parsed[0]


def _refuse_unknown(source: Any, ctes: set[str]) -> None:
    """A table that is neither catalogued nor named in the statement; engines' own functions and files are none."""
    from sqlglot import exp

    from nba_props.catalog import TABLES
    from nba_props.io.warehouse.base import STAGING_PREFIX

    if not isinstance(source.this, exp.Identifier):
        raise BadInput(f"{source.sql('bigquery')} is no table.", next_step=_LOOK)
    if not source.db and source.name in ctes:
        return
    full_name = f"{source.db}.{source.name}" if source.db else source.name
    if source.catalog or not (full_name in TABLES or (source.name.startswith(STAGING_PREFIX) and source.db)):
        bare = {known.split(".")[1]: known for known in TABLES}
        named = bare.get(source.name)
        near = f"did you mean {named}?" if named else shared.did_you_mean(full_name, TABLES, _LOOK)
        raise BadInput(f"There is no table {full_name}.", next_step=near)


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


def _plain_text(text: str) -> str:
    """Without the terminal underlining that sqlglot puts into its messages."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)
