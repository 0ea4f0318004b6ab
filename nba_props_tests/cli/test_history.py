"""`history` and `seasons` as a person meets them."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from nba_props.history import recorded
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import EVENING, TONIGHT, YESTERDAY


def test_history_lists_so_many_runs_with_what_each_step_did(call: Call, simulated_home: Path) -> None:
    assert len(call("history", "--limit", 3, "--json", home=simulated_home).json["runs"]) == 3
    runs = call("history", "--limit", 100, "--json", home=simulated_home).json["runs"]
    exports = next(run for run in runs if any(step["asset"] == "exports/predictions" for step in run["steps"]))
    assert exports["status"] == "success"
    assert all(step["code_version"] and step["process"] and step["duration_seconds"] >= 0 for step in exports["steps"])


def test_history_of_a_date_takes_ranges_that_hold_it(call: Call, simulated_home: Path) -> None:
    runs = call("history", YESTERDAY, "--limit", 100, "--json", home=simulated_home).json["runs"]
    steps = [step for run in runs for step in run["steps"]]
    assert steps
    assert all(step["data_date"] <= str(YESTERDAY) <= step["data_date_end"] for step in steps)


def test_a_failure_is_found_by_failed_and_counts_as_an_attempt(call: Call, platform: Platform) -> None:
    for minutes, (run_id, fails) in enumerate({"one": True, "two": True, "three": False, "four": False}.items()):
        at = Platform(load_settings(home=platform.home, now=EVENING + timedelta(minutes=minutes)))
        with suppress(ValueError), recorded(at, run_id, "exports/results", TONIGHT, TONIGHT):
            if fails:
                raise ValueError(f"[no] {run_id}")
    found = call("history", "--json", home=platform.home).json["runs"]
    attempts = [(run["run_id"], run["steps"][0]["attempt"]) for run in found]
    assert attempts == [("four", 1), ("three", 3), ("two", 2), ("one", 1)]
    said = call("history", TONIGHT, "--failed", home=platform.home).out
    assert "ValueError: [no] one" in said
    assert "three" not in said


def test_prune_is_a_sub_command_and_says_what_went(call: Call, slate_platform: Platform) -> None:
    dry = call("history", "prune", "--keep-days", 0, "--dry-run", "--json", home=slate_platform.home).json
    assert dry["is_dry_run"] is True
    ended = call("history", "prune", home=slate_platform.home)
    assert ended.code == 0
    assert "removed 0 runs of Dagster" in ended.out


def test_seasons_count_layers_and_say_how_to_build_what_is_missing(call: Call, simulated_home: Path) -> None:
    (season,) = call("seasons", "--json", home=simulated_home).json["layers"]
    assert season["period"] == "2025-26"
    assert season["layers"]["exported"]["there"] == 2
    one = call("seasons", "2025-26", "--missing", home=simulated_home)
    assert one.code == 0
    assert "never run" in one.out
    (command,) = [line for line in one.out.splitlines() if "nba-props backfill --dates" in line]
    assert str(YESTERDAY) not in command
    assert "✓" in call("seasons", "2025-26", "--dates", home=simulated_home).out
    assert "2025-12" in call("seasons", "2025-26", home=simulated_home).out


def test_a_season_that_was_never_imported_is_a_mistake(call: Call, simulated_home: Path) -> None:
    ended = call("seasons", "2019-20", home=simulated_home)
    assert ended.code == 2
    assert "No schedule of 2019-20" in ended.err
