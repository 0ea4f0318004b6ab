"""Names that nobody could be bound to."""

from collections.abc import Mapping, Sequence
from typing import Any

from nba_props.cli.render.pieces import dates
from nba_props.cli.screen import show, table

_PEOPLE_SHOWN = 3


def queue(found: Sequence[Mapping[str, Any]]) -> None:
    """The unresolved queue by name."""
    if not found:
        show("no name is unresolved")
        return
    rows = [
        (
            entry["player_name"],
            entry["reason"],
            "quoted" if entry["is_quoted"] else "reported",
            entry["occurrences"],
            dates(entry["dates"]),
            "; ".join(f"{one['player_name']} ({one['score']})" for one in entry["suggestions"][:_PEOPLE_SHOWN]),
        )
        for entry in found
    ]
    headings = ("name", "reason", "seen", "rows", "dates", "nearest people")
    show(table(headings, rows, right=(3,)))
    show("a spelling of one person: nba-props names alias ALIAS CANONICAL")
