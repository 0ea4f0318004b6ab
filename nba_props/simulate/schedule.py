"""Who meets whom and when, and who belongs to which team on which morning. Nothing here knows a score."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.simulate.dice import stream
from nba_props.simulate.people import ROSTER_SIZE, TRICODES

GAMES_A_DATE = (5.0, 9.4)  # with thirty teams; fewer teams play proportionally fewer games
OFF_DAY_EVERY = 14  # days
UNKNOWN_TIP_SHARE = 0.04

# Hours by which a 19:00 local tip is later on the Eastern clock.
HOURS_WEST = {
    **dict.fromkeys(("CHI", "DAL", "HOU", "MEM", "MIL", "MIN", "NOP", "OKC", "SAS"), 1),
    **dict.fromkeys(("DEN", "PHX", "UTA"), 2),
    **dict.fromkeys(("GSW", "LAC", "LAL", "POR", "SAC"), 3),
}


@dataclass(frozen=True)
class Schedule:
    """One row a game, in order of date then tip. Dates are US-Eastern slate days."""

    day: NDArray[np.int64]  # days since the league's first date
    home: NDArray[np.int64]  # index into TRICODES
    away: NDArray[np.int64]
    tip: pd.DatetimeIndex  # true tip, UTC; the archive shows it only where `tip_known`
    tip_known: NDArray[np.bool_]


def draw_schedule(seed: int, start: date, days: int, teams: int) -> Schedule:
    """A round of `days` dates: no team plays three days running, some play two, and a few dates have no game."""
    rng = stream(seed, "schedule")
    off_days = _off_days(rng, days)
    last_day = np.full(teams, -3)
    day_before = np.full(teams, -4)
    played = np.zeros(teams)
    at_home = np.zeros(teams)
    meetings = np.zeros((teams, teams))
    rows: list[tuple[int, int, int]] = []
    for day in range(days):
        if day in off_days:
            continue
        rested = np.flatnonzero((last_day < day - 1) | (day_before < day - 2))
        rest = np.minimum(day - last_day[rested], 4)
        turn = 0.4 * rest - 1.2 * (played[rested] - played.mean())
        busy = rested[np.argsort(-(turn + rng.gumbel(0, 0.6, len(rested))), kind="stable")]
        games = min(max(1, round(rng.uniform(*GAMES_A_DATE) * teams / len(TRICODES))), len(busy) // 2)
        for one, other in _pair(rng, busy[: 2 * games].tolist(), meetings):
            home, away = (one, other) if at_home[one] <= at_home[other] else (other, one)
            rows.append((day, home, away))
            at_home[home] += 1
            for team in (home, away):
                played[team] += 1
                day_before[team], last_day[team] = last_day[team], day
    return _with_tips(rng, start, np.array(rows, dtype=np.int64).reshape(-1, 3))


def _off_days(rng: np.random.Generator, days: int) -> set[int]:
    blocks = range(0, days, OFF_DAY_EVERY)
    spans = [(block + 2, min(block + OFF_DAY_EVERY - 1, days - 2)) for block in blocks]
    return {int(rng.integers(first, last + 1)) for first, last in spans if first <= last}


def _pair(rng: np.random.Generator, teams: list[int], meetings: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair the teams of a date, each with the opponent it has met least; counts the meetings in place."""
    pairs = []
    waiting = list(teams)
    while waiting:
        one = waiting.pop(0)
        other = waiting.pop(int(np.argmin(meetings[one, waiting] + rng.random(len(waiting)) * 0.9)))
        meetings[one, other] += 1
        meetings[other, one] += 1
        pairs.append((one, other))
    return pairs


def _with_tips(rng: np.random.Generator, start: date, rows: NDArray[np.int64]) -> Schedule:
    day, home, away = rows.T
    dates = pd.DatetimeIndex(np.datetime64(start, "D") + day)
    west = np.array([HOURS_WEST.get(TRICODES[team], 0) for team in home])
    evening = 19 * 60 + west * 60 + rng.choice([0, 0, 30, 30, 60], len(day)) * (west < 3)
    matinee = (dates.dayofweek >= 5) & (rng.random(len(day)) < 0.25)
    minutes = np.where(matinee, rng.choice([13 * 60, 15 * 60 + 30, 18 * 60], len(day)), evening)
    eastern = (dates + pd.to_timedelta(minutes, unit="m")).tz_localize("America/New_York")
    tip = eastern.tz_convert("UTC").as_unit("us")
    order = np.lexsort((home, tip.asi8, day))
    return Schedule(day[order], home[order], away[order], tip[order], rng.random(len(day)) >= UNKNOWN_TIP_SHARE)


def draw_rosters(seed: int, days: int, teams: int, trades: int, fixed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Player indices by morning: days x teams x 15. A trade swaps two rotation players between two teams.

    `fixed` are players who are never traded (the namesakes, who must not meet on one team).
    """
    rng = stream(seed, "trades")
    opening = np.arange(teams * ROSTER_SIZE).reshape(teams, ROSTER_SIZE)
    rosters = np.tile(opening, (days, 1, 1))
    for trade_day in sorted(rng.integers(days // 3, max(2 * days // 3, days // 3 + 1), trades)):
        one, other = rng.choice(teams, 2, replace=False)
        slots = [int(rng.choice(_tradable(opening[team], fixed))) for team in (one, other)]
        given, taken = int(rosters[trade_day, one, slots[0]]), int(rosters[trade_day, other, slots[1]])
        rosters[trade_day:, one, slots[0]], rosters[trade_day:, other, slots[1]] = taken, given
    return rosters


def _tradable(roster: NDArray[np.int64], fixed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slots of the rotation, behind the stars, that may be traded."""
    rotation = np.arange(3, 9)
    return rotation[~np.isin(roster[rotation], fixed)]
