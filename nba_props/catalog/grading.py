"""Grading layer: predictions against what happened."""

from datetime import date
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table


class PredictionAccuracy(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    player_lookup: c.PlayerLookup
    system_id: c.SystemId
    line_key: c.LineKey
    prediction_id: c.PredictionId
    has_prop_line: c.HasPropLine
    current_points_line: c.CurrentPointsLine
    predicted_points: c.PredictedPoints
    predicted_median: c.PredictedMedian
    anchored_points: c.AnchoredPoints
    anchored_median: c.AnchoredMedian
    interval_80_low: c.Interval80Low
    interval_80_high: c.Interval80High
    distribution_location: c.DistributionLocation
    distribution_scale: c.DistributionScale
    anchored_location: c.AnchoredLocation
    anchored_scale: c.AnchoredScale
    recommendation: c.Recommendation
    confidence_score: c.ConfidenceScore
    over_prob: c.OverProb
    push_prob: c.PushProb
    independent_over_prob: c.IndependentOverProb
    market_over_prob: c.MarketOverProb
    expected_value: c.ExpectedValue
    projected_minutes: c.ProjectedMinutes
    data_quality_tier: Annotated[str, Field(description="gold, silver, bronze, poor or critical.")]
    sportsbook: c.Sportsbook
    over_price_american: c.MainOverPrice
    under_price_american: c.MainUnderPrice
    run_mode: c.RunMode
    prediction_made_before_game: c.MadeBeforeGame
    actual_minutes: Annotated[float | None, Field(description="Minutes played; NULL where the prediction is void.")]
    actual_points: Annotated[int | None, Field(description="Points scored; NULL where the prediction is void.")]
    participation: Annotated[
        str,
        Field(
            description="played, no_minutes, dnp_coach_decision, dnp_injury, dnp_other, no_box_score (the player is not in the game's box score) or game_not_played (the game is no longer on the schedule of its date)."
        ),
    ]
    result: Annotated[
        str, Field(description="correct, incorrect, push, void or pass (PASS or no line: counts for error only).")
    ]
    void_reason: Annotated[str | None, Field(description="Why the row is void; NULL otherwise.")]
    signed_error: Annotated[float | None, Field(description="predicted_points - actual_points (bias); NULL if void.")]
    absolute_error: Annotated[float | None, Field(description="|predicted_median - actual_points|; NULL if void.")]
    line_absolute_error: Annotated[
        float | None, Field(description="|line - actual_points|; NULL if void or without a line.")
    ]
    anchored_absolute_error: Annotated[
        float | None, Field(description="|anchored_median - actual_points|; NULL if void or without a line.")
    ]
    crps: Annotated[
        float | None,
        Field(description="Continuous ranked probability score of the independent distribution, points; NULL if void."),
    ]
    anchored_crps: Annotated[
        float | None, Field(description="The same of the anchored distribution; NULL if void or without a line.")
    ]
    pit_low: Annotated[
        float | None, Field(description="P(X < actual_points) in the independent distribution; NULL if void.")
    ]
    pit_high: Annotated[
        float | None,
        Field(description="P(X <= actual_points): a uniform draw between pit_low and pit_high is the randomised PIT."),
    ]
    closing_line: Annotated[
        float | None, Field(description="The same book's last main line seen before tip-off; NULL if none was.")
    ]
    closing_line_value: Annotated[
        float | None,
        Field(
            description="Points the line moved in favour of the recommendation until it closed; NULL for PASS and void."
        ),
    ]
    is_within_3: Annotated[bool | None, Field(description="TRUE if the absolute error is at most 3.")]
    is_within_5: Annotated[bool | None, Field(description="TRUE if the absolute error is at most 5.")]
    profit_units: Annotated[
        float | None,
        Field(
            description="Profit of one unit on the recommendation at the listed price; 0 for a push, NULL without bet or price."
        ),
    ]


class SystemDailyPerformance(Row):
    game_date: c.GameDate
    system_id: c.SystemId
    predictions: Annotated[int, Field(description="Graded rows: main lines and players without a line.")]
    predictions_with_line: Annotated[int, Field(description="Of those, with a line.")]
    voids: Annotated[int, Field(description="Void rows.")]
    pushes: Annotated[int, Field(description="Pushes.")]
    correct: Annotated[int, Field(description="Correct recommendations.")]
    incorrect: Annotated[int, Field(description="Incorrect recommendations.")]
    passes: Annotated[int, Field(description="PASS or no line.")]
    mae: Annotated[float | None, Field(description="Mean absolute error of the median, points.")]
    bias: Annotated[float | None, Field(description="Mean signed error of the mean, points.")]
    line_mae: Annotated[float | None, Field(description="Mean absolute error of the line on rows with one.")]
    hit_rate: Annotated[float | None, Field(description="correct / (correct + incorrect), 0-1.")]
    within_3_share: Annotated[float | None, Field(description="Share within 3 points, 0-1.")]
    within_5_share: Annotated[float | None, Field(description="Share within 5 points, 0-1.")]
    anchored_mae: Annotated[
        float | None, Field(description="Mean absolute error of the anchored median on rows with a line.")
    ]
    crps: Annotated[float | None, Field(description="Mean CRPS of the independent distribution, points.")]
    interval_80_share: Annotated[
        float | None,
        Field(
            description="Expected share inside the 80 % interval by the PIT, 0-1: what randomising it gives on average."
        ),
    ]
    brier: Annotated[
        float | None,
        Field(description="Mean squared error of over_prob on rows with a line whose points are not the line."),
    ]
    over_share: Annotated[float | None, Field(description="OVER among OVER and UNDER, 0-1.")]
    closing_line_value: Annotated[float | None, Field(description="Mean closing_line_value, points.")]
    profit_units: Annotated[float | None, Field(description="Sum of profit_units.")]


class SystemRollingPerformance(Row):
    game_date: Annotated[date, Field(description="Last date of the 28 that count, one on which the system was graded.")]
    system_id: c.SystemId
    graded_rows: Annotated[int, Field(description="Graded rows that are not void.")]
    rows_with_line: Annotated[int, Field(description="Of those, with a line.")]
    mae: Annotated[float | None, Field(description="Mean absolute error of the median, points.")]
    scaled_error: Annotated[
        float | None,
        Field(
            description="Mean absolute error in standard deviations of the prediction, by its 80 % interval: about 0.8, whoever plays."
        ),
    ]
    scaled_error_standard_error: Annotated[
        float | None, Field(description="Standard error of scaled_error, rows taken as independent.")
    ]
    line_mae: Annotated[float | None, Field(description="Mean absolute error of the line on rows with one.")]
    mae_minus_line: Annotated[
        float | None, Field(description="Mean of |median - actual| - |line - actual| on rows with a line, points.")
    ]
    mae_minus_line_standard_error: Annotated[float | None, Field(description="Standard error of mae_minus_line.")]
    bias: Annotated[float | None, Field(description="Mean signed error of the mean, points.")]
    anchored_mae: Annotated[
        float | None, Field(description="Mean absolute error of the anchored median on rows with a line.")
    ]
    probability_rows: Annotated[
        int, Field(description="Rows with a line and over_prob whose points are not the line: what probabilities say.")
    ]
    brier: Annotated[
        float | None,
        Field(description="Mean squared error of over_prob, pushes aside, on probability_rows."),
    ]
    market_brier: Annotated[
        float | None, Field(description="The same of market_over_prob, on those of the rows that have one.")
    ]
    calibration_error: Annotated[
        float | None,
        Field(
            description="|mean over_prob, pushes aside, - share over| in 10 bins of equal width, weighted by rows, 0-1."
        ),
    ]
    calibration_error_by_chance: Annotated[
        float | None,
        Field(
            description="What right probabilities would show on such rows by chance: the mean and 3 standard deviations."
        ),
    ]
    interval_rows: Annotated[int, Field(description="Rows with pit_low and pit_high.")]
    interval_80_share: Annotated[
        float | None,
        Field(
            description="Expected share inside the 80 % interval by the PIT, 0-1: what randomising it gives on average."
        ),
    ]
    bets: Annotated[int, Field(description="OVER and UNDER of players who played, pushes included.")]
    over_share: Annotated[float | None, Field(description="OVER among the bets, 0-1.")]
    hit_rate: Annotated[float | None, Field(description="correct / (correct + incorrect), 0-1.")]
    hit_rate_high: Annotated[
        float | None, Field(description="Upper end of the hit rate's 95 % interval (Wilson), 0-1.")
    ]
    profit_units: Annotated[float | None, Field(description="Sum of profit_units.")]
    roi: Annotated[float | None, Field(description="profit_units a unit staked, of bets with a price.")]
    closing_line_value: Annotated[float | None, Field(description="Mean closing_line_value, points.")]
    reference_rows: Annotated[
        int, Field(description="Graded rows of the system in the 180 days before the 28, void ones aside.")
    ]
    reference_rows_with_line: Annotated[int, Field(description="Of those, with a line.")]
    reference_mae: Annotated[float | None, Field(description="mae of the 180 days before the 28.")]
    reference_scaled_error: Annotated[float | None, Field(description="scaled_error of the 180 days.")]
    reference_scaled_error_standard_error: Annotated[
        float | None, Field(description="Standard error of reference_scaled_error.")
    ]
    reference_mae_minus_line: Annotated[float | None, Field(description="mae_minus_line of the 180 days.")]
    reference_mae_minus_line_standard_error: Annotated[
        float | None, Field(description="Standard error of reference_mae_minus_line.")
    ]


PREDICTION_ACCURACY = Table(
    Layer.GRADING,
    "prediction_accuracy",
    "Active main-line predictions of played games, graded; did-not-plays are void with a reason, games without a box score are not here yet.",
    PredictionAccuracy,
    ("game_date", "game_id", "universal_player_id", "system_id"),
    "game_date",
    ("system_id", "player_lookup"),
    reads=(
        "nba_raw.schedule",
        "nba_analytics.line_prices",
        "nba_analytics.player_game_summary",
        "nba_predictions.player_prop_predictions",
    ),
)
SYSTEM_DAILY_PERFORMANCE = Table(
    Layer.GRADING,
    "system_daily_performance",
    "Grades of a date by system.",
    SystemDailyPerformance,
    ("game_date", "system_id"),
    "game_date",
    ("system_id",),
    reads=("nba_grading.prediction_accuracy",),
    is_sql_built=True,
)
SYSTEM_ROLLING_PERFORMANCE = Table(
    Layer.GRADING,
    "system_rolling_performance",
    "Grades of the 28 days up to a date by system, beside those of the 180 days before: what the watch for decay reads.",
    SystemRollingPerformance,
    ("game_date", "system_id"),
    "game_date",
    ("system_id",),
    reads=("nba_grading.prediction_accuracy",),
    is_sql_built=True,
)
