-- Purpose: how each system has done lately: the 28 days up to a date, beside the 180 days before those.
-- Grain: game_date, system_id, of the dates on which the system was graded.
-- Point in time: grades of the date and before; sums are of millionths, so that no order of addition shows.

with grades as (
    select
        game_date,
        system_id,
        result,
        recommendation,
        has_prop_line and line_absolute_error is not null as is_compared,
        -- A push says nothing of a probability: over and under are judged on the rest, by what they are without it.
        has_prop_line and over_prob is not null and actual_points <> current_points_line as is_judged,
        actual_points > current_points_line as is_over,
        safe_divide(over_prob, 1 - coalesce(push_prob, 0)) as over_prob,
        market_over_prob,
        signed_error,
        absolute_error,
        -- 2.563 standard deviations are the 80 % of a normal distribution.
        safe_divide(2.563 * absolute_error, interval_80_high - interval_80_low) as scaled_error,
        line_absolute_error,
        anchored_absolute_error,
        -- What randomising the PIT gives on average; a jump of no height is inside the interval or not.
        coalesce(
            safe_divide(greatest(least(pit_high, 0.9) - greatest(pit_low, 0.1), 0), pit_high - pit_low),
            if(pit_low between 0.1 and 0.9, 1, 0)
        ) as inside_interval,
        pit_low is not null and pit_high is not null as has_pit,
        closing_line_value,
        profit_units
    from nba_grading.prediction_accuracy
    where game_date between date_sub(@start_date, interval 207 day) and @end_date
),

dated_sums as (
    select
        game_date,
        system_id,
        count(absolute_error) as graded,
        countif(is_compared and absolute_error is not null) as compared,
        sum(cast(round(1000000 * absolute_error) as int64)) as errors,
        count(scaled_error) as scaled,
        sum(cast(round(1000000 * scaled_error) as int64)) as scaled_errors,
        sum(cast(round(1000000 * scaled_error * scaled_error) as int64)) as squared_scaled_errors,
        sum(cast(round(1000000 * signed_error) as int64)) as signed_errors,
        sum(if(is_compared, cast(round(1000000 * line_absolute_error) as int64), null)) as line_errors,
        sum(if(is_compared, cast(round(1000000 * (absolute_error - line_absolute_error)) as int64), null)) as gaps,
        sum(
            if(
                is_compared,
                cast(
                    round(
                        1000000 * (absolute_error - line_absolute_error) * (absolute_error - line_absolute_error)
                    ) as int64
                ),
                null
            )
        ) as squared_gaps,
        count(anchored_absolute_error) as anchored,
        sum(cast(round(1000000 * anchored_absolute_error) as int64)) as anchored_errors,
        countif(has_pit) as with_pit,
        sum(if(has_pit, cast(round(1000000 * inside_interval) as int64), null)) as inside,
        countif(is_judged and market_over_prob is not null) as with_market,
        sum(
            if(
                is_judged,
                cast(
                    round(1000000 * (market_over_prob - if(is_over, 1, 0)) * (market_over_prob - if(is_over, 1, 0))) as int64
                ),
                null
            )
        ) as market_squares,
        countif(result in ('correct', 'incorrect', 'push')) as bets,
        countif(result in ('correct', 'incorrect', 'push') and recommendation = 'OVER') as overs,
        countif(result = 'correct') as correct,
        countif(result = 'incorrect') as incorrect,
        count(profit_units) as priced,
        sum(cast(round(1000000 * profit_units) as int64)) as profits,
        count(closing_line_value) as closed,
        sum(cast(round(1000000 * closing_line_value) as int64)) as line_moves
    from grades
    group by game_date, system_id
),

binned as (
    select
        game_date,
        system_id,
        least(cast(floor(10 * over_prob) as int64), 9) as bin,
        count(*) as judged,
        sum(if(is_over, 1000000, 0)) as overs,
        sum(cast(round(1000000 * over_prob) as int64)) as probs,
        sum(cast(round(1000000 * over_prob * (1 - over_prob)) as int64)) as chances,
        sum(cast(round(1000000 * (over_prob - if(is_over, 1, 0)) * (over_prob - if(is_over, 1, 0))) as int64)) as squares
    from grades
    where is_judged
    group by game_date, system_id, bin
),

dates_to_tell as (
    select game_date, system_id from dated_sums where game_date between @start_date and @end_date
),

lately as (
    select
        d.game_date,
        d.system_id,
        sum(s.graded) as graded,
        sum(s.compared) as compared,
        sum(s.errors) as errors,
        sum(s.scaled) as scaled,
        sum(s.scaled_errors) as scaled_errors,
        sum(s.squared_scaled_errors) as squared_scaled_errors,
        sum(s.signed_errors) as signed_errors,
        sum(s.line_errors) as line_errors,
        sum(s.gaps) as gaps,
        sum(s.squared_gaps) as squared_gaps,
        sum(s.anchored) as anchored,
        sum(s.anchored_errors) as anchored_errors,
        sum(s.with_pit) as with_pit,
        sum(s.inside) as inside,
        sum(s.with_market) as with_market,
        sum(s.market_squares) as market_squares,
        sum(s.bets) as bets,
        sum(s.overs) as overs,
        sum(s.correct) as correct,
        sum(s.incorrect) as incorrect,
        sum(s.priced) as priced,
        sum(s.profits) as profits,
        sum(s.closed) as closed,
        sum(s.line_moves) as line_moves
    from dates_to_tell as d
    inner join dated_sums as s
        on s.system_id = d.system_id
        and s.game_date between date_sub(d.game_date, interval 27 day) and d.game_date
    group by d.game_date, d.system_id
),

before as (
    select
        d.game_date,
        d.system_id,
        sum(s.graded) as graded,
        sum(s.compared) as compared,
        sum(s.errors) as errors,
        sum(s.scaled) as scaled,
        sum(s.scaled_errors) as scaled_errors,
        sum(s.squared_scaled_errors) as squared_scaled_errors,
        sum(s.gaps) as gaps,
        sum(s.squared_gaps) as squared_gaps
    from dates_to_tell as d
    inner join dated_sums as s
        on s.system_id = d.system_id
        and s.game_date between date_sub(d.game_date, interval 207 day) and date_sub(d.game_date, interval 28 day)
    group by d.game_date, d.system_id
),

bins as (
    select
        d.game_date,
        d.system_id,
        b.bin,
        sum(b.judged) as judged,
        abs(sum(b.probs) - sum(b.overs)) as miss,
        sum(b.chances) as chances,
        sum(b.squares) as squares
    from dates_to_tell as d
    inner join binned as b
        on b.system_id = d.system_id
        and b.game_date between date_sub(d.game_date, interval 27 day) and d.game_date
    group by d.game_date, d.system_id, b.bin
),

-- Were every probability right, the miss of a bin would be about normal around 0 with variance v, the sum of p (1 - p):
-- its size is then sqrt(2 v / pi) on average, with variance (1 - 2 / pi) v; 2 / pi is 0.63662.
calibration as (
    select
        game_date,
        system_id,
        sum(judged) as judged,
        sum(miss) as miss,
        sum(squares) as squares,
        sum(cast(round(1000000 * sqrt(0.63662 * greatest(chances, 0) / 1000000)) as int64)) as miss_by_chance,
        sqrt((1 - 0.63662) * greatest(sum(chances), 0) / 1000000) as deviation_by_chance
    from bins
    group by game_date, system_id
),

told as (
    select
        l.*,
        c.judged,
        c.miss,
        c.squares,
        c.miss_by_chance,
        c.deviation_by_chance,
        coalesce(b.graded, 0) as reference_graded,
        coalesce(b.compared, 0) as reference_compared,
        l.correct + l.incorrect as decided,
        safe_divide(l.errors / 1000000, l.graded) as mae,
        safe_divide(l.scaled_errors / 1000000, l.scaled) as scaled_error,
        safe_divide(l.squared_scaled_errors / 1000000, l.scaled) as mean_squared_scaled_error,
        safe_divide(l.gaps / 1000000, l.compared) as mean_gap,
        safe_divide(l.squared_gaps / 1000000, l.compared) as mean_squared_gap,
        safe_divide(b.errors / 1000000, b.graded) as reference_mae,
        b.scaled as reference_scaled,
        safe_divide(b.scaled_errors / 1000000, b.scaled) as reference_scaled_error,
        safe_divide(b.squared_scaled_errors / 1000000, b.scaled) as reference_mean_squared_scaled_error,
        safe_divide(b.gaps / 1000000, b.compared) as reference_mean_gap,
        safe_divide(b.squared_gaps / 1000000, b.compared) as reference_mean_squared_gap
    from lately as l
    left join before as b on b.game_date = l.game_date and b.system_id = l.system_id
    left join calibration as c on c.game_date = l.game_date and c.system_id = l.system_id
)

select
    game_date,
    system_id,
    graded as graded_rows,
    compared as rows_with_line,
    mae,
    scaled_error,
    sqrt(safe_divide(greatest(mean_squared_scaled_error - scaled_error * scaled_error, 0), scaled)) as scaled_error_standard_error,
    safe_divide(line_errors / 1000000, compared) as line_mae,
    mean_gap as mae_minus_line,
    sqrt(safe_divide(greatest(mean_squared_gap - mean_gap * mean_gap, 0), compared)) as mae_minus_line_standard_error,
    safe_divide(signed_errors / 1000000, graded) as bias,
    safe_divide(anchored_errors / 1000000, anchored) as anchored_mae,
    coalesce(judged, 0) as probability_rows,
    safe_divide(squares / 1000000, judged) as brier,
    safe_divide(market_squares / 1000000, with_market) as market_brier,
    safe_divide(miss / 1000000, judged) as calibration_error,
    safe_divide(miss_by_chance / 1000000 + 3 * deviation_by_chance, judged) as calibration_error_by_chance,
    with_pit as interval_rows,
    safe_divide(inside / 1000000, with_pit) as interval_80_share,
    bets,
    safe_divide(overs, bets) as over_share,
    safe_divide(correct, decided) as hit_rate,
    -- Wilson's interval, z = 1.96, its fractions multiplied out.
    if(
        decided > 0,
        safe_divide(correct + 1.9208 + 1.96 * sqrt(safe_divide(correct * incorrect, decided) + 0.9604), decided + 3.8416),
        null
    ) as hit_rate_high,
    profits / 1000000 as profit_units,
    safe_divide(profits / 1000000, priced) as roi,
    safe_divide(line_moves / 1000000, closed) as closing_line_value,
    reference_graded as reference_rows,
    reference_compared as reference_rows_with_line,
    reference_mae,
    reference_scaled_error,
    sqrt(safe_divide(greatest(reference_mean_squared_scaled_error - reference_scaled_error * reference_scaled_error, 0), reference_scaled)) as reference_scaled_error_standard_error,
    reference_mean_gap as reference_mae_minus_line,
    sqrt(safe_divide(greatest(reference_mean_squared_gap - reference_mean_gap * reference_mean_gap, 0), reference_compared)) as reference_mae_minus_line_standard_error
from told
