"""A body is an answer only if it is what was asked for, entire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.io.sources.live.soundness import BLOCKED, Format, fault_in, format_asked, format_of

PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/teams/BRK/2024.html", Format.HTML),
        ("/Injury-Report_2024-01-15_05PM.pdf", Format.PDF),
        ("/scheduleleaguev2", Format.JSON),
        ("/teams/2/roster", Format.JSON),
        ("/v1.5/odds", Format.JSON),
    ],
)
def test_a_path_says_what_it_asks_for(path: str, asked: Format) -> None:
    assert format_asked(path) is asked


@pytest.mark.parametrize(
    ("body", "asked", "fault"),
    [
        (b'{"a": 1}', Format.JSON, None),
        (b"[]", Format.JSON, None),
        (b"\xef\xbb\xbf<html>", Format.JSON, BLOCKED),
        (b"\n <!DOCTYPE html><html>Access denied", Format.JSON, BLOCKED),
        (b"<html>", Format.PDF, BLOCKED),
        (b'{"a": ', Format.JSON, "cut short"),
        (b"\xff\xfe\x00", Format.JSON, "none or cut short"),
        (b"[" * 200_000, Format.JSON, "RecursionError"),
        (b"  \n", Format.JSON, "empty"),
        (b"", Format.PDF, "empty"),
        (PDF, Format.PDF, None),
        (PDF[:-8], Format.PDF, "cut short"),
        (PDF, Format.JSON, "PDF where JSON"),
        (b'{"error": 1}', Format.HTML, "JSON where HTML"),
        (b"<html></html>", Format.HTML, None),
    ],
)
def test_a_body_that_is_no_answer_is_said_to_be_none(body: bytes, asked: Format, fault: str | None) -> None:
    found = fault_in(body, asked)
    assert found is None if fault is None else fault in (found or "")


@given(st.dictionaries(st.text(), st.integers() | st.text(), min_size=1), st.data())
def test_json_cut_anywhere_is_never_taken_for_an_answer(document: dict[str, object], data: st.DataObject) -> None:
    whole = json.dumps(document).encode()
    assert fault_in(whole, Format.JSON) is None
    assert fault_in(whole[: data.draw(st.integers(0, len(whole) - 1))], Format.JSON) is not None


def test_bytes_that_say_nothing_are_kept_as_json() -> None:
    assert format_of(b"") is Format.JSON
