"""A small league as a world, and how tests ask its sources without HTTP."""

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from nba_props.io.sources.live.contract import Source
from nba_props.simulate.league import LeagueConfig, simulate_league
from nba_props.simulate.payloads.exchange import Answer, Ask
from nba_props.simulate.payloads.sites import SITES
from nba_props.simulate.payloads.world import Game, World

SMALL = LeagueConfig(days=12, teams=6, trades=1)
SEASON = {"Season": "2025-26"}
REGULAR = {**SEASON, "SeasonType": "Regular Season"}
EVERY_MARKET = {
    "regions": "us,us2,us_dfs",
    "markets": "player_points,player_points_alternate,spreads,totals",
    "oddsFormat": "american",
}
SPORT = "/sports/basketball_nba"


@lru_cache(maxsize=1)
def small_world() -> World:
    """Twelve days of six teams."""
    return World(simulate_league(SMALL))


@lru_cache(maxsize=1)
def full_world() -> World:
    """Three weeks of thirty teams, with every trap that names and feeds set."""
    return World(simulate_league(LeagueConfig(days=21)))


def ask(world: World, now: datetime, source: Source, path: str, **params: str) -> Answer:
    """The answer of a source at an instant."""
    return SITES[source].answer(world, now, Ask(path, params))


def document(world: World, now: datetime, source: Source, path: str, **params: str) -> Any:
    """The JSON that a source answers with."""
    answer = ask(world, now, source, path, **params)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def records(result_set: Any) -> list[dict[str, Any]]:
    """Rows of an NBA result set by the names of its columns."""
    return [dict(zip(result_set["headers"], row, strict=True)) for row in result_set["rowSet"]]


def quoted_game(world: World) -> Game:
    """A game with a market, on a late date of the league."""
    return next(game for game in reversed(world.games) if world.quotes(game, game.tip - timedelta(seconds=1)))


def before(game: Game, hours: float = 0.5) -> datetime:
    """An instant before its tip."""
    return game.tip - timedelta(hours=hours)
