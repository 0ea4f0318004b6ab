"""Runs whose process died: a real one killed in a step, rows of other machines, and living runs, which are left alone."""

import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.cli.ending import run_to_end
from nba_props.history import HEARTBEAT_SECONDS, asset_of, recorded
from nba_props.instance import open_instance
from nba_props.interrupted import SILENT_AFTER, is_dead, mark_interrupted
from nba_props.io.liveness import Signs
from nba_props.platform import Platform
from nba_props.settings import Target, load_settings
from nba_props_tests.cli.conftest import command, environment
from nba_props_tests.conftest import EVENING, TONIGHT

NOW = datetime(2025, 12, 3, 22, tzinfo=UTC)


def rows(platform: Platform, status: str) -> list[dict[str, Any]]:
    found = platform.warehouse.query("select * from nba_reference.processor_run_history order by started_at")
    return [row for row in found.to_pylist() if row["status"] == status]


def killed_in_a_step(home: Path) -> None:
    """Start a run of the evening, and kill it while its history says `running`."""
    started = subprocess.Popen(
        command("run", TONIGHT, "--force", "--home", home),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    platform = Platform(load_settings(home=home, now=EVENING))
    deadline = time.monotonic() + 60
    while not rows(platform, "running"):
        assert started.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    started.send_signal(signal.SIGKILL)
    started.wait()


@pytest.mark.whole
def test_a_killed_run_is_marked_by_the_next_look_in_history_and_dagster(
    slate_platform: Platform, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    killed_in_a_step(slate_platform.home)
    running = rows(slate_platform, "running")
    assert running
    monkeypatch.setenv("NBA_PROPS_NOW", EVENING.isoformat())
    run_to_end(["status", str(TONIGHT), "--home", str(slate_platform.home)])
    assert "marked as interrupted" in capfd.readouterr().err
    assert rows(slate_platform, "running") == []
    (marked,) = [row for row in rows(slate_platform, "interrupted") if row["run_id"] == running[0]["run_id"]]
    assert "ended without a word" in marked["error_message"]
    assert marked["finished_at"] is not None
    assert marked["duration_seconds"] is None
    with open_instance(slate_platform) as instance:
        run = instance.get_run_by_id(marked["run_id"])
        assert run is not None
        assert run.status.value == "FAILURE"
        assert [one for one in instance.get_runs() if not one.is_finished] == []
    assert mark_interrupted(slate_platform) == []


def test_a_living_run_is_left_alone(platform: Platform) -> None:
    with recorded(platform, "run_1", "predictions/xgboost_v1_model/2025-12", TONIGHT, TONIGHT):
        assert mark_interrupted(platform) == []
        (row,) = rows(platform, "running")
        assert row["asset"] == "predictions/xgboost_v1_model"
    assert rows(platform, "running") == []


def test_a_step_that_a_person_stops_is_interrupted_not_failed(platform: Platform) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(platform, "run_1", "exports/results", TONIGHT, TONIGHT):
        raise KeyboardInterrupt
    assert len(rows(platform, "interrupted")) == 1


def test_a_step_on_a_shared_warehouse_is_renewed_until_it_ends(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded warehouse stands in for the shared one: what is renewed, and when it stops, is the same."""
    shared = Platform(load_settings(home=tmp_path / "home", target="gcp", environment="test", dataset_prefix="test_"))
    shared.__dict__["warehouse"] = platform.warehouse
    monkeypatch.setattr("nba_props.history.HEARTBEAT_SECONDS", 0.02)
    with recorded(shared, "run_1", "exports/results", TONIGHT, TONIGHT):
        (first,) = rows(platform, "running")
        deadline = time.monotonic() + 30
        while rows(platform, "running")[0]["heartbeat_at"] == first["heartbeat_at"]:
            assert time.monotonic() < deadline, "the row was never renewed"
            time.sleep(0.02)
    time.sleep(0.1)
    assert len(rows(platform, "success")) == 1


@pytest.mark.parametrize(
    ("signs", "target", "silent_for", "expected"),
    [
        (Signs(frozenset({"one"}), frozenset()), Target.LOCAL, timedelta(days=9), False),
        (Signs(frozenset(), frozenset()), Target.LOCAL, timedelta(0), True),
        (Signs(frozenset({"one"}), frozenset()), Target.GCP, timedelta(days=9), False),
        (Signs(frozenset(), frozenset({"one"})), Target.GCP, timedelta(0), True),
        (Signs(frozenset(), frozenset()), Target.GCP, SILENT_AFTER, False),
        (Signs(frozenset(), frozenset()), Target.GCP, SILENT_AFTER + timedelta(seconds=1), True),
    ],
)
def test_who_counts_as_dead(signs: Signs, target: Target, silent_for: timedelta, expected: bool) -> None:
    row = {"run_id": "one", "heartbeat_at": NOW - silent_for, "started_at": NOW - timedelta(days=30)}
    assert is_dead(row, signs, target, NOW) is expected


def test_silence_outlasts_three_renewals_that_each_had_to_wait_for_the_warehouse() -> None:
    renewal = timedelta(seconds=HEARTBEAT_SECONDS + load_settings().cloud_patience_seconds)
    assert 3 * renewal < SILENT_AFTER


def test_a_row_of_an_older_version_is_as_old_as_its_start() -> None:
    row = {"run_id": "one", "heartbeat_at": None, "started_at": NOW - timedelta(days=30)}
    assert is_dead(row, Signs(frozenset(), frozenset()), Target.GCP, NOW)


@pytest.mark.parametrize(
    ("step", "asset"),
    [
        ("predictions/ridge_v1_model/2025-12", "predictions/ridge_v1_model"),
        ("checks/precompute/ml_feature_store", "precompute/ml_feature_store"),
        ("exports/results", "exports/results"),
    ],
)
def test_a_step_names_its_asset(step: str, asset: str) -> None:
    assert asset_of(step) == asset
