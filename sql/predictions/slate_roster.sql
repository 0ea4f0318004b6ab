-- Purpose: everyone on the rosters of the slates, with what tells whether he will play and what he usually plays.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: context and form of the slate, which are themselves of the time before it; no result.

with context as (
    select
        game_date, game_id, universal_player_id, player_name, team_abbr, avg_minutes_last_10, team_games_seen_of_last_5,
        has_line, injury_status, is_out
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

form as (
    select game_id, universal_player_id, minutes_ewm_8, plays_ewm_8, days_since_last_game, team_games_missed
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

positions as (
    select
        concat('nba_', cast(source_player_id as string)) as universal_player_id,
        upper(substr(max(position), 1, 1)) as position_letter
    from nba_raw.player_list
    group by source_player_id
)

select
    c.game_date,
    c.game_id,
    c.universal_player_id,
    c.player_name,
    c.team_abbr,
    c.avg_minutes_last_10,
    c.team_games_seen_of_last_5,
    c.has_line,
    q.team_quoted_players,
    s.season_day,
    c.injury_status,
    c.is_out,
    f.minutes_ewm_8,
    f.plays_ewm_8,
    f.days_since_last_game,
    f.team_games_missed,
    p.position_letter
from context as c
inner join form as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
inner join season as s on s.game_id = c.game_id and s.team_abbr = c.team_abbr
inner join quoted as q on q.game_id = c.game_id and q.team_abbr = c.team_abbr
left join positions as p on p.universal_player_id = c.universal_player_id
order by c.game_date, c.game_id, c.universal_player_id
