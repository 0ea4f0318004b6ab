"""What the books say: lines, prices, moves, and the ways in which a real feed is dirty.

Lines start from the true median of what a player is expected to score, never from the result, except in-play quotes,
which know part of it: to use one before tip is the leak that a reader must prevent.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from nba_props.simulate.availability import LAST, LAST_LEAD, OUT_AT, PREGAME, PREGAME_LEAD, Availability, TeamGames
from nba_props.simulate.dice import stream
from nba_props.simulate.people import INITIALLED, LOOK_ALIKE, TRICODES
from nba_props.simulate.play import Played
from nba_props.simulate.schedule import Schedule
from nba_props.simulate.spelling import initial_form, without_accents, without_suffix, with_cyrillic_o

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LINE_TYPE = "main/alt unknown"
DFS_PRICE = -137.0
UNKNOWN_PERSON = "Bartholomew Quincealot"  # quoted by two books on one date; belongs to no team

LEAST_QUOTED_POINTS = 5.0  # nobody offers a line on less
MEDIAN_BELOW_MEAN = 0.42  # points: the distribution leans to the right (measured on 40 simulated seasons' games)
SD_OF_POINTS = (1.35, 0.345)  # standard deviation = 1.35 + 0.345 x mean^... see `points_sd`
OPENING_ERROR, CLOSING_ERROR, BOOK_ERROR = 1.3, 0.8, 0.35  # points
IN_PLAY_KNOWLEDGE = 0.6  # of the gap between what was expected and what will have happened
IN_PLAY_SHARE = 0.15
IN_PLAY_FOR = pd.Timedelta(minutes=100)

# A feed that lost its event: quotes without tip, event and teams, for whole polls of a book.
BLIND_POLL_SHARE = 0.05
# DFS boards kept without the time they were seen.
UNTIMED_SHARE = 0.01
POLLS_EASTERN_MINUTES = (9 * 60 + 5, 11 * 60 + 10, 14 * 60 + 5, 17 * 60 + 20, 18 * 60 + 45, 20 * 60 + 35)


@dataclass(frozen=True)
class Book:
    """How one operator quotes."""

    key: str
    vig: float  # overround of both sides
    offers: float  # share of eligible players
    is_dfs: bool = False
    has_alternates: bool = False
    drops_suffix: bool = False
    drops_accents: bool = False
    quotes_in_play: bool = False


BOOKS = (
    Book("draftkings", 0.060, 0.90, drops_accents=True, quotes_in_play=True),
    Book("fanduel", 0.055, 0.95, drops_accents=True, drops_suffix=True, quotes_in_play=True),
    Book("betmgm", 0.065, 0.80),
    Book("betrivers", 0.065, 0.80, drops_suffix=True, has_alternates=True),
    Book("prizepicks", 0.0, 0.75, is_dfs=True),
)
ALTERNATES = (-4.0, -2.0, 2.0, 4.0)


def points_sd(mean: Floats) -> Floats:
    """Standard deviation of a player's points at an expectation (fitted to the league's own games)."""
    return SD_OF_POINTS[0] * np.sqrt(np.maximum(mean, 1.0)) + SD_OF_POINTS[1]


def american(prob: Floats) -> Floats:
    """American price, in whole units, of an implied probability in (0, 1)."""
    prob = np.clip(prob, 0.02, 0.98)
    price = np.where(prob >= 0.5, -100 * prob / (1 - prob), 100 * (1 - prob) / prob)
    return np.rint(price)


def draw_quotes(
    seed: int,
    schedule: Schedule,
    games: TeamGames,
    availability: Availability,
    played: Played,
    names: NDArray[np.object_],
    midnights: pd.DatetimeIndex,
    first_day: int,
    trap_day: int,
) -> pd.DataFrame:
    """Points quotes in the archive's columns, without `season`; `day` is the slate day, ordered by snapshot.

    `midnights` is the Eastern midnight of every day of the league; quotes begin on `first_day`. The combo and the
    unknown person appear on `trap_day`.
    """
    rng = stream(seed, "quotes")
    offers = _offers(rng, schedule, games, availability, played, first_day)
    polls = _polls(rng, offers, schedule, availability, games, midnights)
    priced = pd.concat([_main_lines(rng, polls, played), _odd_rows(rng, polls, trap_day)], ignore_index=True)
    return _as_archive(seed, rng, priced, schedule, names)
