"""What every warehouse must do: one suite over the protocol, run by each implementation's own test module.

Subclass `WarehouseContract` and give it the fixture `connect`: a factory of warehouses with the given dataset prefix,
all on one store that is empty at first. Nothing here knows an engine; what only one of them can suffer (a full disk, a
killed process, a lost answer) is tested beside that engine.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pyarrow as pa
import pytest

from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import Column, ColumnType, TableKind
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.catalog.render.sql import select_list
from nba_props.errors import BadInput, NbaPropsError, SchemaMismatch, WarehouseBusy
from nba_props.io.warehouse.base import StagingTable, UpsertCounts, Warehouse, column_types
from nba_props.io.warehouse.sqltext import PARAMETERS
from nba_props_tests.io.migration_contract import with_columns

Connect = Callable[..., Warehouse]

LOG = TABLES["nba_monitoring.export_log"]
ALIASES = TABLES["nba_reference.player_aliases"]
RESULTS = TABLES["nba_monitoring.check_results"]
PREDICTIONS = TABLES["nba_predictions.player_prop_predictions"]
CONTEXT = TABLES["nba_analytics.upcoming_player_game_context"]
HISTORY = TABLES["nba_reference.processor_run_history"]

DAY = [date(2024, 1, 10) + timedelta(days=day) for day in range(4)]
NOON = datetime(2024, 1, 10, 17, 0, 0, 123456, tzinfo=UTC)
BATCH = "batch_2024-01-10_1704904200"
ZONES = StagingTable(BATCH, DAY[0], "zone_matchup_v1", "w0", NOON)
AVERAGES = StagingTable(BATCH, DAY[0], "moving_average", "w0", NOON + timedelta(minutes=1))

REFUSED = (BadInput, SchemaMismatch)

_VALUES: dict[ColumnType, Any] = {
    ColumnType.STRING: "x",
    ColumnType.INT64: 1,
    ColumnType.FLOAT64: 0.5,
    ColumnType.BOOL: True,
    ColumnType.DATE: DAY[0],
    ColumnType.TIMESTAMP: NOON,
}


def rows(table: Table, *changes: dict[str, Any]) -> pa.Table:
    """One valid row for each set of changes; what is not said has some value, or is NULL where it may be."""
    return pa.Table.from_pylist([_row(table, change) for change in changes], schema=arrow_schema(table))


def _row(table: Table, change: dict[str, Any]) -> dict[str, Any]:
    return {column.name: _value(column) for column in table} | change


def _value(column: Column) -> Any:
    return None if column.is_nullable else _VALUES[column.type]


def stored(warehouse: Warehouse, table: Table, *names: str) -> list[tuple[Any, ...]]:
    """The named columns of all rows (all columns if none is named), in the order of the grain."""
    wanted = names or table.column_names
    found = warehouse.query(f"SELECT {', '.join(wanted)} FROM {table.full_name} ORDER BY {', '.join(table.grain)}")
    return [tuple(row[name] for name in wanted) for row in found.to_pylist()]


def logged(*entries: tuple[date, str, str]) -> pa.Table:
    """Rows of the export log from (game_date, path, state)."""
    return rows(LOG, *({"game_date": day, "path": path, "state": state} for day, path, state in entries))


def whole_set(state: str, count: int) -> pa.Table:
    """So many rows of one day, all in one state; their paths are sorted."""
    one = logged((DAY[0], "p", state))
    many = {name: pa.repeat(one[name][0], count) for name in one.column_names}
    many["path"] = pa.array([f"p{at:06}" for at in range(count)])
    return pa.Table.from_pydict(many, schema=one.schema)


LONG = 25_000
"""More rows than a page of any engine's answer has."""

MEANINGS: list[tuple[str, Any]] = [
    # noon Eastern, in winter, in summer and on the days the clocks change
    (
        "TIMESTAMP(DATETIME(DATE '2024-01-10', TIME(12, 0, 0)), 'America/New_York')",
        datetime(2024, 1, 10, 17, tzinfo=UTC),
    ),
    (
        "TIMESTAMP(DATETIME(DATE '2024-06-10', TIME(12, 0, 0)), 'America/New_York')",
        datetime(2024, 6, 10, 16, tzinfo=UTC),
    ),
    (
        "TIMESTAMP(DATETIME(DATE '2024-03-10', TIME(12, 0, 0)), 'America/New_York')",
        datetime(2024, 3, 10, 16, tzinfo=UTC),
    ),
    (
        "TIMESTAMP(DATETIME(DATE '2024-11-03', TIME(12, 0, 0)), 'America/New_York')",
        datetime(2024, 11, 3, 17, tzinfo=UTC),
    ),
    ("DATE(TIMESTAMP '2024-01-11 03:30:00+00', 'America/New_York')", date(2024, 1, 10)),
    ("DATE(TIMESTAMP '2024-01-11 03:30:00+00')", date(2024, 1, 11)),
    ("DATE_DIFF(DATE '2024-03-01', DATE '2024-02-28', DAY)", 2),
    ("DATE_DIFF(DATE '2024-02-28', DATE '2024-03-01', DAY)", -2),
    ("DATE_SUB(DATE '2024-03-01', INTERVAL 1 DAY)", date(2024, 2, 29)),
    ("DATE_SUB(DATE '2024-03-31', INTERVAL 1 MONTH)", date(2024, 2, 29)),
    ("DATE_ADD(DATE '2024-02-28', INTERVAL 2 DAY)", date(2024, 3, 1)),
    ("DATE_TRUNC(DATE '2024-03-31', MONTH)", date(2024, 3, 1)),
    ("DATE '2024-01-03' = DATE_SUB(DATE '2024-01-10', INTERVAL 7 DAY)", True),
    ("DATE '2024-01-02' >= DATE_SUB(DATE '2024-01-10', INTERVAL 7 DAY)", False),
    ("EXTRACT(DAYOFWEEK FROM DATE '2024-01-14')", 1),
    ("EXTRACT(DAYOFWEEK FROM DATE '2024-01-13')", 7),
    ("EXTRACT(DAYOFWEEK FROM TIMESTAMP '2024-01-13 23:59:59+00')", 7),
    ("EXTRACT(YEAR FROM DATE '2024-01-13')", 2024),
    ("CURRENT_DATE() = DATE(CURRENT_TIMESTAMP())", True),
    ("CURRENT_DATE('America/New_York') = DATE(CURRENT_TIMESTAMP(), 'America/New_York')", True),
    ("UNIX_SECONDS(TIMESTAMP '1970-01-01 00:01:00.999999+00')", 60),
    ("UNIX_SECONDS(TIMESTAMP '1969-12-31 23:59:59.750+00')", -1),
    ("TIMESTAMP_DIFF(TIMESTAMP '2024-01-10 02:59:59+00', TIMESTAMP '2024-01-10 01:00:00+00', HOUR)", 1),
    ("TIMESTAMP_DIFF(TIMESTAMP '2024-01-10 01:00:00+00', TIMESTAMP '2024-01-10 02:59:59+00', HOUR)", -1),
    ("TIMESTAMP_SUB(TIMESTAMP '2024-03-10 16:00:00+00', INTERVAL 24 HOUR)", datetime(2024, 3, 9, 16, tzinfo=UTC)),
    ("(SELECT COUNTIF(n > 1) FROM UNNEST([1]) AS n WHERE n > 5)", 0),
    ("(SELECT COUNTIF(n > 1) FROM UNNEST([1, 2, CAST(NULL AS INT64), 3]) AS n)", 2),
    ("(SELECT SUM(n) FROM UNNEST([1]) AS n WHERE n > 5)", None),
    ("SAFE_DIVIDE(1, 0)", None),
    ("SAFE_DIVIDE(0, 0)", None),
    ("SAFE_DIVIDE(7, 2)", 3.5),
    ("7 / 2", 3.5),
    ("0.1 + 0.2", 0.1 + 0.2),
    ("ROUND(100.0 * 7 / NULLIF(9, 0), 1)", 77.8),
    ("ROUND(100.0 * 7 / NULLIF(0, 0), 1)", None),
    ("ROUND(2.5)", 3.0),
    ("ROUND(-2.5)", -3.0),
    ("CAST(ROUND(2.5) AS INT64)", 3),
    ("CAST(FLOOR(SAFE_DIVIDE(-7, 2)) AS INT64)", -4),
    ("DIV(-7, 2)", -3),
    ("MOD(-7, 3)", -1),
    ("(SELECT STRING_AGG(s, ',' ORDER BY s DESC) FROM UNNEST(['b', 'B', 'a']) AS s)", "b,a,B"),
    ("(SELECT STRING_AGG(s, ',' ORDER BY s) FROM UNNEST(['b', CAST(NULL AS STRING), 'a']) AS s)", "a,b"),
    ("(SELECT STRING_AGG(s, ',' ORDER BY s) FROM UNNEST(['b']) AS s WHERE s = 'c')", None),
    ("'a' IN UNNEST(@systems)", False),
    ("'a' IN UNNEST(@batch_ids)", True),
    ("'c' IN UNNEST(@batch_ids)", False),
    ("(SELECT COUNT(*) FROM UNNEST(@systems) AS s)", 0),
    ("GREATEST(1, CAST(NULL AS INT64))", None),
    ("CONCAT('a', CAST(NULL AS STRING))", None),
    ("CAST(25 AS STRING)", "25"),
    ("CAST(DATE '2024-01-10' AS STRING)", "2024-01-10"),
    ("STARTS_WITH('computed', 'comp')", True),
    ("IF(CAST(NULL AS BOOL), 'yes', 'no')", "no"),
    ("1 IS DISTINCT FROM CAST(NULL AS INT64)", True),
    ("'B' < 'a'", True),
]
"""Expressions whose value on BigQuery follows from its manual: the ones that engines take differently, and those in use."""


class WarehouseContract:
    """The suite. `connect(prefix="")` opens a warehouse; `warehouse` has the tables that the tests write to."""

    @pytest.fixture
    def connect(self) -> Connect:
        raise NotImplementedError("the implementation's test module says how its warehouse is opened")

    @pytest.fixture
    def warehouse(self, connect: Connect) -> Warehouse:
        opened = connect()
        opened.ensure_tables([LOG, ALIASES, RESULTS, PREDICTIONS])
        return opened

    @pytest.fixture
    def log(self, warehouse: Warehouse) -> Warehouse:
        """Two rows on each of four days."""
        entries = [(day, path, "old") for day, path in product(DAY, "ab")]
        warehouse.replace_rows(LOG, logged(*entries), DAY[0], DAY[-1])
        return warehouse

    # -- tables -------------------------------------------------------------------------------------------------------

    def test_tables_are_created_once(self, connect: Connect) -> None:
        warehouse = connect()
        assert set(warehouse.ensure_tables([LOG, ALIASES])) == {LOG.full_name, ALIASES.full_name}
        assert warehouse.ensure_tables([ALIASES, LOG, RESULTS]) == [RESULTS.full_name]
        assert warehouse.ensure_tables([LOG, ALIASES, RESULTS]) == []

    def test_every_table_is_stored_as_declared(self, connect: Connect) -> None:
        warehouse = connect()
        warehouse.ensure_tables(TABLES.values())
        for table in TABLES.values():
            if table.kind is not TableKind.VIEW:
                assert warehouse.stored_columns(table) == column_types(table), table.full_name

    def test_a_table_that_is_not_there_has_no_columns(self, connect: Connect) -> None:
        warehouse = connect()
        assert warehouse.stored_columns(LOG) is None
        warehouse.ensure_tables([ALIASES])
        assert warehouse.stored_columns(LOG) is None

    def test_every_type_comes_back_as_it_was_written(self, warehouse: Warehouse) -> None:
        full = {column.name: _VALUES[column.type] for column in RESULTS}
        nothing = {column.name: None for column in RESULTS if column.is_nullable}
        written = rows(RESULTS, full | {"check_name": "a"}, nothing | {"check_name": "b"})
        warehouse.replace_rows(RESULTS, written, DAY[0], DAY[0])
        found = warehouse.query(f"SELECT {select_list(RESULTS)} FROM {RESULTS.full_name} ORDER BY check_name")
        assert found.to_pylist() == written.to_pylist()
        assert found.schema.types == written.schema.types

    # -- replacing ----------------------------------------------------------------------------------------------------

    def test_only_the_range_is_replaced(self, log: Warehouse) -> None:
        new = logged((DAY[1], "c", "new"), (DAY[2], "a", "new"))
        assert log.replace_rows(LOG, new, DAY[1], DAY[2]) == 2
        assert stored(log, LOG, "game_date", "path", "state") == [
            (DAY[0], "a", "old"),
            (DAY[0], "b", "old"),
            (DAY[1], "c", "new"),
            (DAY[2], "a", "new"),
            (DAY[3], "a", "old"),
            (DAY[3], "b", "old"),
        ]

    def test_a_select_replaces_the_range(self, log: Warehouse) -> None:
        columns = {"state": "'new'", "detail": "concat(detail, '!')"}
        select = ", ".join(f"{columns.get(name, name)} AS {name}" for name in reversed(LOG.column_names))
        sql = f"-- A comment.\nSELECT {select} FROM {LOG.full_name} WHERE game_date BETWEEN @start_date AND @end_date;"
        for marks in ("!", "!!"):
            assert log.replace_range(LOG, sql, {}, DAY[1], DAY[2]) == 4
            found = stored(log, LOG, "game_date", "state", "detail")
            assert found[2:6] == [(day, "new", f"x{marks}") for day in (DAY[1], DAY[1], DAY[2], DAY[2])]
            assert [row[1] for row in found] == ["old"] * 2 + ["new"] * 4 + ["old"] * 2

    def test_replacing_twice_is_replacing_once(self, log: Warehouse) -> None:
        new = logged((DAY[1], "c", "new"))
        log.replace_rows(LOG, new, DAY[1], DAY[1])
        once = stored(log, LOG)
        assert log.replace_rows(LOG, new, DAY[1], DAY[1]) == 1
        assert stored(log, LOG) == once

    def test_no_rows_clear_the_range(self, log: Warehouse) -> None:
        assert log.replace_rows(LOG, logged(), DAY[0], DAY[2]) == 0
        assert stored(log, LOG, "game_date", "path") == [(DAY[3], "a"), (DAY[3], "b")]
        sql = f"SELECT {select_list(LOG)} FROM {LOG.full_name} WHERE FALSE"
        assert log.replace_range(LOG, sql, {}, DAY[3], DAY[3]) == 0
        assert stored(log, LOG) == []

    @pytest.mark.parametrize("outside", [DAY[0], DAY[3]])
    def test_a_row_outside_the_range_is_refused_and_nothing_changes(self, log: Warehouse, outside: date) -> None:
        before = stored(log, LOG)
        new = logged((DAY[1], "a", "new"), (outside, "c", "new"))
        with pytest.raises(REFUSED, match="outside the range"):
            log.replace_rows(LOG, new, DAY[1], DAY[2])
        with pytest.raises(REFUSED, match="outside the range"):
            log.replace_range(LOG, f"SELECT {select_list(LOG)} FROM {LOG.full_name}", {}, DAY[1], DAY[2])
        assert stored(log, LOG) == before

    def test_a_select_without_a_declared_column_is_refused(self, log: Warehouse) -> None:
        before = stored(log, LOG)
        with pytest.raises(REFUSED, match=r"state|detail"):
            log.replace_range(LOG, "SELECT DATE '2024-01-10' AS game_date, 'a' AS path", {}, DAY[0], DAY[0])
        assert stored(log, LOG) == before

    def test_rows_without_a_declared_column_are_refused(self, log: Warehouse) -> None:
        before = stored(log, LOG)
        for write in (
            lambda wrong: log.replace_rows(LOG, wrong, DAY[0], DAY[0]),
            lambda wrong: log.upsert(LOG, wrong),
            lambda wrong: log.stage(LOG, ZONES, wrong),
        ):
            with pytest.raises(SchemaMismatch, match="detail"):
                write(logged((DAY[0], "a", "new")).drop_columns("detail"))
        assert stored(log, LOG) == before
        assert log.staging_tables() == []

    def test_a_dated_table_is_replaced_by_range_only(self, log: Warehouse) -> None:
        with pytest.raises(BadInput, match="by range"):
            log.replace_rows(LOG, logged())
        assert len(stored(log, LOG)) == 8

    def test_a_table_without_dates_is_replaced_whole(self, warehouse: Warehouse) -> None:
        for lookups in ("ab", "bc", ""):
            written = rows(ALIASES, *({"alias_lookup": lookup} for lookup in lookups))
            assert warehouse.replace_rows(ALIASES, written) == len(lookups)
            assert stored(warehouse, ALIASES, "alias_lookup") == [(lookup,) for lookup in lookups]

    def test_a_table_that_was_not_created_is_not_written(self, connect: Connect) -> None:
        warehouse = connect()
        warehouse.ensure_tables([ALIASES])
        with pytest.raises(BadInput, match=f"{LOG.full_name} does not exist") as refused:
            warehouse.replace_rows(LOG, logged(), DAY[0], DAY[0])
        assert "init" in refused.value.next_step

    def test_a_table_of_another_release_is_not_written(self, connect: Connect) -> None:
        """Whoever is of this one is told how it differs, and nothing changes."""
        warehouse, other = connect(), with_columns(LOG, without=("detail",), more=str)
        warehouse.ensure_tables([other])
        written = pa.Table.from_pylist([_row(other, {"path": "a"})], schema=arrow_schema(other))
        warehouse.replace_rows(other, written, DAY[0], DAY[0])
        assert warehouse.ensure_tables([LOG]) == []  # left alone, not created anew
        for write in (
            lambda: warehouse.replace_rows(LOG, logged(), DAY[0], DAY[0]),
            lambda: warehouse.replace_range(LOG, f"SELECT * FROM {LOG.full_name}", {}, DAY[0], DAY[0]),
            lambda: warehouse.upsert(LOG, logged((DAY[0], "a", "new"))),
        ):
            with pytest.raises(SchemaMismatch, match="missing: detail; undeclared: more"):
                write()
        assert stored(warehouse, other, "path") == [("a",)]

    # -- upserting ----------------------------------------------------------------------------------------------------

    def test_rows_are_inserted_updated_or_left_alone(self, warehouse: Warehouse) -> None:
        assert warehouse.upsert(LOG, logged((DAY[0], "a", "old"), (DAY[1], "a", "old"))) == UpsertCounts(2, 0)
        assert warehouse.upsert(LOG, logged((DAY[0], "a", "old"), (DAY[1], "a", "old"))) == UpsertCounts(0, 0)
        mixed = logged((DAY[0], "a", "old"), (DAY[1], "a", "new"), (DAY[2], "a", "new"))
        assert warehouse.upsert(LOG, mixed) == UpsertCounts(1, 1)
        assert warehouse.upsert(LOG, logged()) == UpsertCounts(0, 0)
        assert stored(warehouse, LOG, "game_date", "path", "state") == [
            (DAY[0], "a", "old"),
            (DAY[1], "a", "new"),
            (DAY[2], "a", "new"),
        ]

    def test_null_and_a_value_differ_both_ways(self, warehouse: Warehouse) -> None:
        for value, expected in ((None, (1, 0)), (None, (0, 0)), (0.5, (0, 1)), (None, (0, 1))):
            assert warehouse.upsert(RESULTS, rows(RESULTS, {"value": value})) == UpsertCounts(*expected)

    def test_what_was_first_stays(self, warehouse: Warehouse) -> None:
        later = NOON + timedelta(hours=1)

        def write(state: str, published_at: datetime) -> UpsertCounts:
            row = {"game_date": DAY[0], "path": "a", "state": state, "published_at": published_at}
            return warehouse.upsert(LOG, rows(LOG, row), keep_first=["published_at"])

        assert write("old", NOON) == UpsertCounts(1, 0)
        assert write("old", later) == UpsertCounts(0, 0)
        assert write("new", later) == UpsertCounts(0, 1)
        assert stored(warehouse, LOG, "state", "published_at") == [("new", NOON)]

    def test_a_grain_that_comes_twice_is_refused(self, log: Warehouse) -> None:
        before = stored(log, LOG)
        for day in (DAY[0], date(2024, 2, 1)):  # stored already, and new
            with pytest.raises(REFUSED, match="path"):
                log.upsert(LOG, logged((day, "a", "new"), (day, "a", "newer")))
        assert stored(log, LOG) == before

    def test_deleting_counts_its_rows(self, log: Warehouse) -> None:
        assert log.delete(LOG, "game_date >= @start_date AND path = 'b'", {"start_date": DAY[2]}) == 2
        assert log.delete(LOG, "game_date >= @start_date AND path = 'b'", {"start_date": DAY[2]}) == 0
        assert len(stored(log, LOG)) == 6

    # -- staging and merging ------------------------------------------------------------------------------------------

    def test_staging_describes_itself_and_is_replaced_whole(self, warehouse: Warehouse) -> None:
        assert warehouse.staging_tables() == []
        for count in (3, 2):
            staged = predicted(*(f"p{at}" for at in range(count)))
            warehouse.stage(PREDICTIONS, ZONES, staged)
            found = warehouse.read_staging(ZONES)
            assert found.sort_by("prediction_id").to_pylist() == staged.to_pylist()
            assert found.schema.types == staged.schema.types
        warehouse.stage(PREDICTIONS, AVERAGES, predicted("q"))
        assert warehouse.staging_tables() == [
            StagingTable(BATCH, DAY[0], "zone_matchup_v1", "w0", NOON, row_count=2),
            StagingTable(BATCH, DAY[0], "moving_average", "w0", NOON + timedelta(minutes=1), row_count=1),
        ]
        assert warehouse.staging_columns(ZONES) == column_types(PREDICTIONS)

    def test_named_columns_of_staging_alone_can_be_read(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
        assert warehouse.read_staging(ZONES, ["prediction_id"]).to_pylist() == [{"prediction_id": "p"}]

    def test_staging_without_rows_is_staging(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted())
        assert [one.row_count for one in warehouse.staging_tables()] == [0]
        assert warehouse.merge(MERGE, [ZONES], {"now": NOON}) == 0

    def test_dropping_staging_twice_is_dropping_it_once(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
        warehouse.stage(PREDICTIONS, AVERAGES, predicted("q"))
        for _ in range(2):
            warehouse.drop_staging([ZONES])
            assert [one.system_id for one in warehouse.staging_tables()] == ["moving_average"]

    def test_staging_that_is_gone_says_so(self, warehouse: Warehouse) -> None:
        for ask in (warehouse.staging_columns, warehouse.read_staging, lambda one: warehouse.merge(MERGE, [one], {})):
            with pytest.raises(BadInput, match=r"[Nn]o staging table|not there"):
                ask(ZONES)

    def test_staged_rows_are_merged_by_one_statement(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p", "q"))
        warehouse.stage(PREDICTIONS, AVERAGES, predicted("r"))
        assert warehouse.merge(MERGE, [ZONES, AVERAGES], {"now": NOON}) == 3
        assert stored(warehouse, PREDICTIONS, "prediction_id", "updated_at") == [(one, NOON) for one in "pqr"]
        assert warehouse.merge(MERGE, [ZONES, AVERAGES], {"now": NOON}) == 0
        later = NOON + timedelta(hours=1)
        warehouse.stage(PREDICTIONS, ZONES, predicted("q", predicted_points=30.0))
        assert warehouse.merge(MERGE, [ZONES], {"now": later}) == 1
        assert stored(warehouse, PREDICTIONS, "predicted_points", "updated_at")[1] == (30.0, later)

    def test_a_merge_without_staged_rows_still_runs(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
        warehouse.merge(MERGE, [ZONES], {"now": NOON})
        withdraw = (
            f"MERGE INTO {PREDICTIONS.full_name} AS T USING nba_predictions._staged AS S"
            " ON T.prediction_id = S.prediction_id AND T.game_date = S.game_date"
            " WHEN NOT MATCHED BY SOURCE AND T.is_active THEN UPDATE SET is_active = FALSE"
        )
        assert warehouse.merge(withdraw, [], {}) == 1
        assert stored(warehouse, PREDICTIONS, "is_active") == [(False,)]

    def test_two_staged_rows_for_one_stored_row_are_refused(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p"))
        warehouse.merge(MERGE, [ZONES], {"now": NOON})
        warehouse.stage(PREDICTIONS, ZONES, predicted("p", "p", predicted_points=30.0))
        with pytest.raises(REFUSED):
            warehouse.merge(MERGE, [ZONES], {"now": NOON})
        assert stored(warehouse, PREDICTIONS, "predicted_points") == [(0.5,)]

    def test_staging_of_another_release_is_not_merged(self, warehouse: Warehouse) -> None:
        other = with_columns(PREDICTIONS, without=("feature_count",))
        warehouse.stage(PREDICTIONS, AVERAGES, predicted("p"))
        warehouse.stage(other, ZONES, predicted("q").drop_columns(["feature_count"]))
        assert "feature_count" not in warehouse.staging_columns(ZONES)
        with pytest.raises(SchemaMismatch, match="missing: feature_count"):
            warehouse.merge(MERGE, [AVERAGES, ZONES], {"now": NOON})
        assert stored(warehouse, PREDICTIONS) == []

    def test_staging_can_be_selected_by_name(self, warehouse: Warehouse) -> None:
        warehouse.stage(PREDICTIONS, ZONES, predicted("p", "q"))
        sql = f"SELECT COUNT(*) AS n, MIN(s.prediction_id) AS first FROM `nba_predictions.{ZONES.name}` AS s"
        assert warehouse.query(sql).to_pylist() == [{"n": 2, "first": "p"}]
        warehouse.stage(PREDICTIONS, ZONES, predicted("r"))
        assert warehouse.query(sql).to_pylist() == [{"n": 1, "first": "r"}]
        warehouse.drop_staging([ZONES])
        with pytest.raises(BadInput, match=ZONES.name):
            warehouse.query(sql)

    def test_the_warehouse_lists_its_staging_as_a_view(self, warehouse: Warehouse) -> None:
        warehouse.ensure_tables([TABLES["nba_monitoring.staging_tables"]])
        warehouse.stage(PREDICTIONS, ZONES, predicted("p", "q"))
        [found] = warehouse.query(
            "SELECT s.table_name, batch_id, game_date, system_id, writer, row_count, created_at, age_minutes > 60 AS is_old"
            " FROM nba_monitoring.staging_tables AS s WHERE row_count > 1"
        ).to_pylist()
        assert found == {
            "table_name": ZONES.name,
            "batch_id": BATCH,
            "game_date": DAY[0],
            "system_id": "zone_matchup_v1",
            "writer": "w0",
            "row_count": 2,
            "created_at": NOON,
            "is_old": True,
        }

    # -- asking -------------------------------------------------------------------------------------------------------

    def test_results_have_the_types_of_the_protocol(self, log: Warehouse) -> None:
        found = log.query(
            "SELECT MAX(published_at) AS seen_at, COUNT(*) AS n, SUM(LENGTH(path)) AS total, MIN(game_date) AS day,"
            " AVG(LENGTH(path)) AS mean, 1.5 AS ratio, 100.0 * COUNT(*) AS pct, NULL AS unknown, COUNTIF(TRUE) AS yes,"
            f" MAX(path) AS path, COUNT(*) > 1 AS is_many, @now AS given FROM {LOG.full_name}",
            {"now": None},
        )
        instant, whole, real = pa.timestamp("us", tz="UTC"), pa.int64(), pa.float64()
        expected = [
            instant,
            whole,
            whole,
            pa.date32(),
            real,
            real,
            real,
            whole,
            whole,
            pa.string(),
            pa.bool_(),
            instant,
        ]
        assert found.schema.types == expected
        assert found.to_pylist()[0] == {
            "seen_at": NOON,
            "n": 8,
            "total": 8,
            "day": DAY[0],
            "mean": 1.0,
            "ratio": 1.5,
            "pct": 800.0,
            "unknown": None,
            "yes": 8,
            "path": "b",
            "is_many": True,
            "given": None,
        }

    def test_a_range_is_read_with_both_its_ends(self, log: Warehouse) -> None:
        sql = f"SELECT DISTINCT game_date FROM {LOG.full_name} WHERE game_date BETWEEN @start_date AND @end_date ORDER BY 1"
        for start, end in ((DAY[1], DAY[2]), (DAY[3], DAY[3]), (DAY[2], DAY[1])):
            found = log.query(sql, {"start_date": start, "end_date": end})["game_date"].to_pylist()
            assert found == [day for day in DAY if start <= day <= end]

    def test_a_long_result_is_read_to_its_end(self, warehouse: Warehouse) -> None:
        """It comes in pages, on some engines; so do staged rows."""
        many = whole_set("old", LONG)
        assert warehouse.replace_rows(LOG, many, DAY[0], DAY[0]) == LONG
        assert [path for (path,) in stored(warehouse, LOG, "path")] == many["path"].to_pylist()
        one = predicted("p")
        columns = {name: pa.repeat(one[name][0], LONG) for name in one.column_names}
        staged = pa.Table.from_pydict(columns | {"prediction_id": many["path"]}, schema=one.schema)
        warehouse.stage(PREDICTIONS, ZONES, staged)
        found = warehouse.read_staging(ZONES, ["prediction_id"])["prediction_id"].to_pylist()
        assert sorted(found) == many["path"].to_pylist()

    @pytest.mark.parametrize(("name", "declared"), PARAMETERS.items())
    def test_a_parameter_has_its_type_even_when_it_is_null(self, log: Warehouse, name: str, declared: str) -> None:
        found = log.query(f"SELECT @{name} AS given", {name: [] if declared.startswith("ARRAY") else None})
        expected = {
            "DATE": pa.date32(),
            "TIMESTAMP": pa.timestamp("us", tz="UTC"),
            "FLOAT64": pa.float64(),
            "BOOL": pa.bool_(),
            "INT64": pa.int64(),
            "STRING": pa.string(),
        }
        kind = declared.removeprefix("ARRAY<").removesuffix(">")
        wanted = pa.list_(expected[kind]) if declared.startswith("ARRAY") else expected[kind]
        assert found.schema.types == [wanted]
        assert found["given"].to_pylist() == [[] if declared.startswith("ARRAY") else None]

    def test_parameters_are_named_when_they_are_missing_or_unknown(self, log: Warehouse) -> None:
        with pytest.raises(BadInput, match="@end_date"):
            log.query(f"SELECT path FROM {LOG.full_name} WHERE game_date < @end_date", {"start_date": DAY[0]})
        with pytest.raises(BadInput, match="@when"):
            log.query(f"SELECT path FROM {LOG.full_name} WHERE game_date < @when", {"when": DAY[0]})

    @pytest.mark.parametrize(("expression", "expected"), [pytest.param(*one, id=one[0]) for one in MEANINGS])
    def test_googlesql_means_what_its_manual_says(self, warehouse: Warehouse, expression: str, expected: Any) -> None:
        found = warehouse.query(f"SELECT {expression} AS answer", {"systems": [], "batch_ids": ["a", "b"]})
        [answer] = found["answer"].to_pylist()
        assert type(answer) is type(expected)
        assert answer == (pytest.approx(expected, rel=1e-15) if isinstance(expected, float) else expected)

    @pytest.mark.parametrize("division", ["n / (n - 1)", "n / 0", "SUM(n) OVER () / (n - 1)"])
    def test_a_division_by_zero_is_an_error(self, warehouse: Warehouse, division: str) -> None:
        with pytest.raises(BadInput, match="division by zero"):
            warehouse.query(f"SELECT {division} AS answer FROM (SELECT 1 AS n)")

    def test_missing_values_come_first_in_ascending_order(self, warehouse: Warehouse) -> None:
        for order, expected in (("", [None, 1, 3]), (" DESC", [3, 1, None])):
            sql = f"SELECT n FROM UNNEST([3, CAST(NULL AS INT64), 1]) AS n ORDER BY n{order}"
            assert warehouse.query(sql)["n"].to_pylist() == expected

    def test_counting_by_group_where_nothing_is_known(self, warehouse: Warehouse) -> None:
        rows_of_two = "UNNEST([1, 2]) AS player CROSS JOIN UNNEST([CAST(NULL AS BOOL)]) AS is_win"
        sql = f"SELECT player, COUNTIF(is_win) AS wins FROM {rows_of_two} GROUP BY player ORDER BY player"
        assert warehouse.query(sql)["wins"].to_pylist() == [0, 0]

    @pytest.mark.parametrize(
        ("sql", "said"),
        [
            ("SELECT path FROM nba_monitoring.export_lgo", "nba_monitoring.export_log"),
            ("SELECT path FROM nba_raw.export_log", "nba_monitoring.export_log"),
            ("SELECT path FROM export_log", "nba_monitoring.export_log"),
            ("SELECT pth FROM nba_monitoring.export_log", "pth"),
            ("SELECT path FORM nba_monitoring.export_log", "column"),
            ("SELECT 'path FROM nba_monitoring.export_log", "not a GoogleSQL statement"),
            ("SELECT path, COUNT(*) AS n FROM nba_monitoring.export_log", "path"),
            ("SELECT CAST(path AS INT64) AS n FROM nba_monitoring.export_log", ""),
            ("SELECT no_such_function(path) AS n FROM nba_monitoring.export_log", "no_such_function"),
            ("SELECT path, path FROM nba_monitoring.export_log", "path"),
            ("SELECT 1 AS one; SELECT 2 AS two", "One statement"),
            ("", "One statement"),
            ("SELECT table_id FROM nba_predictions.__TABLES__", "nba_monitoring.staging_tables"),
            ("SELECT table_name FROM INFORMATION_SCHEMA.TABLES", "nba_monitoring.staging_tables"),
        ],
    )
    def test_a_wrong_statement_is_told_in_the_users_terms(self, log: Warehouse, sql: str, said: str) -> None:
        with pytest.raises(BadInput) as refused:
            log.query(sql)
        text = str(refused.value)
        assert said in text
        assert refused.value.next_step
        for internal in ("\x1b", "LINE 1", "Token", "duckdb", "Traceback"):
            assert internal not in text

    @pytest.mark.parametrize(
        "sql",
        [
            "DELETE FROM nba_monitoring.export_log WHERE TRUE",
            "INSERT INTO nba_monitoring.export_log (path) VALUES ('a')",
            "UPDATE nba_monitoring.export_log SET path = 'z' WHERE TRUE",
            "DROP TABLE nba_monitoring.export_log",
            "CREATE TABLE nba_monitoring.more AS SELECT 1 AS one",
            "TRUNCATE TABLE nba_monitoring.export_log",
            "SET x = 1",
        ],
    )
    def test_asking_never_writes(self, log: Warehouse, sql: str) -> None:
        before = stored(log, LOG)
        with pytest.raises(BadInput, match=r"[Oo]nly"):
            log.query(sql)
        assert stored(log, LOG) == before

    def test_a_table_reads_as_it_is_written_with_project_alias_or_neither(self, log: Warehouse) -> None:
        for source in (
            "nba_monitoring.export_log",
            "`nba_monitoring`.`export_log`",
            "`my-project.nba_monitoring.export_log`",
        ):
            assert log.query(f"SELECT COUNT(*) AS n FROM {source}")["n"].to_pylist() == [8]
        sql = "SELECT COUNT(*) AS n FROM nba_monitoring.export_log AS a JOIN nba_monitoring.export_log AS b USING (game_date)"
        assert log.query(sql)["n"].to_pylist() == [16]
        sql = "WITH export_log AS (SELECT 1 AS one) SELECT export_log.one FROM export_log"
        assert log.query(sql)["one"].to_pylist() == [1]

    # -- what existing users ask every day ----------------------------------------------------------------------------

    @pytest.fixture
    def week(self, warehouse: Warehouse) -> Warehouse:
        """Today with two of three players predicted, yesterday with all, and nine days ago, which nobody asks for."""
        warehouse.ensure_tables([CONTEXT, HISTORY])
        today = datetime.now(UTC).date()
        for age, expected, found in ((0, 3, 2), (1, 2, 2), (9, 1, 1)):
            day = today - timedelta(days=age)
            players = (
                {"game_date": day, "universal_player_id": f"p{at}", "is_production_ready": True}
                for at in range(expected)
            )
            idle = {"game_date": day, "universal_player_id": "idle", "is_production_ready": False}
            warehouse.replace_rows(CONTEXT, rows(CONTEXT, *players, idle), day, day)
            rungs = [
                {
                    "game_date": day,
                    "prediction_id": f"{at}{rung}",
                    "player_lookup": f"p{at}",
                    "is_active": rung != "old",
                }
                for at, rung in product(range(found), ("a", "b", "old"))
            ]
            warehouse.replace_rows(PREDICTIONS, rows(PREDICTIONS, *rungs), day, day)
        return warehouse

    def test_the_coverage_query_of_the_predecessor(self, week: Warehouse) -> None:
        today = datetime.now(UTC).date()
        found = week.query(COVERAGE)
        assert found.column_names == [
            "game_date",
            "predicted_players",
            "expected_players",
            "coverage_pct",
            "missing_players",
        ]
        assert [tuple(row.values()) for row in found.to_pylist()] == [
            (today, 2, 3, 66.7, 1),
            (today - timedelta(days=1), 2, 2, 100.0, 0),
        ]

    def test_runs_of_the_last_day_by_step_and_status(self, week: Warehouse) -> None:
        now = datetime.now(UTC)
        runs = [("a", "success", 1), ("b", "success", 23), ("c", "failed", 2), ("d", "success", 25)]
        week.upsert(
            HISTORY,
            rows(
                HISTORY,
                *(
                    {
                        "run_id": run,
                        "processor_name": "raw/schedule",
                        "status": status,
                        "started_at": now - timedelta(hours=age),
                    }
                    for run, status, age in runs
                ),
            ),
        )
        found = week.query(
            "SELECT processor_name, status, COUNT(*) AS runs, MAX(started_at) AS last_run"
            " FROM nba_reference.processor_run_history"
            " WHERE started_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 24 HOUR)"
            " GROUP BY processor_name, status ORDER BY processor_name, status"
        ).to_pylist()
        assert found == [
            {"processor_name": "raw/schedule", "status": "failed", "runs": 1, "last_run": now - timedelta(hours=2)},
            {"processor_name": "raw/schedule", "status": "success", "runs": 2, "last_run": now - timedelta(hours=1)},
        ]

    def test_counts_by_date(self, week: Warehouse) -> None:
        found = week.query(
            "SELECT game_date, COUNT(*) AS predictions, COUNT(DISTINCT player_lookup) AS players, COUNTIF(is_active) AS active"
            " FROM `nba_predictions.player_prop_predictions` GROUP BY game_date ORDER BY game_date DESC LIMIT 1"
        ).to_pylist()
        assert found == [{"game_date": datetime.now(UTC).date(), "predictions": 6, "players": 2, "active": 4}]

    # -- prefixes and leases ------------------------------------------------------------------------------------------

    def test_prefixes_share_a_store_and_nothing_else(self, connect: Connect) -> None:
        ours, theirs = connect(), connect(prefix="test_")
        ours.ensure_tables([LOG, PREDICTIONS])
        assert theirs.stored_columns(LOG) is None
        assert set(theirs.ensure_tables([LOG, PREDICTIONS])) == {LOG.full_name, PREDICTIONS.full_name}
        assert ours.ensure_tables([LOG]) == []
        theirs.replace_rows(LOG, logged((DAY[0], "a", "theirs")), DAY[0], DAY[0])
        ours.replace_rows(LOG, logged((DAY[0], "a", "ours")), DAY[0], DAY[0])
        theirs.stage(PREDICTIONS, ZONES, predicted("p"))
        assert stored(theirs, LOG, "state") == [("theirs",)]
        assert stored(ours, LOG, "state") == [("ours",)]
        assert ours.staging_tables() == []
        ours.drop_staging([ZONES])
        assert len(theirs.staging_tables()) == 1
        with theirs.lock("consolidation"), ours.lock("consolidation", timeout_seconds=0):
            pass

    def test_a_lease_is_held_by_one(self, connect: Connect) -> None:
        one, other = connect(), connect()
        with one.lock("consolidation"), other.lock("batches", timeout_seconds=0):
            with pytest.raises(WarehouseBusy) as busy, other.lock("consolidation", timeout_seconds=0):
                pass
            assert busy.value.next_step
        with other.lock("consolidation", timeout_seconds=0):
            pass

    def test_a_lease_is_given_back_after_a_failure(self, connect: Connect) -> None:
        warehouse = connect()
        with pytest.raises(NbaPropsError), warehouse.lock("consolidation"):
            raise NbaPropsError("no")
        with warehouse.lock("consolidation", timeout_seconds=0):
            pass


COVERAGE = """
SELECT
  ppc.game_date,
  ppc.unique_players AS predicted_players,
  ctx.total_players AS expected_players,
  ROUND(100.0 * ppc.unique_players / NULLIF(ctx.total_players, 0), 1) AS coverage_pct,
  ctx.total_players - ppc.unique_players AS missing_players
FROM (
  SELECT game_date, COUNT(DISTINCT player_lookup) AS unique_players
  FROM nba_predictions.player_prop_predictions WHERE is_active = TRUE GROUP BY 1
) ppc
JOIN (
  SELECT game_date, COUNT(*) AS total_players
  FROM nba_analytics.upcoming_player_game_context WHERE is_production_ready = TRUE GROUP BY 1
) ctx ON ppc.game_date = ctx.game_date
WHERE ppc.game_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 7 DAY)
ORDER BY ppc.game_date DESC
"""

MERGE = f"""
merge into {PREDICTIONS.full_name} as t
using (select {select_list(PREDICTIONS)} from nba_predictions._staged) as s
on t.game_date = s.game_date and t.prediction_id = s.prediction_id
when matched and t.predicted_points <> s.predicted_points then
    update set predicted_points = s.predicted_points, updated_at = @now
when not matched then
    insert ({select_list(PREDICTIONS)})
    values ({", ".join("@now" if name == "updated_at" else f"s.{name}" for name in PREDICTIONS.column_names)})
"""


def predicted(*ids: str, **changes: Any) -> pa.Table:
    """Rows of predictions, told apart by their ids and nothing else."""
    return rows(
        PREDICTIONS,
        *({"predicted_points": 0.5, "line_key": at, "prediction_id": one} | changes for at, one in enumerate(ids)),
    )
