"""One slate: who is covered, how it was graded, what was published."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from nba_props.cli.render.pieces import coloured, funnel, joined
from nba_props.cli.screen import minute, number, show, table

if TYPE_CHECKING:
    from nba_props.cli.covering import Coverage
    from nba_props.cli.grades import Grades


def coverage(found: "Coverage", *, detailed: bool) -> None:
    """Expected, predicted, the funnel, and who is missing why."""
    if found.status == "no_slate":
        show(f"{coloured('NO SLATE')}  {found.game_date}  no games that count are scheduled")
        return
    everyone = found.of_all
    show(
        f"{coloured(found.status)}  {found.game_date}  {everyone.get('predicted', 0)} of {everyone.get('expected', 0)}"
        f" expected players predicted ({number(found.coverage_pct)} %), {found.games} games"
    )
    show(f"  funnel: {funnel(found.funnel)}")
    rows = [
        (system, row["expected"], row["predicted"], number(row["coverage_pct"]), row["status"])
        for system, row in found.rows.items()
        if system != "all"
    ]
    show(table(("system", "expected", "predicted", "coverage %", "status"), rows, right=(1, 2, 3)))
    show(f"missing: {joined(found.reasons) or 'nobody'}")
    show(f"excluded by design: {joined(found.reasons_excluded) or 'nobody'}")
    if detailed:
        for title, people in (("missing", found.missing), ("excluded by design", found.excluded)):
            if people:
                cells = [(row["player_lookup"], row["reason"], row["detail"]) for row in people]
                show(table(("player", "reason", "detail"), cells, title=title))
    elif found.missing or found.excluded:
        show("each of them: --detailed")


def grades(found: "Grades") -> None:
    """Grades by system over a range."""
    show(grades_table(found))
    if found.waiting:
        waiting = ", ".join(f"{day} ({rows})" for day, rows in found.waiting.items())
        show(f"[yellow]not graded yet[/yellow], for want of a box score: {waiting}")


def grades_table(found: "Grades") -> Any:
    """The table of grades."""
    rows = [
        (
            row["system_id"],
            row["predictions"],
            row["predictions_with_line"],
            number(row["mae"], ".2f"),
            number(row["bias"], "+.2f"),
            row["correct"],
            row["incorrect"],
            row["pushes"],
            row["voids"],
            "-" if row["hit_rate"] is None else f"{row['hit_rate']:.1%}",
            number(row["profit_units"], "+.1f"),
        )
        for row in found.systems
    ]
    headings = ("system", "graded", "with line", "MAE", "bias", "right", "wrong", "push", "void", "hit rate", "units")
    period = f"{found.start}" if found.start == found.end else f"{found.start} to {found.end}"
    return table(headings, rows, title=f"grades {period}", right=range(1, 11))


def exports(day: date, documents: Sequence[Mapping[str, Any]]) -> None:
    """What was published of a date."""
    if not documents:
        show(f"nothing was published for {day}")
        return
    rows = [(one["path"], one["state"], minute(one["published_at"]), one["location"]) for one in documents]
    show(table(("document", "state", "since", "where"), rows))
