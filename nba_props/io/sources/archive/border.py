"""The border itself: applies a payload model to whole columns, and keeps the books on what was let in and what was not.

Archives and live payloads cross it alike. It knows pydantic models and reasons, not basketball:
what a row must satisfy is in `payloads`, what it becomes in `sheets`.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Protocol, get_args, get_origin

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from nba_props.catalog.model import Table
from nba_props.catalog.raw import ARCHIVE_IMPORTS, QUARANTINED_ROWS
from nba_props.catalog.render.arrow import conform
from nba_props.io.sources.archive.columns import arrow_series, distinct, is_true
from nba_props.io.sources.archive.payloads import Payload, Problem, Rule, problem_of_error

SOURCE = "archive"
INSTANT = pa.timestamp("us", tz="UTC")
UNKNOWN_SEASON = "unknown"
"""Season of a row that does not say it readably."""

_ARROW: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: INSTANT,
}


@dataclass(frozen=True)
class Received:
    """The rows of one file as they came. `malformed`: (row number, text) of CSV lines of another length."""

    payload_ref: str
    rows: pa.Table
    row_numbers: np.ndarray
    malformed: tuple[tuple[int, str], ...] = ()


Distinct = tuple[list[Any], pa.Int32Array]
"""The distinct values of a column, and for each row the index of its value (NULL for NULL, NaN and blank)."""


class Rows(Protocol):
    """Rows on their way in: columns by our names, and the place that each row has in what was received."""

    def distinct(self, name: str) -> Distinct:
        """A column's values; one that the rows lack is all NULL."""

    def places(self) -> Mapping[str, pa.Array]:
        """`payload_ref`, `row_number`, `source` and `fetched_at` (NULL for an archive) of every row."""


@dataclass(frozen=True)
class Batch:
    """Rows of one file of an archive in our own column names, each with its row number in that file."""

    payload_ref: str
    rows: pa.Table
    row_numbers: np.ndarray

    def distinct(self, name: str) -> Distinct:
        """A column's values; lists and structs have no plain values: every one of them is unreadable."""
        column = self.rows[name] if name in self.rows.column_names else pa.chunked_array([pa.nulls(self.rows.num_rows)])
        try:
            return distinct(column)
        except pa.ArrowException:
            return [object()], pc.if_else(pc.is_null(column.combine_chunks()), None, pa.scalar(0, pa.int32()))

    def places(self) -> Mapping[str, pa.Array]:
        """Every row is of the one file."""
        count = self.rows.num_rows
        return {
            "payload_ref": pa.repeat(self.payload_ref, count),
            "row_number": pa.array(self.row_numbers, pa.int64()),
            "source": pa.repeat(SOURCE, count),
            "fetched_at": pa.nulls(count, INSTANT),
        }


# -- one payload model over whole columns -----------------------------------------------------------------------------
def validate(batches: Iterable[Rows], model: type[Payload]) -> pd.DataFrame:
    """Every row with the model's fields (Arrow-backed, NULL where a value is refused), its place and its refusal.

    Columns added: those of its place, and `refusal` (None, or the one typed reason). Precedence: the model's
    exclusions, then faults of single fields in declared order, then its rules in declared order. Never raises for data.
    """
    parts = [_validated(batch, model) for batch in batches]
    return pd.concat(parts, ignore_index=True) if parts else _validated(_NO_ROWS, model)


def _validated(batch: Rows, model: type[Payload]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    faults = []
    for name in model.model_fields:
        values, problems = _judge(batch, name, model)
        columns[name] = arrow_series(values)
        faults.append((name, problems))
    frame = pd.DataFrame(columns)
    for name, places in batch.places().items():
        frame[name] = arrow_series(places)
    frame["refusal"] = arrow_series(pa.nulls(len(frame), pa.string()))
    _apply(frame, model.exclusions)
    for name, problems in faults:
        for problem in problems.unique().drop_null().to_pylist():
            refuse(frame, f"{name}_{problem}", arrow_series(pc.equal(problems, problem)))
    _apply(frame, model.rules)
    return frame


def refuse(frame: pd.DataFrame, reason: str, fails: pd.Series) -> None:
    """Marks rows as refused, in place. A row keeps the first reason it was given; NULL in `fails` is no failure."""
    hit = is_true(fails) & frame["refusal"].isna().to_numpy(dtype=bool)
    if hit.any():
        frame.loc[hit, "refusal"] = str(reason)


def _apply(frame: pd.DataFrame, rules: Iterable[Rule]) -> None:
    for rule in rules:
        refuse(frame, rule.reason, rule.fails(frame))


def _judge(batch: Rows, name: str, model: type[Payload]) -> tuple[pa.Array, pa.StringArray]:
    """One field of every row: the clean values, and the problem of each row that has one."""
    kind, adapter, is_required = _field(model, name)
    found, indices = batch.distinct(name)
    verdicts = [_verdict(adapter, value) for value in found]
    clean = pa.array([value for value, _ in verdicts], kind).take(indices)
    problems = pa.array([problem for _, problem in verdicts], pa.string()).take(indices)
    if is_required:
        problems = pc.if_else(pc.is_null(indices), str(Problem.MISSING), problems)
    return clean, problems


def _verdict(adapter: TypeAdapter[Any], value: Any) -> tuple[Any, str | None]:
    try:
        return adapter.validate_python(value), None
    except ValidationError as error:
        kind = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        return None, str(problem_of_error(kind))


@cache
def _field(model: type[Payload], name: str) -> tuple[pa.DataType, TypeAdapter[Any], bool]:
    """(Arrow type, validator, whether it is required) of a field, from its declaration alone."""
    annotation = model.model_fields[name].rebuild_annotation()
    adapter: TypeAdapter[Any] = TypeAdapter(annotation, config=model.model_config)
    return _ARROW[_bare(annotation)], adapter, model.model_fields[name].is_required()


def _bare(annotation: Any) -> type:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    members = [member for member in get_args(annotation) if member is not type(None)]
    return _bare(members[0]) if members else annotation


_NO_ROWS = Batch("", pa.table({"nothing": pa.array([], pa.string())}), np.array([], np.int64))


# -- the books --------------------------------------------------------------------------------------------------------
def mark_duplicates(frame: pd.DataFrame, grain: Iterable[str]) -> None:
    """Adds `is_duplicate`: TRUE for an accepted row whose grain an earlier accepted row already has."""
    accepted = frame[frame["refusal"].isna()]
    repeated = as_keys(accepted, grain).duplicated()
    frame["is_duplicate"] = False
    frame.loc[accepted.index[repeated], "is_duplicate"] = True


def as_keys(frame: pd.DataFrame, grain: Iterable[str]) -> pd.DataFrame:
    """The grain columns as integer codes: far quicker to compare than Arrow values."""
    return pd.DataFrame({name: pd.factorize(frame[name])[0] for name in grain}, index=frame.index)


def kept(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that were accepted, each grain once."""
    return frame[frame["refusal"].isna() & ~frame["is_duplicate"]]


def to_rows(table: Table, frame: pd.DataFrame, renamed: Mapping[str, str]) -> pa.Table:
    """Kept rows as exactly the table's columns; `renamed` maps a column to the frame's name for it."""
    given = kept(frame)
    columns = {name: pa.array(given[renamed.get(name, name)]) for name in table.column_names}
    return conform(table, pa.table(columns))


_ENTRY = pa.schema(
    {
        "season": pa.string(),
        "table_name": pa.string(),
        "payload_ref": pa.string(),
        "row_number": pa.int64(),
        "source": pa.string(),
        "fetched_at": INSTANT,
        "refusal": pa.string(),
        "is_duplicate": pa.bool_(),
    }
)

AsReceived = Callable[[str, str, np.ndarray], Sequence[str]]
"""JSON of rows as they came, by table name, payload and row numbers."""


@dataclass
class Ledger:
    """What was read for each table, and what became of it: read = kept + duplicate + quarantined, always."""

    as_received: AsReceived
    _entries: list[pa.Table] = field(default_factory=lambda: [_ENTRY.empty_table()])

    def enter(self, table_name: str, frame: pd.DataFrame) -> None:
        """Takes down every row of a marked frame: `season`, `refusal`, `is_duplicate` and its place."""
        columns = {name: pa.array(frame[name]) for name in _ENTRY.names if name != "table_name"}
        self._entries.append(
            pa.table(columns | {"table_name": pa.repeat(table_name, len(frame))}).select(_ENTRY.names).cast(_ENTRY)
        )

    def enter_rows(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Takes down rows that are in no frame: `season`, `table_name`, `refusal` and their places."""
        given = [{"is_duplicate": False, "fetched_at": None, **entry} for entry in entries]
        self._entries.append(pa.Table.from_pylist(given, schema=_ENTRY))

    def counts(self, archive_id: str) -> pa.Table:
        """One row a season and table."""
        counted = self.counts_by("season", "table_name")
        rows = counted.append_column("archive_id", pa.repeat(archive_id, counted.num_rows))
        return conform(ARCHIVE_IMPORTS, rows).sort_by([("season", "ascending"), ("table_name", "ascending")])

    def counts_by(self, *names: str) -> pa.Table:
        """rows_read, rows_kept, rows_duplicate and rows_quarantined of each combination of these columns."""
        entries = self._all()
        refused = pc.is_valid(entries["refusal"])
        tally = {
            "rows_read": pa.repeat(1, len(entries)),
            "rows_kept": pc.cast(pc.invert(pc.or_(refused, entries["is_duplicate"])), pa.int64()),
            "rows_duplicate": pc.cast(entries["is_duplicate"], pa.int64()),
            "rows_quarantined": pc.cast(refused, pa.int64()),
        }
        keys = {name: entries[name] for name in names}
        summed = pa.table(keys | tally).group_by(list(keys)).aggregate([(name, "sum") for name in tally])
        return pa.table({name: summed[f"{name}_sum"] for name in tally} | {name: summed[name] for name in keys})

    def quarantined(self) -> pa.Table:
        """The refused rows as they came, each with its reason."""
        entries = self._all()
        refused = entries.filter(pc.is_valid(entries["refusal"])).sort_by(
            [("payload_ref", "ascending"), ("row_number", "ascending"), ("table_name", "ascending")]
        )
        columns = {
            "payload_ref": refused["payload_ref"],
            "row_number": refused["row_number"],
            "table_name": refused["table_name"],
            "season": refused["season"],
            "source": refused["source"],
            "reason": refused["refusal"],
            "row_json": pa.array(self._as_received(refused), pa.string()),
        }
        return conform(QUARANTINED_ROWS, pa.table(columns))

    def _all(self) -> pa.Table:
        return pa.concat_tables(self._entries)

    def _as_received(self, refused: pa.Table) -> list[str]:
        """JSON of each refused row, in their order."""
        places = zip(*(refused[name].to_pylist() for name in ("table_name", "payload_ref", "row_number")), strict=True)
        numbers: dict[tuple[str, str], list[int]] = {}
        for table_name, payload_ref, number in places:
            numbers.setdefault((table_name, payload_ref), []).append(number)
        texts = {one: iter(self.as_received(*one, np.array(of_one))) for one, of_one in numbers.items()}
        keys = zip(refused["table_name"].to_pylist(), refused["payload_ref"].to_pylist(), strict=True)
        return [next(texts[key]) for key in keys]


def row_texts(received: Received, row_numbers: np.ndarray) -> list[str]:
    """The rows of one file with these numbers, as JSON; a malformed line as `{"line": …}`."""
    lines = dict(received.malformed)
    whole = np.array([number for number in row_numbers if number not in lines], np.int64)
    positions = np.searchsorted(received.row_numbers, whole)
    rows = iter(_speakable(received.rows.take(pa.array(positions, pa.int64()))).to_pylist())
    return [row_json({"line": lines[number]} if number in lines else next(rows)) for number in row_numbers]


def _speakable(rows: pa.Table) -> pa.Table:
    """Dates and instants as text: Arrow can write years that Python cannot hold."""
    columns = [
        column.cast(pa.string()) if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type) else column
        for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def row_json(row: Mapping[str, Any]) -> str:
    """One row as text that any reader of JSON takes: no NaN, dates as ISO, half characters as their escapes."""
    text = json.dumps(_plain(row), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: Any) -> Any:
    """The same without numbers that JSON does not know, however deep they lie."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
