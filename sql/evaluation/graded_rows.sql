-- Purpose: grades of every system that are not void, for the honest table of a range.
-- Grain: game_date, game_id, universal_player_id, system_id.
-- Point in time: reads grades only, after the games.

select
    game_date,
    game_id,
    universal_player_id,
    system_id,
    predicted_points,
    predicted_median,
    interval_80_low,
    interval_80_high,
    distribution_location,
    distribution_scale,
    anchored_points,
    anchored_median,
    anchored_location,
    anchored_scale,
    recommendation,
    over_prob,
    independent_over_prob,
    market_over_prob,
    projected_minutes,
    data_quality_tier,
    current_points_line,
    over_price_american,
    under_price_american,
    prediction_made_before_game,
    result,
    actual_minutes,
    actual_points,
    crps,
    pit_low,
    pit_high,
    closing_line_value,
    profit_units
from nba_grading.prediction_accuracy
where game_date between @start_date and @end_date and result <> 'void'
