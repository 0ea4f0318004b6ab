-- Purpose: what the ridge baseline learns from: features and form before each game, and the points scored in it.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: features and form of a date read only games before it; points are an outcome, used only for later months.

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

form as (
    select
        game_date, game_id, universal_player_id, games_played_season, games_in_last_10, points_avg_previous_season,
        points_avg_last_2, minutes_avg_last_10, minutes_avg_season, points_per_minute_last_10, points_ewm_8,
        points_ewm_20, points_ewm_40, minutes_ewm_3, minutes_ewm_8, minutes_ewm_20, minutes_ewm_40, attempts_ewm_8,
        free_throws_ewm_20, threes_ewm_20, plays_ewm_8, plays_ewm_20, shooting_ewm_40, start_share_ewm_3,
        minutes_last_1, minutes_last_2, minutes_std_last_10, days_since_last_game, team_games_missed, usage_pct_last_5,
        usage_pct_season
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

outcomes as (
    select game_date, game_id, universal_player_id, points
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
    c.games_played_season,
    c.games_in_last_10,
    c.points_avg_previous_season,
    c.points_avg_last_2,
    c.minutes_avg_last_10,
    c.minutes_avg_season,
    c.points_per_minute_last_10,
    c.points_ewm_8,
    c.points_ewm_20,
    c.points_ewm_40,
    c.minutes_ewm_3,
    c.minutes_ewm_8,
    c.minutes_ewm_20,
    c.minutes_ewm_40,
    c.attempts_ewm_8,
    c.free_throws_ewm_20,
    c.threes_ewm_20,
    c.plays_ewm_8,
    c.plays_ewm_20,
    c.shooting_ewm_40,
    c.start_share_ewm_3,
    c.minutes_last_1,
    c.minutes_last_2,
    c.minutes_std_last_10,
    c.days_since_last_game,
    c.team_games_missed,
    c.usage_pct_last_5,
    c.usage_pct_season,
    o.points
from features as f
left join form as c
    on c.game_date = f.game_date and c.game_id = f.game_id and c.universal_player_id = f.universal_player_id
left join outcomes as o
    on o.game_date = f.game_date and o.game_id = f.game_id and o.universal_player_id = f.universal_player_id
