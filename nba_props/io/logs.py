"""What runs say on stderr: one JSON object a line, in the fields that Cloud Logging knows, or text; never a secret.

Dagster hands every record of a run (what assets log, its own events, errors) to the handlers its instance names; ours is
named in `dagster.yaml`, so that runs launched by a command, the UI, a daemon or a pod all log alike. What commands
themselves say goes through `JsonLines`. What belongs here: how a record becomes a line. What does not: what is worth saying.
"""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TextIO

from nba_props.io.redaction import redact, redact_nested
from nba_props.settings import load_settings

LABELS = "logging.googleapis.com/labels"
OPERATION = "logging.googleapis.com/operation"

_SEVERITIES = {logging.DEBUG: "DEBUG", logging.INFO: "INFO", logging.WARNING: "WARNING", logging.ERROR: "ERROR"}


class RunLogHandler(logging.Handler):
    """The last to see a record of a run: writes its JSON line, or leaves the text to Dagster's own console, redacted.

    Dagster prints each record on a coloured console too, which no setting turns off; it looks at the level after the
    handlers have, so a record that was written here goes on with level NOTSET, which no console prints.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._is_json = load_settings().is_json_log

    def emit(self, record: logging.LogRecord) -> None:
        if self._is_json:
            write_line(self._stream or sys.stderr, lambda: entry_of(record))
            record.levelno = logging.NOTSET
        else:
            record.msg, record.args, record.exc_info = redact(logging.Formatter().format(record)), (), None


class JsonLines:
    """A text stream whose every line becomes one JSON object of a severity; for what commands say to people."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO, severity: str = "INFO") -> None:
        self._stream = stream
        self._severity = severity
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            write_line(self._stream, partial(_said, self._severity, line.rstrip()))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return False


def write_line(stream: TextIO, entry: Callable[[], dict[str, Any]]) -> None:
    """One redacted line. What cannot be redacted is withheld, and that is said: a log never leaks because it failed."""
    try:
        line = json.dumps(redact_nested(entry()), ensure_ascii=False)
    except Exception as error:  # noqa: BLE001  fail closed, whatever it is: an error in logging must not print its record
        withheld = f"A log line was withheld: it could not be redacted ({type(error).__name__})."
        line = json.dumps(_said("ERROR", withheld))
    stream.write(f"{line}\n")
    stream.flush()


def entry_of(record: logging.LogRecord) -> dict[str, Any]:
    """A record as Cloud Logging's structured payload: severity, message, time, and whose words they are.

    `run_id`, `job`, `step`, `asset` and `partition` (a date, or first...last) are there where Dagster knows them, as fields
    and as labels, which Cloud Logging indexes; the operation groups the lines of a run.
    """
    meta: Any = getattr(record, "dagster_meta", None) or {}
    event = meta.get("dagster_event")
    facts = {
        "run_id": meta.get("run_id"),
        "job": meta.get("job_name"),
        "step": meta.get("step_key"),
        "asset": _asset(meta.get("step_key"), event),
        "partition": _partition(meta.get("job_tags") or {}, event),
        "event": event.event_type_value if event else None,
    }
    known = {name: value for name, value in facts.items() if value}
    entry: dict[str, Any] = {
        "severity": _SEVERITIES.get(record.levelno, "CRITICAL" if record.levelno > logging.ERROR else "DEFAULT"),
        "message": meta.get("orig_message") or record.getMessage(),
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
        **known,
    }
    error = getattr(event.event_specific_data, "error", None) if event else None
    if error is not None:
        entry["message"] = f"{entry['message']} {error.message}".strip()
        entry["stack_trace"] = error.to_string()
    elif record.exc_info:
        entry["stack_trace"] = logging.Formatter().formatException(record.exc_info)
    if known:
        entry[LABELS] = known
    if known.get("run_id"):
        entry[OPERATION] = {"id": known["run_id"], "producer": "nba_props"}
    return entry


def _asset(step_key: str | None, event: Any) -> str | None:
    """predictions/player_prop_predictions; a step that makes one asset is called after it."""
    key = getattr(event, "asset_key", None) if event else None
    if key is not None:
        return "/".join(key.path)
    return step_key.replace("__", "/") if step_key else None


def _partition(tags: Any, event: Any) -> str | None:
    """The partition of the event, else the partition or range of the run."""
    of_event = getattr(event, "partition", None) if event else None
    if of_event or "dagster/partition" in tags:
        return str(of_event or tags["dagster/partition"])
    start, end = (tags.get(f"dagster/asset_partition_range_{side}") for side in ("start", "end"))
    return start if start == end else f"{start}...{end}"


def _said(severity: str, message: str) -> dict[str, Any]:
    return {"severity": severity, "message": message, "time": datetime.now(UTC).isoformat()}
