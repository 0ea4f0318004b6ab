"""What Dagster's records say: attempts at a slate, when anything new landed, who did not answer, which schedules are on."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import dagster as dg

from nba_props.alerting import Automation
from nba_props.automation.schedules import SLATE_SCHEDULES, shown
from nba_props.automation.work import (
    ATTEMPT_OF_TAG,
    ENDING_TAG,
    FETCHES_LANE,
    LANE_TAG,
    NEWS_TAG,
    SAID_TAG,
    SLATE_TAG,
    SLATES_LANE,
    UNANSWERED_TAG,
)
from nba_props.dates import tips_between
from nba_props.domain.alerts import DUTIES, Duty
from nba_props.domain.automation import Attempt, Ending, given_up
from nba_props.domain.calendar import noon_eastern
from nba_props.platform import Platform

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_RECENT = 50
"""Runs that are looked through for the last news and who did not answer: two days of them."""


def attempts_at(instance: dg.DagsterInstance, day: date, wanted_by: str) -> list[Attempt]:
    """Ended attempts of one schedule at a date's slate, oldest first. A run that died before it said anything has failed."""
    tags = {SLATE_TAG: day.isoformat(), ATTEMPT_OF_TAG: wanted_by}
    records = instance.get_run_records(dg.RunsFilter(tags=tags, statuses=_ENDED))
    return sorted((_attempt(one) for one in records), key=lambda one: one.ended_at)


def _attempt(record: dg.RunRecord) -> Attempt:
    run = record.dagster_run
    is_told = run.status is dg.DagsterRunStatus.SUCCESS and ENDING_TAG in run.tags
    ending = Ending(run.tags[ENDING_TAG]) if is_told else Ending.FAILED
    return Attempt(_ended_at(record), ending, run.tags.get(SAID_TAG, f"run {run.run_id} {run.status.value.lower()}"))


def is_at_work(instance: dg.DagsterInstance, tags: Mapping[str, str]) -> bool:
    """TRUE while a run with these tags waits or runs."""
    return bool(instance.get_run_ids(dg.RunsFilter(tags=dict(tags), statuses=UNDER_WAY), limit=1))


def news_at(instance: dg.DagsterInstance) -> datetime | None:
    """When a run last ended that landed anything new; None if none of the recent ones did."""
    found = (one for one in _fetches(instance) if int(one.dagster_run.tags.get(NEWS_TAG, "0")))
    return max((_ended_at(one) for one in found), default=None)


def last_work(instance: dg.DagsterInstance) -> str | None:
    """Id of the newest run that has ended of those that bring in anything: before another one, nothing can have changed."""
    return next((one.dagster_run.run_id for one in _fetches(instance)), None)


def automation_of(instance: dg.DagsterInstance, platform: Platform, days: Sequence[date]) -> Automation:
    """What alerts want to know of schedules and fetches, for looks by a sensor and by hand alike."""
    given_up = {day: _given_up(instance, platform, day) for day in days}
    return Automation(switched_on(instance), _unanswered(instance), given_up)


def switched_on(instance: dg.DagsterInstance) -> list[Duty]:
    """The duties of schedules that run: one that is switched off cannot be missed."""
    running = {one.instigator_name for one in instance.all_instigator_state() if one.is_running}
    return [duty for duty in DUTIES if shown(duty.schedule) in running]


def _given_up(instance: dg.DagsterInstance, platform: Platform, day: date) -> dict[str, str]:
    """Schedules whose attempts at the slate have ended without anything published, and why."""
    news = news_at(instance)
    tips = tips_between(platform, day, day).get(day, [noon_eastern(day)])
    found = {
        name: given_up(attempts_at(instance, day, name), news, min(tips), platform.now) for name in SLATE_SCHEDULES
    }
    return {name: reason for name, reason in found.items() if reason is not None}


def _unanswered(instance: dg.DagsterInstance) -> dict[str, str]:
    """Sources that did not answer everything when they were last asked, and why."""
    latest: dict[str, str | None] = {}
    for record in _fetches(instance):
        for source, said in json.loads(record.dagster_run.tags.get(UNANSWERED_TAG, "{}")).items():
            latest.setdefault(source, said)
    return {source: said for source, said in latest.items() if said}


def _fetches(instance: dg.DagsterInstance) -> Sequence[dg.RunRecord]:
    """The last ended runs of both lanes that landed or did not, newest first."""
    lanes = {LANE_TAG: [FETCHES_LANE, SLATES_LANE]}
    records = instance.get_run_records(dg.RunsFilter(tags=lanes, statuses=_ENDED), limit=_RECENT)
    return sorted(records, key=_ended_at, reverse=True)


def _ended_at(record: dg.RunRecord) -> datetime:
    """When a run ended, UTC; its last change where it was ended from outside."""
    if record.end_time is not None:
        return datetime.fromtimestamp(record.end_time, UTC)
    return record.update_timestamp.astimezone(UTC)
