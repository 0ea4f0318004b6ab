"""The ridge baseline walks forward: no row of its month or later reaches a prediction."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from nba_props.catalog import table
from nba_props.domain.features import FEATURE_NAMES
from nba_props.evaluation.baselines import History, ridge_between, walk_forward
from nba_props.evaluation.rows import GAME_KEY
from nba_props.platform import Platform
from nba_props_tests.assets.test_grading import put

FIRST = date(2024, 1, 1)
START, END = date(2024, 2, 10), date(2024, 3, 20)


def history(days: int = 80, players: int = 20, seed: int = 1) -> History:
    """Points are 5 + 2 x known, with noise; a second column says nothing and is missing now and then, a third always is."""
    draw = np.random.default_rng(seed)
    key = [(FIRST + timedelta(days=d), f"g{d}", f"p{p}") for d in range(days) for p in range(players)]
    index = pd.MultiIndex.from_tuples(key, names=GAME_KEY)
    known = draw.uniform(0, 10, len(key))
    noise = np.where(draw.random(len(key)) < 0.2, np.nan, draw.normal(0, 1, len(key)))
    columns = pd.DataFrame({"known": known, "noise": noise, "absent": np.nan}, index=index)
    return History(columns, pd.Series(5 + 2 * known + draw.normal(0, 0.5, len(key)), index=index))


def days_of(values: pd.Series) -> pd.Index:
    return pd.Index(values.index.get_level_values("game_date"))


def test_it_learns_from_the_months_before() -> None:
    past = history()
    points = walk_forward(past, START, END, rows=300)
    assert set(days_of(points)) == {START + timedelta(days=d) for d in range((END - START).days + 1)}
    expected = 5 + 2 * past.known["known"].reindex(points.index)
    assert (points - expected).abs().max() < 0.7


def test_nothing_of_the_month_or_later_reaches_a_prediction() -> None:
    past = history()
    before = walk_forward(past, START, END, rows=300)
    later = past.points.copy()
    later[[day >= date(2024, 2, 1) for day in days_of(later)]] = 99.0
    after = walk_forward(History(past.known, later), START, END, rows=300)
    february = np.array([day < date(2024, 3, 1) for day in days_of(before)])
    assert after[february].to_numpy() == pytest.approx(before[february].to_numpy())
    assert (after[~february] - before[~february]).abs().min() > 1  # March is told of February


def test_it_looks_no_further_back_than_500_days() -> None:
    past = history()
    far = past.known.copy()
    far.index = far.index.set_levels([day - timedelta(days=600) for day in far.index.levels[0]], level=0)
    points = past.points.set_axis(far.index)
    both = History(pd.concat([far, past.known]), pd.concat([points * 0 + 99.0, past.points]))
    assert walk_forward(both, START, END, rows=300).to_numpy() == pytest.approx(
        walk_forward(past, START, END, rows=300).to_numpy()
    )


def test_a_month_without_a_past_has_no_ridge() -> None:
    points = walk_forward(history(), date(2024, 1, 5), END, rows=1000)
    is_march = np.array([day >= date(2024, 3, 1) for day in days_of(points)])
    assert points[is_march].notna().all()
    assert points[~is_march].isna().all()  # January has nothing before it, February 620 rows


def test_those_who_did_not_play_teach_nothing_and_are_answered() -> None:
    past = history()
    missing = past.points.mask(np.arange(len(past.points)) % 3 == 0)
    points = walk_forward(History(past.known, missing), START, END, rows=300)
    assert points.notna().all()


def test_rows_come_from_features_form_and_results(platform: Platform) -> None:
    draw = np.random.default_rng(0)
    features, cache, results = [], [], []
    for place in range(1100):
        day = date(2024, 1, 1) + timedelta(days=place % 31)
        key = {"game_date": day, "game_id": f"g{place}", "universal_player_id": f"p{place}"}
        level = float(draw.uniform(5, 25))
        features.append(key | {"points_avg_season": level})
        cache.append(key | {"points_ewm_8": level + 1})
        results.append(key | {"points": round(level), "participation": "played"})
    asked = {"game_date": START, "game_id": "g", "universal_player_id": "p"}
    put(platform, table("nba_precompute.ml_feature_store"), [*features, asked | {"points_avg_season": 18.0}])
    put(platform, table("nba_precompute.player_daily_cache"), [*cache, asked | {"points_ewm_8": 19.0}])
    put(platform, table("nba_analytics.player_game_summary"), results)
    points = ridge_between(platform, START, END)
    assert points.index.tolist() == [(pd.Timestamp(START).date(), "g", "p")]
    assert points.iloc[0] == pytest.approx(18, abs=0.3)
    assert set(FEATURE_NAMES) <= set(
        platform.warehouse.query("SELECT * FROM nba_precompute.ml_feature_store LIMIT 0").column_names
    )
