-- Purpose: a row in force has a number; a system that could not answer left a typed code and an inactive row.
-- Grain: one row a date at fault: game_date, value (rows), finding.
-- Point in time: none; it judges the rows as they stand.

with without_number as (
    select game_date, player_lookup, system_id, coalesce(prediction_error_code, 'no error code') as error_code
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
        and is_active
        and (predicted_points is null or prediction_error_code is not null)
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(
        cast(count(*) as string), ' active rows without a number, e.g. ',
        min(concat(player_lookup, ' ', system_id, ' (', error_code, ')'))
    ) as finding
from without_number
group by game_date
