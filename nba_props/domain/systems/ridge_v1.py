"""`ridge_v1`: ridge regression of points on form and match-up, one model a month: the honest baseline, and a strong one.

It knows nothing of who is missing tonight, which makes it err elsewhere than `minutes_rate_v1`: together they beat both.
"""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from nba_props.domain.models import TWIN, Learned, Shelf, digest, usable_rows, validation_start
from nba_props.domain.systems.base import Projections, Slate, numbers, projections
from nba_props.domain.systems.linear import PENALTY, Linear, fitted
from nba_props.domain.systems.minutes_rate_v1 import INPUTS
from nba_props.domain.systems.trees import matrix
from nba_props.domain.systems.xgboost_v1 import ModelFacts

KIND: Final = "ridge_v1"
FEATURES: Final = INPUTS
FILE: Final = "points_line.json"


def train(rows: pd.DataFrame, month: date) -> Learned:
    """Train on `rows` (game_date, FEATURES, points), all dated before the month; bit-for-bit reproducible.

    Raises IntegrityFailure for rows of the month or later (a leak), ModelRefused for too few of them.
    """
    rows = usable_rows(rows, month)
    inputs, target = matrix(rows, FEATURES), numbers(rows, "points")
    boundary = validation_start(rows)
    final = fitted(inputs, target, FEATURES)
    files, metrics = {FILE: final.to_json()}, {}
    if boundary is not None:
        seen = (rows["game_date"] < boundary).to_numpy()
        unseeing = fitted(inputs[seen], target[seen], FEATURES)
        files[f"{TWIN}{FILE}"] = unseeing.to_json()
        error = np.abs(unseeing.predict(inputs[~seen]) - target[~seen])
        metrics = {"validation_mae": float(error.mean()), "validation_rows": float(len(error))}
    return Learned(
        files=files,
        feature_names=FEATURES,
        parameters={"penalty": PENALTY},
        libraries={},
        training_hash=digest(inputs, target),
        training_rows=len(rows),
        training_start=min(rows["game_date"]),
        validation_start=boundary,
        metrics=metrics,
        importance=final.importance,
    )


class RidgeRegression:
    """Predicts each row with the newest model whose training window ends before the row's date."""

    system_id = KIND

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def project(self, slate: Slate) -> Projections:
        players = slate.players
        mean = np.full(len(players), np.nan)
        served = ModelFacts(len(players), KIND)
        for model, rows in self.shelf.in_force_on(KIND, players["game_date"]):
            mean[rows] = Linear.from_json(model.files[FILE]).predict(matrix(players.iloc[rows], FEATURES))
            served.note(model, rows)
        return projections(
            slate, mean, served.version, {"baseline_points": mean, **served.components}, refusal=served.refusal
        )
