"""Where metrics go: a table of the warehouse, and Cloud Monitoring. A sink writes one batch, or raises a typed error."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nba_props.catalog.monitoring import METRICS as TABLE
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.calendar import slate_date
from nba_props.errors import BadInput, StorageFault
from nba_props.io.metrics import Point, Sink
from nba_props.io.warehouse.base import Warehouse

if TYPE_CHECKING:
    from google.cloud.monitoring_v3 import MetricServiceClient

CLOUD_TYPE_PREFIX = "custom.googleapis.com/nba_props/"
PATIENCE_SECONDS = 30.0

_SERIES_A_REQUEST = 200  # Cloud Monitoring's own limit


def table_sink(warehouse: Warehouse) -> Sink:
    """Points as rows of `nba_monitoring.metrics`, by one upsert: the same batch twice is one."""

    def write(points: Sequence[Point]) -> None:
        warehouse.upsert(TABLE, pa.Table.from_pylist([_row(one) for one in points], schema=arrow_schema(TABLE)))

    return write


def cloud_monitoring_sink(
    connect: Callable[[], "MetricServiceClient"], project: str, location: str, namespace: str
) -> Sink:
    """Points as time series `custom.googleapis.com/nba_props/{metric}` of the task that is the run.

    Gauges all, a count being what one run counted: processes that end cannot keep a cumulative count, and the run in the
    resource keeps the series of two runs apart, so that neither is refused as out of order. Needs
    `roles/monitoring.metricWriter`.
    """

    def write(points: Sequence[Point]) -> None:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        series = [_series(one, project, location, namespace) for one in points]
        try:
            client = connect()
            for first in range(0, len(series), _SERIES_A_REQUEST):
                chunk = series[first : first + _SERIES_A_REQUEST]
                request = {"name": f"projects/{project}", "time_series": chunk}
                client.create_time_series(request=request, timeout=PATIENCE_SECONDS)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise StorageFault(
                f"Cloud Monitoring refused: {error}", next_step="Give this account roles/monitoring.metricWriter."
            ) from error

    return write


def monitoring_client() -> "MetricServiceClient":
    """A client with the credentials of this environment; BadInput where the extra that brings it is not installed."""
    try:
        from google.cloud.monitoring_v3 import MetricServiceClient
    except ImportError as error:
        raise BadInput(
            "Metrics cannot go to Cloud Monitoring: its client is not installed.",
            next_step="Install the extra `monitoring`, or set NBA_PROPS_METRICS_SINK=table.",
        ) from error
    return MetricServiceClient()


def _row(point: Point) -> dict[str, Any]:
    return {
        "recorded_date": slate_date(point.at),
        "run_id": point.run_id,
        "metric": point.metric.name,
        "labels": json.dumps(dict(point.labels)),
        "kind": point.metric.kind.value,
        "value": float(point.value),
        "recorded_at": point.at,
    }


def _series(point: Point, project: str, location: str, namespace: str) -> dict[str, Any]:
    return {
        "metric": {"type": f"{CLOUD_TYPE_PREFIX}{point.metric.name}", "labels": dict(point.labels)},
        "resource": {
            "type": "generic_task",
            "labels": {
                "project_id": project,
                "location": location,
                "namespace": namespace,
                "job": "nba_props",
                "task_id": point.run_id,
            },
        },
        "metric_kind": "GAUGE",
        "value_type": "DOUBLE",
        "points": [{"interval": {"end_time": point.at}, "value": {"double_value": float(point.value)}}],
    }
