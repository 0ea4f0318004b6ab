"""The circuit breakers as recorded batches tell them: which systems are not called for now.

The rule is `domain/breaker.py`'s. Live batches and backfills have breakers of their own: what old dates lack stops nobody tonight.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from nba_props.domain.breaker import Attempt, Circuit, cause_of, circuit_of
from nba_props.platform import Platform

_LOOK_BACK_DAYS = 30
"""Attempts older than this say nothing of today: the summer closes every circuit."""
_EVERY_DATE = {"start_date": date(1946, 9, 1), "end_date": date(9999, 12, 31)}
"""A backfill may be of any date; the table has a few rows a batch."""

_ATTEMPTS = f"""
select
    b.run_mode, s.system_id, s.state, s.staged_players, s.refused_players, s.excused_players, s.error_message,
    s.attempted_at, b.run_id
from nba_predictions.prediction_batch_systems as s
inner join nba_predictions.prediction_batches as b on b.game_date = s.game_date and b.batch_id = s.batch_id
where s.game_date between @start_date and @end_date
    and b.game_date between @start_date and @end_date
    and s.attempted_at between timestamp_sub(@now, interval {_LOOK_BACK_DAYS} day) and @now
    and (s.state = 'failed' or s.staged_players > 0)
order by s.attempted_at, b.opened_at, s.game_date, s.batch_id
"""


def open_circuits(platform: Platform, run_mode: str) -> dict[str, Circuit]:
    """Systems that batches of the run mode (live or backfill) do not call now, with their circuits."""
    calls: dict[str, dict[tuple[datetime, str], list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in platform.warehouse.query(_ATTEMPTS, _EVERY_DATE | {"now": platform.now}).to_pylist():
        if row["run_mode"] == run_mode:
            calls[row["system_id"]][row["attempted_at"], row["run_id"]].append(row)
    failures = platform.settings.breaker_failures
    cooldown = timedelta(minutes=platform.settings.breaker_cooldown_minutes)
    circuits = {
        system_id: circuit_of([_attempt(at, rows) for (at, _), rows in made.items()], failures, cooldown)
        for system_id, made in sorted(calls.items())
    }
    return {system_id: one for system_id, one in circuits.items() if one is not None and one.holds_at(platform.now)}


def _attempt(at: datetime, rows: Sequence[Mapping[str, Any]]) -> Attempt:
    """One call of a system, for one batch or for those of a whole range: a range that raised has failed once."""
    failed = [row for row in rows if row["state"] == "failed"]
    return Attempt(
        at=at,
        error=cause_of(failed[-1]["error_message"] or "unknown") if failed else None,
        players=sum(row["staged_players"] for row in rows),
        refused=sum(row["refused_players"] for row in rows),
        excused=sum(row["excused_players"] or 0 for row in rows),
    )
