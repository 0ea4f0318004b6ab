-- Purpose: what is in force was made from what was known before tip-off, and what calls itself made before it was.
-- Grain: one row a date and broken rule: game_date, value (rows), finding.
-- Point in time: live rows created_at < tip_at; active rows as_of_at <= tip_at and line_snapshot_at < as_of_at.

with predictions as (
    select
        game_date, concat(player_lookup, ' ', system_id) as who, run_mode, is_active, prediction_made_before_game, tip_at,
        created_at, as_of_at, line_snapshot_at
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
),

faults as (
    select game_date, who, 'live rows created at or after tip-off' as fault
    from predictions
    where is_active and run_mode = 'live' and created_at >= tip_at
    union all
    select game_date, who, 'rows said to be made before the game and created after tip-off' as fault
    from predictions
    where prediction_made_before_game and created_at >= tip_at and not (is_active and run_mode = 'live')
    union all
    select game_date, who, 'knowledge from after tip-off' as fault
    from predictions
    where is_active and as_of_at > tip_at
    union all
    select game_date, who, 'lines seen at or after the instant of knowledge' as fault
    from predictions
    where is_active and line_snapshot_at >= as_of_at
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, fault
