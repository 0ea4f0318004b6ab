-- Purpose: what must add up in a box score: points from shots, teams from players, minutes from five on the court.
-- Grain: one row a date and broken identity: game_date, value (players or teams), finding.
-- Point in time: none; rows are results.

with played as (
    select
        game_date, game_id, team_abbr, player_name, is_home, minutes, points, fgm, fga, fg3m, fg3a, ftm, fta, fga_paint, fga_mid
    from nba_raw.player_box_scores
    where game_date between @start_date and @end_date
        and participation = 'played'
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

results as (
    select game_id, home_points, away_points
    from nba_raw.game_results
    where game_date between @start_date and @end_date
),

teams as (
    select
        p.game_date,
        concat(p.team_abbr, ' in ', p.game_id) as who,
        sum(p.points) as points,
        sum(p.minutes) as minutes,
        count(*) as players,
        max(if(p.is_home, r.home_points, r.away_points)) as result_points
    from played as p
    left join results as r on r.game_id = p.game_id
    group by p.game_date, p.game_id, p.team_abbr
),

faults as (
    select game_date, player_name as who, 'points are not 2 x twos + 3 x threes + free throws' as fault
    from played
    where points <> 2 * fgm + fg3m + ftm
    union all
    select game_date, player_name as who, 'more shots made than attempted' as fault
    from played
    where fgm > fga or fg3m > fg3a or ftm > fta or fg3m > fgm or fg3a > fga
    union all
    select game_date, player_name as who, 'zone attempts do not add up to field-goal attempts' as fault
    from played
    where fga_paint + fga_mid + fg3a <> fga
    union all
    select game_date, who, 'team points are not the final score' as fault
    from teams
    where points <> result_points
    union all
    select game_date, who, 'fewer than 5 or more than 15 players of a team played' as fault
    from teams
    where players < 5 or players > 15
    union all
    select game_date, who, 'team minutes are not 240 and 25 an overtime' as fault
    from teams
    where abs(minutes - 240 - 25 * greatest(0, round((minutes - 240) / 25))) > 3
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, fault
