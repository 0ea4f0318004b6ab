-- Purpose: fatigue, zone mismatch, pace and usage factors (the rules of the features they become).
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: only context, form and zones of the slate, which are themselves of the time before it. Injury reports count as
--   offered from the date they have been seen: that they will be later in the season is hindsight.

with slate as (
    select
        game_date, game_id, universal_player_id, team_abbr, opponent_abbr, season, days_rest, is_back_to_back, games_last_7_days,
        seconds_last_7_days, is_out, injury_reported_at, team_games_seen_of_last_5, avg_minutes_last_10
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

teams as (
    select game_date, game_id, team_abbr, back_to_backs_last_14_days, pace_last_10, strength_source
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

form as (
    select game_date, game_id, universal_player_id, usage_pct_last_5, usage_pct_season, has_previous_season_in_last_5
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

zones as (
    select
        game_date, game_id, universal_player_id, primary_zone, two_point_share, three_point_share, paint_share, mid_range_share,
        zone_source
    from nba_precompute.player_shot_zone_analysis
    where game_date between @start_date and @end_date
),

defense as (
    select
        game_date, game_id, team_abbr, two_diff_pct, three_diff_pct, paint_diff_pct, mid_range_diff_pct, overall_diff_pct,
        zone_source
    from nba_precompute.team_defense_zone_analysis
    where game_date between @start_date and @end_date
),

births as (
    select concat('nba_', cast(source_player_id as string)) as universal_player_id, birth_date from nba_raw.player_list
),

first_offered as (
    select min(season) as first_season
    from nba_raw.source_capabilities
    where is_available and capability = 'injury_reports'
),

shown as (
    select s.game_date, countif(s.injury_reported_at is not null and i.first_season <= s.season) > 0 as has_injury_reports
    from slate as s
    cross join first_offered as i
    group by s.game_date
),

-- Usage that rotation players ruled out tonight leave behind: share of team plays, 0-100. Summed in whole millionths, which add
-- up to the same in any order: a range and its dates agree to the last bit.
vacated as (
    select
        s.game_date,
        s.game_id,
        s.team_abbr,
        safe_divide(
            sum(
                if(
                    s.is_out and s.team_games_seen_of_last_5 > 0,
                    cast(round(1000000 * f.usage_pct_season * s.avg_minutes_last_10 / 48) as int64),
                    0
                )
            ),
            1000000
        ) as usage_pct
    from slate as s
    inner join form as f on f.game_id = s.game_id and f.universal_player_id = s.universal_player_id
    group by s.game_date, s.game_id, s.team_abbr
),

fatigue as (
    select
        s.game_id,
        s.universal_player_id,
        safe_divide(date_diff(s.game_date, b.birth_date, day), 365.25) as age_years,
        100
        + case when s.is_back_to_back then -15 when s.days_rest >= 3 then 5 else 0 end
        + if(s.games_last_7_days >= 4, -10, 0)
        + if(s.seconds_last_7_days > 240 * 60, -10, 0)
        + if(s.games_last_7_days > 0 and s.seconds_last_7_days > 35 * 60 * s.games_last_7_days, -8, 0)
        + case when t.back_to_backs_last_14_days >= 2 then -12 when t.back_to_backs_last_14_days = 1 then -5 else 0 end
        + case
            when date_diff(s.game_date, b.birth_date, day) >= 35 * 365.25 then -10
            when date_diff(s.game_date, b.birth_date, day) >= 30 * 365.25 then -5
            else 0
        end as raw_score
    from slate as s
    inner join teams as t on t.game_id = s.game_id and t.team_abbr = s.team_abbr
    left join births as b on b.universal_player_id = s.universal_player_id
),

mismatch as (
    select
        z.game_id,
        z.universal_player_id,
        case
            when z.zone_source = 'none' or d.zone_source = 'none' or d.overall_diff_pct is null then null
            when z.primary_zone = 'three' then d.three_diff_pct * least(z.three_point_share / 0.5, 1)
            when z.primary_zone = 'two' or d.zone_source <> 'shot_zones' then d.two_diff_pct * least(z.two_point_share / 0.5, 1)
            when z.primary_zone = 'paint' then d.paint_diff_pct * least(z.paint_share / 0.5, 1)
            when z.primary_zone = 'mid_range' then d.mid_range_diff_pct * least(z.mid_range_share / 0.5, 1)
            else d.overall_diff_pct
        end as raw_score,
        case
            when z.zone_source = 'none' then 'missing:no_attempts'
            when d.zone_source = 'none' or d.overall_diff_pct is null then 'missing:no_league_window'
            when z.zone_source = 'shot_zones' and d.zone_source = 'shot_zones' then 'computed'
            else 'computed:two_three_split'
        end as source
    from zones as z
    inner join slate as s on s.game_id = z.game_id and s.universal_player_id = z.universal_player_id
    inner join defense as d on d.game_id = s.game_id and d.team_abbr = s.opponent_abbr
),

usage as (
    select
        f.game_id,
        f.universal_player_id,
        f.usage_pct_season,
        f.has_previous_season_in_last_5,
        if(w.has_injury_reports, v.usage_pct, null) as vacated_usage_pct,
        f.usage_pct_last_5 * (
            1 + 0.5 * if(w.has_injury_reports, least(coalesce(v.usage_pct, 0), 50) / 100, 0)
        ) as projected_usage_pct
    from form as f
    inner join slate as s on s.game_id = f.game_id and s.universal_player_id = f.universal_player_id
    left join vacated as v on v.game_id = s.game_id and v.team_abbr = s.team_abbr
    inner join shown as w on w.game_date = s.game_date
)

select
    s.game_date,
    s.game_id,
    s.universal_player_id,
    cast(greatest(0, least(100, f.raw_score)) as float64) as fatigue_score,
    if(f.age_years is null, 'fallback:age_unknown', 'computed') as fatigue_score_source,
    f.age_years,
    greatest(-12, least(12, greatest(-10, least(10, m.raw_score)) * if(abs(m.raw_score) > 5, 1.2, 1))) as shot_zone_mismatch_score,
    m.source as shot_zone_mismatch_score_source,
    greatest(-3, least(3, (own.pace_last_10 - opp.pace_last_10) / 2)) as pace_score,
    case
        when own.pace_last_10 is null or opp.pace_last_10 is null then 'missing:no_games'
        when own.strength_source = 'computed' and opp.strength_source = 'computed' then 'computed'
        else 'fallback:previous_season'
    end as pace_score_source,
    u.projected_usage_pct,
    u.vacated_usage_pct,
    greatest(-3, least(3, 0.3 * (u.projected_usage_pct - u.usage_pct_season))) as usage_spike_score,
    case
        when u.usage_pct_season is null then 'missing:no_games_this_season'
        when u.projected_usage_pct is null then 'missing:no_games'
        when u.has_previous_season_in_last_5 then 'fallback:previous_season'
        else 'computed'
    end as usage_spike_score_source
from slate as s
inner join fatigue as f on f.game_id = s.game_id and f.universal_player_id = s.universal_player_id
inner join mismatch as m on m.game_id = s.game_id and m.universal_player_id = s.universal_player_id
inner join usage as u on u.game_id = s.game_id and u.universal_player_id = s.universal_player_id
inner join teams as own on own.game_id = s.game_id and own.team_abbr = s.team_abbr
inner join teams as opp on opp.game_id = s.game_id and opp.team_abbr = s.opponent_abbr
