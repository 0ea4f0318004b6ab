"""What GoogleSQL implies, said outright, wherever another engine would silently take it otherwise.

Each entry turns a GoogleSQL expression into a longer GoogleSQL expression of the same meaning, never into another
engine's words: rendering is sqlglot's. It is for statements that people write by hand; what `sql/` must not use at all
is refused by `lint.py`, and a difference that depends on types belongs there, not here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

_MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_DATE_UNITS = frozenset({"DAY", "MONTH", "QUARTER", "YEAR"})


def explicit(statement: exp.Expression, parameter_types: Mapping[str, str]) -> exp.Expression:
    """The statement (changed in place) with every such expression replaced; `parameter_types` says what each @param is."""
    implied = [node for node in statement.walk() if type(node) in _MEANINGS]
    for node in reversed(implied):  # from the inside out
        node.replace(_MEANINGS[type(node)](node))
    for parameter in list(statement.find_all(exp.Parameter)):
        parameter.replace(exp.cast(parameter.copy(), parameter_types[parameter.name], dialect="bigquery"))
    return statement


def _count_if(node: exp.Expression) -> exp.Expression:
    """COUNTIF is 0, not NULL, where no condition is known."""
    if isinstance(node.this, exp.Distinct):
        return node
    return exp.Count(this=exp.If(this=node.this, true=exp.Literal.number(1)))


def _unix_seconds(node: exp.Expression) -> exp.Expression:
    """Fractions of a second are cut off, not rounded."""
    return exp.UnixSeconds(this=exp.TimestampTrunc(this=node.this, unit=exp.var("SECOND")))


def _timestamp_diff(node: exp.Expression) -> exp.Expression:
    """Whole units elapsed, not boundaries crossed."""
    unit = _MICROSECONDS.get(node.args["unit"].name.upper())
    if unit is None:
        return node
    elapsed = exp.Sub(this=exp.UnixMicros(this=node.this), expression=exp.UnixMicros(this=node.expression))
    return exp.IntDiv(this=exp.paren(elapsed), expression=exp.Literal.number(unit))


def _extracted(node: exp.Extract) -> exp.Expression:
    """Days of the week count from Sunday, which is 1 (and 1970 began on a Thursday)."""
    if node.name.upper() != "DAYOFWEEK" or isinstance(node.expression, exp.AtTimeZone):
        return node
    days = exp.UnixDate(this=exp.cast(node.expression, exp.DataType.Type.DATE))
    weekday = exp.Mod(this=exp.paren(days + 4), expression=exp.Literal.number(7))
    return exp.paren(weekday + 1)


def _date(node: exp.Expression) -> exp.Expression:
    """A DATE moved or truncated by whole days or more is a DATE."""
    unit = node.args.get("unit")
    is_whole_days = unit is not None and unit.name.upper() in _DATE_UNITS
    return exp.cast(node.copy(), exp.DataType.Type.DATE) if is_whole_days else node


def _division(node: exp.Expression) -> exp.Expression:
    """A division by zero is an error, not infinity."""
    divisor = node.expression
    if isinstance(divisor, exp.Nullif) or (divisor.is_number and float(divisor.name) != 0):
        return node
    refusal = exp.Anonymous(this="ERROR", expressions=[exp.Literal.string("division by zero: use SAFE_DIVIDE")])
    checked = exp.If(this=exp.EQ(this=divisor.copy(), expression=exp.Literal.number(0)), true=refusal, false=divisor)
    return exp.Div(this=node.this, expression=checked)


def _float(node: exp.Expression) -> exp.Expression:
    """0.1 is a FLOAT64, not a decimal."""
    is_decimal = not node.is_string and "." in node.name and "e" not in node.name.lower()
    return exp.Literal.number(f"{node.name}e0") if is_decimal else node


_MEANINGS: dict[type[Any], Callable[[Any], exp.Expression]] = {
    exp.CountIf: _count_if,
    exp.UnixSeconds: _unix_seconds,
    exp.TimestampDiff: _timestamp_diff,
    exp.Extract: _extracted,
    exp.DateAdd: _date,
    exp.DateSub: _date,
    exp.DateTrunc: _date,
    exp.Div: _division,
    exp.Literal: _float,
}
