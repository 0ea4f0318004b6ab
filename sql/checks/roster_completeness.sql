-- Purpose: every team of the season has a roster of 8 or more on each slate date, as soon as there is anything to know it from.
-- Grain: roster_date as game_date; value is the number of teams with 8 players or more, finding NULL where it is in order.
-- Point in time: rosters as known before each slate; box scores of the previous season only say that one is there.

with games as (
    select game_date, season, home_team, away_team
    from nba_raw.schedule
    where game_date between date_sub(@start_date, interval 400 day) and date_add(@end_date, interval 400 day)
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

seasons as (
    select season, min(game_date) as first_date from games group by season
),

slates as (
    select distinct g.game_date, g.season, s.first_date
    from games as g
    inner join seasons as s on s.season = g.season
    where g.game_date between @start_date and @end_date
),

season_teams as (
    select season, home_team as team_abbr from games
    union distinct
    select season, away_team as team_abbr from games
),

last_played as (
    select season, max(game_date) as last_date
    from nba_raw.player_box_scores
    where game_date >= date_sub(@start_date, interval 400 day) and game_date <= @end_date
    group by season
),

with_previous_season as (
    select distinct s.game_date
    from slates as s
    inner join last_played as l on l.last_date < s.first_date and l.last_date >= date_sub(s.game_date, interval 400 day)
),

rosters as (
    select roster_date as game_date, team_abbr, count(*) as players
    from nba_raw.team_rosters
    where roster_date between @start_date and @end_date
    group by roster_date, team_abbr
),

judged as (
    select
        s.game_date,
        count(*) as teams,
        countif(coalesce(r.players, 0) >= 8) as complete_teams,
        string_agg(if(coalesce(r.players, 0) >= 8, null, t.team_abbr), ' ' order by t.team_abbr) as lacking,
        max(if(p.game_date is not null or date_diff(s.game_date, s.first_date, day) >= 14, 1, 0)) as is_due
    from slates as s
    inner join season_teams as t on t.season = s.season
    left join rosters as r on r.game_date = s.game_date and r.team_abbr = t.team_abbr
    left join with_previous_season as p on p.game_date = s.game_date
    group by s.game_date
)

select
    game_date,
    cast(complete_teams as float64) as value,
    if(
        is_due = 1 and complete_teams < teams,
        concat(
            cast(complete_teams as string), ' of ', cast(teams as string), ' teams have 8 players or more',
            if(complete_teams < teams - 1, ' (partial)', ''), '; lacking: ', lacking
        ),
        null
    ) as finding
from judged
