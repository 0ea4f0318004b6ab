-- Purpose: players of a slate without an active prediction, with the reason.
-- Grain: game_date, missing_key.
-- Point in time: what monitoring recorded of the slate.

select game_date, missing_key, player_lookup, universal_player_id, reason, is_expected, detail
from nba_monitoring.missing_predictions
where game_date between @start_date and @end_date
order by game_date, missing_key
