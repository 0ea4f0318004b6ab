"""The sensors: what starts because something has happened. Each starts equal work once, by its run key, however often it looks."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from nba_props.alerting import dates_to_watch, watch
from nba_props.automation import past
from nba_props.automation.facts import due_batches, games_to_grade, players_now, why_no_source
from nba_props.automation.schedules import SLATE_SCHEDULES, shown, slate_request
from nba_props.automation.work import (
    ATTEMPT_OF_TAG,
    LANE_TAG,
    SLATE_TAG,
    SLATES_LANE,
    TRIGGER_TAG,
    ConsolidationWork,
    GradeWork,
    SlateWork,
    SweepWork,
    run_config,
)
from nba_props.dates import tips_between
from nba_props.domain.automation import next_attempt, players_concerned
from nba_props.domain.calendar import noon_eastern
from nba_props.interrupted import mark_interrupted
from nba_props.platform import Platform

Found = dg.SensorResult | dg.SkipReason
Look = Callable[[dg.SensorEvaluationContext, Platform], Found]

_AT_WORK: Final = dg.SkipReason("a slate is being worked on: what is staged or predicted is still in change")


def build_sensors(*, is_on: bool) -> list[dg.SensorDefinition]:
    """Every sensor; `is_on` says whether they look from the start or wait until a person switches them on."""
    status = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED
    return [
        _sensor("odds-and-injury-changes", "slate", 60, status, _changes),
        _sensor("slate-attempts", "slate", 60, status, _attempts),
        _sensor("late-results", "grade_slate", 300, status, _late_results),
        _sensor("consolidation", "merge_staged", 60, status, _consolidation),
        _sensor("orphan-sweeper", "sweep_staging", 120, status, _orphans),
        _sensor("slate-alerts", None, 300, status, _alerts),
        dg.AutomationConditionSensorDefinition(
            "exports_when_checked",
            target=dg.AssetSelection.groups("exports"),
            default_status=status,
            minimum_interval_seconds=60,
            description="Publishes what is printed from tables that are new and passed their blocking checks, whoever built them.",
        ),
    ]


def _sensor(
    name: str, job: str | None, seconds: int, status: dg.DefaultSensorStatus, look: Look
) -> dg.SensorDefinition:
    @dg.sensor(
        name=shown(name),
        job_name=job,
        minimum_interval_seconds=seconds,
        default_status=status,
        description=look.__doc__,
    )
    def looked(context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]) -> Found:
        return look(context, platform)

    return looked


# -- what changed -------------------------------------------------------------------------------------------------------


def _changes(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """After new odds and injury reports: players whose line or status is no longer the one predicted on are predicted again."""
    if reason := why_no_source(platform):
        return dg.SkipReason(reason)
    if past.is_at_work(context.instance, {LANE_TAG: SLATES_LANE}):
        return _AT_WORK
    newest = past.last_work(context.instance)
    seen = json.loads(context.cursor or "{}")
    if newest is None or newest == seen.get("run"):
        return dg.SkipReason("nothing was fetched since the last look")
    requests: list[dg.RunRequest] = []
    standing: list[str] = []
    for day in (platform.today, platform.today + timedelta(days=1)):
        changes = players_concerned(players_now(platform, day))
        # An answer that is the same as before leaves the prediction as it stands: its change is asked about once.
        asked = {player: _digest([day, player, why]) for player, why in changes.items()}
        standing += asked.values()
        if fresh := {player: why for player, why in changes.items() if asked[player] not in seen.get("asked", ())}:
            requests.append(_again_for(day, fresh))
    return dg.SensorResult(
        run_requests=requests,
        cursor=json.dumps({"run": newest, "asked": sorted(standing)}),
        skip_reason=None if requests else dg.SkipReason("no line or status has changed enough"),
    )


def _again_for(day: date, players: Mapping[str, str]) -> dg.RunRequest:
    """Only these players, once for these changes."""
    return dg.RunRequest(
        run_key=f"changes/{day}/{_digest(players.items())}",
        run_config=run_config("play_slate", SlateWork(date=day.isoformat(), players=sorted(players))),
        tags={
            SLATE_TAG: day.isoformat(),
            TRIGGER_TAG: "odds-and-injury-changes",
            "nba_props/changes": "; ".join(f"{one}: {why}" for one, why in sorted(players.items()))[:500],
        },
    )


# -- what did not succeed -----------------------------------------------------------------------------------------------


def _attempts(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """A slate that was not ready, or failed, is attempted again: when anything new has landed, else with backoff until tip-off."""
    if reason := why_no_source(platform):
        return dg.SkipReason(reason)
    news = past.news_at(context.instance)
    requests, waiting = [], []
    for name, day, tip in _wanted_slates(platform):
        attempts = past.attempts_at(context.instance, day, name)
        if not attempts or past.is_at_work(context.instance, {SLATE_TAG: day.isoformat(), ATTEMPT_OF_TAG: name}):
            continue
        following = next_attempt(attempts, news, tip)
        if following.at is not None and following.at <= platform.now < tip:
            requests.append(slate_request(name, day, len(attempts) + 1))
        elif not attempts[-1].ending.is_final:
            waiting.append(f"{name} of {day}: {following.reason}, next {following.at or 'never'}")
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SkipReason("; ".join(waiting) or "every attempt that has ended is final")


def _wanted_slates(platform: Platform) -> list[tuple[str, date, datetime]]:
    """Each schedule with each slate that it may be at, and the first tip of that slate (noon Eastern if it is not known)."""
    today = platform.today
    tips = tips_between(platform, today, today + timedelta(days=1))
    days = (today, today + timedelta(days=1))
    return [(name, day, min(tips.get(day, [noon_eastern(day)]))) for name in SLATE_SCHEDULES for day in days]


# -- what came late -----------------------------------------------------------------------------------------------------


def _late_results(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """A past date that was predicted is graded when box scores of it have come that were not there when it was to be graded."""
    if past.is_at_work(context.instance, {LANE_TAG: SLATES_LANE}):
        return _AT_WORK
    due = games_to_grade(platform, platform.today)
    if not due:
        return dg.SkipReason("every predicted game with a box score is graded")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"late-results/{day}/{_digest(games)}",
                run_config=run_config("results", GradeWork(date=day.isoformat())),
                tags={SLATE_TAG: day.isoformat(), TRIGGER_TAG: "late-results"},
            )
            for day, games in due.items()
        ]
    )


# -- what is staged -----------------------------------------------------------------------------------------------------


def _consolidation(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """Staging that is whole is consolidated, stalled staging as far as it goes; again when more of a batch is staged."""
    if past.is_at_work(context.instance, {LANE_TAG: SLATES_LANE}):
        return _AT_WORK
    due = due_batches(platform, platform.warehouse.staging_tables())
    if not due:
        return dg.SkipReason("nothing staged is whole or has stalled")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"consolidation/{batch_id}/{_digest(one.name for one in tables)}",
                run_config=run_config("merge", ConsolidationWork(dates=[tables[0].game_date.isoformat()])),
                tags={SLATE_TAG: tables[0].game_date.isoformat(), TRIGGER_TAG: "consolidation"},
            )
            for batch_id, tables in due.items()
        ]
    )


def _orphans(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """Orphaned staging is reported first, and removed when it was reported for long enough; runs whose process died are ended."""
    for dead in mark_interrupted(platform):
        context.log.warning(f"interrupted: {dead}")
    reported: dict[str, str] = json.loads(context.cursor or "{}")
    old = platform.now - timedelta(minutes=platform.settings.staging_grace_minutes)
    orphans = {one.name for one in platform.warehouse.staging_tables() if one.created_at < old}
    since = {name: reported.get(name, platform.now.isoformat()) for name in sorted(orphans)}
    keep_until = platform.now - timedelta(hours=platform.settings.staging_clean_hours)
    doomed = [name for name, at in since.items() if datetime.fromisoformat(at) <= keep_until]
    for name in since.keys() - reported.keys():
        context.log.warning(
            f"orphaned staging: {name}; it is removed {platform.settings.staging_clean_hours:g} h from now"
        )
    if not doomed:
        said = dg.SkipReason(f"{len(since)} orphaned staging tables, none reported for long enough to be removed")
        return dg.SensorResult(cursor=json.dumps(since), skip_reason=said)
    request = dg.RunRequest(
        run_key=f"sweep/{_digest(doomed)}",
        run_config=run_config("sweep", SweepWork(tables=doomed)),
        tags={TRIGGER_TAG: "orphan-sweeper"},
    )
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(since))


# -- who is told --------------------------------------------------------------------------------------------------------


def _alerts(context: dg.SensorEvaluationContext, platform: Platform) -> Found:
    """Looks at the slates of yesterday to tomorrow and at all with open alerts, and tells channels what they do not know yet."""
    days = sorted({*dates_to_watch(platform), platform.today + timedelta(days=1)})
    found = watch(platform, *days, automation=past.automation_of(context.instance, platform, days))
    said = f"{len(found.open)} open, {len(found.sendings)} due, {len(found.refused)} refused"
    return dg.SkipReason(f"{', '.join(map(str, days))}: {said}")


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256("|".join(sorted(map(str, parts))).encode()).hexdigest()[:16]
