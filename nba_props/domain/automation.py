"""When what runs by itself is due: whether to fetch now, when to attempt a slate again, who is to be predicted again.

Here belong rules on facts that are handed in. Not here: schedules, sensors and runs (`nba_props.automation`), and the clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

# -- fetching through the day -------------------------------------------------------------------------------------------

FASTER_BEFORE_TIP = timedelta(minutes=90)
"""How long before a tip-off sources are asked at every tick instead of hourly."""


def why_not_fetch(at: datetime, tips: Iterable[datetime]) -> str | None:
    """Why the tick at `at` asks nothing; None if it does: at the full hour always, between hours only shortly before a tip."""
    if at.minute == 0 or any(at < tip <= at + FASTER_BEFORE_TIP for tip in tips):
        return None
    minutes = FASTER_BEFORE_TIP.total_seconds() / 60
    return f"between full hours, and no game tips within {minutes:.0f} minutes"


RESULTS_WANTED_FOR = timedelta(days=7)
"""How long results that did not come are asked for, and graded when they come; later ones are a person's to ask for."""
RESULTS_OVERDUE_FROM = time(6)
"""US/Eastern: by then the schedule of results has had its turn, and what it did not get is asked for hourly."""


def are_results_overdue(at: datetime) -> bool:
    """TRUE if the tick at `at` (US/Eastern) asks for results of past dates that are missing: at full hours of the day."""
    return at.minute == 0 and at.time() >= RESULTS_OVERDUE_FROM


# -- a slate's attempts -------------------------------------------------------------------------------------------------


class Ending(StrEnum):
    """How an attempt at a slate ended."""

    PUBLISHED = "published"
    NO_SLATE = "no slate"
    NOT_READY = "not ready"
    """An input is not there yet."""
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (Ending.PUBLISHED, Ending.NO_SLATE)


@dataclass(frozen=True)
class Attempt:
    """One attempt that has ended, and what it said."""

    ended_at: datetime
    ending: Ending
    said: str = ""


@dataclass(frozen=True)
class Next:
    """When a slate is attempted again, and why then; `at` is None if it is not."""

    at: datetime | None
    reason: str


MOST_FAILURES = 3
"""Attempts in a row that may fail before only news of an input brings another."""
_AFTER_FAILURE = (timedelta(minutes=1), timedelta(minutes=5))
_AFTER_NOT_READY = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))


def next_attempt(attempts: Sequence[Attempt], news_at: datetime | None, tip: datetime) -> Next:
    """When to try again after these attempts (oldest first): at once on news since the last, else with backoff, until `tip`.

    `news_at` is when anything new last landed. Raises ValueError without an attempt: the first one is a schedule's.
    """
    if not attempts:
        raise ValueError("there is no attempt to follow")
    last = attempts[-1]
    if last.ending.is_final:
        return Next(None, last.ending)
    at, reason = _again(attempts, last, news_at)
    if at is None or at < tip:
        return Next(at, reason)
    return Next(None, f"{last.ending} until tip-off: {last.said}")


def _again(attempts: Sequence[Attempt], last: Attempt, news_at: datetime | None) -> tuple[datetime | None, str]:
    if news_at is not None and news_at > last.ended_at:
        return news_at, "something new has landed"
    in_a_row = _in_a_row(attempts, last.ending)
    if last.ending is Ending.FAILED and in_a_row >= MOST_FAILURES:
        return None, f"failed {in_a_row} times in a row: {last.said}"
    waits = _AFTER_FAILURE if last.ending is Ending.FAILED else _AFTER_NOT_READY
    return last.ended_at + waits[min(in_a_row, len(waits)) - 1], f"after {in_a_row} times {last.ending}"


def _in_a_row(attempts: Sequence[Attempt], ending: Ending) -> int:
    """How many of the last attempts ended so, one after the other."""
    count = 0
    for one in reversed(attempts):
        if one.ending is not ending:
            break
        count += 1
    return count


def given_up(attempts: Sequence[Attempt], news_at: datetime | None, tip: datetime, now: datetime) -> str | None:
    """Why a slate is not attempted any more although nothing of it was published; None if it is, or need not be."""
    if not attempts or attempts[-1].ending.is_final:
        return None
    following = next_attempt(attempts, news_at, tip)
    if following.at is None:
        return following.reason
    return f"{attempts[-1].ending} until tip-off: {attempts[-1].said}" if now >= tip else None


# -- who is predicted again ---------------------------------------------------------------------------------------------

LINE_MOVED = 1.0
"""Points by which a main line has moved from the one that was predicted on, from which the player is predicted again."""


@dataclass(frozen=True)
class PlayerNow:
    """A player of a game that has not begun: as he is known now, and as he was when predicted (None: not, or not so).

    `is_expected`: he is to be predicted as things stand; `is_predicted`: a prediction of him is in force.
    """

    player_id: str
    player_name: str
    team: str
    is_expected: bool
    line: float | None
    injury_status: str | None
    is_predicted: bool
    predicted_line: float | None
    predicted_status: str | None


def players_concerned(slate: Iterable[PlayerNow]) -> Mapping[str, str]:
    """Player ids to predict again, each with its reason: first line, moved line, changed injury status, in or out.

    Who comes in or drops out changes the minutes of his team, so that its other players are concerned too.
    """
    everyone = list(slate)
    changes = {one.player_id: change for one in everyone if (change := _change(one)) is not None}
    comers = {one.team: one.player_name for one in everyone if one.is_expected != one.is_predicted}
    for one in everyone:
        if one.team in comers and (one.is_expected or one.is_predicted):
            changes.setdefault(one.player_id, f"team-mate {comers[one.team]} came in or dropped out")
    return changes


def _change(one: PlayerNow) -> str | None:
    if one.is_expected != one.is_predicted:
        return "newly expected" if one.is_expected else "no longer expected"
    if not one.is_expected:
        return None
    if one.injury_status != one.predicted_status:
        return f"injury status {one.predicted_status or 'none'} is now {one.injury_status or 'none'}"
    if one.line is None:
        return None
    if one.predicted_line is None:
        return f"first line {one.line:g}"
    if abs(one.line - one.predicted_line) >= LINE_MOVED:
        return f"line {one.predicted_line:g} is now {one.line:g}"
    return None
