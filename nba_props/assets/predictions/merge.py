"""The one MERGE of consolidation: who may supersede whom, and what a re-merge leaves alone. Its procedure is elsewhere."""

from collections.abc import Sequence
from functools import cache

from nba_props.assets.predictions.batch import BATCHES
from nba_props.assets.predictions.scope import SCOPE
from nba_props.catalog import table

MAIN = table("nba_predictions.player_prop_predictions")

GROUP = ("game_date", "game_id", "universal_player_id", "system_id")
"""Rows of one (game, player, system) stand and fall together."""

NEWEST_ANSWER = ("created_at", "features_hash", "main_points_line", "predicted_points")
"""Of a group staged by several writers, the answer that counts: the newest; of two of one instant, one."""

_LIFECYCLE = {"is_active", "superseded_by", "prediction_version", "updated_at"}


@cache
def merge_statement() -> str:
    """GoogleSQL. Staged rows are `nba_predictions._staged`; @batch_ids names at most one batch a date.

    (a) A batch deactivates every active row of the groups it restates, and of those in its scope that it does not name: the active
    rows of a (game, player, system) are always of one batch. (b) Where a later batch has spoken already, its rows land inactive.
    (c) A group restated with identical content is left alone, so that merging twice changes nothing.
    """
    content = [name for name in MAIN.column_names if name not in _LIFECYCLE]
    group = ", ".join(GROUP)
    updated_at = "if(s.is_active, @now, s.created_at)"  # a row that never came into force changed nothing
    newest = f"{NEWEST_ANSWER[0]} desc, {', '.join(NEWEST_ANSWER[1:])}"

    return f"""
merge into {MAIN.full_name} as t
using (
    with all_staged as (
        select {", ".join(MAIN.column_names)}
        from nba_predictions._staged
        where batch_id in unnest(@batch_ids)
    ),

    staged as (
        select {", ".join(MAIN.column_names)}
        from all_staged
        qualify dense_rank() over (partition by batch_id, {group} order by {newest}) = 1
            and row_number() over (partition by batch_id, prediction_id order by {newest}) = 1
    ),

    batches as (
        select batch_id, game_date, row_number() over (partition by game_date order by batch_as_of_at, opened_at, batch_id) as turn
        from {BATCHES.full_name}
        where game_date between @start_date and @end_date
    ),

    scope as (
        select s.batch_id, {_listed("s")}, s.merged_at, b.turn, s.game_id = '*' or s.universal_player_id = '*' as is_open_ended
        from {SCOPE.full_name} as s
        inner join batches as b on b.batch_id = s.batch_id and b.game_date = s.game_date
        where s.game_date between @start_date and @end_date
    ),

    named as (
        select batch_id, {group}, merged_at from scope where not is_open_ended
    ),

    everybody_else as (
        select batch_id, {group}, merged_at, turn from scope where is_open_ended
    ),

    stored as (
        select {group}, prediction_id, batch_id, superseded_by, prediction_version, prediction_error_code, is_active
        from {MAIN.full_name}
        where game_date between @start_date and @end_date
    ),

    active as (
        select {group}, prediction_id, batch_id from stored where is_active
    ),

    -- What the merging batches speak of: the groups they staged, and whatever is active in their scope without being named.
    spoken as (
        select batch_id, {group} from staged
        union distinct
        select e.batch_id, {_listed("a")}
        from active as a
        inner join everybody_else as e on {_covers("e", "a")}
        left join named as n on n.batch_id = e.batch_id and {_same("n", "a")}
        where e.batch_id in unnest(@batch_ids) and n.batch_id is null
    ),

    -- What batches have spoken of by name: marked as merged, or, where a crash forestalled the mark, seen in the rows themselves.
    heard as (
        select batch_id, {group} from named where merged_at is not null
        union distinct
        select batch_id, {group} from stored
        union distinct
        select superseded_by as batch_id, {group} from stored where superseded_by is not null
    ),

    later as (
        select g.batch_id, {_listed("g")}, n.batch_id as newer_batch_id, n.turn
        from spoken as g
        inner join batches as b on b.batch_id = g.batch_id
        inner join heard as h on {_same("h", "g")}
        inner join batches as n on n.batch_id = h.batch_id and n.turn > b.turn
        union all
        select g.batch_id, {_listed("g")}, e.batch_id as newer_batch_id, e.turn
        from spoken as g
        inner join batches as b on b.batch_id = g.batch_id
        inner join everybody_else as e on {_covers("e", "g")} and e.turn > b.turn
        left join named as n on n.batch_id = e.batch_id and {_same("n", "g")}
        where e.merged_at is not null and n.batch_id is null
    ),

    -- Groups of which a batch that knew more has spoken before: the newest such batch.
    outdated as (
        select batch_id, {group}, newer_batch_id
        from later
        qualify row_number() over (partition by batch_id, {group} order by turn desc) = 1
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
        select g.batch_id, {_listed("g")}, o.newer_batch_id, coalesce(v.latest_version, 0) as latest_version
        from spoken as g
        left join staged_content as s on s.batch_id = g.batch_id and {_same("s", "g")}
        left join active_content as a on {_same("a", "g")}
        left join outdated as o on o.batch_id = g.batch_id and {_same("o", "g")}
        left join versions as v on {_same("v", "g")}
        where s.content is distinct from a.content
    )

    select
        'insert' as action,
        {_listed("s", content)},
        c.newer_batch_id is null and s.prediction_error_code is null as is_active,
        c.newer_batch_id as superseded_by,
        c.latest_version + 1 as prediction_version
    from staged as s
    inner join changed as c on c.batch_id = s.batch_id and {_same("c", "s")}
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
    inner join changed as c on {_same("c", "a")}
    left join staged as s on s.game_date = a.game_date and s.prediction_id = a.prediction_id and s.batch_id = a.batch_id
    where c.newer_batch_id is null and s.prediction_id is null
) as s
on t.game_date between @start_date and @end_date
    and t.game_date = s.game_date and t.prediction_id = s.prediction_id and t.batch_id = s.batch_id
when matched and s.action = 'supersede' then
    update set is_active = false, superseded_by = s.superseded_by, updated_at = @now
when matched and s.is_active and not t.is_active then
    update set is_active = true, superseded_by = null, prediction_version = s.prediction_version, updated_at = @now
when not matched and s.action = 'insert' then
    insert ({", ".join(MAIN.column_names)})
    values ({", ".join(updated_at if name == "updated_at" else f"s.{name}" for name in MAIN.column_names)})
"""


def _listed(alias: str, columns: Sequence[str] = GROUP) -> str:
    return ", ".join(f"{alias}.{name}" for name in columns)


def _same(left: str, right: str) -> str:
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in GROUP)


def _covers(scope: str, group: str) -> str:
    return (
        f"{scope}.game_date = {group}.game_date and {scope}.system_id = {group}.system_id"
        f" and {scope}.game_id in ('*', {group}.game_id)"
        f" and {scope}.universal_player_id in ('*', {group}.universal_player_id)"
    )


def _identity_or_null(name: str) -> str:
    if name in (*GROUP, "prediction_id", "batch_id"):
        return f"a.{name}"
    return f"cast(null as {MAIN[name].type.value}) as {name}"
