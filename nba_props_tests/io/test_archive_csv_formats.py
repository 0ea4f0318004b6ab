"""Other people's box-score CSVs: recognised by header, put into our columns, judged like any other archive."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest

from nba_props.errors import BadInput
from nba_props.io.sources.archive import ParsedArchive, archive_of, parse
from nba_props_tests.io.test_archive import SLATE, assert_books_balance, box_rows, game_rows, parquet, refusals, rows_of

NBA_ID = {"BOS": 1610612738, "NYK": 1610612752}
NAME = {"BOS": ("Boston", "Celtics"), "NYK": ("New York", "Knicks")}
NUMBERS = ("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb", "ast", "stl", "blk", "pf", "pts")


def csv_of(rows: Iterable[dict[str, Any]], **options: Any) -> bytes:
    return str(pd.DataFrame(rows).to_csv(index=False, **options)).encode()


def upper(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name.upper(): row[name] for name in names}


def league_game_log() -> list[dict[str, Any]]:
    return [
        {
            "SEASON_ID": "22023",
            "PLAYER_ID": row["player_id"],
            "PLAYER_NAME": row["player_name"],
            "TEAM_ID": NBA_ID[row["team_abbr"]],
            "TEAM_ABBREVIATION": row["team_abbr"],
            "TEAM_NAME": " ".join(NAME[row["team_abbr"]]),
            "GAME_ID": row["game_id"],
            "GAME_DATE": SLATE.isoformat(),
            "MATCHUP": f"{row['team_abbr']} {'vs.' if row['is_home'] else '@'} {row['opp_abbr']}",
            "WL": "W" if row["win"] else "L",
            "MIN": int(row["minutes"]),
            **upper(row, *NUMBERS, "tov", "plus_minus"),
            "FANTASY_PTS": 20.5,
        }
        for row in box_rows()
    ]


def games_details() -> list[dict[str, Any]]:
    played = [
        {
            "GAME_ID": int(row["game_id"]),
            "TEAM_ID": NBA_ID[row["team_abbr"]],
            "TEAM_ABBREVIATION": row["team_abbr"],
            "PLAYER_ID": row["player_id"],
            "PLAYER_NAME": row["player_name"],
            "START_POSITION": "F" if row["started"] else None,
            "COMMENT": None,
            "MIN": "30:00" if row["started"] else "30.000000:00",
            **{name: float(value) for name, value in upper(row, *NUMBERS, "plus_minus").items()},
            "TO": 1.0,
        }
        for row in box_rows()
    ]
    absent = {"PLAYER_ID": 1900, "PLAYER_NAME": "BOS Reserve", "COMMENT": "DND - Left Ankle Sprain"}
    return [*played, {name: played[0][name] for name in ("GAME_ID", "TEAM_ID", "TEAM_ABBREVIATION")} | absent]


def kaggle_games() -> list[dict[str, Any]]:
    return [
        {
            "GAME_DATE_EST": SLATE.isoformat(),
            "GAME_ID": 22300601,
            "HOME_TEAM_ID": NBA_ID["BOS"],
            "VISITOR_TEAM_ID": NBA_ID["NYK"],
            "SEASON": 2023,
            "PTS_home": 96.0,
            "PTS_away": 80.0,
        }
    ]


def player_statistics(when: str = "gameDate", instant: str = "2024-01-20 19:30:00") -> list[dict[str, Any]]:
    return [
        {
            "firstName": row["player_name"].split(" ", 1)[0],
            "lastName": row["player_name"].split(" ", 1)[1],
            "personId": row["player_id"],
            "gameId": 22300601,
            when: instant,
            **dict(zip(("playerteamCity", "playerteamName"), NAME[row["team_abbr"]], strict=True)),
            **dict(zip(("opponentteamCity", "opponentteamName"), NAME[row["opp_abbr"]], strict=True)),
            "gameType": "Regular Season",
            "win": int(row["win"]),
            "home": int(row["is_home"]),
            "numMinutes": row["minutes"],
            "points": float(row["pts"]),
            "assists": row["ast"],
            "blocks": row["blk"],
            "steals": row["stl"],
            "fieldGoalsAttempted": row["fga"],
            "fieldGoalsMade": row["fgm"],
            "threePointersAttempted": row["fg3a"],
            "threePointersMade": row["fg3m"],
            "freeThrowsAttempted": row["fta"],
            "freeThrowsMade": row["ftm"],
            "reboundsDefensive": row["dreb"],
            "reboundsOffensive": row["oreb"],
            "reboundsTotal": row["reb"],
            "foulsPersonal": row["pf"],
            "turnovers": row["tov"],
            "plusMinusPoints": row["plus_minus"],
        }
        for row in box_rows()
    ]


NATIVE = parse(archive_of({"player_box.parquet": parquet(box_rows())}))


def assert_same_as_native(archive: ParsedArchive, *, but: frozenset[str] = frozenset()) -> None:
    """The same games, results and played rows as our own layout gives, apart from the columns named in `but`."""
    assert refusals(archive) == []
    assert_books_balance(archive)
    for table in ("schedule", "game_results", "player_box_scores"):
        ours, theirs = (
            [
                {name: value for name, value in row.items() if name not in {"payload_ref", *but}}
                for row in rows_of(parsed, table)
                if row.get("participation", "played") == "played"
            ]
            for parsed in (NATIVE, archive)
        )
        assert ours == theirs, table


@pytest.mark.parametrize("name", ["games.csv", "whatever you like.CSV", "player_box.csv"])
def test_a_league_game_log_is_known_by_its_header(name: str) -> None:
    assert_same_as_native(parse(archive_of({name: csv_of(league_game_log())})), but=frozenset({"is_starter"}))


def test_a_league_game_log_saved_with_its_index_and_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbf" + pd.DataFrame(league_game_log()).to_csv(index=True).encode()
    assert_same_as_native(parse(archive_of({"log.csv": content})), but=frozenset({"is_starter"}))


def test_a_matchup_of_another_shape_places_nobody() -> None:
    rows = [row | {"MATCHUP": "BOS - NYK"} for row in league_game_log()]
    assert set(refusals(parse(archive_of({"log.csv": csv_of(rows)})))) == {
        ("schedule", "game_incomplete"),
        ("player_box_scores", "unknown_game"),
    }


def test_preseason_rows_of_a_league_game_log_are_out_of_scope() -> None:
    rows = [row | {"GAME_ID": "0012300001", "SEASON_ID": "12023"} for row in league_game_log()]
    assert set(refusals(parse(archive_of({"log.csv": csv_of(rows)})))) == {("player_box_scores", "not_a_counting_game")}


def test_games_details_with_games() -> None:
    archive = parse(archive_of({"games_details.csv": csv_of(games_details()), "games.csv": csv_of(kaggle_games())}))
    assert_same_as_native(archive)
    absent = next(row for row in rows_of(archive, "player_box_scores") if row["source_player_id"] == 1900)
    assert (absent["participation"], absent["points"], absent["opponent_abbr"]) == ("dnp_injury", None, "NYK")


def test_games_details_take_dates_from_our_own_games_too() -> None:
    archive = archive_of({"games_details.csv": csv_of(games_details()), "games.parquet": parquet(game_rows())})
    assert parse(archive).rows["player_box_scores"].num_rows == 17


def test_games_details_alone_cannot_be_placed() -> None:
    with pytest.raises(BadInput, match=r"games\.csv: games_details\.csv"):
        archive_of({"games_details.csv": csv_of(games_details())})


@pytest.mark.parametrize(
    ("when", "instant"),
    [
        ("gameDate", "2024-01-20 19:30:00"),
        ("gameDateTimeEst", "2024-01-20T22:30:00Z"),  # the Z is the source's mistake: the time is Eastern
    ],
)
def test_player_statistics(when: str, instant: str) -> None:
    archive = parse(archive_of({"PlayerStatistics.csv": csv_of(player_statistics(when, instant))}))
    assert_same_as_native(archive, but=frozenset({"is_starter"}))


def test_player_statistics_know_old_and_moved_teams_and_people_of_one_name() -> None:
    moved = {"Celtics": ("Seattle", "SuperSonics"), "Knicks": ("New Orleans", "Hornets")}
    unsaid = {"firstName": None, "lastName": "Nene", "opponentteamCity": None, "opponentteamName": None}
    rows = [
        row | unsaid | dict(zip(("playerteamCity", "playerteamName"), moved[row["playerteamName"]], strict=True))
        for row in player_statistics()
    ]
    archive = parse(archive_of({"PlayerStatistics.csv": csv_of(rows)}))
    assert [(row["home_team"], row["away_team"]) for row in rows_of(archive, "schedule")] == [("OKC", "NOP")]
    assert {row["player_name"] for row in rows_of(archive, "player_box_scores")} == {"Nene"}


def test_a_person_without_a_name_is_refused_and_shifts_nobody() -> None:
    rows = player_statistics()
    rows[3] |= {"firstName": None, "lastName": None}
    archive = parse(archive_of({"PlayerStatistics.csv": csv_of(rows)}))
    assert ("player_box_scores", "player_name_missing") in refusals(archive)
    named = {row["source_player_id"]: row["player_name"] for row in rows_of(archive, "player_box_scores")}
    assert named == {row["player_id"]: row["player_name"] for row in box_rows() if row["player_id"] != 1003}


def test_the_same_game_in_two_files_is_one() -> None:
    files = {"log.csv": csv_of(league_game_log()), "PlayerStatistics.csv": csv_of(player_statistics())}
    archive = parse(archive_of(files))
    (counts,) = [row for row in archive.counts.to_pylist() if row["table_name"] == "player_box_scores"]
    assert (counts["rows_read"], counts["rows_kept"], counts["rows_duplicate"]) == (32, 16, 16)
    assert archive.rows["schedule"].num_rows == 1
