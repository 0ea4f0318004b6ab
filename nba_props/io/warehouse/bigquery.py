"""The warehouse on BigQuery: load jobs bring rows in, one MERGE puts each range, upsert or batch in force.

Staging never uses DML (BigQuery runs few concurrent DML statements a table); its tables describe themselves by labels,
which a listing shows without opening them. What belongs here: how the protocol's verbs become API calls, and how the
API's refusals become errors a user can act on. What does not: SQL that means something (`sql/`, `catalog/render`).
Google packages are imported when a warehouse is made, never with this module.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from nba_props.catalog.model import Layer, Table, TableKind
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import conform
from nba_props.catalog.render.bigquery import create_table, googlesql_type, schema_fields
from nba_props.catalog.render.sql import replace_range_merge, select_list, upsert_merge
from nba_props.errors import BadInput, NbaPropsError, SchemaMismatch, StorageFault, WarehouseBusy
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.warehouse.base import STAGING_PREFIX, Params, StagingTable, UpsertCounts, column_types
from nba_props.io.warehouse.lease import lease
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.io.warehouse.sqltext import PARAMETERS, bound, parse, render

if TYPE_CHECKING:
    from google.cloud import bigquery

STAGED = f"{Layer.PREDICTIONS.dataset}._staged"
"""How the text of a consolidation names the staged rows, which have the columns of `player_prop_predictions`."""

LOADED_PREFIX = "_loaded_"
"""Tables that hold the rows of one write on their way into their table."""

LOADED_LIFETIME = timedelta(hours=6)
STAGING_LIFETIME = timedelta(days=30)  # long enough to consolidate or clean a failed batch on purpose

_LABEL = re.compile(r"[a-z0-9_-]{0,63}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STAGING_VIEW = f"""
SELECT
  table_name,
  batch_id,
  CAST(game_date AS DATE) AS game_date,
  system_id,
  writer,
  CAST(row_count AS INT64) AS row_count,
  TIMESTAMP_MICROS(CAST(created_at AS INT64)) AS created_at,
  TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), TIMESTAMP_MICROS(CAST(created_at AS INT64)), SECOND) / 60 AS age_minutes,
FROM (
  SELECT
    options.table_name,
    REGEXP_EXTRACT(options.option_value, '"batch_id", "([^"]*)"') AS batch_id,
    REGEXP_EXTRACT(options.option_value, '"game_date", "([^"]*)"') AS game_date,
    REGEXP_EXTRACT(options.option_value, '"system_id", "([^"]*)"') AS system_id,
    REGEXP_EXTRACT(options.option_value, '"writer", "([^"]*)"') AS writer,
    REGEXP_EXTRACT(options.option_value, '"row_count", "([^"]*)"') AS row_count,
    REGEXP_EXTRACT(options.option_value, '"created_at", "([^"]*)"') AS created_at,
  FROM {Layer.PREDICTIONS.dataset}.INFORMATION_SCHEMA.TABLE_OPTIONS AS options
  WHERE options.option_name = 'labels' AND STARTS_WITH(options.table_name, '{STAGING_PREFIX}')
)
WHERE batch_id IS NOT NULL
"""
"""`nba_monitoring.staging_tables`, from the labels that `staging_tables()` reads."""


class BigQueryWarehouse:
    """`Warehouse` on the datasets `{prefix}nba_{layer}` of one project, in one location.

    Needs `roles/bigquery.jobUser` on the project and `roles/bigquery.dataEditor` on the datasets (on the project to
    create them). `object_store` holds the leases of `lock`; `maximum_bytes_billed` bounds each query; `labels` go on
    every job and dataset; a request that meets a rate limit or an outage is made again for `patience_seconds`.
    """

    def __init__(
        self,
        client: "bigquery.Client",
        project: str,
        location: str,
        prefix: str = "",
        object_store: ObjectStore | None = None,
        maximum_bytes_billed: int | None = None,
        labels: Mapping[str, str] | None = None,
        patience_seconds: float = 600.0,
    ) -> None:
        from google.cloud.bigquery.retry import DEFAULT_RETRY

        self.prefix = prefix
        self._client = client
        self._project = project
        self._location = location
        self._object_store = object_store
        self._maximum_bytes_billed = maximum_bytes_billed
        self._labels = {name: _label(name, value) for name, value in (labels or {}).items()}
        self._retry = DEFAULT_RETRY.with_timeout(patience_seconds)

    # -- tables -------------------------------------------------------------------------------------------------------

    def ensure_tables(self, tables: Iterable[Table]) -> list[str]:
        wanted = sorted(tables, key=lambda table: table.kind is TableKind.VIEW)  # a view reads what is there before it
        layers = dict.fromkeys(table.layer for table in wanted)
        if any(table.kind is TableKind.VIEW for table in wanted):
            layers[Layer.PREDICTIONS] = None
        existing = {layer: self._ensure_dataset(layer) for layer in layers}
        missing = [table for table in wanted if table.name not in existing[table.layer]]
        for table in missing:
            if table.kind is TableKind.VIEW:
                self._create_staging_view(table)
            else:
                self._run(create_table(table, self._dataset(table.layer.dataset)), [], "create_table")
        return [table.full_name for table in missing]

    def stored_columns(self, table: Table) -> dict[str, str] | None:
        return self._columns(self._id(table.layer.dataset, table.name))

    # -- reading ------------------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        if not isinstance(parse(sql), exp.Query):
            raise BadInput("Only statements that read are run here.", next_step="Write a SELECT.")
        job = self._execute(sql, params or {}, "query")
        with _typed_errors("Reading the result"):
            return _plain(job.result(retry=self._retry).to_arrow(create_bqstorage_client=False))

    # -- writing ------------------------------------------------------------------------------------------------------

    def replace_range(self, table: Table, select: str, params: Params, start: date, end: date) -> int:
        self._refuse_drift(table)
        values = {**params, "start_date": start, "end_date": end}
        return _dml_stats(self._execute(replace_range_merge(table, select), values, "replace_range")).inserted_row_count

    def replace_rows(self, table: Table, rows: pa.Table, start: date | None = None, end: date | None = None) -> int:
        rows = conform(table, rows)
        self._refuse_drift(table)
        if table.partition_by is None:
            with _typed_errors(f"Replacing {table.full_name}"):
                destination = self._id(table.layer.dataset, table.name)
                self._load(_parquet(rows), table, destination, clustering=table.cluster_by)
            return int(rows.num_rows)
        if start is None or end is None:
            raise BadInput(f"{table.full_name} is replaced by range.", next_step="Give the first and the last date.")
        with self._loaded(table, rows) as source:
            statement = replace_range_merge(table, f"SELECT {select_list(table)} FROM {source}")
            self._execute(statement, {"start_date": start, "end_date": end}, "replace_rows")
        return int(rows.num_rows)

    def upsert(self, table: Table, rows: pa.Table, *, keep_first: Sequence[str] = ()) -> UpsertCounts:
        rows = conform(table, rows)
        if rows.num_rows == 0:
            return UpsertCounts(0, 0)
        _refuse_duplicates(table, rows)
        self._refuse_drift(table)
        with self._loaded(table, rows) as source:
            statement, values = _bounded(upsert_merge(table, source, tuple(keep_first)), table, rows)
            stats = _dml_stats(self._execute(statement, values, "upsert"))
        return UpsertCounts(stats.inserted_row_count, stats.updated_row_count)

    def delete(self, table: Table, where: str, params: Params) -> int:
        return _rows_changed(self._execute(f"DELETE FROM {table.full_name} WHERE {where}", params, "delete"))

    # -- staging ------------------------------------------------------------------------------------------------------

    def stage(self, table: Table, staging: StagingTable, rows: pa.Table) -> None:
        rows = conform(table, rows)
        labels = _staging_labels(staging, rows.num_rows)
        destination = self._staging_id(staging)
        # The table is made first, so that it expires even if this process dies before the end; it counts as staging
        # once its labels say what it holds, which they do last.
        with _typed_errors(f"Staging {staging.name}"):
            self._create_expiring(destination, table, STAGING_LIFETIME)
            self._load_once(rows, table, destination, acted_at=staging.created_at)
            self._describe(destination, labels)

    def staging_tables(self) -> list[StagingTable]:
        from google.api_core.exceptions import NotFound

        with _typed_errors("Listing staging"):
            try:
                listed = list(self._client.list_tables(self._dataset(Layer.PREDICTIONS.dataset), retry=self._retry))
            except NotFound:  # nothing was ever created here
                return []
        found = [_staging_of(item.labels) for item in listed if _is_staging(item.table_id, item.labels)]
        return sorted(found, key=lambda staging: (staging.created_at, staging.name))

    def staging_columns(self, staging: StagingTable) -> dict[str, str]:
        columns = self._columns(self._staging_id(staging))
        if columns is None:
            raise BadInput(f"There is no staging table {staging.name}.", next_step="List them: nba-props staging list.")
        return columns

    def read_staging(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        with _typed_errors(f"Reading {staging.name}"):
            stored = self._client.get_table(self._staging_id(staging), retry=self._retry)
            wanted = None if columns is None else [field for field in stored.schema if field.name in columns]
            rows = self._client.list_rows(stored, selected_fields=wanted, retry=self._retry)
            return _plain(rows.to_arrow(create_bqstorage_client=False))

    def merge(self, statement: str, staged: Sequence[StagingTable], params: Params) -> int:
        accepted = {name.strip() for name in (params.get("accepted_missing") or "").split(",") if name.strip()}
        parts = [self._staged_select(staging, accepted) for staging in staged] or [_no_staged_rows()]
        rename = partial(self._rename_staged, f"({' UNION ALL '.join(parts)})")
        return _rows_changed(self._execute(statement, params, "merge", rename))

    def drop_staging(self, staging: Sequence[StagingTable]) -> None:
        with _typed_errors("Dropping staging"):
            for one in staging:
                self._client.delete_table(self._staging_id(one), not_found_ok=True, retry=self._retry)

    def lock(self, name: str, timeout_seconds: float = 600.0) -> AbstractContextManager[None]:
        if self._object_store is None:
            raise BadInput(
                "BigQuery has no locks: without an object store two processes could consolidate one slate at once.",
                next_step="Configure the bucket of this project.",
            )
        return lease(self._object_store, f"locks/{self.prefix}{name}.json", timeout_seconds)

    # -- names --------------------------------------------------------------------------------------------------------

    def _dataset(self, dataset: str) -> str:
        return f"{self._project}.{self.prefix}{dataset}"

    def _id(self, dataset: str, name: str) -> str:
        return f"{self._dataset(dataset)}.{name}"

    def _staging_id(self, staging: StagingTable) -> str:
        return self._id(Layer.PREDICTIONS.dataset, staging.name)

    def _rename(self, dataset: str, name: str) -> str | None:
        """Engine text of a logical table name; the prefix is on every name, so that nothing outside it is touched."""
        known = f"{dataset}.{name}" in TABLES or name.startswith((STAGING_PREFIX, LOADED_PREFIX, "INFORMATION_SCHEMA."))
        if not known or dataset not in {layer.dataset for layer in Layer}:
            raise BadInput(
                f"There is no table {dataset}.{name}.",
                next_step="Tables are listed in docs/tables, e.g. nba_raw.schedule.",
            )
        return f"`{self._project}`.`{self.prefix}{dataset}`.`{name}`"

    def _rename_staged(self, staged_rows: str, dataset: str, name: str) -> str | None:
        return staged_rows if f"{dataset}.{name}" == STAGED else self._rename(dataset, name)

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def _execute(
        self,
        sql: str,
        params: Params,
        operation: str,
        rename: Callable[[str, str], str | None] | None = None,
    ) -> "bigquery.QueryJob":
        """Run one statement with logical names to its end; only the parameters it uses are sent."""
        text, used = render(sql, "bigquery", rename or self._rename)
        values = bound(params, used)
        text = _spell_empty_arrays(text, values)
        return self._run(text, [_parameter(name, value) for name, value in sorted(values.items())], operation)

    def _run(self, text: str, parameters: list[Any], operation: str) -> "bigquery.QueryJob":
        """Run one statement of the engine's. A lost answer does not run it twice: the client looks the job up by id.

        A job that failed is not run again here: with a `job_retry` the client would also retry the request itself, for
        ten minutes a time, whatever `retry` says. The run that asked is retried as a whole, by Dagster.
        """
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(query_parameters=parameters, labels=self._job_labels(operation))
        if self._maximum_bytes_billed is not None:
            config.maximum_bytes_billed = self._maximum_bytes_billed
        with _typed_errors(f"The statement ({operation})"):
            job = self._client.query(
                text,
                job_config=config,
                location=self._location,
                project=self._project,
                retry=self._retry,
                job_retry=None,
            )
            job.result(retry=self._retry)
        return job

    def _load_once(self, rows: pa.Table, table: Table, destination: str, acted_at: datetime) -> None:
        """Load unless this very act has loaded these bytes already, which a retry after a lost answer finds out.

        A load that failed, or whose table has gone since, is no reason not to load.
        """
        from google.api_core.exceptions import Conflict

        data = _parquet(rows)
        facts = f"{destination}|{acted_at.isoformat()}|{schema_fields(table)}".encode()
        job_id = f"nba_props_stage_{hashlib.sha256(facts + data).hexdigest()}"
        try:
            self._load(data, table, destination, job_id=job_id)
        except Conflict:
            earlier = self._client.get_job(job_id, project=self._project, location=self._location, retry=self._retry)
            is_loaded = earlier.exception() is None
            if not is_loaded or self._row_count(destination) != rows.num_rows:
                self._load(data, table, destination)

    def _load(
        self,
        data: bytes,
        table: Table,
        destination: str,
        *,
        job_id: str | None = None,
        clustering: Sequence[str] = (),
    ) -> None:
        """Replace the destination's rows by those of a Parquet file, atomically; it has the declared schema."""
        from google.cloud.bigquery import LoadJobConfig, SchemaField, SourceFormat, WriteDisposition

        config = LoadJobConfig(
            source_format=SourceFormat.PARQUET,
            write_disposition=WriteDisposition.WRITE_TRUNCATE,
            schema=[SchemaField.from_api_repr(field) for field in schema_fields(table)],
            labels=self._job_labels("load"),
        )
        if clustering:
            config.clustering_fields = list(clustering)
        job = self._client.load_table_from_file(
            io.BytesIO(data),
            destination,
            size=len(data),
            job_id=job_id,
            job_id_prefix=None if job_id else "nba_props_load_",
            location=self._location,
            project=self._project,
            job_config=config,
        )
        job.result(retry=self._retry)

    @contextmanager
    def _loaded(self, table: Table, rows: pa.Table) -> Iterator[str]:
        """Logical name of a table beside the target that holds the rows during the block."""
        name = f"{LOADED_PREFIX}{table.name}_{uuid4().hex}"
        destination = self._id(table.layer.dataset, name)
        with _typed_errors(f"Loading rows for {table.full_name}"):
            self._create_expiring(destination, table, LOADED_LIFETIME)
            self._load(_parquet(rows), table, destination)
        try:
            yield f"{table.layer.dataset}.{name}"
        finally:
            with _typed_errors(f"Dropping {name}"):
                self._client.delete_table(destination, not_found_ok=True, retry=self._retry)

    def _job_labels(self, operation: str) -> dict[str, str]:
        return {**self._labels, "nba_props": operation}

    # -- metadata -----------------------------------------------------------------------------------------------------

    def _ensure_dataset(self, layer: Layer) -> set[str]:
        """Names of the tables of a dataset, which is created if there is none."""
        from google.api_core.exceptions import NotFound
        from google.cloud.bigquery import Dataset

        name = self._dataset(layer.dataset)
        with _typed_errors(f"Looking at {name}"):
            try:
                return {item.table_id for item in self._client.list_tables(name, retry=self._retry)}
            except NotFound:
                dataset = Dataset(name)
                dataset.location = self._location
                dataset.labels = self._labels
                self._client.create_dataset(dataset, exists_ok=True, retry=self._retry)
                return set()

    def _create_staging_view(self, table: Table) -> None:
        from google.cloud import bigquery

        view = bigquery.Table(self._id(table.layer.dataset, table.name))
        view.view_query, _ = render(_STAGING_VIEW, "bigquery", self._rename)
        view.description = table.description
        with _typed_errors(f"Creating {table.full_name}"):
            self._client.create_table(view, exists_ok=True, retry=self._retry)

    def _create_expiring(self, table_id: str, table: Table, lifetime: timedelta) -> None:
        from google.cloud import bigquery

        new = bigquery.Table(table_id, schema=[bigquery.SchemaField.from_api_repr(f) for f in schema_fields(table)])
        new.expires = datetime.now(UTC) + lifetime
        self._client.create_table(new, exists_ok=True, retry=self._retry)

    def _describe(self, table_id: str, labels: dict[str, str]) -> None:
        from google.cloud import bigquery

        described = bigquery.Table(table_id)
        described.labels = {**self._labels, **labels}
        described.expires = datetime.now(UTC) + STAGING_LIFETIME
        self._client.update_table(described, ["labels", "expires"], retry=self._retry)

    def _columns(self, table_id: str) -> dict[str, str] | None:
        from google.api_core.exceptions import NotFound

        with _typed_errors(f"Looking at {table_id}"):
            try:
                stored = self._client.get_table(table_id, retry=self._retry)
            except NotFound:
                return None
        return {field.name: _stored_type(field) for field in stored.schema}

    def _row_count(self, table_id: str) -> int:
        return int(self._client.get_table(table_id, retry=self._retry).num_rows or 0)

    def _refuse_drift(self, table: Table) -> None:
        found = self.stored_columns(table)
        if found is None:
            raise BadInput(f"{table.full_name} does not exist yet.", next_step="Create the tables: nba-props init.")
        refuse_mismatch(table.full_name, column_types(table), found)

    def _staged_select(self, staging: StagingTable, accepted: set[str]) -> str:
        """The staged rows with every declared column; one that a person accepted as missing is NULL."""
        found = self.staging_columns(staging)
        waived = {
            column.name: column.type.value
            for column in PLAYER_PROP_PREDICTIONS
            if column.name in accepted and column.name not in found
        }
        refuse_mismatch(staging.name, column_types(PLAYER_PROP_PREDICTIONS), {**found, **waived})
        columns = (
            f"CAST(NULL AS {waived[name]}) AS {name}" if name in waived else name
            for name in PLAYER_PROP_PREDICTIONS.column_names
        )
        return f"SELECT {', '.join(columns)} FROM {self._rename(Layer.PREDICTIONS.dataset, staging.name)}"


# -- values and rows --------------------------------------------------------------------------------------------------


def _parameter(name: str, value: Any) -> Any:
    """A query parameter of its declared type, which a NULL has too."""
    from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

    declared = PARAMETERS[name]
    if _is_array(declared):
        return ArrayQueryParameter(name, declared.removeprefix("ARRAY<").removesuffix(">"), list(value))
    return ScalarQueryParameter(name, declared, value)


def _is_array(declared: str) -> bool:
    return declared.startswith("ARRAY<")


def _spell_empty_arrays(text: str, values: dict[str, Any]) -> str:
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


def _bounded(upsert: str, table: Table, rows: pa.Table) -> tuple[str, dict[str, date]]:
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


def _refuse_duplicates(table: Table, rows: pa.Table) -> None:
    """Two new rows of one grain would both be inserted: a MERGE minds only duplicates that match."""
    counted = rows.group_by(list(table.grain)).aggregate([([], "count_all")])
    doubled = counted.filter(pc.greater(counted["count_all"], 1))
    if doubled.num_rows:
        raise SchemaMismatch(
            f"{table.full_name}: {doubled.num_rows} grain(s) come more than once, e.g. "
            f"{doubled.select(list(table.grain)).slice(0, 1).to_pylist()[0]}.",
            next_step="Correct the rows where they are made; none was written.",
        )


def _no_staged_rows() -> str:
    columns = (f"CAST(NULL AS {column.type.value}) AS {column.name}" for column in PLAYER_PROP_PREDICTIONS)
    return f"SELECT {', '.join(columns)} LIMIT 0"


def _parquet(rows: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def _plain(rows: pa.Table) -> pa.Table:
    """Without the nullability and metadata that come from stored columns: a result is only names, types and values."""
    return rows.cast(pa.schema([(field.name, field.type) for field in rows.schema]))


def _stored_type(field: "bigquery.SchemaField") -> str:
    name = googlesql_type(field.field_type)
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else name


def _dml_stats(job: "bigquery.QueryJob") -> "bigquery.DmlStats":
    if job.dml_stats is None:
        raise StorageFault(
            f"The statement ran, but the server did not say how many rows it wrote (job {job.job_id}).",
            next_step="Look the job up in the BigQuery console.",
        )
    return job.dml_stats


def _rows_changed(job: "bigquery.QueryJob") -> int:
    if job.num_dml_affected_rows is None:
        raise StorageFault(
            f"The statement ran, but the server did not say how many rows it changed (job {job.job_id}).",
            next_step="Look the job up in the BigQuery console.",
        )
    return job.num_dml_affected_rows


# -- staging labels ---------------------------------------------------------------------------------------------------


def _label(name: str, value: str) -> str:
    if not _LABEL.fullmatch(value):
        raise BadInput(
            f"{name} {value!r} cannot be a BigQuery label.",
            next_step="Use at most 63 lowercase letters, digits, '_' and '-'.",
        )
    return value


def _staging_labels(staging: StagingTable, row_count: int) -> dict[str, str]:
    """What a staging table says of itself; an instant is microseconds since 1970."""
    facts = {
        "batch_id": staging.batch_id,
        "game_date": staging.game_date.isoformat(),
        "system_id": staging.system_id,
        "writer": staging.writer,
        "created_at": str((staging.created_at - _EPOCH) // timedelta(microseconds=1)),
        "row_count": str(row_count),
    }
    return {name: _label(name, value) for name, value in facts.items()}


def _is_staging(table_id: str, labels: Mapping[str, str]) -> bool:
    """Whether a listed table is staging that was loaded to its end (see `stage`)."""
    return table_id.startswith(STAGING_PREFIX) and "batch_id" in labels


def _staging_of(labels: Mapping[str, str]) -> StagingTable:
    return StagingTable(
        batch_id=labels["batch_id"],
        game_date=date.fromisoformat(labels["game_date"]),
        system_id=labels["system_id"],
        writer=labels["writer"],
        created_at=_EPOCH + timedelta(microseconds=int(labels["created_at"])),
        row_count=int(labels["row_count"]),
    )


# -- errors -----------------------------------------------------------------------------------------------------------

_BUSY_REASONS = frozenset(
    {
        "backendError",
        "badGateway",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
    }
)
_CONCURRENT_UPDATE = "Could not serialize access"  # two DML statements on the same partitions at once


@contextmanager
def _typed_errors(action: str) -> Iterator[None]:
    """Errors of the client, its credentials or its connection as errors a user can act on."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, RequestException, TimeoutError) as error:
        raise _typed(error, action) from error


def _typed(error: Exception, action: str) -> NbaPropsError:
    from google.api_core import exceptions as api
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    cause: Any = error
    while isinstance(cause, api.RetryError) and cause.cause is not None:
        cause = cause.cause
    said = _first_line(cause)
    if isinstance(cause, (api.TooManyRequests, api.ServerError, TimeoutError)) or _is_busy(cause, said):
        return WarehouseBusy(
            f"{action} was put off by BigQuery until patience ran out: {said}",
            next_step="Run the same command again later; what was there before is still there.",
        )
    if isinstance(cause, api.NotFound):
        return BadInput(f"{action} needs what is not there: {said}", next_step="Create the tables: nba-props init.")
    if isinstance(cause, api.BadRequest):
        return BadInput(
            f"{action} cannot run: {said}",
            next_step="Check table and column names in docs/tables, and filter by date to read less.",
        )
    if isinstance(cause, (api.Forbidden, api.Unauthorized, GoogleAuthError)):
        return StorageFault(
            f"{action} was refused: {said}",
            next_step=(
                "Give this account roles/bigquery.jobUser on the project and roles/bigquery.dataEditor on its datasets,"
                " and look at the project's quotas."
            ),
        )
    if isinstance(cause, RequestException):
        return StorageFault(
            f"{action} did not reach BigQuery: {said}", next_step="Check the connection, then run it again."
        )
    return StorageFault(f"{action} failed: {said}", next_step="Look the job up in the BigQuery console.")


def _is_busy(error: Exception, said: str) -> bool:
    reasons = {one.get("reason") for one in getattr(error, "errors", ()) if isinstance(one, Mapping)}
    return bool(reasons & _BUSY_REASONS) or _CONCURRENT_UPDATE in said


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
