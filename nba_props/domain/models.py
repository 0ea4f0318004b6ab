"""What is learned month by month: a trained model, the manifest it travels with, and which of them may serve a date.

Here belongs what every kind of model shares: the window it may learn from, the manifest that loading verifies, the choice of
the model in force, and the judgement whether a new one may replace it. Not here: what a kind learns (`systems/xgboost_v1`,
`systems/minutes_rate_v1`, `calibration`) and where models are kept (`assets/predictions/models.py`).

A manifest that disagrees with this code, these libraries or its own bytes is refused: a model trained on one version and
served on another once predicted 8.6 points low without an error.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.errors import IntegrityFailure, ModelRefused

FloatArray = NDArray[np.float64]

TRAINING_WINDOW_DAYS: Final = 500
MAX_STALENESS_DAYS: Final = 250
"""A model may serve until this many days after its training window: an off-season lies between."""

VALIDATION_DAYS: Final = 90
"""The last days of a window, predicted by a twin of the model that did not see them: what its residuals are taken from."""

TWIN: Final = "validation_"
"""Prefix of the files of a model's twin."""

FEWEST_TRAINING_ROWS: Final = 500


@dataclass(frozen=True)
class Manifest:
    """What a model is: enough to refuse it when anything it stands on has changed."""

    kind: str
    month: str
    model_version: str
    feature_names: tuple[str, ...]
    features_hash: str
    libraries: Mapping[str, str]
    training_start_date: str
    training_end_date: str
    training_rows: int
    training_hash: str
    validation_start_date: str | None
    metrics: Mapping[str, float]
    importance: Mapping[str, float]
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    """Name of each file and the SHA-256 of its bytes."""
    code_version: str = ""

    @property
    def model_id(self) -> str:
        return f"{self.kind}/{self.month}"

    @property
    def training_end(self) -> date:
        return date.fromisoformat(self.training_end_date)

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
class Learned:
    """What a kind's training returns: its files and the facts for the manifest."""

    files: Mapping[str, bytes]
    feature_names: tuple[str, ...]
    parameters: Mapping[str, Any]
    libraries: Mapping[str, str]
    training_hash: str
    training_rows: int
    training_start: date
    validation_start: date | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """A manifest and the bytes it vouches for."""

    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def training_end(self) -> date:
        return self.manifest.training_end

    @cached_property
    def boosters(self) -> Mapping[str, Any]:
        """Tree models by file name without its ending, loaded once."""
        import xgboost as xgb

        loaded = {}
        for name, data in self.files.items():
            if name.endswith(".ubj"):
                booster = xgb.Booster()
                booster.load_model(bytearray(data))
                booster.set_param({"nthread": 1})
                loaded[name.removesuffix(".ubj")] = booster
        return loaded


def twin(model: Model) -> Model | None:
    """The model that did not see the end of the window, as a model of its own; None where too little was left to train one."""
    files = {name.removeprefix(TWIN): data for name, data in model.files.items() if name.startswith(TWIN)}
    if not files or model.manifest.validation_start_date is None:
        return None
    last_seen = date.fromisoformat(model.manifest.validation_start_date) - timedelta(days=1)
    return Model(replace(model.manifest, training_end_date=last_seen.isoformat()), files)


@dataclass(frozen=True)
class Shelf:
    """Verified models of every kind that may serve a range of dates, and the kinds that were refused, with why."""

    models: Mapping[str, Sequence[Model]] = field(default_factory=dict)
    refusals: Mapping[str, ModelRefused] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Model]:
        return list(self.models.get(kind, ()))

    def in_force(self, kind: str, day: date) -> Model | None:
        """The newest model whose training window ends before the day and is not too old; None if there is none."""
        fit = [one for one in self.of_kind(kind) if 0 < (day - one.training_end).days <= MAX_STALENESS_DAYS]
        return max(fit, key=lambda one: one.training_end, default=None)

    def in_force_on(self, kind: str, days: "pd.Series[Any]") -> list[tuple[Model, NDArray[np.int64]]]:
        """Each model that serves any of the rows' dates, with the positions of its rows."""
        chosen = {day: self.in_force(kind, day) for day in days.unique()}
        served = np.array([id(chosen[day]) for day in days])
        distinct = {id(model): model for model in chosen.values() if model is not None}
        return [(model, np.flatnonzero(served == key)) for key, model in distinct.items()]

    def versions_on(self, day: date) -> str:
        """Every model in force on a date, in words: what a prediction of the date depends on."""
        in_force = {kind: self.in_force(kind, day) for kind in sorted(self.models)}
        return ",".join(one.manifest.model_version for one in in_force.values() if one is not None) or "no model"


def training_window(month: date) -> tuple[date, date]:
    """First and last date a model of the month may learn from: all before the month."""
    return month - timedelta(days=TRAINING_WINDOW_DAYS), month - timedelta(days=1)


def features_hash(names: Sequence[str]) -> str:
    """Hash of a feature list in order."""
    return hashlib.sha256("|".join(names).encode()).hexdigest()[:16]


def usable_rows(rows: pd.DataFrame, month: date, fewest: int = FEWEST_TRAINING_ROWS) -> pd.DataFrame:
    """The rows in one order, whatever order they came in.

    Raises IntegrityFailure for rows of the month or later (a leak), ModelRefused for fewer than `fewest`.
    """
    start, end = training_window(month)
    dates = pd.to_datetime(rows["game_date"]).dt.date
    if len(rows) and max(dates) > end:
        raise IntegrityFailure(
            f"Training rows reach {max(dates)}, not before {month}.", next_step="This is a leak: report it."
        )
    if len(rows) < fewest:
        raise ModelRefused(
            f"{len(rows)} training rows between {start} and {end}; {fewest} are needed.",
            next_step="Import or backfill earlier dates; until then the systems that need it decline, the others publish.",
        )
    ordered = rows.assign(game_date=dates)
    return ordered.sort_values(["game_date", "game_id", "universal_player_id"], kind="stable").reset_index(drop=True)


def validation_start(rows: pd.DataFrame, fewest: int = FEWEST_TRAINING_ROWS) -> date | None:
    """First of the last VALIDATION_DAYS with rows; None where too little would be left to train a twin on."""
    start: date = max(rows["game_date"]) - timedelta(days=VALIDATION_DAYS - 1)
    return start if (rows["game_date"] < start).sum() >= fewest else None


def sealed(kind: str, month: date, learned: Learned, code_version: str) -> Model:
    """A model with its manifest. Equal training gives an equal version, whoever trained it."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(learned.files.items())}
    version = hashlib.sha256("|".join(f"{name}={one}" for name, one in hashes.items()).encode()).hexdigest()[:12]
    manifest = Manifest(
        kind=kind,
        month=f"{month:%Y-%m}",
        model_version=f"{kind}@{version}",
        feature_names=learned.feature_names,
        features_hash=features_hash(learned.feature_names),
        libraries=dict(learned.libraries),
        training_start_date=learned.training_start.isoformat(),
        training_end_date=training_window(month)[1].isoformat(),
        training_rows=learned.training_rows,
        training_hash=learned.training_hash,
        validation_start_date=learned.validation_start.isoformat() if learned.validation_start else None,
        metrics={name: round(float(value), 6) for name, value in learned.metrics.items()},
        importance={name: round(float(value), 6) for name, value in learned.importance.items()},
        parameters=dict(learned.parameters),
        files=hashes,
        code_version=code_version,
    )
    return Model(manifest, dict(learned.files))


def verified(
    manifest: Manifest, files: Mapping[str, bytes], feature_names: Sequence[str], libraries: Mapping[str, str]
) -> Model:
    """The model, if nothing it stands on has changed. Raises ModelRefused naming every disagreement."""
    problems = []
    for name, digest in manifest.files.items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            problems.append(f"the bytes of {name} are not the ones it was saved with")
    wanted = tuple(feature_names)
    if manifest.feature_names != wanted or manifest.features_hash != features_hash(wanted):
        problems.append("it was trained on other features")
    for library, version in libraries.items():
        if manifest.libraries.get(library) != version:
            problems.append(f"it was trained with {library} {manifest.libraries.get(library)}, this is {version}")
    if manifest.training_end_date >= f"{manifest.month}-01":
        problems.append(f"its window ends {manifest.training_end_date}, inside its own month")
    if problems:
        raise ModelRefused(
            f"Model {manifest.model_id} is refused: {'; '.join(problems)}.", next_step="Retrain the month."
        )
    return Model(manifest, files)


def digest(*arrays: FloatArray) -> str:
    """Hash of what was learned from."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)).hexdigest()[:16]


FEWEST_COMPARED_ROWS: Final = 200
WORSE_BY: Final = 0.05
"""Points of mean absolute error (1 %) from which a new model is worse: its twin has seen up to 90 days less than the model in
force, which alone cost 0.01-0.02 when measured."""


@dataclass(frozen=True)
class Judgement:
    """Whether a new model may replace the one in force, and why."""

    is_accepted: bool
    reason: str


def judged(new_error: FloatArray, old_error: FloatArray, clusters: Sequence[object]) -> Judgement:
    """Compare absolute errors (points) of the same rows, which neither model has seen; clusters are their dates.

    The new model is worse, and refused, if its mean error is higher by more than WORSE_BY and by more than 1.645 standard
    errors of the paired difference, rows of one date counted together. Under FEWEST_COMPARED_ROWS nothing is said against it.
    """
    if len(new_error) < FEWEST_COMPARED_ROWS:
        return Judgement(True, f"accepted: only {len(new_error)} rows to compare with the model in force")
    difference = new_error - old_error
    mean = float(difference.mean())
    by_date = pd.Series(difference - mean).groupby(pd.Series(list(clusters))).sum()
    error = float(np.sqrt((by_date**2).sum()) / len(difference))
    compared = (
        f"mean absolute error {new_error.mean():.3f} against {old_error.mean():.3f} of the model in force"
        f" on {len(difference)} rows it had not seen ({mean:+.3f}, standard error {error:.3f})"
    )
    is_worse = mean > max(WORSE_BY, 1.645 * error)
    return Judgement(not is_worse, f"{'refused' if is_worse else 'accepted'}: {compared}")


def population_stability(earlier: FloatArray, later: FloatArray, bins: int = 10) -> float:
    """Population stability index of a feature between two samples: sum of (share' - share) ln(share' / share) over deciles.

    Unknown values are a bin of their own. Under 0.1 is stable, over 0.25 a shift (Siddiqi 2006); 0 where either is empty.
    """
    if not len(earlier) or not len(later):
        return 0.0
    known = earlier[~np.isnan(earlier)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)
    shares = []
    for sample in (earlier, later):
        where = np.where(np.isnan(sample), len(edges) + 1, np.searchsorted(edges, sample, side="right"))
        shares.append((np.bincount(where, minlength=len(edges) + 2) + 0.5) / (len(sample) + 0.5 * (len(edges) + 2)))
    before, after = shares
    return float(((after - before) * np.log(after / before)).sum())
