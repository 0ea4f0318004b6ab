"""Every statement of this project passes GoogleSQL's reference analyzer against the catalogue, with its types.

The analyzer knows the declared tables, columns and types and nothing else: what it takes has names that are there, types
that fit and functions that exist. Statements are read as the BigQuery warehouse sends them. What the analyzer takes and
BigQuery does not is for the lint, which runs beside it.
"""

from collections.abc import Callable

import pytest
from sqlglot import exp

from nba_props.io.warehouse.lint import NOT_IN_BIGQUERY, lint, unfiltered_reads
from nba_props.io.warehouse.sqltext import parse
from nba_props_tests.cloud.googlesql.reference import Reference
from nba_props_tests.cloud.googlesql.sent import STAGED, asked, written
from nba_props_tests.io.statements import BIGQUERY_ONLY, Statement, statements

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("googlesql_analysis")]

Note = Callable[[str, object], None]


def by_name(given: list[Statement]) -> list[object]:
    return [pytest.param(one, id=one.where) for one in given]


def is_query(statement: Statement) -> bool:
    return isinstance(parse(statement.sql), exp.Query)


QUERIES = [one for one in statements() if is_query(one) and not one.where.startswith(BIGQUERY_ONLY)]
CHANGES = [one for one in statements() if not is_query(one)]
WRITTEN = list(written())

WITHOUT_DATE = ("schedule", "game_results", "game_lines", "player_box_scores")
READ_WHOLE = {f"upsert(nba_raw.{name})" for name in WITHOUT_DATE}
"""A game is moved to another date and stays the same row: wherever it is stored, it is found."""


@pytest.mark.parametrize("query", by_name(QUERIES))
def test_a_query_is_googlesql(query: Statement, reference: Reference, record_property: Note) -> None:
    found = reference.analyze(asked(query.sql))
    record_property("googlesql", f"{found.kind}, {found.milliseconds:.0f} ms, ok")
    if query.builds is not None:
        assert found.columns == [(column.name, column.type.value) for column in query.builds]


@pytest.mark.parametrize("change", by_name(CHANGES))
def test_a_change_is_googlesql(change: Statement, reference: Reference, record_property: Note) -> None:
    found = reference.analyze(change.sql)
    record_property("googlesql", f"{found.kind}, {found.milliseconds:.0f} ms, ok")
    assert found.kind != "query"


@pytest.mark.parametrize("change", by_name(WRITTEN))
def test_what_a_verb_sends_is_googlesql(change: Statement, reference: Reference, record_property: Note) -> None:
    found = reference.analyze(change.sql)
    record_property("googlesql", f"{found.kind}, {found.milliseconds:.0f} ms, ok")
    assert lint(change.sql, NOT_IN_BIGQUERY) == []
    assert bool(unfiltered_reads(change.sql)) == (change.where in READ_WHOLE), unfiltered_reads(change.sql)


def test_the_reference_tells_types_apart(reference: Reference) -> None:
    """What the comparison of columns above rests on."""
    found = reference.analyze(
        f"SELECT line_x10, current_points_line, game_date, is_active, @batch_ids AS ids FROM {STAGED}"
    )
    assert found.columns == [
        ("line_x10", "INT64"),
        ("current_points_line", "FLOAT64"),
        ("game_date", "DATE"),
        ("is_active", "BOOL"),
        ("ids", "ARRAY<STRING>"),
    ]
