-- Purpose: what was known of a player's points and minutes before each game, for baselines, the oracle and minutes roles.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: the cache of a date reads only games before it.

select
    game_date,
    game_id,
    universal_player_id,
    points_avg_last_5,
    points_ewm_8,
    points_ewm_40,
    minutes_avg_season,
    minutes_avg_last_10,
    minutes_ewm_3,
    minutes_ewm_40
from nba_precompute.player_daily_cache
where game_date between @start_date and @end_date
