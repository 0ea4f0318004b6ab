"""Several processes on BigQuery, and killed ones: the suite that every warehouse runs, and a kill at every request."""

import os
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest

pytest.register_assert_rewrite("nba_props_tests.io.warehouse_process_contract")

from nba_props.io.objectstore.gcs import GcsObjectStore  # noqa: E402
from nba_props.io.warehouse.base import Warehouse  # noqa: E402
from nba_props.io.warehouse.bigquery import BigQueryWarehouse  # noqa: E402
from nba_props_tests.cloud.emulators import (  # noqa: E402
    LOCATION,
    PROJECT,
    Emulator,
    bigquery_client,
    storage_client,
)
from nba_props_tests.io.warehouse_contract import PREDICTIONS, stored  # noqa: E402
from nba_props_tests.io.warehouse_process_contract import (  # noqa: E402
    BATCH,
    PATIENCE,
    WHOLE,
    Open,
    ProcessContract,
    assert_staging_is_whole,
    consolidate,
)

MORE_THAN_ALL = 60
"""A number of requests that no round makes: the process that may make so many is not killed."""


def opened_at(bigquery: str, storage: str, bucket: str, prefix: str) -> BigQueryWarehouse:
    """A warehouse of its own for the process that asks."""
    store = GcsObjectStore(storage_client(storage), bucket)
    return BigQueryWarehouse(
        bigquery_client(bigquery), PROJECT, LOCATION, prefix, object_store=store, patience_seconds=30.0
    )


def consolidate_and_die(opened: Open, request: int, is_answered: bool) -> None:
    """Consolidate, and be killed at that request to the server: before it is sent, or before its answer is read."""
    from requests import Session

    send, sent = Session.send, [0]

    def doomed(self: Session, *args: Any, **options: Any) -> Any:
        sent[0] += 1
        if sent[0] == request and not is_answered:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = send(self, *args, **options)
        if sent[0] == request:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Session.send = doomed  # type: ignore[method-assign]
    consolidate(opened)


class TestProcesses(ProcessContract):
    packages = ("google.cloud.bigquery", "google.cloud.storage")

    @pytest.fixture
    def opened(
        self, bigquery: Emulator, cloud_storage: Emulator, object_store: GcsObjectStore, own_prefix: str
    ) -> Open:
        return partial(opened_at, bigquery.endpoint, cloud_storage.endpoint, f"{own_prefix}bucket", own_prefix)

    @pytest.mark.parametrize("is_answered", [False, True], ids=["before it is sent", "before its answer is read"])
    def test_kill_9_at_every_request_loses_and_doubles_nothing(
        self,
        warehouse: Warehouse,
        opened: Open,
        processes: ForkServerContext,
        is_answered: bool,
        record_property: Callable[[str, Any], None],
    ) -> None:
        for request in range(1, MORE_THAN_ALL):
            warehouse.delete(PREDICTIONS, "TRUE", {})
            process = processes.Process(target=consolidate_and_die, args=(opened, request, is_answered))
            process.start()
            process.join(PATIENCE)
            assert process.exitcode in (0, -signal.SIGKILL)
            assert stored(warehouse, PREDICTIONS, "prediction_id") in ([], WHOLE)
            assert_staging_is_whole(warehouse)
            consolidate(opened)
            assert stored(warehouse, PREDICTIONS, "prediction_id") == WHOLE
            assert warehouse.staging_tables() == []
            if process.exitcode == 0:
                break
        record_property("requests of one consolidation, each killed", request - 1)
        assert len(BATCH) * 3 < request < MORE_THAN_ALL - 1
