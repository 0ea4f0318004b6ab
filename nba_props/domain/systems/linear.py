"""Ridge regression as plain numbers: fitted in closed form, kept as JSON, the same bytes for the same rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np

from nba_props.domain.systems.base import FloatArray

PENALTY: Final = 10.0
"""Rows that a standardised coefficient of 0 is worth; errors hardly change between 1 and 100."""


@dataclass(frozen=True)
class Linear:
    """intercept + coefficients of standardised features; an unknown feature counts as its median in training."""

    names: tuple[str, ...]
    medians: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float

    def predict(self, inputs: FloatArray) -> FloatArray:
        """(n,) from n x names, unknown as NaN."""
        known = np.where(np.isnan(inputs), np.array(self.medians), inputs)
        scaled = (known - np.array(self.means)) / np.array(self.scales)
        return np.asarray(self.intercept + scaled @ np.array(self.coefficients))

    @property
    def importance(self) -> dict[str, float]:
        """Share of each absolute standardised coefficient, largest first."""
        size = np.abs(self.coefficients) / (np.abs(self.coefficients).sum() or 1.0)
        return dict(sorted(zip(self.names, size.tolist(), strict=True), key=lambda one: -one[1]))

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return (json.dumps(asdict(self), sort_keys=True, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """What `to_json` wrote."""
        fields: dict[str, Any] = json.loads(data)
        return cls(
            intercept=fields.pop("intercept"),
            **{name: tuple(values) for name, values in fields.items()},
        )


def fitted(inputs: FloatArray, target: FloatArray, names: Sequence[str], weight: FloatArray | None = None) -> Linear:
    """Weighted ridge regression (Hoerl and Kennard 1970) of n rows; a feature that never varies gets no coefficient."""
    with np.errstate(all="ignore"):
        is_known = ~np.isnan(inputs).all(axis=0)
        medians = np.where(is_known, np.nanmedian(np.where(is_known, inputs, 0.0), axis=0), 0.0)
    known = np.where(np.isnan(inputs), medians, inputs)
    weight = np.ones(len(target)) if weight is None else weight / weight.mean()
    means = np.average(known, axis=0, weights=weight)
    scales = np.sqrt(np.average((known - means) ** 2, axis=0, weights=weight))
    scales = np.where(scales > 1e-12, scales, 1.0)
    scaled = (known - means) / scales
    centre = float(np.average(target, weights=weight))
    left = (scaled * weight[:, None]).T @ scaled + PENALTY * np.eye(len(names))
    coefficients = np.linalg.solve(left, (scaled * weight[:, None]).T @ (target - centre))
    return Linear(
        names=tuple(names),
        medians=tuple(medians.tolist()),
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        coefficients=tuple(coefficients.tolist()),
        intercept=centre,
    )
