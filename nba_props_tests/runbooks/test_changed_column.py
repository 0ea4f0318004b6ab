"""A column that is no longer declared, and one of another type: the page's own statements bring the table right."""

import re

import duckdb
import pytest

from nba_props.platform import Platform
from nba_props_tests.runbooks.kit import Typist

TABLE = "nba_reference.unresolved_player_names"
COLUMN = "occurrences"


@pytest.fixture
def typist(platform: Platform) -> Typist:
    return Typist("changed-column.md", platform.home)


def alter(platform: Platform, *statements: str) -> None:
    """What a person types in a DuckDB shell, with every other command stopped."""
    with duckdb.connect(str(platform.home / "warehouse" / "warehouse.duckdb")) as shell:
        for one in statements:
            shell.execute(one)


def statement(text: str, **words: str) -> str:
    for name, value in words.items():
        text = re.sub(rf"\b{name}\b", value, text)
    return text


def test_an_undeclared_column_is_dropped(platform: Platform, typist: Typist) -> None:
    alter(platform, f"ALTER TABLE {TABLE} ADD COLUMN left_over VARCHAR")
    assert typist.types("nba-props init").code == 2
    typist.reads("Stored tables are not as declared")
    drop = "ALTER TABLE t DROP COLUMN c"
    assert f"`{drop}`" in typist.text
    alter(platform, statement(drop, t=TABLE, c="left_over"))
    assert typist.types("nba-props init").code == 0
    typist.typed_everything("nba-props doctor", "nba-props backfill --season …")  # test_doctor, test_missed_slate


def test_a_column_of_another_type_is_converted(platform: Platform, typist: Typist) -> None:
    alter(platform, f"ALTER TABLE {TABLE} ALTER COLUMN {COLUMN} TYPE VARCHAR")
    assert typist.types("nba-props init").code == 2
    typist.reads("Stored tables are not as declared")
    block = re.search(r"```\n(.*?)```", typist.text, re.S)
    assert block
    words = {"t": TABLE, "c": COLUMN, "c_new": f"{COLUMN}_new", "INT64": "BIGINT"}
    lines = [line.partition("--")[0] for line in block[1].splitlines()]
    alter(platform, *(statement(line, **words) for line in lines))
    assert typist.types("nba-props init").code == 0
