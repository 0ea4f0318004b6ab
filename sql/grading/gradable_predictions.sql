-- Purpose: active main-line predictions beside what became of the player's game; `domain/grading.py` grades them.
-- Grain: game_date, game_id, universal_player_id, system_id.
-- Point in time: results and closing lines are read only here, after the game; a date is graded once its games have box scores, and again when they change.

with predictions as (
    select
        game_date, game_id, universal_player_id, player_lookup, system_id, line_key, prediction_id, has_prop_line,
        current_points_line, predicted_points, predicted_median, anchored_points, anchored_median, interval_80_low,
        interval_80_high, distribution_location, distribution_scale, anchored_location, anchored_scale, recommendation,
        confidence_score, over_prob, push_prob, independent_over_prob, market_over_prob, expected_value, projected_minutes,
        data_quality_tier, sportsbook, over_price_american, under_price_american, run_mode, prediction_made_before_game
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line
),

scheduled as (
    select game_date, game_id from nba_raw.schedule where game_date between @start_date and @end_date
),

box as (
    select game_date, game_id, universal_player_id, participation, minutes, points
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date
),

-- Usable is seen before tip-off (before noon where tip is unknown), whether or not a prediction could know it.
closing_lines as (
    select game_date, game_id, universal_player_id, bookmaker, line
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and is_usable and is_main
    qualify row_number() over (
        partition by game_date, game_id, universal_player_id, bookmaker order by snapshot_at desc, quote_id
    ) = 1
),

games_with_box_score as (
    select distinct game_date, game_id from box
)

-- Joined by date too: a game moved to a later date was not played on the date it was predicted for.
select
    p.game_date,
    p.game_id,
    p.universal_player_id,
    p.player_lookup,
    p.system_id,
    p.line_key,
    p.prediction_id,
    p.has_prop_line,
    p.current_points_line,
    p.predicted_points,
    p.predicted_median,
    p.anchored_points,
    p.anchored_median,
    p.interval_80_low,
    p.interval_80_high,
    p.distribution_location,
    p.distribution_scale,
    p.anchored_location,
    p.anchored_scale,
    p.recommendation,
    p.confidence_score,
    p.over_prob,
    p.push_prob,
    p.independent_over_prob,
    p.market_over_prob,
    p.expected_value,
    p.projected_minutes,
    p.data_quality_tier,
    p.sportsbook,
    p.over_price_american,
    p.under_price_american,
    p.run_mode,
    p.prediction_made_before_game,
    b.minutes as actual_minutes,
    b.points as actual_points,
    c.line as closing_line,
    case
        when b.participation is not null then b.participation
        when g.game_id is not null then 'no_box_score'
        when s.game_id is null then 'game_not_played'
        else 'pending'
    end as participation
from predictions as p
left join box as b
    on b.game_date = p.game_date and b.game_id = p.game_id and b.universal_player_id = p.universal_player_id
left join closing_lines as c
    on
        c.game_date = p.game_date
        and c.game_id = p.game_id
        and c.universal_player_id = p.universal_player_id
        and c.bookmaker = p.sportsbook
left join games_with_box_score as g on g.game_date = p.game_date and g.game_id = p.game_id
left join scheduled as s on s.game_date = p.game_date and s.game_id = p.game_id
