"""Basketball-Reference: the season rosters of the thirty teams, one page each, as one batch.

A page lists everyone who has been on the team in that season. While the season runs that is what is known today; of a season
that is over it knows what nobody knew then, so it is dated with the season's last day and never informs a slate of it.
Its persons are its own ids; names stay as spelled, without "(TW)": that marks a two-way contract, it is not part of a name.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from bs4 import BeautifulSoup, SoupStrainer, Tag
from bs4.exceptions import ParserRejectedMarkup

from nba_props.domain.calendar import season_of, slate_date
from nba_props.io.sources.live.asking import filing_day, has_begun, season_end_year, season_settles_at
from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Parsed, Payload, Request, Sheet, Source
from nba_props.io.sources.live.received import Sent, Words, read_rows, rejected, require_whole_roster
from nba_props.io.sources.teams import TEAM_NAMES, TEAMS

TEAM_CODES: Final[Mapping[str, str]] = {**{code: code for code in TEAMS}, "BKN": "BRK", "CHA": "CHO", "PHX": "PHO"}
"""Its code of each team, by ours, since 2014-15: the thirty that make a whole batch."""

_TWO_WAY: Final = re.compile(r"\s*\(TW\)\s*$")
_PLAYER_PAGE: Final = re.compile(r"/players/[a-z]/([a-z0-9.']+)\.html")


# -- what they send -----------------------------------------------------------------------------------------------------
class _Line(Sent):
    """A line of the roster table: the person's id, and his name as spelled."""

    player_id: Words
    player: Words


def parse_roster(payload: Payload) -> Parsed:
    """A team's players in the season of the day it is filed under.

    Raises PayloadRejected for a page of another team or season, one without a whole roster table, and one cut short.
    """
    page = _text(payload)
    _require_page_asked_for(payload, page)
    parsed = Parsed()
    for number, line in read_rows(parsed, Sheet.ROSTERS, _Line, enumerate(_lines(_roster_table(payload, page)))):
        parsed.add(
            Sheet.ROSTERS,
            number,
            {
                "roster_date": payload.day,
                "team_abbr": payload.label,
                "source_person_id": line.player_id,
                "player_name": line.player,
            },
        )
    require_whole_roster(payload, parsed)
    return parsed


def _text(payload: Payload) -> str:
    """The page as text. It is UTF-8 whatever its headers say; believing a "latin-1" is what turned Jokić into JokiÄ‡."""
    try:
        return payload.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise rejected(payload, "it is not UTF-8") from error


def _require_page_asked_for(payload: Payload, page: str) -> None:
    """The title names season and team: "2023-24 Boston Celtics Roster and Stats | Basketball-Reference.com"."""
    title = re.search(r"<title>([^<]*)</title>", page)
    expected = f"{season_of(payload.day)} {TEAM_NAMES.get(payload.label, payload.label)} "
    if title is None or not title[1].strip().startswith(expected):
        raise rejected(payload, f"its title is {title[1].strip()[:100] if title else None!r}")


def _roster_table(payload: Payload, page: str) -> Tag:
    """The roster table, which the site sometimes ships inside a comment for its scripts to bring out."""
    start = page.find('id="roster"')
    if start < 0 or page.find("</table>", start) < 0:
        raise rejected(payload, "it has no whole table with id roster")
    uncommented = page.replace("<!--", "").replace("-->", "")
    try:
        table = BeautifulSoup(uncommented, "html.parser", parse_only=SoupStrainer("table", id="roster")).table
    except ParserRejectedMarkup as error:
        raise rejected(payload, "it is not HTML") from error
    if table is None:
        raise rejected(payload, "it has no table with id roster")
    return table


def _lines(table: Tag) -> Iterable[Mapping[str, Any]]:
    """Each line of a player; the headings, which the site repeats in long tables, have no cells."""
    return [_line(row) for row in table.find_all("tr") if row.find("td")]


def _line(row: Tag) -> Mapping[str, Any]:
    cell = row.find("td", attrs={"data-stat": "player"})
    if cell is None:
        return {"row": row.get_text(" ", strip=True)}
    name = " ".join(cell.get_text().split())
    return {"player_id": _player_id(cell), "player": _TWO_WAY.sub("", name)}


def _player_id(cell: Tag) -> str | None:
    """`tatumja01`: on the cell itself, or in the link to the player's page."""
    if stated := cell.get("data-append-csv"):
        return str(stated)
    link = cell.find("a")
    page = _PLAYER_PAGE.search(str(link.get("href"))) if link else None
    return page[1] if page else None


# -- what is asked ------------------------------------------------------------------------------------------------------
def _rosters(season: str, day: date) -> list[Request]:
    """The thirty pages of a season; once it is over they change no more."""
    return [
        Request(
            Source.BASKETBALL_REFERENCE,
            "roster",
            day,
            f"/teams/{TEAM_CODES[team]}/{season_end_year(season)}.html",
            label=team,
            settles_at=season_settles_at(season, day),
            fresh_for=timedelta(hours=20),
        )
        for team in TEAMS
    ]


class _BasketballReference:
    source: Final = Source.BASKETBALL_REFERENCE
    manners: Final = Manners("https://www.basketball-reference.com", pause_seconds=3.5, season_requests=30)
    feeds: Final = (Feed("roster", parse_roster),)

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        """The thirty rosters of today; none of another date, since a page tells of the time of asking only."""
        return _rosters(season_of(day), day) if day == slate_date(now) else []

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        """The thirty rosters: as of today, or of the whole season once that is past."""
        return _rosters(season, filing_day(season, now)) if has_begun(season, now) else []


SOURCE: Final[LiveSource] = _BasketballReference()
