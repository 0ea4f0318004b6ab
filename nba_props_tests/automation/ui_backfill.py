"""A backfill as the UI launches it: recorded in the instance, then carried out by the daemon's own loops, runs and queue included."""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import ModuleType

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from nba_props.definitions import build_defs
from nba_props.instance import settings_text
from nba_props.platform import Platform

_IN_PROCESS = """
run_launcher: {module: dagster._core.launcher.sync_in_memory_run_launcher, class: SyncInMemoryRunLauncher}
"""
_MOST_TURNS = 60
_log = logging.getLogger("backfill")


def backfill(
    platform: Platform, keys: Sequence[dg.AssetKey], partitions: Sequence[str], location: ModuleType
) -> list[dg.DagsterRun]:
    """Launch these partitions of these assets and turn the loops until they are done; the runs. AssertionError if any failed."""
    home = platform.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    text = settings_text(platform.settings, home)
    (home / "dagster.yaml").write_text("".join(text.splitlines(keepends=True)[1:]) + _IN_PROCESS)
    location.defs = build_defs(platform=platform)  # type: ignore[attr-defined]
    origin = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name=location.__name__, attribute="defs"), location_name="nba_props"
    )
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        create_test_daemon_workspace_context(InProcessWorkspaceLoadTarget(origin), instance) as workspace,
    ):
        backfill_id = f"ui_{int(time.time())}"
        instance.add_backfill(
            PartitionBackfill.from_asset_partitions(
                backfill_id=backfill_id,
                asset_graph=workspace.create_request_context().asset_graph,
                partition_names=list(partitions),
                asset_selection=list(keys),
                backfill_timestamp=datetime.now(UTC).timestamp(),
                tags={},
                dynamic_partitions_store=instance,
                all_partitions=False,
                title=None,
                description=None,
                run_config=None,
            )
        )
        queue = QueuedRunCoordinatorDaemon(interval_seconds=0)
        for _ in range(_MOST_TURNS):
            errors = [*execute_backfill_iteration(workspace, _log), *queue.run_iteration(workspace)]
            assert not [one for one in errors if one is not None], errors
            found = instance.get_backfill(backfill_id)
            assert found is not None
            if found.status not in (BulkActionStatus.REQUESTED, BulkActionStatus.FAILING):
                break
        runs = list(instance.get_runs(dg.RunsFilter(tags={"dagster/backfill": backfill_id})))
        assert found.status is BulkActionStatus.COMPLETED_SUCCESS, (found.status, found.error)
        return runs
