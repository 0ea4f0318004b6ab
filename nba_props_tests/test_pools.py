"""Pools: their limits are the settings', in Dagster's records and in its settings file."""

import dagster as dg
import yaml

from nba_props.definitions import build_defs
from nba_props.instance import dagster_home, open_instance
from nba_props.platform import Platform
from nba_props.pools import SETTING_OF, SOURCES, TRAININGS, WRITES, limits_of, shipped_limits


def with_settings(platform: Platform, **settings: int) -> Platform:
    return Platform(platform.settings.model_copy(update=settings))


def held(platform: Platform) -> dict[str, int]:
    with open_instance(platform) as instance:
        return {one.name: one.limit for one in instance.event_log_storage.get_pool_limits() if not one.from_default}


def test_opening_the_instance_brings_the_pools_in_line(platform: Platform) -> None:
    assert held(platform) == shipped_limits() == limits_of(platform.settings)
    narrowed = with_settings(platform, writes_at_once=2, fetches_at_once=1)
    assert held(narrowed) == {WRITES: 2, TRAININGS: 1, SOURCES: 1}
    assert held(platform) == shipped_limits()


def test_runs_at_once_are_in_the_settings_file(platform: Platform) -> None:
    for runs in (5, 3):
        text = (dagster_home(with_settings(platform, runs_at_once=runs)) / "dagster.yaml").read_text()
        assert yaml.safe_load(text)["concurrency"]["runs"]["max_concurrent_runs"] == runs


def test_everything_that_writes_trains_or_asks_is_in_its_pool() -> None:
    defs = build_defs()
    graph = defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        pools = graph.get(key).pools
        if key.path[0] == "exports":
            assert not pools
        elif key.path[-1].endswith("_model") or key.path[-1] == "calibration_model":
            assert pools == {TRAININGS}, key
        else:
            assert pools == {WRITES}, key
    for job in ("slate", "live_fetch", "grade_slate"):
        [node] = defs.resolve_job_def(job).nodes
        assert isinstance(node.definition, dg.OpDefinition)
        assert node.definition.pool == SOURCES
    assert set(SETTING_OF) == {WRITES, TRAININGS, SOURCES}
