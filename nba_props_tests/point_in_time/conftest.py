"""A small simulated league and homes in which one of its slates was built: made once a session, copied by tests."""

import pickle
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nba_props.platform import Platform
from nba_props.simulate.league import League, LeagueConfig, simulate_league, write_archive
from nba_props_tests.point_in_time.altering import Frames, Known, known_of, read_frames, write_frames
from nba_props_tests.point_in_time.building import (
    SharedHomes,
    build_history,
    build_slate,
    everything_learned,
    import_archive,
    open_home,
    shared_homes,
)
from nba_props_tests.point_in_time.comparing import Snapshot, snapshot

START = date(2025, 10, 1)
DAY = date(2025, 11, 12)
LEAGUE = LeagueConfig(seed=9, start=START, days=46, teams=10, trades=6, quote_days=20, trap_date=DAY)
"""Six weeks, so that the month of the slate has a model; quotes, injuries, rosters; trades before the slate and after."""

IDLE_TEAMS = ("TOR", "UTA")
"""Not in the league of ten."""


@dataclass(frozen=True)
class Built:
    """A home in which a slate was built, what it knew, and what it came to."""

    platform: Platform
    frames: Frames
    known: Known
    games: list[str]
    snapshot: Snapshot


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> SharedHomes:
    return shared_homes(tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def league() -> League:
    return simulate_league(LEAGUE)


@pytest.fixture(scope="session")
def built(homes: SharedHomes, league: League) -> Built:
    """The slate of DAY, built in a home that holds the whole league, its future included."""
    with homes.made_once("league") as (root, is_new):
        if is_new:
            write_archive(league, root / "archive")
            platform = open_home(root / "home")
            import_archive(platform, root / "archive")
            build_history(platform, DAY)
            with everything_learned():
                staged = build_slate(platform, DAY)
            (root / "staged.pickle").write_bytes(pickle.dumps(staged))
    return built_in(root, DAY, IDLE_TEAMS)


REAL_DAY = date(2024, 3, 15)
REAL_SEASONS = ("2022-23", "2023-24")
REAL_LAST = REAL_DAY + timedelta(days=10)


def trimmed(frames: Frames) -> Frames:
    """Two seasons, to ten days after the slate: what its features and its month's model read, and a future to alter."""
    return {
        name: rows[rows["season"].isin(REAL_SEASONS) & (rows["game_date"] <= pd.Timestamp(REAL_LAST))]
        if "game_date" in rows
        else rows
        for name, rows in frames.items()
    }


@pytest.fixture(scope="session")
def real(homes: SharedHomes, archive_dir: Path) -> Built:
    """The slate of REAL_DAY, built from the real archive."""
    with homes.made_once("archive") as (root, is_new):
        if is_new:
            write_frames(trimmed(read_frames(archive_dir)), root / "archive")
            platform = open_home(root / "home")
            import_archive(platform, root / "archive")
            build_history(platform, REAL_DAY)
            staged = build_slate(platform, REAL_DAY)
            (root / "staged.pickle").write_bytes(pickle.dumps(staged))
    return built_in(root, REAL_DAY)


def built_in(root: Path, day: date, spare_teams: tuple[str, str] | None = None) -> Built:
    platform = open_home(root / "home")
    known = known_of(platform, day, spare_teams)
    games = known.as_of["game_id"].tolist()
    staged: dict[str, Any] = pickle.loads((root / "staged.pickle").read_bytes())
    return Built(platform, read_frames(root / "archive"), known, games, snapshot(platform, day, games, staged))
