-- Purpose: all that systems may know of each expected player: context, features with provenance, form, zones, tonight's defence.
-- Grain: game_date, game_id, universal_player_id (production-ready players with features).
-- Point in time: reads tables that are themselves of the time before the slate; no result.

with context as (
    select
        game_date, game_id, universal_player_id, player_lookup, player_name, team_abbr, opponent_abbr, is_home, tip_at,
        as_of_at, as_of_basis, run_mode, injury_status, injury_reported_at, has_line, current_points_line, line_source,
        sportsbook, line_minutes_before_game, line_snapshot_at, line_tip_basis, opening_line, over_price_american,
        under_price_american, completeness_pct, is_production_ready, early_season_flag, days_rest
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date and is_production_ready
),

features as (
    select
        game_date, game_id, universal_player_id, feature_version, feature_count, feature_quality_score,
        data_quality_tier, points_avg_last_5, points_avg_last_10, points_avg_season, points_std_last_10,
        games_in_last_7_days, fatigue_score, shot_zone_mismatch_score, pace_score, usage_spike_score, rest_advantage,
        injury_risk, recent_trend, minutes_change, opponent_def_rating, opponent_pace, home_away, back_to_back,
        playoff_game, pct_paint, pct_mid_range, pct_three, pct_free_throw, team_pace, team_off_rating, team_win_pct,
        points_avg_last_5_source, points_avg_last_10_source, points_avg_season_source, points_std_last_10_source,
        games_in_last_7_days_source, fatigue_score_source, shot_zone_mismatch_score_source, pace_score_source,
        usage_spike_score_source, rest_advantage_source, injury_risk_source, recent_trend_source, minutes_change_source,
        opponent_def_rating_source, opponent_pace_source, home_away_source, back_to_back_source, playoff_game_source,
        pct_paint_source, pct_mid_range_source, pct_three_source, pct_free_throw_source, team_pace_source,
        team_off_rating_source, team_win_pct_source
    from nba_precompute.ml_feature_store
    where game_date between @start_date and @end_date
),

form as (
    select
        game_date, game_id, universal_player_id, points_avg_last_5, points_avg_last_10, minutes_avg_last_10,
        minutes_avg_season, points_per_minute_last_10, usage_pct_season, points_ewm_8, points_ewm_20, points_ewm_40,
        minutes_ewm_3, minutes_ewm_8, minutes_ewm_20, minutes_ewm_40, attempts_ewm_8, free_throws_ewm_20,
        threes_ewm_20, plays_ewm_8, plays_ewm_20, shooting_ewm_40, start_share_ewm_3, minutes_last_1, minutes_last_2,
        is_starter_last_1, minutes_std_last_10, days_since_last_game, team_games_missed, usual_vacated_minutes,
        usual_vacated_plays, usual_vacated_guard, usual_vacated_forward, usual_vacated_center, games_played_season
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

zones as (
    select
        game_date, game_id, universal_player_id, zone_source, two_point_share, three_point_share, paint_share,
        mid_range_share, field_goals_attempted, games_used
    from nba_precompute.player_shot_zone_analysis
    where game_date between @start_date and @end_date
),

factors as (
    select game_date, game_id, universal_player_id, projected_usage_pct, age_years
    from nba_precompute.player_composite_factors
    where game_date between @start_date and @end_date
),

defense as (
    select game_id, team_abbr, zone_source, two_diff_pct, three_diff_pct, paint_diff_pct, mid_range_diff_pct
    from nba_precompute.team_defense_zone_analysis
    where game_date between @start_date and @end_date
),

teams as (
    select game_id, team_abbr, def_rank_last_15, teams_ranked, off_rating_last_10 - def_rating_last_15 as net_rating
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

positions as (
    select
        concat('nba_', cast(source_player_id as string)) as universal_player_id,
        upper(substr(max(position), 1, 1)) as position_letter
    from nba_raw.player_list
    group by source_player_id
)

select
    c.game_date,
    c.game_id,
    c.universal_player_id,
    c.player_lookup,
    c.player_name,
    c.team_abbr,
    c.opponent_abbr,
    c.is_home,
    c.tip_at,
    c.as_of_at,
    c.as_of_basis,
    c.run_mode,
    c.injury_status,
    c.injury_reported_at,
    c.has_line,
    c.current_points_line,
    c.line_source,
    c.sportsbook,
    c.line_minutes_before_game,
    c.line_snapshot_at,
    c.line_tip_basis,
    c.opening_line,
    c.over_price_american,
    c.under_price_american,
    c.completeness_pct,
    c.is_production_ready,
    c.early_season_flag,
    f.feature_version,
    f.feature_count,
    f.feature_quality_score,
    f.data_quality_tier,
    m.minutes_avg_last_10,
    m.minutes_avg_season,
    m.points_per_minute_last_10,
    m.usage_pct_season,
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
    k.projected_usage_pct,
    k.age_years,
    q.position_letter,
    (t.net_rating - o.net_rating) / 2 as strength_margin,
    z.zone_source,
    z.two_point_share,
    z.three_point_share,
    z.paint_share,
    z.mid_range_share,
    safe_divide(z.field_goals_attempted, z.games_used) as field_goals_attempted_per_game,
    d.zone_source as opponent_zone_source,
    d.two_diff_pct as opponent_two_diff_pct,
    d.three_diff_pct as opponent_three_diff_pct,
    d.paint_diff_pct as opponent_paint_diff_pct,
    d.mid_range_diff_pct as opponent_mid_range_diff_pct,
    cast(floor(safe_divide(3 * (o.def_rank_last_15 - 1), o.teams_ranked)) as int64) as opponent_tier,
    least(coalesce(c.days_rest, 3), 3) as rest_bucket,
    case
        when m.points_avg_last_5 - m.points_avg_last_10 >= 3 then 1
        when m.points_avg_last_5 - m.points_avg_last_10 <= -3 then -1
        else 0
    end as form_bucket,
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
    f.points_avg_last_5_source,
    f.points_avg_last_10_source,
    f.points_avg_season_source,
    f.points_std_last_10_source,
    f.games_in_last_7_days_source,
    f.fatigue_score_source,
    f.shot_zone_mismatch_score_source,
    f.pace_score_source,
    f.usage_spike_score_source,
    f.rest_advantage_source,
    f.injury_risk_source,
    f.recent_trend_source,
    f.minutes_change_source,
    f.opponent_def_rating_source,
    f.opponent_pace_source,
    f.home_away_source,
    f.back_to_back_source,
    f.playoff_game_source,
    f.pct_paint_source,
    f.pct_mid_range_source,
    f.pct_three_source,
    f.pct_free_throw_source,
    f.team_pace_source,
    f.team_off_rating_source,
    f.team_win_pct_source
from context as c
inner join features as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
inner join form as m on m.game_id = c.game_id and m.universal_player_id = c.universal_player_id
inner join zones as z on z.game_id = c.game_id and z.universal_player_id = c.universal_player_id
inner join factors as k on k.game_id = c.game_id and k.universal_player_id = c.universal_player_id
inner join defense as d on d.game_id = c.game_id and d.team_abbr = c.opponent_abbr
inner join teams as o on o.game_id = c.game_id and o.team_abbr = c.opponent_abbr
inner join teams as t on t.game_id = c.game_id and t.team_abbr = c.team_abbr
left join positions as q on q.universal_player_id = c.universal_player_id
order by c.game_date, c.game_id, c.universal_player_id
