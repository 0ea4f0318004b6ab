"""Where the BigQuery emulator falls short of BigQuery, put right inside its process; the product knows none of this.

Each function mends one shortfall and says what BigQuery does. What is not mended, and costs a test its meaning:

- It types expressions on its own engine and analyses no statement: a wrong one is found only if DuckDB minds too. The
  reference analyzer is for that.
- It serves one statement at a time and never refuses for concurrency, quotas or bytes: that takes a proxy that does.
- It knows no required partition filter, no bytes and no limit of them; nothing expires; a listing is one page of 1000.
"""

import re
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import bqemulator.api.routes.jobs as jobs
import bqemulator.api.routes.tables as tables
import bqemulator.api.routes.upload as upload
import bqemulator.jobs.executor as executor
import bqemulator.sql.rewriter.information_schema as information_schema
import pyarrow as pa
import sqlglot
from bqemulator.catalog import ddl_sync
from bqemulator.catalog.memory_repository import MemoryCatalogRepository
from bqemulator.domain.errors import InvalidQueryError, ResourceRef, resource_already_exists, resource_not_found
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager
from sqlglot import exp

_merged: ContextVar[dict[str, int]] = ContextVar("merged")


def mend() -> None:
    """Replace the parts of the emulator that are named here; before its server is made."""
    _parse_once()
    _take_files_of_any_type()
    _list_what_tables_are()
    _keep_required_columns()
    _run_a_job_id_once()
    _load_atomically_and_by_name()
    _count_what_a_merge_did()
    _refuse_two_source_rows()
    _refuse_doubled_names()
    _describe_tables_in_sql()
    _keep_expiries()
    _leave_comments_alone()
    _count_whole_seconds()
    _keep_no_history()
    _keep_added_columns()


def _parse_once() -> None:
    """Not what BigQuery does, but how soon: the emulator parses each statement some twenty times, which is most of its time."""
    parse = sqlglot.parse_one
    parsed = lru_cache(maxsize=256)(lambda sql, dialect: parse(sql, read=dialect))

    def parse_once(sql: str, read: str | None = None, **options: Any) -> exp.Expression:
        return parse(sql, read=read, **options) if options else parsed(sql, read).copy()

    sqlglot.parse_one = parse_once


def _take_files_of_any_type() -> None:
    """A load takes its file as what the job says it is; the official Python client declares it as `*/*`."""
    upload._PERMITTED_MEDIA_CONTENT_TYPES += ("*/*",)


def _list_what_tables_are() -> None:
    """A listing shows labels, and is refused with 404 where there is no dataset; the emulator has neither."""
    item, listed = tables._table_to_list_item, MemoryCatalogRepository.list_tables

    def with_labels(table: Any) -> dict[str, Any]:
        return item(table) | ({"labels": table.labels} if table.labels else {})

    def of_a_dataset(self: MemoryCatalogRepository, project: str, dataset: str) -> Any:
        if self.get_dataset(project, dataset) is None:
            raise resource_not_found(ResourceRef("dataset", project, dataset))
        return listed(self, project, dataset)

    tables._table_to_list_item = with_labels
    MemoryCatalogRepository.list_tables = of_a_dataset


def _keep_required_columns() -> None:
    """A column that is REQUIRED takes no NULL in a table made by the API either."""
    columns = tables.bq_schema_to_duckdb_columns

    def not_null(fields: list[dict[str, Any]]) -> list[tuple[str, str]]:
        required = {field["name"] for field in fields if field.get("mode") == "REQUIRED"}
        return [(name, f"{kind} NOT NULL" if name in required else kind) for name, kind in columns(fields)]

    tables.bq_schema_to_duckdb_columns = not_null


def _run_a_job_id_once() -> None:
    """A second job of the same id is refused with 409; the emulator runs a statement again, and names loads itself."""
    query, load, configuration = jobs._handle_query_job, upload._run_load, upload._load_configuration_from_envelope
    asked: set[str] = set()

    def claim(project: str, job_id: str) -> None:
        if job_id in asked:
            raise resource_already_exists(ResourceRef("job", project, resource_id=job_id))
        asked.add(job_id)

    async def query_once(project: str, job_id: str, *args: Any, **options: Any) -> Any:
        claim(project, job_id)
        return await query(project, job_id, *args, **options)

    def with_job_id(envelope: dict[str, Any]) -> dict[str, Any]:
        reference = envelope.get("jobReference", {})
        return configuration(envelope) | ({"jobId": reference["jobId"]} if "jobId" in reference else {})

    async def load_once(*, project_id: str, configuration: dict[str, Any], **options: Any) -> Any:
        given = dict(configuration)
        job_id = given.pop("jobId", None) or upload._new_job_id()
        claim(project_id, job_id)
        job_ids.set(job_id)
        return await load(project_id=project_id, configuration=given, **options)

    job_ids: ContextVar[str] = ContextVar("job_id")
    new_job_id = upload._new_job_id
    upload._new_job_id = lambda: job_ids.get(None) or new_job_id()
    upload._load_configuration_from_envelope = with_job_id
    upload._run_load = load_once
    jobs._handle_query_job = query_once


def _load_atomically_and_by_name() -> None:
    """A Parquet load that replaces a table does so at once, its columns by name; the emulator empties the table first
    and fills it by position."""
    prepare, load = executor._apply_load_write_disposition, executor._load_path_into_target

    def is_replacement(job: Any) -> bool:
        return job.write_disposition == "WRITE_TRUNCATE" and job.source_format == "PARQUET"

    def prepare_others(job: Any, ctx: Any) -> None:
        if not is_replacement(job):
            prepare(job, ctx)

    def replace(path: str, job: Any, ctx: Any) -> None:
        if not is_replacement(job):
            load(path, job, ctx)
            return
        connection = ctx.engine.connection
        connection.execute("BEGIN")
        try:
            connection.execute(f"DELETE FROM {job.target_ref}")
            connection.execute(f"INSERT INTO {job.target_ref} BY NAME SELECT * FROM read_parquet(?)", [path])
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    executor._apply_load_write_disposition = prepare_others
    executor._load_path_into_target = replace


def _count_what_a_merge_did() -> None:
    """The job of a DML statement has `dmlStats`: rows inserted, updated and deleted. The emulator has only their sum,
    so that they follow from the table's size before and after, for a statement that does at most two of the three. For
    one that does all three there are none here. (RETURNING would tell, but DuckDB 1.5.5 then reads memory it should not.)
    """
    fetch, statistics = DuckDBEngine.fetch_arrow, executor._build_query_statistics

    def fetch_and_count(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        found = _MERGE.match(sql)
        if not found:
            return fetch(self, sql, parameters)
        size = f"SELECT COUNT(*) FROM {found['target']}"
        before = self.execute(size).fetchall()[0][0]
        counted = fetch(self, sql, parameters)
        growth = self.execute(size).fetchall()[0][0] - before
        _merged.set(_shares(set(_ACTION.findall(sql)), executor._extract_dml_affected_rows(counted), growth))
        return counted

    def with_dml_stats(**facts: Any) -> dict[str, Any]:
        found = statistics(**facts)
        kind, changed = facts["statement_type"], facts["num_dml_affected_rows"]
        stats = _merged.get() if kind == "MERGE" else {kind: changed}
        if changed is not None and stats:
            found["query"]["dmlStats"] = {_FIELDS[action]: str(count) for action, count in stats.items()}
        return found

    DuckDBEngine.fetch_arrow = fetch_and_count
    executor._build_query_statistics = with_dml_stats


_MERGE = re.compile(r"\s*MERGE\s+INTO\s+(?P<target>\S+)", re.IGNORECASE)
_ACTION = re.compile(r"\bTHEN\s+(INSERT|UPDATE|DELETE)\b")
_FIELDS = {
    "INSERT": "insertedRowCount",
    "UPDATE": "updatedRowCount",
    "DELETE": "deletedRowCount",
    "TRUNCATE_TABLE": "deletedRowCount",
}


def _shares(actions: set[str], changed: int, growth: int) -> dict[str, int]:
    """Rows each of a MERGE's actions changed, where the sum and the table's growth tell."""
    if "INSERT" not in actions:
        deleted = -growth
        return {action: {"DELETE": deleted, "UPDATE": changed - deleted}[action] for action in actions}
    if "DELETE" not in actions:
        return {"INSERT": growth} | ({"UPDATE": changed - growth} if "UPDATE" in actions else {})
    if "UPDATE" not in actions:
        return {"INSERT": (changed + growth) // 2, "DELETE": (changed - growth) // 2}
    return {}


def _refuse_two_source_rows() -> None:
    """A MERGE fails where two source rows match one row of its target; DuckDB 1.5.5 takes one of them."""
    run = executor._run_single_sql

    async def run_if_unambiguous(project: str, sql: str, parameters: Any, ctx: Any, *, caller: Any) -> pa.Table:
        merge = sqlglot.parse_one(sql, read="bigquery")
        if isinstance(merge, exp.Merge) and (question := _matches(merge)) is not None:
            [counted] = (await run(project, question, parameters, ctx, caller=caller)).to_pylist()
            if counted["pairs"] > counted["matched"]:
                raise InvalidQueryError("UPDATE/MERGE must match at most one source row for each target row")
        return await run(project, sql, parameters, ctx, caller=caller)

    executor._run_single_sql = run_if_unambiguous


def _matches(merge: exp.Merge) -> str | None:
    """SELECT of how many pairs of rows a MERGE's matched clauses act on, and how many target rows are in them."""
    acting = [
        when.args.get("condition") or exp.true() for when in merge.args["whens"].expressions if when.args.get("matched")
    ]
    if not acting:
        return None
    target = merge.this
    row = exp.column("rowid", table=target.alias_or_name)
    pairs = exp.select(
        exp.Count(this=exp.Star()).as_("pairs"), exp.Count(this=exp.Distinct(expressions=[row])).as_("matched")
    )
    joined = pairs.from_(target.copy()).join(merge.args["using"].copy(), on=merge.args["on"].copy())
    return str(joined.where(exp.or_(*acting)).sql(dialect="bigquery"))


def _refuse_doubled_names() -> None:
    """A result with two columns of one name is refused; the emulator numbers them."""
    schema = executor.build_response_schema

    def of_different_names(arrow_schema: pa.Schema) -> list[dict[str, Any]]:
        doubled = sorted({name for name in arrow_schema.names if arrow_schema.names.count(name) > 1})
        if doubled:
            raise InvalidQueryError(
                f"Duplicate column names in the result are not supported. Found duplicate(s): {', '.join(doubled)}"
            )
        return list(schema(arrow_schema))

    executor.build_response_schema = of_different_names


def _describe_tables_in_sql() -> None:
    """INFORMATION_SCHEMA.TABLE_OPTIONS can be given another name in FROM; the emulator's rows lose their columns then."""
    columns = information_schema._TABLE_OPTIONS_COLUMNS
    literal = information_schema._sql_literal

    def as_select(listed: Any, project: str, dataset: str) -> str:
        rows = [
            (literal(project), literal(dataset), literal(table.table_id), literal(name), literal(kind), value)
            for table in listed
            for name, kind, value in information_schema._table_options(table)
        ]
        if not rows:
            return str(information_schema._empty_table_options_values_subquery())
        selects = (
            "SELECT " + ", ".join(f"{value} AS {name}" for name, value in zip(columns, row, strict=True))
            for row in rows
        )
        return f"({' UNION ALL '.join(selects)})"

    information_schema._table_options_as_values = as_select


def _keep_expiries() -> None:
    """A table says when it expires, as it was told."""
    read, write = tables._rest_to_table_meta, tables._table_to_rest

    def with_expiry(project: str, dataset: str, body: dict[str, Any], *args: Any) -> Any:
        told = body.get("expirationTime")
        expires = {"expiration_time": datetime.fromtimestamp(int(told) / 1000, UTC)} if told else {}
        return read(project, dataset, body, *args).model_copy(update=expires)

    def told(table: Any) -> dict[str, Any]:
        expires = table.expiration_time
        return write(table) | ({"expirationTime": str(int(expires.timestamp() * 1000))} if expires else {})

    tables._rest_to_table_meta = with_expiry
    tables._table_to_rest = told


def _leave_comments_alone() -> None:
    """A parameter that only a comment names is none; the emulator binds it, and then has one value too many."""
    bind, comment = executor.bind_parameters, re.compile(r"/\*.*?\*/", re.DOTALL)
    executor.bind_parameters = lambda sql, parameters: bind(comment.sub("", sql), parameters)


def _count_whole_seconds() -> None:
    """UNIX_SECONDS is a whole number, rounded down; the emulator's EPOCH has a fraction."""
    qualify, start = executor.rewrite_table_refs, DuckDBEngine.start

    async def with_macro(self: DuckDBEngine) -> None:
        await start(self)
        self.execute("CREATE OR REPLACE MACRO unix_seconds(t) AS CAST(FLOOR(epoch_us(t) / 1000000) AS BIGINT)")

    DuckDBEngine.start = with_macro
    executor.rewrite_table_refs = lambda sql, project: re.sub(r"\bEPOCH\(", "unix_seconds(", qualify(sql, project))


def _keep_no_history() -> None:
    """Time travel would copy a table after each statement that changes it; nothing here travels."""
    SnapshotManager.record_change = lambda *_: None


def _keep_added_columns() -> None:
    """ALTER TABLE takes several actions, and what it added shows in the table's schema; the emulator's engine takes one,
    and its catalogue learns of none."""
    fetch, synced = DuckDBEngine.fetch_arrow, executor.sync_created_table

    def one_by_one(self: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> pa.Table:
        if not sql.lstrip().upper().startswith("ALTER TABLE "):
            return fetch(self, sql, parameters)
        altered = sqlglot.parse_one(sql, read="duckdb")
        for action in altered.args["actions"]:
            one = altered.copy()
            one.set("actions", [action.copy()])
            done = fetch(self, one.sql(dialect="duckdb"), parameters)
        return done

    def with_added_columns(bq_sql: str, project: str, ctx: Any) -> None:
        synced(bq_sql, project, ctx)
        if not bq_sql.lstrip().upper().startswith("ALTER TABLE "):
            return
        place = sqlglot.parse_one(bq_sql, read="bigquery").find(sqlglot.exp.Table)
        named = place.catalog or project, place.db, place.name
        changed = {"schema_": ddl_sync._introspect_schema(*named, ctx)}
        ctx.catalog.update_table(ctx.catalog.get_table(*named).model_copy(update=changed))

    DuckDBEngine.fetch_arrow = one_by_one
    executor.sync_created_table = with_added_columns
