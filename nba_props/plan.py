"""The one ordered plan: which runs, over which partitions, bring dates from raw rows to published predictions.

Command line, UI and sensors share it. One job cannot hold daily and monthly partitions, and consolidation must run on what
staging holds even if a system failed, so a date is several runs: features, models, predictions, consolidation, grades, exports.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from uuid import uuid4

import dagster as dg

from nba_props.assets.predictions.consolidated import WRITERS_DONE_TAG
from nba_props.assets.predictions.in_force import trained_for
from nba_props.dates import dates_with_results
from nba_props.definitions import build_defs
from nba_props.domain.calendar import contiguous_runs, month_start
from nba_props.domain.model_kinds import MODEL_KINDS, ModelKind
from nba_props.domain.models import training_window
from nba_props.errors import NbaPropsError, NotReady
from nba_props.io.liveness import at_work
from nba_props.io.redaction import redact
from nba_props.partitions import season_key
from nba_props.platform import Platform
from nba_props.request import AS_OF_TAG, FORCE_TAG, PLAYERS_TAG, SKIP_GATE_TAG, SYSTEMS_TAG

LOOK_BACK_DAYS = 400
"""How far back features read results."""

LONGEST_GAP_DAYS = 30
"""Dates further apart than this are separate runs: an off-season is not worth four months of empty partitions."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """One run to launch: a job over a range of partitions."""

    job: str
    start: str | None
    end: str | None
    title: str


@dataclass(frozen=True)
class Request:
    """What is asked for beyond the dates; becomes run tags."""

    as_of: str | None = None
    players: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    is_forced: bool = False
    is_gate_skipped: bool = False

    @property
    def tags(self) -> dict[str, str]:
        wanted = {
            AS_OF_TAG: self.as_of or "",
            PLAYERS_TAG: ",".join(self.players),
            SYSTEMS_TAG: ",".join(self.systems),
            FORCE_TAG: "true" if self.is_forced else "",
            SKIP_GATE_TAG: "true" if self.is_gate_skipped else "",
        }
        return {name: value for name, value in wanted.items() if value}


@dataclass(frozen=True)
class FailedStep:
    """A step that failed, and the first and last partition it was for (months of models by their first day).

    `is_not_ready`: only because an input is not there yet.
    """

    job: str
    key: str
    start: str | None
    end: str | None
    cause: str
    is_not_ready: bool = False

    def is_of(self, day: date) -> bool:
        """TRUE if the step was for the date; a model is for every date of its month."""
        wanted = month_start(day) if self.job == "models" else day
        first, last = self.start or "", self.end or self.start or ""
        return first <= wanted.isoformat() <= last


@dataclass
class Outcome:
    """What the runs of a plan came to: failed steps with their errors, and failed checks."""

    failures: list[str] = field(default_factory=list)
    failed_steps: list[FailedStep] = field(default_factory=list)
    runs: int = 0

    @property
    def is_success(self) -> bool:
        return not self.failures

    @property
    def is_not_ready(self) -> bool:
        """TRUE if steps failed, and each only because an input is not there yet."""
        return bool(self.failed_steps) and all(one.is_not_ready for one in self.failed_steps)


class Runner:
    """Launches stages in this process on the home's own instance, so that what a command did shows in the UI."""

    def __init__(
        self,
        platform: Platform,
        instance: dg.DagsterInstance,
        progress: Progress = lambda _: None,
        definitions: dg.Definitions | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.tags = dict(tags or {})  # of every run it launches
        self.platform = platform
        self.instance = instance
        self.progress = progress
        self.definitions = definitions or _definitions(platform)
        self.outcome = Outcome()

    def run(self, stage: Stage, tags: Mapping[str, str] | None = None) -> bool:
        """Run one stage; False, with the reasons in `outcome`, if a step failed. Nothing is raised for a failed step."""
        self.progress(stage.title)
        job = self.definitions.resolve_job_def(stage.job)
        return self.execute(job, stage, tags)

    def execute(self, job: dg.JobDefinition, stage: Stage, tags: Mapping[str, str] | None = None) -> bool:
        ranged = (
            {
                "dagster/asset_partition_range_start": stage.start,
                "dagster/asset_partition_range_end": stage.end or stage.start,
            }
            if stage.start
            else {}
        )
        run_id = str(uuid4())
        with at_work(self.platform.home, run_id):
            result = job.execute_in_process(
                instance=self.instance,
                tags={**ranged, **self.tags, **(tags or {})},
                run_config=_QUIET,
                raise_on_error=False,
                run_id=run_id,
            )
        self.outcome.runs += 1
        failed_before = len(self.outcome.failures)
        for event in result.all_events:
            if event.is_step_failure:
                error = _innermost(event.step_failure_data.error)
                cause, is_not_ready = _cause(error), getattr(error, "cls_name", None) == NotReady.__name__
                self.outcome.failures.append(f"{stage.title}: {event.step_key}: {cause}")
                step = FailedStep(stage.job, str(event.step_key), stage.start, stage.end, cause, is_not_ready)
                self.outcome.failed_steps.append(step)
        if not result.success and len(self.outcome.failures) == failed_before:
            self.outcome.failures.append(f"{stage.title}: {_end_of(result)}")
        return result.success


def run_dates(runner: Runner, days: Iterable[date], request: Request) -> Outcome:
    """Bring dates from raw rows to exports: history first, then quarter by quarter every layer in order."""
    wanted = sorted(set(days))
    platform = runner.platform
    build_history(runner, min(wanted), request)
    for chunk in quarters(wanted):
        label = _label(chunk)
        for start, end in _ranges(chunk):
            runner.run(_daily("features", start, end, f"features {label}"), request.tags)
        train_models(runner, chunk, request)
        for start, end in _ranges(chunk):
            runner.run(_daily("predictions", start, end, f"predictions {label}"), request.tags)
            runner.run(
                _daily("consolidation", start, end, f"consolidation {label}"), request.tags | {WRITERS_DONE_TAG: "true"}
            )
            runner.run(_daily("monitoring", start, end, f"coverage {label}"), request.tags)
        played = [day for day in chunk if day < platform.today]
        for start, end in _ranges(played):
            runner.run(_daily("grading", start, end, f"grades {label}"), request.tags)
        for start, end in _ranges(chunk):
            runner.run(_daily("exports", start, end, f"exports {label}"), request.tags)
    return runner.outcome


def build_history(runner: Runner, first: date, request: Request) -> None:
    """Build what features and models of `first` read and the warehouse lacks: summaries, and features to train on."""
    platform = runner.platform
    train_from, _ = training_window(month_start(first))
    missing = missing_dates(
        platform, "nba_analytics.team_absence_game_summary", train_from - timedelta(LOOK_BACK_DAYS), first
    )
    for start, end in _ranges(missing):
        runner.run(_daily("summaries", start, end, f"history: results {start} to {end}"))
    missing = dates_without_features(platform, train_from, first)
    for start, end in _ranges(missing):
        runner.run(_daily("features", start, end, f"history: features {start} to {end}"), _of_the_past(request))


def train_models(runner: Runner, days: Sequence[date], request: Request) -> None:
    """Train the months' models that do not exist yet (or all of them, if forced)."""
    for month in sorted({month_start(day) for day in days}):
        if request.is_forced or not all(_is_trained(runner.platform, kind, month) for kind in MODEL_KINDS):
            stage = Stage("models", month.isoformat(), month.isoformat(), f"model {month:%Y-%m}")
            runner.run(stage, {FORCE_TAG: "true"} if request.is_forced else None)


def _is_trained(platform: Platform, kind: ModelKind, month: date) -> bool:
    """Trained on today's features with today's libraries, be it in force or a candidate that was judged worse."""
    manifest = trained_for(platform, kind, month)
    return manifest is not None and kind.is_current(manifest)


def missing_dates(platform: Platform, table_name: str, start: date, before: date) -> list[date]:
    """Dates with played games that the table has no row of, from `start` and before `before`."""
    last = before - timedelta(days=1)
    rows = platform.warehouse.query(
        f"SELECT DISTINCT game_date FROM {table_name} WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": start, "end_date": last},
    )
    held = set(rows["game_date"].to_pylist())
    return [day for day in dates_with_results(platform, start, last) if day not in held]


def dates_without_features(platform: Platform, start: date, before: date) -> list[date]:
    """Dates with played games whose features were not built. A date before anybody was seen to play has none."""
    without_context = set(missing_dates(platform, "nba_analytics.upcoming_team_game_context", start, before))
    without_features = set(missing_dates(platform, "nba_precompute.ml_feature_store", start, before))
    rows = platform.warehouse.query(
        """
        SELECT DISTINCT roster_date FROM nba_raw.team_rosters
        WHERE roster_date BETWEEN @start_date AND @end_date AND last_seen_date IS NOT NULL
        """,
        {"start_date": start, "end_date": before - timedelta(days=1)},
    )
    return sorted(without_context | without_features & set(rows["roster_date"].to_pylist()))


def predicted_dates(platform: Platform, start: date, end: date) -> list[date]:
    """Dates of the range with predictions in force."""
    rows = platform.warehouse.query(
        "SELECT DISTINCT game_date FROM nba_predictions.player_prop_predictions"
        " WHERE game_date BETWEEN @start_date AND @end_date AND is_active ORDER BY game_date",
        {"start_date": start, "end_date": end},
    )
    return list(rows["game_date"].to_pylist())


def quarters(days: Iterable[date]) -> list[list[date]]:
    """The dates by quarter of a year: every run has costs of its own, and a quarter of predictions still fits a gigabyte."""
    found: dict[tuple[int, int], list[date]] = {}
    for day in sorted(days):
        found.setdefault((day.year, (day.month - 1) // 3), []).append(day)
    return list(found.values())


def consolidate_dates(runner: Runner, days: Iterable[date]) -> Outcome:
    """Merge what staging holds of dates, whole or stalled, then count coverage and publish anew."""
    for start, end in _ranges(sorted(set(days))):
        for job, title in (("consolidation", "consolidation"), ("monitoring", "coverage"), ("exports", "exports")):
            runner.run(_daily(job, start, end, f"{title} {_label([start, end] if start != end else [start])}"))
    return runner.outcome


def grade_dates(runner: Runner, first: date, last: date, predicted: Sequence[date]) -> Outcome:
    """What happened from `first` to `last`, grades, and the results page of each date that was `predicted`."""
    for job, title in (("summaries", "results"), ("grading", "grades")):
        runner.run(_daily(job, first, last, f"{title} {first} to {last}"))
    return run_selection(runner, predicted, 'key:"exports/results"', Request())


def import_seasons(runner: Runner, seasons: Iterable[str], tags: Mapping[str, str]) -> Outcome:
    """Parse landed archives into the raw layer, then rebuild the registry."""
    keys = sorted(season_key(season) for season in seasons)
    if keys:
        runner.run(Stage("history", keys[0], keys[-1], "raw tables"), tags)
    runner.run(Stage("registry", None, None, "player registry"))
    return runner.outcome


def run_selection(runner: Runner, days: Sequence[date], selection: str, request: Request) -> Outcome:
    """Only the assets a selection names (`precompute/ml_feature_store`, `group:exports`), over the dates."""
    job = dg.define_asset_job("selected", dg.AssetSelection.from_string(selection))
    definitions = build_defs(platform=runner.platform)
    resolved = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("selected")
    for start, end in _ranges(days):
        stage = _daily("selected", start, end, f"{selection} {start} to {end}")
        runner.progress(stage.title)
        runner.execute(resolved, stage, request.tags | {WRITERS_DONE_TAG: "true"})
    return runner.outcome


# -- inside -----------------------------------------------------------------------------------------------------------


@cache
def _definitions(platform: Platform) -> dg.Definitions:
    return build_defs(platform=platform)


def _daily(job: str, start: date, end: date, title: str) -> Stage:
    return Stage(job, start.isoformat(), end.isoformat(), title)


def _of_the_past(request: Request) -> dict[str, str]:
    """History is never narrowed to players or an explicit instant: those are of the dates asked for."""
    return {name: value for name, value in request.tags.items() if name == SKIP_GATE_TAG}


def _ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    """As few runs as possible: near dates share a range (off days between them are explicit, empty partitions)."""
    ranges: list[tuple[date, date]] = []
    for start, end in contiguous_runs(days):
        if ranges and (start - ranges[-1][1]).days <= LONGEST_GAP_DAYS:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def _label(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _end_of(result: dg.ExecuteInProcessResult) -> str:
    """Why a run ended that failed without a failed step: it was interrupted between two of them."""
    ends = [event.message for event in result.all_events if event.is_job_failure and event.message]
    return redact(ends[-1]) if ends else "the run ended without a word"


def _innermost(error: object) -> object:
    """What a step's error was caused by in the end."""
    while getattr(error, "cause", None) is not None:
        error = error.cause  # type: ignore[attr-defined]
    return error


def _cause(error: object) -> str:
    """The message of an innermost error: what the user can act on."""
    message = str(getattr(error, "message", error)).strip()
    for name in [one.__name__ for one in _all_errors()]:
        message = message.removeprefix(f"nba_props.errors.{name}: ")
    return redact(message)


def _all_errors() -> list[type[Exception]]:
    return [NbaPropsError, *NbaPropsError.__subclasses__()]
