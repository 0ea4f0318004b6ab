"""`zone_matchup_v1`: season average plus what tonight's defence gives up in the zones the player shoots from.

Where the source has no shot zones the variant `zone_matchup_v1+two_three` uses two- and three-pointers instead.
"""

from dataclasses import dataclass

import numpy as np

from nba_props.domain.systems.base import FloatArray, Projections, Slate, numbers, or_zero, projections


@dataclass(frozen=True)
class Coefficients:
    """A change is a new version."""

    version: str
    defense_weight: float  # share of a 15-game defensive difference that persists
    usage_weight: float  # share of a usage change that turns into points
    season_weight: float  # the rest is the last ten games


ZONE_MATCHUP_V1 = Coefficients("zone_matchup_v1", defense_weight=0.3, usage_weight=0.25, season_weight=0.6)

TWO_POINTS, THREE_POINTS = 2, 3


class ZoneMatchup:
    """Points the defence adds: attempts a game x share of the zone x FG % difference x worth of the shot."""

    system_id = "zone_matchup_v1"

    def __init__(self, coefficients: Coefficients = ZONE_MATCHUP_V1) -> None:
        self.coefficients = coefficients

    def project(self, slate: Slate) -> Projections:
        k, players = self.coefficients, slate.players
        season, recent = numbers(players, "points_avg_season"), numbers(players, "points_avg_last_10")
        baseline = k.season_weight * season + (1 - k.season_weight) * recent
        has_zones = (players["zone_source"] == "shot_zones").to_numpy() & (
            players["opponent_zone_source"] == "shot_zones"
        ).to_numpy()
        zone = k.defense_weight * np.where(has_zones, self._by_zone(slate), self._by_two_and_three(slate))
        usual = numbers(players, "usage_pct_season")
        change = numbers(players, "projected_usage_pct") / np.where(usual > 0, usual, np.nan) - 1
        usage = baseline * k.usage_weight * np.clip(change, -0.5, 0.5)
        mean = baseline + or_zero(zone) + or_zero(usage)
        version = np.where(has_zones, k.version, f"{k.version}+two_three")
        return projections(
            slate,
            mean,
            version,
            {"baseline_points": baseline, "shot_zone_adjustment": zone, "usage_adjustment": usage},
        )

    @staticmethod
    def _by_zone(slate: Slate) -> FloatArray:
        p = slate.players
        per_attempt = (
            TWO_POINTS * numbers(p, "paint_share") * numbers(p, "opponent_paint_diff_pct")
            + TWO_POINTS * numbers(p, "mid_range_share") * numbers(p, "opponent_mid_range_diff_pct")
            + THREE_POINTS * numbers(p, "three_point_share") * numbers(p, "opponent_three_diff_pct")
        ) / 100
        return numbers(p, "field_goals_attempted_per_game") * per_attempt

    @staticmethod
    def _by_two_and_three(slate: Slate) -> FloatArray:
        p = slate.players
        per_attempt = (
            TWO_POINTS * numbers(p, "two_point_share") * numbers(p, "opponent_two_diff_pct")
            + THREE_POINTS * numbers(p, "three_point_share") * numbers(p, "opponent_three_diff_pct")
        ) / 100
        return numbers(p, "field_goals_attempted_per_game") * per_attempt
