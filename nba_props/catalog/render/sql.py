"""GoogleSQL statements that follow from a declaration alone: range replacement, upsert, grain duplicates.

Tables have their logical names (`nba_raw.schedule`) and values are @params; the warehouse renames and renders for its
engine. SQL that says what a table *means* lives in `sql/`; consolidation has its own text.
"""

from collections.abc import Sequence

from nba_props.catalog.model import Table


def select_list(table: Table, alias: str = "") -> str:
    """The columns in declared order, comma-separated, each behind `alias.` if one is given."""
    return ", ".join(_qualified(table.column_names, alias))


def replace_range_merge(table: Table, select_sql: str) -> str:
    """One MERGE that replaces partitions @start_date..@end_date (an unpartitioned table: every row) by a SELECT.

    `ON FALSE` matches nothing: what is stored in the range goes, what is selected comes, in one atomic statement. A
    selected row outside the range would stay behind on the next run, so it is an error of the statement; so is a NULL in
    a required column.
    """
    return f"""MERGE INTO {table.full_name} AS T
USING (
SELECT {", ".join(_ranged(table))} FROM (
{select_sql.strip().rstrip(";")}
)
) AS S
ON FALSE
WHEN NOT MATCHED BY SOURCE{_in_range(table)} THEN DELETE
{_insert(table)}"""


def insert_range(table: Table, select_sql: str) -> str:
    """The second half of a range replacement for an engine with transactions (the first is a DELETE of the range).

    The same guards as `replace_range_merge`: a selected row outside @start_date..@end_date, or one that lacks a required
    value, fails the statement.
    """
    return f"""INSERT INTO {table.full_name} ({select_list(table)})
SELECT {", ".join(_ranged(table))} FROM (
{select_sql.strip().rstrip(";")}
)"""


def upsert_merge(table: Table, source_name: str, keep_first: Sequence[str] = ()) -> str:
    """One MERGE by grain from the rows of `source_name`, which has the declared columns.

    Rows equal apart from `keep_first` columns are untouched; those columns are written on insert and never again. A
    grain offered twice is an error of the statement (new, both rows would be inserted). KeyError if `keep_first` names
    no column.
    """
    kept = {table[name].name for name in keep_first}.union(table.grain)
    mutable = [name for name in table.column_names if name not in kept]
    same_row = " AND ".join(f"T.{name} = S.{name}" for name in table.grain)
    return "\n".join(
        [
            f"MERGE INTO {table.full_name} AS T",
            f"USING (SELECT {', '.join(_unrepeated(table))} FROM {source_name}) AS S",
            f"ON {same_row}",
            *([_update(mutable)] if mutable else []),
            _insert(table),
        ]
    )


def grain_duplicates(table: Table) -> str:
    """How often the grain is broken: no rows, or a count of 0, is a sound table.

    Partitioned: (partition_date, duplicate_grains) for each date in @start_date..@end_date that holds a grain stored
    more than once, its other copies counted wherever they are. Unpartitioned: one row, duplicate_grains.
    """
    grain = ", ".join(table.grain)
    if table.partition_by is None:
        return f"""SELECT COUNT(*) AS duplicate_grains
FROM (SELECT {grain} FROM {table.full_name} GROUP BY {grain} HAVING COUNT(*) > 1)"""
    in_range = f"{table.partition_by} BETWEEN @start_date AND @end_date"
    # A grain without the date may have its second copy on any date; one with it needs no other partition read.
    read = f"WHERE {in_range}" if table.partition_by in table.grain else ""
    keys = ", ".join(dict.fromkeys((table.partition_by, *table.grain)))
    return f"""SELECT {table.partition_by} AS partition_date, COUNT(*) AS duplicate_grains
FROM (
SELECT {keys}, SUM(COUNT(*)) OVER (PARTITION BY {grain}) AS copies
FROM {table.full_name} {read}
GROUP BY {keys}
)
WHERE copies > 1 AND {in_range}
GROUP BY {table.partition_by}
ORDER BY {table.partition_by}"""


def _qualified(names: Sequence[str], alias: str) -> list[str]:
    return [f"{alias}.{name}" if alias else name for name in names]


def _ranged(table: Table) -> list[str]:
    """The columns; the partition column an error outside the range, another where a required column is NULL.

    The store itself does not refuse a NULL in a required column that a migration added.
    """
    guards = {}
    if table.partition_by is not None:
        is_inside = f"{table.partition_by} BETWEEN @start_date AND @end_date"
        guards[table.partition_by] = _guard(
            table, table.partition_by, is_inside, "a row is outside the range being replaced"
        )
    required = " AND ".join(f"{column.name} IS NOT NULL" for column in table if not column.is_nullable)
    other = next(name for name in table.column_names if name != table.partition_by)
    guards[other] = _guard(table, other, required, "a required column is NULL")
    return [guards.get(name, name) for name in table.column_names]


def _unrepeated(table: Table) -> list[str]:
    """The columns, the last one of the grain an error where another row has the same grain."""
    is_single = f"COUNT(*) OVER (PARTITION BY {', '.join(table.grain)}) = 1"
    last = table.grain[-1]
    guard = _guard(table, last, is_single, f"two rows have the same {', '.join(table.grain)}")
    return [guard if name == last else name for name in table.column_names]


def _guard(table: Table, guarded: str, condition: str, refusal: str) -> str:
    return f"IF({condition}, {guarded}, ERROR('{table.full_name}: {refusal}')) AS {guarded}"


def _in_range(table: Table) -> str:
    return "" if table.partition_by is None else f" AND T.{table.partition_by} BETWEEN @start_date AND @end_date"


def _update(names: Sequence[str]) -> str:
    differs = " OR ".join(f"T.{name} IS DISTINCT FROM S.{name}" for name in names)
    return f"WHEN MATCHED AND ({differs}) THEN UPDATE SET {', '.join(f'{name} = S.{name}' for name in names)}"


def _insert(table: Table) -> str:
    return f"WHEN NOT MATCHED THEN INSERT ({select_list(table)}) VALUES ({select_list(table, 'S')})"
