"""Staging by hand: listing, consolidating and removing what a batch left behind."""

from collections.abc import Callable

import pytest

from nba_props.assets.predictions.batch import batches_between
from nba_props.assets.predictions.staging import stage_system
from nba_props.platform import Platform
from nba_props.request import FORCE_TAG
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT

Leave = Callable[..., str]


@pytest.fixture
def leave(slate_platform: Platform) -> Leave:
    """Predict tonight anew with some systems, without consolidating; the batch that is left."""

    def staged(*systems: str) -> str:
        for system in systems:
            stage_system(slate_platform, system, TONIGHT, TONIGHT, "a run that died", {FORCE_TAG: "true"})
        return batches_between(slate_platform, TONIGHT, TONIGHT)[-1].batch_id

    return staged


def test_staging_is_listed_with_its_batch(call: Call, slate_platform: Platform, leave: Leave) -> None:
    batch = leave("moving_average")
    (found,) = call("staging", "list", "--json", home=slate_platform.home).json
    assert (found["batch_id"], found["system_id"], found["batch_state"]) == (batch, "moving_average", "open")
    assert found["row_count"] > 0
    assert batch in call("staging", "list", home=slate_platform.home).out


def test_nobody_at_the_terminal_removes_nothing(call: Call, slate_platform: Platform, leave: Leave) -> None:
    batch = leave("moving_average")
    refused = call("staging", "clean", "--batch", batch, home=slate_platform.home)
    assert refused.code == 2
    assert "--yes" in refused.err
    young = call("staging", "clean", "--yes", home=slate_platform.home)  # within the grace period
    assert young.code == 0
    assert len(slate_platform.warehouse.staging_tables()) == 1


def test_removing_on_purpose_says_so_on_the_batch(call: Call, slate_platform: Platform, leave: Leave) -> None:
    batch = leave("moving_average", "zone_matchup_v1")
    ended = call("staging", "clean", "--batch", batch, "--yes", "--json", home=slate_platform.home)
    assert ended.code == 0
    assert (len(ended.json["removed"]), ended.json["left"]) == (2, 0)
    assert slate_platform.warehouse.staging_tables() == []
    row = batches_between(slate_platform, TONIGHT, TONIGHT)[-1].row
    assert (row["batch_id"], row["state"]) == (batch, "failed")
    assert "by hand" in row["failure_reason"]


def test_a_mistyped_batch_gets_the_nearest(call: Call, slate_platform: Platform, leave: Leave) -> None:
    batch = leave("moving_average")
    for words in (("clean",), ("consolidate", TONIGHT)):
        ended = call("staging", *words, "--batch", batch[:-1], home=slate_platform.home)
        assert ended.code == 2
        assert f"did you mean {batch}?" in ended.err


def test_a_batch_waits_for_its_rest_until_a_person_says_otherwise(
    call: Call, slate_platform: Platform, leave: Leave
) -> None:
    batch = leave("moving_average")
    waiting = call("staging", "consolidate", TONIGHT, "--json", home=slate_platform.home)
    assert waiting.code == 1
    assert batch in waiting.json["waiting"]
    forced = call("staging", "consolidate", TONIGHT, "--min-completion", "50", "--json", home=slate_platform.home)
    assert forced.code == 1
    assert forced.json["batches"] == [batch]
    assert "xgboost_v1" in forced.json["partial"][batch]
    assert forced.json["failures"] == []
    assert slate_platform.warehouse.staging_tables() == []
    verdict = call("status", TONIGHT, "--json", home=slate_platform.home).json
    assert batch in {verdict["last_consolidation"]["batch_id"], *verdict["batch_ids"]}
    assert not [reason for reason in verdict["reasons"] if "Coverage is of" in reason]


def test_nothing_staged_is_said_and_fine(call: Call, slate_platform: Platform) -> None:
    ended = call("staging", "consolidate", TONIGHT, home=slate_platform.home)
    assert (ended.code, ended.out.strip()) == (0, f"nothing is staged for {TONIGHT}")
    assert call("staging", "list", home=slate_platform.home).out.strip() == "no staging is left over"
