-- Purpose: features and outcome of the player-games a model may learn from.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: @start_date..@end_date is the training window, which ends before the model's month; features are of the time before
--   each game; outcome and absences are the game's own: what a model learns from is who was missing, what it is later told is who is
--   expected to be.

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
    select game_id, universal_player_id, team_abbr, opponent_abbr
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date and is_production_ready
),

form as (
    select
        game_id, universal_player_id, points_ewm_8, points_ewm_20, points_ewm_40, minutes_ewm_3, minutes_ewm_8,
        minutes_ewm_20, minutes_ewm_40, attempts_ewm_8, free_throws_ewm_20, threes_ewm_20, plays_ewm_8, plays_ewm_20,
        shooting_ewm_40, start_share_ewm_3, minutes_last_1, minutes_last_2, is_starter_last_1, minutes_std_last_10,
        days_since_last_game, team_games_missed, usual_vacated_minutes, usual_vacated_plays, usual_vacated_guard,
        usual_vacated_forward, usual_vacated_center, games_played_season, minutes_avg_season
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

factors as (
    select game_id, universal_player_id, age_years
    from nba_precompute.player_composite_factors
    where game_date between @start_date and @end_date
),

teams as (
    select game_id, team_abbr, off_rating_last_10 - def_rating_last_15 as net_rating
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

positions as (
    select
        concat('nba_', cast(source_player_id as string)) as universal_player_id,
        upper(substr(max(position), 1, 1)) as position_letter
    from nba_raw.player_list
    group by source_player_id
),

absences as (
    select
        game_id, team_abbr, absent_minutes, absent_plays, absent_minutes_guard, absent_minutes_forward, absent_minutes_center
    from nba_analytics.team_absence_game_summary
    where game_date between @start_date and @end_date
),

outcomes as (
    select game_id, universal_player_id, points, minutes
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
    m.points_ewm_8,
    m.points_ewm_20,
    m.points_ewm_40,
    m.minutes_ewm_3,
    m.minutes_ewm_8,
    m.minutes_ewm_20,
    m.minutes_ewm_40,
    m.attempts_ewm_8,
    m.free_throws_ewm_20,
    m.threes_ewm_20,
    m.plays_ewm_8,
    m.plays_ewm_20,
    m.shooting_ewm_40,
    m.start_share_ewm_3,
    m.minutes_last_1,
    m.minutes_last_2,
    m.is_starter_last_1,
    m.minutes_std_last_10,
    m.days_since_last_game,
    m.team_games_missed,
    m.usual_vacated_minutes,
    m.usual_vacated_plays,
    m.usual_vacated_guard,
    m.usual_vacated_forward,
    m.usual_vacated_center,
    m.games_played_season,
    m.minutes_avg_season,
    k.age_years,
    q.position_letter,
    (t.net_rating - u.net_rating) / 2 as strength_margin,
    a.absent_minutes,
    a.absent_plays,
    a.absent_minutes_guard,
    a.absent_minutes_forward,
    a.absent_minutes_center,
    o.minutes,
    o.points
from features as f
inner join expected as e on e.game_id = f.game_id and e.universal_player_id = f.universal_player_id
inner join form as m on m.game_id = f.game_id and m.universal_player_id = f.universal_player_id
inner join factors as k on k.game_id = f.game_id and k.universal_player_id = f.universal_player_id
inner join teams as t on t.game_id = f.game_id and t.team_abbr = e.team_abbr
inner join teams as u on u.game_id = f.game_id and u.team_abbr = e.opponent_abbr
left join positions as q on q.universal_player_id = f.universal_player_id
left join absences as a on a.game_id = f.game_id and a.team_abbr = e.team_abbr
inner join outcomes as o on o.game_id = f.game_id and o.universal_player_id = f.universal_player_id
order by f.game_date, f.game_id, f.universal_player_id
