-- Purpose: what each player did in each game, with identity and usage: from box scores with the NBA's ids, and of games that
--   none of these tells, from those of other sources.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: rows are results; readers take game_date < their own date.

with official as (
    select
        game_id, game_date, season, season_type, source_player_id, team_abbr, opponent_abbr, is_home, is_starter, is_win,
        participation, minutes, points, fgm, fga, fg3m, fg3a, ftm, fta, oreb, tov, fgm_paint, fga_paint, fgm_mid, fga_mid,
        source as box_source
    from nba_raw.player_box_scores
    where game_date between @start_date and @end_date
),

official_games as (
    select distinct game_id from official
),

-- One unknown player's points are missing from his team's: such a game waits until a person has said who he is.
with_unknown_players as (
    select distinct r.game_id, r.source
    from nba_raw.box_score_reports as r
    left join nba_reference.source_people as s
        on s.source = r.source
        and s.source_person_id = r.source_person_id
        and s.player_name = r.player_name
        and s.team_abbr = r.team_abbr
    where r.game_date between @start_date and @end_date and r.participation = 'played' and s.source_player_id is null
),

reported as (
    select
        r.game_id, r.game_date, r.season, r.season_type, s.source_player_id, r.team_abbr, r.opponent_abbr, r.is_home,
        r.is_starter, r.is_win, r.participation, r.minutes, r.points, r.fgm, r.fga, r.fg3m, r.fg3a, r.ftm, r.fta, r.oreb,
        r.tov, r.fgm_paint, r.fga_paint, r.fgm_mid, r.fga_mid, r.source as box_source
    from nba_raw.box_score_reports as r
    inner join nba_reference.source_people as s
        on s.source = r.source
        and s.source_person_id = r.source_person_id
        and s.player_name = r.player_name
        and s.team_abbr = r.team_abbr
    left join official_games as g on g.game_id = r.game_id
    left join with_unknown_players as u on u.game_id = r.game_id and u.source = r.source
    where r.game_date between @start_date and @end_date
        and g.game_id is null
        and u.game_id is null
        and s.source_player_id is not null
    qualify row_number() over (
        partition by r.game_id, s.source_player_id order by r.source, r.source_person_id
    ) = 1
),

box as (
    select
        *,
        cast(round(minutes * 60) as int64) as seconds_played,
        100 * (fga + tov) + 44 * fta as plays_used_x100
    from (select * from official union all select * from reported)
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
    c.oreb,
    c.fgm_paint,
    c.fga_paint,
    c.fgm_mid,
    c.fga_mid,
    c.plays_used_x100,
    c.team_plays_on_court_x100,
    100 * safe_divide(c.plays_used_x100, c.team_plays_on_court_x100) as usage_pct,
    c.box_source
from on_court as c
inner join people as p on p.source_player_id = c.source_player_id
