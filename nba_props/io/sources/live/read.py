"""Landed answers through the parsers of their sources, one by one: what each says, or why it says nothing.

A payload of an unknown shape sinks only itself: its bytes stay, and the reason is kept. Not here: what rows of several
payloads become together (`assemble`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from nba_props.io.landing import Landed
from nba_props.io.sources.archive.border import INSTANT, Distinct
from nba_props.io.sources.live.contract import Outcome, Parsed, Payload, PayloadRejected, Row, Source

Parsers = Mapping[tuple[Source, str], Callable[[Payload], Parsed]]
"""The parser of each feed, by source and feed name."""


@dataclass(frozen=True)
class ReadPayload:
    """One landed answer without its body: where and when it came from, its rows, and why there are none.

    It could not be read (`rejection`), or a later answer to the same request tells all of it again (`is_superseded`).
    """

    ref: str
    source: Source
    feed: str
    day: date
    label: str
    fetched_at: datetime
    outcome: Outcome
    status: int
    size: int
    parsed: Parsed = field(default_factory=Parsed)
    rejection: str | None = None
    is_superseded: bool = False

    @property
    def document(self) -> tuple[Source, str, str]:
        """What two answers share of which the later one replaces the earlier: source, feed and label."""
        return self.source, self.feed, self.label


def read_payload(payload: Payload, parsers: Parsers) -> ReadPayload:
    """A landed answer, parsed. Raises nothing for what a payload holds; an answer without content has no rows."""
    parsed, rejection = Parsed(), None
    if payload.outcome is Outcome.CONTENT:
        try:
            parsed = _parser(payload, parsers)(payload)
        except PayloadRejected as rejected:
            rejection = rejected.message
    return _of(payload, len(payload.body), parsed, rejection)


def unread(landed: Landed, *, is_superseded: bool) -> ReadPayload:
    """A landed answer that need not be read: it has no content, or a later one makes it needless."""
    return _of(landed, landed.size, Parsed(), None, is_superseded=is_superseded)


def _of(
    answer: Payload | Landed, size: int, parsed: Parsed, rejection: str | None, *, is_superseded: bool = False
) -> ReadPayload:
    return ReadPayload(
        ref=answer.ref,
        source=answer.source,
        feed=answer.feed,
        day=answer.day,
        label=answer.label,
        fetched_at=answer.fetched_at,
        outcome=answer.outcome,
        status=answer.status,
        size=size,
        parsed=parsed,
        rejection=rejection,
        is_superseded=is_superseded,
    )


def _parser(payload: Payload, parsers: Parsers) -> Callable[[Payload], Parsed]:
    parser = parsers.get((payload.source, payload.feed))
    if parser is None:
        raise PayloadRejected(
            payload.source,
            f"no parser knows the feed {payload.feed!r}.",
            next_step="Its bytes stay landed; a version that knows the feed reads them.",
        )
    return parser


@dataclass(frozen=True)
class SheetRows:
    """Rows of one sheet, of however many payloads, on their way through the border (`archive.border.Rows`)."""

    rows: Sequence[tuple[ReadPayload, int, Row]]

    def distinct(self, name: str) -> Distinct:
        """A column's values, told apart by type: 1, 1.0 and TRUE are three. What cannot be hashed is a value of its own."""
        codes: dict[tuple[type, Any], int] = {}
        found: list[Any] = []
        indices: list[int | None] = []
        for _, _, row in self.rows:
            value = row.get(name)
            indices.append(None if _is_missing(value) else _code(value, codes, found))
        return found, pa.array(indices, pa.int32())

    def places(self) -> Mapping[str, pa.Array]:
        """Payload, number in it, source and instant of every row."""
        return {
            "payload_ref": pa.array([payload.ref for payload, _, _ in self.rows], pa.string()),
            "row_number": pa.array([number for _, number, _ in self.rows], pa.int64()),
            "source": pa.array([str(payload.source) for payload, _, _ in self.rows], pa.string()),
            "fetched_at": pa.array([payload.fetched_at for payload, _, _ in self.rows], INSTANT),
        }


def _is_missing(value: Any) -> bool:
    """None, NaN and blank text are no value, as in an archive."""
    return (
        value is None or (isinstance(value, float) and value != value) or (isinstance(value, str) and not value.strip())
    )


def _code(value: Any, codes: dict[tuple[type, Any], int], found: list[Any]) -> int:
    try:
        code = codes.setdefault((type(value), value), len(found))
    except TypeError:
        code = len(found)
    if code == len(found):
        found.append(value)
    return code
