-- Purpose: the newest date with grades.
-- Grain: one row.
-- Point in time: after the games.

select max(game_date) as game_date
from nba_grading.prediction_accuracy
where game_date <= @end_date
