"""`ensemble_v1`: weighted mean of the other systems' means, with their agreement and variance.

It calls the others' pure functions itself: in one run a failed upstream step would skip it, and a system that raises is
recorded as missing instead.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nba_props.domain.systems.base import FloatArray, PredictionSystem, Projections, Refusal, Slate, projections

WEIGHTS: Final[Mapping[str, float]] = {
    "moving_average": 0.2,
    "zone_matchup_v1": 0.2,
    "similarity_balanced_v1": 0.15,
    "xgboost_v1": 0.45,
}
VERSION: Final = "ensemble_v1"
FEWEST_SYSTEMS: Final = 2
SPREAD_OF_NO_AGREEMENT: Final = 6.0
"""Points between the highest and the lowest system at which agreement is 0."""


class Ensemble:
    """Weights are renormalised over the systems that answer for a player; fewer than two is a refusal."""

    system_id = "ensemble_v1"

    def __init__(self, members: Sequence[PredictionSystem], unavailable: Sequence[str] = ()) -> None:
        self.members = list(members)
        self.unavailable = list(unavailable)

    def project(self, slate: Slate) -> Projections:
        names, means = [], []
        broken = list(self.unavailable)
        for system in self.members:
            try:
                answer = system.project(slate).mean
            except Exception:  # noqa: BLE001 - one failing system never stops the others; its own asset carries the error
                broken.append(system.system_id)
                continue
            names.append(system.system_id)
            means.append(answer)
        count = len(slate.players)
        stack = np.array(means) if means else np.empty((0, count))
        weight = np.array([WEIGHTS[name] for name in names])[:, None] * ~np.isnan(stack)
        total = weight.sum(axis=0)
        answered = (~np.isnan(stack)).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (weight * np.nan_to_num(stack)).sum(axis=0) / total
            variance = (weight * (np.nan_to_num(stack) - mean) ** 2).sum(axis=0) / total
        return projections(
            slate,
            mean,
            VERSION,
            {
                "baseline_points": mean,
                "prediction_variance": variance,
                "system_agreement_score": _agreement(stack),
                "contributing_systems": _listed(names, ~np.isnan(stack)),
                "missing_systems": _listed(
                    names + broken, np.vstack([np.isnan(stack), np.ones((len(broken), count), bool)])
                ),
            },
            refusal=np.where(answered < FEWEST_SYSTEMS, Refusal.TOO_FEW_SYSTEMS.value, ""),
        )


def _agreement(stack: FloatArray) -> FloatArray:
    """1 when all say the same, falling to 0 at SPREAD_OF_NO_AGREEMENT points between the highest and the lowest."""
    if not len(stack):
        return np.full(stack.shape[1], np.nan)
    high = np.where(np.isnan(stack), -np.inf, stack).max(axis=0)
    low = np.where(np.isnan(stack), np.inf, stack).min(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(high), np.clip(1 - (high - low) / SPREAD_OF_NO_AGREEMENT, 0, 1), np.nan)


def _listed(names: Sequence[str], flags: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Comma-separated names of the systems flagged for each player; None where there is none."""
    listed = np.empty(flags.shape[1], dtype=object)
    for player in range(flags.shape[1]):
        chosen = [name for name, flagged in zip(names, flags[:, player], strict=True) if flagged]
        listed[player] = ",".join(chosen) or None
    return listed
