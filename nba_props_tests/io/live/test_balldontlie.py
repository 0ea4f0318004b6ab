"""balldontlie: what is asked and when, what its answers become, and that damaged answers harm nobody else's rows."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nba_props.domain.calendar import noon_eastern
from nba_props.domain.names import player_lookup
from nba_props.io.sources.live.balldontlie import (
    SOURCE,
    TEAM_OF_ID,
    next_page,
    parse_box_scores,
    parse_injuries,
    parse_standings,
)
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Row, Sheet, Source
from nba_props_tests.io.live.mutations import assert_refuses_broken_bodies, assert_survives
from nba_props_tests.io.live.payload_kit import FETCHED, judged, landed, recorded, refusals_of, rows_of

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
COUNTS = ("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb", "ast", "stl", "blk", "turnover", "pf")


# -- invented answers ---------------------------------------------------------------------------------------------------
def a_line(number: int, minutes: str | None = "30", **counts: Any) -> dict[str, Any]:
    """A line of ten points, or of none for who has no minutes."""
    made = {"pts": 10, "fgm": 4, "fga": 9, "fg3m": 1, "fg3a": 2, "ftm": 1, "fta": 2, "oreb": 1, "dreb": 3, "reb": 4}
    line = dict.fromkeys(("pts", *COUNTS), 0) | (made if minutes not in ("00", "", None) else {})
    person = {"id": number, "first_name": "Ian", "last_name": f"Invented{number}", "position": "G"}
    return {"min": minutes, **line, "fg_pct": 0.4, "player": person} | counts


def a_game(home: str, away: str, first: int, lines: list[dict[str, Any]] | None = None, **given: Any) -> dict[str, Any]:
    """A finished game with three lines a side."""
    sides = [
        {"id": 1, "abbreviation": code, "players": [a_line(first + place + n) for n in range(3)]}
        for place, code in ((0, home), (3, away))
    ]
    if lines is not None:
        sides[0]["players"] = lines
    scores = {"home_team_score": 101, "visitor_team_score": 99}
    head = {"date": "2024-01-15", "season": 2023, "status": "Final", "period": 4, **scores}
    return {**head, "home_team": sides[0], "visitor_team": sides[1], **given}


def box_scores(*games: Any, day: date = DAY) -> Payload:
    return landed(Source.BALLDONTLIE, "box_scores", day, {"data": list(games)})


def a_standing(team: str, **given: Any) -> dict[str, Any]:
    record = {"wins": 20, "losses": 10, "conference_rank": 3, "home_record": "12-3", "road_record": "8-7"}
    return {"team": {"id": 1, "abbreviation": team}, "season": 2023, **record, **given}


def standings(*rows: Any, day: date = DAY) -> Payload:
    return landed(Source.BALLDONTLIE, "standings", day, {"data": list(rows)})


def an_injury(number: int, status: str = "Out", team_id: int = 2, **given: Any) -> dict[str, Any]:
    player = {"id": number, "first_name": "Ian", "last_name": f"Invented{number}", "team_id": team_id}
    return {"player": player, "return_date": "Feb 1", "description": "Knee.", "status": status, **given}


def injuries(*rows: Any, page: int = 1, cursor: int | None = None, next_cursor: int | None = None) -> Payload:
    meta = {"per_page": 100} | ({} if next_cursor is None else {"next_cursor": next_cursor})
    params = {"per_page": "100"} | ({} if cursor is None else {"cursor": str(cursor)})
    return landed(
        Source.BALLDONTLIE,
        "player_injuries",
        DAY,
        {"data": list(rows), "meta": meta},
        label=f"page-{page}",
        params=params,
    )


# -- box scores ---------------------------------------------------------------------------------------------------------
def test_a_final_game_becomes_a_result_and_its_lines() -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1)))
    assert rows_of(parsed, Sheet.RESULTS) == [
        {"game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK", "home_pts": 101, "away_pts": 99}
    ]
    lines = rows_of(parsed, Sheet.BOX_REPORTS)
    assert [line["team_abbr"] for line in lines] == ["BOS"] * 3 + ["NYK"] * 3
    first = lines[0]
    assert (first["source_person_id"], first["player_name"]) == ("1", "Ian Invented1")
    assert (first["minutes"], first["pts"], first["tov"], first["reb"]) == (30.0, 10, 0, 4)
    assert judged(parsed, Sheet.BOX_REPORTS)["refusal"].isna().all()
    assert not parsed.is_empty_slate


@pytest.mark.parametrize("minutes", ["00", "0", "0:00", "", None])
def test_who_did_not_play_has_no_minutes_and_no_points_rather_than_zero(minutes: str | None) -> None:
    row = rows_of(
        parse_box_scores(box_scores(a_game("BOS", "NYK", 1, [a_line(1, "00", min=minutes)]))), Sheet.BOX_REPORTS
    )[0]
    assert row["player_name"] == "Ian Invented1"
    assert {row[name] for name in ("minutes", "pts", "reb", "tov", "fga")} == {None}


@pytest.mark.parametrize(("text", "minutes"), [("28", 28.0), ("06", 6.0), ("28:30", 28.5), ("0:45", 0.75)])
def test_minutes_are_whole_or_with_seconds(text: str, minutes: float) -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1, [a_line(1, text)])))
    assert rows_of(parsed, Sheet.BOX_REPORTS)[0]["minutes"] == minutes


def test_seconds_on_the_floor_are_told_as_00_beside_a_count() -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1, [a_line(1, "00", pf=1)])))
    row = rows_of(parsed, Sheet.BOX_REPORTS)[0]
    assert (row["minutes"], row["pts"], row["pf"]) == (0.0, 0, 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"min": "28:75"}, "min_unreadable"),
        ({"min": "half"}, "min_unreadable"),
        ({"min": None}, "min_missing"),
        ({"min": ""}, "min_missing"),
        ({"pts": "10"}, "pts_unreadable"),
        ({"pts": True}, "pts_unreadable"),
        ({"ast": 10**30}, "ast_out_of_range"),
        ({"player": None}, "player_missing"),
        ({"player": {"id": 1, "first_name": "Ian"}}, "player_last_name_missing"),
    ],
)
def test_one_bad_line_is_refused_with_its_reason_and_the_others_stay(fault: dict[str, Any], reason: str) -> None:
    bad = a_line(1) | fault
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1, [bad, a_line(2)])))
    assert refusals_of(parsed, Sheet.BOX_REPORTS) == [(0, reason)]
    assert parsed.refused[0].row == bad
    assert rows_of(parsed, Sheet.BOX_REPORTS)[0]["player_name"] == "Ian Invented2"
    assert parsed.count(Sheet.BOX_REPORTS) == 5


def test_a_field_that_vanishes_from_every_line_is_another_shape_not_five_hundred_bad_rows() -> None:
    game = a_game("BOS", "NYK", 1)
    for side in ("home_team", "visitor_team"):
        for line in game[side]["players"]:
            line["turnovers"] = line.pop("turnover")
    with pytest.raises(PayloadRejected, match=r"none of 6 rows can be read \(turnover_missing\)"):
        parse_box_scores(box_scores(game))


@pytest.mark.parametrize("status", ["3rd Qtr", "Halftime", "2024-01-16T00:30:00Z", "7:30 pm ET", "Postponed"])
def test_a_game_that_is_not_over_gives_no_result_and_no_line_and_is_counted(status: str) -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1, status=status), a_game("LAL", "DEN", 7)))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, "game_not_final")]
    assert [row["home_abbr"] for row in rows_of(parsed, Sheet.RESULTS)] == ["LAL"]
    assert {row["home_abbr"] for row in rows_of(parsed, Sheet.BOX_REPORTS)} == {"LAL"}


def test_a_game_of_another_date_than_asked_for_is_refused() -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1), day=date(2024, 1, 16)))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, "date_disagrees_with_day")]
    assert parsed.rows == {}


def test_a_score_nobody_knows_is_for_the_border_to_refuse() -> None:
    parsed = parse_box_scores(box_scores(a_game("BOS", "NYK", 1, home_team_score=None), a_game("LAL", "DEN", 7)))
    assert list(judged(parsed, Sheet.RESULTS)["refusal"].dropna()) == ["home_pts_missing"]


def test_no_games_is_an_empty_slate_and_no_list_is_a_fault() -> None:
    assert parse_box_scores(box_scores()) == Parsed(is_empty_slate=True)
    for body in (b"", b"null", b"[]", b"{}", b'{"data": null}', b'{"data": {}}', b"<html>busy</html>", b"[" * 100_000):
        with pytest.raises(PayloadRejected, match="box_scores of 2024-01-15 is not what this parser knows"):
            parse_box_scores(landed(Source.BALLDONTLIE, "box_scores", DAY, body))


def test_recorded_box_scores_hold_what_the_file_holds() -> None:
    body = recorded("balldontlie_box_scores.json")
    games = json.loads(body)["data"]
    lines = [line for game in games for side in ("home_team", "visitor_team") for line in game[side]["players"]]
    parsed = parse_box_scores(landed(Source.BALLDONTLIE, "box_scores", DAY, body))
    rows = rows_of(parsed, Sheet.BOX_REPORTS)
    assert len(rows_of(parsed, Sheet.RESULTS)) == len(games) == 11
    assert len(rows) == len(lines) == 384
    unplayed = [row for row in rows if row["minutes"] is None]
    assert len(unplayed) == sum(line["min"] == "00" for line in lines) == 155
    assert {row["pts"] for row in unplayed} == {None}
    assert parsed.refused == []
    assert judged(parsed, Sheet.BOX_REPORTS)["refusal"].isna().all()
    assert judged(parsed, Sheet.RESULTS)["refusal"].isna().all()


def test_the_recorded_empty_day_is_an_empty_slate() -> None:
    body = recorded("balldontlie_box_scores_empty.json")
    assert parse_box_scores(landed(Source.BALLDONTLIE, "box_scores", DAY, body)).is_empty_slate


@pytest.mark.archive
def test_recorded_box_scores_tell_of_the_same_players_and_points_as_the_archive(archive_dir: Path) -> None:
    body = recorded("balldontlie_box_scores.json")
    parsed = parse_box_scores(landed(Source.BALLDONTLIE, "box_scores", DAY, body))
    told = {
        (row["team_abbr"], player_lookup(row["player_name"])): (row["pts"], row["fgm"], row["fg3m"], row["ftm"])
        for row in rows_of(parsed, Sheet.BOX_REPORTS)
        if row["minutes"] is not None
    }
    archived = duckdb.execute(
        "SELECT team_abbr, player_name, pts, fgm, fg3m, ftm FROM read_parquet($1) WHERE game_date = $2",
        [str(archive_dir / "player_box.parquet"), DAY],
    ).fetchall()
    known = {(team, player_lookup(name)): tuple(made) for team, name, *made in archived}
    assert len(told) == len(known) == 229
    assert {who: told[who] for who in told.keys() & known} == {who: known[who] for who in told.keys() & known}
    # Six go by another name here (a nickname, a suffix); they too played for that team and made those shots.
    elsewhere = [
        sorted((who[0], *one[who]) for who in one.keys() - other) for one, other in ((told, known), (known, told))
    ]
    assert len(elsewhere[0]) == 6
    assert elsewhere[0] == elsewhere[1]


# -- standings ----------------------------------------------------------------------------------------------------------
def test_standings_are_dated_with_the_day_they_were_asked_for() -> None:
    parsed = parse_standings(standings(a_standing("BOS"), a_standing("NYK", wins="20")))
    assert rows_of(parsed, Sheet.STANDINGS) == [
        {
            "standings_date": DAY,
            "season": "2023-24",
            "team_abbr": "BOS",
            "wins": 20,
            "losses": 10,
            "conference_rank": 3,
            "home_record": "12-3",
            "road_record": "8-7",
        }
    ]
    assert refusals_of(parsed, Sheet.STANDINGS) == [(1, "wins_unreadable")]


def test_standings_of_another_season_are_refused_and_empty_ones_are_a_fault() -> None:
    parsed = parse_standings(standings(a_standing("BOS", season=2022), a_standing("NYK")))
    assert refusals_of(parsed, Sheet.STANDINGS) == [(0, "season_disagrees_with_day")]
    with pytest.raises(PayloadRejected, match="data_unreadable"):
        parse_standings(standings())


def test_recorded_standings_have_thirty_teams_whose_ids_are_those_of_the_injuries() -> None:
    sent = json.loads(recorded("balldontlie_standings.json"))["data"]
    assert {row["team"]["id"]: row["team"]["abbreviation"] for row in sent} == TEAM_OF_ID
    parsed = parse_standings(standings(*sent, day=date(2025, 4, 20)))
    assert len(rows_of(parsed, Sheet.STANDINGS)) == len(sent) == 30
    assert sum(row["wins"] for row in rows_of(parsed, Sheet.STANDINGS)) == 30 * 82 / 2
    assert judged(parsed, Sheet.STANDINGS)["refusal"].isna().all()


# -- injuries -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("Out", "out"),
        ("Day-To-Day", "questionable"),
        ("Questionable", "questionable"),
        ("Doubtful", "doubtful"),
        ("probable ", "probable"),
        ("Out For Season", "out"),
        ("Suspension", "out"),
        ("Active", "available"),
    ],
)
def test_injury_words_become_ours(told: str, status: str) -> None:
    parsed = parse_injuries(injuries(an_injury(1, told)))
    assert rows_of(parsed, Sheet.INJURIES) == [
        {
            "game_date": DAY,
            "team_abbr": "BOS",
            "player_name": "Ian Invented1",
            "status": status,
            "reason": "Knee.",
            "reported_utc": FETCHED,
        }
    ]
    assert judged(parsed, Sheet.INJURIES)["refusal"].isna().all()


def test_an_unknown_word_or_team_is_refused_never_guessed() -> None:
    parsed = parse_injuries(injuries(an_injury(1, "Resting"), an_injury(2, team_id=37), an_injury(3)))
    assert refusals_of(parsed, Sheet.INJURIES) == [(0, "status_unknown"), (1, "team_id_unknown")]
    assert len(rows_of(parsed, Sheet.INJURIES)) == 1


def test_a_long_story_costs_nobody_his_status() -> None:
    parsed = parse_injuries(injuries(an_injury(1, description="knee " * 500), an_injury(2, description=None)))
    assert judged(parsed, Sheet.INJURIES)["refusal"].isna().all()
    assert [len(row["reason"] or "") for row in rows_of(parsed, Sheet.INJURIES)] == [500, 0]


def test_the_next_page_is_asked_for_until_there_is_none() -> None:
    [second] = next_page(injuries(an_injury(1), next_cursor=434))
    assert (second.path, second.params, second.label) == (
        "/player_injuries",
        {"per_page": "100", "cursor": "434"},
        "page-2",
    )
    assert second.day == DAY
    assert next_page(injuries(an_injury(2), page=2, cursor=434)) == []


def test_a_cursor_that_does_not_advance_is_rejected_rather_than_followed_for_ever() -> None:
    with pytest.raises(PayloadRejected, match="next page 434 does not come after 434"):
        next_page(injuries(an_injury(1), page=2, cursor=434, next_cursor=434))


def test_recorded_injuries() -> None:
    body = recorded("balldontlie_injuries.json")
    sent = json.loads(body)["data"]
    parsed = parse_injuries(landed(Source.BALLDONTLIE, "player_injuries", DAY, body))
    rows = rows_of(parsed, Sheet.INJURIES)
    assert [row["player_name"] for row in rows] == [
        f"{one['player']['first_name']} {one['player']['last_name']}" for one in sent
    ]
    assert [row["status"] for row in rows] == ["questionable", "out"]
    assert {row["team_abbr"] for row in rows} == {"BOS"}
    assert next_page(landed(Source.BALLDONTLIE, "player_injuries", DAY, body)) == []


# -- what is asked ------------------------------------------------------------------------------------------------------
def test_a_date_that_is_over_is_asked_for_its_box_scores_and_nothing_that_is_true_only_now() -> None:
    [asked] = SOURCE.of_day(DAY, NOON + timedelta(days=1))
    assert (asked.path, asked.params, asked.day) == ("/box_scores", {"date": "2024-01-15"}, DAY)
    assert asked.settles_at == noon_eastern(date(2024, 1, 16))


def test_today_is_asked_for_what_is_known_before_tip() -> None:
    asked = list(SOURCE.of_day(DAY, NOON))
    assert [(one.feed, dict(one.params)) for one in asked] == [
        ("standings", {"season": "2023"}),
        ("player_injuries", {"per_page": "100"}),
    ]
    assert [one.feed for one in SOURCE.of_day(DAY + timedelta(days=1), NOON)] == ["player_injuries"]


def test_today_is_eastern() -> None:
    late = datetime(2024, 1, 16, 4, 30, tzinfo=UTC)  # 23:30 of the 15th in New York
    assert [one.feed for one in SOURCE.of_day(DAY, late)] == ["standings", "player_injuries"]


@pytest.mark.parametrize(
    ("season", "filed", "settles"),
    [("2023-24", DAY, None), ("2022-23", date(2023, 8, 31), noon_eastern(date(2023, 8, 31)))],
)
def test_a_seasons_standings_are_filed_within_it(season: str, filed: date, settles: datetime | None) -> None:
    [asked] = SOURCE.of_season(season, NOON)
    assert (asked.day, asked.params["season"], asked.settles_at) == (filed, season[:4], settles)
    assert list(SOURCE.of_season("2024-25", NOON)) == []


def test_it_is_asked_once_a_second_with_its_key_in_the_header() -> None:
    assert 60 / SOURCE.manners.pause_seconds <= 60
    assert (SOURCE.manners.key_header, SOURCE.manners.key_setting) == ("Authorization", "NBA_PROPS_BALLDONTLIE_API_KEY")
    asked = [*SOURCE.of_day(DAY, NOON), *SOURCE.of_day(DAY, NOON + timedelta(days=1))]
    assert {one.feed for one in asked} == {feed.name for feed in SOURCE.feeds}


# -- damage -------------------------------------------------------------------------------------------------------------
def word_of(row: Row) -> str:
    """What tells a row apart in these documents: a person's last name, a game's home team, a team."""
    person = row.get("player_name")
    return person.split()[-1] if person else row.get("home_abbr") or row["team_abbr"]


def test_damaged_box_scores_harm_no_other_row() -> None:
    def parse(sent: Any) -> Parsed:
        return parse_box_scores(landed(Source.BALLDONTLIE, "box_scores", DAY, sent))

    absent = [a_line(21, "00"), a_line(22)]
    games = {"data": [a_game("BOS", "NYK", 1), a_game("LAL", "DEN", 11), a_game("MIA", "ORL", 21, absent)]}
    assert_survives(parse, games, word_of, rows_in=("data", "players"), count=1_000)
    assert_refuses_broken_bodies(parse, games, count=100)


def test_damaged_standings_harm_no_other_row() -> None:
    def parse(sent: Any) -> Parsed:
        return parse_standings(landed(Source.BALLDONTLIE, "standings", DAY, sent))

    teams = {"data": [a_standing(team) for team in ("BOS", "NYK", "LAL")]}
    assert_survives(parse, teams, word_of, rows_in=("data",), count=400)
    assert_refuses_broken_bodies(parse, teams, count=100)


def test_damaged_injuries_harm_no_other_row() -> None:
    def parse(sent: Any) -> Parsed:
        return parse_injuries(landed(Source.BALLDONTLIE, "player_injuries", DAY, sent))

    hurt = {"data": [an_injury(1), an_injury(2, "Doubtful"), an_injury(3)], "meta": {"per_page": 100}}
    assert_survives(parse, hurt, word_of, rows_in=("data",), count=400)
    assert_refuses_broken_bodies(parse, hurt, count=100)
