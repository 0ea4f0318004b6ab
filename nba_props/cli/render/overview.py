"""Every date and layer over all seasons."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nba_props.cli.render.pieces import ends
from nba_props.cli.screen import show, table

if TYPE_CHECKING:
    from nba_props.seasons import Slate


_MARKS = {"there": "✓", "empty": "○", "missing": "✗", "not due": "·"}


def seasons(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line a season or month: dates with games, and of how many each layer holds something."""
    if not rows:
        show("no date with games is scheduled")
        return
    layers = list(rows[0]["layers"])
    cells = [(row["period"], row["dates"], *(_held(row["layers"][layer]) for layer in layers)) for row in rows]
    show(table(("", "dates", *layers), cells, right=range(1, len(layers) + 2)))


def _held(counts: Mapping[str, int]) -> str:
    """`161` where nothing is missing, `150 of 161` where something is; what is not due counts in neither."""
    there = counts.get("there", 0)
    due = there + counts.get("missing", 0)
    return str(there) if there == due else f"{there} of {due}"


def slates(found: "Sequence[Slate]") -> None:
    """A line a date, with a mark a layer and the first thing that is missing."""
    layers = list(found[0].cells) if found else []
    cells = [
        (
            slate.game_date,
            *(_MARKS[slate.cells[layer].state] for layer in layers),
            next((f"{name}: {cell.reason}" for name, cell in slate.cells.items() if cell.reason), ""),
        )
        for slate in found
    ]
    show(table(("date", *layers, "why"), cells))
    show(", ".join(f"{mark} {word}" for word, mark in _MARKS.items()))


def missing(found: Sequence[Mapping[str, Any]], commands: Sequence[str], *, is_full: bool) -> None:
    """What is missing by season, layer and reason; in full with its dates and the commands that build it."""
    if not found:
        show("nothing is missing")
        return
    if not is_full:
        counts: dict[tuple[str, str], int] = {}
        for one in found:
            counts[one["layer"], one["reason"]] = counts.get((one["layer"], one["reason"]), 0) + len(one["dates"])
        summed = [(layer, count, reason) for (layer, reason), count in counts.items()]
        show(table(("missing", "dates", "why"), summed, right=(1,)))
        show("which dates, and the commands that build them: --missing")
        return
    rows = [
        (one["season"], one["layer"], len(one["dates"]), one["reason"], " to ".join(ends(one["dates"])))
        for one in found
    ]
    show(table(("season", "missing", "dates", "why", "between"), rows, right=(2,)))
    for command in commands:
        show(f"build them: {escape(command)}")
    if any(one["layer"] == "results" for one in found):
        show("box scores come with an archive: nba-props import-history DIR")
