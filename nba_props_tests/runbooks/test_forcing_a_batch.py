"""A batch that waits for systems is forced, published, and in force."""

import pytest

from nba_props.assets.predictions.batch import batches_between
from nba_props.domain.systems import SYSTEM_IDS
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
    (merged,) = (one for one in batches_between(slate_platform, TONIGHT, TONIGHT) if one.batch_id == batch)
    assert merged.row["consolidated_at"] is not None
    active = slate_platform.warehouse.query(
        "select distinct system_id from nba_predictions.player_prop_predictions where game_date = @start_date and is_active",
        {"start_date": TONIGHT},
    )
    assert set(active["system_id"].to_pylist()) == set(SYSTEM_IDS)  # what the batch lacks stays as it was
    typist.typed_everything("nba-props run DATE")  # test_dead_batch
