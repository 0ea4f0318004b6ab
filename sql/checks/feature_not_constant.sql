-- Purpose: which features that follow from the schedule alone must differ between the players of a slate.
-- Grain: game_date; one BOOL a feature.
-- Point in time: schedule facts of the slate and the 7 days before it; no result.

with games as (
    select game_date, game_id, home_team, away_team
    from nba_raw.schedule
    where game_date >= date_sub(@start_date, interval 7 day)
        and game_date <= @end_date
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

team_games as (
    select game_date, game_id, home_team as team_abbr from games
    union all
    select game_date, game_id, away_team as team_abbr from games
),

loads as (
    select
        t.game_date,
        t.game_id,
        t.team_abbr,
        count(e.game_id) as games_before,
        min(date_diff(t.game_date, e.game_date, day)) as days_since
    from team_games as t
    left join team_games as e
        on e.team_abbr = t.team_abbr
        and e.game_date < t.game_date
        and e.game_date >= date_sub(t.game_date, interval 7 day)
    where t.game_date between @start_date and @end_date
    group by t.game_date, t.game_id, t.team_abbr
),

by_game as (
    select game_date, game_id, max(days_since) > min(days_since) as is_rest_unequal
    from loads
    group by game_date, game_id
),

unequal as (
    select game_date, countif(is_rest_unequal) as games_unequal from by_game group by game_date
)

select
    l.game_date,
    countif(l.days_since = 1) > 0 and countif(l.days_since = 1) < count(*) as back_to_back,
    max(l.games_before) > min(l.games_before) as games_in_last_7_days,
    max(u.games_unequal) > 0 as rest_advantage
from loads as l
inner join unequal as u on u.game_date = l.game_date
group by l.game_date
