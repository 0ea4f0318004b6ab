-- Purpose: grades of a date by system.
-- Grain: game_date, system_id.
-- Point in time: reads grades only.

with grades as (
    select
        game_date, system_id, has_prop_line, current_points_line, actual_points, recommendation, over_prob, result, signed_error,
        absolute_error, line_absolute_error, anchored_absolute_error, crps, pit_low, pit_high, closing_line_value, is_within_3,
        is_within_5, profit_units
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date
),

scored as (
    select
        g.*,
        -- Of the stretch from pit_low to pit_high, on which the randomised PIT is drawn, the share between 0.1 and 0.9.
        case
            when g.pit_high > g.pit_low
                then safe_divide(
                    greatest(0.0, least(g.pit_high, 0.9) - greatest(g.pit_low, 0.1)), g.pit_high - g.pit_low
                )
            when g.pit_low >= 0.1 and g.pit_low < 0.9 then 1.0
            when g.pit_low is not null then 0.0
        end as inside_80,
        case
            when g.actual_points > g.current_points_line then (1.0 - g.over_prob) * (1.0 - g.over_prob)
            when g.actual_points < g.current_points_line then g.over_prob * g.over_prob
        end as squared_error
    from grades as g
),

counted as (
    select
        game_date,
        system_id,
        count(*) as predictions,
        countif(has_prop_line) as predictions_with_line,
        countif(result = 'void') as voids,
        countif(result = 'push') as pushes,
        countif(result = 'correct') as correct,
        countif(result = 'incorrect') as incorrect,
        countif(result = 'pass') as passes,
        countif(is_within_3) as within_3,
        countif(is_within_5) as within_5,
        countif(recommendation = 'OVER') as overs,
        countif(recommendation = 'UNDER') as unders,
        count(absolute_error) as with_error,
        round(avg(absolute_error), 6) as mae,
        round(avg(signed_error), 6) as bias,
        round(avg(line_absolute_error), 6) as line_mae,
        round(avg(anchored_absolute_error), 6) as anchored_mae,
        round(avg(crps), 6) as crps,
        round(avg(inside_80), 6) as interval_80_share,
        round(avg(squared_error), 6) as brier,
        round(avg(closing_line_value), 6) as closing_line_value,
        round(sum(profit_units), 6) as profit_units
    from scored
    group by game_date, system_id
)

select
    game_date,
    system_id,
    predictions,
    predictions_with_line,
    voids,
    pushes,
    correct,
    incorrect,
    passes,
    mae,
    bias,
    line_mae,
    safe_divide(correct, correct + incorrect) as hit_rate,
    safe_divide(within_3, with_error) as within_3_share,
    safe_divide(within_5, with_error) as within_5_share,
    anchored_mae,
    crps,
    interval_80_share,
    brier,
    safe_divide(overs, overs + unders) as over_share,
    closing_line_value,
    profit_units
from counted
