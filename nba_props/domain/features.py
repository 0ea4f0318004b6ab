"""The features of `ml_feature_store`: names, meaning, bounds and what a source must offer for them.

The formulas are in `sql/precompute/`; the list here is the contract between that SQL, the models and the checks. Features
are named columns, never positions in an array.
"""

from dataclasses import dataclass
from typing import Final, Literal

Capability = Literal["shot_zones", "injury_reports"]

FEATURE_VERSION: Final = "v1_baseline_25"


@dataclass(frozen=True)
class Feature:
    """One feature: its column name, what it says, the range a sane value lies in, and the capability it needs."""

    name: str
    description: str
    low: float
    high: float
    needs: Capability | None = None


FEATURES: Final[tuple[Feature, ...]] = (
    Feature("points_avg_last_5", "Mean points of the last 5 games played before the slate.", 0, 70),
    Feature("points_avg_last_10", "Mean points of the last 10 games played before the slate.", 0, 70),
    Feature("points_avg_season", "Mean points of this season's games before the slate.", 0, 60),
    Feature("points_std_last_10", "Sample standard deviation of points over the last 10 games played.", 0, 40),
    Feature("games_in_last_7_days", "Games played in the 7 days before the slate.", 0, 7),
    Feature("fatigue_score", "0-100, HIGHER IS FRESHER; rules in domain section 5.", 0, 100),
    Feature(
        "shot_zone_mismatch_score",
        "-10..10: points the opponent gives up in the player's primary zone against the league.",
        -12,
        12,
    ),
    Feature("pace_score", "-3..3: (team pace last 10 - opponent pace last 10) / 2.", -3, 3),
    Feature(
        "usage_spike_score", "-3..3: 0.3 x (projected usage - season usage), in percentage points of usage.", -3, 3
    ),
    Feature("rest_advantage", "-2..2: own days of rest minus the opponent's.", -2, 2),
    Feature("injury_risk", "0 available, 1 probable, 2 questionable, 3 doubtful or out.", 0, 3, needs="injury_reports"),
    Feature("recent_trend", "-2..2: mean of the last 2 games minus mean of the 3 before, in buckets.", -2, 2),
    Feature("minutes_change", "-2..2: minutes of the last 10 games against the season's, in buckets.", -2, 2),
    Feature("opponent_def_rating", "Opponent's points allowed per 100 possessions, last 15 games.", 80, 140),
    Feature("opponent_pace", "Opponent's possessions per 48 minutes, last 10 games.", 80, 120),
    Feature("home_away", "1 at home, 0 away.", 0, 1),
    Feature("back_to_back", "1 if the team played the day before.", 0, 1),
    Feature("playoff_game", "1 for playoffs and play-in.", 0, 1),
    Feature("pct_paint", "Share of field-goal attempts in the paint, last 20 games.", 0, 1, needs="shot_zones"),
    Feature("pct_mid_range", "Share of field-goal attempts from mid-range, last 20 games.", 0, 1, needs="shot_zones"),
    Feature("pct_three", "Share of field-goal attempts from three, last 20 games.", 0, 1),
    Feature("pct_free_throw", "Share of points made at the free-throw line, last 20 games.", 0, 1),
    Feature("team_pace", "Own team's possessions per 48 minutes, last 10 games.", 80, 120),
    Feature("team_off_rating", "Own team's points per 100 possessions, last 10 games.", 80, 140),
    Feature("team_win_pct", "Own team's share of games won this season before the slate, 0-1.", 0, 1),
)

FEATURE_NAMES: Final[tuple[str, ...]] = tuple(feature.name for feature in FEATURES)


def source_column(feature_name: str) -> str:
    """Name of the column that says where a feature's value came from."""
    return f"{feature_name}_source"
