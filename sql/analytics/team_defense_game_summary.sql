-- Purpose: what each team's defence allowed in each game, by zone where the source has zones.
-- Grain: game_date, game_id, team_abbr.
-- Point in time: rows are results; readers take game_date < their own date.

with box as (
    select
        game_id, game_date, season, season_type, team_abbr, opponent_abbr, is_home, points, fgm, fga, fg3m, fg3a, oreb,
        fgm_paint, fga_paint, fgm_mid, fga_mid, plays_used_x100
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date and participation = 'played'
),

-- The attack's row, read from the defence's side.
attacks as (
    select
        game_date,
        game_id,
        season,
        season_type,
        opponent_abbr as team_abbr,
        team_abbr as opponent_abbr,
        not is_home as is_home,
        sum(points) as opponent_points,
        sum(plays_used_x100 - 100 * oreb) as opponent_possessions_x100,
        sum(fgm - fg3m) as allowed_two_fgm,
        sum(fga - fg3a) as allowed_two_fga,
        sum(fg3m) as allowed_three_fgm,
        sum(fg3a) as allowed_three_fga,
        sum(fgm_paint) as allowed_paint_fgm,
        sum(fga_paint) as allowed_paint_fga,
        sum(fgm_mid) as allowed_mid_fgm,
        sum(fga_mid) as allowed_mid_fga
    from box
    group by game_date, game_id, season, season_type, team_abbr, opponent_abbr, is_home
)

select
    game_date,
    game_id,
    season,
    season_type,
    team_abbr,
    opponent_abbr,
    is_home,
    opponent_points,
    opponent_possessions_x100,
    allowed_two_fgm,
    allowed_two_fga,
    allowed_three_fgm,
    allowed_three_fga,
    allowed_paint_fgm,
    allowed_paint_fga,
    allowed_mid_fgm,
    allowed_mid_fga,
    safe_divide(10000 * opponent_points, opponent_possessions_x100) as def_rating
from attacks
