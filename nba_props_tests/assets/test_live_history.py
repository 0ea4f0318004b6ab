"""The raw step on landed answers of a live source: tables, quarantine and books, and that a second run changes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nba_props.assets.raw import live
from nba_props.assets.reference.source_people import resolved_people, settled
from nba_props.health import slate_verdict
from nba_props.instance import open_instance
from nba_props.io.landing import land, land_answer
from nba_props.io.sources.archive import discover
from nba_props.io.sources.live.contract import Feed, Outcome, Parsed, Payload, PayloadRejected, Request, Sheet, Source
from nba_props.io.sources.live.transport import Answer
from nba_props.plan import Request as Asked
from nba_props.plan import Runner, import_seasons, run_selection
from nba_props.platform import Platform
from nba_props.settings import load_settings

DAY = date(2024, 11, 5)
EVE = DAY - timedelta(days=1)
GAME = "0022400101"
AFTER = datetime(2024, 11, 6, 12, tzinfo=UTC)
DATES = {"game_date", "roster_date", "standings_date"}


def parse(payload: Payload) -> Parsed:
    """Payloads of the fake sources: rows of our own columns by sheet."""
    try:
        told = json.loads(payload.body)
    except ValueError as error:
        raise PayloadRejected(payload.source, "not JSON", next_step="look at the bytes") from error
    parsed = Parsed()
    for sheet, rows in told.items():
        for number, row in enumerate(rows):
            parsed.add(Sheet(sheet), number, row)
    return parsed


@dataclass(frozen=True)
class FakeSource:
    """A live source whose only feed is `rows`."""

    source: Source

    @property
    def feeds(self) -> list[Feed]:
        return [Feed("rows", parse)]


@pytest.fixture(autouse=True)
def _fake_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "live_source", FakeSource)


@pytest.fixture
def home(platform: Platform) -> Platform:
    """The platform on the morning after the game."""
    return Platform(load_settings(home=platform.home, now=AFTER))


def landed(
    platform: Platform, source: Source, day: date, rows: dict[str, Any] | bytes, at: datetime = AFTER, label: str = ""
) -> None:
    body = rows if isinstance(rows, bytes) else json.dumps(rows, default=str).encode()
    answer = Answer(Outcome.CONTENT, 200, {}, body)
    land_answer(platform.store, Request(source, "rows", day, "/rows", label=label), answer, at)


def line(player_id: int, team: str, pts: int = 20) -> dict[str, Any]:
    shots = {"fgm": pts // 2, "fga": 15, "fg3m": 0, "fg3a": 0, "ftm": 0, "fta": 0, "oreb": 1, "tov": 2}
    who = {
        "game_id": GAME,
        "game_date": DAY,
        "player_id": player_id,
        "player_name": f"Player {'abcdefghij'[player_id % 10]}{team}",
    }
    return {**who, "team_abbr": team, "minutes": 48.0, "pts": pts, **shots}


SCHEDULED = {"game_id": GAME, "game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK"}
OFFICIAL = {
    "schedule": [SCHEDULED],
    "player_box_scores": [*(line(100 + n, "BOS", 20) for n in range(5)), *(line(205 + n, "NYK", 18) for n in range(5))],
    "player_list": [{"player_id": 999, "player_name": "Unseen Rookie"}],
}


def reported(name: str, person: str, team: str, pts: int) -> dict[str, Any]:
    shots = {"fgm": pts // 2, "fga": 15, "fg3m": 0, "fg3a": 0, "ftm": 0, "fta": 0, "oreb": 1, "tov": 2}
    game = {"game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK", "team_abbr": team}
    return {**game, "source_person_id": person, "player_name": name, "minutes": 48, "pts": pts, **shots}


REPORTED = {
    "game_results": [{"game_date": DAY, "home_abbr": "BOS", "away_abbr": "NYK", "home_pts": 22, "away_pts": 18}],
    "box_score_reports": [
        reported("Player aBOS", "1", "BOS", 22),
        reported("Player fNYK", "2", "NYK", 18),
        reported("Nobody Known", "3", "NYK", 0),
    ],
}


def roster(day: date, source_team: str, *names: str) -> dict[str, Any]:
    return {
        "roster_reports": [
            {"roster_date": day, "team_abbr": source_team, "source_person_id": f"e{name}", "player_name": name}
            for name in names
        ]
    }


def history(platform: Platform, *seasons: str) -> None:
    with open_instance(platform) as instance:
        outcome = import_seasons(Runner(platform, instance), seasons or ["2024-25"], {})
    assert outcome.is_success, outcome.failures


def built(platform: Platform, day: date, *assets: str) -> None:
    with open_instance(platform) as instance:
        for asset in assets:
            outcome = run_selection(Runner(platform, instance), [day], asset, Asked())
            assert outcome.is_success, outcome.failures


def rows_of(platform: Platform, table: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    rows = platform.warehouse.query(f"select {columns} from {table} where {where} order by {columns}").to_pylist()
    return [tuple(row.values()) for row in rows]


@pytest.mark.whole
def test_landed_answers_become_tables_and_a_second_run_changes_nothing(home: Platform) -> None:
    landed(home, Source.NBA_STATS, DAY, OFFICIAL)
    landed(home, Source.BALLDONTLIE, DAY, REPORTED)
    landed(home, Source.ESPN, EVE, roster(EVE, "BOS", "Player aBOS", "Nobody Known"), label="BOS")
    landed(home, Source.ESPN, DAY, b"<html>maintenance</html>")
    history(home)
    history_once = {name: rows_of(home, name, "*") for name in _filled(home)}
    assert len(history_once["nba_raw.player_box_scores"]) == 10
    assert rows_of(home, "nba_raw.game_results", "home_points, source") == [(100, "nba_stats")]
    assert len(history_once["nba_raw.box_score_reports"]) == 3
    assert rows_of(home, "nba_raw.landed_payloads", "source", "rejection_reason is not null") == [("espn",)]
    verdict = slate_verdict(home, DAY)
    assert verdict.rejected_payloads == {"espn": {"espn: not JSON": 1}}
    assert any("1 payload of espn could not be read" in reason for reason in verdict.reasons)
    history(home)
    assert {name: rows_of(home, name, "*") for name in _filled(home)} == history_once


@pytest.mark.whole
def test_an_archive_and_live_answers_of_one_season_stand_beside_each_other(home: Platform, tmp_path: Path) -> None:
    """What only the archive tells (spreads) stays; of a game that both tell the live answer is taken."""
    other = {"game_id": "0022400099", "game_date": EVE, "home_abbr": "LAL", "away_abbr": "GSW", "home_spread": -3.5}
    both = SCHEDULED | {
        "home_abbr": "NYK",
        "away_abbr": "BOS",
        "home_spread": 1.5,
    }  # as the archive has it, sides wrong
    games = pd.DataFrame([other, both]).assign(season="2024-25", total_line=220.5)
    (tmp_path / "archive").mkdir()
    games.to_parquet(tmp_path / "archive" / "games.parquet")
    land(home.store, discover(tmp_path / "archive"), AFTER)
    landed(home, Source.NBA_STATS, DAY, OFFICIAL)
    history(home)
    assert rows_of(home, "nba_raw.schedule", "game_id, home_team, source") == [
        ("0022400099", "LAL", "archive"),
        (GAME, "BOS", "nba_stats"),
    ]
    assert rows_of(home, "nba_raw.game_lines", "game_id, home_spread") == [("0022400099", -3.5), (GAME, 1.5)]


def _filled(platform: Platform) -> Iterator[str]:
    return (
        f"nba_raw.{name}"
        for name in (
            "schedule",
            "player_box_scores",
            "game_results",
            "box_score_reports",
            "roster_reports",
            "quarantined_rows",
            "landed_payloads",
            "source_capabilities",
            "player_list",
        )
    )


@pytest.mark.whole
def test_a_row_leaves_quarantine_once_its_game_is_known(home: Platform) -> None:
    landed(home, Source.BALLDONTLIE, DAY, REPORTED)
    history(home)
    refused = rows_of(home, "nba_raw.quarantined_rows", "source, reason")
    assert refused == [("balldontlie", "unknown_game")] * 4
    assert slate_verdict(home, DAY).quarantined == {"balldontlie": {"unknown_game": 4}}
    landed(home, Source.NBA_STATS, DAY, {"schedule": [SCHEDULED]})
    history(home)
    assert rows_of(home, "nba_raw.quarantined_rows", "source, reason") == []
    assert len(rows_of(home, "nba_raw.box_score_reports", "player_name")) == 3


@pytest.mark.whole
def test_a_game_that_is_scheduled_no_more_is_withdrawn(home: Platform) -> None:
    gone = SCHEDULED | {"game_id": "0042400107", "game_date": date(2025, 5, 5)}
    landed(home, Source.NBA_STATS, DAY, {"schedule": [SCHEDULED, gone]})
    history(home)
    assert len(rows_of(home, "nba_raw.schedule", "game_id")) == 2
    landed(home, Source.NBA_STATS, DAY, {"schedule": [SCHEDULED]}, AFTER + timedelta(hours=1))
    history(home)
    assert rows_of(home, "nba_raw.schedule", "game_id") == [(GAME,)]


def test_an_answer_that_a_later_one_tells_again_is_superseded_and_not_empty(
    home: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeSource, "feeds", [Feed("rows", parse, tells_all=True)])
    for hours, body in enumerate(({"schedule": [SCHEDULED]}, {"schedule": [SCHEDULED]}, b"<html>")):
        landed(home, Source.NBA_STATS, DAY, body, AFTER + timedelta(hours=hours))
    landed(home, Source.NBA_STATS, EVE, {"schedule": []}, AFTER, label="another request")
    found = live.read_season(home, "2024-25", [])
    assert found is not None
    told = {(row["fetched_at"], row["label"]): row for row in found.payloads.to_pylist()}
    assert [row["is_superseded"] for _, row in sorted(told.items())] == [True, False, False, False]
    first, empty, second, html = (row for _, row in sorted(told.items()))
    assert (first["rows_read"], second["rows_read"], empty["rows_read"]) == (0, 1, 0)
    assert html["rejection_reason"] == "nba_stats: not JSON"


@pytest.mark.whole
def test_games_of_the_season_before_are_not_withdrawn_with_those_of_this_one(home: Platform) -> None:
    """The bubble's games lie between the dates of the season after."""
    bubble = {"game_id": "0041900401", "game_date": date(2020, 9, 30), "home_abbr": "LAL", "away_abbr": "MIA"}
    opening = {"game_id": "0022000001", "game_date": date(2020, 12, 22), "home_abbr": "BKN", "away_abbr": "GSW"}
    landed(home, Source.NBA_STATS, date(2020, 8, 31), {"schedule": [bubble]})
    landed(home, Source.NBA_STATS, date(2020, 12, 22), {"schedule": [opening]})
    history(home, "2019-20", "2020-21")
    history(home, "2020-21")
    assert rows_of(home, "nba_raw.schedule", "game_id") == [("0022000001",), ("0041900401",)]


@pytest.mark.whole
def test_a_moved_game_has_not_the_tip_it_had_before(home: Platform) -> None:
    first = SCHEDULED | {"tip_utc": datetime(2024, 11, 6, 0, 30, tzinfo=UTC)}
    landed(home, Source.NBA_STATS, DAY, {"schedule": [first]})
    history(home)
    assert rows_of(home, "nba_raw.schedule", "tip_at") == [(first["tip_utc"],)]
    moved = SCHEDULED | {"game_date": date(2024, 12, 3)}
    landed(home, Source.NBA_STATS, DAY, {"schedule": [moved]}, AFTER + timedelta(hours=1))
    history(home)
    assert rows_of(home, "nba_raw.schedule", "game_date, tip_at") == [(date(2024, 12, 3), None)]


@pytest.mark.whole
def test_an_archive_overwrites_nobody_a_live_source_has_told_of(home: Platform, tmp_path: Path) -> None:
    landed(home, Source.NBA_STATS, DAY, OFFICIAL)
    history(home)
    people = pd.DataFrame(
        [{"player_id": 999, "player_name": "Other Spelling"}, {"player_id": 998, "player_name": "New"}]
    )
    (tmp_path / "archive").mkdir()
    people.to_parquet(tmp_path / "archive" / "players.parquet")
    land(home.store, discover(tmp_path / "archive"), AFTER)
    history(home, "2023-24")
    told = rows_of(home, "nba_raw.player_list", "source_player_id, player_name, source")
    assert told == [(998, "New", "archive"), (999, "Unseen Rookie", "nba_stats")]


# -- which source wins -------------------------------------------------------------------------------------------------
SUMMARIES = (
    "analytics/player_game_summary",
    "analytics/team_offense_game_summary",
    "analytics/team_defense_game_summary",
)


@pytest.mark.whole
def test_a_reported_game_waits_until_it_is_known_who_played(home: Platform) -> None:
    """The points of one unknown player would be missing from his team's, and from what it allowed."""
    landed(home, Source.NBA_STATS, DAY, {"schedule": [SCHEDULED], "player_list": OFFICIAL["player_list"]})
    landed(home, Source.BALLDONTLIE, DAY, REPORTED)
    history(home)
    built(home, DAY, *SUMMARIES)
    assert len(rows_of(home, "nba_raw.box_score_reports", "player_name")) == 3
    assert rows_of(home, "nba_analytics.player_game_summary", "player_name") == []


@pytest.mark.whole
def test_reports_stand_in_only_for_games_without_an_official_box_score(home: Platform) -> None:
    people = {
        "player_list": [
            {"player_id": 100, "player_name": "Player aBOS"},
            {"player_id": 205, "player_name": "Player fNYK"},
        ]
    }
    landed(home, Source.NBA_STATS, DAY, {"schedule": [SCHEDULED], **people})
    landed(home, Source.BALLDONTLIE, DAY, REPORTED | {"box_score_reports": REPORTED["box_score_reports"][:2]})
    history(home)
    built(home, DAY, *SUMMARIES)
    shown = "universal_player_id, points, box_source"
    assert rows_of(home, "nba_analytics.player_game_summary", shown) == [
        ("nba_100", 22, "balldontlie"),
        ("nba_205", 18, "balldontlie"),
    ]
    assert rows_of(home, "nba_analytics.team_offense_game_summary", "team_abbr, team_points, is_win") == [
        ("BOS", 22, True),
        ("NYK", 18, False),
    ]
    landed(home, Source.NBA_STATS, DAY, OFFICIAL, AFTER + timedelta(hours=1))
    history(home)
    built(home, DAY, *SUMMARIES)
    assert {source for (source,) in rows_of(home, "nba_analytics.player_game_summary", "box_source")} == {"nba_stats"}
    assert rows_of(home, "nba_analytics.team_defense_game_summary", "team_abbr, opponent_points") == [
        ("BOS", 90),
        ("NYK", 100),
    ]


@pytest.mark.whole
def test_sources_that_disagree_are_told(home: Platform) -> None:
    landed(home, Source.NBA_STATS, DAY, OFFICIAL)
    landed(home, Source.BALLDONTLIE, DAY, REPORTED)
    history(home)
    built(home, DAY, SUMMARIES[0])
    from nba_props.checks import CHECKS, run_checks

    check = next(one for one in CHECKS["analytics/player_game_summary"] if one.name == "source_disagreements")
    (run,) = run_checks(home, [check], DAY, DAY)
    (outcome,) = run.outcomes
    assert not outcome.passed
    assert "balldontlie differs in points: 1, e.g. Player aBOS" in outcome.detail
    assert "balldontlie differs in the result: 2" in outcome.detail


# -- rosters -----------------------------------------------------------------------------------------------------------
TONIGHT = date(2024, 11, 8)


def rosters(platform: Platform) -> list[tuple[Any, ...]]:
    built(platform, TONIGHT, "raw/team_rosters")
    where = "roster_date = date '2024-11-08' and team_abbr = 'BOS'"
    return rows_of(platform, "nba_raw.team_rosters", "source_player_id, roster_source, player_name", where)


@pytest.fixture
def season(home: Platform) -> Platform:
    """A game on 5 November, and another one to come on the 8th."""
    coming = SCHEDULED | {"game_id": "0022400140", "game_date": TONIGHT}
    landed(home, Source.NBA_STATS, DAY, OFFICIAL | {"schedule": [SCHEDULED, coming]})
    return home


@pytest.mark.whole
def test_without_a_published_roster_the_last_box_score_says_it(season: Platform) -> None:
    history(season)
    assert [row[:2] for row in rosters(season)] == [(100 + n, "last_box_score") for n in range(5)]


@pytest.mark.whole
def test_espn_is_taken_before_basketball_reference_and_the_last_of_seven_days_stands_in(season: Platform) -> None:
    landed(season, Source.BASKETBALL_REFERENCE, TONIGHT, roster(TONIGHT, "BOS", "Player bBOS"), label="BOS")
    history(season)
    assert rosters(season) == [(101, "basketball_reference", "Player bBOS")]
    landed(season, Source.ESPN, EVE, roster(EVE, "BOS", "Player aBOS", "Unseen Rookie", "Nobody Known"), label="BOS")
    history(season)
    assert rosters(season) == [(100, "espn", "Player aBOS"), (999, "espn", "Unseen Rookie")]


@pytest.mark.whole
def test_a_roster_published_after_the_date_is_not_known_on_it(season: Platform) -> None:
    later = date(2025, 8, 31)
    landed(season, Source.BASKETBALL_REFERENCE, later, roster(later, "BOS", "Player bBOS"), label="BOS")
    history(season)
    assert {source for _, source, _ in rosters(season)} == {"last_box_score"}


# -- who is who --------------------------------------------------------------------------------------------------------
@pytest.mark.whole
def test_who_cannot_be_bound_is_queued_and_never_guessed(season: Platform) -> None:
    landed(season, Source.ESPN, TONIGHT, roster(TONIGHT, "BOS", "Player aBOS", "Player aBO", "P. aBOS"), label="BOS")
    history(season)
    people = {row["player_name"]: row for row in resolved_people(season).to_pylist()}
    assert people["Player aBOS"]["universal_player_id"] == "nba_100"
    assert (people["Player aBO"]["universal_player_id"], people["Player aBO"]["reason"]) == (None, "not_found")
    assert people["P. aBOS"]["method"] == "initials"  # unique among the team's players
    built(season, TONIGHT, "raw/team_rosters", "reference/name_resolution")
    queued = rows_of(
        season,
        "nba_reference.unresolved_player_names",
        "player_name, event_key, is_quoted",
        f"game_date = date '{TONIGHT}'",
    )
    assert queued == [("Player aBO", "BOS", False)]


def person(name: str, universal_player_id: str | None, source_person_id: str = "7") -> dict[str, Any]:
    known = None if universal_player_id is None else int(universal_player_id.removeprefix("nba_"))
    row = {
        "source": "espn",
        "first_seen_date": date(2025, 11, 1),
        "source_person_id": source_person_id,
        "player_name": name,
        "team_abbr": "BOS",
    }
    told = {"universal_player_id": universal_player_id, "source_player_id": known, "first_known_date": None}
    return row | told | {"method": "registry" if known else "unresolved", "reason": None if known else "not_found"}


def test_one_id_of_a_source_is_one_person() -> None:
    rows = settled([person("Ann", "nba_1"), person("Annie", None), person("Bob", None, "8")])
    assert [(row["universal_player_id"], row["method"]) for row in rows] == [
        ("nba_1", "registry"),
        ("nba_1", "source_id"),
        (None, "unresolved"),
    ]


def test_what_an_id_was_told_to_be_stands_and_whoever_contradicts_it_is_nobody() -> None:
    rows = settled([person("Ann", "nba_1"), person("Bob", "nba_2"), person("Anna", None)])
    assert [(row["universal_player_id"], row["reason"]) for row in rows] == [
        ("nba_1", None),
        (None, "source_id_contradicted"),
        ("nba_1", None),
    ]


def test_what_is_told_later_is_known_from_then_on() -> None:
    """A roster of before stays as it was: the person is in it only from the date on which another spelling told of him."""
    earlier, later = date(2025, 11, 1), date(2025, 11, 20)
    rows = settled(
        [person("Annie", None) | {"first_seen_date": earlier}, person("Ann", "nba_1") | {"first_seen_date": later}]
    )
    assert (rows[0]["universal_player_id"], rows[0]["first_known_date"]) == ("nba_1", later - timedelta(days=1))


def test_a_name_in_place_of_an_id_binds_nobody_of_another_team() -> None:
    rows = settled([person("Ann", "nba_1", "Ann"), person("Ann", None, "Ann")])
    assert [row["universal_player_id"] for row in rows] == ["nba_1", None]
