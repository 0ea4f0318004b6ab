"""A quoted name that is nobody's is bound, predicted, and gone from the queue."""

import pytest

from nba_props.cli.names import queued
from nba_props.cli.people import Directory
from nba_props.platform import Platform
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.conftest import Opens

pytestmark = pytest.mark.whole


def test_a_name_is_bound_and_leaves_the_queue(opens: Opens, slate_platform: Platform) -> None:
    stranger = next(one for one in queued(slate_platform, TONIGHT, TONIGHT) if one["reason"] == "not_found")
    unquoted = slate_platform.warehouse.query(
        "select universal_player_id from nba_monitoring.missing_predictions"
        " where game_date = @start_date and reason = 'no_line_low_minutes' order by universal_player_id limit 1",
        {"start_date": TONIGHT},
    ).to_pylist()[0]["universal_player_id"]
    person = Directory(slate_platform, TONIGHT).find(unquoted)
    typist = opens("unmatched-name.md", NAME=stranger["player_name"], CANONICAL=person.player_name)
    typist.types("nba-props names unresolved")
    assert stranger["player_name"] in typist.said
    typist.types("nba-props names alias NAME CANONICAL")
    typist.types("nba-props names unresolved")
    assert stranger["player_name"] not in typist.said
    typist.typed_everything()
