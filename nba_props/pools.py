"""How much is done at a time beside everything else, as settings that Dagster's pools hold: writes, trainings, questions to sources.

A pool counts runs that wait in the daemon's queue (backfills, the UI, schedules): as many at a time as its limit, however many
were asked for. What a command runs in its own process is one run, and waits for nobody. Not here: how many statements
one process sends at a time (`bigquery_dml_slots`), and locks that keep two triggers of one date apart.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from nba_props.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

WRITES: Final = "warehouse_writes"
TRAININGS: Final = "model_trainings"
SOURCES: Final = "sources"

SETTING_OF: Final[Mapping[str, str]] = {
    WRITES: "writes_at_once",
    TRAININGS: "trainings_at_once",
    SOURCES: "fetches_at_once",
}


def limits_of(settings: Settings) -> dict[str, int]:
    """Limit of each pool as set."""
    return {pool: getattr(settings, name) for pool, name in SETTING_OF.items()}


def shipped_limits() -> dict[str, int]:
    """Limit of each pool where nothing is set."""
    return {pool: Settings.model_fields[name].default for pool, name in SETTING_OF.items()}


def keep_limits(instance: "dg.DagsterInstance", settings: Settings) -> None:
    """Bring the limits in Dagster's records in line with the settings; the daemon reads them at its next look."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    held = {one.name: one.limit for one in storage.get_pool_limits() if not one.from_default}
    for pool, limit in limits_of(settings).items():
        if held.get(pool) != limit:
            storage.set_concurrency_slots(pool, limit)
