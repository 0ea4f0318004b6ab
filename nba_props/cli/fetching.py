"""`fetch`: ask the live sources, land what they answer, and parse it into the raw tables."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from nba_props.cli import shared
from nba_props.cli.screen import show_json
from nba_props.cli.shared import AsJson, Home
from nba_props.domain.calendar import parse_season, season_bounds, season_of
from nba_props.errors import BadInput
from nba_props.io.sources.live.registry import WORDS, Wanted, wanted

if TYPE_CHECKING:
    from nba_props.cli.screen import Progress
    from nba_props.fetch import Fetched, SourceReport
    from nba_props.platform import Platform


def fetch(
    date: Annotated[
        str | None,
        typer.Argument(
            metavar="DATE",
            help="Slate date: 2024-01-31, today, yesterday or tomorrow (default: today).",
            show_default=False,
        ),
    ] = None,
    season: Annotated[
        str | None, typer.Option("--season", metavar="2023-24", help="A whole season, in as few requests as it takes.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help=f"Only these; may be repeated. One of: {', '.join(WORDS)}."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Ask again for what is landed and still good.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Ask the live sources about a date or a season. Exit: 0 ok, 1 a source is partial or failed, 2 nothing came or no key."""
    chosen = _wanted(source or ())
    if date is not None and season is not None:
        raise BadInput("A date and a season were given.", next_step="give one of the two")
    platform = shared.platform_of(home)
    label = _season(season, platform) if season else None
    day = shared.day_of(date or "today", platform)

    from nba_props.cli import render
    from nba_props.cli.runs import runs
    from nba_props.fetch import fetch_day, fetch_season
    from nba_props.plan import import_seasons

    with runs(platform) as started:
        started.progress(f"asking {len(chosen.feeds)} sources about {label or day}")
        told = _teller(started.progress)
        if label:
            found = fetch_season(platform, label, chosen, is_forced=force, progress=told)
        else:
            found = fetch_day(platform, day, chosen, is_forced=force, progress=told)
        if found.came:
            import_seasons(started.runner, [label or season_of(day)], {})
    failures = started.outcome.failures
    if as_json:
        reports = [one.to_dict() for one in found.reports]
        show_json({"date": None if label else day, "season": label, "sources": reports, "failures": failures})
    else:
        render.fetched(found)
        render.failures(failures)
    raise typer.Exit(2 if failures else exit_code(found, chosen))


def exit_code(found: "Fetched", chosen: Wanted) -> int:
    """2 if nothing came or a source typed by name has no key, 1 if any is partial or failed, else 0."""
    from nba_props.fetch import State

    states = {one.source: one.state for one in found.reports}
    if not found.came or any(states[one] is State.NOT_CONFIGURED for one in chosen.named):
        return 2
    return int(bool({State.PARTIAL, State.FAILED} & set(states.values())))


def _wanted(given: Iterable[str]) -> Wanted:
    words = [word for text in given for word in shared.listed(text)]
    for word in words:
        if word not in WORDS:
            step = shared.did_you_mean(word, WORDS, f"sources and groups are {', '.join(WORDS)}")
            raise BadInput(f"There is no source {word!r}.", next_step=step)
    return wanted(words)


def _season(text: str, platform: "Platform") -> str:
    """A season that has partitions and has begun; BadInput otherwise."""
    label = parse_season(text)
    first, last = season_bounds(label)
    tomorrow = platform.today + timedelta(days=1)
    if last < shared.FIRST_PARTITION or first > tomorrow:
        known = f"{season_of(shared.FIRST_PARTITION)} to {season_of(tomorrow)}"
        raise BadInput(f"{label} is outside the seasons the platform keeps.", next_step=f"give one from {known}")
    return label


def _teller(progress: "Progress") -> Callable[["SourceReport"], None]:
    """Shows how far each source is; called from their threads."""
    done: dict[str, int] = {}

    def tell(report: "SourceReport") -> None:
        done[report.source] = report.came
        progress.detail(", ".join(f"{name} {count}" for name, count in sorted(done.items())))

    return tell
