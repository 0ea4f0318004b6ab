"""Rows pass the gate unchanged or not at all."""

from collections.abc import Callable
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.arrow import arrow_schema, conform, rows_of
from nba_props.errors import SchemaMismatch
from nba_props_tests.catalog.tables import EXAMPLE, NOON, UNDATED, ExampleRow, example

NAIVE = NOON.replace(tzinfo=None)
MIDNIGHT = NAIVE.replace(hour=0)

instants = st.datetimes(timezones=st.just(UTC))
example_rows = st.lists(
    st.builds(
        ExampleRow,
        game_date=st.dates(),
        key=st.text(st.characters(exclude_categories=["Cs"])),
        amount=st.none() | st.integers(-(2**63), 2**63 - 1),
        share=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        is_main=st.booleans(),
        seen_at=st.none() | instants,
        created_at=instants,
    ),
    max_size=8,
)


def with_column(name: str, values: Any) -> pa.Table:
    """Two valid rows, one of their columns replaced."""
    rows = rows_of(EXAMPLE, [example(key="a"), example(key="b")])
    return rows.set_column(rows.column_names.index(name), name, values)


def test_schema_has_types_nullability_and_descriptions() -> None:
    schema = arrow_schema(EXAMPLE)
    assert [(field.name, field.type, field.nullable) for field in schema] == [
        ("game_date", pa.date32(), False),
        ("key", pa.string(), False),
        ("amount", pa.int64(), True),
        ("share", pa.float64(), True),
        ("is_main", pa.bool_(), False),
        ("seen_at", pa.timestamp("us", tz="UTC"), True),
        ("created_at", pa.timestamp("us", tz="UTC"), False),
    ]
    assert schema.field("share").metadata == {b"description": b"A share, 0-1."}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_takes_no_rows(table: Table) -> None:
    assert rows_of(table, []).schema.equals(arrow_schema(table), check_metadata=True)


@given(example_rows, st.permutations(EXAMPLE.column_names))
def test_valid_rows_in_any_column_order_come_back_as_they_were(models: list[ExampleRow], order: list[str]) -> None:
    rows = conform(EXAMPLE, rows_of(EXAMPLE, models).select(order))
    assert rows.to_pylist() == [model.model_dump() for model in models]
    assert rows.schema.equals(arrow_schema(EXAMPLE), check_metadata=True)
    assert conform(EXAMPLE, rows).equals(rows)


def test_missing_extra_and_repeated_columns_are_named() -> None:
    rows = rows_of(EXAMPLE, [example()])
    wrong = rows.drop_columns(["share"]).append_column("shared", pa.array([1])).append_column("key", rows["key"])
    with pytest.raises(SchemaMismatch, match=r"nba_raw\.example.*missing share; extra key, shared"):
        conform(EXAMPLE, wrong)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", pa.array([1, None], pa.int32())),
        ("amount", pa.array([1, 2**63 - 1], pa.uint64())),
        ("amount", pa.array([1.0, None])),
        ("amount", pa.array([Decimal(7), None], pa.decimal128(38, 0))),
        ("amount", pa.nulls(2)),
        ("share", pa.array([1, 2], pa.int64())),
        ("share", pa.array([0.5, None], pa.float32())),
        ("share", pa.array([Decimal("0.1"), None])),
        ("key", pa.array(["a", "b"], pa.large_string())),
        ("key", pa.array(["a", "b"], pa.string_view())),
        ("key", pa.array(["a", "a"]).dictionary_encode()),
        ("game_date", pa.array([date(2024, 1, 1)] * 2, pa.date64())),
        ("game_date", pa.array([MIDNIGHT] * 2, pa.timestamp("ns"))),
        ("seen_at", pa.array([NOON, None], pa.timestamp("ns", tz="UTC"))),
        ("seen_at", pa.array([NOON, None], pa.timestamp("s", tz="America/New_York"))),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_other_representations_of_the_same_values_are_cast(name: str, values: pa.Array) -> None:
    rows = conform(EXAMPLE, with_column(name, values))
    assert rows.schema == arrow_schema(EXAMPLE)
    expected = [float(v) if isinstance(v, Decimal) else v for v in values.to_pylist()]
    found = rows[name].to_pylist()
    assert [pd.Timestamp(v) if isinstance(v, date) else v for v in found] == [
        pd.Timestamp(v) if isinstance(v, date) else v for v in expected
    ]


@pytest.mark.parametrize(
    ("name", "values", "fault"),
    [
        ("amount", pa.array([1.5, 2.0]), r"amount has 1 value\(s\) that INT64 cannot hold unchanged"),
        ("amount", pa.array([2**63, 2**64 - 1], pa.uint64()), r"amount has 2 value\(s\) that INT64 cannot hold"),
        ("amount", pa.array([Decimal("7.5"), None]), r"amount has 1 value\(s\) that INT64 cannot hold"),
        ("amount", pa.array(["1", "2"]), "amount is string, which is no INT64"),
        ("amount", pa.array([True, False]), "amount is bool, which is no INT64"),
        ("share", pa.array([2**53 + 1, 1]), r"share has 1 value\(s\) that FLOAT64 cannot hold"),
        ("share", pa.array([float("nan"), None]), r"share has 1 value\(s\) that are NaN or infinite"),
        ("share", pa.array([float("inf"), float("-inf")]), r"share has 2 value\(s\) that are NaN or infinite"),
        ("key", pa.array([1, 2]), "key is int64, which is no STRING"),
        ("key", pa.array(["a", None]), r"required column key has 1 NULL\(s\)"),
        ("key", pa.nulls(2), r"required column key has 2 NULL\(s\)"),
        ("is_main", pa.array([1, 0]), "is_main is int64, which is no BOOL"),
        (
            "game_date",
            pa.array([NAIVE, MIDNIGHT]),
            r"game_date has 1 value\(s\) that DATE",
        ),
        ("game_date", pa.array([NOON, NOON], pa.timestamp("us", tz="UTC")), r"game_date is timestamp\[us, tz=UTC\]"),
        ("seen_at", pa.array([NAIVE] * 2), r"seen_at is timestamp\[us\], which is no TIMESTAMP"),
        ("seen_at", pa.array([1, 1000], pa.timestamp("ns", tz="UTC")), r"seen_at has 1 value\(s\) that TIMESTAMP"),
        ("seen_at", pa.array([2**60, 0], pa.timestamp("s", tz="UTC")), r"seen_at has 1 value\(s\) that TIMESTAMP"),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_values_that_would_change_are_refused_and_counted(name: str, values: pa.Array, fault: str) -> None:
    with pytest.raises(SchemaMismatch, match=rf"nba_raw\.example: {fault}"):
        conform(EXAMPLE, with_column(name, values))


def test_all_faults_are_told_at_once() -> None:
    rows = with_column("key", pa.array(["a", None])).set_column(3, "share", pa.array(["x", "y"]))
    with pytest.raises(SchemaMismatch, match=r"key has 1 NULL\(s\); share is string"):
        conform(EXAMPLE, rows)


def test_pandas_frames_pass() -> None:
    frame = pd.DataFrame([example(amount=None).model_dump(), example(key="b", share=None).model_dump()])
    rows = conform(EXAMPLE, pa.Table.from_pandas(frame, preserve_index=False))
    assert rows["amount"].to_pylist() == [None, 1]
    assert rows["share"].to_pylist() == [0.5, None]


def test_models_of_another_table_are_refused() -> None:
    other = TABLES["nba_reference.bookmakers"]
    with pytest.raises(SchemaMismatch, match=r"nba_reference\.bookmakers takes Bookmakers rows, not ExampleRow"):
        rows_of(other, [example()])


def unchecked(**values: Any) -> ExampleRow:
    return ExampleRow.model_construct(**(example().model_dump() | values))


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: example(seen_at=NAIVE), r"seen_at has 1 instant\(s\) without time zone"),
        (lambda: example(amount=2**63), "amount holds a value that is no INT64"),
        (lambda: example(share=float("nan")), "NaN or infinite"),
        (lambda: unchecked(is_main="yes"), "is_main holds a value that is no BOOL"),
        (lambda: unchecked(key=None), r"required column key has 1 NULL"),
    ],
)
@pytest.mark.parametrize("table", [EXAMPLE, UNDATED], ids=lambda table: table.name)
def test_models_with_values_no_column_holds_are_refused(
    table: Table, make: Callable[[], ExampleRow], fault: str
) -> None:
    # The sound row comes first: Arrow takes the type of all values from the first.
    with pytest.raises(SchemaMismatch, match=rf"{table.full_name}: .*{fault}"):
        rows_of(table, [example(key="sound", seen_at=NOON), make()])
