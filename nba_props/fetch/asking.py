"""One source's part of a fetch: which of its requests are made, in turn, and what a fault of one stops."""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from filelock import FileLock, Timeout

from nba_props.errors import IntegrityFailure, NbaPropsError
from nba_props.fetch.report import Failure, SourceReport, State
from nba_props.io.landing import Landed, land_answer, landed_between, open_landed
from nba_props.io.redaction import redact
from nba_props.io.sources.live import registry
from nba_props.io.sources.live.contract import (
    KeyRefused,
    LiveSource,
    Outcome,
    Payload,
    QuotaExhausted,
    Request,
    Source,
    SourceFault,
    SourceUnavailable,
)
from nba_props.io.sources.live.registry import Wanted
from nba_props.io.sources.live.transport import Transport, key_of, key_variable
from nba_props.platform import Platform

SEASON_REQUESTS = 100
"""A source that needs more for a season is asked for it only when a person chose it."""

ROSTERS, ENOUGH_ROSTERS = "roster", 29
"""Feeds that begin with this word bring a team each; fewer teams than that is a partial league."""

FAULTS_IN_A_ROW = 3
"""Requests that failed one after the other, each with all its tries, after which a source is left alone."""

ABSENT_FOR = timedelta(days=1)
"""How long the word that a document of the past does not exist is taken for it."""

MOST_REQUESTS = 20_000
"""Of one source in one fetch: an answer that leads to another for ever must end somewhere."""

Progress = Callable[[SourceReport], None]
"""Told after each request of each source, from its thread."""

_LOOK_AGAIN_SECONDS = 0.2

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Orders:
    """What every source of one fetch is told. `first`: its first requests, for a date or a season."""

    platform: Platform
    first: Callable[[LiveSource, datetime], Iterable[Request]]
    is_season: bool
    wanted: Wanted
    is_forced: bool
    progress: Progress
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set when the fetch is interrupted: what waits, wakes up and ends."""


def is_good_enough(request: Request, landed: Landed, now: datetime) -> bool:
    """TRUE if a landed answer to this request makes asking again needless: settled, or young enough.

    That there is no such document never settles: a refusal may look the same. It is asked about again the next day.
    """
    is_settled = request.settles_at is not None and landed.fetched_at >= request.settles_at
    if is_settled and landed.outcome is Outcome.CONTENT:
        return True
    return now - landed.fetched_at < (max(request.fresh_for, ABSENT_FOR) if is_settled else request.fresh_for)


class _Stopped(Exception):
    """The fetch was interrupted."""


class Asking:
    """One source's part of a fetch: its requests in turn, in a thread of its own."""

    def __init__(self, source: Source, orders: Orders) -> None:
        self.report = SourceReport(source)
        self._orders = orders
        self._platform = orders.platform
        self._landed = _LandedAnswers(orders.platform, source)
        self._seen: set[_Key] = set()
        self._missing: dict[_Key, tuple[Request, str]] = {}
        self._teams: dict[_Key, bool] = {}
        self._faults_in_a_row = 0

    def run(self) -> SourceReport:
        """The report, whatever happens: a fault of this source, or of its code, stops no other."""
        report, began = self.report, time.monotonic()
        try:
            with _alone(self._platform, report.source, self._sleep):
                self._ask_source(registry.live_source(report.source))
        except (NbaPropsError, OSError) as error:
            report.failures.append(Failure("everything", redact(str(error))))
        except _Stopped:
            report.failures.append(Failure("everything", "interrupted"))
        except Exception as error:  # noqa: BLE001  a bug in one source's code is in its report, with its traceback in the log
            _log.error("fetching from %s: %s", report.source, redact(traceback.format_exc()))
            report.failures.append(Failure("everything", redact(f"unexpected {type(error).__name__}: {error}")))
        report.seconds = time.monotonic() - began
        self._conclude()
        self._orders.progress(report)
        return report

    def _ask_source(self, live: LiveSource) -> None:
        report, settings = self.report, self._platform.settings
        if live.manners.key_setting and not key_of(live.manners, settings):
            report.state = State.NOT_CONFIGURED
            report.reason = f"no key is set: set {key_variable(live.manners)}"
            return
        requests = self._first_requests(live)
        if not requests:
            report.reason = "it offers nothing for this date or season"
            return
        needed = max(live.manners.season_requests, len(requests))
        if self._orders.is_season and self._orders.wanted.is_by_default and needed > SEASON_REQUESTS:
            report.state = State.LEFT_OUT
            report.reason = f"a season takes about {needed:,} requests: ask for it with --source {report.source}"
            return
        with Transport({report.source: live.manners}, settings, self._platform.settings.clock, self._sleep) as line:
            self._ask_all(live, line, requests)
            self._ask_again(live, line)
            report.quota_left = line.remaining(report.source)

    def _first_requests(self, live: LiveSource) -> list[Request]:
        feeds = self._orders.wanted.feeds[self.report.source]
        return [one for one in self._orders.first(live, self._platform.now) if not feeds or one.feed in feeds]

    def _sleep(self, seconds: float) -> None:
        if self._orders.stopped.wait(seconds):
            raise _Stopped

    def _ask_again(self, live: LiveSource, line: Transport) -> None:
        """What is missing, once more: by now a source may have recovered."""
        requests = [request for request, _ in self._missing.values()]
        if self.report.reason or not requests:
            return
        self._missing.clear()
        self._seen -= {_key_of(one) for one in requests}
        self._ask_all(live, line, requests)

    def _ask_all(self, live: LiveSource, line: Transport, requests: Iterable[Request]) -> None:
        waiting = deque(self._new(requests))
        while waiting and not self.report.reason:
            request = waiting.popleft()
            self._sleep(0)
            try:
                waiting.extend(self._new(self._one(live, line, request)))
            except (KeyRefused, QuotaExhausted) as fault:
                self._miss(request, fault)
                self.report.reason = str(fault)
            except (SourceFault, IntegrityFailure) as fault:
                self._miss(request, fault)
                self._faults_in_a_row += isinstance(fault, SourceUnavailable)
                if self._faults_in_a_row >= FAULTS_IN_A_ROW:
                    self.report.reason = f"left alone after {FAULTS_IN_A_ROW} requests in a row that failed"
            self._orders.progress(self.report)
        self.report.not_asked += len(waiting)

    def _new(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Those not met yet in this fetch."""
        for request in requests:
            key = _key_of(request)
            if key not in self._seen:
                if len(self._seen) >= MOST_REQUESTS:
                    raise SourceUnavailable(
                        self.report.source,
                        f"its answers lead to more than {MOST_REQUESTS} requests.",
                        next_step="Look at its last payloads in the landing zone: they may go round in a circle.",
                    )
                self._seen.add(key)
                yield request

    def _one(self, live: LiveSource, line: Transport, request: Request) -> Iterable[Request]:
        """See that one request's answer is landed; what it makes worth asking next."""
        feed = {one.name: one for one in live.feeds}[request.feed]
        earlier = None if self._orders.is_forced else self._landed.last(request)
        if earlier is not None and is_good_enough(request, earlier, self._platform.now):
            self.report.fresh += 1
            landed = earlier
        else:
            self.report.asked += 1
            landed = self._land(line, request, feed.not_published, earlier)
            self._faults_in_a_row = 0
        self._note_team(request, landed)
        if landed.outcome is not Outcome.CONTENT:
            return ()
        return feed.follow(open_landed(self._platform.store, landed))

    def _land(self, line: Transport, request: Request, not_published: frozenset[int], earlier: Landed | None) -> Landed:
        store, report = self._platform.store, self.report
        answer = line.ask(request, not_published, _conditional_on(self._platform, earlier))
        landed = land_answer(store, request, answer, self._platform.now)
        if earlier is not None and (earlier.sha256, earlier.outcome) == (landed.sha256, landed.outcome):
            report.unchanged += 1
        elif landed.outcome is Outcome.NOT_PUBLISHED:
            report.not_published += 1
        else:
            report.landed += 1
        return landed

    def _note_team(self, request: Request, landed: Landed) -> None:
        if request.feed.startswith(ROSTERS):
            has_come = landed.outcome is Outcome.CONTENT
            self._teams[_key_of(request)] = has_come
            if not has_come:
                self._missing[_key_of(request)] = request, "the source says that there is no such roster"

    def _miss(self, request: Request, fault: NbaPropsError) -> None:
        self._missing[_key_of(request)] = request, str(fault)
        if request.feed.startswith(ROSTERS):
            self._teams[_key_of(request)] = False

    def _conclude(self) -> None:
        report = self.report
        report.failures += [Failure(_named(request), reason) for request, reason in self._missing.values()]
        if self._teams:
            report.rosters = sum(self._teams.values()), len(self._teams)
        if report.state is not State.OK:
            return
        if not report.came and (report.failures or report.not_asked):
            report.state = State.FAILED
        elif self._is_partial():
            report.state = State.PARTIAL

    def _is_partial(self) -> bool:
        """One roster of thirty may be missing; nothing else may."""
        report = self.report
        of_teams = sum(request.feed.startswith(ROSTERS) for request, _ in self._missing.values())
        if report.not_asked or len(report.failures) > of_teams:
            return True
        came, asked = report.rosters or (0, 0)
        return came < min(asked, ENOUGH_ROSTERS)


_Key = tuple[str, date, str, tuple[tuple[str, str], ...]]
"""What makes two requests of a source the same: feed, day, label and parameters."""


class _LandedAnswers:
    """The last landed answer to each request of a source, read a day at a time."""

    def __init__(self, platform: Platform, source: Source) -> None:
        self._store = platform.store
        self._source = source
        self._days: dict[date, dict[_Key, Landed]] = {}

    def last(self, request: Request) -> Landed | None:
        if request.day not in self._days:
            landed = landed_between(self._store, request.day, request.day, [self._source])
            self._days[request.day] = {_key_of(one): one for one in landed}
        return self._days[request.day].get(_key_of(request))


def _key_of(one: Request | Landed) -> _Key:
    return one.feed, one.day, one.label, tuple(sorted(one.params.items()))


def _named(request: Request) -> str:
    return " ".join(one for one in (request.feed, str(request.day), request.label) if one)


def _conditional_on(platform: Platform, earlier: Landed | None) -> Payload | None:
    """The earlier answer, if the source named its version: then it can say that it still stands."""
    if (
        earlier is None
        or earlier.outcome is not Outcome.CONTENT
        or not {"etag", "last-modified"} & set(earlier.headers)
    ):
        return None
    return open_landed(platform.store, earlier)


@contextmanager
def _alone(platform: Platform, source: Source, sleep: Callable[[float], None]) -> Iterator[None]:
    """Two fetches on one home keep to a source's pace together: the second waits its turn, and wakes up when interrupted."""
    path = platform.home / "locks" / f"fetch-{source}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, seconds = FileLock(path), platform.settings.lock_timeout_seconds
    ends = time.monotonic() + seconds
    while not _acquired(lock):
        if time.monotonic() >= ends:
            raise SourceUnavailable(
                source,
                f"another fetch on this home has been asking it for {seconds:g} s.",
                next_step="Let that one end, then fetch again: what it landed is not asked for again.",
            )
        sleep(_LOOK_AGAIN_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
