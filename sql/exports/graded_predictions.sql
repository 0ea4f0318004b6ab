-- Purpose: graded predictions with the player's name and team.
-- Grain: game_date, game_id, universal_player_id, system_id.
-- Point in time: after the game.

with people as (
    select
        game_date, game_id, universal_player_id, max(player_name) as player_name, max(team_abbr) as team_abbr,
        max(opponent_abbr) as opponent_abbr, max(if(is_home, 1, 0)) as home_flag
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
    group by game_date, game_id, universal_player_id
),

grades as (
    select
        game_date, game_id, universal_player_id, player_lookup, system_id, prediction_id, current_points_line, predicted_points,
        predicted_median, recommendation, confidence_score, prediction_made_before_game, actual_points, participation, result,
        void_reason, signed_error, absolute_error, profit_units
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date
)

select
    g.game_date,
    g.game_id,
    g.universal_player_id,
    g.player_lookup,
    p.player_name,
    p.team_abbr,
    p.opponent_abbr,
    p.home_flag = 1 as is_home,
    g.system_id,
    g.prediction_id,
    g.current_points_line,
    g.predicted_points,
    g.predicted_median,
    g.recommendation,
    g.confidence_score,
    g.prediction_made_before_game,
    g.actual_points,
    g.participation,
    g.result,
    g.void_reason,
    g.signed_error,
    g.absolute_error,
    g.profit_units
from grades as g
left join people as p
    on p.game_date = g.game_date and p.game_id = g.game_id and p.universal_player_id = g.universal_player_id
order by g.game_date, g.game_id, g.universal_player_id, g.system_id
