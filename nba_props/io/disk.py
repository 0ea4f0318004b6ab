"""The local disk of a home: turns between its processes and threads, and a disk's refusals told as errors to act on.

What belongs here: file locks and the meaning of an OSError. What does not: what is done under a lock, and mutual
exclusion between machines, which share no disk (`warehouse/lease.py`).
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nba_props.errors import StorageFault, WarehouseBusy

NEXT_STEP = "Free space or make the directory writable, then run the same command again; what was stored is unchanged."

_LONGEST_PAUSE_SECONDS = 0.05


@contextmanager
def disk_faults(action: str) -> Iterator[None]:
    """A full, read-only or missing disk becomes a StorageFault that names what failed and where."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise StorageFault(f"{action} failed: {error.strerror or error}{where}.", next_step=NEXT_STEP) from error


@contextmanager
def file_lock(path: Path, *, exclusive: bool, timeout_seconds: float) -> Iterator[None]:
    """Hold a shared or exclusive lock during the block; WarehouseBusy if others keep it for longer than the timeout.

    The kernel releases it when its process dies, however it dies. Each holder has a descriptor of its own, so threads
    of one process exclude each other too; it is therefore not reentrant. Whoever waits for an exclusive lock first
    closes the gate (`{path}.gate`) behind which later readers wait: without it, two readers that never pause kept a
    writer out for ever.
    """
    deadline = time.monotonic() + timeout_seconds
    with _descriptor(path, exclusive) as lock:
        with _descriptor(path.with_name(f"{path.name}.gate"), exclusive) as gate:
            for descriptor in (gate, lock):
                if not _taken(descriptor, exclusive, deadline):
                    raise WarehouseBusy(
                        f"Another command has held {path} for more than {timeout_seconds:g} s.",
                        next_step=f"Wait for it to end (lsof {path} names it), then run this one again.",
                    )
        yield


def pauses(deadline: float) -> Iterator[None]:
    """One turn at once, then one after each of ever longer pauses, until `time.monotonic()` has passed the deadline."""
    pause = 0.001
    yield
    while time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        yield


@contextmanager
def _descriptor(path: Path, exclusive: bool) -> Iterator[int]:
    """A descriptor of the lock file. A reader's asks for no right to write, so that a read-only home can be read."""
    with disk_faults("Opening the lock"):
        if exclusive:
            path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, (os.O_RDWR if exclusive else os.O_RDONLY) | os.O_CREAT, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int, exclusive: bool, deadline: float) -> bool:
    for _ in pauses(deadline):
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False
