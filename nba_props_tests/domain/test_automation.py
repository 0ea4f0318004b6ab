"""When what runs by itself is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.automation import (
    MOST_FAILURES,
    Attempt,
    Ending,
    PlayerNow,
    given_up,
    next_attempt,
    players_concerned,
    why_not_fetch,
)

NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
TIP = datetime(2024, 1, 16, 0, 30, tzinfo=UTC)
FAILED, NOT_READY = Ending.FAILED, Ending.NOT_READY


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def ended(*endings: Ending) -> list[Attempt]:
    """Attempts a minute apart, the last one at NOON."""
    first = 1 - len(endings)
    return [Attempt(after(first + number), ending, "no features") for number, ending in enumerate(endings)]


@pytest.mark.parametrize(
    ("minute", "tip_in", "asks"),
    [
        (0, None, True),
        (0, 500, True),
        (10, None, False),
        (10, 90, True),
        (10, 91, False),
        (10, 0, False),
        (50, 1, True),
    ],
)
def test_sources_are_asked_hourly_and_every_ten_minutes_before_a_tip(
    minute: int, tip_in: int | None, asks: bool
) -> None:
    at = after(minute)
    tips = [] if tip_in is None else [at + timedelta(minutes=tip_in)]
    assert (why_not_fetch(at, tips) is None) is asks


@pytest.mark.parametrize(
    ("endings", "minutes"),
    [
        ([FAILED], 1),
        ([FAILED, FAILED], 5),
        ([NOT_READY], 5),
        ([NOT_READY] * 3, 20),
        ([NOT_READY] * 9, 30),
        ([FAILED, FAILED, NOT_READY], 5),
        ([NOT_READY, FAILED], 1),
    ],
)
def test_an_attempt_follows_with_backoff(endings: list[Ending], minutes: int) -> None:
    assert next_attempt(ended(*endings), None, TIP).at == after(minutes)


@pytest.mark.parametrize("ending", [Ending.PUBLISHED, Ending.NO_SLATE])
def test_a_slate_that_is_done_is_not_attempted_again_whatever_lands(ending: Ending) -> None:
    assert next_attempt(ended(FAILED, ending), after(1), TIP).at is None


def test_news_brings_the_next_attempt_at_once_and_old_news_does_not() -> None:
    assert next_attempt(ended(NOT_READY), after(2), TIP).at == after(2)
    assert next_attempt(ended(NOT_READY), after(-2), TIP).at == after(5)


def test_after_three_failures_only_news_brings_another() -> None:
    attempts = ended(*[FAILED] * MOST_FAILURES)
    assert next_attempt(attempts, None, TIP).at is None
    assert next_attempt(attempts, after(60), TIP).at == after(60)


def test_nothing_is_attempted_after_tip_and_that_is_said_with_the_reason() -> None:
    soon = after(5)
    assert next_attempt(ended(NOT_READY), None, soon).at is None
    assert next_attempt(ended(NOT_READY), None, soon + timedelta(seconds=1)).at == soon
    assert given_up(ended(NOT_READY), None, TIP, after(1)) is None
    assert given_up(ended(NOT_READY), None, TIP, TIP) == "not ready until tip-off: no features"
    assert given_up(ended(*[FAILED] * 3), None, TIP, NOON) == "failed 3 times in a row: no features"
    assert given_up(ended(FAILED, Ending.PUBLISHED), None, TIP, TIP) is None
    assert given_up([], None, TIP, TIP) is None


@given(
    st.lists(st.sampled_from(Ending), min_size=1, max_size=12), st.none() | st.integers(-60, 600), st.integers(-60, 600)
)
def test_an_attempt_is_never_before_the_last_one_ended_nor_after_tip(
    endings: list[Ending], news: int | None, tip: int
) -> None:
    attempts = ended(*endings)
    at = next_attempt(attempts, None if news is None else after(news), after(tip)).at
    assert at is None or (attempts[-1].ended_at < at < after(tip) and not endings[-1].is_final)


# -- who is predicted again ---------------------------------------------------------------------------------------------

ONE = PlayerNow("nba_1", "Ada", "LAL", True, 20.5, None, True, 20.5, None)
MATE = replace(ONE, player_id="nba_2", player_name="Bea")
RIVAL = replace(ONE, player_id="nba_3", player_name="Cleo", team="BOS")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"line": 21.0}, None),
        ({"line": None}, None),
        ({"line": 21.5}, "line 20.5 is now 21.5"),
        ({"line": 19.5}, "line 20.5 is now 19.5"),
        ({"predicted_line": None}, "first line 20.5"),
        ({"injury_status": "questionable"}, "injury status none is now questionable"),
        ({"predicted_status": "questionable"}, "injury status questionable is now none"),
        ({"is_expected": False, "is_predicted": False, "line": 30.5}, None),
    ],
)
def test_a_player_is_predicted_again_for_what_concerns_him_alone(change: dict[str, object], reason: str | None) -> None:
    found = players_concerned([replace(ONE, **change), MATE, RIVAL])  # type: ignore[arg-type]
    assert dict(found) == ({"nba_1": reason} if reason else {})


@pytest.mark.parametrize("change", [{"is_expected": False, "injury_status": "out"}, {"is_predicted": False}])
def test_who_drops_out_or_comes_in_concerns_his_team_and_nobody_else(change: dict[str, object]) -> None:
    bench = replace(MATE, player_id="nba_4", is_expected=False, is_predicted=False)
    found = players_concerned([replace(ONE, **change), MATE, bench, RIVAL])  # type: ignore[arg-type]
    assert set(found) == {"nba_1", "nba_2"}
    assert found["nba_2"] == "team-mate Ada came in or dropped out"
