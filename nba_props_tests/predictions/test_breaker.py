"""A system that keeps failing is left alone for a while, tried once, and taken back; the others never notice."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from nba_props.assets.predictions import staging as staging_module
from nba_props.assets.predictions.batch import batches_between, record_open_circuit
from nba_props.breaker import open_circuits
from nba_props.domain.breaker import Circuit
from nba_props.domain.models import Shelf
from nba_props.domain.systems import SYSTEM_IDS, build_systems
from nba_props.domain.systems.base import Projections, Refusal, Slate, projections
from nba_props.platform import Platform
from nba_props.request import FORCE_TAG
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.predictions.kit import at_hour, in_force, merge
from nba_props_tests.predictions.test_batches import Pipeline, slate
from nba_props_tests.slates import DAY, NOON

pytestmark = pytest.mark.whole
BROKEN = "zone_matchup_v1"
OTHERS = set(SYSTEM_IDS) - {BROKEN}
SAID = "ArithmeticError: a system of our own is broken"
MINUTE = 1 / 60


class Night(Pipeline):
    """A slate whose inputs change by the hour, so that every run opens a batch of its own."""

    def at(self, hour: float, **tags: str) -> list[str]:
        """Predict with new inputs at an hour after noon; the systems that raised."""
        mode = self.players["run_mode"].iloc[0]
        self.players = slate(1, 2, features_hash=f"hash at {hour}", run_mode=mode)
        return self.again(hour, **tags)

    def again(self, hour: float, **tags: str) -> list[str]:
        self.platform = at_hour(self.platform, hour)
        return self.predict(**tags)

    @property
    def circuit(self) -> Circuit | None:
        return open_circuits(self.platform, "live").get(BROKEN)

    @property
    def record(self) -> dict[str, Any]:
        """What the newest batch says of the broken system."""
        rows = self.platform.warehouse.query(
            "SELECT * FROM nba_predictions.prediction_batch_systems WHERE game_date = @start_date", {"start_date": DAY}
        ).to_pylist()
        return next(row for row in rows if (row["batch_id"], row["system_id"]) == (self.batch.batch_id, BROKEN))


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Night:
    return Night(monkeypatch, platform)


@pytest.fixture
def opened(night: Night) -> Night:
    """Broken in three batches, the last of them two hours after noon."""
    night.means[BROKEN] = -1.0
    assert [night.at(hour) for hour in (0, 1, 2)] == [[BROKEN]] * 3
    return night


def test_after_three_batches_it_is_not_called_and_the_others_are(opened: Night) -> None:
    circuit = opened.circuit
    assert circuit == Circuit(NOON + timedelta(hours=2), NOON + timedelta(hours=3), 3, SAID)
    assert opened.at(2.5) == []
    assert opened.record["state"] == "failed"
    assert opened.record["error_message"] == f"circuit open until 2024-01-15 20:00:00 UTC: {SAID}"
    assert opened.record["attempted_at"] is None
    assert (opened.batch.state, opened.batch.row["missing_systems"]) == ("partial", BROKEN)
    assert "circuit open until" in opened.batch.row["failure_reason"]
    assert {system for _, system in in_force(opened.platform)} == OTHERS
    assert opened.circuit == circuit  # what was not tried prolongs nothing


def test_two_batches_do_not_open_it_nor_one_batch_however_often_it_is_run(night: Night) -> None:
    night.means[BROKEN] = -1.0
    night.at(0)
    for tenth in range(1, 6):
        assert night.again(tenth / 10) == [BROKEN]
    assert len(batches_between(night.platform, DAY, DAY)) == 1
    assert night.circuit is None
    night.at(1)
    assert night.at(1.1) == [BROKEN]
    assert night.circuit is not None


def test_it_gets_one_try_after_the_cool_down_and_a_failure_opens_it_again(opened: Night) -> None:
    assert opened.at(3 - MINUTE) == []
    assert opened.at(3) == [BROKEN]
    assert opened.circuit == Circuit(NOON + timedelta(hours=2), NOON + timedelta(hours=4), 4, SAID)
    assert opened.at(3.5) == []


def test_a_success_closes_it(opened: Night) -> None:
    opened.means[BROKEN] = 20.0
    assert opened.at(3) == []
    assert (opened.record["state"], opened.record["attempted_at"]) == ("consolidated", NOON + timedelta(hours=3))
    assert {system for _, system in in_force(opened.platform)} == set(SYSTEM_IDS)
    opened.means[BROKEN] = -1.0
    assert [opened.at(hour) for hour in (3.1, 3.2)] == [[BROKEN]] * 2
    assert opened.circuit is None


def test_the_same_batch_again_while_it_is_open_stays_a_failure(opened: Night) -> None:
    for tenth in (1, 2, 3):
        assert opened.again(2 + tenth / 10) == []
    assert opened.record["error_message"] == f"circuit open until 2024-01-15 20:00:00 UTC: {SAID}"
    assert opened.record["attempted_at"] == NOON + timedelta(hours=2)
    assert opened.circuit == Circuit(NOON + timedelta(hours=2), NOON + timedelta(hours=3), 3, SAID)
    opened.means[BROKEN] = 20.0
    assert opened.again(3) == []
    assert (opened.batch.state, opened.circuit) == ("consolidated", None)


def test_force_tries_anyway(opened: Night) -> None:
    assert opened.at(2.1, **{FORCE_TAG: "true"}) == [BROKEN]
    assert opened.circuit is not None
    assert opened.circuit.failures == 4
    opened.means[BROKEN] = 20.0
    assert opened.at(2.2, **{FORCE_TAG: "true"}) == []
    assert opened.circuit is None
    assert {system for _, system in in_force(opened.platform)} == set(SYSTEM_IDS)


def test_what_it_answered_of_the_batch_before_still_counts(night: Night) -> None:
    """A batch that lacks another system may be run again while this one's circuit, by other batches, is open."""
    night.means["moving_average"] = -1.0
    night.at(0)
    record_open_circuit(night.platform, [night.batch], BROKEN, "circuit open until later: broken")
    mine = night.record
    assert (mine["state"], mine["error_message"]) == ("consolidated", None)


def test_backfills_stop_nobody_tonight(opened: Night) -> None:
    opened.players = slate(1, 2, run_mode="backfill")
    assert opened.at(2.2) == [BROKEN]
    assert open_circuits(opened.platform, "backfill") == {}
    assert [opened.at(hour) for hour in (2.3, 2.4)] == [[BROKEN]] * 2
    assert set(open_circuits(opened.platform, "backfill")) == {BROKEN}
    assert opened.circuit is not None
    assert opened.circuit.failures == 3


def test_how_many_and_how_long_are_settings(night: Night) -> None:
    changed = night.platform.settings.model_copy(update={"breaker_failures": 1, "breaker_cooldown_minutes": 5.0})
    other = Platform(changed)
    other.__dict__["warehouse"] = night.platform.warehouse
    night.platform = other
    night.means[BROKEN] = -1.0
    assert night.at(0) == [BROKEN]
    assert night.at(4 * MINUTE) == []
    assert night.at(5 * MINUTE) == [BROKEN]


def test_the_future_of_a_pretended_clock_stops_nobody(opened: Night) -> None:
    assert open_circuits(at_hour(opened.platform, 1.5), "live") == {}


class Refusing:
    """A system that refuses everybody for a reason of its own."""

    system_id = BROKEN

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason

    def project(self, slate: Slate) -> Projections:
        count = len(slate.players)
        reasons = np.full(count, self.reason.value)
        return projections(slate, np.full(count, np.nan), "v", refusal=reasons)


@pytest.mark.parametrize(
    ("reason", "has_answered", "opens"),
    [
        (Refusal.NO_RECENT_GAMES, True, True),
        (Refusal.NOT_A_NUMBER, True, True),
        (Refusal.NO_RECENT_GAMES, False, False),
        (Refusal.NO_MODEL, True, False),
        (Refusal.LOW_QUALITY_FEATURES, True, False),
    ],
)
def test_refusing_everybody_is_a_failure_of_a_system_that_answered_before(
    night: Night, monkeypatch: pytest.MonkeyPatch, reason: Refusal, has_answered: bool, opens: bool
) -> None:
    if has_answered:
        night.at(0)
    sound = night._systems(Shelf())
    monkeypatch.setattr(staging_module, "build_systems", lambda _: sound | {BROKEN: Refusing(reason)})
    for hour in (1, 2, 3):
        assert night.at(hour) == []
        assert (night.record["state"], night.record["refused_players"]) == ("consolidated", 2)
    circuit = night.circuit
    assert (circuit is not None) is opens
    if circuit is not None:
        assert circuit.error == "refused 2 of 2 players"
        night.at(3.5)
        assert night.record["error_message"] == f"{circuit.reason}"


# -- a simulated slate, staged by its real systems -------------------------------------------------------------------


def test_a_simulated_slate_goes_on_without_the_broken_system(
    slate_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_broken, platform = True, slate_platform

    def systems(shelf: Shelf) -> dict[str, Any]:
        built = dict(build_systems(shelf))
        return {
            name: _Raising() if name == "moving_average" and is_broken else system for name, system in built.items()
        }

    def predict(run_id: str, **tags: str) -> dict[str, bool]:
        """Whether each system staged the slate; False if it raised."""
        staged = {}
        for system in ("moving_average", "zone_matchup_v1"):
            try:
                staged[system] = bool(staging_module.stage_system(platform, system, TONIGHT, TONIGHT, run_id, tags))
            except ArithmeticError:
                staged[system] = False
        merge(platform, TONIGHT)
        return staged

    monkeypatch.setattr(staging_module, "build_systems", systems)
    for run_id in ("one", "two", "three"):
        assert predict(run_id, **{FORCE_TAG: "true"}) == {"moving_average": False, "zone_matchup_v1": True}
    (circuit,) = open_circuits(platform, "live").values()
    is_broken = False
    staging_module.stage_system(platform, "moving_average", TONIGHT, TONIGHT, "four", {})
    rows = platform.warehouse.query(
        "SELECT error_message FROM nba_predictions.prediction_batch_systems WHERE game_date = @start_date"
        " AND system_id = 'moving_average' AND state = 'failed' ORDER BY attempted_at, batch_id",
        {"start_date": TONIGHT},
    )["error_message"].to_pylist()
    assert rows == ["ArithmeticError: the arena is on fire"] * 2 + [circuit.reason]
    later = platform.now + timedelta(minutes=60)
    platform = Platform(platform.settings.model_copy(update={"now": later}))
    assert predict("five")["moving_average"]
    assert open_circuits(platform, "live") == {}


class _Raising:
    system_id = "moving_average"

    def project(self, slate: Slate) -> Projections:
        raise ArithmeticError("the arena is on fire")
