"""The ways in which a source misbehaves, each on request: which answers are spoilt, how, and how often.

What spoils the connection (slow, cut short, reset) is told here and done by `server`; what spoils the document is done here.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from nba_props.errors import BadInput
from nba_props.io.sources.live.contract import Source

CLOCK_SKEW: Final = timedelta(hours=3)
"""How far ahead a source's clock is, where it is wrong."""
EVERY_SOURCE: Final = "all"
_NEXT_STEP = "Write it as SOURCE:KIND or SOURCE:KIND:TIMES, for example odds_api:429:2 or all:slow."


class Kind(StrEnum):
    """What goes wrong."""

    TOO_MANY = "429"
    TOO_MANY_WITH_RETRY_AFTER = "429-retry-after"
    ERROR = "500"
    SLOW = "slow"
    TRUNCATED = "truncated"
    HTML = "html"
    EMPTY = "empty"
    RESET = "reset"
    CLOCK_SKEW = "clock-skew"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    NEW_FIELD = "new-field"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"


OF_ROWS: Final = frozenset({Kind.DUPLICATED, Kind.REORDERED, Kind.NEW_FIELD, Kind.MISSING_FIELD, Kind.WRONG_TYPE})
"""Kinds that change the rows of a JSON document."""
_WITHOUT_JSON = (Source.BASKETBALL_REFERENCE, Source.INJURY_REPORT)


@dataclass(frozen=True)
class Fault:
    """One kind of misbehaviour of a source (None: of each), on paths that match a shell pattern.

    `times`: for the first so many requests (None: always). `seconds`: how long a slow answer takes, and what `Retry-After`
    says. `field`: what is missing or of the wrong type in each row that has it; empty for a row's first field. Raises BadInput for
    what cannot be done: no times, rows of a source that sends no JSON.
    """

    source: Source | None
    kind: Kind
    path: str = "*"
    times: int | None = None
    seconds: float = 2.0
    field: str = ""

    def __post_init__(self) -> None:
        """Refuse what would silently do nothing."""
        if self.times is not None and self.times < 1:
            raise BadInput(f"A fault cannot happen {self.times} times.", next_step=_NEXT_STEP)
        if self.seconds < 0:
            raise BadInput(f"A fault cannot take {self.seconds:g} seconds.", next_step=_NEXT_STEP)
        if self.kind in OF_ROWS and self.source in _WITHOUT_JSON:
            raise BadInput(f"{self.source} sends no JSON whose rows could be {self.kind}.", next_step=_NEXT_STEP)

    def concerns(self, source: Source, path: str) -> bool:
        """TRUE if a request is one of those that it spoils."""
        return self.source in (None, source) and fnmatchcase(path, self.path)

    def as_json(self) -> Mapping[str, Any]:
        """As it is written in `/_control`."""
        source = EVERY_SOURCE if self.source is None else self.source.value
        shown = {"path": self.path, "times": self.times, "seconds": self.seconds, "field": self.field}
        return {"source": source, "kind": self.kind.value, **shown}


def fault_from_text(text: str) -> Fault:
    """A fault as typed: SOURCE:KIND or SOURCE:KIND:TIMES, where SOURCE may be `all`. Raises BadInput."""
    source, _, rest = text.partition(":")
    kind, _, times = rest.partition(":")
    if times and not times.isdecimal():
        raise BadInput(f"{times!r} is no number of times.", next_step=_NEXT_STEP)
    return Fault(_source(source), _kind(kind), times=int(times) if times else None)


def fault_from_json(value: Any) -> Fault:
    """A fault as written in `/_control`: an object with source and kind, the rest as wanted. Raises BadInput."""
    if not isinstance(value, dict) or not value.keys() <= {"source", "kind", "path", "times", "seconds", "field"}:
        raise BadInput(
            f"{value!r} is no fault.", next_step="Give source, kind and, if wanted, path, times, seconds, field."
        )
    rest = {name: given for name, given in value.items() if name not in ("source", "kind")}
    wrong = [name for name, given in rest.items() if not isinstance(given, _TYPES[name])]
    if wrong:
        raise BadInput(f"{', '.join(wrong)} of a fault is of the wrong type.", next_step=_NEXT_STEP)
    return Fault(_source(str(value.get("source"))), _kind(str(value.get("kind"))), **rest)


_TYPES: Mapping[str, Any] = {"path": str, "times": int | None, "seconds": int | float, "field": str}


def _source(word: str) -> Source | None:
    if word == EVERY_SOURCE:
        return None
    if word not in list(Source):
        raise BadInput(
            f"There is no source {word!r}.", next_step=f"Sources are {', '.join(Source)} and {EVERY_SOURCE}."
        )
    return Source(word)


def _kind(word: str) -> Kind:
    if word not in list(Kind):
        raise BadInput(f"There is no fault {word!r}.", next_step=f"Faults are {', '.join(Kind)}.")
    return Kind(word)


# -- spoilt documents ---------------------------------------------------------------------------------------------------
def spoilt(body: bytes, fault: Fault) -> bytes:
    """A JSON document with its rows, or its timestamps, spoilt; the same document is always spoilt in the same way."""
    document = json.loads(body)
    if fault.kind is Kind.CLOCK_SKEW:
        _skew(document)
    else:
        rows, headers = _rows(document)
        _SPOIL[fault.kind](rows, headers, fault.field)
    return json.dumps(document, separators=(",", ":")).encode()


def _rows(document: Any) -> tuple[list[Any], list[Any] | None]:
    """The longest list of objects or lists in a document, and the names of its columns where rows are bare lists."""
    found = list(_lists(document, None))
    return max(found, key=lambda pair: len(pair[0]), default=([], None))


def _lists(value: Any, headers: list[Any] | None) -> Iterable[tuple[list[Any], list[Any] | None]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _lists(one, _columns(value) if name == "rowSet" else None)
    elif isinstance(value, list):
        if value and (_are_all(value, dict) or _are_all(value, list)):
            yield value, headers
        for one in value:
            yield from _lists(one, None)


def _are_all(rows: list[Any], kind: type) -> bool:
    """TRUE if every row is of the kind and holds something to spoil."""
    return all(isinstance(row, kind) and row for row in rows)


def _columns(result_set: Mapping[str, Any]) -> list[Any]:
    """Names of the columns; where there are two lines of headings, those of the second."""
    headers: list[Any] = result_set["headers"]
    return headers[-1]["columnNames"] if isinstance(headers[-1], dict) else headers


def _duplicate(rows: list[Any], _headers: list[Any] | None, _field: str) -> None:
    rows.extend(rows[: max(len(rows) // 3, 1)])


def _reorder(rows: list[Any], _headers: list[Any] | None, _field: str) -> None:
    random.Random(len(rows)).shuffle(rows)


def _add_field(rows: list[Any], headers: list[Any] | None, _field: str) -> None:
    if headers is not None:
        headers.append("UNANNOUNCED")
    for row in rows:
        if isinstance(row, dict):
            row["unannounced"] = {"since": "today"}
        else:
            row.append("today")


def _drop_field(rows: list[Any], headers: list[Any] | None, field: str) -> None:
    for row, place in _places(rows, headers, field):
        del row[place]
    if headers is not None and (not field or field in headers):
        del headers[headers.index(field) if field else 0]


def _change_type(rows: list[Any], headers: list[Any] | None, field: str) -> None:
    for row, place in _places(rows, headers, field):
        row[place] = {"value": row[place]}


def _places(rows: list[Any], headers: list[Any] | None, field: str) -> Iterable[tuple[Any, Any]]:
    """Each row that has the field, and where it stands: its name in an object, its number in a list."""
    for row in rows:
        if isinstance(row, dict):
            place: Any = field or next(iter(row))
            is_there = place in row
        else:
            place = (headers or []).index(field) if field in (headers or []) else 0
            is_there = not field or field in (headers or [])
        if is_there:
            yield row, place


_SPOIL: Mapping[Kind, Callable[[list[Any], list[Any] | None, str], None]] = {
    Kind.DUPLICATED: _duplicate,
    Kind.REORDERED: _reorder,
    Kind.NEW_FIELD: _add_field,
    Kind.MISSING_FIELD: _drop_field,
    Kind.WRONG_TYPE: _change_type,
}

_WRITTEN_AT = ("timestamp", "previous_timestamp", "next_timestamp", "last_update", "updated")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")


def _skew(value: Any) -> None:
    """Move every field that says when the source wrote something; when a game is played stays."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in _WRITTEN_AT and isinstance(one, str) and _INSTANT.fullmatch(one):
                value[name] = _later(one)
            else:
                _skew(one)
    elif isinstance(value, list):
        for one in value:
            _skew(one)


def _later(text: str) -> str:
    style = f"%Y-%m-%d{text[10]}%H:%M:%S{'Z' if text.endswith('Z') else ''}"
    return (datetime.strptime(text, style) + CLOCK_SKEW).strftime(style)  # noqa: DTZ007 - shifted as written
