"""The pooled event log keeps Dagster's own behaviour: the stock class reads what it wrote, and the reverse."""

import inspect
import json
import multiprocessing
import queue
import shutil
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as db
from dagster._core.definitions.data_version import extract_data_version_from_entry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from nba_props.io.dagster_storage import OPEN_DATABASES, PooledSqliteEventLogStorage

DATES = dg.DailyPartitionsDefinition("2024-01-01")
RANGE = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-10"}
SLATES = dg.AssetKey("slates")


@dg.asset(partitions_def=DATES, backfill_policy=dg.BackfillPolicy.single_run())
def slates() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 5}, data_version=dg.DataVersion("one"))


@dg.asset_check(asset=slates)
def has_rows() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, metadata={"rows": 5})


@dg.job
def _nothing_to_do() -> None: ...


def _instance(home: Path, *, pooled: bool = True) -> dg.DagsterInstance:
    log = "PooledSqliteEventLogStorage" if pooled else "SqliteEventLogStorage"
    module = "nba_props.io.dagster_storage" if pooled else "dagster._core.storage.event_log"
    settings = {
        "telemetry": {"enabled": False},
        "event_log_storage": {"module": module, "class": log, "config": {"base_dir": str(home / "history" / "runs")}},
    }
    (home / f"{log}.yaml").write_text(json.dumps(settings))
    return dg.DagsterInstance.from_config(str(home), config_filename=f"{log}.yaml")


def _materialize(instance: dg.DagsterInstance) -> str:
    result = dg.materialize([slates, has_rows], instance=instance, tags=RANGE)
    assert result.success
    return result.run_id


def _report(instance: dg.DagsterInstance, name: str, partition: str | None = None) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(name, partition=partition))


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Setting up three databases takes a second: once is enough."""
    home = tmp_path_factory.mktemp("empty_home")
    _instance(home).dispose()
    return home


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty_home, tmp_path / "home")


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    instance = _instance(home)
    yield instance
    instance.dispose()


def _log_of(instance: dg.DagsterInstance) -> PooledSqliteEventLogStorage:
    log = instance.event_log_storage
    assert isinstance(log, PooledSqliteEventLogStorage)
    return log


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")
class TestSameHome:
    def test_stock_class_reads_what_pooled_class_wrote_and_the_reverse(
        self, instance: dg.DagsterInstance, home: Path
    ) -> None:
        stock = _instance(home, pooled=False)
        assert type(stock.event_log_storage) is SqliteEventLogStorage
        for writer, reader in ((instance, stock), (stock, instance)):
            run_id = _materialize(writer)
            assert len(reader.get_materialized_partitions(SLATES)) == 10
            assert [e.storage_id for e in reader.get_records_for_run(run_id).records] == [
                e.storage_id for e in writer.get_records_for_run(run_id).records
            ]
            latest = reader.get_latest_materialization_event(SLATES)
            assert latest is not None and latest.run_id == run_id
            check_key = dg.AssetCheckKey(SLATES, "has_rows")
            checks = reader.event_log_storage.get_asset_check_execution_history(check_key, limit=1)
            assert (checks[0].run_id, checks[0].status.value) == (run_id, "SUCCEEDED")
        materializations = instance.fetch_materializations(SLATES, limit=100).records
        assert len(materializations) == 20
        versions = {dg.DataVersion("one")}
        assert {extract_data_version_from_entry(r.event_log_entry) for r in materializations} == versions
        stock.dispose()

    def test_a_connection_is_opened_per_file_and_not_per_event(self, home: Path) -> None:
        opened = []
        db.event.listen(db.engine.Engine, "connect", opened_files := lambda c, _: opened.append(_file_of(c)))
        try:
            instance = _instance(home)
            run_id = _materialize(instance)
            opened.clear()
            for day in range(20):
                _report(instance, "other", f"2024-02-{day + 1:02}")
            instance.get_records_for_run(run_id)
            # the runless file's own set-up opens a second connection, once
            assert sorted(opened) == [".db", ".db"]
        finally:
            db.event.remove(db.engine.Engine, "connect", opened_files)
        instance.dispose()

    def test_events_are_durable_against_a_killed_process_and_the_log_is_write_ahead(
        self, instance: dg.DagsterInstance
    ) -> None:
        with _log_of(instance).index_connection() as connection:
            assert connection.execute(db.text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(db.text("PRAGMA synchronous")).scalar() == 1  # NORMAL

    def test_open_files_are_bounded(self, instance: dg.DagsterInstance) -> None:
        log = _log_of(instance)
        for run in range(OPEN_DATABASES + 2):
            assert log.get_records_for_run(f"run-{run}").records == []
        assert len(log._databases) == OPEN_DATABASES
        assert "run-0" not in log._databases
        assert log.get_records_for_run("run-0").records == []

    def test_dispose_closes_every_file_and_a_later_use_opens_them_again(self, instance: dg.DagsterInstance) -> None:
        _report(instance, "slates")
        instance.event_log_storage.dispose()
        assert not _log_of(instance)._databases
        assert instance.get_latest_materialization_event(SLATES) is not None


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")
class TestDeletion:
    def test_delete_run_takes_its_events_along(self, instance: dg.DagsterInstance) -> None:
        kept, deleted = _materialize(instance), _materialize(instance)
        instance.delete_run(deleted)
        assert instance.get_records_for_run(deleted).records == []
        assert instance.get_records_for_run(kept).records
        assert len(instance.fetch_materializations(SLATES, limit=100).records) == 10

    def test_wipe_empties_the_home_and_it_goes_on(self, instance: dg.DagsterInstance) -> None:
        _materialize(instance)
        instance.wipe()
        assert not instance.get_materialized_partitions(SLATES)
        _materialize(instance)
        assert len(instance.get_materialized_partitions(SLATES)) == 10

    def test_wipe_asset(self, instance: dg.DagsterInstance) -> None:
        _materialize(instance)
        instance.wipe_assets([SLATES])
        assert not instance.has_asset_key(SLATES)
        assert not instance.get_materialized_partitions(SLATES)

    @pytest.mark.parametrize("recreated", [False, True])
    def test_a_file_wiped_by_another_process_is_not_written_to_any_more(
        self, instance: dg.DagsterInstance, home: Path, recreated: bool
    ) -> None:
        run_id = _materialize(instance)
        other = _instance(home, pooled=False)
        other.wipe()
        if recreated:
            other.get_records_for_run(run_id)
        instance.report_engine_event("written after the wipe", run_id=run_id, job_name="any")
        other.dispose()
        reader = _instance(home, pooled=False)
        assert [r.event_log_entry.message for r in reader.get_records_for_run(run_id).records] == [
            "written after the wipe"
        ]
        reader.dispose()


class TestConcurrency:
    def test_a_run_is_followed_by_another_process_while_it_is_under_way(
        self, instance: dg.DagsterInstance, home: Path
    ) -> None:
        """As the web server follows it: the writer's database stays open, so that its events stay in the write-ahead log."""
        run = instance.create_run_for_job(_nothing_to_do)
        instance.report_engine_event("before it was watched", run)
        seen: queue.Queue[str] = queue.Queue()
        with _instance(home) as watching:
            watching.watch_event_logs(run.run_id, None, lambda event, _cursor: seen.put(event.message))
            instance.report_engine_event("while it is watched", run)
            assert [seen.get(timeout=20) for _ in range(2)] == ["before it was watched", "while it is watched"]

    def test_threads_of_one_process(self, instance: dg.DagsterInstance) -> None:
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda i: _report(instance, "slates", str(i)), range(60)))
        assert instance.get_materialized_partitions(SLATES) == {str(i) for i in range(60)}

    def test_two_processes_pooled_and_stock_at_once(self, instance: dg.DagsterInstance, home: Path) -> None:
        forked = multiprocessing.get_context("fork")
        stock = forked.Process(target=_report_many, args=(home, False, 100, 140))
        pooled = forked.Process(target=_report_many, args=(home, True, 200, 240))
        stock.start()
        pooled.start()
        i = 0
        while stock.is_alive() or pooled.is_alive():
            _report(instance, "slates", str(1000 + i))
            i += 1
            time.sleep(0.01)
        stock.join()
        pooled.join()
        assert (stock.exitcode, pooled.exitcode) == (0, 0)
        wanted = {str(n) for n in [*range(100, 140), *range(200, 240), *range(1000, 1000 + i)]}
        assert instance.get_materialized_partitions(SLATES) == wanted
        with _log_of(instance).index_connection() as connection:
            assert connection.execute(db.text("PRAGMA integrity_check")).scalar() == "ok"

    def test_a_forked_child_opens_connections_of_its_own(self, instance: dg.DagsterInstance) -> None:
        _report(instance, "slates", "parent")
        child = multiprocessing.get_context("fork").Process(target=_report_over_new_connections, args=(instance,))
        child.start()
        child.join()
        _report(instance, "slates", "parent again")
        assert child.exitcode == 0
        assert instance.get_materialized_partitions(SLATES) == {"parent", "child", "parent again"}


def test_dagster_still_opens_its_databases_where_this_class_expects() -> None:
    """If this fails after an upgrade of Dagster, read sqlite_event_log.py again before trusting dagster_storage.py."""
    source = inspect.getsource(SqliteEventLogStorage)
    assert source.count("create_engine(") == 3, "connections are opened elsewhere than __init__, has_table and _connect"
    for method in (
        SqliteEventLogStorage.__init__,
        SqliteEventLogStorage.has_table,
        SqliteEventLogStorage._connect,
    ):
        assert "create_engine(" in inspect.getsource(method), f"{method.__name__} no longer opens a connection"
    assert list(inspect.signature(SqliteEventLogStorage._connect).parameters) == ["self", "shard"]
    assert list(inspect.signature(SqliteEventLogStorage._initdb).parameters)[:2] == ["self", "engine"]
    assert {"_db_lock", "_initialized_dbs"} <= set(SqliteEventLogStorage.__init__.__code__.co_names)


def _file_of(connection: sqlite3.Connection) -> str:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2]).name


def _report_over_new_connections(instance: dg.DagsterInstance) -> None:
    opened: list[str] = []
    db.event.listen(db.engine.Engine, "connect", lambda connection, _: opened.append(_file_of(connection)))
    _report(instance, "slates", "child")
    assert {".db", "index.db"} <= set(opened)


def _report_many(home: Path, pooled: bool, start: int, stop: int) -> None:
    instance = _instance(home, pooled=pooled)
    for n in range(start, stop):
        _report(instance, "slates", str(n))
    instance.dispose()
