"""Signs of life: held while a block runs, lost with the process, and never taken for dead beside a living holder."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nba_props.io.liveness import Signs, at_work, signs_of_life

_HOLD = """
import pathlib, sys
from nba_props.io.liveness import at_work
with at_work(pathlib.Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(home: Path, run_id: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", _HOLD, str(home), run_id]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def signs(home: Path) -> Signs:
    with signs_of_life(home) as found:
        return found


def test_a_run_is_at_work_in_its_block_and_leaves_nothing(tmp_path: Path) -> None:
    with at_work(tmp_path, "predictions/one.two"), at_work(tmp_path, "predictions/one.two"):
        assert signs(tmp_path) == Signs(frozenset({"predictions/one.two"}), frozenset())
    assert list((tmp_path / "running").iterdir()) == []


def test_a_run_that_raised_was_not_abandoned(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), at_work(tmp_path, "one"):
        raise ZeroDivisionError
    assert signs(tmp_path) == Signs(frozenset(), frozenset())


def test_a_killed_process_abandons_its_run_once(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path, "one") as holder:
        assert signs(tmp_path).at_work == {"one"}
        holder.kill()
        holder.wait()
    assert signs(tmp_path) == Signs(frozenset(), frozenset({"one"}))
    assert signs(tmp_path) == Signs(frozenset(), frozenset())


def test_a_run_lives_as_long_as_one_of_its_processes(tmp_path: Path) -> None:
    with at_work(tmp_path, "one"), held_by_another_process(tmp_path, "one") as holder:
        holder.kill()
        holder.wait()
        assert signs(tmp_path) == Signs(frozenset({"one"}), frozenset())


def test_the_dead_are_looked_at_by_one_at_a_time_and_kept_if_that_fails(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path, "one"):
        pass
    with pytest.raises(ZeroDivisionError), signs_of_life(tmp_path) as mine:
        assert mine.abandoned == {"one"}
        assert signs(tmp_path).abandoned == frozenset()
        raise ZeroDivisionError
    assert signs(tmp_path).abandoned == {"one"}
