"""init, import-history, ui, demo: what they make, what they refuse, and what they report."""

import json
import os
import socket
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from nba_props.catalog import TABLES
from nba_props.cli.homes import _until_stopped
from nba_props.cli.resume import Unfinished
from nba_props.cli.selection import _named
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props.simulate.league import LeagueConfig, simulate_league, write_archive
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT, YESTERDAY


def test_init_makes_tables_once_and_then_changes_nothing(call: Call, tmp_path: Path) -> None:
    first = call("init", "--json", home=tmp_path / "new")
    assert first.code == 0
    assert len(first.json["created"]) > 20
    assert set(first.json["created"]) <= set(TABLES)
    assert (tmp_path / "new" / "dagster" / "dagster.yaml").exists()
    again = call("init", "--json", home=tmp_path / "new")
    assert (again.code, again.json["created"], again.json["drifted"]) == (0, [], {})


def test_init_says_where_it_works_and_what_it_shipped(call: Call, tmp_path: Path) -> None:
    made = call("init", "--json", home=tmp_path / "new").json
    assert (made["target"], made["environment"], made["dataset_prefix"]) == ("local", "development", "")
    assert made["shipped"] >= 20
    assert call("init", "--json", home=tmp_path / "new").json["shipped"] == 0
    with duckdb.connect(str(tmp_path / "new" / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute("DELETE FROM nba_reference.bookmakers WHERE bookmaker = 'fanduel'")
    assert call("init", "--json", home=tmp_path / "new").json["shipped"] == 1


def test_init_adds_the_columns_that_the_catalogue_gained(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "old"
    call("init", home=home)
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE nba_raw.schedule DROP COLUMN tip_at")
    ended = call("init", home=home)
    assert ended.code == 0
    assert "nba_raw.schedule gained tip_at" in ended.out
    assert "nothing was changed" in call("init", home=home).out


def test_init_names_columns_that_are_not_the_declared_ones(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "old"
    call("init", home=home)
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE nba_raw.schedule RENAME COLUMN tip_at TO tipoff")
    ended = call("init", "--json", home=home)
    assert ended.code == 2
    assert set(ended.json["drifted"]) == {"nba_raw.schedule"}
    assert ended.json["drifted"]["nba_raw.schedule"] == "no longer declared: tipoff"
    assert "nothing was changed" in ended.err
    assert "DROP COLUMN tipoff" in ended.err


def test_a_home_that_cannot_be_made_is_said_so(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("")
    ended = call("init", home=tmp_path / "a_file")
    assert ended.code == 2
    assert "a_file" in ended.err
    assert "Traceback" not in ended.err


def test_an_archive_that_is_none_is_refused_and_makes_no_home(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "missing"):
        ended = call("import-history", place, home=tmp_path / "new")
        assert ended.code == 2
        assert ended.err.startswith("error: ")
    assert not (tmp_path / "new").exists()


def test_an_import_accounts_for_every_row(call: Call, tmp_path: Path) -> None:
    league = simulate_league(LeagueConfig(days=4, teams=4, trades=0))
    league.player_box.loc[0, "pts"] = 999  # impossible: more than the shots made
    write_archive(league, tmp_path / "archive")
    ended = call("import-history", tmp_path / "archive", "--json", home=tmp_path / "new")
    assert ended.code == 0, ended.err
    found = ended.json
    assert found["failures"] == []
    assert found["seasons"] == ["2025-26"]
    for row in found["tables"]:
        assert row["rows_read"] == row["rows_kept"] + row["rows_duplicate"] + row["rows_quarantined"], row
    refused = sum(row["rows_quarantined"] for row in found["tables"])
    assert refused == sum(row["rows"] for row in found["refused"]) >= 1
    assert found["names"]["quoted"] >= found["names"]["known"] > 0


def test_a_taken_port_names_a_free_one(call: Call, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = call("ui", "--port", port, home=tmp_path / "new")
    assert ended.code == 2
    assert f"Port {port}" in ended.err
    assert "nba-props ui --port" in ended.err
    assert not (tmp_path / "new").exists()


def test_a_server_that_ends_by_itself_passes_its_code_on() -> None:
    assert _until_stopped([sys.executable, "-c", "raise SystemExit(3)"], {}) == 3


def test_a_server_that_will_not_stop_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nba_props.cli.homes._SECONDS_TO_STOP", 0.1)
    stubborn = (
        "import os, signal, subprocess, sys, time\n"
        "for one in (signal.SIGINT, signal.SIGTERM): signal.signal(one, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        "time.sleep(60)\n"
    )
    before = time.monotonic()
    assert _until_stopped([sys.executable, "-c", stubborn], dict(os.environ)) == 0
    assert time.monotonic() - before < 20


def test_a_demo_is_never_mixed_into_somebodys_data(call: Call, slate_platform: Platform) -> None:
    ended = call("demo", home=slate_platform.home)
    assert ended.code == 2
    assert "holds other data" in ended.err
    assert not (slate_platform.home / "SIMULATED.txt").exists()


# -- what backfill and --select stand on -------------------------------------------------------------------------------


def test_a_record_of_finished_dates_is_of_one_command_on_one_state_of_the_sources(slate_platform: Platform) -> None:
    days = [YESTERDAY, TONIGHT]
    one = Unfinished(slate_platform, days, {})
    one.finish([YESTERDAY])
    assert Unfinished(slate_platform, days, {}).done == {YESTERDAY}
    assert Unfinished(slate_platform, days, {"nba_props/force": "true"}).done == set()
    assert Unfinished(slate_platform, [*days, date(2025, 12, 4)], {}).done == set()
    (kept,) = (slate_platform.home / "backfills").iterdir()
    kept.write_text(json.dumps(["2025-12-"]))  # torn
    assert Unfinished(slate_platform, days, {}).done == set()
    one.forget()
    assert not kept.exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("raw/schedule", ["raw/schedule"]),
        ("schedule", ["raw/schedule"]),
        ("exports", ["exports/status", "exports/tonight"]),
        ("exports/status, schedule", ["exports/status", "raw/schedule"]),
    ],
)
def test_assets_are_named_by_key_name_or_layer(text: str, found: list[str]) -> None:
    assert _named(text, ["raw/schedule", "exports/tonight", "exports/status"]) == found


def test_an_asset_misnamed_gets_the_nearest() -> None:
    with pytest.raises(BadInput) as refused:
        _named("shedule", ["raw/schedule", "exports/tonight"])
    assert "did you mean schedule" in refused.value.next_step
