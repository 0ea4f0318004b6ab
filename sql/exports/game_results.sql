-- Purpose: final scores.
-- Grain: game_id.
-- Point in time: after the game; shown beside predictions, never an input of one.

select game_date, game_id, home_points, away_points
from nba_raw.game_results
where game_date between @start_date and @end_date
order by game_date, game_id
