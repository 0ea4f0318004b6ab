"""What any system must beat, and what none honestly can: plain means, a ridge, and an oracle told tonight's minutes."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nba_props.evaluation.rows import GAME_KEY
from nba_props.io.warehouse.sqltext import named_query
from nba_props.platform import Platform

MEANS: Final = {"last_5_mean": "points_avg_last_5", "exponential_mean": "points_ewm_8"}
"""Name of each plain mean and its column of `player_daily_cache`."""

RIDGE: Final = "ridge"
BASELINES: Final = (*MEANS, RIDGE)

RIDGE_DAYS: Final = 500
"""A season and what came before it: how far back the ridge of a month looks."""
RIDGE_ROWS: Final = 1000
"""Fewer rows before a month fit nothing: the baseline does not exist there."""
_PENALTY: Final = 10.0
"""On standardised columns and a thousand rows or more it matters little."""


def oracle_points(form: pd.DataFrame, actual_minutes: pd.Series) -> pd.Series:
    """Points of someone who is told tonight's minutes: the player's exponential points a minute (half-life 40) x minutes.

    No forecast made before the game can know as much; missing without earlier minutes.
    """
    earlier = form["minutes_ewm_40"].where(form["minutes_ewm_40"] > 0)
    return pd.Series(form["points_ewm_40"] / earlier * actual_minutes)


# --- ridge ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """Rows of (player, game): what was known before (shape (n, columns), indexed by GAME_KEY), and points scored."""

    known: pd.DataFrame
    points: pd.Series
    """NaN for those who did not play."""


def ridge_between(platform: Platform, start: date, end: date) -> pd.Series:
    """The ridge's points for everyone of start..end with features, indexed by GAME_KEY; NaN in a month without a past."""
    return walk_forward(_history(platform, start.replace(day=1) - timedelta(days=RIDGE_DAYS), end), start, end)


def walk_forward(history: History, start: date, end: date, rows: int = RIDGE_ROWS) -> pd.Series:
    """Points by a ridge that is fitted anew for each month, on the RIDGE_DAYS days before its first.

    Missing columns get the median of the rows it is fitted on. NaN in months with fewer than `rows` of those.
    """
    days = pd.to_datetime(pd.Series(history.known.index.get_level_values("game_date")))
    asked = np.asarray((days >= pd.Timestamp(start)) & (days <= pd.Timestamp(end)))
    predicted = pd.Series(np.nan, index=history.known.index, name=RIDGE)
    for first in sorted(set(days[asked].dt.to_period("M").dt.start_time)):
        before = (days < first) & (days >= first - pd.Timedelta(days=RIDGE_DAYS))
        seen = np.asarray(before) & history.points.notna().to_numpy()
        month = asked & np.asarray(days.dt.to_period("M").dt.start_time == first)
        if seen.sum() >= rows:
            predicted[month] = _fitted_points(history.known[seen], history.points[seen], history.known[month])
    return predicted[asked]


def _fitted_points(known: pd.DataFrame, points: pd.Series, asked: pd.DataFrame) -> np.ndarray:
    columns = known.columns[known.notna().any()]
    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge(alpha=_PENALTY))
    model.fit(known[columns].to_numpy(), points.to_numpy())
    return np.maximum(model.predict(asked[columns].to_numpy()), 0.0)


def _history(platform: Platform, start: date, end: date) -> History:
    dates = {"start_date": start, "end_date": end}
    rows = platform.warehouse.query(named_query("evaluation", "ridge_rows"), dates).to_pandas()
    numbers = rows.set_index(GAME_KEY).astype("Float64").astype(float)
    return History(numbers.drop(columns="points"), numbers["points"])
