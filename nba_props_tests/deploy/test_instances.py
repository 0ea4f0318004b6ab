"""Dagster's settings in `deploy/dagster`: one common part, no secret written down, and each accepted by Dagster itself."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from nba_props.instance import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "deploy" / "dagster").glob("*.yaml"))
STORAGE = {"run_storage", "schedule_storage", "event_log_storage"}

_VALIDATE = """
import importlib, sys
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.config import dagster_instance_config

settings, _ = dagster_instance_config(sys.argv[1])
for said in settings.values():
    if isinstance(said, dict) and "class" in said:
        named = getattr(importlib.import_module(said["module"]), said["class"])
        result = process_config(resolve_to_config_type(named.config_type()), said.get("config") or {})
        assert result.success, (said["class"], [error.message for error in result.errors])
        print(said["class"])
"""


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def test_there_is_a_variant_for_each_launcher() -> None:
    assert [path.stem for path in FILES] == ["celery", "kubernetes", "postgres"]
    launchers = {path.stem: read(path).get("run_launcher", {}).get("class") for path in FILES}
    assert launchers == {"celery": "CeleryRunLauncher", "kubernetes": "K8sRunLauncher", "postgres": None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_apart_from_storage_and_launcher_it_says_what_a_laptop_has(path: Path) -> None:
    laptop = read(TEMPLATE)
    own = {name: value for name, value in read(path).items() if name not in STORAGE | {"run_launcher"}}
    assert own == {name: value for name, value in laptop.items() if name not in STORAGE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_not_taken_for_one_that_nba_props_may_rewrite_and_holds_no_url(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.startswith("# Written by nba-props")
    settings = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert "://" not in settings
    assert settings.count("{env: DAGSTER_POSTGRES_URL}") == len(STORAGE)


@pytest.mark.wheel
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dagster_accepts_it_in_the_environment_of_the_image(path: Path, installed: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text)
    named = dict.fromkeys(re.findall(r"\{env: (\w+)\}", text), "set")
    done = subprocess.run(
        [installed / "python", "-c", _VALIDATE, tmp_path],
        cwd=tmp_path, env=named, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) >= {"PostgresRunStorage", "RedactedPostgresEventLogStorage"}


@pytest.mark.wheel
def test_a_setting_dagster_does_not_know_is_refused(installed: Path, tmp_path: Path) -> None:
    text = FILES[1].read_text(encoding="utf-8").replace("image_pull_policy", "image_pull_politics")
    (tmp_path / "dagster.yaml").write_text(text)
    named = dict.fromkeys(re.findall(r"\{env: (\w+)\}", text), "set")
    done = subprocess.run(
        [installed / "python", "-c", _VALIDATE, tmp_path],
        cwd=tmp_path, env=named, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "image_pull_politics" in done.stderr
