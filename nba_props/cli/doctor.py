"""`doctor`: is this machine, and what it points at, fit to run; and if not, what to fix."""

from typing import Annotated

import typer
from rich.markup import escape

from nba_props.cli import shared
from nba_props.cli.alerts import say_if_unconfigured
from nba_props.cli.screen import show, show_json
from nba_props.cli.shared import AsJson, Home

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor(
    alerts: Annotated[
        bool, typer.Option("--alerts/--no-alerts", help="Send each alert channel a test message, or leave them alone.")
    ] = True,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check target, rights, tables, bucket, clocks, versions and limits, send each alert channel a test, and say what to fix.

    Exit: 0 ok, 1 warning, 2 problem.
    """
    platform = shared.platform_of(home)
    say_if_unconfigured(platform)

    from nba_props.doctor import PROBES, channel_tests, examine

    found = examine(platform, (*PROBES, channel_tests) if alerts else PROBES)
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
