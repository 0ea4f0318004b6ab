"""smoke: what it takes for a sound slate, and that nothing of it is left, however it ends."""

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.catalog import table
from nba_props.cli import smoke as module
from nba_props.errors import StorageFault
from nba_props.io.throwaway import places, settings_within
from nba_props.platform import Platform
from nba_props.settings import Settings, load_settings
from nba_props_tests.cli.conftest import Call, command, environment
from nba_props_tests.conftest import TONIGHT

pytestmark = pytest.mark.whole

PREDICTIONS = table("nba_predictions.player_prop_predictions")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def play(monkeypatch: pytest.MonkeyPatch, ends: Any) -> list[Platform]:
    """In place of the slate: make the place, then end so; the platforms it was played on."""
    played: list[Platform] = []

    def smoked(settings: Settings, name: str, progress: object) -> list[str]:
        platform = Platform(settings_within(settings, name))
        platform.ensure_tables()
        platform.store.put("v1/status.json", b"{}")
        played.append(platform)
        if isinstance(ends, BaseException):
            raise ends
        return list(ends)

    monkeypatch.setattr(module, "_smoked", smoked)
    return played


@pytest.mark.parametrize(
    ("ends", "code"),
    [([], 0), (["no active prediction of ensemble_v1"], 2), (StorageFault("gone"), 2), (KeyboardInterrupt(), 130)],
    ids=["sound", "problems", "failure", "Ctrl-C"],
)
def test_nothing_is_left_however_it_ends(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch, ends: Any, code: int
) -> None:
    played = play(monkeypatch, ends)
    assert call("smoke", home=home).code == code
    assert len(played) == 1
    assert not played[0].home.exists()
    assert places(load_settings(home=home)) == []


def test_the_result_for_a_machine(call: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, ["no active prediction of ensemble_v1"])
    ended = call("smoke", "--json", home=home)
    assert ended.json["problems"] == ["no active prediction of ensemble_v1"]
    assert ended.json["prefix"].startswith("smoke_")
    assert {"removing everything", "everything"} <= set(ended.json["seconds"])


def stopped(home: Path, how: signal.Signals, when: str) -> int:
    """The exit code of a smoke that gets a signal when it says something; a background job of a shell, that ignores Ctrl-C."""
    started = subprocess.Popen(
        command("smoke", "--home", home),
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert started.stderr
    for line in started.stderr:
        if when in line:
            started.send_signal(how)
            break
    started.communicate(timeout=120)
    return started.returncode


@pytest.mark.parametrize("when", ["creating the tables", "looking up the quoted names"])
def test_a_deployments_time_limit_ends_it_with_the_removal(home: Path, when: str) -> None:
    assert stopped(home, signal.SIGTERM, when) == 130
    assert places(load_settings(home=home)) == []


def test_what_a_killed_smoke_left_goes_once_it_is_old(call: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed for good in the middle of its slate; a smoke soon after leaves it alone: it might still run."""
    assert stopped(home, signal.SIGKILL, "landing the files") == -signal.SIGKILL
    [left] = places(load_settings(home=home))
    play(monkeypatch, [])
    assert call("smoke", "--json", home=home).json["leftovers_removed"] == []
    assert places(load_settings(home=home)) == [left]
    monkeypatch.setattr(module, "_OLD", timedelta(0))
    ended = call("smoke", "--json", home=home)
    assert ended.json["leftovers_removed"] == [left]
    assert f"removing {left}, which a killed smoke left" in ended.err
    assert places(load_settings(home=home)) == []


def test_a_removal_that_fails_is_said_and_fails(call: Call, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(settings: Settings, name: str) -> None:
        raise StorageFault("Removing it was refused.", next_step="Give the right.")

    play(monkeypatch, [])
    monkeypatch.setattr("nba_props.io.throwaway.remove", refuse)
    ended = call("smoke", home=home)
    assert ended.code == 2
    assert "could not be removed" in ended.err
    assert "Removing it was refused" in ended.err


# -- what it takes for sound -------------------------------------------------------------------------------------------


def test_a_sound_slate_has_no_problem(slate_platform: Platform) -> None:
    assert module._problems(slate_platform, TONIGHT) == []


def test_a_silent_system_is_a_problem(slate_platform: Platform) -> None:
    slate_platform.warehouse.delete(PREDICTIONS, "system_id = 'xgboost_v1'", {})
    problems = module._problems(slate_platform, TONIGHT)
    assert "no active prediction of xgboost_v1" in problems
    assert any(problem.startswith("export status.json counts") for problem in problems)


def test_a_slate_that_is_not_ready_is_a_problem(slate_platform: Platform) -> None:
    slate_platform.warehouse.delete(PREDICTIONS, "TRUE", {})
    assert any(problem.startswith("the slate is NOT READY") for problem in module._problems(slate_platform, TONIGHT))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("v1/status.json", None, "export status.json: There is no object"),
        ("v1/tonight/all-players.json", b"{}", "export tonight/all-players.json: "),
        ("v1/status.json", "another date", "export status.json is of 2025-12-01"),
    ],
    ids=["missing", "invalid", "of another date"],
)
def test_an_export_that_is_missing_or_wrong_is_a_problem(
    slate_platform: Platform, name: str, data: Any, said: str
) -> None:
    store = slate_platform.store
    found = json.loads(store.get(name))
    store.delete(name)
    if data == "another date":
        store.put(name, json.dumps(found | {"game_date": "2025-12-01"}).encode())
    elif data is not None:
        store.put(name, data)
    assert any(problem.startswith(said) for problem in module._problems(slate_platform, TONIGHT))


def test_its_league_is_over_and_is_seen_before_the_first_tip() -> None:
    league, day, evening = module._league()
    assert day < datetime.now(UTC).date() - timedelta(days=300)
    tips = league.games.loc[league.games["game_date"].dt.date == day, "tip_utc"].dropna()
    assert evening < tips.min()
