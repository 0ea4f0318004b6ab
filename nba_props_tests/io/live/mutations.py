"""Damages what a source sent at random, from a seed, and holds a parser to what damage may do: reject it, or cost the rows hit.

The one engine for all live sources: JSON documents are damaged in one place (`mutants`), bodies of any kind in their bytes.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from nba_props.io.sources.live.contract import Parsed, PayloadRejected, Row
from nba_props_tests.io.live.payload_kit import judged

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document to something in it."""


@dataclass(frozen=True)
class Mutant:
    """A document with one thing wrong. `place` is where; all else is shared with the original, which stays as it was."""

    kind: str
    place: Place
    document: Any


# -- what may come of it ------------------------------------------------------------------------------------------------
def assert_survives(
    parse: Callable[[Any], Parsed],
    document: Any,
    word_of: Callable[[Row], Any],
    *,
    rows_in: Collection[str | None],
    count: int,
    seed: int = 20240115,
    harmless: Collection[str] = (),
    sides: int = 1,
) -> None:
    """Damages a document in `count` ways, one at a time. Nothing but PayloadRejected may come of it, what is read must fit
    into columns and be fit to be judged, rows that the damage does not touch stay as they were, and none are invented.

    `rows_in` names the lists whose elements are the units that damage in them may cost (None: the document is such a list);
    `word_of` is a word of a row that stands in its unit and in no other; damage to what is `harmless`, at the top, costs
    nothing; of a row that is made of several `sides`, damage may make as many.
    """
    sound = [(frozen(row), str(word_of(row))) for rows in parse(document).rows.values() for _, row in rows]
    before, survived, rejections = Counter(row for row, _ in sound), 0, 0
    touched_by = _Touched(document, sound)
    for mutant in mutants(document, seed, count):
        try:
            parsed = parse(mutant.document)
        except PayloadRejected:
            rejections += 1
            continue
        survived += 1
        touched = touched_by[_unit(mutant, rows_in, harmless)]
        after = Counter(frozen(row) for rows in parsed.rows.values() for _, row in rows)
        lost, new = before - touched - after, after - before
        assert not lost, f"{mutant.kind} at {mutant.place} lost or changed {next(iter(lost))}"
        assert new.total() <= sides * touched.total(), f"{mutant.kind} at {mutant.place} invented a row"
        if new:
            _assert_fit_for_the_border(parsed, new, is_judged=survived % 25 == 0)
    assert rejections > 0
    assert survived > count / 4


class _Touched(dict[Place | None, Counter[Any]]):
    """The rows that damage in a unit may cost: those whose word stands in it. Looked up once a unit."""

    def __init__(self, document: Any, sound: list[tuple[Any, str]]) -> None:
        super().__init__()
        self.document, self.sound = document, sound

    def __missing__(self, unit: Place | None) -> Counter[Any]:
        words = set() if unit is None else _words(_at(self.document, unit))
        self[unit] = Counter(row for row, word in self.sound if word in words)
        return self[unit]


def _unit(mutant: Mutant, rows_in: Collection[str | None], harmless: Collection[str]) -> Place | None:
    """The innermost unit that the damage lies in, the document at the outermost; None for damage that may cost nothing."""
    place = mutant.place
    if mutant.kind == "add" or (place[:1] and place[0] in harmless):
        return None
    if mutant.kind == "reorder" and _is_list_of_rows(place, rows_in):
        return None
    inside = (at for at in reversed(range(len(place))) if _is_list_of_rows(place[:at], rows_in))
    return next((place[: at + 1] for at in inside if isinstance(place[at], int)), ())


def _is_list_of_rows(place: Place, rows_in: Collection[str | None]) -> bool:
    return (place[-1] if place else None) in rows_in


def _words(node: Any) -> set[str]:
    return set(json.dumps(node).replace('"', " ").replace(",", " ").replace("[", " ").replace("]", " ").split())


def frozen(row: Row) -> tuple[tuple[str, Any], ...]:
    """A row as something that can be counted."""
    return tuple(sorted(row.items()))


def _assert_fit_for_the_border(parsed: Parsed, new: Counter[Any], is_judged: bool) -> None:
    for sheet, rows in parsed.rows.items():
        pa.Table.from_pylist([dict(row) for _, row in rows if frozen(row) in new])
        if is_judged:
            judged(parsed, sheet)


def assert_refuses_broken_bodies(
    parse: Callable[[bytes], Parsed], document: Any, count: int, seed: int = 20240116
) -> None:
    """A JSON body that ends early or is followed by more, and what is no JSON, is rejected; with a wrong byte in it, it is
    read or rejected.
    """
    body = json.dumps(document).encode()
    for broken in (*_NO_JSON, body + b"]", *truncations(body, seed, count)):
        with pytest.raises(PayloadRejected):
            parse(broken)
    survivors(parse, with_wrong_bytes(body, seed, count))


def survivors(parse: Callable[[bytes], Parsed], bodies: Iterator[bytes]) -> list[Parsed]:
    """What could be read of damaged bodies; the others may be rejected, and nothing else may come of them."""
    read = []
    for body in bodies:
        try:
            read.append(parse(body))
        except PayloadRejected:
            continue
    return read


# -- damage to bytes ----------------------------------------------------------------------------------------------------
_NO_JSON = (b"", b"<html>", b"\xff\xfe", b"[" * 100_000)


def truncations(body: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` bodies that break off somewhere."""
    chance = random.Random(seed)
    for _ in range(count):
        yield body[: chance.randrange(len(body))]


def with_wrong_bytes(body: bytes, seed: int, count: int, most: int = 1) -> Iterator[bytes]:
    """`count` bodies with up to `most` bytes replaced."""
    chance = random.Random(seed)
    for _ in range(count):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, most)):
            damaged[chance.randrange(len(body))] = chance.randrange(256)
        yield bytes(damaged)


def with_junk(body: bytes, junk: tuple[bytes, ...], seed: int, count: int) -> Iterator[bytes]:
    """`count` bodies in which junk stands in the place of up to eight bytes."""
    chance = random.Random(seed)
    for _ in range(count):
        start = chance.randrange(len(body))
        yield body[:start] + chance.choice(junk) + body[start + chance.randrange(9) :]


# -- damage to documents ------------------------------------------------------------------------------------------------
_OTHER_VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    0,
    -1,
    -1.5,
    12.5,
    "",
    "x",
    "00",
    [],
    {},
    [[]],
    [None],
    ["x"],
    {"id": "x"},
)
_HUGE: tuple[Any, ...] = (10**30, -(10**19), 2**63, 1e308, float("inf"), float("nan"), 10**400)
_ODD_TEXTS = (
    *("\ud800", "\x00", "é" * 5000, "12345", " "),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2024-13-45T99:00:00Z"),
)


def mutants(document: Any, seed: int, count: int) -> Iterator[Mutant]:
    """`count` documents, each with one thing dropped, doubled, reordered, added or replaced by another value."""
    chance = random.Random(seed)
    places = list(_places(document, ()))
    fitting = {kind: [place for place in places if _fits(kind, document, place)] for kind in _KINDS}
    for _ in range(count):
        kind = chance.choice(list(_KINDS))
        place = chance.choice(fitting[kind])
        yield Mutant(kind, place, _KINDS[kind](document, place, chance))


def _places(node: Any, here: Place) -> Iterator[Place]:
    yield here
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _places(child, (*here, key))


def _at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def _changed(node: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    """A document with what is at the place changed; only the containers on the way are copied."""
    if not place:
        return change(node)
    copy = node.copy()
    copy[place[0]] = _changed(node[place[0]], place[1:], change)
    return copy


def _fits(kind: str, document: Any, place: Place) -> bool:
    node = _at(document, place)
    if kind == "drop":
        return bool(place)
    if kind == "double":
        return bool(place) and isinstance(place[-1], int)
    if kind == "reorder":
        return isinstance(node, (list, dict)) and len(node) > 1
    return isinstance(node, dict) if kind == "add" else True


def _drop(document: Any, place: Place, chance: random.Random) -> Any:
    def without(parent: Any) -> Any:
        copy = parent.copy()
        del copy[place[-1]]
        return copy

    return _changed(document, place[:-1], without)


def _double(document: Any, place: Place, chance: random.Random) -> Any:
    return _changed(document, place[:-1], lambda parent: [*parent, parent[place[-1]]])


def _reorder(document: Any, place: Place, chance: random.Random) -> Any:
    def shuffled(node: Any) -> Any:
        items = list(node.items()) if isinstance(node, dict) else list(node)
        chance.shuffle(items)
        return dict(items) if isinstance(node, dict) else items

    return _changed(document, place, shuffled)


def _add(document: Any, place: Place, chance: random.Random) -> Any:
    return _changed(document, place, lambda node: node | {"somethingNew": chance.choice(_OTHER_VALUES)})


def _replace_by(values: tuple[Any, ...]) -> Callable[[Any, Place, random.Random], Any]:
    return lambda document, place, chance: _changed(document, place, lambda _: chance.choice(values))


_KINDS: dict[str, Callable[[Any, Place, random.Random], Any]] = {
    "drop": _drop,
    "double": _double,
    "reorder": _reorder,
    "add": _add,
    "replace": _replace_by(_OTHER_VALUES),
    "huge": _replace_by(_HUGE),
    "odd_text": _replace_by(_ODD_TEXTS),
}
