"""The command that shows every season at once: what is there of each layer, what is missing, why, and how to build it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import show_json
from nba_props.cli.shared import AsJson, Home
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.platform import Platform
    from nba_props.seasons import Slate


def seasons(
    season: Annotated[
        str | None,
        typer.Argument(metavar="[SEASON]", help="One season, month by month: 2023-24.", show_default=False),
    ] = None,
    dates: Annotated[bool, typer.Option("--dates", help="Date by date.")] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what is missing, with reasons and the commands that build it.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """All seasons: for how many dates each layer is there, what is missing and why."""
    platform = shared.with_data(home)
    shared.settle(platform)

    from nba_props.seasons import overview, run_again

    slates = overview(platform, *_span(platform, season))
    commands = [shared.with_home(command, platform) for command in run_again(slates)]
    period = _period(is_by_date=dates, is_by_month=season is not None)
    rows = counted(slates, period)
    if as_json:
        found: dict[str, Any] = {"layers": rows, "missing": missing_of(slates), "run_again": commands}
        if dates:
            found["dates"] = [_date(slate) for slate in slates]
        show_json(found)
        return
    from nba_props.cli import render

    if not missing and dates:
        render.slates(slates)
    elif not missing:
        render.seasons(rows)
    render.missing(missing_of(slates), commands, is_full=missing)


def counted(slates: Iterable["Slate"], period: Callable[["Slate"], str]) -> list[dict[str, Any]]:
    """Per period: its dates, and per layer how many are there, empty, missing and not due."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    totals: Counter[str] = Counter()
    for slate in slates:
        totals[period(slate)] += 1
        layers = counts.setdefault(period(slate), {name: Counter() for name in slate.cells})
        for name, cell in slate.cells.items():
            layers[name][cell.state.value] += 1
    return [
        {"period": name, "dates": totals[name], "layers": {layer: dict(count) for layer, count in layers.items()}}
        for name, layers in counts.items()
    ]


def missing_of(slates: Sequence["Slate"]) -> list[dict[str, Any]]:
    """What is missing, by season, layer and reason, with its dates."""
    found: dict[tuple[str, str, str], list[date]] = {}
    for slate in slates:
        for name, cell in slate.cells.items():
            if cell.state == "missing":
                found.setdefault((slate.season, name, cell.reason), []).append(slate.game_date)
    return [
        {"season": season, "layer": layer, "reason": reason, "dates": days}
        for (season, layer, reason), days in found.items()
    ]


def _span(platform: "Platform", season: str | None) -> tuple[date, date]:
    """The dates of a season, or all that have a partition."""
    from nba_props.domain.calendar import parse_season, season_bounds

    if season is None:
        return shared.FIRST_PARTITION, platform.today + timedelta(days=366)
    label = parse_season(season)
    if not shared.has_schedule_of(platform, label):
        raise BadInput(
            f"No schedule of {label} is in {platform.home}.", next_step="import it first: nba-props import-history DIR"
        )
    return season_bounds(label)


def _period(*, is_by_date: bool, is_by_month: bool) -> Callable[["Slate"], str]:
    if is_by_date:
        return lambda slate: slate.game_date.isoformat()
    return (lambda slate: f"{slate.game_date:%Y-%m}") if is_by_month else (lambda slate: slate.season)


def _date(slate: "Slate") -> Mapping[str, Any]:
    cells = {name: {"state": cell.state.value, "reason": cell.reason} for name, cell in slate.cells.items()}
    return {"game_date": slate.game_date, "season": slate.season, "layers": cells}
