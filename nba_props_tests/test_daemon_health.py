"""What is said of a daemon by what it recorded, on records written through Dagster's own client."""

from datetime import timedelta
from pathlib import Path

import pytest

from nba_props.daemon_health import CodeLocation, DaemonHealth, Pulse, daemon_findings, daemon_health
from nba_props.health import Level
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.automation.records import record_living, recording


@pytest.fixture
def home(tmp_path: Path) -> Platform:
    """A home without anything in it."""
    return Platform(load_settings(home=tmp_path / "home"))


def automatic(home: Platform) -> Platform:
    return Platform(home.settings.model_copy(update={"automation": True}))


def said(found: DaemonHealth, *, is_ahead: bool = True) -> list[tuple[Level, str]]:
    return [(one.level, one.what) for one in daemon_findings(found, is_ahead=is_ahead)]


def test_a_living_daemon_is_no_finding(home: Platform) -> None:
    record_living(home)
    found = daemon_health(home)
    assert (found.pulse, found.code_location, found.is_wanted) == (Pulse.ALIVE, CodeLocation.LOADS, True)
    assert found.switched_on == ["overnight_predictions", "slate_attempts"]
    assert set(found.heartbeats) == {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR"}
    assert said(found) == []


def test_without_records_nothing_is_made_and_only_automation_misses_a_daemon(home: Platform) -> None:
    assert daemon_health(home) == DaemonHealth(pulse=Pulse.NEVER_RAN, is_wanted=False)
    assert said(daemon_health(home)) == []
    ((level, what),) = said(daemon_health(automatic(home)))
    assert (level, what.partition(",")[0]) == (Level.DEGRADED, "The daemon never ran on this home")
    assert not home.home.exists()


def test_looking_leaves_no_file_behind(home: Platform) -> None:
    record_living(home)
    before = sorted(home.home.rglob("*"))
    daemon_health(home)
    assert sorted(home.home.rglob("*")) == before


@pytest.mark.parametrize(("age", "pulse"), [(9, Pulse.ALIVE), (11, Pulse.LATE)])
def test_a_daemon_is_late_after_ten_minutes_without_a_heartbeat(home: Platform, age: float, pulse: Pulse) -> None:
    with recording(home) as daemon:
        daemon.heartbeats(age)
        daemon.tick(daemon.starter("slate_attempts"), 1)
    found = daemon_health(home)
    assert found.pulse is pulse
    assert [level for level, _ in said(found)] == ([Level.DEGRADED] if pulse is Pulse.LATE else [])
    if pulse is Pulse.LATE:
        at = f"{daemon.now - timedelta(minutes=age):%Y-%m-%d %H:}"
        assert f"(SCHEDULER, SENSOR, QUEUED_RUN_COORDINATOR): the last heartbeat was at {at}" in said(found)[0][1]
        assert said(found, is_ahead=False)[0][0] is Level.NOTE  # a slate that is over needs no daemon


def test_one_dead_loop_of_three_is_named(home: Platform) -> None:
    record_living(home)
    with recording(home) as daemon:
        daemon.heartbeats(60, "SCHEDULER")
    found = daemon_health(home)
    assert (found.pulse, found.late_loops) == (Pulse.LATE, ["SCHEDULER"])


def test_a_dead_daemon_is_no_matter_where_nothing_is_to_run_by_itself(home: Platform) -> None:
    with recording(home) as daemon:
        daemon.heartbeats(600)
        daemon.starter("slate_attempts", "STOPPED")
        # Dagster keeps the state of a sensor whose default is no longer on, and only of a sensor.
        daemon.starter("consolidation", "DECLARED_IN_CODE")
    found = daemon_health(home)
    assert (found.pulse, found.is_wanted, found.switched_on) == (Pulse.LATE, False, [])
    assert said(found) == []
    assert daemon_health(automatic(home)).switched_on == ["consolidation"]


@pytest.mark.parametrize(("age", "code"), [(14, CodeLocation.LOADS), (16, CodeLocation.DOES_NOT_LOAD)])
def test_a_daemon_that_lives_without_a_look_does_not_load_the_code(
    home: Platform, age: float, code: CodeLocation
) -> None:
    with recording(home) as daemon:
        daemon.heartbeats(0.5)
        daemon.tick(daemon.starter("slate_attempts"), age)
        daemon.tick(daemon.starter("slate_alerts", "STOPPED"), 1)
    found = daemon_health(home)
    assert found.code_location is code
    assert any("its code location does not load" in what for _, what in said(found)) == (
        code is CodeLocation.DOES_NOT_LOAD
    )


def test_a_daemon_that_never_loaded_the_code_knows_no_sensor(home: Platform) -> None:
    with recording(home) as daemon:
        daemon.heartbeats(0.5)
    assert daemon_health(home).code_location is CodeLocation.UNKNOWN
    found = daemon_health(automatic(home))
    assert found.code_location is CodeLocation.DOES_NOT_LOAD
    assert "no sensor has looked ever" in said(found)[0][1]


def test_a_tick_that_failed_last_degrades_with_its_name_instant_and_reason(
    home: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBA_PROPS_ODDS_API_KEY", "planted-odds-key")
    record_living(home)
    with recording(home) as daemon:
        alerts = daemon.starter("slate_alerts")
        daemon.tick(alerts, 60 * 25, error="Too long ago to count")
        daemon.tick(alerts, 7, error="Error occurred during evaluation\n", cause="ValueError: an older one")
        daemon.tick(
            alerts,
            2,
            error="SensorExecutionError: Error occurred during evaluation\nmore",
            cause="ValueError: no answer at https://odds.example/?apiKey=planted-odds-key\nand more",
        )
    found = daemon_health(home)
    (failed,) = found.failed_ticks
    assert (failed.name, failed.failures, failed.is_failing) == ("slate_alerts", 2, True)
    ((level, what),) = said(found)
    assert level is Level.DEGRADED
    at = f"{failed.last_at:%Y-%m-%d %H:%M:%S} UTC"
    assert what.startswith(f"slate_alerts fails (2 in 24 hours), last at {at}: SensorExecutionError: Error occurred")
    assert "by ValueError: no answer at https://odds.example/" in what
    assert "planted-odds-key" not in what + failed.error
    assert "more" not in what


def test_a_tick_that_failed_before_one_that_did_not_is_only_noted(home: Platform) -> None:
    record_living(home)
    with recording(home) as daemon:
        for name, status in (("slate_alerts", "RUNNING"), ("consolidation", "STOPPED")):
            one = daemon.starter(name, status)
            daemon.tick(one, 9, error="ValueError: no")
            if status == "RUNNING":
                daemon.tick(one, 4)
    assert said(daemon_health(home)) == [
        (
            Level.NOTE,
            "Ticks failed within 24 hours, of what has recovered or is off: consolidation 1, slate_alerts 1.",
        )
    ]


def test_many_failing_are_counted_after_three(home: Platform) -> None:
    record_living(home)
    with recording(home) as daemon:
        for number in range(5):
            daemon.tick(daemon.starter(f"sensor_{number}"), 2, error="ValueError: no")
    whats = [what for _, what in said(daemon_health(home))]
    assert len(whats) == 4
    assert whats[-1] == "And sensor_3, sensor_4."


def test_an_error_in_a_living_loop_is_said(home: Platform) -> None:
    record_living(home)
    with recording(home) as daemon:
        daemon.heartbeats(0.1, "SENSOR", error="OperationalError: database is locked\nstack")
    found = daemon_health(home)
    assert said(found) == [
        (Level.DEGRADED, "The daemon's SENSOR loop has errors: OperationalError: database is locked.")
    ]


def test_records_that_cannot_be_read_are_a_finding(home: Platform) -> None:
    record_living(home)
    (home.home / "dagster" / "history" / "runs.db").write_bytes(b"no database at all, " * 100)
    found = daemon_health(home)
    assert (found.pulse, found.code_location) == (Pulse.UNKNOWN, CodeLocation.UNKNOWN)
    ((level, what),) = said(found)
    assert level is Level.DEGRADED
    assert "cannot be read: DatabaseError: file is not a database." in what
