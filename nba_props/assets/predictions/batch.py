"""A batch: one act of predicting a slate or part of it, with what it knew, what it speaks for, and how far it has come."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from nba_props.catalog import Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.domain.systems.xgboost_v1 import Model, model_of
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform

BATCHES = table("nba_predictions.prediction_batches")
SCOPE = table("nba_predictions.prediction_batch_scope")
SYSTEMS = table("nba_predictions.prediction_batch_systems")
INPUTS = table("nba_predictions.prediction_inputs")

EVERYTHING = "*"
PREDICTION_VERSION = "predictions_v1"
"""Counted up when systems or pricing change what equal inputs give, so that batches of before are not taken for done."""


@dataclass(frozen=True)
class Batch:
    """One batch, as its row says."""

    batch_id: str
    game_date: date
    batch_as_of_at: datetime
    opened_at: datetime
    state: str
    expected_players: int
    row: dict[str, Any]

    @property
    def is_done(self) -> bool:
        return self.state == "consolidated"

    @property
    def systems(self) -> list[str]:
        return [one for one in self.row["systems"].split(",") if one]


def open_batches(
    platform: Platform,
    players: pd.DataFrame,
    models: Sequence[Model],
    *,
    run_id: str,
    systems: Sequence[str] = SYSTEM_IDS,
    only_players: Sequence[str] | None = None,
    is_forced: bool = False,
) -> dict[date, Batch]:
    """The batch of each date in `players`: the newest one if it was opened for equal inputs, else a new one.

    Equal inputs reuse a batch, so that running anything twice changes nothing and an interrupted batch is resumed.
    """
    if players.empty:
        return {}
    with platform.warehouse.lock("batches"):
        start, end = min(players["game_date"]), max(players["game_date"])
        newest = {batch.game_date: batch for batch in batches_between(platform, start, end)}
        opened: list[dict[str, Any]] = []
        found: dict[date, Batch] = {}
        for day in sorted(set(players["game_date"])):
            rows = players[players["game_date"] == day]
            content = _input_hash(rows, models, only_players)
            last = newest.get(day)
            mine = last is not None and last.row["run_id"] == run_id
            if last is not None and last.row["input_hash"] == content and (mine or not is_forced):
                found[day] = last
            else:
                opened.append(_new(platform, day, rows, content, last, run_id, systems, only_players))
        if opened:
            _save(platform, BATCHES, opened)
            begun = _dates_with_begun_games(platform, start, end)
            _save(platform, SCOPE, [part for row in opened for part in _scope(row, players, only_players, begun)])
            _keep_inputs(platform, players, {row["game_date"]: row["batch_id"] for row in opened})
        return found | {row["game_date"]: _batch(row) for row in opened}


def batches_between(platform: Platform, start: date, end: date) -> list[Batch]:
    """Batches of the dates in their own order: by what they knew, then by when they were opened."""
    rows = platform.warehouse.query(
        f"SELECT {', '.join(BATCHES.column_names)} FROM {BATCHES.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date ORDER BY game_date, batch_as_of_at, opened_at, batch_id",
        {"start_date": start, "end_date": end},
    )
    return [_batch(row) for row in rows.to_pylist()]


def record_staged(batch: Batch, staging: StagingTable, players: int, refused: int) -> dict[str, Any]:
    """The row of `prediction_batch_systems` for what one system staged (written in bulk by `save_systems`)."""
    return {
        "batch_id": batch.batch_id,
        "game_date": batch.game_date,
        "system_id": staging.system_id,
        "state": "staged",
        "staged_rows": staging.row_count,
        "staged_players": players,
        "refused_players": refused,
        "error_message": None,
    }


def save_systems(platform: Platform, rows: list[dict[str, Any]]) -> None:
    """Record what systems of batches staged or why they failed, and bring the batches' own rows up to date."""
    _save(platform, SYSTEMS, rows)
    days = [row["game_date"] for row in rows]
    refresh(platform, min(days), max(days), {row["batch_id"] for row in rows})


def record_failure(platform: Platform, batches: Sequence[Batch], system_id: str, error: BaseException) -> None:
    """A system that raised: its own failure, said on each batch it was to serve."""
    save_systems(
        platform,
        [
            {
                "batch_id": batch.batch_id,
                "game_date": batch.game_date,
                "system_id": system_id,
                "state": "failed",
                "staged_rows": 0,
                "staged_players": 0,
                "refused_players": 0,
                "error_message": f"{type(error).__name__}: {error}"[:2000],
            }
            for batch in batches
        ],
    )


def refresh(platform: Platform, start: date, end: date, batch_ids: set[str]) -> None:
    """Recount batches from what their systems hold: completion is what staging holds, never a counter of events."""
    with platform.warehouse.lock("batches"):
        held = platform.warehouse.query(
            f"SELECT {', '.join(SYSTEMS.column_names)} FROM {SYSTEMS.full_name}"
            " WHERE game_date BETWEEN @start_date AND @end_date",
            {"start_date": start, "end_date": end},
        ).to_pylist()
        rows = []
        for batch in batches_between(platform, start, end):
            if batch.batch_id in batch_ids:
                mine = [one for one in held if one["batch_id"] == batch.batch_id and one["state"] != "failed"]
                failed = [one for one in held if one["batch_id"] == batch.batch_id and one["state"] == "failed"]
                rows.append(_recounted(platform, batch, mine, failed))
        _save(platform, BATCHES, rows)


def save_batches(platform: Platform, rows: list[dict[str, Any]]) -> None:
    """Write batch rows back."""
    _save(platform, BATCHES, rows)


# -- inside -----------------------------------------------------------------------------------------------------------


def _new(
    platform: Platform,
    day: date,
    rows: pd.DataFrame,
    content: str,
    last: Batch | None,
    run_id: str,
    systems: Sequence[str],
    only_players: Sequence[str] | None,
) -> dict[str, Any]:
    now = platform.now
    epoch = int(now.timestamp())
    if last is not None:
        epoch = max(epoch, int(last.batch_id.rsplit("_", 1)[1]) + 1)
    return {
        "batch_id": f"batch_{day.isoformat()}_{epoch}",
        "game_date": day,
        "run_mode": rows["run_mode"].iloc[0],
        "batch_as_of_at": rows["as_of_at"].max().to_pydatetime().astimezone(UTC),
        "opened_at": max(now, last.opened_at + timedelta(microseconds=1)) if last is not None else now,
        "input_hash": content,
        "scope": "slate" if only_players is None else f"players:{','.join(sorted(only_players))}",
        "systems": ",".join(systems),
        "state": "open",
        "expected_players": int(rows["universal_player_id"].nunique()),
        "staged_players": 0,
        "completion_pct": 0.0,
        "min_completion_pct": platform.settings.min_completion_pct,
        "wait_minutes": platform.settings.completion_wait_minutes,
        "last_write_at": None,
        "staged_rows": 0,
        "merged_rows": 0,
        "inserted_rows": 0,
        "superseded_rows": 0,
        "missing_systems": ",".join(systems),
        "accepted_missing_columns": None,
        "failure_reason": None,
        "consolidated_at": None,
        "run_id": run_id,
    }


def _dates_with_begun_games(platform: Platform, start: date, end: date) -> set[date]:
    """Live slates of which a game has begun: what was said of it before tip-off stays as it was said."""
    rows = platform.warehouse.query(
        "SELECT DISTINCT game_date FROM nba_analytics.upcoming_team_game_context"
        " WHERE game_date BETWEEN @start_date AND @end_date AND run_mode = 'live' AND tip_at <= @now",
        {"start_date": start, "end_date": end, "now": platform.now},
    )
    return set(rows["game_date"].to_pylist())


def _scope(
    row: dict[str, Any], players: pd.DataFrame, only_players: Sequence[str] | None, begun: set[date]
) -> list[dict[str, Any]]:
    """What the batch speaks for: the whole slate, games that were called off included, or, once one has begun, the others."""
    games = [EVERYTHING]
    if row["game_date"] in begun:
        games = sorted(set(players.loc[players["game_date"] == row["game_date"], "game_id"]))
    return [
        {
            "batch_id": row["batch_id"],
            "game_date": row["game_date"],
            "game_id": game,
            "universal_player_id": player,
            "system_id": system,
            "merged_at": None,
        }
        for game in games
        for player in (only_players if only_players is not None else [EVERYTHING])
        for system in row["systems"].split(",")
    ]


def _recounted(
    platform: Platform, batch: Batch, held: list[dict[str, Any]], failed: list[dict[str, Any]]
) -> dict[str, Any]:
    missing = [system for system in batch.systems if system not in {one["system_id"] for one in held}]
    staged = min((one["staged_players"] for one in held), default=0)
    completion = 100.0 * staged / batch.expected_players if batch.expected_players else 100.0
    is_merged = bool(held) and all(one["state"] == "consolidated" for one in held)
    is_whole = not missing and staged >= batch.expected_players
    state = ("consolidated" if is_whole else "partial") if is_merged else ("complete" if is_whole else "open")
    errors = "; ".join(f"{one['system_id']}: {one['error_message']}" for one in failed)
    return batch.row | {
        "staged_players": staged,
        "completion_pct": completion,
        "staged_rows": sum(one["staged_rows"] for one in held),
        "missing_systems": ",".join(missing) or None,
        "failure_reason": errors or None,
        "state": state,
        "last_write_at": batch.row["last_write_at"] if is_merged else platform.now,
    }


def _keep_inputs(platform: Platform, players: pd.DataFrame, batch_of: dict[date, str]) -> None:
    rows = players[players["game_date"].isin(list(batch_of))].assign(
        first_batch_id=lambda one: one["game_date"].map(batch_of)
    )
    kept = pa.Table.from_pandas(rows[list(INPUTS.column_names)], preserve_index=False)
    platform.warehouse.upsert(INPUTS, kept, keep_first=("first_batch_id",))


def _input_hash(rows: pd.DataFrame, models: Sequence[Model], only_players: Sequence[str] | None) -> str:
    """Everything that decides the numbers: who, in which game, with which features and main line; which models; which scope."""
    digest = hashlib.sha256()
    columns = ("game_id", "universal_player_id", "features_hash", "current_points_line", "data_quality_tier")
    for row in sorted(zip(*(rows[column].astype(str) for column in columns), strict=True)):
        digest.update("|".join(row).encode())
    model = model_of(models, rows["game_date"].iloc[0])
    digest.update(model.manifest.model_version.encode() if model is not None else b"no model")
    digest.update(f"{PREDICTION_VERSION}|{only_players}".encode())
    return digest.hexdigest()[:32]


def _batch(row: dict[str, Any]) -> Batch:
    return Batch(
        row["batch_id"],
        row["game_date"],
        row["batch_as_of_at"],
        row["opened_at"],
        row["state"],
        row["expected_players"],
        row,
    )


def _save(platform: Platform, target: Table, rows: list[dict[str, Any]]) -> None:
    platform.warehouse.upsert(target, pa.Table.from_pylist(rows, schema=arrow_schema(target)))
