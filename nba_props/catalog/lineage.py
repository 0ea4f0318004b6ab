"""Which columns each column of a SQL-built table is computed from, as committed beside this module (`lineage.json`).

Read off the queries by `nba_props.io.warehouse.lineage`, which a test repeats.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LINEAGE = Path(__file__).parent / "lineage.json"

Source = tuple[str, str, str]
"""Dataset, table and column."""
Lineage = Mapping[str, Mapping[str, tuple[Source, ...]]]
"""By full table name and column."""


@cache
def column_lineage() -> Lineage:
    """What the file says."""
    told = json.loads(LINEAGE.read_text(encoding="utf-8"))
    return {
        table: {column: tuple(_source(one) for one in found) for column, found in columns.items()}
        for table, columns in told.items()
    }


def _source(text: str) -> Source:
    dataset, table, column = text.split(".")
    return dataset, table, column
