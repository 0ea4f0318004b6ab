"""One slate of a simulated league on BigQuery and Cloud Storage, and on DuckDB and a directory: the same predictions, the
same exports. Only the settings differ. The league is the smallest whose model has enough rows to learn from."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.instance import open_instance
from nba_props.io.landing import land
from nba_props.io.sources.archive import discover
from nba_props.plan import Request, Runner, import_seasons, run_dates
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import Environment, Target, load_settings
from nba_props.simulate.league import LeagueConfig, simulate_league, write_archive
from nba_props_tests.cloud.emulators import PROJECT, Emulator, storage_client

pytestmark = pytest.mark.xdist_group("slate")

SLATE = date(2025, 12, 2)
EVENING = datetime(2025, 12, 2, 22, tzinfo=UTC)
LEAGUE = LeagueConfig(seed=1, start=date(2025, 11, 17), days=17, teams=12, trades=1, trap_date=SLATE)

ACTIVE = f"""
SELECT {", ".join(PLAYER_PROP_PREDICTIONS.column_names)}
FROM {PLAYER_PROP_PREDICTIONS.full_name}
WHERE is_active
ORDER BY game_date, game_id, universal_player_id, system_id, line_key
"""
TOLERANCE = 1e-9
_INSTANT = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
_RUN_ID = rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OF_THE_RUN = re.compile(_INSTANT + b"|" + _RUN_ID)


@dataclass(frozen=True)
class Played:
    """What a slate left: its active predictions, and each exported object's bytes."""

    predictions: list[dict[str, Any]]
    exports: dict[str, bytes]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("archive")
    write_archive(simulate_league(LEAGUE).until(SLATE), directory)
    return directory


@pytest.fixture(scope="module")
def on_duckdb(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return played(archive, home=tmp_path_factory.mktemp("duckdb") / "home", dataset_prefix="test_")


@pytest.fixture(scope="module")
def on_bigquery(
    archive: Path, bigquery: Emulator, cloud_storage: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Played:
    storage_client(cloud_storage.endpoint).create_bucket("slate")
    return played(
        archive,
        home=tmp_path_factory.mktemp("gcp") / "home",
        dataset_prefix="test_",
        target=Target.GCP,
        gcp_project=PROJECT,
        gcs_bucket="slate",
        bigquery_endpoint=bigquery.endpoint,
        storage_endpoint=cloud_storage.endpoint,
    )


def played(archive: Path, **settings: Any) -> Played:
    platform = Platform(load_settings(now=EVENING, environment=Environment.TEST, **settings))
    prepare(platform)
    with open_instance(platform) as instance:
        runner = Runner(platform, instance)
        landed = land(platform.store, discover(archive), platform.now)
        seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
        import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id})
        outcome = run_dates(runner, [SLATE], Request())
    assert outcome.is_success, outcome.failures
    exports = {info.path: platform.store.get(info.path) for info in platform.store.list("v1/")}
    return Played(platform.warehouse.query(ACTIVE).to_pylist(), exports)


def test_the_slate_is_worth_comparing(on_duckdb: Played) -> None:
    """Every system answers, and there are players with lines and without."""
    answered = {row["system_id"] for row in on_duckdb.predictions if row["predicted_points"] is not None}
    assert answered == set(SYSTEM_IDS)
    assert {row["has_prop_line"] for row in on_duckdb.predictions} == {True, False}
    assert "v1/status.json" in on_duckdb.exports


def test_active_predictions_are_the_same_row_for_row(
    on_duckdb: Played, on_bigquery: Played, record_property: Any
) -> None:
    assert len(on_bigquery.predictions) == len(on_duckdb.predictions)
    pairs = list(zip(on_duckdb.predictions, on_bigquery.predictions, strict=True))
    differing = {
        name: [(here[name], there[name]) for here, there in pairs if not _is_same(here[name], there[name])][:3]
        for name in PLAYER_PROP_PREDICTIONS.column_names
    }
    record_property("rows compared", len(pairs))
    record_property("columns compared", len(differing))
    record_property("greatest difference of a number", max(_differences(pairs)))
    assert {name: values for name, values in differing.items() if values} == {}


def test_exports_are_the_same_but_for_instants_and_run_ids(
    on_duckdb: Played, on_bigquery: Played, record_property: Any
) -> None:
    assert on_bigquery.exports.keys() == on_duckdb.exports.keys()
    different = [
        path for path, data in on_duckdb.exports.items() if _of_any_run(data) != _of_any_run(on_bigquery.exports[path])
    ]
    record_property("exports compared", len(on_duckdb.exports))
    record_property("bytes of exports", sum(len(data) for data in on_duckdb.exports.values()))
    assert different == []


def _is_same(here: Any, there: Any) -> bool:
    if isinstance(here, float) and isinstance(there, float):
        return math.isclose(here, there, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(here == there)


def _differences(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[float]:
    for here, there in pairs:
        yield from (abs(here[name] - there[name]) for name, value in here.items() if isinstance(value, float))


def _of_any_run(data: bytes) -> bytes:
    json.loads(data)  # all that is exported is JSON
    return _OF_THE_RUN.sub(b"", data)
