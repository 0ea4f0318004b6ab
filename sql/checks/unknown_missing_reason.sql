-- Purpose: players missing without a reason anybody declared; "not predicted yet" is none once the slate's batch is consolidated.
-- Grain: one row a date and reason at fault: game_date, value (players), finding.
-- Point in time: reads what the slate's own layers hold.

with missing as (
    select game_date, reason, player_lookup
    from nba_monitoring.missing_predictions
    where game_date between @start_date and @end_date
),

consolidated as (
    select distinct game_date
    from nba_predictions.prediction_batches
    where game_date between @start_date and @end_date and state = 'consolidated' and scope = 'slate'
)

select
    m.game_date,
    cast(count(*) as float64) as value,
    concat(m.reason, ': ', cast(count(*) as string), ' players, e.g. ', min(m.player_lookup)) as finding
from missing as m
left join consolidated as c on c.game_date = m.game_date
where m.reason not in (
        'no_line_low_minutes', 'no_line_not_seen_recently', 'injured_out', 'incomplete_history', 'combo_quote',
        'name_unresolved', 'not_in_registry', 'no_context', 'no_features', 'low_quality_features', 'system_error', 'void'
    )
    and (m.reason <> 'not_predicted_yet' or c.game_date is not null)
group by m.game_date, m.reason
