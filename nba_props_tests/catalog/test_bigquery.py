"""What BigQuery is told: DDL, API schema and storage, within BigQuery's own limits."""

import json

import pytest
import sqlglot
from google.cloud import bigquery
from sqlglot import exp

from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.bigquery import create_table, googlesql_type, schema_fields, storage
from nba_props_tests.catalog.tables import EXAMPLE, UNDATED

# https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
RESERVED_WORDS = """
    all and any array as asc assert_rows_modified at between by case cast collate contains create cross cube
    current default define desc distinct else end enum escape except exclude exists extract false fetch following
    for from full group grouping groups hash having if ignore in inner intersect interval into is join lateral
    left like limit lookup merge natural new no not null nulls of on or order outer over partition preceding proto
    qualify range recursive respect right rollup rows select set some struct tablesample then to treat true
    unbounded union unnest using when where window with within
"""


def test_ddl_of_a_partitioned_table() -> None:
    assert create_table(EXAMPLE, "test_nba_raw") == "\n".join(
        [
            "CREATE TABLE IF NOT EXISTS `test_nba_raw.example` (",
            '  game_date DATE NOT NULL OPTIONS(description="Slate date."),',
            '  key STRING NOT NULL OPTIONS(description="Key | of the \\"row\\", c:\\\\temp."),',
            '  amount INT64 OPTIONS(description="A whole number."),',
            '  share FLOAT64 OPTIONS(description="A share, 0-1."),',
            '  is_main BOOL NOT NULL OPTIONS(description="TRUE for the main row."),',
            '  seen_at TIMESTAMP OPTIONS(description="When seen, UTC."),',
            '  created_at TIMESTAMP NOT NULL OPTIONS(description="When first written, UTC.")',
            ")",
            "PARTITION BY game_date",
            "CLUSTER BY key, is_main",
            'OPTIONS(description="An example.")',
        ]
    )


def test_ddl_of_a_table_without_partitions() -> None:
    ddl = create_table(UNDATED, "nba_raw")
    assert "PARTITION BY" not in ddl
    assert "CLUSTER BY" not in ddl
    assert storage(UNDATED) == {}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_ddl_parses_to_the_declared_columns(table: Table) -> None:
    ddl = sqlglot.parse_one(create_table(table, "some-project.nba_x"), read="bigquery")
    assert isinstance(ddl, exp.Create)
    assert [node.name for node in ddl.this.expressions] == list(table.column_names)
    descriptions = [node.find(exp.Property).args["value"].name for node in ddl.this.expressions]
    assert descriptions == [column.description for column in table]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_declaration_is_within_bigquery_limits(table: Table) -> None:
    assert not set(RESERVED_WORDS.split()).intersection(name.lower() for name in table.column_names)
    assert len(table.cluster_by) <= 4
    assert not [name for name in table.cluster_by if table[name].type == "FLOAT64"]
    assert max(len(column.description) for column in table) <= 1024


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_client_library_reads_schema_and_storage(table: Table) -> None:
    reference = {"projectId": "p", "datasetId": table.layer.dataset, "tableId": table.name}
    resource = {"tableReference": reference, "schema": {"fields": json.loads(json.dumps(schema_fields(table)))}}
    read = bigquery.Table.from_api_repr(resource | storage(table))
    assert [(f.name, googlesql_type(f.field_type), f.is_nullable, f.description) for f in read.schema] == [
        (column.name, column.type.value, column.is_nullable, column.description) for column in table
    ]
    assert (read.time_partitioning.field if read.time_partitioning else None) == table.partition_by
    assert tuple(read.clustering_fields or ()) == table.cluster_by


def test_names_of_the_api_become_googlesql() -> None:
    names = ["INTEGER", "FLOAT", "BOOLEAN", "STRING", "DATE", "TIMESTAMP", "NUMERIC"]
    assert [googlesql_type(name) for name in names] == [
        "INT64",
        "FLOAT64",
        "BOOL",
        "STRING",
        "DATE",
        "TIMESTAMP",
        "NUMERIC",
    ]
