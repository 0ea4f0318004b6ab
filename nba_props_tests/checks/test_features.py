"""The feature store: values within their bounds, no constant in disguise, no feature that is mostly NULL."""

from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.domain.features import FEATURES, source_column
from nba_props.platform import Platform
from nba_props_tests.checks.rows import (
    BAD,
    DAYS,
    SEASON,
    assert_all_pass,
    check_named,
    game_id,
    judge,
    put,
    the_failure,
)

NO_ZONES = {"pct_paint": None, "pct_mid_range": None}


def stored(
    platform: Platform, bad: dict[str, Any], *, players: int = 24, early: bool = False, put_bad: int = 99
) -> None:
    """Features of so many players a date that vary between their bounds; `bad` replaces some on the middle date."""
    rows, contexts = [], []
    for day in DAYS:
        for n in range(players):
            values: dict[str, Any] = {
                one.name: one.low + (one.high - one.low) * (n % 5) / 5 for one in FEATURES
            } | NO_ZONES
            values |= bad if day == BAD and n < put_bad else {}
            who = {"game_date": day, "game_id": game_id(day), "universal_player_id": f"nba_{n}"}
            sources = {source_column(one.name): "computed" for one in FEATURES}
            rows.append(who | values | sources | {"season": SEASON, "early_season_flag": early})
            contexts.append(who | {"is_production_ready": n != 0})
    put(platform, "nba_precompute.ml_feature_store", rows)
    put(platform, "nba_analytics.upcoming_player_game_context", contexts)


@pytest.fixture
def capable(platform: Platform) -> Platform:
    """A season with injury reports and without shot zones; teams that play every day."""
    offered = [("injury_reports", True), ("shot_zones", False)]
    put(
        platform,
        "nba_raw.source_capabilities",
        [{"season": SEASON, "capability": name, "is_available": is_there} for name, is_there in offered],
    )
    return platform


def test_features_within_their_bounds_pass(capable: Platform) -> None:
    stored(capable, {})
    for name in ("feature_range", "feature_not_constant", "feature_null_share"):
        assert_all_pass(capable, name)


@pytest.mark.parametrize(
    ("feature", "value", "said"),
    [
        ("fatigue_score", 104.0, "fatigue_score 104 is above 100"),
        ("recent_trend", -7.5, "recent_trend -7.5 is below -2"),
        ("team_win_pct", 62.5, "team_win_pct 62.5 is above 1"),
    ],
)
def test_one_value_out_of_bounds_fails_its_date(capable: Platform, feature: str, value: float, said: str) -> None:
    stored(capable, {feature: value}, put_bad=1)
    failure = the_failure(capable, "feature_range")
    assert (failure.value, failure.detail) == (value, said)


def test_a_feature_with_one_value_for_everyone_is_named(capable: Platform) -> None:
    stored(capable, {"fatigue_score": 0.0})
    failure = the_failure(capable, "feature_not_constant")
    assert (failure.value, failure.detail) == (0.0, "fatigue_score is 0 for all 24 players")


def test_few_players_may_be_equal(capable: Platform) -> None:
    stored(capable, {"fatigue_score": 0.0}, players=19)
    assert_all_pass(capable, "feature_not_constant")


def test_a_slate_of_playoff_games_is_no_fault(capable: Platform) -> None:
    stored(capable, {"playoff_game": 1.0})
    assert_all_pass(capable, "feature_not_constant")


def test_one_venue_for_everyone_is_a_fault(capable: Platform) -> None:
    stored(capable, {"home_away": 1.0})
    assert the_failure(capable, "feature_not_constant").detail == "home_away is 1 for all 24 players"


def two_games(platform: Platform, before: date, teams_before: tuple[str, str]) -> None:
    """Two games on the middle date, and one before it."""
    games = [(day, game_id(day), "LAL", "BOS") for day in DAYS]
    games += [(BAD, "0022309999", "DEN", "MIA"), (before, "0022309998", *teams_before)]
    put(
        platform,
        "nba_raw.schedule",
        [
            {
                "game_date": day,
                "game_id": one,
                "home_team": home,
                "away_team": away,
                "season": SEASON,
                "season_type": "Regular Season",
            }
            for day, one, home, away in games
        ],
    )


def test_back_to_back_must_differ_only_where_the_schedule_says_so(capable: Platform) -> None:
    # Boston and the Lakers play every day here, so all of them are on a back-to-back ...
    stored(capable, {"back_to_back": 1.0})
    assert_all_pass(capable, "feature_not_constant")
    # ... until two teams join that did not play the day before.
    two_games(capable, BAD - timedelta(days=3), ("DEN", "MIA"))
    assert the_failure(capable, "feature_not_constant").detail == "back_to_back is 1 for all 24 players"


def test_rest_must_differ_only_where_opponents_rested_differently(capable: Platform) -> None:
    two_games(capable, BAD - timedelta(days=3), ("DEN", "MIA"))
    stored(capable, {"rest_advantage": 0.0})
    assert_all_pass(capable, "feature_not_constant")
    two_games(capable, BAD - timedelta(days=1), ("DEN", "PHX"))
    put_miami = {"game_date": BAD - timedelta(days=4), "game_id": "0022309997", "home_team": "MIA", "away_team": "CHI"}
    put(
        capable,
        "nba_raw.schedule",
        [
            {"season": SEASON, "season_type": "Regular Season"} | one
            for one in (
                {"game_date": DAYS[0], "game_id": game_id(DAYS[0]), "home_team": "DEN", "away_team": "BOS"},
                {"game_date": BAD, "game_id": game_id(BAD), "home_team": "DEN", "away_team": "MIA"},
                {"game_date": DAYS[2], "game_id": game_id(DAYS[2]), "home_team": "LAL", "away_team": "BOS"},
                put_miami,
            )
        ],
    )
    assert the_failure(capable, "feature_not_constant").detail == "rest_advantage is 0 for all 24 players"


def test_a_feature_that_is_mostly_null_is_named(capable: Platform) -> None:
    stored(capable, {"pace_score": None}, put_bad=13)  # player 0 is not ready: 12 of 23
    failure = the_failure(capable, "feature_null_share")
    assert failure.value == pytest.approx(100 * 12 / 23)
    assert failure.detail == "pace_score is NULL for 52 % of 23 ready players"


def test_half_null_is_tolerated(capable: Platform) -> None:
    stored(capable, {"pace_score": None}, put_bad=12)  # 11 of 23 ready players
    assert_all_pass(capable, "feature_null_share")


def test_what_the_source_cannot_give_is_no_fault_and_what_it_can_is(capable: Platform) -> None:
    stored(capable, {"injury_risk": None})
    assert the_failure(capable, "feature_null_share").detail == "injury_risk is NULL for 100 % of 23 ready players"
    put(capable, "nba_raw.source_capabilities", [])
    assert_all_pass(capable, "feature_null_share")


def test_early_season_is_excused_from_nulls_and_from_what_opening_days_leave_equal(capable: Platform) -> None:
    stored(capable, {"team_win_pct": None, "rest_advantage": 0.0}, early=True)
    assert_all_pass(capable, "feature_null_share")
    assert_all_pass(capable, "feature_not_constant")


def test_a_slate_without_features_has_nothing_to_judge(capable: Platform) -> None:
    assert {one.passed for one in judge(capable, check_named("feature_range")).values()} == {True}
