"""stats.nba.com: what is asked, and rows from documents in its shape, recorded ones and damaged ones."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.calendar import EASTERN, SeasonType, season_bounds
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.nba_stats import SOURCE, requests
from nba_props_tests.io.live import payload_kit
from nba_props_tests.io.live.mutations import assert_refuses_broken_bodies, assert_survives
from nba_props_tests.io.live.payload_kit import judged, landed

DAY = date(2025, 3, 15)
NEXT_MORNING = datetime(2025, 3, 16, 13, tzinfo=UTC)
FEEDS = {feed.name: feed for feed in SOURCE.feeds}


def payload_of(feed: str, document: Any, day: date = DAY) -> Payload:
    return landed(Source.NBA_STATS, feed, day, document, fetched_at=NEXT_MORNING)


def parsed(feed: str, document: Any, day: date = DAY) -> Parsed:
    return FEEDS[feed].parse(payload_of(feed, document, day))


def rows_of(found: Parsed, sheet: Sheet) -> list[dict[str, Any]]:
    return [dict(row) for row in payload_kit.rows_of(found, sheet)]


def reasons_of(found: Parsed) -> list[str]:
    return [one.reason for one in found.refused]


def refusals_at_the_border(found: Parsed, sheet: Sheet) -> Counter[str]:
    """What the rows are held to next."""
    return Counter(judged(found, sheet)["refusal"].dropna())


# -- documents in their shape, about invented people ------------------------------------------------------------------
def a_side(code: str | None, score: int | None = 0, team_id: int = 1610612738) -> dict[str, Any]:
    return {"teamId": team_id, "teamTricode": code, "teamName": "Some", "score": score, "wins": 3, "losses": 2}


def a_game(**given: Any) -> dict[str, Any]:
    """New York at Boston, 19:30 Eastern on 15 March 2025, which is the 15th 23:30 UTC."""
    game = {
        "gameId": "0022400901",
        "gameCode": "20250315/NYKBOS",
        "gameStatus": 1,
        "gameStatusText": "7:30 pm ET",
        "gameDateEst": "2025-03-15T00:00:00Z",
        "gameTimeEst": "1900-01-01T19:30:00Z",
        "gameDateTimeEst": "2025-03-15T19:30:00Z",
        "gameDateTimeUTC": "2025-03-15T23:30:00Z",
        "ifNecessary": False,
        "postponedStatus": "N",
        "isNeutral": False,
        "homeTeam": a_side("BOS"),
        "awayTeam": a_side("NYK"),
    }
    return game | given


def a_schedule(*games: dict[str, Any], season: str = "2024-25") -> dict[str, Any]:
    days = [{"gameDate": "03/15/2025 00:00:00", "games": list(games)}] if games else []
    return {"meta": {"version": 1}, "leagueSchedule": {"seasonYear": season, "leagueId": "00", "gameDates": days}}


def a_table(name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    sets = [{"name": name, "headers": list(rows[0]), "rowSet": [list(row.values()) for row in rows]}]
    return {"resource": name.lower(), "parameters": {"LeagueID": "00"}, "resultSets": sets}


def a_person(**given: Any) -> dict[str, Any]:
    person = {"PERSON_ID": 7001, "PLAYER_LAST_NAME": "Tidewell III", "PLAYER_FIRST_NAME": "Orlo", "POSITION": "G-F"}
    return person | {"HEIGHT": "6-7", "WEIGHT": "215", "TEAM_ABBREVIATION": "BOS"} | given


def a_line(**given: Any) -> dict[str, Any]:
    """One row of the log: 22 points on 8 of 15, 3 of 7 threes and 3 of 4 free throws."""
    line = {
        "SEASON_ID": "22024",
        "PLAYER_ID": 7001,
        "PLAYER_NAME": "Orlo Tidewell III",
        "TEAM_ID": 1610612738,
        "TEAM_ABBREVIATION": "BOS",
        "GAME_ID": "0022400901",
        "GAME_DATE": "2025-03-15",
        "MATCHUP": "BOS vs. NYK",
        "WL": "W",
        "MIN": 31,
    }
    counts = {"FGM": 8, "FGA": 15, "FG3M": 3, "FG3A": 7, "FTM": 3, "FTA": 4, "OREB": 1, "DREB": 5, "REB": 6, "AST": 4}
    return line | counts | {"STL": 1, "BLK": 0, "TOV": 2, "PF": 3, "PTS": 22, "PLUS_MINUS": 9} | given


_STATISTICS = {
    "fieldGoalsMade": 8,
    "fieldGoalsAttempted": 15,
    "threePointersMade": 3,
    "threePointersAttempted": 7,
    "freeThrowsMade": 3,
    "freeThrowsAttempted": 4,
    "reboundsOffensive": 1,
    "reboundsDefensive": 5,
    "reboundsTotal": 6,
    "assists": 4,
    "steals": 1,
    "blocks": 0,
    "turnovers": 2,
    "foulsPersonal": 3,
    "points": 22,
    "plusMinusPoints": 9.0,
}


def a_player(
    person: int, minutes: str = "31:30", position: str = "", comment: str = "", **given: Any
) -> dict[str, Any]:
    played = minutes not in ("", "PT00M00.00S")
    statistics = {"minutes": minutes} | (_STATISTICS if played else dict.fromkeys(_STATISTICS, 0)) | given
    name = {"personId": person, "firstName": "Orlo", "familyName": f"Tidewell {person}", "nameI": "O. Tidewell"}
    return name | {"position": position, "comment": comment, "jerseyNum": "9", "statistics": statistics}


def a_box_score(home: Iterable[dict[str, Any]], away: Iterable[dict[str, Any]]) -> dict[str, Any]:
    def team(code: str, players: Iterable[dict[str, Any]], points: int) -> dict[str, Any]:
        side = {"teamId": 1610612738, "teamTricode": code, "teamCity": "Some", "players": list(players)}
        return side | {"statistics": {"points": points}}

    game = {"gameId": "0022400901", "homeTeamId": 1, "awayTeamId": 2}
    sides = {"homeTeam": team("BOS", home, 110), "awayTeam": team("NYK", away, 104)}
    return {"meta": {"version": 1}, "boxScoreTraditional": game | sides}


def a_full_box_score() -> dict[str, Any]:
    def five(first: int) -> list[dict[str, Any]]:
        starters = [a_player(first + n, position=place) for n, place in enumerate(("F", "F", "C", "G", "G"))]
        return [*starters, a_player(first + 5), a_player(first + 6, "", comment="DNP - Coach's Decision")]

    return a_box_score(five(7000), five(8000))


_ZONES = ("Restricted Area", "In The Paint (Non-RA)", "Mid-Range", "Left Corner 3", "Above the Break 3")


def some_shot_zones(*people: int) -> dict[str, Any]:
    """Each made 3 of 5 at the rim, 1 of 4 in the rest of the paint, 2 of 6 from mid-range and none of 1 elsewhere."""
    about = ["PLAYER_ID", "PLAYER_NAME", "TEAM_ID", "TEAM_ABBREVIATION", "AGE", "NICKNAME"]
    shots = [3, 5, 0.6, 1, 4, 0.25, 2, 6, 0.333, 0, 1, 0.0, 0, 1, 0.0]
    zones = {"name": "SHOT_CATEGORY", "columnsToSkip": len(about), "columnSpan": 3, "columnNames": list(_ZONES)}
    columns = {"name": "columns", "columnSpan": 1, "columnNames": about + ["FGM", "FGA", "FG_PCT"] * len(_ZONES)}
    rows = [[person, f"Orlo {person}", 1610612738, "BOS", 25.0, "Orlo", *shots] for person in people]
    table = {"name": "ShotLocations", "headers": [zones, columns], "rowSet": rows}
    asked = {"DateFrom": DAY.isoformat(), "DateTo": DAY.isoformat()}
    return {"resource": "leaguedashplayershotlocations", "parameters": asked, "resultSets": table}


# -- the schedule -----------------------------------------------------------------------------------------------------
def test_a_game_is_on_its_eastern_date_and_tips_at_the_instant_that_is_called_utc() -> None:
    late = a_game(gameDateTimeEst="2025-03-15T22:30:00Z", gameDateTimeUTC="2025-03-16T02:30:00Z")
    (row,) = rows_of(parsed("schedule", a_schedule(late)), Sheet.SCHEDULE)
    assert row == {
        "game_id": "0022400901",
        "game_date": DAY,
        "season": "2024-25",
        "season_type": "Regular Season",
        "home_abbr": "BOS",
        "away_abbr": "NYK",
        "tip_utc": datetime(2025, 3, 16, 2, 30, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "unknown",
    [
        {"gameDateTimeUTC": "1900-01-01T00:00:00Z"},
        {"gameDateTimeUTC": None},
        {"gameDateTimeUTC": ""},
        {"gameDateTimeUTC": "2025-03-15T04:00:00Z"},  # midnight Eastern, what they write for a time to be determined
        {"gameStatusText": "TBD"},
    ],
)
def test_a_tip_to_be_determined_is_unknown(unknown: dict[str, Any]) -> None:
    (row,) = rows_of(parsed("schedule", a_schedule(a_game(**unknown))), Sheet.SCHEDULE)
    assert row["tip_utc"] is None
    assert row["game_date"] == DAY


@given(st.integers(0, 30 * 365 * 24 * 3600))
def test_every_tip_reads_as_the_instant_it_was_written_for(seconds: int) -> None:
    instant = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    game = a_game(gameDateTimeUTC=instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
    (row,) = rows_of(parsed("schedule", a_schedule(game)), Sheet.SCHEDULE)
    is_midnight = instant.astimezone(EASTERN).strftime("%H:%M:%S") == "00:00:00"
    assert row["tip_utc"] == (None if is_midnight else instant)


@pytest.mark.parametrize("text", ["PPD", "Postponed", "Cancelled"])
def test_a_postponed_game_is_on_no_slate_and_has_no_result(text: str) -> None:
    found = parsed("schedule", a_schedule(a_game(gameStatus=3, gameStatusText=text), a_game(gameId="0022400902")))
    assert [row["game_id"] for row in rows_of(found, Sheet.SCHEDULE)] == ["0022400902"]
    assert reasons_of(found) == ["game_postponed"]


def test_a_game_with_its_new_date_is_on_the_slate_though_it_was_once_postponed() -> None:
    assert parsed("schedule", a_schedule(a_game(postponedStatus="Y"))).count(Sheet.SCHEDULE) == 1


def test_play_off_games_without_teams_yet_are_left_out_and_not_a_new_shape() -> None:
    nobody = a_side(None, team_id=0)
    found = parsed("schedule", a_schedule(a_game(gameId="0042400407", homeTeam=nobody, awayTeam=nobody)))
    assert found.rows == {}
    assert reasons_of(found) == ["teams_not_yet_known"]


def test_only_games_that_are_over_and_count_have_results() -> None:
    over = {"gameStatus": 3, "gameStatusText": "Final", "homeTeam": a_side("BOS", 110), "awayTeam": a_side("NYK", 104)}
    games = [a_game(**over), a_game(gameId="0022400902", gameStatus=2), a_game(gameId="0012400005", **over)]
    found = parsed("schedule", a_schedule(*games))
    (result,) = rows_of(found, Sheet.RESULTS)
    assert (result["game_id"], result["home_pts"], result["away_pts"]) == ("0022400901", 110, 104)
    assert refusals_at_the_border(found, Sheet.SCHEDULE) == {"not_a_counting_game": 1}


def test_an_all_star_game_of_teams_that_are_none_is_excluded_and_no_fault() -> None:
    stars = a_game(gameId="0032400003", homeTeam=a_side("SHQ"), awayTeam=a_side("CHK"))
    assert refusals_at_the_border(parsed("schedule", a_schedule(stars)), Sheet.SCHEDULE) == {"not_a_counting_game": 1}


def test_a_season_without_games_yet_is_empty_and_sound() -> None:
    assert parsed("schedule", a_schedule()).is_empty_slate


def test_one_unreadable_game_does_not_sink_the_others() -> None:
    found = parsed("schedule", a_schedule(a_game(), a_game(gameDateEst=20250315), "nonsense"))
    assert found.count(Sheet.SCHEDULE) == 3
    assert reasons_of(found) == ["game_date_unreadable", "row_unreadable"]


def test_the_finished_cup_final_is_followed_by_its_box_score() -> None:
    final = a_game(gameId="0062400001", gameStatus=3, gameStatusText="Final", homeTeam=a_side("BOS", 99))
    document = a_schedule(a_game(gameStatus=3, homeTeam=a_side("BOS", 9)), final)
    (request,) = FEEDS["schedule"].follow(payload_of("schedule", document))
    assert (request.feed, request.day, request.params["GameID"]) == ("box_score", DAY, "0062400001")


# -- people -----------------------------------------------------------------------------------------------------------
def test_a_person_is_named_first_and_last_with_the_suffix() -> None:
    one_name = a_person(PERSON_ID=7002, PLAYER_FIRST_NAME="", PLAYER_LAST_NAME="Bru", WEIGHT="", HEIGHT=None)
    people = rows_of(parsed("player_index", a_table("PlayerIndex", a_person(), one_name)), Sheet.PEOPLE)
    assert people == [
        {"player_id": 7001, "player_name": "Orlo Tidewell III", "position": "G-F", "height": "6-7", "weight": 215.0},
        {"player_id": 7002, "player_name": "Bru", "position": "G-F", "height": None, "weight": None},
    ]


def test_a_person_without_a_name_is_refused() -> None:
    nobody = a_person(PLAYER_FIRST_NAME=None, PLAYER_LAST_NAME=None)
    assert reasons_of(parsed("player_index", a_table("PlayerIndex", a_person(), nobody))) == ["player_name_missing"]


# -- the log ----------------------------------------------------------------------------------------------------------
def test_a_line_of_the_log_knows_its_opponent_side_and_result() -> None:
    away = a_line(TEAM_ABBREVIATION="NYK", MATCHUP="NYK @ BOS", WL="L", PLAYER_ID=7002)
    found = parsed("game_log", a_table("LeagueGameLog", a_line(), away, a_line(WL=None, PLAYER_ID=7003)))
    sides = [
        (row["team_abbr"], row["opp_abbr"], row["is_home"], row["win"]) for row in rows_of(found, Sheet.BOX_SCORES)
    ]
    assert sides == [("BOS", "NYK", True, True), ("NYK", "BOS", False, False), ("BOS", "NYK", True, None)]
    assert refusals_at_the_border(found, Sheet.BOX_SCORES) == {}


def test_columns_of_the_log_are_found_by_name() -> None:
    backwards = dict(reversed(a_line(SOMETHING_NEW=3).items()))
    document, usual = a_table("LeagueGameLog", backwards), a_table("LeagueGameLog", a_line())
    assert rows_of(parsed("game_log", document), Sheet.BOX_SCORES) == rows_of(
        parsed("game_log", usual), Sheet.BOX_SCORES
    )


def test_minutes_that_are_missing_stay_missing() -> None:
    found = parsed("game_log", a_table("LeagueGameLog", a_line(MIN=None, PTS=0), a_line(MIN=0)))
    assert [row["minutes"] for row in rows_of(found, Sheet.BOX_SCORES)] == [None, 0.0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"MATCHUP": "NYK @ BOS"}, "team_not_in_game"),
        ({"MATCHUP": "BOS-NYK"}, "team_not_in_game"),
        ({"WL": "T"}, "win_unknown"),
        ({"PTS": True}, "pts_unreadable"),
        ({"PTS": 10**30}, "pts_out_of_range"),
        ({"PLAYER_NAME": "Orlo \ud800"}, "player_name_unreadable"),
        ({"PLAYER_ID": None}, "player_id_missing"),
        ({"GAME_DATE": 20250315}, "game_date_unreadable"),
    ],
)
def test_a_line_that_does_not_read_is_refused_with_its_reason(wrong: dict[str, Any], reason: str) -> None:
    found = parsed("game_log", a_table("LeagueGameLog", a_line(), a_line(**wrong)))
    assert (found.count(Sheet.BOX_SCORES), reasons_of(found)) == (2, [reason])


def test_a_row_of_another_length_is_refused() -> None:
    document = a_table("LeagueGameLog", a_line(), a_line())
    document["resultSets"][0]["rowSet"][1].pop()
    assert reasons_of(parsed("game_log", document)) == ["wrong_number_of_fields"]


def test_each_game_of_the_date_is_followed_by_its_box_score_once() -> None:
    lines = [
        a_line(),
        a_line(PLAYER_ID=7002),
        a_line(GAME_ID="0022400902"),
        a_line(GAME_DATE="2025-03-14", GAME_ID="x"),
    ]
    payload = payload_of("game_log", a_table("LeagueGameLog", *lines))
    followed = list(FEEDS["game_log"].follow(payload))
    assert [request.label for request in followed] == ["0022400901", "0022400902"]
    assert list(FEEDS["season_log"].follow(payload)) == []


def test_a_date_without_games_is_an_empty_slate() -> None:
    document = a_table("LeagueGameLog", a_line())
    document["resultSets"][0]["rowSet"] = []
    assert parsed("game_log", document).is_empty_slate


# -- box scores -------------------------------------------------------------------------------------------------------
def test_a_box_score_tells_starters_and_minutes_to_the_second() -> None:
    found = parsed("box_score", a_full_box_score())
    rows = rows_of(found, Sheet.BOX_SCORES)
    assert [row["started"] for row in rows] == [*[True] * 5, False, False] * 2
    assert {key: rows[0][key] for key in ("game_id", "game_date", "team_abbr", "opp_abbr", "is_home", "win")} == {
        "game_id": "0022400901",
        "game_date": DAY,
        "team_abbr": "BOS",
        "opp_abbr": "NYK",
        "is_home": True,
        "win": True,
    }
    assert (rows[0]["minutes"], rows[0]["pts"], rows[0]["plus_minus"]) == (31.5, 22, 9)
    assert rows[7]["win"] is False
    assert refusals_at_the_border(found, Sheet.BOX_SCORES) == {}


@pytest.mark.parametrize("clock", ["", "PT00M00.00S", "0:00"])
def test_who_did_not_play_has_a_comment_and_neither_minutes_nor_zeros(clock: str) -> None:
    absent = a_player(7002, "", comment="DNP - Coach's Decision")
    absent["statistics"]["minutes"] = clock
    row = rows_of(parsed("box_score", a_box_score([a_player(7001)], [absent])), Sheet.BOX_SCORES)[1]
    assert row["comment"] == "DNP - Coach's Decision"
    assert (row["minutes"], row["pts"], row["fga"], row["plus_minus"]) == (None, None, None, None)


def test_seconds_on_the_floor_without_a_count_are_a_line_of_zeros() -> None:
    seconds = a_player(7001, "0:00", **dict.fromkeys(_STATISTICS, 0))
    (row,) = rows_of(parsed("box_score", a_box_score([seconds], [])), Sheet.BOX_SCORES)
    assert (row["minutes"], row["pts"], row["comment"]) == (0.0, 0, None)


@given(st.integers(0, 70), st.integers(0, 59))
def test_both_clocks_are_minutes(minutes: int, seconds: int) -> None:
    clocks = [f"{minutes}:{seconds:02d}", f"PT{minutes:02d}M{seconds:02d}.00S"]
    rows = rows_of(parsed("box_score", a_box_score([a_player(7001, clock) for clock in clocks], [])), Sheet.BOX_SCORES)
    assert [row["minutes"] for row in rows] == [pytest.approx(minutes + seconds / 60)] * 2


def test_where_a_team_names_no_positions_nobody_is_called_a_reserve() -> None:
    rows = rows_of(parsed("box_score", a_box_score([a_player(7001)], [a_player(8001, position="C")])), Sheet.BOX_SCORES)
    assert [row["started"] for row in rows] == [None, True]


def test_a_played_game_without_players_is_a_fault() -> None:
    with pytest.raises(PayloadRejected, match="no players"):
        parsed("box_score", a_box_score([], []))


def test_the_parser_of_nba_api_reads_the_same_from_our_box_score() -> None:
    from nba_api.stats.endpoints._parsers import get_parser_for_endpoint

    document = a_full_box_score()
    told = get_parser_for_endpoint("boxscoretraditionalv3", document).get_data_sets()["PlayerStats"]
    theirs = [dict(zip(told["headers"], row, strict=False)) for row in told["data"]]
    ours = rows_of(parsed("box_score", document), Sheet.BOX_SCORES)
    assert [(row["player_id"], row["team_abbr"]) for row in ours] == [
        (row["personId"], row["teamTricode"]) for row in theirs
    ]
    assert [row["reb"] or 0 for row in ours] == [row["reboundsTotal"] for row in theirs]


# -- shot zones -------------------------------------------------------------------------------------------------------
def test_paint_is_the_restricted_area_and_the_rest_of_the_lane() -> None:
    found = parsed("shot_zones", some_shot_zones(7001))
    assert rows_of(found, Sheet.SHOT_ZONES) == [
        {"game_date": DAY, "player_id": 7001, "player_name": "Orlo 7001", "team_abbr": "BOS"}
        | {"fgm_paint": 4, "fga_paint": 9, "fgm_mid": 2, "fga_mid": 6}
    ]
    assert refusals_at_the_border(found, Sheet.SHOT_ZONES) == {}


def test_the_header_that_nba_api_expects_is_read() -> None:
    from nba_api.stats.endpoints import LeagueDashPlayerShotLocations

    headers = LeagueDashPlayerShotLocations.expected_data["ShotLocations"]
    row = [7001, "Orlo Tidewell", 1610612738, "BOS", 25.0, *[1, 2, 0.5] * 7]
    document = {"resultSets": {"name": "ShotLocations", "headers": headers, "rowSet": [row]}}
    (found,) = rows_of(parsed("shot_zones", document), Sheet.SHOT_ZONES)
    assert (found["fgm_paint"], found["fga_paint"], found["fga_mid"]) == (2, 4, 2)


def test_zones_of_another_date_than_asked_are_rejected() -> None:
    with pytest.raises(PayloadRejected, match="2025-03-15"):
        parsed("shot_zones", some_shot_zones(7001), date(2025, 3, 14))


@pytest.mark.parametrize("change", [{"columnSpan": 2}, {"columnsToSkip": 5}, {"name": "other"}])
def test_zones_that_do_not_span_their_columns_are_rejected(change: dict[str, Any]) -> None:
    document = some_shot_zones(7001)
    document["resultSets"]["headers"][0] |= change
    with pytest.raises(PayloadRejected):
        parsed("shot_zones", document)


# -- shapes that are not theirs ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Access Denied</html>",
        b'{"Message":"An error has occurred."}',
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 10**5,
    ],
)
def test_what_is_no_document_of_theirs_is_rejected_whole(feed: str, body: bytes) -> None:
    with pytest.raises(PayloadRejected, match="landing/nba_stats") as refused:
        FEEDS[feed].parse(payload_of(feed, body))
    assert refused.value.next_step


def test_a_renamed_or_doubled_column_is_a_new_shape() -> None:
    for column in ("PTS", "GAME_ID"):
        document = a_table("LeagueGameLog", a_line())
        headers = document["resultSets"][0]["headers"]
        headers[headers.index(column)] = "REB"
        with pytest.raises(PayloadRejected, match=f"{column}"):
            parsed("game_log", document)


def test_a_payload_of_which_no_row_reads_is_a_new_shape() -> None:
    with pytest.raises(PayloadRejected, match="pts_unreadable"):
        parsed("game_log", a_table("LeagueGameLog", a_line(PTS="many"), a_line(PTS="few")))


# -- requests ---------------------------------------------------------------------------------------------------------
def test_a_past_date_asks_for_the_schedule_the_log_and_the_zones_of_that_date() -> None:
    schedule, log, zones = SOURCE.of_day(DAY, NEXT_MORNING)
    assert (schedule.path, schedule.params) == ("/scheduleleaguev2", {"LeagueID": "00", "Season": "2024-25"})
    assert (log.path, log.day, log.label) == ("/leaguegamelog", DAY, "regular")
    asked = {"PlayerOrTeam": "P", "Season": "2024-25", "SeasonType": "Regular Season", "Sorter": "DATE"}
    only = {"DateFrom": "2025-03-15", "DateTo": "2025-03-15"}
    assert (asked | only).items() <= dict(log.params).items()
    assert zones.path == "/leaguedashplayershotlocations"
    assert ({"DistanceRange": "By Zone", "PerMode": "Totals"} | only).items() <= dict(zones.params).items()


def test_today_and_tomorrow_ask_for_the_schedule_and_the_players() -> None:
    for day in (date(2025, 3, 16), date(2025, 3, 17)):
        assert [request.feed for request in SOURCE.of_day(day, NEXT_MORNING)] == ["schedule", "player_index"]


@pytest.mark.parametrize(
    ("day", "types"),
    [
        (date(2024, 11, 3), ("Regular Season",)),
        (date(2025, 4, 13), ("Regular Season", "PlayIn", "Playoffs")),
        (date(2025, 6, 5), ("Playoffs",)),
        (date(2025, 8, 1), ()),
        (date(2020, 8, 15), ("Regular Season", "PlayIn", "Playoffs")),
    ],
)
def test_a_date_is_asked_only_for_the_season_types_it_can_have(day: date, types: tuple[str, ...]) -> None:
    logs = [request for request in SOURCE.of_day(day, NEXT_MORNING) if request.feed == "game_log"]
    assert tuple(log.params["SeasonType"] for log in logs if day < DAY) == (types if day < DAY else ())
    assert tuple(requests.SEASON_TYPE_WORDS[kind] for kind in requests.season_types_on(day)) == types


def test_the_bubble_in_september_belongs_to_the_season_before() -> None:
    logs = [request for request in SOURCE.of_day(date(2020, 9, 20), NEXT_MORNING) if request.feed == "game_log"]
    assert {log.params["Season"] for log in logs} == {"2019-20"}


@pytest.mark.parametrize("season", ["2019-20", "2024-25", "2026-27"])
def test_a_season_takes_at_most_six_requests_filed_within_it(season: str) -> None:
    asked = list(SOURCE.of_season(season, NEXT_MORNING))
    assert len(asked) + 1 <= 6  # and the box score of the cup final
    assert [request.params["SeasonType"] for request in asked if request.feed == "season_log"] == [
        "Regular Season",
        "PlayIn",
        "Playoffs",
    ]
    first, last = season_bounds(season)
    assert all(first <= request.day <= last for request in asked)
    assert len({(request.feed, request.label) for request in asked}) == len(asked)


def test_results_settle_a_week_after_the_date_and_are_fresh_for_less_time_while_games_may_be_on() -> None:
    at_night, by_day = datetime(2025, 3, 16, 5, tzinfo=UTC), datetime(2025, 3, 16, 18, tzinfo=UTC)
    early, late = (requests.day_log(DAY, SeasonType.REGULAR, now) for now in (at_night, by_day))
    assert early.settles_at == late.settles_at == datetime(2025, 3, 22, 16, tzinfo=UTC)
    assert early.fresh_for < late.fresh_for <= timedelta(hours=8)


def test_the_headers_are_a_browsers_and_leave_the_connection_to_the_transport() -> None:
    assert SOURCE.manners.headers["Referer"] == "https://www.nba.com/"
    assert not {"Host", "Accept-Encoding", "Connection"} & set(SOURCE.manners.headers)


# -- recorded documents -----------------------------------------------------------------------------------------------
def recorded(name: str) -> dict[str, Any]:
    """A recorded document."""
    body = payload_kit.recorded(name)
    return json.loads(gzip.decompress(body) if name.endswith(".gz") else body)


@pytest.mark.archive
def test_the_recorded_schedule_is_the_archives(archive_dir: Path) -> None:
    document = recorded("nba_schedule.json.gz")
    sent = [game for day in document["leagueSchedule"]["gameDates"] for game in day["games"]]
    found = parsed("schedule", document)
    assert (found.count(Sheet.SCHEDULE), found.refused) == (len(sent), [])
    not_counting = [game for game in sent if game["gameId"][:3] in ("001", "003")]
    assert len(rows_of(found, Sheet.RESULTS)) == len(sent) - len(not_counting)
    assert refusals_at_the_border(found, Sheet.SCHEDULE) == {"not_a_counting_game": len(not_counting)}
    assert refusals_at_the_border(found, Sheet.RESULTS) == {}

    games = pq.read_table(archive_dir / "games.parquet").to_pandas()
    games = games[games["game_id"].str.startswith(("00224", "00424", "00524", "00624"))].set_index("game_id")
    ours = pd.DataFrame(rows_of(found, Sheet.RESULTS)).set_index("game_id").loc[games.index]
    for name in ("home_abbr", "away_abbr", "home_pts", "away_pts"):
        assert (ours[name] == games[name]).all(), name
    assert (pd.to_datetime(ours["game_date"]) == pd.to_datetime(games["game_date"])).all()
    tips = pd.DataFrame(rows_of(found, Sheet.SCHEDULE)).set_index("game_id").loc[games.index]["tip_utc"]
    known = games["tip_utc"].notna()
    assert known.sum() > 1_000
    assert (pd.to_datetime(tips[known], utc=True) == pd.to_datetime(games["tip_utc"][known], utc=True)).all()


@pytest.mark.archive
def test_the_recorded_players_are_all_read() -> None:
    document = recorded("nba_player_index.json")
    found = parsed("player_index", document)
    assert len(rows_of(found, Sheet.PEOPLE)) == len(document["resultSets"][0]["rowSet"]) > 500
    assert found.refused == []
    assert refusals_at_the_border(found, Sheet.PEOPLE) == {}


@pytest.mark.archive
def test_the_recorded_log_is_the_archives(archive_dir: Path) -> None:
    document = recorded("nba_league_game_log.json")
    found = parsed("game_log", document)
    ours = pd.DataFrame(rows_of(found, Sheet.BOX_SCORES)).set_index(["game_id", "player_id"]).sort_index()
    assert len(ours) == len(document["resultSets"][0]["rowSet"])
    assert refusals_at_the_border(found, Sheet.BOX_SCORES) == {}

    box = pq.read_table(archive_dir / "player_box.parquet", filters=[("game_date", "=", DAY)]).to_pandas()
    theirs = box.set_index(["game_id", "player_id"]).sort_index()
    assert list(ours.index) == list(theirs.index)
    for name in ("pts", "fgm", "fg3a", "ftm", "reb", "ast", "tov", "plus_minus", "team_abbr", "opp_abbr"):
        assert (ours[name] == theirs[name]).all(), name
    assert (ours["is_home"] == theirs["is_home"]).all()
    assert (ours["win"] == theirs["win"]).all()
    assert (ours["minutes"] - theirs["minutes"]).abs().max() <= 0.5


# -- damaged documents ------------------------------------------------------------------------------------------------
@pytest.mark.archive
def test_a_damaged_log_is_refused_whole_or_row_by_row() -> None:
    document = recorded("nba_league_game_log.json")
    document["resultSets"][0]["rowSet"] = document["resultSets"][0]["rowSet"][:8]
    assert_survives(
        lambda sent: parsed("game_log", sent), document, lambda row: row["player_id"], rows_in=("rowSet",), count=600
    )


@pytest.mark.archive
def test_a_damaged_player_index_is_refused_whole_or_row_by_row() -> None:
    document = recorded("nba_player_index.json")
    document["resultSets"][0]["rowSet"] = document["resultSets"][0]["rowSet"][:8]
    assert_survives(
        lambda sent: parsed("player_index", sent),
        document,
        lambda row: row["player_id"],
        rows_in=("rowSet",),
        count=400,
    )


@pytest.mark.archive
def test_a_damaged_schedule_is_refused_whole_or_row_by_row() -> None:
    document = recorded("nba_schedule.json.gz")
    league = document["leagueSchedule"] | {"weeks": [], "broadcasterList": []}
    league["gameDates"] = [day | {"games": day["games"][:2]} for day in league["gameDates"][40:43]]
    for day in league["gameDates"]:
        day["games"] = [game | {"broadcasters": {}} for game in day["games"]]
    assert_survives(
        lambda sent: parsed("schedule", sent),
        document | {"leagueSchedule": league},
        lambda row: row["game_id"],
        rows_in=("games",),
        harmless=("meta",),
        count=600,
    )


def test_a_damaged_box_score_is_refused_whole_or_row_by_row() -> None:
    assert_survives(
        lambda sent: parsed("box_score", sent),
        a_full_box_score(),
        lambda row: row["player_id"],
        rows_in=("players",),
        harmless=("meta",),
        count=600,
    )


def test_damaged_shot_zones_are_refused_whole_or_row_by_row() -> None:
    document = some_shot_zones(*range(7001, 7009))
    assert_survives(
        lambda sent: parsed("shot_zones", sent), document, lambda row: row["player_id"], rows_in=("rowSet",), count=600
    )


@pytest.mark.parametrize("feed", ["schedule", "player_index", "game_log", "box_score", "shot_zones"])
def test_a_body_that_breaks_off_is_rejected(feed: str) -> None:
    documents = {
        "schedule": a_schedule(a_game()),
        "player_index": a_table("PlayerIndex", a_person()),
        "game_log": a_table("LeagueGameLog", a_line()),
        "box_score": a_full_box_score(),
        "shot_zones": some_shot_zones(7001),
    }
    assert_refuses_broken_bodies(lambda sent: parsed(feed, sent), documents[feed], count=60)
