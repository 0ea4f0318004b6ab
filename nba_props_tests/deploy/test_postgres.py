"""Dagster's records in PostgreSQL, for real: a cluster in a temporary directory, and a simulated league run on it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster_postgres import PostgresRunStorage, PostgresScheduleStorage
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from nba_props.daemon_health import CodeLocation, Pulse, daemon_health
from nba_props.instance import open_instance
from nba_props.io.dagster_postgres_storage import RedactedPostgresEventLogStorage
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.automation.records import record_living, recording
from nba_props_tests.conftest import EVENING, TONIGHT, YESTERDAY, run_league

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "deploy" / "dagster" / "postgres.yaml"
PASSWORD = "planted-postgres-password"
PREDICTIONS = dg.AssetKey(["predictions", "player_prop_predictions"])

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Account:
    """Who the server runs as: PostgreSQL refuses to run as root, so root lends it Debian's own account."""

    name: str
    is_borrowed: bool

    @property
    def popen(self) -> dict[str, object]:
        return {"user": self.name, "group": self.name, "extra_groups": []} if self.is_borrowed else {}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a server on 127.0.0.1 that lives as long as the tests."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    bin_ = binaries[-1]
    is_root = os.geteuid() == 0
    account = Account("postgres" if is_root else pwd.getpwuid(os.geteuid()).pw_name, is_root)
    place = Path(tempfile.mkdtemp(prefix="pg_"))
    if is_root:
        shutil.chown(place, "postgres", "postgres")
    try:
        _create_cluster(bin_, place, account)
        port = _free_port()
        command = [bin_ / "postgres", "-D", place / "data", "-k", place, "-p", str(port), "-h", "127.0.0.1"]
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, **account.popen)  # type: ignore[call-overload]
        try:
            url = f"postgresql+psycopg2://nba:{PASSWORD}@127.0.0.1:{port}/postgres"
            _wait_until_it_answers(url, server, place / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # "fast shutdown"
            server.wait(timeout=30)
    finally:
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def league(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A home whose Dagster settings are those of `deploy/`, a simulated league imported and two slates run."""
    home = tmp_path_factory.mktemp("postgres") / "home"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_POSTGRES_URL", postgres_url)
        environment.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        _put_settings(home)
        run_league(home)
        _put_settings(home)
        yield Platform(load_settings(home=home, now=EVENING))


def test_runs_events_and_checks_are_seen_through_the_instance(league: Platform) -> None:
    with open_instance(league) as instance:
        runs = instance.get_runs()
        assert len(runs) > 10
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        for day in (YESTERDAY, TONIGHT):
            found = instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=PREDICTIONS, asset_partitions=[day.isoformat()]), limit=1
            )
            assert found.records, day
        evaluations = [
            entry.dagster_event.event_specific_data
            for run in runs
            for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
            if entry.dagster_event
        ]
        assert len({one.check_name for one in evaluations}) > 10


def test_everything_dagster_keeps_is_in_postgres(league: Platform, postgres_url: str) -> None:
    with open_instance(league) as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert isinstance(instance.schedule_storage, PostgresScheduleStorage)
        assert isinstance(instance.event_log_storage, RedactedPostgresEventLogStorage)
        runs = len(instance.get_runs())
    with create_engine(postgres_url).connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM runs")).scalar_one() == runs
        assert connection.execute(text("SELECT COUNT(*) FROM event_logs")).scalar_one() > 10 * runs
    assert not list((league.home / "dagster").rglob("*.db"))


def test_status_reads_the_daemon_there_and_creates_no_table(
    league: Platform, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_living(league)
    with recording(league) as daemon:
        daemon.tick(
            daemon.starter("slate_alerts"), 3, error="SensorExecutionError: no", cause=f"cannot reach {postgres_url}"
        )
    found = daemon_health(league)
    assert (found.pulse, found.code_location) == (Pulse.ALIVE, CodeLocation.LOADS)
    assert found.switched_on == ["overnight_predictions", "slate_alerts", "slate_attempts"]
    ((name, failures, is_failing),) = [(one.name, one.failures, one.is_failing) for one in found.failed_ticks]
    assert (name, failures, is_failing) == ("slate_alerts", 1, True)
    assert PASSWORD not in found.model_dump_json()
    with create_engine(postgres_url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE empty"))
    empty = postgres_url.rpartition("/")[0] + "/empty"
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", empty)
    assert "cannot be read" in str(daemon_health(league).unreadable)
    with create_engine(empty).connect() as connection:
        tables = text("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert connection.execute(tables).scalar_one() == 0


def test_the_password_reaches_neither_the_home_nor_the_records(league: Platform, postgres_url: str) -> None:
    assert not [path for path in league.home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    with create_engine(postgres_url).connect() as connection:
        for table, column in (
            ("event_logs", "event"),
            ("runs", "run_body"),
            ("asset_check_executions", "evaluation_event"),
        ):
            hits = text(f"SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%' || :word || '%'")
            assert connection.execute(hits, {"word": PASSWORD}).scalar_one() == 0


def test_an_event_with_a_secret_is_stored_without_it(league: Platform, postgres_url: str) -> None:
    @dg.op
    def fails() -> None:
        raise ValueError(f"could not connect to {postgres_url}")

    @dg.job
    def failing() -> None:
        fails()

    with open_instance(league) as instance:
        result = failing.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        told = " ".join(str(entry) for entry in instance.all_logs(result.run_id))
        instance.delete_run(result.run_id)
    assert "could not connect to postgresql+psycopg2://nba:[redacted]@127.0.0.1" in told
    assert PASSWORD not in told


def _create_cluster(bin_: Path, place: Path, account: Account) -> None:
    password = place / "password"
    password.write_text(PASSWORD)
    if account.is_borrowed:
        shutil.chown(password, account.name, account.name)
    options = [
        "-U",
        "nba",
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    made = subprocess.run(
        [bin_ / "initdb", "-D", place / "data", *options],
        cwd=place, capture_output=True, text=True, check=False, **account.popen,
    )  # type: ignore[call-overload]  # fmt: skip
    assert made.returncode == 0, made.stderr
    password.unlink()


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]", log: Path, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        assert server.poll() is None, log.read_text()
        try:
            create_engine(url).connect().close()
            return
        except OperationalError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _put_settings(home: Path) -> None:
    (home / "dagster").mkdir(parents=True, exist_ok=True)
    shutil.copy(SETTINGS, home / "dagster" / "dagster.yaml")
