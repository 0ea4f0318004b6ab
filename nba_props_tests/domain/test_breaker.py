"""The rule of the circuit breaker on attempts alone."""

from datetime import UTC, datetime, timedelta

import pytest

from nba_props.domain.breaker import Attempt, Circuit, cause_of, circuit_of

NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


def attempts(pattern: str) -> list[Attempt]:
    """One attempt a minute: f(ails), a(nswers), r(efuses everybody), e(xcused for refusing everybody), 9(4 of 100 refused)."""
    kinds = {
        "f": {"error": "ValueError: broken"},
        "a": {"players": 100, "refused": 10},
        "r": {"players": 100, "refused": 95},
        "e": {"players": 100, "refused": 100, "excused": 60},
        "9": {"players": 100, "refused": 94},
    }
    return [Attempt(NOON + timedelta(minutes=n), **kinds[one]) for n, one in enumerate(pattern)]  # type: ignore[arg-type]


def found(pattern: str, failures: int = 3) -> Circuit | None:
    return circuit_of(attempts(pattern), failures, HOUR)


@pytest.mark.parametrize(
    "pattern", ["", "f", "ff", "affaff", "fffa", "ffra", "rrr", "arr", "a999", "aeee", "fff9", "fffe"]
)
def test_it_is_closed(pattern: str) -> None:
    assert found(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "since", "last", "failures"),
    [
        ("fff", 2, 2, 3),
        ("afff", 3, 3, 3),
        ("fffff", 2, 4, 5),
        ("fafff", 4, 4, 3),
        ("arrr", 3, 3, 3),
        ("arfrf", 3, 4, 4),
    ],
)
def test_it_opens_at_the_third_failure_in_a_row_and_stays_open_from_the_last(
    pattern: str, since: int, last: int, failures: int
) -> None:
    circuit = found(pattern)
    assert circuit is not None
    assert circuit.since == NOON + timedelta(minutes=since)
    assert circuit.until == NOON + timedelta(minutes=last) + HOUR
    assert circuit.failures == failures
    assert circuit.holds_at(circuit.until - timedelta(microseconds=1))
    assert not circuit.holds_at(circuit.until)


def test_how_many_failures_open_it_is_a_setting() -> None:
    assert found("f", failures=1) is not None
    assert found("ffff", failures=5) is None


def test_the_reason_names_the_last_error_and_gives_it_back() -> None:
    circuit = found("arrf")
    assert circuit is not None
    assert circuit.reason == "circuit open until 2024-01-15 18:03:00 UTC: ValueError: broken"
    assert cause_of(circuit.reason) == "ValueError: broken"
    assert cause_of("ValueError: broken") == "ValueError: broken"
    refusing = found("arrr")
    assert refusing is not None
    assert refusing.error == "refused 95 of 100 players"
