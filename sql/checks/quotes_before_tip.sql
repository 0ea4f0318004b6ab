-- Purpose: no quote seen at or after tip-off (or its bound, where tip is unknown) may serve as a line.
-- Grain: one row a date at fault: game_date, value (quotes), finding.
-- Point in time: usable quotes have snapshot_at < known_until_at.

with late as (
    select game_date, bookmaker, player_name
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and is_usable and snapshot_at >= known_until_at
)

select
    game_date,
    cast(count(*) as float64) as value,
    concat(
        cast(count(*) as string), ' usable quotes seen at or after tip-off, e.g. ', min(concat(player_name, ' at ', bookmaker))
    ) as finding
from late
group by game_date
