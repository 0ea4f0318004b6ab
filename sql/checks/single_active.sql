-- Purpose: for each (game, player, system) the rows in force come from one batch: one a line, at most five, one of them the main line.
-- Grain: one row a date and broken rule: game_date, value (players x systems), finding.
-- Point in time: none; it judges the rows as they stand.

with active as (
    select game_date, game_id, universal_player_id, player_lookup, system_id, line_key, batch_id, is_main_line
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active
),

ladders as (
    select
        game_date,
        concat(max(player_lookup), ' ', system_id) as who,
        count(*) as rungs,
        count(distinct line_key) as lines,
        count(distinct batch_id) as batches,
        countif(is_main_line) as main_lines,
        countif(line_key = -1) as rows_without_line
    from active
    group by game_date, game_id, universal_player_id, system_id
),

faults as (
    select game_date, who, 'rows of several batches active' as fault from ladders where batches > 1
    union all
    select game_date, who, 'a line active more than once' as fault from ladders where lines < rungs
    union all
    select game_date, who, 'more than five rungs active' as fault from ladders where rungs > 5
    union all
    select game_date, who, 'not exactly one main line' as fault from ladders where main_lines <> 1
    union all
    select game_date, who, 'a row without a line active beside lines' as fault
    from ladders
    where rows_without_line > 0 and lines > 1
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, fault
