"""What BigQuery is told: DDL, API schema and storage, within BigQuery's own limits."""

import json
from dataclasses import replace

import pytest
import sqlglot
from google.cloud import bigquery
from sqlglot import exp

from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.bigquery import create_table, googlesql_type, schema_fields, storage
from nba_props.io.warehouse.lint import unfiltered_reads
from nba_props_tests.catalog.tables import EXAMPLE, UNDATED
from nba_props_tests.io.statements import statements

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


def test_an_internal_table_asks_for_a_filter_and_the_tables_that_people_query_do_not() -> None:
    internal = replace(EXAMPLE, requires_filter=True)
    ddl = create_table(internal, "test_nba_raw")
    assert ddl.endswith('OPTIONS(description="An example.", require_partition_filter=TRUE)')
    sqlglot.parse_one(ddl, read="bigquery")
    assert storage(internal) == storage(EXAMPLE) | {"requirePartitionFilter": True}
    asking = {name for name, table in TABLES.items() if table.requires_filter}
    assert "nba_precompute.ml_feature_store" in asking
    assert not any(name.startswith(("nba_monitoring.", "nba_grading.")) for name in asking)
    assert not asking & {
        "nba_predictions.player_prop_predictions",
        "nba_analytics.upcoming_player_game_context",
        "nba_reference.processor_run_history",
        "nba_reference.player_aliases",
    }


def test_what_asks_for_a_filter_is_never_read_without_one() -> None:
    """Apart from upserts, whose filter the warehouse adds: the partitions of their rows, which the grain says."""
    unfiltered = {
        (found.split(":")[0], one.where)
        for one in statements()
        for found in unfiltered_reads(one.sql)
        if not one.where.startswith("nba_props.catalog.render.sql.upsert_merge(")
    }
    assert unfiltered
    assert [(name, where) for name, where in unfiltered if TABLES[name].requires_filter] == []


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
