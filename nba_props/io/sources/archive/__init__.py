"""Archives of history: `discover` finds the files, `parse` makes rows of the raw layer of them. No I/O but reading."""

from nba_props.io.sources.archive.files import (
    ACCEPTED,
    Archive,
    ArchiveFile,
    IgnoredFile,
    MissingFile,
    archive_of,
    discover,
)
from nba_props.io.sources.archive.parse import ALL_SEASONS, ParsedArchive, parse

__all__ = [
    "ACCEPTED",
    "ALL_SEASONS",
    "Archive",
    "ArchiveFile",
    "IgnoredFile",
    "MissingFile",
    "ParsedArchive",
    "archive_of",
    "discover",
    "parse",
]
