"""The watch over each system's last 28 days: has its error grown, do its probabilities, sides and bets still make sense.

Rules over `nba_grading.system_rolling_performance`, judged per date and system; all of them warn and none blocks. One
day's sides are `recommendation_skew`'s, what may be published is decided elsewhere. What to do: docs/runbooks/system-decay.md.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from nba_props.catalog import table
from nba_props.checks.frame import Check, Outcome, Severity, Span, by_date

ROLLING = table("nba_grading.system_rolling_performance")

STANDARD_ERRORS = 3.0
"""By chance a system passes 3 once in 700 looks; the windows overlap, so that a season is only about ten looks a system."""
FEWEST_ROWS = 500
FEWEST_REFERENCE_ROWS = 1000
"""With 500 rows against 1000, 3 standard errors are about 0.7 points; with a usual month's against a half-year's, 0.2."""

SEASONAL_MARGIN = 0.04
"""A season's last weeks, with the rested and the tanking, are 0.02 to 0.08 harder than what precedes them (2021-22 to 2024-25)."""

CALIBRATION_MARGIN = 0.02
"""Beyond chance: two points of probability are most of the 2.4 that the vig takes at -110."""

OVER_SHARE = (0.25, 0.75)
FEWEST_BETS = 100

LOWEST_HIT_RATE = 0.47
"""At -110 a side it loses 10 % of what is staked, twice the 4.5 % that tossing a coin does."""

INTERVAL_SHARE = (0.76, 0.84)
FEWEST_INTERVAL_ROWS = 1000
"""At 1000 rows chance alone moves a share of 0.80 by 0.013."""

Row = dict[str, Any]
Judged = tuple[float, str | None]
"""The figure, larger being worse, and what is wrong in words; None if nothing is."""

_ROWS = f"""
select {", ".join(ROLLING.column_names)}
from {ROLLING.full_name}
where game_date between @start_date and @end_date
order by game_date, system_id
"""


def error_decay(row: Row) -> Judged | None:
    """In standard errors, how far the scaled error is above its reference beyond the margin; the line must not explain it.

    Who plays changes with the season (play-offs have fewer and larger lines), which moves plain errors: errors are scaled
    by the spread that was predicted, and those nights may not have been as much harder for the line.
    """
    known = row["scaled_error"] is not None and row["reference_scaled_error"] is not None
    if not known or row["graded_rows"] < FEWEST_ROWS or row["reference_rows"] < FEWEST_REFERENCE_ROWS:
        return None
    growth = _standard_errors(row, "scaled_error", SEASONAL_MARGIN)
    if row["rows_with_line"] >= FEWEST_ROWS and row["reference_rows_with_line"] >= FEWEST_REFERENCE_ROWS:
        growth = min(growth, _standard_errors(row, "mae_minus_line"))
    if growth <= STANDARD_ERRORS:
        return growth, None
    found = (
        f"{row['scaled_error']:.2f} of the predicted spread on {row['graded_rows']} rows after"
        f" {row['reference_scaled_error']:.2f} in the 180 days before; mae {row['mae']:.2f} after {row['reference_mae']:.2f}"
    )
    if row["mae_minus_line"] is not None and row["reference_mae_minus_line"] is not None:
        found += f" (beside the line {row['mae_minus_line']:+.2f} after {row['reference_mae_minus_line']:+.2f})"
    return growth, found


def calibration_decay(row: Row) -> Judged | None:
    """Calibration error in percent points above what right probabilities show on as many rows."""
    if row["calibration_error"] is None or row["probability_rows"] < FEWEST_ROWS:
        return None
    excess = row["calibration_error"] - row["calibration_error_by_chance"]
    value = 100 * excess
    if excess <= CALIBRATION_MARGIN:
        return value, None
    by_chance = f"chance explains {row['calibration_error_by_chance']:.3f}"
    return value, f"calibration error {row['calibration_error']:.3f} on {row['probability_rows']} rows, {by_chance}"


def over_under_skew(row: Row) -> Judged | None:
    """The larger side's share of the bets in percent."""
    if row["bets"] < FEWEST_BETS:
        return None
    share = row["over_share"]
    is_skewed = not OVER_SHARE[0] <= share <= OVER_SHARE[1]
    return 100 * max(share, 1 - share), f"{100 * share:.1f} % of {row['bets']} bets are OVER" if is_skewed else None


def value_decay(row: Row) -> Judged | None:
    """Percent of bets lost at best: 100 less the upper end of the hit rate's interval."""
    if row["bets"] < FEWEST_BETS or row["hit_rate_high"] is None:
        return None
    value = 100 * (1 - row["hit_rate_high"])
    if row["hit_rate_high"] >= LOWEST_HIT_RATE:
        return value, None
    rate = f"hit rate {row['hit_rate']:.3f} of {row['bets']} bets, at most {row['hit_rate_high']:.3f}"
    return value, rate if row["roi"] is None else f"{rate}; ROI {100 * row['roi']:+.1f} %"


def interval_coverage(row: Row) -> Judged | None:
    """Percent points between the share inside the 80 % interval and 80."""
    share = row["interval_80_share"]
    if share is None or row["interval_rows"] < FEWEST_INTERVAL_ROWS:
        return None
    is_off = not INTERVAL_SHARE[0] <= share <= INTERVAL_SHARE[1]
    found = f"{100 * share:.1f} % of {row['interval_rows']} results are inside the 80 % interval"
    return 100 * abs(share - 0.8), found if is_off else None


def _standard_errors(row: Row, name: str, margin: float = 0.0) -> float:
    """How far a mean is above its reference and a margin, in standard errors of the difference; 0 where nothing varies."""
    deviation = float((row[f"{name}_standard_error"] ** 2 + row[f"reference_{name}_standard_error"] ** 2) ** 0.5)
    return float(row[name] - row[f"reference_{name}"] - margin) / deviation if deviation else 0.0


def _outcomes(judge: Callable[[Row], Judged | None], span: Span) -> list[Outcome]:
    found = []
    for row in span.query(_ROWS):
        judged = judge(row)
        if judged is not None:
            value, finding = judged
            said = None if finding is None else f"{row['system_id']}: {finding}"
            found.append({"game_date": row["game_date"], "value": value, "finding": said})
    return by_date(found, span.slates)


def _watch(judge: Callable[[Row], Judged | None], description: str) -> Check:
    return Check(judge.__name__, ROLLING, Severity.WARNING, description, partial(_outcomes, judge))


DECAY_CHECKS = (
    _watch(
        error_decay,
        f"No system's error of 28 days, in units of the spread it predicted, is {STANDARD_ERRORS:g} standard errors more than"
        f" {SEASONAL_MARGIN:g} above that of the 180 days before, nor has it grown as much beside the line's.",
    ),
    _watch(
        calibration_decay,
        "No system's calibration error is more than"
        f" {CALIBRATION_MARGIN:g} above what chance explains (mean and 3 standard deviations) on so many rows.",
    ),
    _watch(
        over_under_skew,
        f"No system with {FEWEST_BETS} bets in 28 days says OVER in less than {OVER_SHARE[0]:.0%} or more than"
        f" {OVER_SHARE[1]:.0%} of them.",
    ),
    _watch(
        value_decay,
        f"No system's hit rate of 28 days is below {LOWEST_HIT_RATE:g} with 95 % confidence (Wilson), from {FEWEST_BETS} bets.",
    ),
    _watch(
        interval_coverage,
        f"{INTERVAL_SHARE[0]:.0%} to {INTERVAL_SHARE[1]:.0%} of results are inside every system's 80 % interval,"
        f" from {FEWEST_INTERVAL_ROWS} rows.",
    ),
)
