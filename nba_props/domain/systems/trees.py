"""What the systems that learn trees share: the parameters that keep them reproducible, and the matrix they read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from nba_props.domain.systems.base import FloatArray, numbers

if TYPE_CHECKING:
    import xgboost as xgb

TREES: Final[dict[str, Any]] = {
    "lambda": 5.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "tree_method": "hist",
    "nthread": 1,  # one thread: the same bytes on every machine
    "seed": 7,
}


def matrix(rows: pd.DataFrame, names: Sequence[str]) -> FloatArray:
    """n x names, by name, unknown as NaN (which trees take as its own branch)."""
    return np.column_stack([numbers(rows, name) for name in names])


def trained(
    inputs: FloatArray,
    target: FloatArray,
    names: Sequence[str],
    parameters: Mapping[str, Any],
    rounds: int,
    weight: FloatArray | None = None,
    base: FloatArray | None = None,
) -> "xgb.Booster":
    """A booster, of what `base` (another model's answers) leaves unexplained if given; equal inputs give equal bytes."""
    import xgboost as xgb

    data = xgb.DMatrix(inputs, target, weight=weight, base_margin=base, feature_names=list(names), nthread=1)
    return xgb.train(dict(parameters), data, rounds)


def predicted(
    booster: "xgb.Booster", inputs: FloatArray, names: Sequence[str], base: FloatArray | None = None
) -> FloatArray:
    """(n,) from n x names, on top of `base` if the booster was trained on one."""
    import xgboost as xgb

    answer = booster.predict(xgb.DMatrix(inputs, base_margin=base, feature_names=list(names), nthread=1))
    return np.asarray(answer, dtype=np.float64)


def gain(booster: "xgb.Booster") -> dict[str, float]:
    """Share of the total gain of each feature, largest first."""
    scores = {name: float(np.sum(value)) for name, value in booster.get_score(importance_type="total_gain").items()}
    total = sum(scores.values()) or 1.0
    return dict(sorted(((name, value / total) for name, value in scores.items()), key=lambda one: -one[1]))
