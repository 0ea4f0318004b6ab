"""Archives whose future is another one: everything from the slate's results on, and everything seen at or after its as_of.

Here belong the alterations. Each keeps rows valid (made shots still add up to points), so that the border lets them in:
a refused row could leak nothing. What was known before the slate is never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nba_props.platform import Platform
from nba_props_tests.point_in_time.building import frame

Frames = dict[str, pd.DataFrame]

NEW_PERSON_ID = 99_000_001
NEVER_SEEN_BOOK = "lastminutebook"
BEST_RANKED_BOOK = "draftkings"
SIXTY_POINTS: Mapping[str, Any] = {"pts": 60, "fgm": 20, "fga": 30, "fg3m": 10, "fg3a": 15, "ftm": 10, "fta": 12} | {
    "fgm_paint": 6,
    "fga_paint": 9,
    "fgm_mid": 4,
    "fga_mid": 6,
}
_IDENTITY = ("season", "season_type", "game_id", "game_date", "player_id", "player_name")
_SIDE = ("team_abbr", "opp_abbr", "is_home", "win")


@dataclass(frozen=True)
class Known:
    """What a slate knew, read from a home in which it was built.

    `as_of`: game_id, home, away, tip_at, as_of_at. `tonight`: everyone on the rosters of its games. `later_quotes`: keys of
    quotes seen at or after their game's as_of. `spare_teams`: two teams that do not play on the date, if a game may be added.
    """

    day: date
    as_of: pd.DataFrame
    tonight: pd.DataFrame
    later_quotes: frozenset[tuple[str, str, pd.Timestamp, int]]
    spare_teams: tuple[str, str] | None = None

    @property
    def midnight(self) -> pd.Timestamp:
        return pd.Timestamp(self.day)

    @property
    def as_of_by_team(self) -> dict[str, pd.Timestamp]:
        by_team = pd.concat([self.as_of.set_index(side)["as_of_at"] for side in ("home_team", "away_team")])
        return {str(team): instant for team, instant in by_team.items()}


def known_of(platform: Platform, day: date, spare_teams: tuple[str, str] | None = None) -> Known:
    dates = {"start_date": day, "end_date": day}
    as_of = frame(
        platform,
        "SELECT t.game_id, t.team_abbr AS home_team, t.opponent_abbr AS away_team, t.tip_at, t.as_of_at, t.as_of_basis"
        " FROM nba_analytics.upcoming_team_game_context AS t"
        " WHERE t.game_date BETWEEN @start_date AND @end_date AND t.is_home ORDER BY game_id",
        **dates,
    )
    tonight = frame(
        platform,
        "SELECT game_id, season, universal_player_id, player_name, team_abbr, opponent_abbr, is_home, has_line, as_of_at"
        " FROM nba_analytics.upcoming_player_game_context WHERE game_date BETWEEN @start_date AND @end_date"
        " ORDER BY game_id, universal_player_id",
        **dates,
    )
    tonight["player_id"] = tonight["universal_player_id"].str.removeprefix("nba_").astype(int)
    quotes = frame(
        platform,
        "SELECT bookmaker, player_name, snapshot_at, line_x10, game_id FROM nba_analytics.line_prices"
        " WHERE game_date BETWEEN @start_date AND @end_date",
        **dates,
    ).merge(as_of[["game_id", "as_of_at"]], on="game_id", how="left")
    noon = pd.Timestamp(day, tz="America/New_York") + pd.Timedelta(hours=12)
    later = quotes[quotes["snapshot_at"] >= quotes["as_of_at"].fillna(noon)]
    keys = frozenset(
        zip(later["bookmaker"], later["player_name"], later["snapshot_at"], later["line_x10"], strict=True)
    )
    return Known(day, as_of, tonight, keys, spare_teams)


# -- files ------------------------------------------------------------------------------------------------------------


def read_frames(directory: Path) -> Frames:
    """Each file with its own types, so that NULL is no NaN and a count no float; text as plain strings."""
    return {
        path.stem: pq.read_table(path).to_pandas(types_mapper=_type_of) for path in sorted(directory.glob("*.parquet"))
    }


def _type_of(kind: pa.DataType) -> pd.ArrowDtype | None:
    return None if pa.types.is_large_string(kind) or pa.types.is_string(kind) else pd.ArrowDtype(kind)


def write_frames(frames: Mapping[str, pd.DataFrame], directory: Path) -> Path:
    directory.mkdir(parents=True)
    for name, rows in frames.items():
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), directory / f"{name}.parquet")
    return directory


# -- alterations ------------------------------------------------------------------------------------------------------


def all_later_deleted(frames: Frames, known: Known) -> Frames:
    """The world as it was known: no result, quote, report, roster or game of later."""
    games = frames["games"][frames["games"]["game_date"] <= known.midnight].copy()
    tonight = games["game_date"] == known.midnight
    games.loc[tonight, ["home_pts", "away_pts", "home_spread", "total_line", "margin", "total_pts"]] = pd.NA
    quotes = frames["points_lines"]
    kept = frames | {
        "player_box": _before(frames["player_box"], known),
        "dnp": _before(frames["dnp"], known),
        "games": games,
        "points_lines": quotes[~_is_later_quote(quotes, known)],
    }
    if "injuries" in frames:
        kept["injuries"] = frames["injuries"][~_is_later_report(frames["injuries"], known)]
    if "rosters" in frames:
        kept["rosters"] = frames["rosters"][frames["rosters"]["roster_date"] <= known.midnight]
    return kept


def results_changed(frames: Frames, known: Known) -> Frames:
    """Every later line in the box goes to somebody else, half of the players change sides, names are spelled anew, and
    who did not play did so for another reason."""
    rng = np.random.default_rng(1)
    box = frames["player_box"].reset_index(drop=True)
    later = box.index[box["game_date"] >= known.midnight]
    statistics = [name for name in box.columns if name not in (*_IDENTITY, *_SIDE)]
    box.loc[later, statistics] = box.loc[rng.permutation(later), statistics].set_axis(later)
    swapped = later[rng.random(len(later)) < 0.5]
    teams = box.loc[swapped, ["team_abbr", "opp_abbr"]].rename(
        columns={"team_abbr": "opp_abbr", "opp_abbr": "team_abbr"}
    )
    box.loc[swapped, ["team_abbr", "opp_abbr"]] = teams[["team_abbr", "opp_abbr"]]
    box.loc[swapped, "is_home"] = ~box.loc[swapped, "is_home"]
    box.loc[swapped, "win"] = ~box.loc[swapped, "win"]
    box.loc[later, "player_name"] = box.loc[later, "player_name"] + " Sr."
    games = frames["games"].reset_index(drop=True)
    tonight = games["game_date"] >= known.midnight
    for column in ("home_pts", "away_pts"):
        games.loc[tonight, column] = games.loc[tonight, column] + 20
    for column in ("home_spread", "total_line"):
        games.loc[tonight, column] = games.loc[tonight, column] + 6
    dnp = frames["dnp"].reset_index(drop=True)
    dnp.loc[dnp["game_date"] >= known.midnight, "comment"] = "DNP - Coach's Decision"
    return frames | {"player_box": box, "games": games, "dnp": dnp}


def results_added(frames: Frames, known: Known) -> Frames:
    """Sixty points for everybody who sat out tonight, newcomers who bear the names of tonight's players, and games that
    nobody had scheduled (of tonight only between teams that were idle: a game of the slate itself is a schedule fact)."""
    box, tonight = frames["player_box"], known.tonight
    template = box[box["game_date"] >= known.midnight].iloc[:1]
    played = set(zip(box["game_id"], box["player_id"], strict=True))
    absent = tonight[[key not in played for key in zip(tonight["game_id"], tonight["player_id"], strict=True)]]
    newcomers = _among_the_losers(tonight, frames["games"]).assign(player_id=np.arange(len(tonight)) + NEW_PERSON_ID)
    result = frames["games"].set_index("game_id")
    home_won = {game: result.loc[game, "home_pts"] > result.loc[game, "away_pts"] for game in set(tonight["game_id"])}
    rows = [
        _huge(template, people, known.day, people["is_home"] == people["game_id"].map(home_won))
        for people in (absent, newcomers)
    ]
    everybody = pd.concat([tonight, newcomers])
    rows += [
        _huge(template, everybody, known.day + timedelta(days=ahead), everybody["is_home"], suffix=f"x{ahead}")
        for ahead in (1, 2)
    ]
    added = pd.concat(rows, ignore_index=True).drop_duplicates(["game_id", "player_id"])
    altered = frames | {"player_box": pd.concat([box, added.astype(box.dtypes)], ignore_index=True)}
    return _with_game_of_idle_teams(altered, known)


def seen_altered(frames: Frames, known: Known) -> Frames:
    """What was seen at or after as_of: quotes, injury reports, rosters."""
    return reports_altered(quotes_altered(frames, known), known)


def quotes_altered(frames: Frames, known: Known) -> Frames:
    """Of what was seen at or after as_of a third goes, a third moves, and every player gets quotes nobody had: of the
    best-ranked book and of one never seen, with other tips, in play, without an event, and at the very instant of as_of."""
    rng = np.random.default_rng(2)
    quotes = frames["points_lines"].reset_index(drop=True)
    later = quotes.index[_is_later_quote(quotes, known)]
    dice = rng.random(len(later))
    moved = later[dice < 1 / 3]
    for column, change in (("line", 6.0), ("over_price", 40.0), ("under_price", -40.0)):
        quotes.loc[moved, column] = (quotes.loc[moved, column].astype(float) + change).astype(quotes[column].dtype)
    quotes.loc[later[dice < 1 / 6], "tip_utc"] = pd.NaT
    kept = quotes.drop(index=later[dice > 2 / 3])
    return frames | {"points_lines": pd.concat([kept, _late_quotes(quotes, known)], ignore_index=True)}


def reports_altered(frames: Frames, known: Known) -> Frames:
    """Everybody is ruled out at or after as_of, what had been reported then is gone, and from tomorrow on players are on
    other rosters, with newcomers among them."""
    altered = dict(frames)
    if "injuries" in frames:
        injuries = frames["injuries"]
        kept = injuries[~_is_later_report(injuries, known)]
        said = pd.concat(
            pd.DataFrame(
                {
                    "game_date": known.midnight,
                    "team_abbr": known.tonight["team_abbr"],
                    "player_name": known.tonight["player_name"],
                    "status": status,
                    "reason": "Injury/Illness - seen too late",
                    "reported_utc": known.tonight["as_of_at"] + pd.Timedelta(minutes=minutes),
                }
            )
            for status, minutes in (("Out", 0), ("Doubtful", 7))
        )
        altered["injuries"] = pd.concat([kept, said.astype(injuries.dtypes)], ignore_index=True)
    if "rosters" in frames:
        rosters = frames["rosters"].reset_index(drop=True)
        later = rosters["roster_date"] > known.midnight
        names = sorted(set(rosters["team_abbr"]))
        following = dict(zip(names, [*names[1:], names[0]], strict=True))
        rosters.loc[later, "team_abbr"] = (
            rosters.loc[later, "team_abbr"].map(following).astype(rosters["team_abbr"].dtype)
        )
        # Over the old archive both listings stand, and a player stays where he was last seen: these were seen nowhere.
        newcomers = rosters[later].copy()
        newcomers["player_id"] = newcomers["player_id"].rank(method="dense").astype("int64") + NEW_PERSON_ID
        altered["rosters"] = pd.concat([rosters, newcomers.astype(rosters.dtypes)], ignore_index=True)
    return altered


def all_later_altered(frames: Frames, known: Known) -> Frames:
    """All of it together."""
    for alteration in (results_changed, results_added, seen_altered):
        frames = alteration(frames, known)
    return frames


# -- inside -----------------------------------------------------------------------------------------------------------


def _before(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    return rows[rows["game_date"] < known.midnight]


def _is_later_quote(quotes: pd.DataFrame, known: Known) -> pd.Series:
    tonight = quotes["game_date"] == known.midnight
    line_x10 = (quotes["line"].astype(float) * 10).round()
    keys = zip(quotes["bookmaker"], quotes["player_name"], quotes["snapshot_utc"], line_x10, strict=True)
    seen_later = pd.Series([key in known.later_quotes for key in keys], index=quotes.index)
    return (quotes["game_date"] > known.midnight) | (tonight & seen_later)


def _is_later_report(injuries: pd.DataFrame, known: Known) -> pd.Series:
    as_of = injuries["team_abbr"].map(known.as_of_by_team)
    tonight = injuries["game_date"] == known.midnight
    seen_later = pd.to_datetime(injuries["reported_utc"], utc=True) >= pd.to_datetime(as_of, utc=True)
    return (injuries["game_date"] > known.midnight) | (tonight & seen_later)


def _among_the_losers(tonight: pd.DataFrame, games: pd.DataFrame) -> pd.DataFrame:
    """Tonight's players on the side that lost their game, so that their points turn it."""
    result = games.set_index("game_id").loc[tonight["game_id"]].reset_index()
    home_lost = (result["home_pts"] < result["away_pts"]).to_numpy(dtype=bool)
    home, away = result["home_abbr"].to_numpy(), result["away_abbr"].to_numpy()
    return tonight.assign(
        team_abbr=np.where(home_lost, home, away), opponent_abbr=np.where(home_lost, away, home), is_home=home_lost
    )


def _huge(
    template: pd.DataFrame, people: pd.DataFrame, day: date, won: "pd.Series[bool]", suffix: str = ""
) -> pd.DataFrame:
    """Sixty points in forty-eight minutes for each of `people`, in tonight's game, or in a later one made up from it."""
    count = len(people)
    rows = template.loc[template.index.repeat(count)].reset_index(drop=True)
    values: dict[str, Any] = {
        "game_id": (people["game_id"] + suffix).to_numpy(),
        "game_date": pd.Timestamp(day),
        "player_id": people["player_id"].to_numpy(),
        "player_name": people["player_name"].to_numpy(),
        "team_abbr": people["team_abbr"].to_numpy(),
        "opp_abbr": people["opponent_abbr"].to_numpy(),
        "is_home": people["is_home"].to_numpy(),
        "win": won.to_numpy(dtype=bool),
        "started": True,
        "minutes": 48.0,
    } | dict(SIXTY_POINTS)
    return rows.assign(**{name: value for name, value in values.items() if name in rows})


def _with_game_of_idle_teams(frames: Frames, known: Known) -> Frames:
    if known.spare_teams is None:
        return frames
    games = frames["games"]
    home, away = known.spare_teams
    season = known.tonight["season"].iloc[0]
    new = games[games["game_date"] == known.midnight].iloc[:1]
    new = new.assign(game_id=f"002{season[2:4]}09999", home_abbr=home, away_abbr=away)
    return frames | {"games": pd.concat([games, new.astype(games.dtypes)], ignore_index=True)}


def _late_quotes(quotes: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Five quotes for each of tonight's players, all at as_of or after it."""
    tonight = known.tonight.merge(known.as_of[["game_id", "home_team", "away_team", "tip_at"]], on="game_id")
    template = quotes[quotes["game_date"] == known.midnight].iloc[:1]
    base = template.loc[template.index.repeat(len(tonight))].reset_index(drop=True)
    as_of, tip = tonight["as_of_at"], tonight["tip_at"].fillna(tonight["as_of_at"] + pd.Timedelta(hours=6))
    event = {"event_id": "late", "home_abbr": tonight["home_team"], "away_abbr": tonight["away_team"]}
    nowhere = {"event_id": None, "home_abbr": None, "away_abbr": None}
    minute = pd.Timedelta(minutes=1)
    kinds = (
        {"bookmaker": BEST_RANKED_BOOK, "snapshot_utc": as_of, "tip_utc": tip, "pre_tip": True, **event},
        {
            "bookmaker": NEVER_SEEN_BOOK,
            "snapshot_utc": as_of + minute,
            "tip_utc": as_of - 60 * minute,
            "pre_tip": True,
            **event,
        },
        {
            "bookmaker": BEST_RANKED_BOOK,
            "snapshot_utc": as_of + 2 * minute,
            "tip_utc": as_of + 45 * minute,
            "pre_tip": pd.NA,
            **event,
        },
        {
            "bookmaker": BEST_RANKED_BOOK,
            "snapshot_utc": as_of + 3 * minute,
            "tip_utc": pd.NaT,
            "pre_tip": pd.NA,
            **nowhere,
        },
        {"bookmaker": BEST_RANKED_BOOK, "snapshot_utc": tip + 40 * minute, "tip_utc": tip, "pre_tip": False, **event},
    )
    rows = pd.concat(
        base.assign(
            player_name=tonight["player_name"],
            line=np.float32(39.5),
            over_price=np.float32(-110),
            under_price=np.float32(-110),
            is_main=True,
            two_sided=True,
            **kind,
        )
        for kind in kinds
    )
    strangers = rows.head(2).assign(player_name=["Somebody Unheardof", " + ".join(tonight["player_name"].head(2))])
    return pd.concat([rows, strangers]).astype(quotes.dtypes)
