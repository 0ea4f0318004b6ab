"""`simulate serve` as a person starts and stops it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nba_props_tests.cli.conftest import Call

ARGUMENTS = ("simulate", "serve", "--days", "4")


@pytest.fixture
def serving(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "nba_props.cli", *ARGUMENTS, "--port", "0", "--fault", "espn:500:1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_it_says_what_to_export_answers_and_ends_with_ctrl_c(serving: "subprocess.Popen[str]") -> None:
    assert serving.stdout is not None
    assert serving.stderr is not None
    exports = dict(serving.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(6))
    assert exports["NBA_PROPS_SOURCE_PACE"] == "0"
    assert {"NBA_PROPS_ODDS_API_KEY", "NBA_PROPS_NOW"} <= exports.keys()
    url = exports["NBA_PROPS_SOURCES_URL"]
    assert [httpx.get(f"{url}/espn/teams/2/roster").status_code for _ in range(2)] == [500, 200]
    serving.send_signal(signal.SIGINT)
    assert serving.wait(timeout=10) == 0
    said = serving.stderr.read()
    assert "slates from 2025-10-21" in said
    assert "stopped after 2 requests" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--fault", "espn:teapot"), "no fault 'teapot'"),
        (("--now", "tonight"), "'tonight'"),
        (("--now", "2025-10-22T18:00:00"), "no time zone"),
        (("--start", "October"), "'October'"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(call: Call, options: tuple[str, ...], named: str) -> None:
    ended = call(*ARGUMENTS, "--port", "0", *options)
    assert ended.code == 2
    assert named in ended.err
    assert "next step" in ended.err


def test_a_port_that_is_taken_is_named(call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = call(*ARGUMENTS, "--port", port)
    assert ended.code == 2
    assert f"Port {port}" in ended.err
    assert "--port" in ended.err
