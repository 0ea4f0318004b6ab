"""DuckDB: tables of the embedded warehouse, and the way back from its types to the declared ones."""

from nba_props.catalog.model import Column, ColumnType, Table

_DUCKDB: dict[ColumnType, str] = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INT64: "BIGINT",
    ColumnType.FLOAT64: "DOUBLE",
    ColumnType.BOOL: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMPTZ",
}

_GOOGLESQL: dict[str, str] = {name: declared.value for declared, name in _DUCKDB.items()} | {
    "TIMESTAMP WITH TIME ZONE": ColumnType.TIMESTAMP.value,  # as DuckDB describes a TIMESTAMPTZ
    "TIMESTAMP": "DATETIME",  # DuckDB's has no zone: to GoogleSQL that is another type, not the same word
}


def create_table(table: Table, schema_name: str) -> str:
    """DDL that creates the table in a schema if it is missing; no key, because checks assert the grain."""
    columns = ",\n".join(f"  {_column(column)}" for column in table)
    return f"CREATE TABLE IF NOT EXISTS {_quoted(schema_name)}.{_quoted(table.name)} (\n{columns}\n)"


def add_column(column: Column, table: Table, schema_name: str) -> str:
    """DDL that adds a column to a stored table, nullable, unless it is there."""
    target = f"{_quoted(schema_name)}.{_quoted(table.name)}"
    return f"ALTER TABLE {target} ADD COLUMN IF NOT EXISTS {_quoted(column.name)} {_DUCKDB[column.type]}"


def googlesql_type(duckdb_type: str) -> str:
    """The declared type a stored column amounts to; a type no table declares comes back under a name that matches none."""
    return _GOOGLESQL.get(duckdb_type.upper(), duckdb_type)


def _column(column: Column) -> str:
    required = "" if column.is_nullable else " NOT NULL"
    return f"{_quoted(column.name)} {_DUCKDB[column.type]}{required}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
