"""Precompute layer: a player's form, zones and factors before the slate, and the feature store built from them."""

from typing import Annotated, Any

from pydantic import Field, create_model

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table
from nba_props.domain.features import FEATURES, source_column


class PlayerShotZoneAnalysis(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    games_used: Annotated[
        int, Field(description="Games in the window: the last 20 played within 400 days before the slate.")
    ]
    field_goals_attempted: Annotated[int, Field(description="Field-goal attempts in the window.")]
    two_point_share: Annotated[float | None, Field(description="Share of attempts from two, 0-1.")]
    three_point_share: Annotated[float | None, Field(description="Share of attempts from three, 0-1.")]
    paint_share: Annotated[float | None, Field(description="Share of attempts in the paint; NULL without zones.")]
    mid_range_share: Annotated[float | None, Field(description="Share of attempts from mid-range; NULL without zones.")]
    two_point_fg_pct: Annotated[float | None, Field(description="Two-point percentage, 0-100.")]
    three_point_fg_pct: Annotated[float | None, Field(description="Three-point percentage, 0-100.")]
    free_throw_points_share: Annotated[float | None, Field(description="Share of points made at the line, 0-1.")]
    primary_zone: Annotated[
        str | None,
        Field(description="paint, mid_range, three or balanced; two or three without zones; NULL without attempts."),
    ]
    zone_source: c.ZoneSource


class TeamDefenseZoneAnalysis(Row):
    game_date: c.GameDate
    game_id: c.GameId
    team_abbr: c.TeamAbbr
    games_used: Annotated[int, Field(description="Team games in the window: the last 15 before the slate.")]
    league_games_used: Annotated[int, Field(description="Team-games of the league in the 30 days before the slate.")]
    two_diff_pct: Annotated[
        float | None, Field(description="Two-point FG % allowed minus the league's, percentage points.")
    ]
    three_diff_pct: Annotated[
        float | None, Field(description="Three-point FG % allowed minus the league's, percentage points.")
    ]
    paint_diff_pct: Annotated[
        float | None, Field(description="Paint FG % allowed minus the league's; NULL without zones.")
    ]
    mid_range_diff_pct: Annotated[
        float | None, Field(description="Mid-range FG % allowed minus the league's; NULL without zones.")
    ]
    overall_diff_pct: Annotated[float | None, Field(description="FG % allowed minus the league's, percentage points.")]
    league_def_rating: Annotated[
        float | None, Field(description="League points per 100 possessions in the 30 days before.")
    ]
    zone_source: c.ZoneSource


class PlayerDailyCache(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    games_played_season: c.GamesPlayedSeason
    games_in_last_10: Annotated[
        int, Field(description="Games in the last-10 window (fewer than 10 early in a career).")
    ]
    games_in_last_5: Annotated[int, Field(description="Games in the last-5 window.")]
    has_previous_season_in_last_10: Annotated[
        bool, Field(description="TRUE if the last-10 window reaches into an earlier season.")
    ]
    has_previous_season_in_last_5: Annotated[
        bool, Field(description="TRUE if the last-5 window reaches into an earlier season.")
    ]
    points_avg_last_5: Annotated[float | None, Field(description="Mean points, last 5 games played.")]
    points_avg_last_10: Annotated[float | None, Field(description="Mean points, last 10 games played.")]
    points_avg_season: Annotated[float | None, Field(description="Mean points this season; NULL before a first game.")]
    points_avg_previous_season: Annotated[
        float | None, Field(description="Mean points of earlier seasons' games within 400 days.")
    ]
    points_std_last_10: Annotated[
        float | None, Field(description="Sample standard deviation of points, last 10 games; NULL under 2 games.")
    ]
    points_avg_last_2: Annotated[float | None, Field(description="Mean points of the last 2 games.")]
    points_avg_previous_3: Annotated[float | None, Field(description="Mean points of the 3 games before those.")]
    minutes_avg_last_10: Annotated[float | None, Field(description="Mean minutes, last 10 games.")]
    minutes_avg_season: Annotated[
        float | None, Field(description="Mean minutes this season; NULL before a first game.")
    ]
    points_per_minute_last_10: Annotated[float | None, Field(description="Points per minute, last 10 games.")]
    points_ewm_8: Annotated[float | None, Field(description="Exponential mean of points, half-life 8 games.")]
    points_ewm_20: Annotated[float | None, Field(description="Exponential mean of points, half-life 20 games.")]
    points_ewm_40: Annotated[float | None, Field(description="Exponential mean of points, half-life 40 games.")]
    minutes_ewm_3: Annotated[float | None, Field(description="Exponential mean of minutes, half-life 3 games.")]
    minutes_ewm_8: Annotated[float | None, Field(description="Exponential mean of minutes, half-life 8 games.")]
    minutes_ewm_20: Annotated[float | None, Field(description="Exponential mean of minutes, half-life 20 games.")]
    minutes_ewm_40: Annotated[float | None, Field(description="Exponential mean of minutes, half-life 40 games.")]
    attempts_ewm_8: Annotated[float | None, Field(description="Exponential mean of field-goal attempts, half-life 8.")]
    free_throws_ewm_20: Annotated[
        float | None, Field(description="Exponential mean of free-throw attempts, half-life 20.")
    ]
    threes_ewm_20: Annotated[float | None, Field(description="Exponential mean of three-point attempts, half-life 20.")]
    plays_ewm_8: Annotated[float | None, Field(description="Exponential mean of plays used, half-life 8 games.")]
    plays_ewm_20: Annotated[float | None, Field(description="Exponential mean of plays used, half-life 20 games.")]
    shooting_ewm_40: Annotated[
        float | None, Field(description="Points per two true shooting attempts (FGA + 0.44 FTA), half-life 40 games.")
    ]
    start_share_ewm_3: Annotated[
        float | None, Field(description="Exponential share of games started, half-life 3, of games where it is known.")
    ]
    minutes_last_1: Annotated[float | None, Field(description="Minutes of the last game played.")]
    minutes_last_2: Annotated[float | None, Field(description="Minutes of the game before that.")]
    is_starter_last_1: Annotated[bool | None, Field(description="TRUE if the player started his last game.")]
    minutes_std_last_10: Annotated[
        float | None, Field(description="Sample standard deviation of minutes, last 10 games; NULL under 2 games.")
    ]
    days_since_last_game: Annotated[int | None, Field(description="Days since the last game played; NULL without any.")]
    team_games_missed: Annotated[
        int | None, Field(description="Games of tonight's team since the player's last game that he did not play.")
    ]
    usual_vacated_minutes: Annotated[
        float | None,
        Field(description="Exponential mean (half-life 8) of the minutes that his team lacked in the games he played."),
    ]
    usual_vacated_plays: Annotated[
        float | None, Field(description="The same of the plays that missing team-mates usually use.")
    ]
    usual_vacated_guard: Annotated[float | None, Field(description="Of usual_vacated_minutes, those of guards.")]
    usual_vacated_forward: Annotated[float | None, Field(description="Of usual_vacated_minutes, those of forwards.")]
    usual_vacated_center: Annotated[float | None, Field(description="Of usual_vacated_minutes, those of centers.")]
    usage_pct_last_5: Annotated[float | None, Field(description="Usage rate over the last 5 games.")]
    usage_pct_season: Annotated[float | None, Field(description="Usage rate this season; NULL before a first game.")]


class PlayerCompositeFactors(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    fatigue_score: Annotated[float | None, Field(description="0-100, higher is fresher.")]
    fatigue_score_source: Annotated[str, Field(description="Where fatigue_score came from.")]
    age_years: Annotated[float | None, Field(description="Age on the slate date; NULL without a birth date.")]
    shot_zone_mismatch_score: Annotated[
        float | None, Field(description="-10..10 (12 beyond 5), in percentage points of FG %.")
    ]
    shot_zone_mismatch_score_source: Annotated[str, Field(description="Where shot_zone_mismatch_score came from.")]
    pace_score: Annotated[float | None, Field(description="-3..3.")]
    pace_score_source: Annotated[str, Field(description="Where pace_score came from.")]
    projected_usage_pct: Annotated[
        float | None,
        Field(description="Usage of the last 5 games, raised by half of what team-mates ruled out tonight used."),
    ]
    vacated_usage_pct: Annotated[
        float | None,
        Field(description="Team usage share of rotation players ruled out tonight; NULL without injury reports."),
    ]
    usage_spike_score: Annotated[float | None, Field(description="-3..3.")]
    usage_spike_score_source: Annotated[str, Field(description="Where usage_spike_score came from.")]


def _feature_columns() -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for feature in FEATURES:
        columns[feature.name] = (Annotated[float | None, Field(description=feature.description)], ...)
    for feature in FEATURES:
        description = f"Where {feature.name} came from: computed, fallback:…, unavailable:{{capability}} or missing:…"
        columns[source_column(feature.name)] = (Annotated[str, Field(description=description)], ...)
    return columns


class _FeatureStoreIdentity(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    player_lookup: c.PlayerLookup
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    season: c.Season
    as_of_at: c.AsOfAt
    feature_version: c.FeatureVersion
    feature_count: Annotated[int, Field(description="Features of the version.")]
    features_known: Annotated[int, Field(description="Features with a value.")]
    feature_quality_score: c.FeatureQualityScore
    data_quality_tier: Annotated[
        str, Field(description="gold >= 95, silver >= 85, bronze >= 70, poor >= 50, critical.")
    ]
    early_season_flag: c.EarlySeasonFlag
    games_played_season: c.GamesPlayedSeason


MlFeatureStore: type[Row] = create_model("MlFeatureStore", __base__=_FeatureStoreIdentity, **_feature_columns())

_PLAYER_GRAIN = ("game_date", "game_id", "universal_player_id")

PLAYER_SHOT_ZONE_ANALYSIS = Table(
    Layer.PRECOMPUTE,
    "player_shot_zone_analysis",
    "Where a player's shots come from, before the slate.",
    PlayerShotZoneAnalysis,
    _PLAYER_GRAIN,
    "game_date",
    ("universal_player_id",),
    reads=("nba_analytics.player_game_summary", "nba_analytics.upcoming_player_game_context"),
    reads_before=("nba_analytics.player_game_summary",),
    is_sql_built=True,
    requires_filter=True,
)
TEAM_DEFENSE_ZONE_ANALYSIS = Table(
    Layer.PRECOMPUTE,
    "team_defense_zone_analysis",
    "What each team on the slate gives up by zone, against the league of the 30 days before.",
    TeamDefenseZoneAnalysis,
    ("game_date", "game_id", "team_abbr"),
    "game_date",
    ("team_abbr",),
    reads=("nba_analytics.team_defense_game_summary", "nba_analytics.upcoming_team_game_context"),
    reads_before=("nba_analytics.team_defense_game_summary",),
    is_sql_built=True,
    requires_filter=True,
)
PLAYER_DAILY_CACHE = Table(
    Layer.PRECOMPUTE,
    "player_daily_cache",
    "A player's form over recent games and the season, before the slate.",
    PlayerDailyCache,
    _PLAYER_GRAIN,
    "game_date",
    ("universal_player_id",),
    reads=(
        "nba_analytics.player_game_summary",
        "nba_analytics.team_offense_game_summary",
        "nba_analytics.team_absence_game_summary",
        "nba_analytics.upcoming_player_game_context",
    ),
    reads_before=(
        "nba_analytics.player_game_summary",
        "nba_analytics.team_offense_game_summary",
        "nba_analytics.team_absence_game_summary",
    ),
    is_sql_built=True,
    requires_filter=True,
)
PLAYER_COMPOSITE_FACTORS = Table(
    Layer.PRECOMPUTE,
    "player_composite_factors",
    "Fatigue, zone mismatch, pace and usage factors.",
    PlayerCompositeFactors,
    _PLAYER_GRAIN,
    "game_date",
    ("universal_player_id",),
    reads=(
        "nba_raw.player_list",
        "nba_raw.source_capabilities",
        "nba_analytics.upcoming_player_game_context",
        "nba_analytics.upcoming_team_game_context",
        "nba_precompute.player_daily_cache",
        "nba_precompute.player_shot_zone_analysis",
        "nba_precompute.team_defense_zone_analysis",
    ),
    is_sql_built=True,
    requires_filter=True,
)
ML_FEATURE_STORE = Table(
    Layer.PRECOMPUTE,
    "ml_feature_store",
    "The features by name, each with its provenance; quality score and tier beside them.",
    MlFeatureStore,
    _PLAYER_GRAIN,
    "game_date",
    ("universal_player_id",),
    reads=(
        "nba_raw.source_capabilities",
        "nba_analytics.upcoming_player_game_context",
        "nba_analytics.upcoming_team_game_context",
        "nba_precompute.player_daily_cache",
        "nba_precompute.player_shot_zone_analysis",
        "nba_precompute.player_composite_factors",
    ),
    is_sql_built=True,
    requires_filter=True,
)
