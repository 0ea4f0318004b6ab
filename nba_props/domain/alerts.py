"""When a person is told: the situations there are, the rules from facts of a slate to alerts, and how often one is said.

Here belong rules and words. Not here: where facts come from and what was said before (`alerting.py`), and how a message
travels (`io/notify.py`). What each situation means and what to type is docs/runbooks/alerts.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum

from nba_props.domain.calendar import EASTERN

RUNBOOK = "docs/runbooks/alerts.md"


class Severity(IntEnum):
    """How much an alert weighs: also the exit code of the worst one open."""

    WARNING = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class Situation(StrEnum):
    """Every kind of thing that a person is told of."""

    LOW_COVERAGE = "low_coverage"
    COVERAGE_FELL = "coverage_fell"
    CONSOLIDATION_FAILED = "consolidation_failed"
    CONSOLIDATION_PARTIAL = "consolidation_partial"
    EXPORT_NOT_TRIGGERED = "export_not_triggered"
    EXPORT_WITHHELD = "export_withheld"
    EXPORT_STALE = "export_stale"
    NO_PREDICTIONS = "no_predictions"
    SCHEDULE_MISSED = "schedule_missed"
    SLATE_GIVEN_UP = "slate_given_up"
    STEP_FAILED = "step_failed"
    SOURCE_PARTIAL = "source_partial"
    SOURCE_EMPTY = "source_empty"
    SOURCE_UNANSWERED = "source_unanswered"
    SOURCE_REFUSED = "source_refused"
    ORPHANED_STAGING = "orphaned_staging"
    UNRESOLVED_NAMES = "unresolved_names"
    SKEW = "skew"
    DRIFT = "drift"
    CHECK_FAILED = "check_failed"


@dataclass(frozen=True)
class Guide:
    """What to type first in a situation (`{day}`, `{subject}`, `{command}`), and the page of the Dagster UI that shows it."""

    next_step: str
    page: str


GUIDES: Mapping[Situation, Guide] = {
    Situation.LOW_COVERAGE: Guide("nba-props coverage {day} --detailed", "assets/monitoring/prediction_coverage"),
    Situation.COVERAGE_FELL: Guide("nba-props coverage {day} --detailed", "assets/monitoring/prediction_coverage"),
    Situation.CONSOLIDATION_FAILED: Guide(
        "nba-props staging consolidate {day} --batch {subject}", "assets/predictions/player_prop_predictions"
    ),
    Situation.CONSOLIDATION_PARTIAL: Guide(
        "nba-props staging consolidate {day} --batch {subject}", "assets/predictions/player_prop_predictions"
    ),
    Situation.EXPORT_NOT_TRIGGERED: Guide("nba-props export {day}", "assets/exports/predictions"),
    Situation.EXPORT_WITHHELD: Guide("nba-props status {day}, then nba-props export {day}", "assets/exports/status"),
    Situation.EXPORT_STALE: Guide("nba-props export {day}", "assets/exports/predictions"),
    Situation.NO_PREDICTIONS: Guide("nba-props run {day}", "assets/predictions/player_prop_predictions"),
    Situation.SCHEDULE_MISSED: Guide("see that the daemon is alive, then {command} {day}", "automation"),
    Situation.SLATE_GIVEN_UP: Guide("read the reason, then nba-props run {day}", "jobs/slate"),
    Situation.STEP_FAILED: Guide("nba-props history {day} --failed, then {command}", "runs"),
    Situation.SOURCE_PARTIAL: Guide("nba-props fetch --source rosters {day}", "runs"),
    Situation.SOURCE_EMPTY: Guide("nba-props fetch --source {subject} --force {day}", "runs"),
    Situation.SOURCE_UNANSWERED: Guide("nba-props doctor, then nba-props fetch --source {subject} {day}", "runs"),
    Situation.SOURCE_REFUSED: Guide(
        "read rejection_reason in nba_raw.landed_payloads, then docs/runbooks/bad-source-day.md", "runs"
    ),
    Situation.ORPHANED_STAGING: Guide(
        "nba-props staging list, then nba-props staging consolidate {day}", "assets/predictions/player_prop_predictions"
    ),
    Situation.UNRESOLVED_NAMES: Guide("nba-props names unresolved", "assets/reference/name_resolution"),
    Situation.SKEW: Guide("read docs/runbooks/system-decay.md", "assets/{subject}"),
    Situation.DRIFT: Guide("read docs/runbooks/system-decay.md", "assets/{subject}"),
    Situation.CHECK_FAILED: Guide("correct it, then nba-props run {day} --select {subject}", "assets/{subject}"),
}


@dataclass(frozen=True)
class Alert:
    """One thing to tell, of one slate date. `subject` tells alerts of one situation apart (a batch, a path, a step)."""

    situation: Situation
    game_date: date
    subject: str
    severity: Severity
    text: str
    next_step: str
    link: str

    @property
    def fingerprint(self) -> str:
        """What makes it the same alert the next time, within its date."""
        return f"{self.situation}/{self.subject}" if self.subject else self.situation.value


# -- facts --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CoverageFacts:
    """Coverage of a slate that has games, 0-100; None where nobody is expected. `pct_before` is the slate's before it."""

    pct: float | None
    expected: int
    predicted: int
    pct_before: float | None = None


@dataclass(frozen=True)
class BatchFacts:
    """A batch that did not end well and that no later one made good; `said` is what became of it, in words."""

    batch_id: str
    is_failed: bool
    said: str


class ExportFault(StrEnum):
    """What can be wrong with a document that a slate should have."""

    MISSING = "missing"
    WITHHELD = "withheld"
    STALE = "stale"


@dataclass(frozen=True)
class ExportFacts:
    """A document that is not as it should be, and when the predictions it shows last changed."""

    path: str
    fault: ExportFault
    changed_at: datetime | None


class Shortfall(StrEnum):
    """How what a source sent disappoints: nothing where there is something, or nothing that can be read."""

    EMPTY = "empty"
    REFUSED = "refused"


@dataclass(frozen=True)
class FeedFacts:
    """The newest answers of one feed of a source for the date: how many, how many of them could not be read or held nothing.

    `why`: the reason of one that could not be read.
    """

    source: str
    feed: str
    answers: int
    unreadable: int = 0
    empty: int = 0
    why: str | None = None


@dataclass(frozen=True)
class SourceFacts:
    """What a source did not give: its name, the feed, and the figures in words."""

    source: str
    feed: str
    fault: Shortfall
    said: str

    @property
    def name(self) -> str:
        return f"{self.source}/{self.feed}"


@dataclass(frozen=True)
class StepFacts:
    """A step whose latest run for the date came to no good end, and the asset that is to be run again for it."""

    step: str
    asset: str
    is_interrupted: bool = False


@dataclass(frozen=True)
class CheckFacts:
    """A check that the date does not pass."""

    asset: str
    name: str
    severity: str
    detail: str


@dataclass(frozen=True)
class Missed:
    """A schedule whose step was not done for the slate since it was due, and the command that does its work by hand."""

    schedule: str
    step: str
    due_at: datetime
    command: str


@dataclass(frozen=True)
class Facts:
    """Everything the rules judge of one slate date, as known at `now`.

    `is_unpredicted`: it has games and no active prediction. `orphans`: leftover staging by its own slate date. `given_up`:
    schedules that attempt the slate no more, and `unanswered`: sources that did not answer, each with the reason.
    """

    game_date: date
    now: datetime
    coverage: CoverageFacts | None = None
    batches: Sequence[BatchFacts] = ()
    exports: Sequence[ExportFacts] = ()
    is_unpredicted: bool = False
    missed: Sequence[Missed] = ()
    given_up: Mapping[str, str] = field(default_factory=dict)
    failed_steps: Sequence[StepFacts] = ()
    sources: Sequence[SourceFacts] = ()
    unanswered: Mapping[str, str] = field(default_factory=dict)
    orphans: Mapping[date, str] | None = None
    unresolved_names: int = 0
    failed_checks: Sequence[CheckFacts] = ()


@dataclass(frozen=True)
class Bounds:
    """From where a figure is worth telling. Coverage in percent; `export_after` is what an export may take to follow."""

    warn_below_pct: float
    critical_below_pct: float
    unresolved_names: int
    fell_below_pct: float = 90.0
    export_after: timedelta = timedelta(minutes=15)


# -- schedules that did not run -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """What a schedule brings about: `step`, for a slate, at `at` US/Eastern, `days` after the slate's date.

    `command`, with the date, does the same by hand.
    """

    schedule: str
    step: str
    at: time
    days: int
    command: str = "nba-props run"

    def due_at(self, day: date) -> datetime:
        """The instant, UTC-comparable, at which the schedule starts the step for that slate."""
        return datetime.combine(day + timedelta(days=self.days), self.at, EASTERN)


_PREDICTIONS = "predictions/player_prop_predictions"
SAME_DAY = Duty("same-day-predictions", _PREDICTIONS, time(11, 30), 0)
DUTIES = (
    Duty("same-day-predictions-tomorrow", _PREDICTIONS, time(18), -1),
    Duty("overnight-predictions", _PREDICTIONS, time(7), 0),
    SAME_DAY,
    Duty("grading-and-results", "grading/prediction_accuracy", time(5), 1, "nba-props grade"),
)
"""What the schedules are to bring about, for whoever has them on to look for; nobody is blamed for one that is off."""
DUTY_TAKES = timedelta(minutes=45)
"""How long after it was due a step may still not have started: what comes before it takes a while."""


def missed_duties(
    day: date, done: Iterable[tuple[str, datetime]], now: datetime, duties: Iterable[Duty]
) -> list[Missed]:
    """Of the duties of a slate with games, those due whose step nobody, schedule or person, has done since or is at.

    `done`: steps that succeeded or are still at work, with the instant at which they started.
    """
    starts = list(done)
    found = []
    for duty in duties:
        due_at = duty.due_at(day)
        is_done = any(step == duty.step and at >= due_at for step, at in starts)
        if now >= due_at + DUTY_TAKES and not is_done:
            found.append(Missed(duty.schedule, duty.step, due_at, duty.command))
    return found


# -- rules --------------------------------------------------------------------------------------------------------------

_SKEW_CHECKS = frozenset({"recommendation_skew", "over_under_skew", "line_concentration"})
_DRIFT_CHECKS = frozenset({"error_decay", "calibration_decay", "value_decay", "interval_coverage"})
_SOURCE_CHECKS = frozenset({"rosters_partial"})
_OWN_RULE = frozenset({"orphaned_staging"})
"""Checks of what is told by another rule here."""
_TOLD_SEVERITIES = {"integrity": Severity.CRITICAL, "error": Severity.WARNING}
"""Other checks are told from this severity on; what only warns stays in `status`."""

_INTERRUPTED = "was interrupted: stopped, or its process died; nothing was wrong with its work"
_EXPORTS = {
    ExportFault.MISSING: (Situation.EXPORT_NOT_TRIGGERED, Severity.CRITICAL, "was not exported"),
    ExportFault.WITHHELD: (Situation.EXPORT_WITHHELD, Severity.CRITICAL, "was withheld; the last good one stays"),
    ExportFault.STALE: (Situation.EXPORT_STALE, Severity.WARNING, "is older than the predictions"),
}
_SOURCES = {
    Shortfall.EMPTY: (Situation.SOURCE_EMPTY, Severity.WARNING),
    Shortfall.REFUSED: (Situation.SOURCE_REFUSED, Severity.WARNING),
}
_NEVER_EMPTY = frozenset(
    {
        "balldontlie/box_scores",
        "balldontlie/player_injuries",
        "balldontlie/standings",
        "espn/scoreboard",
        "nba_stats/player_index",
        "nba_stats/schedule",
    }
)
"""Feeds that list something for every date with games, long before they begin. Of any other, nothing may be the truth.

Only such as fill a table are counted: BettingPros' events are where its offers are asked for, and have no row of their own.
"""


def shortfalls(feeds: Iterable[FeedFacts], has_games: bool) -> list[SourceFacts]:
    """What is to be said of the answers landed for a date. A source that did not answer has none, and is not among them."""
    found = []
    for one in feeds:
        if one.unreadable:
            said = f"{one.unreadable} of {one.answers} answers cannot be read: {(one.why or '').removesuffix('.')}"
            found.append(SourceFacts(one.source, one.feed, Shortfall.REFUSED, said))
        elif has_games and one.empty == one.answers and f"{one.source}/{one.feed}" in _NEVER_EMPTY:
            said = "it names nothing, on a date with games"
            found.append(SourceFacts(one.source, one.feed, Shortfall.EMPTY, said))
    return found


def alerts_of(facts: Facts, bounds: Bounds, ui_url: str) -> list[Alert]:
    """What is to be told of a slate's facts; empty where all is well. `ui_url` is the address that links lead to."""
    tell = _Teller(facts.game_date, ui_url)
    return [
        *_coverage(facts, bounds, tell),
        *_batches(facts, tell),
        *_exports(facts, bounds, tell),
        *_unpredicted(facts, tell),
        *_work(facts, tell),
        *_sources(facts, tell),
        *_leftovers(facts, bounds, tell),
        *_checks(facts, tell),
    ]


_DETAIL = "#"
"""In a subject, before what only tells alerts apart: of an asset, which check; of a source, which feed."""


@dataclass(frozen=True)
class _Teller:
    """Makes alerts of one date, each with its next step and link."""

    game_date: date
    ui_url: str

    def __call__(
        self,
        situation: Situation,
        severity: Severity,
        text: str,
        subject: str = "",
        *,
        day: date | None = None,
        command: str = "",
    ) -> Alert:
        day = day or self.game_date
        guide = GUIDES[situation]
        about = subject.split(_DETAIL)[0]
        step = guide.next_step.format(day=day, subject=about, command=command)
        link = f"{self.ui_url.rstrip('/')}/{guide.page.format(subject=about)}"
        return Alert(situation, day, subject, severity, text, step, link)


def _coverage(facts: Facts, bounds: Bounds, tell: _Teller) -> list[Alert]:
    found = facts.coverage
    if found is None:
        return []
    if found.pct is None:
        return [tell(Situation.LOW_COVERAGE, Severity.CRITICAL, "Games are scheduled and nobody is expected.")]
    counted = f"{found.predicted} of {found.expected} expected players, {found.pct:.1f} %"
    alerts = []
    if found.pct < bounds.warn_below_pct:
        is_critical = found.pct < bounds.critical_below_pct
        limit = bounds.critical_below_pct if is_critical else bounds.warn_below_pct
        severity = Severity.CRITICAL if is_critical else Severity.WARNING
        alerts.append(tell(Situation.LOW_COVERAGE, severity, f"Coverage is below {limit:.0f} %: {counted}."))
    if found.pct_before is not None and found.pct < bounds.fell_below_pct <= found.pct_before:
        text = f"Coverage fell below {bounds.fell_below_pct:.0f} %: {counted}, after {found.pct_before:.1f} % before."
        alerts.append(tell(Situation.COVERAGE_FELL, Severity.WARNING, text))
    return alerts


def _batches(facts: Facts, tell: _Teller) -> list[Alert]:
    return [
        tell(
            Situation.CONSOLIDATION_FAILED if batch.is_failed else Situation.CONSOLIDATION_PARTIAL,
            Severity.CRITICAL if batch.is_failed else Severity.WARNING,
            batch.said,
            batch.batch_id,
        )
        for batch in facts.batches
    ]


def _exports(facts: Facts, bounds: Bounds, tell: _Teller) -> list[Alert]:
    """A document gets its time to follow the predictions; one that was withheld has had it."""
    alerts = []
    for export in facts.exports:
        is_expected = export.changed_at is not None and facts.now - export.changed_at >= bounds.export_after
        if export.fault is ExportFault.WITHHELD or is_expected:
            situation, severity, said = _EXPORTS[export.fault]
            alerts.append(tell(situation, severity, f"{export.path} {said}.", export.path))
    return alerts


def _unpredicted(facts: Facts, tell: _Teller) -> list[Alert]:
    """Nothing is active though it should be by now, whoever was to see to it."""
    if not facts.is_unpredicted or facts.now < SAME_DAY.due_at(facts.game_date) + DUTY_TAKES:
        return []
    return [tell(Situation.NO_PREDICTIONS, Severity.CRITICAL, "Games are scheduled and no prediction is active.")]


def _work(facts: Facts, tell: _Teller) -> list[Alert]:
    missed = [
        tell(
            Situation.SCHEDULE_MISSED,
            Severity.CRITICAL,
            f"{one.schedule} was due at {one.due_at:%Y-%m-%d %H:%M} US/Eastern;"
            f" {one.step} has not succeeded for {facts.game_date} since.",
            one.schedule,
            command=one.command,
        )
        for one in facts.missed
    ]
    failed = [
        tell(
            Situation.STEP_FAILED,
            Severity.WARNING,
            f"The latest run of {one.step} for {facts.game_date} {_INTERRUPTED if one.is_interrupted else 'failed'}.",
            one.step,
            command=f"nba-props run {facts.game_date} --select {one.asset}",
        )
        for one in facts.failed_steps
    ]
    given_up = [
        tell(Situation.SLATE_GIVEN_UP, Severity.CRITICAL, f"{name} attempts the slate no more: {reason}.", name)
        for name, reason in facts.given_up.items()
    ]
    return missed + given_up + failed


def _sources(facts: Facts, tell: _Teller) -> list[Alert]:
    alerts = []
    for source in facts.sources:
        situation, severity = _SOURCES[source.fault]
        text = f"{source.name} is {source.fault}: {source.said}."
        alerts.append(tell(situation, severity, text, f"{source.source}{_DETAIL}{source.feed}"))
    for name, said in facts.unanswered.items():
        text = f"{name} did not answer everything it was asked: {said}."
        alerts.append(tell(Situation.SOURCE_UNANSWERED, Severity.WARNING, text, name))
    return alerts


def _leftovers(facts: Facts, bounds: Bounds, tell: _Teller) -> list[Alert]:
    alerts = [
        tell(Situation.ORPHANED_STAGING, Severity.WARNING, f"Orphaned staging: {said}.", day=day)
        for day, said in sorted((facts.orphans or {}).items())
    ]
    if facts.unresolved_names > bounds.unresolved_names:
        text = f"{facts.unresolved_names} quoted names could not be bound to a player, more than {bounds.unresolved_names}."
        alerts.append(tell(Situation.UNRESOLVED_NAMES, Severity.WARNING, text))
    return alerts


def _checks(facts: Facts, tell: _Teller) -> list[Alert]:
    alerts = []
    for check in facts.failed_checks:
        told = _told_as(check)
        if told is not None:
            situation, severity = told
            text = f"Check {check.name} of {check.asset} failed: {check.detail.removesuffix('.')}."
            alerts.append(tell(situation, severity, text, f"{check.asset}{_DETAIL}{check.name}"))
    return alerts


def _told_as(check: CheckFacts) -> tuple[Situation, Severity] | None:
    if check.name in _OWN_RULE:
        return None
    if check.name in _SKEW_CHECKS:
        return Situation.SKEW, Severity.WARNING
    if check.name in _DRIFT_CHECKS:
        return Situation.DRIFT, Severity.WARNING
    if check.name in _SOURCE_CHECKS:
        return Situation.SOURCE_PARTIAL, Severity.WARNING
    severity = _TOLD_SEVERITIES.get(check.severity)
    return None if severity is None else (Situation.CHECK_FAILED, severity)


# -- how often it is said -----------------------------------------------------------------------------------------------


class Telling(StrEnum):
    """Why a channel is told of an alert now."""

    RAISED = "raised"
    WORSENED = "worsened"
    REMINDER = "reminder"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Told:
    """The last that a channel took of an alert: that it is open, and how bad; or that it is resolved."""

    is_open: bool
    severity: Severity
    at: datetime


def to_tell(
    is_open: bool, severity: Severity, told: Told | None, now: datetime, remind_after: timedelta
) -> Telling | None:
    """What one channel is to be told of one alert; None where it knows. What it refused, it was not told.

    Once per opening, again when it is worse than told, again each `remind_after` while open, once when it is resolved.
    """
    knows_open = told is not None and told.is_open
    if not is_open:
        return Telling.RESOLVED if knows_open else None
    if told is None or not told.is_open:
        return Telling.RAISED
    if severity > told.severity:
        return Telling.WORSENED
    return Telling.REMINDER if now - told.at >= remind_after else None


@dataclass(frozen=True)
class Message:
    """What a channel is sent. `severity` is None for news that are good."""

    title: str
    body: str
    severity: Severity | None


LONGEST_BODY = 1500
"""Characters: Discord refuses a message of more than 2,000, its title included."""


def message_of(alert: Alert, telling: Telling) -> Message:
    """An alert in words: what, the next step, and where to look. A text too long for a channel ends in …; the table has all of it."""
    what = f"{alert.situation.replace('_', ' ')}, {alert.game_date}"
    if telling is Telling.RESOLVED:
        return Message(f"[resolved] {what}", _body("Resolved. It was: ", alert.text, f"\n{alert.link}"), None)
    again = "" if telling is Telling.RAISED else f" ({telling})"
    rest = f"\nNext step: {alert.next_step}\nLink: {alert.link}\nRunbook: {RUNBOOK}#{_anchor(alert.situation)}"
    return Message(f"[{alert.severity.word}] {what}{again}", _body("", alert.text, rest), alert.severity)


def _body(before: str, text: str, after: str) -> str:
    """The text between the two, cut so that all of it fits; what follows it is cut only where it alone is too long."""
    return _cut(before + _cut(text, max(LONGEST_BODY - len(before) - len(after), 1)) + after, LONGEST_BODY)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _anchor(situation: Situation) -> str:
    """The heading of a situation's section, as Markdown links to it."""
    return situation.replace("_", "-")
