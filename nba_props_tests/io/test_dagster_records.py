"""Where Dagster's records lie, and what is read of them; hand-written settings and broken ones included."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nba_props.io.dagster_records import Records, RecordsUnreadable, read_records
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.automation.records import record_living

SEPARATE = """
run_storage: {{module: dagster._core.storage.runs, class: SqliteRunStorage, config: {{base_dir: "{runs}"}}}}
schedule_storage: {{module: dagster._core.storage.schedules, class: SqliteScheduleStorage, config: {{base_dir: "{schedules}"}}}}
"""


@pytest.fixture
def dagster(tmp_path: Path) -> Path:
    """Dagster's directory of a home in which a daemon lives."""
    home = Platform(load_settings(home=tmp_path / "home"))
    record_living(home)
    return home.home / "dagster"


def read(dagster: Path) -> Records:
    return read_records(dagster, datetime.now(UTC) - timedelta(hours=24))


def names(found: Records) -> tuple[list[str], list[str]]:
    return [one.loop for one in found.heartbeats], sorted(one.name for one in found.starters)


EXPECTED = (["QUEUED_RUN_COORDINATOR", "SCHEDULER", "SENSOR"], ["overnight_predictions", "slate_attempts"])


def test_records_are_found_where_our_own_settings_have_them_even_in_a_copy(dagster: Path, tmp_path: Path) -> None:
    assert names(read(dagster)) == EXPECTED
    copy = shutil.copytree(dagster, tmp_path / "copy")
    shutil.rmtree(dagster)
    assert names(read(copy)) == EXPECTED  # its settings still name the directory it was copied from


@pytest.mark.parametrize("text", ["telemetry: {enabled: false}\n", "", 'storage: {sqlite: {base_dir: "HERE"}}\n'])
def test_records_are_found_where_hand_written_settings_leave_them(dagster: Path, text: str) -> None:
    (dagster / "dagster.yaml").write_text(text.replace("HERE", str(dagster)))
    assert names(read(dagster)) == EXPECTED


def test_records_are_found_where_hand_written_settings_put_them(dagster: Path, tmp_path: Path) -> None:
    shutil.move(dagster / "history", tmp_path / "runs")
    shutil.move(dagster / "schedules", tmp_path / "ticks")
    text = SEPARATE.format(runs=tmp_path / "runs", schedules=tmp_path / "ticks")
    (dagster / "dagster.yaml").write_text(text)
    assert names(read(dagster)) == EXPECTED


def test_a_tick_under_way_says_nothing_yet(dagster: Path) -> None:
    with sqlite3.connect(dagster / "schedules" / "schedules.db") as connection:
        connection.execute("update job_ticks set status = 'STARTED'")
    assert all(one.last_tick_at is None for one in read(dagster).starters)


@pytest.mark.parametrize(
    ("break_", "said"),
    [
        ("delete_table", "no such table: daemon_heartbeats"),
        ("another_body", "JSONDecodeError"),
        ("no_yaml", "is no YAML"),
        ("no_such_storage", "of_nobody"),
    ],
)
def test_records_that_are_not_as_expected_are_refused_in_words(dagster: Path, break_: str, said: str) -> None:
    with sqlite3.connect(dagster / "history" / "runs.db") as connection:
        if break_ == "delete_table":
            connection.execute("drop table daemon_heartbeats")
        if break_ == "another_body":
            connection.execute("update daemon_heartbeats set body = 'another format'")
    if break_ == "no_yaml":
        (dagster / "dagster.yaml").write_text("run_storage: {")
    if break_ == "no_such_storage":
        (dagster / "dagster.yaml").write_text("run_storage: {module: of_nobody, class: Storage, config: {}}")
    with pytest.raises(RecordsUnreadable, match="cannot be read") as refused:
        read(dagster)
    assert said in refused.value.message
    assert "daemon.md" in refused.value.next_step
