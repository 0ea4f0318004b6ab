-- Purpose: what each team on the slate gives up by zone, its last 15 games against the league of the 30 days before.
-- Grain: game_date, game_id, team_abbr.
-- Point in time: games with game_date < the slate on both sides.

with slate as (
    select game_date, game_id, team_abbr
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

defense as (
    select
        game_date, game_id, team_abbr, opponent_points, opponent_possessions_x100, allowed_two_fgm, allowed_two_fga,
        allowed_three_fgm, allowed_three_fga, allowed_paint_fgm, allowed_paint_fga, allowed_mid_fgm, allowed_mid_fga
    from nba_analytics.team_defense_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

slate_dates as (
    select distinct game_date from slate
),

recent as (
    select s.game_date as slate_date, s.game_id as slate_game_id, f.*
    from slate as s
    inner join defense as f
        on f.team_abbr = s.team_abbr
        and f.game_date < s.game_date
        and f.game_date >= date_sub(s.game_date, interval 400 day)
    qualify row_number() over (
        partition by s.game_date, s.team_abbr order by f.game_date desc, f.game_id desc
    ) <= 15
),

teams as (
    select
        slate_date,
        slate_game_id,
        team_abbr,
        count(*) as games_used,
        countif(allowed_paint_fga is null or allowed_mid_fga is null) = 0 as has_zones,
        safe_divide(sum(allowed_two_fgm), sum(allowed_two_fga)) as two_share,
        safe_divide(sum(allowed_three_fgm), sum(allowed_three_fga)) as three_share,
        safe_divide(sum(allowed_paint_fgm), sum(allowed_paint_fga)) as paint_share,
        safe_divide(sum(allowed_mid_fgm), sum(allowed_mid_fga)) as mid_share,
        safe_divide(
            sum(allowed_two_fgm + allowed_three_fgm), sum(allowed_two_fga + allowed_three_fga)
        ) as overall_share
    from recent
    group by slate_date, slate_game_id, team_abbr
),

league as (
    select
        d.game_date as slate_date,
        count(*) as league_games_used,
        safe_divide(sum(f.allowed_two_fgm), sum(f.allowed_two_fga)) as two_share,
        safe_divide(sum(f.allowed_three_fgm), sum(f.allowed_three_fga)) as three_share,
        safe_divide(sum(f.allowed_paint_fgm), sum(f.allowed_paint_fga)) as paint_share,
        safe_divide(sum(f.allowed_mid_fgm), sum(f.allowed_mid_fga)) as mid_share,
        safe_divide(
            sum(f.allowed_two_fgm + f.allowed_three_fgm), sum(f.allowed_two_fga + f.allowed_three_fga)
        ) as overall_share,
        safe_divide(10000 * sum(f.opponent_points), sum(f.opponent_possessions_x100)) as league_def_rating
    from slate_dates as d
    inner join defense as f
        on f.game_date < d.game_date and f.game_date >= date_sub(d.game_date, interval 30 day)
    group by d.game_date
)

select
    s.game_date,
    s.game_id,
    s.team_abbr,
    coalesce(t.games_used, 0) as games_used,
    coalesce(g.league_games_used, 0) as league_games_used,
    100 * (t.two_share - g.two_share) as two_diff_pct,
    100 * (t.three_share - g.three_share) as three_diff_pct,
    if(t.has_zones, 100 * (t.paint_share - g.paint_share), null) as paint_diff_pct,
    if(t.has_zones, 100 * (t.mid_share - g.mid_share), null) as mid_range_diff_pct,
    100 * (t.overall_share - g.overall_share) as overall_diff_pct,
    g.league_def_rating,
    case
        when t.games_used is null then 'none'
        when t.has_zones then 'shot_zones'
        else 'two_three_split'
    end as zone_source
from slate as s
left join teams as t on t.slate_date = s.game_date and t.slate_game_id = s.game_id and t.team_abbr = s.team_abbr
left join league as g on g.slate_date = s.game_date
