"""Jobs that are started by themselves: each is one op that carries out a part of the plan, so that Dagster shows one run for it.

The plan's own runs are launched from within, on the same instance, and name it in a tag. A run says how it ended in its tags:
that is what sensors decide by, and it is shown in the UI.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from nba_props.assets.predictions.leftovers import remove
from nba_props.domain.automation import Ending
from nba_props.domain.calendar import season_of
from nba_props.fetch import Fetched, State, fetch_day
from nba_props.health import State as Verdict
from nba_props.health import slate_verdict
from nba_props.io.liveness import at_work
from nba_props.io.sources.live.registry import wanted
from nba_props.platform import Platform
from nba_props.pools import SOURCES

if TYPE_CHECKING:
    from nba_props.plan import Outcome, Runner

LANE_TAG = "nba_props/lane"
"""At most one run of a lane is at work (the instance's limit): two plans would train the same models and stage the same dates."""
SLATES_LANE, FETCHES_LANE = "slates", "fetches"
STARTED_BY_TAG = "nba_props/started_by"
"""Of a run that another launched: the id of that other."""
SLATE_TAG = "nba_props/slate"
TRIGGER_TAG = "nba_props/trigger"
"""What started a run: the name of its schedule or sensor."""
ATTEMPT_OF_TAG = "nba_props/attempt_of"
"""Of an attempt at a whole slate: the schedule that wanted it, and its date."""
ENDING_TAG, SAID_TAG = "nba_props/ending", "nba_props/said"
NEWS_TAG = "nba_props/news"
"""How many payloads with new content a run landed."""
UNANSWERED_TAG = "nba_props/unanswered"
"""Why sources did not answer, by source: JSON of words, or null for one that answered everything."""

_BOX_SCORES = ["box-scores"]
_DEADLINE = "dagster/max_runtime"
_SAID_LENGTH = 500

_ASKED_AGAIN = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""Three tries, within the deadline of the run. A slate has none: its attempts are runs of their own (`slate-attempts`)."""


class SlateWork(dg.Config):
    """A slate to bring from raw rows to exports. `ask`: what to fetch first; `players`: only these, all if none."""

    date: str
    ask: list[str] = Field(default_factory=list)
    players: list[str] = Field(default_factory=list)


class FetchWork(dg.Config):
    """What to ask about which dates, and of which of them to build the features anew.

    `late`: past dates whose box scores did not come when they were due.
    """

    dates: list[str]
    ask: list[str]
    refresh: list[str] = Field(default_factory=list)
    late: list[str] = Field(default_factory=list)


class GradeWork(dg.Config):
    """A date that has been played. `ask`: what to fetch first."""

    date: str
    ask: list[str] = Field(default_factory=list)


class ConsolidationWork(dg.Config):
    """Dates whose staging is whole or has stalled."""

    dates: list[str]


class SweepWork(dg.Config):
    """Names of staging tables to remove."""

    tables: list[str]


# -- ops ----------------------------------------------------------------------------------------------------------------


@dg.op(pool=SOURCES)
def play_slate(context: dg.OpExecutionContext, config: SlateWork, platform: dg.ResourceParam[Platform]) -> None:
    """Fetch, then the whole plan of one date. Not ready is an ending that is said, no failure."""
    from nba_props import plan

    with at_work(platform.home, context.run_id):
        day = date.fromisoformat(config.date)
        _fetch(context, platform, {day: config.ask})
        request = plan.Request(players=tuple(config.players))
        outcome = plan.run_dates(_runner(context, platform), [day], request)
        ending, said = _ending(platform, day, outcome)
        _tag(context, {ENDING_TAG: ending.value, SAID_TAG: said})
        context.log.info(f"{day}: {ending}. {said}")
        if ending is Ending.FAILED:
            _raise_failures(outcome)


@dg.op(retry_policy=_ASKED_AGAIN, pool=SOURCES)
def ask_sources(context: dg.OpExecutionContext, config: FetchWork, platform: dg.ResourceParam[Platform]) -> None:
    """Land and parse what sources say, and build the features of coming slates, so that changes show."""
    from nba_props import plan

    with at_work(platform.home, context.run_id):
        asked = dict.fromkeys(map(date.fromisoformat, config.late), _BOX_SCORES)
        asked |= dict.fromkeys(map(date.fromisoformat, config.dates), config.ask)
        found = _fetch(context, platform, asked)
        if not any(one.came for one in found):
            raise dg.Failure("No source gave anything: see the run's tags and nba-props doctor.")
        runner = _runner(context, platform)
        for day in config.refresh:
            runner.run(plan.Stage("features", day, day, f"features {day}"))
        _raise_failures(runner.outcome)


@dg.op(retry_policy=_ASKED_AGAIN, pool=SOURCES)
def results(context: dg.OpExecutionContext, config: GradeWork, platform: dg.ResourceParam[Platform]) -> None:
    """Fetch what happened, then grade and publish the results of one date."""
    from nba_props import plan

    with at_work(platform.home, context.run_id):
        day = date.fromisoformat(config.date)
        _fetch(context, platform, {day: config.ask})
        predicted = plan.predicted_dates(platform, day, day)
        _raise_failures(plan.grade_dates(_runner(context, platform), day, day, predicted))


@dg.op
def merge(context: dg.OpExecutionContext, config: ConsolidationWork, platform: dg.ResourceParam[Platform]) -> None:
    """Consolidate what is staged of dates, whole or partial; a batch below its share fails the run and keeps its staging."""
    from nba_props import plan

    with at_work(platform.home, context.run_id):
        staged = {one.game_date for one in platform.warehouse.staging_tables()}
        days = [day for day in map(date.fromisoformat, config.dates) if day in staged]
        if not days:
            context.log.info("Nothing is staged any more: somebody else has consolidated it.")
            return
        _raise_failures(plan.consolidate_dates(_runner(context, platform), days))


@dg.op
def sweep(context: dg.OpExecutionContext, config: SweepWork, platform: dg.ResourceParam[Platform]) -> None:
    """Remove staging tables that were reported for long enough."""
    doomed = [one for one in platform.warehouse.staging_tables() if one.name in config.tables]
    removed = remove(platform, doomed, "its staging was removed after the grace period")
    context.log.warning(f"{removed} staging tables removed: {', '.join(one.name for one in doomed)}")


def build_work() -> list[dg.JobDefinition]:
    """The jobs of schedules and sensors, each in its lane and with its deadline for one attempt."""
    return [
        _job("slate", play_slate, SLATES_LANE, 45, "One slate, from what sources say to what is published."),
        _job("live_fetch", ask_sources, FETCHES_LANE, 15, "What sources say, landed and parsed."),
        _job("grade_slate", results, SLATES_LANE, 45, "Results and grades of a date."),
        _job("merge_staged", merge, SLATES_LANE, 15, "Consolidate what was staged and left."),
        _job("sweep_staging", sweep, SLATES_LANE, 5, "Remove orphaned staging."),
    ]


def run_config(op: str, work: dg.Config) -> dg.RunConfig:
    """The configuration of a run of the job that consists of this op."""
    return dg.RunConfig(ops={op: work})


def _job(name: str, op: dg.OpDefinition, lane: str, minutes: int, description: str) -> dg.JobDefinition:
    tags = {LANE_TAG: lane, _DEADLINE: str(60 * minutes)}
    return dg.GraphDefinition(name=name, node_defs=[op]).to_job(tags=tags, description=description)


# -- inside -------------------------------------------------------------------------------------------------------------


def _runner(context: dg.OpExecutionContext, platform: Platform) -> "Runner":
    """Launches the plan's runs on this instance; what interrupts this run ends the plan."""
    from nba_props.interruption import InterruptibleRunner

    return InterruptibleRunner(
        platform, context.instance, progress=context.log.info, tags={STARTED_BY_TAG: context.run_id}
    )


def _fetch(context: dg.OpExecutionContext, platform: Platform, asked: Mapping[date, Sequence[str]]) -> list[Fetched]:
    """Ask what the words of each date name, and parse it; what sources did not give is said, and stops nothing here."""
    from nba_props import plan

    days = [day for day, words in asked.items() if words]
    if not days:
        return []
    found = [fetch_day(platform, day, wanted(asked[day])) for day in days]
    reports = [report for one in found for report in one.reports]
    for report in reports:
        context.log.info(json.dumps(report.to_dict(), default=str))
    news = _landed_before(context) + sum(one.landed for one in reports)
    _tag(context, {NEWS_TAG: str(news), UNANSWERED_TAG: _unanswered(found)})
    if any(one.came for one in found):
        runner = _runner(context, platform)
        plan.import_seasons(runner, {season_of(day) for day in days}, {})
        _raise_failures(runner.outcome)
    return found


def _landed_before(context: dg.OpExecutionContext) -> int:
    """What an earlier try of this run has landed: it is news although this try finds it there."""
    run = context.instance.get_run_by_id(context.run_id)
    return int(run.tags.get(NEWS_TAG, "0")) if run else 0


def _unanswered(found: Iterable[Fetched]) -> str:
    """By source, why it did not answer on any of the dates; null where it answered everything."""
    by_source: dict[str, str | None] = {}
    for report in (report for one in found for report in one.reports if report.state is not State.NOT_CONFIGURED):
        if report.state in (State.PARTIAL, State.FAILED):
            failures = "; ".join(f"{one.what}: {one.reason}" for one in report.failures[:3])
            by_source[report.source] = (report.reason or failures)[:_SAID_LENGTH]
        else:
            by_source.setdefault(report.source, None)
    return json.dumps(by_source)


def _ending(platform: Platform, day: date, outcome: "Outcome") -> tuple[Ending, str]:
    """How an attempt ended: what failed, else what the date's verdict says."""
    if not outcome.is_success:
        return (Ending.NOT_READY if outcome.is_not_ready else Ending.FAILED), "; ".join(outcome.failures)
    verdict = slate_verdict(platform, day)
    said = "; ".join(verdict.reasons)
    if verdict.verdict is Verdict.NO_SLATE:
        return Ending.NO_SLATE, said
    return (Ending.NOT_READY if verdict.verdict is Verdict.NOT_READY else Ending.PUBLISHED), said


def _tag(context: dg.OpExecutionContext, tags: Mapping[str, str]) -> None:
    told = {name: text if name == UNANSWERED_TAG else text[:_SAID_LENGTH] for name, text in tags.items()}
    context.instance.add_run_tags(context.run_id, told)


def _raise_failures(outcome: "Outcome") -> None:
    if not outcome.is_success:
        raise dg.Failure("; ".join(outcome.failures))
