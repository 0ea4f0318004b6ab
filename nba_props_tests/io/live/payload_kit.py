"""What tests of roster sources share: payloads as if landed, what the border makes of rows, and damage done to documents."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nba_props.io.sources.archive.border import Batch, validate
from nba_props.io.sources.live.contract import Outcome, Parsed, Payload, PayloadRejected, Row, Sheet, Source
from nba_props.io.sources.live.rows import MODELS

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "payloads"
FETCHED = datetime(2024, 1, 16, 17, 30, tzinfo=UTC)


def recorded(name: str) -> bytes:
    """A payload as a source once sent it; the test is skipped where the private recordings are absent."""
    if not (RECORDED / name).exists():
        pytest.skip("the private recordings of real payloads are not beside the project (../shared/data/payloads)")
    return (RECORDED / name).read_bytes()


def landed(
    source: Source,
    feed: str,
    day: date,
    sent: Any,
    *,
    label: str = "",
    params: dict[str, str] | None = None,
    fetched_at: datetime = FETCHED,
) -> Payload:
    """A landed answer: bytes as they are, anything else as JSON."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    ref = f"landing/{source}/{day}/{feed}/{label}"
    return Payload(
        ref, source, feed, day, label, fetched_at, Outcome.CONTENT, 200, params or {}, {"content-type": "?"}, body
    )


def rows_of(parsed: Parsed, sheet: Sheet) -> list[Row]:
    return [row for _, row in parsed.rows.get(sheet, [])]


def refusals_of(parsed: Parsed, sheet: Sheet) -> list[tuple[int, str]]:
    return [(one.row_number, one.reason) for one in parsed.refused if one.sheet is sheet]


def judged(parsed: Parsed, sheet: Sheet) -> pd.DataFrame:
    """The rows of a sheet as the border judges them by the sheet's row model: column `refusal` is NULL for those let in."""
    numbered = parsed.rows[sheet]
    table = pa.Table.from_pylist([dict(row) for _, row in numbered])
    return validate([Batch("ref", table, np.array([number for number, _ in numbered]))], MODELS[sheet])


# -- damage -------------------------------------------------------------------------------------------------------------
Path_ = tuple[str | int, ...]

_LISTS_OF_ROWS = ((), ("data",), ("players",), ("athletes",), ("events",))
_WRONG = (None, True, -1, 0, 12.5, float("nan"), 10**30, "", "x", "00", "Ω" * 2_000, [], {}, [None], {"id": "x"})


def assert_survives(parse: Callable[[Any], Parsed], document: Any, key: Callable[[Row], str], damages: int) -> None:
    """Damages the document in `damages` ways, one at a time. Nothing but PayloadRejected may come of it, whatever could be
    read must fit into columns, and rows of what was not damaged must be what they were.

    `parse` parses a document; `key` is a word of a row that stands in its part of the document and nowhere else.
    """
    dice = random.Random(20240115)
    sound = [row for rows in parse(document).rows.values() for _, row in rows]
    paths = list(_paths(document))
    for _ in range(damages):
        path = dice.choice(paths)
        damaged, how = _damaged(document, path, dice)
        touched = _words(_at(document, _unit(path)))
        try:
            parsed = parse(damaged)
        except PayloadRejected:
            continue
        after = [row for rows in parsed.rows.values() for _, row in rows]
        lost = [row for row in sound if key(row) not in touched and row not in after]
        assert not lost, f"{how} at {path} changed {lost[0]}"
        for rows in parsed.rows.values():
            pa.Table.from_pylist([dict(row) for _, row in rows])


def _paths(node: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every place of a document but its root."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield (*path, name)
        yield from _paths(child, (*path, name))


def _unit(path: Path_) -> Path_:
    """The innermost row that the place lies in: what its damage may cost. A competitor, an injury are part of one."""
    rows = (at for at in reversed(range(len(path))) if isinstance(path[at], int) and path[:at][-1:] in _LISTS_OF_ROWS)
    return next((path[: at + 1] for at in rows), ())


def _at(document: Any, path: Path_) -> Any:
    for name in path:
        document = document[name]
    return document


def _words(node: Any) -> set[str]:
    return set(json.dumps(node).replace('"', " ").replace(",", " ").split())


def _damaged(document: Any, path: Path_, dice: random.Random) -> tuple[Any, str]:
    damaged = copy.deepcopy(document)
    parent, name = _at(damaged, path[:-1]), path[-1]
    how = dice.choice(("dropped", "wrong", "wrong", "wrong", "doubled", "shuffled", "new field"))
    if how == "dropped":
        del parent[name]
    elif how == "doubled" and isinstance(parent, list):
        parent.insert(name, copy.deepcopy(parent[name]))
    elif how == "shuffled" and isinstance(parent, list):
        dice.shuffle(parent)
    elif how == "new field" and isinstance(parent[name], dict):
        parent[name]["a_new_field"] = dice.choice(_WRONG)
    else:
        wrong = dice.choice(_WRONG)
        parent[name], how = copy.deepcopy(wrong), f"{str(wrong)[:20]!r}"
    return damaged, how


def assert_refuses_cut_bodies(parse: Callable[[bytes], Parsed], body: bytes, cuts: int) -> None:
    """A JSON body that ends early is rejected wherever it ends, and one with a wrong byte is read or rejected."""
    dice = random.Random(20240116)
    for _ in range(cuts):
        with pytest.raises(PayloadRejected):
            parse(body[: dice.randrange(len(body))])
        at = dice.randrange(len(body))
        try:
            parse(body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :])
        except PayloadRejected:
            continue
