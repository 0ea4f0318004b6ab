"""The jobs of the BigQuery warehouse: asked for as often as it takes, run once; few at a time; labelled and counted.

The client here is a small stand-in that keeps the jobs; what goes over the wire is for `test_bigquery_warehouse.py` and
the faults of the network for `cloud/faults`.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests.exceptions
from google.api_core import exceptions as api

from nba_props.errors import BadInput, StorageFault, WarehouseBusy
from nba_props.io import google_retry
from nba_props.io.google_retry import patience
from nba_props.io.job_context import job_context
from nba_props.io.warehouse.bigquery_jobs import Jobs

BUSY = api.Forbidden("Exceeded rate limits", errors=[{"reason": "rateLimitExceeded"}])
LOST = requests.exceptions.ConnectionError("Connection reset by peer")
WRONG = api.BadRequest("Division by zero", errors=[{"reason": "invalidQuery"}])
CONCURRENT = api.BadRequest("Could not serialize access to table t due to concurrent update")


@dataclass
class Job:
    job_id: str
    labels: dict[str, str]
    error: Exception | None
    looks_until_done: int
    total_bytes_processed: int = 10
    total_bytes_billed: int = 20
    slot_millis: int = 30

    @property
    def state(self) -> str:
        return "RUNNING" if self.looks_until_done else "DONE"

    def reload(self, retry: Any) -> None:
        self.looks_until_done -= 1

    def exception(self) -> Exception | None:
        assert self.state == "DONE"
        return self.error


@dataclass
class Client:
    """Keeps jobs by id. `refusals` meet the next requests, before the job is there; `losses`, after; `failures`, the jobs."""

    refusals: list[Exception] = field(default_factory=list)
    losses: list[Exception] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)
    unseen: int = 0
    takes: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    maximum_bytes_billed: list[int | None] = field(default_factory=list)
    seconds: float = 0.0
    at_once: list[int] = field(default_factory=list)
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, text: str, *, job_config: Any, job_id: str, **_: Any) -> Job:
        self.asked.append(job_id)
        self.maximum_bytes_billed.append(job_config.maximum_bytes_billed)
        if self.refusals:
            raise self.refusals.pop(0)
        if job_id in self.jobs:
            raise api.Conflict(f"Already Exists: Job {job_id}")
        with self._lock:
            self._now += 1
            self.at_once.append(self._now)
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
        error = self.failures.pop(0) if self.failures else None
        self.jobs[job_id] = Job(job_id, dict(job_config.labels), error, self.takes)
        if self.losses:
            raise self.losses.pop(0)
        return self.jobs[job_id]

    def get_job(self, job_id: str, **_: Any) -> Job:
        if self.unseen:
            self.unseen -= 1
            raise api.NotFound(f"Not found: Job {job_id}")
        return self.jobs[job_id]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_retry, "FIRST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def jobs(client: Client) -> Jobs:
    return jobs_of(client)


def jobs_of(client: Any, seconds: float = 20.0, **options: Any) -> Jobs:
    given: dict[str, Any] = {"labels": {"team": "props"}, "maximum_bytes_billed": 10**9, **options}
    return Jobs(client, "p", "US", patience(seconds), **given)


# -- once --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [BUSY, LOST, api.TooManyRequests("slow down"), api.ServiceUnavailable("later")])
def test_what_was_refused_is_asked_again_under_the_same_id(jobs: Jobs, client: Client, refusal: Exception) -> None:
    client.refusals = [refusal] * 3
    job = jobs.query("MERGE", [], "merge")
    assert client.asked == [job.job_id] * 4
    assert list(client.jobs) == [job.job_id]


@pytest.mark.parametrize("takes", [0, 2])
def test_a_job_whose_answer_was_lost_is_found_and_waited_for(jobs: Jobs, client: Client, takes: int) -> None:
    client.losses, client.unseen, client.takes = [LOST], 1, takes
    assert jobs.query("MERGE", [], "merge").job_id == next(iter(client.jobs))
    assert len(client.jobs) == 1


@pytest.mark.parametrize("failure", [BUSY, CONCURRENT, api.InternalServerError("internalError")])
def test_a_job_that_failed_for_a_while_is_followed_by_another(jobs: Jobs, client: Client, failure: Exception) -> None:
    client.failures = [failure, failure]
    done = jobs.query("MERGE", [], "merge")
    first, second, third = client.jobs
    assert (second, third) == (f"{first}_1", f"{first}_2")
    assert done.job_id == third


def test_a_job_that_failed_for_good_is_run_once(jobs: Jobs, client: Client) -> None:
    client.failures = [WRONG]
    with pytest.raises(BadInput, match="Division by zero"):
        jobs.query("SELECT 1 / 0", [], "query")
    assert len(client.jobs) == 1


def test_two_pieces_of_work_are_two_jobs(jobs: Jobs, client: Client) -> None:
    assert jobs.query("MERGE", [], "merge") is not jobs.query("MERGE", [], "merge")


@pytest.mark.parametrize(("fault", "told"), [(BUSY, WarehouseBusy), (LOST, StorageFault)])
def test_patience_ends(client: Client, fault: Exception, told: type[Exception]) -> None:
    client.refusals = [fault] * 10_000
    began = time.monotonic()
    with pytest.raises(told):
        jobs_of(client, seconds=0.2).query("MERGE", [], "merge")
    assert time.monotonic() - began < 5
    assert len(client.asked) > 1
    assert client.jobs == {}


# -- limits, labels, sums ----------------------------------------------------------------------------------------------


def _at_once(client: Client, ask: Callable[[int], Any]) -> int:
    """The most jobs that ran at the same time while eight threads asked."""
    client.seconds = 0.02
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(24)))
    return max(client.at_once)


@pytest.mark.parametrize("operation", ["replace_range", "replace_rows", "upsert", "delete", "merge"])
def test_few_statements_change_rows_at_a_time(client: Client, operation: str) -> None:
    jobs = jobs_of(client, dml_slots=2)
    assert _at_once(client, lambda _: jobs.query("MERGE", [], operation)) == 2


def test_statements_that_read_do_not_wait_for_each_other(client: Client) -> None:
    jobs = jobs_of(client, dml_slots=2)
    assert _at_once(client, lambda _: jobs.query("SELECT 1", [], "query")) > 2


def test_a_statement_that_waits_too_long_for_the_others_says_so(client: Client) -> None:
    jobs = jobs_of(client, seconds=0.1, dml_slots=1)
    client.seconds = 1.0
    with ThreadPoolExecutor(1) as other:
        running = other.submit(jobs.query, "MERGE", [], "merge")
        while not client.at_once:
            time.sleep(0.01)
        with pytest.raises(WarehouseBusy, match="waited"):
            jobs.query("MERGE", [], "merge")
        running.result()
    jobs.query("MERGE", [], "merge")  # the slot was given back


def test_a_failed_statement_gives_its_slot_back(client: Client) -> None:
    jobs = jobs_of(client, dml_slots=1)
    client.failures = [WRONG]
    with pytest.raises(BadInput):
        jobs.query("MERGE", [], "merge")
    jobs.query("MERGE", [], "merge")


def test_each_job_says_what_it_is_for_and_what_it_may_bill(jobs: Jobs, client: Client) -> None:
    with job_context(asset="predictions/ensemble_v1", partition="2024-01-15", run_id="run-1"):
        job = jobs.query("MERGE", [], "merge")
    assert job.labels == {
        "team": "props",
        "nba_props": "merge",
        "asset": "predictions_ensemble_v1",
        "partition": "2024-01-15",
        "run": "run-1",
    }
    assert jobs.query("SELECT 1", [], "query").labels == {"team": "props", "nba_props": "query"}
    assert client.maximum_bytes_billed == [10**9, 10**9]


def test_what_jobs_used_is_summed_over_their_step(jobs: Jobs, client: Client) -> None:
    with job_context(asset="a", partition="", run_id="r") as usage:
        client.losses = [LOST]
        jobs.query("MERGE", [], "merge")
        jobs.query("SELECT 1", [], "query")
    assert (usage.bytes_processed, usage.bytes_billed, usage.slot_ms) == (20, 40, 60)
