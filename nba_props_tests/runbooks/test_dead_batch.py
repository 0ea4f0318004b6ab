"""A batch that died is gone on with, and another is removed, as the page says."""

import io

import pytest

from nba_props.platform import Platform
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.conftest import Leaves, Opens

pytestmark = pytest.mark.whole


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def test_what_a_dead_batch_staged_is_gone_on_with_or_removed(
    opens: Opens, leaves: Leaves, slate_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = leaves("moving_average", "zone_matchup_v1")
    typist = opens("dead-batch.md", BATCH_ID=batch)
    assert typist.types("nba-props status DATE").code == 1
    typist.reads("left over")
    typist.types("nba-props staging list")
    assert batch in typist.said
    assert typist.types("nba-props staging consolidate DATE").code == 1  # systems are missing
    assert f"waiting {batch}" in typist.said
    typist.types("nba-props run DATE")
    assert slate_platform.warehouse.staging_tables() == []
    left = leaves("moving_average")
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert typist.types("nba-props staging clean --batch BATCH_ID", BATCH_ID=left).code == 0
    assert slate_platform.warehouse.staging_tables() == []
    typist.types("nba-props status DATE")
    assert f"left over for {TONIGHT}" not in typist.said
    typist.typed_everything()
