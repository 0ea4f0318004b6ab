"""Dagster's PostgreSQL event log behind the redaction. Needs the extra `postgres`; named in `deploy/dagster/*.yaml`."""

from collections.abc import Mapping
from typing import Any, Self

from dagster._serdes import ConfigurableClassData
from dagster_postgres import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

from nba_props.io.dagster_events import RedactedEvents


class RedactedPostgresEventLogStorage(RedactedEvents, PostgresEventLogStorage):
    """Dagster's own tables, rows and configuration; the stock class reads and writes them too."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        return cls(
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )
