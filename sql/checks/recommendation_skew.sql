-- Purpose: a system that says OVER, or UNDER, nearly every time prices wrongly (89 % UNDER came from keeping one rung of the ladder).
-- Grain: game_date, system with 30 bets or more; value is the larger side's share in percent, finding NULL where it is in order.
-- Point in time: none; it judges the rows as they stand.

with bets as (
    select game_date, system_id, recommendation
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
        and is_active
        and is_main_line
        and recommendation in ('OVER', 'UNDER')
),

sides as (
    select
        game_date,
        system_id,
        count(*) as all_bets,
        countif(recommendation = 'OVER') as overs,
        countif(recommendation = 'UNDER') as unders
    from bets
    group by game_date, system_id
)

select
    game_date,
    cast(round(100 * safe_divide(greatest(overs, unders), all_bets)) as float64) as value,
    if(
        100 * greatest(overs, unders) > 85 * all_bets,
        concat(
            system_id, ': ', cast(greatest(overs, unders) as string), ' of ', cast(all_bets as string), ' main-line bets are ',
            if(overs > unders, 'OVER', 'UNDER')
        ),
        null
    ) as finding
from sides
where all_bets >= 30
