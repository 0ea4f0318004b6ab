"""Dates with games that count and dates with results: each has one answer, and SQL spells the types that count alike."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import nba_props
from nba_props.dates import dates_with_results, games_by_date, slate_dates
from nba_props.domain.calendar import COUNTED_SEASON_TYPES
from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props.plan import missing_dates
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.slates import DAY

BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
_TYPES = re.compile(r"season_type\s+in\s+\(([^)]*)\)", re.IGNORECASE)


def test_preseason_and_all_star_games_make_no_slate(platform: Platform) -> None:
    for number, (day, kind) in enumerate(
        ((BEFORE, "Preseason"), (DAY, "Regular Season"), (DAY, "NBA Cup Final"), (AFTER, "All-Star"))
    ):
        slates.put(platform, "nba_raw.schedule", {"game_id": str(number), "game_date": day, "season_type": kind})
    assert games_by_date(platform, BEFORE, AFTER) == {DAY: 2}
    assert slate_dates(platform, BEFORE, AFTER) == [DAY]


def test_results_of_any_source_are_results_and_wait_for_their_tables(platform: Platform) -> None:
    slates.put(platform, "nba_raw.player_box_scores", {"game_date": BEFORE})
    slates.put(platform, "nba_raw.box_score_reports", {"game_date": DAY})
    assert dates_with_results(platform, BEFORE, AFTER) == [BEFORE, DAY]
    slates.put(platform, "nba_grading.prediction_accuracy", {"game_date": BEFORE})
    assert missing_dates(platform, "nba_grading.prediction_accuracy", BEFORE, AFTER) == [DAY]


def _lists_of_types() -> list[tuple[str, str]]:
    files = [*SQL_ROOT.rglob("*.sql"), *Path(nba_props.__file__).parent.rglob("*.py")]
    found = [(file.name, listed) for file in files for listed in _TYPES.findall(file.read_text())]
    return [(name, listed) for name, listed in found if "Regular Season" in listed]


@pytest.mark.parametrize(("file", "listed"), _lists_of_types())
def test_sql_lists_the_types_that_count_as_the_calendar_does(file: str, listed: str) -> None:
    assert tuple(word.strip().strip("\"'") for word in listed.split(",")) == COUNTED_SEASON_TYPES


def test_the_lists_were_found() -> None:
    assert len(_lists_of_types()) > 3
