"""Monitoring layer: the truth about every date, kept."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table, TableKind


class CheckResults(Row):
    game_date: c.GameDate
    asset: Annotated[str, Field(description="Asset the check is of, e.g. predictions/player_prop_predictions.")]
    check_name: Annotated[str, Field(description="Check.")]
    passed: Annotated[bool, Field(description="TRUE if the date passed.")]
    severity: Annotated[str, Field(description="integrity (blocks publishing), error, warning or info.")]
    value: Annotated[float | None, Field(description="The figure that was judged, where there is one.")]
    detail: Annotated[str, Field(description="What was found, in words.")]
    checked_at: Annotated[datetime, Field(description="When this outcome was first seen, UTC.")]


class PredictionCoverage(Row):
    game_date: c.GameDate
    system_id: Annotated[str, Field(description="System, or all for predicted by any.")]
    games: Annotated[int, Field(description="Games of the slate.")]
    roster_players: Annotated[int, Field(description="Funnel: players on the two rosters of each game.")]
    eligible_players: Annotated[int, Field(description="Funnel: of those, eligible.")]
    ready_players: Annotated[int, Field(description="Funnel: of those, production-ready.")]
    feature_players: Annotated[int, Field(description="Funnel: of those, with features.")]
    quoted_players: Annotated[int, Field(description="Expected players with a usable line.")]
    unresolved_names: Annotated[
        int, Field(description="Quoted names nobody could be bound to; they count as expected.")
    ]
    expected: Annotated[int, Field(description="Production-ready players plus unresolved quoted names.")]
    predicted: Annotated[int, Field(description="Expected players with an active prediction.")]
    coverage_pct: Annotated[
        float | None, Field(description="100 x predicted / expected; NULL where nobody is expected.")
    ]
    status: Annotated[
        str,
        Field(description="ok (>= 95), warning, or critical (< 85, or nobody expected although games are scheduled)."),
    ]


class MissingPredictions(Row):
    game_date: c.GameDate
    missing_key: Annotated[
        str, Field(description="universal_player_id, or the name key where nobody could be bound to the name.")
    ]
    player_lookup: c.PlayerLookup
    universal_player_id: c.MaybeUniversalPlayerId
    reason: c.Reason
    is_expected: Annotated[
        bool, Field(description="TRUE if the player counts as expected, so that his absence lowers coverage.")
    ]
    is_by_design: Annotated[
        bool,
        Field(
            description="TRUE if nobody expected a prediction (no line and low minutes, out, a combo of two players)."
        ),
    ]
    detail: c.Detail


class ExportLog(Row):
    game_date: c.GameDate
    path: Annotated[str, Field(description="Object path in the bucket.")]
    state: Annotated[str, Field(description="published or withheld.")]
    content_hash: Annotated[str, Field(description="Hash of the content apart from generated_at; empty if withheld.")]
    detail: Annotated[str, Field(description="Verdict and reasons.")]
    published_at: Annotated[datetime, Field(description="When this content was published or withheld, UTC.")]


class Alerts(Row):
    game_date: c.GameDate
    fingerprint: Annotated[str, Field(description="Situation, and what tells it apart (a batch, a path, a step).")]
    situation: Annotated[str, Field(description="Kind of alert, e.g. low_coverage; docs/runbooks/alerts.md has each.")]
    subject: Annotated[str, Field(description="Batch, path, step or source it is about; empty for the slate itself.")]
    state: Annotated[str, Field(description="open or resolved.")]
    severity: Annotated[str, Field(description="warning or critical.")]
    alert_text: Annotated[str, Field(description="What was found, in words.")]
    next_step: Annotated[str, Field(description="What to do.")]
    link: Annotated[str, Field(description="Where to look.")]
    first_raised_at: Annotated[datetime, Field(description="When it was first found, UTC.")]
    changed_at: Annotated[
        datetime, Field(description="When its state, severity or text was last found to be another, UTC.")
    ]
    sent_at: Annotated[
        datetime | None, Field(description="When a channel last took a message of it, UTC; NULL if none.")
    ]
    deliveries: Annotated[
        str,
        Field(
            description="JSON object by channel: what it was last told (state, severity, at), and why it refused what came after."
        ),
    ]


class StagingTables(Row):
    table_name: Annotated[str, Field(description="_staging_{batch_id}_{system}_{writer}.")]
    batch_id: c.BatchId
    game_date: c.GameDate
    system_id: c.SystemId
    writer: Annotated[str, Field(description="Writer within the system's asset.")]
    row_count: Annotated[int, Field(description="Rows staged.")]
    created_at: c.CreatedAt
    age_minutes: Annotated[float, Field(description="Minutes since it was written.")]


class Metrics(Row):
    recorded_date: Annotated[date, Field(description="US/Eastern date on which the point was recorded.")]
    run_id: Annotated[str, Field(description="Dagster run id.")]
    metric: Annotated[str, Field(description="Metric, e.g. write_attempts.")]
    labels: Annotated[str, Field(description="What it is told apart by, as a JSON object with sorted names.")]
    kind: Annotated[str, Field(description="count (of this run) or gauge (the last value).")]
    value: Annotated[float, Field(description="The count or value.")]
    recorded_at: Annotated[datetime, Field(description="When the run ended and wrote it, UTC.")]


CHECK_RESULTS = Table(
    Layer.MONITORING,
    "check_results",
    "Outcome of each check on each date.",
    CheckResults,
    ("game_date", "asset", "check_name"),
    "game_date",
    kind=TableKind.OPERATIONAL,
)
PREDICTION_COVERAGE = Table(
    Layer.MONITORING,
    "prediction_coverage",
    "Coverage and the funnel of players, per date and system.",
    PredictionCoverage,
    ("game_date", "system_id"),
    "game_date",
    reads=(
        "nba_raw.schedule",
        "nba_reference.unresolved_player_names",
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.ml_feature_store",
        "nba_predictions.player_prop_predictions",
    ),
    is_sql_built=True,
)
MISSING_PREDICTIONS = Table(
    Layer.MONITORING,
    "missing_predictions",
    "Every player of a slate without an active prediction, with exactly one reason.",
    MissingPredictions,
    ("game_date", "missing_key"),
    "game_date",
    reads=(
        "nba_reference.unresolved_player_names",
        "nba_reference.nba_players_registry",
        "nba_analytics.line_prices",
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.ml_feature_store",
        "nba_predictions.player_prop_predictions",
    ),
    is_sql_built=True,
)
EXPORT_LOG = Table(
    Layer.MONITORING,
    "export_log",
    "What was published for each date, or why not.",
    ExportLog,
    ("game_date", "path"),
    "game_date",
    kind=TableKind.OPERATIONAL,
)
ALERTS = Table(
    Layer.MONITORING,
    "alerts",
    "What was worth telling a person, date by date, and which channels were told.",
    Alerts,
    ("game_date", "fingerprint"),
    "game_date",
    kind=TableKind.OPERATIONAL,
)
METRICS = Table(
    Layer.MONITORING,
    "metrics",
    "What each run counted and measured of itself.",
    Metrics,
    ("recorded_date", "run_id", "metric", "labels", "recorded_at"),
    "recorded_date",
    ("metric",),
    kind=TableKind.OPERATIONAL,
)
STAGING_TABLES = Table(
    Layer.MONITORING,
    "staging_tables",
    "Staging that batches left, listed by the warehouse itself.",
    StagingTables,
    ("table_name",),
    kind=TableKind.VIEW,
)
