"""`moving_average`: 0.5 L5 + 0.3 L10 + 0.2 season, then fatigue, zone, pace, usage and venue."""

from dataclasses import dataclass

from nba_props.domain.systems.base import Projections, Slate, numbers, or_zero, projections


@dataclass(frozen=True)
class Coefficients:
    """Weights of the recent form and of each adjustment; a change is a new version."""

    version: str
    last_5: float
    last_10: float
    season: float
    fatigue_per_point: float  # share of the baseline per point of fatigue_score away from the usual
    usual_fatigue_score: float
    zone_per_pct: float  # share of the baseline per percentage point of FG % allowed
    pace_per_possession: float  # share of the baseline per possession of pace difference
    usage_points: float  # points per point of usage_spike_score
    venue: float  # share of the baseline gained at home and lost away


MOVING_AVERAGE_V1 = Coefficients(
    version="moving_average_v1",
    last_5=0.5,
    last_10=0.3,
    season=0.2,
    fatigue_per_point=0.0005,
    usual_fatigue_score=92.0,
    zone_per_pct=0.003,
    pace_per_possession=0.01,
    usage_points=0.1,
    venue=0.005,
)


class MovingAverage:
    """Recent form with small adjustments. Fresher is better: fatigue_score is 100 for a fresh player."""

    system_id = "moving_average"

    def __init__(self, coefficients: Coefficients = MOVING_AVERAGE_V1) -> None:
        self.coefficients = coefficients

    def project(self, slate: Slate) -> Projections:
        k, players = self.coefficients, slate.players
        baseline = (
            k.last_5 * numbers(players, "points_avg_last_5")
            + k.last_10 * numbers(players, "points_avg_last_10")
            + k.season * numbers(players, "points_avg_season")
        )
        fatigue = baseline * k.fatigue_per_point * (numbers(players, "fatigue_score") - k.usual_fatigue_score)
        zone = baseline * k.zone_per_pct * numbers(players, "shot_zone_mismatch_score")
        # A game is played at the mean of both paces: against a slower opponent (positive score) the player loses possessions.
        pace = -baseline * k.pace_per_possession * numbers(players, "pace_score")
        usage = k.usage_points * numbers(players, "usage_spike_score")
        venue = baseline * k.venue * (2 * numbers(players, "home_away") - 1)
        mean = baseline + or_zero(fatigue) + or_zero(zone) + or_zero(pace) + or_zero(usage) + or_zero(venue)
        return projections(
            slate,
            mean,
            k.version,
            {
                "baseline_points": baseline,
                "fatigue_adjustment": fatigue,
                "shot_zone_adjustment": zone,
                "pace_adjustment": pace,
                "usage_adjustment": usage,
                "home_away_adjustment": venue,
            },
        )
