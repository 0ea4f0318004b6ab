"""Words at places on pages, as the smallest PDF that readers accept. No layout, no drawing, Latin letters only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PAGE_WIDTH, PAGE_HEIGHT = 841.95, 595.35  # points
_LETTER_WIDTH, _BLANK_WIDTH = 0.5, 0.226  # of the size of type; declared in the font, so that readers reckon the same
_ASCENT = 0.75
_FIRST_LETTER, _LAST_LETTER = 32, 126


@dataclass(frozen=True)
class Text:
    """A line of words: points from the left edge, and from the top of the page to the top of its letters."""

    left: float
    top: float
    words: str
    size: float


def document(pages: Sequence[Iterable[Text]]) -> bytes:
    """The file. The same pages give the same bytes; letters outside ASCII become question marks."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        _font(),
    ]
    for number, texts in enumerate(pages):
        content = "\n".join(_word(*placed) for text in texts for placed in _placed(text)).encode("ascii", "replace")
        objects.append(_page(5 + 2 * number))
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
    return _file(objects)


def _placed(text: Text) -> Iterable[tuple[float, float, float, str]]:
    """Each word by itself, the blanks between them left as gaps: so does the league's own printer."""
    left, baseline = text.left, PAGE_HEIGHT - text.top - _ASCENT * text.size
    for word in text.words.split(" "):
        yield left, baseline, text.size, word
        left += (len(word) * _LETTER_WIDTH + _BLANK_WIDTH) * text.size


def _word(left: float, baseline: float, size: float, word: str) -> str:
    escaped = word.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {size:g} Tf {left:.2f} {baseline:.2f} Td ({escaped}) Tj ET"


def _page(content: int) -> bytes:
    box = f"/MediaBox[0 0 {PAGE_WIDTH} {PAGE_HEIGHT}]"
    return f"<</Type/Page/Parent 2 0 R{box}/Resources<</Font<</F1 3 0 R>>>>/Contents {content} 0 R>>".encode()


def _font() -> bytes:
    """A font of one width for every letter, described and not embedded."""
    letters = range(_FIRST_LETTER, _LAST_LETTER + 1)
    widths = " ".join(
        str(int(1000 * (_BLANK_WIDTH if letter == _FIRST_LETTER else _LETTER_WIDTH))) for letter in letters
    )
    descriptor = (
        "<</Type/FontDescriptor/FontName/Calibri/Flags 32/FontBBox[0 -250 1000 750]"
        "/Ascent 750/Descent -250/ItalicAngle 0/StemV 80>>"
    )
    return (
        f"<</Type/Font/Subtype/TrueType/BaseFont/Calibri/Encoding/WinAnsiEncoding/FirstChar {_FIRST_LETTER}"
        f"/LastChar {_LAST_LETTER}/Widths[{widths}]/FontDescriptor {descriptor}>>"
    ).encode()


def _file(objects: Sequence[bytes]) -> bytes:
    parts = [b"%PDF-1.4\n"]
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = sum(map(len, parts))
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table))
    parts.append(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
    return b"".join(parts)
