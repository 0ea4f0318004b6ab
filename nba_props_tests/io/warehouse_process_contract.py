"""What every warehouse must do when several processes use it, and when one is killed: nothing is lost or doubled.

Subclass `ProcessContract` and give it the fixture `opened`: something to call for a warehouse, which another process can
be given. Nothing here knows an engine; what can be struck at an exact point of one engine is tested beside it.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event

import pytest

from nba_props.io.warehouse.base import StagingTable, Warehouse
from nba_props_tests.io.warehouse_contract import (
    AVERAGES,
    DAY,
    LOG,
    MERGE,
    NOON,
    PREDICTIONS,
    ZONES,
    logged,
    predicted,
    stored,
)

Open = Callable[[], Warehouse]

PROCESSES = 3
THREADS = 2
PATIENCE = 60.0
"""Seconds after which a process is taken to hang."""

BATCH = {ZONES: ("p", "q", "r"), AVERAGES: ("s", "t")}
"""What one consolidation stages and merges: ids of the rows of each system."""
WHOLE = [(one,) for one in "pqrst"]


def consolidate(opened: Open) -> None:
    """Stage the batch, merge it, drop its staging."""
    warehouse = opened()
    for staging, ids in BATCH.items():
        warehouse.stage(PREDICTIONS, staging, predicted(*ids))
    warehouse.merge(MERGE, list(BATCH), {"now": NOON})
    warehouse.drop_staging(list(BATCH))


def consolidate_again_and_again(opened: Open, begun: Event) -> None:
    """Until killed."""
    begun.set()
    while True:
        consolidate(opened)


def stage_all(opened: Open, writer: str) -> None:
    """Five systems of one writer, from several threads, each staged twice as a retry would."""
    warehouse = opened()

    def stage(number: int) -> None:
        for _ in range(2):
            warehouse.stage(PREDICTIONS, staging_of(writer, number), predicted(f"{writer}-{number}"))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(stage, range(5)))


def staging_of(writer: str, number: int) -> StagingTable:
    return replace(ZONES, writer=writer, system_id=f"system_{number}", created_at=NOON + timedelta(seconds=number))


def consolidate_in_turn(opened: Open) -> None:
    """Merge whatever is staged, and drop it: under the lease, as consolidation does."""
    warehouse = opened()
    with warehouse.lock("consolidate", timeout_seconds=PATIENCE):
        staged = warehouse.staging_tables()
        warehouse.merge(MERGE, staged, {"now": NOON})
        warehouse.drop_staging(staged)


def count_up(opened: Open, turns: int) -> None:
    """Add to a shared total under the lease."""
    warehouse = opened()
    for _ in range(turns):
        with warehouse.lock("total", timeout_seconds=PATIENCE):
            [total] = warehouse.query(f"SELECT state FROM {LOG.full_name} WHERE path = 'total'")["state"].to_pylist()
            warehouse.upsert(LOG, logged((DAY[0], "total", str(int(total) + 1))))


class ProcessContract:
    """The suite. `packages`: what takes long to import and every process needs."""

    packages: Sequence[str] = ()

    @pytest.fixture
    def opened(self) -> Open:
        raise NotImplementedError("the implementation's test module says how its warehouse is opened")

    @pytest.fixture
    def warehouse(self, opened: Open) -> Warehouse:
        made = opened()
        made.ensure_tables([LOG, PREDICTIONS])
        return made

    @pytest.fixture
    def processes(self) -> ForkServerContext:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, *self.packages])
        return context

    def test_many_writers_stage_at_once(self, warehouse: Warehouse, opened: Open, processes: ForkServerContext) -> None:
        writers = [f"w{number}" for number in range(PROCESSES)]
        finish([processes.Process(target=stage_all, args=(opened, writer)) for writer in writers])
        expected = {staging_of(writer, number).name for writer in writers for number in range(5)}
        staged = warehouse.staging_tables()
        assert {one.name for one in staged} == expected
        assert [one.row_count for one in staged] == [1] * len(expected)
        assert warehouse.merge(MERGE, staged, {"now": NOON}) == len(expected)
        assert len(stored(warehouse, PREDICTIONS)) == len(expected)

    def test_consolidations_at_once_merge_each_row_once(
        self, warehouse: Warehouse, opened: Open, processes: ForkServerContext
    ) -> None:
        for staging, ids in BATCH.items():
            warehouse.stage(PREDICTIONS, staging, predicted(*ids))
        finish([processes.Process(target=consolidate_in_turn, args=(opened,)) for _ in range(PROCESSES)])
        assert stored(warehouse, PREDICTIONS, "prediction_id") == WHOLE
        assert warehouse.staging_tables() == []

    def test_no_update_under_the_lease_is_lost(
        self, warehouse: Warehouse, opened: Open, processes: ForkServerContext
    ) -> None:
        warehouse.upsert(LOG, logged((DAY[0], "total", "0")))
        finish([processes.Process(target=count_up, args=(opened, 3)) for _ in range(PROCESSES)])
        assert stored(warehouse, LOG, "state") == [(str(3 * PROCESSES),)]

    def test_kill_9_at_any_moment_loses_and_doubles_nothing(
        self, warehouse: Warehouse, opened: Open, processes: ForkServerContext
    ) -> None:
        """A process that stages, merges and drops without end is killed at moments spread over what one round takes."""
        began = time.monotonic()
        consolidate(opened)
        lasted = time.monotonic() - began
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            warehouse.delete(PREDICTIONS, "TRUE", {})
            killed(processes, opened, share * lasted)
            assert stored(warehouse, PREDICTIONS, "prediction_id") in ([], WHOLE)
            assert_staging_is_whole(warehouse)
            consolidate(opened)
            assert stored(warehouse, PREDICTIONS, "prediction_id") == WHOLE
            assert warehouse.staging_tables() == []


def killed(processes: ForkServerContext, opened: Open, after: float) -> None:
    """A process that consolidates without end, killed by `kill -9` so many seconds after it began."""
    begun = processes.Event()
    process = processes.Process(target=consolidate_again_and_again, args=(opened, begun))
    process.start()
    assert begun.wait(PATIENCE)
    time.sleep(after)
    process.kill()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL


def assert_staging_is_whole(warehouse: Warehouse) -> None:
    """Whatever is listed as staged holds all of its rows."""
    rows = {staging.name: predicted(*ids) for staging, ids in BATCH.items()}
    for staging in warehouse.staging_tables():
        found = warehouse.read_staging(staging).sort_by("prediction_id")
        assert found.to_pylist() == rows[staging.name].to_pylist()
        assert staging.row_count == found.num_rows


def finish(started: list[ForkServerProcess]) -> None:
    """Run them all at once to a good end."""
    for process in started:
        process.start()
    for process in started:
        process.join(PATIENCE)
    assert [process.exitcode for process in started] == [0] * len(started)
