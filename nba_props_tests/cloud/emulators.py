"""Emulators of BigQuery and Cloud Storage as processes on 127.0.0.1, for as long as a block of code needs them.

They run in the environment that `NBA_PROPS_CLOUD_TOOLS` names, which `make test-cloud` builds from its own lock file:
they pin what the project must not. What is put right in them is in `servers/`, never in the product. Nothing here knows
a test.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud import bigquery, storage

PROJECT = "nba-props-test"
LOCATION = "US"

TOOLS_VARIABLE = "NBA_PROPS_CLOUD_TOOLS"
_TOOLS = os.environ.get(TOOLS_VARIABLE)  # read now: within a test, no NBA_PROPS_ variable is there
START_SECONDS = 60.0
STOP_SECONDS = 10.0

_SERVERS = Path(__file__).parent / "servers"


class ToolsMissing(Exception):
    """The environment of the emulators is not there."""


@dataclass(frozen=True)
class Emulator:
    """A server process that answers at `endpoint` (http://127.0.0.1:port); what it says goes to `log`."""

    endpoint: str
    pid: int
    log: Path


def cloud_tools() -> Path:
    """The virtual environment of the emulators; ToolsMissing says how to get one."""
    if not _TOOLS:
        raise ToolsMissing(f"{TOOLS_VARIABLE} is not set: run `make test-cloud`, which installs the emulators.")
    if not (Path(_TOOLS) / "bin" / "python").exists():
        raise ToolsMissing(f"{TOOLS_VARIABLE}={_TOOLS} is no virtual environment: run `make test-cloud`.")
    return Path(_TOOLS)


@contextmanager
def bigquery_emulator(directory: Path, tools: Path | None = None) -> Iterator[Emulator]:
    """BigQuery, empty; `directory` is its own, and is made if there is none."""
    with _process("bigquery", directory, tools) as emulator:
        yield emulator


@contextmanager
def storage_emulator(directory: Path, tools: Path | None = None) -> Iterator[Emulator]:
    """Cloud Storage, with no bucket; `directory` holds its log."""
    with _process("storage", directory, tools) as emulator:
        yield emulator


def bigquery_client(endpoint: str) -> "bigquery.Client":
    """The official client, at an emulator."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return bigquery.Client(
        project=PROJECT, location=LOCATION, credentials=credentials, client_options={"api_endpoint": endpoint}
    )


def storage_client(endpoint: str) -> "storage.Client":
    """The official client, at an emulator."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return storage.Client(project=PROJECT, credentials=credentials, client_options={"api_endpoint": endpoint})


@contextmanager
def _process(name: str, directory: Path, tools: Path | None) -> Iterator[Emulator]:
    """A server process of `servers/`, from when it answers to the end of the block. It ends with its standard input, so
    that it is gone too when this process is killed."""
    python = (tools or cloud_tools()) / "bin" / "python"
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / f"{name}.log"
    with log.open("wb") as says:
        server = subprocess.Popen(
            [python, "-u", "-X", "faulthandler", _SERVERS / f"{name}.py", directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=says,
            env={name: value for name, value in os.environ.items() if not name.startswith("BQEMU_")},
        )
    try:
        yield Emulator(f"http://127.0.0.1:{_port(server, log)}", server.pid, log)
    finally:
        _stop(server)


def _port(server: "subprocess.Popen[bytes]", log: Path) -> int:
    """The port that the server says it answers at, in its first line."""
    assert server.stdout
    with DefaultSelector() as waiting:
        waiting.register(server.stdout, EVENT_READ)
        line = server.stdout.readline() if waiting.select(START_SECONDS) else b""
    if not line:
        raise RuntimeError(f"The emulator did not start:\n{log.read_text()[-4000:]}")
    return int(json.loads(line)["port"])


def _stop(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin and server.stdout
    server.stdin.close()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    server.stdout.close()
