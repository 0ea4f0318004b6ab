-- Purpose: grades of a date by system.
-- Grain: game_date, system_id.
-- Point in time: after the games.

select
    game_date, system_id, predictions, predictions_with_line, voids, pushes, correct, incorrect, passes, mae, bias, line_mae,
    hit_rate, within_3_share, within_5_share, profit_units
from nba_grading.system_daily_performance
where game_date between @start_date and @end_date
order by game_date, system_id
