"""From one number to priced lines: the predictive distribution of a projection, and the five-rung ladder derived from it.

Here belongs what every system's answer goes through alike. Not here: the systems, real books' quotes (facts, priced apart),
and anything about storage.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.domain.distributions import NEGBIN_V1, points_distribution, points_variance
from nba_props.domain.odds import LADDER_OFFSETS, NO_LINE_KEY
from nba_props.domain.systems.base import Projections, Refusal

RECOMMENDATION_BAR: Final = 0.524
"""Probability from which a side is recommended: breakeven at -110; below it on both sides the row is a PASS."""

_LOWEST_RUNG_X10 = 5


@dataclass(frozen=True)
class Ladder:
    """Rungs of n players: `player` is the position of each rung's player, `line` its points (NaN without one)."""

    player: NDArray[np.int64]
    line: NDArray[np.float64]
    line_key: NDArray[np.int64]
    is_main: NDArray[np.bool_]


def ladder_of(main_line: NDArray[np.float64], answered: NDArray[np.bool_]) -> Ladder:
    """Five rungs for each answered player with a line, one row without a line for everybody else.

    The same rungs as `odds.ladder`: a low ladder moves up by whole points until its lowest rung is at least 0.5.
    """
    has_line = ~np.isnan(main_line) & answered
    offsets = np.array([round(offset * 10) for offset in LADDER_OFFSETS])
    main_x10 = np.rint(np.where(has_line, main_line, 0) * 10).astype(np.int64)
    lowest = main_x10 + offsets.min()
    shift = np.where(lowest < _LOWEST_RUNG_X10, -(-(_LOWEST_RUNG_X10 - lowest) // 10) * 10, 0)
    rungs = np.where(has_line, len(offsets), 1)
    player = np.repeat(np.arange(len(main_line)), rungs)
    step = np.arange(len(player)) - np.repeat(np.cumsum(rungs) - rungs, rungs)
    priced = has_line[player]
    key = np.where(priced, main_x10[player] + shift[player] + offsets[step], NO_LINE_KEY)
    return Ladder(
        player=player,
        line=np.where(priced, key / 10, np.nan),
        line_key=key,
        is_main=np.where(priced, key == main_x10[player], answered[player]),
    )


def price(players: pd.DataFrame, answer: Projections, system_id: str) -> pd.DataFrame:
    """Rows of `player_prop_predictions` (core, components, identity of content) for one system's answers.

    `players` as in `Slate.players` plus `features_hash`; one row a rung. Refused players get one row with an error code
    and no number. Probabilities at each line sum to 1.
    """
    answer = _finite(answer)
    answered = answer.refusal == ""
    rungs = ladder_of(players["current_points_line"].to_numpy(dtype=np.float64, na_value=np.nan), answered)
    at = rungs.player
    spread = _spread(answer.mean, answered)
    frame = pd.DataFrame({name: np.asarray(values)[at] for name, values in spread.items()})
    over, under, push = _probabilities(answer.mean[at], rungs.line)
    likelier = np.fmax(over, under) / (1 - push)
    frame["line_key"] = rungs.line_key
    frame["has_prop_line"] = rungs.line_key != NO_LINE_KEY
    frame["is_main_line"] = rungs.is_main
    frame["current_points_line"] = rungs.line
    frame["line_x10"] = pd.array(rungs.line_key, dtype="Int64")
    frame.loc[~frame["has_prop_line"], "line_x10"] = pd.NA
    frame["line_margin"] = frame["predicted_points"] - rungs.line
    frame["over_prob"], frame["under_prob"], frame["push_prob"] = over, under, push
    frame["confidence_score"] = frame["raw_confidence_score"] = likelier
    frame["recommendation"] = np.select(
        [over / (1 - push) >= RECOMMENDATION_BAR, under / (1 - push) >= RECOMMENDATION_BAR], ["OVER", "UNDER"], "PASS"
    )
    frame["distribution_version"] = NEGBIN_V1.version
    frame["model_version"] = answer.model_version[at]
    frame["prediction_error_code"] = pd.Series(answer.refusal[at], dtype=object).mask(answered[at], None)
    for name, values in answer.components.items():
        frame[name] = np.asarray(values, dtype=object)[at] if _is_text(values) else np.asarray(values)[at]
    frame["system_id"] = system_id
    frame["player_position"] = at
    frame["prediction_id"] = _ids(players, answer, rungs, system_id)
    return frame


def _finite(answer: Projections) -> Projections:
    """NaN or infinity without a reason is refused as not a number, whatever system it came from."""
    is_silent = (answer.refusal == "") & ~np.isfinite(answer.mean)
    refusal = np.where(is_silent, Refusal.NOT_A_NUMBER.value, answer.refusal)
    return replace(answer, mean=np.where(refusal == "", answer.mean, np.nan), refusal=refusal)


def _spread(mean: NDArray[np.float64], answered: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    distribution = points_distribution(np.where(answered, mean, 1.0))
    low, high = distribution.interval(0.8)
    columns = {
        "predicted_median": distribution.median(),
        "predictive_variance": points_variance(np.where(answered, mean, 1.0)),
        "interval_80_low": low,
        "interval_80_high": high,
    }
    known = {name: np.where(answered, values, np.nan).astype(np.float64) for name, values in columns.items()}
    return {"predicted_points": mean, **known}


def _probabilities(
    mean: NDArray[np.float64], line: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    priced = ~np.isnan(line) & ~np.isnan(mean)
    over, under, push = (np.full(len(line), np.nan) for _ in range(3))
    if priced.any():
        distribution = points_distribution(mean[priced])
        over[priced], under[priced] = distribution.prob_over(line[priced]), distribution.prob_under(line[priced])
        push[priced] = distribution.prob_push(line[priced])
    return over, under, push


def _ids(players: pd.DataFrame, answer: Projections, rungs: Ladder, system_id: str) -> list[str]:
    """Content of a row: who, where, which line of which ladder, by which version, from which inputs, with which answer."""
    contents = [
        f"{game}|{player}|{system_id}|{version}|{features}|{main}|{mean:.9f}|{refusal}"
        for game, player, version, features, main, mean, refusal in zip(
            players["game_id"],
            players["universal_player_id"],
            answer.model_version,
            players["features_hash"],
            players["current_points_line"],
            answer.mean,
            answer.refusal,
            strict=True,
        )
    ]
    return [
        hashlib.sha256(f"{contents[player]}|{key}".encode()).hexdigest()[:32]
        for player, key in zip(rungs.player.tolist(), rungs.line_key.tolist(), strict=True)
    ]


def _is_text(values: object) -> bool:
    return bool(np.asarray(values).dtype == object)
