"""When a source may be asked: the pause between two requests, and how long an answer tells us to stay away.

Time only: nothing here knows HTTP beyond the words of one header, and nothing opens a connection.
"""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 300.0
"""No wait between two tries is longer, whatever a header says."""

Sleep = Callable[[float], None]

_SECONDS = re.compile(r"[0-9]{1,9}")


class Pacer:
    """Lets requests begin at least `pause_seconds` apart, from whichever threads they come."""

    def __init__(
        self, pause_seconds: float, sleep: Sleep = time.sleep, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._pause_seconds = pause_seconds
        self._sleep = sleep
        self._monotonic = monotonic
        self._next_begin = float("-inf")
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return once it is this caller's turn."""
        with self._lock:
            now = self._monotonic()
            begin = max(now, self._next_begin)
            self._next_begin = begin + self._pause_seconds
        if begin > now:
            self._sleep(begin - now)


def retry_after_seconds(value: str | None, answered_at: str | None, now: datetime) -> float | None:
    """Seconds to stay away, 0 to 300, as a `Retry-After` header says (seconds or an HTTP date); None if it says neither.

    A date counts from the answer's own `Date`, so that a clock that is wrong, theirs or ours, makes no long wait; only
    where there is none does it count from `now`.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_WAIT_SECONDS)
    until = _instant(text)
    if until is None:
        return None
    seconds = (until - (_instant(answered_at) or now)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _instant(text: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
