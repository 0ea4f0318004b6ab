"""Models and their manifests: what is refused, which serves a date, and which may replace it."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nba_props.domain.features import FEATURE_NAMES
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import (
    FEWEST_COMPARED_ROWS,
    MAX_STALENESS_DAYS,
    TRAINING_WINDOW_DAYS,
    TWIN,
    VALIDATION_DAYS,
    Learned,
    Manifest,
    Model,
    Shelf,
    judged,
    population_stability,
    sealed,
    training_window,
    twin,
    usable_rows,
    validation_start,
    verified,
)
from nba_props.domain.systems import MEMBERS, SYSTEM_IDS, build_systems, xgboost_v1
from nba_props.errors import IntegrityFailure, ModelRefused

MONTH = date(2024, 1, 1)
NAMES = ("points_avg_season", "pace_score")
LIBRARIES = {"xgboost": "3.2.0"}


def learned(**changes: Any) -> Learned:
    made = Learned(
        files={"points.ubj": b"trees", f"{TWIN}points.ubj": b"fewer trees"},
        feature_names=NAMES,
        parameters={"eta": 0.06, "rounds": 120},
        libraries=LIBRARIES,
        training_hash="abc",
        training_rows=900,
        training_start=date(2022, 8, 20),
        validation_start=date(2023, 10, 3),
        metrics={"validation_mae": 4.87654321},
        importance={"points_avg_season": 0.7, "pace_score": 0.3},
    )
    return replace(made, **changes)


def model_of(month: date = MONTH, kind: str = "xgboost_v1", files: dict[str, bytes] | None = None) -> Model:
    return sealed(kind, month, learned(files=files or {"points.ubj": f"{month}".encode()}), "commit")


# -- manifests ---------------------------------------------------------------------------------------------------------


def test_a_manifest_comes_back_from_its_bytes_as_it_was() -> None:
    manifest = sealed("xgboost_v1", MONTH, learned(), "commit").manifest
    again = Manifest.from_json(manifest.to_json())
    assert again == manifest
    assert again.to_json() == manifest.to_json()
    assert (again.model_id, again.training_end) == ("xgboost_v1/2024-01", date(2023, 12, 31))
    assert again.metrics["validation_mae"] == 4.876543


def test_equal_training_has_an_equal_version_and_other_bytes_another() -> None:
    one = sealed("xgboost_v1", MONTH, learned(), "a commit").manifest
    assert sealed("xgboost_v1", MONTH, learned(), "another commit").manifest.model_version == one.model_version
    other = learned(files={"points.ubj": b"other trees"})
    assert sealed("xgboost_v1", MONTH, other, "a commit").manifest.model_version != one.model_version


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda one: {name: value for name, value in one.items() if name != "training_hash"}, "training_hash"),
        (lambda one: {name: value for name, value in one.items() if name != "feature_names"}, "feature_names"),
        (lambda one: one | {"colour": "red"}, "colour"),
        (lambda one: [one], "list"),
    ],
)
def test_a_manifest_with_a_missing_or_an_unknown_field_is_refused(damage: Any, said: str) -> None:
    fields = json.loads(sealed("xgboost_v1", MONTH, learned(), "commit").manifest.to_json())
    with pytest.raises(ModelRefused, match=f"(?s)cannot be read.*{said}"):
        Manifest.from_json(json.dumps(damage(fields)).encode())


def test_a_manifest_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ModelRefused, match="cannot be read"):
        Manifest.from_json(sealed("xgboost_v1", MONTH, learned(), "commit").manifest.to_json()[:40])


# -- verification ------------------------------------------------------------------------------------------------------


def test_what_nothing_has_changed_under_is_verified() -> None:
    model = sealed("xgboost_v1", MONTH, learned(), "commit")
    again = verified(Manifest.from_json(model.manifest.to_json()), model.files, NAMES, LIBRARIES)
    assert again == model


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"files": {"points.ubj": b"treez", f"{TWIN}points.ubj": b"fewer trees"}}, ["the bytes of points.ubj"]),
        ({"files": {"points.ubj": b"trees"}}, [f"the bytes of {TWIN}points.ubj"]),
        ({"names": tuple(reversed(NAMES))}, ["other features"]),
        ({"names": (*NAMES, "home_away")}, ["other features"]),
        ({"libraries": {"xgboost": "3.3.0"}}, ["xgboost 3.2.0, this is 3.3.0"]),
        ({"libraries": {"scikit-learn": "1.5"}}, ["scikit-learn None, this is 1.5"]),
        ({"end": "2024-01-01"}, ["ends 2024-01-01, inside its own month"]),
        ({"end": "2024-02-07"}, ["ends 2024-02-07, inside its own month"]),
        (
            {"files": {}, "names": ("x",), "libraries": {"xgboost": "2"}, "end": "2024-01-31"},
            [
                "the bytes of points.ubj",
                f"the bytes of {TWIN}points.ubj",
                "other features",
                "xgboost 3.2.0, this is 2",
                "inside its own month",
            ],
        ),
    ],
)
def test_a_refusal_names_every_disagreement(change: dict[str, Any], said: list[str]) -> None:
    model = sealed("xgboost_v1", MONTH, learned(), "commit")
    manifest = replace(model.manifest, training_end_date=change.get("end", model.manifest.training_end_date))
    with pytest.raises(ModelRefused) as refused:
        verified(
            manifest,
            change.get("files", model.files),
            change.get("names", NAMES),
            change.get("libraries", LIBRARIES),
        )
    assert str(refused.value).startswith("Model xgboost_v1/2024-01 is refused: ")
    for one in said:
        assert one in str(refused.value)
    assert str(refused.value).count(";") == len(said) - 1


@pytest.mark.parametrize("kind", MODEL_KINDS, ids=lambda kind: kind.name)
def test_a_model_trained_with_another_library_or_on_other_features_is_refused_by_its_kind(kind: Any) -> None:
    import xgboost as xgb

    own = learned(feature_names=tuple(kind.feature_names), libraries={"xgboost": xgb.__version__})
    model = sealed(kind.name, MONTH, own, "commit")
    assert kind.verified(model.manifest, model.files) == model
    with pytest.raises(ModelRefused, match="other features"):
        kind.verified(sealed(kind.name, MONTH, learned(), "commit").manifest, model.files)
    if kind.uses_xgboost:
        old = sealed(kind.name, MONTH, replace(own, libraries={"xgboost": "1.7.0"}), "commit")
        with pytest.raises(ModelRefused, match=r"trained with xgboost 1\.7\.0"):
            kind.verified(old.manifest, old.files)


def test_calibration_is_fitted_after_the_models_it_judges_and_every_other_kind_serves_its_own_system() -> None:
    assert [kind.name for kind in MODEL_KINDS if kind.train is None] == [MODEL_KINDS[-1].name]
    for kind in MODEL_KINDS[:-1]:
        assert kind.name in MEMBERS


def test_systems_are_registered_under_their_own_ids_the_ensemble_last() -> None:
    built = build_systems(Shelf())
    assert tuple(built) == SYSTEM_IDS == (*MEMBERS, "ensemble_v1")
    assert all(system.system_id == name for name, system in built.items())


# -- which model serves a date -----------------------------------------------------------------------------------------


def test_the_newest_model_whose_window_ends_before_the_day_serves_it() -> None:
    november, december, january = (model_of(month) for month in (date(2023, 11, 1), date(2023, 12, 1), MONTH))
    shelf = Shelf({"xgboost_v1": [january, november, december]})
    assert shelf.in_force("xgboost_v1", date(2024, 1, 1)) is january
    assert shelf.in_force("xgboost_v1", date(2023, 12, 31)) is december  # January's window ends on that very day
    assert shelf.in_force("xgboost_v1", date(2023, 11, 1)) is november
    assert shelf.in_force("xgboost_v1", date(2023, 10, 31)) is None
    assert shelf.in_force("minutes_rate_v1", date(2024, 1, 1)) is None


def test_a_model_that_is_too_old_serves_nothing() -> None:
    model = model_of()
    shelf = Shelf({"xgboost_v1": [model]})
    last = model.training_end + timedelta(days=MAX_STALENESS_DAYS)
    assert shelf.in_force("xgboost_v1", last) is model
    assert shelf.in_force("xgboost_v1", last + timedelta(days=1)) is None


def test_rows_are_given_to_the_models_that_serve_their_dates() -> None:
    december, january = model_of(date(2023, 12, 1)), model_of(MONTH)
    shelf = Shelf({"xgboost_v1": [december, january]})
    days = pd.Series([date(2024, 1, 2), date(2023, 12, 5), date(2023, 11, 9), date(2024, 1, 1), date(2023, 12, 31)])
    found = {model.manifest.month: rows.tolist() for model, rows in shelf.in_force_on("xgboost_v1", days)}
    assert found == {"2024-01": [0, 3], "2023-12": [1, 4]}
    assert Shelf().in_force_on("xgboost_v1", days) == []


def test_versions_name_every_model_in_force() -> None:
    trees, other = model_of(), model_of(kind="calibration", files={"calibration.json": b"{}"})
    shelf = Shelf({"xgboost_v1": [trees], "calibration": [other]})
    assert shelf.versions_on(MONTH) == f"{other.manifest.model_version},{trees.manifest.model_version}"
    assert shelf.versions_on(date(2022, 1, 1)) == "no model"


def test_a_twin_is_a_model_that_saw_nothing_of_the_end_of_the_window() -> None:
    model = sealed("xgboost_v1", MONTH, learned(), "commit")
    stand_in = twin(model)
    assert stand_in is not None
    assert stand_in.files == {"points.ubj": b"fewer trees"}
    assert stand_in.training_end == date(2023, 10, 2)
    shelf = Shelf({"xgboost_v1": [stand_in]})
    assert shelf.in_force("xgboost_v1", date(2023, 10, 3)) is stand_in
    assert shelf.in_force("xgboost_v1", date(2023, 10, 2)) is None


def test_without_a_validation_there_is_no_twin() -> None:
    assert twin(sealed("xgboost_v1", MONTH, learned(validation_start=None), "commit")) is None
    assert twin(model_of()) is None


# -- rows to learn from ------------------------------------------------------------------------------------------------


def training_rows(count: int = 800, until: date = MONTH - timedelta(days=1), seed: int = 3) -> pd.DataFrame:
    """Player-games over the 160 days to `until`; points follow the season's mean and home court."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame({name: random.normal(10, 4, count) for name in FEATURE_NAMES})
    rows["game_date"] = [until - timedelta(days=int(day)) for day in np.arange(count) % 160]
    rows["game_id"] = [f"00223{number % 97:05d}" for number in range(count)]
    rows["universal_player_id"] = [f"nba_{number}" for number in range(count)]
    rows["points"] = rows["points_avg_season"] + random.normal(0, 3, count)
    return rows


def test_rows_of_the_month_are_a_leak() -> None:
    assert len(usable_rows(training_rows(), MONTH)) == 800
    with pytest.raises(IntegrityFailure, match="2024-01-01, not before 2024-01-01"):
        usable_rows(training_rows(until=MONTH), MONTH)
    with pytest.raises(IntegrityFailure, match="leak"):  # a leak is told even if the rows are too few
        usable_rows(training_rows(3, until=date(2024, 3, 1)), MONTH)


def test_too_few_rows_are_refused_with_how_many_are_needed() -> None:
    with pytest.raises(ModelRefused, match="499 training rows between 2022-08-19 and 2023-12-31; 500 are needed"):
        usable_rows(training_rows(499), MONTH)
    with pytest.raises(ModelRefused, match="0 training rows"):
        usable_rows(training_rows(1).iloc[:0], MONTH)
    assert len(usable_rows(training_rows(20), MONTH, fewest=20)) == 20


def test_the_window_ends_with_the_day_before_the_month() -> None:
    start, end = training_window(MONTH)
    assert (start, end) == (MONTH - timedelta(days=TRAINING_WINDOW_DAYS), date(2023, 12, 31))


def test_usable_rows_have_one_order() -> None:
    rows = training_rows()
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(usable_rows(rows, MONTH), usable_rows(shuffled, MONTH))


def test_the_validation_is_the_end_of_the_window_and_there_is_none_where_too_little_is_left() -> None:
    rows = usable_rows(training_rows(2000), MONTH)
    assert validation_start(rows) == date(2023, 12, 31) - timedelta(days=VALIDATION_DAYS - 1)
    assert validation_start(rows[:900]) is None


def test_shuffled_rows_train_the_same_model() -> None:
    rows = training_rows(2000)
    one, other = (
        sealed("xgboost_v1", MONTH, xgboost_v1.train(some, MONTH), "commit")
        for some in (rows, rows.sample(frac=1, random_state=5))
    )
    assert one.manifest == other.manifest
    assert one.files == other.files
    assert set(one.files) == {"points.ubj", "validation_points.ubj"}
    assert next(iter(one.manifest.importance)) == "points_avg_season"
    assert one.manifest.metrics["validation_mae"] < 3.5


def test_the_future_of_a_twin_changes_nothing_about_it() -> None:
    rows = training_rows(2000)
    boundary = validation_start(usable_rows(rows, MONTH))
    poisoned = rows.assign(points=np.where(rows["game_date"] >= boundary, 60.0, rows["points"]))
    one, other = (xgboost_v1.train(some, MONTH).files for some in (rows, poisoned))
    assert one["validation_points.ubj"] == other["validation_points.ubj"]
    assert one["points.ubj"] != other["points.ubj"]


# -- whether a new model may replace the one in force ------------------------------------------------------------------


def errors(count: int, worse_by: float, seed: int = 1) -> tuple[Any, Any, list[int]]:
    """(new, old, dates): absolute errors of about 5 points of two models that differ by noise, and by `worse_by`."""
    random = np.random.default_rng(seed)
    old = np.abs(random.normal(0, 6, count))
    return old + worse_by + random.normal(0, 0.5, count), old, [number // 20 for number in range(count)]


@pytest.mark.parametrize("worse_by", [-0.5, 0.0, 0.02])
def test_a_model_that_is_better_or_hardly_worse_is_accepted(worse_by: float) -> None:
    judgement = judged(*errors(5000, worse_by))
    assert judgement.is_accepted
    assert judgement.reason.startswith("accepted: mean absolute error")
    assert "on 5000 rows it had not seen" in judgement.reason


def test_a_model_that_is_worse_is_refused_and_told_by_how_much() -> None:
    new, old, dates = errors(5000, 0.2)
    judgement = judged(new, old, dates)
    assert not judgement.is_accepted
    assert judgement.reason.startswith(f"refused: mean absolute error {new.mean():.3f} against {old.mean():.3f}")


def test_noise_refuses_nothing() -> None:
    random = np.random.default_rng(4)
    old = np.abs(random.normal(0, 6, 300))
    new = old + 0.2 + random.normal(0, 6, 300)  # a standard error of 0.35
    assert judged(new - (new - old).mean() + 0.2, old, list(range(300))).is_accepted


def test_rows_of_one_date_count_together() -> None:
    """A shift that sits in two nights of thirty is no evidence, however many rows these nights have."""
    night = np.repeat(np.arange(30), 20)
    old = np.full(600, 5.0)
    new = old + np.where(night < 2, 2.0, 0.0)
    assert judged(new, old, night.tolist()).is_accepted
    assert not judged(new, old, list(range(600))).is_accepted


def test_on_too_few_rows_nothing_is_said_against_a_model() -> None:
    new, old, dates = errors(FEWEST_COMPARED_ROWS - 1, 3.0)
    assert judged(new, old, dates).is_accepted
    assert "only 199 rows" in judged(new, old, dates).reason
    assert judged(np.empty(0), np.empty(0), []).is_accepted
    assert not judged(*errors(FEWEST_COMPARED_ROWS, 3.0)).is_accepted


# -- drift -------------------------------------------------------------------------------------------------------------

SAMPLES = arrays(np.float64, st.integers(1, 200), elements=st.floats(-50, 50) | st.just(float("nan")))


@given(SAMPLES)
def test_a_sample_is_stable_against_itself(sample: Any) -> None:
    assert population_stability(sample, sample) == pytest.approx(0, abs=1e-12)


@given(SAMPLES, SAMPLES)
def test_the_index_is_never_negative(earlier: Any, later: Any) -> None:
    assert population_stability(earlier, later) >= 0


def test_it_grows_with_a_shift() -> None:
    random = np.random.default_rng(2)
    earlier, later = random.normal(size=20_000), random.normal(size=5_000)
    found = [population_stability(earlier, later + shift) for shift in (0, 0.25, 0.5, 1, 2)]
    assert found == sorted(found)
    assert found[0] < 0.01
    assert found[3] > 0.25


def test_values_that_become_unknown_are_a_shift() -> None:
    random = np.random.default_rng(2)
    sample = random.normal(size=10_000)
    half = np.where(np.arange(10_000) % 2 == 0, np.nan, sample)
    assert population_stability(half, half[::-1]) < 0.01
    assert population_stability(sample, half) > 0.25
    assert population_stability(np.full(300, np.nan), np.full(300, np.nan)) == pytest.approx(0)
    assert population_stability(np.full(300, np.nan), sample) > 0.25


def test_of_nothing_there_is_no_drift() -> None:
    assert population_stability(np.empty(0), np.ones(5)) == population_stability(np.ones(5), np.empty(0)) == 0
