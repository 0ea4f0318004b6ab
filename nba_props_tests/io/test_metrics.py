"""Metrics: counted where facts occur, written once a run, in a table and to Cloud Monitoring; a refusal is said, not fatal."""

import json
from collections.abc import Iterator, Sequence
from concurrent import futures
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import grpc
import pytest
from google.api_core.exceptions import BadRequest, Forbidden, ServiceUnavailable, TooManyRequests
from google.cloud import monitoring_v3
from google.cloud.monitoring_v3.services.metric_service.transports import MetricServiceGrpcTransport
from google.protobuf import empty_pb2

from nba_props.assets.monitoring.tables import gauge_coverage
from nba_props.catalog import table
from nba_props.definitions import build_defs
from nba_props.errors import BadInput, StorageFault, WarehouseBusy
from nba_props.instance import open_instance
from nba_props.io.google_retry import patience
from nba_props.io.metric_sinks import cloud_monitoring_sink, table_sink
from nba_props.io.metrics import METRICS, Point, Recorder, counting_rate_limits, counting_writes
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.slates import rows

AT = datetime(2024, 3, 15, 22, tzinfo=UTC)


def drained(recorder: Recorder) -> list[tuple[str, dict[str, str], float]]:
    written: list[Point] = []
    assert recorder.flush("a-run", AT, [written.extend]) == []
    return [(one.metric.name, dict(one.labels), one.value) for one in written]


def stored(platform: Platform, metric: str) -> list[dict[str, Any]]:
    found = platform.warehouse.query(f"SELECT * FROM nba_monitoring.metrics WHERE metric = '{metric}' ORDER BY labels")
    return [row | {"labels": json.loads(row["labels"])} for row in found.to_pylist()]


# -- the recorder ------------------------------------------------------------------------------------------------------


def test_counts_add_up_and_of_a_gauge_the_last_value_stands() -> None:
    recorder = Recorder()
    recorder.count("dml_rate_limits", reason="rateLimitExceeded")
    recorder.count("dml_rate_limits", 2, reason="rateLimitExceeded")
    recorder.count("dml_rate_limits", reason="backendError")
    recorder.gauge("coverage_pct", 70, game_date="2024-03-15")
    recorder.gauge("coverage_pct", 96.5, game_date="2024-03-15")
    assert drained(recorder) == [
        ("dml_rate_limits", {"reason": "rateLimitExceeded"}, 3),
        ("dml_rate_limits", {"reason": "backendError"}, 1),
        ("coverage_pct", {"game_date": "2024-03-15"}, 96.5),
    ]
    assert drained(recorder) == []


def test_threads_lose_no_count() -> None:
    recorder = Recorder()
    with futures.ThreadPoolExecutor(8) as threads:
        for _ in range(4000):
            threads.submit(recorder.count, "consolidations", outcome="whole")
    assert drained(recorder) == [("consolidations", {"outcome": "whole"}, 4000)]


def test_only_declared_metrics_kinds_and_labels_are_taken() -> None:
    recorder = Recorder()
    with pytest.raises(KeyError):
        recorder.count("coverge_pct")
    with pytest.raises(TypeError, match="gauge by game_date"):
        recorder.count("coverage_pct", game_date="2024-03-15")
    with pytest.raises(TypeError, match="count by outcome, not a count by result"):
        recorder.count("consolidations", result="whole")


def test_a_refusal_is_said_and_keeps_nothing_from_the_other_sinks() -> None:
    def refusing(points: Sequence[Point]) -> None:
        raise StorageFault("The disk is full.", next_step="free space")

    recorder, written = Recorder(), []
    recorder.count("consolidations", outcome="whole")
    refusals = recorder.flush("a-run", AT, [refusing, written.extend])
    assert refusals == ["1 metrics were not written: The disk is full. Next step: free space"]
    assert [one.run_id for one in written] == ["a-run"]


# -- where facts occur -------------------------------------------------------------------------------------------------


def test_writes_are_counted_with_their_outcome(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    drained(platform.metrics)
    aliases = table("nba_reference.player_aliases")
    platform.warehouse.upsert(aliases, rows(aliases.full_name, {"alias_lookup": "a", "canonical_lookup": "b"}))
    platform.warehouse.delete(aliases, "alias_lookup = @player_lookup", {"player_lookup": "a"})
    with pytest.raises(BadInput):
        platform.warehouse.delete(aliases, "no_such_column = 1", {})
    counted = {(labels["operation"], labels["outcome"]) for _, labels, _ in drained(platform.metrics)}
    assert counted == {("upsert", "ok"), ("delete", "ok"), ("delete", "failed")}


def test_a_warehouse_that_another_process_holds_is_counted_as_busy(platform: Platform) -> None:
    class Held:
        def upsert(self, *_: Any) -> None:
            raise WarehouseBusy("held")

        replace_range = replace_rows = delete = stage = merge = upsert

    recorder = Recorder()
    with pytest.raises(WarehouseBusy):
        counting_writes(Held(), recorder).merge("MERGE", [], {})  # type: ignore[type-var]
    (counted,) = drained(recorder)
    expected = {"operation": "merge", "table": "nba_predictions.player_prop_predictions", "outcome": "busy"}
    assert counted == ("write_attempts", expected, 1)


def test_only_slates_that_are_not_over_are_gauged(slate_platform: Platform) -> None:
    gauge_coverage(slate_platform, date(2025, 12, 1), TONIGHT)
    gauged = [(labels, value) for name, labels, value in drained(slate_platform.metrics) if name == "coverage_pct"]
    assert gauged == [({"game_date": TONIGHT.isoformat()}, pytest.approx(100, abs=15))]


def test_a_slate_leaves_every_kind_of_fact_in_the_table(slate_platform: Platform) -> None:
    found = {name: stored(slate_platform, name) for name in METRICS}
    steps = [row["labels"] for row in found["steps"]]
    assert {one["status"] for one in steps} == {"success", "skipped"}
    # Two weeks before its month leave a model no twin: there is nothing to calibrate by, and the step says so.
    assert {one["processor"] for one in steps if one["status"] == "skipped"} == {
        "predictions/calibration_model/2025-12"
    }
    assert {row["labels"]["outcome"] for row in found["write_attempts"]} == {"ok"}
    assert {row["labels"]["operation"] for row in found["write_attempts"]} >= {
        "stage",
        "merge",
        "replace_range",
        "upsert",
    }
    assert "nba_monitoring.metrics" not in {row["labels"]["table"] for row in found["write_attempts"]}
    merged = [row for row in found["consolidations"] if row["labels"]["outcome"] == "whole" and row["value"]]
    batches = slate_platform.warehouse.query("SELECT COUNT(*) AS n FROM nba_predictions.prediction_batches")
    assert sum(row["value"] for row in merged) == batches["n"][0].as_py()
    assert [row["labels"] for row in found["coverage_pct"]] == [{"game_date": TONIGHT.isoformat()}]


def test_rate_limits_are_counted_as_they_are_met_and_other_refusals_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [
        TooManyRequests("slow down"),
        Forbidden("limit", errors=[{"reason": "rateLimitExceeded"}]),
        BadRequest("Could not serialize access to table t due to concurrent update"),
        ServiceUnavailable("down", errors=[{"reason": "backendError"}]),
    ]
    recorder = Recorder()
    monkeypatch.setattr("time.sleep", lambda _: None)

    def answer() -> str:
        if refusals:
            raise refusals.pop(0)
        return "done"

    assert patience(60, counting_rate_limits(recorder))(answer)() == "done"
    assert drained(recorder) == [
        ("dml_rate_limits", {"reason": "rateLimitExceeded"}, 2),
        ("dml_rate_limits", {"reason": "concurrentUpdate"}, 1),
    ]


def test_bigquery_tells_the_metrics_of_its_retries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Recorded:
        def __init__(self, *_: Any, on_retry: Any, **__: Any) -> None:
            on_retry(TooManyRequests("slow down"))

        replace_range = replace_rows = upsert = delete = stage = merge = None

    monkeypatch.setattr("nba_props.io.gcp.bigquery_client", lambda _: None)
    monkeypatch.setattr("nba_props.io.gcp.storage_client", lambda _: None)
    monkeypatch.setattr("nba_props.io.objectstore.gcs.GcsObjectStore", lambda *_, **__: None)
    monkeypatch.setattr("nba_props.io.warehouse.bigquery.BigQueryWarehouse", Recorded)
    cloud = Platform(load_settings(home=tmp_path, target="gcp", gcp_project="a-project", gcs_bucket="a-bucket"))
    assert cloud.warehouse is cloud.warehouse
    assert drained(cloud.metrics) == [("dml_rate_limits", {"reason": "rateLimitExceeded"}, 1)]


# -- runs --------------------------------------------------------------------------------------------------------------


def run_registry(platform: Platform) -> dg.ExecuteInProcessResult:
    with open_instance(platform) as instance:
        job = build_defs(platform=platform).resolve_job_def("registry")
        return job.execute_in_process(instance=instance, raise_on_error=False)


def test_a_run_writes_its_metrics_when_it_ends(platform: Platform) -> None:
    result = run_registry(platform)
    assert result.success
    step, other = sorted(stored(platform, "steps"), key=lambda row: str(row["labels"]))
    assert step["labels"] == {"processor": "reference/nba_players_registry", "status": "success"}
    assert other["labels"] == {"processor": "reference/source_people", "status": "success"}
    assert step["run_id"] == result.run_id
    assert (step["value"], step["kind"]) == (1, "count")


def test_a_run_that_fails_writes_them_too(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StorageFault("The disk is full.", next_step="free space")

    monkeypatch.setattr(platform.warehouse, "replace_rows", full)
    assert not run_registry(platform).success
    assert [row["labels"]["status"] for row in stored(platform, "steps")] == ["failed"]


def test_metrics_that_cannot_be_written_fail_no_run_and_are_not_passed_over(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Any) -> Any:
        def write(points: Sequence[Point]) -> None:
            raise StorageFault("The disk is full.", next_step="free space")

        return write

    monkeypatch.setattr("nba_props.platform.table_sink", refused)
    result = run_registry(platform)
    assert result.success
    with open_instance(platform) as instance:
        said = [entry.user_message for entry in instance.all_logs(result.run_id) if entry.level == 40]
    assert len(said) == 1
    assert "metrics were not written: The disk is full." in said[0]


# -- sinks -------------------------------------------------------------------------------------------------------------


def points(number: int) -> list[Point]:
    recorder, written = Recorder(), []
    for turn in range(number):
        recorder.gauge("coverage_pct", 90 + turn / 1000, game_date=f"2024-{turn:05}")
    recorder.flush("a-run", AT, [written.extend])
    return written


def test_the_table_holds_a_batch_once_however_often_it_is_written(platform: Platform) -> None:
    write = table_sink(platform.warehouse)
    write(points(3))
    write(points(3))
    found = stored(platform, "coverage_pct")
    assert [(row["value"], row["recorded_at"], row["recorded_date"]) for row in found] == [
        (90 + turn / 1000, AT, date(2024, 3, 15)) for turn in range(3)
    ]


class FakeMonitoring:
    """Cloud Monitoring's wire protocol on loopback: keeps what it is sent, refuses when told to."""

    def __init__(self) -> None:
        self.requests: list[monitoring_v3.CreateTimeSeriesRequest] = []
        self.refusal: grpc.StatusCode | None = None

    def create_time_series(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        if self.refusal is not None:
            context.abort(self.refusal, "Permission monitoring.timeSeries.create denied")
        self.requests.append(request)
        return empty_pb2.Empty()


@pytest.fixture
def monitoring() -> Iterator[tuple[FakeMonitoring, monitoring_v3.MetricServiceClient]]:
    fake = FakeMonitoring()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    handler = grpc.unary_unary_rpc_method_handler(
        fake.create_time_series,
        request_deserializer=monitoring_v3.CreateTimeSeriesRequest.deserialize,
        response_serializer=empty_pb2.Empty.SerializeToString,
    )
    service = grpc.method_handlers_generic_handler("google.monitoring.v3.MetricService", {"CreateTimeSeries": handler})
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield fake, monitoring_v3.MetricServiceClient(transport=MetricServiceGrpcTransport(channel=channel))
    finally:
        channel.close()
        server.stop(grace=None).wait()


def test_cloud_monitoring_gets_every_point_as_a_series_of_the_run(monitoring: Any) -> None:
    fake, client = monitoring
    cloud_monitoring_sink(lambda: client, "a-project", "us-east1", "production")(points(450))
    assert [len(request.time_series) for request in fake.requests] == [200, 200, 50]
    assert {request.name for request in fake.requests} == {"projects/a-project"}
    first = fake.requests[0].time_series[0]
    assert first.metric.type == "custom.googleapis.com/nba_props/coverage_pct"
    assert dict(first.metric.labels) == {"game_date": "2024-00000"}
    assert first.resource.type == "generic_task"
    assert dict(first.resource.labels) == {
        "project_id": "a-project",
        "location": "us-east1",
        "namespace": "production",
        "job": "nba_props",
        "task_id": "a-run",
    }
    (point,) = first.points
    assert (point.value.double_value, point.interval.end_time) == (90.0, AT)


def test_cloud_monitoring_that_refuses_is_a_typed_error(monitoring: Any) -> None:
    fake, client = monitoring
    fake.refusal = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(StorageFault, match="denied") as raised:
        cloud_monitoring_sink(lambda: client, "a-project", "us-east1", "production")(points(1))
    assert "roles/monitoring.metricWriter" in raised.value.next_step


def test_a_sink_that_cannot_be_reached_does_not_keep_the_table_from_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent: without credentials the client cannot be made, and that is told as the second sink's refusal."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    settings = load_settings(home=tmp_path, metrics_sink="cloud_monitoring", gcp_project="a-project")
    local = Platform(settings)
    local.ensure_tables()
    local.metrics.count("consolidations", outcome="whole")
    (refusal,) = local.write_metrics("a-run")
    assert "metrics were not written: Cloud Monitoring refused" in refusal
    assert [row["value"] for row in stored(local, "consolidations")] == [1]
