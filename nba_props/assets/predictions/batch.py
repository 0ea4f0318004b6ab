"""A batch: one act of predicting a slate or part of it, with what it knew, what it speaks for, and how far it has come."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from nba_props.assets.predictions.scope import declare
from nba_props.catalog import Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.models import Shelf
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.domain.systems.base import EXCUSED_REFUSALS
from nba_props.io.redaction import redact
from nba_props.platform import Platform

BATCHES = table("nba_predictions.prediction_batches")
SYSTEMS = table("nba_predictions.prediction_batch_systems")
INPUTS = table("nba_predictions.prediction_inputs")

_NO_ROWS = pd.DataFrame({"prediction_error_code": [], "universal_player_id": []}, dtype=object)

PREDICTION_VERSION = "predictions_v2"
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
    def order(self) -> tuple[datetime, datetime, str]:
        """Batches of a date are ordered by what they knew; of equal knowledge, by when they were opened."""
        return (self.batch_as_of_at, self.opened_at, self.batch_id)

    @property
    def is_done(self) -> bool:
        return self.state == "consolidated"

    @property
    def systems(self) -> list[str]:
        return [one for one in self.row["systems"].split(",") if one]


def open_batches(
    platform: Platform,
    players: pd.DataFrame,
    as_of: Mapping[date, datetime],
    shelf: Shelf,
    *,
    run_id: str,
    systems: Sequence[str] = SYSTEM_IDS,
    only_players: Sequence[str] | None = None,
    is_forced: bool = False,
) -> dict[date, Batch]:
    """The batch of each date in `as_of` (what each knows): the newest known by then if it was opened for equal inputs, else a new one.

    Equal inputs reuse a batch, so that running anything twice changes nothing and an interrupted batch is resumed. A date without
    players gets a batch that withdraws what stands in its scope.
    """
    if not as_of:
        return {}
    with platform.warehouse.lock("batches"):
        known = batches_between(platform, min(as_of), max(as_of))
        opened: list[dict[str, Any]] = []
        found: dict[date, Batch] = {}
        for day in sorted(as_of):
            rows = players[players["game_date"] == day]
            content = _input_hash(rows, shelf.versions_on(day), only_players)
            earlier = [batch for batch in known if batch.game_date == day]
            last = next((batch for batch in reversed(earlier) if batch.batch_as_of_at <= as_of[day]), None)
            if last is not None and _is_reusable(last, content, systems, None if not is_forced else run_id):
                found[day] = last
            else:
                new = _new(platform, day, as_of[day], rows, earlier, systems, only_players)
                opened.append(new | {"input_hash": content, "run_id": run_id})
        if opened:
            declare(platform, opened, players, only_players)
            _keep_inputs(platform, players, opened)
            _save(platform, BATCHES, opened)  # last: a batch that is recorded is whole, scope included
        return found | {row["game_date"]: _batch(row) for row in opened}


def batches_between(platform: Platform, start: date, end: date) -> list[Batch]:
    """Batches of the dates in their own order: by what they knew, then by when they were opened."""
    rows = platform.warehouse.query(
        f"SELECT {', '.join(BATCHES.column_names)} FROM {BATCHES.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date ORDER BY game_date, batch_as_of_at, opened_at, batch_id",
        {"start_date": start, "end_date": end},
    )
    return [_batch(row) for row in rows.to_pylist()]


def system_row(
    batch: Batch,
    system_id: str,
    state: str,
    attempted_at: datetime | None,
    rows: pd.DataFrame = _NO_ROWS,
    *,
    players: int = 0,
    error: str | None = None,
) -> dict[str, Any]:
    """A row of `prediction_batch_systems`: what one system staged, or why it failed (written in bulk by `save_systems`).

    `attempted_at` is when the system was called, None if it was not.
    """
    refused = rows[rows["prediction_error_code"].notna()]
    excused = refused[refused["prediction_error_code"].isin(EXCUSED_REFUSALS)]
    return {
        "batch_id": batch.batch_id,
        "game_date": batch.game_date,
        "system_id": system_id,
        "state": state,
        "staged_rows": len(rows),
        "staged_players": players,
        "refused_players": refused["universal_player_id"].nunique(),
        "excused_players": excused["universal_player_id"].nunique(),
        "error_message": error,
        "attempted_at": attempted_at,
    }


def save_systems(
    platform: Platform, rows: list[dict[str, Any]], changes: Mapping[str, dict[str, Any]] | None = None
) -> None:
    """Record what systems of batches staged or why they failed, and bring the batches' own rows (with `changes` by id) up to date."""
    _save(platform, SYSTEMS, rows)
    days = [row["game_date"] for row in rows]
    refresh(platform, min(days), max(days), {row["batch_id"] for row in rows}, changes)


def record_failure(platform: Platform, batches: Sequence[Batch], system_id: str, error: BaseException) -> None:
    """A system that raised: its own failure, said on each batch it was to serve. What it had merged before still counts."""
    said = redact(f"{type(error).__name__}: {error}")[:2000]
    merged = {
        batch_id: one | {"error_message": said}
        for batch_id, one in _held_by(platform, batches, system_id).items()
        if one["state"] == "consolidated"
    }
    now = platform.now
    failed = [merged.get(one.batch_id) or system_row(one, system_id, "failed", now, error=said) for one in batches]
    save_systems(platform, failed)


def record_open_circuit(platform: Platform, batches: Sequence[Batch], system_id: str, reason: str) -> None:
    """A system that was not called: a failure of each batch, unless it answered that batch before. An earlier attempt stays one."""
    held = _held_by(platform, batches, system_id)
    rows = [
        (held.get(one.batch_id) or system_row(one, system_id, "failed", None)) | {"error_message": reason}
        for one in batches
        if one.batch_id not in held or held[one.batch_id]["state"] == "failed"
    ]
    if rows:
        save_systems(platform, rows)


def save_failure(platform: Platform, batch: Batch, completion_pct: float, reason: str) -> None:
    """A batch below its share: FAILED, with what was counted and why."""
    with platform.warehouse.lock("batches"):
        now = {one.batch_id: one for one in batches_between(platform, batch.game_date, batch.game_date)}[batch.batch_id]
        counted = {
            "staged_players": round(batch.expected_players * completion_pct / 100),
            "completion_pct": completion_pct,
        }
        _save(platform, BATCHES, [now.row | counted | {"state": "failed", "failure_reason": reason}])


def refresh(
    platform: Platform,
    start: date,
    end: date,
    batch_ids: set[str],
    changes: Mapping[str, dict[str, Any]] | None = None,
) -> None:
    """Recount batches from what their systems hold (never a counter of events), and write `changes` by batch id with it."""
    with platform.warehouse.lock("batches"):
        held = _systems_between(platform, start, end)
        rows = []
        for batch in batches_between(platform, start, end):
            if batch.batch_id in batch_ids:
                mine = [one for one in held if one["batch_id"] == batch.batch_id]
                rows.append(_recounted(platform, batch, mine) | (changes or {}).get(batch.batch_id, {}))
        _save(platform, BATCHES, rows)


def save_batches(platform: Platform, rows: list[dict[str, Any]]) -> None:
    """Write batch rows back."""
    _save(platform, BATCHES, rows)


# -- inside -----------------------------------------------------------------------------------------------------------


def _systems_between(platform: Platform, start: date, end: date) -> list[dict[str, Any]]:
    return platform.warehouse.query(
        f"SELECT {', '.join(SYSTEMS.column_names)} FROM {SYSTEMS.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date ORDER BY game_date, batch_id, system_id",
        {"start_date": start, "end_date": end},
    ).to_pylist()


def _held_by(platform: Platform, batches: Sequence[Batch], system_id: str) -> dict[str, dict[str, Any]]:
    """What is recorded of a system in these batches, by batch id."""
    days = [batch.game_date for batch in batches]
    ids = {batch.batch_id for batch in batches}
    rows = _systems_between(platform, min(days), max(days))
    return {one["batch_id"]: one for one in rows if one["system_id"] == system_id and one["batch_id"] in ids}


def _is_reusable(batch: Batch, content: str, systems: Sequence[str], forced_by: str | None) -> bool:
    """Opened for equal inputs and for these systems; of a forced run, by that run itself."""
    is_equal = batch.row["input_hash"] == content and set(systems) <= set(batch.systems)
    return is_equal and forced_by in (None, batch.row["run_id"])


def _new(
    platform: Platform,
    day: date,
    as_of: datetime,
    rows: pd.DataFrame,
    earlier: Sequence[Batch],
    systems: Sequence[str],
    only_players: Sequence[str] | None,
) -> dict[str, Any]:
    """A batch's row, `input_hash` and `run_id` left to the caller; its id and opening instant are after those of all before it."""
    epochs = [int(batch.batch_id.rsplit("_", 1)[1]) for batch in earlier]
    epoch = max([int(platform.now.timestamp()), *(one + 1 for one in epochs)])
    opened_at = max([platform.now, *(batch.opened_at + timedelta(microseconds=1) for batch in earlier)])
    mode = "live" if day >= platform.today else "backfill"
    return {
        "batch_id": f"batch_{day.isoformat()}_{epoch}",
        "game_date": day,
        "run_mode": mode if rows.empty else rows["run_mode"].iloc[0],
        "batch_as_of_at": as_of.astimezone(UTC),
        "opened_at": opened_at,
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
    }


def _recounted(platform: Platform, batch: Batch, systems: list[dict[str, Any]]) -> dict[str, Any]:
    held = [one for one in systems if one["state"] != "failed"]
    merged = [one for one in held if one["state"] == "consolidated"]
    missing = [system for system in batch.systems if system not in {one["system_id"] for one in held}]
    staged = min((one["staged_players"] for one in held), default=0)
    is_merged = bool(held) and merged == held
    is_whole = not missing and staged >= batch.expected_players
    state = ("consolidated" if is_whole else "partial") if is_merged else ("complete" if is_whole else "open")
    errors = "; ".join(f"{one['system_id']}: {one['error_message']}" for one in systems if one["error_message"])
    few = f"{staged} of {batch.expected_players} players were staged"
    return batch.row | {
        "staged_players": staged,
        "completion_pct": 100.0 * staged / batch.expected_players if batch.expected_players else 100.0,
        "staged_rows": sum(one["staged_rows"] for one in held),
        "merged_rows": sum(one["staged_rows"] for one in merged),
        "missing_systems": ",".join(missing) or None,
        "failure_reason": errors or (few if is_merged and staged < batch.expected_players else None),
        "state": state,
        "last_write_at": batch.row["last_write_at"] if is_merged else platform.now,
    }


def _keep_inputs(platform: Platform, players: pd.DataFrame, opened: Sequence[Mapping[str, Any]]) -> None:
    first_batch = players["game_date"].map({row["game_date"]: row["batch_id"] for row in opened})
    rows = players.assign(first_batch_id=first_batch)[first_batch.notna()]
    if not rows.empty:
        kept = pa.Table.from_pandas(rows[list(INPUTS.column_names)], preserve_index=False)
        platform.warehouse.upsert(INPUTS, kept, keep_first=("first_batch_id",))


def _input_hash(rows: pd.DataFrame, models: str, only_players: Sequence[str] | None) -> str:
    """Everything that decides the numbers: who, in which game, with which features, team-mates and main line; which models."""
    digest = hashlib.sha256()
    columns = (
        "game_id",
        "universal_player_id",
        "features_hash",
        "roster_hash",
        "current_points_line",
        "over_price_american",
        "under_price_american",
        "data_quality_tier",
    )
    for row in sorted(zip(*(rows[column].astype(str) for column in columns), strict=True)):
        digest.update("|".join(row).encode())
    digest.update(models.encode())
    digest.update(f"{PREDICTION_VERSION}|{sorted(only_players or [])}".encode())
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
