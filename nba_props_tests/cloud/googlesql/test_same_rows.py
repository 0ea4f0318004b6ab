"""Every query of this project on the same rows: the reference evaluator and the embedded engine answer alike.

The reference runs GoogleSQL as it is written; the embedded engine what this project renders of it. The rows are a
simulated league's, once as it was played and once with NULLs, ties, halves and edges of days (`league.py`), each stored
forwards and backwards: an ORDER BY that leaves ties to chance gives two answers, not one that changes some day.
"""

import pytest
from sqlglot import exp

from nba_props.catalog import TABLES
from nba_props.io.warehouse.sqltext import parse, tables_read
from nba_props_tests.cloud.googlesql.comparing import differences
from nba_props_tests.cloud.googlesql.league import Home
from nba_props_tests.cloud.googlesql.reference import Reference
from nba_props_tests.io.statements import Statement, statements

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("googlesql_rows")]

PLAYED_DATES = "SELECT DISTINCT game_date FROM nba_raw.player_box_scores ORDER BY game_date"
"""Asked where the league is built (`point_in_time/building.py`)."""

FEWEST_ASKED = 15
"""Two slates ask 20 different queries of the list; far fewer were recorded only if recording failed."""

QUERIES = [
    pytest.param(one, id=one.where)
    for one in statements()
    if one.is_portable and isinstance(parse(one.sql), exp.Query) and not tables_read(parse(one.sql)) - set(TABLES)
]


def test_a_slate_asks_nothing_that_is_not_listed(homes: dict[str, Home], asked_by_a_slate: list[str]) -> None:
    """The list is read from code; what code sends is the other side of it."""
    listed = {parse(one.sql).sql() for one in statements()}
    of_the_test = {parse(f"SELECT * FROM {name}").sql() for name in TABLES} | {parse(PLAYED_DATES).sql()}
    asked = {tree.sql() for sql in asked_by_a_slate if isinstance(tree := parse(sql), exp.Query)}
    assert len(asked & listed) >= FEWEST_ASKED
    assert asked - listed - of_the_test == set()


@pytest.mark.parametrize("query", QUERIES)
def test_both_engines_answer_alike(query: Statement, homes: dict[str, Home], reference: Reference) -> None:
    answered = 0
    for kind, home in homes.items():
        expected = home.expected(query.sql, reference)
        assert differences(query.sql, expected, home.found(query.sql)) == [], kind
        assert differences(query.sql, expected, home.found_backwards(query.sql)) == [], f"{kind}, stored backwards"
        answered += len(expected.rows)
    assert answered or not query.where.startswith("sql/"), "no row to compare"
