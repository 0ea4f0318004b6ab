"""The jobs of the BigQuery warehouse: one place that runs a statement, one that loads a file, each exactly once.

Limits, labels, job ids and retries of every job are decided here (docs/decisions/0012). What a statement says, and which
rows are loaded, is not.
"""

import hashlib
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nba_props.catalog.model import Table
from nba_props.catalog.render.bigquery import schema_fields
from nba_props.errors import WarehouseBusy
from nba_props.io.job_context import add_usage, job_labels
from nba_props.io.warehouse.bigquery_errors import typed_errors

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

DML_SLOTS = 2
"""DML statements one process runs at a time. BigQuery runs 2 on one table and lets 20 more wait; the next is refused."""

DML = frozenset({"replace_range", "replace_rows", "upsert", "delete", "merge"})
"""Operations whose statement changes rows. Staging, and tables replaced whole, are load jobs."""

_ASKED_ONCE: dict[str, Any] = {"retry": None, "job_retry": None}  # it is `_Once` that asks again
_SHORTEST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.2, 5.0

Job = Any  # a QueryJob or a LoadJob


class Jobs:
    """Query and load jobs of one project in one location. `labels` go on each, beside `nba_props`: what it is for."""

    def __init__(
        self,
        client: "bigquery.Client",
        project: str,
        location: str,
        retry: "Retry",
        labels: Mapping[str, str],
        maximum_bytes_billed: int | None,
        dml_slots: int = DML_SLOTS,
    ) -> None:
        self._client = client
        self._place: dict[str, Any] = {"project": project, "location": location}
        self._retry = retry
        self._labels = labels
        self._maximum_bytes_billed = maximum_bytes_billed
        self._dml_slots = BoundedSemaphore(dml_slots)

    def query(self, text: str, parameters: Sequence[Any], operation: str) -> "bigquery.QueryJob":
        """Run one statement of the engine's to its end, once, however often it had to be asked for."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(query_parameters=list(parameters), labels=self._labels_for(operation))
        if self._maximum_bytes_billed is not None:
            config.maximum_bytes_billed = self._maximum_bytes_billed

        def begin(job_id: str) -> Job:
            return self._client.query(text, job_config=config, job_id=job_id, **_ASKED_ONCE, **self._place)

        with typed_errors(f"The statement ({operation})"), self._slot(operation):
            job = self._once(begin, f"nba_props_{operation}_{uuid4().hex}").run()
        add_usage(job.total_bytes_processed, job.total_bytes_billed, job.slot_millis)
        return job

    def load(self, data: bytes, table: Table, destination: str, *, clustering: Sequence[str] = ()) -> None:
        """Replace the destination's rows by those of a Parquet file, atomically; it has the columns of `table`."""
        begin = self._loading(data, table, destination, clustering)
        self._once(begin, f"nba_props_load_{uuid4().hex}").run()

    def load_once(self, data: bytes, row_count: int, table: Table, destination: str, acted_at: datetime) -> None:
        """Load unless this very act has loaded these bytes already, in this process or before it was asked again.

        A load that failed, or whose table has gone since, is no reason not to load.
        """
        facts = f"{destination}|{acted_at.isoformat()}|{schema_fields(table)}".encode()
        act = self._once(
            self._loading(data, table, destination),
            f"nba_props_stage_{hashlib.sha256(facts + data).hexdigest()}",
        )
        act.run()
        if act.is_found and self._client.get_table(destination, retry=self._retry).num_rows != row_count:
            self.load(data, table, destination)

    def _loading(
        self, data: bytes, table: Table, destination: str, clustering: Sequence[str] = ()
    ) -> Callable[[str], Job]:
        from google.cloud.bigquery import LoadJobConfig, SchemaField, SourceFormat, WriteDisposition

        config = LoadJobConfig(
            source_format=SourceFormat.PARQUET,
            write_disposition=WriteDisposition.WRITE_TRUNCATE,
            schema=[SchemaField.from_api_repr(field) for field in schema_fields(table)],
            labels=self._labels_for("load"),
        )
        if clustering:
            config.clustering_fields = list(clustering)

        def begin(job_id: str) -> Job:
            return self._client.load_table_from_file(
                io.BytesIO(data),
                destination,
                size=len(data),
                num_retries=0,
                job_id=job_id,
                job_config=config,
                **self._place,
            )

        return begin

    def _once(self, begin: Callable[[str], Job], group: str) -> "_Once":
        def get(job_id: str) -> Job:
            return self._client.get_job(job_id, retry=self._retry, **self._place)

        return _Once(begin, get, group, self._retry)

    @contextmanager
    def _slot(self, operation: str) -> Iterator[None]:
        """One of the few DML statements that this process runs at a time."""
        if operation not in DML:
            yield
            return
        if not self._dml_slots.acquire(timeout=self._retry.timeout):
            raise WarehouseBusy(
                f"The statement ({operation}) waited {self._retry.timeout:.0f} s for the others of this process.",
                next_step="Run the same command again; if it happens again, look for a statement that never ends.",
            )
        try:
            yield
        finally:
            self._dml_slots.release()

    def _labels_for(self, operation: str) -> dict[str, str]:
        return {**self._labels, **job_labels(), "nba_props": operation}


class _Once:
    """One piece of work, done by one job that succeeds; `is_found` if that job had been begun before its answer came.

    A request that met a fault is made again under the same job id, so that a job whose answer was lost is found (409) and
    waited for. A job that failed for a reason that passes is followed by another, under the next id of the group.
    """

    def __init__(self, begin: Callable[[str], Job], get: Callable[[str], Job], group: str, retry: "Retry") -> None:
        self._begin = begin
        self._get = get
        self._group = group
        self._retry = retry
        self._failures = 0
        self.is_found = False

    def run(self) -> Job:
        """The job, done; its error if it failed for good, the last fault once patience ran out."""
        return self._retry(self._attempt)()

    def _attempt(self) -> Job:
        job = self._begun(f"{self._group}_{self._failures}" if self._failures else self._group)
        self._wait_for(job)
        error = job.exception()
        if error is None:
            return job
        self._failures += 1
        if self.is_found:  # the failure of an earlier act; what was wrong then may be right now
            return self._attempt()
        raise error

    def _begun(self, job_id: str) -> Job:
        from google.api_core.exceptions import Conflict, NotFound, ServiceUnavailable

        self.is_found = False
        try:
            return self._begin(job_id)
        except Conflict:
            self.is_found = True
        try:
            return self._get(job_id)
        except NotFound as lag:  # googleapis/python-bigquery issue 2134: it is there, and will be seen
            raise ServiceUnavailable(f"The job {job_id} exists and cannot be seen yet") from lag

    def _wait_for(self, job: Job) -> None:
        """By jobs.get, which tells a job's failure apart from a fault of the request; getQueryResults does not."""
        from google.api_core.retry import exponential_sleep_generator

        pauses = exponential_sleep_generator(_SHORTEST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS)
        while job.state != "DONE":
            time.sleep(next(pauses))
            job.reload(retry=self._retry)
