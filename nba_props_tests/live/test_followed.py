"""A simulated season followed through the real clients: a season's past at once, then day by day; raw tables are the league's own.

Here is what the raw layer holds. What slates become of it is in `test_season`.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from nba_props.fetch import fetch_day, fetch_season
from nba_props.io.sources.live.registry import wanted
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings
from nba_props_tests.live import truth
from nba_props_tests.live.kit import (
    SEASON,
    Follower,
    at,
    before_tip,
    following,
    parse_landed,
    raw_rows,
)

pytestmark = pytest.mark.whole

FIRST = date(2025, 11, 28)
FOLLOWED = [FIRST + timedelta(days=number) for number in range(2)]
"""The slates that are followed day by day; what precedes them is fetched as a season."""
END = at(FOLLOWED[-1] + timedelta(days=1), 8)


@pytest.fixture(scope="module")
def follower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """A home that has followed the league until the morning after the last of FOLLOWED."""
    with following(tmp_path_factory.mktemp("followed") / "home") as found:
        fetch_season(found.at(at(FIRST, 7)), SEASON)
        for day in FOLLOWED:
            fetch_day(found.at(at(day, 8)), day - timedelta(days=1))
            fetch_day(found.at(at(day, 8)), day)
            fetch_day(found.at(before_tip(found.league, day)), day)
        fetch_day(found.at(END), FOLLOWED[-1])
        parse_landed(found.at(END))
        yield found


@pytest.fixture(scope="module")
def platform(follower: Follower) -> Platform:
    return follower.at(END)


@pytest.fixture(scope="module")
def past(follower: Follower) -> list[date]:
    """Dates whose results only the season's fetch told: all but the last before FOLLOWED."""
    return [day for day in follower.league.game_dates if day < FIRST - timedelta(days=1)]


@pytest.fixture(scope="module")
def told_daily(follower: Follower) -> list[date]:
    return [day for day in follower.league.game_dates if FIRST - timedelta(days=1) <= day <= FOLLOWED[-1]]


def test_the_schedule_is_the_leagues(follower: Follower, platform: Platform) -> None:
    stored = truth.asked(platform, "select game_id, game_date, home_team, away_team, tip_at from nba_raw.schedule", 1)
    assert stored == truth.games(follower.league)


def test_scores_are_those_of_games_that_are_over(follower: Follower, platform: Platform) -> None:
    stored = truth.asked(platform, "select game_id, home_points, away_points from nba_raw.game_results", 1)
    assert stored == truth.scores(follower.league, [day for day in follower.league.game_dates if day <= FOLLOWED[-1]])


def test_box_scores_are_the_leagues_to_the_minute(
    follower: Follower, platform: Platform, past: list[date], told_daily: list[date]
) -> None:
    sql = f"""
        select game_id, source_player_id, team_abbr, opponent_abbr, is_home, is_win, {truth.STORED_COUNTS}
        from nba_raw.player_box_scores where participation = 'played'
    """
    fields = ["team_abbr", "opp_abbr", "is_home", "win", *truth.COUNTS]
    box = truth.of_dates(follower.league.player_box, [*past, *told_daily])
    assert truth.asked(platform, sql, 2) == truth.told(box, ["game_id", "player_id"], fields)
    sql = "select game_id, source_player_id, minutes from nba_raw.player_box_scores where participation = 'played'"
    minutes = truth.asked(platform, sql, 2)
    true = truth.told(box, ["game_id", "player_id"], ["minutes"])
    daily = set(truth.told(truth.of_dates(box, told_daily), ["game_id", "player_id"], []))
    off = {key: abs(told - true[key][0]) for key, (told,) in minutes.items()}
    assert max(off[key] for key in daily) <= 1 / 60
    assert max(off.values()) <= 0.5


def test_starters_zones_and_who_did_not_play_come_with_each_day(
    follower: Follower, platform: Platform, told_daily: list[date]
) -> None:
    fields = ["started", "fgm_paint", "fga_paint", "fgm_mid", "fga_mid"]
    sql = """
        select game_id, source_player_id, is_starter, fgm_paint, fga_paint, fgm_mid, fga_mid
        from nba_raw.player_box_scores
        where participation = 'played' and game_date between @start_date and @end_date
    """
    box = truth.of_dates(follower.league.player_box, told_daily)
    span = {"start_date": told_daily[0], "end_date": told_daily[-1]}
    assert truth.asked(platform, sql, 2, **span) == truth.told(box, ["game_id", "player_id"], fields)
    sql = """
        select game_id, source_player_id, dnp_comment, minutes, points
        from nba_raw.player_box_scores where participation <> 'played' and game_date between @start_date and @end_date
    """
    did_not = truth.told(truth.of_dates(follower.league.dnp, told_daily), ["game_id", "player_id"], ["comment"])
    assert {key: row[0] for key, row in truth.asked(platform, sql, 2, **span).items()} == {
        key: row[0] for key, row in did_not.items()
    }
    assert {row[1:] for row in truth.asked(platform, sql, 2, **span).values()} == {(None, None)}


def test_no_quote_is_of_later_than_its_fetch_and_each_is_the_leagues(
    follower: Follower, platform: Platform, told_daily: list[date]
) -> None:
    sql = """
        select q.event_id, q.bookmaker, q.player_name, q.line, q.over_price_american, q.under_price_american,
            q.snapshot_at, p.fetched_at
        from nba_raw.player_points_quotes as q
        inner join nba_raw.landed_payloads as p on p.payload_ref = q.payload_ref
        where q.source = 'odds_api'
    """
    stored = platform.warehouse.query(sql).to_pylist()
    assert all(row["snapshot_at"] <= row["fetched_at"] for row in stored)
    assert stored
    shown_at = truth.quotes(follower.league, told_daily)
    for *quote, snapshot_at, _ in (tuple(row.values()) for row in stored):
        assert any(seen_at <= snapshot_at for seen_at in shown_at[tuple(quote)]), (quote, snapshot_at)


def test_both_sources_of_quotes_are_known_by_name(platform: Platform) -> None:
    sql = "select source, count(*) as quotes from nba_raw.player_points_quotes group by source"
    quotes = {row["source"]: row["quotes"] for row in platform.warehouse.query(sql).to_pylist()}
    assert set(quotes) == {"odds_api", "bettingpros"}


def test_the_last_injury_report_is_the_leagues_last_word(follower: Follower, platform: Platform) -> None:
    sql = """
        select game_date, team_abbr, player_name, injury_status, injury_reason, injury_reported_at
        from nba_raw.injury_reports where source = 'injury_report' and game_date between @start_date and @end_date
        order by injury_reported_at
    """
    rows = platform.warehouse.query(sql, {"start_date": FOLLOWED[0], "end_date": FOLLOWED[-1]}).to_pylist()
    last = {tuple(row.values())[:3]: (row["injury_status"], row["injury_reason"]) for row in rows}
    assert last == truth.last_injuries(follower.league, FOLLOWED)


def test_rosters_are_those_of_the_morning(follower: Follower, platform: Platform) -> None:
    sql = """
        select roster_date, team_abbr, player_name from nba_raw.roster_reports
        where source = 'espn' and roster_date between @start_date and @end_date
    """
    stored = truth.asked(platform, sql, 3, start_date=FOLLOWED[0], end_date=FOLLOWED[-1])
    assert set(stored) == truth.rosters(follower.league, FOLLOWED)


def test_what_was_refused_is_named_and_nothing_else(platform: Platform) -> None:
    sql = "select distinct source, table_name, reason from nba_raw.quarantined_rows"
    refused = {tuple(row.values()) for row in platform.warehouse.query(sql).to_pylist()}
    assert refused == {("nba_stats", "schedule", "not_a_counting_game")}  # a preseason game
    sql = "select rejection_reason from nba_raw.landed_payloads where rejection_reason is not null"
    assert not platform.warehouse.query(sql).num_rows


def test_fetching_and_parsing_again_changes_nothing(follower: Follower) -> None:
    before, platform = raw_rows(follower.at(END)), follower.at(END)
    asked = len(follower.sources.requests)
    found = fetch_day(platform, FOLLOWED[-1], wanted(["nba_stats", "balldontlie"]))
    assert [one.asked for one in found.reports] == [0, 0]
    assert len(follower.sources.requests) == asked
    parse_landed(platform)
    assert raw_rows(platform) == before


def test_the_raw_layer_is_rebuilt_from_the_landing_zone_alone(follower: Follower, tmp_path: Path) -> None:
    shutil.copytree(follower.home / "bucket" / "landing", tmp_path / "home" / "bucket" / "landing")
    rebuilt = Platform(load_settings(home=tmp_path / "home", now=END))
    prepare(rebuilt)
    parse_landed(rebuilt)
    assert raw_rows(rebuilt) == raw_rows(follower.at(END))
