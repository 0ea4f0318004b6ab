"""`ensemble_v1`: weighted mean of the other systems' calibrated means, with their agreement and variance.

It calls the others' pure functions itself: in one run a failed upstream step would skip it, and a system that raises is
recorded as missing instead. Weights are learned every month by stacking on predictions that were out of fold and dated later
than what the members had learned from (`calibration.ensemble_weights`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nba_props.domain.calibration import Calibration, calibrated_mean, combined, in_force_on
from nba_props.domain.models import Shelf
from nba_props.domain.systems.base import FloatArray, PredictionSystem, Projections, Refusal, Slate, projections

VERSION: Final = "ensemble_v1"
FEWEST_SYSTEMS: Final = 2
SPREAD_OF_NO_AGREEMENT: Final = 6.0
"""Points between the highest and the lowest system at which agreement is 0."""


class Ensemble:
    """Weights are renormalised over the systems that answer for a player; fewer than two is a refusal."""

    system_id = "ensemble_v1"

    def __init__(self, members: Sequence[PredictionSystem], shelf: Shelf) -> None:
        self.members = list(members)
        self.shelf = shelf

    def project(self, slate: Slate) -> Projections:
        names, answers, broken = [], [], []
        for system in self.members:
            try:
                answers.append(_numbers_of(system, slate))
                names.append(system.system_id)
            except Exception:  # noqa: BLE001 - one failing system never stops the others; its own asset carries the error
                broken.append(system.system_id)
        count = len(slate.players)
        stack = np.array(answers) if answers else np.empty((0, count))
        weight = np.full(stack.shape, np.nan)
        version = np.full(count, VERSION, dtype=object)
        for calibration, rows in in_force_on(self.shelf, slate.players["game_date"]):
            weight[:, rows] = weights_of(calibration, names)[:, None]
            if calibration is not None:
                version[rows] = f"{VERSION}+{calibration.version}"
                for place, name in enumerate(names):
                    stack[place, rows] = calibrated_mean(stack[place, rows], calibration.of(name).spread)
        mean = combined(stack, weight)
        answered = (~np.isnan(stack)).sum(axis=0)
        return projections(
            slate,
            mean,
            version,
            {
                "baseline_points": mean,
                "prediction_variance": combined((stack - mean) ** 2, weight),
                "system_agreement_score": _agreement(stack),
                "contributing_systems": _listed(names, _contributes(stack, weight)),
                "missing_systems": _listed(
                    names + broken, np.vstack([np.isnan(stack), np.ones((len(broken), count), bool)])
                ),
            },
            refusal=np.where(answered < FEWEST_SYSTEMS, Refusal.TOO_FEW_SYSTEMS.value, ""),
        )


def _numbers_of(system: PredictionSystem, slate: Slate) -> FloatArray:
    """A member's means, NaN where they are no numbers. Raises ValueError unless there is one for each player."""
    mean = np.asarray(system.project(slate).mean, dtype=np.float64)
    if mean.shape != (len(slate.players),):
        raise ValueError(f"{system.system_id} answered {mean.shape} for {len(slate.players)} players")
    return np.where(np.isfinite(mean), mean, np.nan)


def _contributes(stack: FloatArray, weight: FloatArray) -> NDArray[np.bool_]:
    """Whose answer is in the mean: those with weight, or, where none of those answers, everyone who does (as in `combined`)."""
    known = ~np.isnan(stack)
    weighs = known & (weight > 0)
    return np.where(weighs.any(axis=0), weighs, known)


def weights_of(calibration: Calibration | None, names: Sequence[str]) -> FloatArray:
    """Weight of each member: learned, or equal where nothing was learned yet (of a new member: none until it was)."""
    if calibration is None or not any(calibration.ensemble_weights.get(name) for name in names):
        return np.full(len(names), 1.0)
    return np.array([calibration.ensemble_weights.get(name, 0.0) for name in names])


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
