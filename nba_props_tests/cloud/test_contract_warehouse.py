"""The warehouse contract on both engines: DuckDB, and BigQuery through the official client against the emulator.

DuckDB runs it in the ordinary suite as well; here it stands beside BigQuery in one table.
"""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("nba_props_tests.io.warehouse_contract")

from nba_props.io.warehouse.duckdb import DuckDBWarehouse  # noqa: E402
from nba_props_tests.io.warehouse_contract import Connect, WarehouseContract  # noqa: E402


class TestContract(WarehouseContract):
    @pytest.fixture(params=["duckdb", "bigquery"])
    def connect(self, request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
        if request.param == "duckdb":
            return lambda prefix="": DuckDBWarehouse(tmp_path / "warehouse", prefix, lock_timeout_seconds=10.0)
        connect: Connect = request.getfixturevalue("connect_bigquery")
        return connect
