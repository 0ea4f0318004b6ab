"""What is learned from residuals: each system's spread, the ensemble's weights, the market's anchor, and whether value is proven.

Fitted every month on predictions of the end of its training window made by twins of the models that had not seen it, so that
residuals are always later than what they are the residuals of. Not here: the distribution itself (`distributions`), prices and
vig (`odds`), the rows of a prediction (`pricing`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from nba_props.domain.distributions import (
    POWER_NORMAL_V1,
    CountDistribution,
    Spread,
    fit_spread,
    points_of,
    transformed,
)
from nba_props.domain.models import Learned, Model, Shelf, digest
from nba_props.domain.scoring import calibration_error, calibration_error_by_chance

FloatArray = NDArray[np.float64]

KIND: Final = "calibration"
FILE: Final = "calibration.json"

FEWEST_ROWS: Final = 500
"""Residuals of a system under which it keeps the spread of its default."""

FEWEST_LINED_ROWS: Final = 300
PRIOR_WEIGHT: Final = 0.2
PRIOR_WEIGHT_SD: Final = 0.15
"""Before any evidence a system's number gets 0.2 of the anchored one: the line is the better number, by 0.1 to 0.4 points."""

PRIOR_SHIFT_SD: Final = 0.03
"""On the scale of locations: a market that leans by more than that (about 0.1 points) must show it on many rows."""

PRIOR_ROWS: Final = 1500.0
"""Rows that equal weights of the ensemble's members are worth."""

FEWEST_ROWS_FOR_VALUE: Final = 1000
_RESAMPLES: Final = 500
_SMALLEST_PROB: Final = 1e-4


@dataclass(frozen=True)
class Anchor:
    """How a system's number and the market's become one: location = shift + weight x own + (1 - weight) x market."""

    weight: float
    weight_low: float
    weight_high: float
    shift: float
    log_scale: float
    scale_slope: float
    rows: int

    def between(self, own: FloatArray, market: FloatArray) -> CountDistribution:
        """The anchored distribution of locations of own numbers and of the market's."""
        location = self.shift + self.weight * own + (1 - self.weight) * market
        scale = np.exp(self.log_scale + self.scale_slope * np.log(np.maximum(location, 1.0)))
        return CountDistribution(location, scale)


DEFAULT_ANCHOR: Final = Anchor(
    weight=PRIOR_WEIGHT,
    weight_low=0.0,
    weight_high=min(1.0, PRIOR_WEIGHT + 1.96 * PRIOR_WEIGHT_SD),
    shift=0.0,
    log_scale=POWER_NORMAL_V1.log_scale,
    scale_slope=POWER_NORMAL_V1.scale_slope,
    rows=0,
)
"""The prior, until a month has enough graded rows with a line."""


@dataclass(frozen=True)
class Value:
    """Whether probabilities passed the bar on graded rows: only then are expected value and Kelly stated."""

    is_proven: bool
    rows: int
    calibration_error: float | None
    bar: float | None
    reason: str


UNPROVEN: Final = Value(False, 0, None, None, "no graded rows with a two-sided half line")


@dataclass(frozen=True)
class SystemCalibration:
    """One system's spread and anchor, and what stands behind them."""

    spread: Spread
    anchor: Anchor
    value: Value
    rows: int


DEFAULT_CALIBRATION: Final = SystemCalibration(POWER_NORMAL_V1, DEFAULT_ANCHOR, UNPROVEN, 0)


@dataclass(frozen=True)
class Calibration:
    """A month's: by system, and the ensemble's weights. `version` is the model's."""

    version: str
    systems: Mapping[str, SystemCalibration]
    ensemble_weights: Mapping[str, float]

    def of(self, system_id: str) -> SystemCalibration:
        """A system's own, or the default for one that had too few residuals."""
        return self.systems.get(system_id, DEFAULT_CALIBRATION)

    def to_json(self) -> bytes:
        """Canonical bytes."""
        body = {
            "systems": {name: asdict(one) for name, one in self.systems.items()},
            "weights": dict(self.ensemble_weights),
        }
        return (json.dumps(body, sort_keys=True, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes, version: str) -> Self:
        """The calibration that a verified model holds."""
        body = json.loads(data)
        systems = {
            name: SystemCalibration(
                Spread(**one["spread"]), Anchor(**one["anchor"]), Value(**one["value"]), one["rows"]
            )
            for name, one in body["systems"].items()
        }
        return cls(version, systems, body["weights"])


def in_force_on(shelf: Shelf, days: "pd.Series[date]") -> list[tuple[Calibration | None, NDArray[np.int64]]]:
    """Each calibration that serves any of the rows' dates, with the positions of its rows; None has those that none serves."""
    found: list[tuple[Calibration | None, NDArray[np.int64]]] = []
    left = np.full(len(days), True)
    for model, rows in shelf.in_force_on(KIND, days):
        found.append((calibration_of(model), rows))
        left[rows] = False
    return [*found, (None, np.flatnonzero(left))] if left.any() else found


def calibration_of(model: Model) -> Calibration:
    """What a verified model of this kind holds."""
    return Calibration.from_json(model.files[FILE], model.manifest.model_version)


def market_location(line: FloatArray, over_prob: FloatArray) -> FloatArray:
    """Where the market's distribution sits: the location at which P(over | no push) at the line is the market's.

    A half line is the boundary between two counts; a whole one its own middle, pushes split evenly. Without a two-sided price
    (NaN) the line is taken for even. NaN without a line.
    """
    prob = np.where(np.isnan(over_prob), 0.5, np.clip(over_prob, _SMALLEST_PROB, 1 - _SMALLEST_PROB))
    at = transformed(line)
    return np.asarray(np.where(np.isnan(line), np.nan, at + POWER_NORMAL_V1.scale(line) * special.ndtri(prob)))


# -- fitting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Residuals:
    """Player-games of the end of a window with what every system had predicted and what came of it; arrays of shape (n,).

    `answers` by system: its own numbers, NaN where it refused. `line`, `over_prob` (the market's, vig removed): NaN without.
    """

    game_date: NDArray[np.object_]
    points: FloatArray
    answers: Mapping[str, FloatArray]
    line: FloatArray
    over_prob: FloatArray


def fit(residuals: Residuals, members: Sequence[str], ensemble_id: str) -> Calibration:
    """Spreads and anchors of every system and of their ensemble, from one set of residuals. Deterministic."""
    spreads = {name: _spread(residuals.answers[name], residuals.points, name) for name in members}
    weights = ensemble_weights(
        np.array([calibrated_mean(residuals.answers[name], spreads[name]) for name in members]), residuals.points
    )
    by_name = dict(zip(members, weights.tolist(), strict=True))
    means = np.array([calibrated_mean(residuals.answers[name], spreads[name]) for name in members])
    answers = {**residuals.answers, ensemble_id: combined(means, weights[:, None])}
    spreads[ensemble_id] = _spread(answers[ensemble_id], residuals.points, ensemble_id)
    systems = {name: _system(residuals, answers[name], spread) for name, spread in spreads.items()}
    return Calibration("", systems, by_name)


def learned(calibration: Calibration, residuals: Residuals, start: date) -> Learned:
    """The month's calibration as a model's files and facts."""
    metrics = {f"{name} anchor weight": one.anchor.weight for name, one in calibration.systems.items()} | {
        f"ensemble weight of {name}": weight for name, weight in calibration.ensemble_weights.items()
    }
    return Learned(
        files={FILE: calibration.to_json()},
        feature_names=(),
        parameters={"prior_weight": PRIOR_WEIGHT, "prior_rows": PRIOR_ROWS},
        libraries={},
        training_hash=digest(residuals.points, *(residuals.answers[name] for name in sorted(residuals.answers))),
        training_rows=len(residuals.points),
        training_start=start,
        metrics=metrics,
    )


def calibrated_mean(answers: FloatArray, spread: Spread) -> FloatArray:
    """Mean of the distribution around each number; NaN where the system refused."""
    known = ~np.isnan(answers)
    mean = np.full(len(answers), np.nan)
    if known.any():
        mean[known] = spread.around(answers[known]).moments()[0]
    return mean


def combined(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted mean over the members (rows) that answer for each player (columns), NaN where none does.

    `weight` broadcasts against `values`; where all that answer weigh nothing, they weigh the same.
    """
    known = ~np.isnan(values)
    weight = np.where((weight * known).sum(axis=0) > 0, weight, 1.0) * known
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, (weight * np.nan_to_num(values)).sum(axis=0) / total, np.nan))


def ensemble_weights(means: FloatArray, points: FloatArray) -> FloatArray:
    """Stacking weights (Wolpert 1992), not negative, summing to 1, drawn towards equal ones as if by PRIOR_ROWS rows.

    `means` has shape (members, n). Only rows that every member answers count; a member that answers none weighs 0.
    """
    members = len(means)
    is_member = ~np.isnan(means).all(axis=1)
    weights = np.zeros(members)
    if not is_member.any():
        return np.full(members, 1 / members)
    rows = ~np.isnan(means[is_member]).any(axis=0)
    equal = np.full(int(is_member.sum()), 1 / is_member.sum())
    if rows.sum() < FEWEST_ROWS:
        weights[is_member] = equal
        return weights
    answers, actual = means[is_member][:, rows].T, points[rows]
    differences = answers - answers.mean(axis=1, keepdims=True)
    spread = float(np.sqrt((differences**2).mean())) or 1.0
    prior = np.sqrt(PRIOR_ROWS) * spread
    certain = 1e4 * np.sqrt(len(actual))
    design = np.vstack([answers, prior * np.eye(len(equal)), certain * np.ones((1, len(equal)))])
    target = np.concatenate([actual, prior * equal, [certain]])
    found = optimize.nnls(design, target)[0]
    weights[is_member] = found / found.sum()
    return np.round(weights, 9)


def _spread(answers: FloatArray, points: FloatArray, name: str) -> Spread:
    known = ~np.isnan(answers)
    return (
        fit_spread(answers[known], points[known], f"{name}_spread") if known.sum() >= FEWEST_ROWS else POWER_NORMAL_V1
    )


def _system(residuals: Residuals, answers: FloatArray, spread: Spread) -> SystemCalibration:
    lined = ~np.isnan(answers) & ~np.isnan(residuals.line)
    rows = int((~np.isnan(answers)).sum())
    if lined.sum() < FEWEST_LINED_ROWS:
        return SystemCalibration(spread, DEFAULT_ANCHOR, UNPROVEN, rows)
    own = spread.location(answers[lined])
    market = market_location(residuals.line[lined], residuals.over_prob[lined])
    points, dates = residuals.points[lined], residuals.game_date[lined]
    anchor = fit_anchor(own, market, points, dates)
    value = _value(own, market, points, dates, residuals.line[lined], residuals.over_prob[lined])
    return SystemCalibration(spread, anchor, value, rows)


def fit_anchor(own: FloatArray, market: FloatArray, points: FloatArray, dates: NDArray[np.object_]) -> Anchor:
    """Weight, shift and scale by ridge regression of what the market missed on where the system differs from it.

    transformed(points) - market = shift + weight (own - market) + error, drawn towards PRIOR_WEIGHT and no shift. The interval
    is a bootstrap over dates (1,000 rows of one night share its pace and its scratches).
    """
    differs = own - market
    missed = transformed(points) - market
    names, where = np.unique(dates.astype(str), return_inverse=True)
    noise = float(np.var(missed))
    terms = (np.ones_like(missed), differs, differs**2, missed, differs * missed)
    sums = np.array([np.bincount(where, weights=one, minlength=len(names)) for one in terms])
    shift, weight = _ridge(sums.sum(axis=1), noise)
    draws = np.random.default_rng(7).multinomial(len(names), np.full(len(names), 1 / len(names)), _RESAMPLES)
    weights = np.clip([_ridge(drawn, noise)[1] for drawn in draws @ sums.T], 0, 1)
    low, high = np.quantile(weights, [0.025, 0.975])
    weight = float(np.clip(weight, 0, 1))
    location = shift + weight * own + (1 - weight) * market
    around = fit_spread(points_of(np.maximum(location, 1.0)), points, "anchored")
    # Only the scale is taken from the likelihood: the location has its own, shrunken, fit.
    return Anchor(
        weight=round(weight, 6),
        weight_low=round(float(low), 6),
        weight_high=round(float(high), 6),
        shift=round(shift, 6),
        log_scale=around.log_scale,
        scale_slope=around.scale_slope,
        rows=len(points),
    )


def _ridge(sums: FloatArray, noise: float) -> tuple[float, float]:
    """(shift, weight) from sums over rows of 1, d, d², m and dm, with normal priors on both."""
    n, d, dd, m, dm = sums
    for_shift, for_weight = noise / PRIOR_SHIFT_SD**2, noise / PRIOR_WEIGHT_SD**2
    left = np.array([[n + for_shift, d], [d, dd + for_weight]])
    right = np.array([m, dm + for_weight * PRIOR_WEIGHT])
    shift, weight = np.linalg.solve(left, right)
    return float(shift), float(weight)


def _value(
    own: FloatArray,
    market: FloatArray,
    points: FloatArray,
    dates: NDArray[np.object_],
    line: FloatArray,
    over_prob: FloatArray,
) -> Value:
    """Fitted on the earlier half of the dates, judged on the later half, on half lines at two-sided prices."""
    names = np.unique(dates.astype(str))
    later = dates.astype(str) >= names[len(names) // 2]
    judged = later & (line % 1 != 0) & ~np.isnan(over_prob)
    if judged.sum() < FEWEST_ROWS_FOR_VALUE or (~later).sum() < FEWEST_LINED_ROWS:
        return Value(
            False, int(judged.sum()), None, None, f"{judged.sum()} graded rows; {FEWEST_ROWS_FOR_VALUE} are needed"
        )
    anchor = fit_anchor(own[~later], market[~later], points[~later], dates[~later])
    prob = anchor.between(own[judged], market[judged]).prob_over(line[judged])
    error = calibration_error(prob, (points[judged] > line[judged]).astype(np.float64))
    bar = calibration_error_by_chance(prob)
    return Value(
        is_proven=error <= bar,
        rows=int(judged.sum()),
        calibration_error=round(error, 6),
        bar=round(bar, 6),
        reason=f"calibration error {error:.4f} on {judged.sum()} later rows; a perfect forecaster stays under {bar:.4f} in 95 %",
    )


def residuals_of(rows: pd.DataFrame, answers: Mapping[str, FloatArray], over_prob: FloatArray) -> Residuals:
    """Residuals from rows with game_date, points and current_points_line, beside each system's answers."""
    return Residuals(
        game_date=rows["game_date"].to_numpy(dtype=object),
        points=rows["points"].to_numpy(dtype=np.float64),
        answers=dict(answers),
        line=rows["current_points_line"].to_numpy(dtype=np.float64, na_value=np.nan),
        over_prob=over_prob,
    )
