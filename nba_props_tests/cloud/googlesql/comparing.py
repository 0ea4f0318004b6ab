"""When two engines' rows are the same: equal values, numbers to 1e-9, in the order that a statement asks for."""

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from nba_props.io.warehouse.sqltext import parse
from nba_props_tests.cloud.googlesql.reference import Answer, plain

TOLERANCE = 1e-9
MOST_SHOWN = 5

Row = Sequence[Any]


def differences(sql: str, expected: Answer, found: pa.Table) -> list[str]:
    """What differs, in words; [] if nothing does."""
    names = [name for name, _ in expected.columns]
    if found.column_names != names:
        return [f"columns {found.column_names} instead of {names}"]
    ours = [[plain(value) for value in row.values()] for row in found.to_pylist()]
    theirs = expected.rows
    if not parse(sql).args.get("order"):
        ours, theirs = sorted(ours, key=_order), sorted(theirs, key=_order)
    if len(ours) != len(theirs):
        return [f"{len(ours)} rows instead of {len(theirs)}"]
    faults = [
        f"row {number}, {name}: {here!r} instead of {there!r}"
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True))
        for name, here, there in zip(names, mine, other, strict=True)
        if not _is_same(here, there)
    ]
    return faults[:MOST_SHOWN]


def _order(row: Row) -> list[tuple[bool, str]]:
    return [(value is None, f"{value:.6e}" if isinstance(value, float) else str(value)) for value in row]


def _is_same(here: Any, there: Any) -> bool:
    if isinstance(here, bool) or isinstance(there, bool):
        return here is there
    if isinstance(here, int | float) and isinstance(there, int | float):
        return math.isclose(here, there, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or here == there
    if isinstance(here, list) and isinstance(there, list):
        return len(here) == len(there) and all(map(_is_same, here, there))
    return bool(here == there)
