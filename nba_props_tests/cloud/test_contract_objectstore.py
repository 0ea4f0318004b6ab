"""The object store's contract on Cloud Storage, through the official client, against the emulator.

The emulator's preconditions are ours (`servers/storage.py`), so that what the store sends is asserted too.
"""

import multiprocessing
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from nba_props.io.objectstore import ObjectStore
from nba_props.io.objectstore.gcs import GcsObjectStore
from nba_props.io.warehouse.lease import lease
from nba_props_tests.cloud.emulators import Emulator, storage_client
from nba_props_tests.io.objectstore_contract import STATUS, ObjectStoreContract, increment

if TYPE_CHECKING:
    from google.cloud import storage

Sent = list[tuple[str, str, dict[str, str]]]


@pytest.fixture
def sent(bucket: "storage.Bucket", monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Method, path and query of each request, as the client's transport sends it."""
    transport, requests = bucket.client._http, Sent()
    send = transport.request

    def recorded(method: str, url: str, *args: object, **options: object) -> object:
        asked = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        requests.append((method, unquote(asked.path), query))
        return send(method, url, *args, **options)

    monkeypatch.setattr(transport, "request", recorded)
    return requests


class TestContract(ObjectStoreContract):
    @pytest.fixture
    def store(self, object_store: GcsObjectStore) -> ObjectStore:
        return object_store

    @pytest.fixture(autouse=True)
    def _every_write_is_conditional(self, sent: Sent) -> object:
        """Whatever a test does: no object is written but over a generation that the store has seen."""
        yield
        for method, path, query in sent:
            if path.startswith("/upload/"):
                assert "ifGenerationMatch" in query, (method, path, query)
            elif "/copyTo/" in path:
                assert "ifSourceGenerationMatch" in query, (method, path, query)


def test_a_write_names_the_generation_it_replaces(object_store: GcsObjectStore, sent: Sent) -> None:
    first = object_store.put(STATUS, b"one")
    second = object_store.put(STATUS, b"two", if_generation_match=first)
    object_store.put(STATUS, b"three")
    uploads = [query["ifGenerationMatch"] for _, path, query in sent if path.startswith("/upload/")]
    copies = [query["ifSourceGenerationMatch"] for _, path, query in sent if "/copyTo/" in path]
    assert uploads == ["0", str(first), str(second)]
    assert copies == [str(first), str(second)]


def test_an_object_says_its_type_and_is_not_to_be_cached(
    object_store: GcsObjectStore, bucket: "storage.Bucket"
) -> None:
    object_store.put(STATUS, b"{}", content_type="application/json")
    blob = bucket.get_blob(STATUS)
    assert (blob.content_type, blob.cache_control) == ("application/json", "no-store")


def test_no_update_is_lost_between_processes(cloud_storage: Emulator, bucket: "storage.Bucket") -> None:
    store = GcsObjectStore(bucket.client, bucket.name)
    store.put("counter", b"0")
    assert _spawned(3, _increment, cloud_storage.endpoint, bucket.name) == [0] * 3
    assert store.get("counter") == b"30"


def test_a_lease_is_held_by_one_process_at_a_time(cloud_storage: Emulator, bucket: "storage.Bucket") -> None:
    store = GcsObjectStore(bucket.client, bucket.name)
    store.put("counter", b"0")
    assert _spawned(3, _increment_under_lease, cloud_storage.endpoint, bucket.name) == [0] * 3
    assert store.get("counter") == b"15"


def _increment(endpoint: str, bucket: str) -> None:
    increment(GcsObjectStore(storage_client(endpoint), bucket), 10)


def _increment_under_lease(endpoint: str, bucket: str) -> None:
    store = GcsObjectStore(storage_client(endpoint), bucket)
    for _ in range(5):
        with lease(store, "locks/counter.json", timeout_seconds=60):
            value = int(store.get("counter"))
            store.put("counter", b"%d" % (value + 1))


def _spawned(count: int, work: Callable[[str, str], None], *args: str) -> list[int | None]:
    """Exit codes of as many processes, all at once; each makes a client of its own."""
    processes = [multiprocessing.get_context("spawn").Process(target=work, args=args) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]
