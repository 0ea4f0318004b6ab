"""A real HTTP server on loopback that answers as a test says, and remembers what it was asked and when."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """One answer. `declared_length`: what Content-Length claims; `drip_seconds`: between bytes; `resets`: no answer."""

    status: int = 200
    body: bytes = b'{"games": []}'
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0
    declared_length: int | None = None
    resets: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    at: float


Script = Callable[[Asked, int], Reply]
"""The answer to a request, and to the how-manyeth of its path (from 0)."""


@dataclass
class Scripted:
    """A running server: its address, its script, and its log."""

    url: str
    script: Script
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """The server, until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            one = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, time.monotonic())
            with lock:
                before = sum(earlier.path == one.path for earlier in running.asked)
                running.asked.append(one)
            self._answer(running.script(one, before))

        def _answer(self, reply: Reply) -> None:
            time.sleep(reply.delay_seconds)
            self.close_connection = True
            if reply.resets:
                return
            self.send_response_only(reply.status)
            for name, value in ({"Content-Type": "application/json"} | dict(reply.headers)).items():
                self.send_header(name, value)
            if reply.status not in (204, 304):
                self.send_header("Content-Length", str(reply.declared_length or len(reply.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                self._send(reply)
            except ConnectionError:
                return  # the client has given up, as some tests want

        def _send(self, reply: Reply) -> None:
            if not reply.drip_seconds:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                time.sleep(reply.drip_seconds)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Scripted(f"http://127.0.0.1:{server.server_address[1]}", script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()


def in_turn(*replies: Reply) -> Script:
    """These answers one after the other, whatever is asked of a path; the last for ever."""
    return lambda _, before: replies[min(before, len(replies) - 1)]
