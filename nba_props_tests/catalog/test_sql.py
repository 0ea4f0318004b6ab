"""Generated statements, rendered as the warehouse renders them and run on DuckDB with rows."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import Row
from nba_props.catalog.render import sql
from nba_props.catalog.render.arrow import rows_of
from nba_props.catalog.render.duckdb import create_table
from nba_props.io.warehouse import sqltext
from nba_props_tests.catalog.tables import EXAMPLE, NOON, UNDATED, ExampleRow, example

DAY = [date(2024, 1, 1) + timedelta(days=day) for day in range(4)]
RANGE = {"start_date": DAY[1], "end_date": DAY[2]}
LATER = NOON + timedelta(hours=1)


class Engine:
    """An empty DuckDB with prefixed schemas, spoken to in logical GoogleSQL."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def create(self, table: Table) -> None:
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS test_{table.layer.dataset}")
        self.connection.execute(create_table(table, f"test_{table.layer.dataset}"))

    def run(self, statement: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        text, used = sqltext.render(statement, "duckdb", prefixed)
        return self.connection.execute(text, sqltext.bound(params, used)).fetchall()

    def offer(self, table: Table, models: Iterable[Row]) -> None:
        """Make rows readable as `incoming`."""
        self.connection.register("incoming", rows_of(table, models))

    def fill(self, table: Table, models: Iterable[Row]) -> None:
        self.connection.execute(f"DELETE FROM test_{table.full_name}")
        self.offer(table, models)
        self.connection.execute(f"INSERT INTO test_{table.full_name} FROM incoming")

    def rows(self, table: Table) -> list[Row]:
        found = self.connection.sql(f"FROM test_{table.full_name} ORDER BY {', '.join(table.grain)}")
        return [table.row(**row) for row in found.to_arrow_table().to_pylist()]


def prefixed(dataset: str, name: str) -> str:
    return f'"test_{dataset}"."{name}"'


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    engine.create(EXAMPLE)
    engine.create(UNDATED)
    yield engine
    engine.connection.close()


def test_select_list_is_explicit_and_ordered() -> None:
    assert sql.select_list(UNDATED) == "game_date, key, amount, share, is_main, seen_at, created_at"
    assert sql.select_list(UNDATED, "t").startswith("t.game_date, t.key, ")


# -- replacing a range ------------------------------------------------------------------------------------------------

# The columns come in another order than declared, behind a CTE, with a comment at the end: as in a file of `sql/`.
SELECT = """-- Purpose: what a file of sql/ looks like.
WITH chosen AS (SELECT * FROM incoming WHERE game_date BETWEEN @start_date AND @end_date)
SELECT created_at, seen_at, is_main, share, amount, key, game_date FROM chosen -- the end"""


def test_replacing_a_range_twice_is_replacing_it_once(engine: Engine) -> None:
    outside = [example(game_date=DAY[0]), example(game_date=DAY[3])]
    engine.fill(EXAMPLE, [*outside, example(game_date=DAY[1], key="old"), example(game_date=DAY[2], amount=1)])
    new = [example(game_date=DAY[2], amount=2), example(game_date=DAY[2], key="new", share=None)]
    engine.offer(EXAMPLE, new)
    statement = sql.replace_range_merge(EXAMPLE, SELECT)
    for _ in range(2):
        engine.run(statement, RANGE)
        assert engine.rows(EXAMPLE) == [outside[0], *new, outside[1]]


def test_replacing_by_nothing_empties_the_range_alone(engine: Engine) -> None:
    engine.fill(EXAMPLE, [example(game_date=day) for day in DAY])
    engine.offer(EXAMPLE, [])
    engine.run(sql.replace_range_merge(EXAMPLE, SELECT), RANGE)
    assert engine.rows(EXAMPLE) == [example(game_date=DAY[0]), example(game_date=DAY[3])]


@pytest.mark.parametrize("stray", [DAY[0], DAY[3]])
def test_selected_row_outside_the_range_fails_and_changes_nothing(engine: Engine, stray: date) -> None:
    before = [example(game_date=DAY[1], key="old")]
    engine.fill(EXAMPLE, before)
    engine.offer(EXAMPLE, [example(game_date=DAY[1], key="new"), example(game_date=stray)])
    with pytest.raises(duckdb.Error, match=r"nba_raw\.example: a row is outside the range"):
        engine.run(sql.replace_range_merge(EXAMPLE, "SELECT * FROM incoming"), RANGE)
    assert engine.rows(EXAMPLE) == before


def test_selected_null_in_a_required_column_fails_and_changes_nothing(engine: Engine) -> None:
    before = [example(game_date=DAY[1])]
    engine.fill(EXAMPLE, before)
    select = "SELECT * REPLACE (CAST(NULL AS BOOL) AS is_main) FROM nba_raw.example"
    with pytest.raises(duckdb.InvalidInputException, match="a required column is NULL"):
        engine.run(sql.replace_range_merge(EXAMPLE, select), RANGE)
    assert engine.rows(EXAMPLE) == before


def test_table_without_partitions_is_replaced_whole(engine: Engine) -> None:
    engine.fill(UNDATED, [example(key="a"), example(key="b")])
    engine.offer(UNDATED, [example(key="c", game_date=DAY[3])])
    for _ in range(2):
        engine.run(sql.replace_range_merge(UNDATED, "SELECT * FROM incoming;\n"))
        assert engine.rows(UNDATED) == [example(key="c", game_date=DAY[3])]


# -- upsert -----------------------------------------------------------------------------------------------------------


def test_upsert_inserts_updates_and_leaves_equal_rows(engine: Engine) -> None:
    engine.fill(EXAMPLE, [example(key="same"), example(key="stale", share=None), example(key="unmentioned")])
    offered = [
        example(key="new", created_at=LATER),
        example(key="same", created_at=LATER),  # equal apart from a column that is kept
        example(key="stale", share=0.25, created_at=LATER),
    ]
    engine.offer(EXAMPLE, offered)
    statement = sql.upsert_merge(EXAMPLE, "incoming", keep_first=["created_at"])
    assert engine.run(statement) == [(2,)]  # one insert, one update
    assert engine.rows(EXAMPLE) == [
        offered[0],
        example(key="same"),
        example(key="stale", share=0.25),
        example(key="unmentioned"),
    ]
    assert engine.run(statement) == [(0,)]


def test_upsert_sees_a_value_become_null_and_back(engine: Engine) -> None:
    statement = sql.upsert_merge(EXAMPLE, "incoming")
    for share in (0.5, None, 0.25):
        engine.offer(EXAMPLE, [example(share=share)])
        assert engine.run(statement) == [(1,)]
        assert engine.run(statement) == [(0,)]
        assert engine.rows(EXAMPLE) == [example(share=share)]


def test_upsert_of_a_table_that_is_all_key_only_inserts(engine: Engine) -> None:
    mutable = [name for name in UNDATED.column_names if name not in UNDATED.grain]
    statement = sql.upsert_merge(UNDATED, "incoming", keep_first=mutable)
    assert "UPDATE" not in statement
    engine.fill(UNDATED, [example(key="a", amount=1)])
    engine.offer(UNDATED, [example(key="a", amount=2), example(key="b", amount=2)])
    engine.run(statement)
    assert engine.rows(UNDATED) == [example(key="a", amount=1), example(key="b", amount=2)]


@pytest.mark.parametrize("stored", [[], [example(key="b")]], ids=["new", "stored"])
def test_upsert_of_a_grain_twice_fails_and_changes_nothing(engine: Engine, stored: list[ExampleRow]) -> None:
    engine.fill(EXAMPLE, stored)
    engine.offer(EXAMPLE, [example(key="a"), example(key="b", amount=2), example(key="b", amount=3)])
    with pytest.raises(duckdb.Error, match=r"nba_raw\.example: two rows have the same game_date, key"):
        engine.run(sql.upsert_merge(EXAMPLE, "incoming"))
    assert engine.rows(EXAMPLE) == stored


def test_upsert_refuses_to_keep_what_is_no_column() -> None:
    with pytest.raises(KeyError, match="creatd_at"):
        sql.upsert_merge(EXAMPLE, "incoming", keep_first=["creatd_at"])


key_rows = st.builds(
    example,
    key=st.sampled_from("abc"),
    amount=st.none() | st.integers(0, 1),
    share=st.none() | st.sampled_from([0.0, -0.0, 0.1]),
    created_at=st.sampled_from([NOON, LATER]),
)
batches = st.lists(st.lists(key_rows, max_size=3, unique_by=lambda row: row.key), max_size=4)


@settings(max_examples=40, deadline=None)
@given(batches)
def test_upserts_equal_a_dictionary_of_rows(written: list[list[ExampleRow]]) -> None:
    engine = Engine()
    engine.create(EXAMPLE)
    statement = sql.upsert_merge(EXAMPLE, "incoming", keep_first=["created_at"])
    expected: dict[str, ExampleRow] = {}
    for batch in written:
        engine.offer(EXAMPLE, batch)
        kept = {row.key: row.model_copy(update={"created_at": expected.get(row.key, row).created_at}) for row in batch}
        changed = sum(expected.get(key) != row for key, row in kept.items())
        assert engine.run(statement) == [(changed,)]
        expected |= kept
    assert engine.rows(EXAMPLE) == [expected[key] for key in sorted(expected)]
    engine.connection.close()


# -- grain ------------------------------------------------------------------------------------------------------------


def test_duplicates_are_counted_by_date_within_the_range(engine: Engine) -> None:
    twice = [example(game_date=day, key=key) for day in DAY for key in "ab"] * 2
    engine.fill(EXAMPLE, [*twice, example(game_date=DAY[2], key="a"), example(game_date=DAY[1], key="once")])
    assert engine.run(sql.grain_duplicates(EXAMPLE), RANGE) == [(DAY[1], 2), (DAY[2], 2)]


def test_sound_range_has_no_rows(engine: Engine) -> None:
    engine.fill(EXAMPLE, [*([example(game_date=DAY[0])] * 2), *(example(game_date=day) for day in DAY[1:])])
    assert engine.run(sql.grain_duplicates(EXAMPLE), RANGE) == []


def test_copy_on_another_date_counts_where_the_grain_has_no_date(engine: Engine) -> None:
    """A game that moved: stored on its old date and on its new one."""
    schedule = TABLES["nba_raw.schedule"]
    game: dict[str, Any] = {
        "season": "2023-24",
        "season_type": "Regular Season",
        "home_team": "BOS",
        "away_team": "NYK",
        "tip_at": None,
        "source": "test",
        "payload_ref": "test",
    }
    engine.create(schedule)
    dates = [("moved", DAY[0]), ("moved", DAY[1]), ("sound", DAY[1]), ("twice", DAY[2]), ("twice", DAY[2])]
    engine.fill(
        schedule, [schedule.row.model_validate(game | {"game_id": game_id, "game_date": day}) for game_id, day in dates]
    )
    assert engine.run(sql.grain_duplicates(schedule), RANGE) == [(DAY[1], 1), (DAY[2], 1)]


def test_table_without_partitions_has_one_count(engine: Engine) -> None:
    engine.fill(UNDATED, [example(key=key) for key in "aaabbc"])
    assert engine.run(sql.grain_duplicates(UNDATED)) == [(2,)]
    engine.fill(UNDATED, [example(key=key) for key in "abc"])
    assert engine.run(sql.grain_duplicates(UNDATED)) == [(0,)]


# -- every table ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_statements_of_every_table_run(table: Table) -> None:
    engine = Engine()
    engine.create(table)
    itself = f"SELECT * FROM {table.full_name}"
    assert engine.run(sql.replace_range_merge(table, itself), RANGE) == [(0,)]
    assert engine.run(sql.upsert_merge(table, table.full_name)) == [(0,)]
    assert engine.run(sql.grain_duplicates(table), RANGE) in ([], [(0,)])
    assert engine.run(f"SELECT {sql.select_list(table, 't')} FROM {table.full_name} AS t") == []
    engine.connection.close()
