"""Slates of real seasons come out whole: covered, every absence explained, five lines, one set in force, known before tip."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from nba_props.domain.systems import SYSTEM_IDS
from nba_props_tests.point_in_time.building import build_coverage, build_slate, frame
from nba_props_tests.point_in_time.conftest import REAL_DAY, Built

pytestmark = [pytest.mark.archive, pytest.mark.whole]

BY_DESIGN = {"no_line_low_minutes", "no_line_not_seen_recently", "incomplete_history", "injured_out", "combo_quote"}
UNEXPECTED = {"name_unresolved", "not_in_registry", "no_features", "low_quality_features", "no_context", "void"}
"""Reasons a finished slate may give; `system_error` and `not_predicted_yet` are bugs there, and UNKNOWN always."""


@pytest.fixture(scope="module")
def slates(real: Built) -> list[date]:
    """Three dates of 2023-24 before the leak test's own: one of the opening weeks, one without quotes, one with them."""
    played = frame(
        real.platform, "SELECT DISTINCT game_date FROM nba_raw.schedule WHERE season = '2023-24' ORDER BY game_date"
    )["game_date"]
    dice = np.random.default_rng(2024)
    parts = (
        (date(2023, 10, 25), date(2023, 11, 5)),
        (date(2023, 11, 20), date(2024, 1, 20)),
        (date(2024, 2, 1), REAL_DAY),
    )
    chosen = [dice.choice([day for day in played if start <= day < end]) for start, end in parts]
    for day in chosen:
        build_slate(real.platform, day)
        build_coverage(real.platform, day)
    return chosen


def rows_of(real: Built, table: str, day: date) -> pd.DataFrame:
    return frame(real.platform, f"SELECT * FROM {table} WHERE game_date = @start_date", start_date=day)


def test_at_least_95_percent_of_the_expected_are_predicted(real: Built, slates: list[date]) -> None:
    for day in slates:
        coverage = rows_of(real, "nba_monitoring.prediction_coverage", day)
        assert set(coverage["system_id"]) == {"all", *SYSTEM_IDS}
        assert coverage["expected"].min() > 0
        assert (coverage.loc[coverage["system_id"] == "all", "coverage_pct"] >= 95).all(), day


def test_everybody_missing_has_one_known_reason(real: Built, slates: list[date]) -> None:
    for day in slates:
        missing = rows_of(real, "nba_monitoring.missing_predictions", day)
        assert missing["missing_key"].is_unique
        assert set(missing["reason"]) <= BY_DESIGN | UNEXPECTED, day
        assert set(missing.loc[missing["is_by_design"], "reason"]) <= BY_DESIGN
        context = rows_of(real, "nba_analytics.upcoming_player_game_context", day)
        active = rows_of(real, "nba_predictions.player_prop_predictions", day).query("is_active")
        accounted = set(missing["universal_player_id"]) | set(active["universal_player_id"])
        assert set(context["universal_player_id"]) <= accounted


def test_a_line_is_five_rungs_of_one_batch_for_every_system(real: Built, slates: list[date]) -> None:
    quoted = 0
    for day in slates:
        active = rows_of(real, "nba_predictions.player_prop_predictions", day).query("is_active")
        sets = active.groupby(["game_id", "universal_player_id", "system_id"])
        assert (sets["batch_id"].nunique() == 1).all()
        assert (sets["line_key"].nunique() == sets.size()).all()
        assert (sets.size() == np.where(sets["has_prop_line"].first(), 5, 1)).all()
        assert (sets["is_main_line"].sum() == 1).all()
        quoted += int(sets["has_prop_line"].first().sum())
    assert quoted > 100


def test_what_was_known_was_known_before_tip(real: Built, slates: list[date]) -> None:
    for day in slates:
        context = rows_of(real, "nba_analytics.upcoming_player_game_context", day)
        told = context[context["tip_at"].notna()]
        assert (told["as_of_at"] < told["tip_at"]).all()
        lined = context[context["has_line"]]
        assert (lined["line_snapshot_at"] < lined["as_of_at"]).all()
        active = rows_of(real, "nba_predictions.player_prop_predictions", day).query("is_active")
        assert not active["prediction_made_before_game"].any(), "a backfill never counts as made before the game"


def test_nobody_ruled_out_is_predicted(built: Built) -> None:
    """On the simulated league: the archive has no injury reports."""
    out = frame(
        built.platform,
        "SELECT universal_player_id FROM nba_analytics.upcoming_player_game_context WHERE game_date = @start_date AND is_out",
        start_date=built.known.day,
    )
    active = built.snapshot["active predictions"].to_pandas()
    assert len(out)
    assert not set(out["universal_player_id"]) & set(active["universal_player_id"])
