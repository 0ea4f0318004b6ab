-- Purpose: the features by name, each with its provenance, and the quality of the row.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: context, form, zones and factors of the slate, which are themselves of the time before it.
--   What a source offers counts from the date it has shown it: that it will later in the season is hindsight.
-- Quality score: computed 100, fallback 60, missing 0, averaged over the features that the source can give.

with context as (
    select
        game_date, game_id, universal_player_id, player_lookup, team_abbr, opponent_abbr, season, season_type, as_of_at, is_home,
        is_back_to_back, games_last_7_days, games_played_season, games_played_400_days, injury_status,
        injury_reported_at, early_season_flag
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

teams as (
    select
        game_date, game_id, team_abbr, days_rest, pace_last_10, off_rating_last_10, def_rating_last_15, win_share_season,
        strength_source
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

form as (
    select
        game_date, game_id, universal_player_id, points_avg_last_5, points_avg_last_10, points_avg_season,
        points_avg_previous_season, points_std_last_10, points_avg_last_2, points_avg_previous_3, minutes_avg_last_10,
        minutes_avg_season, has_previous_season_in_last_5, has_previous_season_in_last_10
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

zones as (
    select
        game_date, game_id, universal_player_id, paint_share, mid_range_share, three_point_share, free_throw_points_share,
        zone_source
    from nba_precompute.player_shot_zone_analysis
    where game_date between @start_date and @end_date
),

factors as (
    select
        game_date, game_id, universal_player_id, fatigue_score, fatigue_score_source, shot_zone_mismatch_score,
        shot_zone_mismatch_score_source, pace_score, pace_score_source, usage_spike_score, usage_spike_score_source
    from nba_precompute.player_composite_factors
    where game_date between @start_date and @end_date
),

first_offered as (
    select
        min(if(capability = 'injury_reports', season, null)) as injury_reports_from,
        min(if(capability = 'shot_zones', season, null)) as shot_zones_from
    from nba_raw.source_capabilities
    where is_available
),

shown as (
    select
        c.game_date,
        countif(c.injury_reported_at is not null and o.injury_reports_from <= c.season) > 0 as has_injury_reports,
        countif(z.zone_source = 'shot_zones' and o.shot_zones_from <= c.season) > 0 as has_shot_zones
    from context as c
    left join zones as z on z.game_id = c.game_id and z.universal_player_id = c.universal_player_id
    cross join first_offered as o
    group by c.game_date
),

-- A player without one game in 400 days has nothing to compute from: no row, and the coverage says no_features.
features as (
    select
        c.game_date,
        c.game_id,
        c.universal_player_id,
        c.player_lookup,
        c.team_abbr,
        c.opponent_abbr,
        c.season,
        c.as_of_at,
        c.early_season_flag,
        c.games_played_season,
        f.points_avg_last_5 as points_avg_last_5,
        f.points_avg_last_10 as points_avg_last_10,
        coalesce(f.points_avg_season, f.points_avg_previous_season) as points_avg_season,
        f.points_std_last_10 as points_std_last_10,
        cast(c.games_last_7_days as float64) as games_in_last_7_days,
        k.fatigue_score as fatigue_score,
        k.shot_zone_mismatch_score as shot_zone_mismatch_score,
        k.pace_score as pace_score,
        k.usage_spike_score as usage_spike_score,
        cast(greatest(-2, least(2, own.days_rest - opp.days_rest)) as float64) as rest_advantage,
        case
            when not w.has_injury_reports then null
            when c.injury_status in ('out', 'doubtful') then 3.0
            when c.injury_status = 'questionable' then 2.0
            when c.injury_status = 'probable' then 1.0
            else 0.0
        end as injury_risk,
        case
            when f.points_avg_last_2 - f.points_avg_previous_3 >= 5 then 2.0
            when f.points_avg_last_2 - f.points_avg_previous_3 >= 2 then 1.0
            when f.points_avg_last_2 - f.points_avg_previous_3 > -2 then 0.0
            when f.points_avg_last_2 - f.points_avg_previous_3 > -5 then -1.0
            when f.points_avg_last_2 - f.points_avg_previous_3 <= -5 then -2.0
        end as recent_trend,
        case
            when f.minutes_avg_last_10 - f.minutes_avg_season >= 3 then 2.0
            when f.minutes_avg_last_10 - f.minutes_avg_season >= 1 then 1.0
            when f.minutes_avg_last_10 - f.minutes_avg_season > -1 then 0.0
            when f.minutes_avg_last_10 - f.minutes_avg_season > -3 then -1.0
            when f.minutes_avg_last_10 - f.minutes_avg_season <= -3 then -2.0
        end as minutes_change,
        opp.def_rating_last_15 as opponent_def_rating,
        opp.pace_last_10 as opponent_pace,
        if(c.is_home, 1.0, 0.0) as home_away,
        if(c.is_back_to_back, 1.0, 0.0) as back_to_back,
        if(c.season_type in ('Playoffs', 'Play-In'), 1.0, 0.0) as playoff_game,
        z.paint_share as pct_paint,
        z.mid_range_share as pct_mid_range,
        z.three_point_share as pct_three,
        z.free_throw_points_share as pct_free_throw,
        own.pace_last_10 as team_pace,
        own.off_rating_last_10 as team_off_rating,
        own.win_share_season as team_win_pct,
        case when f.points_avg_last_5 is null then 'missing:no_games' when f.has_previous_season_in_last_5 then 'fallback:previous_season' else 'computed' end as points_avg_last_5_source,
        case when f.points_avg_last_10 is null then 'missing:no_games' when f.has_previous_season_in_last_10 then 'fallback:previous_season' else 'computed' end as points_avg_last_10_source,
        case when f.points_avg_season is not null then 'computed' when f.points_avg_previous_season is not null then 'fallback:previous_season' else 'missing:no_games' end as points_avg_season_source,
        case when f.points_std_last_10 is null then 'missing:under_2_games' when f.has_previous_season_in_last_10 then 'fallback:previous_season' else 'computed' end as points_std_last_10_source,
        'computed' as games_in_last_7_days_source,
        k.fatigue_score_source as fatigue_score_source,
        k.shot_zone_mismatch_score_source as shot_zone_mismatch_score_source,
        k.pace_score_source as pace_score_source,
        k.usage_spike_score_source as usage_spike_score_source,
        if(own.days_rest is null or opp.days_rest is null, 'missing:first_game_of_season', 'computed') as rest_advantage_source,
        if(w.has_injury_reports, 'computed', 'unavailable:injury_reports') as injury_risk_source,
        case when f.points_avg_previous_3 is null then 'missing:under_5_games' when f.has_previous_season_in_last_5 then 'fallback:previous_season' else 'computed' end as recent_trend_source,
        case when f.minutes_avg_season is null then 'missing:no_games_this_season' when f.has_previous_season_in_last_10 then 'fallback:previous_season' else 'computed' end as minutes_change_source,
        opp.strength_source as opponent_def_rating_source,
        opp.strength_source as opponent_pace_source,
        'computed' as home_away_source,
        'computed' as back_to_back_source,
        'computed' as playoff_game_source,
        case when not w.has_shot_zones then 'unavailable:shot_zones' when z.paint_share is null then 'missing:no_zoned_attempts' else 'computed' end as pct_paint_source,
        case when not w.has_shot_zones then 'unavailable:shot_zones' when z.mid_range_share is null then 'missing:no_zoned_attempts' else 'computed' end as pct_mid_range_source,
        if(z.three_point_share is null, 'missing:no_attempts', 'computed') as pct_three_source,
        if(z.free_throw_points_share is null, 'missing:no_points', 'computed') as pct_free_throw_source,
        own.strength_source as team_pace_source,
        own.strength_source as team_off_rating_source,
        if(own.win_share_season is null, 'missing:no_games_this_season', 'computed') as team_win_pct_source
    from context as c
    inner join teams as own on own.game_id = c.game_id and own.team_abbr = c.team_abbr
    inner join teams as opp on opp.game_id = c.game_id and opp.team_abbr = c.opponent_abbr
    inner join form as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
    inner join zones as z on z.game_id = c.game_id and z.universal_player_id = c.universal_player_id
    inner join factors as k on k.game_id = c.game_id and k.universal_player_id = c.universal_player_id
    inner join shown as w on w.game_date = c.game_date
    where c.games_played_400_days > 0
),

counted as (
    select
        f.*,
        0
        + if(f.points_avg_last_5 is not null, 1, 0)
        + if(f.points_avg_last_10 is not null, 1, 0)
        + if(f.points_avg_season is not null, 1, 0)
        + if(f.points_std_last_10 is not null, 1, 0)
        + if(f.games_in_last_7_days is not null, 1, 0)
        + if(f.fatigue_score is not null, 1, 0)
        + if(f.shot_zone_mismatch_score is not null, 1, 0)
        + if(f.pace_score is not null, 1, 0)
        + if(f.usage_spike_score is not null, 1, 0)
        + if(f.rest_advantage is not null, 1, 0)
        + if(f.injury_risk is not null, 1, 0)
        + if(f.recent_trend is not null, 1, 0)
        + if(f.minutes_change is not null, 1, 0)
        + if(f.opponent_def_rating is not null, 1, 0)
        + if(f.opponent_pace is not null, 1, 0)
        + if(f.home_away is not null, 1, 0)
        + if(f.back_to_back is not null, 1, 0)
        + if(f.playoff_game is not null, 1, 0)
        + if(f.pct_paint is not null, 1, 0)
        + if(f.pct_mid_range is not null, 1, 0)
        + if(f.pct_three is not null, 1, 0)
        + if(f.pct_free_throw is not null, 1, 0)
        + if(f.team_pace is not null, 1, 0)
        + if(f.team_off_rating is not null, 1, 0)
        + if(f.team_win_pct is not null, 1, 0) as features_known,
        0
        + case when starts_with(f.points_avg_last_5_source, 'computed') then 100 when starts_with(f.points_avg_last_5_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.points_avg_last_10_source, 'computed') then 100 when starts_with(f.points_avg_last_10_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.points_avg_season_source, 'computed') then 100 when starts_with(f.points_avg_season_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.points_std_last_10_source, 'computed') then 100 when starts_with(f.points_std_last_10_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.games_in_last_7_days_source, 'computed') then 100 when starts_with(f.games_in_last_7_days_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.fatigue_score_source, 'computed') then 100 when starts_with(f.fatigue_score_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.shot_zone_mismatch_score_source, 'computed') then 100 when starts_with(f.shot_zone_mismatch_score_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.pace_score_source, 'computed') then 100 when starts_with(f.pace_score_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.usage_spike_score_source, 'computed') then 100 when starts_with(f.usage_spike_score_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.rest_advantage_source, 'computed') then 100 when starts_with(f.rest_advantage_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.injury_risk_source, 'computed') then 100 when starts_with(f.injury_risk_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.recent_trend_source, 'computed') then 100 when starts_with(f.recent_trend_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.minutes_change_source, 'computed') then 100 when starts_with(f.minutes_change_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.opponent_def_rating_source, 'computed') then 100 when starts_with(f.opponent_def_rating_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.opponent_pace_source, 'computed') then 100 when starts_with(f.opponent_pace_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.home_away_source, 'computed') then 100 when starts_with(f.home_away_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.back_to_back_source, 'computed') then 100 when starts_with(f.back_to_back_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.playoff_game_source, 'computed') then 100 when starts_with(f.playoff_game_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.pct_paint_source, 'computed') then 100 when starts_with(f.pct_paint_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.pct_mid_range_source, 'computed') then 100 when starts_with(f.pct_mid_range_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.pct_three_source, 'computed') then 100 when starts_with(f.pct_three_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.pct_free_throw_source, 'computed') then 100 when starts_with(f.pct_free_throw_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.team_pace_source, 'computed') then 100 when starts_with(f.team_pace_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.team_off_rating_source, 'computed') then 100 when starts_with(f.team_off_rating_source, 'fallback') then 60 else 0 end
        + case when starts_with(f.team_win_pct_source, 'computed') then 100 when starts_with(f.team_win_pct_source, 'fallback') then 60 else 0 end as quality_points,
        0
        + if(starts_with(f.points_avg_last_5_source, 'unavailable'), 0, 1)
        + if(starts_with(f.points_avg_last_10_source, 'unavailable'), 0, 1)
        + if(starts_with(f.points_avg_season_source, 'unavailable'), 0, 1)
        + if(starts_with(f.points_std_last_10_source, 'unavailable'), 0, 1)
        + if(starts_with(f.games_in_last_7_days_source, 'unavailable'), 0, 1)
        + if(starts_with(f.fatigue_score_source, 'unavailable'), 0, 1)
        + if(starts_with(f.shot_zone_mismatch_score_source, 'unavailable'), 0, 1)
        + if(starts_with(f.pace_score_source, 'unavailable'), 0, 1)
        + if(starts_with(f.usage_spike_score_source, 'unavailable'), 0, 1)
        + if(starts_with(f.rest_advantage_source, 'unavailable'), 0, 1)
        + if(starts_with(f.injury_risk_source, 'unavailable'), 0, 1)
        + if(starts_with(f.recent_trend_source, 'unavailable'), 0, 1)
        + if(starts_with(f.minutes_change_source, 'unavailable'), 0, 1)
        + if(starts_with(f.opponent_def_rating_source, 'unavailable'), 0, 1)
        + if(starts_with(f.opponent_pace_source, 'unavailable'), 0, 1)
        + if(starts_with(f.home_away_source, 'unavailable'), 0, 1)
        + if(starts_with(f.back_to_back_source, 'unavailable'), 0, 1)
        + if(starts_with(f.playoff_game_source, 'unavailable'), 0, 1)
        + if(starts_with(f.pct_paint_source, 'unavailable'), 0, 1)
        + if(starts_with(f.pct_mid_range_source, 'unavailable'), 0, 1)
        + if(starts_with(f.pct_three_source, 'unavailable'), 0, 1)
        + if(starts_with(f.pct_free_throw_source, 'unavailable'), 0, 1)
        + if(starts_with(f.team_pace_source, 'unavailable'), 0, 1)
        + if(starts_with(f.team_off_rating_source, 'unavailable'), 0, 1)
        + if(starts_with(f.team_win_pct_source, 'unavailable'), 0, 1) as features_applicable
    from features as f
),

scored as (
    select c.*, safe_divide(c.quality_points, c.features_applicable) as feature_quality_score from counted as c
)

select
    s.game_date,
    s.game_id,
    s.universal_player_id,
    s.player_lookup,
    s.team_abbr,
    s.opponent_abbr,
    s.season,
    s.as_of_at,
    'v1_baseline_25' as feature_version,
    25 as feature_count,
    s.features_known,
    s.feature_quality_score,
    case
        when s.feature_quality_score >= 95 then 'gold'
        when s.feature_quality_score >= 85 then 'silver'
        when s.feature_quality_score >= 70 then 'bronze'
        when s.feature_quality_score >= 50 then 'poor'
        else 'critical'
    end as data_quality_tier,
    s.early_season_flag,
    s.games_played_season,
    s.points_avg_last_5,
    s.points_avg_last_10,
    s.points_avg_season,
    s.points_std_last_10,
    s.games_in_last_7_days,
    s.fatigue_score,
    s.shot_zone_mismatch_score,
    s.pace_score,
    s.usage_spike_score,
    s.rest_advantage,
    s.injury_risk,
    s.recent_trend,
    s.minutes_change,
    s.opponent_def_rating,
    s.opponent_pace,
    s.home_away,
    s.back_to_back,
    s.playoff_game,
    s.pct_paint,
    s.pct_mid_range,
    s.pct_three,
    s.pct_free_throw,
    s.team_pace,
    s.team_off_rating,
    s.team_win_pct,
    s.points_avg_last_5_source,
    s.points_avg_last_10_source,
    s.points_avg_season_source,
    s.points_std_last_10_source,
    s.games_in_last_7_days_source,
    s.fatigue_score_source,
    s.shot_zone_mismatch_score_source,
    s.pace_score_source,
    s.usage_spike_score_source,
    s.rest_advantage_source,
    s.injury_risk_source,
    s.recent_trend_source,
    s.minutes_change_source,
    s.opponent_def_rating_source,
    s.opponent_pace_source,
    s.home_away_source,
    s.back_to_back_source,
    s.playoff_game_source,
    s.pct_paint_source,
    s.pct_mid_range_source,
    s.pct_three_source,
    s.pct_free_throw_source,
    s.team_pace_source,
    s.team_off_rating_source,
    s.team_win_pct_source
from scored as s
