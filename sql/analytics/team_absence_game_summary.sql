-- Purpose: what each team's rotation lacked in each game: players who usually play and did not, with their usual minutes and plays.
-- Grain: game_date, game_id, team_abbr.
-- Point in time: rows are results; who usually plays is judged by games of the 45 days before each game. Readers take game_date <
--   their own date.

with played as (
    select game_date, game_id, universal_player_id, team_abbr, seconds_played, plays_used_x100
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 45 day) and game_date <= @end_date and participation = 'played'
),

team_games as (
    select distinct game_date, game_id, team_abbr from played where game_date between @start_date and @end_date
),

positions as (
    select
        concat('nba_', cast(source_player_id as string)) as universal_player_id,
        upper(substr(max(position), 1, 1)) as position_letter
    from nba_raw.player_list
    group by source_player_id
),

seen as (
    select distinct g.game_date, g.game_id, g.team_abbr, h.universal_player_id
    from team_games as g
    inner join played as h
        on h.team_abbr = g.team_abbr
        and h.game_date < g.game_date
        and h.game_date >= date_sub(g.game_date, interval 45 day)
),

history as (
    select
        s.game_date,
        s.game_id,
        s.team_abbr,
        s.universal_player_id,
        h.team_abbr as played_team_abbr,
        h.seconds_played,
        h.plays_used_x100,
        row_number() over (
            partition by s.game_id, s.team_abbr, s.universal_player_id order by h.game_date desc, h.game_id desc
        ) as games_ago
    from seen as s
    inner join played as h
        on h.universal_player_id = s.universal_player_id
        and h.game_date < s.game_date
        and h.game_date >= date_sub(s.game_date, interval 45 day)
),

weighted as (
    select *, cast(round(1000000 * pow(0.5, (games_ago - 1) / 8)) as int64) as weight from history
),

usual as (
    select
        game_date,
        game_id,
        team_abbr,
        universal_player_id,
        max(if(games_ago = 1, played_team_abbr, null)) as last_team_abbr,
        cast(round(safe_divide(sum(weight * seconds_played), sum(weight))) as int64) as usual_seconds,
        cast(round(safe_divide(sum(weight * plays_used_x100), sum(weight))) as int64) as usual_plays_x100
    from weighted
    group by game_date, game_id, team_abbr, universal_player_id
),

absent as (
    select u.game_id, u.team_abbr, u.usual_seconds, u.usual_plays_x100, q.position_letter
    from usual as u
    left join played as p on p.game_id = u.game_id and p.universal_player_id = u.universal_player_id
    left join positions as q on q.universal_player_id = u.universal_player_id
    where u.last_team_abbr = u.team_abbr and u.usual_seconds >= 720 and p.game_id is null
)

select
    g.game_date,
    g.game_id,
    g.team_abbr,
    count(a.usual_seconds) as absent_players,
    coalesce(safe_divide(sum(a.usual_seconds), 60), 0) as absent_minutes,
    coalesce(safe_divide(sum(a.usual_plays_x100), 100), 0) as absent_plays,
    coalesce(safe_divide(sum(if(a.position_letter = 'G', a.usual_seconds, 0)), 60), 0) as absent_minutes_guard,
    coalesce(safe_divide(sum(if(a.position_letter = 'F', a.usual_seconds, 0)), 60), 0) as absent_minutes_forward,
    coalesce(safe_divide(sum(if(a.position_letter = 'C', a.usual_seconds, 0)), 60), 0) as absent_minutes_center
from team_games as g
left join absent as a on a.game_id = g.game_id and a.team_abbr = g.team_abbr
group by g.game_date, g.game_id, g.team_abbr
