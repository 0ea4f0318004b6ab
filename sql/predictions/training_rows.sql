-- Purpose: features and outcome of the player-games a model may learn from.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: @start_date..@end_date is the training window, which ends before the model's month; features are of the time before
--   each game, the outcome is the game's own.

with features as (
    select
        game_date, game_id, universal_player_id, points_avg_last_5, points_avg_last_10, points_avg_season,
        points_std_last_10, games_in_last_7_days, fatigue_score, shot_zone_mismatch_score, pace_score,
        usage_spike_score, rest_advantage, injury_risk, recent_trend, minutes_change, opponent_def_rating,
        opponent_pace, home_away, back_to_back, playoff_game, pct_paint, pct_mid_range, pct_three, pct_free_throw,
        team_pace, team_off_rating, team_win_pct
    from nba_precompute.ml_feature_store
    where game_date between @start_date and @end_date
),

expected as (
    select game_id, universal_player_id
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date and is_production_ready
),

outcomes as (
    select game_id, universal_player_id, points
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date and participation = 'played'
)

select
    f.game_date,
    f.game_id,
    f.universal_player_id,
    f.points_avg_last_5,
    f.points_avg_last_10,
    f.points_avg_season,
    f.points_std_last_10,
    f.games_in_last_7_days,
    f.fatigue_score,
    f.shot_zone_mismatch_score,
    f.pace_score,
    f.usage_spike_score,
    f.rest_advantage,
    f.injury_risk,
    f.recent_trend,
    f.minutes_change,
    f.opponent_def_rating,
    f.opponent_pace,
    f.home_away,
    f.back_to_back,
    f.playoff_game,
    f.pct_paint,
    f.pct_mid_range,
    f.pct_three,
    f.pct_free_throw,
    f.team_pace,
    f.team_off_rating,
    f.team_win_pct,
    o.points
from features as f
inner join expected as e on e.game_id = f.game_id and e.universal_player_id = f.universal_player_id
inner join outcomes as o on o.game_id = f.game_id and o.universal_player_id = f.universal_player_id
order by f.game_date, f.game_id, f.universal_player_id
