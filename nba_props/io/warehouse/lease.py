"""Mutual exclusion between processes that share nothing but an object store: a small object that says whose turn it is.

The object is only ever replaced against the generation that was read, so that of any number of contenders one is first.
A holder renews its lease while it works; one that died stops, and its lease runs out. Machines whose clocks differ by
less than half a lease (`GRACE_SHARE`) never hold one together. A holder that could not renew in time, for instance on a
machine put to sleep, is told so when its work ends. What belongs here: taking, keeping and giving back a lease. What
does not: what is done under it.
"""

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ValidationError

from nba_props.errors import StorageFault, WarehouseBusy
from nba_props.io.objectstore.store import MUST_NOT_EXIST, ObjectMissing, ObjectStore, PreconditionFailed

LEASE_SECONDS = 60.0
GRACE_SHARE = 0.5
LONGEST_PAUSE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class _Record(BaseModel):
    """What the object says."""

    owner: str
    expires_at: AwareDatetime | None  # None once it was given back


@contextmanager
def lease(
    store: ObjectStore, path: str, timeout_seconds: float = 600.0, lease_seconds: float = LEASE_SECONDS
) -> Iterator[None]:
    """Hold the lease at `path` during the block, waiting at most `timeout_seconds` for it.

    Raises WarehouseBusy if another process keeps it that long, or, after the block, if it was lost meanwhile.
    """
    mine = _Lease(store, path, lease_seconds)
    mine.wait(timeout_seconds)
    done = threading.Event()
    renewing = threading.Thread(target=mine.keep, args=(done,), name=f"lease {path}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        is_kept = mine.give_back()
    if not is_kept:
        raise WarehouseBusy(
            f"The lease {path} ran out while it was in use, and another process took it.",
            next_step="Run the same command again: it changes nothing that is already right.",
        )


class _Lease:
    def __init__(self, store: ObjectStore, path: str, lease_seconds: float) -> None:
        self._store = store
        self._path = path
        self._seconds = lease_seconds
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        self._generation = MUST_NOT_EXIST

    def wait(self, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        pause = 0.01
        while not self._take():
            if time.monotonic() > deadline:
                raise WarehouseBusy(
                    f"{self._holder()} holds the lease {self._path} for more than {timeout_seconds:.0f} s.",
                    next_step="Wait for the other command to end, then run this one again.",
                )
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS, self._seconds / 4)

    def keep(self, done: threading.Event) -> None:
        """Renew until the work is done or the lease is lost, which `give_back` then finds out."""
        while not done.wait(self._seconds / 3):
            try:
                self._extend()
            except PreconditionFailed:
                if not self._is_mine():
                    return
            except StorageFault as error:  # the next renewal may get through
                _log.warning("The lease %s could not be renewed: %s", self._path, error)

    def give_back(self) -> bool:
        """Mark the lease free; False if another process has taken it. That nobody has is known from the generation,
        not from a clock, which may have stood still with its machine. Nor is it a delete: that would have no condition.
        """
        try:
            self._write(expires_at=None)
        except PreconditionFailed:
            return self._is_mine() and self.give_back()
        return True

    def _take(self) -> bool:
        generation = self._store.generation(self._path)
        found = self._read() if generation is not None else None
        if found and not self._is_free(found):
            return False
        self._generation = generation or MUST_NOT_EXIST
        try:
            self._extend()
        except PreconditionFailed:
            return self._is_mine()
        return True

    def _extend(self) -> None:
        self._write(expires_at=datetime.now(UTC) + timedelta(seconds=self._seconds))

    def _is_mine(self) -> bool:
        """Whether a write that was refused had arrived already and only its answer was lost; then go on from there."""
        generation, found = self._store.generation(self._path), self._read()
        if generation is None or found is None or found.owner != self._owner:
            return False
        self._generation = generation
        return True

    def _write(self, expires_at: datetime | None) -> None:
        record = _Record(owner=self._owner, expires_at=expires_at)
        self._generation = self._store.put(
            self._path,
            record.model_dump_json().encode(),
            if_generation_match=self._generation,
            content_type="application/json",
        )

    def _read(self) -> _Record | None:
        try:
            return _Record.model_validate_json(self._store.get(self._path))
        except ObjectMissing:
            return None
        except ValidationError as error:
            raise StorageFault(
                f"The object {self._path} is not a lease.", next_step="Look at it, then delete it."
            ) from error

    def _is_free(self, record: _Record) -> bool:
        grace = timedelta(seconds=GRACE_SHARE * self._seconds)
        return record.expires_at is None or record.expires_at + grace < datetime.now(UTC)

    def _holder(self) -> str:
        found = self._read()
        return found.owner if found else "Another process"
