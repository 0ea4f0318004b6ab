"""The tripwire: no forecast made before a game can be closer than an oracle that was told tonight's minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nba_props.domain.scoring import mean_absolute_error
from nba_props.errors import IntegrityFailure
from nba_props.evaluation.contenders import Contender, actual_points, oracle_of
from nba_props.evaluation.rows import PlayerGames

FEWEST_ROWS: Final = 200
"""On fewer player-games an honest system may be lucky."""


@dataclass(frozen=True)
class Oracle:
    """The error of the oracle: a reference, no contender."""

    rows: int
    """Rows of the table on which it has a number: those with earlier minutes."""
    mae: float
    """Points."""


@dataclass(frozen=True)
class Leak:
    """A contender that was closer than the oracle on the same rows, which only tonight's game can have told."""

    table: str
    contender: str
    rows: int
    mae: float
    oracle_mae: float


def watch(table: str, games: PlayerGames, contenders: Sequence[Contender]) -> tuple[Oracle | None, tuple[Leak, ...]]:
    """The oracle on the rows of a table, and whoever beats it there (systems and their anchored numbers)."""
    told = oracle_of(games).to_numpy()
    known = np.isfinite(told)
    if not known.any():
        return None, ()
    actual = actual_points(games)[known]
    oracle = Oracle(int(known.sum()), mean_absolute_error(told[known], actual))
    if oracle.rows < FEWEST_ROWS:
        return oracle, ()
    errors = {one.name: mean_absolute_error(one.median[known], actual) for one in contenders if is_watched(one)}
    return oracle, tuple(
        Leak(table, name, oracle.rows, mae, oracle.mae) for name, mae in errors.items() if mae < oracle.mae
    )


def is_watched(contender: Contender) -> bool:
    return contender.kind in ("system", "anchored")


def leak_error(leaks: Iterable[Leak]) -> IntegrityFailure:
    """The refusal that names every leak, both errors and the next step."""
    found = "; ".join(
        f"{leak.contender} has an error of {leak.mae:.3f} points on {leak.rows} rows ({leak.table}), and someone told tonight's"
        f" minutes {leak.oracle_mae:.3f}"
        for leak in leaks
    )
    first = next(iter(leaks)).contender.split("+")[0]
    return IntegrityFailure(
        f"LEAK: {found}. No forecast made before the game can be that close.",
        next_step=f"trace one of its numbers with nba-props explain DATE PLAYER --system {first}, find the input that knows"
        " the result, and predict and grade again",
    )
