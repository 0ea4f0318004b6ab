"""Events as Dagster may keep them: redacted on their way into its event log, whichever database holds that.

An event carries what was logged, the error and traceback of a failed step with all its causes, and metadata; any of them
may quote a URL or a header. The event log is the one door they all pass, launched by a command, the UI or a daemon.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import EventLogStorage
from dagster._serdes import deserialize_value, serialize_value

from nba_props.io.redaction import redact_json


def redacted_event(event: EventLogEntry) -> EventLogEntry:
    """The event without secrets; the very same one where there is none. An event that cannot be redacted raises."""
    text = serialize_value(event)
    redacted = redact_json(text)
    return event if redacted == text else deserialize_value(redacted, EventLogEntry)


class RedactedEvents(EventLogStorage if TYPE_CHECKING else object):  # type: ignore[misc]
    """Stands before an event log storage (`class X(RedactedEvents, SomeEventLogStorage)`): nothing is stored around it."""

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(redacted_event(event))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        super().store_event_batch([redacted_event(event) for event in events])
