"""Who is compared: each system's own number and its market-anchored one, the baselines, and the line.

Here belongs putting every contender into one shape, so that one set of scores judges them all. Not here: the scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution, transformed
from nba_props.domain.scoring import crps, pit
from nba_props.evaluation.rows import PlayerGames

FloatArray = NDArray[np.float64]

ANCHORED = "+market"
"""What the name of a system's market-anchored number ends in."""


@dataclass(frozen=True)
class Forecast:
    """A whole distribution on each row, as its scores need it; every array has shape (player-games,)."""

    interval_low: FloatArray
    """10 % and 90 % quantiles, points."""
    interval_high: FloatArray
    crps: FloatArray
    """Points."""
    pit_low: FloatArray
    """P(X < actual) and P(X <= actual)."""
    pit_high: FloatArray

    @classmethod
    def of(cls, distribution: CountDistribution, actual: FloatArray) -> Self:
        low, high = distribution.interval(0.8)
        return cls(low.astype(float), high.astype(float), crps(distribution, actual), *pit(distribution, actual))

    def where(self, mask: NDArray[np.bool_]) -> Self:
        return type(self)(*(values[mask] for values in vars(self).values()))


@dataclass(frozen=True)
class Contender:
    """One contender's numbers on the rows of a table, in points; arrays have shape (player-games,)."""

    name: str
    kind: str
    """system, anchored, baseline or line."""
    mean: FloatArray
    median: FloatArray
    """A single number stands for both."""
    forecast: Forecast

    def where(self, mask: NDArray[np.bool_]) -> Self:
        return type(self)(self.name, self.kind, self.mean[mask], self.median[mask], self.forecast.where(mask))


def contenders_of_all(games: PlayerGames, baselines: Sequence[str]) -> list[Contender]:
    """Those who need no line."""
    return [
        *(_system(games, system) for system in games.systems),
        *(_baseline(games, name) for name in baselines),
    ]


def contenders_with_line(games: PlayerGames, baselines: Sequence[str], anchored: Sequence[str]) -> list[Contender]:
    """Everyone, on rows with a line: systems, the anchored numbers of the systems named, baselines and the line."""
    return [
        *(_system(games, system) for system in games.systems),
        *(_anchored(games, system) for system in anchored),
        *(_baseline(games, name) for name in baselines),
        _line(games),
    ]


def actual_points(games: PlayerGames) -> FloatArray:
    """Points scored, shape (player-games,)."""
    return games.shared("actual_points").to_numpy()


def _system(games: PlayerGames, system: str) -> Contender:
    def of(name: str) -> FloatArray:
        return games.of_system(name, system).to_numpy()

    names = ("interval_80_low", "interval_80_high", "crps", "pit_low", "pit_high")
    return Contender(system, "system", of("predicted_points"), of("predicted_median"), Forecast(*map(of, names)))


def _anchored(games: PlayerGames, system: str) -> Contender:
    def of(name: str) -> FloatArray:
        return games.of_system(name, system).to_numpy()

    distribution = CountDistribution(of("anchored_location"), of("anchored_scale"))
    forecast = Forecast.of(distribution, actual_points(games))
    return Contender(system + ANCHORED, "anchored", of("anchored_points"), of("anchored_median"), forecast)


def _baseline(games: PlayerGames, name: str) -> Contender:
    """A plain number, with the shipped spread around it."""
    number = games.form[name].to_numpy()
    return Contender(
        name, "baseline", number, number, Forecast.of(POWER_NORMAL_V1.around(number), actual_points(games))
    )


def _line(games: PlayerGames) -> Contender:
    """The line is the market's median: the shipped spread lies around it as it is, drawn to nowhere."""
    number = games.shared("current_points_line").to_numpy()
    distribution = CountDistribution(transformed(number), POWER_NORMAL_V1.scale(number))
    return Contender("line", "line", number, number, Forecast.of(distribution, actual_points(games)))


def oracle_of(games: PlayerGames) -> pd.Series:
    """The oracle's points (column `oracle` of form), NaN where there is none."""
    return pd.Series(games.form["oracle"])
