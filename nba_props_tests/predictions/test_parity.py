"""What staging must look like to be merged at all, and the way back for what was staged before a migration."""

import pyarrow as pa
import pytest

from nba_props.assets.predictions.batch import BATCHES
from nba_props.errors import IntegrityFailure, SchemaMismatch, StorageFault
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props_tests.predictions.kit import (
    MAIN,
    ONE,
    Said,
    everything,
    game_of,
    in_force,
    lines_of,
    merge,
    named,
    open_batch,
    player,
    prediction_rows,
    publish,
    refusal_of,
    stage,
    stage_as,
    staging_left,
    stored,
    the_batch,
    version_without,
)
from nba_props_tests.slates import DAY, NOON, put, rows

OF_THE_FEATURE_STORE = (
    "feature_quality_score",
    "data_quality_tier",
    "feature_count",
    "feature_version",
    "feature_data_source",
    "early_season_flag",
)


def staged_before_a_migration(platform: Platform, *columns: str, **retyped: type) -> str:
    """A batch of players 1 and 2 whose staging lacks `columns`, or has others; its id."""
    batch = open_batch(platform, 0, named(1, 2))
    made = rows(MAIN.full_name, *prediction_rows(batch, ONE, named(1, 2)))
    for name, kind in retyped.items():
        values = pa.array([kind(1)] * made.num_rows)
        made = made.drop_columns([name] if name in made.column_names else []).append_column(name, values)
    staging = StagingTable(batch.batch_id, DAY, ONE, "w0", NOON, made.num_rows)
    stage_as(platform, version_without(*columns, **retyped), staging, made)
    return batch.batch_id


def put_features(platform: Platform, *numbers: int) -> None:
    put(
        platform,
        "nba_precompute.ml_feature_store",
        *[
            {
                "game_date": DAY,
                "game_id": game_of(player(number)),
                "universal_player_id": player(number),
                "feature_quality_score": 90.0 + number,
                "data_quality_tier": "silver",
                "feature_count": 25,
                "feature_version": "v1_baseline_25",
                "early_season_flag": True,
            }
            for number in numbers
        ],
    )


@pytest.mark.parametrize(
    ("lacking", "retyped", "said"),
    [
        (("fatigue_adjustment", "warnings"), {}, "missing: fatigue_adjustment, warnings"),
        (("universal_player_id",), {}, "missing: universal_player_id"),
        ((), {"momentum_adjustment": str}, "undeclared: momentum_adjustment"),
        ((), {"feature_count": float}, "retyped: feature_count (FLOAT64 instead of INT64)"),
    ],
)
def test_other_columns_are_refused_by_name_and_nothing_is_written(
    platform: Platform, lacking: tuple[str, ...], retyped: dict[str, type], said: str
) -> None:
    staged_before_a_migration(platform, *lacking, **retyped)
    before = (everything(platform), staging_left(platform))
    error = refusal_of(platform, SchemaMismatch)
    assert said in error.message
    assert (everything(platform), staging_left(platform)) == before
    assert stored(platform) == []


def test_a_column_is_accepted_as_missing_only_by_name_and_the_rows_say_so(platform: Platform) -> None:
    batch_id = staged_before_a_migration(platform, "fatigue_adjustment", "warnings")
    error = refusal_of(platform, SchemaMismatch, accept_missing=["warnings"])
    assert "missing: fatigue_adjustment" in error.message
    assert "warnings" not in error.message
    merge(platform, accept_missing=["warnings", "fatigue_adjustment", "pace_adjustment"])
    assert {row["accepted_missing_columns"] for row in stored(platform)} == {"fatigue_adjustment,warnings"}
    assert {row["warnings"] for row in stored(platform)} == {None}
    assert the_batch(platform, batch_id).row["accepted_missing_columns"] == "fatigue_adjustment,warnings"
    assert staging_left(platform) == []


def test_a_required_column_cannot_be_accepted_as_missing(platform: Platform) -> None:
    staged_before_a_migration(platform, "model_version")
    error = refusal_of(platform, SchemaMismatch, accept_missing=["model_version"])
    assert "lacks model_version, which may not be NULL" in error.message
    assert (stored(platform), len(staging_left(platform))) == ([], 1)


def test_what_the_feature_store_knows_is_completed_from_it(platform: Platform) -> None:
    put_features(platform, 1, 2)
    staged_before_a_migration(platform, *OF_THE_FEATURE_STORE)
    merge(platform)
    found = {(row["universal_player_id"], *(row[name] for name in OF_THE_FEATURE_STORE)) for row in stored(platform)}
    assert found == {
        (player(number), 90.0 + number, "silver", 25, "v1_baseline_25", "ml_feature_store", True) for number in (1, 2)
    }
    assert {row["accepted_missing_columns"] for row in stored(platform)} == {None}


def test_a_required_column_that_the_feature_store_does_not_know_either_is_refused(platform: Platform) -> None:
    put_features(platform, 1)
    staged_before_a_migration(platform, "feature_version")
    assert "feature_version" in refusal_of(platform, SchemaMismatch).message
    assert (stored(platform), len(staging_left(platform))) == ([], 1)


def test_a_refused_batch_does_not_keep_others_waiting(platform: Platform) -> None:
    staged_before_a_migration(platform, "warnings")
    good = open_batch(platform, 1, {player(1): Said(30.5)})
    stage(platform, good, {player(1): Said(30.5)})
    refusal_of(platform, SchemaMismatch)
    assert the_batch(platform, good.batch_id).state == "consolidated"
    assert len(staging_left(platform)) == 1
    merge(platform, accept_missing=["warnings"])
    assert lines_of(platform)[0] == 285  # the refused batch knew less


# -- rows that are nobody's, or say nothing ---------------------------------------------------------------------------


def test_staging_of_no_recorded_batch_is_named_and_left(platform: Platform) -> None:
    good = open_batch(platform, 0, named(1))
    stage(platform, good, named(1))
    orphan = open_batch(platform, 1, named(1))
    stage(platform, orphan, {player(1): Said(30.5)})
    platform.warehouse.delete(
        BATCHES,
        "game_date = @start_date AND batch_id IN UNNEST(@batch_ids)",
        {"start_date": DAY, "batch_ids": [orphan.batch_id]},
    )
    error = refusal_of(platform, IntegrityFailure)
    assert orphan.batch_id in error.message
    assert lines_of(platform)[0] == 185
    assert staging_left(platform) == [f"_staging_{orphan.batch_id}_{ONE}_w0"]


def test_rows_of_another_batch_are_refused(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1))
    stage(platform, batch, named(1), batch_id="batch_2024-01-15_1")
    assert "another batch_id" in refusal_of(platform, IntegrityFailure).message
    assert (stored(platform), len(staging_left(platform))) == ([], 1)


def test_a_row_without_number_or_reason_is_refused(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2))
    stage(platform, batch, named(1, 2), predicted_points=None)
    assert "10 rows with neither a number nor a reason" in refusal_of(platform, IntegrityFailure).message
    assert stored(platform) == []


def test_nan_cannot_be_staged(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1))
    with pytest.raises(SchemaMismatch, match="predicted_points"):
        stage(platform, batch, {player(1): Said(mean=float("nan"))})
    assert staging_left(platform) == []


def test_a_batch_of_refusals_alone_publishes_nobody(platform: Platform) -> None:
    batch = publish(platform, 0, {player(number): Said(refusal="no_recent_games") for number in (1, 2)})
    assert (in_force(platform), len(stored(platform)), batch.state) == ({}, 2, "consolidated")


@pytest.mark.parametrize("kept_bytes", [0, 100, -200], ids=["empty", "cut short", "without its end"])
def test_a_damaged_staging_file_is_named_and_nothing_is_merged_or_dropped(platform: Platform, kept_bytes: int) -> None:
    batch = open_batch(platform, 0, named(1))
    stage(platform, batch, named(1))
    (path,) = platform.home.rglob("_staging_*.parquet")
    path.write_bytes(path.read_bytes()[:kept_bytes])
    error = refusal_of(platform, StorageFault)
    assert path.name in error.message
    assert path.exists()
    assert stored(platform) == []
