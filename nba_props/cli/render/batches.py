"""What batches left behind, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from nba_props.cli.render.pieces import age
from nba_props.cli.screen import console, number, show, table


def staging(rows: Sequence[Mapping[str, Any]], grace_minutes: float, *, err: bool = False) -> None:
    """Staging tables with their age; those past the grace period are orphaned."""
    out = console(err=err)
    if not rows:
        out.print("no staging is left over")
        return
    cells = [
        (
            row["batch_id"],
            row["system_id"],
            row["row_count"],
            age(row["age_minutes"]),
            f"{row['batch_state'] or 'unknown'}, {number(row['completion_pct'])} %",
            "orphaned" if row["age_minutes"] > grace_minutes else "",
        )
        for row in rows
    ]
    out.print(table(("batch", "system", "rows", "age", "state", ""), cells, right=(2, 3)))
    days = sorted({row["game_date"] for row in rows})
    out.print(f"{len(rows)} staging tables, {len({row['batch_id'] for row in rows})} batches.")
    out.print(f"merge them: nba-props staging consolidate {days[0]}; remove them: nba-props staging clean")


def consolidated(found: Mapping[str, Any], export: str) -> None:
    """What a consolidation by hand did."""
    if not (found["batches"] or found["waiting"] or found["failed"]):
        show(f"nothing is staged for {found['game_date']}")
        return
    if found["batches"]:
        show(
            f"[green]consolidated[/green] {', '.join(found['batches'])}: {found['staged_rows']} rows,"
            f" {found['inserted_rows']} of them new, {found['superseded_rows']} superseded",
            f"publish it: {escape(export)}",
        )
    for word, colour in (("partial", "yellow"), ("waiting", "yellow"), ("failed", "red")):
        for batch, reason in found[word].items():
            show(f"[{colour}]{word}[/{colour}] {batch}: {escape(reason)}")
    if found["waiting"] or found["failed"]:
        show("merge what is there all the same: --min-completion PCT")


def cleaned(rows: Sequence[Mapping[str, Any]], left: int, minutes: float) -> None:
    """What was removed."""
    if not rows and not left:
        show("no staging is left over")
        return
    if not rows:
        show(f"nothing is staged that is older than {age(minutes)}; {left} younger tables were left (--older-than 0)")
        return
    show(f"removed {len(rows)} staging tables; {left} are left")
    for day in sorted({row["game_date"] for row in rows}):
        show(f"predict the slate again: nba-props run {day} --force")
