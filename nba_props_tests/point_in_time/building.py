"""The platform's steps called one after another, without Dagster: seconds instead of minutes for a home.

Here belong homes of leak tests: the same SQL, functions and order as the ordered plan runs, minus events, checks and
exports (`test_idempotence` holds this shortcut against the plan itself). Not here: what is compared, and altered archives.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
from filelock import FileLock

from nba_props.assets.predictions.consolidation import consolidate
from nba_props.assets.predictions.inputs import manifest_path
from nba_props.assets.predictions.models import train_month
from nba_props.assets.predictions.staging import stage_system
from nba_props.assets.raw.archive import PARSED, whole_archive
from nba_props.assets.reference.name_resolution import RESOLVED, UNRESOLVED, resolve_range
from nba_props.assets.reference.registry import nba_players_registry
from nba_props.catalog import TABLES, Table, table
from nba_props.catalog.model import Layer, TableKind
from nba_props.domain import calibration
from nba_props.domain import models as domain_models
from nba_props.domain.calendar import month_start
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import training_window
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.io.landing import land
from nba_props.io.sources.archive import discover
from nba_props.io.warehouse.sqltext import read_sql
from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.request import FORCE_TAG, parameters
from nba_props.settings import load_settings

SqlOf = Callable[[Table], str]

SUMMARIES = tuple(
    TABLES[f"nba_analytics.{name}_game_summary"] for name in ("player", "team_offense", "team_defense", "team_absence")
)
COVERAGE = tuple(TABLES[f"nba_monitoring.{name}"] for name in ("prediction_coverage", "missing_predictions"))


@cache
def feature_tables() -> tuple[Table, ...]:
    """Every table between raw rows and predictions, in the order of what reads what; a new one joins by itself."""
    wanted = {
        one.full_name: one
        for one in TABLES.values()
        if one.kind is TableKind.ASSET and one not in SUMMARIES and one.layer in (Layer.ANALYTICS, Layer.PRECOMPUTE)
    } | {one.full_name: one for one in (table("nba_raw.team_rosters"), RESOLVED)}
    order = TopologicalSorter({name: [read for read in one.reads if read in wanted] for name, one in wanted.items()})
    return tuple(wanted[name] for name in order.static_order())


def open_home(home: Path, now: datetime | None = None) -> Platform:
    """A platform on a home that is made if need be; at the pretended instant, or now."""
    opened = Platform(load_settings(home=home, now=now))
    prepare(opened)
    return opened


def copy_of(platform: Platform, home: Path, now: datetime | None = None) -> Platform:
    """The same contents in a home of its own."""
    shutil.copytree(platform.home, home)
    return Platform(platform.settings.model_copy(update={"home": home, "now": now}))


def import_archive(platform: Platform, directory: Path) -> None:
    """Land and parse an archive over what is there already, and rebuild the registry."""
    landed = land(platform.store, discover(directory), platform.now)
    parsed = whole_archive(platform.store, landed.archive_id)
    for one in PARSED:
        platform.warehouse.upsert(one, parsed.rows[one.name])
    done = dg.materialize(
        [nba_players_registry],
        resources={"platform": platform},
        run_config=_QUIET,
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert done.success


_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def build(platform: Platform, one: Table, start: date, end: date, request: Request, sql_of: SqlOf = read_sql) -> None:
    """One dated table over a range, as its asset builds it."""
    if one is RESOLVED:
        bound, queued = resolve_range(platform, start, end)
        platform.warehouse.replace_rows(UNRESOLVED, queued, start, end)
        platform.warehouse.replace_rows(RESOLVED, bound, start, end)
        return
    platform.warehouse.replace_range(one, sql_of(one), parameters(platform, request.tags), start, end)


def build_results(platform: Platform) -> None:
    """Summaries of every game of the archive, later ones included: a leak must have something to leak."""
    days = played_dates(platform)
    for one in SUMMARIES:
        build(platform, one, days[0], days[-1], Request())


def build_features(
    platform: Platform, start: date, end: date, request: Request | None = None, sql_of: SqlOf = read_sql
) -> None:
    for one in feature_tables():
        build(platform, one, start, end, request or Request(), sql_of)


def build_history(platform: Platform, day: date) -> None:
    """All results, and the features that the model of the day's month may learn from."""
    build_results(platform)
    first = max(played_dates(platform)[0], training_window(month_start(day))[0])
    build_features(platform, first, day - timedelta(days=1))


def predict(
    platform: Platform, start: date, end: date, request: Request | None = None, *, run_id: str = "leak-test"
) -> dict[str, Any]:
    """Stage every system and consolidate; the staged rows by system, as they were before the merge."""
    tags = (request or Request()).tags
    for system in SYSTEM_IDS:
        stage_system(platform, system, start, end, run_id, tags)
    found: dict[str, list[Any]] = defaultdict(list)
    for one in platform.warehouse.staging_tables():
        if start <= one.game_date <= end:
            found[one.system_id].append(platform.warehouse.read_staging(one))
    done = consolidate(platform, start, end, is_waiting_over=True)
    assert not done.failed, done.failed
    assert not done.partial, done.partial
    return {system: pa.concat_tables(rows) for system, rows in found.items()}


def build_slate(
    platform: Platform,
    day: date,
    request: Request | None = None,
    sql_of: SqlOf = read_sql,
    *,
    run_id: str = "leak-test",
) -> dict[str, Any]:
    """Features, the month's models (those there are none of, or by force) and predictions of one date; the staged rows."""
    request = request or Request()
    build_features(platform, day, day, request, sql_of)
    month = month_start(day)
    for kind in MODEL_KINDS:
        if FORCE_TAG in request.tags or not platform.store.exists(manifest_path(kind.name, month)):
            train_month(run_id, platform, kind, month)
    return predict(platform, day, day, request, run_id=run_id)


@contextmanager
def everything_learned() -> Iterator[None]:
    """Twins, spreads, anchors and weights out of the five weeks a small league has before its month: the same code, which
    otherwise waits for ninety days and 500 rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domain_models, "VALIDATION_DAYS", 12)
        patch.setattr(calibration, "FEWEST_ROWS", 200)
        patch.setattr(calibration, "FEWEST_LINED_ROWS", 40)
        yield


def build_coverage(platform: Platform, day: date) -> None:
    """Who was expected and predicted, and why anybody is missing."""
    for one in COVERAGE:
        build(platform, one, day, day, Request())


def played_dates(platform: Platform) -> list[date]:
    rows = platform.warehouse.query("SELECT DISTINCT game_date FROM nba_raw.player_box_scores ORDER BY game_date")
    return rows["game_date"].to_pylist()


def frame(platform: Platform, sql: str, **params: Any) -> pd.DataFrame:
    return platform.warehouse.query(sql, params).to_pandas()


@dataclass(frozen=True)
class SharedHomes:
    """Homes made once for all test processes of a session, under one directory."""

    root: Path

    @contextmanager
    def made_once(self, name: str) -> Iterator[tuple[Path, bool]]:
        """(directory, whether it is still to be filled); a directory whose filling failed is filled again."""
        self.root.mkdir(parents=True, exist_ok=True)
        done = self.root / f"{name}.done"
        with FileLock(self.root / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(self.root / name, ignore_errors=True)
            yield self.root / name, not done.exists()
            done.touch()


def shared_homes(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> SharedHomes:
    base = tmp_path_factory.getbasetemp()
    return SharedHomes((base if worker_id == "master" else base.parent) / "point_in_time")
