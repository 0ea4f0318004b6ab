"""The wheel as `make wheel` builds it, and an environment that holds what the image will: built once for all tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as `make wheel` builds it."""
    dist = tmp_path_factory.mktemp("dist")
    subprocess.run(["make", "wheel", f"DIST={dist}"], cwd=ROOT, check=True, env=_without_make())
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of a fresh environment that holds the wheel and what the image's lock file names, hashes verified."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    uv = Path(sys.executable).with_name("uv")
    python = venv / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    lock = ROOT / "deploy" / "requirements.lock"
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel], check=True)
    return venv / "bin"


def _without_make() -> dict[str, str]:
    """The environment without what an outer `make test-wheel` hands down to make."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
