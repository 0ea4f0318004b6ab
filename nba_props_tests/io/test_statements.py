"""The list of statements: complete by construction, and refusing what it cannot read."""

import ast
import re
from types import ModuleType

import pytest

from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props_tests.io.statements import (
    FILLED_IN,
    MADE,
    OTHER_LANGUAGES,
    PARTS,
    functions_with_sql,
    statements,
    values_of,
)


def found_in(source: str) -> list[str]:
    module = ModuleType("made_up")
    exec(source, vars(module))
    return [
        sql for name, own, text in functions_with_sql(ast.parse(source)) for sql in values_of(module, name, text, own)
    ]


def test_every_file_is_listed() -> None:
    listed = {one.where for one in statements()}
    assert {f"sql/{path.parent.name}/{path.name}" for path in SQL_ROOT.rglob("*.sql")} <= listed
    assert len(listed) == len(statements())


@pytest.mark.parametrize(
    ("source", "sql"),
    [
        ("Q = 'SELECT a FROM nba_raw.schedule'", "SELECT a FROM nba_raw.schedule"),
        (
            "T = 'nba_raw.schedule'\nQ = f'select a from {T}' + ' where true'",
            "select a from nba_raw.schedule where true",
        ),
        (
            "T = 'x.y'\ndef ask(warehouse):\n    return warehouse.query(f'with a as (select 1) select * from {T}')",
            "with a as (select 1) select * from x.y",
        ),
        ("class A:\n    def ask(self):\n        return '-- why\\nSELECT a FROM b'", "-- why\nSELECT a FROM b"),
        (
            "from types import SimpleNamespace\nT = SimpleNamespace(full_name='a.b')\n"
            "def drop(warehouse, values):\n    warehouse.delete(T, 'c = 1', values)",
            "DELETE FROM a.b WHERE c = 1",
        ),
    ],
)
def test_a_statement_in_code_is_found(source: str, sql: str) -> None:
    assert found_in(source) == [sql]


@pytest.mark.parametrize(
    "source",
    [
        "'''Select rows from a table.'''",
        "def f():\n    'SELECT a FROM b'",
        "SAID = 'Create the tables: nba-props init.'",
        "SAID = 'Select one from the list.'",
        "SAID = 'merge what is there: --min-completion PCT'",
        "store = {}\ndef f(key):\n    store.delete(key)",
    ],
)
def test_prose_is_no_statement(source: str) -> None:
    assert found_in(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "def ask(name):\n    return f'SELECT a FROM {name}'",
        "name = 'global'\ndef ask(name):\n    return f'SELECT a FROM {name}'",
        "def ask():\n    from os import name\n    return f'SELECT a FROM {name}'",
        "def drop(warehouse, table, values):\n    warehouse.delete(table, 'c = 1', values)",
    ],
)
def test_a_statement_that_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(AssertionError, match="makes a statement nobody checks"):
        found_in(source)


@pytest.mark.parametrize("origin", sorted({*FILLED_IN, *MADE, *PARTS}))
def test_an_example_is_of_a_function_that_is_there(origin: str) -> None:
    """An example nothing needs any more goes."""
    module, name = re.fullmatch(r"(nba_props(?:\.[a-z_]+)+?)\.((?:[A-Z]\w*\.)?\w+)", origin).groups()
    path = SQL_ROOT.parent / f"{module.replace('.', '/')}.py"
    assert module not in OTHER_LANGUAGES
    assert name in {function for function, *_ in functions_with_sql(ast.parse(path.read_text(encoding="utf-8")))}
