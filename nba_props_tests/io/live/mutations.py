"""Damages JSON documents at random, from a seed: what a source might one day send by mistake or on purpose."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document to something in it."""


@dataclass(frozen=True)
class Mutant:
    """A document with one thing wrong. `place` is where; all else is shared with the original, which stays as it was."""

    kind: str
    place: Place
    document: Any


_OTHER_VALUES: tuple[Any, ...] = (None, True, 7, -1.5, "", "nonsense", [], {}, ["x"], {"x": 1})
_HUGE: tuple[Any, ...] = (10**30, -(10**19), 2**63, 1e308, float("inf"), float("nan"), 10**400)
_ODD_TEXTS = ("\ud800", "\x00", "é" * 5000, "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "12345", " ")


def mutants(document: Any, seed: int, count: int) -> Iterator[Mutant]:
    """`count` documents, each with one thing dropped, doubled, reordered, added or replaced by another value."""
    chance = random.Random(seed)
    places = list(_places(document, ()))
    fitting = {kind: [place for place in places if _fits(kind, document, place)] for kind in _KINDS}
    for _ in range(count):
        kind = chance.choice(list(_KINDS))
        place = chance.choice(fitting[kind])
        yield Mutant(kind, place, _KINDS[kind](document, place, chance))


def truncations(body: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` bodies that break off somewhere."""
    chance = random.Random(seed)
    for _ in range(count):
        yield body[: chance.randrange(len(body))]


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
