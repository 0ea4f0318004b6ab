-- Purpose: where a player's shots come from, over his last 20 games played.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: games with game_date < the slate. Without zones in the source, shares of two- and three-pointers stand in, and say so.

with slate as (
    select game_date, game_id, universal_player_id
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

played as (
    select
        game_date, game_id, universal_player_id, points, fgm, fga, fg3m, fg3a, ftm, fgm_paint, fga_paint, fgm_mid, fga_mid
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

recent as (
    select s.game_date as slate_date, s.game_id as slate_game_id, h.*
    from slate as s
    inner join played as h
        on h.universal_player_id = s.universal_player_id
        and h.game_date < s.game_date
        and h.game_date >= date_sub(s.game_date, interval 400 day)
    qualify row_number() over (
        partition by s.game_date, s.universal_player_id order by h.game_date desc, h.game_id desc
    ) <= 20
),

totals as (
    select
        slate_date,
        slate_game_id,
        universal_player_id,
        count(*) as games_used,
        sum(points) as points,
        sum(fga) as fga,
        sum(fg3a) as fg3a,
        sum(fg3m) as fg3m,
        sum(fga - fg3a) as fg2a,
        sum(fgm - fg3m) as fg2m,
        sum(ftm) as ftm,
        sum(fga_paint) as fga_paint,
        sum(fga_mid) as fga_mid,
        countif(fga_paint is null or fga_mid is null) = 0 as has_zones
    from recent
    group by slate_date, slate_game_id, universal_player_id
),

shares as (
    select
        t.*,
        safe_divide(fg2a, fga) as two_point_share,
        safe_divide(fg3a, fga) as three_point_share,
        if(has_zones, safe_divide(fga_paint, fga), null) as paint_share,
        if(has_zones, safe_divide(fga_mid, fga), null) as mid_range_share
    from totals as t
)

select
    s.game_date,
    s.game_id,
    s.universal_player_id,
    coalesce(h.games_used, 0) as games_used,
    coalesce(h.fga, 0) as field_goals_attempted,
    h.two_point_share,
    h.three_point_share,
    h.paint_share,
    h.mid_range_share,
    100 * safe_divide(h.fg2m, h.fg2a) as two_point_fg_pct,
    100 * safe_divide(h.fg3m, h.fg3a) as three_point_fg_pct,
    safe_divide(h.ftm, h.points) as free_throw_points_share,
    case
        when coalesce(h.fga, 0) = 0 then null
        when not h.has_zones then if(100 * h.fg3a >= 40 * h.fga, 'three', 'two')
        when 100 * h.fga_paint >= 40 * h.fga then 'paint'
        when 100 * h.fg3a >= 40 * h.fga then 'three'
        when 100 * h.fga_mid >= 35 * h.fga then 'mid_range'
        else 'balanced'
    end as primary_zone,
    case
        when coalesce(h.fga, 0) = 0 then 'none'
        when h.has_zones then 'shot_zones'
        else 'two_three_split'
    end as zone_source
from slate as s
left join shares as h
    on h.slate_date = s.game_date and h.slate_game_id = s.game_id and h.universal_player_id = s.universal_player_id
