"""The one polite client of every live source: paced, limited in time, tried again with sense, and silent about keys.

What belongs here: how a `Request` is sent and what counts as an answer. What does not: what to ask (the source's module),
where answers are kept (`io.landing`), which are asked for again (`fetch`), and what they say (parsers).
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import httpx
import tenacity

from nba_props import __version__
from nba_props.io.redaction import HIDDEN, redact
from nba_props.io.sources.live.contract import (
    KeyRefused,
    Manners,
    Outcome,
    Payload,
    QuotaExhausted,
    Request,
    Source,
    SourceUnavailable,
)
from nba_props.io.sources.live.pacing import LONGEST_WAIT_SECONDS, Pacer, Sleep, retry_after_seconds
from nba_props.io.sources.live.soundness import fault_in, format_asked
from nba_props.settings import Settings

LARGEST_BODY_BYTES = 64 * 2**20
LONGEST_TRY_SECONDS = 320.0
LONGEST_REQUEST_SECONDS = 600.0
"""From the first try of a request to the beginning of its last."""

FIRST_WAIT_SECONDS = 10.0
_WAIT_GROWTH = 3.0
_MOST_REDIRECTS = 5

_PASSING = frozenset({408, 425, 429})
_QUOTA_STATUSES = frozenset({401, 402, 403, 429})
_QUOTA_WORDS = (b"out_of_usage_credits", b"usage quota", b"quota exceeded", b"quota has been reached")
"""How sources say in a refusal that a quota is used up; The Odds API does so with 401, as if the key were wrong."""

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_KEPT_HEADERS = frozenset({"content-type", "date", "x-requests-used", "x-requests-remaining", *_VALIDATORS})


@dataclass(frozen=True)
class Answer:
    """What a source answered: content, or one of the two kinds of nothing. Header names are in lower case.

    `is_unchanged`: it said (304) that what was landed earlier still stands; `body` is that. `remaining` is what it says is
    left of a quota.
    """

    outcome: Outcome
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_unchanged: bool = False
    remaining: int | None = None


class Transport:
    """Sends requests to sources, each within its own manners; safe for many threads.

    `sleep` may raise, to stop what waits. NBA_PROPS_SOURCES_URL and NBA_PROPS_SOURCE_PACE are in `settings`.
    """

    def __init__(
        self,
        manners: Mapping[Source, Manners],
        settings: Settings,
        clock: Callable[[], datetime] | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        # httpx tells each URL, keys and all, to whoever listens at INFO.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._lines = {
            source: _Line(source, one, settings, clock or settings.clock, sleep) for source, one in manners.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines.values():
            line.close()

    def ask(
        self, request: Request, not_published: frozenset[int] = frozenset({404}), earlier: Payload | None = None
    ) -> Answer:
        """The answer to a request, which is conditional on `earlier` where the source named a version of it.

        Raises KeyRefused, QuotaExhausted, or SourceUnavailable once tries and time are used up.
        """
        return self._lines[request.source].ask(request, not_published, earlier)

    def remaining(self, source: Source) -> int | None:
        """What the source last said is left of its quota; None if it has not."""
        return self._lines[source].remaining


def key_of(manners: Manners, settings: Settings) -> str:
    """The key of a source as set; empty if none is, or none is needed."""
    if not manners.key_setting:
        return ""
    value = getattr(settings, manners.key_setting.lower().removeprefix("nba_props_")).get_secret_value()
    return str(value).strip()


def key_variable(manners: Manners) -> str:
    """The environment variable of a source's key."""
    return f"NBA_PROPS_{manners.key_setting.upper().removeprefix('NBA_PROPS_')}"


class _Passing(Exception):
    """A try that failed in a way that the next may not, and for how long the source wants to be left alone."""

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class _Response:
    """An HTTP answer, entirely read."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass
class _Line:
    """The way to one source: its client, pace, key and quota."""

    source: Source
    manners: Manners
    settings: Settings
    clock: Callable[[], datetime]
    sleep: Sleep
    remaining: int | None = None
    _client: httpx.Client = field(init=False)
    _pacer: Pacer = field(init=False)

    def __post_init__(self) -> None:
        self._pacer = Pacer(self.manners.pause_seconds * self.settings.source_pace, self.sleep)
        self._client = httpx.Client(
            headers={"User-Agent": f"nba-props/{__version__}", **self.manners.headers},
            timeout=self._try_seconds,
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    @property
    def _try_seconds(self) -> float:
        return min(self.manners.timeout_seconds, LONGEST_TRY_SECONDS)

    @property
    def _base_url(self) -> str:
        elsewhere = self.settings.sources_url
        return f"{elsewhere}/{self.source}" if elsewhere else self.manners.base_url

    # -- tries ---------------------------------------------------------------------------------------------------------

    def ask(self, request: Request, not_published: frozenset[int], earlier: Payload | None) -> Answer:
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=tenacity.stop_after_attempt(self.manners.tries) | tenacity.stop_before_delay(LONGEST_REQUEST_SECONDS),
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return tries(self._try, request, not_published, earlier)
        except _Passing as last:
            tried = tries.statistics["attempt_number"]
            raise SourceUnavailable(
                self.source,
                f"{request.feed} {request.label}".rstrip() + f": {last} ({tried} {'try' if tried == 1 else 'tries'})",
                next_step="Fetch again later: what is landed is kept and not asked for again.",
            ) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds to the next try: as told, else growing from 10 to 300 with jitter. Our own server may be asked at its pace."""
        pace = self.settings.source_pace
        last = state.outcome.exception() if state.outcome else None
        if isinstance(last, _Passing) and last.wait_seconds is not None:
            return last.wait_seconds * min(pace, 1.0)
        grown = FIRST_WAIT_SECONDS * _WAIT_GROWTH ** (state.attempt_number - 1)
        return min(grown * random.uniform(1.0, 1.5), LONGEST_WAIT_SECONDS) * pace

    def _try(self, request: Request, not_published: frozenset[int], earlier: Payload | None) -> Answer:
        key = self._key()
        if self.remaining is not None and self.remaining <= 0:
            raise self._quota_exhausted()
        try:
            response = self._get(self._http_request(request, key, earlier))
        except httpx.TimeoutException as error:
            raise _Passing(f"no answer within {self._try_seconds:g} s") from error
        except httpx.RequestError as error:  # lost connections, bodies shorter than declared, broken encodings
            raise _Passing(self._without_key(f"{type(error).__name__}: {error}")) from error
        self.remaining = self._remaining_in(response)
        return self._judged(request, response, not_published, earlier)

    # -- one request ---------------------------------------------------------------------------------------------------

    def _key(self) -> str:
        """The key, if this source has one. Raises KeyRefused before anything is sent without it."""
        key = key_of(self.manners, self.settings)
        if self.manners.key_setting and not key:
            raise KeyRefused(self.source, "no key is set.", next_step=f"Set {key_variable(self.manners)}.")
        if not key.isascii() or any(one.isspace() or not one.isprintable() for one in key):
            step = f"Copy {key_variable(self.manners)} again."
            raise KeyRefused(self.source, "the key holds characters that no key has.", next_step=step)
        return key

    def _http_request(self, request: Request, key: str, earlier: Payload | None) -> httpx.Request:
        params, headers = dict(request.params), dict(request.headers)
        if self.manners.key_param:
            params[self.manners.key_param] = key
        if self.manners.key_header:
            headers[self.manners.key_header] = key
        if earlier is not None:
            headers |= {_VALIDATORS[name]: value for name, value in earlier.headers.items() if name in _VALIDATORS}
        return self._client.build_request("GET", f"{self._base_url}{request.path}", params=params, headers=headers)

    def _get(self, request: httpx.Request) -> _Response:
        for _ in range(_MOST_REDIRECTS + 1):
            self._pacer.wait()
            deadline = time.monotonic() + self._try_seconds
            response = self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return _Response(response.status_code, response.headers, self._read(response, deadline))
            finally:
                response.close()
            request = self._followed(request, response.next_request)
        raise self._unavailable("it redirects in circles.")

    def _followed(self, request: httpx.Request, following: httpx.Request) -> httpx.Request:
        """A redirect that stays where we asked; a key goes to no other host, and nobody else's page is this source's."""
        ours, theirs = request.url, following.url
        is_upgrade = (ours.scheme, theirs.scheme) == ("http", "https")
        is_same = (ours.scheme, ours.port) == (theirs.scheme, theirs.port) or is_upgrade
        if ours.host != theirs.host or not is_same:
            raise self._unavailable(f"it redirects to another place ({theirs.scheme}://{theirs.netloc.decode()}).")
        return following

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise self._unavailable(f"its answer is larger than {LARGEST_BODY_BYTES // 2**20} MiB.")
            if time.monotonic() > deadline:
                raise _Passing(f"the answer was not complete within {self._try_seconds:g} s")
        return bytes(body)

    # -- what an answer is ---------------------------------------------------------------------------------------------

    def _judged(
        self, request: Request, response: _Response, not_published: frozenset[int], earlier: Payload | None
    ) -> Answer:
        status = response.status
        if self._says_quota_is_spent(response):
            raise self._quota_exhausted()
        if status == httpx.codes.NOT_MODIFIED and earlier is not None:
            headers = {name: value for name, value in earlier.headers.items() if name in _KEPT_HEADERS}
            kept = headers | self._kept(response.headers)
            return Answer(earlier.outcome, status, kept, earlier.body, is_unchanged=True, remaining=self.remaining)
        if status == httpx.codes.NO_CONTENT or status in not_published:
            return self._answer(Outcome.NOT_PUBLISHED, response)
        if not response.status // 100 == 2:
            raise self._refusal(response)
        fault = fault_in(response.body, format_asked(request.path))
        if fault:
            raise _Passing(fault)
        return self._answer(Outcome.CONTENT, response)

    def _answer(self, outcome: Outcome, response: _Response) -> Answer:
        return Answer(outcome, response.status, self._kept(response.headers), response.body, remaining=self.remaining)

    def _refusal(self, response: _Response) -> Exception:
        """What a status that is no answer means."""
        status, headers = response.status, response.headers
        if status in (401, 403) and self.manners.key_setting:
            step = f"Look whether {key_variable(self.manners)} holds the key as it was given, and whether its plan covers this."
            return KeyRefused(self.source, f"the key is refused ({status}).", next_step=step)
        if status in _PASSING or status >= 500:
            wait = retry_after_seconds(headers.get("retry-after"), headers.get("date"), self.clock())
            return _Passing(f"it answered {status}", wait)
        return self._unavailable(f"it refuses the request ({status}).")

    def _says_quota_is_spent(self, response: _Response) -> bool:
        if response.status not in _QUOTA_STATUSES:
            return False
        said = response.body[:4096].lower()
        return any(word in said for word in _QUOTA_WORDS) or (self.remaining is not None and self.remaining <= 0)

    def _remaining_in(self, response: _Response) -> int | None:
        """What is left of the quota; what was last known where this answer does not say."""
        text = response.headers.get(self.manners.remaining_header or "-", "").partition(".")[0]
        return int(text) if text.lstrip("-").isdecimal() else self.remaining

    def _kept(self, headers: httpx.Headers) -> dict[str, str]:
        wanted = _KEPT_HEADERS | {self.manners.remaining_header.lower()}
        return {name: self._without_key(value) for name, value in headers.items() if name.lower() in wanted}

    # -- faults --------------------------------------------------------------------------------------------------------

    def _quota_exhausted(self) -> QuotaExhausted:
        step = "Wait until the quota renews, or raise the plan; what is landed is kept."
        return QuotaExhausted(self.source, "the quota of requests is used up.", next_step=step)

    def _unavailable(self, message: str) -> SourceUnavailable:
        step = "Look whether it can be reached from this machine; it may block the address."
        return SourceUnavailable(self.source, self._without_key(message), next_step=step)

    def _without_key(self, text: str) -> str:
        key = key_of(self.manners, self.settings)
        return redact(text.replace(key, HIDDEN) if key else text)
