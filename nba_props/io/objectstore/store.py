"""The object store protocol, its errors, and what a path may be. No implementation belongs here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nba_props.errors import BadInput, NbaPropsError

# What a store keeps for itself, locks and previous versions, lies under this name beside the objects.
STORE_FOLDER = ".store"
PREVIOUS_FOLDER = f"{STORE_FOLDER}/previous"

# The generation to expect of a path that holds no object.
MUST_NOT_EXIST = 0


class ObjectMissing(NbaPropsError):
    """No object at this path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no object at {path!r}.", next_step="Materialise what writes it.")


class PreconditionFailed(NbaPropsError):
    """The object is not of the generation the writer expected: somebody else was first. Nothing was written."""

    def __init__(self, path: str, expected: int, found: int) -> None:
        super().__init__(
            f"{path!r} was to be written over generation {expected} but is at {found} (0: no object).",
            next_step="Read it again and decide again; another writer was first.",
        )
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as a listing shows it: size in bytes, the generation, and when (UTC) that was written."""

    path: str
    size: int
    generation: int
    updated_at: datetime


class ObjectStore(Protocol):
    """Bytes under relative POSIX paths. A reader sees an object's old bytes or its new ones, entire, at any moment.

    A generation is a positive integer that grows with each change of an object. To change what was read, take the
    generation first, then the bytes, and put with `if_generation_match`. Refused paths raise BadInput; a store that
    cannot be read or written raises StorageFault, with what was there before still there.
    """

    def __hash__(self) -> int:
        """A store is its own identity: what was read from it may be kept by it."""

    def put(
        self,
        path: str,
        data: bytes,
        *,
        if_generation_match: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> int:
        """Write an object whole and return its generation; the version it replaces becomes `previous`.

        `if_generation_match` is the generation the writer expects to replace, 0 for none; anything else found raises
        PreconditionFailed. The same bytes put again are no new generation and leave `previous` alone.
        """

    def get(self, path: str) -> bytes:
        """The bytes of an object; raises ObjectMissing."""

    def previous(self, path: str) -> bytes | None:
        """The bytes that the last change of this object replaced; None before a first change."""

    def generation(self, path: str) -> int | None:
        """The generation of an object, None where there is none."""

    def exists(self, path: str) -> bool:
        """Whether there is an object at this path."""

    def list(self, prefix: str = "") -> Sequence[ObjectInfo]:
        """The objects whose path starts with these characters, sorted by path."""

    def delete(self, path: str) -> None:
        """Remove an object and its previous version; no error where there is none."""

    def url(self, path: str) -> str:
        """Where a person can open this object."""


def checked_path(path: str) -> str:
    """The path itself if it is relative POSIX, printable, and stays inside the store and out of its own folder."""
    components = path.split("/")
    if not path.isprintable() or "\\" in path or any(component in ("", ".", "..") for component in components):
        raise BadInput(
            f"{path!r} is not a path in an object store.",
            next_step="Use relative paths such as 'v1/status.json': no leading or double slash, no '..', no backslash.",
        )
    if components[0] == STORE_FOLDER:
        raise BadInput(f"{path!r} lies in the store's own folder.", next_step=f"Use a path outside {STORE_FOLDER!r}.")
    return path


def checked_prefix(prefix: str) -> str:
    """The prefix itself if a path can start with it: as a path, or empty, or with a slash at the end."""
    if prefix:
        checked_path(prefix.removesuffix("/"))
    return prefix
