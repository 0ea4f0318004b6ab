"""Many live payloads as one season's rows: who is believed, which game is meant, and what becomes of every row."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.catalog.raw import SCHEDULE
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.io.sources.live.assemble import Assembled, assemble
from nba_props.io.sources.live.contract import Outcome, Parsed, Payload, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.read import ReadPayload, SheetRows, read_payload

DAY = date(2024, 11, 5)
GAME, OTHER_GAME = "0022400101", "0022400102"
NOON = datetime(2024, 11, 6, 17, tzinfo=UTC)
NO_GAMES = arrow_schema(SCHEDULE).empty_table()

SCHEDULED = {"game_id": GAME, "game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK"}


def payload(
    source: Source, feed: str, rows: dict[Sheet, list[dict[str, Any]]], at: datetime = NOON, **given: Any
) -> ReadPayload:
    """A landed answer that a parser made these rows of."""
    parsed = Parsed()
    for sheet, told in rows.items():
        for number, row in enumerate(told):
            parsed.add(sheet, number, row)
    label = given.pop("label", "")
    ref = f"landing/{source}/{DAY}/{feed}/{label}{at:%H%M%S}.json"
    facts = {"day": DAY, "label": label, "outcome": Outcome.CONTENT, "status": 200, "size": 10, "parsed": parsed}
    return ReadPayload(ref=ref, source=source, feed=feed, fetched_at=at, **(facts | given))


def schedule(*games: dict[str, Any], at: datetime = NOON) -> ReadPayload:
    return payload(Source.NBA_STATS, "schedule", {Sheet.SCHEDULE: list(games or [SCHEDULED])}, at)


def line(player_id: int, team: str, pts: int, **given: Any) -> dict[str, Any]:
    """One player's part of the league's log: 48 minutes, all points from twos and one free throw if odd."""
    fgm, ftm = divmod(pts, 2)
    shots = {"fgm": fgm, "fga": fgm + 4, "fg3m": 0, "fg3a": 0, "ftm": ftm, "fta": ftm}
    opponent = "NYK" if team == "BOS" else "BOS"
    facts = {"game_id": GAME, "game_date": DAY, "opp_abbr": opponent, "is_home": team == "BOS", "minutes": 48.0}
    who = {"player_id": player_id, "player_name": f"Player {player_id}", "team_abbr": team}
    return {**facts, **who, "win": team == "BOS", "pts": pts, **shots, **given}


def log(at: datetime = NOON, **changes: Any) -> ReadPayload:
    """The league's log of the date: five of each team, Boston 100 to 90."""
    rows = [line(100 + n, "BOS", 20, **changes) for n in range(5)] + [line(200 + n, "NYK", 18) for n in range(5)]
    return payload(Source.NBA_STATS, "game_log", {Sheet.BOX_SCORES: rows}, at)


def assembled(*payloads: ReadPayload, games: pa.Table = NO_GAMES) -> Assembled:
    return assemble(payloads, "2024-25", games)


def rows_of(found: Assembled, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = found.rows[table].to_pylist()
    return rows


def refusals(found: Assembled) -> list[tuple[str, str]]:
    return sorted((row["table_name"], row["reason"]) for row in found.quarantined.to_pylist())


def by_player(found: Assembled) -> dict[int, dict[str, Any]]:
    return {row["source_player_id"]: row for row in rows_of(found, "player_box_scores")}


# -- box scores --------------------------------------------------------------------------------------------------------
def test_the_days_log_becomes_box_scores_of_their_source() -> None:
    found = assembled(schedule(), log())
    assert len(by_player(found)) == 10
    assert {row["source"] for row in by_player(found).values()} == {"nba_stats"}
    (result,) = rows_of(found, "game_results")
    assert (result["home_points"], result["away_points"], result["game_date"]) == (100, 90, DAY)
    assert refusals(found) == []


def test_a_games_own_box_score_adds_starters_and_comments_to_the_log() -> None:
    own = [
        {**line(100, "BOS", 20, started=True), "game_date": None},
        {
            "game_id": GAME,
            "player_id": 105,
            "player_name": "Player 105",
            "team_abbr": "BOS",
            "comment": "DNP - Coach's Decision",
        },
    ]
    early = payload(Source.NBA_STATS, "box_score", {Sheet.BOX_SCORES: own}, NOON - timedelta(hours=3), label=GAME)
    players = by_player(assembled(schedule(), log(), early))
    assert players[100]["is_starter"] is True
    assert players[101]["is_starter"] is None
    assert (players[105]["participation"], players[105]["points"]) == ("dnp_coach_decision", None)


def test_a_log_of_whole_minutes_does_not_take_back_seconds_told_before() -> None:
    own = [{**line(100, "BOS", 20), "minutes": 47.7}, {**line(101, "BOS", 20), "minutes": 40.2}]
    early = payload(Source.NBA_STATS, "box_score", {Sheet.BOX_SCORES: own}, NOON - timedelta(hours=3), label=GAME)
    players = by_player(assembled(schedule(), early, log()))
    assert (players[100]["minutes"], players[101]["minutes"], players[102]["minutes"]) == (47.7, 48.0, 48.0)


def test_the_later_of_two_logs_is_believed_whichever_comes_first_in_the_list() -> None:
    corrected = log(NOON + timedelta(days=2))
    corrected.parsed.rows[Sheet.BOX_SCORES][0] = (0, line(100, "BOS", 22))
    for order in ([log(), corrected], [corrected, log()]):
        assert by_player(assembled(schedule(), *order))[100]["points"] == 22


def test_shot_zones_go_to_who_played_and_to_nobody_else() -> None:
    zones = {"game_date": DAY, "fgm_paint": 6, "fga_paint": 8, "fgm_mid": 2, "fga_mid": 3}
    told = [{**zones, "player_id": player, "player_name": "x", "team_abbr": "BOS"} for player in (100, 999)] + [
        {**zones, "player_id": 101, "player_name": "x", "team_abbr": "BOS", "fgm_paint": 60, "fga_paint": 60}
    ]
    found = assembled(schedule(), log(), payload(Source.NBA_STATS, "shot_zones", {Sheet.SHOT_ZONES: told}))
    players = by_player(found)
    assert (players[100]["fgm_paint"], players[100]["fga_mid"]) == (6, 3)
    assert players[101]["fgm_paint"] is None
    assert refusals(found) == [("shot_zones", "no_box_score"), ("shot_zones", "zones_exceed_shots")]


# -- games -------------------------------------------------------------------------------------------------------------
def report(name: str = "Ann Example", pts: int | None = 20, **given: Any) -> dict[str, Any]:
    where = {"game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK", "team_abbr": "BOS"}
    return {**where, "source_person_id": name, "player_name": name, "minutes": 30.0, "pts": pts, **given}


def final(home: int, away: int, day: date = DAY, game_id: str | None = None) -> dict[str, Any]:
    told = {"game_date": day, "home_abbr": "BOS", "away_abbr": "NYK", "home_pts": home, "away_pts": away}
    return told | {"game_id": game_id}


def test_a_report_without_game_id_is_of_the_game_of_its_date_and_teams() -> None:
    told = {Sheet.BOX_REPORTS: [report()], Sheet.RESULTS: [final(101, 99)]}
    (row,) = rows_of(assembled(schedule(), payload(Source.BALLDONTLIE, "box_scores", told)), "box_score_reports")
    assert (row["game_id"], row["opponent_abbr"], row["is_home"], row["is_win"]) == (GAME, "NYK", True, True)
    assert row["source"] == "balldontlie"


@pytest.mark.parametrize("days", [-1, 1])
def test_the_game_of_the_day_beside_is_never_taken(days: int) -> None:
    day = DAY + timedelta(days=days)
    told = {Sheet.BOX_REPORTS: [report(game_date=day)], Sheet.RESULTS: [final(101, 99, day)]}
    found = assembled(schedule(), payload(Source.BALLDONTLIE, "box_scores", told))
    assert refusals(found) == [("box_score_reports", "unknown_game"), ("game_results", "unknown_game")]


def test_a_game_that_only_an_archive_knows_is_found_too() -> None:
    stored = {**dict.fromkeys(SCHEDULE.column_names), "game_id": GAME, "game_date": DAY, "season": "2024-25"}
    stored |= {"season_type": "Regular Season", "home_team": "BOS", "away_team": "NYK"}
    games = pa.Table.from_pylist([stored], schema=arrow_schema(SCHEDULE))
    told = {Sheet.BOX_REPORTS: [report()], Sheet.RESULTS: [final(101, 99)]}
    found = assembled(payload(Source.BALLDONTLIE, "box_scores", told), games=games)
    assert [row["game_id"] for row in rows_of(found, "box_score_reports")] == [GAME]
    assert rows_of(found, "schedule") == []


def test_the_nba_is_believed_about_a_result_before_its_box_score_and_that_before_others() -> None:
    later = NOON + timedelta(days=3)
    other = payload(Source.BALLDONTLIE, "box_scores", {Sheet.RESULTS: [final(1, 2)]}, later)
    official = payload(Source.NBA_STATS, "results", {Sheet.RESULTS: [final(103, 90, game_id=GAME)]})

    def score(*payloads: ReadPayload) -> tuple[int, int]:
        (row,) = rows_of(assembled(schedule(), *payloads), "game_results")
        return row["home_points"], row["away_points"]

    assert score(other) == (1, 2)
    assert score(other, log()) == (100, 90)
    assert score(other, official) == (103, 90)


def test_a_game_that_the_latest_schedule_no_longer_names_is_none() -> None:
    if_necessary = SCHEDULED | {"game_id": OTHER_GAME, "game_date": date(2024, 11, 7)}
    earlier = schedule(SCHEDULED, if_necessary, at=NOON - timedelta(days=1))
    found = assembled(earlier, schedule())
    assert [row["game_id"] for row in rows_of(found, "schedule")] == [GAME]


def test_a_roster_of_the_same_date_is_replaced_and_one_of_another_date_stays() -> None:
    def roster(day: date, at: datetime, *names: str) -> ReadPayload:
        told = [
            {"roster_date": day, "team_abbr": "BOS", "source_person_id": name, "player_name": name} for name in names
        ]
        return payload(Source.ESPN, "roster", {Sheet.ROSTERS: told}, at, day=day, label="BOS")

    found = assembled(
        roster(DAY, NOON, "Ann", "Bob"),
        roster(DAY, NOON + timedelta(hours=2), "Ann"),
        roster(date(2024, 11, 4), NOON, "Cid"),
    )
    told = sorted((row["roster_date"].day, row["player_name"]) for row in rows_of(found, "roster_reports"))
    assert told == [
        (4, "Cid"),
        (5, "Ann"),
    ]


# -- snapshots ---------------------------------------------------------------------------------------------------------
def test_a_roster_asked_for_when_games_are_about_to_begin_is_the_next_days() -> None:
    """A trade of the evening is no knowledge of the slate that it was made on."""
    place = {"team_abbr": "BOS", "roster_date": DAY}
    tips = schedule(SCHEDULED | {"tip_utc": datetime(2024, 11, 6, 0, 30, tzinfo=UTC)})
    morning, late = datetime(2024, 11, 5, 12, tzinfo=UTC), datetime(2024, 11, 6, 0, 10, tzinfo=UTC)
    rosters = [
        payload(Source.ESPN, "roster", {Sheet.ROSTERS: [{**place, "source_person_id": who, "player_name": who}]}, at)
        for who, at in (("Before", morning), ("After", late))
    ]
    told = rows_of(assembled(tips, *rosters), "roster_reports")
    assert [(row["roster_date"], row["player_name"]) for row in told] == [
        (DAY + timedelta(days=1), "After"),
        (DAY, "Before"),
    ]


def test_what_a_later_schedule_says_readably_is_refused_no_more() -> None:
    earlier, later = schedule(), schedule(at=NOON + timedelta(hours=1))
    earlier.parsed.refuse(Sheet.SCHEDULE, 7, "teams_not_yet_known", {"gameId": "0042400401"})
    assert refusals(assembled(earlier)) == [("schedule", "teams_not_yet_known")]
    assert refusals(assembled(earlier, later)) == []


def test_half_a_character_is_quarantined_as_its_escape() -> None:
    one = schedule()
    one.parsed.refuse(Sheet.SCHEDULE, 7, "home_unreadable", {"name": "B\ud800", "deep": [float("nan")]})
    (row,) = assembled(one).quarantined.to_pylist()
    assert json.loads(row["row_json"]) == {"name": "B\ud800", "deep": ["nan"]}


def test_every_snapshot_of_a_quote_is_kept_and_the_same_one_once() -> None:
    def quotes(at: datetime, snapshot: datetime) -> ReadPayload:
        told = {
            "game_date": DAY,
            "snapshot_utc": snapshot,
            "player_name": "Ann",
            "bookmaker": "draftkings",
            "line": 20.5,
        }
        return payload(Source.ODDS_API, "odds", {Sheet.QUOTES: [told]}, at)

    first, second = datetime(2024, 11, 5, 18, tzinfo=UTC), datetime(2024, 11, 5, 19, tzinfo=UTC)
    found = assembled(quotes(first, first), quotes(second, second), quotes(NOON, second))
    assert [row["snapshot_at"] for row in rows_of(found, "player_points_quotes")] == [first, second]
    assert {row["source"] for row in rows_of(found, "player_points_quotes")} == {"odds_api"}


# -- the books ---------------------------------------------------------------------------------------------------------
def test_a_payload_of_an_unknown_shape_sinks_only_itself() -> None:
    def parse(given: Payload) -> Parsed:
        raise PayloadRejected(given.source, "no list of games", next_step="look at the bytes")

    facts = {
        "ref": "landing/x",
        "source": Source.BALLDONTLIE,
        "feed": "box_scores",
        "day": DAY,
        "label": "",
        "status": 200,
    }
    rejected = read_payload(
        Payload(**facts, fetched_at=NOON, outcome=Outcome.CONTENT, params={}, headers={}, body=b"<html>"),
        {(Source.BALLDONTLIE, "box_scores"): parse},
    )
    found = assembled(schedule(), log(), rejected)
    assert len(by_player(found)) == 10
    told = {row["payload_ref"]: row for row in found.payloads.to_pylist()}["landing/x"]
    assert told["rejection_reason"] == "balldontlie: no list of games"
    assert (told["rows_read"], told["size_bytes"]) == (0, 6)


def test_rows_that_parser_or_border_refuse_are_quarantined_as_they_came() -> None:
    told = log()
    told.parsed.add(Sheet.BOX_SCORES, 10, line(300, "BOS", 20) | {"pts": 500})
    told.parsed.refuse(Sheet.BOX_SCORES, 11, "minutes_unreadable", {"MIN": "a while"})
    found = assembled(schedule(), told)
    assert refusals(found) == [
        ("game_results", "box_incomplete"),  # a sum over part of a team is no score
        ("player_box_scores", "minutes_unreadable"),
        ("player_box_scores", "pts_out_of_range"),
    ]
    refused = {row["row_number"]: row for row in found.quarantined.to_pylist() if row["row_number"] >= 10}
    assert json.loads(refused[10]["row_json"])["pts"] == 500
    assert json.loads(refused[11]["row_json"]) == {"MIN": "a while"}
    assert {row["source"] for row in refused.values()} == {"nba_stats"}


def test_a_season_without_rows_is_no_fault() -> None:
    empty = payload(Source.BALLDONTLIE, "box_scores", {})
    assert all(rows.num_rows == 0 for rows in assembled(empty).rows.values())
    assert assembled(empty).payloads.num_rows == 1


@settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "game_date": st.sampled_from([DAY, "2024-11-05", "never", None, 7, [DAY]]),
                "team_abbr": st.sampled_from(["BOS", "NYK", "XXX", None, {}]),
                "pts": st.sampled_from([20, "20", 20.5, float("nan"), 10**30, None, True]),
                "source_person_id": st.sampled_from(["a", "b", None]),
            }
        ),
        max_size=8,
    )
)
def test_every_row_read_is_kept_or_duplicate_or_quarantined(changes: list[dict[str, Any]]) -> None:
    told = {Sheet.BOX_REPORTS: [report() | change for change in changes], Sheet.RESULTS: [final(101, 99)]}
    found = assembled(schedule(), payload(Source.BALLDONTLIE, "box_scores", told))
    counted = found.payloads.to_pylist()
    for row in counted:
        assert row["rows_read"] == row["rows_kept"] + row["rows_duplicate"] + row["rows_quarantined"]
    assert sum(row["rows_read"] for row in counted) == len(changes) + 2
    assert found.quarantined.num_rows == sum(row["rows_quarantined"] for row in counted)


@given(st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.booleans(), st.lists(st.integers()))))
def test_values_keep_their_type_and_place(values: list[Any]) -> None:
    one = payload(Source.ESPN, "roster", {})
    found, indices = SheetRows([(one, n, {"x": value}) for n, value in enumerate(values)]).distinct("x")
    for value, index in zip(values, indices.to_pylist(), strict=True):
        if index is None:
            assert value is None or value != value or str(value).strip() == ""
        else:
            assert found[index] == value and type(found[index]) is type(value)
