"""Reading an archive in our own layout: small hand-made ones with every trap, broken files, and the real one."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nba_props.catalog import raw
from nba_props.catalog.raw import PLAYER_BOX_SCORES
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import BadInput
from nba_props.io.sources.archive import ParsedArchive, archive_of, discover, parse
from nba_props.io.sources.archive.sheets import did_not_play_status

Rows = list[dict[str, Any]]
SLATE = date(2024, 1, 20)
TIP = datetime(2024, 1, 21, 0, 30, tzinfo=UTC)  # 19:30 Eastern on the slate
GAME = "0022300601"
RAW = (
    raw.SCHEDULE,
    raw.GAME_RESULTS,
    raw.GAME_LINES,
    raw.PLAYER_BOX_SCORES,
    raw.PLAYER_POINTS_QUOTES,
    raw.INJURY_REPORTS,
    raw.ROSTER_SNAPSHOTS,
    raw.PLAYER_LIST,
    raw.SOURCE_CAPABILITIES,
    raw.QUARANTINED_ROWS,
    raw.ARCHIVE_IMPORTS,
)


def midnight(day: date) -> datetime:
    """A date as archives store it: a timestamp at midnight, without a zone."""
    return datetime.combine(day, datetime.min.time())


def shots(fgm: int, fg3m: int, ftm: int) -> dict[str, int]:
    """A consistent shooting line."""
    return {
        "fgm": fgm,
        "fga": fgm + 5,
        "fg3m": fg3m,
        "fg3a": fg3m + 2,
        "ftm": ftm,
        "fta": ftm + 1,
        "pts": 2 * fgm + fg3m + ftm,
    }


def box_rows(game_id: str = GAME, day: date = SLATE, home: str = "BOS", away: str = "NYK") -> Rows:
    """A complete game: eight players a team, 30 minutes each; the home team scores 96, the away team 80."""
    return [
        {
            "season": "2023-24",
            "season_type": "Regular Season",
            "game_id": game_id,
            "game_date": midnight(day),
            "player_id": (1000 if team == home else 2000) + n,
            "player_name": f"{team} Player {n}",
            "team_abbr": team,
            "opp_abbr": other,
            "is_home": team == home,
            "started": n < 5,
            "win": team == home,
            "minutes": 30.0,
            **shots(4 if team == home else 3, 1, 3),
            "oreb": 1,
            "dreb": 3,
            "reb": 4,
            "ast": 2,
            "stl": 1,
            "blk": 0,
            "tov": 1,
            "pf": 2,
            "plus_minus": 5 if team == home else -5,
        }
        for team, other in ((home, away), (away, home))
        for n in range(8)
    ]


def game_rows(game_id: Any = GAME, **changes: Any) -> Rows:
    game = {
        "season": "2023-24",
        "season_type": "Regular Season",
        "game_id": game_id,
        "game_date": midnight(SLATE),
        "home_abbr": "BOS",
        "away_abbr": "NYK",
        "home_pts": 96,
        "away_pts": 80,
        "tip_utc": TIP,
        "home_spread": -7.5,
        "total_line": 220.5,
    }
    return [game | changes]


def quote(**changes: Any) -> dict[str, Any]:
    return {
        "snapshot_utc": TIP - timedelta(hours=5),
        "season": "2023-24",
        "game_date": midnight(SLATE),
        "tip_utc": TIP,
        "pre_tip": True,
        "event_id": "e1",
        "home_abbr": "BOS",
        "away_abbr": "NYK",
        "player_name": "BOS Player 1",
        "bookmaker": "draftkings",
        "line_type": "main",
        "is_main": True,
        "line": 12.5,
        "over_price": -115.0,
        "under_price": -105.0,
    } | changes


def absence(**changes: Any) -> dict[str, Any]:
    return {
        "season": "2023-24",
        "game_id": GAME,
        "game_date": midnight(SLATE),
        "player_id": 1900,
        "player_name": "BOS Reserve",
        "team_abbr": "BOS",
        "comment": "DNP - Coach's Decision",
    } | changes


def parquet(rows: Rows) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def parsed(seasons: set[str] | None = None, **files: Rows) -> ParsedArchive:
    """The parsed archive of these rows by file name (without suffix)."""
    return parse(archive_of({f"{name}.parquet": parquet(rows) for name, rows in files.items()}), seasons)


def rows_of(archive: ParsedArchive, table: str) -> Rows:
    rows: Rows = archive.rows[table].to_pylist()
    return rows


def refusals(archive: ParsedArchive) -> list[tuple[str, str]]:
    """(table, reason) of every refused row."""
    return [(row["table_name"], row["reason"]) for row in archive.quarantined.to_pylist()]


def assert_books_balance(archive: ParsedArchive) -> None:
    """What was read was kept, a duplicate, or is in quarantine; the tables hold what was kept, each grain once."""
    counts = archive.counts.to_pandas()
    total = counts["rows_kept"] + counts["rows_duplicate"] + counts["rows_quarantined"]
    assert (counts["rows_read"] == total).all()
    assert counts["rows_quarantined"].sum() == archive.quarantined.num_rows
    for table, rows in archive.rows.items():
        if table != "source_capabilities":
            assert counts.loc[counts["table_name"] == table, "rows_kept"].sum() == rows.num_rows, table
    for declared in RAW:
        rows = {"quarantined_rows": archive.quarantined, "archive_imports": archive.counts, **archive.rows}[
            declared.name
        ]
        assert len(rows.group_by(list(declared.grain)).aggregate([])) == rows.num_rows, declared.name


def changed(rows: Rows, at: int, **changes: Any) -> Rows:
    return [row | changes if n == at else row for n, row in enumerate(rows)]


# -- what is read -----------------------------------------------------------------------------------------------------
def test_a_sound_archive_becomes_rows_of_every_table() -> None:
    archive = parsed(
        player_box=box_rows(),
        games=game_rows(),
        points_lines=[quote()],
        dnp=[absence()],
        players=[
            {
                "player_id": 1001,
                "player_name": "BOS Player 1",
                "weight": 210.0,
                "birth_date": midnight(date(1995, 5, 1)),
            }
        ],
        injuries=[
            {
                "game_date": SLATE,
                "team_abbr": "NYK",
                "player_name": "NYK Player 3",
                "status": "Questionable",
                "reason": "Ankle",
                "reported_utc": TIP - timedelta(hours=6),
            }
        ],
        rosters=[{"roster_date": SLATE, "team_abbr": "BOS", "player_id": 1001, "player_name": "BOS Player 1"}],
    )
    assert refusals(archive) == []
    assert {name: rows.num_rows for name, rows in archive.rows.items()} == {
        "schedule": 1,
        "game_results": 1,
        "game_lines": 1,
        "player_box_scores": 17,
        "player_points_quotes": 1,
        "injury_reports": 1,
        "roster_snapshots": 1,
        "player_list": 1,
        "source_capabilities": 8,
    }
    assert_books_balance(archive)
    (game,) = rows_of(archive, "schedule")
    assert (game["home_team"], game["away_team"], game["tip_at"]) == ("BOS", "NYK", TIP)
    assert rows_of(archive, "game_lines")[0]["is_evaluation_only"] is True
    assert rows_of(archive, "injury_reports")[0]["injury_status"] == "questionable"
    assert archive.rows["player_box_scores"].schema.equals(arrow_schema(PLAYER_BOX_SCORES))
    star = next(row for row in rows_of(archive, "player_box_scores") if row["source_player_id"] == 1001)
    assert (star["participation"], star["points"], star["minutes"], star["is_win"]) == ("played", 12, 30.0, True)


def test_rows_know_the_bytes_they_came_from() -> None:
    archive = archive_of({"games.parquet": parquet(game_rows())})
    assert parse(archive).rows["schedule"]["payload_ref"].to_pylist() == [
        f"landing/archive/{archive.archive_id}/games.parquet"
    ]


def test_the_archive_id_depends_on_names_and_bytes_only(tmp_path: Path) -> None:
    (tmp_path / "games.parquet").write_bytes(parquet(game_rows()))
    (tmp_path / "README.md").write_text("not part of it")
    here = discover(tmp_path)
    assert here.archive_id == archive_of({"games.parquet": parquet(game_rows())}).archive_id
    assert here.archive_id != archive_of({"games.parquet": parquet(game_rows(home_pts=97))}).archive_id


def test_seasons_can_be_chosen() -> None:
    rows = {
        "games": game_rows()
        + game_rows("0022200601", season="2022-23", game_date=midnight(date(2023, 1, 20)), tip_utc=None)
    }
    archive = parsed({"2022-23"}, **rows)
    assert [row["season"] for row in rows_of(archive, "schedule")] == ["2022-23"]
    assert archive.counts["season"].unique().to_pylist() == ["2022-23"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_the_same_rows_as_csv_are_the_same_rows(suffix: str) -> None:
    def csv_of(rows: Rows) -> bytes:
        text = pd.DataFrame(rows).to_csv(index=False).encode()
        return gzip.compress(text, mtime=0) if suffix.endswith("gz") else text

    files = {"player_box": box_rows(), "games": game_rows(), "points_lines": [quote(), quote(under_price=None)]}
    from_csv = parse(archive_of({name + suffix: csv_of(rows) for name, rows in files.items()}))
    from_parquet = parsed(None, **files)
    for table in from_parquet.rows:
        ours, theirs = from_csv.rows[table], from_parquet.rows[table]
        if "payload_ref" in ours.column_names:
            ours, theirs = ours.drop_columns("payload_ref"), theirs.drop_columns("payload_ref")
        assert ours.equals(theirs), table


def test_a_csv_line_of_another_length_is_set_aside_with_its_number() -> None:
    lines = pd.DataFrame(box_rows()).to_csv(index=False).splitlines()
    lines[3] = "2023-24,cut off"
    archive = parse(archive_of({"player_box.csv": "\n".join(lines).encode()}))
    refused = {row["reason"]: row for row in archive.quarantined.to_pylist()}
    assert refused["wrong_number_of_fields"]["row_number"] == 2
    assert json.loads(refused["wrong_number_of_fields"]["row_json"]) == {"line": "2023-24,cut off"}
    assert archive.rows["player_box_scores"].num_rows == 15
    assert_books_balance(archive)


# -- what is missing --------------------------------------------------------------------------------------------------
def test_missing_files_are_said_once_with_their_cost_and_reading_goes_on(tmp_path: Path) -> None:
    (tmp_path / "player_box.parquet").write_bytes(parquet(box_rows()))
    archive = discover(tmp_path)
    costs = {file.name: file.cost for file in archive.missing}
    assert {"games", "points_lines", "players", "dnp", "injuries", "rosters"} <= set(costs)
    assert "tip-off" in costs["games"]
    assert len(costs) == len(archive.missing)
    assert parse(archive).rows["player_box_scores"].num_rows == 16


INDISPENSABLE_OF_BOX = {"game_id", "player_id", "player_name", "team_abbr", "minutes", "pts"}


@pytest.mark.parametrize(
    "lacking",
    [{"season", "season_type"}, {"game_date", "opp_abbr", "is_home", "win"}, {"fga", "oreb"}, set(box_rows()[0])],
    ids=["season", "game facts", "some numbers", "all that is optional"],
)
def test_optional_columns_of_box_scores_may_be_missing(lacking: set[str]) -> None:
    absent = lacking - INDISPENSABLE_OF_BOX
    rows = [{name: value for name, value in row.items() if name not in absent} for row in box_rows()]
    archive = archive_of({"player_box.parquet": parquet(rows), "games.parquet": parquet(game_rows())})
    said = {name for file in archive.missing for name in file.name.partition(": ")[2].split(", ")}
    assert absent <= said
    assert parse(archive).rows["player_box_scores"].num_rows == 16


def test_a_file_without_an_indispensable_column_is_missing_with_its_cost() -> None:
    rows = [{name: value for name, value in row.items() if name != "minutes"} for row in box_rows()]
    archive = archive_of({"player_box.parquet": parquet(rows), "games.parquet": parquet(game_rows())})
    assert any(file.name == "player_box.parquet: minutes" for file in archive.missing)
    assert parse(archive).rows["schedule"].num_rows == 1


def test_games_and_results_are_derived_from_box_scores() -> None:
    archive = parsed(player_box=box_rows())
    (game,) = rows_of(archive, "schedule")
    assert (game["game_id"], game["home_team"], game["away_team"], game["tip_at"]) == (GAME, "BOS", "NYK", None)
    (result,) = rows_of(archive, "game_results")
    assert (result["home_points"], result["away_points"]) == (96, 80)
    assert_books_balance(archive)


def test_no_result_is_derived_from_part_of_a_box_score() -> None:
    archive = parsed(player_box=box_rows()[:-1])
    assert refusals(archive) == [("game_results", "box_incomplete")]
    assert archive.rows["player_box_scores"].num_rows == 15


def test_a_derived_score_that_contradicts_who_won_is_refused() -> None:
    rows = [row | {"win": not row["win"]} for row in box_rows()]
    assert refusals(parsed(player_box=rows)) == [("game_results", "score_disagrees_with_win")]


def test_a_game_whose_box_scores_contradict_each_other_is_refused_with_its_rows() -> None:
    archive = parsed(player_box=changed(box_rows(), 0, game_date=midnight(date(2024, 1, 21))))
    assert ("schedule", "game_contradicts_itself") in refusals(archive)
    assert archive.rows["player_box_scores"].num_rows == 0
    assert_books_balance(archive)


def test_capabilities_say_what_a_season_can_give() -> None:
    archive = parsed(player_box=[row | {"started": None} for row in box_rows()], points_lines=[quote()])
    told = {row["capability"]: row["is_available"] for row in rows_of(archive, "source_capabilities")}
    assert told == {
        "shot_zones": False,
        "injury_reports": False,
        "roster_snapshots": False,
        "player_quotes": True,
        "did_not_play": False,
        "starters": False,
        "tip_times": False,
        "game_lines": False,
    }
    assert all(row["detail"] for row in rows_of(archive, "source_capabilities"))


def test_zones_are_read_where_an_archive_has_them() -> None:
    zones = {"fgm_paint": 2, "fga_paint": 4, "fgm_mid": 1, "fga_mid": 2}
    archive = parsed(player_box=[row | zones for row in box_rows()])
    assert {row["fga_paint"] for row in rows_of(archive, "player_box_scores")} == {4}
    assert next(row for row in rows_of(archive, "source_capabilities") if row["capability"] == "shot_zones")[
        "is_available"
    ]


# -- what cannot be an archive ----------------------------------------------------------------------------------------
def test_a_path_that_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a directory"):
        discover(tmp_path / "nowhere")


def test_a_directory_with_nothing_readable_names_what_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(BadInput, match=r"player_box.*LeagueGameLog.*games_details"):
        discover(tmp_path)


def test_a_csv_of_unknown_header_is_named(tmp_path: Path) -> None:
    (tmp_path / "ranking.csv").write_text("TEAM_ID,W_PCT\n1,0.5\n")
    with pytest.raises(BadInput, match=r"ranking\.csv.*W_PCT.*Accepted"):
        discover(tmp_path)


def test_a_csv_of_unknown_header_beside_known_files_is_ignored_by_name(tmp_path: Path) -> None:
    (tmp_path / "ranking.csv").write_text("TEAM_ID,W_PCT\n1,0.5\n")
    (tmp_path / "games.parquet").write_bytes(parquet(game_rows()))
    assert [file.name for file in discover(tmp_path).ignored] == ["ranking.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("player_box.parquet", b"PAR1 this is no parquet file"),
        ("player_box.parquet", b""),
        ("player_box.parquet", parquet(box_rows())[:-40]),
        ("player_box.csv.gz", b"not gzip at all"),
        ("player_box.csv.gz", gzip.compress(b"season,game_id\n" * 50, mtime=0)[:-20]),
        ("player_box.csv", b"\xff\xfe\x00garbage"),
        ("player_box.csv", b"game_id,game_id\n1,2\n"),
    ],
)
def test_damaged_files_are_named(name: str, content: bytes) -> None:
    with pytest.raises(BadInput, match=name.replace(".", r"\.")) as caught:
        parse(archive_of({name: content, "games.parquet": parquet(game_rows())}))
    assert caught.value.next_step


def test_bytes_damaged_behind_a_sound_header_are_named() -> None:
    content = bytearray(parquet(box_rows() * 20))
    content[4:400] = b"\x00" * 396
    with pytest.raises(BadInput, match=r"player_box\.parquet is damaged"):
        parse(archive_of({"player_box.parquet": bytes(content)}))


def test_a_file_that_changes_between_discovery_and_reading_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "games.parquet"
    path.write_bytes(parquet(game_rows()))
    archive = discover(tmp_path)
    path.write_bytes(parquet(game_rows(home_pts=97)))
    with pytest.raises(BadInput, match="changed"):
        parse(archive)


def test_a_parquet_file_without_rows_is_an_empty_table() -> None:
    empty = pa.table({name: pa.array([], pa.string()) for name in box_rows()[0]})
    sink = pa.BufferOutputStream()
    pq.write_table(empty, sink)
    archive = parse(archive_of({"player_box.parquet": sink.getvalue().to_pybytes()}))
    assert archive.rows["player_box_scores"].num_rows == 0


# -- what a row must satisfy ------------------------------------------------------------------------------------------
BAD_BOX_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"minutes": 91.0}, "minutes_out_of_range"),
    ({"minutes": -1.0}, "minutes_out_of_range"),
    ({"pts": 121}, "pts_out_of_range"),
    ({"fgm": 4, "fga": 3}, "more_made_than_attempted"),
    ({"ftm": 9, "fta": 3, "pts": 18}, "more_made_than_attempted"),
    ({"pts": 13}, "points_not_sum_of_shots"),
    ({"pts": None}, "minutes_without_points"),
    ({"minutes": None}, "points_without_minutes"),
    ({"team_abbr": "XYZ"}, "team_abbr_unknown"),
    ({"team_abbr": "LAL"}, "team_not_in_game"),
    ({"opp_abbr": "LAL"}, "opponent_disagrees_with_game"),
    ({"opp_abbr": "BOS"}, "team_plays_itself"),
    ({"is_home": False}, "home_disagrees_with_game"),
    ({"win": False}, "win_disagrees_with_score"),
    ({"game_date": midnight(date(2024, 1, 21))}, "date_disagrees_with_game"),
    ({"game_date": midnight(SLATE) + timedelta(hours=1)}, "game_date_not_midnight"),
    ({"game_date": midnight(date(2021, 1, 20))}, "date_outside_season"),
    ({"season": "2022-23"}, "season_disagrees_with_game_id"),
    ({"season": "2023"}, "season_unreadable"),
    ({"season_type": "Playoffs"}, "season_type_disagrees_with_game_id"),
    ({"season_type": "Friendly"}, "season_type_unknown"),
    ({"game_id": "20240120_NYK_BOS"}, "game_id_unreadable"),
    ({"game_id": "0012300001", "team_abbr": "MAC"}, "not_a_counting_game"),
    ({"game_id": None}, "game_id_missing"),
    ({"player_id": -1}, "player_id_out_of_range"),
    ({"player_name": "   "}, "player_name_missing"),
]


def test_bad_box_rows_are_refused_for_one_reason_each_and_sink_nothing() -> None:
    bad = [box_rows()[0] | {"player_id": 5000 + n} | changes for n, (changes, _) in enumerate(BAD_BOX_ROWS)]
    archive = parsed(player_box=bad + box_rows(), games=game_rows())
    assert refusals(archive) == [("player_box_scores", reason) for _, reason in BAD_BOX_ROWS]
    assert archive.rows["player_box_scores"].num_rows == 16
    assert archive.quarantined["row_number"].to_pylist() == list(range(len(bad)))
    teams = [json.loads(text)["team_abbr"] for text in archive.quarantined["row_json"].to_pylist()]
    assert teams == [row["team_abbr"] for row in bad]
    assert_books_balance(archive)


def test_a_box_row_that_tells_too_little_of_an_unknown_game_is_refused_with_it() -> None:
    archive = parsed(player_box=changed(box_rows(), 0, game_id="0022300602", opp_abbr=None), games=game_rows())
    assert refusals(archive) == [("player_box_scores", "unknown_game"), ("schedule", "game_incomplete")]
    assert_books_balance(archive)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"away_abbr": "BOS"}, [("schedule", "team_plays_itself")]),
        ({"tip_utc": TIP + timedelta(days=1)}, [("schedule", "tip_not_on_slate")]),
        ({"home_pts": None}, [("game_results", "score_incomplete")]),
        ({"home_pts": 80}, [("game_results", "score_tied")]),
        ({"total_line": 22.0}, [("game_lines", "total_line_out_of_range")]),
    ],
)
def test_a_bad_game_row(changes: Mapping[str, Any], refused: list[tuple[str, str]]) -> None:
    archive = parsed(games=game_rows(**changes))
    assert refusals(archive)[-1:] == refused
    assert_books_balance(archive)


def test_a_game_refused_for_its_tip_lives_on_through_its_box_scores() -> None:
    archive = parsed(games=game_rows(tip_utc=TIP + timedelta(days=1)), player_box=box_rows())
    assert refusals(archive) == [("schedule", "tip_not_on_slate")]
    assert [row["tip_at"] for row in rows_of(archive, "schedule")] == [None]
    assert archive.rows["player_box_scores"].num_rows == 16


def test_a_game_still_to_be_played_has_no_result() -> None:
    archive = parsed(games=game_rows(home_pts=None, away_pts=None))
    assert (archive.rows["schedule"].num_rows, archive.rows["game_results"].num_rows) == (1, 0)
    assert refusals(archive) == []


def test_foreign_team_codes_are_mapped_at_the_border() -> None:
    rows = box_rows(home="GS", away="BRK")
    archive = parsed(player_box=rows)
    assert {row["team_abbr"] for row in rows_of(archive, "player_box_scores")} == {"GSW", "BKN"}
    assert rows_of(archive, "schedule")[0]["home_team"] == "GSW"


def test_ids_of_another_source_are_kept_as_they_are() -> None:
    play_in = {"season_type": "Play-In", "game_date": midnight(date(2024, 4, 16))}
    rows = [row | play_in | {"game_id": "bref:202404160LAL"} for row in box_rows()]
    archive = parsed(player_box=rows, games=game_rows("bref:202404160LAL", tip_utc=None, **play_in))
    assert rows_of(archive, "schedule")[0]["game_id"] == "bref:202404160LAL"
    assert archive.rows["player_box_scores"].num_rows == 16


def test_an_id_of_another_source_does_not_tell_its_season_type() -> None:
    archive = parsed(
        games=game_rows("bref:202401200BOS", season_type=None, home_pts=None, away_pts=None, total_line=None)
    )
    assert ("schedule", "season_type_unknown") in refusals(archive)


def test_game_ids_that_lost_their_zeros_get_them_back() -> None:
    archive = parsed(
        player_box=[row | {"game_id": 22300601} for row in box_rows()], games=game_rows(game_id=22300601.0)
    )
    assert rows_of(archive, "schedule")[0]["game_id"] == GAME
    assert archive.rows["player_box_scores"].num_rows == 16


# -- who did not play -------------------------------------------------------------------------------------------------
def nothing(**changes: Any) -> dict[str, Any]:
    """A box row of zeros."""
    zeros = {name: 0 for name, value in box_rows()[0].items() if type(value) is int and name != "player_id"}
    return box_rows()[0] | zeros | {"minutes": 0.0, "player_id": 1900, "player_name": "BOS Reserve"} | changes


def only(archive: ParsedArchive, player_id: int) -> dict[str, Any]:
    (row,) = [row for row in rows_of(archive, "player_box_scores") if row["source_player_id"] == player_id]
    return row


def test_no_minutes_mean_null_points_and_a_typed_status() -> None:
    row = only(parsed(player_box=[*box_rows(), nothing()], games=game_rows()), 1900)
    assert (row["participation"], row["minutes"], row["points"], row["fga"], row["plus_minus"]) == (
        "no_minutes",
        None,
        None,
        None,
        None,
    )


def test_points_in_minutes_rounded_to_zero_were_played() -> None:
    row = only(parsed(player_box=[*box_rows(), nothing(pts=2, fgm=1, fga=1)], games=game_rows()), 1900)
    assert (row["participation"], row["minutes"], row["points"]) == ("played", 0.0, 2)


def test_what_happened_in_no_minutes_stays_known() -> None:
    row = only(parsed(player_box=[*box_rows(), nothing(pf=1)], games=game_rows()), 1900)
    assert (row["participation"], row["points"], row["pf"], row["fga"]) == ("no_minutes", None, 1, 0)


@pytest.mark.parametrize(
    ("comment", "status"),
    [
        ("DNP - Coach's Decision", "dnp_coach_decision"),
        ("DND - Injury/Illness", "dnp_injury"),
        ("NWT - Injury/Illness", "dnp_injury"),
        ("NWT_CONCUSSION_PROTOCOL", "dnp_injury"),
        ("DND-Return to Competition Reconditioning", "dnp_injury"),
        ("DND - Left Ankle Sprain", "dnp_injury"),
        ("DND - Rest", "dnp_other"),
        ("NWT - Not With Team", "dnp_other"),
        ("NWT_TEAM_SUSPENSION", "dnp_other"),
        ("DNP_TRADE", "dnp_other"),
        ("NWT - Personal", "dnp_other"),
    ],
)
def test_comments_are_typed(comment: str, status: str) -> None:
    assert did_not_play_status(comment) == status


def test_an_absence_takes_opponent_side_and_result_from_its_game() -> None:
    row = only(parsed(dnp=[absence(game_date=None)], games=game_rows()), 1900)
    assert (row["opponent_abbr"], row["is_home"], row["is_win"], row["season_type"], row["game_date"]) == (
        "NYK",
        True,
        True,
        "Regular Season",
        SLATE,
    )
    assert (row["participation"], row["points"], row["dnp_comment"]) == (
        "dnp_coach_decision",
        None,
        "DNP - Coach's Decision",
    )


def test_a_played_row_outweighs_an_absence_and_an_absence_a_row_of_zeros() -> None:
    archive = parsed(player_box=[*box_rows(), nothing()], dnp=[absence(), absence(player_id=1001)], games=game_rows())
    assert only(archive, 1001)["participation"] == "played"
    assert only(archive, 1900)["participation"] == "dnp_coach_decision"
    (counts,) = [row for row in archive.counts.to_pylist() if row["table_name"] == "player_box_scores"]
    assert counts["rows_duplicate"] == 2
    assert_books_balance(archive)


BAD_ABSENCES: list[tuple[dict[str, Any], str]] = [
    ({"game_id": "0022300999"}, "unknown_game"),
    ({"game_id": "0032300001", "team_abbr": "KEN", "game_date": None}, "not_a_counting_game"),
    ({"team_abbr": "LAL"}, "team_not_in_game"),
    ({"comment": None}, "comment_missing"),
]


def test_bad_absences_are_refused_for_one_reason_each() -> None:
    archive = parsed(dnp=[*(absence(**changes) for changes, _ in BAD_ABSENCES), absence()], games=game_rows())
    assert refusals(archive) == [("player_box_scores", reason) for _, reason in BAD_ABSENCES]
    assert archive.rows["player_box_scores"].num_rows == 1


# -- quotes -----------------------------------------------------------------------------------------------------------
def test_in_play_one_sided_and_postponed_quotes_are_facts() -> None:
    archive = parsed(
        points_lines=[
            quote(snapshot_utc=TIP + timedelta(hours=1), pre_tip=False),
            quote(under_price=None),
            quote(player_name="A + B", home_abbr=None, away_abbr=None, event_id=None, tip_utc=None, pre_tip=None),
        ]
    )
    assert archive.rows["player_points_quotes"].num_rows == 3
    assert {row["is_pre_tip"] for row in rows_of(archive, "player_points_quotes")} == {True, False, None}


@pytest.mark.parametrize("name", ["Nikola Jokić", "LUKA DONCIC ", "Jokic, Nikola", "S. Gilgeous-Alexander", "Niсolas"])
def test_names_stay_as_spelled(name: str) -> None:
    assert rows_of(parsed(points_lines=[quote(player_name=name)]), "player_points_quotes")[0]["player_name"] == name


def test_the_same_quote_twice_is_one_row_and_another_price_is_another() -> None:
    archive = parsed(points_lines=[quote(), quote(), quote(over_price=-120.0), quote(line=13.0)])
    assert archive.rows["player_points_quotes"].num_rows == 3
    assert len(set(archive.rows["player_points_quotes"]["quote_id"].to_pylist())) == 3
    again = parsed(points_lines=[quote()])
    assert again.rows["player_points_quotes"]["quote_id"][0] in archive.rows["player_points_quotes"]["quote_id"]


def test_lines_are_exact_in_tenths_even_from_single_precision() -> None:
    table = pa.Table.from_pylist([quote(line=line) for line in (25.1, 25.5, 26.0)])
    place = table.column_names.index("line")
    table = table.set_column(place, "line", table["line"].cast(pa.float32()))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    quotes = parse(archive_of({"points_lines.parquet": sink.getvalue().to_pybytes()})).rows["player_points_quotes"]
    assert quotes["line_x10"].to_pylist() == [251, 255, 260]
    assert quotes["line"].to_pylist() == [25.1, 25.5, 26.0]


BAD_QUOTES: list[tuple[dict[str, Any], str]] = [
    ({"line": 0.4}, "line_out_of_range"),
    ({"line": 80.5}, "line_out_of_range"),
    ({"line": 12.57}, "line_not_in_tenths"),
    ({"line": None}, "line_missing"),
    ({"over_price": 1.91}, "over_price_out_of_range"),
    ({"snapshot_utc": None}, "snapshot_utc_missing"),
    ({"snapshot_utc": TIP + timedelta(hours=30)}, "snapshot_too_late"),
    ({"snapshot_utc": TIP - timedelta(days=15)}, "snapshot_too_early"),
    ({"tip_utc": datetime(2024, 1, 21, 5, 30, tzinfo=UTC)}, "tip_not_on_slate"),
    ({"season": "2021-22"}, "date_outside_season"),
    ({"home_abbr": "NYK"}, "team_plays_itself"),
    ({"home_abbr": "Boston"}, "home_abbr_unknown"),
    ({"bookmaker": ""}, "bookmaker_missing"),
]


def test_bad_quotes_are_refused_for_one_reason_each_and_sink_nothing() -> None:
    archive = parsed(points_lines=[*(quote(**changes) for changes, _ in BAD_QUOTES), quote()])
    assert refusals(archive) == [("player_points_quotes", reason) for _, reason in BAD_QUOTES]
    assert archive.rows["player_points_quotes"].num_rows == 1
    assert_books_balance(archive)


def test_without_the_sources_word_only_a_lone_line_is_main() -> None:
    rows = [quote(line=12.5), quote(line=15.5), quote(player_name="NYK Player 2")]
    rows = [{name: value for name, value in row.items() if name != "is_main"} for row in rows]
    assert parsed(points_lines=rows).rows["player_points_quotes"]["is_main"].to_pylist() == [False, False, True]


def test_an_injury_status_of_another_vocabulary_is_refused() -> None:
    entry = {"game_date": SLATE, "team_abbr": "NYK", "player_name": "X", "reported_utc": TIP}
    archive = parsed(injuries=[entry | {"status": "OUT"}, entry | {"status": "Day-To-Day"}])
    assert [row["injury_status"] for row in rows_of(archive, "injury_reports")] == ["out"]
    assert refusals(archive) == [("injury_reports", "status_unknown")]


# -- the real archive -------------------------------------------------------------------------------------------------
@pytest.mark.archive
def test_the_real_archive(archive_dir: Path) -> None:
    whole = parse(discover(archive_dir))
    assert_books_balance(whole)
    read = whole.counts.to_pandas().groupby("table_name")["rows_read"].sum().to_dict()
    assert read == {
        "schedule": 12_427,
        "game_results": 12_427,
        "game_lines": 10_941,
        "player_box_scores": 264_023 + 13_428,
        "player_points_quotes": 188_240,
        "player_list": 1_581,
    }
    reasons = whole.quarantined.to_pandas().groupby(["table_name", "reason"]).size().to_dict()
    assert reasons == {
        ("player_box_scores", "not_a_counting_game"): 7,
        ("player_points_quotes", "snapshot_utc_missing"): 2_267,
        ("player_list", "player_id_out_of_range"): 1,
    }
    box = whole.rows["player_box_scores"].to_pandas()
    assert box.groupby("participation").size().to_dict() == {
        "played": 263_414,
        "no_minutes": 609,
        "dnp_coach_decision": 11_165,
        "dnp_injury": 2_021,
        "dnp_other": 235,
    }
    assert box.loc[box["participation"] != "played", ["points", "minutes"]].isna().all().all()


@pytest.mark.archive
def test_the_results_of_real_games_can_be_derived_from_their_box_scores(archive_dir: Path) -> None:
    files = {name: (archive_dir / name).read_bytes() for name in ("player_box.parquet", "games.parquet")}
    box_only = archive_of({"player_box.parquet": files["player_box.parquet"]})
    derived, told = parse(box_only, {"2022-23"}), parse(archive_of(files), {"2022-23"})
    columns = ["game_id", "game_date", "home_points", "away_points"]
    order = [("game_id", "ascending")]
    assert derived.quarantined.num_rows == 0
    assert (
        derived.rows["game_results"]
        .select(columns)
        .sort_by(order)
        .equals(told.rows["game_results"].select(columns).sort_by(order))
    )
