"""Arrow: the schema rows must have in memory, and the one gate they pass before they are written anywhere.

Only changes of representation are made here (int32 to int64, nanoseconds to microseconds): whatever would alter a value
or invent one is refused. Filling, parsing and renaming belong to whoever made the rows.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from nba_props.catalog.model import Column, ColumnType, Row, Table
from nba_props.errors import SchemaMismatch

_ARROW: dict[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}


def arrow_schema(table: Table) -> pa.Schema:
    """Columns in declared order, with nullability, and descriptions as field metadata."""
    return pa.schema(
        pa.field(column.name, _ARROW[column.type], column.is_nullable, {"description": column.description})
        for column in table
    )


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """The rows with exactly the declared columns, in declared order and type.

    Refused with SchemaMismatch, all faults in one message: a missing or extra column, a value the declared type cannot
    hold unchanged, an instant without time zone, NaN or infinity, NULL in a required column.
    """
    _require_columns(table, rows.column_names)
    columns, faults = [], []
    for column in table:
        values, fault = _conformed(column, rows[column.name])
        columns.append(values)
        faults += [fault] if fault else []
    if faults:
        raise SchemaMismatch(
            f"{table.full_name}: {'; '.join(faults)}.",
            next_step="Correct the rows where they are made; none was written.",
        )
    return pa.Table.from_arrays(columns, schema=arrow_schema(table))


def rows_of(table: Table, models: Iterable[Row]) -> pa.Table:
    """Validated row models as conformed rows; SchemaMismatch for a model of another table or an instant without zone."""
    rows = list(models)
    strangers = sorted({type(row).__name__ for row in rows if type(row) is not table.row})
    if strangers:
        raise SchemaMismatch(
            f"{table.full_name} takes {table.row.__name__} rows, not {', '.join(strangers)}.",
            next_step="Build the rows from the table's own row model.",
        )
    arrays = [_array(table, column, [getattr(row, column.name) for row in rows]) for column in table]
    return conform(table, pa.Table.from_arrays(arrays, names=list(table.column_names)))


def _array(table: Table, column: Column, values: list[object]) -> pa.Array:
    # Arrow would read an instant without zone as UTC without a word.
    naive = sum(isinstance(value, datetime) and value.tzinfo is None for value in values)
    if naive:
        raise SchemaMismatch(
            f"{table.full_name}: {column.name} has {naive} instant(s) without time zone.",
            next_step="Give every instant a zone (UTC).",
        )
    try:
        return pa.array(values, type=_ARROW[column.type])
    except (ValueError, TypeError, OverflowError) as error:
        raise SchemaMismatch(
            f"{table.full_name}: {column.name} holds a value that is no {column.type}: {error}.",
            next_step="Build the rows through the row model's validation.",
        ) from error


def _require_columns(table: Table, names: list[str]) -> None:
    missing = [name for name in table.column_names if name not in names]
    extra = sorted((Counter(names) - Counter(table.column_names)).elements())
    faults = [f"missing {', '.join(missing)}"] * bool(missing) + [f"extra {', '.join(extra)}"] * bool(extra)
    if faults:
        raise SchemaMismatch(
            f"{table.full_name}: the rows do not have the declared columns ({'; '.join(faults)}).",
            next_step="Declare the column in the catalogue, or correct the rows; nothing is dropped or filled in.",
        )


def _conformed(column: Column, values: pa.ChunkedArray) -> tuple[pa.ChunkedArray | None, str | None]:
    """(values in the declared type, None), or (None, what is wrong with them)."""
    if values.null_count and not column.is_nullable:
        return None, f"required column {column.name} has {values.null_count} NULL(s)"
    if values.type != pa.null() and not _IS_SAME_KIND[column.type](values.type):
        return None, f"{column.name} is {values.type}, which is no {column.type}"
    if pa.types.is_floating(values.type) and (odd := pc.sum(pc.invert(pc.is_finite(values))).as_py()):
        return None, f"{column.name} has {odd} value(s) that are NaN or infinite (a missing value is NULL)"
    exact = _exact(values, _ARROW[column.type])
    if exact is None:
        return (
            None,
            f"{column.name} has {_count_inexact(column, values)} value(s) that {column.type} cannot hold unchanged",
        )
    return exact, None


def _exact(values: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray | None:
    """The values as `target`, or None where any of them would change. Arrow's safe cast alone lets some pass."""
    if values.type in (target, pa.null()):
        return values.cast(target)
    try:
        cast = values.cast(target)
        return cast if cast.cast(values.type).equals(values) else None
    except pa.ArrowInvalid:
        return None


def _count_inexact(column: Column, values: pa.ChunkedArray) -> int:
    counted = pc.value_counts(values.drop_null().combine_chunks())
    singles = (
        (counted.field("values").slice(row, 1), counted.field("counts")[row].as_py()) for row in range(len(counted))
    )
    return sum(count for one, count in singles if _exact(pa.chunked_array([one]), _ARROW[column.type]) is None)


def _is_text(kind: pa.DataType) -> bool:
    text = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(text) or pa.types.is_large_string(text) or pa.types.is_string_view(text))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_day(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))


def _is_instant(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


_IS_SAME_KIND: dict[ColumnType, Callable[[pa.DataType], bool]] = {
    ColumnType.STRING: _is_text,
    ColumnType.INT64: _is_number,
    ColumnType.FLOAT64: _is_number,
    ColumnType.BOOL: pa.types.is_boolean,
    ColumnType.DATE: _is_day,
    ColumnType.TIMESTAMP: _is_instant,
}
"""What may become what: a number never becomes text, a text never a number, and an instant without zone is no instant."""
