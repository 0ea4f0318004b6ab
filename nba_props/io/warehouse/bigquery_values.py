"""Values and rows on their way to BigQuery and back: parameters, Parquet, types, counts. Nothing here makes a request."""

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from nba_props.catalog.model import Table
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.render.bigquery import googlesql_type
from nba_props.errors import SchemaMismatch, StorageFault
from nba_props.io.warehouse.sqltext import PARAMETERS, parse

if TYPE_CHECKING:
    from google.cloud import bigquery


def parameter(name: str, value: Any) -> Any:
    """A query parameter of its declared type, which a NULL has too."""
    from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

    declared = PARAMETERS[name]
    if _is_array(declared):
        return ArrayQueryParameter(name, declared.removeprefix("ARRAY<").removesuffix(">"), list(value))
    return ScalarQueryParameter(name, declared, value)


def _is_array(declared: str) -> bool:
    return declared.startswith("ARRAY<")


def spell_empty_arrays(text: str, values: dict[str, Any]) -> str:
    """Write empty and NULL arrays into the statement, and take them out of `values`.

    As parameters both arrive as NULL (googleapis/python-bigquery issues 2043 and 2325), and no row is IN either, but
    ARRAY_LENGTH and IS NULL tell them apart.
    """
    spelled = {name: value for name, value in values.items() if _is_array(PARAMETERS[name]) and not value}
    for name in spelled:
        del values[name]
    if not spelled:
        return text

    def spell(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Parameter) or node.name not in spelled:
            return node
        declared = exp.DataType.build(PARAMETERS[node.name], dialect="bigquery")
        return exp.cast(exp.null() if spelled[node.name] is None else exp.array(), declared)

    return sqlglot.parse_one(text, read="bigquery").transform(spell).sql(dialect="bigquery")


def bounded(upsert: str, table: Table, rows: pa.Table) -> tuple[str, dict[str, date]]:
    """An upsert that reads only the partitions its rows are in; its text and the parameters that say which.

    Rows match within a partition where the grain holds the partition column; elsewhere every partition must be read.
    """
    if table.partition_by is None or table.partition_by not in table.grain:
        return upsert, {}
    merge = parse(upsert)
    in_range = sqlglot.condition(f"T.{table.partition_by} BETWEEN @start_date AND @end_date", dialect="bigquery")
    merge.set("on", exp.and_(merge.args["on"], in_range))
    span = pc.min_max(rows[table.partition_by]).as_py()
    return merge.sql(dialect="bigquery"), {"start_date": span["min"], "end_date": span["max"]}


def refuse_duplicates(table: Table, rows: pa.Table) -> None:
    """Two new rows of one grain would both be inserted: a MERGE minds only duplicates that match."""
    counted = rows.group_by(list(table.grain)).aggregate([([], "count_all")])
    doubled = counted.filter(pc.greater(counted["count_all"], 1))
    if doubled.num_rows:
        raise SchemaMismatch(
            f"{table.full_name}: {doubled.num_rows} grain(s) come more than once, e.g. "
            f"{doubled.select(list(table.grain)).slice(0, 1).to_pylist()[0]}.",
            next_step="Correct the rows where they are made; none was written.",
        )


def no_staged_rows() -> str:
    columns = (f"CAST(NULL AS {column.type.value}) AS {column.name}" for column in PLAYER_PROP_PREDICTIONS)
    return f"SELECT {', '.join(columns)} LIMIT 0"


def parquet(rows: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def plain(rows: pa.Table) -> pa.Table:
    """Without the nullability and metadata that come from stored columns: a result is only names, types and values."""
    return rows.cast(pa.schema([(field.name, field.type) for field in rows.schema]))


def stored_type(field: "bigquery.SchemaField") -> str:
    name = googlesql_type(field.field_type)
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else name


def dml_stats(job: "bigquery.QueryJob") -> "bigquery.DmlStats":
    if job.dml_stats is None:
        raise StorageFault(
            f"The statement ran, but the server did not say how many rows it wrote (job {job.job_id}).",
            next_step="Look the job up in the BigQuery console.",
        )
    return job.dml_stats


def rows_changed(job: "bigquery.QueryJob") -> int:
    if job.num_dml_affected_rows is None:
        raise StorageFault(
            f"The statement ran, but the server did not say how many rows it changed (job {job.job_id}).",
            next_step="Look the job up in the BigQuery console.",
        )
    return job.num_dml_affected_rows
