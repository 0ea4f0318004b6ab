"""The player-games of an evaluation: grades of every system, beside what was known of the player before the game.

Here belong reading them and choosing those on which everyone can be compared. Not here: what the baselines say
(`baselines`) and scores (`scores`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import pandas as pd

from nba_props.domain.systems import SYSTEM_IDS
from nba_props.io.warehouse.sqltext import named_query
from nba_props.platform import Platform

GAME_KEY = ["game_date", "game_id", "universal_player_id"]


def grades_between(platform: Platform, start: date, end: date) -> pd.DataFrame:
    """Grades that are not void: one row a player-game and system."""
    dates = {"start_date": start, "end_date": end}
    found: pd.DataFrame = platform.warehouse.query(named_query("evaluation", "graded_rows"), dates).to_pandas()
    return found


def form_between(platform: Platform, start: date, end: date) -> pd.DataFrame:
    """Means of points and minutes before each game, indexed by GAME_KEY."""
    dates = {"start_date": start, "end_date": end}
    found: pd.DataFrame = platform.warehouse.query(named_query("evaluation", "form_before_games"), dates).to_pandas()
    return found.set_index(GAME_KEY)


@dataclass(frozen=True)
class PlayerGames:
    """Graded figures by name, each a frame of shape (player-games, systems), and the form of the players.

    All have the same player-games in the same order; a figure that a system does not have there is missing.
    """

    figures: Mapping[str, pd.DataFrame]
    form: pd.DataFrame
    """Shape (player-games, names): what was known before the game, baselines included."""

    @classmethod
    def of(cls, grades: pd.DataFrame, form: pd.DataFrame) -> Self:
        systems = sorted(set(grades["system_id"]), key=_place)
        names = grades.columns.difference([*GAME_KEY, "system_id"])
        wide = grades.pivot(index=GAME_KEY, columns="system_id")
        figures = {name: pd.DataFrame(wide[name]).reindex(columns=systems) for name in names}
        return cls(figures, form.reindex(wide.index).astype(float))

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.figures[name]

    def __len__(self) -> int:
        return len(self.form)

    @property
    def systems(self) -> list[str]:
        return list(self["predicted_points"].columns)

    @property
    def dates(self) -> pd.Index:
        return self.form.index.get_level_values("game_date")

    @property
    def is_live(self) -> pd.Series:
        """TRUE where every system's row was written before tip-off; all else is backfill."""
        return self["prediction_made_before_game"].eq(True).all(axis=1)

    def where(self, mask: pd.Series) -> Self:
        return type(self)({name: figure[mask] for name, figure in self.figures.items()}, self.form[mask])

    def of_system(self, name: str, system: str) -> pd.Series:
        """A system's figure, as floats."""
        return self[name][system].astype("Float64").astype(float)

    def shared(self, name: str) -> pd.Series:
        """A number that is the same beside every system that answered."""
        return self[name].astype("Float64").astype(float).max(axis=1)

    def shared_word(self, name: str) -> pd.Series:
        """A word that is the same beside every system that answered."""
        return self[name].bfill(axis=1).iloc[:, 0]

    def is_same(self, name: str) -> pd.Series:
        """TRUE where every system has a value, and the same one."""
        figure = self[name]
        return figure.notna().all(axis=1) & figure.nunique(axis=1).eq(1)

    def has_all(self, name: str, systems: Sequence[str] | None = None) -> pd.Series:
        """TRUE where every one of the systems (by default all) has the figure."""
        return self[name][self.systems if systems is None else list(systems)].notna().all(axis=1)

    def with_any(self, name: str) -> list[str]:
        """Systems that have the figure anywhere."""
        return [system for system in self.systems if self[name][system].notna().any()]


def _place(system: str) -> tuple[int, str]:
    """The order in which systems are listed; one that is no longer shipped comes last."""
    return (SYSTEM_IDS.index(system) if system in SYSTEM_IDS else len(SYSTEM_IDS), system)


# --- groups of rows ---------------------------------------------------------------------------------------------------

LINE_SIZES = {"under 10.5": 10.5, "10.5 to 15": 15.0, "15 to 20": 20.0, "20 to 25": 25.0, "25 and more": np.inf}
"""Name of each group of lines and the first line above it."""

TIERS = ("gold", "silver", "bronze", "poor", "critical")
_STARTER_MINUTES, _ROTATION_MINUTES = 28.0, 18.0


def groups_of(games: PlayerGames) -> dict[str, pd.Series]:
    """Name of a slicing: the group of each player-game, an ordered category; missing where it belongs to none."""
    months = pd.Series([f"{day:%Y-%m}" for day in games.dates], index=games.form.index)
    return {
        "line_size": _line_sizes(games.shared("current_points_line")),
        "minutes_role": _minutes_roles(games.form),
        "month": _ordered(months, sorted(set(months))),
        "data_quality_tier": _ordered(games.shared_word("data_quality_tier"), TIERS),
    }


def _line_sizes(line: pd.Series) -> pd.Series:
    return pd.Series(pd.cut(line, [-np.inf, *LINE_SIZES.values()], right=False, labels=list(LINE_SIZES)))


def _minutes_roles(form: pd.DataFrame) -> pd.Series:
    """By the mean minutes of the season before the game, or of the last ten games before a season's first."""
    minutes = form["minutes_avg_season"].fillna(form["minutes_avg_last_10"])
    roles = ["bench", "rotation", "starter"]
    bounds = [-np.inf, _ROTATION_MINUTES, _STARTER_MINUTES, np.inf]
    return pd.Series(pd.cut(minutes, bounds, right=False, labels=roles)).cat.reorder_categories(roles[::-1])


def _ordered(words: pd.Series, order: Sequence[str]) -> pd.Series:
    return words.astype(pd.CategoricalDtype(list(order), ordered=True))
