"""What every object store must do: one suite over the protocol, run by each implementation's own test module.

Subclass `ObjectStoreContract` and give it the fixture `store`: an empty one. Nothing here knows where the bytes lie.
"""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from nba_props.errors import BadInput
from nba_props.io.objectstore import ObjectMissing, ObjectStore, PreconditionFailed

STATUS = "v1/status.json"


def increment(store: ObjectStore, times: int) -> None:
    """Add to the object `counter`, again and again until no other writer comes between."""
    while times:
        generation = store.generation("counter")
        value = int(store.get("counter"))
        try:
            store.put("counter", b"%d" % (value + 1), if_generation_match=generation)
        except PreconditionFailed:
            continue
        times -= 1


class ObjectStoreContract:
    """The suite."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError("the implementation's test module says how its store is opened")

    def test_what_was_put_is_got(self, store: ObjectStore) -> None:
        every_byte = bytes(range(256)) * 300
        assert store.put("landing/nba/2024-01-01/box.json", every_byte) > 0
        assert store.get("landing/nba/2024-01-01/box.json") == every_byte
        assert store.exists("landing/nba/2024-01-01/box.json")
        store.put("landing/empty", b"")
        assert store.get("landing/empty") == b""

    def test_a_missing_object_is_an_error_to_get_and_none_to_ask_about(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectMissing, match=re.escape(STATUS)):
            store.get(STATUS)
        assert store.generation(STATUS) is None
        assert not store.exists(STATUS)
        assert store.previous(STATUS) is None
        assert store.list("v1/") == []
        store.put("v1/tonight/x.json", b"{}")
        assert not store.exists("v1/tonight")

    def test_generations_grow_and_the_one_returned_is_the_one_stored(self, store: ObjectStore) -> None:
        generations = []
        for n in range(5):
            generations.append(store.put(STATUS, b"%d" % n))
            assert store.generation(STATUS) == generations[-1]
        assert generations == sorted(set(generations))

    def test_the_same_bytes_again_are_no_new_version(self, store: ObjectStore) -> None:
        store.put(STATUS, b"monday")
        generation = store.put(STATUS, b"tuesday")
        assert store.put(STATUS, b"tuesday") == generation
        assert store.put(STATUS, b"tuesday", if_generation_match=generation) == generation
        assert store.generation(STATUS) == generation
        assert store.previous(STATUS) == b"monday"

    def test_the_previous_version_is_kept_and_can_be_restored(self, store: ObjectStore) -> None:
        store.put(STATUS, b"good")
        assert store.previous(STATUS) is None
        store.put(STATUS, b"bad")
        last_good = store.previous(STATUS)
        assert last_good == b"good"
        store.put(STATUS, last_good)
        assert (store.get(STATUS), store.previous(STATUS)) == (b"good", b"bad")

    def test_a_precondition_holds_or_nothing_is_written(self, store: ObjectStore) -> None:
        first = store.put(STATUS, b"one", if_generation_match=0)
        with pytest.raises(PreconditionFailed) as refused:
            store.put(STATUS, b"two", if_generation_match=0)
        assert (refused.value.expected, refused.value.found) == (0, first)
        second = store.put(STATUS, b"two", if_generation_match=first)
        with pytest.raises(PreconditionFailed):
            store.put(STATUS, b"three", if_generation_match=first)
        with pytest.raises(PreconditionFailed):
            store.put(STATUS, b"two", if_generation_match=first)  # the right bytes over the wrong version
        assert (store.get(STATUS), store.generation(STATUS), store.previous(STATUS)) == (b"two", second, b"one")
        with pytest.raises(PreconditionFailed):
            store.put("v1/new.json", b"", if_generation_match=second)
        assert not store.exists("v1/new.json")

    def test_delete_takes_the_previous_version_along_and_may_be_repeated(self, store: ObjectStore) -> None:
        store.put(STATUS, b"one")
        last = store.put(STATUS, b"two")
        store.delete(STATUS)
        store.delete(STATUS)
        assert not store.exists(STATUS)
        assert store.previous(STATUS) is None
        assert store.put(STATUS, b"three", if_generation_match=0) > last

    def test_listing_is_sorted_by_prefix_of_characters_and_shows_objects_only(self, store: ObjectStore) -> None:
        for path in ("v1/b.json", "v1/a/2.json", "v1/a/1.json", "v10/x.json", "landing/é ü.json", "top"):
            store.put(path, b"old")
            store.put(path, path.encode())
        assert [o.path for o in store.list()] == sorted(
            ["landing/é ü.json", "top", "v1/a/1.json", "v1/a/2.json", "v1/b.json", "v10/x.json"]
        )
        assert [o.path for o in store.list("v1")] == ["v1/a/1.json", "v1/a/2.json", "v1/b.json", "v10/x.json"]
        assert [o.path for o in store.list("v1/")] == ["v1/a/1.json", "v1/a/2.json", "v1/b.json"]
        assert [o.path for o in store.list("v1/a/2")] == ["v1/a/2.json"]
        assert store.list("nothing/here") == []
        [info] = store.list("v1/b")
        assert (info.size, info.generation) == (len("v1/b.json"), store.generation("v1/b.json"))
        assert timedelta(0) <= datetime.now(UTC) - info.updated_at < timedelta(minutes=1)

    def test_a_url_names_the_object(self, store: ObjectStore) -> None:
        store.put("v1/a b.json", b"{}")
        assert store.url("v1/a b.json").endswith("/v1/a%20b.json")

    @pytest.mark.parametrize(
        "path",
        [
            *("", "/", "/etc/passwd", "../x", "v1/../../x", "v1/..", "v1//x", "v1/", "./x", "v1/./x"),
            *("v1\\x", "..\\x", "x\0", "x\ny", ".store", ".store/lock", ".store/previous/v1/status.json"),
        ],
    )
    def test_paths_that_lead_elsewhere_are_refused_everywhere(self, store: ObjectStore, path: str) -> None:
        actions: list[Callable[[str], object]] = [store.get, store.generation, store.exists, store.previous]
        actions += [store.delete, store.url, lambda p: store.put(p, b"x")]
        for action in actions:
            with pytest.raises(BadInput):
                action(path)

    @pytest.mark.parametrize("prefix", ["/", "../", "v1/../", "v1//", "\\", ".store/"])
    def test_prefixes_that_lead_elsewhere_are_refused(self, store: ObjectStore, prefix: str) -> None:
        with pytest.raises(BadInput):
            store.list(prefix)

    def test_threads_racing_with_the_same_expectation_have_one_winner(self, store: ObjectStore) -> None:
        expected = store.put(STATUS, b"start")
        outcomes: list[int | None] = []

        def contend(n: int) -> None:
            outcomes.append(_generation_or_none(store, b"writer %d" % n, expected))

        threads = [threading.Thread(target=contend, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [o for o in outcomes if o is not None] == [store.generation(STATUS)]
        assert len(outcomes) == 8
        assert store.previous(STATUS) == b"start"


def _generation_or_none(store: ObjectStore, data: bytes, expected: int) -> int | None:
    try:
        return store.put(STATUS, data, if_generation_match=expected)
    except PreconditionFailed:
        return None
