-- Purpose: what is known of each team before each of its games, and the instant of knowledge.
-- Grain: game_date, game_id, team_abbr.
-- Point in time: results with game_date < the slate; of the slate itself only schedule facts (teams, venue, tip).
-- as_of_at: @as_of if given (never after tip); from @live_from_date on, @now (never after tip); else 30 minutes before tip, or noon
--   Eastern of the slate where tip is unknown.

with schedule as (
    select game_id, game_date, season, season_type, home_team, away_team, tip_at
    from nba_raw.schedule
    where season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
        and game_date >= date_sub(@start_date, interval 400 day) and game_date <= @end_date
),

offense as (
    select game_date, game_id, season, team_abbr, is_win, team_points, team_seconds, possessions_x100
    from nba_analytics.team_offense_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

defense as (
    select game_date, game_id, team_abbr, opponent_points, opponent_possessions_x100
    from nba_analytics.team_defense_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

quoted_tips as (
    select distinct game_id, tip_at
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and tip_basis = 'quote' and game_id is not null
),

season_starts as (
    select season, min(game_date) as season_start from schedule group by season
),

team_schedule as (
    select game_id, game_date, season, season_type, home_team as team_abbr, away_team as opponent_abbr, true as is_home, tip_at
    from schedule
    union all
    select game_id, game_date, season, season_type, away_team as team_abbr, home_team as opponent_abbr, false as is_home, tip_at
    from schedule
),

team_games as (
    select
        t.*,
        lag(t.game_date) over (partition by t.team_abbr, t.season order by t.game_date, t.game_id) as previous_game_date,
        row_number() over (partition by t.team_abbr, t.season order by t.game_date, t.game_id) - 1 as games_scheduled_season
    from team_schedule as t
),

slate as (
    select
        g.game_date,
        g.game_id,
        g.season,
        g.season_type,
        g.team_abbr,
        g.opponent_abbr,
        g.is_home,
        coalesce(g.tip_at, q.tip_at) as tip_at,
        g.games_scheduled_season,
        g.previous_game_date,
        date_diff(g.game_date, s.season_start, day) as season_day,
        timestamp(datetime(g.game_date, time(12, 0, 0)), 'America/New_York') as noon_at
    from team_games as g
    inner join season_starts as s on s.season = g.season
    left join quoted_tips as q on q.game_id = g.game_id
    where g.game_date between @start_date and @end_date
),

knowledge as (
    select
        game_id,
        team_abbr,
        case
            when @as_of is not null then if(tip_at is not null and tip_at < @as_of, tip_at, @as_of)
            when game_date >= @live_from_date then if(tip_at is not null and tip_at < @now, tip_at, @now)
            when tip_at is not null then timestamp_sub(tip_at, interval 30 minute)
            else noon_at
        end as as_of_at,
        case
            when @as_of is not null then 'explicit'
            when game_date >= @live_from_date then 'live'
            when tip_at is not null then 'tip_minus_30'
            else 'noon_bound'
        end as as_of_basis
    from slate
),

density as (
    select
        s.game_id,
        s.team_abbr,
        countif(g.game_date >= date_sub(s.game_date, interval 7 day)) as games_last_7_days,
        count(g.game_id) as games_last_14_days,
        countif(date_diff(g.game_date, g.previous_game_date, day) = 1) as back_to_backs_before
    from slate as s
    inner join team_games as g
        on g.team_abbr = s.team_abbr
        and g.game_date < s.game_date
        and g.game_date >= date_sub(s.game_date, interval 14 day)
    group by s.game_id, s.team_abbr
),

found as (
    select
        s.game_id,
        s.team_abbr,
        count(o.game_id) as games_found_season,
        countif(o.is_win) as wins
    from slate as s
    inner join offense as o on o.team_abbr = s.team_abbr and o.season = s.season and o.game_date < s.game_date
    group by s.game_id, s.team_abbr
),

slate_dates as (
    select distinct game_date from slate
),

recent_offense as (
    select
        d.game_date,
        o.team_abbr,
        o.season,
        o.team_points,
        o.team_seconds,
        o.possessions_x100,
        row_number() over (partition by d.game_date, o.team_abbr order by o.game_date desc, o.game_id desc) as games_ago
    from slate_dates as d
    inner join offense as o
        on o.game_date < d.game_date and o.game_date >= date_sub(d.game_date, interval 400 day)
),

offense_last_10 as (
    select
        game_date,
        team_abbr,
        min(season) as oldest_season,
        safe_divide(144 * sum(possessions_x100), sum(team_seconds)) as pace_last_10,
        safe_divide(10000 * sum(team_points), sum(possessions_x100)) as off_rating_last_10
    from recent_offense
    where games_ago <= 10
    group by game_date, team_abbr
),

recent_defense as (
    select
        d.game_date,
        f.team_abbr,
        f.opponent_points,
        f.opponent_possessions_x100,
        row_number() over (partition by d.game_date, f.team_abbr order by f.game_date desc, f.game_id desc) as games_ago
    from slate_dates as d
    inner join defense as f
        on f.game_date < d.game_date and f.game_date >= date_sub(d.game_date, interval 400 day)
),

defense_last_15 as (
    select
        game_date,
        team_abbr,
        safe_divide(10000 * sum(opponent_points), sum(opponent_possessions_x100)) as def_rating_last_15
    from recent_defense
    where games_ago <= 15
    group by game_date, team_abbr
),

defense_ranked as (
    select
        game_date,
        team_abbr,
        def_rating_last_15,
        rank() over (partition by game_date order by def_rating_last_15, team_abbr) as def_rank_last_15,
        count(*) over (partition by game_date) as teams_ranked
    from defense_last_15
)

select
    s.game_date,
    s.game_id,
    s.season,
    s.season_type,
    s.team_abbr,
    s.opponent_abbr,
    s.is_home,
    s.tip_at,
    k.as_of_at,
    k.as_of_basis,
    if(s.game_date >= @live_from_date, 'live', 'backfill') as run_mode,
    s.season_day,
    s.season_day <= 13 as early_season_flag,
    date_diff(s.game_date, s.previous_game_date, day) - 1 as days_rest,
    coalesce(date_diff(s.game_date, s.previous_game_date, day) = 1, false) as is_back_to_back,
    coalesce(d.games_last_7_days, 0) as games_last_7_days,
    coalesce(d.games_last_14_days, 0) as games_last_14_days,
    coalesce(d.back_to_backs_before, 0)
        + if(coalesce(date_diff(s.game_date, s.previous_game_date, day) = 1, false), 1, 0) as back_to_backs_last_14_days,
    s.games_scheduled_season,
    coalesce(f.games_found_season, 0) as games_found_season,
    100 * safe_divide(coalesce(f.games_found_season, 0), s.games_scheduled_season) as completeness_pct,
    o.pace_last_10,
    o.off_rating_last_10,
    r.def_rating_last_15,
    r.def_rank_last_15,
    coalesce(r.teams_ranked, 0) as teams_ranked,
    safe_divide(f.wins, f.games_found_season) as win_share_season,
    case
        when o.team_abbr is null then 'missing:no_games'
        when o.oldest_season < s.season then 'fallback:previous_season'
        else 'computed'
    end as strength_source
from slate as s
inner join knowledge as k on k.game_id = s.game_id and k.team_abbr = s.team_abbr
left join density as d on d.game_id = s.game_id and d.team_abbr = s.team_abbr
left join found as f on f.game_id = s.game_id and f.team_abbr = s.team_abbr
left join offense_last_10 as o on o.game_date = s.game_date and o.team_abbr = s.team_abbr
left join defense_ranked as r on r.game_date = s.game_date and r.team_abbr = s.team_abbr
