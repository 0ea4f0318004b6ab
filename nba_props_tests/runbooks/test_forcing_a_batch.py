"""A batch that waits for systems is forced, published, and in force."""

import pytest

from nba_props.platform import Platform
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.conftest import Leaves, Opens

pytestmark = pytest.mark.whole


def test_a_waiting_batch_is_forced(opens: Opens, leaves: Leaves, slate_platform: Platform) -> None:
    batch = leaves("moving_average")
    typist = opens("forcing-a-batch.md", BATCH=batch)
    typist.types("nba-props staging list")
    assert batch in typist.said
    forced = typist.types("nba-props staging consolidate DATE --batch BATCH --min-completion 50")
    assert forced.code == 1
    typist.reads("consolidated", "partial")
    typist.types("nba-props export DATE")
    typist.types("nba-props staging list")
    typist.reads("no staging is left over")
    typist.types("nba-props status DATE")
    assert f"last consolidation {batch}" in " ".join(typist.said.split())
    active = slate_platform.warehouse.query(
        "select count(distinct system_id) as systems, countif(batch_id in unnest(@batch_ids)) as forced"
        " from nba_predictions.player_prop_predictions where game_date = @start_date and is_active",
        {"start_date": TONIGHT, "batch_ids": [batch]},
    ).to_pylist()[0]
    assert active["systems"] == 7  # what the batch lacks stays as it was
    assert active["forced"]
    typist.typed_everything("nba-props run DATE")  # test_dead_batch
