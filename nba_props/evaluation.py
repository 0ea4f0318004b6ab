"""The honest table: every system, the plain means and the line itself, judged on the same player-games.

Here belong choosing those player-games and assembling their scores. Not here: what a score is (`domain/grading.py`),
grading a prediction (`assets/grading`) and printing (the command line).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

import pandas as pd

from nba_props.domain.grading import (
    Result,
    bias,
    brier,
    clustered_interval,
    mean_absolute_error,
    root_mean_squared_error,
    wilson_interval,
)
from nba_props.domain.odds import DevigMethod, devig
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.errors import BadInput
from nba_props.platform import Platform

BASELINES = {
    "last_5_mean": "points_avg_last_5",
    "last_10_mean": "points_avg_last_10",
    "season_mean": "points_avg_season",
}
"""Name of each baseline and its column of `player_daily_cache`."""

GAME_KEY = ["game_date", "game_id", "universal_player_id"]

_GRADES = """
with grades as (
    select
        game_date, game_id, universal_player_id, system_id, predicted_points, predicted_median, over_prob,
        current_points_line, over_price_american, under_price_american, prediction_made_before_game, result,
        actual_points, profit_units
    from nba_grading.prediction_accuracy
    where game_date between @start_date and @end_date and result <> 'void'
),

form as (
    select game_date, game_id, universal_player_id, points_avg_last_5, points_avg_last_10, points_avg_season
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
)

select
    g.game_date,
    g.game_id,
    g.universal_player_id,
    g.system_id,
    g.predicted_points,
    g.predicted_median,
    g.over_prob,
    g.current_points_line,
    g.over_price_american,
    g.under_price_american,
    g.prediction_made_before_game,
    g.result,
    g.actual_points,
    g.profit_units,
    f.points_avg_last_5,
    f.points_avg_last_10,
    f.points_avg_season
from grades as g
left join form as f
    on f.game_date = g.game_date and f.game_id = g.game_id and f.universal_player_id = g.universal_player_id
"""


@dataclass(frozen=True)
class Score:
    """One contender's figures on the rows of a table. None where it has no such figure."""

    contender: str
    kind: str
    """system, baseline or line."""
    rows: int
    mae: float
    """Of the median, points (of the number itself for a baseline and the line)."""
    rmse: float
    """Of the mean, points."""
    bias: float
    """Mean of (mean - actual), points."""
    mae_minus_line: float | None = None
    """Points; negative is better than the line."""
    mae_minus_line_low: float | None = None
    mae_minus_line_high: float | None = None
    decided: int | None = None
    """Picks that were right or wrong: neither pushes nor passes."""
    hit_rate: float | None = None
    hit_rate_low: float | None = None
    hit_rate_high: float | None = None
    brier: float | None = None
    """Of P(over), for the line the de-vigged market's, on the table's `brier_rows`."""
    bets: int | None = None
    """Picks with a listed price, pushes included."""
    roi: float | None = None
    """Profit per unit staked at the listed prices."""


@dataclass(frozen=True)
class EvaluationTable:
    """The scores of every contender on one set of player-games."""

    name: str
    """with_line or all."""
    rows: int
    dates: int
    live_rows: int
    """Player-games that every system predicted before tip-off."""
    brier_rows: int | None
    """Player-games of a half line at one two-sided price: no push is possible, and P(over) means the same to all."""
    scores: tuple[Score, ...]

    @property
    def live_share(self) -> float | None:
        return self.live_rows / self.rows if self.rows else None


@dataclass(frozen=True)
class Evaluation:
    """The honest table of a range of dates: rows with a line, and all rows."""

    start: date
    end: date
    graded: int
    """Player-games with any grade that is not void."""
    answered: Mapping[str, int]
    """Of those, how many each system answered."""
    left_out: Mapping[str, int]
    """Player-games left out, by reason; at_different_lines from with_line only."""
    tables: tuple[EvaluationTable, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat row a table and contender."""
        return [{"table": table.name} | asdict(score) for table in self.tables for score in table.scores]

    def to_dict(self) -> dict[str, Any]:
        """The whole as JSON-safe values: dates in ISO, missing as None."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "graded": self.graded,
            "answered": dict(self.answered),
            "left_out": dict(self.left_out),
            "tables": [
                asdict(table) | {"live_share": table.live_share, "scores": [asdict(score) for score in table.scores]}
                for table in self.tables
            ],
        }

    def to_markdown(self) -> str:
        """Both tables with what must be known to read them."""
        answered = ", ".join(f"{system} {count}" for system, count in self.answered.items())
        head = [
            f"# Evaluation {self.start} to {self.end}",
            f"{self.graded} graded player-games. Answered: {answered}. Left out: {_counted(self.left_out)}.",
        ]
        return "\n\n".join([*head, *map(_table_text, self.tables)]) + "\n"


def evaluate(platform: Platform, start: date, end: date) -> Evaluation:
    """The honest table of the grades of start..end. BadInput where there is nothing to compare, with what to run."""
    if start > end:
        raise BadInput(f"The range {start} to {end} is empty.", next_step="Give the earlier date first.")
    grades = platform.warehouse.query(_GRADES, {"start_date": start, "end_date": end}).to_pandas()
    return assemble(grades, start, end)


def assemble(grades: pd.DataFrame, start: date, end: date) -> Evaluation:
    """The evaluation of grades that are not void, one row a player-game and system, baselines beside them.

    Only player-games that every system answered and every baseline exists for are compared; with a line, only those at
    which every system saw the same one.
    """
    if grades.empty:
        raise BadInput(
            f"There are no grades from {start} to {end}.", next_step=f"Grade first: nba-props grade {start} {end}."
        )
    games = _PlayerGames.of(grades)
    is_answered = games["predicted_points"].notna().all(axis=1)
    has_baselines = pd.DataFrame({name: games.shared(name).notna() for name in BASELINES.values()}).all(axis=1)
    common = games.where(is_answered & has_baselines)
    has_line = common["current_points_line"].notna().any(axis=1)
    is_same_line = common.is_same("current_points_line")
    left_out = {
        "not_answered_by_every_system": int((~is_answered).sum()),
        "without_a_baseline": int((is_answered & ~has_baselines).sum()),
        "at_different_lines": int((has_line & ~is_same_line).sum()),
    }
    if not len(common):
        raise BadInput(
            f"No player-game from {start} to {end} has every system and baseline ({_counted(left_out)}).",
            next_step=f"Complete the predictions and grade again: nba-props backfill {start} {end}.",
        )
    return Evaluation(
        start=start,
        end=end,
        graded=len(games),
        answered={str(system): int(points.notna().sum()) for system, points in games["predicted_points"].items()},
        left_out=left_out,
        tables=(_table_with_line(common.where(is_same_line)), _table_of_all(common)),
    )


@dataclass(frozen=True)
class _PlayerGames:
    """Graded figures by name, each a frame of shape (player-games, systems), all of the same rows and columns."""

    figures: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, grades: pd.DataFrame) -> Self:
        systems = sorted(set(grades["system_id"]), key=_place)
        names = grades.columns.difference([*GAME_KEY, "system_id"])
        wide = grades.pivot(index=GAME_KEY, columns="system_id")
        return cls({name: pd.DataFrame(wide[name]).reindex(columns=systems) for name in names})

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.figures[name]

    def __len__(self) -> int:
        return len(self["predicted_points"])

    @property
    def systems(self) -> list[str]:
        return list(self["predicted_points"].columns)

    @property
    def dates(self) -> pd.Index:
        return self["predicted_points"].index.get_level_values("game_date")

    @property
    def live_rows(self) -> int:
        """Player-games that every system predicted before tip-off."""
        return int(self["prediction_made_before_game"].eq(True).all(axis=1).sum())

    def where(self, mask: pd.Series) -> Self:
        return type(self)({name: figure[mask] for name, figure in self.figures.items()})

    def of_system(self, name: str, system: str) -> pd.Series:
        return self[name][system]

    def shared(self, name: str) -> pd.Series:
        """A figure that is the same beside every system that answered."""
        return self[name].astype(float).max(axis=1)

    def is_same(self, name: str) -> pd.Series:
        """TRUE where every system has a value, and the same one."""
        figure = self[name]
        return figure.notna().all(axis=1) & figure.nunique(axis=1).eq(1)


def _place(system: str) -> tuple[int, str]:
    """The order in which systems are listed; one that is no longer shipped comes last."""
    return (SYSTEM_IDS.index(system) if system in SYSTEM_IDS else len(SYSTEM_IDS), system)


def _table_of_all(games: _PlayerGames) -> EvaluationTable:
    scores = [Score(system, "system", **_errors(games, *_predicted(games, system))) for system in games.systems]
    scores += [Score(name, "baseline", **_errors(games, *_number(games, BASELINES[name]))) for name in BASELINES]
    return EvaluationTable("all", len(games), games.dates.nunique(), games.live_rows, None, tuple(scores))


def _table_with_line(games: _PlayerGames) -> EvaluationTable:
    if not len(games):
        return EvaluationTable("with_line", 0, 0, 0, 0, ())
    priced = games.where(_has_comparable_prices(games))
    scores = [_system_score(games, priced, system) for system in games.systems]
    for name, column in BASELINES.items():
        errors = _errors(games, *_number(games, column)) | _against_line(games, games.shared(column))
        scores.append(Score(name, "baseline", **errors))
    line = _errors(games, *_number(games, "current_points_line"))
    scores.append(Score("line", "line", **line, brier=_brier(priced, _market_prob(priced))))
    return EvaluationTable("with_line", len(games), games.dates.nunique(), games.live_rows, len(priced), tuple(scores))


def _system_score(games: _PlayerGames, priced: _PlayerGames, system: str) -> Score:
    mean, median = _predicted(games, system)
    result = games.of_system("result", system)
    correct, incorrect = int((result == Result.CORRECT).sum()), int((result == Result.INCORRECT).sum())
    decided = correct + incorrect
    low, high = wilson_interval(correct, decided) if decided else (None, None)
    profit = games.of_system("profit_units", system).dropna()
    return Score(
        system,
        "system",
        **_errors(games, mean, median),
        **_against_line(games, median),
        decided=decided,
        hit_rate=correct / decided if decided else None,
        hit_rate_low=low,
        hit_rate_high=high,
        brier=_brier(priced, priced.of_system("over_prob", system)),
        bets=len(profit),
        roi=float(profit.mean()) if len(profit) else None,
    )


def _predicted(games: _PlayerGames, system: str) -> tuple[pd.Series, pd.Series]:
    """(mean, median) of a system."""
    return games.of_system("predicted_points", system), games.of_system("predicted_median", system)


def _number(games: _PlayerGames, name: str) -> tuple[pd.Series, pd.Series]:
    """A single number stands for both, mean and median."""
    return games.shared(name), games.shared(name)


def _errors(games: _PlayerGames, mean: pd.Series, median: pd.Series) -> dict[str, Any]:
    actual = games.shared("actual_points")
    return {
        "rows": len(games),
        "mae": mean_absolute_error(median, actual),
        "rmse": root_mean_squared_error(mean, actual),
        "bias": bias(mean, actual),
    }


def _against_line(games: _PlayerGames, median: pd.Series) -> dict[str, Any]:
    actual, line = games.shared("actual_points"), games.shared("current_points_line")
    difference = (median - actual).abs() - (line - actual).abs()
    low, high = clustered_interval(difference, games.dates) or (None, None)
    return {
        "mae_minus_line": float(difference.mean()),
        "mae_minus_line_low": low,
        "mae_minus_line_high": high,
    }


def _has_comparable_prices(games: _PlayerGames) -> pd.Series:
    """Half lines with P(over) of every system and one two-sided price beside them."""
    is_half_line = games.shared("current_points_line") % 1 != 0
    is_one_price = games.is_same("over_price_american") & games.is_same("under_price_american")
    return is_half_line & is_one_price & games["over_prob"].notna().all(axis=1)


def _market_prob(games: _PlayerGames) -> pd.Series:
    """The market's P(over), its vig taken off in proportion."""
    over, under = games.shared("over_price_american"), games.shared("under_price_american")
    return pd.Series(devig(over, under, DevigMethod.MULTIPLICATIVE), index=over.index)


def _brier(priced: _PlayerGames, over_prob: pd.Series) -> float | None:
    went_over = priced.shared("actual_points") > priced.shared("current_points_line")
    return brier(over_prob, went_over) if len(priced) else None


# -- text --------------------------------------------------------------------------------------------------------------

_TITLES = {"with_line": "Rows with a line", "all": "All rows"}
_ALWAYS = {"contender": "", "rows": "n", "mae": "MAE", "rmse": "RMSE", "bias": "bias"}
_WITH_LINE = {
    "mae_minus_line": "MAE - line [95 %]",
    "hit_rate": "hit rate [95 %]",
    "brier": "Brier",
    "roi": "ROI (bets)",
}


def _counted(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items() if count) or "none"


def _table_text(table: EvaluationTable) -> str:
    if not table.rows:
        return f"## {_TITLES[table.name]}\n\nNone."
    live = f"{table.live_rows} live ({table.live_share:.1%}), {table.rows - table.live_rows} backfill"
    notes = f"The same {table.rows} player-games of {table.dates} dates for everyone: {live}."
    headings = _ALWAYS
    if table.name == "with_line":
        headings = _ALWAYS | _WITH_LINE
        notes += f" Brier on the {table.brier_rows} with a half line and a two-sided price; intervals by date."
    lines = [headings.values(), ["---"] * len(headings), *([_cell(s, f) for f in headings] for s in table.scores)]
    return f"## {_TITLES[table.name]}\n\n{notes}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(score: Score, figure: str) -> str:
    value = getattr(score, figure)
    if value is None:
        return "-"
    if figure == "mae_minus_line":
        return f"{value:+.3f}{_interval(score.mae_minus_line_low, score.mae_minus_line_high, '+.3f')}"
    if figure == "hit_rate":
        return f"{value:.1%}{_interval(score.hit_rate_low, score.hit_rate_high, '.1%')} of {score.decided}"
    if figure == "roi":
        return f"{value:+.1%} ({score.bets})"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _interval(low: float | None, high: float | None, form: str) -> str:
    return "" if low is None or high is None else f" [{low:{form}}, {high:{form}}]"
