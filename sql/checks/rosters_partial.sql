-- Purpose: whether a date for which ESPN gave any roster has those of (nearly) all 30 teams; a team's last one stands in for 7 days.
-- Grain: one row a date with any: game_date, value (teams), finding NULL where 29 teams or more are there.
-- Point in time: rosters of the date's own morning.

with teams as (
    select roster_date as game_date, count(distinct team_abbr) as team_count
    from nba_raw.roster_reports
    where roster_date between @start_date and @end_date and source = 'espn'
    group by roster_date
)

select
    game_date,
    cast(team_count as float64) as value,
    if(team_count < 29, concat('ESPN gave ', cast(team_count as string), ' of 30 rosters'), null) as finding
from teams
