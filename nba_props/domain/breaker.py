"""The circuit breaker of a prediction system: when it is not called for a while, and when it gets another try.

Here belong the rule and its words. Not here: where attempts are kept and clocks are read (`nba_props/breaker.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

REFUSES_EVERYBODY_FROM: Final = 0.95
"""Share of players from which refusing them is a failure of a system that has answered before."""

_OPEN: Final = "circuit open until "


@dataclass(frozen=True)
class Attempt:
    """One call of a system, for a batch or for those of a range: `error` if it raised, else how many of its players it refused.

    `excused` of the `refused` have a reason in `systems.base.EXCUSED_REFUSALS`.
    """

    at: datetime
    error: str | None = None
    players: int = 0
    refused: int = 0
    excused: int = 0

    @property
    def refuses_everybody(self) -> bool:
        return self.players > 0 and self.refused - self.excused >= REFUSES_EVERYBODY_FROM * self.players

    @property
    def has_answers(self) -> bool:
        return self.error is None and self.refused < REFUSES_EVERYBODY_FROM * self.players

    @property
    def said(self) -> str:
        return self.error or f"refused {self.refused} of {self.players} players"


@dataclass(frozen=True)
class Circuit:
    """A system that failed in its last calls: open until `until`, then half-open, which is one try."""

    since: datetime
    until: datetime
    failures: int
    error: str

    def holds_at(self, now: datetime) -> bool:
        return now < self.until

    @property
    def reason(self) -> str:
        """What is recorded of a batch for which the system was not called."""
        return f"{_OPEN}{self.until:%Y-%m-%d %H:%M:%S} UTC: {self.error}"


def circuit_of(attempts: Sequence[Attempt], failures: int, cooldown: timedelta) -> Circuit | None:
    """The circuit of one system by its attempts, one a call, in the order they were made; None while it is closed.

    It opens at the `failures`-th failure in a row, since the last one it stays open for `cooldown`, and any success
    closes it.
    """
    failed: list[Attempt] = []
    has_answered = False
    for attempt in attempts:
        is_failure = attempt.error is not None or (has_answered and attempt.refuses_everybody)
        failed = [*failed, attempt] if is_failure else []
        has_answered = has_answered or attempt.has_answers
    if len(failed) < failures:
        return None
    return Circuit(failed[failures - 1].at, failed[-1].at + cooldown, len(failed), failed[-1].said)


def cause_of(error: str) -> str:
    """What a system raised, without the words that a batch it was not called for put before it."""
    return error.split(": ", 1)[1] if error.startswith(_OPEN) else error
