"""`status` as cron meets it: a healthy, a partial and a broken day, and what runs by itself alive, dead or failing."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.automation.records import record_living, recording
from nba_props_tests.cli.conftest import Call, Ended, environment
from nba_props_tests.slates import DAY, PEOPLE, later

Status = Callable[..., Ended]


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A good slate, exported, an hour after noon Eastern of DAY; no record of Dagster's."""
    home = slates.new_home(tmp_path_factory.mktemp("good") / "home", later(60))
    slates.good_slate(home)
    for path in (f"v1/predictions/{DAY}.json", "v1/tonight/all-players.json"):
        home.store.put(path, b"{}")
        row = {"game_date": DAY, "path": path, "state": "published", "published_at": later(5)}
        slates.put(home, "nba_monitoring.export_log", row)
    return home


@pytest.fixture
def home(good_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(good_home, tmp_path / "home")


@pytest.fixture
def status(call: Call, home: Platform, monkeypatch: pytest.MonkeyPatch) -> Status:
    """Run `status` on this home at its own instant."""
    monkeypatch.setenv("NBA_PROPS_NOW", later(60).isoformat())
    return lambda *words: call("status", *words, home=home.home)


def test_a_healthy_day_with_a_living_daemon_is_ready(home: Platform, status: Status) -> None:
    record_living(home)
    found = status("--json")
    assert (found.code, found.json["verdict"], found.json["reasons"]) == (0, "READY", [])
    daemon = found.json["daemon"]
    assert (daemon["pulse"], daemon["code_location"], daemon["is_wanted"]) == ("alive", "loads", True)
    assert (daemon["failed_ticks"], daemon["unreadable"]) == ([], None)
    text = status().out
    assert text.startswith(f"READY  {DAY}")
    assert "alive, last heartbeat" in text
    assert len(text.splitlines()) < 30  # one screen


def test_a_partial_day_is_degraded_with_each_reason(home: Platform, status: Status) -> None:
    record_living(home)
    slates.coverage(home, 18)
    slates.predictions(home, PEOPLE[2:])
    slates.batch(home, state="partial", staged_players=18, completion_pct=90.0)
    found = status("--json")
    assert (found.code, found.json["verdict"]) == (1, "DEGRADED")
    said = " ".join(found.json["reasons"])
    assert "Coverage is below 95 %: 18 of 20 expected players, 90.0 %." in said
    assert f"batch_{DAY}_1 is partial: 18 of 20 players." in said
    assert (found.json["coverage_pct"], found.json["loss_pct"]) == (90.0, 10.0)
    assert found.json["funnel"]["predicted"] == 18
    assert status().out.startswith(f"DEGRADED  {DAY}")


def test_a_broken_day_is_not_ready_and_says_that_the_daemon_died(home: Platform, status: Status) -> None:
    slates.predictions(home, [])
    slates.coverage(home, 0)
    with recording(home) as daemon:
        daemon.heartbeats(60)
        daemon.tick(daemon.starter("slate_attempts"), 60)
    found = status("--json")
    assert (found.code, found.json["verdict"]) == (2, "NOT READY")
    said = " ".join(found.json["reasons"])
    assert "2 games on 2024-01-15 and no active prediction (20 players expected)." in said
    assert "The daemon is late (SCHEDULER, SENSOR, QUEUED_RUN_COORDINATOR): the last heartbeat was at" in said
    assert "docs/runbooks/daemon.md" in said
    assert status().out.startswith(f"NOT READY  {DAY}")


def test_a_dead_daemon_degrades_a_good_slate_and_a_day_off_but_no_past_one(home: Platform, status: Status) -> None:
    with recording(home) as daemon:
        daemon.heartbeats(60)
        daemon.tick(daemon.starter("slate_attempts"), 60)
    found = status("--json")
    assert (found.code, found.json["verdict"]) == (1, "DEGRADED")
    assert found.json["daemon"]["pulse"] == "late"
    off = status(DAY + timedelta(days=1), "--json")
    assert (off.code, off.json["verdict"], off.json["games"]) == (1, "DEGRADED", 0)
    past = status(DAY - timedelta(days=1), "--json")
    assert (past.code, past.json["verdict"]) == (0, "NO SLATE")
    assert any("The daemon is late" in reason for reason in past.json["reasons"])


def test_a_failed_tick_degrades_with_its_name_and_first_line(home: Platform, status: Status) -> None:
    record_living(home)
    with recording(home) as daemon:
        broken = daemon.starter("slate_alerts")
        daemon.tick(broken, 2, error="SensorExecutionError: Error occurred", cause="BadInput: [no] channel\nmore")
    found = status("--json")
    assert (found.code, found.json["verdict"]) == (1, "DEGRADED")
    (failed,) = found.json["daemon"]["failed_ticks"]
    assert (failed["name"], failed["failures"], failed["is_failing"]) == ("slate_alerts", 1, True)
    text = status().out
    assert "SensorExecutionError: Error occurred, by BadInput: [no] channel." in text
    assert "slate_alerts 1 (still)" in text
    with recording(home) as daemon:
        daemon.tick(broken, 1)
    assert status("--json").json["verdict"] == "READY"


def test_without_records_nobody_misses_a_daemon_and_none_is_made(
    home: Platform, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = status("--json")
    assert (found.code, found.json["reasons"], found.json["daemon"]["pulse"]) == (0, [], "never ran")
    monkeypatch.setenv("NBA_PROPS_AUTOMATION", "true")
    wanted = status("--json")
    assert (wanted.code, wanted.json["verdict"]) == (1, "DEGRADED")
    assert "The daemon never ran on this home" in wanted.json["reasons"][0]
    assert not (home.home / "dagster").exists()


def test_records_that_cannot_be_read_are_said_and_no_crash(home: Platform, status: Status) -> None:
    record_living(home)
    (home.home / "dagster" / "schedules" / "schedules.db").write_bytes(b"no database at all, " * 100)
    found = status("--json")
    assert (found.code, found.json["verdict"]) == (1, "DEGRADED")
    assert found.json["daemon"]["pulse"] == "unknown"
    assert "cannot be read" in found.json["daemon"]["unreadable"]
    assert "unknown" in status().out


def test_a_look_at_the_daemon_does_not_cost_the_import_of_dagster(home: Platform) -> None:
    record_living(home)
    code = (
        "import sys; from nba_props.cli.ending import run_to_end;"
        f" code = run_to_end(['status', '--json', '--home', {str(home.home)!r}]);"
        " assert not {'dagster', 'sqlalchemy', 'yaml'} & set(sys.modules); sys.exit(code)"
    )
    at = environment() | {"NBA_PROPS_NOW": later(60).isoformat()}
    done = subprocess.run([sys.executable, "-c", code], env=at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"pulse": "alive"' in done.stdout
