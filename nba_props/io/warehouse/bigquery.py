"""The warehouse on BigQuery: load jobs bring rows in, one MERGE puts each range, upsert or batch in force.

Staging never uses DML (BigQuery runs few concurrent DML statements a table); its tables describe themselves by labels,
which a listing shows without opening them. What belongs here: how the protocol's verbs become API calls. What does not:
how a job is run (`bigquery_jobs`), what values, labels and refusals become (`bigquery_values`, `_staging`, `_errors`), and
SQL that means something (`sql/`, `catalog/render`). Google packages are imported when a warehouse is made, never before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa

from nba_props.catalog.model import Layer, Table, TableKind
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import conform
from nba_props.catalog.render.bigquery import add_columns, create_table, schema_fields
from nba_props.catalog.render.sql import replace_range_merge, select_list, upsert_merge
from nba_props.errors import BadInput
from nba_props.io.google_retry import PATIENCE_SECONDS, REQUEST_SECONDS, give_up_requests_after, patience
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.warehouse.base import STAGING_PREFIX, Params, StagingTable, UpsertCounts, column_types
from nba_props.io.warehouse.bigquery_errors import typed_errors
from nba_props.io.warehouse.bigquery_jobs import DML_SLOTS, Jobs
from nba_props.io.warehouse.bigquery_staging import STAGING_VIEW, is_staging, label, staging_labels, staging_of
from nba_props.io.warehouse.bigquery_values import (
    bounded,
    dml_stats,
    no_staged_rows,
    parameter,
    parquet,
    plain,
    refuse_duplicates,
    rows_changed,
    spell_empty_arrays,
    stored_type,
)
from nba_props.io.warehouse.lease import lease
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.io.warehouse.sqltext import bound, render, tables_asked, unknown_table

if TYPE_CHECKING:
    from google.cloud import bigquery

_DATASETS = frozenset(layer.dataset for layer in Layer)

STAGED = f"{Layer.PREDICTIONS.dataset}._staged"
"""How the text of a consolidation names the staged rows, which have the columns of `player_prop_predictions`."""

LOADED_PREFIX = "_loaded_"
"""Tables that hold the rows of one write on their way into their table."""

LOADED_LIFETIME = timedelta(hours=6)
STAGING_LIFETIME = timedelta(days=30)  # long enough to consolidate or clean a failed batch on purpose


class BigQueryWarehouse:
    """`Warehouse` on the datasets `{prefix}nba_{layer}` of one project, in one location.

    Needs `roles/bigquery.jobUser` on the project and `roles/bigquery.dataEditor` on the datasets (on the project to
    create them). `object_store` holds the leases of `lock`; `maximum_bytes_billed` bounds each query; `labels` go on
    every job and dataset; a request that meets a rate limit or an outage, or is not answered for `request_seconds`, is
    made again for `patience_seconds`, and `on_retry` told why; `dml_slots` statements change rows at a time.
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
        patience_seconds: float = PATIENCE_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
        on_retry: Callable[[Exception], None] | None = None,
        dml_slots: int = DML_SLOTS,
    ) -> None:
        give_up_requests_after(client, request_seconds)
        self.prefix = prefix
        self._client = client
        self._project = project
        self._location = location
        self._object_store = object_store
        self._labels = {name: label(name, value) for name, value in (labels or {}).items()}
        self._retry = patience(patience_seconds, on_retry)
        self._jobs = Jobs(client, project, location, self._retry, self._labels, maximum_bytes_billed, dml_slots)

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
                self._jobs.query(create_table(table, self._dataset(table.layer.dataset)), [], "create_table")
        return [table.full_name for table in missing]

    def stored_columns(self, table: Table) -> dict[str, str] | None:
        return self._columns(self._id(table.layer.dataset, table.name))

    def add_columns(self, table: Table, names: Sequence[str]) -> None:
        columns = [table[name] for name in names]
        self._jobs.query(add_columns(columns, table, self._dataset(table.layer.dataset)), [], "add_columns")

    # -- reading ------------------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        tables_asked(sql)
        job = self._execute(sql, params or {}, "query")
        with typed_errors("Reading the result"):
            return plain(job.result(retry=self._retry, job_retry=None).to_arrow(create_bqstorage_client=False))

    # -- writing ------------------------------------------------------------------------------------------------------

    def replace_range(self, table: Table, select: str, params: Params, start: date, end: date) -> int:
        self._refuse_drift(table)
        values = {**params, "start_date": start, "end_date": end}
        return dml_stats(self._execute(replace_range_merge(table, select), values, "replace_range")).inserted_row_count

    def replace_rows(self, table: Table, rows: pa.Table, start: date | None = None, end: date | None = None) -> int:
        rows = conform(table, rows)
        self._refuse_drift(table)
        if table.partition_by is None:
            with typed_errors(f"Replacing {table.full_name}"):
                destination = self._id(table.layer.dataset, table.name)
                self._jobs.load(parquet(rows), table, destination, clustering=table.cluster_by)
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
        refuse_duplicates(table, rows)
        self._refuse_drift(table)
        with self._loaded(table, rows) as source:
            statement, values = bounded(upsert_merge(table, source, tuple(keep_first)), table, rows)
            stats = dml_stats(self._execute(statement, values, "upsert"))
        return UpsertCounts(stats.inserted_row_count, stats.updated_row_count)

    def delete(self, table: Table, where: str, params: Params) -> int:
        return rows_changed(self._execute(f"DELETE FROM {table.full_name} WHERE {where}", params, "delete"))

    # -- staging ------------------------------------------------------------------------------------------------------

    def stage(self, table: Table, staging: StagingTable, rows: pa.Table) -> None:
        rows = conform(table, rows)
        labels = staging_labels(staging, rows.num_rows)
        destination = self._staging_id(staging)
        # The table is made first, so that it expires even if this process dies before the end; it counts as staging
        # once its labels say what it holds, which they do last.
        with typed_errors(f"Staging {staging.name}"):
            self._create_expiring(destination, table, STAGING_LIFETIME)
            self._jobs.load_once(parquet(rows), rows.num_rows, table, destination, acted_at=staging.created_at)
            self._describe(destination, labels)

    def staging_tables(self) -> list[StagingTable]:
        from google.api_core.exceptions import NotFound

        with typed_errors("Listing staging"):
            try:
                listed = list(self._client.list_tables(self._dataset(Layer.PREDICTIONS.dataset), retry=self._retry))
            except NotFound:  # nothing was ever created here
                return []
        found = [staging_of(item.labels) for item in listed if is_staging(item.table_id, item.labels)]
        return sorted(found, key=lambda staging: (staging.created_at, staging.name))

    def staging_columns(self, staging: StagingTable) -> dict[str, str]:
        columns = self._columns(self._staging_id(staging))
        if columns is None:
            raise BadInput(f"There is no staging table {staging.name}.", next_step="List them: nba-props staging list.")
        return columns

    def read_staging(self, staging: StagingTable, columns: Sequence[str] | None = None) -> pa.Table:
        with typed_errors(f"Reading {staging.name}"):
            stored = self._client.get_table(self._staging_id(staging), retry=self._retry)
            wanted = None if columns is None else [field for field in stored.schema if field.name in columns]
            rows = self._client.list_rows(stored, selected_fields=wanted, retry=self._retry)
            return plain(rows.to_arrow(create_bqstorage_client=False))

    def merge(self, statement: str, staged: Sequence[StagingTable], params: Params) -> int:
        parts = [self._staged_select(staging) for staging in staged] or [no_staged_rows()]
        rename = partial(self._rename_staged, f"({' UNION ALL '.join(parts)})")
        return rows_changed(self._execute(statement, params, "merge", rename))

    def drop_staging(self, staging: Sequence[StagingTable]) -> None:
        with typed_errors("Dropping staging"):
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
        is_passing = name.startswith((STAGING_PREFIX, LOADED_PREFIX)) and dataset in _DATASETS
        if not is_passing and f"{dataset}.{name}" not in TABLES:
            raise unknown_table(f"{dataset}.{name}")
        return self._quoted(dataset, name)

    def _quoted(self, dataset: str, name: str) -> str:
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
        text = spell_empty_arrays(text, values)
        return self._jobs.query(text, [parameter(name, value) for name, value in sorted(values.items())], operation)

    @contextmanager
    def _loaded(self, table: Table, rows: pa.Table) -> Iterator[str]:
        """Logical name of a table beside the target that holds the rows during the block."""
        name = f"{LOADED_PREFIX}{table.name}_{uuid4().hex}"
        destination = self._id(table.layer.dataset, name)
        with typed_errors(f"Loading rows for {table.full_name}"):
            self._create_expiring(destination, table, LOADED_LIFETIME)
            self._jobs.load(parquet(rows), table, destination)
        try:
            yield f"{table.layer.dataset}.{name}"
        finally:
            with typed_errors(f"Dropping {name}"):
                self._client.delete_table(destination, not_found_ok=True, retry=self._retry)

    # -- metadata -----------------------------------------------------------------------------------------------------

    def _ensure_dataset(self, layer: Layer) -> set[str]:
        """Names of the tables of a dataset, which is created if there is none."""
        from google.api_core.exceptions import NotFound
        from google.cloud.bigquery import Dataset

        name = self._dataset(layer.dataset)
        with typed_errors(f"Looking at {name}"):
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
        view.view_query, _ = render(STAGING_VIEW, "bigquery", self._quoted)
        view.description = table.description
        with typed_errors(f"Creating {table.full_name}"):
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

        with typed_errors(f"Looking at {table_id}"):
            try:
                stored = self._client.get_table(table_id, retry=self._retry)
            except NotFound:
                return None
        return {field.name: stored_type(field) for field in stored.schema}

    def _refuse_drift(self, table: Table) -> None:
        found = self.stored_columns(table)
        if found is None:
            raise BadInput(f"{table.full_name} does not exist yet.", next_step="Create the tables: nba-props init.")
        refuse_mismatch(table.full_name, column_types(table), found)

    def _staged_select(self, staging: StagingTable) -> str:
        refuse_mismatch(staging.name, column_types(PLAYER_PROP_PREDICTIONS), self.staging_columns(staging))
        source = self._rename(Layer.PREDICTIONS.dataset, staging.name)
        return f"SELECT {select_list(PLAYER_PROP_PREDICTIONS)} FROM {source}"
