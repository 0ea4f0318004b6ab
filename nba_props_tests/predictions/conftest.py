"""A platform for batches at a pretended noon of the slate: with the engine in memory, or on a home as in production."""

from collections.abc import Iterator

import pytest

from nba_props.platform import Platform
from nba_props_tests.predictions.kit import TABLES, InMemory, emptied, unprepared


@pytest.fixture(scope="session")
def in_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    opened = unprepared(tmp_path_factory.mktemp("in_memory") / "home")
    warehouse = InMemory(opened.home / "warehouse")
    warehouse.ensure_tables(TABLES)
    opened.__dict__["warehouse"] = warehouse
    yield opened
    warehouse.engine.close()


@pytest.fixture
def platform(in_memory: Platform) -> Platform:
    """For tests of one process that does not die: the embedded warehouse without its file, empty."""
    return emptied(in_memory)


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A home on disk, for processes that share it or are killed."""
    opened = unprepared(tmp_path_factory.mktemp("empty") / "home")
    opened.warehouse.ensure_tables(TABLES)
    return opened
