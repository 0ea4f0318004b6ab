"""Who can play, and what the injury reports said about it and when. Minutes and points are decided elsewhere."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nba_props.simulate.dice import stream
from nba_props.simulate.schedule import Schedule

# The reports of a game: the evening before, the morning, 90 and 30 minutes before tip.
REPORTS = 4
MORNING = 1
PREGAME_LEAD, LAST_LEAD = 90, 30  # minutes
MINUTE = 60 * 1_000_000  # microseconds

MOST_ABSENT = 5  # of a roster of 15, so that a team always has a rotation
MEAN_SPAN = 4.0  # games missed after the first


@dataclass(frozen=True)
class Script:
    """What the four reports say of a player for one game; None where the report does not list him."""

    share: float  # of the player-games of players who were healthy before
    absent: bool
    reports: tuple[str | None, str | None, str | None, str | None]


SCRIPTS = (
    Script(0.880, False, (None, None, None, None)),
    Script(0.008, True, (None, "Out", "Out", "Out")),
    Script(0.004, True, ("Questionable", "Doubtful", "Out", "Out")),
    Script(0.016, True, ("Questionable", "Questionable", "Out", "Out")),  # a game-time decision against playing
    Script(0.008, True, (None, None, None, "Out")),  # a late scratch nobody saw coming
    Script(0.004, True, ("Probable", "Probable", "Probable", "Out")),
    Script(0.020, False, ("Questionable", "Questionable", "Available", "Available")),
    Script(0.020, False, ("Questionable", "Probable", "Probable", "Available")),
    Script(0.030, False, ("Probable", "Probable", "Probable", "Probable")),
    Script(0.010, False, ("Available", "Available", "Available", "Available")),
)
HEALTHY = 0
STILL_OUT = len(SCRIPTS)
ALL_SCRIPTS = (*SCRIPTS, Script(0.0, True, ("Out", "Out", "Out", "Out")))

ABSENT = np.array([script.absent for script in ALL_SCRIPTS])
KNOWN_ABSENT = np.array([script.reports[MORNING] in ("Out", "Doubtful") for script in ALL_SCRIPTS])
# The first report that says Out, for those who miss the game; REPORTS where none does.
OUT_AT = np.array([script.reports.index("Out") if "Out" in script.reports else REPORTS for script in ALL_SCRIPTS])
REPORTED = np.array([script.reports for script in ALL_SCRIPTS], dtype=object)

REASONS = (
    "Injury/Illness - Left Ankle; Sprain",
    "Injury/Illness - Right Ankle; Sprain",
    "Injury/Illness - Left Knee; Soreness",
    "Injury/Illness - Right Hamstring; Strain",
    "Injury/Illness - Lower Back; Spasms",
    "Injury/Illness - Right Calf; Tightness",
    "Injury/Illness - Left Wrist; Contusion",
    "Injury/Illness - N/A; Illness",
)


@dataclass(frozen=True)
class TeamGames:
    """Two rows a game, home then away: T = 2 x games."""

    game: NDArray[np.int64]
    team: NDArray[np.int64]
    opponent: NDArray[np.int64]
    is_home: NDArray[np.bool_]
    rest: NDArray[np.int64]  # days since the team's last game, at most 7
    roster: NDArray[np.int64]  # T x 15 player indices, as of the morning


def team_games(schedule: Schedule, rosters: NDArray[np.int64]) -> TeamGames:
    """Both sides of every game, each with its roster of the day and its rest."""
    games = len(schedule.day)
    team = np.column_stack([schedule.home, schedule.away]).ravel()
    opponent = np.column_stack([schedule.away, schedule.home]).ravel()
    game = np.repeat(np.arange(games), 2)
    day = schedule.day[game]
    rest = np.full(2 * games, 7)
    for one in np.unique(team):
        for before, after in pairwise(np.flatnonzero(team == one)):
            rest[after] = min(day[after] - day[before], 7)
    return TeamGames(game, team, opponent, np.tile([True, False], games), rest, rosters[day, team])


@dataclass(frozen=True)
class Availability:
    """One script and one reason a player-game (T x 15)."""

    script: NDArray[np.int64]
    reason: NDArray[np.int64]

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Does not play, whatever was said before."""
        return ABSENT[self.script]

    @property
    def known_absent(self) -> NDArray[np.bool_]:
        """Reported out or doubtful by the morning: no book quotes him, no coach plans with him."""
        return KNOWN_ABSENT[self.script]


def draw_availability(seed: int, schedule: Schedule, games: TeamGames, frailty: NDArray[np.float64]) -> Availability:
    """Spans of missed games, game-time decisions and late scratches, in the order of the games."""
    rng = stream(seed, "availability")
    shares = np.array([script.share for script in SCRIPTS])
    script = np.full(games.roster.shape, HEALTHY)
    reason = np.zeros(games.roster.shape, dtype=np.int64)
    games_to_miss = np.zeros(len(frailty), dtype=np.int64)
    current_reason = np.zeros(len(frailty), dtype=np.int64)
    day = schedule.day[games.game]
    for rows in np.split(np.arange(len(day)), np.flatnonzero(np.diff(day)) + 1):
        people = games.roster[rows]
        fresh = rng.choice(len(SCRIPTS), people.shape, p=shares / shares.sum())
        spared = ABSENT[fresh] & (rng.random(people.shape) > np.minimum(frailty[people] / 2, 1))
        fresh[spared] = HEALTHY
        still_out = games_to_miss[people] > 0
        tonight = np.where(still_out, STILL_OUT, _not_too_many(fresh, still_out))
        newly_out = ABSENT[tonight] & ~still_out
        span = rng.geometric(1 / MEAN_SPAN, people.shape)
        games_to_miss[people] = np.where(newly_out, span, np.maximum(games_to_miss[people] - 1, 0))
        drawn = rng.integers(0, len(REASONS), people.shape)
        current_reason[people] = np.where(still_out, current_reason[people], drawn)
        script[rows], reason[rows] = tonight, current_reason[people]
    return Availability(script, reason)


def _not_too_many(fresh: NDArray[np.int64], still_out: NDArray[np.bool_]) -> NDArray[np.int64]:
    """New absences beyond what a roster can bear do not happen."""
    new = ABSENT[fresh] & ~still_out
    bearable = np.cumsum(new, axis=1) + still_out.sum(axis=1, keepdims=True) <= MOST_ABSENT
    return np.where(new & ~bearable, HEALTHY, fresh)


def report_times(schedule: Schedule, midnights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Games x 4 instants, UTC microseconds; `midnights` is the Eastern midnight of each day, likewise."""
    midnight, tip = midnights[schedule.day], schedule.tip.asi8
    return np.column_stack(
        [midnight - 390 * MINUTE, midnight + 630 * MINUTE, tip - PREGAME_LEAD * MINUTE, tip - LAST_LEAD * MINUTE]
    )


def out_since(
    availability: Availability, schedule: Schedule, games: TeamGames, midnights: NDArray[np.int64]
) -> NDArray[np.int64]:
    """T x 15: the instant of the first report that says Out (UTC microseconds); the end of time where none does."""
    times = np.column_stack([report_times(schedule, midnights), np.full(len(schedule.day), np.iinfo(np.int64).max)])
    since: NDArray[np.int64] = times[games.game[:, None], OUT_AT[availability.script]]
    return since
