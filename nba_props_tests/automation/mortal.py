"""Runs in process, but for the one that is to die: that one has a process of its own, and gets `kill -9` in the middle.

It dies where it hurts: some systems of the slate are staged, others are not, and nothing is consolidated.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
from dagster._core.execution.api import execute_run
from dagster._core.launcher import LaunchRunContext
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.test_utils import freeze_time
from dagster._utils.hosted_user_process import recon_job_from_origin

from nba_props.io.warehouse.duckdb import DuckDBWarehouse

STAGED_BEFORE_DEATH = 3
"""Of seven systems."""


class Moved(Protocol):
    """Sources at an address, as of an instant."""

    @property
    def url(self) -> str: ...

    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Doom:
    """The next run with these tags is to die, on a home that asks these sources."""

    tags: Mapping[str, str]
    home: Path
    sources: Moved


class MortalLauncher(SyncInMemoryRunLauncher):
    """Launches here and now, and waits; `doom` says which run is launched elsewhere, to be killed."""

    doom: Doom | None = None

    def launch_run(self, context: LaunchRunContext) -> None:
        run, doom = context.dagster_run, self.doom
        if doom is None or not doom.tags.items() <= run.tags.items():
            super().launch_run(context)
            return
        self.doom = None
        given = (str(doom.home), doom.sources.url, doom.sources.now.isoformat(), run.run_id)
        ended = subprocess.run([sys.executable, "-m", __name__, *given], capture_output=True, text=True, check=False)
        assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]


@dataclass(frozen=True)
class Still:
    """Sources as a process of its own knows them: an address, and the instant at which it was started."""

    url: str
    now: datetime


def live_and_die(home: str, url: str, instant: str, run_id: str) -> None:
    """Execute a run until some systems are staged."""
    from nba_props.definitions import build_defs
    from nba_props_tests.automation import location
    from nba_props_tests.automation.daemon import moved_platform

    now = datetime.fromisoformat(instant)
    location.defs = build_defs(platform=moved_platform(Path(home), Still(url, now)))  # type: ignore[attr-defined]
    _die_after_staging(STAGED_BEFORE_DEATH)
    with dg.DagsterInstance.from_config(str(Path(home) / "dagster")) as instance, freeze_time(now):
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.job_code_origin is not None
        execute_run(recon_job_from_origin(run.job_code_origin), run, instance)


def _die_after_staging(times: int) -> None:
    """For good: the process is about to end."""
    stage = DuckDBWarehouse.stage
    done = 0

    def staged(*given: Any) -> Any:
        nonlocal done
        stage(*given)
        done += 1
        if done == times:
            os.kill(os.getpid(), signal.SIGKILL)

    DuckDBWarehouse.stage = staged  # type: ignore[method-assign]


if __name__ == "__main__":
    live_and_die(*sys.argv[1:])
