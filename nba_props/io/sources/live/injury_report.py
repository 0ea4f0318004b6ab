"""The league's injury report: an hourly PDF with one table, read by the places of its words.

Here is the whole source: which documents exist, and rows from their words. Names stay as spelled ("Last, First"); who they
are is `reference`'s business, and what a row must satisfy is declared in `live.rows`.
"""

import io
import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from nba_props.domain.calendar import EASTERN, date_range, season_bounds, slate_date
from nba_props.io.sources.archive.payloads import Reason
from nba_props.io.sources.live.contract import Feed, Manners, Parsed, Payload, PayloadRejected, Request, Sheet, Source
from nba_props.io.sources.teams import team_code

# -- which documents there are ----------------------------------------------------------------------------------------
_HOURS = range(5, 24)
_HALF_PAST = 30  # a document named by its hour is of half past
_MINUTES_IN_NAMES = date(2025, 12, 22)
"""The day the league went from hourly documents (`…_05PM.pdf`) to quarter-hourly ones (`…_05_30PM.pdf`); it has both."""

_PUBLISHED_WITHIN = timedelta(hours=1)
_DEADLINE_HOUR = 17
_MONTHS_PLAYED = (10, 11, 12, 1, 2, 3, 4, 5, 6)


def _document(day: date, hour: int, is_to_the_minute: bool) -> Request:
    at = datetime.combine(day, time(hour, _HALF_PAST), tzinfo=EASTERN)
    label = at.strftime("%I_%M%p" if is_to_the_minute else "%I%p")
    return Request(
        Source.INJURY_REPORT,
        "injury_report",
        day,
        f"/Injury-Report_{day.isoformat()}_{label}.pdf",
        label=label,
        settles_at=at.astimezone(UTC) + _PUBLISHED_WITHIN,
        fresh_for=timedelta(minutes=15),
    )


def _names_of(day: date) -> tuple[bool, ...]:
    """Whether names of a day's documents go to the minute; both, for the day of the change."""
    if day == _MINUTES_IN_NAMES:
        return (False, True)
    return (day > _MINUTES_IN_NAMES,)


def _documents(day: date, hours: Iterable[int], now: datetime) -> Iterator[Request]:
    for hour in hours:
        if datetime.combine(day, time(hour, _HALF_PAST), tzinfo=EASTERN) <= now:
            yield from (_document(day, hour, is_to_the_minute) for is_to_the_minute in _names_of(day))


# -- words of a page --------------------------------------------------------------------------------------------------
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
_NOT_SUBMITTED = "NOT YET SUBMITTED"
_GAP_OF_FONT_SIZE = 0.15  # a blank is wider than this share of the letters' size
_SAME_PLACE = 3.0  # points by which words of one line, or of one column, may differ


@dataclass(frozen=True)
class _Word:
    text: str
    left: float
    top: float


@dataclass(frozen=True)
class _Page:
    """Words of a page as lines from top to bottom, and the heights of the rules that run through its last column."""

    lines: list[list[_Word]]
    rules: list[tuple[float, float, float]]
    """(left, right, height)"""


def _pages(payload: Payload) -> list[_Page]:
    import pdfplumber  # where it is used: most commands read no PDF

    try:
        with pdfplumber.open(io.BytesIO(payload.body)) as document:
            return [_page(page) for page in document.pages]
    except Exception as error:  # whatever a broken PDF makes its reader stumble over, it is the payload's fault
        raise _rejected(payload, f"it is no readable PDF ({type(error).__name__})") from error


def _page(page: Any) -> _Page:
    found = page.extract_words(x_tolerance_ratio=_GAP_OF_FONT_SIZE)
    rules = [(edge["x0"], edge["x1"], edge["top"]) for edge in page.edges if edge["orientation"] == "h"]
    return _Page(_lines([_Word(word["text"], word["x0"], word["top"]) for word in found]), rules)


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


# -- rows of the table ------------------------------------------------------------------------------------------------
_Cells = dict[str, str]


def _table_rows(payload: Payload, pages: Sequence[_Page]) -> list[_Cells]:
    """The rows of all pages: text by column, "" where a cell is empty. Raises PayloadRejected for another header."""
    rows: list[_Cells] = []
    lefts: Mapping[str, float] = {}
    for page in pages:
        body = [line for line in page.lines if not (_TITLE.search(_text(line)) or _FOOTER.fullmatch(_text(line)))]
        header = next((line for line in body if [word.text for word in line] == _HEADER), None)
        lefts = _lefts(header) if header else lefts
        if not lefts:
            raise _rejected(payload, f"its table has not the columns {' '.join(_HEADER)}")
        for cells in _page_rows([line for line in body if line is not header], page.rules, lefts):
            if rows and _is_continuation(cells):
                rows[-1]["reason"] = f"{rows[-1]['reason']} {cells['reason']}"
            else:
                rows.append(cells)
    return rows


def _lefts(header: Sequence[_Word]) -> dict[str, float]:
    starts = [0]
    for words in _COLUMNS.values():
        starts.append(starts[-1] + len(words))
    return {column: header[start].left for column, start in zip(_COLUMNS, starts, strict=False)}


def _is_continuation(cells: _Cells) -> bool:
    """A reason that runs over from the page before."""
    return not any(text for column, text in cells.items() if column != "reason") and cells["reason"] != _NOT_SUBMITTED


def _page_rows(
    lines: Sequence[Sequence[_Word]], rules: Sequence[tuple[float, float, float]], lefts: Mapping[str, float]
) -> list[_Cells]:
    """Words are of one row if no rule parts them; where rules are missing, of the status (or notice) that is nearest.

    Every cell is centred in its row: the lines of a long reason stand above and below the name.
    """
    heights = sorted(height for left, right, height in rules if left <= lefts["reason"] <= right)
    bands: dict[int, list[_Word]] = {}
    for word in (word for line in lines for word in line):
        bands.setdefault(bisect(heights, word.top), []).append(word)
    return [_cells(words, lefts) for _, band in sorted(bands.items()) for words in _split(band, lefts)]


def _split(band: Sequence[_Word], lefts: Mapping[str, float]) -> list[list[_Word]]:
    middles = [line[0].top for line in _lines(band) if _is_middle(_cells(line, lefts))]
    if len(middles) < 2:
        return [list(band)]
    rows: dict[float, list[_Word]] = {middle: [] for middle in middles}
    for word in band:
        rows[min(middles, key=lambda middle: abs(middle - word.top))].append(word)
    return list(rows.values())


def _is_middle(cells: _Cells) -> bool:
    return bool(cells["status"]) or cells["reason"] == _NOT_SUBMITTED


def _cells(words: Iterable[_Word], lefts: Mapping[str, float]) -> _Cells:
    found: dict[str, list[_Word]] = {column: [] for column in _COLUMNS}
    for word in words:
        column = max(
            (name for name in lefts if lefts[name] <= word.left + _SAME_PLACE), key=lefts.__getitem__, default=""
        )
        found[column or "game_date"].append(word)
    return {column: _text(word for line in _lines(own) for word in line) for column, own in found.items()}


# -- rows of ours -----------------------------------------------------------------------------------------------------
@dataclass
class _Place:
    """What a row takes from those above it where its own cells are empty."""

    game_date: str = ""
    matchup: str = ""
    team: str = ""

    def move(self, cells: _Cells) -> None:
        """On to the next row; a new date or game leaves the old team behind."""
        if cells["game_date"]:
            self.game_date, self.matchup, self.team = cells["game_date"], "", ""
        if cells["matchup"]:
            self.matchup, self.team = cells["matchup"], ""
        self.team = cells["team"] or self.team


def parse_injury_report(payload: Payload) -> Parsed:
    """INJURIES: one row a listed player, as of the time in the document's own title. Teams that have not submitted are notes.

    Raises PayloadRejected for what is no such document.
    """
    pages = _pages(payload)
    reported = {"reported_utc": _reported_utc(payload, pages)}
    parsed, place = Parsed(), _Place()
    for number, cells in enumerate(_table_rows(payload, pages)):
        place.move(cells)
        if cells["reason"] == _NOT_SUBMITTED and not cells["player_name"]:
            parsed.notes.append(f"{place.team} had not yet submitted for {place.game_date}")
            continue
        row = _entry(place, cells) | reported
        fault = _fault(place, row)
        if fault is None:
            parsed.add(Sheet.INJURIES, number, row)
        else:
            parsed.refuse(Sheet.INJURIES, number, fault, cells | vars(place))
    parsed.is_empty_slate = not parsed.count(Sheet.INJURIES)
    return parsed


def _entry(place: _Place, cells: _Cells) -> dict[str, Any]:
    return {
        "game_date": _day(place.game_date),
        "team_abbr": team_code(place.team),
        "player_name": cells["player_name"] or None,
        "status": cells["status"] or None,
        "reason": cells["reason"] or None,
    }


def _fault(place: _Place, row: Mapping[str, Any]) -> str | None:
    missing = next((name for name in ("game_date", "team_abbr", "player_name", "status") if row[name] is None), None)
    if missing:
        return f"{missing}_missing"
    sides = {team_code(side) for side in place.matchup.split("@")}
    return None if row["team_abbr"] in sides else Reason.TEAM_NOT_IN_GAME


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=EASTERN).date()
    except ValueError:
        return None


def _reported_utc(payload: Payload, pages: Sequence[_Page]) -> datetime:
    """The time in the titles, Eastern there. Raises PayloadRejected if there is none, or not only one."""
    titles = {found[1] for page in pages for line in page.lines if (found := _TITLE.search(_text(line)))}
    if len(titles) != 1:
        raise _rejected(payload, f"it has {len(titles)} titles instead of one")
    try:
        return datetime.strptime(titles.pop(), "%m/%d/%y %I:%M %p").replace(tzinfo=EASTERN).astimezone(UTC)
    except ValueError as error:
        raise _rejected(payload, "its title states no time") from error


def _rejected(payload: Payload, why: str) -> PayloadRejected:
    return PayloadRejected(
        payload.source,
        f"the answer of feed {payload.feed} is not the document this version reads: {why} ({payload.ref}).",
        next_step="Look at the landed bytes; if the league changed its report, its parser has to learn it.",
    )


# -- the source -------------------------------------------------------------------------------------------------------
class InjuryReport:
    """The source, as `LiveSource` wants it."""

    source = Source.INJURY_REPORT
    feeds = (Feed("injury_report", parse_injury_report, not_published=frozenset({403, 404})),)
    manners = Manners("https://ak-static.cms.nba.com/referee/injury", pause_seconds=1.0)

    def of_day(self, day: date, now: datetime) -> Iterator[Request]:
        """The documents of each hour from 5 in the morning to 11 at night, Eastern, as far as they can be out."""
        return _documents(day, _HOURS, now)

    def of_season(self, season: str, now: datetime) -> Iterator[Request]:
        """One document a date, of the league's own deadline in the afternoon: there is no larger one."""
        first, last = season_bounds(season)
        for day in date_range(first, min(last, max(slate_date(now), first))):
            if day.month in _MONTHS_PLAYED:
                yield from _documents(day, (_DEADLINE_HOUR,), now)


SOURCE = InjuryReport()
"""The source."""
