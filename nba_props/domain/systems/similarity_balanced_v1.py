"""`similarity_balanced_v1`: weighted mean of the player's own past games that looked most like tonight's before they began."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nba_props.domain.systems.base import FloatArray, Projections, Refusal, Slate, numbers, projections


@dataclass(frozen=True)
class Coefficients:
    """How alike two games are: points per matching condition, fading with age. A change is a new version."""

    version: str
    opponent_tier: float
    rest_bucket: float
    venue: float
    form: float
    any_game: float  # what a game without a match still counts
    half_life_days: float
    oldest_days: float
    most_games: int
    fewest_games: int


SIMILARITY_V1 = Coefficients(
    "similarity_balanced_v1",
    opponent_tier=1.0,
    rest_bucket=0.5,
    venue=0.5,
    form=1.5,
    any_game=0.5,
    half_life_days=60.0,
    oldest_days=400.0,
    most_games=30,
    fewest_games=5,
)


class SimilarityBalanced:
    """Needs five past games; refuses with a typed reason below that."""

    system_id = "similarity_balanced_v1"

    def __init__(self, coefficients: Coefficients = SIMILARITY_V1) -> None:
        self.coefficients = coefficients

    def project(self, slate: Slate) -> Projections:
        players = slate.players
        mean = np.full(len(players), np.nan)
        used = np.zeros(len(players), dtype=np.int64)
        past = dict(tuple(slate.past_games.groupby("universal_player_id", sort=False)))
        for player_id, tonight in players.groupby("universal_player_id", sort=False):
            games = past.get(player_id)
            if games is not None:
                rows = tonight.index.to_numpy()
                mean[rows], used[rows] = self._weighted_means(tonight, games)
        too_few = np.where(used < self.coefficients.fewest_games, Refusal.UNDER_5_SIMILAR_GAMES.value, "")
        return projections(
            slate,
            mean,
            self.coefficients.version,
            {"baseline_points": mean, "similarity_baseline": mean, "similar_games_count": used},
            refusal=too_few,
        )

    def _weighted_means(self, tonight: pd.DataFrame, games: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """(weighted mean points, games used) for each of a player's n slates, from his m past games: an n x m comparison."""
        k = self.coefficients
        age_days = _days(tonight)[:, None] - _days(games)[None, :]
        weight = k.any_game + sum(
            points * (tonight[condition].to_numpy()[:, None] == games[condition].to_numpy()[None, :])
            for condition, points in (
                ("opponent_tier", k.opponent_tier),
                ("rest_bucket", k.rest_bucket),
                ("is_home", k.venue),
                ("form_bucket", k.form),
            )
        )
        weight = weight * 0.5 ** (age_days / k.half_life_days)
        # Strictly earlier games only; and none older than the look-back, so that a range and its single days agree.
        weight = np.where((age_days > 0) & (age_days <= k.oldest_days), weight, 0.0)
        if weight.shape[1] > k.most_games:
            least = -np.partition(-weight, k.most_games - 1, axis=1)[:, k.most_games - 1 : k.most_games]
            weight = np.where(weight >= least, weight, 0.0)
        total = weight.sum(axis=1)
        points = numbers(games, "points")
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weight * points[None, :]).sum(axis=1) / total, (weight > 0).sum(axis=1).astype(np.float64)


def _days(frame: pd.DataFrame) -> FloatArray:
    return frame["game_date"].to_numpy().astype("datetime64[D]").astype(np.float64)
