"""What `doctor` looks at: small probes of the place the platform runs in, each of which says what it found and what to do.

A probe takes the platform and answers with findings; it leaves nothing behind. One that meets an error is a problem, never
silence. What belongs here: the machine, the target, its rights and limits. What does not: whether a slate is sound
(`health`), and how findings look on a terminal.
"""

import importlib.metadata
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement

from nba_props.catalog import TABLES, table
from nba_props.catalog.model import TableKind
from nba_props.domain.alerts import RUNBOOK, Message
from nba_props.errors import NbaPropsError
from nba_props.io.notify import channels_of, send
from nba_props.io.redaction import redact
from nba_props.io.sources.live.contract import Source
from nba_props.io.sources.live.registry import KEY_FIELDS
from nba_props.io.warehouse.lease import GRACE_SHARE, LEASE_SECONDS
from nba_props.io.warehouse.migration import drifts
from nba_props.platform import Platform
from nba_props.pools import SETTING_OF, shipped_limits
from nba_props.settings import Environment, MetricsSink, Settings, Target

PACKAGE = "nba_props"
FEWEST_FREE_BYTES, FEW_FREE_BYTES = 10**9, 5 * 10**9
CLOCK_WARNING, CLOCK_LIMIT = timedelta(seconds=5), timedelta(seconds=GRACE_SHARE * LEASE_SECONDS)
"""Leases exclude each other on machines whose clocks differ by less than the limit."""

_EASTERN = "America/New_York"
_BUCKET_RIGHTS = tuple(f"storage.objects.{verb}" for verb in ("create", "delete", "get", "list"))
_TABLE_RIGHTS = tuple(f"bigquery.tables.{verb}" for verb in ("getData", "updateData", "update", "delete"))
_CHANNEL_STEP = "correct its URL in NBA_PROPS_ALERT_URLS, then run nba-props doctor again (docs/runbooks/alerts.md)"
TEST_MESSAGE = Message(
    "[test] nba-props doctor", "A test of this channel: alerts arrive here.\nNext step: none\nRunbook: " + RUNBOOK, None
)
_BY_HAND = "look in the console that it has roles/bigquery.dataEditor on the datasets"
_CLOUD_LIMITS = ("maximum_bytes_billed", "bigquery_dml_slots")
_LIMITS = ("concurrency", "run_retries", "run_monitoring")


class State(IntEnum):
    """How a finding weighs: also the exit code of the worst."""

    OK = 0
    WARNING = 1
    PROBLEM = 2


@dataclass(frozen=True)
class Finding:
    """What one probe found, and what to do about it."""

    name: str
    state: State
    said: str
    next_step: str = ""


Probe = Callable[[Platform], Iterator[Finding]]


def examine(platform: Platform, probes: Sequence[Probe] | None = None) -> list[Finding]:
    """Everything that the probes find, in their order; by default all that send nothing to anyone."""
    asked = PROBES if probes is None else probes
    return [_redacted(finding) for probe in asked for finding in _safely(probe, platform)]


def _safely(probe: Probe, platform: Platform) -> list[Finding]:
    """A probe's findings; an error is one of them, as a problem."""
    found: list[Finding] = []
    name = probe.__name__.replace("_", " ")
    try:
        found.extend(probe(platform))
    except NbaPropsError as error:
        found.append(Finding(name, State.PROBLEM, error.message, error.next_step))
    except Exception as error:  # noqa: BLE001  whatever a probe meets is what doctor is asked for
        said = str(error).splitlines()[0] if str(error) else ""
        found.append(Finding(name, State.PROBLEM, f"{type(error).__name__}: {said}", _step_for(error)))
    return found


def _step_for(error: Exception) -> str:
    if type(error).__name__ in ("Forbidden", "Unauthorized"):
        return "Give this account the rights listed in deploy/permissions.yaml, then run nba-props doctor again."
    return "Make it reachable from here, then run nba-props doctor again."


def _redacted(finding: Finding) -> Finding:
    return Finding(finding.name, finding.state, redact(finding.said), redact(finding.next_step))


# -- this machine ------------------------------------------------------------------------------------------------------


def target(platform: Platform) -> Iterator[Finding]:
    """Where tables and objects live, and for what."""
    one = platform.settings
    place = str(platform.home)
    if one.target is Target.GCP:
        place = f"project {one.gcp_project}, location {one.gcp_location}, bucket {one.gcs_bucket}"
        for name, endpoint in (("BigQuery", one.bigquery_endpoint), ("storage", one.storage_endpoint)):
            place += f", {name} at {urlsplit(endpoint).hostname}" if endpoint else ""
    prefix = f"prefix {one.dataset_prefix}" if one.dataset_prefix else "no prefix"
    yield Finding("target", State.OK, f"{one.target} ({one.effective_environment}, {prefix}): {place}")
    if one.now is not None:
        state = State.PROBLEM if one.effective_environment is Environment.PRODUCTION else State.WARNING
        yield Finding("target", state, f"The clock is pretended to stand at {one.now}.", "unset NBA_PROPS_NOW")


def versions(_: Platform) -> Iterator[Finding]:
    """The Python and the packages, against what this release requires."""
    try:
        required = [Requirement(text) for text in importlib.metadata.requires(PACKAGE) or ()]
        python = importlib.metadata.metadata(PACKAGE)["Requires-Python"]
    except importlib.metadata.PackageNotFoundError:
        step = "pip install . (or make demo), so that its requirements are known"
        yield Finding("versions", State.WARNING, f"{PACKAGE} is not installed as a package.", step)
        return
    wanted = [one for one in required if one.marker is None or one.marker.evaluate({"extra": ""})]
    yield from version_findings([Requirement(f"python{python}"), *wanted], _installed)


def _installed(name: str) -> str | None:
    if name == "python":
        return ".".join(map(str, sys.version_info[:3]))
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def version_findings(required: Sequence[Requirement], installed: Callable[[str], str | None]) -> Iterator[Finding]:
    """A problem for each package that is missing or of a version that does not fit."""
    wrong = 0
    for one in required:
        version = installed(one.name)
        if version is None or not one.specifier.contains(version, prereleases=True):
            wrong += 1
            said = f"{one.name} is {version or 'missing'}; this release requires {one}."
            yield Finding("versions", State.PROBLEM, said, "uv pip sync requirements.lock (or make demo)")
    if not wrong:
        told = ", ".join(f"{name} {installed(name)}" for name in ("python", "dagster", "duckdb", "xgboost-cpu"))
        yield Finding("versions", State.OK, f"{len(required)} requirements met: {told}")


def time_zones(_: Platform) -> Iterator[Finding]:
    """Slate dates are US/Eastern: the time zone database must know it, summer and winter."""
    try:
        offsets = [datetime(2024, month, 15, 12, tzinfo=ZoneInfo(_EASTERN)).utcoffset() for month in (1, 7)]
    except ZoneInfoNotFoundError:
        step = "install the system's tzdata, or pip install tzdata"
        yield Finding("time zones", State.PROBLEM, f"There is no time zone {_EASTERN} on this machine.", step)
        return
    if offsets != [timedelta(hours=-5), timedelta(hours=-4)]:
        step = "reinstall the system's tzdata"
        yield Finding("time zones", State.PROBLEM, f"The time zone database is wrong about {_EASTERN}.", step)
        return
    yield Finding("time zones", State.OK, f"{_EASTERN} is known")


def disk(platform: Platform) -> Iterator[Finding]:
    """Room in the home, and the right to write there."""
    home = platform.home
    place = next(one for one in (home, *home.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"nba-props doctor")
    except OSError as error:
        step = "make it writable, or choose another --home"
        yield Finding("disk", State.PROBLEM, f"{place} cannot be written: {error.strerror}.", step)
        return
    yield free_space(place, shutil.disk_usage(place).free)


def free_space(place: Path, free: int) -> Finding:
    """What that many free bytes mean."""
    said = f"{place}: {free / 10**9:.1f} GB free"
    if free < FEWEST_FREE_BYTES:
        return Finding("disk", State.PROBLEM, said, "free some space: a write that does not fit is refused")
    if free < FEW_FREE_BYTES:
        return Finding("disk", State.WARNING, said, "free some space: a season of features takes a few GB")
    return Finding("disk", State.OK, f"{said}, writable")


# -- the target --------------------------------------------------------------------------------------------------------


def clocks(platform: Platform) -> Iterator[Finding]:
    """This machine's clock against the servers', where there are any."""
    if platform.settings.target is Target.LOCAL:
        yield Finding("clocks", State.OK, "this machine's own; no server to compare it with")
        return
    import requests

    from nba_props.io.gcp import bigquery_client, storage_client

    for name, client in (("BigQuery", bigquery_client), ("storage", storage_client)):
        url = client(platform.settings)._connection.API_BASE_URL
        before = datetime.now(UTC)
        answer = requests.head(str(url), timeout=15)
        local = before + (datetime.now(UTC) - before) / 2
        yield clock_finding(name, local, answer.headers)


def clock_finding(server: str, local: datetime, headers: Mapping[str, str]) -> Finding:
    """What the Date of an answer means beside the local instant at which it was given."""
    name = f"clock of {server}"
    if "Date" not in headers:
        return Finding(name, State.WARNING, "The server does not say what time it is.", "compare by hand: date -u")
    apart = abs(parsedate_to_datetime(headers["Date"]) - local)
    said = f"{apart.total_seconds():.0f} s apart from this machine's"
    step = "set this machine's clock (chrony, ntpd): leases and the instant of knowledge depend on it"
    if apart >= CLOCK_LIMIT:
        return Finding(name, State.PROBLEM, said, step)
    return Finding(name, State.WARNING, said, step) if apart >= CLOCK_WARNING else Finding(name, State.OK, said)


def bigquery_rights(platform: Platform) -> Iterator[Finding]:
    """The right to run statements and to make datasets: tried, with a dry run and with a dataset that goes again."""
    if platform.settings.target is Target.LOCAL:
        return
    from google.api_core.exceptions import Forbidden
    from google.cloud.bigquery import QueryJobConfig

    from nba_props.io.gcp import bigquery_client

    settings = platform.settings
    client = bigquery_client(settings)
    client.query("SELECT 1 AS one", job_config=QueryJobConfig(dry_run=True), job_retry=None)
    datasets = {one.dataset_id for one in client.list_datasets(settings.gcp_project)}
    yield Finding("BigQuery", State.OK, f"statements run; {len(datasets)} datasets in the project")
    try:
        _make_and_remove_dataset(settings, client)
    except Forbidden:
        step = "run nba-props init, and smoke, as an account with roles/bigquery.dataEditor on the project"
        yield Finding("datasets", State.WARNING, "This account may not create datasets.", step)
    else:
        yield Finding("datasets", State.OK, "this account may create and remove datasets")
    yield from _table_rights(platform, client)


def _make_and_remove_dataset(settings: Settings, client: Any) -> None:
    """Under a throw-away name, so that the next smoke removes it if we are killed in between."""
    from google.cloud.bigquery import Dataset

    from nba_props.io.throwaway import new_name

    dataset = Dataset(f"{settings.gcp_project}.{new_name()}doctor")
    dataset.location = settings.gcp_location
    client.create_dataset(dataset)
    client.delete_dataset(dataset, not_found_ok=True)


def _table_rights(platform: Platform, client: Any) -> Iterator[Finding]:
    from google.api_core.exceptions import MethodNotAllowed, NotFound

    main = table("nba_predictions.player_prop_predictions")
    if platform.warehouse.stored_columns(main) is None:
        return
    full_id = f"{platform.settings.gcp_project}.{platform.settings.dataset_prefix}{main.full_name}"
    try:
        granted = client.test_iam_permissions(full_id, list(_TABLE_RIGHTS)).get("permissions", [])
    except (MethodNotAllowed, NotFound):  # the table is there: it is the question that this server does not know
        yield Finding("table rights", State.WARNING, "This server does not say what an account may do.", _BY_HAND)
        return
    missing = sorted(set(_TABLE_RIGHTS) - set(granted))
    if missing:
        step = f"give this account roles/bigquery.dataEditor on the dataset {full_id.rpartition('.')[0]}"
        yield Finding("table rights", State.PROBLEM, f"Missing on {full_id}: {', '.join(missing)}.", step)
    else:
        yield Finding("table rights", State.OK, f"{len(granted)} of {len(_TABLE_RIGHTS)} on {full_id}")


def dataset_locations(platform: Platform) -> Iterator[Finding]:
    """A dataset elsewhere than the settings say is out of reach of every statement, and cannot be moved."""
    settings = platform.settings
    if settings.target is Target.LOCAL:
        return
    from google.api_core.exceptions import NotFound

    from nba_props.io.gcp import bigquery_client

    client = bigquery_client(settings)
    for dataset in sorted({f"{settings.dataset_prefix}{one.layer.dataset}" for one in TABLES.values()}):
        try:
            location = client.get_dataset(f"{settings.gcp_project}.{dataset}").location
        except NotFound:
            continue  # `tables` says what is missing
        if location != settings.gcp_location:
            said = f"{dataset} is in {location}, the settings say {settings.gcp_location}."
            yield Finding("locations", State.PROBLEM, said, f"NBA_PROPS_GCP_LOCATION={location}")


def tables(platform: Platform) -> Iterator[Finding]:
    """What is stored against the catalogue."""
    declared = [one for one in TABLES.values() if one.kind is not TableKind.VIEW]
    found = drifts(platform.warehouse, declared)
    missing = [one.full_name for one in declared if platform.warehouse.stored_columns(one) is None]
    for drift in found:
        gained = f"lacks {', '.join(drift.gained)}" if drift.gained else ""
        said = "; ".join(one for one in (gained, *drift.why_not) if one)
        yield Finding("tables", State.PROBLEM, f"{drift.table.full_name}: {said}.", "nba-props init")
    if missing:
        named = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        said = f"{len(missing)} of {len(declared)} tables are not there yet: {named}."
        yield Finding("tables", State.PROBLEM, said, "nba-props init")
    if not found and not missing:
        yield Finding("tables", State.OK, f"{len(declared)} tables as declared")


def bucket(platform: Platform) -> Iterator[Finding]:
    """The store takes, gives and removes an object, and refuses a write over a generation that it does not hold."""
    if platform.settings.target is Target.LOCAL and not platform.home.exists():
        yield Finding("bucket", State.OK, "made with the home")
        return
    if platform.settings.target is Target.GCP:
        yield from _bucket_rights(platform.settings)
    path, store = f"doctor-{uuid4().hex}.txt", platform.store
    try:
        store.put(path, b"nba-props doctor", if_generation_match=0)
        is_kept = store.get(path) == b"nba-props doctor"
        is_conditional = platform.settings.target is Target.LOCAL or _refuses_stale_writes(platform.settings, path)
    finally:
        store.delete(path)
    if not is_kept:
        yield Finding("bucket", State.PROBLEM, "It gave back other bytes than it was given.", "use another bucket")
    if not is_conditional:
        said = "It accepts a write over a generation that is gone: two processes could overwrite each other."
        yield Finding("bucket", State.PROBLEM, said, "use Cloud Storage itself, or an emulator that keeps generations")
    if is_kept and is_conditional:
        yield Finding("bucket", State.OK, f"{store!r}: an object was written, read and removed")


def _bucket_rights(settings: Settings) -> Iterator[Finding]:
    from nba_props.io.gcp import storage_client

    granted = storage_client(settings).bucket(settings.gcs_bucket).test_iam_permissions(list(_BUCKET_RIGHTS))
    missing = sorted(set(_BUCKET_RIGHTS) - set(granted))
    if missing:
        step = f"give this account roles/storage.objectUser on gs://{settings.gcs_bucket}"
        yield Finding("bucket rights", State.PROBLEM, f"Missing: {', '.join(missing)}.", step)
    else:
        yield Finding("bucket rights", State.OK, ", ".join(_BUCKET_RIGHTS))


def _refuses_stale_writes(settings: Settings, path: str) -> bool:
    """Asked of the server itself: our store looks before it writes."""
    from google.api_core.exceptions import PreconditionFailed

    from nba_props.io.gcp import storage_client

    blob = storage_client(settings).bucket(settings.gcs_bucket).blob(f"{settings.dataset_prefix}/{path}".lstrip("/"))
    try:
        blob.upload_from_string(b"too late", if_generation_match=0)
    except PreconditionFailed:
        return True
    return False


# -- limits and alerts -------------------------------------------------------------------------------------------------


def limits(platform: Platform) -> Iterator[Finding]:
    """The limits in force against the shipped ones: a deployment once reset them in silence."""
    if platform.settings.target is Target.GCP:
        yield from cloud_limits(platform.settings)
    if not (platform.home / "dagster" / "dagster.yaml").exists():
        yield Finding("limits", State.WARNING, "Dagster has no settings in this home yet.", "nba-props init")
        return
    from dagster import DagsterInstance

    from nba_props.instance import TEMPLATE

    shipped = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    with DagsterInstance.from_config(str(platform.home / "dagster")) as instance:
        in_force = {name: instance.get_settings(name) for name in _LIMITS}
        pools = {one.name: one.limit for one in instance.event_log_storage.get_pool_limits() if not one.from_default}
    yield from limit_findings({name: shipped[name] for name in _LIMITS}, in_force, pools, shipped_limits())


def cloud_limits(settings: Settings) -> Iterator[Finding]:
    """What a statement may bill, and how many may change rows at once; looser than shipped is a warning."""
    for name in _CLOUD_LIMITS:
        shipped, in_force = Settings.model_fields[name].default, getattr(settings, name)
        said = f"{name.replace('_', ' ')}: {in_force:,}; {shipped:,} as shipped"
        if in_force > shipped:
            yield Finding("limits", State.WARNING, said, f"unset NBA_PROPS_{name.upper()} if that is not meant")
        else:
            yield Finding("limits", State.OK, said)


def limit_findings(
    shipped: Mapping[str, Any],
    in_force: Mapping[str, Any],
    pools: Mapping[str, int],
    shipped_pools: Mapping[str, int],
) -> Iterator[Finding]:
    """A warning for each limit of Dagster that is not the shipped one, that of any pool among them."""
    differing = [(name, shipped[name], in_force[name]) for name in shipped if in_force[name] != shipped[name]]
    for name, want, have in differing:
        said = f"Dagster's {name} is {have or 'not set'}, {want} as shipped."
        step = "restore it in dagster/dagster.yaml of the home, or keep it knowingly"
        yield Finding("limits", State.WARNING, said, step)
    default = shipped["concurrency"]["pools"]["default_limit"]
    changed = {name: limit for name, limit in pools.items() if limit != shipped_pools.get(name, default)}
    for name, limit in changed.items():
        said = f"Pool {name} is limited to {limit}, {shipped_pools.get(name, default)} as shipped."
        setting = SETTING_OF.get(name)
        remove = f"unset NBA_PROPS_{setting.upper()}" if setting else f"dagster instance concurrency delete {name}"
        yield Finding("limits", State.WARNING, said, f"{remove} if that is not meant")
    if not differing and not changed:
        runs = shipped["concurrency"]["runs"]["max_concurrent_runs"]
        yield Finding("limits", State.OK, f"as shipped: {runs} runs at once, pools of {default}")


def source_keys(platform: Platform) -> Iterator[Finding]:
    """Which live sources can be asked: those that need a key only with one. A source without is left out, not a fault."""
    for source in Source:
        name = KEY_FIELDS.get(source)
        if name is None:
            said = "needs no key"
        elif getattr(platform.settings, name).get_secret_value().strip():
            said = "key set"
        else:
            said = f"no key, not asked; NBA_PROPS_{name.upper()} sets it"
        yield Finding("source", State.OK, f"{source}: {said}")
    if platform.settings.sources_url:
        said = f"All sources are asked at {platform.settings.sources_url} instead of their own addresses."
        yield Finding("source", State.WARNING, said, "unset NBA_PROPS_SOURCES_URL unless this is a rehearsal")


def alert_channels(platform: Platform) -> Iterator[Finding]:
    """Who is told when something goes wrong: channels of our own, and in the cloud what Cloud Monitoring is given to watch."""
    channels = [channel.name for channel in channels_of(platform.settings)]
    is_watched = platform.settings.metrics_sink is MetricsSink.CLOUD_MONITORING
    if channels:
        yield Finding("alert channels", State.OK, ", ".join(channels))
    if is_watched:
        said = "Cloud Monitoring is given metrics; its policies (deploy/alerts) say whom it tells"
        yield Finding("alert channels", State.OK, said)
    if channels or is_watched:
        return
    if platform.settings.target is Target.LOCAL:
        said = (
            "none: nba-props status DATE ends with 1 or 2 when something is wrong; NBA_PROPS_ALERT_URLS names channels"
        )
        yield Finding("alert channels", State.OK, said)
    else:
        said = "None, and metrics stay in their table, where the policies of deploy/alerts cannot watch them."
        yield Finding(
            "alert channels", State.WARNING, said, "NBA_PROPS_ALERT_URLS, or NBA_PROPS_METRICS_SINK=cloud_monitoring"
        )


def channel_tests(platform: Platform) -> Iterator[Finding]:
    """Each channel takes a message that says it is a test."""
    for channel in channels_of(platform.settings):
        refusal = send(channel, TEST_MESSAGE).refusal
        if refusal is None:
            yield Finding("test message", State.OK, f"{channel.name} took it")
        else:
            yield Finding("test message", State.PROBLEM, f"{channel.name} refused it: {refusal}", _CHANNEL_STEP)


PROBES: tuple[Probe, ...] = (
    target,
    versions,
    time_zones,
    disk,
    clocks,
    bigquery_rights,
    dataset_locations,
    tables,
    bucket,
    limits,
    source_keys,
    alert_channels,
)
