"""How long what runs leave behind is kept: Dagster's runs and ticks, the run history, metrics. Never the truth of a date.

Here belong the limits and the order of removal (docs/decisions/0018). Not here: Dagster's tables (`io/dagster_retention.py`),
and whatever says what a date holds: `check_results`, `export_log`, batches, predictions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nba_props.catalog import table
from nba_props.domain.calendar import slate_date
from nba_props.platform import Platform

if TYPE_CHECKING:
    import dagster as dg

HISTORY = table("nba_reference.processor_run_history")
METRICS = table("nba_monitoring.metrics")

_TOLD_EVERY = 100
"""Runs between two signs of progress."""

# The newest row of a step and its dates says why they are there or not; the newest success, since when.
_SPENT_ROWS = """
(
    (status = 'success' and started_at < @keep_from)
    or (status not in ('success', 'running') and started_at < @keep_failed_from)
)
and concat(run_id, '/', processor_name) not in (
    select concat(run_id, '/', processor_name)
    from (
        select
            run_id, processor_name, status = 'success' as is_success,
            row_number() over (
                partition by processor_name, data_date, data_date_end order by started_at desc, run_id
            ) as place,
            row_number() over (
                partition by processor_name, data_date, data_date_end, status = 'success'
                order by started_at desc, run_id
            ) as place_among_equals
        from nba_reference.processor_run_history
    )
    where place = 1 or (is_success and place_among_equals = 1)
)
"""

_SPENT_METRICS = "recorded_date < @end_date"

_COUNT_ROWS = f"select count(*) as spent from nba_reference.processor_run_history where {_SPENT_ROWS}"
_COUNT_METRICS = f"select count(*) as spent from nba_monitoring.metrics where {_SPENT_METRICS}"


@dataclass(frozen=True)
class Keep:
    """How long what has ended is kept: what succeeded, and everything else."""

    succeeded: timedelta
    others: timedelta


@dataclass
class Pruned:
    """What was removed, or would be; `kept_runs` are past their limit and hold a newest materialisation."""

    runs: int = 0
    kept_runs: int = 0
    ticks: int = 0
    history_rows: int = 0
    metrics: int = 0
    bytes_given_back: int = 0
    left_alone: list[str] = field(default_factory=list)


def keep_of(platform: Platform, keep_days: int | None = None) -> Keep:
    """As set, or one number of days for everything."""
    settings = platform.settings
    succeeded = settings.keep_runs_days if keep_days is None else keep_days
    others = settings.keep_failed_runs_days if keep_days is None else keep_days
    return Keep(timedelta(days=succeeded), timedelta(days=others))


def prune(
    platform: Platform, keep: Keep, *, is_dry: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Pruned:
    """Remove what is kept long enough, or only count it. Safe beside running runs; killed, the next one finishes it."""
    from nba_props.instance import dagster_home, open_instance
    from nba_props.io.dagster_retention import count_ticks, delete_ticks, forget_cached_status, give_back

    done = Pruned()
    now = datetime.now(UTC)  # Dagster's records are of the machine's clock, whatever a rehearsal pretends
    with open_instance(platform) as instance:
        progress("Dagster's runs")
        _prune_runs(instance, keep, now, done, is_dry, progress)
        progress("ticks of schedules and sensors")
        done.ticks = (count_ticks if is_dry else delete_ticks)(instance, keep, now)
        if done.runs and not is_dry:
            forget_cached_status(instance)
    progress("run history and metrics")
    _prune_tables(platform, keep, done, is_dry)
    if not is_dry:
        progress("space")
        freed, done.left_alone = give_back(_shared_files(dagster_home(platform)))
        done.bytes_given_back += freed
    return done


def _prune_runs(
    instance: "dg.DagsterInstance",
    keep: Keep,
    now: datetime,
    done: Pruned,
    is_dry: bool,
    progress: Callable[[str], None],
) -> None:
    from nba_props.io.dagster_retention import delete_run, ended_runs, newest_checks, runs_to_keep

    needed, checks = runs_to_keep(instance), newest_checks(instance)
    for run_id in ended_runs(instance, keep, now):
        if run_id in needed:
            done.kept_runs += 1
            continue
        if not is_dry:
            done.bytes_given_back += _size_of_own_file(instance, run_id)
            delete_run(instance, run_id, checks)
        done.runs += 1
        if done.runs % _TOLD_EVERY == 0:
            progress(f"Dagster's runs: {done.runs} so far")


def _size_of_own_file(instance: "dg.DagsterInstance", run_id: str) -> int:
    """Bytes of the file that a run has to itself in SQLite."""
    events: Any = instance.event_log_storage
    file = Path(events.path_for_shard(run_id)) if hasattr(events, "path_for_shard") else None
    return file.stat().st_size if file and file.exists() else 0


def _prune_tables(platform: Platform, keep: Keep, done: Pruned, is_dry: bool) -> None:
    succeeded_from = platform.now - keep.succeeded
    instants = {"keep_from": succeeded_from, "keep_failed_from": platform.now - keep.others}
    dates = {"end_date": slate_date(succeeded_from)}
    if is_dry:
        done.history_rows = platform.warehouse.query(_COUNT_ROWS, instants)["spent"][0].as_py()
        done.metrics = platform.warehouse.query(_COUNT_METRICS, dates)["spent"][0].as_py()
    else:
        done.history_rows = platform.warehouse.delete(HISTORY, _SPENT_ROWS, instants)
        done.metrics = platform.warehouse.delete(METRICS, _SPENT_METRICS, dates)


def _shared_files(home: Path) -> list[Path]:
    """SQLite files that all runs share; none where Dagster's records are elsewhere."""
    named = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
    return [home / name for name in named if (home / name).exists()]
