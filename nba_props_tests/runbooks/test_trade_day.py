"""A player traded in the afternoon is predicted for his new team, and for no other."""

import pytest

from nba_props.domain.names import player_lookup
from nba_props_tests.runbooks.conftest import MINUTE
from nba_props_tests.runbooks.friday import EVENING, FRIDAY, Friday

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("friday")]

TEAMS = """
select distinct c.team_abbr
from nba_predictions.player_prop_predictions as p
inner join nba_analytics.upcoming_player_game_context as c
    on c.game_date = p.game_date and c.game_id = p.game_id and c.universal_player_id = p.universal_player_id
where p.game_date = @start_date and p.is_active and p.player_lookup = @player_lookup
"""


def test_a_traded_player_is_predicted_for_his_new_team(friday_evening: Friday) -> None:
    said = friday_evening.said
    friday_evening.types(EVENING + MINUTE, "nba-props explain today PLAYER", "trade-day", PLAYER=said["traded"])
    page = friday_evening.page("trade-day")
    assert f" {said['new team']} at " in page.said  # the visitors
    teams = friday_evening.rows(TEAMS, start_date=FRIDAY, player_lookup=player_lookup(said["traded"]))
    assert [row["team_abbr"] for row in teams] == [said["new team"]]
    assert f" {player_lookup(said['traded'])} " not in said["coverage"]
    page.typed_everything()
