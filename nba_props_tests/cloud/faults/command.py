"""The command that is tortured: a batch is opened, staged by two systems and consolidated, through proxies of both services.

It is asked again, without faults, if it ended with an error that tells a user to; any other exception is a bug. Each time
is a date of its own in the same tables, which take seconds to create and nothing to share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from nba_props.errors import StorageFault, WarehouseBusy
from nba_props.history import HISTORY, recorded
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.cloud.emulators import LOCATION, PROJECT, Emulator, storage_client
from nba_props_tests.cloud.faults import plans
from nba_props_tests.cloud.faults.proxy import Asked, Fault, Plan, Proxy, proxy_of
from nba_props_tests.predictions import kit
from nba_props_tests.slates import DAY, NOON

SYSTEMS = (kit.ONE, "xgboost_v1")
SAID = {kit.player(1): kit.Said(20.5), kit.player(2): kit.Said(None), kit.player(3): kit.Said(line=15.5, mean=14.0)}
REQUEST_SECONDS = 8.0
"""Longer than the emulator takes for the slowest statement, most times; where not, that is a fault more."""

PASSING = tuple(fault for fault in Fault if fault is not Fault.SLOW)
"""Faults that cost no waiting."""

_OF_THE_CASE = kit.CHANGING | {"game_date", "batch_id"}


@dataclass(frozen=True)
class Outcome:
    """What one time of the command came to: requests made (`kinds`: of BigQuery's, in order), faults met, and the error
    that ended it, if one did."""

    requests: int
    kinds: list[str]
    met: list[tuple[Asked, Fault]]
    error: str | None
    ended_by: tuple[Asked, Fault] | None
    predictions: list[dict[str, Any]]
    staging_left: list[str]


@dataclass
class Scene:
    """A cloud platform of two emulators, each behind a proxy; `again` is the same, for a command that is asked once more;
    `next_day` has seen no batch yet."""

    platform: Platform
    again: Platform
    warehouse: Proxy
    store: Proxy
    next_day: date = DAY

    def play(self, on_warehouse: Plan = plans.none, on_store: Plan = plans.none) -> Outcome:
        """The command under a plan for each service, and again without faults if it ends with an error to act on."""
        day, self.next_day = self.next_day, self.next_day + timedelta(days=1)
        error, ended_by = None, None
        self.warehouse.use(on_warehouse)
        self.store.use(on_store)
        try:
            consolidate_a_batch(self.platform, day)
        except (StorageFault, WarehouseBusy) as told:
            assert told.next_step
            error = f"{type(told).__name__}: {told.message}"
            ended_by = max(self.store.met + self.warehouse.met, key=lambda one: one[0].at, default=None)
        met, requests = self.warehouse.met + self.store.met, len(self.warehouse.asked) + len(self.store.asked)
        kinds = [asked.kind for asked in self.warehouse.asked]
        self.warehouse.use(plans.none)
        self.store.use(plans.none)
        if error:
            consolidate_a_batch(self.again, day)
        predictions = [_of_content(row) for row in kit.active(self.platform, day)]
        return Outcome(requests, kinds, met, error, ended_by, predictions, kit.staging_left(self.platform))


def consolidate_a_batch(platform: Platform, day: date) -> None:
    """As `run DATE` ends: recorded in the run history, from the opening of a batch to its predictions in force."""
    with recorded(platform, f"run_of_{day}", "predictions/player_prop_predictions", day, day):
        batch = kit.open_batch(platform, 0, SAID, day=day, systems=SYSTEMS)
        for system in SYSTEMS:
            kit.stage(platform, batch, SAID, system)
        kit.merge(platform, day)


@contextmanager
def scene(bigquery: Emulator, cloud_storage: Emulator, home: Path, name: str, patience: float) -> Iterator[Scene]:
    """A scene under a prefix and a bucket of this name."""
    client = storage_client(cloud_storage.endpoint)
    if not client.lookup_bucket(name):
        client.create_bucket(name)
    with proxy_of(bigquery.endpoint) as warehouse, proxy_of(cloud_storage.endpoint) as store:
        settings = load_settings(
            home=home,
            now=NOON,
            target="gcp",
            environment="test",
            dataset_prefix=f"test_{name}_",
            gcp_project=PROJECT,
            gcp_location=LOCATION,
            gcs_bucket=name,
            bigquery_endpoint=warehouse.endpoint,
            storage_endpoint=store.endpoint,
            cloud_patience_seconds=patience,
            cloud_request_seconds=REQUEST_SECONDS,
        )
        platform = Platform(settings)
        platform.warehouse.ensure_tables([*kit.TABLES, HISTORY])
        yield Scene(platform, platform, warehouse, store)


def impatient(played: Scene, seconds: float) -> Scene:
    """The same place, to a platform that gives up early; not so when it is asked again."""
    hasty = Platform(played.platform.settings.model_copy(update={"cloud_patience_seconds": seconds}))
    return replace(played, platform=hasty)


def _of_content(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _OF_THE_CASE}
