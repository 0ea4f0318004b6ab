"""Other people's box-score CSVs, recognised by their header whatever the file is called, put into our column names.

nba_api's LeagueGameLog, and two Kaggle layouts: games_details.csv with games.csv, and PlayerStatistics.csv. Every value
arrives as text. Only shapes are changed here (a matchup is split, a clock becomes minutes, a team id a code): whether a
value is possible is judged at the border like any other, so that what cannot be translated is passed on as it came.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nba_props.io.sources.archive.columns import translate
from nba_props.io.sources.archive.layouts import Kind, Layout, every_row
from nba_props.io.sources.archive.payloads import words
from nba_props.io.sources.teams import TEAMS

_STATS = "FGM FGA FG3M FG3A FTM FTA OREB DREB REB AST STL BLK PF PTS PLUS_MINUS"
_TEAM_OF_NBA_ID = {
    str(1610612737 + offset): code
    for offset, code in enumerate(
        words(
            "ATL BOS CLE NOP CHI DAL DEN GSW HOU LAC LAL MIA MIL MIN BKN "
            "NYK ORL IND PHI PHX POR SAC SAS OKC TOR UTA MEM WAS DET CHA"
        )
    )
}
_NICKNAMES = words(
    "Hawks Nets Celtics Hornets Bulls Cavaliers Mavericks Nuggets Pistons Warriors Rockets Pacers Clippers Lakers "
    "Grizzlies Heat Bucks Timberwolves Pelicans Knicks Thunder Magic 76ers Suns Blazers Kings Spurs Raptors Jazz "
    "Wizards"
)
_TEAM_OF_NICKNAME = dict(zip(_NICKNAMES, TEAMS, strict=True)) | {
    "Trail Blazers": "POR",
    "Bobcats": "CHA",
    "SuperSonics": "OKC",
    "Bullets": "WAS",
}
_MATCHUP = re.compile(r"\s*\w+ (vs\.|@) (\w+)\s*")
_CLOCK = re.compile(r"\s*(\d+)(?:\.0*)?:(\d{1,2})\s*")


def _renamed(table: pa.Table, names: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
    """Columns under our names; those that the file does not have are left out."""
    return {ours: table[theirs] for ours, theirs in names.items() if theirs in table.column_names}


def _text(column: pa.ChunkedArray, function: Callable[[str], str | None]) -> pa.Array:
    return translate(column, function, pa.string())


def _stats(names: str) -> dict[str, str]:
    return {name.lower(): name for name in words(names)}


def _season_of_start(year: str) -> str:
    """ "2023" (or "2023.0") as 2023-24; anything else as it came."""
    digits = year.strip().removesuffix(".0")
    return f"{digits}-{(int(digits) + 1) % 100:02d}" if re.fullmatch(r"\d{4}", digits) else year


def _minutes(clock: str) -> str:
    """ "32:15" (and "32.000000:15", as some years have it) as decimal minutes; a plain number as it came."""
    parts = _CLOCK.fullmatch(clock)
    return str(int(parts[1]) + int(parts[2]) / 60) if parts else clock


def _matchup_part(part: int) -> Callable[[str], str | None]:
    def of(matchup: str) -> str | None:
        found = _MATCHUP.fullmatch(matchup)
        return found[part] if found else None

    return of


# -- nba_api LeagueGameLog --------------------------------------------------------------------------------------------
def _league_game_log(table: pa.Table) -> list[tuple[Kind, pa.Table, np.ndarray]]:
    columns = _renamed(
        table,
        {
            "game_id": "GAME_ID",
            "game_date": "GAME_DATE",
            "player_id": "PLAYER_ID",
            "player_name": "PLAYER_NAME",
            "team_abbr": "TEAM_ABBREVIATION",
            "minutes": "MIN",
            **_stats(_STATS + " TOV"),
        },
    )
    side = _text(table["MATCHUP"], _matchup_part(1))
    columns["season"] = _text(table["SEASON_ID"], lambda season_id: _season_of_start(season_id.strip()[1:]))
    columns["opp_abbr"] = _text(table["MATCHUP"], _matchup_part(2))
    columns["is_home"] = pc.equal(side, "vs.")
    columns["win"] = _text(table["WL"], lambda word: {"W": "true", "L": "false"}.get(word.strip(), word))
    return [(Kind.PLAYER_BOX, pa.table(columns), every_row(table))]


# -- Kaggle: games_details.csv with games.csv -------------------------------------------------------------------------
def _games_details(table: pa.Table) -> list[tuple[Kind, pa.Table, np.ndarray]]:
    columns = _renamed(
        table,
        {
            "game_id": "GAME_ID",
            "player_id": "PLAYER_ID",
            "player_name": "PLAYER_NAME",
            "team_abbr": "TEAM_ABBREVIATION",
            "comment": "COMMENT",
            **_stats(_STATS),
            "tov": "TO",
        },
    )
    columns["minutes"] = _text(table["MIN"], _minutes)
    columns["started"] = pc.is_valid(table["START_POSITION"])
    whole = pa.table(columns)
    sat_out = pc.and_(pc.is_null(table["MIN"]), pc.is_valid(table["COMMENT"])).to_numpy(zero_copy_only=False)
    return [
        (Kind.PLAYER_BOX, whole.filter(pa.array(~sat_out)), ~sat_out),
        (Kind.DNP, whole.filter(pa.array(sat_out)), sat_out),
    ]


def _kaggle_games(table: pa.Table) -> list[tuple[Kind, pa.Table, np.ndarray]]:
    columns = _renamed(
        table, {"game_id": "GAME_ID", "game_date": "GAME_DATE_EST", "home_pts": "PTS_home", "away_pts": "PTS_away"}
    )
    for ours, theirs in (("home_abbr", "HOME_TEAM_ID"), ("away_abbr", "VISITOR_TEAM_ID")):
        columns[ours] = _text(table[theirs], lambda team: _TEAM_OF_NBA_ID.get(team.strip().removesuffix(".0"), team))
    columns["season"] = _text(table["SEASON"], _season_of_start)
    return [(Kind.GAMES, pa.table(columns), every_row(table))]


# -- Kaggle: PlayerStatistics.csv -------------------------------------------------------------------------------------
_STATISTICS = {
    "minutes": "numMinutes",
    "pts": "points",
    "ast": "assists",
    "blk": "blocks",
    "stl": "steals",
    "fga": "fieldGoalsAttempted",
    "fgm": "fieldGoalsMade",
    "fg3a": "threePointersAttempted",
    "fg3m": "threePointersMade",
    "fta": "freeThrowsAttempted",
    "ftm": "freeThrowsMade",
    "dreb": "reboundsDefensive",
    "oreb": "reboundsOffensive",
    "reb": "reboundsTotal",
    "pf": "foulsPersonal",
    "tov": "turnovers",
    "plus_minus": "plusMinusPoints",
}


def _team_of_name(city: str, nickname: str) -> str:
    if nickname == "Hornets" and city.startswith("New Orleans"):
        return "NOP"
    return _TEAM_OF_NICKNAME.get(nickname, f"{city} {nickname}".strip())


def _joined(first: pa.ChunkedArray, last: pa.ChunkedArray, by: str) -> pa.ChunkedArray:
    """Two text columns as one, what is NULL left empty (Arrow's own null_handling="skip" loses rows)."""
    return pc.binary_join_element_wise(pc.fill_null(first, ""), pc.fill_null(last, ""), by)


def _team(table: pa.Table, side: str) -> pa.Array:
    full = _joined(table[f"{side}teamCity"], table[f"{side}teamName"], "\t")
    return _text(full, lambda name: _team_of_name(name.partition("\t")[0].strip(), name.rpartition("\t")[2].strip()))


def _player_statistics(table: pa.Table) -> list[tuple[Kind, pa.Table, np.ndarray]]:
    columns = _renamed(
        table, {"game_id": "gameId", "player_id": "personId", "is_home": "home", "win": "win", **_STATISTICS}
    )
    # Eastern wall-clock time, whatever zone letter it carries: its date is the slate date.
    when = table["gameDate" if "gameDate" in table.column_names else "gameDateTimeEst"]
    columns["game_date"] = _text(when, lambda instant: instant.strip()[:10])
    columns["player_name"] = pc.utf8_trim_whitespace(_joined(table["firstName"], table["lastName"], " "))
    columns["team_abbr"] = _team(table, "player")
    columns["opp_abbr"] = _team(table, "opponent")
    return [(Kind.PLAYER_BOX, pa.table(columns), every_row(table))]


_STATISTICS_HEADER = (
    "firstName lastName personId gameId playerteamCity playerteamName opponentteamCity opponentteamName win home "
    "numMinutes points"
)
LEAGUE_GAME_LOG = Layout(
    "nba_api LeagueGameLog",
    frozenset(words("SEASON_ID PLAYER_ID PLAYER_NAME TEAM_ABBREVIATION GAME_ID GAME_DATE MATCHUP WL MIN PTS")),
    (Kind.PLAYER_BOX,),
    _league_game_log,
    {("started",): "starters are not known"},
)
GAMES_DETAILS = Layout(
    "Kaggle games_details",
    frozenset(words("GAME_ID TEAM_ABBREVIATION PLAYER_ID PLAYER_NAME START_POSITION COMMENT MIN PTS")),
    (Kind.PLAYER_BOX, Kind.DNP),
    _games_details,
)
KAGGLE_GAMES = Layout(
    "Kaggle games",
    frozenset(words("GAME_DATE_EST GAME_ID HOME_TEAM_ID VISITOR_TEAM_ID SEASON")),
    (Kind.GAMES,),
    _kaggle_games,
)
PLAYER_STATISTICS = tuple(
    Layout(
        "Kaggle PlayerStatistics",
        frozenset([*words(_STATISTICS_HEADER), when]),
        (Kind.PLAYER_BOX,),
        _player_statistics,
        {("started",): "starters are not known"},
    )
    for when in ("gameDate", "gameDateTimeEst")
)
FOREIGN = (LEAGUE_GAME_LOG, GAMES_DETAILS, KAGGLE_GAMES, *PLAYER_STATISTICS)
"""Layouts recognised by their header."""
