"""The landing zone of live answers: bytes as received, one record a fetch, nothing ever changed."""

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.errors import IntegrityFailure
from nba_props.io.landing import _path_safe, land_answer, landed_between, open_landed
from nba_props.io.objectstore.local import LocalObjectStore
from nba_props.io.objectstore.store import checked_path
from nba_props.io.sources.live.contract import Outcome, Request, Source
from nba_props.io.sources.live.transport import Answer

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, 0, 0, 123456, tzinfo=UTC)
EVERY_BYTE = bytes(range(256))
ANSWER = Answer(Outcome.CONTENT, 200, {"etag": '"v1"'}, b'{"games": []}')


def request(**given: object) -> Request:
    facts: dict[str, object] = {"source": Source.ESPN, "feed": "roster", "day": DAY, "path": "/x", "label": "BOS"}
    return Request(**{**facts, **given})  # type: ignore[arg-type]


def paths(store: LocalObjectStore) -> list[str]:
    return [one.path for one in store.list()]


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path)


def test_bytes_lie_under_their_hash_and_the_record_beside_them(store: LocalObjectStore) -> None:
    landed = land_answer(store, request(params={"a": "1"}), ANSWER, NOON)
    folder = "landing/espn/2024-01-15/roster/BOS"
    assert landed.ref == f"{folder}/{landed.sha256[:12]}.json"
    assert paths(store) == sorted([landed.ref, f"{folder}/20240115T170000123456Z.record.json"])
    assert store.get(landed.ref) == ANSWER.body
    assert landed_between(store, DAY, DAY) == [landed]


@pytest.mark.parametrize(
    ("body", "suffix"),
    [(b"%PDF-1.7", "pdf"), (b"<html>", "html"), (b"[]", "json"), (EVERY_BYTE, "json"), (b"", "json")],
)
def test_every_kind_of_bytes_comes_back_as_it_was(store: LocalObjectStore, body: bytes, suffix: str) -> None:
    landed = land_answer(store, request(label=""), replace(ANSWER, body=body), NOON)
    payload = open_landed(store, landed)
    assert landed.ref.endswith(f".{suffix}")
    assert landed.ref.startswith("landing/espn/2024-01-15/roster/")
    assert (payload.body, payload.ref, payload.headers, payload.fetched_at) == (
        body,
        landed.ref,
        {"etag": '"v1"'},
        NOON,
    )


def test_the_same_again_changes_nothing(store: LocalObjectStore) -> None:
    land_answer(store, request(), ANSWER, NOON)
    before = store.list()
    land_answer(store, request(), ANSWER, NOON)
    assert store.list() == before


def test_another_answer_under_a_clock_that_stands_still_is_kept_after_the_first(store: LocalObjectStore) -> None:
    first = land_answer(store, request(), ANSWER, NOON)
    second = land_answer(store, request(), replace(ANSWER, body=b"[2]"), NOON)
    assert landed_between(store, DAY, DAY) == [first, second]
    assert second.fetched_at - first.fetched_at == timedelta(microseconds=1)


def test_what_still_stands_has_a_record_of_its_own_and_no_bytes(store: LocalObjectStore) -> None:
    first = land_answer(store, request(), ANSWER, NOON)
    stands = replace(ANSWER, status=304, is_unchanged=True)
    second = land_answer(store, request(), stands, NOON + timedelta(hours=1))
    assert (second.ref, second.status) == (first.ref, 304)
    assert len(paths(store)) == 3
    assert landed_between(store, DAY, DAY) == [first, second]


def test_bytes_without_their_record_are_not_landed(store: LocalObjectStore) -> None:
    landed = land_answer(store, request(), ANSWER, NOON)
    (record,) = [path for path in paths(store) if path.endswith(".record.json")]
    store.delete(record)
    assert landed_between(store, DAY, DAY) == []
    assert land_answer(store, request(), ANSWER, NOON) == landed


def test_bytes_that_changed_are_refused_and_never_replaced(store: LocalObjectStore) -> None:
    landed = land_answer(store, request(), ANSWER, NOON)
    store.put(landed.ref, b'{"games": [1]}')
    with pytest.raises(IntegrityFailure, match="does not hold the bytes"):
        open_landed(store, landed)
    with pytest.raises(IntegrityFailure, match="does not hold the bytes"):
        land_answer(store, request(), ANSWER, NOON)
    assert store.get(landed.ref) == b'{"games": [1]}'


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"{}", b'{"source": "espn"}'])
def test_a_broken_record_is_named_not_skipped(store: LocalObjectStore, broken: bytes) -> None:
    store.put("landing/espn/2024-01-15/roster/20240115T170000000000Z.record.json", broken)
    with pytest.raises(IntegrityFailure, match="20240115T170000000000Z"):
        landed_between(store, DAY, DAY)


def test_landed_is_listed_by_dates_and_sources_in_the_order_of_fetching(store: LocalObjectStore) -> None:
    days = [date(2023, 9, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 15), date(2024, 8, 31)]
    for at, day in enumerate(reversed(days)):
        for source in (Source.ESPN, Source.ODDS_API):
            land_answer(store, request(source=source, day=day), ANSWER, NOON + timedelta(hours=at))

    def found(start: date, end: date, *sources: Source) -> list[date]:
        return [one.day for one in landed_between(store, start, end, sources or tuple(Source))]

    assert found(days[0], days[-1], Source.ESPN) == days[::-1]
    assert found(days[1], days[2], Source.ODDS_API) == [days[2], days[1]]
    assert found(days[2], days[3], Source.ESPN) == [days[3], days[2]]
    assert found(days[3], days[3]) == [days[3]] * 2
    assert found(date(2024, 2, 1), date(2024, 8, 30)) == []
    assert found(days[0], days[-1], Source.BETTINGPROS) == []


def test_archives_are_not_taken_for_answers(store: LocalObjectStore) -> None:
    store.put("landing/archive/2024-01-15/x.record.json", b"{}")
    assert landed_between(store, date(2020, 1, 1), date(2030, 1, 1)) == []


def test_a_secret_in_what_is_recorded_is_hidden(store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBA_PROPS_ODDS_API_KEY", "k3y-0f-the-0dds")
    land_answer(
        store,
        request(params={"q": "k3y-0f-the-0dds"}),
        replace(ANSWER, headers={"etag": "k3y-0f-the-0dds"}),
        NOON,
    )
    assert not any(b"k3y-0f" in store.get(path) for path in paths(store))


def test_a_season_of_records_is_read_in_seconds(store: LocalObjectStore) -> None:
    landed = land_answer(store, request(), ANSWER, NOON)
    facts = json.loads(next(store.get(path) for path in paths(store) if path.endswith(".record.json")))
    for number in range(3000):
        day = date(2023, 10, 20) + timedelta(days=number % 200)
        path = store.root / f"landing/espn/{day}/roster/{number}/20240115T170000123456Z.record.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(facts | {"day": day.isoformat(), "label": str(number)}))
    began = time.monotonic()
    found = landed_between(store, date(2023, 9, 1), date(2024, 8, 31))
    assert len(found) == 3001
    assert landed in found
    assert time.monotonic() - began < 20


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_label_is_a_folder_of_its_own(one: str, other: str) -> None:
    if one:
        checked_path(f"landing/espn/{_path_safe(one)}/x")
        assert "/" not in _path_safe(one)
    assert (_path_safe(one) == _path_safe(other)) is (one == other)
