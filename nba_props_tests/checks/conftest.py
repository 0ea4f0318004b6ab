"""One platform for all tests here, its home put back before each: creating tables takes longer than any check.

The same platform object, because a warehouse keeps the statements it has rendered.
"""

import shutil
from pathlib import Path

import pytest

from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings
from nba_props_tests.checks.rows import put_schedule

NOW = "2024-03-20T12:00:00-04:00"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(load_settings(home=tmp_path_factory.mktemp("checks") / "home", now=NOW))
    prepare(platform)
    put_schedule(platform)
    shutil.copytree(platform.home, _as_prepared(platform))
    return platform


@pytest.fixture
def platform(prepared: Platform) -> Platform:
    """A platform that knows the three games of `rows` and nothing else; it is noon of 20 March 2024."""
    shutil.rmtree(prepared.home)
    shutil.copytree(_as_prepared(prepared), prepared.home)
    return prepared


def _as_prepared(platform: Platform) -> Path:
    return platform.home.with_name("home_as_prepared")
