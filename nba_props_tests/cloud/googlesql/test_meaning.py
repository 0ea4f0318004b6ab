"""Single expressions of the kinds that engines take differently: GoogleSQL's meaning survives the rendering.

The rows of `test_same_rows.py` hold what a league brings; these hold the edges it does not.
"""

import pytest

from nba_props_tests.cloud.googlesql.comparing import differences
from nba_props_tests.cloud.googlesql.league import Home
from nba_props_tests.cloud.googlesql.reference import Reference

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("googlesql_rows")]

BEFORE, AFTER = "TIMESTAMP '2025-11-02 05:45:00.999999+00'", "TIMESTAMP '2025-11-02 06:30:00+00'"
"""Around the hour that 2 November had twice in the East."""

EXPRESSIONS = [
    f"UNIX_SECONDS({BEFORE})",
    f"TIMESTAMP_DIFF({AFTER}, {BEFORE}, HOUR)",
    f"TIMESTAMP_DIFF({BEFORE}, {AFTER}, MINUTE)",
    f"UNIX_MICROS({AFTER}) - UNIX_MICROS({BEFORE})",
    f"TIMESTAMP_SUB({AFTER}, INTERVAL 90 MINUTE)",
    f"DATE({AFTER}, 'America/New_York')",
    "DATE(TIMESTAMP '2025-11-03 04:30:00+00', 'America/New_York')",
    "DATE(TIMESTAMP '2025-11-03 05:00:00+00', 'America/New_York')",
    "TIMESTAMP(DATETIME(DATE '2025-11-01', TIME(12, 0, 0)), 'America/New_York')",
    "TIMESTAMP(DATETIME(DATE '2025-11-02', TIME(12, 0, 0)), 'America/New_York')",
    "TIMESTAMP(DATETIME(DATE '2026-03-08', TIME(12, 0, 0)), 'America/New_York')",
    "EXTRACT(DAYOFWEEK FROM DATE '2025-11-02')",
    "EXTRACT(DAYOFWEEK FROM DATE '1969-12-31')",
    "DATE_SUB(DATE '2025-03-31', INTERVAL 1 MONTH)",
    "DATE_ADD(DATE '2024-02-28', INTERVAL 1 DAY)",
    "DATE_TRUNC(DATE '2025-11-17', MONTH)",
    "DATE_DIFF(DATE '2025-11-02', DATE '2025-10-31', DAY)",
    "CAST(DATE '2025-11-02' AS STRING)",
    "0.1 + 0.2",
    "1 / 4",
    "DIV(-7, 2)",
    "MOD(-7, 2)",
    "SAFE_DIVIDE(1, 0)",
    "SAFE_DIVIDE(NULL, 0)",
    "ROUND(2.5)",
    "ROUND(-2.5)",
    "ROUND(-0.125, 2)",
    "CAST(ROUND(0.5) AS INT64)",
    "CAST(FLOOR(-0.5) AS INT64)",
    "CAST(25 AS STRING)",
    "CAST(TRUE AS INT64)",
    "GREATEST(1, NULL)",
    "LEAST(NULL, 1.5)",
    "CONCAT('a', NULL)",
    "IF(CAST(NULL AS BOOL), 1, 2)",
    "NULLIF(1, 1)",
    "2 IN (1, NULL)",
    "'a' < 'B'",
    "SUBSTR('abc', -2)",
    "STARTS_WITH('_staging_x', '_staging_')",
    "POW(0, 0)",
    "LN(2.5)",
    "ABS(-2.5)",
    "1 IS DISTINCT FROM NULL",
]
AGGREGATES = [
    "COUNTIF(n > 9)",
    "COUNTIF(NULL)",
    "SUM(n)",
    "AVG(n)",
    "MAX(n)",
    "STDDEV(n)",
    "STDDEV_POP(n)",
    "LOGICAL_OR(n > 1)",
    "LOGICAL_AND(n > 0)",
    "STRING_AGG(CAST(n AS STRING), ', ' ORDER BY n DESC)",
    "COUNT(DISTINCT n)",
]
SOURCES = {
    "some": "[3, 1, NULL, 1]",
    "one": "[2]",
    "unknown": "[CAST(NULL AS INT64)]",
    "no": "CAST([] AS ARRAY<INT64>)",
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_means_the_same(expression: str, homes: dict[str, Home], reference: Reference) -> None:
    same_answer(f"SELECT {expression} AS answer", homes["as played"], reference)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_an_aggregate_means_the_same(aggregate: str, source: str, homes: dict[str, Home], reference: Reference) -> None:
    same_answer(f"SELECT {aggregate} AS answer FROM UNNEST({SOURCES[source]}) AS n", homes["as played"], reference)


def test_order_puts_nulls_where_googlesql_does(homes: dict[str, Home], reference: Reference) -> None:
    for direction in ("ASC", "DESC"):
        sql = f"SELECT n FROM UNNEST([2, NULL, 1]) AS n ORDER BY n {direction}"
        same_answer(sql, homes["as played"], reference)


def same_answer(sql: str, home: Home, reference: Reference) -> None:
    assert differences(sql, home.expected(sql, reference), home.found(sql)) == []
