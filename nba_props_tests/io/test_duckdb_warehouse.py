"""The embedded warehouse: the contract, and what only a file on a disk can suffer."""

import multiprocessing
import os
import random
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.register_assert_rewrite("nba_props_tests.io.warehouse_contract", "nba_props_tests.io.warehouse_process_contract")

from nba_props.catalog.render.sql import select_list  # noqa: E402
from nba_props.errors import BadInput, SchemaMismatch, StorageFault, WarehouseBusy  # noqa: E402
from nba_props.io.disk import file_lock  # noqa: E402
from nba_props.io.warehouse.duckdb import DuckDBWarehouse  # noqa: E402
from nba_props_tests.io.warehouse_contract import (  # noqa: E402
    ALIASES,
    AVERAGES,
    DAY,
    LOG,
    MERGE,
    NOON,
    PREDICTIONS,
    ZONES,
    Connect,
    WarehouseContract,
    logged,
    predicted,
    rows,
    stored,
    whole_set,
)
from nba_props_tests.io.warehouse_process_contract import Open, ProcessContract  # noqa: E402


class TestContract(WarehouseContract):
    @pytest.fixture
    def connect(self, tmp_path: Path) -> Connect:
        return lambda prefix="": DuckDBWarehouse(tmp_path / "warehouse", prefix, lock_timeout_seconds=10.0)


@pytest.mark.whole
class TestProcesses(ProcessContract):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Open:
        return partial(DuckDBWarehouse, tmp_path / "warehouse", lock_timeout_seconds=10.0)


TURNS = 4
ROWS = 20_000
"""Enough that a write spends most of its time on the disk, so that a random moment falls into it."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Directory of a warehouse with one set of rows, all of state `old`."""
    root = tmp_path / "warehouse"
    warehouse = DuckDBWarehouse(root)
    warehouse.ensure_tables([LOG, ALIASES, PREDICTIONS])
    warehouse.replace_rows(LOG, whole_set("old", ROWS), DAY[0], DAY[0])
    return root


def states(root: Path) -> dict[str, int]:
    """How many rows each state has."""
    found = DuckDBWarehouse(root).query(f"SELECT state, COUNT(*) AS n FROM {LOG.full_name} GROUP BY state")
    return dict(zip(found["state"].to_pylist(), found["n"].to_pylist(), strict=True))


def files(root: Path) -> set[str]:
    """Every file below a directory but the locks, by its path there."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {path for path in found if not path.endswith((".lock", ".gate"))}


# -- other processes ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Real processes that start in milliseconds: forked from one that has everything imported and nothing open."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "pandas"])
    return context


@contextmanager
def running(processes: ForkServerContext, work: Callable[..., None], *args: Any) -> Iterator[ForkServerProcess]:
    """A process at work on something that it begins by setting the event it gets as its first argument."""
    begun = processes.Event()
    process = processes.Process(target=work, args=(begun, *args))
    process.start()
    try:
        assert begun.wait(30), "the other process did not begin"
        yield process
    finally:
        process.kill()
        process.join()


def hold_the_lock(begun: Any, path: Path, seconds: float) -> None:
    with file_lock(path, exclusive=True, timeout_seconds=5):
        begun.set()
        time.sleep(seconds)


def hold_the_file(begun: Any, path: Path, seconds: float) -> None:
    with duckdb.connect(str(path)):
        begun.set()
        time.sleep(seconds)


def test_a_lock_held_too_long_says_who_to_wait_for(root: Path, processes: ForkServerContext) -> None:
    with running(processes, hold_the_lock, root / "warehouse.lock", 30.0):
        for ask in (stored, lambda warehouse, table: warehouse.upsert(table, logged((DAY[1], "a", "new")))):
            with pytest.raises(
                WarehouseBusy, match=r"Another command has held .*warehouse.lock for more than 0.1 s"
            ) as busy:
                ask(DuckDBWarehouse(root, lock_timeout_seconds=0.1), LOG)
            assert "lsof" in busy.value.next_step
    assert states(root) == {"old": ROWS}  # the kernel took the lock from the killed process


def test_whoever_waits_gets_its_turn(root: Path, processes: ForkServerContext) -> None:
    with running(processes, hold_the_lock, root / "warehouse.lock", 0.2):
        assert DuckDBWarehouse(root, lock_timeout_seconds=10).upsert(LOG, logged((DAY[1], "a", "new"))).inserted == 1


def test_a_program_that_knows_no_lock_is_waited_for_and_named(root: Path, processes: ForkServerContext) -> None:
    with running(processes, hold_the_file, root / "warehouse.duckdb", 30.0) as shell:
        with pytest.raises(WarehouseBusy, match=f"Another program has .*warehouse.duckdb open.*{shell.pid}") as busy:
            stored(DuckDBWarehouse(root, lock_timeout_seconds=0.1), LOG)
        assert "DuckDB shell" in busy.value.next_step
    with running(processes, hold_the_file, root / "warehouse.duckdb", 0.2):
        assert states(root) == {"old": ROWS}


def test_a_writer_is_not_kept_out_by_readers_that_never_pause(root: Path) -> None:
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            with file_lock(root / "busy.lock", exclusive=False, timeout_seconds=5):
                time.sleep(0.02)

    (root / "busy.lock").touch()
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            for _ in range(5):
                time.sleep(0.01)
                with file_lock(root / "busy.lock", exclusive=True, timeout_seconds=2):
                    pass
        finally:
            is_over.set()
        for reader in readers:
            reader.result()


def count_up(root: Path, who: str, times: int) -> None:
    """Write rows of one's own, and add to a number that everybody adds to."""
    warehouse = DuckDBWarehouse(root, lock_timeout_seconds=30)
    for at in range(1, times + 1):
        warehouse.upsert(LOG, logged((DAY[1], who, str(at))))
        warehouse.replace_rows(LOG, whole_set(f"{who}{at}", 50), DAY[0], DAY[0])
        with warehouse.lock("counter", timeout_seconds=30):
            [row] = warehouse.query(f"SELECT state FROM {LOG.full_name} WHERE path = 'total'").to_pylist()
            warehouse.upsert(LOG, logged((DAY[2], "total", str(int(row["state"]) + 1))))


def read_until(is_over: Any, root: Path) -> None:
    """See only whole sets: every replacement writes 50 rows of one state."""
    warehouse = DuckDBWarehouse(root, lock_timeout_seconds=30)
    while not is_over.is_set():
        found = warehouse.query(
            f"SELECT COUNT(*) AS n, COUNT(DISTINCT state) AS states FROM {LOG.full_name} WHERE game_date = @start_date",
            {"start_date": DAY[0]},
        ).to_pylist()
        assert found == [{"n": 50, "states": 1}]
        warehouse.staging_tables()


@pytest.mark.whole
def test_processes_and_threads_at_once_lose_nothing(root: Path, processes: ForkServerContext) -> None:
    warehouse = DuckDBWarehouse(root)
    warehouse.replace_rows(LOG, whole_set("first", 50), DAY[0], DAY[0])
    warehouse.upsert(LOG, logged((DAY[2], "total", "0")))
    is_over = processes.Event()
    writers = [processes.Process(target=count_up, args=(root, f"process{at}", TURNS)) for at in range(3)]
    readers = [processes.Process(target=read_until, args=(is_over, root)) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        for process in (*readers, *writers):
            process.start()
        threads = [pool.submit(count_up, root, f"thread{at}", TURNS) for at in range(2)]
        threads += [pool.submit(read_until, is_over, root)]
        for writer in (*writers, *threads[:2]):
            writer.join(60) if isinstance(writer, ForkServerProcess) else writer.result(60)
        is_over.set()
        threads[2].result(60)
        for reader in readers:
            reader.join(60)
    assert [process.exitcode for process in (*writers, *readers)] == [0] * 5
    who = [f"process{at}" for at in range(3)] + [f"thread{at}" for at in range(2)]
    found = stored(warehouse, LOG, "game_date", "path", "state")
    assert [row for row in found if row[0] == DAY[1]] == [(DAY[1], one, str(TURNS)) for one in who]
    assert found[-1] == (DAY[2], "total", str(5 * TURNS))


def test_an_error_kept_for_later_keeps_no_file_open(root: Path) -> None:
    warehouse = DuckDBWarehouse(root)
    kept = []
    for _ in range(3):
        with pytest.raises(BadInput) as refused:
            warehouse.query(f"SELECT nonsense FROM {LOG.full_name}")
        kept.append(refused.value)
    assert warehouse.upsert(LOG, logged((DAY[1], "a", "new"))).inserted == 1
    with duckdb.connect(str(root / "warehouse.duckdb")) as another:
        assert another.execute("SELECT COUNT(*) FROM nba_monitoring.export_log").fetchone() == (ROWS + 1,)


def test_a_forked_child_starts_its_own_engine(root: Path) -> None:
    assert states(root) == {"old": ROWS}
    child = os.fork()
    if child == 0:
        os._exit(0 if states(root) == {"old": ROWS} else 1)
    assert os.waitpid(child, 0) == (child, 0)


# -- killed ------------------------------------------------------------------------------------------------------------


def replace_again_and_again(begun: Any, root: Path) -> None:
    warehouse, sets = DuckDBWarehouse(root), [whole_set("old", ROWS), whole_set("new", ROWS)]
    begun.set()
    while True:
        for one in reversed(sets):
            warehouse.replace_rows(LOG, one, DAY[0], DAY[0])


def upsert_again_and_again(begun: Any, root: Path) -> None:
    warehouse, sets = DuckDBWarehouse(root), [whole_set("old", ROWS), whole_set("new", ROWS)]
    begun.set()
    while True:
        for one in reversed(sets):
            warehouse.upsert(LOG, one)


def merge_again_and_again(begun: Any, root: Path) -> None:
    """The same act from staging: what is read of it is copied to the log's states by the test."""
    warehouse = DuckDBWarehouse(root)
    begun.set()
    while True:
        for staging in (AVERAGES, ZONES):
            warehouse.merge(MERGE, [staging], {"now": NOON})


def priced(root: Path) -> dict[str, int]:
    found = DuckDBWarehouse(root).query(
        f"SELECT CAST(ROUND(predicted_points) AS INT64) AS points, COUNT(*) AS n FROM {PREDICTIONS.full_name} GROUP BY points"
    )
    return {str(row["points"]): row["n"] for row in found.to_pylist()}


@pytest.fixture
def merged(root: Path) -> Path:
    """The warehouse with 5,000 merged predictions of 20 points, and the same of 30 points staged beside them."""
    warehouse, many = DuckDBWarehouse(root), 5_000
    one = predicted("p", predicted_points=20.0)
    base = pa.Table.from_batches(one.to_batches() * many)
    base = base.set_column(
        base.schema.get_field_index("prediction_id"),
        base.schema.field("prediction_id"),
        pa.array([f"p{at:05}" for at in range(many)]),
    )
    points = base.schema.get_field_index("predicted_points")
    raised = base.set_column(points, base.schema.field(points), pa.repeat(pa.scalar(30.0), many))
    warehouse.stage(PREDICTIONS, ZONES, base)
    warehouse.stage(PREDICTIONS, AVERAGES, raised)
    assert warehouse.merge(MERGE, [ZONES], {"now": NOON}) == many
    return root


def kill_at_random(
    processes: ForkServerContext, work: Callable[..., None], root: Path, look: Callable[[], Any]
) -> Iterator[Any]:
    """What is found, read-only first, each time a process at work was killed at some moment."""
    chance = random.Random(root.name)
    for _ in range(4):
        with running(processes, work, root) as victim:
            time.sleep(chance.uniform(0.02, 0.25))
            os.kill(victim.pid or 0, signal.SIGKILL)
            victim.join()
            assert victim.exitcode == -signal.SIGKILL
        yield look()


@pytest.mark.whole
@pytest.mark.parametrize("work", [replace_again_and_again, upsert_again_and_again])
def test_a_killed_write_leaves_the_old_set_or_the_new_one(root: Path, processes: ForkServerContext, work: Any) -> None:
    for found in kill_at_random(processes, work, root, lambda: states(root)):
        assert found in ({"old": ROWS}, {"new": ROWS})
        assert DuckDBWarehouse(root).upsert(LOG, logged((DAY[1], "a", "new"))).updated == 0
        DuckDBWarehouse(root).delete(LOG, "game_date = @start_date", {"start_date": DAY[1]})
    assert files(root) == {"warehouse.duckdb"}


@pytest.mark.whole
def test_a_killed_merge_leaves_the_old_set_or_the_new_one(merged: Path, processes: ForkServerContext) -> None:
    for found in kill_at_random(processes, merge_again_and_again, merged, lambda: priced(merged)):
        assert found in ({"20": 5_000}, {"30": 5_000})
        assert len(DuckDBWarehouse(merged).staging_tables()) == 2


def write_and_die(begun: Any, root: Path) -> None:
    """Die between the commit and the moment the log is moved into the file."""
    connection = duckdb.connect(str(root / "warehouse.duckdb"))
    connection.execute("UPDATE nba_monitoring.export_log SET state = 'new'")
    begun.set()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_log_left_behind_is_read_and_then_taken_over(root: Path, processes: ForkServerContext) -> None:
    with running(processes, write_and_die, root) as victim:
        victim.join()
    assert "warehouse.duckdb.wal" in files(root)
    assert states(root) == {"new": ROWS}
    DuckDBWarehouse(root).upsert(LOG, logged((DAY[1], "a", "new")))
    assert states(root) == {"new": ROWS + 1}
    assert files(root) == {"warehouse.duckdb"}


def stage_again_and_again(begun: Any, root: Path) -> None:
    warehouse, many = DuckDBWarehouse(root), predicted(*(f"p{at}" for at in range(2_000)))
    begun.set()
    while True:
        warehouse.stage(PREDICTIONS, ZONES, many)


@pytest.mark.whole
def test_a_killed_writer_leaves_no_half_staging(root: Path, processes: ForkServerContext) -> None:
    warehouse = DuckDBWarehouse(root)
    counts = lambda: [one.row_count for one in warehouse.staging_tables()]  # noqa: E731
    for found in kill_at_random(processes, stage_again_and_again, root, counts):
        assert found in ([], [2_000])
    partial = root / "staging" / f"{ZONES.name}.x.partial"
    partial.touch()
    warehouse.ensure_tables([LOG])
    assert partial.exists()  # its writer may be at work
    os.utime(partial, (0, 0))
    warehouse.ensure_tables([LOG])
    assert not partial.exists()


# -- the disk ----------------------------------------------------------------------------------------------------------


def outcome_of(work: Callable[[], Any]) -> str:
    try:
        work()
    except StorageFault as fault:
        return f"StorageFault {fault}"
    return "done"


def write_on_a_full_disk(begun: Any, root: Path, spare_bytes: int, told: Any) -> None:
    """No file may grow beyond the warehouse's size and so many bytes more."""
    begun.set()
    size = (root / "warehouse.duckdb").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + spare_bytes, size + spare_bytes))
    warehouse = DuckDBWarehouse(root)
    large = whole_set("new", 10 * ROWS)
    told.put(outcome_of(lambda: warehouse.replace_rows(LOG, large, DAY[0], DAY[0])))
    told.put(outcome_of(lambda: warehouse.upsert(LOG, large)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    told.put(outcome_of(lambda: warehouse.stage(PREDICTIONS, ZONES, predicted(*(f"q{at}" for at in range(500))))))


@pytest.mark.whole
@pytest.mark.parametrize("spare_bytes", [0, 50_000, 300_000])
def test_a_full_disk_is_told_and_changes_nothing(root: Path, processes: ForkServerContext, spare_bytes: int) -> None:
    DuckDBWarehouse(root).stage(PREDICTIONS, ZONES, predicted("p"))
    before = files(root)
    told = processes.Queue()
    with running(processes, write_on_a_full_disk, root, spare_bytes, told) as writer:
        outcomes = [told.get(timeout=30) for _ in range(3)]
        writer.join()
    for outcome in outcomes:
        assert outcome.startswith("StorageFault ")
        assert "Free space" in outcome
    assert files(root) - {"warehouse.duckdb.wal"} == before
    assert states(root) == {"old": ROWS}
    assert DuckDBWarehouse(root).read_staging(ZONES)["prediction_id"].to_pylist() == ["p"]
    assert DuckDBWarehouse(root).replace_rows(LOG, whole_set("new", ROWS), DAY[0], DAY[0]) == ROWS
    assert states(root) == {"new": ROWS}


def write_little_on_a_full_disk(begun: Any, root: Path, limit_bytes: int, told: Any) -> None:
    begun.set()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    warehouse = DuckDBWarehouse(root)
    told.put(outcome_of(lambda: warehouse.replace_rows(LOG, whole_set("new", 3_000), DAY[0], DAY[0])))
    told.put(outcome_of(lambda: states(root)))


@pytest.mark.parametrize(("share", "is_written"), [(0.01, False), (1.0, True)])
def test_a_write_is_told_as_done_exactly_when_it_will_be_there(
    root: Path, processes: ForkServerContext, share: float, is_written: bool
) -> None:
    """Where the log beside the file takes the commit and the file has no room for it, the log keeps it."""
    limit = int(share * (root / "warehouse.duckdb").stat().st_size)
    told = processes.Queue()
    with running(processes, write_little_on_a_full_disk, root, limit, told) as writer:
        written, read = told.get(timeout=30), told.get(timeout=30)
        writer.join()
    assert (written == "done") is is_written
    assert read == "done"
    expected = {"new": 3_000} if is_written else {"old": ROWS}
    assert states(root) == expected
    DuckDBWarehouse(root).upsert(LOG, logged((DAY[1], "a", "more")))
    assert states(root) == expected | {"more": 1}
    assert files(root) == {"warehouse.duckdb"}


def use_a_read_only_home(begun: Any, root: Path, told: Any) -> None:
    """As a user who may read the directory and no more; root may write anywhere, so it becomes nobody first."""
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.setuid(65534)
    begun.set()
    warehouse = DuckDBWarehouse(root)
    told.put(outcome_of(lambda: warehouse.upsert(LOG, logged((DAY[1], "a", "new")))))
    told.put(outcome_of(lambda: warehouse.stage(PREDICTIONS, ZONES, predicted("q"))))
    told.put(outcome_of(lambda: warehouse.drop_staging([ZONES])))
    told.put(states(root))
    told.put([one.row_count for one in warehouse.staging_tables()])


def test_a_read_only_home_can_be_read_and_says_why_not_written(root: Path, processes: ForkServerContext) -> None:
    DuckDBWarehouse(root).stage(PREDICTIONS, ZONES, predicted("p"))
    told = processes.Queue()
    temporary = Path(tempfile.gettempdir())
    closed = [path for path in root.parents if path.is_relative_to(temporary) and path != temporary]
    modes = [(path, path.stat().st_mode) for path in closed]
    for path in closed:
        path.chmod(0o755)
    try:
        with running(processes, use_a_read_only_home, root, told) as writer:
            found = [told.get(timeout=120) for _ in range(5)]
            writer.join()
    finally:
        for path, mode in modes:
            path.chmod(mode)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)
    for outcome in found[:3]:
        assert outcome.startswith("StorageFault ")
        assert "make the directory writable" in outcome
    assert found[3:] == [{"old": ROWS}, [1]]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[: len(content) // 2], id="cut in half"),
        pytest.param(lambda content: content[:100], id="cut after its head"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: b"not a database\n" * 1000, id="something else"),
        pytest.param(lambda content: content[:12_288] + bytes(len(content) - 12_288), id="overwritten"),
    ],
)
def test_a_damaged_file_is_told_and_left_as_it_is(root: Path, damage: Callable[[bytes], bytes]) -> None:
    file = root / "warehouse.duckdb"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    warehouse = DuckDBWarehouse(root)
    for ask in (
        lambda: stored(warehouse, LOG),
        lambda: warehouse.upsert(LOG, logged((DAY[1], "a", "new"))),
        lambda: warehouse.ensure_tables([LOG]),
    ):
        with pytest.raises(StorageFault, match=r"warehouse\.duckdb|cannot be opened") as fault:
            ask()
        assert "backup-and-restore" in fault.value.next_step
    assert file.read_bytes() == damaged


def test_a_directory_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").mkdir()
    warehouse = DuckDBWarehouse(tmp_path)
    for ask in (lambda: stored(warehouse, LOG), lambda: warehouse.ensure_tables([LOG])):
        with pytest.raises(StorageFault, match="directory"):
            ask()


def test_a_file_in_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "warehouse").touch()
    warehouse = DuckDBWarehouse(tmp_path / "warehouse")
    for ask in (
        lambda: warehouse.ensure_tables([LOG]),
        lambda: warehouse.stage(PREDICTIONS, ZONES, predicted("p")),
        lambda: warehouse.lock("consolidation").__enter__(),
    ):
        with pytest.raises(StorageFault):
            ask()


def test_a_home_without_a_warehouse_says_how_to_get_one(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse")
    with pytest.raises(BadInput, match="no warehouse") as refused:
        warehouse.query("SELECT 1 AS one")
    assert "import-history" in refused.value.next_step
    assert warehouse.staging_tables() == []
    assert warehouse.stored_columns(LOG) is None
    assert list(tmp_path.iterdir()) == []  # asking makes nothing


# -- staging files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else"])
def test_a_damaged_staging_file_is_named(root: Path, content: bytes) -> None:
    warehouse = DuckDBWarehouse(root)
    warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
    (root / "staging" / f"{ZONES.name}.parquet").write_bytes(content)
    for ask in (
        warehouse.staging_tables,
        lambda: warehouse.read_staging(ZONES),
        lambda: warehouse.staging_columns(ZONES),
    ):
        with pytest.raises(StorageFault, match=f"{ZONES.name}.parquet is damaged"):
            ask()


def test_a_strangers_file_in_the_staging_directory_is_named(root: Path) -> None:
    (root / "staging").mkdir()
    pq.write_table(pa.table({"a": [1]}), root / "staging" / "_staging_stranger.parquet")
    with pytest.raises(StorageFault, match="_staging_stranger"):
        DuckDBWarehouse(root).staging_tables()


def test_a_home_with_a_quote_in_its_name_works(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "it's a home")
    warehouse.ensure_tables([PREDICTIONS])
    warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
    assert warehouse.merge(MERGE, [ZONES], {"now": NOON}) == 1


# -- the engine --------------------------------------------------------------------------------------------------------


def test_nothing_of_one_call_is_there_for_the_next(root: Path) -> None:
    warehouse = DuckDBWarehouse(root)
    sql = f"SELECT {select_list(LOG)} FROM {LOG.full_name} WHERE game_date = @start_date"
    warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
    for _ in range(2):
        assert warehouse.replace_range(LOG, sql, {}, DAY[0], DAY[0]) == ROWS
        warehouse.merge(MERGE, [ZONES], {"now": NOON})
        warehouse.merge(MERGE, [], {"now": NOON})
        warehouse.query("SELECT COUNT(*) AS n FROM nba_monitoring.staging_tables")
    for name in ("_incoming", "_staged", "_staging_listing", "rows", "sql"):
        with pytest.raises(BadInput, match="no table"):
            warehouse.query(f"SELECT * FROM {name}")


def test_files_and_other_peoples_functions_are_no_tables(root: Path) -> None:
    for source in ("read_csv('/etc/hostname')", "'/etc/hostname'", "duckdb_tables()", "pragma_version()"):
        with pytest.raises(BadInput):
            DuckDBWarehouse(root).query(f"SELECT * FROM {source}")


def test_a_stored_table_that_drifted_is_not_written(root: Path) -> None:
    with duckdb.connect(str(root / "warehouse.duckdb")) as shell:
        shell.execute("ALTER TABLE nba_monitoring.export_log DROP COLUMN detail")
        shell.execute("ALTER TABLE nba_monitoring.export_log ALTER state TYPE BIGINT USING 1")
    warehouse = DuckDBWarehouse(root)
    for write in (
        lambda: warehouse.replace_rows(LOG, logged(), DAY[0], DAY[0]),
        lambda: warehouse.replace_range(LOG, f"SELECT {select_list(LOG)} FROM {LOG.full_name}", {}, DAY[0], DAY[0]),
        lambda: warehouse.upsert(LOG, logged((DAY[0], "a", "new"))),
    ):
        with pytest.raises(SchemaMismatch, match=r"missing: detail; retyped: state \(INT64 instead of STRING\)"):
            write()
    assert warehouse.ensure_tables([LOG]) == []  # left alone, not created anew


def test_aliases_of_a_hundred_thousand_rows_are_replaced_whole(root: Path) -> None:
    one = rows(ALIASES, {"alias_lookup": "x"})
    many = {name: pa.repeat(one[name][0], 100_000) for name in one.column_names}
    many["alias_lookup"] = pa.array([f"a{at}" for at in range(100_000)])
    table = pa.Table.from_pydict(many, schema=one.schema)
    assert DuckDBWarehouse(root).replace_rows(ALIASES, table) == 100_000
