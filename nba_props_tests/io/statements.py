"""Every GoogleSQL statement this project keeps or makes, found by itself: the files of `sql/`, and what the code says.

Code is read, not run: each text in the package that looks like SQL must be a value its module has, or be known here by
an example of the names its function fills in. A text that is neither is an error, so that no new statement escapes
the guards that go through this list (the lint, the partition filters, the reference analyzer).
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import nba_props
from nba_props.assets.predictions.merge import merge_statement
from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import TableKind
from nba_props.catalog.render.bigquery import add_columns, create_table
from nba_props.catalog.render.sql import grain_duplicates, insert_range, replace_range_merge, select_list, upsert_merge
from nba_props.checks import features
from nba_props.io.warehouse.sqltext import SQL_ROOT, read_sql, sql_path

LOOKS_LIKE_SQL = re.compile(
    r"\s*(--[^\n]*\n\s*)*"
    r"(select\b.*\b(from|limit)\b|with\s+\w+\s+as\s*\(|merge\s+into\b|delete\s+from\b|insert\s+into\b|update\s.*\bset\b"
    r"|(create|alter|drop|truncate)\s+(or|temp|table|view|schema|materialized)\b)",
    re.IGNORECASE | re.DOTALL,
)
IS_A_SENTENCE = re.compile(r"[.:!?]$")
"""Prose for people; no statement ends so."""

OTHER_LANGUAGES = {
    "nba_props.io.warehouse.duckdb": "statements of the embedded engine in its own SQL",
    "nba_props.io.warehouse.engine": "statements of the embedded engine in its own SQL",
    "nba_props.catalog.render.duckdb": "DDL of the embedded engine",
    "nba_props.io.dagster_records": "statements of SQLite about Dagster's own tables",
}
_OF_BIGQUERY = "nba_props.io.warehouse.bigquery"
PARTS = {
    "nba_props.io.warehouse.sqltext._renamed",
    f"{_OF_BIGQUERY}.BigQueryWarehouse.replace_rows",
    f"{_OF_BIGQUERY}.BigQueryWarehouse.delete",
    f"{_OF_BIGQUERY}.BigQueryWarehouse._staged_select",
    f"{_OF_BIGQUERY}_values.no_staged_rows",
}
"""Functions that make parts of statements. The whole ones are had by calling the warehouse's verbs (`cloud/googlesql`)."""

BIGQUERY_ONLY = (_OF_BIGQUERY, "nba_props.catalog.render.bigquery")
"""Modules whose statements no other engine runs: they need not be portable."""


@dataclass(frozen=True)
class Statement:
    """One statement with logical table names; `where` it comes from, for people; whether other engines run it too."""

    where: str
    sql: str
    is_portable: bool = True
    builds: Table | None = None


@cache
def statements() -> tuple[Statement, ...]:
    """All of them; AssertionError names a text that is no value of its module and has no example."""
    return (*_files(), *_in_code())


def loaded(table: Table) -> str:
    """Logical name of the table that brings rows of another one in."""
    return f"{table.layer.dataset}._loaded_{table.name}"


# -- files -------------------------------------------------------------------------------------------------------------


def _files() -> Iterator[Statement]:
    built = {sql_path(table): table for table in TABLES.values() if table.is_sql_built}
    for path in sorted(SQL_ROOT.rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        yield Statement(f"sql/{path.parent.name}/{path.name}", text, builds=built.get(path))


# -- code --------------------------------------------------------------------------------------------------------------

STORED = [table for table in TABLES.values() if table.kind is not TableKind.VIEW]


def _select_of(table: Table) -> str:
    return read_sql(table) if table.is_sql_built else f"SELECT {select_list(table)} FROM {loaded(table)}"


def _every(make: Callable[[Table], str]) -> Callable[[], dict[str, str]]:
    return lambda: {table.full_name: make(table) for table in STORED}


MADE: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "nba_props.catalog.render.bigquery.create_table": _every(lambda table: create_table(table, table.layer.dataset)),
    "nba_props.catalog.render.bigquery.add_columns": _every(
        lambda table: add_columns(table, table, table.layer.dataset)
    ),
    "nba_props.catalog.render.sql.replace_range_merge": _every(
        lambda table: replace_range_merge(table, _select_of(table))
    ),
    "nba_props.catalog.render.sql.insert_range": _every(lambda table: insert_range(table, _select_of(table))),
    "nba_props.catalog.render.sql.upsert_merge": _every(lambda table: upsert_merge(table, loaded(table))),
    "nba_props.catalog.render.sql.grain_duplicates": _every(grain_duplicates),
    "nba_props.assets.predictions.merge.merge_statement": lambda: {"": merge_statement()},
    "nba_props.checks.features._statement": lambda: {
        "ready": features._statement(features._READY),
        "everyone": features._statement(features._EVERYONE),
    },
}
"""Functions whose statements are made of more than names: what they make, by example."""

_TWO_TABLES = ("nba_raw.team_rosters", "nba_analytics.player_game_summary")  # their partition columns differ
FILLED_IN: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "nba_props.assets._factory.rows_per_date": [{"table": TABLES[name]} for name in _TWO_TABLES],
    "nba_props.checks.frame._forget": [
        {"where": "game_date BETWEEN @start_date AND @end_date AND asset = 'raw/schedule' AND check_name = 'grain'"}
    ],
    "nba_props.checks.generated._row_counts": [{"judged": TABLES[name]} for name in _TWO_TABLES],
    "nba_props.assets.predictions.leftovers.remove": [{"SYSTEMS": TABLES["nba_predictions.prediction_batch_systems"]}],
    "nba_props.plan.missing_dates": [{"table_name": "nba_analytics.player_game_summary"}],
    "nba_props.assets.predictions.staged_columns._with_features": [
        {"wanted": ["points_avg_last_5", "'ml_feature_store' AS feature_data_source"]}
    ],
}
"""Functions that fill names into a statement: these names, by example."""


def _in_code() -> Iterator[Statement]:
    for module in _modules():
        is_portable = not module.__name__.startswith(BIGQUERY_ONLY)
        assert module.__file__
        for function, own_names, text in functions_with_sql(
            ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        ):
            origin = f"{module.__name__}.{function}" if function else module.__name__
            if origin in MADE or origin in PARTS:
                continue
            for number, sql in enumerate(values_of(module, origin, text, own_names)):
                yield Statement(f"{origin}:{text.lineno}" + (f" #{number}" if number else ""), sql, is_portable)
    for origin, make in MADE.items():
        for name, sql in make().items():
            yield Statement(f"{origin}({name})", sql, not origin.startswith(BIGQUERY_ONLY))


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(nba_props.__path__, "nba_props."):
        if found.name not in OTHER_LANGUAGES and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def values_of(module: ModuleType, origin: str, text: ast.expr, own_names: frozenset[str]) -> list[str]:
    """The text with what is filled in: by the module alone, or by each example of its function's names."""
    examples = FILLED_IN.get(origin, [{}])
    unknown = sorted(
        own_names & _names(text, ast.Load) - _names(text, ast.Store) - set.intersection(*map(set, examples))
    )
    assert not unknown, f"{origin} makes a statement nobody checks: say in {__name__} what {', '.join(unknown)} may be"
    code = compile(ast.Expression(text), f"<{origin}>", "eval")
    return list(dict.fromkeys(eval(code, vars(module) | names) for names in examples))


Text = tuple[str, frozenset[str], ast.expr]
"""(function, '' outside any; the names it has of its own; expression)."""


def functions_with_sql(module: ast.Module) -> Iterator[Text]:
    """Every text of a module that looks like SQL."""
    yield from _within(module, "", frozenset())


def _within(node: ast.AST, function: str, own_names: frozenset[str]) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.expr) and (deletion := _deletion(child)):
            yield function, own_names, deletion
        if isinstance(child, ast.expr) and _is_sql(_outline(child)):
            yield function, own_names, child
        elif isinstance(child, ast.ClassDef):
            yield from _within(child, f"{function}.{child.name}".lstrip("."), own_names)
        elif isinstance(child, ast.FunctionDef):
            yield from _within(child, f"{function}.{child.name}".lstrip("."), own_names | _names(child, ast.Store))
        else:
            yield from _within(child, function, own_names)


def _names(node: ast.AST, use: type[ast.expr_context]) -> frozenset[str]:
    """Names that are read, or given a value, somewhere in a node."""
    named = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, use)}
    if use is ast.Store:
        named |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
        named |= {one.asname or one.name for one in ast.walk(node) if isinstance(one, ast.alias)}
    return frozenset(named)


def _is_sql(text: str) -> bool:
    return bool(LOOKS_LIKE_SQL.match(text)) and not IS_A_SENTENCE.search(text)


def _outline(node: ast.expr) -> str:
    """A text as it is written, `_` for what is filled in; '' for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_outline(part) if isinstance(part, ast.Constant) else "_" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _outline(node.left) + (_outline(node.right) or "_") if _outline(node.left) else ""
    return ""


def _deletion(node: ast.expr) -> ast.expr | None:
    """The statement that `warehouse.delete(TABLE, condition, parameters)` makes, if this is such a call."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "delete"):
        return None
    if len(node.args) != 3:
        return None
    table, condition, _ = node.args
    parts = [ast.Constant("DELETE FROM "), _formatted(ast.Attribute(table, "full_name", ast.Load()))]
    text = ast.JoinedStr([*parts, ast.Constant(" WHERE "), _formatted(condition)])
    return ast.fix_missing_locations(ast.copy_location(text, node))


def _formatted(node: ast.expr) -> ast.FormattedValue:
    return ast.FormattedValue(node, -1, None)
