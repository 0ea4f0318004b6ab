"""The report's PDF as a table: the rows of all its pages, found by the places of words and rules.

Knows how the league draws the document, not what it means: that is in `parse`.
"""

import io
import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nba_props.io.sources.live.contract import Payload
from nba_props.io.sources.live.received import rejected

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "game_date": ("Game", "Date"),
    "game_time": ("Game", "Time"),
    "matchup": ("Matchup",),
    "team": ("Team",),
    "player_name": ("Player", "Name"),
    "status": ("Current", "Status"),
    "reason": ("Reason",),
}
_HEADER = [word for words in _COLUMNS.values() for word in words]
_TITLE = re.compile(r"Injury Report: (\d{2}/\d{2}/\d{2} \d{2}:\d{2} [AP]M)")
_FOOTER = re.compile(r"Page \d+ of \d+")
NOT_SUBMITTED = "NOT YET SUBMITTED"
_GAP_OF_FONT_SIZE = 0.15  # a blank is wider than this share of the letters' size
_SAME_PLACE = 3.0  # points by which words of one line, or of one column, may differ
_SAME_ROW = 10.0  # points from a row's middle within which a wrapped name of its team stands


@dataclass(frozen=True)
class _Word:
    text: str
    left: float
    top: float


@dataclass(frozen=True)
class Page:
    """Words of a page as lines from top to bottom, and its horizontal rules as (left, right, height), in points."""

    lines: list[list[_Word]]
    rules: list[tuple[float, float, float]]


def read_pages(payload: Payload) -> list[Page]:
    """The pages of the PDF. Raises PayloadRejected for what is none."""
    import pdfplumber  # where it is used: most commands read no PDF

    try:
        with pdfplumber.open(io.BytesIO(payload.body)) as document:
            return [_page(page) for page in document.pages]
    except Exception as error:  # whatever a broken PDF makes its reader stumble over, it is the payload's fault
        raise rejected(payload, f"it is no readable PDF ({type(error).__name__})") from error


def _page(page: Any) -> Page:
    found = page.extract_words(x_tolerance_ratio=_GAP_OF_FONT_SIZE)
    rules = [(edge["x0"], edge["x1"], edge["top"]) for edge in page.edges if edge["orientation"] == "h"]
    return Page(_lines([_Word(word["text"], word["x0"], word["top"]) for word in found]), rules)


def _lines(words: Iterable[_Word]) -> list[list[_Word]]:
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: (word.top, word.left)):
        if lines and word.top - lines[-1][0].top < _SAME_PLACE:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.left) for line in lines]


def _text(words: Iterable[_Word]) -> str:
    return " ".join(word.text for word in words)


def titles_of(pages: Iterable[Page]) -> set[str]:
    """The times in the pages' titles, as written: "01/04/24 12:30 PM"."""
    return {found[1] for page in pages for line in page.lines if (found := _TITLE.search(_text(line)))}


# -- rows of the table ------------------------------------------------------------------------------------------------
Cells = dict[str, str]


def table_rows(payload: Payload, pages: Sequence[Page]) -> list[Cells]:
    """The rows of all pages: text by column, "" where a cell is empty. Raises PayloadRejected for another header."""
    rows: list[Cells] = []
    lefts: Mapping[str, float] = {}
    for page in pages:
        body = [line for line in page.lines if not (_TITLE.search(_text(line)) or _FOOTER.fullmatch(_text(line)))]
        header = next((line for line in body if [word.text for word in line] == _HEADER), None)
        lefts = _lefts(header) if header else lefts
        if not lefts:
            raise rejected(payload, f"its table has not the columns {' '.join(_HEADER)}")
        found = _page_rows([line for line in body if line is not header], page.rules, lefts)
        if rows and found and _is_continuation(found[0]):
            rows[-1]["reason"] = f"{rows[-1]['reason']} {found.pop(0)['reason']}"
        rows += found
    return rows


def _lefts(header: Sequence[_Word]) -> dict[str, float]:
    starts = [0]
    for words in _COLUMNS.values():
        starts.append(starts[-1] + len(words))
    return {column: header[start].left for column, start in zip(_COLUMNS, starts, strict=False)}


def _is_continuation(cells: Cells) -> bool:
    """A reason that runs over from the page before."""
    return not any(text for column, text in cells.items() if column != "reason") and cells["reason"] != NOT_SUBMITTED


def _page_rows(
    lines: Sequence[Sequence[_Word]], rules: Sequence[tuple[float, float, float]], lefts: Mapping[str, float]
) -> list[Cells]:
    """Words are of one row if no rule parts them; where rules are missing, of the nearest status, notice, or team by itself.

    Every cell is centred in its row: the lines of a long reason stand above and below the name.
    """
    heights = sorted(height for left, right, height in rules if left <= lefts["reason"] <= right)
    bands: dict[int, list[_Word]] = {}
    for word in (word for line in lines for word in line):
        bands.setdefault(bisect(heights, word.top), []).append(word)
    return [_cells(words, lefts) for _, band in sorted(bands.items()) for words in _split(band, lefts)]


def _split(band: Sequence[_Word], lefts: Mapping[str, float]) -> list[list[_Word]]:
    lines = [(line[0].top, _cells(line, lefts)) for line in _lines(band)]
    middles = [top for top, cells in lines if _is_middle(cells)]
    middles += [
        top for top, cells in lines if _is_team_alone(cells) and all(abs(top - one) > _SAME_ROW for one in middles)
    ]
    if len(middles) < 2:
        return [list(band)]
    rows: dict[float, list[_Word]] = {middle: [] for middle in sorted(middles)}
    for word in band:
        rows[min(middles, key=lambda middle: abs(middle - word.top))].append(word)
    return list(rows.values())


def _is_team_alone(cells: Cells) -> bool:
    """The row of a team that lists nobody."""
    return bool(cells["team"]) and not (cells["player_name"] or cells["status"] or cells["reason"])


def _is_middle(cells: Cells) -> bool:
    return bool(cells["status"]) or cells["reason"] == NOT_SUBMITTED


def _cells(words: Iterable[_Word], lefts: Mapping[str, float]) -> Cells:
    found: dict[str, list[_Word]] = {column: [] for column in _COLUMNS}
    for word in words:
        column = max(
            (name for name in lefts if lefts[name] <= word.left + _SAME_PLACE), key=lefts.__getitem__, default=""
        )
        found[column or "game_date"].append(word)
    return {column: _text(word for line in _lines(own) for word in line) for column, own in found.items()}
