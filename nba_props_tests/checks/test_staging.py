"""What batches left in staging: columns like the main table's, and nothing that nobody will fetch."""

from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.checks import run_checks
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props_tests.checks.rows import (
    BAD,
    DAYS,
    assert_all_pass,
    check_named,
    judge,
    ladder,
    row,
    the_failure,
)

PREDICTIONS = table("nba_predictions.player_prop_predictions")


def staged(platform: Platform, day: date, minutes_ago: float, batch_id: str | None = None) -> StagingTable:
    batch_id = batch_id or f"batch_{day}_1"
    created = platform.now - timedelta(minutes=minutes_ago)
    staging = StagingTable(batch_id, day, "ensemble_v1", "w0", created, 5)
    rows = [row(PREDICTIONS, **one) for one in ladder(day)]
    platform.warehouse.stage(PREDICTIONS, staging, pa.Table.from_pylist(rows, schema=arrow_schema(PREDICTIONS)))
    return staging


def test_staging_with_the_declared_columns_is_in_parity(platform: Platform) -> None:
    for day in DAYS:
        staged(platform, day, 5)
    assert_all_pass(platform, "schema_parity")


def test_parity_names_the_staging_table_and_its_missing_columns(platform: Platform) -> None:
    staged(platform, DAYS[0], 5)
    old = staged(platform, BAD, 5)
    path = platform.home / "warehouse" / "staging" / f"{old.name}.parquet"
    of_before = pq.read_table(path).drop_columns(["raw_confidence_score", "feature_version"])
    pq.write_table(of_before, path)
    failure = the_failure(platform, "schema_parity")
    assert failure.value == 1.0
    assert old.name in failure.detail
    assert "missing: feature_version, raw_confidence_score" in failure.detail or (
        "missing: raw_confidence_score, feature_version" in failure.detail
    )
    assert "feature_count" not in failure.detail


def test_parity_of_the_main_table_concerns_every_date(platform: Platform) -> None:
    with duckdb.connect(str(platform.home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute('ALTER TABLE "nba_predictions"."player_prop_predictions" DROP COLUMN warnings')
    outcomes = judge(platform, check_named("schema_parity"))
    assert [one.passed for one in outcomes.values()] == [False] * 3
    assert "missing: warnings" in outcomes[BAD].detail


def test_staging_within_the_grace_period_is_no_orphan(platform: Platform) -> None:
    staged(platform, BAD, 59)
    assert_all_pass(platform, "orphaned_staging")


def test_an_orphan_is_named_with_its_batch_and_age(platform: Platform) -> None:
    staged(platform, BAD, 90)
    failure = the_failure(platform, "orphaned_staging")
    assert failure.value == 1.0
    assert failure.detail == ("batch_2024-03-14_1 left 1 table(s) with 5 rows, the oldest of 2024-03-20 14:30 UTC")


def test_an_orphan_of_another_date_is_reported_under_its_own_until_it_is_cleaned(platform: Platform) -> None:
    elsewhere = date(2024, 1, 5)
    orphan = staged(platform, elsewhere, 3000)
    check = check_named("orphaned_staging")
    (run,) = run_checks(platform, [check], DAYS[0], DAYS[-1])
    assert [one.game_date for one in run.failed] == [elsewhere]
    platform.warehouse.drop_staging([orphan])
    (run,) = run_checks(platform, [check], DAYS[0], DAYS[-1])
    assert run.passed
    assert elsewhere in {one.game_date for one in run.outcomes}
    assert (
        platform.warehouse.query("select count(*) as n from nba_monitoring.check_results where not passed")["n"][
            0
        ].as_py()
        == 0
    )
