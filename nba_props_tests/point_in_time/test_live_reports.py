"""Rosters and box scores of sources without the NBA's ids: what they say on or after the slate changes nothing of it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from nba_props.assets.reference.registry import nba_players_registry
from nba_props.assets.reference.source_people import source_people
from nba_props.catalog import Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props_tests.point_in_time.building import SUMMARIES, build, build_features, copy_of, frame
from nba_props_tests.point_in_time.comparing import Snapshot, differences, snapshot
from nba_props_tests.point_in_time.conftest import DAY, Built

SNAPSHOTS = table("nba_raw.roster_snapshots")
BOX_SCORES = table("nba_raw.player_box_scores")
ROSTERS = table("nba_raw.roster_reports")
REPORTS = table("nba_raw.box_score_reports")
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
NEXT_DAY = DAY + timedelta(days=1)

Change = Callable[[Platform], None]


def rows_of(one: Table, rows: pd.DataFrame) -> pa.Table:
    filled = rows.reindex(columns=list(one.column_names)).astype(object)
    return pa.Table.from_pylist(filled.where(filled.notna(), None).to_dict("records"), schema=arrow_schema(one))


def moved(rows: pd.DataFrame, is_moved: pd.Series) -> pd.DataFrame:
    """Every team's players in the shirts of the next team."""
    teams = sorted(rows["team_abbr"].unique())
    shirts = dict(zip(teams, [*teams[1:], teams[0]], strict=True))
    return rows.assign(team_abbr=rows["team_abbr"].where(~is_moved, rows["team_abbr"].map(shirts)))


@pytest.fixture
def reported(built: Built, tmp_path: Path) -> Platform:
    """The league with its rosters told by ESPN alone, under ids of its own, and with no result of the slate or later."""
    platform = copy_of(built.platform, tmp_path / "home")
    rosters = frame(platform, f"SELECT * FROM {SNAPSHOTS.full_name}")
    told = rosters.assign(source="espn", source_person_id="e" + rosters["source_player_id"].astype(str))
    warehouse = platform.warehouse
    warehouse.replace_rows(ROSTERS, rows_of(ROSTERS, told[told["roster_date"] <= DAY]), FIRST, LAST)
    warehouse.replace_rows(SNAPSHOTS, rows_of(SNAPSHOTS, rosters.head(0)), FIRST, LAST)
    warehouse.replace_rows(BOX_SCORES, pa.Table.from_pylist([], schema=arrow_schema(BOX_SCORES)), DAY, LAST)
    return platform


def seen_on_the_slate(platform: Platform, built: Built) -> Snapshot:
    """People as sources name them, results and the slate's features."""
    done = dg.materialize(
        [nba_players_registry, source_people],
        resources={"platform": platform},
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert done.success
    for one in SUMMARIES:
        build(platform, one, built.known.day - timedelta(days=60), NEXT_DAY, Request())
    build_features(platform, DAY, DAY)
    return snapshot(platform, DAY, built.games, {})


def later_rosters_moved(platform: Platform) -> None:
    add_rosters(platform, NEXT_DAY)


def rosters_of_the_morning_moved(platform: Platform) -> None:
    add_rosters(platform, DAY)


def add_rosters(platform: Platform, day: date) -> None:
    rows = frame(platform, f"SELECT * FROM {ROSTERS.full_name} WHERE roster_date = @start_date", start_date=DAY)
    later = moved(rows.assign(roster_date=day), pd.Series(True, index=rows.index))
    platform.warehouse.replace_rows(ROSTERS, rows_of(ROSTERS, later), day, LAST)


def results_told(platform: Platform) -> None:
    """Forty points of everybody, on the slate and the day after, told by a source without the NBA's ids."""
    games = frame(
        platform,
        "SELECT game_id, game_date, season, season_type, home_team, away_team FROM nba_raw.schedule"
        " WHERE game_date BETWEEN @start_date AND @end_date",
        start_date=DAY,
        end_date=NEXT_DAY,
    )
    people = frame(platform, f"SELECT * FROM {ROSTERS.full_name} WHERE roster_date = @start_date", start_date=DAY)
    sides = pd.concat(
        [
            games.assign(team_abbr=games["home_team"], opponent_abbr=games["away_team"], is_home=True),
            games.assign(team_abbr=games["away_team"], opponent_abbr=games["home_team"], is_home=False),
        ]
    )
    told = sides.merge(people[["team_abbr", "source_person_id", "player_name", "payload_ref"]], on="team_abbr").assign(
        source="balldontlie", is_win=True, participation="played", minutes=40.0, points=40, fgm=20, fga=20, fg3m=0, fg3a=0,
        ftm=0, fta=0, oreb=0, tov=0,
    )  # fmt: skip
    platform.warehouse.replace_rows(REPORTS, rows_of(REPORTS, told), FIRST, LAST)


@pytest.mark.whole
@pytest.mark.parametrize("change", [later_rosters_moved, results_told], ids=lambda change: change.__name__)
def test_what_is_told_later_changes_nothing_of_the_slate(reported: Platform, built: Built, change: Change) -> None:
    before = seen_on_the_slate(reported, built)
    change(reported)
    assert differences(before, seen_on_the_slate(reported, built)) == []


@pytest.mark.whole
def test_what_is_told_on_the_morning_does_change_it(reported: Platform, built: Built) -> None:
    before = seen_on_the_slate(reported, built)
    rosters_of_the_morning_moved(reported)
    assert differences(before, seen_on_the_slate(reported, built))


@pytest.mark.whole
def test_the_reports_are_what_the_slate_is_made_of(reported: Platform, built: Built) -> None:
    """Rosters come from the reports, and results told by them are in the summaries: the tests above compare something."""
    seen_on_the_slate(reported, built)
    sources = frame(
        reported,
        "SELECT DISTINCT roster_source FROM nba_raw.team_rosters WHERE roster_date = @start_date",
        start_date=DAY,
    )
    assert "espn" in set(sources["roster_source"])
    results_told(reported)
    seen_on_the_slate(reported, built)
    summary = frame(
        reported,
        "SELECT box_source, MIN(points) AS points, COUNT(*) AS players FROM nba_analytics.player_game_summary"
        " WHERE game_date = @start_date GROUP BY box_source",
        start_date=DAY,
    )
    assert summary.to_dict("records")[0] | {"players": 0} == {"box_source": "balldontlie", "points": 40, "players": 0}
