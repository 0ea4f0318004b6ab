"""Consolidation: what batches staged becomes what is in force, by one MERGE, verified before staging is dropped.

The invariants (who may supersede whom, what a re-merge leaves alone) are all in `merge_statement`; the procedure around it
checks parity first, decides whether a batch may be merged yet, and marks what was merged.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nba_props.assets.predictions.batch import BATCHES, SCOPE, SYSTEMS, Batch, batches_between, refresh, save_batches
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import BadInput, IntegrityFailure, SchemaMismatch
from nba_props.io.warehouse.base import StagingTable, column_types
from nba_props.io.warehouse.parity import refuse_mismatch
from nba_props.platform import Platform

MAIN = table("nba_predictions.player_prop_predictions")
FEATURES = table("nba_precompute.ml_feature_store")

GROUP = ("game_date", "game_id", "universal_player_id", "system_id")
"""Rows of one (game, player, system) stand and fall together."""


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
    `min_completion_pct` overrides the share; `is_waiting_over` says that no writer is at work any more. Raises
    SchemaMismatch (nothing written) where staging lacks columns that nobody accepted as missing.
    """
    result = Consolidated()
    with platform.warehouse.lock("consolidation"):
        staged = _staged_between(platform, start, end, batch_id)
        known = {batch.batch_id: batch for batch in batches_between(platform, start, end)}
        mergeable: list[Batch] = []
        for one in staged:
            batch = known.get(one)
            if batch is None:
                raise IntegrityFailure(
                    f"Staging of {one} belongs to no recorded batch.",
                    next_step=f"Remove it: nba-props staging clean --batch {one}.",
                )
            verdict = _may_merge(platform, batch, staged[one], min_completion_pct, is_waiting_over)
            if verdict == "":
                mergeable.append(batch)
            elif verdict.startswith("waiting"):
                result.waiting[one] = verdict
            else:
                result.failed[one] = verdict
        _mark_failed(platform, known, result.failed)
        for wave in _waves(mergeable):
            tables = [one for batch in wave for one in staged[batch.batch_id]]
            tables = [_completed(platform, one, accept_missing) for one in tables]
            _merge_wave(platform, wave, tables, result)
    return result


def _merge_wave(platform: Platform, wave: list[Batch], tables: list[StagingTable], result: Consolidated) -> None:
    """One MERGE for at most one batch a date; verify; mark; only then drop the staging."""
    days = [batch.game_date for batch in wave]
    params = {
        "batch_ids": [batch.batch_id for batch in wave],
        "start_date": min(days),
        "end_date": max(days),
        "now": platform.now,
    }
    platform.warehouse.merge(merge_statement(), tables, params)
    counts = _verified(platform, tables, wave, params)
    _mark_merged(platform, wave, tables, counts)
    platform.warehouse.drop_staging(tables)
    after = {batch.batch_id: batch for batch in batches_between(platform, min(days), max(days))}
    for batch in wave:
        now = after[batch.batch_id]
        result.batches.append(batch.batch_id)
        result.staged_rows += now.row["merged_rows"]
        result.inserted_rows += counts[batch.batch_id]["inserted_rows"]
        result.superseded_rows += counts[batch.batch_id]["superseded_rows"]
        if now.state == "partial":
            missing = now.row["missing_systems"] or "none"
            result.partial[batch.batch_id] = f"{now.row['completion_pct']:.1f} % of players; systems missing: {missing}"


def _staged_between(platform: Platform, start: date, end: date, batch_id: str | None) -> dict[str, list[StagingTable]]:
    found: dict[str, list[StagingTable]] = defaultdict(list)
    for one in platform.warehouse.staging_tables():
        if start <= one.game_date <= end and batch_id in (None, one.batch_id):
            found[one.batch_id].append(one)
    if batch_id is not None and not found:
        raise BadInput(f"No staging of {batch_id} is left.", next_step="See what is: nba-props staging list.")
    return dict(found)


def _may_merge(
    platform: Platform,
    batch: Batch,
    tables: list[StagingTable],
    min_completion_pct: float | None,
    is_waiting_over: bool,
) -> str:
    """Empty if the batch may be merged; else why not: `waiting …`, or the reason it fails."""
    share = min_completion_pct if min_completion_pct is not None else batch.row["min_completion_pct"]
    players = _staged_players(platform, tables)
    fewest = min(players.values(), default=0)
    completion = 100.0 * fewest / batch.expected_players if batch.expected_players else 100.0
    is_whole = completion >= 100 and set(batch.systems) <= set(players) | _merged_systems(platform, batch)
    last_write = max(one.created_at for one in tables)
    stalls_at = last_write + timedelta(minutes=batch.row["wait_minutes"])
    if is_whole:
        return ""
    if not is_waiting_over and min_completion_pct is None and platform.now < stalls_at:
        return f"waiting for the rest until {stalls_at:%Y-%m-%d %H:%M} UTC ({completion:.1f} % staged)"
    if completion < share:
        return f"{completion:.1f} % of {batch.expected_players} players staged, {share:g} % are needed"
    return ""


def _staged_players(platform: Platform, tables: list[StagingTable]) -> dict[str, int]:
    """Distinct players staged, per system: what staging holds, whatever was counted before."""
    held: dict[str, set[str]] = defaultdict(set)
    for one in tables:
        rows = platform.warehouse.read_staging(one, ["universal_player_id"])
        held[one.system_id] |= set(pc.unique(rows["universal_player_id"]).to_pylist())
    return {system: len(players) for system, players in held.items()}


def _merged_systems(platform: Platform, batch: Batch) -> set[str]:
    rows = platform.warehouse.query(
        f"SELECT system_id, batch_id, state FROM {SYSTEMS.full_name} WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": batch.game_date, "end_date": batch.game_date},
    ).to_pylist()
    return {one["system_id"] for one in rows if one["batch_id"] == batch.batch_id and one["state"] == "consolidated"}


def _mark_failed(platform: Platform, known: dict[str, Batch], failed: dict[str, str]) -> None:
    if failed:
        save_batches(
            platform, [known[one].row | {"state": "failed", "failure_reason": reason} for one, reason in failed.items()]
        )


def _waves(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Batches in rounds of at most one a date, each date's in the order of what they knew."""
    by_date: dict[date, list[Batch]] = defaultdict(list)
    for batch in sorted(batches, key=lambda one: (one.game_date, one.batch_as_of_at, one.opened_at)):
        by_date[batch.game_date].append(batch)
    rounds = max((len(ordered) for ordered in by_date.values()), default=0)
    return [[ordered[turn] for ordered in by_date.values() if turn < len(ordered)] for turn in range(rounds)]


# -- parity, and the way back from a migration ------------------------------------------------------------------------


def _completed(platform: Platform, staging: StagingTable, accept_missing: Sequence[str]) -> StagingTable:
    """The staging table if it has exactly the declared columns; else completed from the feature store, or on a person's word.

    Raises SchemaMismatch naming the columns, before anything is written, if any difference is left.
    """
    declared, found = column_types(MAIN), platform.warehouse.staging_columns(staging)
    missing = [column for column in declared if column not in found]
    if not missing:
        refuse_mismatch(staging.name, declared, found)
        return staging
    completable = {column for column in missing if column in FEATURES.column_names}
    accepted = [column for column in missing if column in accept_missing and column not in completable]
    required = [column for column in accepted if not MAIN[column].is_nullable]
    if required:
        raise SchemaMismatch(
            f"{staging.name} lacks {', '.join(required)}, which may not be NULL; nothing was written.",
            next_step="Predict the slate again instead of accepting it as missing.",
        )
    covered = {column: kind for column, kind in declared.items() if column in (*completable, *accepted)}
    refuse_mismatch(staging.name, declared, found | covered)
    rows = platform.warehouse.read_staging(staging)
    for column in accepted:
        rows = rows.append_column(column, pa.nulls(rows.num_rows, arrow_schema(MAIN).field(column).type))
    if completable:
        rows = _from_feature_store(platform, staging, rows, sorted(completable))
    if accepted:
        position = rows.schema.get_field_index("accepted_missing_columns")
        rows = rows.set_column(position, "accepted_missing_columns", pa.array([",".join(accepted)] * rows.num_rows))
    platform.warehouse.stage(MAIN, staging, rows)
    return staging


def _from_feature_store(platform: Platform, staging: StagingTable, rows: pa.Table, columns: list[str]) -> pa.Table:
    stored = platform.warehouse.query(
        f"SELECT game_id, universal_player_id, {', '.join(columns)} FROM {FEATURES.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": staging.game_date, "end_date": staging.game_date},
    )
    return rows.join(stored, keys=["game_id", "universal_player_id"], join_type="left outer")


# -- after the MERGE --------------------------------------------------------------------------------------------------


def _verified(
    platform: Platform, tables: list[StagingTable], wave: list[Batch], params: dict[str, Any]
) -> dict[str, dict[str, int]]:
    """Counts per batch, after making sure that every staged row is in the main table; else IntegrityFailure."""
    stored = platform.warehouse.query(
        "SELECT game_date, prediction_id, batch_id, superseded_by FROM nba_predictions.player_prop_predictions"
        " WHERE game_date BETWEEN @start_date AND @end_date",
        {name: params[name] for name in ("start_date", "end_date")},
    )
    present = set(stored["prediction_id"].to_pylist())
    inserted, superseded = (
        dict(stored[column].value_counts().to_pandas().map(lambda one: (one["values"], one["counts"])).tolist())
        for column in ("batch_id", "superseded_by")
    )
    counts: dict[str, dict[str, int]] = {}
    staged = _newest_rows(platform, tables)
    for batch in wave:
        ids = set(staged.loc[staged["batch_id"] == batch.batch_id, "prediction_id"])
        lost = ids - present
        if lost:
            raise IntegrityFailure(
                f"{len(lost)} of {len(ids)} staged rows of {batch.batch_id} are not in the main table after the MERGE.",
                next_step="Staging was kept; consolidate again: nba-props staging consolidate.",
            )
        counts[batch.batch_id] = {
            "merged_rows": len(ids),
            "inserted_rows": inserted.get(batch.batch_id, 0),
            "superseded_rows": superseded.get(batch.batch_id, 0),
        }
    return counts


def _newest_rows(platform: Platform, tables: list[StagingTable]) -> pd.DataFrame:
    """Rows that had to be merged: of a (game, player, system) staged by several writers, the newest writer's."""
    columns = [*GROUP, "batch_id", "prediction_id", "created_at"]
    staged = pa.concat_tables([platform.warehouse.read_staging(one, columns) for one in tables]).to_pandas()
    newest = staged.groupby(["batch_id", *GROUP])["created_at"].transform("max")
    return staged[staged["created_at"] == newest]


def _mark_merged(
    platform: Platform, wave: list[Batch], tables: list[StagingTable], counts: dict[str, dict[str, int]]
) -> None:
    days = {batch.game_date for batch in wave}
    dates = {"start_date": min(days), "end_date": max(days)}
    spoken = {(one.batch_id, one.system_id) for one in tables}
    for target, change in ((SCOPE, {"merged_at": platform.now}), (SYSTEMS, {"state": "consolidated"})):
        rows = platform.warehouse.query(
            f"SELECT {', '.join(target.column_names)} FROM {target.full_name}"
            " WHERE game_date BETWEEN @start_date AND @end_date",
            dates,
        ).to_pylist()
        mine = [row | change for row in rows if (row["batch_id"], row["system_id"]) in spoken]
        platform.warehouse.upsert(target, pa.Table.from_pylist(mine, schema=arrow_schema(target)))
    refresh(platform, min(days), max(days), {batch.batch_id for batch in wave})
    accepted = _accepted(platform, tables)
    save_batches(
        platform,
        [
            batch.row
            | counts[batch.batch_id]
            | {"consolidated_at": platform.now, "accepted_missing_columns": accepted.get(batch.batch_id)}
            for batch in batches_between(platform, min(days), max(days))
            if batch.batch_id in counts
        ],
    )


def _accepted(platform: Platform, tables: list[StagingTable]) -> dict[str, str]:
    """Columns a person accepted as missing, per batch."""
    accepted: dict[str, str] = {}
    for one in tables:
        column = platform.warehouse.read_staging(one, ["accepted_missing_columns"])["accepted_missing_columns"]
        words = [word for word in pc.unique(column).to_pylist() if word]
        if words:
            accepted[one.batch_id] = words[0]
    return accepted


# -- the MERGE --------------------------------------------------------------------------------------------------------


@cache
def merge_statement() -> str:
    """The one MERGE (GoogleSQL). Staged rows are `nba_predictions._staged`; @batch_ids names at most one batch a date.

    (a) Within its scope, of the systems it staged, the batch deactivates every active row it does not restate: the active rows of
    a (game, player, system) are always of one batch. (b) Where a later batch has spoken already, its rows land inactive.
    (c) A group restated with identical content is left alone, so that merging twice changes nothing.
    """
    lifecycle = {"is_active", "superseded_by", "prediction_version", "updated_at"}
    content = [name for name in MAIN.column_names if name not in lifecycle]
    group = ", ".join(GROUP)

    def same(left: str, right: str, columns: Sequence[str] = GROUP) -> str:
        return " and ".join(f"{left}.{name} = {right}.{name}" for name in columns)

    return f"""
merge into {MAIN.full_name} as t
using (
    with all_staged as (
        select {", ".join(MAIN.column_names)}
        from nba_predictions._staged
        where batch_id in unnest(@batch_ids)
    ),

    -- Of a group staged by several writers, the newest writer's rows.
    staged as (
        select {", ".join(MAIN.column_names)}
        from all_staged
        qualify created_at = max(created_at) over (partition by batch_id, {group})
    ),

    batches as (
        select batch_id, game_date, batch_as_of_at, opened_at
        from {BATCHES.full_name}
        where game_date between @start_date and @end_date
    ),

    scope as (
        select s.batch_id, s.game_date, s.game_id, s.universal_player_id, s.system_id, s.merged_at, b.batch_as_of_at, b.opened_at
        from {SCOPE.full_name} as s
        inner join batches as b on b.batch_id = s.batch_id
        where s.game_date between @start_date and @end_date
    ),

    stored as (
        select {group}, prediction_id, batch_id, prediction_version, prediction_error_code, is_active
        from {MAIN.full_name}
        where game_date between @start_date and @end_date
    ),

    active as (
        select {group}, prediction_id, batch_id from stored where is_active
    ),

    speakers as (
        select distinct batch_id, game_date, system_id from staged
    ),

    -- Every (game, player, system) the merging batches speak of: what they staged, and what is active in their scope.
    spoken as (
        select batch_id, {group} from staged
        union distinct
        select p.batch_id, {", ".join(f"a.{name}" for name in GROUP)}
        from active as a
        inner join speakers as p on p.game_date = a.game_date and p.system_id = a.system_id
        inner join scope as s
            on s.batch_id = p.batch_id
            and s.system_id = p.system_id
            and s.game_id in ('*', a.game_id)
            and s.universal_player_id in ('*', a.universal_player_id)
    ),

    -- Groups of which a batch that knew more has spoken before.
    outdated as (
        select g.batch_id, {", ".join(f"g.{name}" for name in GROUP)}, max(n.batch_id) as newer_batch_id
        from spoken as g
        inner join batches as b on b.batch_id = g.batch_id
        inner join scope as n
            on n.game_date = g.game_date
            and n.system_id = g.system_id
            and n.batch_id <> g.batch_id
            and n.game_id in ('*', g.game_id)
            and n.universal_player_id in ('*', g.universal_player_id)
        where n.merged_at is not null
            and (n.batch_as_of_at > b.batch_as_of_at or (n.batch_as_of_at = b.batch_as_of_at and n.opened_at > b.opened_at))
        group by g.batch_id, {", ".join(f"g.{name}" for name in GROUP)}
    ),

    staged_content as (
        select batch_id, {group}, string_agg(prediction_id, ',' order by prediction_id) as content
        from staged
        group by batch_id, {group}
    ),

    active_content as (
        select {group}, string_agg(prediction_id, ',' order by prediction_id) as content
        from active
        group by {group}
    ),

    versions as (
        select {group}, max(prediction_version) as latest_version from stored group by {group}
    ),

    refusals as (
        select distinct game_date, prediction_id from stored where prediction_error_code is not null
    ),

    changed as (
        select g.batch_id, {", ".join(f"g.{name}" for name in GROUP)}, o.newer_batch_id, coalesce(v.latest_version, 0) as latest_version
        from spoken as g
        left join staged_content as s on s.batch_id = g.batch_id and {same("s", "g")}
        left join active_content as a on {same("a", "g")}
        left join outdated as o on o.batch_id = g.batch_id and {same("o", "g")}
        left join versions as v on {same("v", "g")}
        where s.content is distinct from a.content
    )

    select
        'insert' as action,
        {", ".join(f"s.{name}" for name in content)},
        c.newer_batch_id is null and s.prediction_error_code is null as is_active,
        c.newer_batch_id as superseded_by,
        c.latest_version + 1 as prediction_version
    from staged as s
    inner join changed as c on c.batch_id = s.batch_id and {same("c", "s")}
    left join refusals as r on r.game_date = s.game_date and r.prediction_id = s.prediction_id
    where r.prediction_id is null

    union all

    select
        'supersede' as action,
        {", ".join(_identity_or_null(name) for name in content)},
        false as is_active,
        c.batch_id as superseded_by,
        cast(null as int64) as prediction_version
    from active as a
    inner join changed as c on {same("c", "a")}
    left join staged as s on s.game_date = a.game_date and s.prediction_id = a.prediction_id and s.batch_id = a.batch_id
    where c.newer_batch_id is null and s.prediction_id is null
) as s
on t.game_date = s.game_date and t.prediction_id = s.prediction_id and t.batch_id = s.batch_id
when matched and s.action = 'supersede' then
    update set is_active = false, superseded_by = s.superseded_by, updated_at = @now
when not matched and s.action = 'insert' then
    insert ({", ".join(MAIN.column_names)})
    values ({", ".join("@now" if name == "updated_at" else f"s.{name}" for name in MAIN.column_names)})
"""


def _identity_or_null(name: str) -> str:
    if name in (*GROUP, "prediction_id", "batch_id"):
        return f"a.{name}"
    return f"cast(null as {MAIN[name].type.value}) as {name}"
