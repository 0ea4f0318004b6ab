"""`smoke`: one small simulated slate end to end under a throw-away prefix of the target at hand, then nothing is left of it."""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from nba_props.cli import shared
from nba_props.cli.screen import Progress, note, say_error, show, show_json, table
from nba_props.cli.shared import AsJson, Home

if TYPE_CHECKING:
    from nba_props.platform import Platform
    from nba_props.settings import Settings
    from nba_props.simulate.league import League

_OLD = timedelta(hours=6)
"""Age from which a place was left by a smoke that was killed: no smoke takes that long."""

_START, _DAYS, _TEAMS = date(2023, 11, 17), 17, 12
_BEFORE_TIP = timedelta(minutes=90)

_ACTIVE = """
select system_id, count(distinct universal_player_id) as players, count(*) as predictions
from nba_predictions.player_prop_predictions
where game_date = @start_date and is_active and predicted_points is not null
group by system_id
"""


def smoke(as_json: AsJson = False, home: Home = None) -> None:
    """Check a deployment: one small slate under a throw-away prefix of this target, verified, and everything removed."""
    settings = shared.platform_of(home).settings

    from nba_props.io.throwaway import new_name

    began = time.monotonic()
    leftovers = _remove_leftovers(settings)
    name = new_name()
    note(f"throw-away prefix {name} on target {settings.target}; nothing outside it is touched")
    with Progress() as progress, _terminated_as_interrupted():
        try:
            problems = _smoked(settings, name, progress)
        finally:
            with _undisturbed():
                progress("removing everything")
                _removed(settings, name)
    timings = {title: round(seconds, 1) for title, seconds in progress.finished}
    result: dict[str, Any] = {
        "target": settings.target.value,
        "prefix": name,
        "problems": problems,
        "leftovers_removed": leftovers,
        "seconds": timings | {"everything": round(time.monotonic() - began, 1)},
    }
    if as_json:
        show_json(result)
    else:
        _show(result)
    raise typer.Exit(2 if problems else 0)


def _remove_leftovers(settings: "Settings") -> list[str]:
    """Remove what killed smokes left, and say so."""
    from nba_props.io.throwaway import made_at, places, remove

    now = datetime.now(UTC)
    left = [name for name in places(settings) if now - made_at(name) > _OLD]
    for name in left:
        note(f"removing {name}, which a killed smoke left")
        remove(settings, name)
    return left


def _smoked(settings: "Settings", name: str, progress: Progress) -> list[str]:
    """Play the slate in its place; what is wrong with it."""
    from nba_props.cli.importing import import_archive
    from nba_props.cli.runs import Runs, request_of
    from nba_props.instance import open_instance
    from nba_props.interruption import InterruptibleRunner
    from nba_props.io.sources.archive import discover
    from nba_props.io.throwaway import settings_within
    from nba_props.plan import run_dates
    from nba_props.platform import Platform
    from nba_props.prepare import prepare
    from nba_props.simulate.league import write_archive

    progress("simulating a small league")
    league, day, evening = _league()
    platform = Platform(settings_within(settings, name).model_copy(update={"now": evening}))
    progress("creating the tables")
    prepare(platform)
    with tempfile.TemporaryDirectory() as directory, open_instance(platform) as instance:
        started = Runs(InterruptibleRunner(platform, instance, progress), progress)
        progress.outcome = started.outcome
        write_archive(league, Path(directory))
        import_archive(started, discover(Path(directory)))
        run_dates(started.runner, [day], request_of())
    progress("verifying")
    return [*started.outcome.failures, *_problems(platform, day)]


def _league() -> "tuple[League, date, datetime]":
    """A league of a season long over, as known one evening; the date; an instant before its first tip.

    Fewer teams would give too few rows to train on.
    """
    from nba_props.simulate.league import LeagueConfig, simulate_league

    plain = LeagueConfig(seed=1, season="2023-24", start=_START, days=_DAYS, teams=_TEAMS, trades=1)
    whole = simulate_league(plain)
    day = whole.game_dates[-2]
    league = simulate_league(replace(plain, trap_date=day)).until(day)
    tips = league.games.loc[league.games["game_date"].dt.date == day, "tip_utc"].dropna()
    return league, day, (tips.min().to_pydatetime() - _BEFORE_TIP).astimezone(UTC)


def _problems(platform: "Platform", day: date) -> list[str]:
    """What a sound slate has and this one lacks: every system's answers, nothing staged, exports that say what they should."""
    from nba_props.cli.verdicts import verdict_of
    from nba_props.domain.systems import SYSTEM_IDS
    from nba_props.health import State

    rows = platform.warehouse.query(_ACTIVE, {"start_date": day}).to_pylist()
    silent = sorted(set(SYSTEM_IDS) - {row["system_id"] for row in rows})
    problems = [f"no active prediction of {system}" for system in silent]
    problems += [f"staging left over: {staging.name}" for staging in platform.warehouse.staging_tables()]
    verdict = verdict_of(platform, day)
    if verdict.verdict in (State.NOT_READY, State.NO_SLATE):
        problems += [f"the slate is {verdict.verdict.value}: {reason}" for reason in verdict.reasons]
    return problems + _export_problems(platform, day, sum(row["predictions"] for row in rows))


def _export_problems(platform: "Platform", day: date, predictions: int) -> list[str]:
    from pydantic import ValidationError

    from nba_props.assets.exports.payloads import Predictions, Status, Tonight
    from nba_props.health import export_path
    from nba_props.io.objectstore.store import ObjectMissing

    documents: dict[str, type[Predictions | Status | Tonight]] = {
        "status.json": Status,
        "tonight/all-players.json": Tonight,
        f"predictions/{day}.json": Predictions,
    }
    problems = []
    for name, payload in documents.items():
        try:
            found = payload.model_validate_json(platform.store.get(export_path(name)))
        except (ObjectMissing, ValidationError) as error:
            problems.append(f"export {name}: {str(error).splitlines()[0]}")
            continue
        if found.game_date != day:
            problems.append(f"export {name} is of {found.game_date}, not {day}")
        if isinstance(found, Status) and found.predictions != predictions:
            problems.append(f"export {name} counts {found.predictions} predictions, the table {predictions}")
    return problems


def _removed(settings: "Settings", name: str) -> None:
    """Remove the place; where that fails, say what is left and what removes it, and fail."""
    from nba_props.errors import NbaPropsError
    from nba_props.io.throwaway import remove

    try:
        remove(settings, name)
    except NbaPropsError:
        hours = _OLD.total_seconds() / 3600
        say_error(f"{name} could not be removed: a smoke {hours:.0f} hours from now or later removes it.")
        raise


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A deployment's time limit ends us as Ctrl-C does: with the removal.

    Ctrl-C gets a handler of ours too: Dagster gives SIGTERM the one it finds there, and a shell's background jobs ignore it.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling(interrupt):
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not stop the removal."""
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: "signal.Handlers | Callable[[int, FrameType | None], None]") -> Iterator[None]:
    before = {one: signal.signal(one, handler) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, former in before.items():
            signal.signal(one, former)


def _show(result: dict[str, Any]) -> None:
    rows = [(title, f"{seconds:.1f}") for title, seconds in result["seconds"].items()]
    show(table(("stage", "seconds"), rows, right=(1,)))
    for problem in result["problems"]:
        show(f"[red]problem[/red]: {escape(problem.splitlines()[0])}")
    word = "[red]FAILED[/red]" if result["problems"] else "[green]OK[/green]"
    show(f"{word}  target {result['target']}; {result['prefix']} was removed")
