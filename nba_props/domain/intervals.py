"""How sure a share or a mean is: intervals, and how many bets it takes to tell a hit rate from chance.

Not here: the scores themselves (`scoring`).
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nba_props.domain.scoring import finite, refuse_other_shapes
from nba_props.errors import BadInput


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927), within [0, 1]; (0, 1) when n is 0, as nothing is known.

    Raises BadInput unless 0 <= successes <= n and 0 < level < 1.
    """
    if not (0 <= successes <= n and 0 < level < 1):
        raise BadInput(f"No interval for {successes} of {n} at level {level}.", next_step="Check the counts.")
    if n == 0:
        return 0.0, 1.0
    z = float(special.ndtri((1 + level) / 2))
    share, z2n = successes / n, z * z / n
    centre = (share + z2n / 2) / (1 + z2n)
    half = z * math.sqrt(share * (1 - share) / n + z2n / (4 * n)) / (1 + z2n)
    return max(0.0, centre - half), min(1.0, centre + half)


def clustered_interval(
    values: ArrayLike, clusters: ArrayLike, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of a mean, resampling whole clusters (Cameron, Gelbach and Miller 2008).

    `values` and `clusters` have shape (n,). Rows of one night share its pace, its scratches and its lines, so that
    nights are drawn, not rows: with replacement, as many as there are, and the mean is over the rows drawn. Seeded: the
    same rows give the same interval, in whatever order. None for a single cluster, of which nothing can be drawn.
    """
    numbers, labels = finite(values, "value"), np.asarray(clusters)
    refuse_other_shapes(labels, numbers)
    names, where = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return None
    sums, counts = np.bincount(where, weights=numbers), np.bincount(where)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    low, high = np.quantile((drawn @ sums) / (drawn @ counts), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bets_to_tell(hit_rate: float, chance: float, level: float = 0.95, power: float = 0.8) -> int | None:
    """Decided bets at which a true `hit_rate` is told from `chance` (both 0-1) in `power` of all tries.

    Two-sided test of one share in the normal approximation (Fleiss, Levin and Paik 2003, section 2.5):
    n = ((z_level sqrt(c(1-c)) + z_power sqrt(h(1-h))) / (h - c))². None where they are equal: no number would do.
    """
    if not (0 <= hit_rate <= 1 and 0 < chance < 1):
        raise BadInput(f"{hit_rate} and {chance} are no shares.", next_step="Give a hit rate and the breakeven, 0-1.")
    if hit_rate == chance:
        return None
    z_level, z_power = float(special.ndtri((1 + level) / 2)), float(special.ndtri(power))
    spread = z_level * math.sqrt(chance * (1 - chance)) + z_power * math.sqrt(hit_rate * (1 - hit_rate))
    return math.ceil((spread / (hit_rate - chance)) ** 2)
