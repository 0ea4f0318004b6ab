-- Purpose: grades are typed and consistent, and every active main-line prediction of a game with a box score has one.
-- Grain: one row a date and broken rule: game_date, value (rows), finding.
-- Point in time: none; results are read after the game.

with grades as (
    select
        game_date, game_id, universal_player_id, system_id, concat(player_lookup, ' ', system_id) as who, result, void_reason,
        current_points_line, actual_points
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date
),

predictions as (
    select game_date, game_id, universal_player_id, system_id, concat(player_lookup, ' ', system_id) as who
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line
),

games_with_box_score as (
    select distinct game_date, game_id
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date
),

faults as (
    select game_date, who, concat('result ', result, ' is not a result') as fault
    from grades
    where result not in ('correct', 'incorrect', 'push', 'void', 'pass')
    union all
    select game_date, who, 'void without a reason, or a reason without void' as fault
    from grades
    where (result = 'void') <> (void_reason is not null)
    union all
    select game_date, who, 'graded against a line that is not there' as fault
    from grades
    where result in ('correct', 'incorrect', 'push') and current_points_line is null
    union all
    select game_date, who, 'graded without points, or void with points' as fault
    from grades
    where (result = 'void') <> (actual_points is null)
    union all
    select p.game_date, p.who, 'predictions of games with a box score without a grade' as fault
    from predictions as p
    inner join games_with_box_score as b on b.game_date = p.game_date and b.game_id = p.game_id
    left join grades as g
        on g.game_date = p.game_date
        and g.game_id = p.game_id
        and g.universal_player_id = p.universal_player_id
        and g.system_id = p.system_id
    where g.game_id is null
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(fault, ': ', cast(count(*) as string), ', e.g. ', min(who)) as finding
from faults
group by game_date, fault
