"""An evaluation in words and Markdown tables. Nothing here computes a score."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nba_props.evaluation.scores import (
    DistributionScore,
    Minutes,
    MoneyScore,
    Probabilities,
    ProbabilityScore,
    Score,
    Slice,
)

if TYPE_CHECKING:
    from nba_props.evaluation import Evaluation, EvaluationTable

TITLES = {
    "with_line": "Rows with a line",
    "all": "All rows",
    "with_line_live": "Live rows with a line",
    "all_live": "All live rows",
}
_SLICINGS = {
    "line_size": "By line",
    "minutes_role": "By minutes role (mean minutes before the game: starter from 28, rotation from 18)",
    "month": "By month",
    "data_quality_tier": "By data-quality tier",
}


def markdown(evaluation: "Evaluation") -> str:
    """The whole evaluation, with what must be known to read it."""
    found = evaluation
    answered = ", ".join(f"{system} {count}" for system, count in found.answered.items())
    parts = [
        f"# Evaluation {found.start} to {found.end}",
        f"{found.graded} graded player-games. Answered: {answered}. Left out: {_counted(found.left_out)}.",
    ]
    if found.baselines_left_out:
        parts.append(f"Without earlier rows, and so not here: {', '.join(found.baselines_left_out)}.")
    parts += [
        f"**LEAK: {leak.contender} errs by {leak.mae:.3f} on {leak.rows} rows ({leak.table}), someone told tonight's minutes by"
        f" {leak.oracle_mae:.3f}. This evaluation is void until that is explained.**"
        for leak in found.leaks
    ]
    return "\n\n".join([*parts, *(part for table in found.tables for part in _table(table))]) + "\n"


def _counted(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items() if count) or "none"


def _table(table: "EvaluationTable") -> Iterable[str]:
    yield f"## {TITLES[table.name]}"
    if not table.rows:
        yield "None."
        return
    yield (
        f"The same {table.rows} player-games of {table.dates} dates for everyone:"
        f" {_live(table.live_rows, table.rows)}. Intervals are of 95 %, those of means by date."
    )
    yield _points(table)
    yield from _distributions(table.distributions)
    if table.probabilities is not None:
        yield from _probabilities(table.probabilities)
    yield from _money(table.money)
    if table.minutes is not None:
        yield from _minutes(table.minutes)
    yield from _slices(table.slices)


def _live(live: int, rows: int) -> str:
    return f"{live} live ({live / rows:.1%}), {rows - live} backfill"


# --- one question each ------------------------------------------------------------------------------------------------


def _points(table: "EvaluationTable") -> str:
    has_line = any(score.kind == "line" for score in table.scores)
    lines = [_point_row(score, has_line) for score in table.scores]
    if table.oracle is not None:
        told = ["(told tonight's minutes)", str(table.oracle.rows), f"{table.oracle.mae:.3f}", "-", "-"]
        lines.append(told + (["-"] if has_line else []))
    return _grid(["", "n", "MAE", "RMSE", "bias", *(["MAE - line"] if has_line else [])], lines)


def _point_row(score: Score, has_line: bool) -> list[str]:
    row = [
        score.contender,
        str(score.rows),
        _within(score.mae, score.mae_low, score.mae_high, ".3f"),
        f"{score.rmse:.3f}",
        f"{score.bias:+.3f}",
    ]
    difference = _within(score.mae_minus_line, score.mae_minus_line_low, score.mae_minus_line_high, "+.3f")
    return [*row, difference] if has_line else row


def _distributions(scores: Sequence[DistributionScore]) -> Iterable[str]:
    yield "### Distributions"
    yield "Baselines and the line have the shipped spread around them. The 80 % interval should hold 80 %, and be narrow."
    yield _grid(
        ["", "CRPS", "80 % interval holds", "expected", "width"],
        [
            [
                one.contender,
                f"{one.crps:.3f}",
                f"{one.interval_80_share:.1%}",
                f"{one.interval_80_share_expected:.1%}",
                f"{one.interval_80_width:.2f}",
            ]
            for one in scores
        ],
    )


def _probabilities(found: Probabilities) -> Iterable[str]:
    yield "### P(over)"
    if not found.rows:
        yield "No player-game has a half line at which every system and the market have a probability."
        return
    yield (
        f"On the {found.rows} with a half line and a two-sided price ({_live(found.live_rows, found.rows)}). By chance:"
        " what a perfect forecaster's calibration error stays under in 95 % of all tries."
    )
    yield _grid(
        ["", "Brier", "Brier - market", "log loss", "calibration error", "by chance"],
        [
            [
                one.contender,
                f"{one.brier:.4f}",
                _within(one.brier_minus_market, one.brier_minus_market_low, one.brier_minus_market_high, "+.4f"),
                f"{one.log_loss:.4f}",
                f"{one.calibration_error:.4f}",
                f"{one.calibration_error_by_chance:.4f}",
            ]
            for one in found.scores
        ],
    )
    yield _grid(
        ["", "said", "n", "mean said", "went over"],
        [line for one in found.scores for line in _reliability(one)],
    )


def _reliability(score: ProbabilityScore) -> list[list[str]]:
    return [
        [
            score.contender,
            f"{row.low:.1f}-{row.high:.1f}",
            str(row.rows),
            f"{row.mean_prob:.1%}",
            _within(row.over_share, row.over_share_low, row.over_share_high, ".1%"),
        ]
        for row in score.reliability
        if row.rows
    ]


def _money(scores: Sequence[MoneyScore]) -> Iterable[str]:
    if not scores:
        return
    yield "### Recommendations"
    yield (
        "Needed: decided picks at which this hit rate would be told from breakeven (95 %, 80 % power). Closing line value: points"
        " that the same book's line moved in the picks' favour."
    )
    yield _grid(
        ["", "passes", "over", "hit rate", "breakeven", "needed", "ROI (bets)", "closing line value (moved)"],
        [_money_row(one) for one in scores],
    )


def _money_row(one: MoneyScore) -> list[str]:
    hit = _within(one.hit_rate, one.hit_rate_low, one.hit_rate_high, ".1%")
    roi = _within(one.roi, one.roi_low, one.roi_high, "+.1%")
    closing = _within(one.closing_line_value, one.closing_line_value_low, one.closing_line_value_high, "+.3f")
    return [
        one.system,
        str(one.passes),
        _share(one.over_share),
        hit if one.hit_rate is None else f"{hit} of {one.decided}",
        _share(one.breakeven),
        "-" if one.bets_needed is None else str(one.bets_needed),
        roi if one.roi is None else f"{roi} ({one.bets})",
        closing if one.closing_line_value is None else f"{closing} ({one.closing_lines_moved} of {one.closing_lines})",
    ]


def _minutes(found: Minutes) -> Iterable[str]:
    if not found.rows:
        return
    yield "### Minutes"
    yield f"On the {found.rows} at which all who project minutes did ({_live(found.live_rows, found.rows)})."
    yield _grid(["", "MAE", "bias"], [[one.contender, f"{one.mae:.3f}", f"{one.bias:+.3f}"] for one in found.scores])


def _slices(slices: Sequence[Slice]) -> Iterable[str]:
    if slices:
        yield "### Slices"
        yield "Each cell: MAE (bias) and the expected share in the 80 % interval."
    for slicing, title in _SLICINGS.items():
        groups = [one for one in slices if one.slicing == slicing]
        if groups:
            yield f"**{title}**"
            yield _grid(["", *(one.group for one in groups)], _slice_rows(groups))


def _slice_rows(groups: Sequence[Slice]) -> list[list[str]]:
    rows = [["rows", *(str(one.rows) for one in groups)], ["live", *(str(one.live_rows) for one in groups)]]
    for scores in zip(*(one.scores for one in groups), strict=True):
        cells = [f"{score.mae:.2f} ({score.bias:+.2f}) {score.interval_80_share:.0%}" for score in scores]
        rows.append([scores[0].contender, *cells])
    return rows


# --- form -------------------------------------------------------------------------------------------------------------


def _grid(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [headings, ["---"] * len(headings), *lines])


def _within(value: float | None, low: float | None, high: float | None, form: str) -> str:
    """A value with its interval, where there is one."""
    if value is None:
        return "-"
    return f"{value:{form}}" if low is None or high is None else f"{value:{form}} [{low:{form}}, {high:{form}}]"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
