"""The emulator processes themselves: they come, answer, and are gone afterwards, whatever became of who started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nba_props_tests.cloud import emulators
from nba_props_tests.cloud.emulators import TOOLS_VARIABLE, ToolsMissing, cloud_tools, storage_emulator

STARTED_AND_KILLED = """
import os, sys
from pathlib import Path
from nba_props_tests.cloud.emulators import storage_emulator
with storage_emulator(Path(sys.argv[1]), Path(sys.argv[2])) as emulator:
    print(emulator.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_an_emulator_is_gone_after_its_block(tmp_path: Path) -> None:
    with storage_emulator(tmp_path) as emulator:
        assert _is_running(emulator.pid)
    assert not _is_running(emulator.pid)


def test_an_emulator_is_gone_after_whoever_started_it_was_killed(tmp_path: Path) -> None:
    code = [sys.executable, "-c", STARTED_AND_KILLED, str(tmp_path), str(cloud_tools())]
    killed = subprocess.run(code, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    pid, until = int(killed.stdout), time.monotonic() + 10
    while _is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(pid)


def test_an_emulator_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "storage.py").write_text("raise SystemExit('no such module')")
    monkeypatch.setattr(emulators, "_SERVERS", tmp_path)
    with pytest.raises(RuntimeError, match="no such module"), storage_emulator(tmp_path):
        pass


@pytest.mark.parametrize("named", [None, "/no/such/place"])
def test_without_the_tools_it_says_what_to_do(named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulators, "_TOOLS", named)
    with pytest.raises(ToolsMissing, match=f"{TOOLS_VARIABLE}.*make test-cloud"):
        cloud_tools()


def _is_running(pid: int) -> bool:
    """Whether the process is there; one that has ended and was not waited for is not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
