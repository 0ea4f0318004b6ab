"""Commands that bring slates forward: run, backfill, grade, export. Each ends with its verdicts and their exit code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.alerts import say_if_unconfigured
from nba_props.cli.screen import note, show_json
from nba_props.cli.shared import AsJson, Day, Home
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.cli.people import Found
    from nba_props.cli.runs import Runs
    from nba_props.plan import Outcome, Request
    from nba_props.platform import Platform

Systems = Annotated[str | None, typer.Option("--systems", metavar="A,B", help="Only these prediction systems.")]
Players = Annotated[
    str | None,
    typer.Option("--players", metavar="X,Y", help="Only these players: names, lookups or ids, with commas between."),
]
Select = Annotated[
    str | None,
    typer.Option("--select", metavar="ASSETS", help="Only these assets: keys, names or layers, with commas between."),
]
Force = Annotated[bool, typer.Option("--force", help="Ignore freshness: train the models and predict anew.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="INSTANT", help="What is known: only up to this instant (ISO, with offset)."),
]
SkipGate = Annotated[
    bool,
    typer.Option("--skip-completeness-gate", help="Expect players of teams whose earlier box scores are incomplete."),
]


def run(
    date: Day,
    systems: Systems = None,
    players: Players = None,
    select: Select = None,
    force: Force = False,
    as_of: AsOf = None,
    skip_completeness_gate: SkipGate = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Bring one date from raw rows to published predictions, and give the verdict."""
    platform = shared.with_data(home)
    day = shared.day_of(date, platform)
    asked = _asked(platform, [day], systems, players, as_of, force, skip_completeness_gate)
    say_if_unconfigured(platform)
    failures = _run(platform, [day], select, asked).failures

    from nba_props.cli import render
    from nba_props.cli.verdicts import exit_code, verdict_of

    verdict = verdict_of(platform, day)
    if as_json:
        show_json(verdict.model_dump(mode="json") | {"failures": failures})
    else:
        render.verdict(verdict)
        render.failures(failures)
    raise typer.Exit(exit_code([verdict.verdict], failures))


def backfill(
    start: Annotated[str | None, typer.Argument(metavar="START", help="First date.", show_default=False)] = None,
    end: Annotated[str | None, typer.Argument(metavar="END", help="Last date.", show_default=False)] = None,
    season: Annotated[str | None, typer.Option("--season", metavar="2023-24", help="Every slate of a season.")] = None,
    dates: Annotated[str | None, typer.Option("--dates", metavar="D1,D2", help="Exactly these dates.")] = None,
    systems: Systems = None,
    players: Players = None,
    select: Select = None,
    force: Force = False,
    as_of: AsOf = None,
    skip_completeness_gate: SkipGate = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Every layer over a range of dates, in dependency order. Interrupted, the same command goes on where it was."""
    platform = shared.with_data(home)
    days, (first, last) = _dates(platform, start, end, season, dates)
    if not days:
        _say_no_slate(platform, first, last, as_json)
        return
    asked = _asked(platform, days, systems, players, as_of, force, skip_completeness_gate)
    say_if_unconfigured(platform)
    done = _run(platform, days, select, asked)
    raise typer.Exit(end_of_backfill(platform, days, done, as_json=as_json))


def grade(
    start: Annotated[str, typer.Argument(metavar="START", help="First date to grade.")],
    end: Annotated[
        str | None, typer.Argument(metavar="END", help="Last date (default: START).", show_default=False)
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Grade predictions against what happened, and show the grades by system."""
    platform = shared.with_data(home)
    first, last = shared.days_between(start, end or start, platform)
    if last >= platform.today:
        raise BadInput(f"{last} has not been played.", next_step=f"grade dates before {platform.today}")

    from nba_props.cli import grades, render
    from nba_props.cli.runs import runs
    from nba_props.plan import grade_dates, predicted_dates

    if not predicted_dates(platform, first, last):
        raise BadInput(
            f"There is nothing to grade from {first} to {last}: no active prediction.",
            next_step=shared.with_home(f"nba-props backfill {first} {last}", platform),
        )
    with runs(platform) as started:
        grade_dates(started.runner, first, last, predicted_dates(platform, first, last))
    failures = started.outcome.failures
    found = grades.grades_of(platform, first, last)
    if as_json:
        show_json(found.to_dict() | {"failures": failures})
    else:
        render.grades(found)
        render.failures(failures)
    raise typer.Exit(2 if failures else int(found.ungraded > 0))


def export(date: Day, as_json: AsJson = False, home: Home = None) -> None:
    """Publish the documents of a date from its checked tables, and say what went out."""
    platform = shared.with_data(home)
    day = shared.day_of(date, platform)

    from nba_props.cli import render
    from nba_props.cli.exports import published_for
    from nba_props.cli.runs import runs
    from nba_props.cli.verdicts import exit_code, verdict_of

    with runs(platform) as started:
        from nba_props.plan import Stage

        started.runner.run(Stage("exports", day.isoformat(), day.isoformat(), f"exports {day}"))
    failures = started.outcome.failures
    documents, verdict = published_for(platform, day), verdict_of(platform, day)
    if as_json:
        show_json({"game_date": day, "verdict": verdict.verdict.value, "documents": documents, "failures": failures})
    else:
        render.exports(day, documents)
        render.verdict(verdict)
        render.failures(failures)
    raise typer.Exit(exit_code([verdict.verdict], failures))


# -- what run and backfill share ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a run was asked for, checked: players are people, systems exist, the instant is one."""

    request: "Request"
    people: "tuple[Found, ...]"


def _asked(
    platform: "Platform",
    days: Sequence[date],
    systems: str | None,
    players: str | None,
    as_of: str | None,
    force: bool,
    skip_gate: bool,
) -> Asked:
    chosen = shared.systems_of(systems)
    people: tuple[Found, ...] = ()
    if players is not None:
        from nba_props.cli.people import players_of

        people = players_of(platform, players, days)
        for one in people:
            note(f"player: {one.player_name} ({one.universal_player_id}), by {one.method}")
    if as_of is not None:
        _check_instant(platform, as_of)

    from nba_props.cli.runs import request_of

    return Asked(
        request_of(
            players=tuple(one.universal_player_id for one in people),
            systems=chosen,
            as_of=as_of,
            is_forced=force,
            is_gate_skipped=skip_gate,
        ),
        people,
    )


def _check_instant(platform: "Platform", text: str) -> None:
    from nba_props.request import parse_instant

    instant = parse_instant(text)
    if instant > platform.now:
        raise BadInput(
            f"--as-of {text} is in the future.", next_step="nothing of it is known yet; leave the option out"
        )


def _dates(
    platform: "Platform", start: str | None, end: str | None, season: str | None, dates: str | None
) -> tuple[list[date], tuple[date, date]]:
    """The dates meant (exactly those listed, or those with games of a range or season), and the span that was looked at."""
    given = [one is not None for one in (start, season, dates)]
    if sum(given) != 1 or (end is not None and start is None):
        raise BadInput(
            "Which dates? Give one of START END, --season or --dates.",
            next_step="e.g. nba-props backfill 2024-01-01 2024-01-31, or nba-props backfill --season 2023-24",
        )
    if dates is not None:
        days = sorted({shared.day_of(one, platform) for one in shared.listed(dates)})
        if not days:
            raise BadInput("--dates names no date.", next_step="e.g. --dates 2024-01-05,2024-01-07")
        return days, (days[0], days[-1])
    if season is not None:
        first, last = _season_dates(platform, season)
    else:
        first, last = shared.days_between(start or "", end or start or "", platform)

    from nba_props.dates import slate_dates

    return slate_dates(platform, first, last), (first, last)


def _season_dates(platform: "Platform", season: str) -> tuple[date, date]:
    from nba_props.domain.calendar import parse_season, season_bounds

    label = parse_season(season)
    first, last = season_bounds(label)
    if not shared.has_schedule_of(platform, label):
        raise BadInput(
            f"No schedule of {label} is in {platform.home}.", next_step="import it first: nba-props import-history DIR"
        )
    # Nothing is known beyond tomorrow; a season that starts later is answered about its own first day.
    return max(first, shared.FIRST_PARTITION), max(first, min(last, shared.day_of("tomorrow", platform)))


def _say_no_slate(platform: "Platform", first: date, last: date, as_json: bool) -> None:
    """A range without games: an off day is fine, a season that was never imported is not."""
    from nba_props.domain.calendar import season_of

    for season in {season_of(first), season_of(last)}:
        if not shared.has_schedule_of(platform, season):
            raise BadInput(
                f"No game is scheduled from {first} to {last}, and no schedule of {season} is in {platform.home}.",
                next_step="import it first: nba-props import-history DIR",
            )
    if as_json:
        show_json({"dates": [], "verdict": "NO SLATE", "failures": []})
    else:
        from nba_props.cli.screen import show

        show(f"[bold]NO SLATE[/bold]  no game is scheduled from {first} to {last}")


def _run(platform: "Platform", days: Sequence[date], select: str | None, asked: Asked) -> "Outcome":
    """Run the plan, or the selection, over the dates; what it came to."""
    from nba_props.cli.runs import runs

    with runs(platform) as started:
        if select is not None:
            from nba_props.cli.selection import run_selected

            run_selected(started, days, select, asked.request)
        elif len(days) == 1:
            from nba_props.plan import run_dates

            run_dates(started.runner, days, asked.request)
        else:
            _run_by_quarter(started, platform, days, asked.request)
    return started.outcome


def _run_by_quarter(started: "Runs", platform: "Platform", days: Sequence[date], request: "Request") -> None:
    """Quarter by quarter; each is remembered as it ends, so that the same command goes on after an interruption."""
    from nba_props.cli.resume import Unfinished
    from nba_props.plan import quarters, run_dates

    unfinished = Unfinished(platform, days, request.tags)
    parts = quarters(days)
    if unfinished.done:
        note(f"resuming: {len(unfinished.done)} of {len(days)} dates were finished before the interruption")
    for turn, part in enumerate(parts, start=1):
        if left := [day for day in part if day not in unfinished.done]:
            started.progress.prefix = f"[{turn}/{len(parts)}] " if len(parts) > 1 else ""
            before = len(started.outcome.failures)
            run_dates(started.runner, left, request)
            if len(started.outcome.failures) == before:
                unfinished.finish(left)
    unfinished.forget()


def end_of_backfill(platform: "Platform", days: Sequence[date], done: "Outcome", *, as_json: bool) -> int:
    """Print the table of verdicts, the dates that failed with their reasons, and how to run those alone; the exit code."""
    from nba_props.cli import render
    from nba_props.cli.verdicts import exit_code, failed_dates, verdicts_of

    verdicts = verdicts_of(platform, days)
    failed = failed_dates(verdicts, done.failed_steps)
    again = f"nba-props backfill --dates {','.join(map(str, failed))}" if failed else None
    code = exit_code([one.verdict for one in verdicts], done.failures)
    if as_json:
        found: dict[str, Any] = {"dates": [one.to_dict() for one in verdicts], "failures": done.failures}
        show_json(found | {"failed_dates": list(failed), "why_failed": failed, "run_again": again, "exit_code": code})
    else:
        render.verdicts(verdicts)
        render.failures(done.failures)
        if again:
            render.run_again(failed, shared.with_home(again, platform))
    return code
