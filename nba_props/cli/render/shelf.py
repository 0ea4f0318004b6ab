"""Versions of monthly models, and what a person decided of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from nba_props.cli.screen import show, table


def models(found: Sequence[Mapping[str, Any]]) -> None:
    """Every version that is kept; which is in force, which of them serves today, and what was said of it."""
    if not found:
        show("no model is kept")
        return
    rows = [
        (
            one["kind"],
            one["month"],
            one["model_version"],
            one["training_end_date"],
            one["training_rows"],
            "serves today" if one["serves_today"] else "in force" if one["is_in_force"] else "not in force",
            one["said"],
        )
        for one in found
    ]
    headings = ("kind", "month", "version", "trained until", "rows", "state", "said")
    show(table(headings, rows, right=(4,)))


def decided(found: Mapping[str, Any], again: str) -> None:
    """What serves since a person decided about a month's model."""
    about = f"{found['kind']} of {found['month']}"
    if found["serves"] is None:
        show(f"{about}: [yellow]no model is left[/yellow]; what needs it declines or goes without")
    else:
        show(f"{about}: {found['serves']} serves, the model of {found['serves_month']}")
    show(f"predict again what lies ahead: {escape(again)}")
