"""`kill -9` at any moment, and two consolidations at once: a reader sees the old set or the new one, and all comes right."""

import multiprocessing
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nba_props.assets.predictions import batch as batch_module
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.predictions import killed
from nba_props_tests.predictions.kit import (
    ONE,
    Said,
    batches_of,
    everything,
    in_force,
    merge,
    named,
    open_batch,
    player,
    publish,
    stage,
    staging_left,
)
from nba_props_tests.slates import DAY

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([killed.__name__])
SYSTEMS = (ONE, "xgboost_v1")


@pytest.fixture(scope="module")
def afternoon(empty_home: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A published morning batch, and an afternoon batch staged whole: a moved line, a first line, a player ruled out."""
    home = slates.copy_home(empty_home, tmp_path_factory.mktemp("afternoon") / "home")
    morning = {player(1): Said(20.5), player(2): Said(None), player(3): Said()}
    first = open_batch(home, 0, morning, systems=SYSTEMS)
    for system in SYSTEMS:
        stage(home, first, morning, system)
    merge(home)
    later = {player(1): Said(21.5), player(2): Said(15.5)}
    second = open_batch(home, 1, later, systems=SYSTEMS)
    for system in SYSTEMS:
        stage(home, second, later, system)
    return home


@pytest.fixture(scope="module")
def old_new_and_all(afternoon: Platform, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    """What is in force before and after an undisturbed consolidation, and all that it leaves."""
    home = slates.copy_home(afternoon, tmp_path_factory.mktemp("undisturbed") / "home")
    old = in_force(home)
    merge(home)
    return old, in_force(home), everything(home)


def killed_at(home: Platform, moment: str) -> None:
    process = PROCESSES.Process(target=killed.consolidate_and_die, args=(home.settings, DAY, moment))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.whole
@pytest.mark.parametrize("moment", killed.MOMENTS)
def test_a_killed_consolidation_tears_nothing_and_is_completed_by_the_next(
    afternoon: Platform, old_new_and_all: tuple[Any, Any, Any], moment: str, tmp_path: Path
) -> None:
    old, new, undisturbed = old_new_and_all
    home = slates.copy_home(afternoon, tmp_path / "home")
    killed_at(home, moment)
    is_merged = killed.MOMENTS.index(moment) >= killed.MOMENTS.index("after the merge")
    assert in_force(home) in ([new] if is_merged else [old] if moment == "before the merge" else [old, new])
    assert len(staging_left(home)) == (1 if moment == "between two drops" else 2)
    merge(home)
    assert staging_left(home) == []
    assert everything(home) == undisturbed


@pytest.mark.whole
def test_an_older_batch_beside_an_interrupted_newer_one_never_comes_into_force(
    afternoon: Platform, old_new_and_all: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    """The newer one was merged and not marked; it must count as having spoken, and be in force in the end."""
    _, new, _ = old_new_and_all
    home = slates.copy_home(afternoon, tmp_path / "home")
    killed_at(home, "after the merge")
    between = open_batch(home, 0.5, named(1, 2, 3), systems=SYSTEMS)
    for system in SYSTEMS:
        stage(home, between, {name: Said(30.5) for name in named(1, 2, 3)}, system)
    merge(home, batch_id=between.batch_id)
    assert in_force(home) == new
    merge(home)
    assert in_force(home) == new
    assert staging_left(home) == []


@pytest.mark.whole
def test_two_consolidations_of_one_date_never_interleave(
    afternoon: Platform, old_new_and_all: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    _, new, _ = old_new_and_all
    home = slates.copy_home(afternoon, tmp_path / "home")
    earlier = open_batch(home, 0.5, named(1, 2, 3), systems=SYSTEMS)
    for system in SYSTEMS:
        stage(home, earlier, {name: Said(30.5) for name in named(1, 2, 3)}, system)
    barrier, log = PROCESSES.Barrier(2), tmp_path / "log"
    both = [
        PROCESSES.Process(target=killed.consolidate_with_others, args=(home.settings, DAY, barrier, log))
        for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    lines = log.read_text().splitlines()
    assert len(lines) == 4  # two batches of one date are two merges
    for begin, end in zip(lines[::2], lines[1::2], strict=True):
        assert (begin.split()[0], end) == ("begin", f"end {begin.split()[1]}")
    assert in_force(home) == new
    assert staging_left(home) == []


def test_a_batch_is_recorded_only_with_its_scope(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted while it is opened, a batch does not exist: one without scope would withdraw nobody and outdate nothing."""
    from nba_props_tests.predictions.test_batches import opened, slate

    save: Callable[..., None] = batch_module._save

    def interrupted(*given: Any) -> None:
        if given[1] is batch_module.BATCHES:
            raise KeyboardInterrupt
        save(*given)

    monkeypatch.setattr(batch_module, "_save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(platform, slate(1, 2))
    monkeypatch.undo()
    assert everything(platform)["prediction_batches"] == []
    batch = opened(platform, slate(1, 2))
    stage(platform, batch, named(1, 2), batch.systems[0])
    publish(platform, -1, named(1, 2, 3))
    merge(platform)
    assert batches_of(platform, 3) == set()
