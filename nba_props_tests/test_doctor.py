"""doctor: every probe on what is sound and on the fault it is for."""

import errno
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml
from packaging.requirements import Requirement

from nba_props import doctor
from nba_props.doctor import Finding, State, clock_finding, examine, free_space, limit_findings, version_findings
from nba_props.errors import StorageFault
from nba_props.instance import TEMPLATE, dagster_home
from nba_props.io.objectstore.local import LocalObjectStore
from nba_props.platform import Platform
from nba_props.pools import SOURCES, WRITES, shipped_limits
from nba_props.settings import Settings, load_settings
from nba_props_tests.cli.conftest import Call, call  # noqa: F401  a fixture

NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)


def states(findings: Any) -> list[tuple[str, State]]:
    return [(one.name, one.state) for one in findings]


@pytest.fixture
def ready(platform: Platform) -> Platform:
    """A home as `init` makes it."""
    dagster_home(platform)
    return platform


def cloud(tmp_path: Path, **given: Any) -> Settings:
    """Settings of a cloud target at which nothing answers."""
    endpoints = {"bigquery_endpoint": "http://127.0.0.1:9", "storage_endpoint": "http://127.0.0.1:9"}
    return load_settings(home=tmp_path, target="gcp", gcp_project="p", gcs_bucket="b", **(endpoints | given))


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_sound_home_has_nothing_to_fix(ready: Platform) -> None:
    found = examine(ready)
    assert [one for one in found if one.state is not State.OK or one.next_step] == []
    assert {one.name for one in found} >= {"target", "versions", "disk", "tables", "bucket", "limits", "alert channels"}


def test_what_is_wrong_comes_with_what_to_do(tmp_path: Path) -> None:
    found = examine(Platform(load_settings(home=tmp_path / "none")))
    wrong = [one for one in found if one.state is not State.OK]
    assert wrong
    assert all(one.next_step for one in wrong)
    assert not (tmp_path / "none").exists()


def test_an_error_in_a_probe_is_a_problem_and_the_others_go_on(
    ready: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(_: Platform) -> Iterator[Finding]:
        yield Finding("first", State.OK, "")
        raise StorageFault("The bucket is out of reach.", next_step="Plug it in.")

    def broken(_: Platform) -> Iterator[Finding]:
        raise ValueError("token=abcdefgh12345678 is bad")
        yield

    monkeypatch.setattr(doctor, "PROBES", (out_of_reach, broken, doctor.time_zones))
    first, reach, bug, zones = examine(ready)
    assert (first.name, zones.state) == ("first", State.OK)
    assert reach == Finding("out of reach", State.PROBLEM, "The bucket is out of reach.", "Plug it in.")
    assert bug.state is State.PROBLEM
    assert "abcdefgh12345678" not in bug.said


@pytest.mark.parametrize(("state", "code"), [(State.OK, 0), (State.WARNING, 1), (State.PROBLEM, 2)])
def test_the_worst_finding_is_the_exit_code(
    call: Call,  # noqa: F811
    ready: Platform,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    code: int,
) -> None:
    found = [Finding("a", State.OK, "fine"), Finding("b", state, "[so so]", "mend it" if state else "")]
    monkeypatch.setattr(doctor, "examine", lambda *_: found)
    ended = call("doctor", "--json", home=ready.home)
    assert (ended.code, ended.json["verdict"]) == (code, state.name.lower())
    assert ended.json["findings"][1]["said"] == "[so so]"
    printed = call("doctor", home=ready.home)
    assert printed.code == code
    assert "[so so]" in printed.out
    assert ("fix: mend it" in printed.out) == bool(state)


# -- this machine ------------------------------------------------------------------------------------------------------


def test_the_target_is_named_and_a_pretended_clock_is_pointed_out(tmp_path: Path) -> None:
    settings = cloud(tmp_path, bigquery_endpoint="http://me:hush@127.0.0.1:9")
    [said] = doctor.target(Platform(settings))
    assert "production" in said.said
    assert "project p" in said.said
    assert "hush" not in said.said
    pretended = Platform(settings.model_copy(update={"now": NOON}))
    assert states(doctor.target(pretended))[1:] == [("target", State.PROBLEM)]
    rehearsal = Platform(load_settings(home=tmp_path, now=NOON))
    assert states(doctor.target(rehearsal))[1:] == [("target", State.WARNING)]


@pytest.mark.parametrize(
    ("version", "state"), [("1.13.27", State.OK), ("1.13.26", State.PROBLEM), (None, State.PROBLEM)]
)
def test_a_package_of_another_version_is_a_problem(version: str | None, state: State) -> None:
    [found] = version_findings([Requirement("dagster==1.13.27")], lambda _: version)
    assert found.state is state


def test_a_checkout_that_was_never_installed_is_a_warning(ready: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGE", "no-such-package")
    assert states(doctor.versions(ready)) == [("versions", State.WARNING)]


def test_a_time_zone_database_without_the_east_is_a_problem(ready: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.time_zones(ready)) == [("time zones", State.OK)]
    for other in ("America/Chicago", "America/Gotham"):
        monkeypatch.setattr(doctor, "_EASTERN", other)
        assert states(doctor.time_zones(ready)) == [("time zones", State.PROBLEM)]


@pytest.mark.parametrize(("free", "state"), [(10**11, State.OK), (2 * 10**9, State.WARNING), (10**8, State.PROBLEM)])
def test_room_on_the_disk(tmp_path: Path, free: int, state: State) -> None:
    assert free_space(tmp_path, free).state is state


def test_a_home_that_cannot_be_written_is_a_problem(ready: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.disk(ready)) == [("disk", State.OK)]

    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    [found] = doctor.disk(ready)
    assert found.state is State.PROBLEM
    assert "Read-only file system" in found.said


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, State.OK), (-12, State.WARNING), (12, State.WARNING), (31, State.PROBLEM)]
)
def test_clocks_apart(seconds: int, state: State) -> None:
    said = {"Date": format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)}
    assert clock_finding("BigQuery", NOON, said).state is state


def test_a_server_that_does_not_say_its_time_is_a_warning() -> None:
    assert clock_finding("BigQuery", NOON, {}).state is State.WARNING


# -- the target --------------------------------------------------------------------------------------------------------


def test_missing_and_drifted_tables_are_problems(ready: Platform) -> None:
    file = str(ready.home / "warehouse" / "warehouse.duckdb")
    with duckdb.connect(file) as connection:
        connection.execute("DROP TABLE nba_raw.game_lines")
        connection.execute("ALTER TABLE nba_raw.schedule RENAME COLUMN tip_at TO tipoff")
    drifted, missing = doctor.tables(ready)
    assert "nba_raw.schedule: lacks tip_at; no longer declared: tipoff." in drifted.said
    assert "1 of " in missing.said
    assert {drifted.state, missing.state} == {State.PROBLEM}
    assert {drifted.next_step, missing.next_step} == {"nba-props init"}


class Careless(LocalObjectStore):
    """A store that gives back other bytes."""

    def get(self, path: str) -> bytes:
        return b"other"


def test_a_bucket_that_does_not_keep_what_it_is_given_is_a_problem(ready: Platform) -> None:
    assert states(doctor.bucket(ready)) == [("bucket", State.OK)]
    ready.__dict__["store"] = Careless(ready.home / "bucket")
    assert states(doctor.bucket(ready)) == [("bucket", State.PROBLEM)]
    assert LocalObjectStore(ready.home / "bucket").list() == []


class Cloud:
    """As much of both clients as the probes ask."""

    def __init__(self) -> None:
        self.granted = {*doctor._BUCKET_RIGHTS, *doctor._TABLE_RIGHTS}
        self.may_create = True
        self.location = "US"
        self.knows_rights = True
        self.is_conditional = True
        self.datasets: list[str] = []

    def query(self, _sql: str, job_config: Any, **_: Any) -> None:
        assert job_config.dry_run

    def list_datasets(self, _project: str) -> list[Any]:
        return []

    def create_dataset(self, dataset: Any) -> None:
        from google.api_core.exceptions import Forbidden

        if not self.may_create:
            raise Forbidden("bigquery.datasets.create denied")
        self.datasets.append(dataset.dataset_id)

    def delete_dataset(self, dataset: Any, **_: Any) -> None:
        self.datasets.remove(dataset.dataset_id)

    def get_dataset(self, name: str) -> Any:
        from google.api_core.exceptions import NotFound

        if not name.endswith("nba_raw"):
            raise NotFound(name)
        return SimpleNamespace(location=self.location)

    def bucket(self, _name: str) -> Any:
        return SimpleNamespace(
            test_iam_permissions=lambda wanted: [one for one in wanted if one in self.granted],
            blob=lambda _: SimpleNamespace(upload_from_string=self._upload),
        )

    def test_iam_permissions(self, _table: str, wanted: list[str]) -> dict[str, list[str]]:
        from google.api_core.exceptions import NotFound

        if not self.knows_rights:
            raise NotFound("no such route")
        return {"permissions": [one for one in wanted if one in self.granted]}

    def _upload(self, _data: bytes, if_generation_match: int) -> None:
        from google.api_core.exceptions import PreconditionFailed

        assert if_generation_match == 0
        if self.is_conditional:
            raise PreconditionFailed("412")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    one = Cloud()
    monkeypatch.setattr("nba_props.io.gcp.bigquery_client", lambda _: one)
    monkeypatch.setattr("nba_props.io.gcp.storage_client", lambda _: one)
    return one


@pytest.fixture
def in_cloud(tmp_path: Path, service: Cloud) -> Platform:
    opened = Platform(cloud(tmp_path))
    opened.__dict__["store"] = LocalObjectStore(tmp_path / "bucket")
    opened.__dict__["warehouse"] = SimpleNamespace(stored_columns=lambda _: {"game_date": "DATE"})
    return opened


def test_an_account_with_every_right(in_cloud: Platform, service: Cloud) -> None:
    rights = [*doctor.bigquery_rights(in_cloud), *doctor.bucket(in_cloud), *doctor.dataset_locations(in_cloud)]
    assert {one.state for one in rights} == {State.OK}
    assert [one.name for one in rights] == ["BigQuery", "datasets", "table rights", "bucket rights", "bucket"]
    assert service.datasets == []


def _lose(right: str) -> Callable[[Cloud], None]:
    return lambda service: service.granted.discard(right)


@pytest.mark.parametrize(
    ("fault", "probe", "name", "state"),
    [
        (_lose("storage.objects.delete"), doctor.bucket, "bucket rights", State.PROBLEM),
        (_lose("bigquery.tables.updateData"), doctor.bigquery_rights, "table rights", State.PROBLEM),
        (lambda one: setattr(one, "may_create", False), doctor.bigquery_rights, "datasets", State.WARNING),
        (lambda one: setattr(one, "knows_rights", False), doctor.bigquery_rights, "table rights", State.WARNING),
        (lambda one: setattr(one, "location", "EU"), doctor.dataset_locations, "locations", State.PROBLEM),
        (lambda one: setattr(one, "is_conditional", False), doctor.bucket, "bucket", State.PROBLEM),
    ],
    ids=["bucket right", "table right", "no datasets", "unknown rights", "other location", "no preconditions"],
)
def test_a_fault_of_the_cloud_is_found(
    in_cloud: Platform,
    service: Cloud,
    fault: Callable[[Cloud], None],
    probe: doctor.Probe,
    name: str,
    state: State,
) -> None:
    fault(service)
    found = list(probe(in_cloud))
    assert [one.state for one in found if one.name == name] == [state]


def test_a_cloud_out_of_reach_is_a_problem_of_each_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PROBES", (doctor.clocks,))
    [found] = examine(Platform(cloud(tmp_path)))
    assert found.state is State.PROBLEM
    assert found.next_step


# -- limits ------------------------------------------------------------------------------------------------------------


def test_limits_that_a_deployment_reset_are_pointed_out(ready: Platform) -> None:
    """As it once happened: its own file of Dagster settings, without the limits."""
    config = ready.home / "dagster" / "dagster.yaml"
    assert states(doctor.limits(ready)) == [("limits", State.OK)]
    settings = yaml.safe_load(config.read_text())
    del settings["concurrency"], settings["run_retries"]
    config.write_text(yaml.safe_dump(settings))
    found = list(doctor.limits(ready))
    assert states(found) == [("limits", State.WARNING)] * 2
    assert "concurrency is not set" in found[0].said


def test_a_pool_limited_by_hand_is_pointed_out() -> None:
    shipped = {"concurrency": yaml.safe_load(TEMPLATE.read_text())["concurrency"]}
    assert states(limit_findings(shipped, shipped, {"bigquery": 8}, {})) == [("limits", State.OK)]
    [found] = limit_findings(shipped, shipped, {"bigquery": 1}, {})
    assert found.state is State.WARNING
    assert "Pool bigquery is limited to 1" in found.said


def test_a_pool_limited_by_a_setting_names_the_setting() -> None:
    shipped = {"concurrency": yaml.safe_load(TEMPLATE.read_text())["concurrency"]}
    assert states(limit_findings(shipped, shipped, {WRITES: 8, SOURCES: 2}, shipped_limits())) == [("limits", State.OK)]
    [found] = limit_findings(shipped, shipped, {WRITES: 2}, shipped_limits())
    assert "NBA_PROPS_WRITES_AT_ONCE" in str(found.next_step)


def test_a_home_without_dagster_is_a_warning(platform: Platform) -> None:
    assert states(doctor.limits(platform)) == [("limits", State.WARNING)]


@pytest.mark.parametrize("name", doctor._CLOUD_LIMITS)
def test_a_limit_looser_than_shipped_is_pointed_out(tmp_path: Path, name: str) -> None:
    shipped = Settings.model_fields[name].default
    for value, state in ((shipped, State.OK), (shipped - 1, State.OK), (shipped + 1, State.WARNING)):
        found = list(doctor.cloud_limits(cloud(tmp_path, **{name: value})))
        assert sorted(one.state for one in found) == [State.OK, state]


def test_that_nothing_alerts_is_said(ready: Platform, tmp_path: Path) -> None:
    [found] = doctor.alert_channels(ready)
    assert (found.state, found.said[:4]) == (State.OK, "none")
    assert states(doctor.alert_channels(Platform(cloud(tmp_path)))) == [("alert channels", State.WARNING)]
    told = doctor.alert_channels(Platform(cloud(tmp_path, alert_urls="json://hooks.example/s3cretPath")))
    assert [(one.state, "s3cret" in one.said) for one in told] == [(State.OK, False)]
    watched = Platform(cloud(tmp_path, metrics_sink="cloud_monitoring"))
    assert states(doctor.alert_channels(watched)) == [("alert channels", State.OK)]


# -- live sources ------------------------------------------------------------------------------------------------------


def test_each_live_source_says_whether_it_has_its_key_and_never_the_key(tmp_path: Path) -> None:
    found = list(doctor.source_keys(Platform(load_settings(home=tmp_path, odds_api_key="k3y-0f-the-0dds"))))
    said = dict(one.said.split(": ", 1) for one in found)
    assert (said["odds_api"], said["espn"]) == ("key set", "needs no key")
    assert said["bettingpros"] == "no key, not asked; NBA_PROPS_BETTINGPROS_API_KEY sets it"
    assert {one.state for one in found} == {State.OK}
    assert "k3y-0f" not in str(found)


def test_sources_asked_elsewhere_are_a_warning(tmp_path: Path) -> None:
    *_, last = doctor.source_keys(Platform(load_settings(home=tmp_path, sources_url="http://127.0.0.1:8770")))
    assert last.state is State.WARNING
    assert "unset NBA_PROPS_SOURCES_URL" in last.next_step
