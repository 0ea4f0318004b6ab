-- Purpose: the cached form of a slate is that of the games before it: counted and averaged again from the results, by another query.
-- Grain: one row a date and broken rule: game_date, value (players), finding.
-- Point in time: results with game_date < the slate, at most 400 days back. A count that is too low is not a leak: a box score came late.

with cached as (
    select game_date, game_id, universal_player_id, games_played_season, points_avg_season, points_avg_last_5
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

seasons as (
    select distinct game_id, season from nba_raw.schedule where game_date between @start_date and @end_date
),

results as (
    select game_date, game_id, universal_player_id, season, points
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

earlier as (
    select
        c.game_date,
        c.game_id,
        c.universal_player_id,
        r.season = s.season as is_this_season,
        r.points,
        row_number() over (
            partition by c.game_date, c.game_id, c.universal_player_id order by r.game_date desc, r.game_id desc
        ) as games_ago
    from cached as c
    inner join seasons as s on s.game_id = c.game_id
    inner join results as r
        on r.universal_player_id = c.universal_player_id
        and r.game_date < c.game_date
        and r.game_date >= date_sub(c.game_date, interval 400 day)
),

recounted as (
    select
        game_date,
        game_id,
        universal_player_id,
        sum(if(is_this_season, 1, 0)) as games,
        sum(if(is_this_season, points, 0)) as points,
        sum(if(games_ago <= 5, 1, 0)) as games_of_last_5,
        sum(if(games_ago <= 5, points, 0)) as points_of_last_5
    from earlier
    group by game_date, game_id, universal_player_id
),

compared as (
    select
        c.game_date,
        c.universal_player_id as who,
        c.games_played_season - coalesce(r.games, 0) as games_too_many,
        c.games_played_season * c.points_avg_season - r.points as points_too_many,
        r.games_of_last_5 * c.points_avg_last_5 - r.points_of_last_5 as points_too_many_of_last_5
    from cached as c
    left join recounted as r
        on r.game_date = c.game_date and r.game_id = c.game_id and r.universal_player_id = c.universal_player_id
),

faults as (
    select game_date, who, 'more games counted than were played before the date' as fault
    from compared
    where games_too_many > 0
    union all
    select game_date, who, 'season average of other games than those before the date' as fault
    from compared
    where games_too_many = 0 and abs(points_too_many) > 0.001
    union all
    select game_date, who, 'last-5 average of other games than the last 5 before the date' as fault
    from compared
    where games_too_many = 0 and abs(points_too_many_of_last_5) > 0.001
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, fault
