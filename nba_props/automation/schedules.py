"""The schedules, US/Eastern: what starts at a fixed time of day. Their names are those that people and alerts know."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import dagster as dg

from nba_props.automation.facts import dates_without_results, why_no_source
from nba_props.automation.work import (
    ATTEMPT_OF_TAG,
    SLATE_TAG,
    TRIGGER_TAG,
    FetchWork,
    GradeWork,
    SlateWork,
    run_config,
)
from nba_props.dates import tips_between
from nba_props.domain.automation import are_results_overdue, why_not_fetch
from nba_props.domain.calendar import EASTERN, date_range, slate_date
from nba_props.platform import Platform

BEFORE_A_SLATE: Final = ["schedule", "odds", "injuries"]
"""What is asked before a slate is predicted, and through the day."""
_ROSTERS: Final = ["rosters", "nba_stats"]
_RESULTS: Final = ["nba_stats", "balldontlie", "injuries"]

SLATE_SCHEDULES: Final = {
    "overnight-predictions": ("0 7 * * *", 0),
    "same-day-predictions": ("30 11 * * *", 0),
    "same-day-predictions-tomorrow": ("0 18 * * *", 1),
}
"""When each brings a slate forward, and that of how many days after the tick's own."""

_EVERY_TEN_MINUTES = "*/10 * * * *"
_TOMORROW_FROM_HOUR = 18  # Eastern: from when on tomorrow's slate is asked about, too
_STILL_WORTH_IT = timedelta(minutes=10)  # a later tick has come by then

Tick = Callable[[str, Platform, datetime], dg.RunRequest | dg.SkipReason]
"""From a schedule's name, the platform and the instant the tick was due to what it starts."""


def build_schedules(*, is_on: bool) -> list[dg.ScheduleDefinition]:
    """Every schedule; `is_on` says whether they run from the start or wait until a person switches them on."""
    status = dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED
    slates = [_schedule(name, cron, "slate", status, _slate(days)) for name, (cron, days) in SLATE_SCHEDULES.items()]
    return [
        _schedule("br-rosters-batch-daily", "30 6 * * *", "live_fetch", status, _rosters),
        *slates,
        _schedule("front-page", "0 0 * * *", "exports", status, _front_page),
        _schedule("grading-and-results", "0 5 * * *", "grade_slate", status, _grades),
        _schedule("hourly-fetch", _EVERY_TEN_MINUTES, "live_fetch", status, _fetch),
    ]


def slate_request(name: str, day: date, attempt: int) -> dg.RunRequest:
    """One attempt at a slate that a schedule wants; the same attempt is never started twice."""
    return dg.RunRequest(
        run_key=f"{name}/{day}/{attempt}",
        job_name="slate",
        run_config=run_config("play_slate", SlateWork(date=day.isoformat(), ask=BEFORE_A_SLATE)),
        tags={SLATE_TAG: day.isoformat(), ATTEMPT_OF_TAG: name, TRIGGER_TAG: name},
    )


def shown(name: str) -> str:
    """A name as Dagster allows it."""
    return name.replace("-", "_")


# -- inside -------------------------------------------------------------------------------------------------------------


def _schedule(name: str, cron: str, job: str, status: dg.DefaultScheduleStatus, tick: Tick) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=shown(name),
        cron_schedule=cron,
        job_name=job,
        execution_timezone=str(EASTERN),
        default_status=status,
        description=f"{name}, US/Eastern.",
    )
    def ticked(
        context: dg.ScheduleEvaluationContext, platform: dg.ResourceParam[Platform]
    ) -> dg.RunRequest | dg.SkipReason:
        reason = why_no_source(platform)
        at = context.scheduled_execution_time.astimezone(UTC)
        return dg.SkipReason(reason) if reason else tick(name, platform, at)

    return ticked


def _slate(days: int) -> Tick:
    """Brings the slate forward that is so many days after the tick; one that is over is not predicted any more."""

    def tick(name: str, platform: Platform, at: datetime) -> dg.RunRequest | dg.SkipReason:
        day = slate_date(at) + timedelta(days=days)
        if day < platform.today:
            return dg.SkipReason(f"the tick is late and {day} is over")
        return slate_request(name, day, attempt=1)

    return tick


def _front_page(name: str, platform: Platform, at: datetime) -> dg.RunRequest | dg.SkipReason:
    """Tonight's page turns with the date: what it shows may have been predicted the evening before."""
    day = slate_date(at)
    if day < platform.today:
        return dg.SkipReason(f"the tick is late and {day} is over")
    return dg.RunRequest(
        run_key=f"{name}/{day}", partition_key=day.isoformat(), tags={SLATE_TAG: day.isoformat(), TRIGGER_TAG: name}
    )


def _rosters(name: str, _platform: Platform, at: datetime) -> dg.RunRequest:
    day = slate_date(at)
    return _request(name, day.isoformat(), "ask_sources", FetchWork(dates=[day.isoformat()], ask=_ROSTERS))


def _grades(name: str, _platform: Platform, at: datetime) -> dg.RunRequest:
    day = slate_date(at) - timedelta(days=1)
    return _request(name, day.isoformat(), "results", GradeWork(date=day.isoformat(), ask=_RESULTS))


def _fetch(name: str, platform: Platform, at: datetime) -> dg.RunRequest | dg.SkipReason:
    """Asks about today, in the evening about tomorrow too, and for results that are overdue; what stands predicted is looked at anew."""
    if platform.now >= at + _STILL_WORTH_IT:
        return dg.SkipReason("the tick is late: the one after it asks the same")
    today = slate_date(at)
    last = today + timedelta(days=int(at.astimezone(EASTERN).hour >= _TOMORROW_FROM_HOUR))
    tips = tips_between(platform, today, last)
    late = dates_without_results(platform, today) if are_results_overdue(at.astimezone(EASTERN)) else []
    if reason := why_not_fetch(at, [tip for found in tips.values() for tip in found]):
        return dg.SkipReason(reason)
    days = [day.isoformat() for day in date_range(today, last)]
    upcoming = [day.isoformat() for day, found in sorted(tips.items()) if max(found) > at]
    work = FetchWork(dates=days, ask=BEFORE_A_SLATE, refresh=upcoming, late=[day.isoformat() for day in late])
    return _request(name, at.isoformat(), "ask_sources", work)


def _request(name: str, what: str, op: str, work: dg.Config) -> dg.RunRequest:
    return dg.RunRequest(run_key=f"{name}/{what}", run_config=run_config(op, work), tags={TRIGGER_TAG: name})
