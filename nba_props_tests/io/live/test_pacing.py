"""Pauses between requests, and what a Retry-After header is worth."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.io.sources.live.pacing import LONGEST_WAIT_SECONDS, Pacer, retry_after_seconds

NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
instants = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("7", 7), (" 12 ", 12), ("999999", 300), ("9" * 400, 300), ("-1", None), ("1.5", None), ("²", None)],
)
def test_seconds_are_taken_as_they_are_and_capped(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header, None, NOON) == seconds


def test_a_date_counts_from_our_clock_where_the_answer_has_none() -> None:
    assert retry_after_seconds(format_datetime(NOON + timedelta(seconds=40), usegmt=True), None, NOON) == 40


@given(answered_at=instants, now=instants, wait=st.integers(0, 300))
def test_a_date_counts_from_the_answers_own_clock_however_wrong_either_is(
    answered_at: datetime, now: datetime, wait: int
) -> None:
    until = format_datetime(answered_at + timedelta(seconds=wait), usegmt=True)
    assert retry_after_seconds(until, format_datetime(answered_at, usegmt=True), now) == wait


@given(header=st.none() | st.text(max_size=40), answered_at=st.none() | st.text(max_size=40))
def test_no_header_makes_an_error_or_a_wait_out_of_bounds(header: str | None, answered_at: str | None) -> None:
    seconds = retry_after_seconds(header, answered_at, NOON)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_SECONDS


@given(asked_at=st.lists(st.floats(0, 100), min_size=2, max_size=20), pause=st.floats(0, 10))
def test_requests_begin_at_least_a_pause_apart(asked_at: list[float], pause: float) -> None:
    clock, begun = [0.0], []

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    pacer = Pacer(pause, sleep, lambda: clock[0])
    for at in sorted(asked_at):
        clock[0] = max(clock[0], at)
        pacer.wait()
        begun.append(clock[0])
    assert all(later - earlier >= pause - 1e-6 for earlier, later in pairwise(begun))
