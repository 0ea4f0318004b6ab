"""Rows together: what each kind of raw row becomes once its own fields are judged, whoever sent it.

Here belongs what needs more than one row: the game a box score belongs to, games and results that only box scores tell,
duplicates, main lines; and which column of a table is which field. Archives (`parse`) and live payloads (`live.assemble`)
go through the same functions. What a single row must satisfy is in `payloads`; the books are kept by `border`.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Set

import numpy as np
import pandas as pd
import pyarrow as pa

from nba_props.catalog.model import Table
from nba_props.catalog.raw import (
    GAME_LINES,
    GAME_RESULTS,
    INJURY_REPORTS,
    PLAYER_BOX_SCORES,
    PLAYER_LIST,
    PLAYER_POINTS_QUOTES,
    ROSTER_SNAPSHOTS,
    SCHEDULE,
)
from nba_props.domain.calendar import season_of
from nba_props.io.sources.archive.border import (
    UNKNOWN_SEASON,
    as_keys,
    kept,
    mark_duplicates,
    refuse,
)
from nba_props.io.sources.archive.columns import arrow_series, as_frame, as_table, is_true, map_distinct
from nba_props.io.sources.archive.payloads import Reason, season_of_game_id, season_type_of_game_id, words

_COUNTS = words("fgm fga fg3m fg3a ftm fta oreb dreb reb ast stl blk tov pf")
ZONES = words("fgm_paint fga_paint fgm_mid fga_mid")
# Five players for 48 minutes are 240; sources that round to whole minutes stay within a few of it.
_FEWEST_TEAM_MINUTES = 225.0
PLACE = ("payload_ref", "row_number", "source", "fetched_at")
"""Where a row comes from."""


# -- seasons ----------------------------------------------------------------------------------------------------------
def with_game_facts(frame: pd.DataFrame) -> pd.DataFrame:
    """Fills season and season type from the game id, and the season from the date where the id does not say."""
    frame["season"] = frame["season"].fillna(map_distinct(frame["game_id"], season_of_game_id, pa.string()))
    types = map_distinct(frame["game_id"], season_type_of_game_id, pa.string())
    frame["season_type"] = frame["season_type"].fillna(types)
    return with_season_of(frame, "game_date") if "game_date" in frame else frame


def with_season_of(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    """Fills the season from a date; a row of neither is of an unknown season."""
    by_date = map_distinct(frame[day], season_of, pa.string())
    frame["season"] = frame["season"].fillna(by_date) if "season" in frame else by_date
    return frame


def of_seasons(frame: pd.DataFrame, seasons: Set[str] | None) -> pd.DataFrame:
    frame["season"] = frame["season"].fillna(UNKNOWN_SEASON)
    if seasons is None:
        return frame
    return frame[frame["season"].isin([*seasons, UNKNOWN_SEASON])].reset_index(drop=True)


# -- games ------------------------------------------------------------------------------------------------------------
def games_of(games: pd.DataFrame, box: pd.DataFrame, elsewhere: Collection[str] = ()) -> pd.DataFrame:
    """The games that are told, and those that only box scores tell; `elsewhere`: ids of games known anyway."""
    refuse(games, Reason.SEASON_TYPE_UNKNOWN, games["season_type"].isna())
    mark_duplicates(games, ("game_id",))
    known = {*kept(games)["game_id"], *elsewhere}
    derived = _derived_games(box[~box["game_id"].isin(known)], games)
    mark_duplicates(derived, ("game_id",))
    return stacked(games, derived)


def _derived_games(box: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """One game for each game id of the accepted box rows; refused where they disagree or say too little."""
    rows = box[box["refusal"].isna()]
    is_home, is_away = is_true(rows["is_home"]), is_true(~rows["is_home"])
    facts = {
        "game_id": rows["game_id"],
        "game_date": rows["game_date"],
        "season": rows["season"],
        "season_type": rows["season_type"],
        "home_abbr": rows["team_abbr"].where(is_home, rows["opp_abbr"].where(is_away)),
        "away_abbr": rows["team_abbr"].where(is_away, rows["opp_abbr"].where(is_home)),
    }
    places = {name: rows[name] for name in PLACE}
    told = [name for name in facts if name != "game_id"]
    found = as_table(pd.DataFrame(facts | places)).group_by("game_id", use_threads=False)
    spelled = [(name, "first") for name in (*told, *places)] + [(name, "count_distinct") for name in told]
    games = as_frame(found.aggregate(spelled))
    games = games.rename(columns={f"{name}_first": name for name in (*told, *places)})
    variants = games[[f"{name}_count_distinct" for name in told]]
    games["refusal"] = arrow_series(pa.nulls(len(games), pa.string()))
    refuse(games, Reason.GAME_CONTRADICTS_ITSELF, (variants > 1).any(axis=1))
    refuse(games, Reason.GAME_INCOMPLETE, (variants == 0).any(axis=1))
    games["season"] = games["season"].fillna(UNKNOWN_SEASON)
    games["tip_utc"] = arrow_series(pa.nulls(len(games), pa.timestamp("us", tz="UTC")))
    return games[[name for name in like.columns if name in games.columns]]


def results_of(scores: pd.DataFrame, known: pd.DataFrame, box: pd.DataFrame) -> pd.DataFrame:
    """The scores that are told, and for known games without one the sums of their box scores."""
    told = _with_any(scores, ("home_pts", "away_pts"))
    refuse(told, Reason.UNKNOWN_GAME, ~told["game_id"].isin(known["game_id"]))
    mark_duplicates(told, ("game_id",))
    untold = known[~known["game_id"].isin(told["game_id"])]
    derived = derived_scores(untold, box)
    mark_duplicates(derived, ("game_id",))
    return _dated(stacked(told.drop(columns="game_date"), derived), known)


def _with_any(frame: pd.DataFrame, fields: tuple[str, str]) -> pd.DataFrame:
    """The rows that say anything about two optional fields, readable or not."""
    is_faulty = frame["refusal"].str.startswith(tuple(f"{name}_" for name in fields))
    says = frame[list(fields)].notna().any(axis=1) | is_faulty.fillna(False)
    return frame[is_true(says)].reset_index(drop=True)


def derived_scores(games: pd.DataFrame, box: pd.DataFrame) -> pd.DataFrame:
    """Sums of the players' points. Refused where a row of the game was refused or a team's minutes are short: a sum
    over part of a team is no score. Rows of points without minutes count: the points were scored."""
    rows = box[box["game_id"].isin(games["game_id"])]
    rows = rows[~as_keys(rows, ("game_id", "player_id")).duplicated()]
    is_lost = rows["refusal"].notna() & (rows["refusal"] != str(Reason.POINTS_WITHOUT_MINUTES))
    sums = (
        as_table(rows[["game_id", "team_abbr", "pts", "minutes"]].assign(lost=is_lost.astype("int64[pyarrow]")))
        .group_by(["game_id", "team_abbr"])
        .aggregate([("pts", "sum"), ("minutes", "sum"), ("lost", "sum")])
        .to_pandas(types_mapper=pd.ArrowDtype)
    )
    scores = games[["game_id", "season", "home_abbr", "away_abbr", *PLACE]]
    for side in ("home", "away"):
        own = sums.rename(
            columns={"team_abbr": f"{side}_abbr", "pts_sum": f"{side}_pts", "minutes_sum": f"{side}_minutes"}
            | {"lost_sum": f"{side}_lost"}
        )
        scores = scores.merge(own, on=["game_id", f"{side}_abbr"], how="left")
    played = scores[is_true(scores["home_minutes"].notna() | scores["away_minutes"].notna())].reset_index(drop=True)
    played["refusal"] = arrow_series(pa.nulls(len(played), pa.string()))
    for side in ("home", "away"):
        minutes = played[f"{side}_minutes"].fillna(0.0)
        refuse(played, Reason.BOX_INCOMPLETE, (minutes < _FEWEST_TEAM_MINUTES) | (played[f"{side}_lost"] > 0))
    refuse(played, Reason.SCORE_TIED, played["home_pts"] == played["away_pts"])
    refuse(played, Reason.SCORE_DISAGREES_WITH_WIN, _contradicts_win(played, rows))
    return played[["game_id", "season", "home_pts", "away_pts", *PLACE, "refusal"]]


def _contradicts_win(scores: pd.DataFrame, box: pd.DataFrame) -> pd.Series:
    winner = scores["home_abbr"].where(is_true(scores["home_pts"] > scores["away_pts"]), scores["away_abbr"])
    won = box.merge(scores[["game_id"]].assign(winner=winner), on="game_id")
    wrong = won[is_true(won["win"] != (won["team_abbr"] == won["winner"]))]
    return scores["game_id"].isin(wrong["game_id"])


def lines_of(lines: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Spreads and totals of known games. The archive gives them no time, so that they are for evaluation only."""
    told = _with_any(lines, ("home_spread", "total_line"))
    refuse(told, Reason.UNKNOWN_GAME, ~told["game_id"].isin(known["game_id"]))
    mark_duplicates(told, ("game_id",))
    told["is_evaluation_only"] = arrow_series(pa.repeat(True, len(told)))
    return _dated(told.drop(columns="game_date"), known)


def _dated(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.merge(known[["game_id", "game_date"]], on="game_id", how="left")


def stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """Rows of several frames; a column that one lacks is NULL there."""
    tables = [
        as_table(frame.astype({"is_duplicate": "bool[pyarrow]"} if "is_duplicate" in frame else {})) for frame in frames
    ]
    return as_frame(pa.concat_tables(tables, promote_options="permissive"))


# -- box scores -------------------------------------------------------------------------------------------------------
def box_scores_of(
    box: pd.DataFrame, known: pd.DataFrame, results: pd.DataFrame, grain: Iterable[str] = ("game_id", "player_id")
) -> pd.DataFrame:
    """Every player-game, did-not-play rows included: placed in its game, typed, each grain once."""
    rows = in_game(box, known, results)
    rows["participation"] = _participation(rows)
    has_played = is_true(rows["participation"] == "played")
    numbers = [*_COUNTS, "plus_minus", *ZONES]
    has_numbers = is_true((rows[numbers].fillna(0) != 0).any(axis=1))
    rows["pts"] = rows["pts"].where(has_played)
    rows["minutes"] = rows["minutes"].where(has_played)
    for name in numbers:  # a row of nothing but zeros says that nothing happened, not that nothing was scored
        rows[name] = rows[name].where(has_played | has_numbers)
    # Where two rows tell of one player-game, what happened on the floor outweighs a comment, and a comment no minutes.
    rank = np.select([has_played, has_numbers, is_true(rows["comment"].notna())], [0, 1, 2], 3)
    rows = rows.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
    mark_duplicates(rows, grain)
    return rows


def in_game(rows: pd.DataFrame, known: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Fills what the game knows, and refuses rows that contradict it."""
    game = known[["game_id", "game_date", "season", "season_type", "home_abbr", "away_abbr"]]
    game = game.rename(columns={name: f"game_{name}" for name in ("game_date", "season", "season_type")})
    game = game.merge(results[["game_id", "home_pts", "away_pts"]], on="game_id", how="left")
    rows = rows.merge(game, on="game_id", how="left")
    is_home = rows["team_abbr"] == rows["home_abbr"]
    opponent = rows["away_abbr"].where(is_true(is_home), rows["home_abbr"])
    is_win = is_home == (rows["home_pts"] > rows["away_pts"])
    for reason, fails in (
        (Reason.UNKNOWN_GAME, rows["home_abbr"].isna()),
        (Reason.SEASON_DISAGREES_WITH_GAME, rows["season"] != rows["game_season"]),
        (Reason.DATE_DISAGREES_WITH_GAME, rows["game_date"] != rows["game_game_date"]),
        (Reason.TEAM_NOT_IN_GAME, ~is_home & (rows["team_abbr"] != rows["away_abbr"])),
        (Reason.OPPONENT_DISAGREES_WITH_GAME, rows["opp_abbr"] != opponent),
        (Reason.HOME_DISAGREES_WITH_GAME, rows["is_home"] != is_home),
        (Reason.WIN_DISAGREES_WITH_SCORE, rows["win"] != is_win),
        (Reason.WIN_UNKNOWN, rows["win"].isna() & is_win.isna()),
    ):
        refuse(rows, reason, fails)
    return rows.assign(
        game_date=rows["game_date"].fillna(rows["game_game_date"]),
        season_type=rows["game_season_type"],
        opp_abbr=opponent,
        is_home=is_home,
        win=rows["win"].fillna(is_win),
    )


_ABSENT_FOR_OTHER_REASON = re.compile(
    r"rest|personal|suspension|suspended|trade|not with team|g league|load management"
)
_ABSENT_HURT = re.compile(
    r"injur|ill|concussion|recondition|protocol|sprain|strain|sore|surg|fractur|\btorn\b|\btear\b|contusion|bruise|"
    r"tend[io]n|\bflu\b|virus|infection|knee|ankle|foot|\bback\b|hamstring|calf|\bhip\b|groin|wrist|\bhand\b|thumb|"
    r"finger|shoulder|elbow|\btoe\b|quad|achilles|\beye\b|\bhead\b|\brib|\bleg\b|plantar|patella|meniscus|\bacl\b"
)


def did_not_play_status(comment: str) -> str:
    """dnp_coach_decision, dnp_injury or dnp_other from an official comment: "NWT - Injury/Illness" is an injury, "DND -
    Rest", "NWT - Not With Team", suspensions and trades are other."""
    words = re.sub(r"[^a-z0-9]+", " ", comment.casefold())
    if "coach" in words:
        return "dnp_coach_decision"
    if _ABSENT_FOR_OTHER_REASON.search(words):
        return "dnp_other"
    return "dnp_injury" if _ABSENT_HURT.search(words) else "dnp_other"


def _participation(rows: pd.DataFrame) -> pd.Series:
    absent = map_distinct(rows["comment"], did_not_play_status, pa.string())
    # Sources round: a player who shot or scored in "0" minutes was on the floor for seconds, and his points count.
    took_part = is_true(rows["minutes"] == 0) & is_true((rows[["pts", "fga", "fta"]].fillna(0) > 0).any(axis=1))
    played = is_true(rows["minutes"] > 0) | took_part
    return absent.fillna("no_minutes").mask(played, "played")


# -- quotes -----------------------------------------------------------------------------------------------------------
def quotes_of(quotes: pd.DataFrame) -> pd.DataFrame:
    quotes["is_main"] = quotes["is_main"].fillna(_is_only_line(quotes))
    quotes["line_x10"] = map_distinct(quotes["line"], lambda line: round(line * 10), pa.int64())
    quotes["quote_id"] = _quote_ids(quotes)
    mark_duplicates(quotes, ("game_date", "quote_id"))
    return quotes


def _is_only_line(quotes: pd.DataFrame) -> pd.Series:
    """TRUE for a line that is the only one of its book, player and snapshot; for where the source does not say."""
    grain = as_keys(quotes, ("game_date", "bookmaker", "player_name", "snapshot_utc"))
    lines = as_keys(quotes, ("line",))["line"]
    count = lines.groupby([grain[name] for name in grain]).transform("nunique")
    return arrow_series(pa.array(count == 1, pa.bool_()), quotes.index)


_QUOTE_CONTENT = words(
    "game_date bookmaker player_name line_x10 over_price under_price snapshot_utc is_main line_type event_id"
)


def _quote_ids(quotes: pd.DataFrame) -> pd.Series:
    """A hash of each quote's content, so that the same quote imported twice is one row."""
    columns = [pa.array(quotes[name]).cast(pa.string()).to_pylist() for name in ("source", *_QUOTE_CONTENT)]
    contents = ("\x1f".join([value or "" for value in row]) for row in zip(*columns, strict=True))
    return arrow_series(pa.array([hashlib.sha256(text.encode()).hexdigest()[:20] for text in contents], pa.string()))


# -- frames to tables -------------------------------------------------------------------------------------------------
GAME_COLUMNS = {"home_team": "home_abbr", "away_team": "away_abbr", "tip_at": "tip_utc"}
TABLE_COLUMNS: tuple[tuple[Table, dict[str, str]], ...] = (
    (SCHEDULE, GAME_COLUMNS),
    (GAME_RESULTS, {"home_points": "home_pts", "away_points": "away_pts"}),
    (GAME_LINES, {}),
    (
        PLAYER_BOX_SCORES,
        {"source_player_id": "player_id", "opponent_abbr": "opp_abbr", "is_starter": "started", "is_win": "win"}
        | {"dnp_comment": "comment", "points": "pts"},
    ),
    (
        PLAYER_POINTS_QUOTES,
        {"over_price_american": "over_price", "under_price_american": "under_price", "snapshot_at": "snapshot_utc"}
        | {"is_pre_tip": "pre_tip", **GAME_COLUMNS},
    ),
    (
        INJURY_REPORTS,
        {"injury_status": "status", "injury_reason": "reason", "injury_reported_at": "reported_utc"},
    ),
    (ROSTER_SNAPSHOTS, {"source_player_id": "player_id"}),
    (PLAYER_LIST, {"source_player_id": "player_id", "weight_lb": "weight"}),
)
