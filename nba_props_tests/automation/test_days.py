"""Two days of the simulated week, in trouble from the start: each slate is published once, and what was missing is made up for."""

from datetime import time, timedelta

import pytest

from nba_props_tests.automation.week import FIRST, TROUBLES, Passed, Plan, eastern, pass_days

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("days")]

HISTORY_LATE, ODDS_LATE, *_ = TROUBLES
TWO_DAYS = Plan(
    times=[(time(7), time(10), time(18)), (time(7), time(11, 30), time(16))],
    troubles=(HISTORY_LATE, ODDS_LATE),
    stopped=None,
    killed=(eastern(1, 11), "same-day-predictions"),
)
"""Few looks: ticks that were missed are made up for."""


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Passed:
    return pass_days(TWO_DAYS, tmp_path_factory.mktemp("days"))


def test_every_slate_is_published_once_and_graded_and_nothing_is_left_over(passed: Passed) -> None:
    assert passed.faults == []
    assert [one.day for one in passed.slates] == [FIRST, FIRST + timedelta(days=1)]
    assert all(one.games and one.expected and one.graded and one.documents for one in passed.slates)


def test_a_slate_without_results_is_not_ready_until_they_come(passed: Passed) -> None:
    first, _ = passed.slates
    *before, last = first.attempts["overnight-predictions"]
    assert (set(before), last) == ({"not ready"}, "published")
    assert first.attempts["same-day-predictions"] == ["published"]


def test_a_run_that_is_killed_is_attempted_again_and_late_odds_predict_again(passed: Passed) -> None:
    _, second = passed.slates
    assert second.attempts["same-day-predictions"] == ["failed", "published"]
    [changes, *_] = [
        one for one in passed.entries if one.what == f"odds-and-injury-changes {second.day}" and "first line" in one.why
    ]
    assert changes.at >= ODDS_LATE.until
