"""ESPN: thirty rosters of today, results of a date that is over, and that damaged answers harm nobody else's rows."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nba_props.domain.calendar import noon_eastern
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.espn import SOURCE, TEAM_IDS, parse_roster, parse_scoreboard
from nba_props.io.sources.teams import TEAMS, team_code
from nba_props_tests.io.live.mutations import assert_refuses_broken_bodies, assert_survives
from nba_props_tests.io.live.payload_kit import FETCHED, judged, landed, recorded, refusals_of, rows_of

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)


# -- invented answers ---------------------------------------------------------------------------------------------------
def an_athlete(number: int, *injuries: dict[str, Any], **given: Any) -> dict[str, Any]:
    name = f"Ian Invented{number}"
    return {"id": str(number), "displayName": name, "fullName": name, "injuries": list(injuries), **given}


def an_injury(status: str = "Out", told: str = "2024-01-10T15:30Z", **given: Any) -> dict[str, Any]:
    return {"id": "9", "status": status, "date": told, "shortComment": f"{status} with a knee.", **given}


def a_roster(*athletes: Any, abbreviation: str = "GS", size: int = 6) -> dict[str, Any]:
    """A roster as `/teams/9/roster` sends it: those given, and further athletes up to `size`."""
    others = [an_athlete(number) for number in range(len(athletes) + 1, size + 1)]
    return {"status": "success", "athletes": [*athletes, *others], "team": {"id": "9", "abbreviation": abbreviation}}


def roster(sent: Any, team: str = "GSW") -> Payload:
    return landed(Source.ESPN, "roster", DAY, sent, label=team)


def an_event(home: str, away: str, tip: str = "2024-01-16T00:30Z", **given: Any) -> dict[str, Any]:
    competitors = [
        {"homeAway": side, "team": {"abbreviation": code}, "score": score, "winner": side == "home"}
        for side, code, score in (("home", home, "101"), ("away", away, "99"))
    ]
    status = {"type": {"name": "STATUS_FINAL", "state": "post", "completed": True}}
    season = {"year": 2024, "type": 2, "slug": "regular-season"}
    return {
        "id": "1",
        "date": tip,
        "season": season,
        "status": status,
        "competitions": [{"competitors": competitors}],
        **given,
    }


def a_scoreboard(*events: Any, slugs: tuple[str, ...] = ("nba",)) -> dict[str, Any]:
    return {"leagues": [{"id": "46", "slug": slug} for slug in slugs], "events": list(events)}


def scoreboard(*events: Any, day: date = DAY) -> Payload:
    return landed(Source.ESPN, "scoreboard", day, a_scoreboard(*events))


# -- rosters ------------------------------------------------------------------------------------------------------------
def test_a_roster_is_dated_with_the_day_it_was_asked_for() -> None:
    parsed = parse_roster(roster(a_roster()))
    rows = rows_of(parsed, Sheet.ROSTERS)
    assert rows[0] == {
        "roster_date": DAY,
        "team_abbr": "GSW",
        "source_person_id": "1",
        "player_name": "Ian Invented1",
    }
    assert len(rows) == 6
    assert judged(parsed, Sheet.ROSTERS)["refusal"].isna().all()


def test_athletes_may_stand_within_the_team() -> None:
    sent = a_roster()
    sent["team"]["athletes"] = sent.pop("athletes")
    assert len(rows_of(parse_roster(roster(sent)), Sheet.ROSTERS)) == 6


@pytest.mark.parametrize("abbreviation", ["BOS", "LAL", "GOLDEN", ""])
def test_the_roster_of_another_team_than_asked_for_is_rejected(abbreviation: str) -> None:
    with pytest.raises(PayloadRejected, match=f"roster GSW .* it is the roster of '{abbreviation}'"):
        parse_roster(roster(a_roster(abbreviation=abbreviation)))


@pytest.mark.parametrize("size", [0, 1, 4])
def test_a_roster_that_cannot_take_the_floor_was_cut_short(size: int) -> None:
    with pytest.raises(PayloadRejected, match=f"{size} players are no roster"):
        parse_roster(roster(a_roster(size=size)))


@pytest.mark.parametrize("size", [5, 7, 27])
def test_small_and_large_rosters_of_the_summer_are_kept(size: int) -> None:
    assert len(rows_of(parse_roster(roster(a_roster(size=size))), Sheet.ROSTERS)) == size


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"id": None}, "id_missing"),
        ({"id": ""}, "id_unreadable"),
        ({"id": 7}, "id_unreadable"),
        ({"displayName": None}, "display_name_missing"),
    ],
)
def test_one_bad_athlete_is_refused_and_the_others_stay(fault: dict[str, Any], reason: str) -> None:
    parsed = parse_roster(roster(a_roster(an_athlete(1) | fault)))
    assert refusals_of(parsed, Sheet.ROSTERS) == [(0, reason)]
    assert len(rows_of(parsed, Sheet.ROSTERS)) == 5


def test_a_roster_without_athletes_or_in_another_shape_is_rejected() -> None:
    bare = {"team": {"abbreviation": "GS"}}
    renamed = a_roster()
    for athlete in renamed["athletes"]:
        athlete["playerId"] = athlete.pop("id")
    for sent in (bare, renamed, {}, [], b"", b"<html>", {"team": None, "athletes": []}):
        with pytest.raises(PayloadRejected, match="roster GSW of 2024-01-15 is not what this parser knows"):
            parse_roster(roster(sent))


def test_the_latest_injury_counts_and_holds_as_of_the_fetch() -> None:
    hurt = an_athlete(1, an_injury("Out", "2023-12-01T00:00Z"), an_injury("Day-To-Day", "2024-01-14T00:00Z"))
    parsed = parse_roster(roster(a_roster(hurt)))
    assert rows_of(parsed, Sheet.INJURIES) == [
        {
            "game_date": DAY,
            "team_abbr": "GSW",
            "player_name": "Ian Invented1",
            "status": "questionable",
            "reason": "Day-To-Day with a knee.",
            "reported_utc": FETCHED,
        }
    ]
    assert judged(parsed, Sheet.INJURIES)["refusal"].isna().all()


@pytest.mark.parametrize(
    ("injuries", "reason"),
    [
        ([an_injury("Resting")], "status_unknown"),
        ([an_injury(date="yesterday")], "injuries_date_unreadable"),
        ([an_injury(date="2024-01-10T15:30")], "injuries_date_unreadable"),
        ([{"date": "2024-01-10T15:30Z"}], "injuries_status_missing"),
        (None, "injuries_missing"),
    ],
)
def test_an_injury_that_cannot_be_read_is_refused_and_costs_nobody_his_place(injuries: Any, reason: str) -> None:
    parsed = parse_roster(roster(a_roster(an_athlete(1) | {"injuries": injuries})))
    assert refusals_of(parsed, Sheet.INJURIES) == [(0, reason)]
    assert len(rows_of(parsed, Sheet.ROSTERS)) == 6
    assert rows_of(parsed, Sheet.INJURIES) == []


def test_injuries_that_are_not_told_are_not_taken_for_none() -> None:
    athlete = an_athlete(1)
    del athlete["injuries"]
    assert refusals_of(parse_roster(roster(a_roster(athlete))), Sheet.INJURIES) == [(0, "injuries_missing")]


def test_the_recorded_roster_holds_what_the_file_holds() -> None:
    body = recorded("espn_roster_bos.json")
    athletes = json.loads(body)["team"]["athletes"]
    parsed = parse_roster(roster(body, "BOS"))
    rows = rows_of(parsed, Sheet.ROSTERS)
    assert [(row["source_person_id"], row["player_name"]) for row in rows] == [
        (one["id"], one["displayName"]) for one in athletes
    ]
    assert len(rows) == 17
    hurt = [one["displayName"] for one in athletes if one["injuries"]]
    assert [row["player_name"] for row in rows_of(parsed, Sheet.INJURIES)] == hurt
    assert {row["status"] for row in rows_of(parsed, Sheet.INJURIES)} == {"out"}
    assert parsed.refused == []
    with pytest.raises(PayloadRejected):
        parse_roster(roster(body, "NYK"))


# -- results ------------------------------------------------------------------------------------------------------------
def test_a_final_score_is_dated_in_new_york_and_its_teams_have_our_codes() -> None:
    parsed = parse_scoreboard(scoreboard(an_event("UTAH", "WSH", "2024-01-16T03:00Z")))
    assert rows_of(parsed, Sheet.RESULTS) == [
        {"game_date": DAY, "home_abbr": "UTA", "away_abbr": "WAS", "home_pts": 101, "away_pts": 99}
    ]
    assert judged(parsed, Sheet.RESULTS)["refusal"].isna().all()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"status": {"type": {"name": "STATUS_IN_PROGRESS"}}}, "game_not_final"),
        ({"status": {"type": {"name": "STATUS_POSTPONED", "completed": True}}}, "game_not_final"),
        ({"season": {"type": 1}}, "not_a_counting_game"),
        ({"tip": "2024-01-16T05:30Z"}, "date_disagrees_with_day"),
        ({"tip": "soon"}, "date_unreadable"),
        ({"competitions": []}, "competitions_unreadable"),
        ({"season": {}}, "season_type_missing"),
    ],
)
def test_what_is_no_result_is_refused_with_its_reason_and_the_others_stay(given: dict[str, Any], reason: str) -> None:
    parsed = parse_scoreboard(scoreboard(an_event("BOS", "NY", **given), an_event("LAL", "DEN")))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, reason)]
    assert [row["home_abbr"] for row in rows_of(parsed, Sheet.RESULTS)] == ["LAL"]


def test_the_all_star_game_is_no_counting_game_though_its_season_is_regular() -> None:
    parsed = parse_scoreboard(scoreboard(an_event("EAST", "WEST"), an_event("LAL", "DEN")))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, "not_a_counting_game")]


def test_two_home_teams_are_none() -> None:
    event = an_event("BOS", "NY")
    event["competitions"][0]["competitors"][1]["homeAway"] = "home"
    parsed = parse_scoreboard(scoreboard(event, an_event("LAL", "DEN")))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, "home_away_unknown")]


def test_a_score_in_words_is_refused() -> None:
    event = an_event("BOS", "NY")
    event["competitions"][0]["competitors"][1]["score"] = "ninety"
    parsed = parse_scoreboard(scoreboard(event, an_event("LAL", "DEN")))
    assert refusals_of(parsed, Sheet.RESULTS) == [(0, "competitions_competitors_score_unreadable")]


def test_no_events_is_an_empty_slate_and_another_league_is_rejected() -> None:
    assert parse_scoreboard(scoreboard()) == Parsed(is_empty_slate=True)
    for slugs in ((), ("wnba",), ("nba", "wnba")):
        with pytest.raises(PayloadRejected, match="not the scoreboard of the NBA"):
            parse_scoreboard(landed(Source.ESPN, "scoreboard", DAY, a_scoreboard(slugs=slugs)))


def test_the_recorded_scoreboard_tells_the_scores_that_balldontlie_tells() -> None:
    parsed = parse_scoreboard(landed(Source.ESPN, "scoreboard", DAY, recorded("espn_scoreboard.json")))
    told = {
        (row["home_abbr"], row["away_abbr"], row["home_pts"], row["away_pts"]) for row in rows_of(parsed, Sheet.RESULTS)
    }
    games = json.loads(recorded("balldontlie_box_scores.json"))["data"]
    assert told == {
        (
            one["home_team"]["abbreviation"],
            one["visitor_team"]["abbreviation"],
            one["home_team_score"],
            one["visitor_team_score"],
        )
        for one in games
    }
    assert len(told) == len(json.loads(recorded("espn_scoreboard.json"))["events"]) == 11
    assert parsed.refused == []


# -- what is asked ------------------------------------------------------------------------------------------------------
def test_the_thirty_teams_are_those_of_the_league_and_have_the_recorded_ids() -> None:
    assert sorted(TEAM_IDS) == sorted(TEAMS)
    events = json.loads(recorded("espn_scoreboard.json"))["events"]
    teams = [one["team"] for event in events for one in event["competitions"][0]["competitors"]]
    assert {team_code(one["abbreviation"]): int(one["id"]) for one in teams}.items() <= TEAM_IDS.items()


def test_todays_rosters_are_one_batch_of_thirty() -> None:
    asked = list(SOURCE.of_day(DAY, NOON))
    assert len({one.path for one in asked}) == len({one.label for one in asked}) == 30
    assert next(one.path for one in asked if one.label == "CHA") == "/teams/30/roster"
    assert {one.day for one in asked} == {DAY}
    assert SOURCE.manners.pause_seconds == 2.0


def test_another_days_roster_is_never_asked_for() -> None:
    [asked] = SOURCE.of_day(DAY, NOON + timedelta(days=1))
    assert (asked.path, asked.params) == ("/scoreboard", {"dates": "20240115"})
    assert asked.settles_at == noon_eastern(date(2024, 1, 16))
    assert list(SOURCE.of_day(DAY + timedelta(days=1), NOON)) == []
    assert list(SOURCE.of_season("2022-23", NOON)) == []
    assert {feed.name for feed in SOURCE.feeds} == {"roster", asked.feed}


# -- damage -------------------------------------------------------------------------------------------------------------
def test_a_damaged_roster_harms_no_other_row() -> None:
    def parse(sent: Any) -> Parsed:
        return parse_roster(roster(sent))

    hurt = [an_athlete(1, an_injury()), an_athlete(2, an_injury("Doubtful"), an_injury("Out", "2024-01-01T00:00Z"))]
    sent = a_roster(*hurt, size=8)
    assert_survives(parse, sent, lambda row: row["player_name"].split()[-1], rows_in=("athletes",), count=800)
    assert_refuses_broken_bodies(parse, sent, count=100)


def test_a_damaged_scoreboard_harms_no_other_row() -> None:
    def parse(sent: Any) -> Parsed:
        return parse_scoreboard(landed(Source.ESPN, "scoreboard", DAY, sent))

    sent = a_scoreboard(an_event("BOS", "NY"), an_event("LAL", "DEN"), an_event("MIA", "ORL"))
    assert_survives(parse, sent, lambda row: row["home_abbr"], rows_in=("events",), count=800)
    assert_refuses_broken_bodies(parse, sent, count=100)
