"""The people of the simulated league: who they are and how they truly play.

Names, ages, positions and skills belong here; what happens to them on a given night does not.
Everybody is fictional. The names carry the traps that real sources set: suffixes, accents, a mononym, two people
of one name, apostrophes, hyphens and initials.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.simulate.dice import stream


def words(text: str) -> list[str]:
    """Codes, names and the like, written as readable lines."""
    return text.split()


TRICODES = words(
    "ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM "
    "MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS"
)
ROSTER_SIZE = 15

# Ids far above the NBA's own (about 1.6 million), so that a simulated player is never taken for a real one.
FIRST_PLAYER_ID = 9_000_001

NAMESAKE = "Marcus Bellweather"
INITIALLED = "Solomon Adeyemi-Grant"
LOOK_ALIKE = "Cole Hartmoor"
MONONYM = "Dinhão"

# Given to leading players, team by team, so that books quote them. The namesakes stand next to each other: with two
# teams or more they never share one.
SPECIAL_NAMES = (
    NAMESAKE,
    NAMESAKE,
    "Darnell Whitlow Jr.",
    "Terrence Oakhurst III",
    "Luka Perišević",
    "Emre Kılıçoğlu",
    MONONYM,
    "De'Marion O'Rourkey",
    "Karl-Anton Reyes-Baptiste",
    INITIALLED,
    LOOK_ALIKE,
    "T.J. Ashbrook",
)

FIRST_NAMES = words(
    "Adrian Amari Andre Anton Ayden Bram Brice Caleb Calvin Cedric Corey Dante Darius Davon Deshawn Devin Dominic "
    "Donovan Elias Elijah Emmett Ezra Felix Gabriel Grant Griffin Isaiah Ivan Jabari Jalen Jamal Jaren Jerome Jonah "
    "Jordan Julian Kadeem Keenan Kendrick Khalil Lamar Leon Lucas Malachi Malik Mateo Micah Miles Nasir Nico Noah "
    "Omari Orlando Quentin Rafael Reggie Roman Rory Sebastian Silas Tariq Theo Tobias Trevon Tyrell Victor Xavier "
    "Zane"
)
LAST_NAMES = words(
    "Abernethy Achterberg Aldworth Amberley Ashdown Barrowby Beaumont-Hale Birchall Blackmere Bramwell Brightwater "
    "Calloway-Ford Carrowmore Castellane Chadbourne Coldharbor Cravenshaw Dagenhart Darrowby Delacroix-Jones Dunmore "
    "Eastlake Ellersby Fairbourne Farrowdale Fenwright Galbraithe Garrowby Glendower Greywater Halloran-West "
    "Harrowgate Hazelhurst Holloway-Price Huxtable Ingersley Ironmonger Jellicoe Jessamine Kestrel Kingswell "
    "Langstroth Larkspur Lockridge Loxley Marchbanks Merriweath Montclair Moorcroft Nightingall Norcross-Lee "
    "Oakenfield O'Darragh Orpington Pemberwick Penhallow Pevensey Quarrington Quillfeather Ravenscar Redgrove "
    "Rockingham Ruthersby Sandoval-Cruz Silverthorn Skelmersby Stonebridge Swanhurst Tamworth Thackeray Thistlewood "
    "Tolliver-Banks Underhay Van-Aldin Wainscott Wakeling Westerfield Whitcombe Wolverley Wraxall Yarborough "
    "Yellowley Zellweather"
)
SUFFIXES = ("Jr.", "II", "III")
SCHOOLS = ("Northern Plains", "Lakeshore State", "Cedar Valley", "St. Brendan", "Harbor Tech", "Old Dominion Hill")

# By roster slot, best player first: field-goal attempts per 36 minutes. Stars shoot more in the minutes they have.
SHOTS_PER_36 = np.array([20.5, 17.0, 14.0, 12.5, 11.0, 13.5, 12.0, 11.0, 10.0, 9.5, 9.5, 9.0, 9.0, 8.5, 8.5])

SLOT_POSITION = np.array(["G", "F", "G", "F", "C"] * 3)
HEIGHT_INCHES = {"G": 75, "F": 80, "C": 83}
POUNDS = {"G": 195.0, "F": 222.0, "C": 248.0}
ZONE_SHARES = {"G": (0.36, 0.20, 0.44), "F": (0.42, 0.18, 0.40), "C": (0.66, 0.15, 0.19)}
ZONE_MAKES = {"G": (0.58, 0.42, 0.365), "F": (0.61, 0.42, 0.36), "C": (0.66, 0.42, 0.33)}
FREE_THROW_MAKE = {"G": 0.82, "F": 0.78, "C": 0.70}
# Offensive and defensive rebounds, assists, steals, blocks, turnovers, fouls per 36 minutes.
PER_36 = {
    "G": (0.8, 3.4, 5.6, 1.4, 0.4, 2.3, 2.4),
    "F": (1.7, 5.2, 3.2, 1.2, 0.8, 1.9, 2.8),
    "C": (3.2, 7.4, 2.4, 0.9, 1.6, 1.9, 3.6),
}


@dataclass(frozen=True)
class Skills:
    """True, constant ability of P players (arrays of P rows); P = teams x 15, team by team, best slot first."""

    level: NDArray[np.float64]  # order within a rotation, higher plays more
    shots: NDArray[np.float64]  # field-goal attempts per minute, relative to team-mates
    zone_share: NDArray[np.float64]  # P x 3, sums to 1: paint, mid, three
    zone_make: NDArray[np.float64]  # P x 3, probability of a make against an average defence
    free_throws: NDArray[np.float64]  # attempts per minute
    free_throw_make: NDArray[np.float64]
    other: NDArray[np.float64]  # P x 7 per minute: oreb, dreb, ast, stl, blk, tov, pf
    frailty: NDArray[np.float64]  # multiplies the chance of a new absence, mean 1


@dataclass(frozen=True)
class People:
    """`players` in the archive's columns, one row a person, in the order of `skills`."""

    players: pd.DataFrame
    skills: Skills


def draw_people(seed: int, teams: int, start: date) -> People:
    """`teams` x 15 people; ids and identities depend on the seed and the number of teams alone."""
    rng = stream(seed, "people")
    positions = np.tile(SLOT_POSITION, teams)
    return People(_register(rng, teams, start, positions), _draw_skills(rng, teams, positions))


def _names(rng: np.random.Generator, teams: int) -> list[str]:
    size = teams * ROSTER_SIZE
    pairs = rng.choice(len(FIRST_NAMES) * len(LAST_NAMES), size, replace=False)
    suffixes = np.where(rng.random(size) < 0.04, rng.choice(SUFFIXES, size), "")
    names = [
        f"{FIRST_NAMES[pair // len(LAST_NAMES)]} {LAST_NAMES[pair % len(LAST_NAMES)]} {suffix}".rstrip()
        for pair, suffix in zip(pairs, suffixes, strict=True)
    ]
    for number, name in enumerate(SPECIAL_NAMES):
        names[number % teams * ROSTER_SIZE + 1 + number // teams] = name
    return names


def _register(rng: np.random.Generator, teams: int, start: date, positions: NDArray[np.str_]) -> pd.DataFrame:
    size = len(positions)
    age_days = (rng.triangular(19.3, 24.0, 38.5, size) * 365.25).astype(int)
    experience = np.maximum(age_days // 365 - rng.integers(19, 23, size), 0)
    inches = [int(HEIGHT_INCHES[p] + d) for p, d in zip(positions, rng.integers(-2, 3, size), strict=True)]
    players = pd.DataFrame(
        {
            "player_id": FIRST_PLAYER_ID + np.arange(size, dtype="int64"),
            "player_name": _names(rng, teams),
            "position": _swingmen(rng, positions),
            "height": [f"{i // 12}-{i % 12}" for i in inches],
            "weight": [POUNDS[p] + float(d) for p, d in zip(positions, rng.integers(-15, 16, size), strict=True)],
            "birth_date": (pd.Timestamp(start) - pd.to_timedelta(age_days, unit="D")).astype("datetime64[us]"),
            "exp": ["R" if years == 0 else str(years) for years in experience],
            "school": rng.choice(SCHOOLS, size).astype(object),
            "jersey": [str(number) for number in rng.integers(0, 56, size)],
        }
    )
    # The archive knows little of some people; an end-of-bench player without particulars stands for them.
    unlisted = (rng.random(size) < 0.15) & (np.arange(size) % ROSTER_SIZE >= 11)
    players.loc[unlisted, ["position", "height", "exp", "school", "jersey"]] = None
    players.loc[unlisted, "weight"] = np.nan
    players.loc[unlisted, "birth_date"] = pd.NaT
    return players


def _swingmen(rng: np.random.Generator, positions: NDArray[np.str_]) -> list[str]:
    second = {"G": "G-F", "F": "F-C", "C": "C-F"}
    return [second[p] if swings else p for p, swings in zip(positions, rng.random(len(positions)) < 0.2, strict=True)]


def _draw_skills(rng: np.random.Generator, teams: int, positions: NDArray[np.str_]) -> Skills:
    size = len(positions)
    shots = np.tile(SHOTS_PER_36, teams) / 36 * np.exp(rng.normal(0, 0.10, size))
    shares = np.array([rng.dirichlet(45 * np.array(ZONE_SHARES[p])) for p in positions])
    makes = np.array([ZONE_MAKES[p] for p in positions]) * rng.normal(1, [0.04, 0.05, 0.05], (size, 3))
    return Skills(
        level=np.tile(-np.arange(ROSTER_SIZE, dtype=float), teams) + rng.normal(0, 0.4, size),
        shots=shots,
        zone_share=shares,
        zone_make=makes,
        free_throws=shots * 0.235 * np.exp(rng.normal(0, 0.25, size)),
        free_throw_make=np.clip(
            np.array([FREE_THROW_MAKE[p] for p in positions]) + rng.normal(0, 0.05, size), 0.5, 0.95
        ),
        other=np.array([PER_36[p] for p in positions]) / 36 * np.exp(rng.normal(0, 0.2, (size, 7))),
        frailty=rng.gamma(4.0, 0.25, size),
    )
