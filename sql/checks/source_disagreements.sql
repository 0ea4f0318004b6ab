-- Purpose: whether sources tell the same of one player-game and one result: the NBA's box score against those of others.
-- Grain: one row a date, source and kind of disagreement: game_date, value (how many), finding.
-- Point in time: none; rows are results.

with official as (
    select game_date, game_id, source_player_id, player_name, participation, minutes, points
    from nba_raw.player_box_scores
    where game_date between @start_date and @end_date
),

results as (
    select game_date, game_id, home_points, away_points
    from nba_raw.game_results
    where game_date between @start_date and @end_date
),

reports as (
    select
        r.game_date, r.game_id, r.source, r.team_abbr, r.is_home, r.participation, r.minutes, r.points, s.source_player_id
    from nba_raw.box_score_reports as r
    left join nba_reference.source_people as s
        on s.source = r.source
        and s.source_person_id = r.source_person_id
        and s.player_name = r.player_name
        and s.team_abbr = r.team_abbr
    where r.game_date between @start_date and @end_date
),

compared as (
    select
        r.game_date, r.source, o.player_name as who, o.points <> r.points as has_other_points,
        abs(o.minutes - r.minutes) > 1 as has_other_minutes,
        (o.participation = 'played') <> (r.participation = 'played') as has_other_part
    from reports as r
    inner join official as o on o.game_id = r.game_id and o.source_player_id = r.source_player_id
),

team_scores as (
    select
        r.game_date, r.source, concat(r.team_abbr, ' in ', r.game_id) as who, sum(r.points) as points,
        max(if(r.is_home, s.home_points, s.away_points)) as result_points
    from reports as r
    inner join results as s on s.game_id = r.game_id
    group by r.game_date, r.source, r.team_abbr, r.game_id
),

faults as (
    select game_date, source, who, 'points' as fault from compared where has_other_points
    union all
    select game_date, source, who, 'minutes by more than one' as fault from compared where has_other_minutes
    union all
    select game_date, source, who, 'whether he played' as fault from compared where has_other_part
    union all
    select game_date, source, who, 'the result' as fault from team_scores where points <> result_points
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(source, ' differs in ', fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, source, fault
