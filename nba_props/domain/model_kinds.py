"""The kinds of model there are: what each is trained from, and what its manifest must agree with. One line each.

A kind that a system serves has the system's id. `calibration` comes last: it is fitted on what the others' twins predict.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from nba_props.domain import calibration
from nba_props.domain.models import Learned, Manifest, Model, verified
from nba_props.domain.systems import ENSEMBLE, minutes_rate_v1, ridge_v1, xgboost_v1

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class ModelKind:
    """One kind: the named queries its training reads, how it is trained from their rows, and its features."""

    name: str
    queries: tuple[str, ...]
    train: Callable[[Frames, date], Learned] | None
    """From rows by query name, and the month; None for calibration, which needs the other models too."""
    feature_names: Sequence[str]
    description: str
    uses_xgboost: bool = True

    @property
    def libraries(self) -> dict[str, str]:
        """What a model of the kind must have been trained with to be served here."""
        if not self.uses_xgboost:
            return {}
        import xgboost as xgb  # here, because importing it takes longer than most commands

        return {"xgboost": xgb.__version__}

    def is_current(self, manifest: Manifest) -> bool:
        """Trained on today's features with today's libraries: else the month is trained anew."""
        is_same = manifest.feature_names == tuple(self.feature_names)
        return is_same and all(manifest.libraries.get(name) == version for name, version in self.libraries.items())

    def verified(self, manifest: Manifest, files: Mapping[str, bytes]) -> Model:
        """The model, if it agrees with this code and these libraries. Raises ModelRefused naming every disagreement."""
        return verified(manifest, files, self.feature_names, self.libraries)


MODEL_KINDS: Final[tuple[ModelKind, ...]] = (
    ModelKind(
        xgboost_v1.KIND,
        ("training_rows",),
        lambda rows, month: xgboost_v1.train(rows["training_rows"], month),
        xgboost_v1.FEATURES,
        "Gradient-boosted trees on the feature store, one model a month.",
    ),
    ModelKind(
        ridge_v1.KIND,
        ("training_rows",),
        lambda rows, month: ridge_v1.train(rows["training_rows"], month),
        ridge_v1.FEATURES,
        "Ridge regression of points on form and match-up, one model a month.",
        uses_xgboost=False,
    ),
    ModelKind(
        minutes_rate_v1.KIND,
        ("training_rows", "availability_rows"),
        lambda rows, month: minutes_rate_v1.train(rows["training_rows"], rows["availability_rows"], month),
        (*minutes_rate_v1.FEATURES, *minutes_rate_v1.PLAY_FEATURES),
        "Who plays, how long, and how many points a minute: three models of trees a month.",
    ),
    ModelKind(
        calibration.KIND,
        (),
        None,
        (),
        f"Spreads, anchors and {ENSEMBLE}'s weights, from what the others' twins predicted of the end of the window.",
        uses_xgboost=False,
    ),
)
