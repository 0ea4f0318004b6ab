"""Broken payloads: one value anywhere in a JSON document replaced, removed, doubled or cut, from a seed."""

import json
import random
from collections.abc import Iterator
from typing import Any

JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    1e300,
    "",
    " ",
    "x",
    "\ud800",
    "2024-13-45T99:00:00Z",
    [],
    {},
    [[]],
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    yield path
    steps = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, value in steps:
        yield from places(value, (*path, step))


def mutated(document: Any, rng: random.Random) -> tuple[bytes, tuple[Any, ...]]:
    """A document with one fault, and where it is; the empty path is the document itself."""
    copy = json.loads(json.dumps(document))
    path = rng.choice(list(places(copy)))
    if not path:
        text = json.dumps(copy).encode()
        return rng.choice(
            (b"", b"<html>", text[: rng.randrange(len(text))], text + b"]", b"\xff\xfe", b"[" * 5000)
        ), path
    *above, last = path
    holder = copy
    for step in above:
        holder = holder[step]
    match rng.randrange(4):
        case 0:
            del holder[last]
        case 1 if isinstance(holder, list):
            holder.insert(last, holder[last])
        case 2 if isinstance(holder, dict):
            holder[f"new_{last}"] = holder[last]
        case _:
            holder[last] = rng.choice(JUNK)
    return json.dumps(copy).encode(), path
