"""From one number to priced lines: the two distributions of a projection, and the five-rung ladder derived from them.

Here belongs what every system's answer goes through alike: its own number becomes the independent distribution by the spread
learned from earlier residuals, the market draws that towards the main line by the weight learned likewise, and the anchored
distribution prices every rung. Not here: the systems, real books' quotes (facts, priced apart), and anything about storage.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.domain.calibration import DEFAULT_CALIBRATION, Calibration, in_force_on, market_location
from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution
from nba_props.domain.models import Shelf
from nba_props.domain.odds import LADDER_OFFSETS, NO_LINE_KEY, DevigMethod, devig, expected_value, kelly_fraction
from nba_props.domain.systems.base import FloatArray, Projections, Refusal

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


def price(
    players: pd.DataFrame,
    answer: Projections,
    system_id: str,
    shelf: Shelf,
    devig_method: DevigMethod = DevigMethod.MULTIPLICATIVE,
) -> pd.DataFrame:
    """Rows of `player_prop_predictions` (core, components, identity of content) for one system's answers.

    `players` as in `Slate.players` plus `features_hash`; one row a rung. Refused players get one row with an error code
    and no number. Probabilities at each line sum to 1.
    """
    answer = _finite(answer)
    answered = answer.refusal == ""
    two = _two_numbers(players, answer.mean, answered, system_id, shelf, devig_method)
    rungs = ladder_of(_line(players), answered)
    at = rungs.player
    frame = pd.DataFrame({name: np.asarray(values)[at] for name, values in two.items()})
    frame["raw_points"] = answer.mean[at]
    frame["line_key"] = rungs.line_key
    frame["has_prop_line"] = rungs.line_key != NO_LINE_KEY
    frame["is_main_line"] = rungs.is_main
    frame["current_points_line"] = rungs.line
    frame["line_x10"] = pd.array(rungs.line_key, dtype="Int64")
    frame.loc[~frame["has_prop_line"], "line_x10"] = pd.NA
    frame["line_margin"] = frame["predicted_points"] - rungs.line
    frame = frame.assign(**_at_each_line(frame, rungs.line))
    frame = frame.assign(**_value(frame, players, at, rungs))
    frame["model_version"] = answer.model_version[at]
    frame["prediction_error_code"] = pd.Series(answer.refusal[at], dtype=object).mask(answered[at], None)
    for name, values in answer.components.items():
        frame[name] = np.asarray(values, dtype=object)[at] if _is_text(values) else np.asarray(values)[at]
    frame["system_id"] = system_id
    frame["player_position"] = at
    frame["prediction_id"] = _ids(players, answer, rungs, system_id, two)
    return frame


def _finite(answer: Projections) -> Projections:
    """NaN or infinity without a reason is refused as not a number, whatever system it came from."""
    is_silent = (answer.refusal == "") & ~np.isfinite(answer.mean)
    refusal = np.where(is_silent, Refusal.NOT_A_NUMBER.value, answer.refusal)
    return replace(answer, mean=np.where(refusal == "", answer.mean, np.nan), refusal=refusal)


# -- the two numbers --------------------------------------------------------------------------------------------------


_NUMBERS: Final = (
    "distribution_location",
    "distribution_scale",
    "predicted_points",
    "predicted_median",
    "predictive_variance",
    "interval_80_low",
    "interval_80_high",
    "fair_line",
    "anchored_location",
    "anchored_scale",
    "anchored_points",
    "anchored_median",
    "anchor_weight",
    "anchor_weight_low",
    "anchor_weight_high",
)


def _two_numbers(
    players: pd.DataFrame,
    number: FloatArray,
    answered: NDArray[np.bool_],
    system_id: str,
    shelf: Shelf,
    devig_method: DevigMethod,
) -> dict[str, Any]:
    """Columns of the independent and of the anchored number, each of shape (players,)."""
    count = len(players)
    columns: dict[str, Any] = {name: np.full(count, np.nan) for name in _NUMBERS}
    line = np.where(answered, _line(players), np.nan)
    market = _market_over_prob(players, devig_method)
    columns |= {
        "market_over_prob": np.where(answered, market, np.nan),
        "devig_method": np.where(answered & ~np.isnan(market), devig_method.value, "").astype(object),
        "distribution_version": np.full(count, POWER_NORMAL_V1.version, dtype=object),
        "calibration_id": np.full(count, None, dtype=object),
        "calibration_method": np.full(count, None, dtype=object),
        "is_value_proven": np.full(count, False),
    }
    at_market = market_location(line, market)
    for calibration, served in in_force_on(shelf, players["game_date"]):
        rows = served[answered[served]]
        if len(rows):
            _fill(columns, calibration, system_id, rows, number, at_market)
    return columns


def _fill(
    columns: dict[str, Any],
    calibration: Calibration | None,
    system_id: str,
    rows: NDArray[np.int64],
    number: FloatArray,
    at_market: FloatArray,
) -> None:
    """The numbers of players that one month's calibration serves (None: the defaults of before there is one)."""
    mine = DEFAULT_CALIBRATION if calibration is None else calibration.of(system_id)
    independent = mine.spread.around(number[rows])
    mean, variance = independent.moments()
    low, high = independent.interval(0.8)
    of_all = {
        "distribution_location": independent.location,
        "distribution_scale": independent.scale,
        "predicted_points": mean,
        "predicted_median": independent.median(),
        "predictive_variance": variance,
        "interval_80_low": low,
        "interval_80_high": high,
        "fair_line": independent.fair_line(),
        "is_value_proven": mine.value.is_proven,
    }
    for name, values in of_all.items():
        columns[name][rows] = values
    has_line = ~np.isnan(at_market[rows])
    if calibration is not None and mine.rows:
        columns["calibration_id"][rows] = calibration.version
        columns["distribution_version"][rows] = f"power_normal/{calibration.version}"
        columns["calibration_method"][rows] = np.where(has_line, "power_normal+market_anchor", "power_normal")
    lined = rows[has_line]
    if not len(lined):
        return
    anchored = mine.anchor.between(independent.location[has_line], at_market[lined])
    of_lined = {
        "anchored_location": anchored.location,
        "anchored_scale": anchored.scale,
        "anchored_points": anchored.moments()[0],
        "anchored_median": anchored.median(),
        "anchor_weight": mine.anchor.weight,
        "anchor_weight_low": mine.anchor.weight_low,
        "anchor_weight_high": mine.anchor.weight_high,
    }
    for name, values in of_lined.items():
        columns[name][lined] = values


def _line(players: pd.DataFrame) -> FloatArray:
    return players["current_points_line"].to_numpy(dtype=np.float64, na_value=np.nan)


def _market_over_prob(players: pd.DataFrame, devig_method: DevigMethod) -> FloatArray:
    return np.where(np.isnan(_line(players)), np.nan, devig(*_prices(players), devig_method))


def _prices(players: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """American prices of the main line's over and under."""
    over, under = (
        players[f"{side}_price_american"].to_numpy(dtype=np.float64, na_value=np.nan) for side in ("over", "under")
    )
    return over, under


# -- at each line -----------------------------------------------------------------------------------------------------


def _at_each_line(frame: pd.DataFrame, line: FloatArray) -> dict[str, Any]:
    """Probabilities at each rung, the side they recommend, and how sure that is."""
    names = ("over_prob", "under_prob", "push_prob", "independent_over_prob")
    found: dict[str, Any] = {name: np.full(len(line), np.nan) for name in names}
    own_under = np.full(len(line), np.nan)
    priced = ~np.isnan(line) & frame["predicted_points"].notna().to_numpy()
    if priced.any():
        rows, lines = frame[priced], line[priced]
        anchored = CountDistribution(rows["anchored_location"], rows["anchored_scale"])
        own = CountDistribution(rows["distribution_location"], rows["distribution_scale"])
        found["over_prob"][priced], found["under_prob"][priced] = anchored.prob_over(lines), anchored.prob_under(lines)
        found["push_prob"][priced] = anchored.prob_push(lines)
        found["independent_over_prob"][priced], own_under[priced] = own.prob_over(lines), own.prob_under(lines)
    decided = found["over_prob"] + found["under_prob"]
    confidence = np.fmax(found["over_prob"], found["under_prob"]) / decided
    own_over = found["independent_over_prob"]
    is_calibrated = frame["calibration_id"].notna().to_numpy()
    return found | {
        "confidence_score": confidence,
        "raw_confidence_score": np.fmax(own_over, own_under) / (own_over + own_under),
        "calibrated_confidence_score": np.where(is_calibrated, confidence, np.nan),
        "recommendation": _recommended(frame, line, found["over_prob"] / decided),
    }


def _recommended(frame: pd.DataFrame, line: FloatArray, over_prob: FloatArray) -> NDArray[np.object_]:
    """The side that reaches the bar, if both of the system's numbers lie on that side of the line; else PASS.

    A mean lies above its median: near the line they can disagree, and a pick must not contradict the number beside it. Nor is
    there a pick on a side that the book itself, its vig removed, holds for as likely or likelier: its price leaves no edge.
    """
    numbers = [frame[name].to_numpy(dtype=np.float64) for name in ("predicted_points", "anchored_points")]
    market = frame["market_over_prob"].where(frame["is_main_line"]).to_numpy(dtype=np.float64)
    is_over = (
        (over_prob >= RECOMMENDATION_BAR) & np.all([one > line for one in numbers], axis=0) & ~(over_prob <= market)
    )
    is_under = (
        (1 - over_prob >= RECOMMENDATION_BAR) & np.all([one < line for one in numbers], axis=0) & ~(over_prob >= market)
    )
    return np.select([is_over, is_under], ["OVER", "UNDER"], "PASS").astype(object)


def _value(frame: pd.DataFrame, players: pd.DataFrame, at: NDArray[np.int64], rungs: Ladder) -> dict[str, Any]:
    """Market probability, edge, expected value and Kelly of the main line; missing on rungs no book was quoted for."""
    is_over = (frame["recommendation"] == "OVER").to_numpy()
    is_pick = is_over | (frame["recommendation"] == "UNDER").to_numpy()
    is_quoted = rungs.is_main & frame["has_prop_line"].to_numpy()
    market = np.where(is_quoted, frame["market_over_prob"].to_numpy(dtype=np.float64), np.nan)
    over, under = frame["over_prob"].to_numpy(), frame["under_prob"].to_numpy()
    win = np.where(is_over, over, under)
    decided = over + under
    edge = win / decided - np.where(is_over, market, 1 - market)
    price = np.where(is_over, *(prices[at] for prices in _prices(players)))
    is_valued = is_pick & is_quoted & frame["is_value_proven"].to_numpy(dtype=bool) & ~np.isnan(price)
    push = frame["push_prob"].to_numpy()
    found = {name: np.full(len(frame), np.nan) for name in ("expected_value", "kelly_fraction")}
    if is_valued.any():
        bets = (win[is_valued], price[is_valued], push[is_valued])
        found["expected_value"][is_valued], found["kelly_fraction"][is_valued] = (
            expected_value(*bets),
            kelly_fraction(*bets),
        )
    return found | {
        "market_over_prob": market,
        "devig_method": frame["devig_method"].astype(object).where(~np.isnan(market), None),
        "edge": np.where(is_pick, edge, np.nan),
    }


def _ids(
    players: pd.DataFrame, answer: Projections, rungs: Ladder, system_id: str, numbers: Mapping[str, Any]
) -> list[str]:
    """Content of a row: who, where, which line of which ladder, at which prices, by which versions, from which inputs, with which answers.

    Prices count by themselves: -110 on both sides and -115 on both say the same probability, and bets at them differ in value.
    """
    contents = [
        f"{game}|{player}|{system_id}|{version}|{features}|{main}|{over}|{under}|{mean:.9f}|{refusal}|{calibration}|{anchored:.9f}"
        for game, player, version, features, main, over, under, mean, refusal, calibration, anchored in zip(
            players["game_id"],
            players["universal_player_id"],
            answer.model_version,
            players["features_hash"],
            players["current_points_line"],
            *(np.where(np.isnan(answer.mean), np.nan, prices).tolist() for prices in _prices(players)),
            answer.mean,
            answer.refusal,
            numbers["calibration_id"],
            numbers["anchored_location"],
            strict=True,
        )
    ]
    return [
        hashlib.sha256(f"{contents[player]}|{key}".encode()).hexdigest()[:32]
        for player, key in zip(rungs.player.tolist(), rungs.line_key.tolist(), strict=True)
    ]


def _is_text(values: object) -> bool:
    return bool(np.asarray(values).dtype == object)
