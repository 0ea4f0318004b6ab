-- Purpose: every line a book offered at the slate's instant of knowledge, with each system's distribution of its player's points.
-- Grain: game_date, quote_id, system_id (of each book, player and line the latest usable quote).
-- Point in time: quotes seen before the game's as_of_at; projections in force.

with quotes as (
    select
        game_date, quote_id, game_id, universal_player_id, bookmaker, line, line_x10, is_main, over_price_american,
        under_price_american, snapshot_at
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and is_usable
),

projections as (
    select
        game_date, game_id, universal_player_id, system_id, prediction_id, batch_id, distribution_location, distribution_scale,
        anchored_location, anchored_scale, distribution_version, is_value_proven, as_of_at
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line
),

joined as (
    select
        q.game_date, q.quote_id, p.system_id, q.game_id, q.universal_player_id, p.prediction_id, p.batch_id, q.bookmaker, q.line,
        q.line_x10, q.is_main, q.over_price_american, q.under_price_american, q.snapshot_at, p.distribution_location,
        p.distribution_scale, p.anchored_location, p.anchored_scale, p.distribution_version, p.is_value_proven
    from quotes as q
    inner join projections as p
        on p.game_date = q.game_date and p.game_id = q.game_id and p.universal_player_id = q.universal_player_id
    where q.snapshot_at < p.as_of_at
    qualify row_number() over (
        partition by q.game_date, q.universal_player_id, p.system_id, q.bookmaker, q.line_x10
        order by q.snapshot_at desc, q.quote_id, p.prediction_id
    ) = 1
)

select
    game_date,
    quote_id,
    system_id,
    game_id,
    universal_player_id,
    prediction_id,
    batch_id,
    bookmaker,
    line,
    line_x10,
    is_main,
    over_price_american,
    under_price_american,
    snapshot_at,
    distribution_location,
    distribution_scale,
    anchored_location,
    anchored_scale,
    distribution_version,
    is_value_proven
from joined
order by game_date, universal_player_id, bookmaker, line_x10, system_id
