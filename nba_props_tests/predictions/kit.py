"""Batches made by hand: opened, staged and consolidated without the pipeline, so that a test says only what it is about.

A batch is opened at an hour (what it knew), names the players it predicts, and stages for a system what it says of them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from pydantic import Field, create_model

from nba_props.assets.predictions.batch import Batch, batches_between, save_systems
from nba_props.assets.predictions.consolidation import Consolidated, consolidate
from nba_props.catalog import Table, table
from nba_props.catalog.model import Row
from nba_props.domain.pricing import ladder_of
from nba_props.errors import NbaPropsError
from nba_props.io.warehouse.base import StagingTable
from nba_props.io.warehouse.duckdb import DuckDBWarehouse
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.slates import DAY, NOON, TIP, put, rows

MAIN = table("nba_predictions.player_prop_predictions")
TABLES = [
    table(name)
    for name in (
        "nba_predictions.prediction_batches",
        "nba_predictions.prediction_batch_scope",
        "nba_predictions.prediction_batch_systems",
        "nba_predictions.prediction_inputs",
        "nba_predictions.player_prop_predictions",
        "nba_precompute.ml_feature_store",
        "nba_analytics.upcoming_player_game_context",
        "nba_raw.schedule",
    )
]
"""What batches and their consolidation touch."""

EVERYTHING = "*"
_TURNS = count()
ONE = "moving_average"
GAMES = ("0022300561", "0022300562")
CHANGING = {"created_at", "updated_at", "build_commit", "attempted_at"}
"""Columns that two runs of equal effect may differ in."""


@dataclass(frozen=True)
class Said:
    """What a system says of a player: the main line (None without one), the mean; a refusal where it has no number."""

    line: float | None = 20.5
    mean: float = 21.0
    refusal: str | None = None


class InMemory(DuckDBWarehouse):
    """The embedded warehouse without its file: as strict, and quicker by the opening and closing of each call."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.engine = duckdb.connect(config={"threads": 1})

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self.engine.cursor()
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
        connection.close()


def unprepared(home: Path, now: datetime = NOON) -> Platform:
    """A platform at a pretended instant, its tables still to be created."""
    return Platform(load_settings(home=home, now=now, dataset_prefix=""))


def emptied(platform: Platform) -> Platform:
    """The same platform without a row and without staging."""
    warehouse = platform.warehouse
    assert isinstance(warehouse, InMemory)
    for one in TABLES:
        warehouse.engine.execute(f"DELETE FROM {one.full_name}")
    for path in platform.home.rglob("_staging_*"):
        path.unlink()
    return platform


def at_hour(platform: Platform, hour: float) -> Platform:
    """The same warehouse, hours after noon."""
    later = Platform(platform.settings.model_copy(update={"now": NOON + timedelta(hours=hour)}))
    later.__dict__["warehouse"] = platform.warehouse
    return later


def player(number: int) -> str:
    return f"nba_{number}"


def game_of(player_id: str) -> str:
    """Odd players are in the first game, even ones in the second."""
    return GAMES[0] if int(player_id.removeprefix("nba_")) % 2 else GAMES[1]


def named(*numbers: int) -> dict[str, Said]:
    """Players by number, each with the usual answer."""
    return {player(number): Said() for number in numbers}


def open_batch(
    platform: Platform,
    hour: float,
    players: Iterable[str],
    *,
    day: date = DAY,
    systems: Sequence[str] = (ONE,),
    everybody_else: Sequence[tuple[str, str]] = ((EVERYTHING, EVERYTHING),),
    opened_at: datetime = NOON,
    **columns: Any,
) -> Batch:
    """A recorded batch that knew what was known at `hour` and names `players`; (game, player) pairs with `*` are withdrawn."""
    names = sorted(set(players))
    turn = next(_TURNS)
    batch_id = f"batch_{day.isoformat()}_{1700000000 + turn}"
    put(
        platform,
        "nba_predictions.prediction_batches",
        {
            "batch_id": batch_id,
            "game_date": day,
            "run_mode": "live",
            "batch_as_of_at": NOON + timedelta(hours=hour),
            "opened_at": opened_at + timedelta(microseconds=turn),
            "systems": ",".join(systems),
            "scope": "slate",
            "state": "open",
            "expected_players": len(names),
            "min_completion_pct": 80.0,
            "wait_minutes": 10.0,
        }
        | columns,
    )
    pairs = [(game_of(name), name) for name in names] + list(everybody_else)
    put(
        platform,
        "nba_predictions.prediction_batch_scope",
        *[
            {"batch_id": batch_id, "game_date": day, "game_id": game, "universal_player_id": name, "system_id": system}
            for game, name in dict.fromkeys(pairs)
            for system in systems
        ],
    )
    return the_batch(platform, batch_id, day)


def the_batch(platform: Platform, batch_id: str, day: date = DAY) -> Batch:
    return next(one for one in batches_between(platform, day, day) if one.batch_id == batch_id)


def prediction_rows(
    batch: Batch, system_id: str, said: Mapping[str, Said], created_at: datetime = NOON, **columns: Any
) -> list[dict[str, Any]]:
    """Rows with every column that matters here, one a rung; ids as in production: equal content is the same id."""
    made = []
    for name, answer in said.items():
        rungs = _rungs(answer)
        for key, is_main in rungs:
            content = f"{game_of(name)}|{name}|{system_id}|{answer}|{key}"
            made.append(
                {
                    "prediction_id": hashlib.sha256(content.encode()).hexdigest()[:32],
                    "system_id": system_id,
                    "player_lookup": name.replace("_", ""),
                    "universal_player_id": name,
                    "game_id": game_of(name),
                    "game_date": batch.game_date,
                    "line_key": key,
                    "line_x10": None if key < 0 else key,
                    "current_points_line": None if key < 0 else key / 10,
                    "main_points_line": answer.line,
                    "has_prop_line": key >= 0,
                    "is_main_line": is_main,
                    "predicted_points": None if answer.refusal else answer.mean,
                    "prediction_error_code": answer.refusal,
                    "batch_id": batch.batch_id,
                    "batch_as_of_at": batch.batch_as_of_at,
                    "features_hash": f"{answer.mean}",
                    "run_mode": "live",
                    "tip_at": TIP,
                    "created_at": created_at,
                    "updated_at": created_at,
                }
                | columns
            )
    return made


def _rungs(answer: Said) -> list[tuple[int, bool]]:
    line = np.array([np.nan if answer.line is None else answer.line])
    ladder = ladder_of(line, np.array([answer.refusal is None]))
    return list(zip(ladder.line_key.tolist(), ladder.is_main.tolist(), strict=True))


def stage(
    platform: Platform,
    batch: Batch,
    said: Mapping[str, Said],
    system_id: str = ONE,
    *,
    writer: str = "w0",
    at: datetime = NOON,
    is_recorded: bool = False,
    **columns: Any,
) -> StagingTable:
    """Stage what a system says, as a writer does; what it also records before it ends must decide nothing."""
    made = rows(MAIN.full_name, *prediction_rows(batch, system_id, said, at, **columns))
    staging = StagingTable(batch.batch_id, batch.game_date, system_id, writer, at, made.num_rows)
    platform.warehouse.stage(MAIN, staging, made)
    if is_recorded:
        save_systems(platform, [_recorded(staging, said)])
    return staging


def _recorded(staging: StagingTable, said: Mapping[str, Said]) -> dict[str, Any]:
    return {
        "batch_id": staging.batch_id,
        "game_date": staging.game_date,
        "system_id": staging.system_id,
        "state": "staged",
        "staged_rows": staging.row_count,
        "staged_players": len(said),
        "refused_players": sum(answer.refusal is not None for answer in said.values()),
        "error_message": None,
    }


def stage_as(platform: Platform, declared: Table, staging: StagingTable, made: pa.Table) -> None:
    """Stage rows of another version of the table, as code from before a migration would."""
    platform.warehouse.stage(declared, staging, made.select(list(declared.column_names)))


def version_without(*columns: str, **retyped: Any) -> Table:
    """The predictions table as it was declared before `columns` were added, or with columns of another type."""
    fields: dict[str, Any] = {
        name: (info.annotation, info) for name, info in MAIN.row.model_fields.items() if name not in columns
    }
    fields |= {name: (kind, MAIN.row.model_fields.get(name, _a_field(name))) for name, kind in retyped.items()}
    older = create_model("Older", __base__=Row, **fields)
    return Table(MAIN.layer, MAIN.name, MAIN.description, older, MAIN.grain, MAIN.partition_by)


def _a_field(name: str) -> Any:
    return Field(description=name)


def merge(platform: Platform, day: date = DAY, **how: Any) -> Consolidated:
    """Consolidate the date; nothing more is coming, unless the test says so."""
    return consolidate(platform, day, day, **{"is_waiting_over": True, **how})


def publish(platform: Platform, hour: float, said: Mapping[str, Said], **how: Any) -> Batch:
    """A batch from opening to consolidation, of one system."""
    batch = open_batch(platform, hour, said, **how)
    stage(platform, batch, said)
    merge(platform, batch.game_date)
    return the_batch(platform, batch.batch_id, batch.game_date)


# -- what is in the tables --------------------------------------------------------------------------------------------


def stored(platform: Platform, day: date = DAY) -> list[dict[str, Any]]:
    """All rows of the date, active or not, in a fixed order."""
    found = platform.warehouse.query(
        f"SELECT {', '.join(MAIN.column_names)} FROM {MAIN.full_name} WHERE game_date = @start_date"
        " ORDER BY universal_player_id, system_id, line_key, prediction_id, batch_id",
        {"start_date": day},
    )
    return found.to_pylist()


def active(platform: Platform, day: date = DAY) -> list[dict[str, Any]]:
    return [row for row in stored(platform, day) if row["is_active"]]


def in_force(platform: Platform, day: date = DAY) -> dict[tuple[str, str], list[str]]:
    """(player, system) -> ids of the active rows."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in active(platform, day):
        found.setdefault((row["universal_player_id"], row["system_id"]), []).append(row["prediction_id"])
    return {key: sorted(ids) for key, ids in found.items()}


def lines_of(platform: Platform, number: int = 1, day: date = DAY) -> list[int]:
    """Keys of a player's active rungs."""
    return [row["line_key"] for row in active(platform, day) if row["universal_player_id"] == player(number)]


def batches_of(platform: Platform, number: int = 1, day: date = DAY) -> set[str]:
    """Batches of a player's active rows."""
    return {row["batch_id"] for row in active(platform, day) if row["universal_player_id"] == player(number)}


def everything(platform: Platform, day: date = DAY) -> dict[str, Any]:
    """All that consolidation keeps of a date, apart from instants of the clock."""
    kept: dict[str, Any] = {"predictions": [_timeless(row) for row in stored(platform, day)]}
    for name in ("prediction_batches", "prediction_batch_scope", "prediction_batch_systems"):
        target = table(f"nba_predictions.{name}")
        found = platform.warehouse.query(
            f"SELECT {', '.join(target.column_names)} FROM {target.full_name} WHERE game_date = @start_date"
            f" ORDER BY {', '.join(target.grain)}",
            {"start_date": day},
        )
        kept[name] = [_timeless(row) for row in found.to_pylist()]
    return kept


def _timeless(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in CHANGING}


def staging_left(platform: Platform) -> list[str]:
    return [one.name for one in platform.warehouse.staging_tables()]


def refusal_of(platform: Platform, error: type[NbaPropsError], **how: Any) -> NbaPropsError:
    """The error that consolidating raises."""
    try:
        merge(platform, **how)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__} was raised")
