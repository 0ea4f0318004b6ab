"""Which model of a month is in force after training judged it and a person decided."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from nba_props.assets.predictions.in_force import (
    decided,
    keep,
    kept_version,
    put_in_force,
    serving_version,
    trained_for,
    versions_of,
    withdraw,
)
from nba_props.assets.predictions.inputs import manifests_of, model_path
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import Judgement, Learned, Model, sealed
from nba_props.errors import BadInput, ModelRefused
from nba_props.platform import Platform
from nba_props_tests.predictions.kit import unprepared

KIND = next(one for one in MODEL_KINDS if one.name == "ridge_v1")
NOVEMBER, DECEMBER = date(2025, 11, 1), date(2025, 12, 1)
ACCEPTED, REFUSED = Judgement(True, "accepted: it is better"), Judgement(False, "refused: it is worse")


@pytest.fixture
def shelf(tmp_path: Path) -> Platform:
    """A store without a model."""
    return unprepared(tmp_path / "home")


def trained(platform: Platform, month: date, content: bytes, judgement: Judgement = ACCEPTED) -> Model:
    learned = Learned(
        {"weights.json": content}, tuple(KIND.feature_names), {}, {}, "hash", 900, month - timedelta(days=500)
    )
    model = sealed(KIND.name, month, learned, "code")
    keep(platform, model, judgement, month)
    return model


def in_force(platform: Platform) -> list[str]:
    return [one.model_version for one in manifests_of(platform.store, KIND.name)]


def test_a_withdrawn_month_leaves_the_one_before_and_is_not_trained_again(shelf: Platform) -> None:
    before, bad = trained(shelf, NOVEMBER, b"good"), trained(shelf, DECEMBER, b"bad")
    serves = withdraw(shelf, DECEMBER, serving_version(shelf, KIND, DECEMBER), "its errors doubled")
    assert serves == before.manifest
    assert in_force(shelf) == [before.manifest.model_version]
    assert trained_for(shelf, KIND, DECEMBER) == bad.manifest  # which is why the plan leaves the month alone
    assert decided(shelf, KIND, DECEMBER) == "withdrawn by hand: its errors doubled"
    (version,) = versions_of(shelf, KIND, DECEMBER)
    assert (version.is_in_force, version.said) == (False, "withdrawn by hand: its errors doubled")
    with pytest.raises(BadInput, match="No model of ridge_v1 is in force"):
        serving_version(shelf, KIND, DECEMBER)


def test_nothing_is_left_where_no_month_came_before(shelf: Platform) -> None:
    trained(shelf, DECEMBER, b"bad")
    trained(shelf, date(2026, 1, 1), b"later")
    assert withdraw(shelf, DECEMBER, serving_version(shelf, KIND, DECEMBER), "bad") is None


def test_every_version_can_be_put_back(shelf: Platform) -> None:
    first, second = trained(shelf, DECEMBER, b"first"), trained(shelf, DECEMBER, b"second")
    candidate = trained(shelf, DECEMBER, b"third", REFUSED)
    assert in_force(shelf) == [second.manifest.model_version]
    assert decided(shelf, KIND, DECEMBER) is None  # training judged; no person did
    for model in (first, candidate, second):
        put_in_force(
            shelf, DECEMBER, kept_version(shelf, KIND, DECEMBER, model.manifest.model_version), "a person looked"
        )
        assert in_force(shelf) == [model.manifest.model_version]
        versions = versions_of(shelf, KIND, DECEMBER)
        assert len(versions) == 3
        assert (versions[0].is_in_force, versions[0].said) == (True, "put in force by hand: a person looked")


def test_a_model_from_before_versions_were_kept_is_found(shelf: Platform) -> None:
    model = trained(shelf, DECEMBER, b"old")
    for one in shelf.store.list("models/ridge_v1/2025-12/versions/"):
        shelf.store.delete(one.path)
    assert [one.manifest for one in versions_of(shelf, KIND, DECEMBER)] == [model.manifest]
    withdraw(shelf, DECEMBER, serving_version(shelf, KIND, DECEMBER), "bad")
    put_in_force(shelf, DECEMBER, kept_version(shelf, KIND, DECEMBER, model.manifest.model_version), "good after all")
    assert in_force(shelf) == [model.manifest.model_version]


def test_what_is_unknown_or_damaged_is_refused_and_nothing_changes(shelf: Platform) -> None:
    good, other = trained(shelf, DECEMBER, b"good"), trained(shelf, DECEMBER, b"other")
    with pytest.raises(BadInput) as unknown:
        kept_version(shelf, KIND, DECEMBER, "ridge_v1@nobody")
    assert good.manifest.model_version in unknown.value.next_step
    shelf.store.put(model_path(good.manifest, "weights.json"), b"damaged")
    with pytest.raises(ModelRefused, match="bytes"):
        kept_version(shelf, KIND, DECEMBER, good.manifest.model_version)
    assert in_force(shelf) == [other.manifest.model_version]
