"""The table of contents: what Dagster loads. One assembly function, overridable, so that tests and commands are the same path."""

from typing import Any

import dagster as dg

from nba_props import assets
from nba_props.checks import build_checks
from nba_props.jobs import build_jobs
from nba_props.platform import Platform
from nba_props.settings import load_settings


def build_defs(**overrides: Any) -> dg.Definitions:
    """Assets, checks and jobs with their resources; `platform=` replaces the platform (tests, other homes)."""
    resources = {"platform": Platform(load_settings())} | overrides
    return dg.Definitions(
        assets=dg.load_assets_from_package_module(assets),
        asset_checks=build_checks(),
        jobs=build_jobs(),
        resources=resources,
        executor=dg.in_process_executor,
    )


defs = build_defs()
