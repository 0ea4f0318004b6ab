"""Which columns each column of a SQL-built table is computed from, read off its query; written to `nba_props/catalog/lineage.json`.

Run `python -m nba_props.io.warehouse.lineage` after changing a query: following columns through every query takes seconds, which
no command should wait for. Here belongs the reading; how Dagster is told is `assets/_spec.py`'s. Filters and joins decide which rows
there are, not what is in them: they are no lineage.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from nba_props.catalog import TABLES, Table
from nba_props.catalog.lineage import LINEAGE, Lineage, Source
from nba_props.io.warehouse.sqltext import parse, read_sql

REGENERATE = "python -m nba_props.io.warehouse.lineage"

_Columns = Mapping[str, frozenset[Source]]


def lineage_of(table: Table) -> dict[str, tuple[Source, ...]]:
    """By column of a SQL-built table, the catalogued columns that its values come from, ascending; none for a constant."""
    query = qualify(
        parse(read_sql(table)).copy(),
        dialect="bigquery",
        schema=_schema(),
        quote_identifiers=False,
        identify=False,
    )
    known: dict[int, _Columns] = {}
    for scope in traverse_scope(query):
        known[id(scope)] = _columns(scope, known)
    return {name: tuple(sorted(sources)) for name, sources in known[id(scope)].items()}


def all_lineage() -> Lineage:
    """Every SQL-built table's lineage, by its full name."""
    return {name: lineage_of(one) for name, one in TABLES.items() if one.is_sql_built}


def rendered(lineage: Lineage) -> str:
    """The file's text: a line a column, so that a change of a query shows as what it changes."""
    tables = []
    for name, columns in lineage.items():
        lines = ",\n".join(
            f"    {json.dumps(column)}: {json.dumps(['.'.join(one) for one in found])}"
            for column, found in columns.items()
        )
        tables.append(f"  {json.dumps(name)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(tables) + "\n}\n"


# -- inside -------------------------------------------------------------------------------------------------------------


def _schema() -> dict[str, object]:
    found: dict[str, dict[str, object]] = {}
    for one in TABLES.values():
        found.setdefault(one.layer.dataset, {})[one.name] = {column.name: column.type.value for column in one}
    return dict(found)


def _columns(scope: Scope, known: Mapping[int, _Columns]) -> _Columns:
    """The columns that a query, or one member of it, gives."""
    if scope.set_operation_scopes:
        first, *others = [list(known[id(member)].items()) for member in scope.set_operation_scopes]
        return {
            name: sources.union(*(other[place][1] for other in others)) for place, (name, sources) in enumerate(first)
        }
    if not isinstance(scope.expression, exp.Select):
        return {}
    return {one.alias_or_name: _sources(one, scope, known) for one in scope.expression.selects}


def _sources(projection: exp.Expr, scope: Scope, known: Mapping[int, _Columns]) -> frozenset[Source]:
    """The columns of tables that a projection's value comes from: its own, and those that queries within it give."""
    found: set[Source] = set()
    for column in projection.find_all(exp.Column):
        found |= _origin(scope.sources.get(column.table), column.name, known)
    within = {id(one) for one in projection.find_all(exp.Select)}
    for inner in scope.subquery_scopes:
        if id(inner.expression) in within:
            found |= frozenset().union(*known[id(inner)].values())
    return frozenset(found)


def _origin(source: Any, column: str, known: Mapping[int, _Columns]) -> frozenset[Source]:
    if isinstance(source, exp.Table):
        return frozenset({(source.db, source.name, column)}) if source.db else frozenset()
    return known.get(id(source), {}).get(column, frozenset())


if __name__ == "__main__":
    Path(LINEAGE).write_text(rendered(all_lineage()), encoding="utf-8")
