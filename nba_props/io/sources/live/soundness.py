"""Whether a body is of the kind that was asked for, and entire: a blocked page or half a document is not an answer.

What belongs here: bytes in, a fault in words out. What does not: what the document says (parsers refuse shapes).
"""

import json
from enum import StrEnum
from pathlib import PurePosixPath

BLOCKED = "an HTML page instead: blocked, or a maintenance page"
_PDF_TAIL_BYTES = 2048


class Format(StrEnum):
    """What a document is, and the suffix it is kept under."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"


def format_asked(path: str) -> Format:
    """What a request's path asks for: as its suffix says, else JSON."""
    suffix = PurePosixPath(path).suffix.removeprefix(".").lower()
    return Format(suffix) if suffix in (Format.HTML, Format.PDF) else Format.JSON


def format_of(body: bytes) -> Format:
    """What a body looks like by its first bytes; JSON where they say nothing."""
    if body.startswith(b"%PDF"):
        return Format.PDF
    return Format.HTML if _start(body).startswith(b"<") else Format.JSON


def fault_in(body: bytes, asked: Format) -> str | None:
    """Why this body is no answer to what was asked, in words; None if it is one."""
    if not body.strip():
        return "an empty answer"
    found = format_of(body)
    if found is not asked:
        return BLOCKED if found is Format.HTML else f"{found.upper()} where {asked.upper()} was asked for"
    if asked is Format.PDF and b"%%EOF" not in body[-_PDF_TAIL_BYTES:]:
        return "a PDF cut short"
    return _fault_in_json(body) if asked is Format.JSON else None


def _fault_in_json(body: bytes) -> str | None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        return f"JSON that is none or cut short ({type(error).__name__} in {len(body)} bytes)"
    return None


def _start(body: bytes) -> bytes:
    return body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
