"""How command-line tests call the command line: in this process where that is enough, as a process where it matters."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nba_props.cli.ending import run_to_end
from nba_props_tests.conftest import EVENING


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Run a command line in this process, on the evening of TONIGHT, in an empty working directory."""
    monkeypatch.setenv("NBA_PROPS_NOW", EVENING.isoformat())
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, home: Path | None = None) -> Ended:
        capfd.readouterr()
        words = [str(one) for one in arguments]
        code = run_to_end(words if home is None else [*words, "--home", str(home)])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return run


def command(*arguments: object) -> list[str]:
    """The command line as a process's arguments."""
    return [sys.executable, "-m", "nba_props.cli", *(str(one) for one in arguments)]


def environment() -> dict[str, str]:
    """Of such a process: the evening of TONIGHT, and nothing of the developer's."""
    return os.environ | {"NBA_PROPS_NOW": EVENING.isoformat(), "PYTHONUNBUFFERED": "1"}


def process(*arguments: object) -> Ended:
    """Run the command line as a process."""
    done = subprocess.run(
        command(*arguments), env=environment(), capture_output=True, text=True, check=False, timeout=120
    )
    return Ended(done.returncode, done.stdout, done.stderr)
