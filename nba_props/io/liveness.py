"""Which runs of a home are at work: each holds a lock that the kernel lets go of when its process dies, however it dies.

A holder's file carries its lock before it gets its name, and loses its name before its lock: a named file that can be
locked is the file of a dead process, without a clock, a process id or a guess. What belongs here: holding such a file, and telling
the living from the dead. What does not: what the dead leave behind (`interrupted.py`), and machines that share no home.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import uuid4

from nba_props.io.disk import disk_faults

_SUFFIX = ".lock"


@dataclass(frozen=True)
class Signs:
    """Run ids of a home: those a living process holds, and those that only dead ones did."""

    at_work: frozenset[str]
    abandoned: frozenset[str]


@contextmanager
def at_work(home: Path, run_id: str) -> Iterator[None]:
    """Hold a sign of life for the run during the block; any number of blocks and processes may hold one. StorageFault if refused."""
    place = _place(home)
    unnamed = place / f"{quote(run_id, safe='')}.{uuid4().hex}"
    named = unnamed.with_name(unnamed.name + _SUFFIX)
    with disk_faults("Holding the sign of life of a run"):
        place.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with disk_faults("Holding the sign of life of a run"):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(named)
        yield
    finally:
        for path in (unnamed, named):
            path.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def signs_of_life(home: Path) -> Iterator[Signs]:
    """Who lives and who is dead. The dead are kept from every other looker during the block, and forgotten if it succeeds."""
    living: set[str] = set()
    dead: dict[Path, str] = {}
    with ExitStack() as held, disk_faults("Looking for signs of life"):
        for path in sorted(_place(home).glob(f"*{_SUFFIX}")):
            run_id = unquote(path.name.removesuffix(_SUFFIX).rpartition(".")[0])
            if _is_dead(path, held):
                dead[path] = run_id
            elif path.exists():
                living.add(run_id)
        yield Signs(frozenset(living), frozenset(dead.values()) - living)
        for path, run_id in dead.items():
            if run_id not in living:
                path.unlink(missing_ok=True)


def _is_dead(path: Path, held: ExitStack) -> bool:
    """TRUE if nobody holds the file; then we do, until `held` closes."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY)
        held.callback(os.close, descriptor)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return path.exists()  # one that lost its name meanwhile ended well
    return False


def _place(home: Path) -> Path:
    return home / "running"
