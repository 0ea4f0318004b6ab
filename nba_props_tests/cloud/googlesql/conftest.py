"""One worker of the reference a test process, which knows the catalogue, and the rows that it is asked about.

Listing every statement takes seconds, so that a run which leaves these tests out does not read their modules either.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nba_props_tests.cloud.googlesql.league import Home
    from nba_props_tests.cloud.googlesql.reference import Reference


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    is_left_out = "not cloud" in config.getoption("markexpr")
    return True if is_left_out and collection_path.name.startswith("test_") else None


@pytest.fixture(scope="session")
def reference() -> "Iterator[Reference]":
    """The reference, knowing the tables by their logical names and as they are called on BigQuery."""
    from nba_props.io.warehouse.sqltext import PARAMETERS
    from nba_props_tests.cloud.emulators import cloud_tools
    from nba_props_tests.cloud.googlesql.reference import running
    from nba_props_tests.cloud.googlesql.sent import catalogue

    with running(cloud_tools()) as worker:
        worker.declare(catalogue(), PARAMETERS)
        yield worker


@pytest.fixture(scope="session")
def asked_by_a_slate() -> list[str]:
    """What the warehouse was asked while the slates of `homes` were built, in order."""
    return []


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory, asked_by_a_slate: list[str]) -> "dict[str, Home]":
    """The league as it was played, and made awkward."""
    from nba_props.io.warehouse import duckdb
    from nba_props_tests.cloud.googlesql.league import homes_of, simulated

    def recording(sql: str, *how: Any) -> Any:
        asked_by_a_slate.append(sql)
        return render(sql, *how)

    root, render = tmp_path_factory.mktemp("league"), duckdb.render
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "render", recording)
        rows = simulated(root)
    return homes_of(rows, root / "homes")
