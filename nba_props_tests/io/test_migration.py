"""Migration of the embedded warehouse, with a process killed at every step of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nba_props.catalog.registry import TABLES
from nba_props.io.warehouse.base import column_types
from nba_props.io.warehouse.duckdb import DuckDBWarehouse
from nba_props.io.warehouse.migration import drifts, migrate
from nba_props_tests.io.migration_contract import ALIASES, LOG, Connect, MigrationContract, with_columns

_KILLED = """
import os, signal, sys
from pathlib import Path
from nba_props.catalog.registry import TABLES
from nba_props.io.warehouse.duckdb import DuckDBWarehouse
from nba_props.io.warehouse.migration import migrate

left = int(sys.argv[2])
execute_of = DuckDBWarehouse._connection

def counted(self, *, write):
    global left
    if write:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return execute_of(self, write=write)

DuckDBWarehouse._connection = counted
migrate(DuckDBWarehouse(Path(sys.argv[1])), TABLES.values())
"""
"""Dies in place of the n-th write."""


class TestMigration(MigrationContract):
    @pytest.fixture
    def connect(self, tmp_path: Path) -> Connect:
        return lambda prefix="": DuckDBWarehouse(tmp_path / "warehouse", prefix)


@pytest.mark.whole
@pytest.mark.parametrize("writes", [0, 1, 2])
def test_killed_between_two_writes_it_goes_on(tmp_path: Path, writes: int) -> None:
    warehouse = DuckDBWarehouse(tmp_path)
    warehouse.ensure_tables([with_columns(LOG, without=("detail",)), with_columns(ALIASES, without=("notes",))])
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path), str(writes)], env=os.environ, check=False)
    assert killed.returncode == -9
    done = migrate(warehouse, TABLES.values())
    assert bool(done.created) == (writes == 0)
    assert len(done.added) == 2 - max(0, writes - 1)
    assert drifts(warehouse, TABLES.values()) == []
    assert warehouse.stored_columns(LOG) == column_types(LOG)
