"""The gate before exports that start by themselves: new inputs, and every blocking check of them passed; then once."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from nba_props.definitions import build_defs
from nba_props.domain.calendar import EASTERN
from nba_props.platform import Platform

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=EASTERN)
TODAY, YESTERDAY = "2025-12-03", "2025-12-02"
EXPORT = dg.AssetKey(["exports", "predictions"])
INPUTS = (
    dg.AssetKey(["predictions", "player_prop_predictions"]),
    dg.AssetKey(["monitoring", "prediction_coverage"]),
    dg.AssetKey(["monitoring", "missing_predictions"]),
)


class Looks:
    """The sensor's looks at one instance, a minute apart."""

    def __init__(self, platform: Platform) -> None:
        self.defs = build_defs(platform=platform)
        self.instance = dg.DagsterInstance.ephemeral()
        self.graph = self.defs.resolve_asset_graph()
        self._cursor: Any = None
        self._at = NOW

    def built(self, partition: str, *keys: dg.AssetKey) -> None:
        for key in keys:
            self.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=partition))

    def checked(self, *, passed: bool = True) -> None:
        """Every blocking check of the inputs has been evaluated."""
        for key in self.blocking():
            self.instance.report_runless_asset_event(
                dg.AssetCheckEvaluation(asset_key=key.asset_key, check_name=key.name, passed=passed)
            )

    def blocking(self) -> list[dg.AssetCheckKey]:
        return [key for key in self.graph.asset_check_keys if key.asset_key in INPUTS and self.graph.get(key).blocking]

    def requested(self) -> list[str]:
        """Partitions of the export that a look starts."""
        self._at += timedelta(minutes=1)
        found = dg.evaluate_automation_conditions(
            self.defs,
            self.instance,
            asset_selection=dg.AssetSelection.assets(EXPORT),
            evaluation_time=self._at,
            cursor=self._cursor,
        )
        self._cursor = found.cursor
        return sorted(str(one) for one in found.get_requested_partitions(EXPORT))


@pytest.fixture
def looks(platform: Platform) -> Looks:
    return Looks(platform)


def test_there_are_blocking_checks_to_pass(looks: Looks) -> None:
    assert {key.asset_key for key in looks.blocking()} == set(INPUTS)


def test_a_slate_is_published_once_its_inputs_are_built_and_checked(looks: Looks) -> None:
    assert looks.requested() == []
    looks.built(TODAY, *INPUTS)
    assert looks.requested() == [], "nothing has passed a check"
    looks.checked()
    assert looks.requested() == [TODAY]
    assert looks.requested() == [], "once"
    looks.built(TODAY, EXPORT)
    assert looks.requested() == []
    looks.built(TODAY, INPUTS[0])
    looks.checked()
    assert looks.requested() == [TODAY], "it is consolidated anew"


def test_a_blocking_check_that_fails_keeps_it_until_it_passes(looks: Looks) -> None:
    looks.requested()
    looks.built(TODAY, *INPUTS)
    looks.checked(passed=False)
    assert looks.requested() == []
    looks.checked()
    assert looks.requested() == [TODAY]


def test_yesterday_is_looked_at_too_and_a_season_that_is_filled_in_is_not(looks: Looks) -> None:
    looks.requested()
    looks.built(YESTERDAY, *INPUTS)
    looks.built("2024-12-03", *INPUTS)
    looks.checked()
    assert looks.requested() == [YESTERDAY]
