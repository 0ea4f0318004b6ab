"""What an interrupted backfill had finished, so that the same command goes on from there.

A record is of one command on one state of the sources: other options, another import, another alias or another version
of the code make another record. It is forgotten when the command comes to its end, so that a repetition does everything.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from nba_props.platform import Platform, code_version


class Unfinished:
    """Dates that a command has finished, kept below the home until all are."""

    def __init__(self, platform: Platform, days: Sequence[date], tags: Mapping[str, str]) -> None:
        content = json.dumps([[day.isoformat() for day in days], dict(tags), code_version(), _sources(platform)])
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._path: Path = platform.home / "backfills" / f"{key}.json"
        self.done: set[date] = self._read()

    def finish(self, days: Sequence[date]) -> None:
        """Remember dates as finished."""
        self.done |= set(days)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".tmp")
        partial.write_text(json.dumps(sorted(day.isoformat() for day in self.done)))
        partial.replace(self._path)

    def forget(self) -> None:
        """The command came to its end."""
        self._path.unlink(missing_ok=True)
        self.done = set()

    def _read(self) -> set[date]:
        with suppress(FileNotFoundError, ValueError):  # a torn record is none: everything is done again
            return {date.fromisoformat(day) for day in json.loads(self._path.read_text())}
        return set()


def _sources(platform: Platform) -> list[Any]:
    """What the dates are built from, as far as it changes by hand: imports and aliases."""
    from nba_props.io.landing import landed_archives
    from nba_props.registry import aliases

    imports = [[one.archive_id, one.imported_at.isoformat()] for one in landed_archives(platform.store)]
    return [imports, [[one.alias_lookup, one.canonical_lookup, one.is_active] for one in aliases(platform)]]
