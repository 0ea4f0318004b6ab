"""Reading what a source sent: when a payload is rejected, how a row's fault is called, and what counts as a written date."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import Field

from nba_props.io.sources.live.contract import Parsed, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.received import (
    Day,
    Instant,
    LeftOut,
    RowRefused,
    Sent,
    Whole,
    accept,
    as_model,
    read_envelope,
    read_table,
)
from nba_props_tests.io.live.payload_kit import landed

PAYLOAD = landed(Source.ESPN, "roster", date(2024, 1, 15), [])


class Line(Sent):
    """A row with one field of each kind."""

    pts: Whole = Field(alias="POINTS")
    name: str
    on: Day
    at: Instant


SOUND: dict[str, Any] = {"POINTS": 7, "name": "Ian Invented", "on": "2024-01-15", "at": "2024-01-15T20:00-05:00"}


def test_a_sound_row_is_read_and_its_instant_is_utc() -> None:
    line = as_model(SOUND | {"new": 1}, Line)
    assert (line.pts, line.on, line.at) == (7, date(2024, 1, 15), datetime(2024, 1, 16, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"POINTS": "7"}, "pts_unreadable"),
        ({"POINTS": True}, "pts_unreadable"),
        ({"POINTS": 2**63}, "pts_out_of_range"),
        ({"POINTS": None}, "pts_missing"),
        ({"name": "Ian \ud800"}, "name_unreadable"),
        ({"on": 20240115}, "on_unreadable"),
        ({"on": "2024-02-30"}, "on_unreadable"),
        ({"on": "2024-01-15T18:00:00"}, "on_not_midnight"),
        ({"at": 1705366800}, "at_unreadable"),
        ({"at": "2024-01-15T20:00"}, "at_unreadable"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at_out_of_range"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at_out_of_range"),
    ],
)
def test_a_fault_is_called_by_our_name_of_the_field(fault: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowRefused, match=f"^{reason}$"):
        as_model(SOUND | fault, Line)


def test_a_list_of_models_is_an_envelope_like_any_other() -> None:
    assert read_envelope(landed(Source.ESPN, "roster", PAYLOAD.day, [SOUND]), list[Line])[0].pts == 7
    with pytest.raises(PayloadRejected, match="pts_missing"):
        read_envelope(landed(Source.ESPN, "roster", PAYLOAD.day, [{}]), list[Line])


def test_a_table_needs_each_column_once() -> None:
    headers = list(SOUND)
    rows = [list(SOUND.values()), [7], "nonsense"]
    parsed = Parsed()
    assert [number for number, _, _ in read_table(PAYLOAD, parsed, Sheet.ROSTERS, headers, rows, Line)] == [0]
    assert [one.reason for one in parsed.refused] == ["wrong_number_of_fields"] * 2
    for wrong in (headers[1:], [*headers, "POINTS"]):
        with pytest.raises(PayloadRejected, match="POINTS"):
            list(read_table(PAYLOAD, parsed, Sheet.ROSTERS, wrong, rows, Line))


def test_a_payload_of_which_no_row_can_be_read_is_rejected() -> None:
    parsed = Parsed()
    parsed.refuse(Sheet.ROSTERS, 0, "pts_missing", {})
    with pytest.raises(PayloadRejected, match=r"none of 1 rows can be read \(pts_missing\)"):
        accept(PAYLOAD, parsed)
    assert accept(PAYLOAD, parsed, Sheet.INJURIES) is parsed
    parsed.add(Sheet.RESULTS, 1, {})
    assert accept(PAYLOAD, parsed) is parsed
    with pytest.raises(PayloadRejected):
        accept(PAYLOAD, parsed, Sheet.ROSTERS)


def test_a_row_that_is_left_out_was_read() -> None:
    parsed = Parsed()
    parsed.refuse(Sheet.RESULTS, 0, LeftOut.GAME_NOT_FINAL, {})
    assert accept(PAYLOAD, parsed) is parsed
