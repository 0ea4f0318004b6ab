"""Fixtures of the tests that need the emulators: one of each a test process, a name space of its own for each test."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nba_props.io.objectstore.gcs import GcsObjectStore
from nba_props_tests.cloud.emulators import (
    LOCATION,
    PROJECT,
    Emulator,
    bigquery_client,
    bigquery_emulator,
    storage_client,
    storage_emulator,
)

if TYPE_CHECKING:
    from google.cloud import storage

    from nba_props.io.warehouse.bigquery import BigQueryWarehouse

HERE = Path(__file__).parent

ENGINES = ("duckdb", "bigquery")

_OF_ENGINE = re.compile(rf"test_contract_warehouse\.py::\w+::(?P<test>\w+)\[(?P<engine>{'|'.join(ENGINES)})")
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies in this directory needs the tools of `make test-cloud`; the other commands leave it out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("cloud")


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The BigQuery of this test process."""
    with bigquery_emulator(tmp_path_factory.mktemp("bigquery")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def cloud_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The Cloud Storage of this test process."""
    with storage_emulator(tmp_path_factory.mktemp("storage")) as emulator:
        yield emulator


@pytest.fixture
def own_prefix() -> str:
    """A dataset prefix, and bucket name, that no other test has."""
    return f"test_{next(_numbers)}_"


@pytest.fixture
def bucket(cloud_storage: Emulator, own_prefix: str) -> "storage.Bucket":
    """An empty bucket that no other test has."""
    return storage_client(cloud_storage.endpoint).create_bucket(f"{own_prefix}bucket")


@pytest.fixture
def object_store(bucket: "storage.Bucket") -> GcsObjectStore:
    return GcsObjectStore(bucket.client, bucket.name)


@pytest.fixture
def connect_bigquery(
    bigquery: Emulator, object_store: GcsObjectStore, own_prefix: str
) -> "Callable[..., BigQueryWarehouse]":
    """`connect_bigquery(prefix="")` opens a warehouse whose datasets, and leases, no other test sees."""
    from nba_props.io.warehouse.bigquery import BigQueryWarehouse

    def connect(**options: Any) -> BigQueryWarehouse:
        within = f"{own_prefix}{options.pop('prefix', '')}"
        client = bigquery_client(bigquery.endpoint)
        return BigQueryWarehouse(
            client, PROJECT, LOCATION, within, **{"object_store": object_store, "patience_seconds": 5.0, **options}
        )

    return connect


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The contract, engine beside engine, and the figures that tests recorded about what they compared."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped", "xfailed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" or outcome in ("error", "skipped")
    ]
    _show_contract(terminalreporter, reports)
    for report in reports:
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {name}: {value}")


def _show_contract(terminalreporter: Any, reports: list[pytest.TestReport]) -> None:
    """One line a test of the suite that both engines run: how many of its cases came out how."""
    outcomes: dict[str, dict[str, Counter[str]]] = {}
    for report in reports:
        if found := _OF_ENGINE.search(report.nodeid):
            of_test = outcomes.setdefault(found["test"], {engine: Counter() for engine in ENGINES})
            of_test[found["engine"]][report.outcome] += 1
    if outcomes:
        terminalreporter.write_line(f"{'contract test':<78}" + "".join(f"{engine:<12}" for engine in ENGINES))
    for test, engines in sorted(outcomes.items()):
        cells = (", ".join(f"{count} {outcome}" for outcome, count in engines[engine].items()) for engine in ENGINES)
        terminalreporter.write_line(f"{test:<78}" + "".join(f"{cell:<12}" for cell in cells))
