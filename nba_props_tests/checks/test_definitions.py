"""Checks through Dagster: a stub of the asset is materialised over dates, its checks are evaluated in the same run."""

from collections.abc import Mapping

import dagster as dg
import pytest

from nba_props.checks import CHECKS, build_checks
from nba_props.partitions import DAILY, SEASONS
from nba_props.platform import Platform
from nba_props_tests.checks.rows import BAD, DAYS, ladder, put

PREDICTIONS = dg.AssetKey(["predictions", "player_prop_predictions"])
RANGE = {
    "dagster/asset_partition_range_start": DAYS[0].isoformat(),
    "dagster/asset_partition_range_end": DAYS[-1].isoformat(),
}


def checks_of(key: dg.AssetKey) -> dg.AssetChecksDefinition:
    (found,) = [one for one in build_checks() if {spec.asset_key for spec in one.check_specs} == {key}]
    return found


def run(
    platform: Platform, key: dg.AssetKey, partitions: dg.PartitionsDefinition | None, **how: Mapping[str, str] | str
) -> tuple[dg.ExecuteInProcessResult, dict[str, dg.AssetCheckEvaluation]]:
    policy = dg.BackfillPolicy.single_run() if partitions else None

    @dg.asset(key=key, partitions_def=partitions, backfill_policy=policy)
    def checked() -> None: ...

    @dg.asset(deps=[key], partitions_def=partitions, backfill_policy=policy)
    def published() -> None: ...

    defs = dg.Definitions(
        assets=[checked, published],
        asset_checks=[checks_of(key)],
        resources={"platform": platform},
        executor=dg.in_process_executor,
    )
    job = defs.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, **how)
        return result, {one.check_name: one for one in result.get_asset_check_evaluations()}


@pytest.fixture
def predicted(platform: Platform) -> Platform:
    put(platform, "nba_raw.player_box_scores", [{"game_id": "1", "game_date": DAYS[0]}])
    put(platform, "nba_predictions.player_prop_predictions", [row for day in DAYS for row in ladder(day)])
    return platform


def plant_two_main_lines(platform: Platform) -> None:
    rows = [row | {"is_main_line": row["is_main_line"] or day == BAD} for day in DAYS for row in ladder(day)]
    put(platform, "nba_predictions.player_prop_predictions", rows)


def test_a_sound_range_passes_with_one_evaluation_a_check(predicted: Platform) -> None:
    result, evaluations = run(predicted, PREDICTIONS, DAILY, tags=RANGE)
    assert result.success
    assert set(evaluations) == {check.name for check in CHECKS["predictions/player_prop_predictions"]}
    assert len(result.get_asset_check_evaluations()) == len(evaluations)
    assert all(one.passed for one in evaluations.values())
    assert evaluations["single_active"].metadata["dates_checked"].value == 3
    assert result.asset_materializations_for_node("published")


def test_an_integrity_failure_names_its_date_and_blocks_what_is_downstream(predicted: Platform) -> None:
    plant_two_main_lines(predicted)
    result, evaluations = run(predicted, PREDICTIONS, DAILY, tags=RANGE)
    assert not result.success
    assert {event.step_key for event in result.get_step_skipped_events()} <= {"published"}
    assert not [event for event in result.all_events if event.step_key == "published" and event.is_step_success]
    failed = evaluations["single_active"]
    assert (failed.passed, failed.severity, failed.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert failed.metadata["failed_dates"].value == "2024-03-14"
    assert failed.metadata["dates_failed"].value == 1
    assert failed.metadata["worst_value"].value == 1.0
    assert "| 2024-03-14 | 1 | not exactly one main line" in failed.metadata["failures"].value
    assert failed.description is not None
    assert failed.description.startswith("1 of 3 date(s) failed; 2024-03-14: not exactly one main line")
    # the others were evaluated and reported all the same
    assert set(evaluations) == {check.name for check in CHECKS["predictions/player_prop_predictions"]}


def test_a_single_date_is_judged_alone(predicted: Platform) -> None:
    plant_two_main_lines(predicted)
    result, evaluations = run(predicted, PREDICTIONS, DAILY, partition_key=DAYS[0].isoformat())
    assert result.success
    assert evaluations["single_active"].metadata["dates_checked"].value == 1


def test_a_warning_warns_and_lets_the_run_go_on(predicted: Platform) -> None:
    rows = [row for n in range(20) for row in ladder(BAD, f"player{n:02d}")]
    put(predicted, "nba_predictions.player_prop_predictions", [*ladder(DAYS[0]), *rows, *ladder(DAYS[2])])
    result, evaluations = run(predicted, PREDICTIONS, DAILY, tags=RANGE)
    assert result.success
    warned = evaluations["line_concentration"]
    assert (warned.passed, warned.severity, warned.blocking) == (False, dg.AssetCheckSeverity.WARN, False)


def test_an_off_day_passes_and_says_no_slate(platform: Platform) -> None:
    result, evaluations = run(platform, PREDICTIONS, DAILY, partition_key="2024-03-16")
    assert result.success
    assert {one.description for one in evaluations.values()} == {"no slate"}


def test_a_season_is_all_its_dates(platform: Platform) -> None:
    put(platform, "nba_raw.game_results", [{"game_id": "1", "game_date": day} for day in DAYS[1:]])
    result, evaluations = run(platform, dg.AssetKey(["raw", "game_results"]), SEASONS, partition_key="2023")
    assert result.success
    assert evaluations["rows_present"].metadata["failed_dates"].value == "2024-03-13"
    assert evaluations["grain"].metadata["failed_dates"].value == "2024-03-14, 2024-03-15"


def test_an_unpartitioned_asset_is_judged_today(platform: Platform) -> None:
    put(platform, "nba_raw.player_list", [{"source_player_id": 1}, {"source_player_id": 1}])
    result, evaluations = run(platform, dg.AssetKey(["raw", "player_list"]), None)
    assert result.success
    assert evaluations["grain"].metadata["failed_dates"].value == platform.today.isoformat()


def test_an_error_while_looking_fails_the_step_loudly(platform: Platform) -> None:
    import duckdb

    with duckdb.connect(str(platform.home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute('DROP TABLE "nba_predictions"."player_prop_predictions"')
    result, evaluations = run(platform, PREDICTIONS, DAILY, partition_key=BAD.isoformat())
    assert not result.success
    assert evaluations == {}


def test_every_catalogued_asset_has_one_definition_and_only_integrity_blocks() -> None:
    specs = [spec for one in build_checks() for spec in one.check_specs]
    assert len(specs) == sum(map(len, CHECKS.values()))
    for spec in specs:
        assert spec.blocking is (spec.metadata["severity"] == "integrity")
        assert spec.description
