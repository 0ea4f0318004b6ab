"""A slate predicted before any odds came has its lines once they are fetched and it is run again."""

import pytest

from nba_props_tests.runbooks.friday import EVENING, FRIDAY, Friday

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("friday")]

LINES = """
select countif(has_prop_line) as lines, count(distinct batch_id) as batches
from nba_predictions.player_prop_predictions
where game_date = @start_date and is_active
"""


def test_late_odds_are_said_and_then_used(friday_evening: Friday) -> None:
    said = friday_evening.said
    assert "failed odds_api" in said["bad fetch"]
    assert "No player has a line" in said["morning"]
    assert "No player has a line" not in said["evening"]
    (found,) = friday_evening.rows(LINES, start_date=FRIDAY)
    assert found["lines"] > 100
    friday_evening.page("late-odds").typed_everything("nba-props doctor")  # test_doctor


def test_events_that_bettingpros_lists_are_not_called_empty(friday_evening: Friday) -> None:
    found = friday_evening.runs(EVENING, "alerts", FRIDAY, "--json")
    assert "bettingpros" not in found.out
