"""Every check, by the asset it judges. A rule that one SELECT can say stands here in one line and in `sql/checks/`."""

from collections import defaultdict
from collections.abc import Mapping

from nba_props.catalog import Table, table
from nba_props.checks.coverage import COVERAGE_CHECKS
from nba_props.checks.decay import DECAY_CHECKS
from nba_props.checks.features import FEATURE_CHECKS
from nba_props.checks.frame import Check, Severity, sql_check
from nba_props.checks.generated import asset_tables, generated_checks
from nba_props.checks.staging import STAGING_CHECKS

_PREDICTIONS = table("nba_predictions.player_prop_predictions")


def _integrity(name: str, judged: Table, description: str) -> Check:
    return sql_check(name, judged, Severity.INTEGRITY, description)


def _error(name: str, judged: Table, description: str) -> Check:
    return sql_check(name, judged, Severity.ERROR, description)


def _warning(name: str, judged: Table, description: str) -> Check:
    return sql_check(name, judged, Severity.WARNING, description)


SQL_CHECKS = (
    _error(
        "roster_completeness",
        table("nba_raw.team_rosters"),
        "Every team of the season has a roster of 8 or more, once there is a previous season or 14 days of this one.",
    ),
    _error(
        "box_score_identities",
        table("nba_analytics.player_game_summary"),
        "Points, attempts, team totals and team minutes of the raw box scores add up.",
    ),
    _warning(
        "rosters_partial",
        table("nba_raw.team_rosters"),
        "A date with rosters of ESPN has those of 29 teams or more.",
    ),
    _warning(
        "source_disagreements",
        table("nba_analytics.player_game_summary"),
        "Sources agree with the NBA on points, minutes and results of the same player-games.",
    ),
    _integrity(
        "quotes_before_tip",
        table("nba_analytics.line_prices"),
        "No quote seen at or after tip-off, or its bound, may serve as a line.",
    ),
    _integrity(
        "no_future_results",
        table("nba_precompute.player_daily_cache"),
        "Games and averages counted again from the results before each date are the cached ones.",
    ),
    _integrity(
        "single_active",
        _PREDICTIONS,
        "Active rows of a (game, player, system) come from one batch: one a line, at most five, one main line.",
    ),
    _integrity(
        "no_active_without_number", _PREDICTIONS, "No active row lacks its predicted points or carries an error code."
    ),
    _integrity(
        "predicted_before_tip",
        _PREDICTIONS,
        "Active rows were made from what was known before tip-off, live ones before it.",
    ),
    _error("two_game_ids", _PREDICTIONS, "Every predicted game is in the schedule under the same id."),
    _warning(
        "line_concentration",
        _PREDICTIONS,
        "No main line is shared by more than 40 % of 20 or more players, nor exactly 20.0 by more than 10 %.",
    ),
    _warning(
        "recommendation_skew",
        _PREDICTIONS,
        "No system with 30 main-line bets or more says OVER, or UNDER, in more than 85 % of them.",
    ),
    _error(
        "graded_totals",
        table("nba_grading.prediction_accuracy"),
        "Grades are typed and consistent, and none is missing where the game has a box score.",
    ),
)


def _collected() -> dict[str, tuple[Check, ...]]:
    found: dict[str, list[Check]] = defaultdict(list)
    for judged in asset_tables():
        found["/".join(judged.asset_key)] = generated_checks(judged)
    for check in (*SQL_CHECKS, *FEATURE_CHECKS, *STAGING_CHECKS, *COVERAGE_CHECKS, *DECAY_CHECKS):
        found[check.asset].append(check)
    return {asset: tuple(checks) for asset, checks in found.items()}


CHECKS: Mapping[str, tuple[Check, ...]] = _collected()
"""Checks by asset, e.g. `CHECKS["predictions/player_prop_predictions"]`; generated ones first."""
