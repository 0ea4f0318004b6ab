"""The runbook's backup and restore, typed as it stands there: same rows, same objects, same runs, in another place."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.instance import open_instance
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props.settings import load_settings

RUNBOOK = Path(__file__).resolve().parents[1] / "docs" / "runbooks" / "backup-and-restore.md"
LOG = table("nba_monitoring.export_log")
PREDICTIONS = table("nba_predictions.player_prop_predictions")
DAY = date(2024, 1, 10)
QUESTION = "SELECT path, state, published_at FROM nba_monitoring.export_log ORDER BY path"

needs_tar = pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar on this machine")


def typed(section: str, **places: Path) -> None:
    """Run the shell blocks of one section of the runbook."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", RUNBOOK.read_text(encoding="utf-8"), re.S | re.M)
    assert text, f"the runbook has no section {section}"
    blocks = re.findall(r"```sh\n(.*?)```", text[1], re.S)
    assert blocks
    environment = os.environ | {name.upper(): str(place) for name, place in places.items()}
    for block in blocks:
        subprocess.run(["sh", "-euc", block], env=environment, check=True)


@dg.op
def one_step() -> None:
    """A step to remember."""


@dg.job(executor_def=dg.in_process_executor)
def one_run() -> None:
    one_step()


@pytest.fixture
def used(platform: Platform) -> Platform:
    """A home with rows, staging, objects and a run."""
    entries = [
        {
            "game_date": DAY,
            "path": f"v1/{at}.json",
            "state": "published",
            "content_hash": "h",
            "detail": "",
            "published_at": platform.now,
        }
        for at in range(50)
    ]
    platform.warehouse.upsert(LOG, pa.Table.from_pylist(entries, schema=arrow_schema(LOG)))
    staging = StagingTable("batch_2024-01-10_1704904200", DAY, "moving_average", "w0", platform.now)
    platform.warehouse.stage(PREDICTIONS, staging, arrow_schema(PREDICTIONS).empty_table())
    platform.store.put("v1/status.json", b"{}")
    with open_instance(platform) as instance:
        one_run.execute_in_process(instance=instance)
    return platform


@needs_tar
def test_a_backup_restored_elsewhere_is_the_same_home(used: Platform, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup.tar.gz", tmp_path / "another place" / "home"
    typed("Back up", backup=backup, nba_props_home=used.home)
    rows, staging = used.warehouse.query(QUESTION), used.warehouse.staging_tables()
    generation = used.store.generation("v1/status.json")
    with open_instance(used) as instance:
        [run] = instance.get_runs()
        events = len(instance.all_logs(run.run_id))
    shutil.rmtree(used.home)

    typed("Restore", backup=backup, restored_home=restored)
    found = Platform(load_settings(home=restored))
    assert found.warehouse.query(QUESTION).equals(rows)
    assert rows.num_rows == 50
    assert found.warehouse.staging_tables() == staging
    assert found.store.generation("v1/status.json") == generation
    with open_instance(found) as instance:
        assert [one.run_id for one in instance.get_runs()] == [run.run_id]
        assert len(instance.all_logs(run.run_id)) == events > 0
        one_run.execute_in_process(instance=instance)
        assert len(instance.get_runs()) == 2
    config = (restored / "dagster" / "dagster.yaml").read_text(encoding="utf-8")
    assert str(restored) in config
    assert str(used.home) not in config
    assert not used.home.exists()  # nothing went on writing to the old place


@needs_tar
def test_a_backup_holds_what_a_killed_command_had_committed(used: Platform, tmp_path: Path) -> None:
    """Committed to the log beside the file, not yet moved into it."""
    kill = (
        "import duckdb, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute(\"UPDATE nba_monitoring.export_log SET state = 'withheld'\")\n"
        "os.kill(os.getpid(), 9)"
    )
    file = used.home / "warehouse" / "warehouse.duckdb"
    subprocess.run([sys.executable, "-c", kill, str(file)], check=False)
    assert file.with_name("warehouse.duckdb.wal").exists()
    backup, restored = tmp_path / "backup.tar.gz", tmp_path / "restored"
    typed("Back up", backup=backup, nba_props_home=used.home)
    typed("Restore", backup=backup, restored_home=restored)
    found = Platform(load_settings(home=restored)).warehouse.query(QUESTION)
    assert set(found["state"].to_pylist()) == {"withheld"}
