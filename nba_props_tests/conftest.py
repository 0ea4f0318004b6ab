"""Fixtures shared by all tests: a platform in a fresh home, a simulated league, the private archive where it is there."""

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure of the code
settings.load_profile("untimed")

ARCHIVE = Path(__file__).resolve().parents[2] / "shared" / "data" / "history"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's own environment and .env never decide a test."""
    for name in [name for name in os.environ if name.startswith("NBA_PROPS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform in an empty home, its tables created and its reference rows shipped."""
    opened = Platform(load_settings(home=tmp_path / "home"))
    prepare(opened)
    return opened


@pytest.fixture(scope="session")
def archive_dir() -> Path:
    """The real archive; tests that need it skip where it is absent."""
    if not (ARCHIVE / "player_box.parquet").exists():
        pytest.skip("the private archive of real data is not beside the project (../shared/data/history)")
    return ARCHIVE


# -- a simulated league, run once a session ----------------------------------------------------------------------------

YESTERDAY, TONIGHT = date(2025, 12, 2), date(2025, 12, 3)
"""The slates that `simulated_home` has run: a graded one and a live one. 24 November and 4 December are off days."""
EVENING = datetime(2025, 12, 3, 22, tzinfo=UTC)
"""Two hours before TONIGHT's first tip."""


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a simulated league imported and its slates run. Built once for all workers; to be read, never written."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home = shared / "simulated_home"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            partial = shared / "simulated_home.partial"
            shutil.rmtree(partial, ignore_errors=True)
            run_league(partial)
            partial.rename(home)
    return home


@pytest.fixture
def slate_platform(simulated_home: Path, tmp_path: Path) -> Platform:
    """A copy of `simulated_home` that a test may change, on the evening of TONIGHT."""
    home = tmp_path / "slate_home"
    shutil.copytree(simulated_home, home)
    return Platform(load_settings(home=home, now=EVENING))


def run_league(home: Path, slates: Sequence[date] = (YESTERDAY, TONIGHT)) -> None:
    """Import a simulated league, as known TONIGHT, into a new home and run slates, if any."""
    from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
    from nba_props.instance import open_instance
    from nba_props.io.landing import land
    from nba_props.io.sources.archive import discover
    from nba_props.plan import Request, Runner, import_seasons, run_dates
    from nba_props.simulate.league import LeagueConfig, simulate_league, write_archive

    league = LeagueConfig(seed=1, start=date(2025, 11, 17), days=19, teams=16, trades=2, trap_date=TONIGHT)
    archive = home.with_name("simulated_archive")
    write_archive(simulate_league(league).until(TONIGHT), archive)
    built = Platform(load_settings(home=home, now=EVENING))
    prepare(built)
    with open_instance(built) as instance:
        runner = Runner(built, instance)
        landed = land(built.store, discover(archive), built.now)
        seasons = seasons_in(whole_archive(built.store, landed.archive_id))
        import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id})
        if slates:
            run_dates(runner, slates, Request())
    assert runner.outcome.is_success, runner.outcome.failures
    # Dagster's settings name the directory they were written in; a copy writes its own.
    (home / "dagster" / "dagster.yaml").unlink()
