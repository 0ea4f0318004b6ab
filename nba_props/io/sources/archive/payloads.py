"""What the rows of an archive must look like when they arrive: a payload model per raw table.

They are the one home of every constraint: a field's type, range and vocabulary stand in its annotation, what must hold
between fields stands in `rules`. Here also belong the spellings that are understood at this border only (team codes,
season types, injury words). Not here: how a model is applied to a whole column (`border`), what needs other tables
(`parse`), and the rows we keep (the catalogue).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

import pandas as pd
import pyarrow as pa
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from nba_props.domain.calendar import (
    SeasonType,
    noon_eastern,
    parse_season,
    season_bounds,
    season_type_of_game,
    slate_date,
)
from nba_props.errors import BadInput
from nba_props.io.sources.archive.columns import map_distinct
from nba_props.io.sources.teams import TEAM_SPELLINGS


class Problem(StrEnum):
    """What can be wrong with one field; the typed code of a refusal is `{field}_{problem}`."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN = "unknown"
    NOT_MIDNIGHT = "not_midnight"
    NOT_IN_TENTHS = "not_in_tenths"


_PROBLEM_OF_ERROR = {
    **{str(problem): problem for problem in Problem},
    **dict.fromkeys(
        ("greater_than_equal", "less_than_equal", "finite_number", "int_parsing_size"), Problem.OUT_OF_RANGE
    ),
    "string_too_long": Problem.OUT_OF_RANGE,
    "date_from_datetime_inexact": Problem.NOT_MIDNIGHT,
}


def problem_of_error(kind: str) -> Problem:
    """The problem that a type of pydantic's errors stands for, our own custom types included."""
    return _PROBLEM_OF_ERROR.get(kind, Problem.UNREADABLE)


class Reason(StrEnum):
    """Why a row whose fields are each fine was refused."""

    WRONG_NUMBER_OF_FIELDS = "wrong_number_of_fields"
    NOT_A_COUNTING_GAME = "not_a_counting_game"
    SEASON_DISAGREES_WITH_GAME_ID = "season_disagrees_with_game_id"
    SEASON_TYPE_DISAGREES_WITH_GAME_ID = "season_type_disagrees_with_game_id"
    SEASON_TYPE_UNKNOWN = "season_type_unknown"
    DATE_OUTSIDE_SEASON = "date_outside_season"
    TEAM_PLAYS_ITSELF = "team_plays_itself"
    TIP_NOT_ON_SLATE = "tip_not_on_slate"
    SCORE_INCOMPLETE = "score_incomplete"
    SCORE_TIED = "score_tied"
    SCORE_DISAGREES_WITH_WIN = "score_disagrees_with_win"
    BOX_INCOMPLETE = "box_incomplete"
    GAME_CONTRADICTS_ITSELF = "game_contradicts_itself"
    GAME_INCOMPLETE = "game_incomplete"
    UNKNOWN_GAME = "unknown_game"
    NO_BOX_SCORE = "no_box_score"
    SEASON_DISAGREES_WITH_GAME = "season_disagrees_with_game"
    DATE_DISAGREES_WITH_GAME = "date_disagrees_with_game"
    TEAM_NOT_IN_GAME = "team_not_in_game"
    OPPONENT_DISAGREES_WITH_GAME = "opponent_disagrees_with_game"
    HOME_DISAGREES_WITH_GAME = "home_disagrees_with_game"
    WIN_DISAGREES_WITH_SCORE = "win_disagrees_with_score"
    WIN_UNKNOWN = "win_unknown"
    POINTS_WITHOUT_MINUTES = "points_without_minutes"
    MINUTES_WITHOUT_POINTS = "minutes_without_points"
    MORE_MADE_THAN_ATTEMPTED = "more_made_than_attempted"
    POINTS_NOT_SUM_OF_SHOTS = "points_not_sum_of_shots"
    ZONES_EXCEED_SHOTS = "zones_exceed_shots"
    SNAPSHOT_TOO_EARLY = "snapshot_too_early"
    SNAPSHOT_TOO_LATE = "snapshot_too_late"


# -- vocabularies of this border --------------------------------------------------------------------------------------
def words(text: str) -> tuple[str, ...]:
    """Column names and the like, written as one readable line."""
    return tuple(text.split())


SEASON_TYPE_LABEL = {
    SeasonType.PRESEASON: "Preseason",
    SeasonType.REGULAR: "Regular Season",
    SeasonType.ALL_STAR: "All-Star",
    SeasonType.PLAYOFFS: "Playoffs",
    SeasonType.PLAY_IN: "Play-In",
    SeasonType.CUP_FINAL: "NBA Cup Final",
}
_SEASON_TYPE_SPELLINGS = {label: label for label in SEASON_TYPE_LABEL.values()} | {
    "Pre Season": "Preseason",
    "All Star": "All-Star",
    "PlayIn": "Play-In",
    "Play-In Tournament": "Play-In",
    "Playoff": "Playoffs",
}
_NOT_COUNTING = ("Preseason", "All-Star")
INJURY_STATUSES = ("available", "probable", "questionable", "doubtful", "out")


def _one_of(spellings: Mapping[str, str]) -> Callable[[object], str]:
    canonical = {spelling.casefold(): word for spelling, word in spellings.items()}

    def word_of(value: object) -> str:
        word = canonical.get(str(value).strip().casefold())
        if word is None:
            raise PydanticCustomError(Problem.UNKNOWN, "not one of the known words")
        return word

    return word_of


# -- fields -----------------------------------------------------------------------------------------------------------
_FIRST_DAY, _LAST_DAY = date(1946, 11, 1), date(2100, 12, 31)
_DIGITS = re.compile(r"(\d{8,10})(?:\.0)?")


def _game_id(value: object) -> str:
    """A game id as text. Spreadsheets and pandas drop the two leading zeros of the NBA's ten digits: they come back."""
    text = str(value).strip()
    digits = _DIGITS.fullmatch(text)
    return digits[1].zfill(10) if digits else text


def _season(value: str) -> str:
    try:
        return parse_season(value)
    except BadInput as error:
        raise PydanticCustomError(Problem.UNREADABLE, "not a season label") from error


def _utc(value: datetime) -> datetime:
    """The instant in UTC; one without a zone is UTC already (the column's name says `_utc`)."""
    if not _FIRST_DAY.year <= value.year <= _LAST_DAY.year:
        raise PydanticCustomError(Problem.OUT_OF_RANGE, "not an instant of any NBA season")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _tenths(value: float) -> float:
    """The line as the nearest tenth: a float32 25.1 is 25.1. Anything between two tenths is no line."""
    tenths = round(value * 10)
    if abs(value * 10 - tenths) > 1e-3:
        raise PydanticCustomError(Problem.NOT_IN_TENTHS, "not a whole number of tenths")
    return tenths / 10


def _american(value: float) -> float:
    if not 100 <= abs(value) <= 100_000:
        raise PydanticCustomError(Problem.OUT_OF_RANGE, "not an American price")
    return value


def _flag(value: object) -> object:
    """A flag column with gaps comes out of pandas as 1.0 and 0.0."""
    return {"1.0": True, "0.0": False}.get(value, value) if isinstance(value, str) else value


GameId = Annotated[
    str, BeforeValidator(_game_id), Field(pattern=r"^(00[1-6]\d{7}|[a-z][a-z0-9_]*:[^\s].*)$", max_length=100)
]
SlateDay = Annotated[date, Field(ge=_FIRST_DAY, le=_LAST_DAY)]
SeasonLabel = Annotated[str, AfterValidator(_season)]
SeasonTypeWord = Annotated[str, BeforeValidator(_one_of(_SEASON_TYPE_SPELLINGS))]
Team = Annotated[str, BeforeValidator(_one_of(TEAM_SPELLINGS))]
PersonId = Annotated[int, Field(ge=1, le=2**53)]
Name = Annotated[str, Field(max_length=200)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Minutes = Annotated[float, Field(ge=0, le=90)]
Count = Annotated[int, Field(ge=0, le=120)]
PlusMinus = Annotated[int, Field(ge=-100, le=100)]
TeamScore = Annotated[int, Field(ge=0, le=250)]
Spread = Annotated[float, Field(ge=-70, le=70)]
Total = Annotated[float, Field(ge=80, le=400)]
PointsLine = Annotated[float, Field(ge=0.5, le=80), AfterValidator(_tenths)]
AmericanPrice = Annotated[float, AfterValidator(_american)]
Instant = Annotated[datetime, AfterValidator(_utc)]
InjuryWord = Annotated[str, BeforeValidator(_one_of({word: word for word in INJURY_STATUSES}))]
Text = Annotated[str, Field(max_length=500)]


# -- rules between fields ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rule:
    """Refuses the rows for which `fails` is true; unknown (NULL) is no failure, a missing field is refused as such."""

    reason: Reason
    fails: Callable[[pd.DataFrame], pd.Series]


def season_of_game_id(game_id: str) -> str | None:
    """Season that an NBA game id states ("0022300061" is 2023-24); None for ids of other sources."""
    if season_type_of_game(game_id) is None:
        return None
    start = 2000 + int(game_id[3:5])
    start -= 100 if start % 100 >= 46 else 0  # the league's first season was 1946-47
    return f"{start}-{(start + 1) % 100:02d}"


def season_type_of_game_id(game_id: str) -> str | None:
    """Season type that an NBA game id states, in the raw layer's words; None for ids of other sources."""
    season_type = season_type_of_game(game_id)
    return None if season_type is None else SEASON_TYPE_LABEL[season_type]


def _id_season(rows: pd.DataFrame) -> pd.Series:
    return map_distinct(rows["game_id"], season_of_game_id, pa.string())


def _id_season_type(rows: pd.DataFrame) -> pd.Series:
    return map_distinct(rows["game_id"], season_type_of_game_id, pa.string())


def _is_not_counting(rows: pd.DataFrame) -> pd.Series:
    return _id_season_type(rows).isin(_NOT_COUNTING) | rows["season_type"].isin(_NOT_COUNTING)


def _is_outside_season(rows: pd.DataFrame) -> pd.Series:
    # The bubble playoffs of 2019-20 ended on 11 October 2020, after the nominal end of the season.
    season = rows["season"].fillna(_id_season(rows)) if "game_id" in rows else rows["season"]
    first = map_distinct(season, lambda label: season_bounds(label)[0], pa.date32())
    last = map_distinct(season, lambda label: season_bounds(label)[1] + timedelta(days=45), pa.date32())
    return (rows["game_date"] < first) | (rows["game_date"] > last)


def _tips_off_slate(rows: pd.DataFrame) -> pd.Series:
    return map_distinct(rows["tip_utc"], slate_date, pa.date32()) != rows["game_date"]


def _noon(rows: pd.DataFrame, offset: timedelta) -> pd.Series:
    return map_distinct(rows["game_date"], lambda day: noon_eastern(day) + offset, pa.timestamp("us", tz="UTC"))


def _seen_rules(instant: str) -> tuple[Rule, ...]:
    """A day's facts are published from two weeks before its noon to 36 hours after; what lies outside is misdated."""
    return (
        Rule(Reason.SNAPSHOT_TOO_EARLY, lambda rows: rows[instant] < _noon(rows, timedelta(days=-14))),
        Rule(Reason.SNAPSHOT_TOO_LATE, lambda rows: rows[instant] > _noon(rows, timedelta(hours=36))),
    )


_GAME_RULES = (
    Rule(Reason.SEASON_DISAGREES_WITH_GAME_ID, lambda rows: rows["season"] != _id_season(rows)),
    Rule(Reason.SEASON_TYPE_DISAGREES_WITH_GAME_ID, lambda rows: rows["season_type"] != _id_season_type(rows)),
    Rule(Reason.DATE_OUTSIDE_SEASON, _is_outside_season),
)
_NOT_A_COUNTING_GAME = (Rule(Reason.NOT_A_COUNTING_GAME, _is_not_counting),)


# -- payloads ---------------------------------------------------------------------------------------------------------
class Payload(BaseModel):
    """Base of what an archive sends: columns we do not know are others' business, numbers may stand for text ids.

    `exclusions` are asked first, before any fault of a field: a row outside our scope is not a faulty one.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)
    exclusions: ClassVar[tuple[Rule, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()


class Game(Payload):
    """A game as scheduled (games)."""

    game_id: GameId
    game_date: SlateDay
    season: SeasonLabel | None = None
    season_type: SeasonTypeWord | None = None
    home_abbr: Team
    away_abbr: Team
    tip_utc: Instant | None = None

    exclusions = _NOT_A_COUNTING_GAME
    rules = (
        *_GAME_RULES,
        Rule(Reason.TEAM_PLAYS_ITSELF, lambda rows: rows["home_abbr"] == rows["away_abbr"]),
        Rule(Reason.TIP_NOT_ON_SLATE, _tips_off_slate),
    )


class FinalScore(Payload):
    """The score of a game (games)."""

    game_id: GameId
    game_date: SlateDay | None = None
    season: SeasonLabel | None = None
    season_type: SeasonTypeWord | None = None
    home_pts: TeamScore | None = None
    away_pts: TeamScore | None = None

    exclusions = _NOT_A_COUNTING_GAME
    rules = (
        Rule(Reason.SCORE_INCOMPLETE, lambda rows: rows["home_pts"].isna() | rows["away_pts"].isna()),
        Rule(Reason.SCORE_TIED, lambda rows: rows["home_pts"] == rows["away_pts"]),
    )


class GameLine(Payload):
    """Spread and total of a game (games)."""

    game_id: GameId
    game_date: SlateDay | None = None
    season: SeasonLabel | None = None
    season_type: SeasonTypeWord | None = None
    home_spread: Spread | None = None
    total_line: Total | None = None

    exclusions = _NOT_A_COUNTING_GAME


class BoxNumbers(Payload):
    """What a box score counts, whoever tells it; minutes NULL or 0: he did not play."""

    minutes: Minutes | None = None
    pts: Count | None = None
    fgm: Count | None = None
    fga: Count | None = None
    fg3m: Count | None = None
    fg3a: Count | None = None
    ftm: Count | None = None
    fta: Count | None = None
    oreb: Count | None = None
    dreb: Count | None = None
    reb: Count | None = None
    ast: Count | None = None
    stl: Count | None = None
    blk: Count | None = None
    tov: Count | None = None
    pf: Count | None = None
    plus_minus: PlusMinus | None = None
    fgm_paint: Count | None = None
    fga_paint: Count | None = None
    fgm_mid: Count | None = None
    fga_mid: Count | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            Reason.MORE_MADE_THAN_ATTEMPTED,
            lambda rows: _any(
                *(
                    rows[made] > rows[attempted]
                    for made, attempted in (
                        *(("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3m", "fgm"), ("fg3a", "fga")),
                        *(("fgm_paint", "fga_paint"), ("fgm_mid", "fga_mid")),
                    )
                )
            ),
        ),
        Rule(
            Reason.POINTS_NOT_SUM_OF_SHOTS,
            lambda rows: rows["pts"] != 2 * (rows["fgm"] - rows["fg3m"]) + 3 * rows["fg3m"] + rows["ftm"],
        ),
        Rule(
            Reason.ZONES_EXCEED_SHOTS,
            lambda rows: _any(
                rows["fgm_paint"] + rows["fgm_mid"] > rows["fgm"] - rows["fg3m"],
                rows["fga_paint"] + rows["fga_mid"] > rows["fga"] - rows["fg3a"],
            ),
        ),
        Rule(Reason.POINTS_WITHOUT_MINUTES, lambda rows: rows["minutes"].isna() & (rows["pts"] > 0)),
        Rule(Reason.MINUTES_WITHOUT_POINTS, lambda rows: _has_minutes(rows) & rows["pts"].isna()),
    )


class _PlayerInGame(Payload):
    """Whose box score of which game. Date, opponent, side and result may come from the game instead."""

    game_id: GameId
    game_date: SlateDay | None = None
    season: SeasonLabel | None = None
    season_type: SeasonTypeWord | None = None
    player_id: PersonId
    player_name: Name
    team_abbr: Team
    opp_abbr: Team | None = None
    is_home: Flag | None = None
    started: Flag | None = None
    win: Flag | None = None


class PlayerBox(BoxNumbers, _PlayerInGame):
    """One player's box score (player_box)."""

    exclusions = _NOT_A_COUNTING_GAME
    rules = (
        *_GAME_RULES,
        Rule(Reason.TEAM_PLAYS_ITSELF, lambda rows: rows["team_abbr"] == rows["opp_abbr"]),
        *BoxNumbers.rules,
    )


class DidNotPlay(Payload):
    """The official comment of a player who did not play (dnp)."""

    game_id: GameId
    game_date: SlateDay | None = None
    season: SeasonLabel | None = None
    season_type: SeasonTypeWord | None = None
    player_id: PersonId
    player_name: Name
    team_abbr: Team
    comment: Text

    exclusions = _NOT_A_COUNTING_GAME
    rules = _GAME_RULES


class PointsQuote(Payload):
    """One quote of one player's points (points_lines). In-play and one-sided quotes are facts like the others."""

    game_date: SlateDay
    season: SeasonLabel | None = None
    snapshot_utc: Instant
    tip_utc: Instant | None = None
    pre_tip: Flag | None = None
    event_id: Text | None = None
    home_abbr: Team | None = None
    away_abbr: Team | None = None
    player_name: Name
    bookmaker: Name
    line_type: Text | None = None
    is_main: Flag | None = None
    line: PointsLine
    over_price: AmericanPrice | None = None
    under_price: AmericanPrice | None = None

    rules = (
        Rule(Reason.DATE_OUTSIDE_SEASON, _is_outside_season),
        Rule(Reason.TEAM_PLAYS_ITSELF, lambda rows: rows["home_abbr"] == rows["away_abbr"]),
        Rule(Reason.TIP_NOT_ON_SLATE, _tips_off_slate),
        *_seen_rules("snapshot_utc"),
    )


class InjuryEntry(Payload):
    """One line of an injury report (injuries)."""

    game_date: SlateDay
    team_abbr: Team
    player_name: Name
    status: InjuryWord
    reason: Text | None = None
    reported_utc: Instant

    rules = _seen_rules("reported_utc")


class RosterPlace(Payload):
    """One player's place on a roster as known on a morning (rosters)."""

    roster_date: SlateDay
    team_abbr: Team
    player_id: PersonId
    player_name: Name


class Person(Payload):
    """A person the league knows (players)."""

    player_id: PersonId
    player_name: Name
    position: Text | None = None
    height: Text | None = None
    weight: Annotated[float, Field(ge=100, le=450)] | None = None
    birth_date: Annotated[date, Field(ge=date(1900, 1, 1), le=_LAST_DAY)] | None = None


def _has_minutes(rows: pd.DataFrame) -> pd.Series:
    return rows["minutes"].fillna(0.0) > 0


def _any(*fails: pd.Series) -> pd.Series:
    """True where any is; NULL counts as no."""
    together = fails[0].fillna(False)
    for one in fails[1:]:
        together = together | one.fillna(False)
    return together
