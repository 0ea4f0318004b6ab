"""A platform for batches: an empty home, at a pretended noon of the slate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.predictions.kit import kept_open


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Copying an empty home is quicker than preparing one."""
    return slates.new_home(tmp_path_factory.mktemp("empty") / "home", slates.NOON)


@pytest.fixture
def platform(empty_home: Platform, tmp_path: Path) -> Iterator[Platform]:
    """A home that the test has to itself."""
    with kept_open(slates.copy_home(empty_home, tmp_path / "home")) as opened:
        yield opened
