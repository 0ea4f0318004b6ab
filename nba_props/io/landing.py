"""The landing zone: bytes as received, before anything is parsed, so that every table can be rebuilt without asking again."""

import json
from dataclasses import dataclass
from datetime import datetime

from nba_props.errors import NotReady
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.sources.archive import Archive, archive_of

ARCHIVES = "landing/archive"


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
