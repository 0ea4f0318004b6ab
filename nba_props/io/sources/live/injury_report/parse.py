"""Rows of our own from the rows of the report's table, each with what it takes from those above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from nba_props.domain.calendar import EASTERN
from nba_props.io.sources.archive.payloads import Problem, Reason
from nba_props.io.sources.live.contract import Parsed, Payload, Sheet
from nba_props.io.sources.live.injury_report.pages import (
    NOT_SUBMITTED,
    Cells,
    Page,
    read_pages,
    table_rows,
    titles_of,
)
from nba_props.io.sources.live.received import accept, rejected
from nba_props.io.sources.teams import team_code


@dataclass
class _Place:
    """What a row takes from those above it where its own cells are empty."""

    game_date: str = ""
    matchup: str = ""
    team: str = ""

    def move(self, cells: Cells) -> None:
        """On to the next row; a new date or game leaves the old team behind."""
        if cells["game_date"]:
            self.game_date, self.matchup, self.team = cells["game_date"], "", ""
        if cells["matchup"]:
            self.matchup, self.team = cells["matchup"], ""
        self.team = cells["team"] or self.team


def parse_injury_report(payload: Payload) -> Parsed:
    """INJURIES: one row a listed player, as of the time in the document's own title. Teams without one are notes.

    Raises PayloadRejected for what is no such document.
    """
    pages = read_pages(payload)
    reported = {"reported_utc": _reported_utc(payload, pages)}
    parsed, place = Parsed(), _Place()
    for number, cells in enumerate(table_rows(payload, pages)):
        place.move(cells)
        if cells["reason"] == NOT_SUBMITTED and not cells["player_name"]:
            parsed.notes.append(f"{place.team} had not yet submitted for {place.game_date}")
            continue
        if cells["team"] and not (cells["player_name"] or cells["status"] or cells["reason"]):
            parsed.notes.append(f"{place.team} listed nobody for {place.game_date}")
            continue
        row = _entry(place, cells) | reported
        fault = _fault(place, row)
        if fault is None:
            parsed.add(Sheet.INJURIES, number, row)
        else:
            parsed.refuse(Sheet.INJURIES, number, fault, cells | vars(place))
    parsed.is_empty_slate = not parsed.rows
    return accept(payload, parsed)


def _entry(place: _Place, cells: Cells) -> dict[str, Any]:
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
        return f"{missing}_{Problem.MISSING}"
    sides = {team_code(side) for side in place.matchup.split("@")}
    return None if row["team_abbr"] in sides else Reason.TEAM_NOT_IN_GAME


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=EASTERN).date()
    except ValueError:
        return None


def _reported_utc(payload: Payload, pages: Sequence[Page]) -> datetime:
    """The time in the titles, Eastern there. Raises PayloadRejected if there is none, or not only one."""
    titles = titles_of(pages)
    if len(titles) != 1:
        raise rejected(payload, f"it has {len(titles)} titles instead of one")
    try:
        return datetime.strptime(titles.pop(), "%m/%d/%y %I:%M %p").replace(tzinfo=EASTERN).astimezone(UTC)
    except ValueError as error:
        raise rejected(payload, "its title states no time") from error
