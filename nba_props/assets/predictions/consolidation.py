"""Consolidation: what batches staged becomes what is in force, by one MERGE, verified before staging is dropped.

Here is the procedure: which batches may be merged yet, in which order, and what is counted, marked and dropped afterwards. Who
may supersede whom is in `merge.py`, what a batch speaks for in `scope.py`, columns that staging lacks in `staged_columns.py`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

import pandas as pd

from nba_props.assets.predictions.batch import Batch, batches_between, save_failure, save_systems, system_row
from nba_props.assets.predictions.merge import GROUP, MAIN, NEWEST_ANSWER, merge_statement
from nba_props.assets.predictions.scope import mark_merged, merged_players
from nba_props.assets.predictions.staged_columns import with_declared_columns
from nba_props.errors import BadInput, IntegrityFailure, NbaPropsError, SchemaMismatch, StorageFault
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform

_READ = [*GROUP, "batch_id", "prediction_id", *NEWEST_ANSWER, "prediction_error_code", "accepted_missing_columns"]


@dataclass
class Consolidated:
    """What one consolidation did, and what it left and why."""

    batches: list[str] = field(default_factory=list)
    staged_rows: int = 0
    inserted_rows: int = 0
    superseded_rows: int = 0
    waiting: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    partial: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Staged:
    """A batch with what staging holds of it: its tables, their rows (columns _READ), and the players each system has answered for."""

    batch: Batch
    tables: list[StagingTable]
    rows: pd.DataFrame
    players: dict[str, set[str]]

    @property
    def completion_pct(self) -> float:
        """Distinct players, in the system that has fewest of those that have any: never a count of tables or events."""
        if not self.batch.expected_players:
            return 100.0
        return 100.0 * min(map(len, self.players.values()), default=0) / self.batch.expected_players

    @property
    def is_whole(self) -> bool:
        return self.completion_pct >= 100 and set(self.batch.systems) <= set(self.players)


def consolidate(
    platform: Platform,
    start: date,
    end: date,
    *,
    batch_id: str | None = None,
    min_completion_pct: float | None = None,
    is_waiting_over: bool = False,
    accept_missing: Sequence[str] = (),
) -> Consolidated:
    """Merge every staged batch of the dates that may be merged, oldest knowledge first.

    A batch that is neither whole nor stalled is left waiting; one below its share becomes FAILED and keeps its staging.
    `min_completion_pct` overrides the share; `is_waiting_over` says that no writer is at work any more. Staging that cannot be
    merged at all (SchemaMismatch: columns that nobody accepted as missing; IntegrityFailure: rows that are nobody's or say
    nothing) is kept and its batch left out; it is raised once the other batches are merged.
    """
    result = Consolidated()
    refused: list[NbaPropsError] = []
    mergeable: list[Staged] = []
    with platform.warehouse.lock("consolidation"):
        tables = _staged_between(platform, start, end, batch_id)
        known = {batch.batch_id: batch for batch in batches_between(platform, start, end) if batch.batch_id in tables}
        merged = merged_players(platform, list(known.values()))
        for one in tables:
            try:
                staged = _staged(platform, one, known.get(one), tables[one], merged, accept_missing)
            except (IntegrityFailure, SchemaMismatch, StorageFault) as reason:
                refused.append(reason)
                continue
            waiting, failed = _verdict(platform, staged, min_completion_pct, is_waiting_over)
            if waiting:
                result.waiting[one] = waiting
            elif failed:
                result.failed[one] = failed
                save_failure(platform, staged.batch, staged.completion_pct, failed)
            else:
                mergeable.append(staged)
        try:
            for wave in _waves(mergeable):
                _merge_wave(platform, wave, result)
        finally:
            _count(platform, result, len(refused) + len(mergeable) - len(result.batches))
    if refused:
        raise _in_one(refused)
    return result


def _count(platform: Platform, result: Consolidated, not_merged: int) -> None:
    """One outcome a batch: whole or partial where it was merged, failed where it was below its share or could not be."""
    outcomes = {
        "whole": len(result.batches) - len(result.partial),
        "partial": len(result.partial),
        "waiting": len(result.waiting),
        "failed": len(result.failed) + not_merged,
    }
    for outcome, batches in outcomes.items():
        platform.metrics.count("consolidations", batches, outcome=outcome)


def _staged_between(platform: Platform, start: date, end: date, batch_id: str | None) -> dict[str, list[StagingTable]]:
    found: dict[str, list[StagingTable]] = defaultdict(list)
    for one in platform.warehouse.staging_tables():
        if start <= one.game_date <= end and batch_id in (None, one.batch_id):
            found[one.batch_id].append(one)
    if batch_id is not None and not found:
        raise BadInput(f"No staging of {batch_id} is left.", next_step="See what is: nba-props staging list.")
    return dict(found)


def _verdict(
    platform: Platform, staged: Staged, min_completion_pct: float | None, is_waiting_over: bool
) -> tuple[str, str]:
    """(why the batch still waits, why it fails); both empty if it may be merged."""
    expected = staged.batch.expected_players
    share = min_completion_pct if min_completion_pct is not None else staged.batch.row["min_completion_pct"]
    stalls_at = max(one.created_at for one in staged.tables) + timedelta(minutes=staged.batch.row["wait_minutes"])
    if staged.is_whole:
        return "", ""
    if not is_waiting_over and min_completion_pct is None and platform.now < stalls_at:
        until = f"{stalls_at:%Y-%m-%d %H:%M} UTC"
        return f"waiting for the rest until {until} ({staged.completion_pct:.1f} % staged)", ""
    if staged.completion_pct < share or (expected and staged.rows.empty):
        return "", f"{staged.completion_pct:.1f} % of {expected} players staged, {share:g} % are needed"
    return "", ""


def _waves(batches: Sequence[Staged]) -> list[list[Staged]]:
    """Batches in rounds of at most one a date, each date's in the order of what they knew."""
    by_date: dict[date, list[Staged]] = defaultdict(list)
    for staged in sorted(batches, key=lambda one: one.batch.order):
        by_date[staged.batch.game_date].append(staged)
    return [[one for one in turn if one] for turn in zip_longest(*by_date.values())]


def _in_one(refused: Sequence[NbaPropsError]) -> NbaPropsError:
    if len(refused) == 1:
        return refused[0]
    return type(refused[0])(" ".join(one.message for one in refused), next_step=refused[0].next_step)


# -- what staging holds -----------------------------------------------------------------------------------------------


def _staged(
    platform: Platform,
    batch_id: str,
    batch: Batch | None,
    tables: list[StagingTable],
    merged: Mapping[tuple[str, str], set[str]],
    accept_missing: Sequence[str],
) -> Staged:
    """What staging holds of a batch, after making sure that it can be merged; else why not is raised and nothing written."""
    if batch is None:
        raise IntegrityFailure(
            f"Staging of {batch_id} belongs to no recorded batch.",
            next_step=f"Remove it: nba-props staging clean --batch {batch_id}.",
        )
    for one in tables:
        with_declared_columns(platform, one, accept_missing)
    rows = pd.concat([_rows_of(platform, one) for one in tables], ignore_index=True)
    players = {system: set(ids) for (of, system), ids in merged.items() if of == batch_id}
    for one in tables:
        players[one.system_id] = players.get(one.system_id, set()) | _players_of(rows, one.system_id)
    return Staged(batch, tables, rows, players)


def _rows_of(platform: Platform, staging: StagingTable) -> pd.DataFrame:
    rows = platform.warehouse.read_staging(staging, _READ).to_pandas()
    for column in ("batch_id", "game_date", "system_id"):
        if not (rows[column] == getattr(staging, column)).all():
            raise IntegrityFailure(
                f"{staging.name} holds rows of another {column}; nothing of its batch was merged.",
                next_step="Predict the slate again, or remove it: nba-props staging clean.",
            )
    silent = int((rows["predicted_points"].isna() & rows["prediction_error_code"].isna()).sum())
    if silent:
        raise IntegrityFailure(
            f"{staging.name} has {silent} rows with neither a number nor a reason for none; nothing of its batch was merged.",
            next_step="Predict the slate again: a system that cannot answer says why.",
        )
    return rows


def _players_of(rows: pd.DataFrame, system_id: str) -> set[str]:
    return set(rows.loc[rows["system_id"] == system_id, "universal_player_id"])


# -- the MERGE, and after it ------------------------------------------------------------------------------------------


def _merge_wave(platform: Platform, wave: Sequence[Staged], result: Consolidated) -> None:
    """One MERGE for at most one batch a date; verify; mark; only then drop the staging."""
    tables = [one for staged in wave for one in staged.tables]
    days = [staged.batch.game_date for staged in wave]
    dates = {"start_date": min(days), "end_date": max(days)}
    ids = [staged.batch.batch_id for staged in wave]
    before = _tally(platform, dates)
    platform.warehouse.merge(merge_statement(), tables, dates | {"batch_ids": ids, "now": platform.now})
    _verify(platform, wave, dates)
    after = _tally(platform, dates)
    _mark(platform, wave, after)
    platform.warehouse.drop_staging([one for one in platform.warehouse.staging_tables() if one in tables])
    _report(platform, wave, before, after, result)


@dataclass(frozen=True)
class _Tally:
    """Rows of the main table by the batch that inserted them, and by the batch that superseded them."""

    inserted: Counter[str]
    superseded: Counter[str]


def _tally(platform: Platform, dates: Mapping[str, date]) -> _Tally:
    rows = platform.warehouse.query(
        f"SELECT batch_id, superseded_by, COUNT(*) AS row_count FROM {MAIN.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date GROUP BY batch_id, superseded_by",
        dates,
    )
    tally = _Tally(Counter(), Counter())
    for row in rows.to_pylist():
        tally.inserted[row["batch_id"]] += row["row_count"]
        tally.superseded[row["superseded_by"]] += row["row_count"]
    return tally


def _verify(platform: Platform, wave: Sequence[Staged], dates: Mapping[str, date]) -> None:
    """Make sure that every row that had to be merged is in the main table; else IntegrityFailure, and staging stays."""
    stored = platform.warehouse.query(
        f"SELECT DISTINCT prediction_id FROM {MAIN.full_name} WHERE game_date BETWEEN @start_date AND @end_date", dates
    )
    present = set(stored["prediction_id"].to_pylist())
    for staged in wave:
        wanted = set(_newest(staged.rows)["prediction_id"])
        if wanted - present:
            raise IntegrityFailure(
                f"{len(wanted - present)} of {len(wanted)} staged rows of {staged.batch.batch_id} are not in the main table"
                " after the MERGE.",
                next_step="Staging was kept; consolidate again: nba-props staging consolidate.",
            )


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of a group staged by several writers, the answer that the MERGE takes."""
    order = rows.sort_values(list(NEWEST_ANSWER), ascending=[False, True, True, True], na_position="first")
    return rows.merge(order.drop_duplicates([*GROUP])[[*GROUP, *NEWEST_ANSWER]])


def _mark(platform: Platform, wave: Sequence[Staged], after: _Tally) -> None:
    """Record what was merged: in the scope, by system, by batch. Done again after a crash, it changes nothing more."""
    mark_merged(platform, [staged.batch for staged in wave], pd.concat([staged.rows for staged in wave]))
    systems, batches = [], {}
    for staged in wave:
        batch, rows = staged.batch, staged.rows
        for system_id in sorted({one.system_id for one in staged.tables}):
            mine = rows[rows["system_id"] == system_id]
            called_at = max(one.created_at for one in staged.tables if one.system_id == system_id)
            players = len(staged.players[system_id])
            systems.append(system_row(batch, system_id, "consolidated", called_at, mine, players=players))
        counts = {"inserted_rows": after.inserted[batch.batch_id], "superseded_rows": after.superseded[batch.batch_id]}
        is_news = batch.row["consolidated_at"] is None or any(batch.row[name] != counts[name] for name in counts)
        batches[batch.batch_id] = counts | ({"consolidated_at": platform.now} if is_news else {}) | _accepted(rows)
    save_systems(platform, systems, batches)


def _accepted(rows: pd.DataFrame) -> dict[str, str]:
    words = sorted(set(rows["accepted_missing_columns"].dropna()))
    return {"accepted_missing_columns": ",".join(words)} if words else {}


def _report(platform: Platform, wave: Sequence[Staged], before: _Tally, after: _Tally, result: Consolidated) -> None:
    days = [staged.batch.game_date for staged in wave]
    now = {batch.batch_id: batch for batch in batches_between(platform, min(days), max(days))}
    for staged in wave:
        batch = now[staged.batch.batch_id]
        result.batches.append(batch.batch_id)
        result.staged_rows += len(staged.rows)
        result.inserted_rows += after.inserted[batch.batch_id] - before.inserted[batch.batch_id]
        result.superseded_rows += after.superseded[batch.batch_id] - before.superseded[batch.batch_id]
        if batch.state == "partial":
            missing = batch.row["missing_systems"] or "none"
            result.partial[batch.batch_id] = (
                f"{batch.row['completion_pct']:.1f} % of players; systems missing: {missing}"
            )
