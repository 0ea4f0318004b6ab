"""Runs started by a command: the one plan on the home's own Dagster instance, with progress, and how an interruption ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from nba_props.cli import shared
from nba_props.cli.screen import Progress, note
from nba_props.platform import Platform

if TYPE_CHECKING:
    from nba_props.plan import Outcome, Request, Runner


_LOADING = "loading the asset graph"


@dataclass(frozen=True)
class Runs:
    """An open instance with its runner, and the progress both report to."""

    runner: "Runner"
    progress: Progress

    @property
    def outcome(self) -> "Outcome":
        return self.runner.outcome


@contextmanager
def runs(platform: Platform) -> Iterator[Runs]:
    """Everything a command needs to materialise assets. Interrupted, it says what was finished and how to go on."""
    with Progress() as progress:
        try:
            progress(_LOADING)
            from nba_props.instance import open_instance
            from nba_props.interruption import InterruptibleRunner
            from nba_props.prepare import prepare

            prepare(platform)
            shared.settle(platform)
            with open_instance(platform) as instance:
                runner = InterruptibleRunner(platform, instance, progress)
                progress.outcome = runner.outcome
                yield Runs(runner, progress)
        except KeyboardInterrupt:
            _say_interrupted(progress)
            raise


def _say_interrupted(progress: Progress) -> None:
    done = [title for title, _ in progress.finished if title != _LOADING]
    note("")
    note(f"interrupted during: {progress.current or 'the start'}")
    note(f"finished before that: {'; '.join(done) if done else 'nothing'}")
    note(f"to resume, run the same command again: {shared.COMMAND_LINE.get()}")
    note("what is finished is kept, and nothing half-done is visible: every write is all or nothing")


def request_of(
    *,
    players: tuple[str, ...] = (),
    systems: tuple[str, ...] = (),
    as_of: str | None = None,
    is_forced: bool = False,
    is_gate_skipped: bool = False,
) -> "Request":
    """A request of the plan (imported late: the plan brings Dagster)."""
    from nba_props.plan import Request

    return Request(as_of=as_of, players=players, systems=systems, is_forced=is_forced, is_gate_skipped=is_gate_skipped)


def refresh_coverage(started: Runs, day: date) -> None:
    """Coverage and missing players of a date, counted anew."""
    from nba_props.plan import Stage

    started.runner.run(Stage("monitoring", day.isoformat(), day.isoformat(), f"coverage {day}"))


def check_predictions(started: Runs, day: date) -> None:
    """The checks of the consolidated table on a date, without consolidating."""
    import dagster as dg

    from nba_props.definitions import build_defs
    from nba_props.plan import Stage

    main = dg.AssetKey(["predictions", "player_prop_predictions"])
    job = dg.define_asset_job("checks_by_hand", dg.AssetSelection.checks_for_assets(main))
    definitions = build_defs(platform=started.runner.platform)
    resolved = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def(job.name)
    stage = Stage(job.name, day.isoformat(), day.isoformat(), f"checks {day}")
    started.progress(stage.title)
    started.runner.execute(resolved, stage)
