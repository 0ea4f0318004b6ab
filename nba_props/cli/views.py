"""Commands that only look: status, coverage, evaluate, explain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nba_props.cli import shared
from nba_props.cli.screen import note, show_json
from nba_props.cli.shared import AsJson, Day, Home

if TYPE_CHECKING:
    from nba_props.evaluation import Evaluation


def status(
    date: Annotated[
        str | None, typer.Argument(metavar="DATE", help="Slate date (default: today).", show_default=False)
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The five-minute verdict: READY, DEGRADED, NOT READY or NO SLATE, why, and what to do."""
    platform = shared.with_data(home)
    shared.settle(platform)
    day = shared.day_of(date or "today", platform)

    from nba_props.costs import cost_of
    from nba_props.daemon_health import daemon_findings, daemon_health
    from nba_props.health import slate_verdict

    daemon = daemon_health(platform)
    verdict = slate_verdict(platform, day, daemon_findings(daemon, is_ahead=day >= platform.today))
    cost = cost_of(platform, day)
    if as_json:
        show_json(
            verdict.model_dump(mode="json") | {"daemon": daemon.model_dump(mode="json"), "cost": cost.model_dump()}
        )
    else:
        from nba_props.cli import render

        render.verdict(verdict, figures=True)
        render.daemon(daemon)
        render.cost(cost)
    raise typer.Exit(verdict.exit_code)


def coverage(
    date: Day,
    detailed: Annotated[
        bool, typer.Option("--detailed", help="Each missing player, and each excluded by design, with his reason.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Expected and predicted players of a slate, and why each missing one is missing."""
    platform = shared.with_data(home)
    day = shared.day_of(date, platform)

    from nba_props.cli.covering import coverage_of, is_current

    if not is_current(platform, day):
        from nba_props.cli.runs import refresh_coverage, runs

        note(f"coverage of {day} is not computed, or older than what it counts: computing it now")
        with runs(platform) as started:
            refresh_coverage(started, day)
        for failure in started.outcome.failures:
            note(failure)
    found = coverage_of(platform, day)
    if found.needs_run:
        note(f"nothing was built for {day}: " + shared.with_home(f"nba-props run {day}", platform))
    if as_json:
        show_json(found.to_dict())
    else:
        from nba_props.cli import render

        render.coverage(found, detailed=detailed)
    raise typer.Exit(found.exit_code)


def evaluate(
    start: Annotated[str, typer.Argument(metavar="START", help="First graded date.")],
    end: Annotated[str, typer.Argument(metavar="END", help="Last graded date.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write evaluation.md, evaluation.json and plots (PNG) there too."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The honest table: every system, the baselines and the line on the same rows, with intervals.

    Exit code 2 if a system is closer than an oracle told tonight's minutes: that is a leak.
    """
    platform = shared.with_data(home)
    first, last = shared.days_between(start, end, platform)

    from nba_props.evaluation import evaluate as judge
    from nba_props.evaluation import leak_error

    found = judge(platform, first, last)
    if out is not None:
        _write_evaluation(found, out)
    if as_json:
        show_json(found.to_dict())
    else:
        typer.echo(found.to_markdown(), nl=False)
    if found.leaks:
        raise leak_error(found.leaks)


def _write_evaluation(found: "Evaluation", folder: Path) -> None:
    import json

    from nba_props.evaluation.plots import write_plots

    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "evaluation.md", folder / "evaluation.json"]
    written[0].write_text(found.to_markdown(), encoding="utf-8")
    written[1].write_text(json.dumps(found.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")
    note("written: " + ", ".join(str(path) for path in [*written, *write_plots(found, folder)]))


def explain(
    date: Day,
    player: Annotated[str, typer.Argument(metavar="PLAYER", help="A name, a lookup or an id.")],
    system: Annotated[str | None, typer.Option("--system", metavar="SYSTEM", help="Only this system.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Trace one published number: lines, features with provenance, games used, raw rows; or why there is none."""
    platform = shared.with_data(home)
    day = shared.day_of(date, platform)
    only = _one_system(system)

    from nba_props.cli.people import Directory
    from nba_props.explain import explain as trace_of

    found = Directory(platform, day).find(player)
    if found.method not in ("registry", "id"):
        note(f"{player!r} is taken for {found.player_name} ({found.universal_player_id}), by {found.method}")
    trace = trace_of(platform, day, found.universal_player_id, found.player_name, only)
    if as_json:
        show_json(trace.to_dict())
    else:
        from nba_props.cli import render

        render.trace(trace)


def _one_system(system: str | None) -> str | None:
    if system is None:
        return None
    chosen: tuple[str, ...] = shared.systems_of(system)
    return chosen[0]
