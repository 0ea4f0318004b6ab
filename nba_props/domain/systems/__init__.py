"""The prediction systems: one file each, one line here."""

from collections.abc import Mapping, Sequence
from typing import Final

from nba_props.domain.systems.base import PredictionSystem
from nba_props.domain.systems.ensemble_v1 import Ensemble
from nba_props.domain.systems.moving_average import MovingAverage
from nba_props.domain.systems.similarity_balanced_v1 import SimilarityBalanced
from nba_props.domain.systems.xgboost_v1 import Model, XGBoost
from nba_props.domain.systems.zone_matchup_v1 import ZoneMatchup

SYSTEM_IDS: Final[tuple[str, ...]] = (
    "moving_average",
    "zone_matchup_v1",
    "similarity_balanced_v1",
    "xgboost_v1",
    "ensemble_v1",
)


def build_systems(models: Sequence[Model]) -> Mapping[str, PredictionSystem]:
    """Every system by id, in the order of SYSTEM_IDS; the ensemble gets the others."""
    single: list[PredictionSystem] = [MovingAverage(), ZoneMatchup(), SimilarityBalanced(), XGBoost(list(models))]
    return {system.system_id: system for system in (*single, Ensemble(single))}
