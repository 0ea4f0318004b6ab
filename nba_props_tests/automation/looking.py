"""One tick of a schedule or a look of a sensor, on a home and an instance that a test prepares; runs are invented, not run."""

from datetime import datetime
from functools import cache
from typing import Any

import dagster as dg
from dagster._core.test_utils import freeze_time

from nba_props.automation.schedules import build_schedules
from nba_props.automation.sensors import build_sensors
from nba_props.definitions import build_defs
from nba_props.platform import Platform

SCHEDULES = {one.name: one for one in build_schedules(is_on=False)}
SENSORS = {one.name: one for one in build_sensors(is_on=False)}


@cache
def _location() -> dg.RepositoryDefinition:
    """Where schedules that name a partition look up whose it is."""
    return build_defs().get_repository_def()


@dg.op
def nothing() -> None:
    """Stands for work that has been done."""


@dg.op
def breaking() -> None:
    raise ValueError("broken")


def ran(instance: dg.DagsterInstance, at: datetime, is_success: bool = True, **tags: str) -> str:
    """A run that ended at an instant with these tags (`lane="slates"` for `nba_props/lane`); its id."""
    job = dg.GraphDefinition(name="work", node_defs=[nothing if is_success else breaking]).to_job()
    named = {f"nba_props/{name}": value for name, value in tags.items()}
    with freeze_time(at):
        return job.execute_in_process(instance=instance, tags=named, raise_on_error=False).run_id


def tick(platform: Platform, name: str, due: datetime) -> dg.RunRequest | str:
    """What a schedule starts at an instant, or why nothing."""
    context = dg.build_schedule_context(
        scheduled_execution_time=due, resources={"platform": platform}, repository_def=_location()
    )
    found = SCHEDULES[name].evaluate_tick(context)
    return found.run_requests[0] if found.run_requests else str(found.skip_message)


def look(
    platform: Platform, instance: dg.DagsterInstance, name: str, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None, str | None]:
    """What a sensor starts now, why nothing, and its next cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"platform": platform})
    found = SENSORS[name].evaluate_tick(context)
    return list(found.run_requests or []), found.skip_message, found.cursor


def work_of(request: dg.RunRequest) -> dict[str, Any]:
    """The configuration of the one op that a request runs."""
    [op] = request.run_config["ops"].values()
    work: dict[str, Any] = op["config"]
    return work
