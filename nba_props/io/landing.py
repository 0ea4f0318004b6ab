"""The landing zone: bytes as received, before anything is parsed, so that every table can be rebuilt without asking again.

An archive lies under its content id. An answer of a live source lies under the date it tells of: its bytes under their own
hash, and one record a fetch beside them, written last, so that bytes without a record are not landed. Nothing landed is
ever changed. What belongs here: where landed things lie. What does not: asking for them, and what they say.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nba_props.errors import IntegrityFailure, NotReady
from nba_props.io.objectstore.store import MUST_NOT_EXIST, ObjectStore, PreconditionFailed
from nba_props.io.redaction import redact
from nba_props.io.sources.archive import Archive, archive_of
from nba_props.io.sources.live.contract import Outcome, Payload, Request, Source
from nba_props.io.sources.live.soundness import format_of

if TYPE_CHECKING:
    from nba_props.io.sources.live.transport import Answer

ARCHIVES = "landing/archive"

_RECORD = ".record.json"
_READERS = 16
_NAME_LENGTH = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_CONTENT_TYPES = {"json": "application/json", "html": "text/html", "pdf": "application/pdf"}


@dataclass(frozen=True)
class LandedArchive:
    """One imported archive: its content id, its file names, and when it was last imported (the last import wins)."""

    archive_id: str
    files: tuple[str, ...]
    imported_at: datetime


def land(store: ObjectStore, archive: Archive, now: datetime) -> LandedArchive:
    """Keep an archive's files as received; the manifest comes last, so that a half-landed archive is none."""
    for file in archive.files:
        store.put(archive.payload_ref(file), file.read_bytes())
    known = landed_archives(store)
    if known and known[-1].archive_id == archive.archive_id:
        return known[-1]  # the latest import again: nothing changes
    names = tuple(sorted(file.name for file in archive.files))
    manifest = {"archive_id": archive.archive_id, "files": names, "imported_at": now.isoformat()}
    store.put(
        _manifest_path(archive.archive_id), json.dumps(manifest, indent=1).encode(), content_type="application/json"
    )
    return LandedArchive(archive.archive_id, names, now)


def landed_archives(store: ObjectStore) -> list[LandedArchive]:
    """Every imported archive, the latest last."""
    manifests = [json.loads(store.get(one.path)) for one in store.list(ARCHIVES) if one.path.endswith("/manifest.json")]
    landed = [
        LandedArchive(one["archive_id"], tuple(one["files"]), datetime.fromisoformat(one["imported_at"]))
        for one in manifests
    ]
    return sorted(landed, key=lambda one: (one.imported_at, one.archive_id))


def open_archive(store: ObjectStore, archive_id: str) -> Archive:
    """A landed archive, ready to be parsed. Raises NotReady for an id that was never imported."""
    for landed in landed_archives(store):
        if landed.archive_id == archive_id:
            return archive_of({name: store.get(f"{ARCHIVES}/{archive_id}/{name}") for name in landed.files})
    raise NotReady(
        f"Archive {archive_id} is not in the landing zone.", next_step="Import it: nba-props import-history DIR."
    )


def _manifest_path(archive_id: str) -> str:
    return f"{ARCHIVES}/{archive_id}/manifest.json"


# -- answers of live sources -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Landed:
    """One fetch, without its body: `ref` is the path of its bytes, `size` their number; instants are UTC.

    Two fetches that brought the same bytes for one date share a `ref`.
    """

    ref: str
    source: Source
    feed: str
    day: date
    label: str
    fetched_at: datetime
    outcome: Outcome
    status: int
    params: Mapping[str, str]
    headers: Mapping[str, str]
    sha256: str
    size: int


def land_answer(store: ObjectStore, request: Request, answer: "Answer", fetched_at: datetime) -> Landed:
    """Keep an answer's bytes as received, then its record. The same answer at the same instant again changes nothing.

    Raises IntegrityFailure if other bytes lie where these belong.
    """
    folder = _folder(request)
    sha256 = hashlib.sha256(answer.body).hexdigest()
    suffix = format_of(answer.body).value
    landed = Landed(
        ref=f"{folder}/{sha256[:12]}.{suffix}",
        source=request.source,
        feed=request.feed,
        day=request.day,
        label=request.label,
        fetched_at=fetched_at.astimezone(UTC),
        outcome=answer.outcome,
        status=answer.status,
        params=_redacted(request.params),
        headers=_redacted(answer.headers),
        sha256=sha256,
        size=len(answer.body),
    )
    if not _put_new(store, landed.ref, answer.body, _CONTENT_TYPES[suffix]):
        raise _not_these_bytes(landed)
    return _recorded(store, folder, landed)


def landed_between(
    store: ObjectStore, start: date, end: date, sources: Collection[Source] = tuple(Source)
) -> list[Landed]:
    """Every landed fetch filed under the dates from `start` to `end`, both inclusive: by `fetched_at`, then `ref`."""
    paths = [path for source in sources for path in _record_paths(store, source, start, end)]
    with ThreadPoolExecutor(max_workers=_READERS) as readers:
        found = list(readers.map(lambda path: _record_at(store, path), paths))
    return sorted(found, key=lambda one: (one.fetched_at, one.ref))


def open_landed(store: ObjectStore, landed: Landed) -> Payload:
    """A landed fetch with its bytes. Raises IntegrityFailure if they are not those that were landed."""
    body = store.get(landed.ref)
    if hashlib.sha256(body).hexdigest() != landed.sha256:
        raise _not_these_bytes(landed)
    return Payload(
        ref=landed.ref,
        source=landed.source,
        feed=landed.feed,
        day=landed.day,
        label=landed.label,
        fetched_at=landed.fetched_at,
        outcome=landed.outcome,
        status=landed.status,
        params=landed.params,
        headers=landed.headers,
        body=body,
    )


def _recorded(store: ObjectStore, folder: str, landed: Landed) -> Landed:
    """Write the record under its instant; the next microsecond where another fetch has it (a clock that stands still)."""
    while True:
        path = f"{folder}/{landed.fetched_at:%Y%m%dT%H%M%S%fZ}{_RECORD}"
        if _put_new(store, path, _record_of(landed), "application/json"):
            return landed
        later = landed.fetched_at + timedelta(microseconds=1)
        landed = Landed(**{**vars(landed), "fetched_at": later})


def _put_new(store: ObjectStore, path: str, data: bytes, content_type: str) -> bool:
    """Whether the object is there with these bytes; False if others are. Nothing that is there is replaced."""
    try:
        store.put(path, data, if_generation_match=MUST_NOT_EXIST, content_type=content_type)
    except PreconditionFailed:
        return store.get(path) == data
    return True


def _record_of(landed: Landed) -> bytes:
    facts = asdict(landed) | {"day": landed.day.isoformat(), "fetched_at": landed.fetched_at.isoformat()}
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _record_at(store: ObjectStore, path: str) -> Landed:
    try:
        facts: dict[str, Any] = json.loads(store.get(path))
        typed = {
            "source": Source(facts["source"]),
            "outcome": Outcome(facts["outcome"]),
            "day": date.fromisoformat(facts["day"]),
            "fetched_at": datetime.fromisoformat(facts["fetched_at"]),
        }
        return Landed(**{**facts, **typed})
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityFailure(
            f"The record {path} of the landing zone cannot be read ({type(error).__name__}: {error}).",
            next_step="Restore it from a backup, or remove it and fetch that date again.",
        ) from error


def _record_paths(store: ObjectStore, source: Source, start: date, end: date) -> Iterator[str]:
    """Paths of records in range, in one listing a year: a listing a date would be thousands of requests to a bucket."""
    for year in range(start.year, end.year + 1):
        first, last = max(start, date(year, 1, 1)), min(end, date(year, 12, 31))
        root = f"landing/{source}/"
        for one in store.list(root + _shared_start(first, last)):
            day = one.path.removeprefix(root).partition("/")[0]
            if one.path.endswith(_RECORD) and first.isoformat() <= day <= last.isoformat():
                yield one.path


def _shared_start(first: date, last: date) -> str:
    """What the names of two dates of one year begin with: the year, and the month or the whole date where they share it."""
    if first == last:
        return f"{first}/"
    return f"{first:%Y-%m-}" if first.month == last.month else f"{first:%Y-}"


def _folder(request: Request) -> str:
    label = f"/{_path_safe(request.label)}" if request.label else ""
    return f"landing/{request.source}/{request.day}/{_path_safe(request.feed)}{label}"


def _path_safe(name: str) -> str:
    """A name as a folder: itself where it may be one, else what is left of it and a hash, so that no two share a folder."""
    safe = _UNSAFE.sub("-", name)[:_NAME_LENGTH]
    return name if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _redacted(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: redact(value) for name, value in texts.items()}


def _not_these_bytes(landed: Landed) -> IntegrityFailure:
    return IntegrityFailure(
        f"{landed.ref} does not hold the bytes that were landed (SHA-256 {landed.sha256[:12]}…).",
        next_step="Restore it from a backup, or remove it with its records and fetch that date again.",
    )
