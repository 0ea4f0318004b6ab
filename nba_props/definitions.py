"""The table of contents: what Dagster loads. One assembly function, overridable, so that tests and commands are the same path."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from nba_props import assets
from nba_props.assets._links import with_code_links
from nba_props.automation.schedules import build_schedules
from nba_props.automation.sensors import build_sensors
from nba_props.automation.work import build_work
from nba_props.checks import build_checks
from nba_props.io.liveness import at_work
from nba_props.jobs import build_jobs
from nba_props.platform import Platform
from nba_props.settings import load_settings


def build_defs(**overrides: Any) -> dg.Definitions:
    """Assets, checks, jobs and what starts them, with resources; `platform=` replaces the platform (tests, other homes)."""
    resources = {"platform": Platform(load_settings())} | overrides
    settings = resources["platform"].settings
    is_on = settings.automation
    resources["platform"] = measured(resources["platform"])
    return dg.Definitions(
        assets=with_code_links(dg.load_assets_from_package_module(assets), settings),
        asset_checks=build_checks(),
        jobs=[*build_jobs(), *build_work()],
        schedules=build_schedules(is_on=is_on),
        sensors=build_sensors(is_on=is_on),
        resources=resources,
        executor=dg.in_process_executor,
    )


def measured(platform: Platform) -> dg.ResourceDefinition:
    """The platform as a resource of runs: alive as long as the run is, whoever launched it; what it counted is written at its end."""

    def resource(context: dg.InitResourceContext) -> Iterator[Platform]:
        run_id = context.run.run_id if context.run else ""
        with at_work(platform.home, run_id):
            try:
                yield platform
            finally:
                for refusal in platform.write_metrics(run_id):
                    (context.log or dg.get_dagster_logger()).error(refusal)

    return dg.ResourceDefinition(resource)


defs = build_defs()
