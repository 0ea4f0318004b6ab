"""A document that is gone, one that is older than the tables, and a slate the gate refused are published again."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.conftest import EVENING, TONIGHT
from nba_props_tests.runbooks.conftest import Opens

pytestmark = pytest.mark.whole
MAIN = table("nba_predictions.player_prop_predictions")
DOCUMENTS = (f"v1/predictions/{TONIGHT}.json", "v1/tonight/all-players.json")


def test_a_lost_document_is_exported_again(opens: Opens, slate_platform: Platform) -> None:
    for path in DOCUMENTS:
        slate_platform.store.delete(path)
    typist = opens("export-missing-or-stale.md")
    typist.types("nba-props status DATE")
    typist.reads("is not exported for")
    typist.types("nba-props export DATE")
    typist.reads("published")
    assert all(slate_platform.store.exists(path) for path in DOCUMENTS)
    typist.types("nba-props status DATE")
    assert "export published" in " ".join(typist.said.split())
    assert "is not exported for" not in typist.said
    assert typist.types("nba-props history DATE --failed").code == 0
    typist.typed_everything()


def test_a_stale_document_and_a_withheld_one_are_published_when_the_reason_is_gone(
    opens: Opens, slate_platform: Platform
) -> None:
    """The predictions in force changed 20 minutes after the documents were written: a row of theirs is newer."""
    later = slates.at(slate_platform, EVENING + timedelta(minutes=20))
    slate_platform.warehouse.upsert(MAIN, _touched(slate_platform, later.now))
    typist = opens("export-missing-or-stale.md")
    typist.now = later.now
    typist.types("nba-props status DATE")
    typist.reads("before predictions changed")
    slates.check(later, "integrity", TONIGHT)
    assert typist.types("nba-props export DATE").code == 2
    typist.types("nba-props status DATE")
    typist.reads("was withheld")
    slates.check(later, "integrity", TONIGHT, passed=True)
    typist.types("nba-props export DATE")
    typist.reads("published")
    typist.types("nba-props status DATE")
    assert "was withheld" not in typist.said
    assert "was exported at" not in typist.said


def _touched(platform: Platform, now: datetime) -> pa.Table:
    """One row in force, changed at an instant."""
    found = platform.warehouse.query(
        f"select {', '.join(MAIN.column_names)} from {MAIN.full_name}"
        " where game_date = @start_date and is_active and is_main_line order by prediction_id limit 1",
        {"start_date": TONIGHT},
    )
    (row,) = found.to_pylist()
    return pa.Table.from_pylist([row | {"updated_at": now}], schema=arrow_schema(MAIN))
