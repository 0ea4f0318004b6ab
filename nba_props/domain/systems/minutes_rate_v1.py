"""`minutes_rate_v1`: minutes first, then points per minute; whoever is missing tonight leaves his minutes to team-mates.

P(plays), of everyone on a roster: trees on how often and how lately he was seen, reports, and whether books quote him while
they quote his team-mates. Minutes, given that he plays, from his form and from what his team lacks tonight beyond the usual:
a regression line, and trees of what it leaves unexplained. Points per minute, likewise. Never a line's value: the number is
independent of the market.

In training, who was missing is what happened; at the slate it is what is expected, each player's usual minutes times the
probability that he does not play. Residuals are always taken from predictions made the second way (`calibration`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from nba_props.domain.models import TWIN, Learned, Model, Shelf, digest, usable_rows, validation_start
from nba_props.domain.systems.base import FloatArray, Projections, Slate, numbers, projections
from nba_props.domain.systems.linear import Linear, fitted
from nba_props.domain.systems.trees import TREES, gain, matrix, predicted, trained
from nba_props.domain.systems.xgboost_v1 import ModelFacts

KIND: Final = "minutes_rate_v1"

FORM: Final = (
    "points_ewm_8",
    "points_ewm_20",
    "points_ewm_40",
    "minutes_ewm_3",
    "minutes_ewm_8",
    "minutes_ewm_20",
    "minutes_ewm_40",
    "attempts_ewm_8",
    "free_throws_ewm_20",
    "threes_ewm_20",
    "plays_ewm_8",
    "plays_ewm_20",
    "shooting_ewm_40",
    "start_share_ewm_3",
    "minutes_last_1",
    "minutes_last_2",
    "is_starter_last_1",
    "minutes_std_last_10",
    "days_since_last_game",
    "team_games_missed",
    "usual_vacated_minutes",
    "usual_vacated_plays",
    "games_played_season",
    "minutes_avg_season",
    "age_years",
)
"""Columns of `player_daily_cache`: a player's form before the slate."""

MATCH_UP: Final = (
    "points_avg_season",
    "injury_risk",
    "home_away",
    "back_to_back",
    "playoff_game",
    "rest_advantage",
    "opponent_def_rating",
    "opponent_pace",
    "team_pace",
    "team_off_rating",
    "strength_margin",
)
"""Columns of the feature store, and the difference of both teams' net ratings: how lopsided the game may be."""

ABSENCES: Final = ("vacated_minutes", "fresh_vacated_minutes", "fresh_vacated_plays", "fresh_vacated_position")
"""What team-mates leave behind: all of tonight's, and what goes beyond the games the player's form is of."""

INPUTS: Final = (*FORM, *MATCH_UP)
"""What is known of the player and the match-up by themselves."""

FEATURES: Final = (*INPUTS, *ABSENCES)
PLAY_FEATURES: Final = (
    "avg_minutes_last_10",
    "team_games_seen_of_last_5",
    "days_since_last_game",
    "team_games_missed",
    "quoted",
    "team_quoted_players",
    "report",
    "season_day",
)

PLAY: Mapping[str, Any] = TREES | {"objective": "binary:logistic", "max_depth": 4, "eta": 0.1, "min_child_weight": 20}
MINUTES: Mapping[str, Any] = TREES | {
    "objective": "reg:squarederror",
    "max_depth": 4,
    "eta": 0.04,
    "min_child_weight": 40,
    "subsample": 0.7,
    "colsample_bytree": 0.4,
}
RATE: Mapping[str, Any] = TREES | {
    "objective": "reg:squarederror",
    "max_depth": 4,
    "eta": 0.03,
    "min_child_weight": 600,  # rows weigh their minutes
    "subsample": 0.7,
    "colsample_bytree": 0.4,
}
ROUNDS: Final[Mapping[str, int]] = {"play": 80, "minutes": 120, "rate": 100}

MOST_MINUTES: Final = 48.0

ROTATION_MINUTES: Final = 12.0
LONGEST_ABSENCE_DAYS: Final = 45
"""Who usually plays 12 minutes and was last seen with this team within 45 days belongs to its rotation."""

FEWEST_QUOTED: Final = 4
"""Quotes on a team say something about the players without one from this many on."""

NAMED_FROM: Final = 0.5
"""Probability of missing the game from which an absence is named."""

_REPORTS: Final = {"available": 0.0, "probable": 1.0, "questionable": 2.0, "doubtful": 3.0, "out": 3.0}
_POSITIONS: Final = {"G": "guard", "F": "forward", "C": "center"}


# -- training ---------------------------------------------------------------------------------------------------------


def train(rows: pd.DataFrame, availability: pd.DataFrame, month: date) -> Learned:
    """Train on player-games (`training_rows`) and rosters (`availability_rows`) dated before the month; bit-for-bit reproducible.

    Raises IntegrityFailure for rows of the month or later (a leak), ModelRefused for too few of them.
    """
    import xgboost as xgb

    rows, availability = usable_rows(rows, month), usable_rows(availability, month)
    inputs = matrix(with_absences(rows, rows), FEATURES)
    seen_to_play = play_matrix(availability)
    boundary = validation_start(rows)
    final = _fitted(rows, inputs, availability, seen_to_play, None)
    files = final.files()
    metrics: dict[str, float] = {}
    if boundary is not None:
        unseeing = _fitted(rows, inputs, availability, seen_to_play, boundary)
        files |= unseeing.files(TWIN)
        unseen = (rows["game_date"] >= boundary).to_numpy()
        metrics = _errors(unseeing, rows[unseen], inputs[unseen])
    return Learned(
        files=files,
        feature_names=(*FEATURES, *PLAY_FEATURES),
        parameters={"play": dict(PLAY), "minutes": dict(MINUTES), "rate": dict(RATE), "rounds": dict(ROUNDS)},
        libraries={"xgboost": xgb.__version__},
        training_hash=digest(inputs, numbers(rows, "points"), numbers(rows, "minutes"), seen_to_play),
        training_rows=len(rows),
        training_start=min(rows["game_date"]),
        validation_start=boundary,
        metrics=metrics,
        importance={
            f"{name}: {feature}": share
            for name, shares in (
                ("plays", gain(final.play)),
                ("minutes", final.minutes_line.importance),
                ("rate", final.rate_line.importance),
            )
            for feature, share in list(shares.items())[:12]
        },
    )


@dataclass(frozen=True)
class _Models:
    """P(plays) of trees; minutes and rate each a regression line and trees of what it leaves unexplained."""

    play: Any
    minutes: Any
    rate: Any
    minutes_line: Linear
    rate_line: Linear

    @classmethod
    def of(cls, model: Model) -> Self:
        lines = {name: Linear.from_json(model.files[f"{name}_line.json"]) for name in ("minutes", "rate")}
        trees = {name: model.boosters[name] for name in ROUNDS}
        return cls(**trees, minutes_line=lines["minutes"], rate_line=lines["rate"])

    def files(self, prefix: str = "") -> dict[str, bytes]:
        trees = {f"{prefix}{name}.ubj": bytes(getattr(self, name).save_raw("ubj")) for name in ROUNDS}
        lines = {f"{prefix}{name}_line.json": getattr(self, f"{name}_line").to_json() for name in ("minutes", "rate")}
        return trees | lines

    def play_prob(self, roster: pd.DataFrame) -> FloatArray:
        """Nobody who is reported out plays, whatever his history says."""
        prob = predicted(self.play, play_matrix(roster), PLAY_FEATURES)
        return np.where(roster["is_out"].to_numpy(dtype=bool), 0.0, prob)

    def minutes_and_rate(self, inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Minutes, given that he plays, and points per minute, of n x FEATURES."""
        minutes = predicted(self.minutes, inputs, FEATURES, self.minutes_line.predict(inputs))
        rate = predicted(self.rate, inputs, FEATURES, self.rate_line.predict(inputs))
        return np.clip(minutes, 0, MOST_MINUTES), np.maximum(rate, 0)


def _fitted(
    rows: pd.DataFrame, inputs: FloatArray, availability: pd.DataFrame, seen_to_play: FloatArray, before: date | None
) -> _Models:
    """The models of the rows dated before `before` (all where None)."""
    use = np.full(len(rows), True) if before is None else (rows["game_date"] < before).to_numpy()
    known = np.full(len(availability), True) if before is None else (availability["game_date"] < before).to_numpy()
    points, minutes = numbers(rows, "points")[use], numbers(rows, "minutes")[use]
    is_played = availability["is_played"].to_numpy(dtype=np.float64)[known]
    rate = points / np.maximum(minutes, 1.0)
    minutes_line = fitted(inputs[use], minutes, FEATURES)
    rate_line = fitted(inputs[use], rate, FEATURES, weight=minutes)
    bases = minutes_line.predict(inputs[use]), rate_line.predict(inputs[use])
    return _Models(
        play=trained(seen_to_play[known], is_played, PLAY_FEATURES, PLAY, ROUNDS["play"]),
        minutes=trained(inputs[use], minutes, FEATURES, MINUTES, ROUNDS["minutes"], base=bases[0]),
        rate=trained(inputs[use], rate, FEATURES, RATE, ROUNDS["rate"], weight=minutes, base=bases[1]),
        minutes_line=minutes_line,
        rate_line=rate_line,
    )


def _errors(models: _Models, rows: pd.DataFrame, inputs: FloatArray) -> dict[str, float]:
    """Errors of the twin on what it did not see, told who was missing."""
    minutes, rate = models.minutes_and_rate(inputs)
    return {
        "validation_mae": float(np.abs(minutes * rate - numbers(rows, "points")).mean()),
        "validation_minutes_mae": float(np.abs(minutes - numbers(rows, "minutes")).mean()),
        "validation_rows": float(len(rows)),
    }


# -- who plays, and what those who do not leave behind -------------------------------------------------------------------


def play_matrix(roster: pd.DataFrame) -> FloatArray:
    """n x PLAY_FEATURES. A missing quote says nothing where the team has hardly any; a missing report is unknown."""
    team_quoted = numbers(roster, "team_quoted_players")
    is_covered = team_quoted >= FEWEST_QUOTED
    rows = roster.assign(
        quoted=np.where(is_covered, roster["has_line"].to_numpy(dtype=np.float64), np.nan),
        team_quoted_players=np.where(is_covered, team_quoted, np.nan),
        report=roster["injury_status"].map(_REPORTS).astype("float64"),
    )
    return matrix(rows, PLAY_FEATURES)


def expected_absences(roster: pd.DataFrame, play_prob: FloatArray) -> pd.DataFrame:
    """What each roster row's team expects to lack tonight without counting the row's own player.

    Columns absent_minutes, absent_plays and absent_minutes_guard, _forward, _center: usual amounts times the probability of
    missing the game, over the rotation; absent_teammates: those likely to miss it, in words, None where nobody is.
    """
    usual = numbers(roster, "minutes_ewm_8")
    in_rotation = (
        (usual >= ROTATION_MINUTES)
        & (numbers(roster, "days_since_last_game") <= LONGEST_ABSENCE_DAYS)
        & ~np.isnan(numbers(roster, "team_games_missed"))
    )
    missing = np.where(in_rotation, 1 - play_prob, 0.0)
    own = pd.DataFrame(
        {
            "absent_minutes": missing * np.nan_to_num(usual),
            "absent_plays": missing * np.nan_to_num(numbers(roster, "plays_ewm_8")),
        }
    )
    for letter, position in _POSITIONS.items():
        own[f"absent_minutes_{position}"] = own["absent_minutes"] * (roster["position_letter"] == letter).to_numpy()
    team = [roster["game_id"].to_numpy(), roster["team_abbr"].to_numpy()]
    left = own.groupby(team, sort=False).transform("sum") - own
    left["absent_teammates"] = _named(roster, usual, missing)
    return left


def _named(roster: pd.DataFrame, usual: FloatArray, missing: FloatArray) -> list[str | None]:
    """Likely absences of each row's team but his own: `Joel Embiid 34 min, De'Anthony Melton 28 min`."""
    likely: dict[tuple[str, str], list[tuple[float, str, str]]] = {}
    keys = list(zip(roster["game_id"], roster["team_abbr"], strict=True))
    people = list(zip(roster["universal_player_id"], roster["player_name"], strict=True))
    for row in np.flatnonzero(missing >= NAMED_FROM):
        player, name = people[row]
        likely.setdefault(keys[row], []).append((-usual[row], name, player))
    named = {
        key: [(who, f"{name} {-minus:.0f} min") for minus, name, who in sorted(found)] for key, found in likely.items()
    }
    return [
        ", ".join(text for who, text in named.get(key, ()) if who != player) or None
        for key, (player, _) in zip(keys, people, strict=True)
    ]


def with_absences(rows: pd.DataFrame, left: pd.DataFrame) -> pd.DataFrame:
    """Rows with the columns ABSENCES: tonight's, and tonight's beyond what was usual while the form was made."""
    position = rows["position_letter"].map(_POSITIONS).to_numpy(dtype=object)
    tonight, usual = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for name in _POSITIONS.values():
        mine = position == name
        tonight[mine] = numbers(left, f"absent_minutes_{name}")[mine]
        usual[mine] = numbers(rows, f"usual_vacated_{name}")[mine]
    minutes = numbers(left, "absent_minutes")
    return rows.assign(
        vacated_minutes=minutes,
        fresh_vacated_minutes=minutes - numbers(rows, "usual_vacated_minutes"),
        fresh_vacated_plays=numbers(left, "absent_plays") - numbers(rows, "usual_vacated_plays"),
        fresh_vacated_position=tonight - usual,
    )


def as_usual(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows as if tonight the team lacked what it usually did."""
    usual = numbers(rows, "usual_vacated_minutes")
    known = np.where(np.isnan(usual), np.nan, 0.0)
    return rows.assign(
        vacated_minutes=usual, fresh_vacated_minutes=known, fresh_vacated_plays=known, fresh_vacated_position=known
    )


def told_of_absences(models: _Models, players: pd.DataFrame, roster: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Slate rows with the columns ABSENCES as expected tonight, and what is expected of each: play_prob, absent_teammates."""
    roster = roster[roster["game_date"].isin(set(players["game_date"]))].reset_index(drop=True)
    play_prob = models.play_prob(roster)
    expected = expected_absences(roster, play_prob).assign(
        play_prob=play_prob, game_id=roster["game_id"], universal_player_id=roster["universal_player_id"]
    )
    keys = ["game_id", "universal_player_id"]
    left = players[keys].merge(expected, on=keys, how="left", validate="one_to_one")
    return with_absences(players.reset_index(drop=True), left), left


# -- the system -------------------------------------------------------------------------------------------------------


class MinutesRate:
    """Predicts each row with the newest models whose training window ends before the row's date."""

    system_id = KIND

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def project(self, slate: Slate) -> Projections:
        players = slate.players
        count = len(players)
        parts = {name: np.full(count, np.nan) for name in _Night.__dataclass_fields__ if name != "absent_teammates"}
        absent = np.full(count, None, dtype=object)
        served = ModelFacts(count, KIND)
        for model, rows in self.shelf.in_force_on(KIND, players["game_date"]):
            night = self._night(model, players.iloc[rows], slate.roster)
            for name, values in parts.items():
                values[rows] = getattr(night, name)
            absent[rows] = night.absent_teammates
            served.note(model, rows)
        mean = parts["projected_minutes"] * parts["points_per_minute"]
        usual = parts["usual_minutes"] * parts["usual_rate"]
        return projections(
            slate,
            mean,
            served.version,
            {
                "baseline_points": usual,
                "usage_adjustment": mean - usual,
                "play_prob": parts["play_prob"],
                "projected_minutes": parts["projected_minutes"],
                "points_per_minute": parts["points_per_minute"],
                "vacated_minutes": parts["vacated_minutes"],
                "minutes_from_absences": parts["projected_minutes"] - parts["usual_minutes"],
                "absent_teammates": absent,
                **served.components,
            },
            refusal=served.refusal,
        )

    def _night(self, model: Model, players: pd.DataFrame, roster: pd.DataFrame) -> "_Night":
        models = _Models.of(model)
        rows, left = told_of_absences(models, players, roster)
        minutes, rate = models.minutes_and_rate(matrix(rows, FEATURES))
        usual_minutes, usual_rate = models.minutes_and_rate(matrix(as_usual(rows), FEATURES))
        return _Night(
            play_prob=left["play_prob"].to_numpy(dtype=np.float64),
            projected_minutes=minutes,
            points_per_minute=rate,
            usual_minutes=usual_minutes,
            usual_rate=usual_rate,
            vacated_minutes=numbers(rows, "vacated_minutes"),
            absent_teammates=left["absent_teammates"].to_numpy(dtype=object),
        )


@dataclass(frozen=True)
class _Night:
    """What the models say of n players, each with tonight's absences and as if they were the usual ones."""

    play_prob: FloatArray
    projected_minutes: FloatArray
    points_per_minute: FloatArray
    usual_minutes: FloatArray
    usual_rate: FloatArray
    vacated_minutes: FloatArray
    absent_teammates: Any
