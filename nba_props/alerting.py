"""Alerts of a slate: what the tables hold becomes facts, channels are told what they do not know, and that is kept.

Here belong reading facts, `nba_monitoring.alerts`, and the order of sending and recording. Not here: rules and words
(`domain/alerts.py`), and how a message travels (`io/notify.py`). Each alert is recorded as soon as its messages are sent:
a process killed in between tells that one alert again, and never loses one.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.alerts import (
    Alert,
    BatchFacts,
    Bounds,
    CheckFacts,
    CoverageFacts,
    Duty,
    ExportFacts,
    Facts,
    FeedFacts,
    Severity,
    Situation,
    StepFacts,
    Telling,
    Told,
    alerts_of,
    message_of,
    missed_duties,
    shortfalls,
    to_tell,
)
from nba_props.domain.calendar import slate_date
from nba_props.health import (
    CRITICAL_BELOW_PCT,
    WARN_BELOW_PCT,
    Operations,
    SlateFacts,
    export_faults,
    operations_of,
    slate_facts,
    unfinished_batches,
    unfinished_in_words,
)
from nba_props.history import asset_of
from nba_props.io.notify import Channel, channels_of, send
from nba_props.platform import Platform

ALERTS = table("nba_monitoring.alerts")

_BEFORE = timedelta(days=30)
"""How far back the slate before may lie: an all-star break passes, a summer does not."""
_DONE_OR_AT_WORK = ("success", "running")
_NOT_TRIED = "not tried: it could not be reached just before"

_COVERAGE_BEFORE = """
select coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all' and coverage_pct is not null
order by game_date desc
limit 1
"""

# The newest answer of each document: a later one that could be read makes good what came before.
_FEEDS = """
select
    source, feed, count(*) as answers,
    countif(rejection_reason is not null) as unreadable,
    countif(rejection_reason is null and outcome = 'content' and rows_read = 0 and not is_superseded) as empty,
    min(rejection_reason) as why
from (
    select
        source, feed, outcome, rows_read, is_superseded, rejection_reason,
        row_number() over (partition by source, feed, label order by fetched_at desc, payload_ref) as place
    from nba_raw.landed_payloads
    where filed_date = @start_date
)
where place = 1
group by source, feed
order by source, feed
"""

_COLUMNS = ", ".join(ALERTS.column_names)
_OF_DAY = f"select {_COLUMNS} from nba_monitoring.alerts where game_date between @start_date and @end_date"
_OF_ORPHANS = f"""
select {_COLUMNS} from nba_monitoring.alerts
where game_date <= @end_date and situation = '{Situation.ORPHANED_STAGING}'
"""

# Orphaned staging is looked for at every look; a refused message is due again, also where the alert is over by now.
_UNFINISHED_DATES = f"""
select distinct game_date
from nba_monitoring.alerts
where
    game_date <= @end_date
    and situation <> '{Situation.ORPHANED_STAGING}'
    and (state = 'open' or deliveries like '%"refusal": "%')
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """What one channel was last told of an alert, and why it refused what came after, if it did."""

    told: Told | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Standing:
    """One alert, whether it is open, and what each channel has heard of it."""

    alert: Alert
    is_open: bool
    first_raised_at: datetime
    changed_at: datetime
    heard: Mapping[str, Heard]

    @property
    def key(self) -> tuple[date, str]:
        return self.alert.game_date, self.alert.fingerprint

    @property
    def sent_at(self) -> datetime | None:
        """When any channel last took a message of it."""
        return max((one.told.at for one in self.heard.values() if one.told), default=None)


@dataclass(frozen=True)
class Sending:
    """One message that a channel was due: taken, or `refusal` says why not; `is_dry` if it was only worked out."""

    alert: Alert
    telling: Telling
    channel: str
    refusal: str | None = None
    is_dry: bool = False


@dataclass(frozen=True)
class Watch:
    """What a look at slates came to: the alerts of their dates, open ones first and worst first, and what was sent."""

    game_dates: Sequence[date]
    standing: Sequence[Standing]
    sendings: Sequence[Sending]
    channels: Sequence[str]

    @property
    def open(self) -> list[Standing]:
        return [one for one in self.standing if one.is_open]

    @property
    def refused(self) -> list[Sending]:
        return [one for one in self.sendings if one.refusal is not None]

    @property
    def exit_code(self) -> int:
        """0 nothing open, 1 warnings, 2 something critical, or a channel that refused."""
        worst = max((int(one.alert.severity) for one in self.open), default=0)
        return 2 if self.refused else worst


@dataclass(frozen=True)
class Automation:
    """What no table holds, and whoever runs the schedules knows.

    `duties`: the schedules that are on. `unanswered`: sources that did not answer when they were last asked, with their words;
    it is told of today. `given_up`: by date, the schedules that attempt its slate no more, with the reason.
    """

    duties: Collection[Duty] = ()
    unanswered: Mapping[str, str] = field(default_factory=dict)
    given_up: Mapping[date, Mapping[str, str]] = field(default_factory=dict)


BY_HAND = Automation()
"""Nothing runs by itself."""


def watch(platform: Platform, *days: date, automation: Automation = BY_HAND, is_dry: bool = False) -> Watch:
    """Look at slates and tell every channel what it does not know yet.

    Nothing is raised for a channel that refuses: it is in the result, in the table, and told again at the next look. Dry:
    nothing is sent or recorded. BadInput for a URL that is no channel.
    """
    channels = channels_of(platform.settings)
    if is_dry:
        return _looked(platform, days, automation, channels, is_dry=True)
    with platform.warehouse.lock("alerts"):  # two looks at once would both find that nothing was said
        return _looked(platform, days, automation, channels, is_dry=False)


def dates_to_watch(platform: Platform) -> list[date]:
    """Today, yesterday (its grades are due now), and every date with an alert that is open or of which a channel is still to hear."""
    rows = platform.warehouse.query(_UNFINISHED_DATES, {"end_date": platform.today + timedelta(days=1)})
    return sorted({platform.today, platform.today - timedelta(days=1), *rows["game_date"].to_pylist()})


def _looked(
    platform: Platform, days: Sequence[date], automation: Automation, channels: Sequence[Channel], *, is_dry: bool
) -> Watch:
    bounds, ui_url = bounds_of(platform), platform.settings.ui_url
    found = [alert for day in days for alert in alerts_of(facts_of(platform, day, automation), bounds, ui_url)]
    known = _known(platform, days, max([*days, *(alert.game_date for alert in found)]))
    courier = _Courier(platform, channels, is_dry)
    standing = [courier.deliver(one, known.get(one.key)) for one in _standing(found, known.values(), platform.now)]
    names = [channel.name for channel in channels]
    worst_first = sorted(standing, key=lambda one: (not one.is_open, -one.alert.severity, one.key))
    return Watch(days, worst_first, courier.sendings, names)


# -- facts --------------------------------------------------------------------------------------------------------------


def bounds_of(platform: Platform) -> Bounds:
    """From where figures are told, by the settings and the verdict's own limits."""
    return Bounds(WARN_BELOW_PCT, CRITICAL_BELOW_PCT, platform.settings.alert_unresolved_names)


def _owed_since(platform: Platform) -> datetime:
    """When the platform first ran anything here, UTC; before any season if nothing ever did: then all of it is owed."""
    found = platform.warehouse.query("select min(started_at) as first_run from nba_reference.processor_run_history")
    return found["first_run"][0].as_py() or datetime(2000, 1, 1, tzinfo=UTC)


def facts_of(platform: Platform, day: date, automation: Automation = BY_HAND) -> Facts:
    """What the tables, the bucket and the run history hold of a slate now, as the rules want it."""
    slate = slate_facts(platform, day, day)[day]
    operations = operations_of(platform, slate)
    done = [
        (run["processor_name"], run["started_at"])
        for run in operations.runs
        if run["is_of_date"] and run["status"] in _DONE_OR_AT_WORK
    ]
    since = _owed_since(platform)
    missed = [one for one in missed_duties(day, done, platform.now, automation.duties) if one.due_at >= since]
    return Facts(
        game_date=day,
        now=platform.now,
        coverage=_coverage(platform, slate),
        batches=_batches(slate),
        exports=_exports(slate, operations),
        is_unpredicted=bool(slate.games) and not slate.predictions and day >= slate_date(since),
        missed=missed if slate.games else (),
        given_up=automation.given_up.get(day, {}) if slate.games else {},
        failed_steps=[
            StepFacts(step, asset_of(step), step in operations.interrupted_steps) for step in operations.failed_steps
        ],
        sources=shortfalls(_feeds(platform, day), bool(slate.games)),
        unanswered=automation.unanswered if day == platform.today else {},
        orphans=_orphans(platform),
        unresolved_names=operations.unresolved_names,
        failed_checks=[
            CheckFacts(check["asset"], check["check_name"], check["severity"], check["detail"])
            for check in slate.failed_checks
        ],
    )


def _coverage(platform: Platform, slate: SlateFacts) -> CoverageFacts | None:
    row = slate.coverage
    if row is None or not slate.games:
        return None
    span = {"start_date": slate.game_date - _BEFORE, "end_date": slate.game_date - timedelta(days=1)}
    before = platform.warehouse.query(_COVERAGE_BEFORE, span)["coverage_pct"].to_pylist()
    return CoverageFacts(row["coverage_pct"], row["expected"], row["predicted"], before[0] if before else None)


def _batches(slate: SlateFacts) -> list[BatchFacts]:
    """Batches that ended badly; one that is still open, or waits for its merge, has not ended."""
    return [
        BatchFacts(batch["batch_id"], batch["state"] == "failed", unfinished_in_words(batch))
        for batch in unfinished_batches(slate)
        if batch["state"] in ("failed", "partial")
    ]


def _exports(slate: SlateFacts, operations: Operations) -> list[ExportFacts]:
    if not slate.games:
        return []
    return [ExportFacts(path, fault, slate.changed_at) for path, fault in export_faults(slate, operations).items()]


def _feeds(platform: Platform, day: date) -> list[FeedFacts]:
    """Answers that are filed under the date, by source and feed."""
    return [FeedFacts(**row) for row in platform.warehouse.query(_FEEDS, {"start_date": day}).to_pylist()]


def _orphans(platform: Platform) -> dict[date, str]:
    """Staging older than the grace period, of whatever slate, in words by its slate date."""
    before = platform.now - timedelta(minutes=platform.settings.staging_grace_minutes)
    left: dict[date, list[str]] = {}
    for one in platform.warehouse.staging_tables():
        if one.created_at < before:
            left.setdefault(one.game_date, []).append(one.batch_id)
    return {day: f"{len(batches)} tables of {', '.join(sorted(set(batches)))}" for day, batches in left.items()}


# -- what stands, and who knows -----------------------------------------------------------------------------------------


def _standing(found: Iterable[Alert], known: Iterable[Standing], now: datetime) -> list[Standing]:
    """Alerts that are found, as open, and those known of before that are not, as resolved."""
    before = {one.key: one for one in known}
    standing = {}
    for alert in found:
        key = (alert.game_date, alert.fingerprint)
        was = before.get(key)
        first, heard = (was.first_raised_at, was.heard) if was else (now, {})
        is_same = was is not None and was.is_open and was.alert == alert
        standing[key] = Standing(alert, True, first, was.changed_at if was and is_same else now, heard)
    for key, was in before.items():
        if key not in standing:
            standing[key] = replace(was, is_open=False, changed_at=now) if was.is_open else was
    return list(standing.values())


class _Courier:
    """Tells channels what they are due, alert by alert, and records each alert before the next one is told."""

    def __init__(self, platform: Platform, channels: Sequence[Channel], is_dry: bool) -> None:
        self.platform = platform
        self.channels = channels
        self.is_dry = is_dry
        self.sendings: list[Sending] = []
        self._unreachable: set[str] = set()
        self._remind_after = timedelta(hours=platform.settings.alert_reminder_hours)

    def deliver(self, one: Standing, was: Standing | None) -> Standing:
        """The alert as it stands once every channel was told; recorded if that is anything new."""
        heard = dict(one.heard)
        for channel in self.channels:
            before = heard.get(channel.name, Heard())
            telling = to_tell(one.is_open, one.alert.severity, before.told, self.platform.now, self._remind_after)
            if telling is not None:
                heard[channel.name] = self._tell(one, telling, channel, before)
        now = replace(one, heard=heard)
        if not self.is_dry and now != was:
            self.platform.warehouse.upsert(ALERTS, pa.Table.from_pylist([_row(now)], schema=arrow_schema(ALERTS)))
        return now

    def _tell(self, one: Standing, telling: Telling, channel: Channel, before: Heard) -> Heard:
        if self.is_dry:
            self.sendings.append(Sending(one.alert, telling, channel.name, is_dry=True))
            return before
        refusal = self._refusal(one.alert, telling, channel)
        self.sendings.append(Sending(one.alert, telling, channel.name, refusal))
        if refusal is None:
            return Heard(Told(one.is_open, one.alert.severity, self.platform.now))
        return Heard(before.told, refusal)

    def _refusal(self, alert: Alert, telling: Telling, channel: Channel) -> str | None:
        """A channel that cannot be reached is not waited for at every alert; one that refuses a message may take the next."""
        if channel.name in self._unreachable:
            return _NOT_TRIED
        delivery = send(channel, message_of(alert, telling))
        if delivery.is_unreachable:
            self._unreachable.add(channel.name)
        return delivery.refusal


# -- the table ----------------------------------------------------------------------------------------------------------


def _known(platform: Platform, days: Sequence[date], until: date) -> dict[tuple[date, str], Standing]:
    """What is recorded of the dates, and of orphaned staging of any up to `until` or tomorrow, however old."""
    until = max(until, platform.today + timedelta(days=1))
    rows = platform.warehouse.query(_OF_ORPHANS, {"end_date": until}).to_pylist()
    for day in days:
        rows += platform.warehouse.query(_OF_DAY, {"start_date": day, "end_date": day}).to_pylist()
    known = [_read(row) for row in rows]
    return {one.key: one for one in known}


def _read(row: Row) -> Standing:
    alert = Alert(
        Situation(row["situation"]),
        row["game_date"],
        row["subject"],
        Severity[row["severity"].upper()],
        row["alert_text"],
        row["next_step"],
        row["link"],
    )
    heard = {channel: _heard(found) for channel, found in json.loads(row["deliveries"]).items()}
    return Standing(alert, row["state"] == "open", row["first_raised_at"], row["changed_at"], heard)


def _row(one: Standing) -> Row:
    return {
        "game_date": one.alert.game_date,
        "fingerprint": one.alert.fingerprint,
        "situation": one.alert.situation.value,
        "subject": one.alert.subject,
        "state": "open" if one.is_open else "resolved",
        "severity": one.alert.severity.word,
        "alert_text": one.alert.text,
        "next_step": one.alert.next_step,
        "link": one.alert.link,
        "first_raised_at": one.first_raised_at,
        "changed_at": one.changed_at,
        "sent_at": one.sent_at,
        "deliveries": json.dumps({channel: _delivery(heard) for channel, heard in sorted(one.heard.items())}),
    }


def _heard(found: Mapping[str, Any]) -> Heard:
    if found["state"] is None:
        return Heard(None, found["refusal"])
    at = datetime.fromisoformat(found["at"])
    return Heard(Told(found["state"] == "open", Severity[found["severity"].upper()], at), found["refusal"])


def _delivery(heard: Heard) -> dict[str, str | None]:
    told = heard.told
    if told is None:
        return {"state": None, "severity": None, "at": None, "refusal": heard.refusal}
    return {
        "state": "open" if told.is_open else "resolved",
        "severity": told.severity.word,
        "at": told.at.isoformat(),
        "refusal": heard.refusal,
    }
