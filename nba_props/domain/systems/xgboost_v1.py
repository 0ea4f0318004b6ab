"""`xgboost_v1`: gradient-boosted trees on the feature store, one model a month, trained on what precedes the month.

A model travels with a manifest; loading one whose manifest disagrees with this code, these libraries or its own bytes is
refused (a model trained on one version and served on another once predicted 8.6 points low without an error).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nba_props.domain.features import FEATURE_NAMES, FEATURE_VERSION
from nba_props.domain.systems.base import FloatArray, Projections, Refusal, Slate, numbers, projections
from nba_props.errors import IntegrityFailure, ModelRefused

if TYPE_CHECKING:
    import xgboost as xgb

SYSTEM_ID = "xgboost_v1"
TRAINING_WINDOW_DAYS = 500
MIN_TRAINING_ROWS = 500
VALIDATION_DAYS = 28
MAX_STALENESS_DAYS = 250
"""A model may serve until this many days after its training window: an off-season lies between."""

PARAMETERS: Mapping[str, object] = {
    "objective": "reg:squarederror",
    "max_depth": 4,
    "eta": 0.06,
    "min_child_weight": 40,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "lambda": 5.0,
    "tree_method": "hist",
    "nthread": 1,  # one thread: the same bytes on every machine
    "seed": 7,
}
ROUNDS = 120


@dataclass(frozen=True)
class Manifest:
    """What a model is: enough to refuse it when anything it stands on has changed."""

    model_id: str
    model_version: str
    month: str
    feature_version: str
    feature_names: tuple[str, ...]
    features_hash: str
    xgboost_version: str
    training_start_date: str
    training_end_date: str
    training_rows: int
    training_hash: str
    validation_mae: float | None
    validation_rows: int
    parameters: Mapping[str, object]
    model_sha256: str

    def to_json(self) -> bytes:
        """Canonical bytes: the same model gives the same manifest."""
        return (json.dumps(asdict(self), sort_keys=True, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Manifest":
        """Parse; raises ModelRefused if a field is missing or unknown."""
        try:
            fields = json.loads(data)
            fields["feature_names"] = tuple(fields["feature_names"])
            return cls(**fields)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelRefused(f"A model manifest cannot be read: {error}.", next_step="Retrain the month.") from error


@dataclass(frozen=True)
class Model:
    """A verified booster and its manifest."""

    booster: "xgb.Booster"
    manifest: Manifest

    @property
    def training_end(self) -> date:
        return date.fromisoformat(self.manifest.training_end_date)


def features_hash() -> str:
    """Hash of the feature list in order."""
    return hashlib.sha256("|".join(FEATURE_NAMES).encode()).hexdigest()[:16]


def training_window(month: date) -> tuple[date, date]:
    """First and last date a model of the month may learn from: all before the month."""
    return month - timedelta(days=TRAINING_WINDOW_DAYS), month - timedelta(days=1)


def train(rows: pd.DataFrame, month: date) -> tuple[bytes, Manifest]:
    """Train on `rows` (game_date, FEATURE_NAMES, points), all dated before the month; bit-for-bit reproducible.

    Raises IntegrityFailure for rows of the month or later (a leak), ModelRefused for fewer than MIN_TRAINING_ROWS.
    """
    import xgboost as xgb  # here, because importing it takes longer than most commands

    start, end = training_window(month)
    dates = pd.to_datetime(rows["game_date"]).dt.date
    if len(rows) and max(dates) > end:
        raise IntegrityFailure(
            f"Training rows reach {max(dates)}, not before {month}.", next_step="This is a leak: report it."
        )
    if len(rows) < MIN_TRAINING_ROWS:
        raise ModelRefused(
            f"{len(rows)} training rows between {start} and {end}; {MIN_TRAINING_ROWS} are needed.",
            next_step="Import or backfill earlier dates; until then xgboost_v1 declines and the other systems publish.",
        )
    rows = rows.sort_values(["game_date", "game_id", "universal_player_id"], kind="stable")
    matrix, target = _matrix(rows), rows["points"].to_numpy(dtype=np.float64)
    validation_mae, validation_rows = _validation(matrix, target, pd.to_datetime(rows["game_date"]))
    booster = xgb.train(dict(PARAMETERS), xgb.DMatrix(matrix, target, feature_names=list(FEATURE_NAMES)), ROUNDS)
    data = bytes(booster.save_raw("ubj"))
    digest = hashlib.sha256(matrix.tobytes() + target.tobytes()).hexdigest()[:16]
    manifest = Manifest(
        model_id=f"{SYSTEM_ID}/{month:%Y-%m}",
        model_version=f"{SYSTEM_ID}@{hashlib.sha256(data).hexdigest()[:12]}",
        month=f"{month:%Y-%m}",
        feature_version=FEATURE_VERSION,
        feature_names=FEATURE_NAMES,
        features_hash=features_hash(),
        xgboost_version=xgb.__version__,
        training_start_date=min(dates).isoformat(),
        training_end_date=end.isoformat(),
        training_rows=len(rows),
        training_hash=digest,
        validation_mae=validation_mae,
        validation_rows=validation_rows,
        parameters=dict(PARAMETERS) | {"rounds": ROUNDS},
        model_sha256=hashlib.sha256(data).hexdigest(),
    )
    return data, manifest


def load(data: bytes, manifest: Manifest) -> Model:
    """A verified model. Raises ModelRefused naming every disagreement with this code and these libraries."""
    import xgboost as xgb

    problems = []
    if hashlib.sha256(data).hexdigest() != manifest.model_sha256:
        problems.append("its bytes are not the ones it was saved with")
    if manifest.feature_names != FEATURE_NAMES or manifest.features_hash != features_hash():
        problems.append(f"it was trained on other features ({manifest.feature_version})")
    if manifest.xgboost_version != xgb.__version__:
        problems.append(f"it was trained with xgboost {manifest.xgboost_version}, this is {xgb.__version__}")
    if manifest.training_end_date >= f"{manifest.month}-01":
        problems.append(f"its window ends {manifest.training_end_date}, inside its own month")
    if problems:
        raise ModelRefused(
            f"Model {manifest.model_id} is refused: {'; '.join(problems)}.", next_step="Retrain the month."
        )
    booster = xgb.Booster()
    booster.load_model(bytearray(data))
    if tuple(booster.feature_names or ()) != FEATURE_NAMES:
        raise ModelRefused(
            f"Model {manifest.model_id} carries other features than its manifest.", next_step="Retrain the month."
        )
    return Model(booster, manifest)


def model_of(models: Sequence[Model], day: date) -> Model | None:
    """The newest model whose training window ends before the day and is not too old; None if there is none."""
    fit = [one for one in models if 0 < (day - one.training_end).days <= MAX_STALENESS_DAYS]
    return max(fit, key=lambda one: one.training_end, default=None)


class XGBoost:
    """Predicts each row with the newest model whose training window ends before the row's date."""

    system_id = SYSTEM_ID

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = list(models)

    def project(self, slate: Slate) -> Projections:
        import xgboost as xgb

        players = slate.players
        count = len(players)
        model_on = {day: model_of(self.models, day) for day in players["game_date"].unique()}
        chosen = players["game_date"].map(model_on).to_numpy(dtype=object)
        mean = np.full(count, np.nan)
        version = np.full(count, SYSTEM_ID, dtype=object)
        facts: dict[str, object] = {
            name: np.full(count, None, dtype=object)
            for name in ("model_id", "training_start_date", "training_end_date")
        }
        for model in self.models:
            rows = np.flatnonzero([one is model for one in chosen])
            if len(rows):
                matrix = xgb.DMatrix(_matrix(players.iloc[rows]), feature_names=list(FEATURE_NAMES), nthread=1)
                mean[rows] = model.booster.predict(matrix).astype(np.float64)
                version[rows] = model.manifest.model_version
                facts["model_id"][rows] = model.manifest.model_id  # type: ignore[index]
                facts["training_start_date"][rows] = date.fromisoformat(model.manifest.training_start_date)  # type: ignore[index]
                facts["training_end_date"][rows] = model.training_end  # type: ignore[index]
        refusal = np.array(["" if one is not None else Refusal.NO_MODEL.value for one in chosen])
        return projections(slate, mean, version, {"baseline_points": mean, **facts}, refusal=refusal)


def _matrix(rows: pd.DataFrame) -> FloatArray:
    """n x 25 by name, unknown as NaN (which trees take as its own branch)."""
    return np.column_stack([numbers(rows, name) for name in FEATURE_NAMES])


def _validation(matrix: FloatArray, target: FloatArray, dates: "pd.Series[pd.Timestamp]") -> tuple[float | None, int]:
    """MAE on the last weeks of the window by a model that did not see them; None where too little is left to train on."""
    import xgboost as xgb

    held_out = (dates > dates.max() - pd.Timedelta(days=VALIDATION_DAYS)).to_numpy()
    if (~held_out).sum() < MIN_TRAINING_ROWS:
        return None, 0
    trained = xgb.train(dict(PARAMETERS), xgb.DMatrix(matrix[~held_out], target[~held_out]), ROUNDS)
    error = np.abs(trained.predict(xgb.DMatrix(matrix[held_out])) - target[held_out])
    return round(float(error.mean()), 6), int(held_out.sum())
