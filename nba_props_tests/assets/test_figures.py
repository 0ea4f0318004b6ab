"""Numbers that Dagster draws over a season: each date's own, though several dates were one run."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nba_props.assets.exports.predictions import predictions
from nba_props.assets.monitoring.tables import prediction_coverage
from nba_props.assets.predictions.consolidated import player_prop_predictions
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.slates import DAY, PEOPLE, later

BEFORE, OFF = DAY - timedelta(days=2), DAY - timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Platform:
    """A good slate on DAY, a day off, and two days before a slate of which half the players were predicted."""
    home = slates.new_home(tmp_path / "home", later(5))
    slates.good_slate(home)
    slates.good_slate(home, BEFORE)
    slates.predictions(home, PEOPLE[:10], day=BEFORE)
    slates.coverage(home, 10, day=BEFORE)
    slates.batch(home, BEFORE, state="partial", staged_players=10, completion_pct=50.0)
    return home


def drawn(home: Platform, asset: dg.AssetsDefinition) -> dict[date, dict[str, Any]]:
    """Numbers of each date after one run of them all."""
    bounds = {"start": str(BEFORE), "end": str(DAY)}
    tags = {f"dagster/asset_partition_range_{name}": day for name, day in bounds.items()}
    result = dg.materialize([asset], resources={"platform": home}, tags=tags)
    return {
        date.fromisoformat(str(one.partition)): {name: value.value for name, value in one.metadata.items()}
        for one in result.asset_materializations_for_node(asset.node_def.name)
    }


def test_coverage_and_the_funnel_of_each_slate(home: Platform) -> None:
    found = drawn(home, prediction_coverage)
    names = ("expected", "predicted", "coverage_pct", "loss_pct", "ready_players")
    assert [found[DAY][name] for name in names] == [20, 20, 100.0, 0.0, 20]
    assert [found[BEFORE][name] for name in names] == [20, 10, 50.0, 50.0, 20]
    assert not found[OFF].keys() & set(names)
    stored = home.warehouse.query(
        "select game_date, coverage_pct from nba_monitoring.prediction_coverage where system_id = 'all'"
    )
    kept = dict(zip(stored["game_date"].to_pylist(), stored["coverage_pct"].to_pylist(), strict=True))
    assert (kept[DAY], kept[BEFORE]) == (100.0, 50.0)


def test_completion_of_each_slates_batch(home: Platform) -> None:
    found = drawn(home, player_prop_predictions)
    names = ("completion_pct", "staged_players", "expected_players")
    assert [found[DAY][name] for name in names] == [100.0, 20, 20]
    assert [found[BEFORE][name] for name in names] == [50.0, 10, 20]
    assert "completion_pct" not in found[OFF]


def test_what_became_of_each_dates_documents(home: Platform) -> None:
    found = drawn(home, predictions)
    outcomes = {day: (one["published"], one["withheld"]) for day, one in found.items()}
    assert outcomes == {BEFORE: (0, 1), OFF: (1, 0), DAY: (1, 0)}
