"""Predictions layer: batches, what they knew, and the one consolidated table (its staging twin is derived from it)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table, TableKind


class PredictionBatches(Row):
    batch_id: c.BatchId
    game_date: c.GameDate
    run_mode: c.RunMode
    batch_as_of_at: Annotated[
        datetime, Field(description="Instant of knowledge of the batch: batches are ordered by it, never by arrival.")
    ]
    opened_at: Annotated[datetime, Field(description="When the batch was opened, UTC; breaks ties of batch_as_of_at.")]
    input_hash: Annotated[
        str, Field(description="Hash of everything the batch predicts from; equal inputs reuse the newest batch.")
    ]
    scope: Annotated[str, Field(description="slate, or players: followed by the ids the batch is limited to.")]
    systems: Annotated[str, Field(description="Systems the batch expects, comma-separated.")]
    state: Annotated[str, Field(description="open, complete, partial, failed or consolidated.")]
    expected_players: Annotated[int, Field(description="Distinct players the batch is to answer for.")]
    staged_players: Annotated[
        int,
        Field(description="Distinct players staged, in the system that holds fewest of those that staged anything."),
    ]
    completion_pct: Annotated[float, Field(description="100 x staged / expected players; 100 for an empty slate.")]
    min_completion_pct: Annotated[
        float, Field(description="Share from which a stalled batch consolidates what it has.")
    ]
    wait_minutes: Annotated[float, Field(description="Minutes after the last write before a batch counts as stalled.")]
    last_write_at: Annotated[datetime | None, Field(description="Last staging write, UTC.")]
    staged_rows: Annotated[int, Field(description="Rows staged over all systems.")]
    merged_rows: Annotated[
        int, Field(description="Staged rows verified in the main table (inserted, or identical to what was there).")
    ]
    inserted_rows: Annotated[int, Field(description="Rows the MERGE inserted.")]
    superseded_rows: Annotated[int, Field(description="Rows the MERGE deactivated.")]
    missing_systems: Annotated[str | None, Field(description="Expected systems that staged nothing, comma-separated.")]
    accepted_missing_columns: Annotated[
        str | None, Field(description="Columns a person accepted as missing in staging, comma-separated.")
    ]
    failure_reason: Annotated[str | None, Field(description="Why the batch is partial or failed.")]
    consolidated_at: Annotated[datetime | None, Field(description="When the MERGE was verified, UTC.")]
    run_id: c.RunId


class PredictionBatchScope(Row):
    batch_id: c.BatchId
    game_date: c.GameDate
    game_id: Annotated[str, Field(description="Game in scope, or * for every game of the slate.")]
    universal_player_id: Annotated[str, Field(description="Player in scope, or * for everyone in the game.")]
    system_id: c.SystemId
    merged_at: Annotated[
        datetime | None, Field(description="When this part of the scope was consolidated; NULL before.")
    ]


class PredictionBatchSystems(Row):
    batch_id: c.BatchId
    game_date: c.GameDate
    system_id: c.SystemId
    state: Annotated[str, Field(description="staged, consolidated or failed.")]
    staged_rows: Annotated[int, Field(description="Rows staged.")]
    staged_players: Annotated[int, Field(description="Distinct players answered or refused with a typed reason.")]
    refused_players: Annotated[
        int, Field(description="Players the system gave a typed reason for instead of a number.")
    ]
    excused_players: Annotated[
        int | None,
        Field(
            description="Of refused_players, those for a reason that is not the system's own failing: no model, poor features, a short history, broken members."
        ),
    ]
    error_message: Annotated[str | None, Field(description="Why a failed system failed, or was not called.")]
    attempted_at: Annotated[
        datetime | None,
        Field(description="When the system was last called for the batch, UTC; NULL if its circuit was open."),
    ]


class PredictionInputs(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    features_hash: c.FeaturesHash
    feature_version: c.FeatureVersion
    features_json: Annotated[str, Field(description="Feature vector by name, as used.")]
    sources_json: Annotated[str, Field(description="Provenance of each feature by name.")]
    first_batch_id: Annotated[str, Field(description="Batch that first used the vector.")]


class PlayerPropPredictions(Row):
    # identity
    prediction_id: c.PredictionId
    system_id: c.SystemId
    player_lookup: c.PlayerLookup
    universal_player_id: c.UniversalPlayerId
    player_name: c.PlayerName
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    game_id: c.GameId
    game_date: c.GameDate
    line_key: c.LineKey
    prediction_version: Annotated[
        int, Field(description="1 for the first content of (game, player, system), counted up by each change.")
    ]
    batch_id: c.BatchId
    batch_as_of_at: Annotated[datetime, Field(description="Instant of knowledge of the batch.")]
    # core
    predicted_points: c.PredictedPoints
    predicted_median: c.PredictedMedian
    raw_points: Annotated[
        float | None,
        Field(description="The system's own number, before it was calibrated on earlier residuals, points."),
    ]
    confidence_score: c.ConfidenceScore
    recommendation: c.Recommendation
    has_prop_line: c.HasPropLine
    is_main_line: c.IsMainLine
    current_points_line: c.CurrentPointsLine
    line_x10: Annotated[int | None, Field(description="The rung in integer tenths; NULL without a line.")]
    main_points_line: Annotated[
        float | None, Field(description="The main line the ladder is built on; NULL without one.")
    ]
    line_margin: Annotated[float | None, Field(description="predicted_points - current_points_line.")]
    over_prob: c.OverProb
    under_prob: c.UnderProb
    push_prob: c.PushProb
    independent_over_prob: c.IndependentOverProb
    predictive_variance: Annotated[
        float | None, Field(description="Variance of the independent distribution, points squared.")
    ]
    interval_80_low: c.Interval80Low
    interval_80_high: c.Interval80High
    fair_line: Annotated[
        float | None,
        Field(description="Points at which over and under are equally likely in the independent distribution."),
    ]
    distribution_location: c.DistributionLocation
    distribution_scale: c.DistributionScale
    distribution_version: c.DistributionVersion
    # the market
    anchored_points: c.AnchoredPoints
    anchored_median: c.AnchoredMedian
    anchored_location: c.AnchoredLocation
    anchored_scale: c.AnchoredScale
    anchor_weight: Annotated[
        float | None,
        Field(description="Weight of the independent number in the anchored one, 0-1, learned before the month."),
    ]
    anchor_weight_low: Annotated[float | None, Field(description="Lower end of the weight's 95 % interval.")]
    anchor_weight_high: Annotated[float | None, Field(description="Upper end of the weight's 95 % interval.")]
    market_over_prob: c.MarketOverProb
    devig_method: c.DevigMethod
    edge: Annotated[
        float | None,
        Field(description="Probability of the recommended side minus the market's; main line only, NULL for PASS."),
    ]
    expected_value: c.ExpectedValue
    kelly_fraction: Annotated[
        float | None,
        Field(
            description="Share of a bankroll that Kelly would stake on the recommended side (0 if none); NULL where expected_value is."
        ),
    ]
    is_value_proven: c.IsValueProven
    # minutes
    play_prob: Annotated[float | None, Field(description="P(the player plays), as the minutes model sees it.")]
    projected_minutes: c.ProjectedMinutes
    points_per_minute: Annotated[float | None, Field(description="Expected points per minute.")]
    vacated_minutes: Annotated[
        float | None, Field(description="Minutes that team-mates expected to be missing usually play.")
    ]
    minutes_from_absences: Annotated[
        float | None,
        Field(description="Of projected_minutes, those that come from who is missing tonight beyond the usual."),
    ]
    absent_teammates: Annotated[
        str | None, Field(description="Rotation players expected to be missing and their usual minutes, in words.")
    ]
    # components
    baseline_points: Annotated[float | None, Field(description="The system's baseline before adjustments.")]
    fatigue_adjustment: Annotated[
        float | None,
        Field(description="Points added for fatigue; NULL where the system has none or its input is unknown."),
    ]
    shot_zone_adjustment: Annotated[float | None, Field(description="Points added for the zone match-up.")]
    pace_adjustment: Annotated[float | None, Field(description="Points added for pace.")]
    usage_adjustment: Annotated[float | None, Field(description="Points added for usage.")]
    home_away_adjustment: Annotated[float | None, Field(description="Points added for the venue.")]
    similarity_baseline: Annotated[float | None, Field(description="Weighted mean of similar past games, points.")]
    similar_games_count: Annotated[int | None, Field(description="Similar past games used.")]
    # line lineage
    line_source: c.LineSource
    sportsbook: c.Sportsbook
    line_minutes_before_game: c.LineMinutesBeforeGame
    line_snapshot_at: c.LineSnapshotAt
    opening_line: c.OpeningLine
    over_price_american: c.MainOverPrice
    under_price_american: c.MainUnderPrice
    # ensemble
    prediction_variance: Annotated[
        float | None, Field(description="Variance of the systems' means around the ensemble's, points squared.")
    ]
    system_agreement_score: Annotated[
        float | None,
        Field(description="0-1: 1 when all contributing systems say the same, 0 from a spread of 6 points."),
    ]
    contributing_systems: Annotated[str | None, Field(description="Systems in the ensemble, comma-separated.")]
    missing_systems: Annotated[str | None, Field(description="Systems that could not contribute, comma-separated.")]
    key_factors: Annotated[str | None, Field(description="Largest adjustments, in words.")]
    warnings: Annotated[str | None, Field(description="What to know before trusting the row, comma-separated codes.")]
    # quality
    feature_quality_score: c.FeatureQualityScore
    data_quality_tier: Annotated[str, Field(description="gold, silver, bronze, poor or critical.")]
    feature_count: Annotated[int, Field(description="Features of the version.")]
    feature_version: c.FeatureVersion
    feature_data_source: Annotated[str, Field(description="Where the features came from: ml_feature_store.")]
    features_hash: c.FeaturesHash
    early_season_flag: c.EarlySeasonFlag
    completeness_pct: c.CompletenessPct
    is_production_ready: c.IsProductionReady
    # calibration
    raw_confidence_score: Annotated[
        float | None, Field(description="Probability of the likelier side in the independent distribution.")
    ]
    calibrated_confidence_score: Annotated[
        float | None,
        Field(
            description="confidence_score where it was calibrated on graded rows; NULL before a month has calibration."
        ),
    ]
    calibration_method: Annotated[
        str | None, Field(description="How: power_normal+market_anchor, or power_normal without a line; NULL before.")
    ]
    calibration_id: Annotated[
        str | None,
        Field(description="Calibration of the month that was used, e.g. calibration@1a2b3c; NULL before one exists."),
    ]
    # errors
    prediction_error_code: Annotated[
        str | None,
        Field(
            description="Typed reason of a system that could not answer; the row then has no number and is never active."
        ),
    ]
    # model
    model_id: Annotated[
        str | None, Field(description="Trained model used, e.g. xgboost_v1/2024-03; NULL for formula systems.")
    ]
    model_version: c.ModelVersion
    training_start_date: Annotated[date | None, Field(description="First date of the model's training window.")]
    training_end_date: Annotated[date | None, Field(description="Last date of the model's training window.")]
    # injury
    injury_status: c.InjuryStatus
    injury_reported_at: c.InjuryReportedAt
    # time
    tip_at: c.TipAt
    as_of_at: c.AsOfAt
    as_of_basis: c.AsOfBasis
    run_mode: c.RunMode
    prediction_made_before_game: c.MadeBeforeGame
    # lifecycle
    is_active: Annotated[
        bool, Field(description="TRUE for the rows in force: all of one batch for each (game, player, system).")
    ]
    superseded_by: Annotated[str | None, Field(description="Batch that superseded or withdrew the row.")]
    accepted_missing_columns: Annotated[
        str | None, Field(description="Columns a person accepted as missing when the row was merged.")
    ]
    created_at: c.CreatedAt
    updated_at: c.UpdatedAt
    build_commit: Annotated[str, Field(description="Code version that made the row.")]


class QuotePrices(Row):
    game_date: c.GameDate
    quote_id: c.QuoteId
    system_id: c.SystemId
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    prediction_id: Annotated[str, Field(description="The active main row whose distribution priced the quote.")]
    batch_id: c.BatchId
    bookmaker: c.Bookmaker
    line: c.Line
    line_x10: c.LineX10
    is_main: c.IsMain
    over_price_american: c.OverPrice
    under_price_american: c.UnderPrice
    snapshot_at: c.SnapshotAt
    over_prob: c.OverProb
    under_prob: c.UnderProb
    push_prob: c.PushProb
    distribution_version: c.DistributionVersion
    market_over_prob: c.MarketOverProb
    devig_method: c.DevigMethod
    expected_value_over: Annotated[
        float | None,
        Field(description="Expected profit of one unit on the over at the book's price; NULL unless is_value_proven."),
    ]
    expected_value_under: Annotated[
        float | None,
        Field(description="Expected profit of one unit on the under at the book's price; NULL unless is_value_proven."),
    ]
    is_value_proven: c.IsValueProven


PREDICTION_BATCHES = Table(
    Layer.PREDICTIONS,
    "prediction_batches",
    "One row an act of predicting a slate or part of it.",
    PredictionBatches,
    ("game_date", "batch_id"),
    "game_date",
    kind=TableKind.OPERATIONAL,
)
PREDICTION_BATCH_SCOPE = Table(
    Layer.PREDICTIONS,
    "prediction_batch_scope",
    "What each batch speaks for: within it, whatever the batch does not name is withdrawn.",
    PredictionBatchScope,
    ("game_date", "batch_id", "game_id", "universal_player_id", "system_id"),
    "game_date",
    kind=TableKind.OPERATIONAL,
    requires_filter=True,
)
PREDICTION_BATCH_SYSTEMS = Table(
    Layer.PREDICTIONS,
    "prediction_batch_systems",
    "What each system of a batch staged, or why it failed.",
    PredictionBatchSystems,
    ("game_date", "batch_id", "system_id"),
    "game_date",
    kind=TableKind.OPERATIONAL,
    requires_filter=True,
)
PREDICTION_INPUTS = Table(
    Layer.PREDICTIONS,
    "prediction_inputs",
    "The feature vectors that predictions used, kept by their hash.",
    PredictionInputs,
    ("game_date", "game_id", "universal_player_id", "features_hash"),
    "game_date",
    ("universal_player_id",),
    kind=TableKind.OPERATIONAL,
    requires_filter=True,
)
PLAYER_PROP_PREDICTIONS = Table(
    Layer.PREDICTIONS,
    "player_prop_predictions",
    "Every system's prediction of every expected player, one row a rung of the line ladder; is_active marks what is in force.",
    PlayerPropPredictions,
    ("game_date", "prediction_id", "batch_id"),
    "game_date",
    ("system_id", "player_lookup"),
    reads=("nba_predictions.prediction_batches", "nba_predictions.prediction_batch_scope"),
)
QUOTE_PRICES = Table(
    Layer.PREDICTIONS,
    "quote_prices",
    "Every line a book offered before the slate's as_of, priced by every system from the one distribution of its projection.",
    QuotePrices,
    ("game_date", "quote_id", "system_id"),
    "game_date",
    ("system_id", "universal_player_id"),
    reads=("nba_analytics.line_prices", "nba_predictions.player_prop_predictions"),
    requires_filter=True,
)
