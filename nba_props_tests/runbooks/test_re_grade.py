"""A corrected box score, fetched again and graded again, is what players are graded against."""

import pytest

from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.friday import DAY_BETWEEN, Friday

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("friday")]


def test_a_correction_reaches_the_grades(wednesday_corrected: Friday) -> None:
    said = wednesday_corrected.said
    assert said["before"].isdecimal()
    assert int(said["after"]) == int(said["before"]) + 2
    lookup = wednesday_corrected.rows(
        "select player_lookup from nba_grading.prediction_accuracy"
        " where game_date = @start_date and universal_player_id = @player_id limit 1",
        start_date=TONIGHT,
        player_id=said["player"],
    )[0]["player_lookup"]
    page = wednesday_corrected.page("re-grade")
    (sql,) = page.commands("sql")
    wednesday_corrected.types(DAY_BETWEEN, sql, "re-grade", **{"2024-03-15": TONIGHT, "nikolajokic": lookup})
    assert said["after"] in page.said
    page.typed_everything("nba-props grade START END")  # test_views


def test_grading_again_changes_nothing_more(wednesday_corrected: Friday) -> None:
    ended = wednesday_corrected.types(DAY_BETWEEN, "nba-props grade DATE", "re-grade", DATE=TONIGHT)
    assert ended.code == 0
