"""GoogleSQL text: the files in `sql/`, logical names, parameters, and their rendering for an engine.

No translator of our own lives here: sqlglot parses GoogleSQL and writes the engine's dialect; this module only renames
tables (dataset prefix, staging) and refuses what the catalogue or the parameter list does not know.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from nba_props.catalog.model import Table
from nba_props.errors import BadInput

SQL_ROOT = Path(__file__).resolve().parents[3] / "sql"

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
    "accepted_missing": "STRING",
    "grace_minutes": "FLOAT64",
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
        return cast(exp.Expression, sqlglot.parse_one(sql, read="bigquery"))
    except SqlglotError as error:
        raise BadInput(
            f"That is not a GoogleSQL statement: {error}",
            next_step="Check the SQL; tables are named like nba_raw.schedule.",
        ) from error


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

    def replace(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table) and node.db:
            replacement = rename(node.db, node.name)
            if replacement is not None:
                renamed = sqlglot.parse_one(f"SELECT * FROM {replacement}", read=dialect).args["from_"].this
                renamed.set("alias", node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name)))
                return cast(exp.Expression, renamed)
        return node

    return statement.transform(replace).sql(dialect=dialect), frozenset(used)


def bound(params: Mapping[str, Any] | None, used: frozenset[str]) -> dict[str, Any]:
    """The parameters a statement uses; a missing one is named."""
    given = dict(params or {})
    missing = used - set(given)
    if missing:
        raise BadInput(
            f"The statement needs @{', @'.join(sorted(missing))}.", next_step="Give every parameter a value."
        )
    return {name: given[name] for name in used}
