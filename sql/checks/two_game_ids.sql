-- Purpose: predictions and schedule speak of one space of game ids; two of them once emptied the front page.
-- Grain: one row a date at fault: game_date, value (games), finding.
-- Point in time: none; a game moved to another date keeps its id, so the season around is read.

with predicted as (
    select distinct game_date, game_id
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
),

scheduled as (
    select game_id
    from nba_raw.schedule
    where game_date between date_sub(@start_date, interval 400 day) and date_add(@end_date, interval 400 day)
)

select
    p.game_date,
    cast(count(*) as float64) as value,
    concat(cast(count(*) as string), ' predicted games are not in the schedule, e.g. ', min(p.game_id)) as finding
from predicted as p
left join scheduled as s on s.game_id = p.game_id
where s.game_id is null
group by p.game_date
