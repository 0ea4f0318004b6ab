"""What the BigQuery warehouse sends: the text of each statement, as the official client is handed it.

The client is a stand-in that knows the declared schemas and runs nothing. Whether the statements are GoogleSQL is for
the reference analyzer; `catalogue()` says what it should know of.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pyarrow as pa
from google.cloud.bigquery import SchemaField

from nba_props.assets.predictions.merge import merge_statement
from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.bigquery import schema_fields
from nba_props.io.warehouse.base import StagingTable
from nba_props.io.warehouse.bigquery import BigQueryWarehouse
from nba_props.io.warehouse.sqltext import PARAMETERS, parameters_used, parse, read_sql
from nba_props_tests.io.statements import STORED, Statement, loaded
from nba_props_tests.slates import rows

PROJECT = "reference"
MAIN = TABLES["nba_predictions.player_prop_predictions"]
DAY = date(2024, 1, 10)
NOON = datetime(2024, 1, 10, 17, tzinfo=UTC)
STAGING = StagingTable("batch", DAY, "moving_average", "w0", NOON)
STAGED = f"{MAIN.layer.dataset}._staged"
VIEW = TABLES["nba_monitoring.staging_tables"]
RANGE = {"start_date": DAY, "end_date": DAY}
MERGED = RANGE | {"batch_ids": ["batch"], "now": NOON}
OPTIONS = ("table_catalog", "table_schema", "table_name", "option_name", "option_type", "option_value")
SOME: Mapping[str, Any] = {
    "DATE": DAY,
    "TIMESTAMP": NOON,
    "FLOAT64": 1.5,
    "BOOL": False,
    "INT64": 20,
    "STRING": "x",
    "ARRAY<STRING>": ["x"],
}


DONE: Mapping[str, Any] = {
    "state": "DONE",
    "exception.return_value": None,
    "total_bytes_processed": 0,
    "total_bytes_billed": 0,
    "slot_millis": 0,
    "num_dml_affected_rows": 0,
    "dml_stats": SimpleNamespace(inserted_row_count=0, updated_row_count=0, deleted_row_count=0),
}
"""A job that has run."""


def catalogue() -> dict[str, dict[str, str]]:
    """Every table a statement may name -> column -> type; with the project in front, and without."""
    columns = {table.full_name: {one.name: one.type.value for one in table} for table in TABLES.values()}
    columns |= {loaded(table): columns[table.full_name] for table in STORED}
    columns[f"{MAIN.layer.dataset}.{STAGING.name}"] = columns[MAIN.full_name]
    columns[STAGED] = columns[MAIN.full_name]
    columns[f"{MAIN.layer.dataset}.INFORMATION_SCHEMA.TABLE_OPTIONS"] = dict.fromkeys(OPTIONS, "STRING")
    return columns | {f"{PROJECT}.{name}": kinds for name, kinds in columns.items()}


def sent(act: Callable[[BigQueryWarehouse], Any]) -> list[str]:
    """The statements that an act on a warehouse sends, in order; a table that is loaded first has a name without its number."""
    client = MagicMock()
    client.get_table.side_effect = _stored
    for job in (client.query.return_value, client.load_table_from_file.return_value):
        job.configure_mock(**DONE)
    act(BigQueryWarehouse(client, PROJECT, "US", patience_seconds=1.0))
    texts = [call.args[0] for call in client.query.call_args_list]
    texts += [call.args[0].view_query for call in client.create_table.call_args_list if call.args[0].view_query]
    return [re.sub(r"(_loaded_\w+)_[0-9a-f]{32}", r"\1", text) for text in texts]


def asked(sql: str) -> str:
    """A query as it is sent."""
    values = {name: SOME[PARAMETERS[name]] for name in parameters_used(parse(sql))}
    [text] = sent(lambda warehouse: warehouse.query(sql, values))
    return text


def written() -> Iterator[Statement]:
    """What the verbs that write send, for every table; at least one statement for each."""
    for table in STORED:
        yield from _by_verb("ensure_tables", table, lambda warehouse, table: warehouse.ensure_tables([table]))
        yield from _by_verb("upsert", table, lambda warehouse, table: warehouse.upsert(table, _one_row(table)))
        if table.partition_by:
            yield from _by_verb("replace_rows", table, _replace_rows)
        if table.is_sql_built:
            yield from _by_verb("replace_range", table, _replace_range)
    yield from _by_verb("ensure_tables", VIEW, lambda warehouse, table: warehouse.ensure_tables([table]))
    yield from _by_verb(
        "delete", MAIN, lambda warehouse, table: warehouse.delete(table, "game_date = @start_date", RANGE)
    )
    yield from _by_verb("merge", MAIN, lambda warehouse, table: warehouse.merge(merge_statement(), [STAGING], MERGED))
    yield from _by_verb(
        "merge of nothing", MAIN, lambda warehouse, table: warehouse.merge(merge_statement(), [], MERGED)
    )


Act = Callable[[BigQueryWarehouse, Table], Any]


def _replace_rows(warehouse: BigQueryWarehouse, table: Table) -> int:
    return warehouse.replace_rows(table, _one_row(table), DAY, DAY)


def _replace_range(warehouse: BigQueryWarehouse, table: Table) -> int:
    values = {name: SOME[kind] for name, kind in PARAMETERS.items()}
    return warehouse.replace_range(table, read_sql(table), values, DAY, DAY)


def _one_row(table: Table) -> pa.Table:
    return rows(table.full_name, {})


def _by_verb(name: str, table: Table, act: Act) -> Iterator[Statement]:
    texts = sent(lambda warehouse: act(warehouse, table))
    assert texts, f"{name} of {table.full_name} sends no statement"
    for text in texts:
        yield Statement(f"{name}({table.full_name})", text, is_portable=False)


def _stored(table_id: str, **_: Any) -> SimpleNamespace:
    dataset, name = table_id.removeprefix(f"{PROJECT}.").split(".")
    table = MAIN if name == STAGING.name else TABLES[f"{dataset}.{name}"]
    return SimpleNamespace(schema=[SchemaField.from_api_repr(one) for one in schema_fields(table)], num_rows=0)
