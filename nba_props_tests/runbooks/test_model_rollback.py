"""A bad model of a month gives way: to another version of its month, and to the month before."""

from dataclasses import replace
from datetime import date

import pytest

from nba_props.assets.predictions.in_force import keep, trained_for
from nba_props.assets.predictions.inputs import files_of, model_path
from nba_props.cli.models import versions
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import Judgement, Model
from nba_props.platform import Platform
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.conftest import Opens

pytestmark = pytest.mark.whole

KIND = next(one for one in MODEL_KINDS if one.name == "ridge_v1")
MONTH, BEFORE = date(2025, 12, 1), date(2025, 11, 1)
BAD, EARLIER = "ridge_v1@bad", "ridge_v1@november"
ACCEPTED = Judgement(True, "accepted")


@pytest.fixture
def good(slate_platform: Platform) -> str:
    """The version that served tonight's predictions; since then the month was trained anew, and November has a model too."""
    manifest = trained_for(slate_platform, KIND, MONTH)
    assert manifest is not None
    files = files_of(slate_platform.store, manifest)
    keep(slate_platform, Model(manifest, files), ACCEPTED, MONTH)
    november = replace(
        manifest,
        month="2025-11",
        model_version=EARLIER,
        training_end_date="2025-10-31",
        training_start_date="2024-06-18",
    )
    keep(slate_platform, Model(november, files), ACCEPTED, BEFORE)
    keep(slate_platform, Model(replace(manifest, model_version=BAD), files), ACCEPTED, MONTH)
    return manifest.model_version


def serving(platform: Platform) -> list[str]:
    return [one["model_version"] for one in versions(platform) if one["kind"] == KIND.name and one["serves_today"]]


def used(platform: Platform) -> list[str]:
    """Versions that tonight's predictions in force were made with."""
    found = platform.warehouse.query(
        "select distinct model_version from nba_predictions.player_prop_predictions"
        " where game_date = @start_date and is_active and system_id in unnest(@systems)",
        {"start_date": TONIGHT, "systems": [KIND.name]},
    )
    return list(found["model_version"].to_pylist())


def test_a_person_goes_back_to_a_version_and_to_the_month_before(
    opens: Opens, slate_platform: Platform, good: str
) -> None:
    typist = opens("model-rollback.md", KIND=KIND.name, MONTH="2025-12", TEXT="its errors doubled", VERSION=good)
    typist.types("nba-props models list")
    typist.reads("serves today", "in force", "not in force")
    assert serving(slate_platform) == [BAD]

    assert typist.types("nba-props models use KIND MONTH VERSION --why TEXT").code == 0
    assert serving(slate_platform) == [good]

    assert typist.types("nba-props models withdraw KIND MONTH --why TEXT").code == 0
    assert EARLIER in typist.said
    assert serving(slate_platform) == [EARLIER]
    assert typist.types("nba-props models withdraw calibration MONTH --why TEXT").code == 2
    assert "No model of calibration is in force" in typist.said

    typist.types("nba-props run today")  # trains a month of which a kind has no model yet; what a person decided stands
    assert serving(slate_platform) == [EARLIER]
    (version,) = used(slate_platform)
    assert EARLIER in version
    typist.types("nba-props models list")
    assert "withdrawn by hand: its errors doubled" in typist.said
    typist.types("nba-props history")
    typist.runs("history", "--limit", "100")  # the clock stands still here: which runs are the newest ten is chance
    assert f"{KIND.name}_model/2025-12" in typist.said
    person = slate_platform.warehouse.query(
        "select universal_player_id from nba_predictions.player_prop_predictions"
        " where game_date = @start_date and is_active order by universal_player_id limit 1",
        {"start_date": TONIGHT},
    )["universal_player_id"][0].as_py()
    typist.types("nba-props explain today PLAYER", PLAYER=person)
    assert EARLIER in typist.said
    typist.typed_everything("nba-props run DATE --force")  # test_batches


def test_what_cannot_serve_is_refused(opens: Opens, slate_platform: Platform, good: str) -> None:
    typist = opens("model-rollback.md", KIND=KIND.name, MONTH="2025-12", TEXT="no reason")
    assert typist.types("nba-props models use KIND MONTH VERSION --why TEXT", VERSION="ridge_v1@nobody").code == 2
    assert good in typist.said  # what is kept
    manifest = trained_for(slate_platform, KIND, MONTH)
    assert manifest is not None
    for name in manifest.files:
        slate_platform.store.put(model_path(manifest, name), b"damaged")
    assert typist.types("nba-props models use KIND MONTH VERSION --why TEXT", VERSION=good).code == 2
    typist.reads("refused")
    assert typist.runs("models", "withdraw", "ridge_v2", "2025-12", "--why", "x").code == 2
    assert typist.runs("models", "withdraw", "ridge_v1", "December", "--why", "x").code == 2
    assert typist.runs("models", "withdraw", "ridge_v1", "2025-12", "--why", " ").code == 2
    typist.runs("history", "--failed", "--limit", "100")
    assert "by_hand" not in typist.said  # what was refused is no failed step
    assert serving(slate_platform) == [EARLIER]  # what was in force lies at the same bytes, and is damaged too
