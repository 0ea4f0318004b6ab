-- Purpose: the last 10 games each player of the slate @start_date played, latest first, with the main line of each.
-- Grain: universal_player_id, game_id.
-- Point in time: game_date < @start_date; a line is the one its own slate knew, NULL where that slate was never built.

with slate as (
    select distinct universal_player_id
    from nba_analytics.upcoming_player_game_context
    where game_date = @start_date
),

played as (
    select game_date, game_id, universal_player_id, points, minutes
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @start_date and participation = 'played'
),

lines as (
    select game_id, universal_player_id, current_points_line
    from nba_analytics.upcoming_player_game_context
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @start_date and has_line
),

recent as (
    select p.*
    from played as p
    inner join slate as s on s.universal_player_id = p.universal_player_id
    qualify row_number() over (partition by p.universal_player_id order by p.game_date desc, p.game_id desc) <= 10
)

select
    r.universal_player_id,
    r.game_date,
    r.game_id,
    r.points,
    r.minutes,
    l.current_points_line as points_line,
    case
        when l.current_points_line is null then null
        when r.points > l.current_points_line then 'over'
        when r.points < l.current_points_line then 'under'
        else 'push'
    end as result
from recent as r
left join lines as l on l.game_id = r.game_id and l.universal_player_id = r.universal_player_id
order by r.universal_player_id, r.game_date desc, r.game_id desc
