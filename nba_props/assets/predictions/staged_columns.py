"""Staging has exactly the declared columns before anything is merged, and the way back for what was staged before a migration."""

from collections.abc import Sequence

import pyarrow as pa

from nba_props.assets.predictions.merge import MAIN
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import SchemaMismatch
from nba_props.io.warehouse.base import StagingTable, column_types
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.platform import Platform

FEATURES = table("nba_precompute.ml_feature_store")

_KEYS = ("game_id", "universal_player_id")
_OWN = {*_KEYS, "game_date", "as_of_at"}
_SOURCE = "feature_data_source"

COMPLETABLE = (set(MAIN.column_names) & set(FEATURES.column_names) - _OWN) | {_SOURCE}
"""What the feature store says of a player-game and a prediction repeats: what staging lacks of it is looked up there."""


def with_declared_columns(platform: Platform, staging: StagingTable, accept_missing: Sequence[str]) -> StagingTable:
    """The staging table if it has exactly the declared columns; else completed from the feature store, or on a person's word.

    Raises SchemaMismatch naming the columns, before anything is written, if any difference is left.
    """
    declared, found = column_types(MAIN), platform.warehouse.staging_columns(staging)
    missing = [column for column in declared if column not in found]
    known = [column for column in missing if column in COMPLETABLE and found.keys() >= set(_KEYS)]
    accepted = [column for column in missing if column in accept_missing and column not in known]
    required = [column for column in accepted if not MAIN[column].is_nullable]
    if required:
        raise SchemaMismatch(
            f"{staging.name} lacks {', '.join(required)}, which may not be NULL; nothing was written.",
            next_step="Predict the slate again instead of accepting it as missing.",
        )
    refuse_mismatch(staging.name, declared, found | {column: declared[column] for column in (*known, *accepted)})
    if missing:
        platform.warehouse.stage(MAIN, staging, _completed(platform, staging, known, accepted))
    return staging


def _completed(platform: Platform, staging: StagingTable, known: list[str], accepted: list[str]) -> pa.Table:
    rows = platform.warehouse.read_staging(staging)
    if known:
        rows = _with_features(platform, staging, rows, known)
    for column in accepted:
        rows = rows.append_column(column, pa.nulls(rows.num_rows, arrow_schema(MAIN).field(column).type))
    if accepted:
        position = rows.schema.get_field_index("accepted_missing_columns")
        rows = rows.set_column(position, "accepted_missing_columns", pa.array([",".join(accepted)] * rows.num_rows))
    return rows


def _with_features(platform: Platform, staging: StagingTable, rows: pa.Table, columns: list[str]) -> pa.Table:
    wanted = [f"'ml_feature_store' AS {_SOURCE}" if column == _SOURCE else column for column in columns]
    stored = platform.warehouse.query(
        f"SELECT {', '.join((*_KEYS, *wanted))} FROM {FEATURES.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": staging.game_date, "end_date": staging.game_date},
    )
    return rows.join(stored, keys=list(_KEYS), join_type="left outer")
