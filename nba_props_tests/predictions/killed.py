"""Consolidations in processes of their own, to be killed at a chosen moment or to meet each other; run by a fork server."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from nba_props.assets.predictions import consolidation
from nba_props.io.warehouse.duckdb import DuckDBWarehouse
from nba_props.platform import Platform
from nba_props.settings import Settings

MOMENTS = (
    "before the merge",
    "early inside the merge",
    "late inside the merge",
    "after the merge",
    "between two marks",
    "after marking",
    "between two drops",
)


def consolidate_and_die(settings: Settings, day: date, moment: str) -> None:
    """Consolidate the date, and be killed by `kill -9` at the moment."""
    _PREPARED[moment]()
    consolidation.consolidate(Platform(settings), day, day, is_waiting_over=True)


def consolidate_with_others(settings: Settings, day: date, barrier: Barrier, log: Path) -> None:
    """Consolidate the date at the same time as others; `log` gets a line when the MERGE begins and when staging is gone."""
    merge, drop = DuckDBWarehouse.merge, DuckDBWarehouse.drop_staging

    def noted_merge(*given: Any) -> int:
        _note(log, "begin")
        return merge(*given)

    def noted_drop(*given: Any) -> None:
        time.sleep(0.05)
        drop(*given)
        _note(log, "end")

    _replace(DuckDBWarehouse, merge=noted_merge, drop_staging=noted_drop)
    barrier.wait()
    consolidation.consolidate(Platform(settings), day, day, is_waiting_over=True)


def _note(log: Path, word: str) -> None:
    with log.open("a") as lines:
        lines.write(f"{word} {os.getpid()}\n")


def _replace(owner: object, **functions: Callable[..., Any]) -> None:
    """For good: the process is about to end."""
    for name, function in functions.items():
        setattr(owner, name, function)


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_before_merge() -> None:
    _replace(DuckDBWarehouse, merge=_die)


def _die_inside_merge(seconds: float) -> Callable[[], None]:
    def prepare() -> None:
        merge = DuckDBWarehouse.merge

        def doomed(*given: Any) -> int:
            threading.Timer(seconds, _die).start()
            changed = merge(*given)
            time.sleep(2 * seconds)
            return changed

        _replace(DuckDBWarehouse, merge=doomed)

    return prepare


def _die_after_merge() -> None:
    _replace(consolidation, _verify=_die)


def _die_between_two_marks() -> None:
    _replace(consolidation, save_systems=_die)


def _die_after_marking() -> None:
    _replace(DuckDBWarehouse, drop_staging=_die)


def _die_between_two_drops() -> None:
    drop = DuckDBWarehouse.drop_staging

    def one_of_them(warehouse: DuckDBWarehouse, staging: Any) -> None:
        drop(warehouse, staging[:1])
        _die()

    _replace(DuckDBWarehouse, drop_staging=one_of_them)


_PREPARED: dict[str, Callable[[], None]] = dict(
    zip(
        MOMENTS,
        (
            _die_before_merge,
            _die_inside_merge(0.02),
            _die_inside_merge(0.06),
            _die_after_merge,
            _die_between_two_marks,
            _die_after_marking,
            _die_between_two_drops,
        ),
        strict=True,
    )
)
