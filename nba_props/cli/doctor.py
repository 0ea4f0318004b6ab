"""`doctor`: is this machine, and what it points at, fit to run; and if not, what to fix."""

import typer
from rich.markup import escape

from nba_props.cli import shared
from nba_props.cli.screen import show, show_json
from nba_props.cli.shared import AsJson, Home

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor(as_json: AsJson = False, home: Home = None) -> None:
    """Check target, rights, tables, bucket, clocks, versions and limits, and say what to fix. Exit: 0 ok, 1 warning, 2 problem."""
    platform = shared.platform_of(home)

    from nba_props.doctor import examine

    found = examine(platform)
    worst = max(finding.state for finding in found)
    if as_json:
        findings = [
            {"name": one.name, "state": one.state.name.lower(), "said": one.said, "next_step": one.next_step}
            for one in found
        ]
        show_json({"verdict": worst.name.lower(), "findings": findings})
    else:
        for one in found:
            word = one.state.name.lower()
            show(f"[{_COLOURS[word]}]{word:<8}[/] {one.name:<18} {escape(one.said)}")
            if one.next_step:
                show(f"{'':<28}fix: {escape(one.next_step)}")
    raise typer.Exit(int(worst))
