"""What receives alerts in tests: a real SMTP server and a real webhook receiver on 127.0.0.1, which can be told to refuse."""

import html
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Inbox:
    """Messages that were taken, as one text each; the next `refusals` are refused."""

    port: int
    messages: list[str] = field(default_factory=list)
    refusals: int = 0

    def receive(self, text: str) -> bool:
        """Take a message; False if it is refused."""
        if self.refusals:
            self.refusals -= 1
            return False
        self.messages.append(" ".join(html.unescape(text).split()))
        return True


class _Smtp:
    """Handler of the SMTP server."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        return "250 OK" if self.inbox.receive("\n".join([str(mail["Subject"]), *bodies])) else "550 mailbox unavailable"


@contextmanager
def smtp_server() -> Iterator[Inbox]:
    """A mail server."""
    inbox = Inbox(free_port())
    controller = Controller(_Smtp(inbox), hostname="127.0.0.1", port=inbox.port, ready_timeout=30)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


@contextmanager
def webhook_receiver() -> Iterator[Inbox]:
    """An HTTP server that takes what is posted to any path, as Slack, Discord and others do."""
    inbox = Inbox(free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200 if inbox.receive("\n".join(_strings(json.loads(body)))) else 500)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", inbox.port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port of 127.0.0.1 at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _strings(value: Any) -> list[str]:
    """Every string in a JSON document."""
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in members for text in _strings(one)]
