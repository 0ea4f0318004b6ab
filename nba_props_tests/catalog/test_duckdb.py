"""The embedded warehouse's tables are exactly what was declared."""

from collections.abc import Iterator

import duckdb
import pytest

from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.arrow import conform, rows_of
from nba_props.catalog.render.duckdb import create_table, googlesql_type
from nba_props_tests.catalog.tables import EXAMPLE, NOON, example


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute('CREATE SCHEMA "test-x"')
        yield connection


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_stored_columns_equal_declared_ones(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    connection.execute(create_table(table, "test-x"))
    stored = connection.execute(f'DESCRIBE "test-x"."{table.name}"').fetchall()
    assert [(name, googlesql_type(kind), null == "YES") for name, kind, null, *_ in stored] == [
        (column.name, column.type.value, column.is_nullable) for column in table
    ]
    connection.execute(create_table(table, "test-x"))  # a second writer that found it missing too


def test_rows_come_back_as_they_went_in(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(create_table(EXAMPLE, "test-x"))
    incoming = rows_of(EXAMPLE, [example(seen_at=NOON), example(key="b", amount=None, share=None)])
    connection.execute('INSERT INTO "test-x".example SELECT * FROM incoming')
    stored = connection.sql('FROM "test-x".example ORDER BY key').to_arrow_table()
    assert conform(EXAMPLE, stored).equals(incoming)


def test_null_in_a_required_column_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(create_table(EXAMPLE, "test-x"))
    with pytest.raises(duckdb.ConstraintException, match="is_main"):
        connection.execute("INSERT INTO \"test-x\".example VALUES (DATE '2024-01-01', 'c', 1, 1, NULL, NULL, now())")


@pytest.mark.parametrize("undeclared", ["TIMESTAMP", "INTEGER", "DECIMAL(18,3)", "TIMESTAMP_NS", "BIGINT[]", "HUGEINT"])
def test_types_no_table_declares_match_none(connection: duckdb.DuckDBPyConnection, undeclared: str) -> None:
    described = connection.execute(f"DESCRIBE SELECT NULL::{undeclared} AS x").fetchall()[0][1]
    assert googlesql_type(described) not in {column.type.value for column in EXAMPLE}
