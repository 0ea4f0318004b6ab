"""Refusals for SQL that is kept: constructs two engines take differently without a word, what BigQuery has not got, and
reads of every partition where a few are meant.

`lint` reads a statement with the types its columns are declared with, so that CAST of an INT64 is no finding and CAST of
a FLOAT64 is. It is for statements of this repository (`sql/`, constants): a person's own query is run as it is. What
the rendering makes safe by itself (`portable.py`) is no finding, unless the portable way is as short.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from nba_props.catalog.predictions import PLAYER_PROP_PREDICTIONS
from nba_props.catalog.registry import TABLES
from nba_props.io.warehouse.sqltext import PARAMETERS, parse, tables_read

_STAGED = "_staged"
_LONGEST_SNIPPET = 90

_FLOATS = frozenset(
    {exp.DataType.Type.FLOAT, exp.DataType.Type.DOUBLE, exp.DataType.Type.DECIMAL, exp.DataType.Type.UNKNOWN}
)
_ROUNDED = (exp.Round, exp.Floor, exp.Ceil, exp.Trunc)
_COMPARISONS = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In)
_WEEKS = ("WEEK", "ISOWEEK", "ISOYEAR", "DAYOFWEEK")
_KNOWN_BY_NAME = frozenset({"ERROR"})


@dataclass(frozen=True)
class Rule:
    """One construct: the nodes it may be found at, when it is one, and what to write instead."""

    nodes: tuple[type[Any], ...]
    is_broken: Callable[[Any], bool]
    advice: str


def lint(sql: str, rules: Sequence["Rule"] | None = None) -> list[str]:
    """Findings in a GoogleSQL statement, each with the text at fault and what to write instead; [] if there are none.

    By all rules, or by some: `NOT_IN_BIGQUERY` for a statement that no other engine runs.
    """
    statement = parse(sql)
    for parameter in list(statement.find_all(exp.Parameter)):
        parameter.replace(exp.cast(parameter.copy(), PARAMETERS[parameter.name], dialect="bigquery"))
    try:
        statement = _typed(statement)
    except SqlglotError as error:
        return [f"does not resolve against the catalogue: {str(error).splitlines()[0]}"]
    return list(dict.fromkeys(_findings(statement, RULES if rules is None else rules)))


def unfiltered_reads(sql: str) -> list[str]:
    """Partitioned tables that a GoogleSQL statement reads, or changes, whole, once for each such read; [] if there are none.

    A filter compares the partition column itself with what is known before anything is read (a parameter, a literal),
    and stands where it is asked of every row: in the WHERE beside the table, in the condition that joins it, or for the
    target of a MERGE in its ON (ON FALSE: in each WHEN that changes stored rows).
    """
    found = [(node, TABLES.get(f"{node.db}.{node.name}")) for node in parse(sql).find_all(exp.Table)]
    return [
        f"{table.full_name}: every partition is read; compare {table.partition_by} with a parameter"
        for node, table in found
        if table is not None and table.partition_by is not None and not _is_pruned(node, table.partition_by)
    ]


def _is_pruned(node: Any, column: str) -> bool:
    reader = node.find_ancestor(exp.Select, exp.DML)
    if isinstance(reader, exp.Merge) and reader.this is node:
        asked = _asked_of_target(reader)
    elif isinstance(reader, exp.Select | exp.Delete | exp.Update):
        where, join = reader.args.get("where"), node.parent if isinstance(node.parent, exp.Join) else None
        asked = [where and where.this, join and join.args.get("on")]
    else:  # what is inserted into or created is not read
        return True
    return any(_bounds(one, column, node.alias_or_name) for one in asked if one)


def _asked_of_target(merge: exp.Merge) -> list[Any]:
    changing = [one.args.get("condition") for one in merge.args["whens"].expressions if _changes_stored_rows(one)]
    if merge.args["on"] != exp.false():
        return [merge.args["on"]]
    return [exp.or_(*changing)] if changing and all(changing) else []


def _changes_stored_rows(when: Any) -> bool:
    return bool(when.args.get("matched") or when.args.get("source"))


def _bounds(condition: Any, column: str, table: str) -> bool:
    """Whether a condition can only be true of rows of partitions that are known beforehand."""
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        sides = [_bounds(side, column, table) for side in (condition.left, condition.right)]
        return any(sides) if isinstance(condition, exp.And) else all(sides)
    if not isinstance(condition, _COMPARISONS):
        return False
    compared: list[Any] = []
    known: list[Any] = []
    for operand in condition.iter_expressions():
        is_own = isinstance(operand, exp.Column) and operand.name == column and operand.table in ("", table)
        (compared if is_own else known).append(operand)
    return len(compared) == 1 and not any(one.find(exp.Column, exp.Query) for one in known)


def _findings(statement: exp.Expression, rules: Sequence[Rule]) -> Iterator[str]:
    for node in statement.walk():
        for rule in rules:
            if isinstance(node, rule.nodes) and rule.is_broken(node):
                yield f"{node.sql(dialect='bigquery')[:_LONGEST_SNIPPET]}: {rule.advice}"


def _typed(statement: Any) -> Any:
    """The statement with the type of every expression of its queries, where the catalogue knows all tables it reads."""
    if not tables_read(statement) <= {*TABLES, f"{PLAYER_PROP_PREDICTIONS.layer.dataset}.{_STAGED}"}:
        return statement
    kinds = (exp.Select, exp.SetOperation)
    for query in [one for one in statement.find_all(*kinds) if not one.find_ancestor(*kinds)]:
        resolved = qualify(query.copy(), schema=_schema(), dialect="bigquery", quote_identifiers=False)
        typed = annotate_types(resolved, schema=_schema(), dialect="bigquery")
        if query is statement:
            return typed
        query.replace(typed)
    return statement


@cache
def _schema() -> dict[str, Any]:
    """dataset -> table -> column -> GoogleSQL type."""
    schema: dict[str, Any] = {}
    for table in TABLES.values():
        schema.setdefault(table.layer.dataset, {})[table.name] = {one.name: one.type.value for one in table}
    main = PLAYER_PROP_PREDICTIONS
    schema[main.layer.dataset][_STAGED] = schema[main.layer.dataset][main.name]
    return schema


# -- what is asked of a node -------------------------------------------------------------------------------------------


def _always(_: Any) -> bool:
    return True


def _is_float(node: Any) -> bool:
    is_declared = isinstance(node, exp.Parameter)
    return not is_declared and (node.type is None or node.type.this in _FLOATS)


def _is_float_made_whole(cast: Any) -> bool:
    is_rounded = isinstance(cast.this.unnest(), _ROUNDED)
    return cast.to.this == exp.DataType.Type.BIGINT and _is_float(cast.this) and not is_rounded


def _is_float_made_text(cast: Any) -> bool:
    return cast.to.this == exp.DataType.Type.TEXT and _is_float(cast.this)


def _may_divide_by_zero(division: Any) -> bool:
    divisor = division.expression.unnest()
    is_number = divisor.is_number and float(divisor.name) != 0
    return not (is_number or isinstance(divisor, exp.Nullif))


def _counts_weeks(node: Any) -> bool:
    unit = node.this if isinstance(node, exp.Extract) else node.args.get("unit")
    return isinstance(unit, exp.WeekStart) or (unit is not None and unit.name.upper() in _WEEKS)


def _ignores_nulls_in_array(node: Any) -> bool:
    return node.find(exp.ArrayAgg) is not None


def _starts_at_zero(node: Any) -> bool:
    start = node.args.get("start")
    return start is not None and start.is_number and int(start.name) == 0


def _is_unordered(aggregate: Any) -> bool:
    return aggregate.find(exp.Order) is None


def _is_unknown(function: Any) -> bool:
    return function.name.upper() not in _KNOWN_BY_NAME


def _partitions_by_float(window: Any) -> bool:
    return any(one.type is not None and one.type.this in _FLOATS for one in window.args.get("partition_by") or ())


def _has_source(update: Any) -> bool:
    return update.args.get("from_") is not None


def _inserts_row(insert: Any) -> bool:
    return isinstance(insert.this, exp.Var) and insert.name.upper() == "ROW"


def _matches_by_no_equality(join: Any) -> bool:
    condition = join.args.get("on")
    if not join.side or condition is None:
        return False
    parts = condition.unnest().flatten() if isinstance(condition.unnest(), exp.And) else [condition.unnest()]
    return not any(isinstance(part, exp.EQ) and _is_of_both_sides(part, join.alias_or_name) for part in parts)


def _is_of_both_sides(equality: Any, joined: str) -> bool:
    sides = [{column.table for column in side.find_all(exp.Column)} for side in (equality.left, equality.right)]
    return {joined} in sides and any(side and joined not in side for side in sides)


def _asks_a_query(join: Any) -> bool:
    condition = join.args.get("on")
    return condition is not None and condition.find(exp.Query) is not None


def _keeps_duplicates(operation: Any) -> bool:
    return not operation.args.get("distinct")


def _partitions_by_no_date(clause: Any) -> bool:
    """A bare column; an expression (DATE(at), a range of integers) is for the analyzer."""
    kinds = _declared_columns(clause)
    return clause.this.name in kinds and kinds[clause.this.name] != exp.DataType.Type.DATE


def _clusters_by_float(clause: Any) -> bool:
    kinds = _declared_columns(clause)
    return any(kinds.get(column.name) in _FLOATS for column in clause.expressions)


def _declared_columns(clause: Any) -> dict[str, Any]:
    return {one.name: one.args["kind"].this for one in clause.find_ancestor(exp.Create).find_all(exp.ColumnDef)}


def _is_no_table(node: Any) -> bool:
    return "*" in node.name or node.name.startswith("__") or not isinstance(node.this, exp.Identifier)


NOT_IN_BIGQUERY: tuple[Rule, ...] = (
    Rule((exp.OnConflict, exp.Lock), _always, "BigQuery has no such clause"),
    Rule((exp.Window,), _partitions_by_float, "BigQuery refuses PARTITION BY FLOAT64; key by an integer (line_x10)"),
    Rule((exp.PartitionedByProperty,), _partitions_by_no_date, "BigQuery partitions a table by a DATE column"),
    Rule((exp.ClusterProperty,), _clusters_by_float, "BigQuery clusters by no FLOAT64; key by an integer (line_x10)"),
    Rule((exp.Join,), _matches_by_no_equality, "BigQuery makes outer joins only where an equality matches both sides"),
    Rule((exp.Join,), _asks_a_query, "BigQuery has no subquery in a join's condition; join it first"),
    Rule((exp.Except, exp.Intersect), _keeps_duplicates, "BigQuery has EXCEPT DISTINCT and INTERSECT DISTINCT only"),
)
"""What GoogleSQL's reference analyzer takes, or a typo may bring, and BigQuery refuses."""

RULES: tuple[Rule, ...] = (
    Rule((exp.Cast,), _is_float_made_whole, "halves round differently; ROUND or FLOOR it first"),
    Rule((exp.Cast,), _is_float_made_text, "25.0 is '25' here and '25.0' there; make it an INT64 first"),
    Rule(
        (exp.Div, exp.IntDiv, exp.Mod), _may_divide_by_zero, "an error or infinity where the divisor is 0; SAFE_DIVIDE"
    ),
    Rule((exp.TimestampDiff,), _always, "elapsed units or boundaries crossed; subtract UNIX_MICROS"),
    Rule(
        (exp.Extract, exp.DateTrunc, exp.DateDiff, exp.TimestampTrunc, exp.LastDay),
        _counts_weeks,
        "weeks begin and are numbered differently; count days",
    ),
    Rule((exp.IgnoreNulls,), _ignores_nulls_in_array, "filter the NULLs out before ARRAY_AGG"),
    Rule((exp.RegexpExtract,), _always, "NULL or '' where nothing matches; take the text apart where rows are made"),
    Rule((exp.Format, exp.TimeToStr), _always, "format in Python; here concatenate"),
    Rule(
        (exp.ApproxDistinct, exp.ApproxQuantiles, exp.ApproxQuantile, exp.ApproxTopK),
        _always,
        "each engine approximates in its own way",
    ),
    Rule((exp.Substring,), _starts_at_zero, "positions count from 1"),
    Rule((exp.GroupConcat, exp.ArrayAgg), _is_unordered, "any order may come out; give it an ORDER BY"),
    Rule((exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime), _always, "the clock is @now"),
    Rule((exp.Rand, exp.Uuid, exp.AnyValue), _always, "the answer changes from run to run"),
    Rule(
        (exp.SafeFunc, exp.FarmFingerprint, exp.ParseDatetime, exp.IsNan),
        _always,
        "the embedded engine has no such function",
    ),
    Rule((exp.Anonymous,), _is_unknown, "no function of the portable subset"),
    Rule((exp.Update,), _has_source, "several sources are an error or any one of them; MERGE"),
    Rule((exp.Insert,), _inserts_row, "name the columns"),
    Rule((exp.Table,), _is_no_table, "only tables of the catalogue"),
    *NOT_IN_BIGQUERY,
)
"""All of it: those and what another engine takes differently without a word."""
