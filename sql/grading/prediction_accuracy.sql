-- Purpose: active main-line predictions of a date against what happened.
-- Grain: game_date, game_id, universal_player_id, system_id.
-- Point in time: results are read only here, after the game; a date is graded once its games have box scores, and again when they change.

with predictions as (
    select
        game_date, game_id, universal_player_id, player_lookup, system_id, line_key, prediction_id, has_prop_line,
        current_points_line, predicted_points, predicted_median, recommendation, confidence_score, over_prob,
        over_price_american, under_price_american, prediction_made_before_game
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line
),

results as (
    select game_id from nba_raw.game_results where game_date between @start_date and @end_date
),

scheduled as (
    select game_id from nba_raw.schedule where game_date between @start_date and @end_date
),

box as (
    select game_id, universal_player_id, participation, points
    from nba_analytics.player_game_summary
    where game_date between @start_date and @end_date
),

graded_games as (
    select distinct game_id from box
),

joined as (
    select
        p.*,
        case
            when b.participation is not null then b.participation
            when g.game_id is not null then 'no_box_score'
            when s.game_id is null then 'game_not_played'
            when r.game_id is null then 'pending'
            else 'pending'
        end as participation,
        if(b.participation = 'played', b.points, null) as actual_points
    from predictions as p
    left join box as b on b.game_id = p.game_id and b.universal_player_id = p.universal_player_id
    left join graded_games as g on g.game_id = p.game_id
    left join scheduled as s on s.game_id = p.game_id
    left join results as r on r.game_id = p.game_id
),

judged as (
    select
        j.*,
        case
            when j.participation <> 'played' then 'void'
            when j.current_points_line is null or j.recommendation = 'PASS' then 'pass'
            when j.actual_points = j.current_points_line then 'push'
            when (j.recommendation = 'OVER') = (j.actual_points > j.current_points_line) then 'correct'
            else 'incorrect'
        end as result,
        if(j.recommendation = 'OVER', j.over_price_american, j.under_price_american) as taken_price
    from joined as j
    where j.participation <> 'pending'
)

select
    game_date,
    game_id,
    universal_player_id,
    player_lookup,
    system_id,
    line_key,
    prediction_id,
    has_prop_line,
    current_points_line,
    predicted_points,
    predicted_median,
    recommendation,
    confidence_score,
    over_prob,
    prediction_made_before_game,
    actual_points,
    participation,
    result,
    if(result = 'void', participation, null) as void_reason,
    if(result = 'void', null, predicted_points - actual_points) as signed_error,
    if(result = 'void', null, abs(predicted_median - actual_points)) as absolute_error,
    if(result = 'void', null, abs(current_points_line - actual_points)) as line_absolute_error,
    if(result = 'void', null, abs(predicted_median - actual_points) <= 3) as is_within_3,
    if(result = 'void', null, abs(predicted_median - actual_points) <= 5) as is_within_5,
    case
        when result not in ('correct', 'incorrect', 'push') or taken_price is null then null
        when result = 'push' then 0.0
        when result = 'incorrect' then -1.0
        when taken_price < 0 then 100 / -taken_price
        else taken_price / 100
    end as profit_units
from judged
