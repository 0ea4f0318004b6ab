-- Purpose: what each player did in each game, with identity and usage.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: rows are results; readers take game_date < their own date.

with box as (
    select
        game_id, game_date, season, season_type, source_player_id, team_abbr, opponent_abbr, is_home, is_starter, is_win,
        participation, minutes, points, fgm, fga, fg3m, fg3a, ftm, fta, tov, fgm_paint, fga_paint, fgm_mid, fga_mid,
        cast(round(minutes * 60) as int64) as seconds_played,
        100 * (fga + tov) + 44 * fta as plays_used_x100
    from nba_raw.player_box_scores
    where game_date between @start_date and @end_date
),

people as (
    select distinct source_player_id, universal_player_id, player_lookup, player_name
    from nba_reference.nba_players_registry
),

team_totals as (
    select
        game_id,
        team_abbr,
        sum(seconds_played) as team_seconds,
        sum(plays_used_x100) as team_plays_x100
    from box
    where participation = 'played'
    group by game_id, team_abbr
),

on_court as (
    select
        b.*,
        cast(round(safe_divide(5 * t.team_plays_x100 * b.seconds_played, t.team_seconds)) as int64)
            as team_plays_on_court_x100
    from box as b
    left join team_totals as t on t.game_id = b.game_id and t.team_abbr = b.team_abbr
)

select
    c.game_date,
    c.game_id,
    p.universal_player_id,
    p.player_lookup,
    p.player_name,
    c.team_abbr,
    c.opponent_abbr,
    c.season,
    c.season_type,
    c.is_home,
    c.is_starter,
    c.is_win,
    c.participation,
    c.minutes,
    c.seconds_played,
    c.points,
    c.fgm,
    c.fga,
    c.fg3m,
    c.fg3a,
    c.ftm,
    c.fta,
    c.fgm_paint,
    c.fga_paint,
    c.fgm_mid,
    c.fga_mid,
    c.plays_used_x100,
    c.team_plays_on_court_x100,
    100 * safe_divide(c.plays_used_x100, c.team_plays_on_court_x100) as usage_pct
from on_court as c
inner join people as p on p.source_player_id = c.source_player_id
