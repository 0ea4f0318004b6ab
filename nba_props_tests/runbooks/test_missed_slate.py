"""A date that nobody ran is found, and run afterwards with what was known before its games."""

from datetime import timedelta

import pytest

from nba_props.platform import Platform
from nba_props_tests.conftest import YESTERDAY
from nba_props_tests.runbooks.conftest import Opens

pytestmark = pytest.mark.whole
MISSED = YESTERDAY - timedelta(days=1)


def test_a_missed_slate_is_found_and_made_up_for(opens: Opens, slate_platform: Platform) -> None:
    typist = opens("missed-slate.md", DATE=MISSED)
    assert typist.types("nba-props status DATE").code == 2
    typist.reads("no active prediction")
    typist.types("nba-props history DATE --failed")
    typist.types("nba-props seasons --missing")
    typist.reads("build them:")
    assert MISSED.isoformat() in typist.said
    assert typist.types("nba-props run DATE").code in (0, 1)
    assert typist.types("nba-props status DATE").code in (0, 1)
    typist.types("nba-props seasons --missing")
    commands = [line for line in typist.said.splitlines() if "build them:" in line]
    assert not [line for line in commands if MISSED.isoformat() in line]
    modes = slate_platform.warehouse.query(
        "select distinct run_mode from nba_predictions.player_prop_predictions where game_date = @start_date and is_active",
        {"start_date": MISSED},
    )["run_mode"].to_pylist()
    assert modes == ["backfill"]
    typist.typed_everything(
        "nba-props fetch DATE",  # the Friday
        "nba-props backfill --dates D1,D2",  # test_season
        "nba-props ui",  # a server
    )
