"""What a prediction system is: a pure function from a slate to projections, one row a player, answer or typed refusal.

Here belong the protocol and the two frames it speaks. Not here: any system's idea (one file each), pricing of lines
(`domain/pricing.py`), and where the slate comes from (`sql/predictions/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Refusal(StrEnum):
    """Why a system has no number for a player; it becomes `prediction_error_code`."""

    NO_RECENT_GAMES = "no_recent_games"
    UNDER_5_SIMILAR_GAMES = "under_5_similar_games"
    NO_MODEL = "no_model"
    LOW_QUALITY_FEATURES = "low_quality_features"
    TOO_FEW_SYSTEMS = "too_few_systems"
    NOT_A_NUMBER = "not_a_number"


EXCUSED_REFUSALS: Final = frozenset(
    {Refusal.NO_MODEL, Refusal.LOW_QUALITY_FEATURES, Refusal.UNDER_5_SIMILAR_GAMES, Refusal.TOO_FEW_SYSTEMS}
)
"""Refusals that what a system was given explains: no model of the month, poor features, a short history, broken members."""

COMPONENTS: Final[tuple[str, ...]] = (
    "baseline_points",
    "fatigue_adjustment",
    "shot_zone_adjustment",
    "pace_adjustment",
    "usage_adjustment",
    "home_away_adjustment",
    "similarity_baseline",
    "similar_games_count",
    "prediction_variance",
    "system_agreement_score",
    "contributing_systems",
    "missing_systems",
    "play_prob",
    "projected_minutes",
    "points_per_minute",
    "vacated_minutes",
    "minutes_from_absences",
    "absent_teammates",
    "model_id",
    "training_start_date",
    "training_end_date",
)
"""What a system may say about how it came to its number; what it does not say stays NULL."""

LOWEST_PROJECTION: Final = 0.1
"""Points: a mean of a count that can be above zero is above zero."""


@dataclass(frozen=True)
class Slate:
    """All that systems may know.

    `players`: one row a (game_date, game_id, universal_player_id), columns of `sql/predictions/slate_inputs.sql`, unique
    RangeIndex. `past_games`: played games of the 400 days before each slate with the conditions known before each
    (`sql/predictions/past_games.sql`); a system uses only those dated before the row it predicts. `roster`: everyone on both
    teams, predicted or not, with what tells whether he will play (`sql/predictions/slate_roster.sql`).
    """

    players: pd.DataFrame
    past_games: pd.DataFrame
    roster: pd.DataFrame


@dataclass(frozen=True)
class Projections:
    """A system's answers, aligned with `slate.players`.

    `mean` in points, NaN where refused; `refusal` the reason, empty string where answered; `model_version` per row;
    `components` any of COMPONENTS.
    """

    mean: FloatArray
    refusal: NDArray[np.str_]
    model_version: NDArray[np.str_]
    components: Mapping[str, object]


class PredictionSystem(Protocol):
    """One idea of how many points a player will score."""

    @property
    def system_id(self) -> str: ...

    def project(self, slate: Slate) -> Projections:
        """Projections of every row of `slate.players`; never raises for a row it cannot answer, refuses it instead."""
        ...


def projections(
    slate: Slate,
    mean: FloatArray,
    model_version: str | NDArray[np.str_],
    components: Mapping[str, object] | None = None,
    refusal: NDArray[np.str_] | None = None,
    unknown: Refusal = Refusal.NO_RECENT_GAMES,
) -> Projections:
    """Assemble answers under the rules every system shares.

    Low-quality rows are refused, NaN becomes `unknown`, infinity is refused as not a number, and means stay positive.
    """
    count = len(slate.players)
    reasons = np.full(count, "", dtype=object) if refusal is None else refusal.astype(object)
    low_quality = slate.players["data_quality_tier"].to_numpy() == "critical"
    reasons = np.where((reasons == "") & low_quality, Refusal.LOW_QUALITY_FEATURES.value, reasons)
    reasons = np.where((reasons == "") & np.isnan(mean), unknown.value, reasons)
    reasons = np.where((reasons == "") & np.isinf(mean), Refusal.NOT_A_NUMBER.value, reasons)
    answered = reasons == ""
    versions = np.full(count, model_version, dtype=object) if isinstance(model_version, str) else model_version
    return Projections(
        mean=np.where(answered, np.maximum(mean, LOWEST_PROJECTION), np.nan).astype(np.float64),
        refusal=reasons.astype(str),
        model_version=versions.astype(str),
        components=dict(components or {}),
    )


def numbers(frame: pd.DataFrame, column: str) -> FloatArray:
    """A column as float64, unknown as NaN."""
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def or_zero(values: FloatArray) -> FloatArray:
    """An adjustment whose input is unknown adds nothing (its component stays NaN, so that this shows)."""
    return np.nan_to_num(values, nan=0.0)
