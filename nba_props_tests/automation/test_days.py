"""Days that pass by themselves: Dagster's daemon on simulated sources, and at the end each slate is published once."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import dagster as dg
import pytest

from nba_props.domain.calendar import EASTERN
from nba_props.instance import open_instance
from nba_props.io.landing import land
from nba_props.io.sources.archive import discover
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.simulate.league import League, LeagueConfig, simulate_league, write_archive
from nba_props.simulate.server import SimulatedSources
from nba_props_tests.automation import location
from nba_props_tests.automation.daemon import Daemon, daemon, moved_platform

pytestmark = pytest.mark.whole

FIRST = date(2025, 12, 2)
DAYS = [FIRST, FIRST + timedelta(days=1)]


@pytest.fixture(scope="module")
def league() -> League:
    return simulate_league(LeagueConfig(seed=1, start=date(2025, 11, 17), days=20, teams=8, trades=0))


@pytest.fixture
def days(league: League, tmp_path: Path) -> Iterator[tuple[Platform, Daemon]]:
    """A daemon in a home that knows the league until FIRST, early in the morning of it."""
    with SimulatedSources(league, eastern(FIRST, 4)) as sources:
        platform = moved_platform(tmp_path / "home", sources)
        prepare(platform)
        import_history(platform, league, tmp_path / "archive")
        with daemon(platform, sources, location) as running:
            yield platform, running


def import_history(platform: Platform, league: League, archive: Path) -> None:
    from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
    from nba_props.plan import Runner, import_seasons

    write_archive(league.until(FIRST), archive)
    landed = land(platform.store, discover(archive), platform.now)
    with open_instance(platform) as instance:
        runner = Runner(platform, instance)
        seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
        assert import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id}).is_success, runner.outcome.failures


def eastern(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), EASTERN)


LOOKS = ((5, 0), (6, 30), (7, 0), (11, 30), (18, 0), (18, 30))
TODAY = ("overnight-predictions", "same-day-predictions")


def test_days_pass_and_each_slate_is_published_once(days: tuple[Platform, Daemon]) -> None:
    platform, running = days
    running.at(eastern(FIRST, 4, 1))
    for day in DAYS:
        for hour, minute in LOOKS:
            running.at(eastern(day, hour, minute))
    everything = running.runs()
    assert {one.status for one in everything} == {dg.DagsterRunStatus.SUCCESS}

    for day in DAYS:
        for name in TODAY:
            [attempt] = running.runs(attempt_of=name, slate=day.isoformat())
            assert attempt.tags["nba_props/ending"] == "published", attempt.tags
        document = json.loads(platform.store.get(f"v1/predictions/{day}.json"))
        assert document["game_date"] == day.isoformat()
    assert len(running.runs(attempt_of="same-day-predictions-tomorrow", slate=DAYS[1].isoformat())) == 1
    triggers = Counter(one.tags.get("nba_props/trigger") for one in everything)
    assert triggers["grading-and-results"] == triggers["br-rosters-batch-daily"] == len(DAYS)
    assert triggers["odds-and-injury-changes"]

    assert counted(platform, _TWICE_IN_FORCE) == 0
    assert counted(platform, _GRADED) > 0
    assert platform.warehouse.staging_tables() == []
    running.at(eastern(DAYS[-1], 18, 30))
    assert len(running.runs()) == len(everything)


_TWICE_IN_FORCE = """
select count(*) as found from (
    select game_id, universal_player_id, system_id, line_key
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active
    group by game_id, universal_player_id, system_id, line_key
    having count(*) > 1
)
"""
_GRADED = """
select count(*) as found from nba_grading.prediction_accuracy
where game_date between @start_date and @end_date and game_date = @start_date and actual_points is not null
"""


def counted(platform: Platform, sql: str) -> int:
    found = platform.warehouse.query(sql, {"start_date": DAYS[0], "end_date": DAYS[-1]})
    return int(found["found"][0].as_py())
