"""Dagster's own daemon loops in this process, under a clock that a test moves: schedules, sensors and the queue as they are.

Runs are launched in process too, one after the other, but for one that is to be killed (`mortal`). Only the clock is ours: the
platform's and the sources' are the same.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import dagster._daemon
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs
from pydantic import PrivateAttr

from nba_props.definitions import build_defs
from nba_props.instance import TEMPLATE
from nba_props.platform import Platform
from nba_props.settings import Settings
from nba_props.simulate.server import SimulatedSources
from nba_props_tests.automation.mortal import Doom, MortalLauncher, Moved

_IN_PROCESS = """
run_launcher: {module: nba_props_tests.automation.mortal, class: MortalLauncher}
"""
BETWEEN_TURNS = timedelta(minutes=2)
"""No sensor but that of alerts waits longer between two looks."""
_log = logging.getLogger("daemon")


class MovedSettings(Settings):
    """Settings whose clock is that of the simulated sources, and goes on by a microsecond whenever somebody looks at it.

    What is known is what was seen before: if time stood still, no look would know what the fetch before it has brought.
    """

    sources: Any
    _looks: Iterator[int] = PrivateAttr(default_factory=itertools.count)

    def clock(self) -> datetime:
        return self.sources.now.astimezone(UTC) + timedelta(microseconds=next(self._looks))


def moved_platform(home: Path, sources: Moved, **given: object) -> Platform:
    """A platform that asks the simulated sources, at their instant, its schedules and sensors switched on."""
    keys = dict.fromkeys(("balldontlie_api_key", "odds_api_key", "bettingpros_api_key"), "simulated")
    settings = {"home": home, "sources_url": sources.url, "source_pace": 0.0, "automation": True} | keys | given
    return Platform(MovedSettings(sources=sources, **settings))  # type: ignore[arg-type]


class Daemon:
    """The loops of a running daemon, one turn at a time."""

    def __init__(self, workspace: Any, instance: dg.DagsterInstance, sources: SimulatedSources) -> None:
        self.instance = instance
        self._workspace = workspace
        self._sources = sources
        self._iterations: dict[str, Any] = {}
        self._queue = QueuedRunCoordinatorDaemon(interval_seconds=0)

    def at(self, now: datetime, turns: int = 2) -> None:
        """Move the clock and let every loop turn: what the first turn starts, the sensors of the next one see."""
        for turn in range(turns):
            instant = now + turn * BETWEEN_TURNS
            self._sources.now = instant
            with freeze_time(instant):
                self._turns(instant)

    def kill_next(self, home: Path, **tags: str) -> None:
        """The next run with these tags is killed (-9) in the middle."""
        launcher = self.instance.run_launcher
        assert isinstance(launcher, MortalLauncher)
        launcher.doom = Doom(_named(tags), home, self._sources)

    def runs(self, **tags: str) -> list[dg.DagsterRun]:
        """Runs with these tags (`slate="2025-12-03"` for `nba_props/slate`), oldest first."""
        return list(reversed(self.instance.get_runs(dg.RunsFilter(tags=_named(tags)))))

    def _turns(self, now: datetime) -> None:
        """One turn of each loop; the queue's again for what sensors started."""
        self._turn(launch_scheduled_runs(self._workspace, _log, end_datetime_utc=now, iteration_times=self._iterations))
        self._turn(self._queue.run_iteration(self._workspace, fixed_iteration_time=now.timestamp()))
        self._turn(execute_sensor_iteration(self._workspace, _log, None, None))
        self._turn(self._queue.run_iteration(self._workspace, fixed_iteration_time=now.timestamp()))

    def _turn(self, loop: Iterable[Any]) -> None:
        errors = [one for one in itertools.chain(loop) if one is not None and hasattr(one, "message")]
        assert not errors, [one.to_string() for one in errors]


def _named(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"nba_props/{name}": value for name, value in tags.items()}


@contextmanager
def daemon(platform: Platform, sources: SimulatedSources, location: ModuleType) -> Iterator[Daemon]:
    """A daemon on this home; `location` is the module from which it loads `defs`."""
    location.defs = build_defs(platform=platform)  # type: ignore[attr-defined]
    home = platform.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    text = TEMPLATE.read_text(encoding="utf-8").replace("{home}", home.as_posix())
    (home / "dagster.yaml").write_text("".join(text.splitlines(keepends=True)[1:]) + _IN_PROCESS)
    origin = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name=location.__name__, attribute="defs"), location_name="nba_props"
    )
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        create_test_daemon_workspace_context(InProcessWorkspaceLoadTarget(origin), instance) as workspace,
    ):
        yield Daemon(workspace, instance, sources)
