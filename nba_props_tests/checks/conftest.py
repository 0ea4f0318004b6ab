"""A prepared home is made once and copied for each test: creating all tables takes longer than any check."""

import shutil
from pathlib import Path

import pytest

from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings
from nba_props_tests.checks.rows import put_schedule

NOW = "2024-03-20T12:00:00-04:00"


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    platform = Platform(load_settings(home=home, now=NOW))
    prepare(platform)
    put_schedule(platform)
    return home


@pytest.fixture
def platform(prepared_home: Path, tmp_path: Path) -> Platform:
    """A platform in a home of its own that knows the three games of `rows` and nothing else; it is noon of 20 March 2024."""
    return Platform(load_settings(home=shutil.copytree(prepared_home, tmp_path / "home"), now=NOW))
