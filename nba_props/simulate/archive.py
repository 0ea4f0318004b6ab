"""The archive's files: their exact columns and types, and how a league is written as one. No chance, no basketball."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nba_props.errors import SchemaMismatch, StorageFault

TEXT = pa.large_string()
DATE = pa.timestamp("us")  # a US-Eastern date at midnight, without zone
INSTANT = pa.timestamp("us", tz="UTC")
COUNT = pa.int16()

PLAYER_BOX = pa.schema(
    [
        ("season", TEXT),
        ("season_type", TEXT),
        ("game_id", TEXT),
        ("game_date", DATE),
        ("player_id", pa.int64()),
        ("player_name", TEXT),
        ("team_abbr", TEXT),
        ("opp_abbr", TEXT),
        ("is_home", pa.bool_()),
        ("started", pa.bool_()),
        ("win", pa.bool_()),
        ("minutes", pa.float64()),
        *(
            (name, COUNT)
            for name in (
                *("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb"),
                *("ast", "stl", "blk", "tov", "pf", "pts", "plus_minus"),
            )
        ),
    ]
)
# Beyond the archive of real data: shot zones. Paint, mid-range and three-pointers add up to fga and fgm.
SHOT_ZONES = pa.schema([(name, COUNT) for name in ("fgm_paint", "fga_paint", "fgm_mid", "fga_mid")])
GAMES = pa.schema(
    [
        ("season", TEXT),
        ("season_type", TEXT),
        ("game_id", TEXT),
        ("game_date", DATE),
        ("home_abbr", TEXT),
        ("away_abbr", TEXT),
        ("home_pts", COUNT),
        ("away_pts", COUNT),
        ("tip_utc", INSTANT),
        ("home_spread", pa.float64()),
        ("total_line", pa.float64()),
        ("margin", COUNT),
        ("total_pts", COUNT),
    ]
)
POINTS_LINES = pa.schema(
    [
        ("snapshot_utc", INSTANT),
        ("season", TEXT),
        ("game_date", DATE),
        ("tip_utc", INSTANT),
        ("pre_tip", pa.bool_()),
        ("event_id", TEXT),
        ("home_abbr", TEXT),
        ("away_abbr", TEXT),
        ("player_name", TEXT),
        ("bookmaker", TEXT),
        ("line_type", TEXT),
        ("is_main", pa.bool_()),
        ("line", pa.float32()),
        ("over_price", pa.float32()),
        ("under_price", pa.float32()),
        ("two_sided", pa.bool_()),
    ]
)
PLAYERS = pa.schema(
    [
        ("player_id", pa.int64()),
        ("player_name", TEXT),
        ("position", TEXT),
        ("height", TEXT),
        ("weight", pa.float64()),
        ("birth_date", DATE),
        ("exp", TEXT),
        ("school", TEXT),
        ("jersey", TEXT),
    ]
)
DNP = pa.schema(
    [
        ("season", TEXT),
        ("game_id", TEXT),
        ("game_date", DATE),
        ("player_id", pa.int64()),
        ("player_name", TEXT),
        ("team_abbr", TEXT),
        ("comment", TEXT),
    ]
)
INJURIES = pa.schema(
    [
        ("game_date", DATE),
        ("team_abbr", TEXT),
        ("player_name", TEXT),
        ("status", TEXT),
        ("reason", TEXT),
        ("reported_utc", INSTANT),
    ]
)
ROSTERS = pa.schema([("roster_date", DATE), ("team_abbr", TEXT), ("player_id", pa.int64()), ("player_name", TEXT)])

SCHEMAS: Mapping[str, pa.Schema] = {
    "player_box": pa.schema([*PLAYER_BOX, *SHOT_ZONES]),
    "games": GAMES,
    "points_lines": POINTS_LINES,
    "players": PLAYERS,
    "dnp": DNP,
    "injuries": INJURIES,
    "rosters": ROSTERS,
}

# Arrow booleans are nullable ("boolean") in pandas but for these two, which no source leaves open.
NEVER_NULL = {"is_main", "two_sided"}


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with exactly the columns, order and pandas types in which the archive's file `name` is read.

    Raises SchemaMismatch where a column is missing; further columns are left out.
    """
    schema = SCHEMAS[name]
    missing = [column for column in schema.names if column not in frame]
    if missing:
        raise SchemaMismatch(f"The simulated {name} lacks {', '.join(missing)}.", next_step="Report it as a bug.")
    columns = {field.name: _as_type(frame[field.name], field) for field in schema}
    return pd.DataFrame(columns).reset_index(drop=True)


def _as_type(values: pd.Series, field: pa.Field) -> pd.Series:
    if field.type == TEXT:
        return values.astype(object).where(values.notna(), None)
    return values.astype(pd.api.types.pandas_dtype(_pandas_type(field)))


def _pandas_type(field: pa.Field) -> Any:
    if field.type == INSTANT:
        return "datetime64[us, UTC]"
    if field.type == pa.bool_():
        return "bool" if field.name in NEVER_NULL else "boolean"
    return "Int16" if field.type == COUNT else field.type.to_pandas_dtype()


def write_files(frames: Mapping[str, pd.DataFrame], directory: Path) -> None:
    """Write each frame as `<name>.parquet` (zstd) into `directory`, which is made if need be.

    Raises StorageFault where the disk refuses.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            table = pa.Table.from_pandas(frame, schema=SCHEMAS[name], preserve_index=False)
            pq.write_table(table, directory / f"{name}.parquet", compression="zstd")
    except OSError as fault:
        raise StorageFault(
            f"The archive cannot be written to {directory}: {fault}.", next_step="Choose a writable directory."
        ) from fault
