"""A home that follows a simulated league through the real clients: over HTTP, at the instants a test says, in keys and pace.

Here belongs how tests move the clock of the sources and of the platform together, and call its commands. Not here: what
is to come of it (`truth` and the tests).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from nba_props.assets.raw.live import read_season, write_season
from nba_props.catalog import TABLES
from nba_props.cli.ending import run_to_end
from nba_props.domain.calendar import EASTERN
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings
from nba_props.simulate.league import League, LeagueConfig, simulate_league
from nba_props.simulate.server import SimulatedSources

LEAGUE = LeagueConfig(seed=3, start=date(2025, 11, 3), days=28, teams=8, trades=1)
SEASON = LEAGUE.season
KEYS = {
    "balldontlie_api_key": "key-of-balldontlie",
    "odds_api_key": "key-of-the-odds",
    "bettingpros_api_key": "key-of-the-pros",
}


@dataclass
class Follower:
    """A home and the sources it asks; both are at the same instant."""

    league: League
    sources: SimulatedSources
    home: Path

    def at(self, now: datetime) -> Platform:
        """The platform at an instant, and the sources with it."""
        self.sources.now = now
        return Platform(load_settings(home=self.home, now=now, sources_url=self.sources.url, source_pace=0.0, **KEYS))

    def said(self, now: datetime, *words: object) -> int:
        """Run a command line at an instant; its exit code."""
        self.sources.now = now
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("NBA_PROPS_NOW", now.isoformat())
            environment.setenv("NBA_PROPS_SOURCES_URL", self.sources.url)
            environment.setenv("NBA_PROPS_SOURCE_PACE", "0")
            for name, key in KEYS.items():
                environment.setenv(f"NBA_PROPS_{name.upper()}", key)
            return run_to_end([*map(str, words), "--home", str(self.home)])


@contextmanager
def following(home: Path, config: LeagueConfig = LEAGUE) -> Iterator[Follower]:
    """A new home, its tables made, beside the sources of a league; they are at the league's first morning."""
    league = simulate_league(config)
    with SimulatedSources(league, at(config.start, 9)) as sources:
        follower = Follower(league, sources, home)
        prepare(follower.at(at(config.start, 9)))
        yield follower


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An Eastern time of a date."""
    return datetime.combine(day, time(hour, minute), tzinfo=EASTERN)


def before_tip(league: League, day: date) -> datetime:
    """An hour before the first tip of a slate."""
    games = league.games[league.games["game_date"].dt.date == day]
    first: datetime = games["tip_utc"].min().to_pydatetime()
    return first - timedelta(hours=1)


def parse_landed(platform: Platform, season: str = SEASON) -> None:
    """What is landed of a season, into the raw tables: the raw step without Dagster."""
    found = read_season(platform, season, [])
    assert found is not None
    write_season(platform, season, found)


RAW = tuple(
    name
    for name, one in TABLES.items()
    if name.startswith("nba_raw.") and one.name not in ("team_rosters", "archive_imports")
)
"""What parsing fills."""


def raw_rows(platform: Platform, names: tuple[str, ...] = RAW) -> dict[str, list[tuple[object, ...]]]:
    """Every row of raw tables, in order of their grain."""
    return {name: _rows(platform, name) for name in names}


def _rows(platform: Platform, name: str) -> list[tuple[object, ...]]:
    grain = ", ".join(TABLES[name].grain)
    found: pa.Table = platform.warehouse.query(f"select * from {name} order by {grain}")
    return [tuple(row.values()) for row in found.to_pylist()]
