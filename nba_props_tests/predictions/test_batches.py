"""Opening batches and staging systems: when a batch is reused, what it speaks for, and whose failure is whose."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nba_props.assets.predictions import staging as staging_module
from nba_props.assets.predictions.batch import Batch, batches_between, open_batches
from nba_props.domain.models import Shelf
from nba_props.domain.systems import MEMBERS, SYSTEM_IDS
from nba_props.domain.systems.base import Projections, Slate, projections
from nba_props.domain.systems.ensemble_v1 import Ensemble
from nba_props.errors import ModelRefused, NotReady
from nba_props.platform import Platform
from nba_props.request import PLAYERS_TAG, SYSTEMS_TAG
from nba_props_tests.predictions.kit import (
    EVERYTHING,
    GAMES,
    ONE,
    active,
    at_hour,
    everything,
    game_of,
    in_force,
    lines_of,
    merge,
    named,
    player,
    stage,
    staging_left,
    stored,
)
from nba_props_tests.slates import DAY, NOON, TIP, put, schedule


def slate(*numbers: int, as_of: datetime = NOON, **columns: Any) -> pd.DataFrame:
    """Expected players with what a batch reads of them; `columns` for all, or a list of one value a player."""
    count = len(numbers)
    frame = pd.DataFrame(
        {
            "game_date": [DAY] * count,
            "game_id": [game_of(player(number)) for number in numbers],
            "universal_player_id": [player(number) for number in numbers],
            "player_lookup": [f"player{number}" for number in numbers],
            "player_name": [f"Player {number}" for number in numbers],
            "features_hash": [f"hash{number}" for number in numbers],
            "tip_at": pd.Series([TIP] * count, dtype="datetime64[us, UTC]"),
            "as_of_at": pd.Series([as_of] * count, dtype="datetime64[us, UTC]"),
        }
    )
    for name, value in (_SAME_FOR_ALL | columns).items():
        frame[name] = value
    return frame


_SAME_FOR_ALL: dict[str, Any] = {
    "run_mode": "live",
    "as_of_basis": "live",
    "current_points_line": 20.5,
    "has_line": True,
    "data_quality_tier": "gold",
    "feature_version": "v1_baseline_25",
    "feature_count": 25,
    "feature_quality_score": 100.0,
    "features_json": "{}",
    "sources_json": "{}",
    "roster_hash": "everyone",
    "team_abbr": "LAL",
    "opponent_abbr": "BOS",
    "is_home": True,
    "is_production_ready": True,
    "early_season_flag": False,
    **dict.fromkeys(
        (
            "line_source",
            "sportsbook",
            "line_minutes_before_game",
            "line_snapshot_at",
            "opening_line",
            "over_price_american",
            "under_price_american",
            "completeness_pct",
            "injury_status",
            "injury_reported_at",
        )
    ),
}


def opened(platform: Platform, players: pd.DataFrame, as_of: datetime = NOON, **how: Any) -> Batch:
    """The batch that is opened, or reused, for players of the one date."""
    return open_batches(platform, players, {DAY: as_of}, Shelf(), **{"run_id": "run", **how})[DAY]


def scope_of(platform: Platform, batch: Batch) -> set[tuple[str, str]]:
    """The (game, player) pairs a batch speaks for."""
    rows = everything(platform)["prediction_batch_scope"]
    return {(row["game_id"], row["universal_player_id"]) for row in rows if row["batch_id"] == batch.batch_id}


# -- one batch or another ---------------------------------------------------------------------------------------------


def test_equal_inputs_reuse_the_batch_and_others_open_one(platform: Platform) -> None:
    first = opened(platform, slate(1, 2))
    assert opened(platform, slate(2, 1), run_id="another").batch_id == first.batch_id
    changed = [slate(1), slate(1, 2, features_hash="other"), slate(1, 2, current_points_line=21.5)]
    changed.append(slate(1, 2, roster_hash="one of them is out"))
    assert len({opened(platform, players).batch_id for players in changed} | {first.batch_id}) == 5


def test_a_forced_run_has_one_batch_of_its_own(platform: Platform) -> None:
    first = opened(platform, slate(1))
    forced = {opened(platform, slate(1), run_id="forced", is_forced=True).batch_id for _ in SYSTEM_IDS}
    assert len(forced) == 1
    assert first.batch_id not in forced


def test_a_batch_of_one_system_is_not_taken_for_one_of_all(platform: Platform) -> None:
    narrow = opened(platform, slate(1), systems=[ONE])
    whole = opened(platform, slate(1))
    assert (narrow.systems, whole.systems) == ([ONE], list(SYSTEM_IDS))
    assert opened(platform, slate(1), systems=[ONE]).batch_id == whole.batch_id


def test_players_in_any_order_are_the_same_request(platform: Platform) -> None:
    first = opened(platform, slate(1, 2), only_players=[player(1), player(2)])
    assert opened(platform, slate(1, 2), only_players=[player(2), player(1)]).batch_id == first.batch_id


def test_asking_twice_for_an_earlier_instant_opens_one_batch(platform: Platform) -> None:
    newest = opened(platform, slate(1), as_of=NOON)
    earlier = opened(platform, slate(1, 2), as_of=NOON - timedelta(hours=3))
    assert opened(platform, slate(1, 2), as_of=NOON - timedelta(hours=3)).batch_id == earlier.batch_id
    assert opened(platform, slate(1), as_of=NOON).batch_id == newest.batch_id


def test_ids_and_instants_of_opening_differ_even_within_one_second_and_out_of_order(platform: Platform) -> None:
    for hour in (0, 3, 1, 2):
        opened(platform, slate(1, features_hash=f"hash{hour}"), as_of=NOON + timedelta(hours=hour))
    batches = batches_between(platform, DAY, DAY)
    assert len({batch.batch_id for batch in batches}) == len({batch.opened_at for batch in batches}) == 4
    assert [batch.batch_as_of_at.hour for batch in batches] == [17, 18, 19, 20]


# -- what it speaks for -----------------------------------------------------------------------------------------------


def test_a_batch_names_whom_it_predicts_and_speaks_for_everybody_else(platform: Platform) -> None:
    everybody = scope_of(platform, opened(platform, slate(1, 2)))
    assert everybody == {(GAMES[0], player(1)), (GAMES[1], player(2)), (EVERYTHING, EVERYTHING)}
    some = scope_of(platform, opened(platform, slate(1), only_players=[player(1), player(3)]))
    assert some == {(GAMES[0], player(1)), (EVERYTHING, player(1)), (EVERYTHING, player(3))}


def put_context(platform: Platform, number: int, tip_at: datetime | None, run_mode: str = "live") -> None:
    put(
        platform,
        "nba_analytics.upcoming_player_game_context",
        {
            "game_date": DAY,
            "game_id": game_of(player(number)),
            "universal_player_id": player(number),
            "tip_at": tip_at,
            "run_mode": run_mode,
        },
    )


def test_games_that_have_begun_are_in_no_live_batchs_scope(platform: Platform) -> None:
    put_context(platform, 1, NOON - timedelta(minutes=1))
    put_context(platform, 2, TIP)
    assert scope_of(platform, opened(platform, slate(2))) == {(GAMES[1], player(2)), (GAMES[1], EVERYTHING)}
    some = scope_of(platform, opened(platform, slate(2), only_players=[player(1), player(2)]))
    assert some == {(GAMES[1], player(2)), (EVERYTHING, player(2))}


def test_a_game_called_off_after_another_has_begun_is_still_in_scope(platform: Platform) -> None:
    first = opened(platform, slate(1, 2), systems=[ONE])
    stage(platform, first, {player(2): named(2)[player(2)]})
    stage(platform, first, named(1), writer="w1", tip_at=NOON - timedelta(minutes=1))
    merge(platform)
    put_context(platform, 1, NOON - timedelta(minutes=1))  # the second game has vanished from the context
    assert scope_of(platform, opened(platform, slate(3))) >= {(GAMES[1], EVERYTHING)}
    assert (GAMES[0], EVERYTHING) not in scope_of(platform, opened(platform, slate(3)))


def test_a_backfill_speaks_for_games_long_over(platform: Platform) -> None:
    live = opened(platform, slate(1, 2), systems=[ONE])
    stage(platform, live, named(1, 2), tip_at=NOON - timedelta(minutes=1))
    merge(platform)
    put_context(platform, 1, NOON - timedelta(minutes=1), run_mode="backfill")
    scope = scope_of(platform, opened(platform, slate(1, run_mode="backfill")))
    assert (EVERYTHING, EVERYTHING) in scope


# -- staging a system -------------------------------------------------------------------------------------------------


class Fixed:
    """A system that says one number of everybody, or raises."""

    def __init__(self, system_id: str, mean: float) -> None:
        self.system_id = system_id
        self.mean = mean

    def project(self, slate: Slate) -> Projections:
        if self.mean < 0:
            raise ArithmeticError("a system of our own is broken")
        if np.isnan(self.mean):  # what the rules for systems forbid
            count = len(slate.players)
            return Projections(np.full(count, np.nan), np.full(count, ""), np.full(count, "v"), {})
        return projections(slate, np.full(len(slate.players), self.mean), f"{self.system_id}@1")


class Pipeline:
    """`stage_system` on a slate made by hand, with fixed systems; `means` of the single ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
        self.platform = platform
        self.players = slate(1, 2)
        self.means = dict.fromkeys(MEMBERS, 20.0)
        self.systems: Sequence[str] = SYSTEM_IDS
        self.refusals: dict[str, ModelRefused] = {}
        """By kind of model."""
        monkeypatch.setattr(staging_module, "slate_players", lambda *_: self.players)
        monkeypatch.setattr(
            staging_module, "slate_of", lambda _, players, *__: Slate(players, pd.DataFrame(), pd.DataFrame())
        )
        monkeypatch.setattr(staging_module, "shelf_for", lambda *_: Shelf(refusals=self.refusals))
        monkeypatch.setattr(staging_module, "build_systems", self._systems)

    def _systems(self, shelf: Shelf) -> dict[str, Any]:
        single: list[Any] = [Fixed(system, mean) for system, mean in self.means.items()]
        return {one.system_id: one for one in (*single, Ensemble(single, shelf))}

    def predict(self, **tags: str) -> list[str]:
        """Stage the systems as a run does, then consolidate; the systems that raised."""
        raised = []
        for system in self.systems:
            try:
                wanted = {SYSTEMS_TAG: ",".join(self.systems)} | tags
                staging_module.stage_system(self.platform, system, DAY, DAY, "run", wanted)
            except (ArithmeticError, ModelRefused):
                raised.append(system)
        merge(self.platform)
        return raised

    @property
    def batch(self) -> Batch:
        return batches_between(self.platform, DAY, DAY)[-1]


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Pipeline:
    return Pipeline(monkeypatch, platform)


@pytest.fixture
def one_system(pipeline: Pipeline) -> Pipeline:
    pipeline.systems = [ONE]
    return pipeline


def test_a_slate_is_predicted_by_all_and_running_it_again_changes_nothing(pipeline: Pipeline) -> None:
    assert pipeline.predict() == []
    assert len(active(pipeline.platform)) == 2 * len(SYSTEM_IDS) * 5
    before = everything(pipeline.platform)
    pipeline.predict()
    assert everything(pipeline.platform) == before


def test_a_system_that_raises_fails_alone_and_completes_later(pipeline: Pipeline) -> None:
    pipeline.means["zone_matchup_v1"] = -1.0
    assert pipeline.predict() == ["zone_matchup_v1"]
    assert (pipeline.batch.state, pipeline.batch.row["missing_systems"]) == ("partial", "zone_matchup_v1")
    assert "ArithmeticError: a system of our own is broken" in pipeline.batch.row["failure_reason"]
    assert {system for _, system in in_force(pipeline.platform)} == set(SYSTEM_IDS) - {"zone_matchup_v1"}
    ensemble = [row for row in active(pipeline.platform) if row["system_id"] == "ensemble_v1"]
    assert {row["missing_systems"] for row in ensemble} == {"zone_matchup_v1"}
    pipeline.means["zone_matchup_v1"] = 26.0
    assert pipeline.predict() == []
    assert (pipeline.batch.state, pipeline.batch.row["missing_systems"]) == ("consolidated", None)
    assert {system for _, system in in_force(pipeline.platform)} == set(SYSTEM_IDS)
    ensemble = [row for row in active(pipeline.platform) if row["system_id"] == "ensemble_v1"]
    assert ({row["missing_systems"] for row in ensemble}, len(ensemble)) == ({None}, 10)
    assert len(batches_between(pipeline.platform, DAY, DAY)) == 1


def test_a_system_that_was_merged_and_fails_when_run_again_still_counts(pipeline: Pipeline) -> None:
    pipeline.means["zone_matchup_v1"] = -1.0
    pipeline.predict()
    pipeline.means |= {"zone_matchup_v1": 20.0, "moving_average": -1.0}
    assert pipeline.predict() == ["moving_average"]
    assert (pipeline.batch.state, pipeline.batch.row["missing_systems"]) == ("consolidated", None)


def test_a_refused_model_is_the_failure_of_its_own_system(pipeline: Pipeline) -> None:
    refused = ModelRefused("its bytes are not the ones it was saved with", next_step="Retrain.")
    pipeline.refusals["xgboost_v1"] = refused
    assert pipeline.predict() == ["xgboost_v1"]
    assert pipeline.batch.row["missing_systems"] == "xgboost_v1"
    assert {system for _, system in in_force(pipeline.platform)} == set(SYSTEM_IDS) - {"xgboost_v1"}


def test_a_number_that_is_none_is_refused_whatever_system_says_it(pipeline: Pipeline) -> None:
    pipeline.means["similarity_balanced_v1"] = float("nan")
    assert pipeline.predict() == []
    refused = {row["prediction_error_code"] for row in stored(pipeline.platform) if not row["is_active"]}
    assert refused == {"not_a_number"}
    assert (player(1), "similarity_balanced_v1") not in in_force(pipeline.platform)


def test_some_players_alone_are_predicted_with_the_slates_own_knowledge(one_system: Pipeline) -> None:
    """In a backfill each game has its own instant; a player of an early game, run again alone, must still supersede."""
    early, late = NOON, NOON + timedelta(hours=3)
    one_system.players = slate(2, run_mode="backfill", as_of=late)  # player 1 was unresolved
    one_system.predict()
    one_system.players = pd.concat([slate(1, run_mode="backfill", as_of=early), one_system.players], ignore_index=True)
    one_system.predict(**{PLAYERS_TAG: player(1)})
    assert {name for name, _ in in_force(one_system.platform)} == {player(1), player(2)}


def test_a_run_of_one_system_leaves_the_others(pipeline: Pipeline) -> None:
    pipeline.predict()
    pipeline.players["features_hash"] = "other"
    pipeline.means["moving_average"] = 30.0
    pipeline.systems = [ONE]
    pipeline.predict()
    assert pipeline.batch.state == "consolidated"
    means = {row["system_id"]: row["raw_points"] for row in active(pipeline.platform)}
    assert means == dict.fromkeys(SYSTEM_IDS, 20.0) | {ONE: 30.0}


def test_the_last_player_asked_for_is_withdrawn_when_nobody_is_left_to_predict(one_system: Pipeline) -> None:
    one_system.predict()
    one_system.players = slate(2)  # player 1 was ruled out
    one_system.predict(**{PLAYERS_TAG: player(1)})
    assert {name for name, _ in in_force(one_system.platform)} == {player(2)}
    assert staging_left(one_system.platform) == []
    before = everything(one_system.platform)
    with pytest.raises(NotReady):
        schedule(one_system.platform)
        one_system.predict(**{PLAYERS_TAG: player(1)})
    assert everything(one_system.platform) == before


def test_a_slate_called_off_altogether_is_withdrawn(one_system: Pipeline) -> None:
    one_system.predict()
    one_system.players = slate()
    one_system.predict()
    assert in_force(one_system.platform) == {}
    assert one_system.batch.state == "consolidated"


def test_a_slate_without_features_withdraws_nobody(one_system: Pipeline) -> None:
    one_system.predict()
    before = everything(one_system.platform)
    schedule(one_system.platform)
    one_system.players = slate()
    with pytest.raises(NotReady, match="no player to predict"):
        one_system.predict()
    assert everything(one_system.platform) == before


def test_a_slate_under_way_keeps_what_was_said_before_tip_off(one_system: Pipeline) -> None:
    one_system.predict()
    before = in_force(one_system.platform)
    one_system.platform = at_hour(one_system.platform, 8)
    one_system.players = slate()
    one_system.predict()
    assert in_force(one_system.platform) == before
    assert lines_of(one_system.platform) == [185, 195, 205, 215, 225]
    assert len(batches_between(one_system.platform, DAY, DAY)) == 1
