"""The prediction systems: one file each, one line here."""

from collections.abc import Callable, Mapping
from typing import Final

from nba_props.domain.models import Shelf
from nba_props.domain.systems.base import PredictionSystem
from nba_props.domain.systems.ensemble_v1 import Ensemble
from nba_props.domain.systems.minutes_rate_v1 import MinutesRate
from nba_props.domain.systems.moving_average import MovingAverage
from nba_props.domain.systems.ridge_v1 import RidgeRegression
from nba_props.domain.systems.similarity_balanced_v1 import SimilarityBalanced
from nba_props.domain.systems.xgboost_v1 import XGBoost
from nba_props.domain.systems.zone_matchup_v1 import ZoneMatchup

MEMBERS: Final[Mapping[str, Callable[[Shelf], PredictionSystem]]] = {
    "moving_average": lambda _: MovingAverage(),
    "zone_matchup_v1": lambda _: ZoneMatchup(),
    "similarity_balanced_v1": lambda _: SimilarityBalanced(),
    "xgboost_v1": XGBoost,
    "ridge_v1": RidgeRegression,
    "minutes_rate_v1": MinutesRate,
}
"""How each system is made from the models at hand; the ensemble combines them all."""

ENSEMBLE: Final = Ensemble.system_id
SYSTEM_IDS: Final[tuple[str, ...]] = (*MEMBERS, ENSEMBLE)


def build_members(shelf: Shelf) -> list[PredictionSystem]:
    """Every system but the ensemble, in the order of SYSTEM_IDS."""
    return [make(shelf) for make in MEMBERS.values()]


def build_systems(shelf: Shelf) -> Mapping[str, PredictionSystem]:
    """Every system by id, in the order of SYSTEM_IDS; the ensemble gets the others."""
    members = build_members(shelf)
    return {system.system_id: system for system in (*members, Ensemble(members, shelf))}
