"""The contract of an object store, held against a directory and, through the official client, a bucket on loopback."""

import base64
import errno
import hashlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.errors import BadInput, StorageFault
from nba_props.io.objectstore import LocalObjectStore, ObjectStore, PreconditionFailed
from nba_props.io.objectstore.gcs import GcsObjectStore
from nba_props.io.objectstore.store import checked_path
from nba_props_tests.io.objectstore_contract import STATUS, ObjectStoreContract, increment


@pytest.fixture
def local(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "store")


@pytest.fixture(scope="module")
def loopback() -> Iterator["LoopbackBucket"]:
    with LoopbackBucket() as bucket:
        yield bucket


@pytest.fixture
def bucket(loopback: "LoopbackBucket") -> "LoopbackBucket":
    loopback.objects.clear()
    loopback.requests.clear()
    return loopback


@pytest.fixture
def gcs(bucket: "LoopbackBucket") -> GcsObjectStore:
    return bucket.store(prefix="tests")


class TestContract(ObjectStoreContract):
    @pytest.fixture(params=["local", "gcs"])
    def store(self, request: pytest.FixtureRequest) -> ObjectStore:
        store: ObjectStore = request.getfixturevalue(request.param)
        return store


@given(st.text())
def test_a_path_is_refused_or_stays_under_the_root(path: str) -> None:
    root = "/srv/store"
    try:
        checked_path(path)
    except BadInput:
        return
    assert os.path.normpath(f"{root}/{path}") == f"{root}/{path}"
    assert not path.startswith(".store/")


class TestDirectory:
    def test_an_object_is_a_plain_readable_file_at_its_own_path(self, local: LocalObjectStore) -> None:
        local.put("v1/tonight/all-players.json", b"{}")
        file = local.root / "v1" / "tonight" / "all-players.json"
        assert file.read_bytes() == b"{}"
        umask = os.umask(0)
        os.umask(umask)
        assert file.stat().st_mode & 0o777 == 0o666 & ~umask

    def test_a_file_changed_by_hand_is_another_generation(self, local: LocalObjectStore) -> None:
        generation = local.put(STATUS, b"ours")
        (local.root / STATUS).write_bytes(b"theirs")
        with pytest.raises(PreconditionFailed):
            local.put(STATUS, b"ours again", if_generation_match=generation)
        assert local.get(STATUS) == b"theirs"

    def test_generations_grow_although_the_clock_goes_back(
        self, local: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = local.put(STATUS, b"one")
        monkeypatch.setattr("nba_props.io.objectstore.local.time_ns", lambda: 1_000_000_000_000)
        assert local.put(STATUS, b"two") == first + 1
        assert local.generation(STATUS) == first + 1

    def test_a_file_system_that_drops_times_is_refused_and_the_old_version_stays(
        self, local: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local.put(STATUS, b"old")

        def set_in_seconds(file: int, ns: tuple[int, int]) -> None:
            utime(file, ns=(ns[0] // 10**9 * 10**9,) * 2)

        utime = os.utime
        monkeypatch.setattr("nba_props.io.objectstore.local.os.utime", set_in_seconds)
        with pytest.raises(StorageFault, match="local disk"):
            local.put(STATUS, b"new")
        assert local.get(STATUS) == b"old"

    def test_processes_racing_to_create_have_one_winner(self, local: LocalObjectStore) -> None:
        for slate in range(10):
            path = f"landing/{slate}"
            exit_codes = _forked(8, partial(_claim, local, path))
            winners = [n for n, code in enumerate(exit_codes) if code == 0]
            assert [local.get(path)] == [b"%d" % n for n in winners]

    def test_no_update_is_lost_between_processes(self, local: LocalObjectStore) -> None:
        local.put("counter", b"0")
        assert _forked(4, lambda _: increment(local, 25)) == [0] * 4
        assert local.get("counter") == b"100"

    def test_kill_9_at_any_moment_leaves_a_whole_version(self, local: LocalObjectStore) -> None:
        """A real process rewrites an object of one repeated byte; whatever is read is of one byte, and whole."""
        local.put(STATUS, b"a" * SIZE)
        killed_in_mid_write = 0
        for kill in range(16):
            writer = subprocess.Popen([sys.executable, "-c", REWRITE, str(local.root), STATUS, str(SIZE)])
            versions: set[bytes] = set()
            until = time.monotonic() + 20
            while len(versions) < 6 and time.monotonic() < until:
                versions.add(_whole_version(local))
            time.sleep(kill / 1000)  # a version has just appeared: strike at other moments of the next writes too
            writer.kill()
            writer.wait()
            killed_in_mid_write += bool(_left_behind(local))
            assert len(versions) >= 6
            _whole_version(local)
            assert len(set(local.previous(STATUS) or b"")) == 1
            assert [o.path for o in local.list()] == [STATUS]
        assert killed_in_mid_write
        local.put(STATUS, b"done")
        assert _left_behind(local) == []

    def test_what_a_killed_writer_left_is_not_listed_and_goes_with_the_next_write(
        self, local: LocalObjectStore
    ) -> None:
        local.put(STATUS, b"one")
        (local.root / ".store" / "tmp" / "half-written").write_bytes(b"on")
        assert [o.path for o in local.list()] == [STATUS]
        local.put(STATUS, b"two")
        assert _left_behind(local) == []


class TestDiskFaults:
    """As root, permission bits refuse nothing: full and read-only disks are errors injected at the rename; the file
    size limit and the file in the way are real refusals of the kernel."""

    @pytest.mark.parametrize(
        ("code", "next_step"),
        [
            (errno.ENOSPC, "Free some space"),
            (errno.EROFS, "writable"),
            (errno.EACCES, "the right to read and write"),
            (errno.EXDEV, "one file system"),
            (errno.EIO, "Look at that disk"),
        ],
    )
    @pytest.mark.parametrize("replaces_before", [0, 1])
    def test_a_refused_rename_leaves_the_old_version_and_no_litter(
        self,
        local: LocalObjectStore,
        monkeypatch: pytest.MonkeyPatch,
        code: int,
        next_step: str,
        replaces_before: int,
    ) -> None:
        generation = local.put(STATUS, b"old")
        replace, calls = os.replace, iter(range(100))

        def refuse(source: Path, target: Path) -> None:
            if next(calls) >= replaces_before:
                raise OSError(code, os.strerror(code))
            replace(source, target)

        monkeypatch.setattr("nba_props.io.objectstore.local.os.replace", refuse)
        with pytest.raises(StorageFault, match=next_step) as told:
            local.put(STATUS, b"new")
        assert STATUS in told.value.message
        assert (local.get(STATUS), local.generation(STATUS)) == (b"old", generation)
        assert _left_behind(local) == []
        monkeypatch.undo()
        local.put(STATUS, b"new")
        assert (local.get(STATUS), local.previous(STATUS)) == (b"new", b"old")

    def test_a_write_that_the_kernel_cuts_short(self, local: LocalObjectStore) -> None:
        local.put(STATUS, b"old")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(StorageFault, match="File too large"):
                local.put(STATUS, b"x" * 1_000_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert local.get(STATUS) == b"old"
        assert _left_behind(local) == []

    def test_a_file_where_the_store_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        store = LocalObjectStore(tmp_path / "file")
        for action in (lambda: store.put("x", b""), lambda: store.get("x"), lambda: store.exists("x"), store.list):
            with pytest.raises(StorageFault, match="both an object and a folder"):
                action()

    def test_a_name_cannot_be_an_object_and_a_folder(self, local: LocalObjectStore) -> None:
        local.put("v1/status", b"old")
        with pytest.raises(StorageFault):
            local.put("v1/status/today", b"new")
        with pytest.raises(StorageFault, match="rename one"):
            local.put("v1", b"new")
        assert [o.path for o in local.list()] == ["v1/status"]

    def test_a_writer_that_hangs_is_told_of_and_not_waited_for(
        self, local: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nba_props.io.objectstore.local.LOCK_TIMEOUT_SECONDS", 0.05)
        with local._writing("other"), pytest.raises(StorageFault, match="Another process"):
            local.put(STATUS, b"x")


class TestBucket:
    def test_every_write_names_the_generation_it_replaces(self, gcs: GcsObjectStore, bucket: "LoopbackBucket") -> None:
        first = gcs.put(STATUS, b"{}", content_type="application/json")
        gcs.put(STATUS, b"{1}", content_type="application/json")
        uploads = [query for method, path, query in bucket.requests if path.startswith("/upload/")]
        copies = [query for method, path, query in bucket.requests if "/copyTo/" in path]
        assert [u["ifGenerationMatch"] for u in uploads] == ["0", str(first)]
        assert [c["ifSourceGenerationMatch"] for c in copies] == [str(first)]

    def test_objects_say_their_type_and_are_not_to_be_cached(
        self, gcs: GcsObjectStore, bucket: "LoopbackBucket"
    ) -> None:
        gcs.put(STATUS, b"{}", content_type="application/json")
        metadata = bucket.objects["tests/v1/status.json"]
        assert (metadata["contentType"], metadata["cacheControl"]) == ("application/json", "no-store")

    def test_a_put_without_condition_looks_again_when_another_writer_was_first(
        self, gcs: GcsObjectStore, bucket: "LoopbackBucket"
    ) -> None:
        gcs.put(STATUS, b"one")
        rival = bucket.store(prefix="tests")
        bucket.before_upload = lambda: rival.put(STATUS, b"rival")
        gcs.put(STATUS, b"two")
        assert (gcs.get(STATUS), gcs.previous(STATUS)) == (b"two", b"rival")

    def test_a_conditional_put_that_loses_the_race_after_looking_fails(
        self, gcs: GcsObjectStore, bucket: "LoopbackBucket"
    ) -> None:
        generation = gcs.put(STATUS, b"one")
        rival = bucket.store(prefix="tests")
        bucket.before_upload = lambda: rival.put(STATUS, b"rival")
        with pytest.raises(PreconditionFailed):
            gcs.put(STATUS, b"two", if_generation_match=generation)
        assert gcs.get(STATUS) == b"rival"

    def test_stores_under_two_prefixes_do_not_meet(self, bucket: "LoopbackBucket") -> None:
        one, two, whole = bucket.store("one"), bucket.store("two/deep/"), bucket.store()
        one.put("x", b"1")
        two.put("x", b"2")
        assert (one.get("x"), two.get("x")) == (b"1", b"2")
        assert [o.path for o in whole.list()] == ["one/x", "two/deep/x"]
        assert [o.path for o in two.list()] == ["x"]

    @pytest.mark.parametrize(("status", "next_step"), [(403, "roles/storage.objectUser"), (400, "can be reached")])
    def test_a_refusal_is_told_with_a_next_step(
        self, gcs: GcsObjectStore, bucket: "LoopbackBucket", status: int, next_step: str
    ) -> None:
        gcs.put(STATUS, b"old")
        bucket.refuse_with = status
        for action in (lambda: gcs.put(STATUS, b"new"), lambda: gcs.get(STATUS), lambda: gcs.list()):
            with pytest.raises(StorageFault, match=next_step):
                action()
        bucket.refuse_with = None
        assert gcs.get(STATUS) == b"old"

    def test_a_bucket_that_is_not_there_is_told(self, bucket: "LoopbackBucket") -> None:
        with pytest.raises(StorageFault, match="no-such-bucket"):
            bucket.store(name="no-such-bucket").put("x", b"")

    def test_importing_the_package_loads_no_google_module(self) -> None:
        code = "import sys, nba_props.io.objectstore.gcs; print([m for m in sys.modules if m.startswith('google.')])"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


SIZE = 300_000

REWRITE = """
import sys
from nba_props.io.objectstore import LocalObjectStore
root, path, size = sys.argv[1:]
store, n = LocalObjectStore(root), 0
while True:
    store.put(path, b"%c" % (33 + n % 90) * int(size))
    n += 1
"""


def _whole_version(local: LocalObjectStore) -> bytes:
    data = local.get(STATUS)
    assert len(data) == SIZE
    assert data.count(data[:1]) == SIZE
    return data[:1]


def _left_behind(local: LocalObjectStore) -> list[Path]:
    return list((local.root / ".store" / "tmp").iterdir())


def _claim(local: LocalObjectStore, path: str, n: int) -> None:
    try:
        local.put(path, b"%d" % n, if_generation_match=0)
    except PreconditionFailed:
        sys.exit(3)


def _forked(count: int, work: Callable[[int], None]) -> list[int | None]:
    """The exit codes of work(0) … work(count - 1), each in a process of its own, all at once."""
    processes = [multiprocessing.get_context("fork").Process(target=work, args=(n,)) for n in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


class LoopbackBucket:
    """The few calls of the Cloud Storage JSON API that a store makes, with real preconditions, on a loopback port."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.refuse_with: int | None = None
        self.before_upload: Callable[[], object] | None = None
        self.lock = threading.RLock()
        handler = type("Handler", (_Handler,), {"bucket": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> "LoopbackBucket":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def store(self, prefix: str = "", name: str = "bucket") -> GcsObjectStore:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        endpoint = f"http://127.0.0.1:{self.server.server_port}"
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        client = storage.Client("tests", anonymous, client_options={"api_endpoint": endpoint})
        return GcsObjectStore(client, name, prefix)

    def write(self, name: str, data: bytes, **metadata: str) -> dict[str, Any]:
        generation = max((o["generation"] for o in self.objects.values()), default=time.time_ns() // 1000) + 1
        self.last_generation = generation = max(generation, getattr(self, "last_generation", 0) + 1)
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        updated = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.objects[name] = {
            "kind": "storage#object",
            "bucket": "bucket",
            **metadata,
            "name": name,
            "size": len(data),
            "md5Hash": md5,
            "generation": generation,
            "updated": updated,
            "data": data,
        }
        return self.objects[name]


class _Handler(BaseHTTPRequestHandler):
    bucket: LoopbackBucket
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet

    def do_GET(self) -> None:
        path, query = self._asked()
        name = self._name_in(path)
        if name:
            found = self.bucket.objects.get(name)
            self._answer(404 if found is None else 200, found, media=query.get("alt") == "media")
        else:
            items = [o for n, o in self.bucket.objects.items() if n.startswith(query.get("prefix", ""))]
            self._answer(200, {"items": [self._metadata(o) for o in items]})

    def do_POST(self) -> None:
        path, query = self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if "/b/bucket/" not in path:
            return self._answer(404)
        if "/copyTo/" in path:
            source, target = (self._name_in(part) for part in path.split("/copyTo"))
            found = self.bucket.objects.get(source)
            if found is None:
                return self._answer(404)
            if query["ifSourceGenerationMatch"] != str(found["generation"]):
                return self._answer(412)
            return self._answer(200, self.bucket.write(target, found["data"]))
        before, self.bucket.before_upload = self.bucket.before_upload, None
        if before:
            before()
        boundary = self.headers["Content-Type"].split('boundary="')[1].rstrip('"').encode()
        metadata, media = (part.split(b"\r\n\r\n", 1) for part in body.split(b"--" + boundary)[1:3])
        properties = json.loads(metadata[1])
        properties["contentType"] = media[0].split(b"content-type: ")[1].decode().strip()
        with self.bucket.lock:
            found = self.bucket.objects.get(properties["name"])
            if query["ifGenerationMatch"] != str(found["generation"] if found else 0):
                return self._answer(412)
            return self._answer(200, self.bucket.write(**properties, data=media[1].removesuffix(b"\r\n")))

    def do_DELETE(self) -> None:
        path, _ = self._asked()
        self._answer(204 if self.bucket.objects.pop(self._name_in(path), None) else 404)

    def log_message(self, *_: object) -> None:
        pass

    def _asked(self) -> tuple[str, dict[str, str]]:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        self.bucket.requests.append((self.command, url.path, query))
        return url.path, query

    def _name_in(self, path: str) -> str:
        _, _, name = path.partition("/b/bucket/o/")
        return unquote(name)

    def _metadata(self, found: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "data"}

    def _answer(self, status: int, content: dict[str, Any] | None = None, *, media: bool = False) -> None:
        status = self.bucket.refuse_with or status
        if media and content and status == 200:
            body = content["data"]
        else:
            body = json.dumps(self._metadata(content or {})).encode() if status != 204 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if media and content:
            self.send_header("X-Goog-Hash", f"md5={content['md5Hash']}")
        self.end_headers()
        self.wfile.write(body)
