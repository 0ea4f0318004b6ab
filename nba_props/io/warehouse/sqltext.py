"""GoogleSQL text: the files in `sql/`, logical names, parameters, and their rendering for an engine.

No translator of our own lives here: sqlglot parses GoogleSQL and writes the engine's dialect; this module only renames
tables (dataset prefix, staging), has implied meaning spelled out for engines that would miss it (`portable.py`), and
refuses what the catalogue or the parameter list does not know.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from nba_props.catalog.model import Table
from nba_props.catalog.registry import TABLES
from nba_props.errors import BadInput
from nba_props.io.warehouse.base import STAGING_PREFIX
from nba_props.io.warehouse.portable import explicit

_PACKAGE = Path(__file__).resolve().parents[2]
SQL_ROOT = _PACKAGE / "sql" if (_PACKAGE / "sql").is_dir() else _PACKAGE.parent / "sql"
"""The files of `sql/`: beside the package in a checkout, inside it where a wheel was installed (setup.py puts them there)."""

PARAMETERS: Mapping[str, str] = {
    "start_date": "DATE",
    "end_date": "DATE",
    "history_start": "DATE",
    "now": "TIMESTAMP",
    "as_of": "TIMESTAMP",
    "live_from_date": "DATE",
    "min_minutes": "FLOAT64",
    "skip_completeness_gate": "BOOL",
    "batch_ids": "ARRAY<STRING>",
    "systems": "ARRAY<STRING>",
    "season": "STRING",
    "player_lookup": "STRING",
    "player_id": "STRING",
    "grace_minutes": "FLOAT64",
    "keep_from": "TIMESTAMP",
    "keep_failed_from": "TIMESTAMP",
    "row_limit": "INT64",
    "only_failed": "BOOL",
}
"""Every parameter a statement may use, with its GoogleSQL type: a NULL needs one too."""


def sql_path(table: Table) -> Path:
    """The one file that builds a SQL-built table."""
    return SQL_ROOT / table.layer.value / f"{table.name}.sql"


@lru_cache(maxsize=256)
def read_sql(table: Table) -> str:
    """Text of the file that builds the table."""
    return sql_path(table).read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def named_query(layer: str, name: str) -> str:
    """Text of a query that builds no table: `sql/{layer}/{name}.sql`."""
    return (SQL_ROOT / layer / f"{name}.sql").read_text(encoding="utf-8")


def parse(sql: str) -> exp.Expression:
    """One GoogleSQL statement as a tree; a syntax error is the user's to read."""
    try:
        statements = [one for one in sqlglot.parse(sql, read="bigquery") if one and not isinstance(one, exp.Semicolon)]
    except SqlglotError as error:
        raise BadInput(f"That is not a GoogleSQL statement: {_syntax_fault(error)}", next_step=_LOOK) from error
    if len(statements) != 1:
        raise BadInput(f"One statement at a time, not {len(statements)}.", next_step=_LOOK)
    return cast(exp.Expression, statements[0])


@lru_cache(maxsize=256)
def tables_asked(sql: str) -> frozenset[str]:
    """Logical names that a statement reads: tables of the catalogue and staging, whatever project is named before them.

    BadInput if it does more than read, or reads something else (a file, an engine's own tables, a name without dataset).
    """
    statement = parse(sql)
    if not isinstance(statement, exp.Query) or statement.find(*_WRITING):
        raise BadInput(f"Only reading is allowed here, not {statement.key.upper()}.", next_step=_LOOK)
    within = {cte.alias for cte in statement.find_all(exp.CTE)}
    for node in statement.find_all(exp.Table):
        full_name = f"{node.db}.{node.name}" if node.db else node.name
        is_known = full_name in TABLES or (node.db and node.name.startswith(STAGING_PREFIX))
        if not is_known and (node.db or node.name not in within):
            raise unknown_table(full_name or node.sql(dialect="bigquery"))
    return frozenset(tables_read(statement))


def unknown_table(name: str) -> BadInput:
    """The error for a table that is not there, with the names that come nearest."""
    word = name.rpartition(".")[2].lower()
    same_word = [known for known in TABLES if known.rpartition(".")[2] == word]
    near = same_word or get_close_matches(name, TABLES, n=1, cutoff=0.75)
    if near:
        return BadInput(f"There is no table {name}.", next_step=f"did you mean {' or '.join(near)}?")
    return BadInput(
        f"There is no table {name}.",
        next_step="Tables are listed in docs/tables, staging in nba_monitoring.staging_tables.",
    )


def tables_read(statement: exp.Expression) -> set[str]:
    """Logical two-part names a statement reads (CTE names left out)."""
    return {f"{node.db}.{node.name}" for node in statement.find_all(exp.Table) if node.db}


def parameters_used(statement: exp.Expression) -> set[str]:
    """Names of the @params of a statement."""
    return {node.name for node in statement.find_all(exp.Parameter)}


@lru_cache(maxsize=512)
def render(sql: str, dialect: str, rename: Callable[[str, str], str | None]) -> tuple[str, frozenset[str]]:
    """(engine SQL, parameter names). `rename(dataset, name)` gives a table's replacement text, or None to leave it as it is."""
    statement = parse(sql)
    used = parameters_used(statement)
    unknown = used - set(PARAMETERS)
    if unknown:
        raise BadInput(
            f"Unknown parameter @{', @'.join(sorted(unknown))}.",
            next_step=f"Known parameters: {', '.join(PARAMETERS)}.",
        )

    for node in list(statement.find_all(exp.Table)):
        replacement = rename(node.db, node.name) if node.db else None
        if replacement is not None:
            node.replace(_renamed(node, replacement, dialect))
    if dialect != "bigquery":
        statement = explicit(statement, PARAMETERS)
    return statement.sql(dialect=dialect), frozenset(used)


def bound(params: Mapping[str, Any] | None, used: frozenset[str]) -> dict[str, Any]:
    """The parameters a statement uses; a missing one is named."""
    given = dict(params or {})
    missing = used - set(given)
    if missing:
        raise BadInput(
            f"The statement needs @{', @'.join(sorted(missing))}.", next_step="Give every parameter a value."
        )
    return {name: given[name] for name in used}


_WRITING = (exp.DML, exp.DDL, exp.Into, exp.Command, exp.Export)

_LOOK = "Write one SELECT (or WITH … SELECT); tables are named like nba_raw.schedule."


def _renamed(node: exp.Table, replacement: str, dialect: str) -> exp.Expression:
    """The replacement in the table's place: called as the table was, with what the statement says of it (a join, a sample)."""
    renamed = cast(exp.Expression, sqlglot.parse_one(f"SELECT * FROM {replacement}", read=dialect).args["from_"].this)
    for said, value in node.args.items():
        if value and said not in ("this", "db", "catalog"):
            renamed.set(said, value)
    if not node.alias:
        renamed.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
    return renamed


def _syntax_fault(error: SqlglotError) -> str:
    """What is wrong and where, without the parser's own words and terminal codes."""
    faults = getattr(error, "errors", None)
    if not faults:
        return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()[0]
    what = re.sub(r" but got <Token.*", "", faults[0]["description"])
    return f"{what} at line {faults[0]['line']}, column {faults[0]['col']}, near {faults[0]['highlight']!r}."
