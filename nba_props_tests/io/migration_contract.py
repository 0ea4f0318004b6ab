"""What a migration promises of any warehouse: it adds, it refuses before it changes, and it may be stopped anywhere.

Subclass `MigrationContract` with the fixture `connect`, as the warehouse contract does.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pydantic import Field, create_model

from nba_props.catalog.model import Row, Table
from nba_props.catalog.registry import TABLES
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.errors import NbaPropsError, SchemaMismatch
from nba_props.io.warehouse.base import Warehouse, column_types
from nba_props.io.warehouse.migration import MigrationRefused, drifts, migrate

LOG, ALIASES, BOOKS = (
    TABLES[name] for name in ("nba_monitoring.export_log", "nba_reference.player_aliases", "nba_reference.bookmakers")
)
DAY, NOON = date(2024, 1, 10), datetime(2024, 1, 10, 17, tzinfo=UTC)
ENTRY = {
    "game_date": DAY,
    "path": "v1/a.json",
    "state": "published",
    "content_hash": "h",
    "detail": "",
    "published_at": NOON,
}

Connect = Callable[..., Warehouse]


def with_columns(
    table: Table, *, without: tuple[str, ...] = (), grain: tuple[str, ...] | None = None, **given: Any
) -> Table:
    """The table as another release declared it: without some columns, and with some of other types."""
    kept = {name: (info.annotation, info) for name, info in table.row.model_fields.items() if name not in without}
    fields = kept | {name: (kind, Field(description="Of another release.")) for name, kind in given.items()}
    return replace(table, row=create_model(table.row.__name__, __base__=Row, **fields), grain=grain or table.grain)


class MigrationContract:
    @pytest.fixture
    def connect(self) -> Connect:
        raise NotImplementedError("the implementation's test module says how its warehouse is opened")

    @pytest.fixture
    def warehouse(self, connect: Connect) -> Warehouse:
        return connect()

    def test_an_empty_warehouse_gets_every_table_and_a_second_time_changes_nothing(self, warehouse: Warehouse) -> None:
        assert set(migrate(warehouse, [LOG, ALIASES]).created) == {LOG.full_name, ALIASES.full_name}
        again = migrate(warehouse, [LOG, ALIASES])
        assert (again.created, again.added) == ([], {})

    def test_a_table_gains_columns_and_its_rows_stay(self, warehouse: Warehouse) -> None:
        """A required column too: rows written before hold NULL, rows written from now on must have it."""
        before = with_columns(LOG, without=("detail", "content_hash"))
        warehouse.ensure_tables([before])
        warehouse.upsert(before, pa.Table.from_pylist([ENTRY], schema=arrow_schema(before)))
        done = migrate(warehouse, [LOG, ALIASES])
        assert done.created == [ALIASES.full_name]
        assert done.added == {LOG.full_name: ["content_hash", "detail"]}
        assert warehouse.stored_columns(LOG) == column_types(LOG)
        assert drifts(warehouse, [LOG]) == []
        new = ENTRY | {"path": "v1/b.json"}
        warehouse.upsert(LOG, pa.Table.from_pylist([new], schema=arrow_schema(LOG)))
        found = warehouse.query(f"SELECT path, content_hash, detail FROM {LOG.full_name} ORDER BY path").to_pylist()
        assert found == [
            {"path": "v1/a.json", "content_hash": None, "detail": None},
            {"path": "v1/b.json", "content_hash": "h", "detail": ""},
        ]
        with pytest.raises(SchemaMismatch):
            lacking = pa.Table.from_pylist([new | {"detail": None}], schema=_nullable(LOG))
            warehouse.upsert(LOG, lacking)

    def test_a_select_without_a_required_value_is_refused(self, warehouse: Warehouse) -> None:
        """The stored column, added later, would take the NULL."""
        warehouse.ensure_tables([with_columns(LOG, without=("detail",))])
        migrate(warehouse, [LOG, ALIASES])
        columns = {
            "game_date": "@start_date",
            "path": "'v1/a.json'",
            "state": "'published'",
            "content_hash": "'h'",
            "detail": "CAST(NULL AS STRING)",
            "published_at": "TIMESTAMP '2024-01-10 17:00:00+00:00'",
        }
        selects = [
            f"SELECT {', '.join(f'{text} AS {name}' for name, text in made.items())}"
            for made in (columns, columns | {"detail": "'d'"})
        ]
        with pytest.raises(NbaPropsError, match="a required column is NULL"):
            warehouse.replace_range(LOG, selects[0], {}, DAY, DAY)
        assert warehouse.replace_range(LOG, selects[1], {}, DAY, DAY) == 1

    def test_the_whole_table_can_still_be_replaced(self, warehouse: Warehouse) -> None:
        """The added column stands last in the store and elsewhere in the declaration."""
        before = with_columns(BOOKS, without=("display_name",))
        warehouse.ensure_tables([before])
        migrate(warehouse, [BOOKS])
        rows = [{"bookmaker": "b", "display_name": "B", "book_rank": 1, "book_kind": "dfs"}]
        warehouse.replace_rows(BOOKS, pa.Table.from_pylist(rows, schema=arrow_schema(BOOKS)))
        assert warehouse.query(f"SELECT display_name, book_kind FROM {BOOKS.full_name}").to_pylist() == [
            {"display_name": "B", "book_kind": "dfs"}
        ]

    @pytest.mark.parametrize(
        ("stored", "said"),
        [
            (with_columns(LOG, rows_written=int | None), "no longer declared: rows_written"),
            (with_columns(LOG, detail=int | None), "stored with another type: detail (INT64, declared STRING)"),
        ],
        ids=["removed", "retyped"],
    )
    def test_what_a_person_must_decide_is_refused_before_anything_is_changed(
        self, warehouse: Warehouse, stored: Table, said: str
    ) -> None:
        aliases = with_columns(ALIASES, without=("notes",))
        warehouse.ensure_tables([aliases, stored])
        with pytest.raises(MigrationRefused) as refused:
            migrate(warehouse, [BOOKS, ALIASES, LOG])
        assert refused.value.refused == {LOG.full_name: said}
        assert f"{warehouse.prefix}{LOG.full_name}" in refused.value.next_step
        assert warehouse.stored_columns(BOOKS) is None
        assert warehouse.stored_columns(ALIASES) == column_types(aliases)
        assert warehouse.stored_columns(LOG) == column_types(stored)

    def test_a_new_part_of_the_grain_is_refused(self, warehouse: Warehouse) -> None:
        before = with_columns(LOG, without=("path",), grain=("game_date",))
        warehouse.ensure_tables([before])
        with pytest.raises(MigrationRefused, match=r"new in the grain or partition.*path"):
            migrate(warehouse, [LOG])

    def test_columns_added_twice_are_added_once(self, warehouse: Warehouse) -> None:
        """Two migrations at once, or one whose answer was lost."""
        warehouse.ensure_tables([with_columns(LOG, without=("detail",))])
        for _ in range(2):
            warehouse.add_columns(LOG, ["detail"])
        assert warehouse.stored_columns(LOG) == column_types(LOG)

    def test_stopped_between_two_tables_it_goes_on(self, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
        tables = [with_columns(LOG, without=("detail",)), with_columns(ALIASES, without=("notes",))]
        warehouse.ensure_tables(tables)
        add_columns = warehouse.add_columns

        def stop_at_aliases(table: Table, names: Any) -> None:
            if table is ALIASES:
                raise KeyboardInterrupt
            add_columns(table, names)

        monkeypatch.setattr(warehouse, "add_columns", stop_at_aliases)
        with pytest.raises(KeyboardInterrupt):
            migrate(warehouse, [LOG, ALIASES, BOOKS])
        monkeypatch.undo()
        done = migrate(warehouse, [LOG, ALIASES, BOOKS])
        assert (done.created, done.added) == ([], {ALIASES.full_name: ["notes"]})


def _nullable(table: Table) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
