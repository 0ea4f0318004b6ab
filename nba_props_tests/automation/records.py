"""Records of a daemon as it leaves them, written through Dagster's own client."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from nba_props.instance import open_instance
from nba_props.platform import Platform

LOOPS = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR")
_LOCATION = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="nba_props.definitions"), "nba_props")


class Recorder:
    """Writes what a daemon would; ages are minutes before now, by the machine's clock."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.now = datetime.now(UTC)

    def heartbeats(self, age: float, *loops: str, error: str | None = None) -> None:
        """A sign of each loop, with an error where one is given."""
        errors = [SerializableErrorInfo(error, [], None)] if error else []
        for loop in loops or LOOPS:
            self.instance.add_daemon_heartbeat(DaemonHeartbeat(self._at(age), loop, "daemon", errors))

    def starter(self, name: str, status: str = "RUNNING", *, is_sensor: bool = True) -> InstigatorState:
        """A sensor or schedule: RUNNING or STOPPED by hand, or DECLARED_IN_CODE."""
        origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(_LOCATION, "__repository__"), name)
        kind = InstigatorType.SENSOR if is_sensor else InstigatorType.SCHEDULE
        data = SensorInstigatorData(min_interval=60) if is_sensor else ScheduleInstigatorData("0 7 * * *")
        return self.instance.add_instigator_state(InstigatorState(origin, kind, InstigatorStatus(status), data))

    def tick(self, of: InstigatorState, age: float, error: str | None = None, cause: str | None = None) -> None:
        """A tick that started nothing, or failed with an error that Dagster wraps around its cause."""
        inner = SerializableErrorInfo(cause, [], None) if cause else None
        tick = TickData(
            of.instigator_origin_id,
            of.instigator_name,
            of.instigator_type,
            TickStatus.FAILURE if error else TickStatus.SKIPPED,
            self._at(age),
            error=SerializableErrorInfo(error, ["a line of the stack\n"], None, inner) if error else None,
            selector_id=of.selector_id,
        )
        self.instance.create_tick(tick)

    def _at(self, age: float) -> float:
        return (self.now - timedelta(minutes=age)).timestamp()


@contextmanager
def recording(platform: Platform) -> Iterator[Recorder]:
    """A recorder on this home's instance."""
    with open_instance(platform) as instance:
        yield Recorder(instance)


def record_living(platform: Platform) -> None:
    """A daemon that lives, with every schedule of a home switched on by default, and a sensor that looked a minute ago."""
    with recording(platform) as daemon:
        daemon.heartbeats(0.5)
        daemon.starter("overnight_predictions", "DECLARED_IN_CODE", is_sensor=False)
        daemon.tick(daemon.starter("slate_attempts", "DECLARED_IN_CODE"), 1)
