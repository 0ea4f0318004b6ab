"""How commands end: exit codes, one clear line instead of a traceback, and nothing heavy for what is light."""

import errno
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from nba_props import partitions
from nba_props.cli import shared
from nba_props.cli.verdicts import exit_code
from nba_props.health import State
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.cli.conftest import Call, command, environment, process
from nba_props_tests.conftest import TONIGHT


def test_light_commands_load_neither_dagster_nor_pandas_nor_models() -> None:
    heavy = ("dagster", "pandas", "xgboost", "sklearn", "duckdb", "pyarrow")
    code = f"import sys, nba_props.cli.app; print([one for one in {heavy!r} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_first_partition_is_that_of_the_partitions() -> None:
    assert shared.FIRST_PARTITION == partitions.FIRST_DATE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("statsu",), "Did you mean 'status'"),
        (("status", "2025-13-01"), "is not a date"),
        (("status", "2014-01-01"), "outside the dates"),
        (("status", "2025-12-05"), "tomorrow"),
        (("run",), "Missing argument 'DATE'"),
        (("run", TONIGHT, "--systems", "moving_avg"), "did you mean moving_average?"),
        (("run", TONIGHT, "--as-of", "noon"), "not an instant"),
        (("run", TONIGHT, "--as-of", "2026-01-01T00:00:00Z"), "future"),
        (("backfill",), "Which dates?"),
        (("backfill", "2025-12-03", "2025-12-01"), "swap the two dates"),
        (("backfill", "2025-12-01", "2025-12-03", "--season", "2025-26"), "Which dates?"),
        (("backfill", "--season", "2025"), "is not a season"),
        (("backfill", "--season", "2019-20"), "No schedule of 2019-20"),
        (("backfill", "2019-12-01", "2019-12-05"), "No game is scheduled"),
        (("backfill", "--dates", ","), "names no date"),
        (("grade", TONIGHT), "has not been played"),
        (("grade", "2025-11-20"), "nothing to grade"),
        (("evaluate", "2025-11-20", "2025-11-21"), "There are no grades"),
        (("explain", TONIGHT, "nba_1"), "no player with the id"),
        (("staging", "consolidate", TONIGHT, "--accept-missing", "feature_versin"), "did you mean feature_version"),
        (("staging", "consolidate", TONIGHT, "--batch", "batch_x"), "nothing is staged"),
        (("staging", "consolidate", TONIGHT, "--min-completion", "101"), "less than or equal to 100"),
        (("names", "unresolved", "--date", TONIGHT, "--since", TONIGHT), "contradict"),
    ],
)
def test_a_mistake_is_one_line_and_a_next_step(
    call: Call, simulated_home: Path, arguments: tuple[object, ...], said: str
) -> None:
    ended = call(*arguments, home=simulated_home)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert "\nnext step: " in ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("group", ["models", "names", "staging", "simulate"])
def test_a_group_without_a_command_shows_its_help_and_no_empty_error(call: Call, group: str) -> None:
    found = call(group)
    assert found.code == 2
    assert "Commands" in found.out
    assert "error" not in found.err


def test_a_season_that_starts_later_is_answered_about_itself(call: Call, platform: Platform) -> None:
    later = {"game_id": "1", "game_date": date(2026, 10, 20), "season": "2026-27", "season_type": "Regular Season"}
    slates.put(platform, "nba_raw.schedule", later)
    ended = call("backfill", "--season", "2026-27", home=platform.home)
    assert ended.code == 0
    assert "NO SLATE" in ended.out
    assert "2026-" in ended.out
    assert "2025-" not in ended.out


@pytest.mark.parametrize(
    "words", [("status",), ("run", TONIGHT), ("coverage", TONIGHT), ("sql", "select 1"), ("export", TONIGHT)]
)
def test_a_home_without_data_says_import_first_and_makes_nothing(
    call: Call, tmp_path: Path, words: tuple[object, ...]
) -> None:
    ended = call(*words, home=tmp_path / "nothing")
    assert ended.code == 2
    assert "There is no data" in ended.err
    assert "import-history" in ended.err
    assert not (tmp_path / "nothing").exists()


def test_an_initialised_home_without_an_import_is_no_ready_slate(call: Call, tmp_path: Path) -> None:
    assert call("init", home=tmp_path / "new").code == 0
    assert call("status", home=tmp_path / "new").code == 2
    assert call("sql", "select 1 as one", "--format", "json", home=tmp_path / "new").json == [{"one": 1}]


def test_the_home_may_be_given_before_the_command_after_it_or_by_environment(
    call: Call, simulated_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    after = call("status", TONIGHT, "--json", home=simulated_home)
    assert call("--home", simulated_home, "status", TONIGHT, "--json") == after
    assert call("staging", "--home", simulated_home, "list", "--json").json == []
    assert call("--home", tmp_path / "other", "status", TONIGHT, "--json", home=simulated_home) == after
    assert call("status", TONIGHT).code == 2  # a home given once is not remembered
    monkeypatch.setenv("NBA_PROPS_HOME", str(simulated_home))
    assert call("status", TONIGHT, "--json") == after


def test_a_bug_keeps_its_traceback_in_the_home(
    call: Call, slate_platform: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a screw came loose")

    monkeypatch.setattr("nba_props.health.slate_verdict", broken)
    home: Path = slate_platform.home  # type: ignore[attr-defined]
    ended = call("status", TONIGHT, home=home)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert "a screw came loose" in ended.err
    (kept,) = (home / "logs").iterdir()
    assert str(kept) in ended.err
    assert "in broken" in kept.read_text()
    assert f"status {TONIGHT}" in kept.read_text()


def test_a_full_disk_is_said_as_such(call: Call, slate_platform: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")

    monkeypatch.setattr("nba_props.health.slate_verdict", full)
    ended = call("status", TONIGHT, home=slate_platform.home)  # type: ignore[attr-defined]
    assert ended.code == 2
    assert "/somewhere: No space left on device" in ended.err
    assert "free space" in ended.err


@pytest.mark.parametrize("records", ["runs.db", "runs/index.db"])
def test_damaged_records_of_dagster_are_said_as_such(call: Call, slate_platform: Platform, records: str) -> None:
    (slate_platform.home / "dagster" / "history" / records).write_bytes(b"no database at all")
    ended = call("run", TONIGHT, home=slate_platform.home)
    assert ended.code == 2
    assert "Dagster's records cannot be read" in ended.err
    assert "docs/runbooks/daemon.md" in ended.err


@pytest.mark.parametrize(
    ("verdicts", "failures", "code"),
    [
        ([], [], 0),
        ([State.READY, State.NO_SLATE], [], 0),
        ([State.READY, State.DEGRADED], [], 1),
        ([State.DEGRADED, State.NOT_READY], [], 2),
        ([State.READY], ["predictions 2025-12-03: predictions__staging_xgboost_v1: refused"], 1),
        ([State.READY], ["grades 2025-12-02: grading__prediction_accuracy: NaN"], 2),
    ],
)
def test_the_worst_verdict_decides_and_one_failed_system_is_no_error(
    verdicts: list[State], failures: list[str], code: int
) -> None:
    assert exit_code(verdicts, failures) == code


def test_a_reader_that_has_enough_is_no_error(simulated_home: Path) -> None:
    ask = command("sql", "select * from nba_raw.player_points_quotes", "--format", "json", "--home", simulated_home)
    with subprocess.Popen(ask, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        assert asked.stdout is not None
        assert asked.stderr is not None
        assert asked.stdout.readline() == b"[\n"
        asked.stdout.close()
        assert asked.stderr.read() == b""
        assert asked.wait(60) == 0


def test_stdout_of_a_process_holds_json_and_nothing_else(simulated_home: Path) -> None:
    ended = process("status", TONIGHT, "--json", "--home", simulated_home)
    assert ended.json["game_date"] == TONIGHT.isoformat()
    assert ended.code == {"READY": 0, "DEGRADED": 1, "NOT READY": 2}[ended.json["verdict"]]


@pytest.mark.whole
def test_an_interruption_says_what_was_finished_and_how_to_go_on(slate_platform: object) -> None:
    home: Path = slate_platform.home  # type: ignore[attr-defined]
    running = command("run", TONIGHT, "--home", home)
    with subprocess.Popen(running, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        said, stage = [], ""
        for line in run.stderr:
            said.append(line)
            if not stage and "features" in line:  # a step of Dagster's is at work
                stage = line.removeprefix("… ").strip()
                run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
    text = "".join(said)
    assert f"interrupted during: {stage}" in text
    assert "finished before that: nothing" in text
    assert f"run the same command again: nba-props run {TONIGHT}" in text
    assert "Traceback" not in text
