"""The scores of an evaluation: one small table for each question, all on player-games that are the same for everyone.

Here belongs applying the metrics of `domain/scoring` and `domain/intervals` to contenders. Not here: choosing rows
(`rows`), who contends (`contenders`), and printing (`report`, `plots`). All intervals are of 95 %; those of means
resample whole dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.domain import scoring
from nba_props.domain.grading import Recommendation, Result, price_taken
from nba_props.domain.intervals import bets_to_tell, clustered_interval, wilson_interval
from nba_props.domain.odds import american_to_probability
from nba_props.evaluation.contenders import ANCHORED, Contender, actual_points
from nba_props.evaluation.rows import PlayerGames, groups_of

FloatArray = NDArray[np.float64]

# --- points -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """How far a contender's numbers were off."""

    contender: str
    kind: str
    """system, anchored, baseline or line."""
    rows: int
    mae: float
    """Of the median, points (of the number itself for a baseline and the line)."""
    mae_low: float | None
    mae_high: float | None
    rmse: float
    """Of the mean, points."""
    bias: float
    """Mean of (mean - actual), points."""
    mae_minus_line: float | None = None
    """Points; negative is better than the line."""
    mae_minus_line_low: float | None = None
    mae_minus_line_high: float | None = None


def point_score(games: PlayerGames, contender: Contender, line: Contender | None) -> Score:
    actual, nights = actual_points(games), nights_of(games)
    off = np.abs(contender.median - actual)
    low, high = clustered_interval(off, nights) or (None, None)
    return Score(
        contender.name,
        contender.kind,
        len(games),
        mae=scoring.mean_absolute_error(contender.median, actual),
        mae_low=low,
        mae_high=high,
        rmse=scoring.root_mean_squared_error(contender.mean, actual),
        bias=scoring.bias(contender.mean, actual),
        **({} if line is None or line is contender else _against(off - np.abs(line.median - actual), nights)),
    )


def _against(difference: FloatArray, nights: NDArray[np.int64]) -> dict[str, float | None]:
    low, high = clustered_interval(difference, nights) or (None, None)
    return {
        "mae_minus_line": float(difference.mean()),
        "mae_minus_line_low": low,
        "mae_minus_line_high": high,
    }


def nights_of(games: PlayerGames) -> NDArray[np.int64]:
    """A number for the date of each row."""
    return np.array([day.toordinal() for day in games.dates], dtype=np.int64)


# --- distributions ----------------------------------------------------------------------------------------------------

_INSIDE = (0.1, 0.9)


@dataclass(frozen=True)
class DistributionScore:
    """How true a contender's whole distribution was. Baselines and the line have the shipped spread around them."""

    contender: str
    crps: float
    """Points."""
    interval_80_share: float
    """Share of the randomised PIT within 0.1-0.9, one seeded draw; 0.8 is true."""
    interval_80_share_expected: float
    """The same on average over all draws."""
    interval_80_width: float
    """Mean of the 90 % quantile minus the 10 % quantile, points."""
    pit_histogram: tuple[float, ...]
    """Share of the PIT in ten equal bins, on average over all draws; 0.1 each is true."""


def distribution_score(contender: Contender) -> DistributionScore:
    forecast = contender.forecast
    drawn = scoring.randomised_pit(forecast.pit_low, forecast.pit_high)
    return DistributionScore(
        contender.name,
        crps=float(scoring.finite(forecast.crps, "crps").mean()),
        interval_80_share=float(np.mean((drawn >= _INSIDE[0]) & (drawn < _INSIDE[1]))),
        interval_80_share_expected=scoring.pit_share(forecast.pit_low, forecast.pit_high, *_INSIDE),
        interval_80_width=float(np.mean(forecast.interval_high - forecast.interval_low)),
        pit_histogram=tuple(scoring.pit_histogram(forecast.pit_low, forecast.pit_high).tolist()),
    )


# --- probabilities ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReliabilityRow:
    """One tenth of the scale of P(over): what was said, and what happened."""

    low: float
    high: float
    rows: int
    mean_prob: float | None
    over_share: float | None
    over_share_low: float | None
    over_share_high: float | None


@dataclass(frozen=True)
class ProbabilityScore:
    """How true a contender's P(over) was."""

    contender: str
    """A system (its independent P(over)), a system + market (the published one), or the market (vig removed)."""
    brier: float
    brier_minus_market: float | None
    """Negative is better than the market."""
    brier_minus_market_low: float | None
    brier_minus_market_high: float | None
    log_loss: float
    calibration_error: float
    calibration_error_by_chance: float
    """What a perfect forecaster with these probabilities stays under in 95 % of all tries, on as many rows."""
    reliability: tuple[ReliabilityRow, ...]


@dataclass(frozen=True)
class Probabilities:
    """Scores of P(over) on player-games of a half line, at which every system and the market have one."""

    rows: int
    live_rows: int
    scores: tuple[ProbabilityScore, ...]


def probabilities(games: PlayerGames) -> Probabilities:
    priced = games.where(_has_every_probability(games))
    if not len(priced):
        return Probabilities(0, 0, ())
    over = {system: priced.of_system("independent_over_prob", system) for system in priced.systems}
    over |= {system + ANCHORED: priced.of_system("over_prob", system) for system in priced.systems}
    over["market"] = priced.shared("market_over_prob")
    went_over = (actual_points(priced) > priced.shared("current_points_line").to_numpy()).astype(float)
    nights, market = nights_of(priced), over["market"].to_numpy()
    scores = tuple(_probability_score(name, prob.to_numpy(), market, went_over, nights) for name, prob in over.items())
    return Probabilities(len(priced), int(priced.is_live.sum()), scores)


def _has_every_probability(games: PlayerGames) -> pd.Series:
    """Half lines (no push is possible) with both probabilities of every system and one of the market."""
    is_half_line = games.shared("current_points_line") % 1 != 0
    has_own = games.has_all("over_prob") & games.has_all("independent_over_prob")
    return is_half_line & has_own & games.is_same("market_over_prob")


def _probability_score(
    name: str, prob: FloatArray, market: FloatArray, went_over: FloatArray, nights: NDArray[np.int64]
) -> ProbabilityScore:
    difference, low, high = None, None, None
    if name != "market":
        squared = (prob - went_over) ** 2 - (market - went_over) ** 2
        difference = float(squared.mean())
        low, high = clustered_interval(squared, nights) or (None, None)
    return ProbabilityScore(
        name,
        brier=scoring.brier(prob, went_over),
        brier_minus_market=difference,
        brier_minus_market_low=low,
        brier_minus_market_high=high,
        log_loss=scoring.log_loss(prob, went_over),
        calibration_error=scoring.calibration_error(prob, went_over),
        calibration_error_by_chance=scoring.calibration_error_by_chance(prob),
        reliability=tuple(map(_reliability_row, scoring.reliability(prob, went_over))),
    )


def _reliability_row(found: scoring.ReliabilityBin) -> ReliabilityRow:
    share, low, high = None, None, None
    if found.rows:
        share, (low, high) = found.hits / found.rows, wilson_interval(found.hits, found.rows)
    return ReliabilityRow(found.low, found.high, found.rows, found.mean_prob, share, low, high)


# --- money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MoneyScore:
    """What became of a system's published recommendations."""

    system: str
    passes: int
    over_share: float | None
    """OVER among OVER and UNDER."""
    decided: int
    """Picks that were right or wrong: neither pushes nor passes."""
    hit_rate: float | None
    hit_rate_low: float | None
    hit_rate_high: float | None
    breakeven: float | None
    """Hit rate at which the decided picks with a listed price would earn nothing: chance, as the books price it."""
    bets_needed: int | None
    """Decided picks at which this hit rate would be told from breakeven, at 95 % with 80 % power."""
    bets: int
    """Picks with a listed price, pushes included."""
    roi: float | None
    """Profit per unit staked at the listed prices."""
    roi_low: float | None
    roi_high: float | None
    closing_lines: int
    """Picks whose closing line is known."""
    closing_lines_moved: int
    """Of those, how many closed elsewhere than where they were picked."""
    closing_line_value: float | None
    """Mean points that the line moved in the picks' favour."""
    closing_line_value_low: float | None
    closing_line_value_high: float | None


def money_score(games: PlayerGames, system: str) -> MoneyScore:
    nights = nights_of(games)
    result, advice = games["result"][system], games["recommendation"][system]
    correct, incorrect = int((result == Result.CORRECT).sum()), int((result == Result.INCORRECT).sum())
    decided = correct + incorrect
    overs, unders = int((advice == Recommendation.OVER).sum()), int((advice == Recommendation.UNDER).sum())
    hit_low, hit_high = wilson_interval(correct, decided) if decided else (None, None)
    breakeven = _breakeven(games, system)
    profit = games.of_system("profit_units", system).to_numpy()
    moved = games.of_system("closing_line_value", system).to_numpy()
    roi, roi_low, roi_high = _mean_with_interval(profit, nights)
    closing, closing_low, closing_high = _mean_with_interval(moved, nights)
    return MoneyScore(
        system,
        passes=int((result == Result.PASS).sum()),
        over_share=overs / (overs + unders) if overs + unders else None,
        decided=decided,
        hit_rate=correct / decided if decided else None,
        hit_rate_low=hit_low,
        hit_rate_high=hit_high,
        breakeven=breakeven,
        bets_needed=None if breakeven is None else bets_to_tell(correct / decided, breakeven),
        bets=int(np.isfinite(profit).sum()),
        roi=roi,
        roi_low=roi_low,
        roi_high=roi_high,
        closing_lines=int(np.isfinite(moved).sum()),
        closing_lines_moved=int(np.sum(np.isfinite(moved) & (moved != 0))),
        closing_line_value=closing,
        closing_line_value_low=closing_low,
        closing_line_value_high=closing_high,
    )


def _breakeven(games: PlayerGames, system: str) -> float | None:
    names = ("recommendation", "over_price_american", "under_price_american")
    is_decided = games["result"][system].isin([Result.CORRECT, Result.INCORRECT]).to_numpy()
    price = price_taken(pd.DataFrame({name: games[name][system] for name in names}))[is_decided]
    listed = price[np.isfinite(price)]
    return float(american_to_probability(listed).mean()) if listed.size else None


def _mean_with_interval(
    values: FloatArray, nights: NDArray[np.int64]
) -> tuple[float | None, float | None, float | None]:
    known = np.isfinite(values)
    if not known.any():
        return None, None, None
    low, high = clustered_interval(values[known], nights[known]) or (None, None)
    return float(values[known].mean()), low, high


# --- minutes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MinutesScore:
    """How far projected minutes were off, in minutes."""

    contender: str
    mae: float
    bias: float


@dataclass(frozen=True)
class Minutes:
    """Minutes of the systems that project them, beside the exponential mean, on player-games at which all have them."""

    rows: int
    live_rows: int
    scores: tuple[MinutesScore, ...]


def minutes(games: PlayerGames) -> Minutes:
    systems = games.with_any("projected_minutes")
    plain, actual = games.form["minutes_ewm_3"], games.shared("actual_minutes")
    has_all = games.has_all("projected_minutes", systems) & plain.notna() & actual.notna()
    timed = games.where(has_all)
    if not systems or not len(timed):
        return Minutes(0, 0, ())
    projected = {system: timed.of_system("projected_minutes", system) for system in systems}
    played = actual[has_all]
    return Minutes(
        len(timed),
        int(timed.is_live.sum()),
        tuple(
            MinutesScore(name, scoring.mean_absolute_error(values, played), scoring.bias(values, played))
            for name, values in (projected | {"exponential_mean": plain[has_all]}).items()
        ),
    )


# --- slices -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SliceScore:
    """One contender on part of the rows."""

    contender: str
    mae: float
    bias: float
    interval_80_share: float
    """Expected share of the PIT within 0.1-0.9."""


@dataclass(frozen=True)
class Slice:
    """All contenders on the player-games of one group."""

    slicing: str
    """line_size, minutes_role, month or data_quality_tier."""
    group: str
    rows: int
    live_rows: int
    scores: tuple[SliceScore, ...]


def slices(games: PlayerGames, contenders: Sequence[Contender]) -> tuple[Slice, ...]:
    """Every group that has rows, in order. Lines are a group of their own only among rows with a line."""
    has_line = any(one.kind == "line" for one in contenders)
    found = []
    for slicing, groups in groups_of(games).items():
        if slicing == "line_size" and not has_line:
            continue
        for group in groups.cat.categories:
            mask = (groups == group).to_numpy()
            if mask.any():
                found.append(
                    _slice(slicing, str(group), games.where(pd.Series(mask, games.form.index)), contenders, mask)
                )
    return tuple(found)


def _slice(
    slicing: str, group: str, games: PlayerGames, contenders: Sequence[Contender], mask: NDArray[np.bool_]
) -> Slice:
    actual = actual_points(games)
    scores = tuple(
        SliceScore(
            part.name,
            scoring.mean_absolute_error(part.median, actual),
            scoring.bias(part.mean, actual),
            scoring.pit_share(part.forecast.pit_low, part.forecast.pit_high, *_INSIDE),
        )
        for part in (contender.where(mask) for contender in contenders)
    )
    return Slice(slicing, group, len(games), int(games.is_live.sum()), scores)
