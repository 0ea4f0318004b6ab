"""What the BigQuery warehouse says on the wire: the official client against a small server that keeps every request.

The server knows tables, jobs and uploads, but no SQL: whether a statement means what it should is for the contract
suite. A script of answers makes it refuse.
"""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nba_props.catalog.model import Table
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.catalog.render.bigquery import schema_fields
from nba_props.errors import BadInput, NbaPropsError, SchemaMismatch, StorageFault, WarehouseBusy
from nba_props.io.objectstore.local import LocalObjectStore
from nba_props.io.warehouse.base import StagingTable, UpsertCounts
from nba_props.io.warehouse.bigquery import BigQueryWarehouse

SCHEDULE = TABLES["nba_raw.schedule"]
EXPORT_LOG = TABLES["nba_monitoring.export_log"]
ALIASES = TABLES["nba_reference.player_aliases"]
STAGING_VIEW = TABLES["nba_monitoring.staging_tables"]
DAY = date(2024, 1, 10)
STAGED_AT = datetime(2024, 1, 10, 16, 30, 0, 123456, tzinfo=UTC)
STAGING = StagingTable("batch_2024-01-10_1704904200", DAY, "zone_matchup_v1", "w0", STAGED_AT)


@dataclass
class Wire:
    """State of the server, and what it was asked."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, pa.Table] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)
    refusals: list[tuple[str, int, str, str]] = field(default_factory=list)  # path regex, status, reason, message

    def bodies(self, method: str, path: str) -> list[Any]:
        return [body for made, asked, body in self.requests if made == method and re.search(path, asked)]

    @property
    def statements(self) -> list[dict[str, Any]]:
        """Configuration of each query job, in order."""
        jobs = [body["configuration"] for body in self.bodies("POST", r"^/projects/[^/]+/jobs$")]
        return [configuration for configuration in jobs if "query" in configuration]

    @property
    def loads(self) -> list[dict[str, Any]]:
        """Job resource of each load, in order."""
        return self.bodies("POST", r"^/upload/")

    def add(self, table: Table, prefix: str = "") -> None:
        self.datasets[f"{prefix}{table.layer.dataset}"] = {}
        self.tables[f"{prefix}{table.full_name}"] = table_resource(f"{prefix}{table.full_name}", table)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        for refusal in self.refusals:
            if re.search(refusal[0], f"{method} {path}"):
                return fault(*refusal[1:])
        for pattern, handler in self.routes.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return handler(*found.groups(), body)
        return fault(501, "notImplemented", f"{method} {path}")

    @property
    def routes(self) -> dict[str, Callable[..., tuple[int, Any]]]:
        dataset = r"/projects/p/datasets/([^/]+)"
        return {
            r"POST /upload/projects/p/jobs": self.upload,
            r"POST /projects/p/jobs": self.run,
            r"GET /projects/p/jobs/([^/]+)": lambda job_id, _: (200, self.jobs[job_id]),
            r"GET /projects/p/queries/([^/]+)": self.results,
            r"POST /projects/p/datasets": self.create_dataset,
            rf"GET {dataset}/tables": self.list_tables,
            rf"POST {dataset}/tables": self.create_table,
            rf"GET {dataset}/tables/([^/]+)": lambda *named: self.table(f"{named[0]}.{named[1]}"),
            rf"PATCH {dataset}/tables/([^/]+)": self.patch_table,
            rf"DELETE {dataset}/tables/([^/]+)": self.delete_table,
            rf"GET {dataset}/tables/([^/]+)/data": self.read_table,
        }

    def upload(self, body: Any) -> tuple[int, Any]:
        resource, data = body
        job_id = resource["jobReference"]["jobId"]
        if job_id in self.jobs:
            return fault(409, "duplicate", f"Already Exists: Job {job_id}")
        target = resource["configuration"]["load"]["destinationTable"]
        name = f"{target['datasetId']}.{target['tableId']}"
        self.rows[name] = pq.read_table(BytesIO(data))
        self.tables[name]["numRows"] = str(self.rows[name].num_rows)
        job = done(resource, {"load": {"outputRows": str(self.rows[name].num_rows)}})
        self.jobs[job_id] = job
        return 200, job

    def run(self, body: Any) -> tuple[int, Any]:
        job_id = body["jobReference"]["jobId"]
        if job_id in self.jobs:
            return fault(409, "duplicate", f"Already Exists: Job {job_id}")
        self.jobs[job_id] = done(body, {"query": self.statistics})
        return 200, self.jobs[job_id]

    def results(self, job_id: str, _: Any) -> tuple[int, Any]:
        reference = {"projectId": "p", "jobId": job_id, "location": "US"}
        columns = [
            {"name": "player_lookup", "type": "STRING", "mode": "REQUIRED"},
            {"name": "tip_at", "type": "TIMESTAMP"},
        ]
        rows = [{"f": [{"v": "lebronjames"}, {"v": "1704904200123456"}]}, {"f": [{"v": "nene"}, {"v": None}]}]
        answer = {"jobReference": reference, "jobComplete": True, "schema": {"fields": columns}}
        return 200, {**answer, "totalRows": "2", "rows": rows}

    def create_dataset(self, body: Any) -> tuple[int, Any]:
        self.datasets[body["datasetReference"]["datasetId"]] = body
        return 200, body

    def list_tables(self, dataset: str, _: Any) -> tuple[int, Any]:
        if dataset not in self.datasets:
            return fault(404, "notFound", f"Not found: Dataset p:{dataset}")
        return 200, {"tables": [one for name, one in self.tables.items() if name.split(".")[0] == dataset]}

    def create_table(self, dataset: str, body: Any) -> tuple[int, Any]:
        name = f"{dataset}.{body['tableReference']['tableId']}"
        if name in self.tables:
            return fault(409, "duplicate", f"Already Exists: Table {name}")
        self.tables[name] = {"numRows": "0", **body}
        return 200, self.tables[name]

    def table(self, name: str) -> tuple[int, Any]:
        return (200, self.tables[name]) if name in self.tables else fault(404, "notFound", f"Not found: Table {name}")

    def patch_table(self, dataset: str, name: str, body: Any) -> tuple[int, Any]:
        self.tables[f"{dataset}.{name}"].update(body)
        return self.table(f"{dataset}.{name}")

    def delete_table(self, dataset: str, name: str, _: Any) -> tuple[int, Any]:
        answer = self.table(f"{dataset}.{name}")
        self.tables.pop(f"{dataset}.{name}", None)
        return answer if answer[0] == 404 else (204, {})

    def read_table(self, dataset: str, name: str, _: Any) -> tuple[int, Any]:
        rows = self.rows[f"{dataset}.{name}"]
        cells = [[{"v": to_json(value)} for value in row.values()] for row in rows.to_pylist()]
        return 200, {"totalRows": str(len(cells)), "rows": [{"f": row} for row in cells]}


def to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return str((value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def done(resource: Any, statistics: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "status": {"state": "DONE"}, "statistics": statistics}


def fault(status: int, reason: str, message: str) -> tuple[int, Any]:
    return status, {"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}}


def table_resource(full_name: str, table: Table) -> dict[str, Any]:
    dataset, name = full_name.split(".")
    reference = {"projectId": "p", "datasetId": dataset, "tableId": name}
    return {"tableReference": reference, "schema": {"fields": schema_fields(table)}, "numRows": "0"}


def read_body(headers: Any, data: bytes) -> Any:
    if headers.get("content-type", "").startswith("multipart/related"):
        mail = b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + data
        _, resource, file = (part.get_payload(decode=True) for part in message_from_bytes(mail).walk())
        return json.loads(cast(bytes, resource)), file
    return json.loads(data) if data else None


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def endpoint(wire: Wire) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path = urlsplit(self.path).path.replace("/bigquery/v2", "")
            body = read_body(self.headers, self.rfile.read(int(self.headers.get("content-length") or 0)))
            wire.requests.append((self.command, path, body[0] if isinstance(body, tuple) else body))
            status, answer = wire.answer(self.command, path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = do_DELETE = do_POST  # noqa: N815 (names the base class looks for)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def connect(endpoint: str) -> Callable[..., BigQueryWarehouse]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    def make(**options: Any) -> BigQueryWarehouse:
        client = bigquery.Client(
            project="p",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": endpoint},
        )
        return BigQueryWarehouse(client, "p", "US", **{"patience_seconds": 0.2, **options})

    return make


@pytest.fixture
def warehouse(connect: Callable[..., BigQueryWarehouse]) -> BigQueryWarehouse:
    return connect()


_EXAMPLES: dict[pa.DataType, Any] = {
    pa.string(): "x",
    pa.int64(): 1,
    pa.float64(): 0.5,
    pa.bool_(): True,
    pa.date32(): DAY,
    pa.timestamp("us", tz="UTC"): STAGED_AT,
}


def example_rows(table: Table, count: int = 1, **values: Any) -> pa.Table:
    """Rows with a value of the right type everywhere; the grain's texts tell them apart."""
    schema = arrow_schema(table)
    own = next(column for column in table.grain if schema.field(column).type == pa.string())
    rows = [
        {**{column.name: _EXAMPLES[column.type] for column in schema}, own: f"x{number}", **values}
        for number in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def parameters(configuration: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Name -> (type, value) of a statement's parameters."""
    return {
        one["name"]: (one["parameterType"]["type"], one["parameterValue"].get("value"))
        for one in configuration["query"].get("queryParameters", [])
    }


# -- imports ----------------------------------------------------------------------------------------------------------


def test_the_module_brings_no_google_package() -> None:
    code = "import sys, nba_props.io.warehouse.bigquery; sys.exit('google.cloud.bigquery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_query_has_prefixed_names_and_typed_parameters(connect: Callable[..., BigQueryWarehouse], wire: Wire) -> None:
    rows = connect(prefix="dev_", maximum_bytes_billed=10**9, labels={"team": "props"}).query(
        "SELECT player_lookup, tip_at FROM nba_raw.schedule AS s WHERE s.game_date BETWEEN @start_date AND @end_date "
        "AND s.tip_at < @as_of AND (@min_minutes IS NULL OR s.season = @season) AND s.game_id IN UNNEST(@batch_ids)",
        {
            "start_date": DAY,
            "end_date": DAY,
            "as_of": STAGED_AT,
            "min_minutes": None,
            "season": None,
            "batch_ids": ("a", "b"),
            "unused": 1,
        },
    )
    [statement] = wire.statements
    assert "FROM `p`.`dev_nba_raw`.`schedule` AS s" in statement["query"]["query"]
    assert statement["query"]["maximumBytesBilled"] == "1000000000"
    assert statement["query"]["useLegacySql"] is False
    assert statement["labels"] == {"team": "props", "nba_props": "query"}
    sent = parameters(statement)
    assert sent["start_date"] == ("DATE", "2024-01-10")
    assert sent["as_of"][0] == "TIMESTAMP"
    assert sent["as_of"][1].startswith("2024-01-10 16:30:00.123456")
    assert sent["min_minutes"] == ("FLOAT64", None)
    assert sent["season"] == ("STRING", None)
    assert "unused" not in sent
    array = next(one for one in statement["query"]["queryParameters"] if one["name"] == "batch_ids")
    assert array["parameterType"] == {"type": "ARRAY", "arrayType": {"type": "STRING"}}
    assert array["parameterValue"] == {"arrayValues": [{"value": "a"}, {"value": "b"}]}
    assert rows.schema == pa.schema([("player_lookup", pa.string()), ("tip_at", pa.timestamp("us", tz="UTC"))])
    assert rows.to_pylist() == [
        {"player_lookup": "lebronjames", "tip_at": STAGED_AT},
        {"player_lookup": "nene", "tip_at": None},
    ]


def test_empty_and_null_arrays_are_told_apart(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    sql = "SELECT 1 AS one FROM nba_raw.schedule WHERE @systems IS NULL OR game_id IN UNNEST(@systems)"
    warehouse.query(sql, {"systems": None})
    warehouse.query(sql, {"systems": []})
    null, empty = (statement["query"] for statement in wire.statements)
    assert null["query"].count("CAST(NULL AS ARRAY<STRING>)") == 2
    assert empty["query"].count("ARRAY<STRING>[]") == 2
    assert not null.get("queryParameters")
    assert not empty.get("queryParameters")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM nba_raw.schedule WHERE TRUE", "Only reading is allowed"),
        ("SELECT * FROM nba_raw.shedule", "no table nba_raw.shedule"),
        ("SELECT * FROM payroll.salaries", "no table payroll.salaries"),
        ("SELECT * FROM nba_raw.schedule WHERE game_date = @start_date", "needs @start_date"),
        ("SELEC 1", "not a GoogleSQL statement|Only reading is allowed"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent(
    warehouse: BigQueryWarehouse, wire: Wire, sql: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        warehouse.query(sql)
    assert wire.requests == []


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_range_is_replaced_by_one_merge_on_its_partitions(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    wire.statistics = {"numDmlAffectedRows": "7", "dmlStats": {"insertedRowCount": "4", "deletedRowCount": "3"}}
    select = "SELECT * FROM nba_monitoring.export_log WHERE published_at < @now"
    assert warehouse.replace_range(EXPORT_LOG, select, {"now": STAGED_AT}, DAY, date(2024, 1, 12)) == 4
    [statement] = wire.statements
    text = statement["query"]["query"]
    assert text.startswith("MERGE INTO `p`.`nba_monitoring`.`export_log` AS T USING (")
    assert "NOT MATCHED BY SOURCE AND T.game_date BETWEEN @start_date AND @end_date THEN DELETE" in text
    assert parameters(statement)["start_date"] == ("DATE", "2024-01-10")
    assert parameters(statement)["end_date"] == ("DATE", "2024-01-12")
    assert statement["labels"]["nba_props"] == "replace_range"


def test_rows_go_through_a_table_that_expires(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    rows = example_rows(EXPORT_LOG, 3)
    assert warehouse.replace_rows(EXPORT_LOG, rows, DAY, DAY) == 3
    [created] = wire.bodies("POST", "/tables$")
    name = created["tableReference"]["tableId"]
    assert name.startswith("_loaded_export_log_")
    assert created["tableReference"]["datasetId"] == "nba_monitoring"
    assert int(created["expirationTime"]) > datetime.now(UTC).timestamp() * 1000
    [load] = wire.loads
    configuration = load["configuration"]["load"]
    assert configuration["destinationTable"]["tableId"] == name
    assert configuration["sourceFormat"] == "PARQUET"
    assert configuration["writeDisposition"] == "WRITE_TRUNCATE"
    assert [(one["name"], one["type"], one["mode"]) for one in configuration["schema"]["fields"]] == [
        (one["name"], one["type"], one["mode"]) for one in schema_fields(EXPORT_LOG)
    ]
    assert wire.rows[f"nba_monitoring.{name}"].equals(rows)
    [statement] = wire.statements
    assert f"FROM `p`.`nba_monitoring`.`{name}`" in statement["query"]["query"]
    assert f"nba_monitoring.{name}" not in wire.tables


def test_a_table_in_transit_is_dropped_after_a_failure_too(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    wire.refusals = [("POST /projects/p/jobs$", 400, "invalidQuery", "a row is outside the range being replaced")]
    with pytest.raises(BadInput, match="outside the range"):
        warehouse.replace_rows(EXPORT_LOG, example_rows(EXPORT_LOG), DAY, DAY)
    assert set(wire.tables) == {"nba_monitoring.export_log"}


def test_an_unpartitioned_table_is_replaced_by_a_load_job(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    assert ALIASES.partition_by is None
    wire.add(ALIASES)
    assert warehouse.replace_rows(ALIASES, example_rows(ALIASES, 2)) == 2
    [load] = wire.loads
    assert load["configuration"]["load"]["destinationTable"]["tableId"] == "player_aliases"
    assert load["configuration"]["load"]["writeDisposition"] == "WRITE_TRUNCATE"
    assert load["configuration"]["load"].get("clustering", {}).get("fields", []) == list(ALIASES.cluster_by)
    assert wire.statements == []


def test_an_upsert_reads_only_the_partitions_of_its_rows(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    wire.statistics = {"numDmlAffectedRows": "3", "dmlStats": {"insertedRowCount": "1", "updatedRowCount": "2"}}
    rows = pa.concat_tables([example_rows(EXPORT_LOG), example_rows(EXPORT_LOG, game_date=date(2024, 1, 14))])
    assert warehouse.upsert(EXPORT_LOG, rows, keep_first=["published_at"]) == UpsertCounts(1, 2)
    [statement] = wire.statements
    text = statement["query"]["query"]
    assert (
        "ON (T.game_date = S.game_date AND T.path = S.path) AND T.game_date BETWEEN @start_date AND @end_date" in text
    )
    assert "T.published_at" not in text
    assert parameters(statement) == {"start_date": ("DATE", "2024-01-10"), "end_date": ("DATE", "2024-01-14")}


def test_an_upsert_of_nothing_asks_nothing(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    assert warehouse.upsert(EXPORT_LOG, example_rows(EXPORT_LOG, 0)) == UpsertCounts(0, 0)
    assert wire.requests == []


def test_an_upsert_refuses_a_grain_that_comes_twice(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    rows = pa.concat_tables([example_rows(EXPORT_LOG), example_rows(EXPORT_LOG)])
    with pytest.raises(SchemaMismatch, match="'path': 'x0'"):
        warehouse.upsert(EXPORT_LOG, rows)
    assert wire.requests == []


def test_counts_the_server_leaves_out_are_not_guessed(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    wire.statistics = {"numDmlAffectedRows": "3"}
    with pytest.raises(StorageFault, match="did not say how many"):
        warehouse.upsert(EXPORT_LOG, example_rows(EXPORT_LOG))


def test_delete_counts_its_rows(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.statistics = {"numDmlAffectedRows": "5"}
    assert warehouse.delete(EXPORT_LOG, "game_date = @start_date", {"start_date": DAY}) == 5
    assert wire.statements[0]["query"]["query"].startswith("DELETE FROM `p`.`nba_monitoring`.`export_log`")


def test_a_table_that_drifted_is_not_written(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(EXPORT_LOG)
    fields = wire.tables["nba_monitoring.export_log"]["schema"]["fields"]
    fields[:] = [one for one in fields if one["name"] != "detail"]
    with pytest.raises(SchemaMismatch, match="missing: detail"):
        warehouse.replace_range(EXPORT_LOG, "SELECT 1", {}, DAY, DAY)
    assert wire.statements == []


# -- tables -----------------------------------------------------------------------------------------------------------


def test_missing_tables_and_datasets_are_created(connect: Callable[..., BigQueryWarehouse], wire: Wire) -> None:
    wire.add(SCHEDULE, prefix="dev_")
    made = connect(prefix="dev_", labels={"team": "props"}).ensure_tables([STAGING_VIEW, SCHEDULE, EXPORT_LOG])
    assert made == ["nba_monitoring.export_log", "nba_monitoring.staging_tables"]
    datasets = {body["datasetReference"]["datasetId"]: body for body in wire.bodies("POST", "/datasets$")}
    assert set(datasets) == {"dev_nba_monitoring", "dev_nba_predictions"}
    assert datasets["dev_nba_monitoring"]["location"] == "US"
    assert datasets["dev_nba_monitoring"]["labels"] == {"team": "props"}
    [statement] = wire.statements
    assert "CREATE TABLE IF NOT EXISTS `p.dev_nba_monitoring.export_log`" in statement["query"]["query"]
    [view] = wire.bodies("POST", "/tables$")
    assert "`p.dev_nba_predictions.INFORMATION_SCHEMA.TABLE_OPTIONS`" in view["view"]["query"]


def test_stored_columns_have_googlesql_types(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.add(SCHEDULE)
    wire.tables["nba_raw.schedule"]["schema"]["fields"] = [
        {"name": name, "type": kind}
        for name, kind in [("a", "INTEGER"), ("b", "FLOAT"), ("c", "BOOLEAN"), ("d", "DATE")]
    ]
    assert warehouse.stored_columns(SCHEDULE) == {"a": "INT64", "b": "FLOAT64", "c": "BOOL", "d": "DATE"}
    assert warehouse.stored_columns(EXPORT_LOG) is None


# -- staging ----------------------------------------------------------------------------------------------------------


def stage(warehouse: BigQueryWarehouse, wire: Wire, staging: StagingTable = STAGING, count: int = 2) -> pa.Table:
    wire.datasets["nba_predictions"] = {}
    rows = example_rows(PLAYER_PROP_PREDICTIONS, count)
    warehouse.stage(PLAYER_PROP_PREDICTIONS, staging, rows)
    return rows


def test_staging_is_a_load_job_and_describes_itself(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    rows = stage(warehouse, wire)
    assert wire.statements == []
    [load] = wire.loads
    assert load["configuration"]["load"]["destinationTable"]["tableId"] == STAGING.name
    assert load["configuration"]["load"]["writeDisposition"] == "WRITE_TRUNCATE"
    [described] = wire.bodies("PATCH", STAGING.name)
    assert described["labels"] == {
        "batch_id": "batch_2024-01-10_1704904200",
        "game_date": "2024-01-10",
        "system_id": "zone_matchup_v1",
        "writer": "w0",
        "created_at": "1704904200123456",
        "row_count": "2",
    }
    assert int(described["expirationTime"]) > datetime.now(UTC).timestamp() * 1000
    assert warehouse.staging_tables() == [
        StagingTable(STAGING.batch_id, DAY, STAGING.system_id, STAGING.writer, STAGED_AT, row_count=2)
    ]
    assert warehouse.read_staging(STAGING).equals(rows.replace_schema_metadata(None).cast(plain(rows.schema)))
    warehouse.drop_staging([STAGING, STAGING])
    assert warehouse.staging_tables() == []


def plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([(column.name, column.type) for column in schema])


def test_staging_that_was_not_loaded_to_its_end_does_not_count(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.refusals = [("POST /upload/", 403, "accessDenied", "Access Denied: no bigquery.jobs.create")]
    with pytest.raises(StorageFault, match="Access Denied"):
        stage(warehouse, wire)
    assert f"nba_predictions.{STAGING.name}" in wire.tables
    assert warehouse.staging_tables() == []


def test_a_load_whose_answer_was_lost_is_not_run_twice(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    stage(warehouse, wire)
    stage(warehouse, wire)  # the same act again, as a retry would be
    assert len(wire.jobs) == 1
    wire.tables.pop(f"nba_predictions.{STAGING.name}")
    stage(warehouse, wire)  # its table has gone since
    assert len(wire.jobs) == 2
    stage(warehouse, wire, count=3)  # other rows
    assert len(wire.jobs) == 3
    assert wire.rows[f"nba_predictions.{STAGING.name}"].num_rows == 3


def test_a_load_that_failed_is_run_again(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    stage(warehouse, wire)
    [job] = wire.jobs.values()
    job["status"]["errorResult"] = {"reason": "backendError", "message": "try again"}
    stage(warehouse, wire)
    assert len(wire.jobs) == 2


def test_labels_that_bigquery_refuses_are_refused_first(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    with pytest.raises(BadInput, match="system_id 'Zone Matchup' cannot be a BigQuery label"):
        stage(warehouse, wire, StagingTable(STAGING.batch_id, DAY, "Zone Matchup", "w0", STAGED_AT))
    assert wire.requests == []


# -- consolidation ----------------------------------------------------------------------------------------------------

MERGE = (
    "MERGE INTO nba_predictions.player_prop_predictions AS T USING nba_predictions._staged AS S "
    "ON T.prediction_id = S.prediction_id WHEN NOT MATCHED THEN INSERT (prediction_id) VALUES (S.prediction_id)"
)


def test_a_batch_is_merged_by_one_statement(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    other = StagingTable(STAGING.batch_id, DAY, "ensemble_v1", "w0", STAGED_AT)
    stage(warehouse, wire)
    stage(warehouse, wire, other)
    wire.statistics = {"numDmlAffectedRows": "4"}
    assert warehouse.merge(MERGE, [STAGING, other], {}) == 4
    [statement] = wire.statements
    text = statement["query"]["query"]
    columns = ", ".join(PLAYER_PROP_PREDICTIONS.column_names)
    selects = [f"SELECT {columns} FROM `p`.`nba_predictions`.`{one.name}`" for one in (STAGING, other)]
    assert f"USING ({' UNION ALL '.join(selects)}) AS S ON" in text


def test_staging_that_lacks_a_column_is_not_merged(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    stage(warehouse, wire)
    fields = wire.tables[f"nba_predictions.{STAGING.name}"]["schema"]["fields"]
    fields[:] = [one for one in fields if one["name"] not in ("feature_count", "warnings")]
    with pytest.raises(SchemaMismatch, match=r"missing: warnings, feature_count\b"):
        warehouse.merge(MERGE, [STAGING], {})
    assert wire.statements == []


def test_a_batch_that_only_withdraws_merges_no_rows(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    wire.statistics = {"numDmlAffectedRows": "1"}
    assert warehouse.merge(MERGE, [], {}) == 1
    assert "LIMIT 0) AS S" in wire.statements[0]["query"]["query"]


def test_merging_what_was_dropped_says_so(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    with pytest.raises(BadInput, match="no staging table"):
        warehouse.merge(MERGE, [STAGING], {})


# -- locks and errors -------------------------------------------------------------------------------------------------


def test_locks_need_an_object_store_and_carry_the_prefix(
    connect: Callable[..., BigQueryWarehouse], tmp_path: Path
) -> None:
    store = LocalObjectStore(tmp_path)
    with pytest.raises(BadInput, match="object store"):
        connect().lock("consolidate-2024-01-10")
    one, other = connect(object_store=store), connect(object_store=store, prefix="dev_")
    with one.lock("consolidate-2024-01-10"):
        with pytest.raises(WarehouseBusy), one.lock("consolidate-2024-01-10", timeout_seconds=0):
            pass
        with other.lock("consolidate-2024-01-10", timeout_seconds=0):
            pass


@pytest.mark.parametrize(
    ("status", "reason", "message", "expected"),
    [
        (403, "rateLimitExceeded", "Exceeded rate limits", WarehouseBusy),
        (503, "backendError", "Service Unavailable", WarehouseBusy),
        (400, "invalidQuery", "Could not serialize access to table due to concurrent update", WarehouseBusy),
        (403, "accessDenied", "Access Denied: Project p", StorageFault),
        (403, "quotaExceeded", "Quota exceeded: Your project exceeded quota", StorageFault),
        (400, "invalidQuery", "Unrecognized name: player_lokup", BadInput),
        (404, "notFound", "Not found: Table p:nba_raw.schedule", BadInput),
    ],
)
def test_refusals_become_errors_to_act_on(
    warehouse: BigQueryWarehouse, wire: Wire, status: int, reason: str, message: str, expected: type[NbaPropsError]
) -> None:
    wire.refusals = [("POST /projects/p/jobs$", status, reason, message)]
    with pytest.raises(expected, match=message) as refused:
        warehouse.query("SELECT game_id FROM nba_raw.schedule")
    assert type(refused.value) is expected
    assert refused.value.next_step


def test_a_job_that_fails_while_it_runs_is_told_the_same_way(warehouse: BigQueryWarehouse, wire: Wire) -> None:
    def failing(body: Any) -> tuple[int, Any]:
        status, job = Wire.run(wire, body)
        job["status"]["errorResult"] = {"reason": "invalidQuery", "message": "Division by zero"}
        return status, job

    wire.run = failing  # type: ignore[method-assign]
    with pytest.raises(BadInput, match="Division by zero"):
        warehouse.query("SELECT game_id FROM nba_raw.schedule")


def test_a_statement_whose_answer_was_lost_is_not_run_twice(
    connect: Callable[..., BigQueryWarehouse], wire: Wire
) -> None:
    def losing(body: Any) -> tuple[int, Any]:
        is_first = not wire.jobs
        answer = Wire.run(wire, body)
        return fault(503, "backendError", "the answer was lost") if is_first else answer

    wire.run = losing  # type: ignore[method-assign]
    wire.statistics = {"numDmlAffectedRows": "5"}
    assert connect(patience_seconds=30.0).delete(EXPORT_LOG, "game_date = @start_date", {"start_date": DAY}) == 5
    assert len(wire.statements) == 2
    assert len(wire.jobs) == 1


def test_a_server_out_of_reach_is_a_storage_fault(wire: Wire) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(
        project="p",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": "http://127.0.0.1:9"},
    )
    with pytest.raises(StorageFault, match="did not reach BigQuery"):
        BigQueryWarehouse(client, "p", "US", patience_seconds=0.1).query("SELECT 1 AS one")
