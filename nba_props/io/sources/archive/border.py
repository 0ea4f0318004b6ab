"""The border itself: applies a payload model to whole columns, and keeps the books on what was let in and what was not.

Knows pydantic models and reasons, not basketball: what a row must satisfy is in `payloads`, what it becomes in `parse`.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from nba_props.catalog.model import Table
from nba_props.catalog.raw import ARCHIVE_IMPORTS, QUARANTINED_ROWS
from nba_props.catalog.render.arrow import conform
from nba_props.io.sources.archive.columns import arrow_series, distinct, is_true
from nba_props.io.sources.archive.payloads import Payload, Problem, Reason, Rule, problem_of_error

SOURCE = "archive"
UNKNOWN_SEASON = "unknown"
"""Season of a row that does not say it readably."""

_ARROW: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Received:
    """The rows of one file as they came. `malformed`: (row number, text) of CSV lines of another length."""

    payload_ref: str
    rows: pa.Table
    row_numbers: np.ndarray
    malformed: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Batch:
    """Rows of one file in the archive's own column names, each with its row number in that file."""

    payload_ref: str
    rows: pa.Table
    row_numbers: np.ndarray


# -- one payload model over whole columns -----------------------------------------------------------------------------
def validate(batches: Iterable[Batch], model: type[Payload]) -> pd.DataFrame:
    """Every row with the model's fields (Arrow-backed, NULL where a value is refused), its place and its refusal.

    Columns added: `payload_ref`, `row_number`, `refusal` (None, or the one typed reason). Precedence: the model's
    exclusions, then faults of single fields in declared order, then its rules in declared order. Never raises for data.
    """
    parts = [_validated(batch, model) for batch in batches]
    return pd.concat(parts, ignore_index=True) if parts else _validated(_NO_ROWS, model)


def _validated(batch: Batch, model: type[Payload]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    faults = []
    for name in model.model_fields:
        values, problems = _judge(batch.rows, name, model)
        columns[name] = arrow_series(values)
        faults.append((name, problems))
    frame = pd.DataFrame(columns)
    frame["payload_ref"] = arrow_series(pa.repeat(batch.payload_ref, len(frame)))
    frame["row_number"] = arrow_series(pa.array(batch.row_numbers, pa.int64()))
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


def _judge(rows: pa.Table, name: str, model: type[Payload]) -> tuple[pa.Array, pa.StringArray]:
    """One field of every row: the clean values, and the problem of each row that has one."""
    kind, adapter, is_required = _field(model, name)
    column = rows[name] if name in rows.column_names else pa.chunked_array([pa.nulls(rows.num_rows)])
    try:
        found, indices = distinct(column)
    except pa.ArrowException:  # lists and structs have no plain values: every one of them is unreadable
        found, indices = [object()], pc.if_else(pc.is_null(column.combine_chunks()), None, pa.scalar(0, pa.int32()))
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
    constants = {"source": pa.repeat(SOURCE, len(given))}
    columns = {
        name: constants[name] if name in constants else pa.array(given[renamed.get(name, name)])
        for name in table.column_names
    }
    return conform(table, pa.table(columns))


_ENTRY = pa.schema(
    {
        "season": pa.string(),
        "table_name": pa.string(),
        "payload_ref": pa.string(),
        "row_number": pa.int64(),
        "refusal": pa.string(),
        "is_duplicate": pa.bool_(),
    }
)


@dataclass
class Ledger:
    """What was read for each table, and what became of it: read = kept + duplicate + quarantined, always."""

    received: Mapping[str, Received]
    _entries: list[pa.Table] = field(default_factory=list)

    def enter(self, table: Table, frame: pd.DataFrame) -> None:
        """Takes down every row of a marked frame (`season`, `refusal`, `is_duplicate`, `payload_ref`, `row_number`)."""
        columns = {name: pa.array(frame[name]) for name in _ENTRY.names if name != "table_name"}
        self._entries.append(
            pa.table(columns | {"table_name": pa.repeat(table.name, len(frame))}).select(_ENTRY.names).cast(_ENTRY)
        )

    def enter_malformed(self, table: Table, payload_ref: str) -> None:
        """Takes down the lines of a CSV file that were no rows at all."""
        lines = self.received[payload_ref].malformed
        given = {
            "season": UNKNOWN_SEASON,
            "refusal": str(Reason.WRONG_NUMBER_OF_FIELDS),
            "is_duplicate": False,
            "payload_ref": payload_ref,
            "table_name": table.name,
        }
        entries = [given | {"row_number": number} for number, _ in lines]
        self._entries.append(pa.Table.from_pylist(entries, schema=_ENTRY))

    def counts(self, archive_id: str) -> pa.Table:
        """One row a season and table."""
        entries = self._all()
        refused = pc.is_valid(entries["refusal"])
        tally = {
            "rows_read": pa.repeat(1, len(entries)),
            "rows_kept": pc.cast(pc.invert(pc.or_(refused, entries["is_duplicate"])), pa.int64()),
            "rows_duplicate": pc.cast(entries["is_duplicate"], pa.int64()),
            "rows_quarantined": pc.cast(refused, pa.int64()),
        }
        keys = {name: entries[name] for name in ("season", "table_name")}
        summed = pa.table(keys | tally).group_by(list(keys)).aggregate([(name, "sum") for name in tally])
        columns = {name: summed[f"{name}_sum"] for name in tally} | {name: summed[name] for name in keys}
        columns["archive_id"] = pa.repeat(archive_id, summed.num_rows)
        rows = conform(ARCHIVE_IMPORTS, pa.table(columns))
        return rows.sort_by([("season", "ascending"), ("table_name", "ascending")])

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
            "source": pa.repeat(SOURCE, len(refused)),
            "reason": refused["refusal"],
            "row_json": pa.array(self._as_received(refused), pa.string()),
        }
        return conform(QUARANTINED_ROWS, pa.table(columns))

    def _all(self) -> pa.Table:
        return pa.concat_tables(self._entries)

    def _as_received(self, refused: pa.Table) -> list[str]:
        """JSON of each refused row; `refused` is sorted by payload."""
        texts: list[str] = []
        for payload_ref in refused["payload_ref"].unique().to_pylist():
            numbers = refused.filter(pc.equal(refused["payload_ref"], payload_ref))["row_number"].to_numpy()
            texts += row_texts(self.received[payload_ref], numbers)
        return texts


def row_texts(received: Received, row_numbers: np.ndarray) -> list[str]:
    """The rows of one file with these numbers, as JSON; a malformed line as `{"line": …}`."""
    lines = dict(received.malformed)
    whole = np.array([number for number in row_numbers if number not in lines], np.int64)
    positions = np.searchsorted(received.row_numbers, whole)
    rows = iter(_speakable(received.rows.take(pa.array(positions, pa.int64()))).to_pylist())
    return [_json({"line": lines[number]} if number in lines else next(rows)) for number in row_numbers]


def _speakable(rows: pa.Table) -> pa.Table:
    """Dates and instants as text: Arrow can write years that Python cannot hold."""
    columns = [
        column.cast(pa.string()) if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type) else column
        for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def _json(row: Mapping[str, Any]) -> str:
    plain = {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
    return json.dumps(plain, ensure_ascii=False, default=str)
