"""BigQuery: DDL, the JSON schema of load jobs, and how a table is stored. Text and dicts only, no Google package."""

import json
from collections.abc import Iterable
from typing import Any

from nba_props.catalog.model import Column, ColumnType, Table

_API_NAMES: dict[str, ColumnType] = {
    "INTEGER": ColumnType.INT64,
    "FLOAT": ColumnType.FLOAT64,
    "BOOLEAN": ColumnType.BOOL,
}
"""Legacy names that the REST API answers with."""


def create_table(table: Table, dataset: str) -> str:
    """GoogleSQL DDL that creates the table if it is missing, in `dataset` or `project.dataset`."""
    columns = ",\n".join(f"  {_column(column)}" for column in table)
    clauses = [f"CREATE TABLE IF NOT EXISTS `{dataset}.{table.name}` (\n{columns}\n)"]
    if table.partition_by is not None:
        clauses.append(f"PARTITION BY {table.partition_by}")
    if table.cluster_by:
        clauses.append(f"CLUSTER BY {', '.join(table.cluster_by)}")
    options = _options(table.description, "require_partition_filter=TRUE" if table.requires_filter else "")
    return "\n".join([*clauses, options])


def add_columns(columns: Iterable[Column], table: Table, dataset: str) -> str:
    """GoogleSQL DDL that adds columns to a stored table, NULLABLE, unless they are there."""
    added = ",\n".join(
        f"  ADD COLUMN IF NOT EXISTS {column.name} {column.type.value} {_options(column.description)}"
        for column in columns
    )
    return f"ALTER TABLE `{dataset}.{table.name}`\n{added}"


def schema_fields(table: Table) -> list[dict[str, str]]:
    """The schema as BigQuery's API takes it: name, type, mode (NULLABLE or REQUIRED) and description of each column."""
    return [
        {
            "name": column.name,
            "type": column.type.value,
            "mode": "NULLABLE" if column.is_nullable else "REQUIRED",
            "description": column.description,
        }
        for column in table
    ]


def storage(table: Table) -> dict[str, Any]:
    """`timePartitioning`, `requirePartitionFilter` and `clustering` as in the API's table resource; a key is absent where the table has none."""
    facts: dict[str, Any] = {}
    if table.partition_by is not None:
        facts["timePartitioning"] = {"type": "DAY", "field": table.partition_by}
    if table.requires_filter:
        facts["requirePartitionFilter"] = True
    if table.cluster_by:
        facts["clustering"] = {"fields": list(table.cluster_by)}
    return facts


def googlesql_type(api_type: str) -> str:
    """The GoogleSQL name of a type as the API reports it (INTEGER is INT64); other names stay as they are."""
    return _API_NAMES[api_type].value if api_type in _API_NAMES else api_type


def _column(column: Column) -> str:
    required = "" if column.is_nullable else " NOT NULL"
    return f"{column.name} {column.type.value}{required} {_options(column.description)}"


def _options(description: str, *others: str) -> str:
    # A JSON string is a GoogleSQL string literal: same quotes, same escapes.
    described = f"description={json.dumps(description, ensure_ascii=False)}"
    return f"OPTIONS({', '.join([described, *filter(None, others)])})"
