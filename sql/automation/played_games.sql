-- Purpose: games of past dates: whether any source's box score of them is there, and whether predictions of them are graded.
-- Grain: game_date, game_id.
-- Point in time: none; it says what is still to be asked for, and to be graded, after the games.

with games as (
    select game_date, game_id
    from nba_raw.schedule
    where game_date between @start_date and @end_date
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

box_scores as (
    select game_date, game_id from nba_raw.player_box_scores where game_date between @start_date and @end_date
    union distinct
    select game_date, game_id from nba_raw.box_score_reports where game_date between @start_date and @end_date
),

predicted as (
    select distinct game_date, game_id
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line
),

graded as (
    select distinct game_date, game_id
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date
)

select
    g.game_date,
    g.game_id,
    b.game_id is not null as has_box_score,
    p.game_id is not null as is_predicted,
    a.game_id is not null as is_graded
from games as g
left join box_scores as b on b.game_date = g.game_date and b.game_id = g.game_id
left join predicted as p on p.game_date = g.game_date and p.game_id = g.game_id
left join graded as a on a.game_date = g.game_date and a.game_id = g.game_id
