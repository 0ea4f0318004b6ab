"""How a staging table on BigQuery describes itself: by labels, which a listing shows without opening it."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from nba_props.catalog.model import Layer
from nba_props.errors import BadInput
from nba_props.io.warehouse.base import STAGING_PREFIX, StagingTable

_LABEL = re.compile(r"[a-z0-9_-]{0,63}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

STAGING_VIEW = f"""
SELECT
  table_name,
  batch_id,
  CAST(game_date AS DATE) AS game_date,
  system_id,
  writer,
  CAST(row_count AS INT64) AS row_count,
  TIMESTAMP_MICROS(CAST(created_at AS INT64)) AS created_at,
  TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), TIMESTAMP_MICROS(CAST(created_at AS INT64)), SECOND) / 60 AS age_minutes,
FROM (
  SELECT
    options.table_name,
    REGEXP_EXTRACT(options.option_value, '"batch_id", "([^"]*)"') AS batch_id,
    REGEXP_EXTRACT(options.option_value, '"game_date", "([^"]*)"') AS game_date,
    REGEXP_EXTRACT(options.option_value, '"system_id", "([^"]*)"') AS system_id,
    REGEXP_EXTRACT(options.option_value, '"writer", "([^"]*)"') AS writer,
    REGEXP_EXTRACT(options.option_value, '"row_count", "([^"]*)"') AS row_count,
    REGEXP_EXTRACT(options.option_value, '"created_at", "([^"]*)"') AS created_at,
  FROM {Layer.PREDICTIONS.dataset}.INFORMATION_SCHEMA.TABLE_OPTIONS AS options
  WHERE options.option_name = 'labels' AND STARTS_WITH(options.table_name, '{STAGING_PREFIX}')
)
WHERE batch_id IS NOT NULL
"""
"""`nba_monitoring.staging_tables`, from the labels that `staging_tables()` reads."""


def label(name: str, value: str) -> str:
    if not _LABEL.fullmatch(value):
        raise BadInput(
            f"{name} {value!r} cannot be a BigQuery label.",
            next_step="Use at most 63 lowercase letters, digits, '_' and '-'.",
        )
    return value


def staging_labels(staging: StagingTable, row_count: int) -> dict[str, str]:
    """What a staging table says of itself; an instant is microseconds since 1970."""
    facts = {
        "batch_id": staging.batch_id,
        "game_date": staging.game_date.isoformat(),
        "system_id": staging.system_id,
        "writer": staging.writer,
        "created_at": str((staging.created_at - _EPOCH) // timedelta(microseconds=1)),
        "row_count": str(row_count),
    }
    return {name: label(name, value) for name, value in facts.items()}


def is_staging(table_id: str, labels: Mapping[str, str]) -> bool:
    """Whether a listed table is staging that was loaded to its end (see `stage`)."""
    return table_id.startswith(STAGING_PREFIX) and "batch_id" in labels


def staging_of(labels: Mapping[str, str]) -> StagingTable:
    return StagingTable(
        batch_id=labels["batch_id"],
        game_date=date.fromisoformat(labels["game_date"]),
        system_id=labels["system_id"],
        writer=labels["writer"],
        created_at=_EPOCH + timedelta(microseconds=int(labels["created_at"])),
        row_count=int(labels["row_count"]),
    )
