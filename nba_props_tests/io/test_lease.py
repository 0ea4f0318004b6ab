"""Leases between real processes on a directory store, and what a holder is told when its lease is gone."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from nba_props.errors import StorageFault, WarehouseBusy
from nba_props.io.objectstore.local import LocalObjectStore
from nba_props.io.warehouse.lease import lease

PATH = "locks/consolidate-2024-01-10.json"
PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "store")


@pytest.fixture
def started() -> Iterator[list[BaseProcess]]:
    processes: list[BaseProcess] = []
    yield processes
    for process in processes:
        if process.is_alive():
            process.kill()
        process.join()


def count_up(root: Path, counter: Path, times: int) -> None:
    """Read, wait and write: two processes inside at once lose a count."""
    for _ in range(times):
        with lease(LocalObjectStore(root), PATH, timeout_seconds=30):
            seen = int(counter.read_text())
            time.sleep(0.01)
            counter.write_text(str(seen + 1))


def hold_for_ever(root: Path, is_held: Path) -> None:
    with lease(LocalObjectStore(root), PATH, lease_seconds=0.6):
        is_held.touch()
        time.sleep(600)


def test_processes_take_turns(store: LocalObjectStore, tmp_path: Path, started: list[BaseProcess]) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    started += [PROCESSES.Process(target=count_up, args=(store.root, counter, 6)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0, 0, 0]
    assert counter.read_text() == "18"


def test_a_killed_holder_keeps_nobody_out_for_long(
    store: LocalObjectStore, tmp_path: Path, started: list[BaseProcess]
) -> None:
    is_held = tmp_path / "is_held"
    holder = PROCESSES.Process(target=hold_for_ever, args=(store.root, is_held))
    started.append(holder)
    holder.start()
    while not is_held.exists():
        assert holder.is_alive()
        time.sleep(0.01)
    with (
        pytest.raises(WarehouseBusy, match="holds the lease"),
        lease(store, PATH, timeout_seconds=1.5, lease_seconds=0.6),  # longer than a lease: a living holder renews it
    ):
        pass
    os.kill(holder.pid or 0, signal.SIGKILL)
    with lease(store, PATH, timeout_seconds=5, lease_seconds=0.6):
        pass


def test_the_error_names_the_holder(store: LocalObjectStore) -> None:
    with (
        lease(store, PATH),
        pytest.raises(WarehouseBusy, match=f":{os.getpid()}:") as refused,
        lease(store, PATH, timeout_seconds=0),
    ):
        pass
    assert refused.value.next_step


def test_different_names_do_not_wait_for_each_other(store: LocalObjectStore) -> None:
    with lease(store, PATH), lease(store, "locks/other.json", timeout_seconds=0):
        pass


def test_a_lease_is_free_after_its_block_even_if_that_failed(store: LocalObjectStore) -> None:
    with suppress(ZeroDivisionError), lease(store, PATH):
        _ = 1 / 0
    assert json.loads(store.get(PATH))["expires_at"] is None
    with lease(store, PATH, timeout_seconds=0):
        pass


def test_who_lost_the_lease_is_told_and_leaves_the_successor_alone(store: LocalObjectStore) -> None:
    successor = json.dumps({"owner": "somebody else", "expires_at": "2999-01-01T00:00:00Z"}).encode()
    with pytest.raises(WarehouseBusy, match="ran out"), lease(store, PATH, lease_seconds=0.3):
        store.put(PATH, successor)
        time.sleep(0.4)
    assert store.get(PATH) == successor


def test_an_object_that_is_no_lease_is_not_overwritten(store: LocalObjectStore) -> None:
    store.put(PATH, b"precious")
    with pytest.raises(StorageFault, match="not a lease"), lease(store, PATH):
        pass
    assert store.get(PATH) == b"precious"


class ForgetfulStore(LocalObjectStore):
    """Writes, but loses the answer of the first conditional put, as a client does that retries one by itself."""

    is_first = True

    def put(
        self,
        path: str,
        data: bytes,
        *,
        if_generation_match: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> int:
        generation = super().put(path, data, if_generation_match=if_generation_match, content_type=content_type)
        if self.is_first:
            self.is_first = False
            # The retry finds the generation its own first try wrote.
            return super().put(path, data + b" ", if_generation_match=if_generation_match)
        return generation


def test_a_write_whose_answer_was_lost_is_recognised(tmp_path: Path) -> None:
    with lease(ForgetfulStore(tmp_path), PATH, timeout_seconds=1):
        pass
