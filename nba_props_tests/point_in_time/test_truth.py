"""Predictions are about the truth: on the simulated league, whose true expectations no file holds and no system has seen."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from nba_props.domain.calendar import month_start
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.simulate.league import League
from nba_props_tests.point_in_time.building import build_features, copy_of, frame, predict
from nba_props_tests.point_in_time.conftest import DAY, LEAGUE, Built

FIRST, LAST = month_start(DAY), LEAGUE.last

PREDICTED = """
SELECT p.game_id, p.universal_player_id, p.system_id, p.predicted_points, c.points_avg_season
FROM nba_predictions.player_prop_predictions AS p
INNER JOIN nba_precompute.player_daily_cache AS c
    ON c.game_date = p.game_date AND c.game_id = p.game_id AND c.universal_player_id = p.universal_player_id
WHERE p.game_date BETWEEN @start_date AND @end_date AND p.is_active AND p.is_main_line
"""


@pytest.fixture(scope="module")
def beside_the_truth(built: Built, league: League, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """One row a player-game of the model's month, for those who played and all five systems answered: each system's
    prediction, the season average before the game, and what was truly to be expected."""
    platform = copy_of(built.platform, tmp_path_factory.mktemp("truth") / "home")
    build_features(platform, DAY, LAST)
    predict(platform, FIRST, LAST)
    rows = frame(platform, PREDICTED, start_date=FIRST, end_date=LAST)
    wide = rows.pivot(
        index=["game_id", "universal_player_id", "points_avg_season"], columns="system_id", values="predicted_points"
    ).reset_index()
    truth = league.truth[league.truth["would_play"].astype(bool)]
    truth = truth.assign(universal_player_id="nba_" + truth["player_id"].astype(str))
    return wide.merge(truth, on=["game_id", "universal_player_id"]).dropna()


def mean_error(rows: pd.DataFrame, column: str) -> float:
    return float((rows[column] - rows["expected_points"]).abs().mean())


def test_every_system_follows_the_truth(beside_the_truth: pd.DataFrame) -> None:
    assert len(beside_the_truth) > 300
    for system in SYSTEM_IDS:
        assert beside_the_truth[system].corr(beside_the_truth["expected_points"]) > 0.8, system


def test_the_ensemble_is_nearer_to_the_truth_than_season_averages(beside_the_truth: pd.DataFrame) -> None:
    assert mean_error(beside_the_truth, "ensemble_v1") < mean_error(beside_the_truth, "points_avg_season")
