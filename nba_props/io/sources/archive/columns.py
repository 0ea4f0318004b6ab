"""Whole columns at once: a function is asked once per distinct value, however many rows repeat it.

264,000 box rows hold 76 different point totals; 12,000 game ids stand for all of them. That is what lets pydantic and
plain Python judge every value of an archive in seconds. Nothing here knows what the columns mean.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def distinct(values: pa.ChunkedArray) -> tuple[list[Any], pa.Int32Array]:
    """The distinct values as Python objects, and for each row the index of its value (NULL for NULL, NaN and blank).

    Raises pa.ArrowException for a type that has no plain values (lists, structs).
    """
    encoded = _plain(values).dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return _python_values(encoded.dictionary), encoded.indices


def translate(values: pa.ChunkedArray, function: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """`function` of every value, as an Arrow array of `kind`; NULL stays NULL."""
    found, indices = distinct(values)
    return pa.array([function(value) for value in found], kind).take(indices)


def map_distinct(values: pd.Series, function: Callable[[Any], Any], kind: pa.DataType) -> pd.Series:
    """`function` of every value of an Arrow-backed series, with the series' own index; NULL stays NULL."""
    return arrow_series(translate(pa.chunked_array([pa.array(values)]), function, kind), values.index)


def arrow_series(values: pa.Array, index: pd.Index | None = None) -> pd.Series:
    """An Arrow array as a pandas series that keeps the Arrow type, so that NULL is never NaN."""
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(values.type)), index=index)


def as_table(frame: pd.DataFrame) -> pa.Table:
    """An Arrow-backed frame as an Arrow table, types kept, index dropped."""
    return pa.table({name: pa.array(frame[name]) for name in frame.columns})


def as_frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as an Arrow-backed frame."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def is_true(values: pd.Series) -> np.ndarray:
    """A mask in which NULL counts as no."""
    return values.fillna(False).to_numpy(dtype=bool)


def _plain(values: pa.ChunkedArray) -> pa.Array:
    """The values in a type that can be dictionary-encoded, with NaN and blank text as NULL."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.cast(kind.value_type))
    array = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], kind)
    if pa.types.is_floating(kind):
        array = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(array), None, array)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        array = array.cast(pa.large_string())
        return pc.if_else(pc.equal(pc.utf8_trim_whitespace(array), ""), None, array)
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    return array.cast(pa.bool_()) if pa.types.is_null(kind) else array


class Unspeakable:
    """A value that Python cannot hold, such as a date in the year 20000."""


def _python_values(values: pa.Array) -> list[Any]:
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError):
        return [_python_value(value) for value in values]


def _python_value(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return Unspeakable()
