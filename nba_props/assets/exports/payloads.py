"""The documents that front ends read, field by field. What is not here is not published.

Numbers are those of the tables, unrounded; prices are American; instants are UTC; null is unknown, never a default.
"""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from nba_props.health import State, Verdict


class Payload(BaseModel):
    """Base of every document and part of one: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SourceBatch(Payload):
    """A batch whose rows the document holds, and the run that predicted it."""

    batch_id: str
    run_id: str | None
    run_mode: str
    batch_as_of_at: datetime


class Export(Payload):
    """What every document carries. `generated_at` alone may differ between two documents of equal content."""

    game_date: date
    generated_at: datetime
    verdict: State
    reasons: list[str]
    coverage_pct: float | None
    predictions_changed_at: datetime | None
    batches: list[SourceBatch]


class Scores(Payload):
    home: int
    away: int


class Game(Payload):
    """`game_status`: scheduled, started, final, or not_scheduled (a prediction names it, the schedule does not)."""

    game_id: str
    home_team: str
    away_team: str
    game_time: datetime | None
    game_status: str
    scores: Scores | None
    player_count: int


class MissingPlayer(Payload):
    """A player or quoted name of the slate without an active prediction, with the one reason."""

    player_lookup: str
    universal_player_id: str | None
    reason: str
    detail: str | None
    is_expected: bool


# -- v1/tonight/all-players.json ---------------------------------------------------------------------------------------


class Prop(Payload):
    stat_type: str
    line: float
    over_odds: float | None
    under_odds: float | None


class Prediction(Payload):
    """The prediction shown: at the main line, of the ensemble or else of the best system that has one.

    `predicted` is the system's own number; `anchored` is the one drawn toward the market's line, with the share that the
    system's number has in it (0-1, with its 95 % interval). `edge` is the probability of the recommended side minus the
    market's; `expected_value`, in units a unit staked, stays null until probabilities are proven.
    """

    system_id: str
    prediction_id: str
    predicted: float
    anchored: float | None
    anchor_weight: float | None
    anchor_weight_low: float | None
    anchor_weight_high: float | None
    market_over_prob: float | None
    edge: float | None
    expected_value: float | None
    projected_minutes: float | None
    confidence: float | None
    recommendation: str
    line: float | None
    factors: list[str]


class TonightPlayer(Payload):
    """Lists of `last_10_…` are latest first and aligned; a line is the main line of that past slate, where known."""

    player_lookup: str
    universal_player_id: str
    name: str
    team: str
    is_home: bool
    has_line: bool
    fatigue_level: str | None
    fatigue_score: float | None
    days_rest: int | None
    injury_status: str | None
    injury_reason: str | None
    season_ppg: float | None
    season_mpg: float | None
    last_5_ppg: float | None
    games_played: int | None
    limited_data: bool | None
    recent_form: str | None
    last_10_points: list[int]
    last_10_lines: list[float | None]
    last_10_minutes: list[float | None]
    last_10_results: list[str | None]
    props: list[Prop]
    prediction: Prediction | None
    no_prediction_reason: str | None
    actual_points: int | None
    result: str | None


class TonightGame(Game):
    players: list[TonightPlayer]


class Tonight(Export):
    """Everyone on the slate; `missing` are names that could not be placed in a game."""

    total_players: int
    total_with_lines: int
    total_predicted: int
    games: list[TonightGame]
    missing: list[MissingPlayer]


# -- v1/predictions/{date}.json ----------------------------------------------------------------------------------------


class Rung(Payload):
    """One line of the ladder, priced; without a line, the one row of the player."""

    prediction_id: str
    line: float | None
    is_main_line: bool
    recommendation: str
    confidence: float | None
    line_margin: float | None
    over_prob: float | None
    under_prob: float | None
    push_prob: float | None


class SystemPrediction(Payload):
    """One system's answer for one player: the number, the main line and its lineage, the ladder, where it came from.

    Two numbers are given: `predicted_…` and the interval are the system's own, `anchored_…` those drawn toward the line by
    all but `anchor_weight` (0-1, with its 95 % interval). Market, edge and value are those of the main line; value is null
    unless `is_value_proven`.
    """

    system_id: str
    predicted_points: float
    predicted_median: float | None
    interval_80_low: float | None
    interval_80_high: float | None
    anchored_points: float | None
    anchored_median: float | None
    anchor_weight: float | None
    anchor_weight_low: float | None
    anchor_weight_high: float | None
    market_over_prob: float | None
    devig_method: str | None
    edge: float | None
    expected_value: float | None
    is_value_proven: bool
    projected_minutes: float | None
    main_line: float | None
    opening_line: float | None
    line_source: str | None
    sportsbook: str | None
    line_snapshot_at: datetime | None
    line_minutes_before_game: int | None
    over_odds: float | None
    under_odds: float | None
    key_factors: str | None
    warnings: str | None
    system_agreement_score: float | None
    contributing_systems: str | None
    missing_systems: str | None
    feature_quality_score: float | None
    data_quality_tier: str
    feature_version: str
    features_hash: str
    model_id: str | None
    model_version: str
    distribution_version: str
    injury_status: str | None
    batch_id: str
    prediction_version: int
    as_of_at: datetime
    as_of_basis: str
    run_mode: str
    prediction_made_before_game: bool
    created_at: datetime
    build_commit: str
    ladder: list[Rung]


class PredictedPlayer(Payload):
    player_lookup: str
    universal_player_id: str
    name: str
    team: str
    opponent: str
    is_home: bool
    systems: list[SystemPrediction]


class PredictedGame(Game):
    players: list[PredictedPlayer]


class Predictions(Export):
    """Every active prediction of a date, and who has none and why."""

    total_players: int
    total_predictions: int
    games: list[PredictedGame]
    missing: list[MissingPlayer]


# -- v1/results/{date}.json, latest.json -------------------------------------------------------------------------------


class SystemGrade(Payload):
    """`result`: correct, incorrect, push, void (with its reason) or pass."""

    system_id: str
    prediction_id: str
    predicted_points: float | None
    predicted_median: float | None
    line: float | None
    recommendation: str
    confidence: float | None
    result: str
    void_reason: str | None
    signed_error: float | None
    absolute_error: float | None
    profit_units: float | None
    prediction_made_before_game: bool


class GradedPlayer(Payload):
    player_lookup: str
    universal_player_id: str
    name: str | None
    team: str | None
    is_home: bool | None
    actual_points: int | None
    participation: str
    systems: list[SystemGrade]


class GradedGame(Game):
    players: list[GradedPlayer]


class SystemDay(Payload):
    """One system's day; rates and shares are 0-1, errors in points."""

    system_id: str
    predictions: int
    predictions_with_line: int
    voids: int
    pushes: int
    correct: int
    incorrect: int
    passes: int
    mae: float | None
    bias: float | None
    line_mae: float | None
    hit_rate: float | None
    within_3_share: float | None
    within_5_share: float | None
    profit_units: float | None


class Results(Export):
    """A date graded."""

    total_players: int
    systems: list[SystemDay]
    games: list[GradedGame]


# -- v1/status.json ----------------------------------------------------------------------------------------------------


class Status(Verdict):
    """The verdict on the slate shown, as `nba-props status --json` prints it, with when it was reached."""

    generated_at: datetime
