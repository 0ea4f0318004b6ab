-- Purpose: main lines that pile up on one number are an estimator's or a stale feed's, not a market's.
-- Grain: game_date; value is the share in percent of the commonest main line, finding NULL where it is in order.
-- Point in time: none; it judges the rows as they stand.

with lines as (
    select distinct game_date, game_id, universal_player_id, line_x10
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active and is_main_line and line_x10 is not null
),

by_line as (
    select game_date, line_x10, count(*) as players from lines group by game_date, line_x10
),

totals as (
    select
        game_date,
        sum(players) as all_lines,
        max(players) as commonest,
        sum(if(line_x10 = 200, players, 0)) as at_twenty
    from by_line
    group by game_date
),

commonest_lines as (
    select t.game_date, t.all_lines, t.commonest, t.at_twenty, min(b.line_x10) as line_x10
    from totals as t
    inner join by_line as b on b.game_date = t.game_date and b.players = t.commonest
    group by t.game_date, t.all_lines, t.commonest, t.at_twenty
)

-- Exactly 20.0 was an estimator's placeholder; a single such line may be a book's own.
select
    game_date,
    cast(round(100 * safe_divide(commonest, all_lines)) as float64) as value,
    case
        when all_lines >= 20 and 100 * commonest > 40 * all_lines
            then concat(
                cast(commonest as string), ' of ', cast(all_lines as string), ' main lines are ',
                cast(div(line_x10, 10) as string), '.', cast(mod(line_x10, 10) as string)
            )
        when at_twenty >= 2 and 100 * at_twenty > 10 * all_lines
            then concat(cast(at_twenty as string), ' of ', cast(all_lines as string), ' main lines are exactly 20.0')
    end as finding
from commonest_lines
