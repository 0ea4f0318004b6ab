"""A declaration that cannot be right is refused where it is made, and a row that is not of its table is no row."""

from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError, create_model

from nba_props.catalog import TABLES, Column, ColumnType, Layer, Table, table
from nba_props.catalog.model import CatalogError, Row, TableKind
from nba_props.catalog.registry import _collect
from nba_props_tests.catalog.tables import EXAMPLE, ExampleRow, example


def declare(columns: dict[str, Any], grain: tuple[str, ...] = ("key",), **options: Any) -> Table:
    """A table of the given annotations beside a `key`."""
    fields: dict[str, Any] = {name: (annotation, ...) for name, annotation in columns.items()}
    row = create_model("Declared", __base__=Row, key=(described(str), ...), **fields)
    return Table(Layer.RAW, "declared", "A declaration under test.", row, grain, **options)


def described(annotation: Any) -> Any:
    return Annotated[annotation, Field(description="Something.")]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, ColumnType.STRING),
        (int, ColumnType.INT64),
        (float, ColumnType.FLOAT64),
        (bool, ColumnType.BOOL),
        (date, ColumnType.DATE),
        (datetime, ColumnType.TIMESTAMP),
    ],
)
@pytest.mark.parametrize("is_nullable", [False, True])
def test_python_types_become_columns(annotation: Any, expected: ColumnType, is_nullable: bool) -> None:
    declared = declare({"value": described(annotation | None if is_nullable else annotation)})
    assert declared["value"] == Column("value", expected, is_nullable, "Something.")


def test_columns_keep_their_declared_order() -> None:
    assert EXAMPLE.column_names == tuple(column.name for column in EXAMPLE) == tuple(ExampleRow.model_fields)


def test_float_in_the_grain_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"FLOAT64 column 'line'.*line_x10"):
        declare({"line": described(float)}, grain=("key", "line"))


def test_nullable_grain_is_refused() -> None:
    with pytest.raises(CatalogError, match="'game_id' may be NULL"):
        declare({"game_id": described(str | None)}, grain=("key", "game_id"))


@pytest.mark.parametrize("options", [{"grain": ("kex",)}, {"partition_by": "kex"}, {"cluster_by": ("key", "kex")}])
def test_unknown_column_is_refused(options: dict[str, Any]) -> None:
    role = next(iter(options))
    with pytest.raises(CatalogError, match=f"{role} names 'kex', which is not a column"):
        declare({}, **options)


def test_partition_column_is_a_date() -> None:
    with pytest.raises(CatalogError, match="'seen_at' is not a DATE"):
        declare({"seen_at": described(datetime)}, partition_by="seen_at")


def test_a_filter_is_only_required_where_the_grain_says_the_partition() -> None:
    with pytest.raises(CatalogError, match="its grain does not say which partition"):
        declare({"game_date": described(date)}, partition_by="game_date", requires_filter=True)
    dated = declare(
        {"game_date": described(date)}, grain=("key", "game_date"), partition_by="game_date", requires_filter=True
    )
    assert dated.requires_filter


def test_missing_description_is_refused() -> None:
    with pytest.raises(CatalogError, match="'value' has no description"):
        declare({"value": int})


@pytest.mark.parametrize("annotation", [Decimal, bytes, list[int], int | str, int | str | None, None])
def test_type_without_a_column_type_is_refused(annotation: Any) -> None:
    with pytest.raises(CatalogError, match="'value'"):
        declare({"value": described(annotation)})


def test_only_a_view_may_lack_a_grain() -> None:
    with pytest.raises(CatalogError, match="no grain"):
        declare({}, grain=())
    assert declare({}, grain=(), kind=TableKind.VIEW).grain == ()


def test_table_declared_twice_is_refused() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    first.A, second.A = declare({}), declare({"value": described(int)})  # type: ignore[attr-defined]
    with pytest.raises(CatalogError, match=r"nba_raw\.declared is declared twice"):
        _collect(first, second)
    second.A = first.A  # type: ignore[attr-defined]
    assert _collect(first, second) == {"nba_raw.declared": first.A}


def test_row_refuses_unknown_and_missing_columns() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        example(kex="a")
    with pytest.raises(ValidationError, match="missing"):
        ExampleRow.model_validate({})


def test_row_refuses_null_in_a_required_column() -> None:
    assert example(share=None).share is None
    with pytest.raises(ValidationError, match="is_main"):
        example(is_main=None)


def test_unknown_table_is_named_with_what_is_known() -> None:
    assert table("nba_raw.schedule") is TABLES["nba_raw.schedule"]
    with pytest.raises(KeyError, match=r"nba_raw\.schedul'.*nba_raw\.schedule"):
        table("nba_raw.schedul")


def test_every_table_reads_only_tables_of_the_catalogue() -> None:
    unknown = {
        (declared.full_name, read) for declared in TABLES.values() for read in declared.reads if read not in TABLES
    }
    assert not unknown
