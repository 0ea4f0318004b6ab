-- Purpose: games that players of the slates have played, with the conditions known before each.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: games of the 400 days before the range; a system uses only those before the row it predicts.

with played as (
    select game_date, game_id, universal_player_id, team_abbr, opponent_abbr, is_home, points
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

teams as (
    select game_id, team_abbr, days_rest, def_rank_last_15, teams_ranked
    from nba_analytics.upcoming_team_game_context
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

form as (
    select game_id, universal_player_id, points_avg_last_5, points_avg_last_10
    from nba_precompute.player_daily_cache
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
)

select
    p.game_date,
    p.game_id,
    p.universal_player_id,
    p.is_home,
    p.points,
    cast(floor(safe_divide(3 * (o.def_rank_last_15 - 1), o.teams_ranked)) as int64) as opponent_tier,
    least(coalesce(t.days_rest, 3), 3) as rest_bucket,
    case
        when f.points_avg_last_5 - f.points_avg_last_10 >= 3 then 1
        when f.points_avg_last_5 - f.points_avg_last_10 <= -3 then -1
        else 0
    end as form_bucket
from played as p
inner join teams as t on t.game_id = p.game_id and t.team_abbr = p.team_abbr
inner join teams as o on o.game_id = p.game_id and o.team_abbr = p.opponent_abbr
left join form as f on f.game_id = p.game_id and f.universal_player_id = p.universal_player_id
order by p.universal_player_id, p.game_date, p.game_id
