-- Purpose: everyone on earlier rosters who was seen in the 45 days before, with what told whether he would play, and whether he did.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: @start_date..@end_date is the training window, which ends before the model's month; the outcome is the game's own.

with context as (
    select
        game_date, game_id, universal_player_id, team_abbr, avg_minutes_last_10, team_games_seen_of_last_5,
        has_line, injury_status, is_out
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

form as (
    select game_id, universal_player_id, days_since_last_game, team_games_missed
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

season as (
    select game_id, team_abbr, season_day
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

quoted as (
    select game_id, team_abbr, countif(has_line) as team_quoted_players from context group by game_id, team_abbr
),

outcomes as (
    select game_id, universal_player_id, participation = 'played' as is_played
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date
),

games as (
    select distinct game_id from outcomes
)

select
    c.game_date,
    c.game_id,
    c.universal_player_id,
    c.team_abbr,
    c.avg_minutes_last_10,
    c.team_games_seen_of_last_5,
    c.has_line,
    q.team_quoted_players,
    s.season_day,
    c.injury_status,
    c.is_out,
    f.days_since_last_game,
    f.team_games_missed,
    coalesce(o.is_played, false) as is_played
from context as c
inner join form as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
inner join season as s on s.game_id = c.game_id and s.team_abbr = c.team_abbr
inner join quoted as q on q.game_id = c.game_id and q.team_abbr = c.team_abbr
inner join games as g on g.game_id = c.game_id
left join outcomes as o on o.game_id = c.game_id and o.universal_player_id = c.universal_player_id
where f.days_since_last_game <= 45
order by c.game_date, c.game_id, c.universal_player_id
