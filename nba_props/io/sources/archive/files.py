"""Finding and reading the files of an archive: what is there, what is missing and at what cost, and the bytes as rows.

`discover` looks at headers only; `read` takes one file's bytes in. Judging the rows is not done here.
"""

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from nba_props.errors import BadInput
from nba_props.io.sources.archive.border import Batch, Received
from nba_props.io.sources.archive.csv_formats import FOREIGN, GAMES_DETAILS
from nba_props.io.sources.archive.layouts import COST_OF_KIND, NATIVE, Kind, Layout

ACCEPTED = (
    f"{', '.join(NATIVE)} as .parquet, .csv or .csv.gz; nba_api "
    "LeagueGameLog CSVs; Kaggle's games_details.csv with games.csv, or PlayerStatistics.csv"
)
_SUFFIXES = (".parquet", ".csv", ".csv.gz")
_NULL_WORDS = ["", "nan", "NaN", "None", "null", "NULL", "NaT", "<NA>"]
_UNREADABLE = (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True)
class MissingFile:
    """A file, or columns of one, that the archive does not have, and what goes without it."""

    name: str
    cost: str


@dataclass(frozen=True)
class IgnoredFile:
    """A file that is there and is not read, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class ArchiveFile:
    """One file that is read. `content` is where its bytes are, or the bytes themselves."""

    name: str
    layout: Layout
    columns: tuple[str, ...]
    sha256: str
    content: Path | bytes

    def read_bytes(self) -> bytes:
        """The bytes that were discovered; BadInput if they have changed since or cannot be read."""
        content = _bytes(self.name, self.content)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise BadInput(f"{self.name} changed while it was being imported.", next_step="Import it again.")
        return content


@dataclass(frozen=True)
class Archive:
    """The files of an archive that are read, by name; what is missing and what is ignored, each said once."""

    files: tuple[ArchiveFile, ...]
    missing: tuple[MissingFile, ...]
    ignored: tuple[IgnoredFile, ...]

    @cached_property
    def archive_id(self) -> str:
        """Content hash over names and bytes of the files that are read: the same archive has the same id anywhere."""
        lines = "".join(f"{file.name}\0{file.sha256}\n" for file in self.files)
        return hashlib.sha256(lines.encode()).hexdigest()[:20]

    def payload_ref(self, file: ArchiveFile) -> str:
        """Where the file's bytes are landed."""
        return f"landing/archive/{self.archive_id}/{file.name}"


# -- discovery --------------------------------------------------------------------------------------------------------
def discover(directory: Path) -> Archive:
    """The archive in a directory (its sub-directories are not searched).

    Raises BadInput for what is no directory, for a directory in which nothing can be read, and for a file whose bytes
    are no parquet or CSV although its name says so.
    """
    try:
        names = sorted(path for path in directory.iterdir() if path.is_file() and _is_table(path.name))
    except OSError as error:
        raise BadInput(
            f"{directory} is not a directory that can be read ({error.strerror}).",
            next_step=f"Give the directory that holds the archive. Accepted: {ACCEPTED}.",
        ) from error
    return _archive({path.name: path for path in names}, str(directory))


def archive_of(files: Mapping[str, bytes]) -> Archive:
    """The archive made of these bytes by file name, as a landing zone holds them. Raises BadInput like `discover`."""
    return _archive({name: files[name] for name in sorted(files) if _is_table(name)}, "The archive")


def _archive(contents: Mapping[str, Path | bytes], place: str) -> Archive:
    files: list[ArchiveFile] = []
    missing: list[MissingFile] = []
    ignored: list[IgnoredFile] = []
    for name, content in contents.items():
        data = _bytes(name, content)
        columns = _header(name, data)
        layout = _recognise(name, columns)
        if layout is None:
            ignored.append(IgnoredFile(name, _why_unknown(columns)))
        elif lacking := layout.lacks(columns):
            missing.append(
                MissingFile(f"{name}: {', '.join(lacking)}", f"the file cannot be read without; {_cost(layout)}")
            )
        else:
            files.append(ArchiveFile(name, layout, columns, hashlib.sha256(data).hexdigest(), content))
    files, dateless = _without_dateless(files)
    if not files:
        raise _nothing_readable(place, [*missing, *dateless], ignored)
    return Archive(tuple(files), (*missing, *dateless, *_missing(files)), tuple(ignored))


def _is_table(name: str) -> bool:
    return name.casefold().endswith(_SUFFIXES) and not name.startswith(".")


def _stem(name: str) -> str:
    return name.casefold().split(".")[0]


def _recognise(name: str, columns: tuple[str, ...]) -> Layout | None:
    """Other people's layouts by header (their games.csv bears the name of ours); ours by name."""
    if not name.casefold().endswith(".parquet"):
        for layout in FOREIGN:
            if not layout.lacks(columns):
                return layout
    return NATIVE.get(_stem(name))


def _why_unknown(columns: tuple[str, ...]) -> str:
    shown = ", ".join(columns[:8]) + (", …" if len(columns) > 8 else "")
    return f"its header ({shown or 'empty'}) is none that is known"


def _cost(layout: Layout) -> str:
    return "; ".join(COST_OF_KIND[kind] for kind in layout.kinds)


def _without_dateless(files: list[ArchiveFile]) -> tuple[list[ArchiveFile], list[MissingFile]]:
    """games_details has neither dates nor home teams: without any games file not one of its rows can be placed."""
    if any(Kind.GAMES in file.layout.kinds for file in files):
        return files, []
    dateless = [file for file in files if file.layout is GAMES_DETAILS]
    cost = "it has no dates and no home teams of its own, and cannot be read without"
    return [file for file in files if file not in dateless], [
        MissingFile("games.csv", f"{file.name}: {cost}") for file in dateless
    ]


def _missing(files: Iterable[ArchiveFile]) -> list[MissingFile]:
    found = {kind for file in files for kind in file.layout.kinds}
    whole = [MissingFile(kind.value, COST_OF_KIND[kind]) for kind in Kind if kind not in found]
    return whole + [
        MissingFile(f"{file.name}: {', '.join(lacking)}", cost)
        for file in files
        for group, cost in file.layout.costs.items()
        if (lacking := [name for name in group if name not in file.columns])
    ]


def _nothing_readable(place: str, missing: list[MissingFile], ignored: list[IgnoredFile]) -> BadInput:
    found = [f"{file.name}: {file.cost}" for file in missing] + [f"{file.name}: {file.why}" for file in ignored]
    what = "; ".join(found) if found else "no parquet or CSV file"
    return BadInput(f"{place} holds nothing that can be imported ({what}).", next_step=f"Accepted: {ACCEPTED}.")


# -- bytes ------------------------------------------------------------------------------------------------------------
def _bytes(name: str, content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return content.read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read ({error.strerror}).", next_step="Check its permissions.") from error


def _damaged(name: str, error: Exception) -> BadInput:
    said = " ".join(str(error).split())[:200]
    return BadInput(
        f"{name} is damaged or not what its name says ({said}).",
        next_step=f"Fetch it again, or take it out of the directory. Accepted: {ACCEPTED}.",
    )


def _header(name: str, data: bytes) -> tuple[str, ...]:
    try:
        columns = _parquet_header(data) if name.casefold().endswith(".parquet") else _csv_header(name, data)
    except _UNREADABLE as error:
        raise _damaged(name, error) from error
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise BadInput(f"{name} has {', '.join(repeated)} twice.", next_step="Leave one column of each name.")
    return columns


def _parquet_header(data: bytes) -> tuple[str, ...]:
    return tuple(pq.read_schema(pa.BufferReader(data)).names)


def _csv_header(name: str, data: bytes) -> tuple[str, ...]:
    with _opened(name, data) as raw:
        return tuple(next(csv.reader(codecs.iterdecode(raw, "utf-8-sig")), []))


def _opened(name: str, data: bytes) -> io.BufferedIOBase:
    raw = io.BytesIO(data)
    return gzip.GzipFile(fileobj=raw) if name.casefold().endswith(".gz") else raw


def read(archive: Archive, file: ArchiveFile) -> tuple[Received, list[tuple[Kind, Batch]]]:
    """One file's rows as they came, and as batches in our column names. Raises BadInput for damaged bytes."""
    data = file.read_bytes()
    ref = archive.payload_ref(file)
    try:
        received = _read_parquet(ref, data) if file.name.casefold().endswith(".parquet") else _read_csv(ref, file, data)
    except _UNREADABLE as error:
        raise _damaged(file.name, error) from error
    parts = file.layout.split(received.rows)
    return received, [(kind, Batch(ref, rows, received.row_numbers[covered])) for kind, rows, covered in parts]


def _read_parquet(ref: str, data: bytes) -> Received:
    rows = pq.read_table(pa.BufferReader(data))
    return Received(ref, rows, np.arange(rows.num_rows))


def _read_csv(ref: str, file: ArchiveFile, data: bytes) -> Received:
    """Every value as text. A line with too many or too few fields is set aside with its number, not lost."""
    malformed: list[tuple[int, str]] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        malformed.append((row.number - 2, row.text))  # Arrow counts from 1, and the header is a row to it
        return "skip"

    with _opened(file.name, data) as raw:
        rows = pacsv.read_csv(
            raw,
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(file.columns, pa.string()), strings_can_be_null=True, null_values=_NULL_WORDS
            ),
        )
    numbers = np.arange(rows.num_rows + len(malformed))
    whole = np.setdiff1d(numbers, [number for number, _ in malformed])
    return Received(ref, rows, whole, tuple(malformed))
