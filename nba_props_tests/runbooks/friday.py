"""One Friday on which much goes wrong, played once through the real clients, for the runbooks whose situations it makes.

Its league is that of `simulated_home`, whose newest slate (TONIGHT) was two days before. The sources are a server that can
be told to fail, and to tell of another league: one with a corrected box score, one with a trade.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props.simulate.league import League, LeagueConfig, simulate_league
from nba_props.simulate.server import SimulatedSources
from nba_props_tests.cli.conftest import Ended
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.live.kit import KEYS, at
from nba_props_tests.runbooks.kit import Typist

FRIDAY = date(2025, 12, 5)
MORNING, NOON, EVENING = (at(FRIDAY, hour, minute) for hour, minute in ((11, 30), (13, 0), (18, 0)))
DAY_BETWEEN = at(TONIGHT + timedelta(days=1), 9)
"""The off day on which TONIGHT's results are there, and corrected."""


@dataclass
class Friday:
    """The home, what the sources tell, and the pages that are open."""

    home: Path
    league: League
    running: ExitStack
    sources: SimulatedSources = field(init=False)
    pages: dict[str, Typist] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """What commands printed, by the name a stage gave them."""

    def __post_init__(self) -> None:
        self.serve(self.league)

    def serve(self, league: League) -> None:
        """From now on the sources tell of this league."""
        self.league = league
        self.sources = self.running.enter_context(SimulatedSources(league, DAY_BETWEEN))

    def page(self, name: str) -> Typist:
        """The page, opened once."""
        return self.pages.setdefault(name, Typist(f"{name}.md", self.home))

    def types(self, now: datetime, command: str, *names: str, **words: object) -> Ended:
        """Type a command that stands in every one of these pages, once, at an instant."""
        self._look_at_the_clock(now, *names)
        ended = self.page(names[0]).types(command, **words)
        for other in names[1:]:
            self.page(other).has_typed(command, ended)
        return ended

    def runs(self, now: datetime, *words: object) -> Ended:
        """Run what stands in no page: how the situation comes about."""
        self._look_at_the_clock(now, "bad-source-day")
        return self.page("bad-source-day").runs(*words)

    def platform(self, now: datetime) -> Platform:
        return Platform(load_settings(home=self.home, now=now))

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """What the warehouse holds."""
        found: list[dict[str, Any]] = self.platform(EVENING).warehouse.query(sql, values).to_pylist()
        return found

    def _look_at_the_clock(self, now: datetime, *names: str) -> None:
        self.sources.now = now
        for name in names:
            self.page(name).now, self.page(name).environment = now, self._environment()

    def _environment(self) -> Mapping[str, str]:
        keys = {f"NBA_PROPS_{name.upper()}": key for name, key in KEYS.items()}
        return {"NBA_PROPS_SOURCES_URL": self.sources.url, "NBA_PROPS_SOURCE_PACE": "0", **keys}


def league_of_simulated_home() -> League:
    return simulate_league(
        LeagueConfig(seed=1, start=date(2025, 11, 17), days=19, teams=16, trades=2, trap_date=TONIGHT)
    )


def corrected(league: League, day: date) -> tuple[League, int, int]:
    """The league after the best scorer of the day's first winner was given two free throws more; his id, and his points now."""
    game = league.games[league.games["game_date"].dt.date == day].iloc[0]
    is_home = bool(game["home_pts"] > game["away_pts"])
    box, games = league.player_box.copy(), league.games.copy()
    team = game["home_abbr"] if is_home else game["away_abbr"]
    at_row = box[(box["game_id"] == game["game_id"]) & (box["team_abbr"] == team)]["pts"].idxmax()
    for column in ("ftm", "fta", "pts"):
        box.loc[at_row, column] += 2
    of_game = games["game_id"] == game["game_id"]
    games.loc[of_game, "home_pts" if is_home else "away_pts"] += 2
    games.loc[of_game, "total_pts"] += 2
    games.loc[of_game, "margin"] += 2 if is_home else -2
    changed = replace(league, player_box=box, games=games)
    return changed, int(box.loc[at_row, "player_id"]), int(box.loc[at_row, "pts"])


def traded(league: League, day: date) -> tuple[League, str, str]:
    """The league after the first game's most quoted home player went to the visitors, for one of theirs; his name and new team."""
    game = league.games[league.games["game_date"].dt.date == day].iloc[0]
    rosters = league.rosters.copy()
    today = pd.to_datetime(rosters["roster_date"]).dt.date >= day
    quotes = league.points_lines[pd.to_datetime(league.points_lines["game_date"]).dt.date == day]
    people = rosters.groupby("player_name")["player_id"].nunique()
    quoted = quotes[quotes["player_name"].map(people) == 1]["player_name"].value_counts()  # no namesake: he needs no id
    on = {team: rosters[today & (rosters["team_abbr"] == team)] for team in (game["home_abbr"], game["away_abbr"])}
    leaves, comes = (
        max(on[team]["player_name"].unique(), key=lambda name: (quoted.get(name, 0), name))
        for team in (game["home_abbr"], game["away_abbr"])
    )
    for name, team in ((leaves, game["away_abbr"]), (comes, game["home_abbr"])):
        rosters.loc[today & (rosters["player_name"] == name) & rosters["team_abbr"].isin(list(on)), "team_abbr"] = team
    return replace(league, rosters=rosters), str(leaves), str(game["away_abbr"])
