"""GoogleSQL text: how statements are named, rendered and refused, and a lint of every statement this repository keeps."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import ColumnType
from nba_props.errors import BadInput
from nba_props.io.warehouse.lint import lint, unfiltered_reads
from nba_props.io.warehouse.portable import explicit
from nba_props.io.warehouse.sqltext import (
    PARAMETERS,
    SQL_ROOT,
    bound,
    parse,
    read_sql,
    render,
    sql_path,
    tables_asked,
    tables_read,
)
from nba_props.platform import Platform
from nba_props_tests.io.statements import Statement, statements

SQL_FILES = sorted(SQL_ROOT.rglob("*.sql"))
BUILT = [table for table in TABLES.values() if table.is_sql_built]
OTHERS = [path for path in SQL_FILES if path not in map(sql_path, BUILT)]


def prefixed(dataset: str, name: str) -> str:
    return f'"dev_{dataset}"."{name}"'


# -- reading and naming ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * form nba_raw.schedule", "at line 1, column 21, near 'nba_raw'"),
        ("select game_id,\nfrom nba_raw.schedule\nwhere", "line 3"),
        ("select 'open", "not a GoogleSQL statement"),
        ("select 1 from", "Expected table name at line 1"),
        ("select 1; select 2", "One statement at a time, not 2"),
        ("-- nothing but a comment", "One statement at a time, not 0"),
    ],
)
def test_a_syntax_error_says_where_in_plain_text(sql: str, said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)) as refused:
        parse(sql)
    assert refused.value.next_step
    assert str(refused.value).isprintable()
    assert "Token" not in str(refused.value)


def test_a_semicolon_and_comments_around_a_statement_are_fine() -> None:
    assert tables_read(parse("-- above\nselect game_id from nba_raw.schedule; -- below\n")) == {"nba_raw.schedule"}


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("with schedule as (select 1 as one) select * from schedule", set()),
        (
            "select * from nba_raw.schedule as s join `nba_raw.game_results` using (game_id)",
            {"schedule", "game_results"},
        ),
        ("select * from `my-project.nba_raw.schedule`", {"schedule"}),
        ("select * from unnest([1, 2]) as n", set()),
        (
            "select * from nba_raw.schedule union all (with a as (select * from nba_raw.schedule) select * from a)",
            {"schedule"},
        ),
    ],
)
def test_tables_asked_are_those_of_the_catalogue(sql: str, asked: set[str]) -> None:
    assert tables_asked(sql) == {f"nba_raw.{name}" for name in asked}


@pytest.mark.parametrize(
    "sql", ["delete from nba_raw.schedule where true", "drop table nba_raw.schedule", "set x = 1", "commit"]
)
def test_only_reading_statements_are_asked(sql: str) -> None:
    with pytest.raises(BadInput, match="Only reading"):
        tables_asked(sql)


@pytest.mark.parametrize("source", ["schedule", "read_parquet('x')", "'/etc/passwd'"])
def test_what_is_asked_is_a_table_with_its_dataset(source: str) -> None:
    with pytest.raises(BadInput, match="There is no table"):
        tables_asked(f"select * from {source}")


# -- rendering ---------------------------------------------------------------------------------------------------------


def test_a_table_keeps_its_alias_or_gets_its_own_name() -> None:
    text, _ = render("select schedule.game_id from nba_raw.schedule", "duckdb", prefixed)
    assert text == 'SELECT schedule.game_id FROM "dev_nba_raw"."schedule" AS schedule'
    text, _ = render("select s.game_id from nba_raw.schedule as s", "duckdb", prefixed)
    assert text == 'SELECT s.game_id FROM "dev_nba_raw"."schedule" AS s'


def test_what_a_statement_says_of_a_table_stays() -> None:
    sql = "select 1 as one from (nba_raw.schedule as s join nba_raw.game_results as r on r.game_id = s.game_id)"
    text, _ = render(sql, "duckdb", prefixed)
    assert '"dev_nba_raw"."game_results" AS r' in text
    sql = "select 1 as one from nba_raw.schedule tablesample system (10 percent)"
    assert "10 PERCENT" in render(sql, "duckdb", prefixed)[0]


def test_a_table_may_become_a_query() -> None:
    text, _ = render("select s.n from nba_raw.schedule as s", "duckdb", lambda dataset, name: "(SELECT 1 AS n)")
    assert text == "SELECT s.n FROM (SELECT 1 AS n) AS s"


def test_a_name_that_is_no_business_of_ours_is_left_alone() -> None:
    assert render("select 1 as one from a.b", "duckdb", lambda dataset, name: None)[0] == "SELECT 1 AS one FROM a.b"


def test_parameters_carry_their_types_and_unknown_ones_are_refused() -> None:
    text, used = render("select @as_of as a, @systems as b", "duckdb", prefixed)
    assert text == "SELECT CAST($as_of AS TIMESTAMPTZ) AS a, CAST($systems AS TEXT[]) AS b"
    assert used == {"as_of", "systems"}
    with pytest.raises(BadInput, match="@asof"):
        render("select @asof as a", "duckdb", prefixed)


def test_bound_values_are_those_in_use_and_a_missing_one_is_named() -> None:
    assert bound({"as_of": None, "season": "2023-24"}, frozenset({"as_of"})) == {"as_of": None}
    with pytest.raises(BadInput, match="@as_of, @season"):
        bound({}, frozenset({"as_of", "season"}))


def test_bigquery_gets_the_statement_as_it_is_written() -> None:
    sql = "SELECT COUNTIF(a > 0.5) / 2, DATE_SUB(@end_date, INTERVAL '1' DAY) FROM nba_raw.schedule AS s"
    assert render(sql, "bigquery", lambda dataset, name: None)[0] == sql


# -- what is implied ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("implied", "said"),
    [
        ("COUNTIF(a)", "COUNT(IF(a, 1, NULL))"),
        ("COUNTIF(a) OVER (PARTITION BY b)", "COUNT(IF(a, 1, NULL)) OVER (PARTITION BY b)"),
        ("COUNTIF(DISTINCT a)", "COUNTIF(DISTINCT a)"),
        ("UNIX_SECONDS(a)", "UNIX_SECONDS(TIMESTAMP_TRUNC(a, SECOND))"),
        ("TIMESTAMP_DIFF(a, b, HOUR)", "DIV((UNIX_MICROS(a) - UNIX_MICROS(b)), 3600000000)"),
        ("DATE_SUB(a, INTERVAL '7' DAY)", "CAST(DATE_SUB(a, INTERVAL '7' DAY) AS DATE)"),
        ("DATE_TRUNC(a, MONTH)", "CAST(DATE_TRUNC(a, MONTH) AS DATE)"),
        ("0.5 * a", "0.5e0 * a"),
        ("'0.5'", "'0.5'"),
        ("a / 2", "a / 2"),
        ("a / NULLIF(b, 0)", "a / NULLIF(b, 0)"),
        ("a / b", "a / IF(b = 0, ERROR('division by zero: use SAFE_DIVIDE'), b)"),
        ("SAFE_DIVIDE(a, b)", "SAFE_DIVIDE(a, b)"),
        ("COUNTIF(a > 0.5) / 0.25", "COUNT(IF(a > 0.5e0, 1, NULL)) / 0.25e0"),
    ],
)
def test_what_googlesql_implies_is_said_in_googlesql(implied: str, said: str) -> None:
    statement = parse(f"SELECT {implied}")
    assert explicit(statement, PARAMETERS).sql(dialect="bigquery") == f"SELECT {said}"
    assert parse(f"SELECT {said}").sql(dialect="bigquery") == f"SELECT {said}"  # and means something there too


# -- lint --------------------------------------------------------------------------------------------------------------

SOURCE = "nba_analytics.upcoming_player_game_context"
BROKEN = {
    "CAST(avg_minutes_last_10 AS INT64)": "halves",
    "CAST(100 * SAFE_DIVIDE(games_last_7_days, 7) AS INT64)": "halves",
    "CAST(current_points_line AS STRING)": "25.0",
    "games_last_7_days / games_played_season": "SAFE_DIVIDE",
    "games_last_7_days / 0": "SAFE_DIVIDE",
    "DIV(games_last_7_days, games_played_season)": "SAFE_DIVIDE",
    "TIMESTAMP_DIFF(tip_at, as_of_at, MINUTE)": "UNIX_MICROS",
    "EXTRACT(DAYOFWEEK FROM game_date)": "count days",
    "EXTRACT(ISOWEEK FROM game_date)": "count days",
    "EXTRACT(WEEK(MONDAY) FROM game_date)": "count days",
    "DATE_TRUNC(game_date, WEEK)": "count days",
    "DATE_DIFF(game_date, last_played_date, ISOWEEK)": "count days",
    "ARRAY_AGG(sportsbook IGNORE NULLS ORDER BY sportsbook)": "ARRAY_AGG",
    "REGEXP_EXTRACT(sportsbook, 'x(.)')": "taken apart|take the text apart",
    "FORMAT('%.1f', current_points_line)": "concatenate",
    "FORMAT_DATE('%Y', game_date)": "concatenate",
    "APPROX_COUNT_DISTINCT(sportsbook)": "approximates",
    "APPROX_QUANTILES(current_points_line, 4)": "approximates",
    "SUBSTR(sportsbook, 0, 2)": "count from 1",
    "STRING_AGG(sportsbook, ',')": "ORDER BY",
    "ROW_NUMBER() OVER (PARTITION BY current_points_line ORDER BY game_id)": "line_x10",
    "CURRENT_DATE()": "@now",
    "CURRENT_TIMESTAMP()": "@now",
    "RAND()": "run to run",
    "ANY_VALUE(sportsbook)": "run to run",
    "SAFE.SUBSTR(sportsbook, 1)": "no such function",
    "FARM_FINGERPRINT(sportsbook)": "no such function",
    "PARSE_DATETIME('%Y', sportsbook)": "no such function",
    "NO_SUCH_FUNCTION(sportsbook)": "portable subset",
}
FINE = [
    "CAST(ROUND(avg_minutes_last_10) AS INT64)",
    "CAST(FLOOR(SAFE_DIVIDE(games_last_7_days, 7)) AS INT64)",
    "CAST(games_last_7_days AS STRING)",
    "CAST(game_date AS STRING)",
    "CAST(@player_id AS STRING)",
    "SAFE_DIVIDE(games_last_7_days, games_played_season)",
    "games_last_7_days / 7",
    "100.0 * games_last_7_days / NULLIF(games_played_season, 0)",
    "COUNTIF(is_out)",
    "DATE_TRUNC(game_date, MONTH)",
    "SUBSTR(sportsbook, 1, 2)",
    "STRING_AGG(sportsbook, ',' ORDER BY sportsbook)",
    "ROW_NUMBER() OVER (PARTITION BY sportsbook, games_last_7_days ORDER BY current_points_line)",
    "IF(is_out, ERROR('no'), 1)",
    "UNIX_SECONDS(tip_at) - UNIX_SECONDS(as_of_at)",
]


@pytest.mark.parametrize(("expression", "said"), BROKEN.items())
def test_the_lint_finds(expression: str, said: str) -> None:
    [finding, *others] = lint(f"SELECT {expression} AS answer FROM {SOURCE}")
    assert re.search(said, finding)
    assert not others


@pytest.mark.parametrize("expression", FINE)
def test_the_lint_lets_pass(expression: str) -> None:
    assert lint(f"SELECT {expression} AS answer FROM {SOURCE}") == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r"
        " ON (r.game_id = CONCAT(s.game_id, '') AND r.game_date < s.game_date)",
        "SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r USING (game_id)",
        "SELECT s.game_id FROM nba_raw.schedule AS s INNER JOIN nba_raw.game_results AS r ON r.game_date < s.game_date",
        "SELECT game_id FROM nba_raw.schedule EXCEPT DISTINCT SELECT game_id FROM nba_raw.game_results",
        "CREATE TABLE nba_raw.made (day DATE, line FLOAT64, line_x10 INT64) PARTITION BY day CLUSTER BY line_x10",
    ],
)
def test_the_lint_lets_statements_pass(statement: str) -> None:
    assert lint(statement) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE nba_raw.schedule SET season = r.season FROM nba_raw.schedule AS r WHERE TRUE", "MERGE"),
        (
            "MERGE INTO nba_raw.schedule AS t USING nba_raw.schedule AS s ON FALSE WHEN NOT MATCHED THEN INSERT ROW",
            "columns",
        ),
        ("INSERT INTO nba_raw.schedule (game_id) VALUES ('a') ON CONFLICT DO NOTHING", "no such clause"),
        ("SELECT game_id FROM nba_raw.schedule FOR UPDATE", "no such clause"),
        ("SELECT game_id FROM `nba_raw.schedule_*`", "catalogue"),
        ("SELECT table_id FROM nba_raw.__TABLES__", "catalogue"),
        ("SELECT a FROM read_csv('a')", "catalogue"),
        ("SELECT gameid FROM nba_raw.schedule", "does not resolve"),
        ("SELECT game_id FROM nba_raw.schedule EXCEPT ALL SELECT game_id FROM nba_raw.game_results", "DISTINCT"),
        (
            "SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r ON r.game_date < s.game_date",
            "equality",
        ),
        (
            "SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r"
            " ON r.game_date = @start_date AND s.game_id = 'a'",
            "equality",
        ),
        (
            "SELECT s.game_id FROM nba_raw.schedule AS s INNER JOIN nba_raw.game_results AS r"
            " ON r.game_id = s.game_id AND r.game_date IN (SELECT game_date FROM nba_raw.schedule)",
            "subquery",
        ),
        ("CREATE TABLE nba_raw.made (day STRING) PARTITION BY day", "DATE column"),
        ("CREATE TABLE nba_raw.made (day DATE, line FLOAT64) PARTITION BY day CLUSTER BY line", "FLOAT64"),
        (
            "MERGE INTO nba_raw.schedule AS t USING (SELECT CAST(line AS STRING) AS s FROM nba_raw.player_points_quotes) AS s"
            " ON t.game_id = s.s WHEN MATCHED THEN DELETE",
            "25.0",
        ),
    ],
)
def test_the_lint_finds_in_statements(statement: str, said: str) -> None:
    assert any(said in finding for finding in lint(statement))


def kept(*, portable_only: bool = False) -> list[Any]:
    return [pytest.param(one, id=one.where) for one in statements() if one.is_portable or not portable_only]


@pytest.mark.parametrize("statement", kept(portable_only=True))
def test_sql_lint(statement: Statement) -> None:
    assert lint(statement.sql) == []


READ_WHOLE = {
    r"nba_props.assets.reference.registry:\d+": "who ever played, since when: the registry is of all seasons",
    r"nba_props.assets.reference.source_people:\d+": "whom each source ever named, and since when",
    r"nba_props.catalog.render.sql.grain_duplicates\(nba_raw.*\)": "a game's second copy may be on any date, and is told here",
    r"nba_props.catalog.render.sql.upsert_merge\(.*\)": "the warehouse adds what its rows span (`cloud/googlesql` reads what is sent)",
}
"""Statements (as regular expressions) that read every partition of a table on purpose, and why."""


@pytest.mark.parametrize("statement", kept())
def test_only_the_partitions_that_are_meant_are_read(statement: Statement) -> None:
    is_whole_on_purpose = any(re.fullmatch(pattern, statement.where) for pattern in READ_WHOLE)
    assert bool(unfiltered_reads(statement.sql)) <= is_whole_on_purpose, unfiltered_reads(statement.sql)


@pytest.mark.parametrize("pattern", READ_WHOLE)
def test_what_is_read_whole_on_purpose_is_read_whole(pattern: str) -> None:
    """An exception that nothing needs any more goes."""
    assert any(unfiltered_reads(one.sql) for one in statements() if re.fullmatch(pattern, one.where))


IN_TIME = "game_date BETWEEN @start_date AND @end_date"
FILTERED = [
    f"SELECT game_id FROM nba_raw.schedule WHERE {IN_TIME}",
    f"SELECT s.game_id FROM nba_raw.schedule AS s WHERE NOT s.game_id IS NULL AND (s.{IN_TIME})",
    "SELECT game_id FROM nba_raw.schedule WHERE game_date >= DATE_SUB(@start_date, INTERVAL 7 DAY)",
    "SELECT game_id FROM nba_raw.schedule WHERE @start_date = game_date OR game_date IN (@end_date, DATE '2024-01-01')",
    f"SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r ON r.game_date = @start_date WHERE s.{IN_TIME}",
    f"DELETE FROM nba_raw.schedule WHERE {IN_TIME}",
    f"INSERT INTO nba_raw.schedule (game_id) SELECT game_id FROM nba_raw.schedule WHERE {IN_TIME}",
    f"MERGE INTO nba_raw.schedule AS t USING (SELECT 'a' AS a) AS s ON t.game_id = s.a AND t.{IN_TIME} WHEN MATCHED THEN DELETE",
    f"MERGE INTO nba_raw.schedule AS t USING (SELECT 'a' AS a) AS s ON FALSE WHEN NOT MATCHED BY SOURCE AND t.{IN_TIME}"
    " THEN DELETE WHEN NOT MATCHED THEN INSERT (game_id) VALUES (a)",
    "SELECT player_name FROM nba_raw.player_list",
]
UNFILTERED = [
    "SELECT game_id FROM nba_raw.schedule",
    "SELECT game_id FROM nba_raw.schedule WHERE season = @season",
    f"SELECT game_id FROM nba_raw.schedule WHERE {IN_TIME} OR season = @season",
    f"SELECT game_id FROM nba_raw.schedule WHERE NOT ({IN_TIME})",
    "SELECT game_id FROM nba_raw.schedule WHERE game_date <> @start_date",
    "SELECT game_id FROM nba_raw.schedule WHERE EXTRACT(YEAR FROM game_date) = 2024",
    "SELECT s.game_id FROM nba_raw.schedule AS s INNER JOIN (SELECT @start_date AS day) AS d ON s.game_date = d.day",
    "SELECT game_id FROM nba_raw.schedule WHERE game_date = (SELECT MAX(first_known_date) FROM nba_reference.nba_players_registry)",
    f"WITH s AS (SELECT * FROM nba_raw.schedule) SELECT game_id FROM s WHERE {IN_TIME}",
    f"SELECT s.game_id FROM nba_raw.schedule AS s LEFT JOIN nba_raw.game_results AS r USING (game_id) WHERE r.{IN_TIME}",
    "DELETE FROM nba_raw.schedule WHERE TRUE",
    "MERGE INTO nba_raw.schedule AS t USING (SELECT 'a' AS a) AS s ON t.game_id = s.a WHEN MATCHED THEN DELETE",
    f"MERGE INTO nba_raw.schedule AS t USING (SELECT 'a' AS a) AS s ON t.game_id = s.a WHEN NOT MATCHED BY SOURCE AND t.{IN_TIME}"
    " THEN DELETE",
    f"MERGE INTO nba_raw.schedule AS t USING (SELECT 'a' AS a) AS s ON FALSE WHEN NOT MATCHED BY SOURCE AND t.{IN_TIME}"
    " THEN DELETE WHEN NOT MATCHED BY SOURCE THEN UPDATE SET season = s.a",
]


@pytest.mark.parametrize("sql", FILTERED)
def test_a_partition_filter_is_seen(sql: str) -> None:
    assert unfiltered_reads(sql) == []


@pytest.mark.parametrize("sql", UNFILTERED)
def test_a_missing_partition_filter_is_seen(sql: str) -> None:
    [finding] = unfiltered_reads(sql)
    assert finding == "nba_raw.schedule: every partition is read; compare game_date with a parameter"


# -- what the files answer with ----------------------------------------------------------------------------------------

_FITS = {
    ColumnType.FLOAT64: {pa.float64(), pa.int64()},
    ColumnType.INT64: {pa.int64()},
    ColumnType.STRING: {pa.string()},
    ColumnType.BOOL: {pa.bool_()},
    ColumnType.DATE: {pa.date32()},
    ColumnType.TIMESTAMP: {pa.timestamp("us", tz="UTC")},
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    from nba_props.settings import Settings

    opened = Platform(Settings(home=tmp_path_factory.mktemp("home")))
    opened.ensure_tables()
    return opened


def values() -> dict[str, Any]:
    """Some value for every parameter."""
    some = {
        "DATE": date(2024, 1, 10),
        "TIMESTAMP": datetime(2024, 1, 10, tzinfo=UTC),
        "FLOAT64": 1.0,
        "BOOL": False,
        "INT64": 20,
        "STRING": "x",
        "ARRAY<STRING>": ["x"],
    }
    return {name: some[declared] for name, declared in PARAMETERS.items()}


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.full_name)
def test_a_file_answers_with_the_declared_columns_and_types(empty: Platform, table: Table) -> None:
    """BigQuery refuses a FLOAT64 for an INT64 column; the embedded engine would round it."""
    found = empty.warehouse.query(read_sql(table), values()).schema
    assert found.names == list(table.column_names)
    wrong = {
        column.name: str(found.field(column.name).type)
        for column in table
        if found.field(column.name).type not in _FITS[column.type]
    }
    assert wrong == {}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_other_file_runs(empty: Platform, path: Path) -> None:
    empty.warehouse.query(path.read_text(encoding="utf-8"), values())


def test_sqlglot_still_parses_what_the_renamer_relies_on() -> None:
    """A change of the parser should fail here, not in a statement."""
    node = sqlglot.parse_one("SELECT 1 FROM a.b AS c", read="bigquery").args["from_"].this
    assert isinstance(node, exp.Table)
    assert (node.db, node.name, node.alias) == ("a", "b", "c")
