"""The platform at hand: settings, warehouse, object store and clock, opened on first use. No Dagster here."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path

from nba_props import __version__
from nba_props.catalog import TABLES
from nba_props.domain.calendar import slate_date
from nba_props.errors import BadInput
from nba_props.io.metric_sinks import cloud_monitoring_sink, monitoring_client, table_sink
from nba_props.io.metrics import Recorder, Sink, counting_rate_limits, counting_writes
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.warehouse.base import Warehouse
from nba_props.settings import MetricsSink, Settings, Target


@dataclass(frozen=True)
class Platform:
    """What assets, checks and commands work on. Nothing is opened, and nothing read, before it is asked for."""

    settings: Settings

    @cached_property
    def warehouse(self) -> Warehouse:
        return counting_writes(self._warehouse, self.metrics)

    @cached_property
    def metrics(self) -> Recorder:
        """What is counted, until `write_metrics`."""
        return Recorder()

    def write_metrics(self, run_id: str) -> list[str]:
        """Write what a run counted to the sinks that settings name; what was refused, in words. Nothing is raised for it."""
        sinks = [table_sink(self.warehouse)]
        if self.settings.metrics_sink is MetricsSink.CLOUD_MONITORING:
            sinks.append(_cloud_monitoring(self.settings))
        return self.metrics.flush(run_id, self.now, sinks)

    @cached_property
    def _warehouse(self) -> Warehouse:
        if self.settings.target is Target.GCP:
            return _bigquery(self.settings, self.store, counting_rate_limits(self.metrics))
        from nba_props.io.warehouse.duckdb import DuckDBWarehouse

        return DuckDBWarehouse(
            self.home / "warehouse",
            self.settings.dataset_prefix,
            lock_timeout_seconds=self.settings.lock_timeout_seconds,
        )

    @cached_property
    def store(self) -> ObjectStore:
        """A prefix is a folder of its own: a test replaces neither production's pages nor its models."""
        if self.settings.target is Target.GCP:
            return _gcs(self.settings)
        from nba_props.io.objectstore.local import LocalObjectStore

        return LocalObjectStore(self.home / "bucket" / self.settings.dataset_prefix)

    @property
    def home(self) -> Path:
        return self.settings.home.expanduser().resolve()

    @property
    def today(self) -> date:
        """The slate date of this instant: the US/Eastern date, whatever the machine's zone."""
        return slate_date(self.now)

    @property
    def now(self) -> datetime:
        return self.settings.clock()

    def ensure_tables(self) -> list[str]:
        """Create every catalogued table that is missing; names of those created."""
        return self.warehouse.ensure_tables(TABLES.values())


@cache
def code_version() -> str:
    """Package version and, in a checkout, the commit: `0.1.0+1a2b3c4d`."""
    commit = os.environ.get("NBA_PROPS_BUILD_COMMIT") or _commit_of(Path(__file__).resolve().parents[1])
    return f"{__version__}+{commit}" if commit else __version__


def _commit_of(checkout: Path) -> str:
    if not (checkout / ".git").exists():
        return ""
    result = subprocess.run(
        ["git", "rev-parse", "--short=8", "HEAD"], cwd=checkout, capture_output=True, text=True, check=False
    )
    return result.stdout.strip()


def _bigquery(settings: Settings, store: ObjectStore, on_retry: Callable[[Exception], None]) -> Warehouse:
    _require_gcp(settings)
    from nba_props.io.gcp import bigquery_client
    from nba_props.io.warehouse.bigquery import BigQueryWarehouse

    return BigQueryWarehouse(
        bigquery_client(settings),
        settings.gcp_project,
        settings.gcp_location,
        settings.dataset_prefix,
        object_store=store,
        maximum_bytes_billed=settings.maximum_bytes_billed,
        patience_seconds=settings.cloud_patience_seconds,
        request_seconds=settings.cloud_request_seconds,
        on_retry=on_retry,
        dml_slots=settings.bigquery_dml_slots,
    )


def _gcs(settings: Settings) -> ObjectStore:
    _require_gcp(settings)
    from nba_props.io.gcp import storage_client
    from nba_props.io.objectstore.gcs import GcsObjectStore

    return GcsObjectStore(
        storage_client(settings),
        settings.gcs_bucket,
        settings.dataset_prefix,
        patience_seconds=settings.cloud_patience_seconds,
        request_seconds=settings.cloud_request_seconds,
    )


def _cloud_monitoring(settings: Settings) -> Sink:
    namespace = settings.dataset_prefix or "production"
    return cloud_monitoring_sink(monitoring_client, settings.gcp_project, settings.gcp_location, namespace)


def _require_gcp(settings: Settings) -> None:
    missing = [f"NBA_PROPS_{name.upper()}" for name in ("gcp_project", "gcs_bucket") if not getattr(settings, name)]
    if missing:
        raise BadInput(
            f"Target gcp needs {' and '.join(missing)}.", next_step="Set them, or use NBA_PROPS_TARGET=local."
        )
