"""The league's injury report: a PDF every quarter of an hour, by the name of its time. 403 for what is not published."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nba_props.domain.calendar import EASTERN
from nba_props.simulate.payloads.clock import eastern, midnight
from nba_props.simulate.payloads.clubs import CLUBS
from nba_props.simulate.payloads.exchange import HTML, PDF, Answer, Ask, Site
from nba_props.simulate.payloads.pdf import Text, document
from nba_props.simulate.payloads.world import Game, Injury, World

_DOCUMENT = r"/Injury-Report_(\d{4}-\d{2}-\d{2})_(\d{2})(?:_(00|15|30|45))?(AM|PM)\.pdf"
_MINUTES_OF_PLAIN_NAME = 30
"""05PM is the document of 5:30 PM: the league's older names leave the minutes out."""
_FIRST_SUBMISSION = timedelta(hours=-6, minutes=-30)  # from the midnight of the slate: 5:30 PM of the day before
NOT_SUBMITTED = "NOT YET SUBMITTED"

# Points from the left and from the top, as on the league's pages of 841.95 x 595.35.
_LEFT = {
    "date": 24.1,
    "time": 120.6,
    "matchup": 201.0,
    "team": 265.2,
    "player": 426.0,
    "status": 586.7,
    "reason": 667.1,
}
_HEADINGS = ("Game Date", "Game Time", "Matchup", "Team", "Player Name", "Current Status", "Reason")
_TITLE_LEFT, _TITLE_TOP, _TITLE_SIZE = 289.1, 45.5, 22.0
_FOOTER_LEFT, _FOOTER_TOP = 398.5, 538.1
_FIRST_TOP, _TOP_WITHOUT_HEADINGS, _LAST_TOP = 128.9, 83.6, 510.0
_ROW_HEIGHT, _WRAPPED_ROW_HEIGHT, _HALF_LINE = 22.0, 30.0, 7.0
_REASON_LETTERS = 28  # of a line of the last column
_SIZE = 10.0


@dataclass(frozen=True)
class _Row:
    """One printed row: what stands above it is not repeated."""

    cells: tuple[tuple[str, str], ...]
    reason: tuple[str, ...]

    @property
    def height(self) -> float:
        """Points it takes."""
        return _ROW_HEIGHT if len(self.reason) < 2 else _WRAPPED_ROW_HEIGHT


def report(world: World, now: datetime, _: Ask, match: "re.Match[str]") -> Answer:
    """The document of a time of day, once that time has come and while there are games to report on."""
    published_at = _published_at(match)
    slates = [] if published_at is None or published_at > now else _slates(world, published_at)
    if published_at is None or not slates:
        return Answer(b"<html><body><h1>403 Forbidden</h1></body></html>", status=403, content_type=HTML)
    rows = [row for games in slates for row in _rows(world, games, published_at)]
    return Answer(document(_pages(rows, published_at)), content_type=PDF)


def _published_at(match: "re.Match[str]") -> datetime | None:
    """The instant in a document's name; None where it is no time."""
    text = f"{match[1]} {match[2]}:{match[3] or _MINUTES_OF_PLAIN_NAME} {match[4]}"
    try:
        return datetime.strptime(text, "%Y-%m-%d %I:%M %p").replace(tzinfo=EASTERN)
    except ValueError:
        return None


def _slates(world: World, published_at: datetime) -> list[list[Game]]:
    """Games of the day, and of the next one, that are reported on."""
    today = published_at.date()
    days = [day for day in (today, today + timedelta(days=1)) if world.games_by_day.get(day)]
    return [list(world.games_by_day[day]) for day in days]


def _rows(world: World, games: list[Game], published_at: datetime) -> Iterable[_Row]:
    """Rows of one slate. The date stands on its first row only, the time where it changes, the game on its own first.

    A team that has submitted and lists nobody is not mentioned, so that a document may hold no row at all.
    """
    day = games[0].day
    listed = world.injuries(day, published_at)
    is_open = published_at >= midnight(day) + _FIRST_SUBMISSION
    above: dict[str, str] = {}
    for game in games:
        places = {"date": f"{day:%m/%d/%Y}", "time": f"{eastern(game.tip):%I:%M} (ET)"}
        places["matchup"] = f"{game.away}@{game.home}"
        for team in (game.away, game.home):
            for row in _team_rows(team, [one for one in listed if one.team == team], is_open):
                new = [(column, text) for column, text in places.items() if above.get(column) != text]
                yield _Row((*new, *row.cells), row.reason)
                above = places


def _team_rows(team: str, listed: list[Injury], is_open: bool) -> Iterable[_Row]:
    """Rows of one team, its name on the first."""
    name = ("team", CLUBS[team].league_name)
    if not is_open:
        return [_Row((name,), (NOT_SUBMITTED,))]
    lines = [_Row((("player", _spelled(one)), ("status", one.status)), _wrapped(one.reason)) for one in listed]
    return [_Row((name, *line.cells), line.reason) for line in lines[:1]] + lines[1:]


def _spelled(injury: Injury) -> str:
    """Last name, with its suffix, then the first: Whitlow Jr., Darnell. Without accents."""
    first, _, last = injury.person.plain_name.partition(" ")
    return f"{last}, {first}" if last else first


def _wrapped(reason: str) -> tuple[str, ...]:
    """The reason on one line, or broken at a blank."""
    if len(reason) <= _REASON_LETTERS:
        return (reason,)
    cut = reason.rindex(" ", 0, _REASON_LETTERS + 1)
    return (reason[:cut], *_wrapped(reason[cut + 1 :]))


def _pages(rows: Iterable[_Row], published_at: datetime) -> list[list[Text]]:
    """Rows set on pages; headings stand on the first page only, the title and the page's number on each."""
    set_pages: list[list[Text]] = [_headings()]
    top = _FIRST_TOP
    for row in rows:
        if top + row.height > _LAST_TOP:
            set_pages.append([])
            top = _TOP_WITHOUT_HEADINGS
        set_pages[-1] += _texts(row, top)
        top += row.height
    title = Text(_TITLE_LEFT, _TITLE_TOP, f"Injury Report: {published_at:%m/%d/%y %I:%M %p}", _TITLE_SIZE)
    count = len(set_pages)
    return [
        [title, *texts, Text(_FOOTER_LEFT, _FOOTER_TOP, f"Page {number} of {count}", _SIZE)]
        for number, texts in enumerate(set_pages, start=1)
    ]


def _headings() -> list[Text]:
    top = _FIRST_TOP - 21.2
    return [Text(left - 1.0, top, text, _SIZE) for left, text in zip(_LEFT.values(), _HEADINGS, strict=True)]


def _texts(row: _Row, top: float) -> list[Text]:
    middle = top + (_HALF_LINE if len(row.reason) > 1 else 0.0)
    cells = [Text(_LEFT[column], middle, text, _SIZE) for column, text in row.cells]
    lines = [
        Text(_LEFT["reason"], top + 2 * _HALF_LINE * number, text, _SIZE) for number, text in enumerate(row.reason)
    ]
    return [*cells, *lines]


SITE = Site(pages=((_DOCUMENT, report),))
