"""`xgboost_v1`: gradient-boosted trees on the feature store, one model a month, trained on what precedes the month."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from nba_props.domain.features import FEATURE_NAMES
from nba_props.domain.models import TWIN, Learned, Model, Shelf, digest, usable_rows, validation_start
from nba_props.domain.systems.base import Projections, Refusal, Slate, projections
from nba_props.domain.systems.trees import TREES, gain, matrix, trained

KIND: Final = "xgboost_v1"
FEATURES: Final = FEATURE_NAMES

PARAMETERS: Mapping[str, Any] = TREES | {
    "objective": "reg:squarederror",
    "max_depth": 4,
    "eta": 0.06,
    "min_child_weight": 40,
}
ROUNDS: Final = 120


def train(rows: pd.DataFrame, month: date) -> Learned:
    """Train on `rows` (game_date, FEATURE_NAMES, points), all dated before the month; bit-for-bit reproducible.

    Raises IntegrityFailure for rows of the month or later (a leak), ModelRefused for too few of them.
    """
    import xgboost as xgb  # here, because importing it takes longer than most commands

    rows = usable_rows(rows, month)
    inputs, target = matrix(rows, FEATURES), rows["points"].to_numpy(dtype=np.float64)
    boundary = validation_start(rows)
    final = trained(inputs, target, FEATURES, PARAMETERS, ROUNDS)
    files = {"points.ubj": bytes(final.save_raw("ubj"))}
    metrics = {}
    if boundary is not None:
        seen = (rows["game_date"] < boundary).to_numpy()
        twin = trained(inputs[seen], target[seen], FEATURES, PARAMETERS, ROUNDS)
        files[f"{TWIN}points.ubj"] = bytes(twin.save_raw("ubj"))
        error = np.abs(twin.predict(xgb.DMatrix(inputs[~seen], feature_names=list(FEATURES))) - target[~seen])
        metrics = {"validation_mae": float(error.mean()), "validation_rows": float(len(error))}
    return Learned(
        files=files,
        feature_names=FEATURES,
        parameters=dict(PARAMETERS) | {"rounds": ROUNDS},
        libraries={"xgboost": xgb.__version__},
        training_hash=digest(inputs, target),
        training_rows=len(rows),
        training_start=min(rows["game_date"]),
        validation_start=boundary,
        metrics=metrics,
        importance=gain(final),
    )


class XGBoost:
    """Predicts each row with the newest model whose training window ends before the row's date."""

    system_id = KIND

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def project(self, slate: Slate) -> Projections:
        import xgboost as xgb

        players = slate.players
        mean = np.full(len(players), np.nan)
        served = ModelFacts(len(players), KIND)
        for model, rows in self.shelf.in_force_on(KIND, players["game_date"]):
            booster = model.boosters["points"]
            inputs = xgb.DMatrix(matrix(players.iloc[rows], FEATURES), feature_names=list(FEATURES), nthread=1)
            mean[rows] = booster.predict(inputs).astype(np.float64)
            served.note(model, rows)
        return projections(
            slate, mean, served.version, {"baseline_points": mean, **served.components}, refusal=served.refusal
        )


class ModelFacts:
    """Which model served each of n rows, as prediction columns; a row that none served is refused."""

    def __init__(self, count: int, system_id: str) -> None:
        self.version = np.full(count, system_id, dtype=object)
        self.components: dict[str, Any] = {
            name: np.full(count, None, dtype=object)
            for name in ("model_id", "training_start_date", "training_end_date")
        }

    def note(self, model: Model, rows: Any) -> None:
        manifest = model.manifest
        self.version[rows] = manifest.model_version
        self.components["model_id"][rows] = manifest.model_id
        self.components["training_start_date"][rows] = date.fromisoformat(manifest.training_start_date)
        self.components["training_end_date"][rows] = model.training_end

    @property
    def refusal(self) -> Any:
        return np.array(["" if one is not None else Refusal.NO_MODEL.value for one in self.components["model_id"]])
