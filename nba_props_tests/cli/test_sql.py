"""`sql` reads, and nothing else; what it prints is what machines expect."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.cli.screen import plain
from nba_props.errors import BadInput
from nba_props.io.warehouse.sqltext import tables_asked
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT

EVERY_KIND = (
    "select cast('nan' as float64) as missing, 1.5 as figure, date '2024-01-31' as day,"
    " timestamp '2024-01-31 23:30:00-05:00' as instant, cast(null as string) as nothing, true as fact, 'Dinhão' as name"
)


@pytest.mark.parametrize(
    "statement",
    [
        "select 1",
        "select game_id from nba_raw.schedule where game_date = '2025-12-03'",
        "with a as (select 1 as x) select x from a union all select 2",
        "(select 1) union all (select 2)",
        "select x from unnest([1, 2]) as x",
        "select game_id from `a-project.nba_raw.schedule`",
        "select s.game_id from nba_raw.schedule as s inner join nba_raw.game_results as r using (game_id)",
        "select 'delete from nba_raw.schedule' as text",
    ],
)
def test_reading_is_allowed(statement: str) -> None:
    tables_asked(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "",
        ";",
        "select 1; select 2",
        "select 1; drop table nba_raw.schedule",
        "delete from nba_raw.schedule where true",
        "insert into nba_raw.schedule select * from nba_raw.schedule",
        "update nba_raw.schedule set source = 'x' where true",
        "merge into nba_raw.schedule t using nba_raw.schedule s on false when not matched then insert row",
        "create table nba_raw.mine as select 1 as x",
        "create or replace view v as select 1 as x",
        "drop table nba_raw.schedule",
        "truncate table nba_raw.schedule",
        "alter table nba_raw.schedule add column x int64",
        "with gone as (delete from nba_raw.schedule returning *) select * from gone",
        "copy nba_raw.schedule to '/tmp/stolen.csv'",
        "export data options (uri='gs://x') as select 1",
        "attach '/tmp/other.duckdb' as other",
        "pragma database_list",
        "set threads = 1",
        "call system.x()",
        "begin transaction",
        "explain select 1",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from `/etc/passwd`",
        "select * from information_schema.tables",
        "selec 1",
    ],
)
def test_anything_else_is_refused_before_it_runs(statement: str) -> None:
    with pytest.raises(BadInput):
        tables_asked(statement)


@pytest.mark.parametrize("named", ["nba_raw.shedule", "schedule", "nba_raw.Schedule"])
def test_a_table_misnamed_gets_the_nearest(named: str) -> None:
    with pytest.raises(BadInput) as refused:
        tables_asked(f"select * from {named}")
    assert "did you mean nba_raw.schedule" in refused.value.next_step


def test_json_is_an_array_of_objects_with_iso_dates_and_null_for_nan(call: Call, simulated_home: Path) -> None:
    ended = call("sql", EVERY_KIND, "--format", "json", home=simulated_home)
    assert ended.code == 0
    assert ended.err == ""
    assert ended.json == [
        {
            "missing": None,
            "figure": 1.5,
            "day": "2024-01-31",
            "instant": "2024-02-01T04:30:00Z",
            "nothing": None,
            "fact": True,
            "name": "Dinhão",
        }
    ]


def test_no_rows_are_an_empty_array(call: Call, simulated_home: Path) -> None:
    assert (
        call("sql", "select 1 as x from nba_raw.schedule where false", "--format", "json", home=simulated_home).json
        == []
    )


def test_csv_is_read_back_as_it_was(call: Call, simulated_home: Path) -> None:
    ended = call("sql", EVERY_KIND + ", 'a,\"b\"\nc' as awkward", "--format", "csv", home=simulated_home)
    (row,) = csv.DictReader(io.StringIO(ended.out))
    assert row["awkward"] == 'a,"b"\nc'
    assert (row["missing"], row["nothing"], row["fact"]) == ("", "", "true")
    assert row["instant"] == "2024-02-01T04:30:00Z"


def test_a_table_folds_nothing_where_nobody_looks(call: Call, simulated_home: Path) -> None:
    ended = call("sql", "select repeat('x', 300) as wide, 12 as n, cast(null as int64) as nil", home=simulated_home)
    assert "x" * 300 in ended.out
    assert "NULL" in ended.out
    assert ended.err.strip() == "1 row"


def test_what_the_engine_refuses_is_the_users_to_read(call: Call, simulated_home: Path) -> None:
    ended = call("sql", "select no_such_column from nba_raw.schedule", home=simulated_home)
    assert ended.code == 2
    assert "no_such_column" in ended.err


def test_figures_are_those_of_the_warehouse(call: Call, simulated_home: Path) -> None:
    counted = call(
        "sql",
        f"select count(*) as n from nba_predictions.player_prop_predictions where game_date = '{TONIGHT}' and is_active",
        "--json",
        home=simulated_home,
    )
    assert counted.json[0]["n"] == call("status", TONIGHT, "--json", home=simulated_home).json["predictions"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(ANYTHING)
def test_whatever_a_row_holds_json_can_say_it(value: Any) -> None:
    said = plain(value)
    assert plain(json.loads(json.dumps(said, allow_nan=False))) == said
    if isinstance(value, float) and not math.isfinite(value):
        assert said is None
