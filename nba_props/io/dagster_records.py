"""What Dagster's records say of the daemon: heartbeats of its loops, and the ticks of schedules and sensors. Only read.

Importing Dagster costs half of what `status` costs in all, so its SQLite files are read as they are: three tables, and
of their bodies the members below. Records elsewhere (PostgreSQL) are read through Dagster's own client, imported then.
Nothing is ever created: no file, no table. What belongs here: finding and reading the records. What does not: what to think
of them (`daemon_health.py`), and removing any (`dagster_retention.py`).
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nba_props.errors import NbaPropsError
from nba_props.io.redaction import redact

OWN_SETTINGS: Final = "# Written by nba-props"
"""How a `dagster.yaml` begins that is ours: its records are where the template has them."""

_BUSY_SECONDS = 5

_HEARTBEATS = "select daemon_type, timestamp, body from daemon_heartbeats order by daemon_type"

# A tick that has begun says nothing yet. A bare column beside max() is that of the row with the maximum (SQLite).
_STARTERS = """
select
    i.instigator_type as kind, i.status, i.instigator_body as body,
    (
        select t.timestamp || ' ' || t.status from job_ticks as t
        where t.selector_id = i.selector_id and t.status <> 'STARTED' order by t.timestamp desc limit 1
    ) as last_tick,
    f.failures, f.failed_at, f.tick_body
from instigators as i
left join (
    select selector_id, count(*) as failures, max(timestamp) as failed_at, tick_body
    from job_ticks
    where selector_id in (select selector_id from instigators) and timestamp >= ? and status = 'FAILURE'
    group by selector_id
) as f on f.selector_id = i.selector_id
where i.instigator_type in ('SCHEDULE', 'SENSOR')
"""


RECORDS_BOOK = "docs/runbooks/daemon.md, records that cannot be read"
"""The next step where Dagster's records are damaged."""


class RecordsUnreadable(NbaPropsError):
    """Dagster's records are there and cannot be read."""


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of one of the daemon's loops, and what went wrong in it within five minutes before."""

    loop: str
    at: datetime
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Failures:
    """Failed ticks of one schedule or sensor since an instant: how many, and the newest."""

    count: int
    last_at: datetime
    error: str


@dataclass(frozen=True)
class Starter:
    """A schedule or sensor as recorded. `status` is RUNNING or STOPPED by hand, or DECLARED_IN_CODE: on by its default.

    `last_tick_at` is of the newest tick that has ended, `has_failed` whether that one failed.
    """

    name: str
    is_sensor: bool
    status: str
    last_tick_at: datetime | None
    has_failed: bool
    failures: Failures | None


@dataclass(frozen=True)
class Records:
    """All of it; empty where no daemon ever ran."""

    heartbeats: tuple[Heartbeat, ...] = ()
    starters: tuple[Starter, ...] = ()


def read_records(home: Path, failed_since: datetime) -> Records:
    """Records of Dagster's home directory, with the failures since an instant (UTC). RecordsUnreadable if there is no telling."""
    try:
        files = _sqlite_files(home)
        if files is None:
            return _through_dagster(home, failed_since)
        runs, schedules = files
        return Records(tuple(_heartbeats(runs)), tuple(_starters(schedules, failed_since)))
    except (sqlite3.Error, OSError, LookupError, TypeError, ValueError) as error:
        raise _unreadable(home, error) from error


def _unreadable(home: Path, error: Exception) -> RecordsUnreadable:
    said = redact(f"{type(error).__name__}: {error}".splitlines()[0])
    return RecordsUnreadable(
        f"Dagster's records of {home} cannot be read: {said.removesuffix('.')}.",
        next_step=RECORDS_BOOK,
    )


def _sqlite_files(home: Path) -> tuple[Path, Path] | None:
    """Files of runs and of schedules; None where the settings name another storage."""
    config = home / "dagster.yaml"
    text = config.read_text(encoding="utf-8") if config.exists() else OWN_SETTINGS
    if text.startswith(OWN_SETTINGS):
        return _files_in(home / "history", home / "schedules")
    import yaml  # type: ignore[import-untyped]

    try:
        settings = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{config} is no YAML") from error
    if "storage" in settings:
        base = settings["storage"].get("sqlite", {}).get("base_dir")
        return _files_in(Path(base) / "history", Path(base) / "schedules") if base else None
    runs, schedules = settings.get("run_storage"), settings.get("schedule_storage")
    named = [_directory(runs, "SqliteRunStorage", home / "history")]
    named.append(_directory(schedules, "SqliteScheduleStorage", home / "schedules"))
    return None if None in named else _files_in(*(one for one in named if one))


def _directory(storage: Mapping[str, Any] | None, sqlite_class: str, default: Path) -> Path | None:
    if storage is None:
        return default
    return Path(storage["config"]["base_dir"]) if storage["class"] == sqlite_class else None


def _files_in(runs: Path, schedules: Path) -> tuple[Path, Path]:
    return runs / "runs.db", schedules / "schedules.db"


# -- SQLite, as it lies there -------------------------------------------------------------------------------------------


def _heartbeats(file: Path) -> Iterator[Heartbeat]:
    for loop, at, body in _rows(file, _HEARTBEATS):
        errors = json.loads(body)["errors"] or ()
        yield Heartbeat(loop, _instant(at), tuple(_first_lines(error) for error in errors))


def _starters(file: Path, failed_since: datetime) -> Iterator[Starter]:
    since = failed_since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    for kind, status, body, last_tick, count, failed_at, tick in _rows(file, _STARTERS, since):
        at, _, how = (last_tick or "").rpartition(" ")
        failures = Failures(count, _instant(failed_at), _first_lines(json.loads(tick)["error"])) if count else None
        name = json.loads(body)["origin"]["job_name"]
        yield Starter(name, kind == "SENSOR", status, _instant(at) if at else None, how == "FAILURE", failures)


def _rows(file: Path, sql: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of a query; none where the file is not.

    Opened as Dagster does, and told not to write: opened read-only, SQLite would leave the files of its log behind.
    """
    if not file.exists():
        return []
    url = f"{file.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(url, uri=True, timeout=_BUSY_SECONDS)) as opened:
        opened.execute("PRAGMA query_only = 1")
        return opened.execute(sql, values).fetchall()


def _instant(text: str) -> datetime:
    """As Dagster stores instants: UTC without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _first_lines(error: Mapping[str, Any] | None) -> str:
    """The first line of an error, and that of what caused it in the first place: the outer one is often Dagster's own."""
    if error is None:
        return "no reason was recorded"
    cause = error
    while cause["cause"]:
        cause = cause["cause"]
    lines = dict.fromkeys(_first_line(one["message"]) for one in (error, cause))
    return redact(", by ".join(lines))


def _first_line(message: str) -> str:
    return (message.strip().splitlines() or [""])[0].strip()


# -- anywhere else, through Dagster --------------------------------------------------------------------------------------


def _through_dagster(home: Path, failed_since: datetime) -> Records:
    """Of the instance only these two storages are opened: launchers and coordinators may want what is not here."""
    from dagster._core.instance.ref import InstanceRef

    try:
        ref = InstanceRef.from_dir(str(home))
        runs, schedules = _opened(ref.run_storage_data), _opened(ref.schedule_storage_data)
        beats = sorted(runs.get_daemon_heartbeats().values(), key=lambda one: str(one.daemon_type))
        states = schedules.all_instigator_state()
        return Records(
            tuple(
                Heartbeat(one.daemon_type, datetime.fromtimestamp(one.timestamp, UTC), _texts(one.errors or ()))
                for one in beats
            ),
            tuple(_starter_of(schedules, state, failed_since) for state in states),
        )
    except Exception as error:  # whatever a server, a driver or Dagster's configuration answers
        raise _unreadable(home, error) from error


def _opened(storage: Any) -> Any:
    """A storage by its settings, told not to create what is not there."""
    import yaml

    config = yaml.safe_load(storage.config_yaml) | {"should_autocreate_tables": False}
    return storage._replace(config_yaml=yaml.safe_dump(config)).rehydrate(as_type=object)


def _starter_of(schedules: Any, state: Any, failed_since: datetime) -> Starter:
    from dagster._core.scheduler.instigation import InstigatorType, TickStatus

    of_it = (state.instigator_origin_id, state.selector_id)
    ended = [one for one in TickStatus if one is not TickStatus.STARTED]
    last = next(iter(schedules.get_ticks(*of_it, limit=1, statuses=ended)), None)
    failed = schedules.get_ticks(*of_it, after=failed_since.timestamp(), statuses=[TickStatus.FAILURE])
    newest = failed[0] if failed else None
    return Starter(
        state.instigator_name,
        state.instigator_type is InstigatorType.SENSOR,
        state.status.value,
        datetime.fromtimestamp(last.timestamp, UTC) if last else None,
        last is not None and last.status is TickStatus.FAILURE,
        Failures(len(failed), datetime.fromtimestamp(newest.timestamp, UTC), _texts([newest.error])[0])
        if newest
        else None,
    )


def _texts(errors: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_first_lines(_members(error)) for error in errors)


def _members(error: Any) -> dict[str, Any] | None:
    return error and {"message": error.message, "cause": _members(error.cause)}
