"""An evaluation as pictures: errors with their intervals, reliability of P(over), and PIT histograms.

matplotlib is imported only here, and only when a picture is drawn: it takes longer than most commands.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nba_props.evaluation.contenders import ANCHORED
from nba_props.evaluation.report import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nba_props.evaluation import Evaluation, EvaluationTable
    from nba_props.evaluation.scores import DistributionScore, ProbabilityScore, Score

_COLOURS = {"system": "#1f6f8b", "anchored": "#c8553d", "baseline": "#8a8a8a", "line": "#222222"}
_LABELS = {"system": "independent", "anchored": "with the market", "baseline": "baseline", "line": "line"}
_COLUMNS = 3
_DPI = 130


def write_plots(evaluation: "Evaluation", folder: Path) -> list[Path]:
    """Write mae.png, pit.png and, where there are probabilities, reliability.png; the paths written."""
    tables = {table.name: table for table in evaluation.tables if table.rows}
    shown = tables.get("with_line") or tables["all"]
    figures = {
        "mae": _errors([table for name, table in tables.items() if not name.endswith("_live")]),
        "pit": _pit(shown),
    }
    if shown.probabilities is not None and shown.probabilities.rows:
        figures["reliability"] = _reliability(shown)
    return [_written(figure, folder / f"{name}.png") for name, figure in figures.items()]


def _written(figure: "Figure", path: Path) -> Path:
    figure.savefig(path, dpi=_DPI)
    return path


def _figure(rows: int, columns: int, size: tuple[float, float], **more: Any) -> "tuple[Figure, list[Axes]]":
    """A figure and its axes in reading order; Agg: pixels, no window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False, **more).flat)


# --- errors -----------------------------------------------------------------------------------------------------------


def _errors(tables: "Sequence[EvaluationTable]") -> "Figure":
    height = 1.9 + 0.34 * max(len(table.scores) for table in tables)
    figure, axes = _figure(1, len(tables), (6.4 * len(tables), height))
    for at, table in zip(axes, tables, strict=True):
        _errors_of(at, table)
    figure.suptitle("Mean absolute error of the median, points (bars: 95 %, by date)", fontsize=11)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    return figure


def _errors_of(at: "Axes", table: "EvaluationTable") -> None:
    ranked = sorted(table.scores, key=lambda score: -score.mae)
    for place, score in enumerate(ranked):
        at.errorbar(score.mae, place, xerr=_bars(score), fmt="o", color=_COLOURS[score.kind], capsize=3)
    at.set_yticks(range(len(ranked)), [score.contender for score in ranked])
    if table.oracle is not None:
        at.axvline(table.oracle.mae, color="#b8860b", linestyle="--", label="told tonight's minutes (no contender)")
    for kind in dict.fromkeys(score.kind for score in table.scores):
        at.plot([], [], "o", color=_COLOURS[kind], label=_LABELS[kind])
    at.set_title(f"{TITLES[table.name]}: {table.rows} player-games, {table.live_rows} live", fontsize=10)
    at.grid(axis="x", alpha=0.3)


def _bars(score: "Score") -> list[list[float]] | None:
    if score.mae_low is None or score.mae_high is None:
        return None
    return [[max(score.mae - score.mae_low, 0)], [max(score.mae_high - score.mae, 0)]]


# --- P(over) ----------------------------------------------------------------------------------------------------------


def _reliability(table: "EvaluationTable") -> "Figure":
    """A panel a system: what its own number and the published one said, beside the market, against what happened."""
    assert table.probabilities is not None
    by_name = {score.contender: score for score in table.probabilities.scores}
    systems = [name for name in by_name if name != "market" and not name.endswith(ANCHORED)]
    figure, axes = _panels(len(systems))
    for at, system in zip(axes, systems, strict=False):
        _reliability_of(at, system, by_name)
    figure.suptitle(
        f"P(over) on {table.probabilities.rows} half lines: across what was said, up the share that went over (bars: 95 %)",
        fontsize=10,
    )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _reliability_of(at: "Axes", system: str, by_name: "Mapping[str, ProbabilityScore]") -> None:
    at.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1)
    shown = {
        "independent": (system, "system"),
        "published": (system + ANCHORED, "anchored"),
        "market": ("market", "line"),
    }
    for label, (name, kind) in shown.items():
        bins = [one for one in by_name[name].reliability if one.rows]
        said, was, low, high = np.array(
            [(one.mean_prob, one.over_share, one.over_share_low, one.over_share_high) for one in bins], dtype=np.float64
        ).T
        bars = np.maximum([was - low, high - was], 0)
        at.errorbar(said, was, yerr=bars, fmt="o-", ms=4, lw=1, capsize=2, color=_COLOURS[kind], label=label)
    at.set_title(system, fontsize=10)
    at.set_xlim(0, 1)
    at.set_ylim(0, 1)
    at.grid(alpha=0.3)


# --- distributions ----------------------------------------------------------------------------------------------------


def _pit(table: "EvaluationTable") -> "Figure":
    """A panel a contender: flat is true, a hill is too wide, a bowl too narrow, a slope leans."""
    figure, axes = _panels(len(table.distributions), height=2.1, sharey=True)
    for at, score in zip(axes, table.distributions, strict=False):
        _pit_of(at, score)
    figure.suptitle(f"PIT of actual points, {table.rows} player-games: flat is true", fontsize=11)
    figure.supxlabel("place of the actual points in the distribution", fontsize=9)
    figure.supylabel("share of player-games", fontsize=9)
    return figure


def _pit_of(at: "Axes", score: "DistributionScore") -> None:
    bins = len(score.pit_histogram)
    at.bar([(i + 0.5) / bins for i in range(bins)], score.pit_histogram, width=0.95 / bins, color="#1f6f8b")
    at.axhline(1 / bins, color="#222222", linestyle="--", linewidth=1)
    at.set_title(score.contender, fontsize=9)
    at.set_xlim(0, 1)


def _panels(count: int, height: float = 3.4, **more: Any) -> "tuple[Figure, list[Axes]]":
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    figure, axes = _figure(rows, columns, (3.5 * columns + 0.6, height * rows + 0.8), **more)
    for at in axes[count:]:
        at.set_visible(False)
    return figure, axes
