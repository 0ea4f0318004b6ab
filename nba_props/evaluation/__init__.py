"""The honest table: every system, the baselines and the line itself, judged on the same player-games.

`rows` reads and groups player-games, `baselines` says what anyone must beat, `contenders` puts all into one shape, `scores`
judges them, `tripwire` looks for what cannot be, `report` and `plots` show it. Not here: what a score is
(`domain/scoring`), grading a prediction (`assets/grading`) and the command line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from nba_props.errors import BadInput
from nba_props.evaluation.baselines import BASELINES, MEANS, RIDGE, oracle_points, ridge_between
from nba_props.evaluation.contenders import Contender, contenders_of_all, contenders_with_line
from nba_props.evaluation.rows import PlayerGames, form_between, grades_between
from nba_props.evaluation.scores import (
    DistributionScore,
    Minutes,
    MoneyScore,
    Probabilities,
    Score,
    Slice,
    distribution_score,
    minutes,
    money_score,
    point_score,
    probabilities,
    slices,
)
from nba_props.evaluation.tripwire import Leak, Oracle, leak_error, watch
from nba_props.platform import Platform

__all__ = ["Evaluation", "EvaluationTable", "Leak", "Score", "assemble", "evaluate", "leak_error"]


@dataclass(frozen=True)
class EvaluationTable:
    """The scores of every contender on one set of player-games."""

    name: str
    """with_line or all; with _live where only player-games are counted that every system predicted before tip-off."""
    rows: int
    dates: int
    live_rows: int
    """Player-games that every system predicted before tip-off; the others are backfill."""
    scores: tuple[Score, ...] = ()
    oracle: Oracle | None = None
    distributions: tuple[DistributionScore, ...] = ()
    probabilities: Probabilities | None = None
    """With a line only, as money."""
    money: tuple[MoneyScore, ...] = ()
    minutes: Minutes | None = None
    slices: tuple[Slice, ...] = ()

    @property
    def live_share(self) -> float | None:
        return self.live_rows / self.rows if self.rows else None


@dataclass(frozen=True)
class Evaluation:
    """The honest table of a range of dates: rows with a line, and all rows; then the same of live rows, if there are any."""

    start: date
    end: date
    graded: int
    """Player-games with any grade that is not void."""
    answered: Mapping[str, int]
    """Of those, how many each system answered."""
    left_out: Mapping[str, int]
    """Player-games left out, by reason; the last two from with_line only."""
    baselines_left_out: tuple[str, ...]
    """Baselines that exist on no player-game of the range."""
    tables: tuple[EvaluationTable, ...]
    leaks: tuple[Leak, ...]
    """Contenders closer than an oracle that was told tonight's minutes: the evaluation is void until they are explained."""

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat row a table and contender."""
        return [{"table": table.name} | asdict(score) for table in self.tables for score in table.scores]

    def to_dict(self) -> dict[str, Any]:
        """The whole as JSON-safe values: dates in ISO, missing as None."""
        whole = {name: value for name, value in asdict(self).items() if name != "tables"}
        tables = [asdict(table) | {"live_share": table.live_share} for table in self.tables]
        return whole | {"start": self.start.isoformat(), "end": self.end.isoformat(), "tables": tables}

    def to_markdown(self) -> str:
        """All tables with what must be known to read them."""
        from nba_props.evaluation.report import markdown

        return markdown(self)


def evaluate(platform: Platform, start: date, end: date) -> Evaluation:
    """The honest table of the grades of start..end. BadInput where there is nothing to compare, with what to run."""
    if start > end:
        raise BadInput(f"The range {start} to {end} is empty.", next_step="Give the earlier date first.")
    grades = grades_between(platform, start, end)
    if grades.empty:
        raise _without_grades(start, end)
    form = form_between(platform, start, end)
    form[RIDGE] = ridge_between(platform, start, end).reindex(form.index)
    return assemble(grades, form, start, end)


def assemble(grades: pd.DataFrame, form: pd.DataFrame, start: date, end: date) -> Evaluation:
    """The evaluation of grades that are not void, one row a player-game and system.

    `form` (indexed by player-game: means of points and minutes before the game, and ridge) is what baselines and the oracle
    are made of. Only player-games that every system answered and every baseline exists for are compared; with a line, only
    those at which every system saw the same one and has an anchored number, if it has any.
    """
    if grades.empty:
        raise _without_grades(start, end)
    games = _with_baselines(PlayerGames.of(grades, form))
    baselines = [name for name in BASELINES if games.form[name].notna().any()]
    is_answered = games.has_all("predicted_points")
    has_baselines = games.form[baselines].notna().all(axis=1) if baselines else pd.Series(False, games.form.index)
    common = games.where(is_answered & has_baselines)
    _refuse_unscored(common, start, end)
    anchored = games.with_any("anchored_points")
    is_same_line, has_anchors = common.is_same("current_points_line"), common.has_all("anchored_points", anchored)
    has_line = common["current_points_line"].notna().any(axis=1)
    left_out = {
        "not_answered_by_every_system": int((~is_answered).sum()),
        "without_a_baseline": int((is_answered & ~has_baselines).sum()),
        "at_different_lines": int((has_line & ~is_same_line).sum()),
        "not_anchored_by_every_system": int((is_same_line & ~has_anchors).sum()),
    }
    if not len(common):
        raise BadInput(
            f"No player-game from {start} to {end} has every system and baseline.",
            next_step=f"Complete the predictions and grade again: nba-props backfill {start} {end}.",
        )
    tables, leaks = _tables(common, common.where(is_same_line & has_anchors), baselines, anchored)
    return Evaluation(
        start=start,
        end=end,
        graded=len(games),
        answered={str(system): int(points.notna().sum()) for system, points in games["predicted_points"].items()},
        left_out=left_out,
        baselines_left_out=tuple(name for name in BASELINES if name not in baselines),
        tables=tables,
        leaks=leaks,
    )


def _without_grades(start: date, end: date) -> BadInput:
    return BadInput(
        f"There are no grades from {start} to {end}.", next_step=f"Grade first: nba-props grade {start} {end}."
    )


def _refuse_unscored(games: PlayerGames, start: date, end: date) -> None:
    """Grades written before distributions were scored have none of their scores."""
    if not games.has_all("crps").all():
        raise BadInput(
            f"Grades from {start} to {end} are older than the scores of distributions.",
            next_step=f"Predict and grade again: nba-props backfill {start} {end}.",
        )


def _with_baselines(games: PlayerGames) -> PlayerGames:
    """The same with every baseline and the oracle as columns of form, under their own names."""
    named = {name: games.form[column] for name, column in MEANS.items()}
    oracle = oracle_points(games.form, games.shared("actual_minutes"))
    return PlayerGames(games.figures, games.form.assign(**named, oracle=oracle))


def _tables(
    everything: PlayerGames, with_line: PlayerGames, baselines: Sequence[str], anchored: Sequence[str]
) -> tuple[tuple[EvaluationTable, ...], tuple[Leak, ...]]:
    tables: list[EvaluationTable] = []
    leaks: list[Leak] = []
    for label, games in (("with_line", with_line), ("all", everything)):
        makers = {label: games}
        if games.is_live.any():
            makers[f"{label}_live"] = games.where(games.is_live)
        for name, part in makers.items():
            table, found = _table(name, part, label == "with_line", baselines, anchored)
            tables.append(table)
            leaks += found
    return tuple(sorted(tables, key=lambda table: table.name.endswith("_live"))), tuple(leaks)


def _table(
    name: str, games: PlayerGames, has_line: bool, baselines: Sequence[str], anchored: Sequence[str]
) -> tuple[EvaluationTable, tuple[Leak, ...]]:
    if not len(games):
        return EvaluationTable(name, 0, 0, 0), ()
    contenders = contenders_with_line(games, baselines, anchored) if has_line else contenders_of_all(games, baselines)
    line: Contender | None = contenders[-1] if has_line else None
    oracle, leaks = watch(name, games, contenders)
    table = EvaluationTable(
        name,
        len(games),
        games.dates.nunique(),
        int(games.is_live.sum()),
        scores=tuple(point_score(games, one, line) for one in contenders),
        oracle=oracle,
        distributions=tuple(map(distribution_score, contenders)),
        probabilities=probabilities(games) if has_line else None,
        money=tuple(money_score(games, system) for system in games.systems) if has_line else (),
        minutes=minutes(games),
        slices=slices(games, contenders),
    )
    return table, leaks
