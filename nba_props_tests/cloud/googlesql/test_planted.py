"""A planted error of each kind, in a copy of a real statement, and which of the guards see it: these and no others.

What no guard but one sees is what that guard is for.
"""

from dataclasses import dataclass

import pytest
from sqlglot import exp

from nba_props.catalog import TABLES, Table
from nba_props.catalog.render.bigquery import create_table
from nba_props.io.warehouse import portable
from nba_props.io.warehouse.lint import lint, unfiltered_reads
from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props_tests.cloud.googlesql.comparing import differences
from nba_props_tests.cloud.googlesql.league import Home
from nba_props_tests.cloud.googlesql.reference import Reference, Refused

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("googlesql_rows")]

ANALYZER, COLUMNS, LINT, PARTITIONS, ROWS = "analyzer", "columns", "lint", "partition filter", "same rows"

DDL = "DDL of nba_analytics.line_prices"
INSERT = "an INSERT"


@dataclass(frozen=True)
class Planted:
    """In a statement `before` becomes `after`, or `after` comes to its end; `seen_by` these guards and no other."""

    kind: str
    statement: str
    before: str
    after: str
    seen_by: set[str]


FACTORS = "precompute/player_composite_factors"
QUOTES = "predictions/offered_quotes"
GAME_IDS = "checks/two_game_ids"
SKEW = "checks/recommendation_skew"
IN_TIME = "between @start_date and @end_date and is_usable"

PLANTED = [
    Planted("unknown column", QUOTES, "q.snapshot_at desc", "q.snapshoted_at desc", {ANALYZER, LINT}),
    Planted("wrong type", QUOTES, "q.snapshot_at < p.as_of_at", "q.snapshot_at < p.game_date", {ANALYZER}),
    Planted("parameter of another type", QUOTES, IN_TIME, "> @min_minutes and is_usable", {ANALYZER}),
    Planted("ambiguous name", QUOTES, "select\n        q.game_date,", "select\n        game_date,", {ANALYZER, LINT}),
    Planted("misspelled function", SKEW, "countif(", "count_when(", {ANALYZER, LINT}),
    Planted("another dialect's function", SKEW, "countif(", "count_if(", {ANALYZER}),
    Planted("PARTITION BY FLOAT64", QUOTES, "q.bookmaker, q.line_x10\n", "q.bookmaker, q.line\n", {ANALYZER, LINT}),
    Planted("output column of another name", FACTORS, "as fatigue_score,", "as fatigue,", {COLUMNS}),
    Planted(
        "output column of another type", FACTORS, "f.raw_score)) as float64)", "f.raw_score)) as int64)", {COLUMNS}
    ),
    Planted(
        "output columns exchanged",
        FACTORS,
        "s.game_date,\n    s.game_id,\n    s.un",
        "s.game_id,\n    s.game_date,\n    s.un",
        {COLUMNS},
    ),
    Planted("no partition filter", QUOTES, f"where game_date {IN_TIME}", "where is_usable", {PARTITIONS}),
    Planted(
        "filter by what is read", QUOTES, IN_TIME, "between date(tip_at) and @end_date and is_usable", {PARTITIONS}
    ),
    Planted(
        "halves",
        QUOTES,
        "    line,\n    line_x10,\n    is_main,\n    over_price_american,\n    under_price_american,\n    snapshot_at,\n    dist",
        "    cast(line as int64) as line,\n    line_x10,\n    is_main,\n    over_price_american,\n    under_price_american,\n"
        "    snapshot_at,\n    dist",
        {LINT, ROWS},
    ),
    Planted(
        "order of ties",
        QUOTES,
        "order by game_date, universal_player_id, bookmaker, line_x10, system_id",
        "order by game_date",
        {ROWS},
    ),
    Planted("outer join without equality", GAME_IDS, "on s.game_id = p.game_id", "on s.game_id <= p.game_id", {LINT}),
    Planted("ON CONFLICT", INSERT, "", " on conflict do nothing", {LINT}),
    Planted("FOR UPDATE", QUOTES, "", " for update", {LINT}),
    Planted("table partitioned by STRING", DDL, "PARTITION BY game_date", "PARTITION BY bookmaker", {LINT}),
    Planted("table partitioned by nothing there", DDL, "PARTITION BY game_date", "PARTITION BY played_on", {ANALYZER}),
]


def text_of(statement: str) -> tuple[str, Table | None]:
    """A real statement, and the table it builds."""
    if statement == DDL:
        table = TABLES["nba_analytics.line_prices"]
        return create_table(table, table.layer.dataset), None
    if statement == INSERT:
        return "insert into nba_raw.player_list (source_player_id) values (1)", None
    layer, name = statement.split("/")
    text = (SQL_ROOT / layer / f"{name}.sql").read_text(encoding="utf-8")
    return text, TABLES.get(f"nba_{layer}.{name}")


def guards_that_see(sql: str, builds: Table | None, reference: Reference, home: Home) -> set[str]:
    seen = {LINT} if lint(sql) else set()
    if unfiltered_reads(sql):
        seen.add(PARTITIONS)
    try:
        found = reference.analyze(sql)
    except Refused:
        return seen | {ANALYZER}
    if builds and found.columns != [(column.name, column.type.value) for column in builds]:
        seen.add(COLUMNS)
    if found.kind == "query":
        expected = home.expected(sql, reference)
        if any(differences(sql, expected, rows) for rows in (home.found(sql), home.found_backwards(sql))):
            seen.add(ROWS)
    return seen


@pytest.mark.parametrize("statement", sorted({one.statement for one in PLANTED}))
def test_no_guard_sees_anything_in_the_statements_themselves(
    statement: str, reference: Reference, homes: dict[str, Home]
) -> None:
    assert guards_that_see(*text_of(statement), reference, homes["awkward"]) == set()


@pytest.mark.parametrize("error", PLANTED, ids=lambda error: error.kind)
def test_a_planted_error_is_seen_by_the_guards_that_are_meant_for_it(
    error: Planted, reference: Reference, homes: dict[str, Home]
) -> None:
    text, builds = text_of(error.statement)
    assert error.before in text
    broken = text.replace(error.before, error.after, 1) if error.before else text + error.after
    assert guards_that_see(broken, builds, reference, homes["awkward"]) == error.seen_by


def test_a_rendering_that_misses_what_googlesql_implies_is_seen_in_the_rows(
    reference: Reference, homes: dict[str, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """COUNTIF over no rows is 0; the embedded engine, left to itself, says NULL."""
    sql = "SELECT COUNTIF(is_available) AS n FROM nba_raw.source_capabilities WHERE FALSE"
    assert guards_that_see(sql, None, reference, homes["as played"]) == set()
    monkeypatch.delitem(portable._MEANINGS, exp.CountIf)
    assert guards_that_see(f"{sql} AND FALSE", None, reference, homes["as played"]) == {ROWS}
