"""What counts as one call of a system: a range that raises has failed once, however many dates it was for."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from nba_props.breaker import open_circuits

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)


def platform(rows: list[dict[str, Any]]) -> Any:
    settings = SimpleNamespace(breaker_failures=3, breaker_cooldown_minutes=60.0)
    warehouse = SimpleNamespace(query=lambda *_: pa.Table.from_pylist(rows))
    return SimpleNamespace(warehouse=warehouse, settings=settings, now=NOW)


def failed(minutes_ago: int, run_id: str) -> dict[str, Any]:
    return {
        "run_mode": "backfill",
        "system_id": "hot_hand_v1",
        "state": "failed",
        "staged_players": 0,
        "refused_players": 0,
        "excused_players": 0,
        "error_message": "TypeError: of our own making",
        "attempted_at": NOW - timedelta(minutes=minutes_ago),
        "run_id": run_id,
    }


def test_a_range_of_dates_that_raises_once_opens_nothing() -> None:
    assert open_circuits(platform([failed(5, "one")] * 56), "backfill") == {}


def test_three_ranges_that_raise_open_it() -> None:
    rows = [failed(minutes, run) for minutes, run in ((9, "one"), (7, "two"), (5, "three")) for _ in range(56)]
    circuit = open_circuits(platform(rows), "backfill")["hot_hand_v1"]
    assert (circuit.failures, circuit.error) == (3, "TypeError: of our own making")
    assert open_circuits(platform(rows), "live") == {}


def test_runs_at_one_instant_of_a_standing_clock_are_calls_of_their_own() -> None:
    assert open_circuits(platform([failed(5, run) for run in ("one", "two", "three")]), "backfill")
