"""Whether what runs by itself is alive: the daemon's pulse, whether it loads our code, and which ticks failed.

A dead daemon cannot report itself, so `status` asks its records, and from cron is the watchdog outside. Whether the code
loads is told by its effects: a living daemon has every sensor look once a minute or so, and one whose code location
does not load has none look and records no error. What belongs here: limits, and what is to be said of the records. What
does not: reading them (`io/dagster_records.py`), and the slate (`health`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from nba_props.health import Finding, Level
from nba_props.io.dagster_records import Records, RecordsUnreadable, Starter, read_records
from nba_props.platform import Platform

LATE_AFTER = timedelta(minutes=10)
"""A loop without a heartbeat for so long is late. A living one gives a sign every 30 seconds, but not within a slow step."""
QUIET_AFTER = timedelta(minutes=15)
"""No sensor has looked for so long: three times the slowest one's interval."""
FAILED_WITHIN = timedelta(hours=24)

_LOOPS: Final = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR")
"""Without any of these nothing starts by itself."""
_BOOK: Final = "docs/runbooks/daemon.md"
_MOST_TOLD = 3
"""Findings about ticks that are failing; the others are counted, and all are in the JSON."""


class Pulse(StrEnum):
    """What the heartbeats say."""

    ALIVE = "alive"
    LATE = "late"
    NEVER_RAN = "never ran"
    UNKNOWN = "unknown"


class CodeLocation(StrEnum):
    """What the looks of sensors say."""

    LOADS = "loads"
    DOES_NOT_LOAD = "does not load"
    UNKNOWN = "unknown"
    """No sensor is switched on, or the daemon is not alive."""


class FailedTicks(BaseModel):
    """Ticks of one schedule or sensor that failed within 24 hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    failures: int
    last_at: datetime
    error: str
    is_failing: bool
    """TRUE if it is switched on and no tick has succeeded since."""


class DaemonHealth(BaseModel):
    """The `daemon` object of `nba-props status --json`. Instants are of the machine's clock, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pulse: Pulse
    is_wanted: bool
    """TRUE if anything is to run by itself: NBA_PROPS_AUTOMATION, or a schedule or sensor that is switched on."""
    heartbeats: dict[str, datetime] = {}
    late_loops: list[str] = []
    loop_errors: dict[str, list[str]] = {}
    code_location: CodeLocation = CodeLocation.UNKNOWN
    last_look_at: datetime | None = None
    switched_on: list[str] = []
    failed_ticks: list[FailedTicks] = []
    unreadable: str | None = None


def daemon_health(platform: Platform) -> DaemonHealth:
    """What this home's records of Dagster say now. Nothing is created, and records that cannot be read are an answer, too."""
    now = datetime.now(UTC)  # Dagster's records are of the machine's clock, whatever a rehearsal pretends
    is_automatic = platform.settings.automation
    try:
        records = read_records(platform.home / "dagster", now - FAILED_WITHIN)
    except RecordsUnreadable as refusal:
        return DaemonHealth(pulse=Pulse.UNKNOWN, is_wanted=is_automatic, unreadable=refusal.message)
    return judged(records, is_automatic, now)


def judged(records: Records, is_automatic: bool, now: datetime) -> DaemonHealth:
    """What records say at an instant; `is_automatic` if schedules and sensors are to be on by their default."""
    on = _switched_on(records.starters, is_automatic)
    heartbeats = {one.loop: one.at for one in records.heartbeats}
    late = [loop for loop in _LOOPS if loop not in heartbeats or now - heartbeats[loop] > LATE_AFTER]
    pulse = Pulse.NEVER_RAN if heartbeats.keys().isdisjoint(_LOOPS) else Pulse.LATE if late else Pulse.ALIVE
    looks = [one.last_tick_at for one in on if one.is_sensor and one.last_tick_at]
    return DaemonHealth(
        pulse=pulse,
        is_wanted=is_automatic or bool(on),
        heartbeats=heartbeats,
        late_loops=late if pulse is Pulse.LATE else [],
        loop_errors={one.loop: list(one.errors) for one in records.heartbeats if one.errors and pulse is Pulse.ALIVE},
        code_location=_code_location(pulse, on, records.starters, is_automatic, now),
        last_look_at=max(looks, default=None),
        switched_on=sorted(one.name for one in on),
        failed_ticks=_failed_ticks(records.starters, on),
    )


def _switched_on(starters: Sequence[Starter], is_automatic: bool) -> list[Starter]:
    """Those on by hand, and those on by default while that is the default.

    Dagster forgets such a schedule when the default goes, such a sensor never: it counts while a schedule tells the same.
    """
    is_default = is_automatic or any(one.status == "DECLARED_IN_CODE" for one in starters if not one.is_sensor)
    wanted = {"RUNNING", "DECLARED_IN_CODE"} if is_default else {"RUNNING"}
    return [one for one in starters if one.status in wanted]


def _code_location(
    pulse: Pulse, on: Sequence[Starter], starters: Sequence[Starter], is_automatic: bool, now: datetime
) -> CodeLocation:
    sensors = [one for one in on if one.is_sensor]
    if pulse is not Pulse.ALIVE or not (sensors or (is_automatic and not starters)):
        return CodeLocation.UNKNOWN
    is_looking = any(one.last_tick_at and now - one.last_tick_at <= QUIET_AFTER for one in sensors)
    return CodeLocation.LOADS if is_looking else CodeLocation.DOES_NOT_LOAD


def _failed_ticks(starters: Sequence[Starter], on: Sequence[Starter]) -> list[FailedTicks]:
    found = [
        FailedTicks(
            name=one.name,
            failures=one.failures.count,
            last_at=one.failures.last_at,
            error=one.failures.error,
            is_failing=one.has_failed and one in on,
        )
        for one in starters
        if one.failures
    ]
    return sorted(found, key=lambda one: (not one.is_failing, one.name))


# -- what is to be said ------------------------------------------------------------------------------------------------


def daemon_findings(found: DaemonHealth, *, is_ahead: bool) -> list[Finding]:
    """What is to be said beside a slate; it degrades one that is not over (`is_ahead`) if anything is to run by itself.

    An evening without games is degraded as well: the next slate needs the daemon, too.
    """
    level = Level.DEGRADED if is_ahead else Level.NOTE
    if found.unreadable:
        return [Finding(level, found.unreadable, f"{_BOOK}, records that cannot be read")]
    level = level if found.is_wanted else Level.NOTE
    findings = _of_pulse(found, level) if found.is_wanted else []
    findings += [
        Finding(
            level,
            f"The daemon's {loop} loop has errors: {_without_stop(errors[0])}.",
            f"read the log of the daemon; {_BOOK}",
        )
        for loop, errors in found.loop_errors.items()
    ]
    return findings + _of_ticks(found.failed_ticks, level)


def _of_pulse(found: DaemonHealth, level: Level) -> list[Finding]:
    start = f"start it again (nba-props ui, or its container); {_BOOK}"
    if found.pulse is Pulse.NEVER_RAN:
        return [Finding(level, "The daemon never ran on this home, and schedules or sensors are to be on.", start)]
    if found.pulse is Pulse.LATE:
        beats = [found.heartbeats[one] for one in found.late_loops if one in found.heartbeats]
        since = (
            f"the last heartbeat was at {max(beats):%Y-%m-%d %H:%M:%S} UTC" if beats else "it never gave a heartbeat"
        )
        return [Finding(level, f"The daemon is late ({', '.join(found.late_loops)}): {since}.", start)]
    if found.code_location is CodeLocation.DOES_NOT_LOAD:
        since = f"since {found.last_look_at:%Y-%m-%d %H:%M:%S} UTC" if found.last_look_at else "ever"
        what = f"The daemon lives, and no sensor has looked {since}: its code location does not load."
        return [
            Finding(level, what, f"python -m dagster definitions validate -m nba_props.definitions says why; {_BOOK}")
        ]
    return []


def _of_ticks(failed: Sequence[FailedTicks], level: Level) -> list[Finding]:
    failing = [one for one in failed if one.is_failing]
    findings = [
        Finding(
            level,
            f"{one.name} fails ({one.failures} in 24 hours), last at {one.last_at:%Y-%m-%d %H:%M:%S} UTC: {_without_stop(one.error)}.",
            f"nba-props ui, its page under Automation has the stack; {_BOOK}",
        )
        for one in failing[:_MOST_TOLD]
    ]
    if more := failing[_MOST_TOLD:]:
        findings.append(
            Finding(level, f"And {', '.join(one.name for one in more)}.", "nba-props status --json has each")
        )
    if over := [one for one in failed if not one.is_failing]:
        counted = ", ".join(f"{one.name} {one.failures}" for one in over)
        findings.append(
            Finding(Level.NOTE, f"Ticks failed within 24 hours, of what has recovered or is off: {counted}.")
        )
    return findings


def _without_stop(text: str) -> str:
    return text.removesuffix(".")
