"""Spoilt documents: what each fault does to rows, and which faults cannot be asked for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.errors import BadInput
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.faults import Fault, Kind, fault_from_json, fault_from_text, spoilt

OBJECTS = {"meta": {"page": 1}, "data": [{"id": number, "name": f"Player {number}"} for number in range(9)]}
LISTS = {
    "resultSets": [{"name": "Log", "headers": ["ID", "PTS"], "rowSet": [[number, 2 * number] for number in range(9)]}]
}
ZONES = {
    "resultSets": {
        "headers": [
            {"name": "SHOT_CATEGORY", "columnNames": ["Paint"]},
            {"name": "columns", "columnNames": ["ID", "FGM"]},
        ],
        "rowSet": [[number, number] for number in range(9)],
    }
}


def after(kind: Kind, document: Any, field: str = "") -> Any:
    return json.loads(spoilt(json.dumps(document).encode(), Fault(None, kind, field=field)))


def test_duplicated_rows_come_again_at_the_end() -> None:
    data = after(Kind.DUPLICATED, OBJECTS)["data"]
    assert data == [*OBJECTS["data"], *OBJECTS["data"][:3]]


def test_reordered_rows_are_the_same_rows() -> None:
    data = after(Kind.REORDERED, OBJECTS)["data"]
    assert data != OBJECTS["data"]
    assert sorted(data, key=lambda row: row["id"]) == OBJECTS["data"]


def test_a_new_field_is_in_every_row_and_in_the_headings() -> None:
    assert all(row["unannounced"] for row in after(Kind.NEW_FIELD, OBJECTS)["data"])
    [result] = after(Kind.NEW_FIELD, LISTS)["resultSets"]
    assert {len(row) for row in result["rowSet"]} == {len(result["headers"])} == {3}
    zones = after(Kind.NEW_FIELD, ZONES)["resultSets"]
    assert zones["headers"][1]["columnNames"] == ["ID", "FGM", "UNANNOUNCED"]


def test_a_missing_field_is_missing_everywhere() -> None:
    assert {tuple(row) for row in after(Kind.MISSING_FIELD, OBJECTS)["data"]} == {("name",)}
    assert {tuple(row) for row in after(Kind.MISSING_FIELD, OBJECTS, "name")["data"]} == {("id",)}
    [result] = after(Kind.MISSING_FIELD, LISTS, "PTS")["resultSets"]
    assert result["headers"] == ["ID"]
    assert result["rowSet"] == [[number] for number in range(9)]


def test_a_wrong_type_keeps_the_value_inside() -> None:
    assert after(Kind.WRONG_TYPE, OBJECTS)["data"][2] == {"id": {"value": 2}, "name": "Player 2"}
    assert after(Kind.WRONG_TYPE, LISTS, "PTS")["resultSets"][0]["rowSet"][2] == [2, {"value": 4}]


def test_a_skewed_clock_moves_what_was_written_and_not_what_is_played() -> None:
    sent = {
        "timestamp": "2025-12-03T22:00:00Z",
        "data": {"commence_time": "2025-12-04T00:00:00Z", "updated": "2025-12-03 22:00:00"},
    }
    assert after(Kind.CLOCK_SKEW, sent) == {
        "timestamp": "2025-12-04T01:00:00Z",
        "data": {"commence_time": "2025-12-04T00:00:00Z", "updated": "2025-12-04 01:00:00"},
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(
    json_values, st.sampled_from([Kind.DUPLICATED, Kind.REORDERED, Kind.NEW_FIELD, Kind.MISSING_FIELD, Kind.WRONG_TYPE])
)
def test_any_document_can_be_spoilt_and_always_in_the_same_way(document: Any, kind: Kind) -> None:
    assert after(kind, document) == after(kind, document)


@pytest.mark.parametrize("text", ["espn:500", "all:slow", "odds_api:429-retry-after:2"])
def test_a_fault_is_read_as_typed(text: str) -> None:
    fault = fault_from_text(text)
    source, kind, *times = text.split(":")
    assert (fault.source, fault.kind.value) == (None if source == "all" else source, kind)
    assert fault.times == (int(times[0]) if times else None)
    assert fault_from_json(fault.as_json()) == fault


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("espn", "no fault ''"),
        ("epsn:500", "no source 'epsn'"),
        ("espn:teapot", "no fault 'teapot'"),
        ("espn:500:often", "'often'"),
        ("espn:500:0", "0 times"),
        ("injury_report:missing-field", "no JSON"),
    ],
)
def test_a_fault_that_would_do_nothing_is_refused(text: str, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        fault_from_text(text)


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"source": "espn"}, {"source": "espn", "kind": "500", "times": "2"}, {"kind": "500", "if": 1}],
)
def test_a_fault_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        fault_from_json(value)


def test_a_fault_concerns_paths_by_pattern() -> None:
    fault = Fault(Source.ESPN, Kind.ERROR, path="/teams/2/*")
    assert fault.concerns(Source.ESPN, "/teams/2/roster")
    assert not fault.concerns(Source.ESPN, "/teams/22/roster")
    assert not fault.concerns(Source.ODDS_API, "/teams/2/roster")
