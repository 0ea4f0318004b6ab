"""A proxy on 127.0.0.1 in front of an emulator that does to chosen requests what networks and Google's services do.

It passes everything on as it is, and counts. Which requests meet which fault is asked of a `Plan`, so that nothing here
knows a test, and nothing there a socket.
"""

import http.client
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HELD_SECONDS = 30.0
"""An answer that is held back comes after this, if anyone still waits for it."""

PAGE = b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"


class Fault(StrEnum):
    """What can happen to a request. After `lost_answer`, `truncated` and `slow`, the server has done what it was asked."""

    RATE_LIMIT_429 = "429"
    RATE_LIMIT_403 = "403 rateLimitExceeded"
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"
    SLOW = "slower than the timeout"
    NOT_SENT = "reset before it arrives"
    LOST_ANSWER = "reset after it is done"
    TRUNCATED = "answer cut short"
    PAGE = "web page for JSON"


_REFUSALS = {
    Fault.RATE_LIMIT_429: (429, "rateLimitExceeded", "Too many requests"),
    Fault.RATE_LIMIT_403: (403, "rateLimitExceeded", "Exceeded rate limits"),
    Fault.ERROR_500: (500, "internalError", "An internal error occurred"),
    Fault.ERROR_502: (502, "badGateway", "Bad gateway"),
    Fault.ERROR_503: (503, "backendError", "Service unavailable"),
}


@dataclass(frozen=True)
class Asked:
    """A request as the proxy saw it: its number since the last reset, from 0, and what kind it is."""

    number: int
    method: str
    path: str
    kind: str
    at: float = field(default_factory=time.monotonic, compare=False)


Plan = Callable[[Asked], Fault | None]


@dataclass
class Proxy:
    """`endpoint` stands for the server's; `plan` says which requests meet a fault; `asked` and `met` are what happened."""

    endpoint: str
    plan: Plan = lambda _: None
    asked: list[Asked] = field(default_factory=list)
    met: list[tuple[Asked, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, plan: Plan) -> None:
        """From now on, by this plan, counting from nothing."""
        with self._lock:
            self.plan, self.asked, self.met = plan, [], []

    def fate_of(self, method: str, target: str, body: bytes) -> Fault | None:
        path = urlsplit(target).path
        with self._lock:
            asked = Asked(len(self.asked), method, path, kind_of(method, target, body))
            self.asked.append(asked)
            fault = self.plan(asked)
            if fault is not None:
                self.met.append((asked, fault))
            return fault


@contextmanager
def proxy_of(endpoint: str) -> Iterator[Proxy]:
    """A proxy of the server at `endpoint` for the block."""
    host, port = urlsplit(endpoint).hostname or "", urlsplit(endpoint).port or 80
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fault = proxy.fate_of(self.command, self.path, body)
            if fault in _REFUSALS:
                self._say(_REFUSALS[fault][0], "application/json", _refusal(*_REFUSALS[fault]))
            elif fault is Fault.PAGE:
                self._say(200, "text/html", PAGE)
            elif fault is Fault.NOT_SENT:
                self._reset()
            else:
                self._pass_on(body, fault)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 (names the base class looks for)

        def _pass_on(self, body: bytes, fault: Fault | None) -> None:
            server = http.client.HTTPConnection(host, port, timeout=300)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            server.request(self.command, self.path, body, headers)  # with its Host: addresses in answers stay ours
            answer = server.getresponse()
            data = answer.read()
            server.close()
            if fault is Fault.LOST_ANSWER:
                self._reset()
                return
            if fault is Fault.SLOW:
                released.wait(HELD_SECONDS)
                self._reset()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if fault is Fault.TRUNCATED:
                self.wfile.write(data[: len(data) // 2])
                self._reset()
                return
            self.wfile.write(data)

        def _say(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _reset(self) -> None:
            """End the connection as a lost one ends: what is on its way may arrive, nothing more is said."""
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield proxy
    finally:
        released.set()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A connection that we or the client gave up is what this server is for."""


def _refusal(status: int, reason: str, message: str) -> bytes:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return json.dumps({"error": {"code": status, "message": message, "errors": errors}}).encode()


# -- what a request is ------------------------------------------------------------------------------------------------

_KINDS = (
    (r"GET /bigquery/v2/projects/[^/]+/jobs/[^/]+", "jobs.get"),
    (r"GET /bigquery/v2/projects/[^/]+/queries/[^/]+", "jobs.getQueryResults"),
    (r"POST /(resumable/)?upload/bigquery/v2/projects/[^/]+/jobs", "jobs.insert load"),
    (r"GET .*/tables/[^/]+/data", "tabledata.list"),
    (r"GET .*/tables", "tables.list"),
    (r"GET .*/tables/[^/]+", "tables.get"),
    (r"POST .*/tables", "tables.insert"),
    (r"(PATCH|PUT) .*/tables/[^/]+", "tables.patch"),
    (r"DELETE .*/tables/[^/]+", "tables.delete"),
    (r"POST .*/datasets", "datasets.insert"),
    (r"GET .*/datasets/[^/]+", "datasets.get"),
    (r"POST /(resumable/)?upload/storage/v1/b/[^/]+/o", "objects.insert"),
    (r"POST .*/(copyTo|rewriteTo)/b/.*", "objects.copy"),
    (r"GET (/download)?/storage/v1/b/[^/]+/o/.+", "objects.get"),
    (r"GET /storage/v1/b/[^/]+/o", "objects.list"),
    (r"DELETE /storage/v1/b/[^/]+/o/.+", "objects.delete"),
)
_STATEMENT = re.compile(rb'"nba_props":\s*"([a-z_]+)"')


def kind_of(method: str, target: str, body: bytes) -> str:
    """The API's own name of the method that is called; of a query job also which operation it is."""
    path = urlsplit(target).path
    if method == "POST" and re.fullmatch(r"/bigquery/v2/projects/[^/]+/jobs", path):
        found = _STATEMENT.search(body)
        return f"jobs.insert {found[1].decode() if found else 'query'}"
    if "alt" in parse_qs(urlsplit(target).query) and parse_qs(urlsplit(target).query)["alt"] == ["media"]:
        return "objects.get media"
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, f"{method} {path}")), f"{method} {path}")
