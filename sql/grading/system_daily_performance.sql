-- Purpose: grades of a date by system.
-- Grain: game_date, system_id.
-- Point in time: reads grades only.

with grades as (
    select
        game_date, system_id, has_prop_line, result, signed_error, absolute_error, line_absolute_error, is_within_3, is_within_5,
        profit_units
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date
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
        count(absolute_error) as with_error,
        round(avg(absolute_error), 6) as mae,
        round(avg(signed_error), 6) as bias,
        round(avg(line_absolute_error), 6) as line_mae,
        round(sum(profit_units), 6) as profit_units
    from grades
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
    profit_units
from counted
