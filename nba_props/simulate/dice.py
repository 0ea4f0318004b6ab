"""The league's only source of chance, and the one rounding rule its identities need. No basketball here."""

import zlib

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, topic: str) -> np.random.Generator:
    """An independent random stream for one topic, so that a change to the quotes never moves a box score."""
    return np.random.default_rng([seed, zlib.crc32(topic.encode())])


def noise_around_one(rng: np.random.Generator, sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lognormal factors with mean exactly 1; `sigma` is the standard deviation of the logarithm."""
    return np.exp(rng.normal(0.0, 1.0, sigma.shape) * sigma - sigma**2 / 2)


def round_to_total(values: NDArray[np.float64], totals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round each row of `values` to integers that sum to that row's total (largest remainders get the rest).

    Rows must already sum to their total, up to floating-point error.
    """
    floors = np.floor(values).astype(np.int64)
    missing = totals - floors.sum(axis=1)
    rank = np.argsort(np.argsort(-(values - floors), axis=1, kind="stable"), axis=1, kind="stable")
    rounded: NDArray[np.int64] = floors + (rank < missing[:, None])
    return rounded
