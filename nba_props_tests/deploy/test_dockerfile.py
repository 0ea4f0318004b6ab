"""The Dockerfile, read without Docker: what it copies exists and is sent, what it starts is installed, nothing is secret."""

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nba_props.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) of each line, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def rest_of(wanted: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == wanted]


def sources() -> set[str]:
    """What is copied from the checkout."""
    return {one for rest in rest_of("COPY") if not rest.startswith("--from") for one in rest.split()[:-1]}


def test_every_source_exists_and_is_sent_to_the_builder() -> None:
    assert {one for one in sources() if not (ROOT / one).exists()} == set()
    assert {line[1:] for line in IGNORED if line.startswith("!")} == sources()
    assert IGNORED[1] == "*"


def test_what_makes_the_wheel_is_what_make_wheel_takes() -> None:
    (copied,) = re.findall(r"cp -r (.+?) \"", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert sources() - {"deploy/requirements.lock", "deploy/healthcheck.py"} == set(copied.split())


def test_packages_come_from_the_lock_with_hashes_and_nowhere_else() -> None:
    installs = [one for rest in rest_of("RUN") for one in rest.split("&&") if "pip" in one]
    uv = re.search(r"UV := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert uv
    assert [one.strip() for one in installs] == [
        f"pip install --no-cache-dir uv=={uv[1]}",
        "uv pip sync --quiet --require-hashes --python /opt/nba_props/bin/python deploy/requirements.lock",
        "uv pip install --quiet --no-deps --python /opt/nba_props/bin/python dist/*.whl",
    ]


def test_it_does_not_run_as_root_and_its_health_is_watched() -> None:
    names = [instruction for instruction, _ in instructions()]
    (user,) = rest_of("USER")
    assert int(user) > 0
    assert names.index("USER") < names.index("CMD")
    assert len(rest_of("HEALTHCHECK")) == 1
    assert "ENTRYPOINT" not in names


def test_it_sets_only_known_settings_and_no_secret() -> None:
    named = set(re.findall(r"(\w+)=", " ".join(rest_of("ENV"))))
    ours = {name.removeprefix("NBA_PROPS_").lower() for name in named if name.startswith("NBA_PROPS_")}
    assert ours - {"build_commit"} <= set(Settings.model_fields)
    assert not [name for name in named if re.search("KEY|TOKEN|SECRET|PASSWORD|URL|CREDENTIALS", name)]
    assert rest_of("ARG") == ['BUILD_COMMIT=""']


def test_two_stages_of_one_base_that_has_the_python_that_is_required() -> None:
    bases = [rest.split()[0] for rest in rest_of("FROM")]
    assert bases == ["python:3.11-slim-bookworm"] * 2


@pytest.mark.wheel
def test_every_command_it_starts_is_installed(installed: Path) -> None:
    (command,) = (json.loads(rest) for rest in rest_of("CMD"))
    (health,) = (json.loads(rest.split("CMD ")[1]) for rest in rest_of("HEALTHCHECK"))
    for name in (command[0], health[0], "nba-props", "dagster", "dagster-daemon", "celery"):
        assert (installed / name).exists(), name


@pytest.mark.wheel
def test_the_web_server_it_starts_is_found_well_by_the_health_check(installed: Path, tmp_path: Path) -> None:
    """The image's own command, but for the address and the port, in the environment that holds what the image holds."""
    (command,) = (json.loads(rest) for rest in rest_of("CMD"))
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    arguments = [{"0.0.0.0": "127.0.0.1", "3000": port}.get(word, word) for word in command[1:]]
    places = {"NBA_PROPS_HOME": str(tmp_path / "home"), "DAGSTER_HOME": str(tmp_path / "home" / "dagster")}
    environment = {"PATH": f"{installed}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONWARNINGS": "ignore", **places}
    subprocess.run([installed / "nba-props", "init"], cwd=tmp_path, env=environment, check=True, capture_output=True)

    def health() -> int:
        return subprocess.run([sys.executable, DEPLOY / "healthcheck.py", port], check=False).returncode

    assert health() == 1
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [installed / command[0], *arguments], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 120
        while health() != 0:
            assert server.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(1)
    finally:
        server.terminate()
        server.wait(timeout=30)
