"""What stats.nba.com sends: its envelopes, and one model for each kind of record in them.

A record's field has the name of our column and, as its alias, the name they use. Here are types and presence only; ranges,
vocabularies and what must hold between fields are the border's (`live.rows`), and what a record becomes is in `parse`.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nba_props.io.sources.archive.payloads import Problem
from nba_props.io.sources.live.received import Day, Instant, Sent, Words, written

# -- fields -----------------------------------------------------------------------------------------------------------
_LARGEST = 2**53
_UNKNOWN = re.compile(r"\s*|(0001|1900)-.*", re.DOTALL)
_CLOCK = re.compile(r"(?:PT)?(\d{1,3})(?::|M)(\d{1,2}(?:\.\d+)?)S?")


def _no_flag(value: Any) -> Any:
    """JSON's true is no number, though Python's is."""
    if isinstance(value, bool):
        raise PydanticCustomError(Problem.UNREADABLE, "a flag where a number belongs")
    return value


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _unknown_is_none(value: Any) -> Any:
    """An instant that nobody knows yet is blank, or of the year 1900 or 1."""
    return None if isinstance(value, str) and _UNKNOWN.fullmatch(value) else value


def _date_as_written(value: Any) -> str:
    """The date of an "Est" instant: it carries a Z and is Eastern, so that only its letters are true."""
    return written(value)[:10]


def _clock_minutes(value: Any) -> Any:
    """Minutes of a clock, "34:12" or "PT34M12.00S"; a number stays one."""
    clock = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(clock[1]) + float(clock[2]) / 60 if clock else value


def _is_win(value: Any) -> Any:
    if value is None:
        return None
    if value not in ("W", "L"):
        raise PydanticCustomError(Problem.UNKNOWN, "neither W nor L")
    return value == "W"


# They write whole numbers as 9.0 and weights as text.
Whole = Annotated[int, Field(strict=False, ge=-_LARGEST, le=_LARGEST), BeforeValidator(_no_flag)]
Number = Annotated[float, Field(strict=False), BeforeValidator(_no_flag)]
MaybeWords = Annotated[str | None, BeforeValidator(_blank_is_none)]
MaybeNumber = Annotated[Number | None, BeforeValidator(_blank_is_none)]
Clock = Annotated[Number | None, BeforeValidator(_clock_minutes), BeforeValidator(_blank_is_none)]
Win = Annotated[bool | None, BeforeValidator(_is_win)]
EasternDay = Annotated[date, Field(strict=False), BeforeValidator(_date_as_written)]
MaybeInstant = Annotated[Instant | None, BeforeValidator(_unknown_is_none)]


# -- tables: header names and rows of values --------------------------------------------------------------------------
class ResultSet(Sent):
    """One table; a row is a list as long as its headers."""

    name: str
    headers: list[str]
    rows: list[Any] = Field(alias="rowSet")


class ResultSets(Sent):
    """The envelope of the player index and the game logs."""

    sets: list[ResultSet] = Field(alias="resultSets")


class HeaderLevel(Sent):
    """One of the two lines of a two-level header: zones that each span some columns, and the columns."""

    name: str
    names: list[str] = Field(alias="columnNames")
    span: int = Field(1, alias="columnSpan", ge=1)
    skipped: int = Field(0, alias="columnsToSkip", ge=0)


class ZoneSet(Sent):
    """The table of shot locations."""

    name: str
    headers: list[HeaderLevel]
    rows: list[Any] = Field(alias="rowSet")


class ZoneSets(Sent):
    """The envelope of shot locations: here `resultSets` is one table, not a list. `parameters` repeats what was asked."""

    table: ZoneSet = Field(alias="resultSets")
    parameters: dict[str, Any] = Field(default_factory=dict)


class IndexedPerson(Sent):
    """A row of the player index (playerindex). A suffix is part of the last name: "Bagley III"."""

    player_id: Whole = Field(alias="PERSON_ID")
    first_name: MaybeWords = Field(alias="PLAYER_FIRST_NAME")
    last_name: MaybeWords = Field(alias="PLAYER_LAST_NAME")
    position: MaybeWords = Field(alias="POSITION")
    height: MaybeWords = Field(alias="HEIGHT")
    weight: MaybeNumber = Field(alias="WEIGHT")


class LoggedGame(Sent):
    """A row of the players' game log (leaguegamelog): whole minutes, and the side in `matchup`, "IND @ MIL"."""

    game_id: Words = Field(alias="GAME_ID")
    game_date: Day = Field(alias="GAME_DATE")
    player_id: Whole = Field(alias="PLAYER_ID")
    player_name: Words = Field(alias="PLAYER_NAME")
    team_abbr: Words = Field(alias="TEAM_ABBREVIATION")
    matchup: Words = Field(alias="MATCHUP")
    win: Win = Field(alias="WL")
    minutes: MaybeNumber = Field(alias="MIN")
    pts: Whole | None = Field(alias="PTS")
    fgm: Whole | None = Field(alias="FGM")
    fga: Whole | None = Field(alias="FGA")
    fg3m: Whole | None = Field(alias="FG3M")
    fg3a: Whole | None = Field(alias="FG3A")
    ftm: Whole | None = Field(alias="FTM")
    fta: Whole | None = Field(alias="FTA")
    oreb: Whole | None = Field(alias="OREB")
    dreb: Whole | None = Field(alias="DREB")
    reb: Whole | None = Field(alias="REB")
    ast: Whole | None = Field(alias="AST")
    stl: Whole | None = Field(alias="STL")
    blk: Whole | None = Field(alias="BLK")
    tov: Whole | None = Field(alias="TOV")
    pf: Whole | None = Field(alias="PF")
    plus_minus: Whole | None = Field(alias="PLUS_MINUS")


class LocatedShots(Sent):
    """A row of shot locations (leaguedashplayershotlocations) under its flattened header, "<zone> <column>"."""

    player_id: Whole = Field(alias="PLAYER_ID")
    player_name: Words = Field(alias="PLAYER_NAME")
    team_abbr: Words = Field(alias="TEAM_ABBREVIATION")
    fgm_rim: Whole = Field(alias="Restricted Area FGM")
    fga_rim: Whole = Field(alias="Restricted Area FGA")
    fgm_rest_of_paint: Whole = Field(alias="In The Paint (Non-RA) FGM")
    fga_rest_of_paint: Whole = Field(alias="In The Paint (Non-RA) FGA")
    fgm_mid: Whole = Field(alias="Mid-Range FGM")
    fga_mid: Whole = Field(alias="Mid-Range FGA")


# -- the schedule -----------------------------------------------------------------------------------------------------
class Side(Sent):
    """One team of a scheduled game; id 0 and no code while a play-off series has no teams yet."""

    team_id: Whole = Field(alias="teamId")
    code: MaybeWords = Field(alias="teamTricode")
    score: Whole | None


class ScheduledGame(Sent):
    """A game of the schedule (scheduleleaguev2). `status`: 1 to come, 2 on, 3 over."""

    game_id: Words = Field(alias="gameId")
    game_date: EasternDay = Field(alias="gameDateEst")
    tip_utc: MaybeInstant = Field(alias="gameDateTimeUTC")
    status: Whole = Field(alias="gameStatus")
    status_text: str = Field(alias="gameStatusText")
    home: Side = Field(alias="homeTeam")
    away: Side = Field(alias="awayTeam")


class ScheduleDay(Sent):
    """A date of the schedule; its games are read one by one."""

    games: list[Any]


class LeagueSchedule(Sent):
    """A season's dates."""

    season: Words = Field(alias="seasonYear")
    days: list[ScheduleDay] = Field(alias="gameDates")


class Schedule(Sent):
    """The envelope of the schedule."""

    league: LeagueSchedule = Field(alias="leagueSchedule")


# -- one game's box score ---------------------------------------------------------------------------------------------
class BoxPlayer(Sent):
    """A player of a box score (boxscoretraditionalv3), his `statistics` among his own fields.

    `position` is blank for all but the five starters; who did not play has a comment, no clock and zeros.
    """

    player_id: Whole = Field(alias="personId")
    first_name: MaybeWords = Field(alias="firstName")
    last_name: MaybeWords = Field(alias="familyName")
    position: MaybeWords
    comment: MaybeWords
    minutes: Clock
    pts: Whole | None = Field(alias="points")
    fgm: Whole | None = Field(alias="fieldGoalsMade")
    fga: Whole | None = Field(alias="fieldGoalsAttempted")
    fg3m: Whole | None = Field(alias="threePointersMade")
    fg3a: Whole | None = Field(alias="threePointersAttempted")
    ftm: Whole | None = Field(alias="freeThrowsMade")
    fta: Whole | None = Field(alias="freeThrowsAttempted")
    oreb: Whole | None = Field(alias="reboundsOffensive")
    dreb: Whole | None = Field(alias="reboundsDefensive")
    reb: Whole | None = Field(alias="reboundsTotal")
    ast: Whole | None = Field(alias="assists")
    stl: Whole | None = Field(alias="steals")
    blk: Whole | None = Field(alias="blocks")
    tov: Whole | None = Field(alias="turnovers")
    pf: Whole | None = Field(alias="foulsPersonal")
    plus_minus: Whole | None = Field(alias="plusMinusPoints")


class TeamTotals(Sent):
    """A team's sums."""

    pts: Whole | None = Field(None, alias="points")


class BoxTeam(Sent):
    """One team's box score; its players are read one by one."""

    code: Words = Field(alias="teamTricode")
    players: list[Any]
    totals: TeamTotals | None = Field(None, alias="statistics")


class GameBox(Sent):
    """A game's box score."""

    game_id: Words = Field(alias="gameId")
    home: BoxTeam = Field(alias="homeTeam")
    away: BoxTeam = Field(alias="awayTeam")


class BoxScore(Sent):
    """The envelope of a box score."""

    game: GameBox = Field(alias="boxScoreTraditional")
