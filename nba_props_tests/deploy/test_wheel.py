"""What is installed from the wheel: everything that runs is in it, and it runs where no checkout is."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nba_props

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.wheel


def test_the_wheel_holds_the_package_and_the_sql_and_nothing_else(wheel: Path) -> None:
    package = {path.relative_to(ROOT).as_posix() for path in _files(ROOT / "nba_props")}
    sql = {f"nba_props/{path.relative_to(ROOT).as_posix()}" for path in _files(ROOT / "sql")}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == package | sql
    assert len(sql) > 30
    assert "nba_props/dagster.yaml.template" in held


def test_building_leaves_nothing_in_the_checkout(wheel: Path) -> None:
    assert not [name for name in ("build", "nba_props/sql", "nba_props/build") if (ROOT / name).exists()]
    assert wheel.parent != ROOT


def test_every_installed_distribution_agrees_with_the_others(installed: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "check", "--quiet", "--python", installed / "python"], check=True)


def test_the_demo_runs_from_the_wheel_where_there_is_no_checkout(installed: Path, tmp_path: Path) -> None:
    outside = {"PATH": f"{installed}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    code = "import nba_props, nba_props.io.warehouse.sqltext as s; print(nba_props.__file__, s.SQL_ROOT, sep='\\n')"
    found = subprocess.run(
        [installed / "python", "-c", code], cwd=tmp_path, env=outside, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert all(Path(line).is_relative_to(installed.parent) for line in found), found
    ended = subprocess.run(
        ["nba-props", "demo"], cwd=tmp_path, env=outside, capture_output=True, text=True, check=False, timeout=900
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "coverage" in ended.stdout
    assert (tmp_path / ".nba_props" / "demo" / "dagster" / "dagster.yaml").exists()


def test_the_version_is_the_one_of_the_package(installed: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [installed / "nba-props", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == nba_props.__version__


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
