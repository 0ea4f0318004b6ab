"""What a prune removes and what it may never remove, on real records of Dagster with hundreds of runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
from dagster_shared.error import SerializableErrorInfo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_props.history import recorded
from nba_props.instance import dagster_home, open_instance
from nba_props.io.dagster_retention import runs_to_keep
from nba_props.platform import Platform
from nba_props.retention import Keep, keep_of, prune
from nba_props.settings import load_settings

STATUSES = {
    "SUCCESS": dg.DagsterEventType.PIPELINE_SUCCESS,
    "FAILURE": dg.DagsterEventType.PIPELINE_FAILURE,
    "STARTED": dg.DagsterEventType.PIPELINE_START,
}
DAY = date(2025, 12, 3)


@dataclass(frozen=True)
class Ran:
    """One run: how it ended, and the partitions it materialised (None where the asset has none)."""

    status: str
    materialised: Sequence[tuple[str, str | None]] = ()


def run(instance: dg.DagsterInstance, ran: Ran) -> str:
    """Put a run with its events into the records; its id."""

    @dg.job(name="made_by_hand")
    def job() -> None: ...

    made = instance.create_run_for_job(job, run_id=str(uuid4()))
    for asset, partition in ran.materialised:
        happened = dg.AssetMaterialization(dg.AssetKey(asset), partition=partition)
        data = dg._core.events.StepMaterializationData(happened, [])  # type: ignore[attr-defined]
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_MATERIALIZATION.value, made.job_name, event_specific_data=data
        )
        instance.report_dagster_event(event, made.run_id)
    instance.report_dagster_event(dg.DagsterEvent(STATUSES[ran.status].value, made.job_name), made.run_id)
    return made.run_id


def ids(instance: dg.DagsterInstance) -> set[str]:
    return {one.run_id for one in instance.get_runs()}


def newest(instance: dg.DagsterInstance) -> dict[tuple[str, str | None], str]:
    """Run id of the newest materialisation of each asset and partition, as Dagster's own client tells."""
    found: dict[tuple[str, str | None], str] = {}
    for key in instance.all_asset_keys():
        for record in instance.fetch_materializations(key, limit=10_000, ascending=True).records:
            found[key.to_user_string(), record.partition_key] = record.run_id
    return found


EVERYTHING = Keep(timedelta(minutes=-1), timedelta(minutes=-1))
"""Let go of all that has ended."""


def rows(platform: Platform) -> list[dict[str, Any]]:
    found = platform.warehouse.query(
        "select run_id, processor_name, status from nba_reference.processor_run_history order by started_at, run_id"
    )
    return found.to_pylist()


def record(platform: Platform, run_id: str, *, fails: bool = False, name: str = "exports/results") -> None:
    try:
        with recorded(platform, run_id, name, DAY, DAY):
            if fails:
                raise ValueError("no")
    except ValueError:
        assert fails


def test_repetition_and_failure_go_and_what_is_newest_or_in_progress_stays(platform: Platform) -> None:
    with open_instance(platform) as instance:
        first = run(instance, Ran("SUCCESS", [("a", "2025-12-01"), ("b", None)]))
        second = run(instance, Ran("SUCCESS", [("a", "2025-12-01"), ("a", "2025-12-02")]))
        failed = run(instance, Ran("FAILURE"))
        third = run(instance, Ran("SUCCESS", [("a", "2025-12-02")]))
        going_on = run(instance, Ran("STARTED"))
        repeated = run(instance, Ran("SUCCESS", [("b", None)]))
    done = prune(platform, EVERYTHING)
    assert (done.runs, done.kept_runs) == (2, 3)
    files = {path.name for path in (dagster_home(platform) / "history" / "runs").iterdir()}
    assert not {f"{first}.db", f"{failed}.db"} & files
    with open_instance(platform) as instance:
        assert ids(instance) == {second, third, going_on, repeated}
        assert newest(instance)["a", "2025-12-01"] == second
        assert instance.all_logs(first) == []
    assert prune(platform, EVERYTHING).runs == 0


def test_limits_are_apart_and_a_dry_run_changes_nothing(platform: Platform) -> None:
    with open_instance(platform) as instance:
        succeeded, failed = run(instance, Ran("SUCCESS")), run(instance, Ran("FAILURE"))
    keep = Keep(succeeded=timedelta(days=1), others=timedelta(minutes=-1))
    assert prune(platform, keep, is_dry=True).runs == 1
    with open_instance(platform) as instance:
        assert ids(instance) == {succeeded, failed}
    assert prune(platform, keep).runs == 1
    with open_instance(platform) as instance:
        assert ids(instance) == {succeeded}


RUNS = st.lists(
    st.builds(
        Ran,
        st.sampled_from(sorted(STATUSES)),
        st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["2025-12-01", "2025-12-02", None])), max_size=3),
    ),
    max_size=6,
)


@pytest.mark.whole
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RUNS)
def test_no_newest_materialisation_is_ever_removed(platform: Platform, ran: list[Ran]) -> None:
    with open_instance(platform) as instance:
        mine = {run(instance, one): one for one in ran}
        before = newest(instance)
    prune(platform, EVERYTHING)
    with open_instance(platform) as instance:
        assert newest(instance) == before
        left = ids(instance)
        assert {run_id for run_id, one in mine.items() if one.status == "STARTED"} <= left
        ended = {run_id for run_id, one in mine.items() if one.status != "STARTED"}
        assert left & ended == runs_to_keep(instance) & ended


def test_a_prune_that_is_killed_between_events_and_run_is_finished_by_the_next(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(platform) as instance:
        run(instance, Ran("FAILURE"))
        storage = type(instance.run_storage)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            prune(platform, EVERYTHING)
    assert prune(platform, EVERYTHING).runs == 1
    with open_instance(platform) as instance:
        assert ids(instance) == set()


@pytest.mark.whole
def test_hundreds_of_failed_runs_go_and_their_space_is_given_back(platform: Platform) -> None:
    with open_instance(platform) as instance:
        kept = run(instance, Ran("SUCCESS", [("a", "2025-12-01")]))
        for _ in range(300):
            run(instance, Ran("FAILURE"))
    before = size_of(dagster_home(platform))
    told: list[str] = []
    done = prune(platform, EVERYTHING, progress=told.append)
    assert done.runs == 300
    assert "Dagster's runs: 300 so far" in told
    with open_instance(platform) as instance:
        assert ids(instance) == {kept}
    assert done.left_alone == []
    assert size_of(dagster_home(platform)) < before / 10


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_ticks_go_but_the_newest_of_each_sensor_and_those_that_are_at_work(platform: Platform) -> None:
    now = datetime.now(UTC).timestamp()
    with open_instance(platform) as instance:
        for at, status in ((3, "SKIPPED"), (2, "STARTED"), (1, "FAILURE"), (0, "SKIPPED")):
            error = SerializableErrorInfo("no", [], None) if status == "FAILURE" else None
            tick = TickData("origin", "sensor", InstigatorType.SENSOR, TickStatus(status), now - at, error=error)
            instance.create_tick(tick)
    assert prune(platform, EVERYTHING, is_dry=True).ticks == 2
    assert prune(platform, EVERYTHING).ticks == 2
    with open_instance(platform) as instance:
        assert [tick.status.value for tick in instance.get_ticks("origin", "")] == ["SKIPPED", "STARTED"]


def test_the_run_history_keeps_why_a_date_is_there_or_not(platform: Platform) -> None:
    for run_id, fails in (("1", True), ("2", False), ("3", False), ("4", True), ("5", True)):
        record(platform, run_id, fails=fails)
    record(platform, "6", fails=True, name="exports/status")
    with recorded(platform, "7", "exports/results", DAY, DAY):
        assert prune(platform, EVERYTHING, is_dry=True).history_rows == 4
        assert prune(platform, EVERYTHING).history_rows == 4
        # 3 is the newest success, 6 why its step is not there; 7 is at work, and the newest of its step.
        assert [row["run_id"] for row in rows(platform)] == ["3", "6", "7"]
    assert prune(platform, keep_of(platform)).history_rows == 0


def test_days_come_from_settings_or_the_command(tmp_path: Path) -> None:
    platform = Platform(load_settings(home=tmp_path, keep_runs_days=10, keep_failed_runs_days=2))
    assert keep_of(platform) == Keep(timedelta(days=10), timedelta(days=2))
    assert keep_of(platform, 5) == Keep(timedelta(days=5), timedelta(days=5))


def test_a_rehearsal_of_a_later_year_lets_go_of_its_own_rows_and_not_of_dagsters_records(platform: Platform) -> None:
    for run_id in ("1", "2"):
        record(platform, run_id)
    with open_instance(platform) as instance:
        kept = run(instance, Ran("SUCCESS"))
    rehearsal = Platform(load_settings(home=platform.home, now=datetime.now(UTC) + timedelta(days=3650)))
    done = prune(rehearsal, Keep(timedelta(days=30), timedelta(days=30)))
    assert (done.runs, done.history_rows) == (0, 1)
    with open_instance(platform) as instance:
        assert ids(instance) == {kept}
