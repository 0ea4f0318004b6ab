"""Days that pass by themselves: Dagster's daemon on simulated sources, and at the end each slate is published once."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

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
DAYS = 1


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


LOOKS = ((5, 0), (6, 30), (7, 0), (11, 30), (15, 0), (18, 0), (18, 30))


def test_days_pass_and_each_slate_is_published_once(days: tuple[Platform, Daemon], league: League) -> None:
    platform, running = days
    running.at(eastern(FIRST, 4, 1))
    for number in range(DAYS):
        for hour, minute in LOOKS:
            running.at(eastern(FIRST + timedelta(days=number), hour, minute))
    for run in running.instance.get_runs():
        print(run.job_name, run.status.value, {k: v for k, v in run.tags.items() if k.startswith("nba_props")})
    for state in running.instance.all_instigator_state():
        print(state.instigator_name)
        for tick in reversed(running.instance.get_ticks(state.instigator_origin_id, state.selector_id)):
            print(
                "   ",
                datetime.fromtimestamp(tick.timestamp, EASTERN),
                tick.status.value,
                tick.skip_reason,
                tick.error and tick.error.to_string()[-800:],
            )
    assert 0
