"""Migration of BigQuery, against the emulator."""

import pytest

from nba_props_tests.io.migration_contract import Connect, MigrationContract


class TestMigration(MigrationContract):
    @pytest.fixture
    def connect(self, connect_bigquery: Connect) -> Connect:
        return connect_bigquery
