"""The simulated league's sources over HTTP on this machine: `http://127.0.0.1:PORT/{source}{path}`, as of an instant.

Here belong the connection, keys, quotas, the log of requests and the faults that spoil answers; what is answered belongs
to `payloads`. It listens on loopback only: an imitation is never to be taken for the real thing by another machine.
"""

import json
import os
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from nba_props.errors import BadInput, NbaPropsError
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.faults import CLOCK_SKEW, OF_ROWS, Fault, Kind, fault_from_json, spoilt
from nba_props.simulate.league import League
from nba_props.simulate.payloads.exchange import HTML, JSON, Answer, Ask, in_json
from nba_props.simulate.payloads.sites import SITES
from nba_props.simulate.payloads.world import World

HOST = "127.0.0.1"
CONTROL = "/_control"
QUOTA = 100_000
"""Credits of The Odds API's imitation; `SimulatedSources(quota=…)` gives fewer."""

_CACHED_ANSWERS = 1024
_BLOCKED_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
)
_LARGEST_CONTROL = 1_000_000  # bytes


@dataclass(frozen=True)
class Asked:
    """One request as answered; `fault` is what was done to the answer, or None. Keys are left out."""

    source: Source
    path: str
    params: Mapping[str, str]
    status: int
    fault: Kind | None


class SimulatedSources:
    """A context manager: the server runs inside it, at `url`. `now` may be moved while it runs; it is safe to use from threads.

    Raises BadInput for an instant without zone and for a port that is taken.
    """

    def __init__(
        self, league: League, now: datetime, *, port: int = 0, faults: Iterable[Fault] = (), quota: int = QUOTA
    ) -> None:
        self._world = World(league)
        self._now = _aware(now)
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = [(fault, fault.times) for fault in faults]
        self._requests: list[Asked] = []
        self._quota_left, self._quota_used = quota, 0
        self._answer = lru_cache(maxsize=_CACHED_ANSWERS)(self._fresh_answer)
        self._stopping = threading.Event()
        self._server = _listening(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What `NBA_PROPS_SOURCES_URL` is to be set to."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def now(self) -> datetime:
        """The instant as of which it answers (UTC)."""
        with self._lock:
            return self._now

    @now.setter
    def now(self, instant: datetime) -> None:
        aware = _aware(instant)
        with self._lock:
            self._now = aware

    @property
    def requests(self) -> list[Asked]:
        """Every request to a source so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def misbehave(self, *faults: Fault) -> None:
        """From now on spoil answers so, too; of several faults that concern a request the one given first is done."""
        with self._lock:
            self._faults += [(fault, fault.times) for fault in faults]

    def behave(self) -> None:
        """From now on spoil nothing."""
        with self._lock:
            self._faults.clear()

    # -- what the handler asks ------------------------------------------------------------------------------------------
    def answer(self, source: Source, ask: Ask, key: str) -> Answer:
        """The answer as the source means it: of the right key, and within its quota."""
        site = SITES[source]
        if (site.key_header or site.key_param) and not key:
            return site.without_key
        answer = self._answer(source, ask.path, tuple(sorted(ask.params.items())), self.now)
        return answer if not site.counts_quota or self._take(answer.cost) else _out_of_credits()

    def fault_of(self, source: Source, path: str) -> Fault | None:
        """The fault to do to a request, which counts as one of its times."""
        with self._lock:
            for number, (fault, left) in enumerate(self._faults):
                if fault.concerns(source, path) and left != 0:
                    self._faults[number] = (fault, None if left is None else left - 1)
                    return fault
        return None

    def remember(self, asked: Asked) -> None:
        """Keep a request for `requests`."""
        with self._lock:
            self._requests.append(asked)

    def quota_headers(self, cost: int) -> Mapping[str, str]:
        """How The Odds API counts down."""
        with self._lock:
            left, used = self._quota_left, self._quota_used
        return {"x-requests-remaining": str(left), "x-requests-used": str(used), "x-requests-last": str(cost)}

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is stopping."""
        self._stopping.wait(seconds)

    def state(self) -> Mapping[str, Any]:
        """What `GET /_control` tells: instant, dates, faults with the times left, requests by source, quota left."""
        config = self._world.league.config
        with self._lock:
            asked = [one.source for one in self._requests]
            return {
                "now": self._now.isoformat(),
                "season": config.season,
                "first_date": config.start.isoformat(),
                "last_date": config.last.isoformat(),
                "faults": [{**fault.as_json(), "times": left} for fault, left in self._faults],
                "requests": {source.value: asked.count(source) for source in Source},
                "quota_left": self._quota_left,
            }

    def control(self, wanted: Any) -> None:
        """Do what `POST /_control` says: set `now`, replace the `faults`. Raises BadInput, and then does neither."""
        if not isinstance(wanted, dict) or not wanted.keys() <= {"now", "faults"}:
            raise BadInput("That is no instruction.", next_step='Send {"now": "2025-12-03T22:00:00Z", "faults": []}.')
        now = _instant(wanted["now"]) if "now" in wanted else None
        faults = [fault_from_json(one) for one in _listed(wanted.get("faults", []))]
        if now is not None:
            self.now = now
        if "faults" in wanted:
            self.behave()
            self.misbehave(*faults)

    def _fresh_answer(self, source: Source, path: str, params: tuple[tuple[str, str], ...], now: datetime) -> Answer:
        return SITES[source].answer(self._world, now, Ask(path, dict(params)))

    def _take(self, cost: int) -> bool:
        """Take credits off the quota; FALSE, and none are taken, if they do not suffice."""
        with self._lock:
            if cost > self._quota_left:
                return False
            self._quota_left -= cost
            self._quota_used += cost
            return True


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise BadInput(f"{instant} has no time zone.", next_step="Give it with an offset: 2025-12-03T22:00:00Z.")
    return instant.astimezone(UTC)


def _instant(text: Any) -> datetime:
    try:
        return _aware(datetime.fromisoformat(str(text)))
    except ValueError:
        raise BadInput(f"{text!r} is no instant.", next_step="Write it as 2025-12-03T22:00:00Z.") from None


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(
            "faults must be a list.", next_step='For example [{"source": "espn", "kind": "500", "times": 1}].'
        )
    return value


def _out_of_credits() -> Answer:
    return in_json({"message": "Usage quota has been reached", "error_code": "OUT_OF_USAGE_CREDITS"}, status=401)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a connection that a client keeps open must not keep the server alive
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, sources: SimulatedSources) -> None:
        self.sources = sources
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is its own business; anything else is shown as usual."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _listening(sources: SimulatedSources, port: int) -> _Server:
    try:
        return _Server(port, sources)
    except (OSError, OverflowError) as fault:
        raise BadInput(
            f"Port {port} cannot be listened on: {fault}.",
            next_step="Choose another with --port, or 0 for any free one.",
        ) from fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `SimulatedSources.requests` is the log."""

    def do_GET(self) -> None:
        """A source's answer, or the state."""
        split = urlsplit(self.path)
        word, _, rest = split.path.removeprefix("/").partition("/")
        if split.path == CONTROL:
            self._send(in_json(self.server.sources.state()))
        elif word in list(Source):
            self._serve(Source(word), f"/{rest}", dict(parse_qsl(split.query, keep_blank_values=True)))
        else:
            self._send(in_json({"message": f"{word} is no source", "sources": list(Source)}, status=404))

    def do_POST(self) -> None:
        """Instructions."""
        if urlsplit(self.path).path != CONTROL:
            self.close_connection = True  # its body stays unread
            self._send(in_json({"message": "only GET"}, status=405))
            return
        size = min(int(self.headers.get("Content-Length", 0)), _LARGEST_CONTROL)
        try:
            self.server.sources.control(json.loads(self.rfile.read(size)))
        except (NbaPropsError, ValueError) as fault:
            self._send(in_json({"message": str(fault)}, status=400))
        else:
            self._send(in_json(self.server.sources.state()))

    def _serve(self, source: Source, path: str, params: dict[str, str]) -> None:
        sources, site = self.server.sources, SITES[source]
        key = params.pop(site.key_param, "") if site.key_param else self.headers.get(site.key_header, "")
        fault = sources.fault_of(source, path)
        kind = fault.kind if fault else None
        if fault is not None and fault.kind is Kind.SLOW:
            sources.pause(fault.seconds)
        refusal = None if fault is None else _refusal(fault)
        answer = refusal or sources.answer(source, Ask(path, params), key)
        headers = dict(sources.quota_headers(answer.cost)) if site.counts_quota and refusal is None else {}
        if fault is not None:
            answer = _spoilt(answer, fault)
            headers |= _headers_of(fault)
        sources.remember(Asked(source, path, params, answer.status, kind))
        self._send(answer, headers, kind)

    def _send(self, answer: Answer, headers: Mapping[str, str] | None = None, kind: Kind | None = None) -> None:
        if kind is Kind.RESET:
            self._reset()
            return
        skew = CLOCK_SKEW if kind is Kind.CLOCK_SKEW else None
        now = self.server.sources.now + skew if skew else self.server.sources.now
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string(int(now.timestamp())))
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if kind is Kind.TRUNCATED:
            self.close_connection = True
            self.wfile.write(answer.body[: len(answer.body) // 2])
        else:
            self.wfile.write(answer.body)

    def _reset(self) -> None:
        """Hang up so that the client sees a reset, not an end: no linger, and the descriptor closed at once."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


def _refusal(fault: Fault) -> Answer | None:
    """What a source says instead of an answer."""
    if fault.kind in (Kind.TOO_MANY, Kind.TOO_MANY_WITH_RETRY_AFTER):
        return in_json({"message": "Too Many Requests"}, status=429)
    return in_json({"message": "Internal Server Error"}, status=500) if fault.kind is Kind.ERROR else None


def _headers_of(fault: Fault) -> Mapping[str, str]:
    """`Retry-After` in whole seconds, rounded up: a client that obeys never comes too early."""
    is_told = fault.kind is Kind.TOO_MANY_WITH_RETRY_AFTER
    return {"Retry-After": str(-int(-fault.seconds // 1))} if is_told else {}


def _spoilt(answer: Answer, fault: Fault) -> Answer:
    """The answer with its document spoilt. What has no rows in JSON (a page, a PDF, an error) stays as it is."""
    if fault.kind is Kind.HTML:
        return Answer(_BLOCKED_PAGE, content_type=HTML)
    if fault.kind is Kind.EMPTY:
        return Answer(b"", answer.status, answer.content_type)
    is_document = answer.content_type == JSON and answer.status == HTTPStatus.OK and answer.body
    if is_document and (fault.kind in OF_ROWS or fault.kind is Kind.CLOCK_SKEW):
        return Answer(spoilt(answer.body, fault), answer.status, answer.content_type)
    return answer
