-- Purpose: what each team's offence did in each game: points, possessions, pace, rating.
-- Grain: game_date, game_id, team_abbr.
-- Point in time: rows are results; readers take game_date < their own date.

with box as (
    select
        game_id, game_date, season, season_type, team_abbr, opponent_abbr, is_home, points, oreb, seconds_played,
        plays_used_x100
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date and participation = 'played'
),

teams as (
    select
        game_date,
        game_id,
        season,
        season_type,
        team_abbr,
        opponent_abbr,
        is_home,
        sum(points) as team_points,
        sum(seconds_played) as team_seconds,
        sum(plays_used_x100 - 100 * oreb) as possessions_x100,
        sum(plays_used_x100) as plays_x100
    from box
    group by game_date, game_id, season, season_type, team_abbr, opponent_abbr, is_home
)

select
    t.game_date,
    t.game_id,
    t.season,
    t.season_type,
    t.team_abbr,
    t.opponent_abbr,
    t.is_home,
    t.team_points > o.team_points as is_win,
    t.team_points,
    o.team_points as opponent_points,
    t.team_seconds,
    t.possessions_x100,
    t.plays_x100,
    safe_divide(144 * t.possessions_x100, t.team_seconds) as pace,
    safe_divide(10000 * t.team_points, t.possessions_x100) as off_rating
from teams as t
inner join teams as o on o.game_id = t.game_id and o.team_abbr = t.opponent_abbr
