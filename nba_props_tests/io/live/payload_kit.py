"""What tests of live sources share: recorded payloads, payloads as if landed, and what the border makes of their rows."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nba_props.io.sources.archive.border import Batch, validate
from nba_props.io.sources.live.contract import Outcome, Parsed, Payload, Row, Sheet, Source
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
