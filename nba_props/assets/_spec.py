"""What Dagster is told of a catalogued table. It lives here because the catalogue itself knows no Dagster.

Only facts of the declaration: partitions, automation, freshness and code version are the asset factories' to add.
"""

from typing import Any

import dagster as dg

from nba_props.catalog import Column, Table
from nba_props.catalog import table as catalogued
from nba_props.catalog.lineage import column_lineage
from nba_props.catalog.model import TableKind
from nba_props.io.warehouse.sqltext import sql_path


def asset_key(table: Table) -> dg.AssetKey:
    """Layer and name, as the lineage graph shows them."""
    return dg.AssetKey(list(table.asset_key))


def table_schema(table: Table) -> dg.TableSchema:
    """Columns with type, description and nullability; the grain as the table's constraint."""
    return dg.TableSchema(
        columns=[_table_column(table, column) for column in table],
        constraints=dg.TableConstraints(other=[f"unique: {', '.join(table.grain)}"] if table.grain else []),
    )


def table_lineage(table: Table) -> dg.TableColumnLineage | None:
    """Which columns of which assets each column is computed from; None for a table that no query builds."""
    columns = column_lineage().get(table.full_name)
    if columns is None:
        return None
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key(read), name)
                for dataset, read_name, name in sources
                if (read := catalogued(f"{dataset}.{read_name}")).kind is TableKind.ASSET
            ]
            for column, sources in columns.items()
        }
    )


def asset_spec_kwargs(table: Table) -> dict[str, Any]:
    """Arguments common to `dg.asset` and `dg.AssetSpec`: key, group, description, kinds, metadata and upstream assets.

    Tables that are read but are no assets (aliases, batches) have no key, and so are no dependency.
    """
    return {
        "key": asset_key(table),
        "group_name": table.layer.value,
        "description": f"{table.description}\n\nGrain: {', '.join(table.grain)}.",
        "kinds": {"sql"} if table.is_sql_built else {"python"},
        "metadata": _metadata(table),
        "deps": [asset_key(read) for read in map(catalogued, table.reads) if read.kind is TableKind.ASSET],
    }


def _metadata(table: Table) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "dagster/column_schema": table_schema(table),
        "dagster/table_name": table.full_name,
        "grain": ", ".join(table.grain),
    }
    if table.is_sql_built:
        query = dg.LocalFileCodeReference(file_path=str(sql_path(table)), label=f"sql/{table.layer}/{table.name}.sql")
        metadata["dagster/code_references"] = dg.CodeReferencesMetadataValue(code_references=[query])
    return metadata | ({"partition_by": table.partition_by} if table.partition_by else {})


def _table_column(table: Table, column: Column) -> dg.TableColumn:
    return dg.TableColumn(
        column.name,
        column.type.value,
        column.description,
        dg.TableColumnConstraints(nullable=column.is_nullable, unique=table.grain == (column.name,)),
    )
