"""The object store as a directory: each object is a plain file at its own path, ready for any static file server.

One rename publishes bytes and generation together, because the generation is the file's own modification time in
microseconds since 1970 (kept ahead of the version it replaces, should the clock go back). There is no second file to
fall behind, so that kill -9 leaves the old version or the new one, and a file edited by hand is a new generation too.
A copy that drops times (`cp` without `-p`) gets new generations: a conditional write is then refused, never lost.

Writers take turns under one lock (`.store/lock`); readers take none. A version about to be replaced is first copied to
`.store/previous/<path>`. Half-written files lie in `.store/tmp` only, and as they are written under the lock, whatever
the next writer finds there was left by a killed process, and goes.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from time import time_ns
from uuid import uuid4

from filelock import FileLock, Timeout

from nba_props.errors import StorageFault
from nba_props.io.objectstore.store import (
    MUST_NOT_EXIST,
    PREVIOUS_FOLDER,
    STORE_FOLDER,
    ObjectInfo,
    ObjectMissing,
    PreconditionFailed,
    checked_path,
    checked_prefix,
)

LOCK_TIMEOUT_SECONDS = 60.0

_NEXT_STEPS = {
    errno.ENOSPC: "Free some space on that disk, then run it again.",
    errno.EDQUOT: "Free some of the quota on that disk, then run it again.",
    errno.EROFS: "Mount that disk writable or choose another --home, then run it again.",
    errno.EACCES: "Give this user the right to read and write there, then run it again.",
    errno.EPERM: "Give this user the right to read and write there, then run it again.",
    errno.EXDEV: "Keep the store on one file system: no mount or link to another disk inside it.",
    errno.ENOTDIR: "One name cannot be both an object and a folder of objects: rename one of the two.",
    errno.EISDIR: "One name cannot be both an object and a folder of objects: rename one of the two.",
}


class LocalObjectStore:
    """An ObjectStore in a directory, safe for many threads and processes of one machine, on any file system that keeps
    times to the microsecond (ext4, xfs, btrfs, APFS, NTFS, tmpfs; one that does not is refused at the first write)."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).absolute()

    def __repr__(self) -> str:
        return f"LocalObjectStore({str(self.root)!r})"

    def put(
        self,
        path: str,
        data: bytes,
        *,
        if_generation_match: int | None = None,
        content_type: str = "application/octet-stream",  # noqa: ARG002 (a file server tells it by the suffix)
    ) -> int:
        target = self._file(path)
        with self._writing(path):
            found = self._read(target)
            current, generation = found or (None, MUST_NOT_EXIST)
            if if_generation_match not in (None, generation):
                raise PreconditionFailed(path, if_generation_match, generation)
            if current == data:
                return generation
            if current is not None:
                self._replace(self._previous_file(path), current, generation)
            new_generation = max(time_ns() // 1000, generation + 1)
            self._replace(target, data, new_generation)
            return new_generation

    def get(self, path: str) -> bytes:
        with self._faults_told(path):
            found = self._read(self._file(path))
        if found is None:
            raise ObjectMissing(path)
        return found[0]

    def previous(self, path: str) -> bytes | None:
        checked_path(path)
        with self._faults_told(path):
            found = self._read(self._previous_file(path))
        return found[0] if found else None

    def generation(self, path: str) -> int | None:
        with self._faults_told(path):
            info = self._info(checked_path(path))
        return info.generation if info else None

    def exists(self, path: str) -> bool:
        return self.generation(path) is not None

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        folder, _, _ = checked_prefix(prefix).rpartition("/")
        with self._faults_told(prefix):
            infos = (self._info(path) for path in self._paths_under(folder) if path.startswith(prefix))
            return sorted((info for info in infos if info), key=lambda info: info.path)

    def delete(self, path: str) -> None:
        target = self._file(path)
        with self._writing(path):
            target.unlink(missing_ok=True)
            self._previous_file(path).unlink(missing_ok=True)

    def url(self, path: str) -> str:
        return self._file(path).as_uri()

    def _file(self, path: str) -> Path:
        return self.root / checked_path(path)

    def _previous_file(self, path: str) -> Path:
        return self.root / PREVIOUS_FOLDER / path

    @property
    def _tmp(self) -> Path:
        return self.root / STORE_FOLDER / "tmp"

    def _read(self, file: Path) -> tuple[bytes, int] | None:
        try:
            with file.open("rb") as stream:  # bytes and generation of one file, whatever is renamed meanwhile
                return stream.read(), _generation(os.fstat(stream.fileno()))
        except (FileNotFoundError, IsADirectoryError):
            return None

    def _replace(self, target: Path, data: bytes, generation: int) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        tmp = self._tmp / uuid4().hex
        try:
            with tmp.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.utime(stream.fileno(), ns=(generation * 1000, generation * 1000))
                os.fsync(stream.fileno())
                self._check_times_are_kept(os.fstat(stream.fileno()), generation)
            os.replace(tmp, target)  # noqa: PTH105 (the atomic one, by its own name)
        finally:
            tmp.unlink(missing_ok=True)
        _sync_folder(target.parent)

    def _check_times_are_kept(self, status: os.stat_result, generation: int) -> None:
        if _generation(status) != generation:
            raise StorageFault(
                f"The file system of {self.root} does not keep times to the microsecond.",
                next_step="Choose a --home on a local disk (ext4, xfs, APFS, NTFS).",
            )

    def _paths_under(self, folder: str) -> Iterator[str]:
        for directory, subdirectories, files in os.walk(self.root / folder, onerror=_raise_unless_missing):
            if Path(directory) == self.root and STORE_FOLDER in subdirectories:
                subdirectories.remove(STORE_FOLDER)
            relative = Path(directory).relative_to(self.root)
            yield from ((relative / file).as_posix() for file in files)

    def _info(self, path: str) -> ObjectInfo | None:
        try:
            status = (self.root / path).stat()
        except FileNotFoundError:  # never there, or deleted since it was listed
            return None
        if not S_ISREG(status.st_mode):
            return None
        generation = _generation(status)
        return ObjectInfo(path, status.st_size, generation, datetime.fromtimestamp(generation / 1_000_000, UTC))

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        with self._faults_told(path):
            self._tmp.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / STORE_FOLDER / "lock", timeout=LOCK_TIMEOUT_SECONDS, poll_interval=0.002):
                for left_behind in self._tmp.iterdir():
                    left_behind.unlink()
                yield

    @contextmanager
    def _faults_told(self, path: str) -> Iterator[None]:
        try:
            yield
        except Timeout as error:
            raise StorageFault(
                f"Another process has been writing to {self.root} for {LOCK_TIMEOUT_SECONDS:.0f} s.",
                next_step="See which process that is; end it if it hangs, then run this again.",
            ) from error
        except OSError as error:
            raise StorageFault(
                f"The store {self.root} refused {path!r}: {os.strerror(error.errno) if error.errno else error}.",
                next_step=_NEXT_STEPS.get(error.errno or 0, "Look at that disk, then run it again."),
            ) from error


def _generation(status: os.stat_result) -> int:
    """Microseconds since 1970; a file of unknown age is still a file, so never 0."""
    return max(1, status.st_mtime_ns // 1000)


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
