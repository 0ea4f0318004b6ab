"""The code location, loaded as Dagster's own tools and server load it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nba_props.assets._factory import DUE
from nba_props.catalog import TABLES
from nba_props.catalog.model import TableKind
from nba_props.definitions import build_defs
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.platform import Platform

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def run(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A tool of this environment, run in the checkout with an empty home."""
    environment = os.environ | {
        "NBA_PROPS_HOME": str(home),
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    home.mkdir(parents=True, exist_ok=True)
    program, *arguments = command
    return subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.mark.whole
def test_dg_checks_the_definitions(tmp_path: Path) -> None:
    checked = run("dg", "check", "defs", home=tmp_path / "home")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.whole
def test_dg_lists_every_asset_with_its_group_and_kind(tmp_path: Path) -> None:
    listed = run("dg", "list", "defs", "--json", home=tmp_path / "home")
    assert listed.returncode == 0, listed.stderr
    assets = {one["asset_key"]: one for one in json.loads(listed.stdout)["assets"]}
    for table in TABLES.values():
        if table.kind is TableKind.ASSET:
            found = assets["/".join(table.asset_key)]
            assert found["group_name"] == table.layer.value
            assert found["kinds"]
    assert {f"predictions/staging_{system}" for system in SYSTEM_IDS} <= set(assets)


@pytest.mark.whole
def test_the_workspace_file_loads_from_a_plain_checkout(tmp_path: Path) -> None:
    validated = run("dagster", "definitions", "validate", "-w", "workspace.yaml", home=tmp_path / "home")
    assert validated.returncode == 0, validated.stderr


def test_loading_the_location_touches_no_home(tmp_path: Path) -> None:
    home = tmp_path / "never"
    code = "import nba_props.definitions"
    environment = os.environ | {"NBA_PROPS_HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=120)
    assert not home.exists()


@pytest.fixture(scope="module")
def graph() -> Any:
    return build_defs().resolve_asset_graph()


def test_dated_assets_share_one_daily_eastern_partition_definition(graph: Any) -> None:
    dated = {
        node.partitions_def
        for node in (graph.get(key) for key in graph.materializable_asset_keys)
        if isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
    }
    assert len(dated) == 1
    (daily,) = dated
    assert daily.timezone == "America/New_York"
    assert daily.end_offset == 2


def test_every_dated_asset_takes_a_range_in_one_run(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        if node.is_partitioned:
            assert node.backfill_policy == dg.BackfillPolicy.single_run(), key


def test_every_asset_says_what_it_is_and_whose(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.description, key
        assert node.group_name == key.path[0]
        assert node.owners, key


def test_what_schedules_bring_has_a_time_by_when_it_must_have_come(graph: Any) -> None:
    due = {key.to_user_string() for key in graph.materializable_asset_keys if graph.get(key).freshness_policy}
    assert due == set(DUE)


def test_every_asset_links_to_its_function_and_a_sql_built_one_to_its_query_too(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        links = graph.get(key).metadata["dagster/code_references"].code_references
        assert any(link.file_path.endswith(".py") for link in links), key
        queries = [link for link in links if link.file_path.endswith(".sql")]
        is_sql_built = "sql" in graph.get(key).kinds
        assert len(queries) == int(is_sql_built), key
        assert all(Path(link.file_path).exists() for link in links)


def test_with_a_repository_set_code_is_linked_there(platform: Platform) -> None:
    settings = platform.settings.model_copy(
        update={"code_url": "https://github.com/somebody/nba_props", "code_branch": "v1"}
    )
    graph = build_defs(platform=Platform(settings)).resolve_asset_graph()
    metadata = graph.get(dg.AssetKey(["raw", "team_rosters"])).metadata
    urls = [link.url for link in metadata["dagster/code_references"].code_references]
    assert "https://github.com/somebody/nba_props/tree/v1/sql/raw/team_rosters.sql" in urls
    assert any(url.startswith("https://github.com/somebody/nba_props/tree/v1/nba_props/assets/") for url in urls)


def test_models_are_monthly_and_consolidation_waits_for_every_system(graph: Any) -> None:
    for kind in MODEL_KINDS:
        model = graph.get(dg.AssetKey(["predictions", f"{kind.name}_model"]))
        assert isinstance(model.partitions_def, dg.MonthlyPartitionsDefinition)
    consolidated = graph.get(dg.AssetKey(["predictions", "player_prop_predictions"]))
    assert consolidated.parent_keys == {dg.AssetKey(["predictions", f"staging_{system}"]) for system in SYSTEM_IDS}
