"""Rosters that no source answered in the morning are there once they were fetched by hand."""

import pytest

from nba_props_tests.runbooks.friday import EVENING, FRIDAY, Friday

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("friday")]


def test_rosters_fetched_by_hand_are_those_of_the_day(friday_evening: Friday) -> None:
    said = friday_evening.said
    assert "espn" in said["bad fetch"]
    assert "of 30 rosters" in said["rosters"]  # what it counts, and what lacks: the league has 16 teams
    page = friday_evening.page("rosters-by-hand")
    (sql,) = page.commands("sql")
    friday_evening.types(EVENING, sql, "rosters-by-hand", **{"2024-03-15": FRIDAY, "2024-03-08": "2025-11-28"})
    assert page.said.count(FRIDAY.isoformat()) >= 16
    served = friday_evening.rows(
        "select distinct r.team_abbr, r.roster_source from nba_raw.team_rosters as r inner join nba_raw.schedule as s"
        " on s.game_date = r.roster_date and r.team_abbr in (s.home_team, s.away_team) where r.roster_date = @start_date",
        start_date=FRIDAY,
    )
    assert len({row["team_abbr"] for row in served}) == 8
    assert {row["roster_source"] for row in served} == {"espn"}
    page.typed_everything()
