"""Basketball-Reference: the season page of a team, with its roster table. Its own codes and ids; names with accents."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from html import escape

from nba_props.domain.calendar import slate_date
from nba_props.simulate.payloads.clubs import CLUBS, Club
from nba_props.simulate.payloads.exchange import HTML, Answer, Ask, Site
from nba_props.simulate.payloads.world import Person, World
from nba_props.simulate.spelling import without_accents

_COMMENTED_EVERY = 3  # pages whose roster table stands in a comment, as the site writes tables that a script shows
_TWO_WAY_FROM = 13  # place on a roster from which players are on two-way contracts
_HEADINGS = {
    "number": "No.",
    "player": "Player",
    "pos": "Pos",
    "height": "Ht",
    "weight": "Wt",
    "birth_date": "Birth Date",
    "birth_country": "Birth",
    "years_experience": "Exp",
    "college": "College",
}


def team_page(world: World, now: datetime, _: Ask, match: "re.Match[str]") -> Answer:
    """`/teams/{CODE}/{year}.html`: the roster of today; once the season is over, everybody who was on the team."""
    club = next((one for one in CLUBS.values() if one.basketball_reference_code == match[1]), None)
    if club is None or club.code not in world.codes or int(match[2]) != world.start_year + 1:
        return Answer(b"<html><head><title>Page Not Found (404 error)</title></head></html>", 404, HTML)
    day = slate_date(now)
    people = world.everybody(club.code) if day > world.league.config.last else list(world.roster(club.code, day))
    return Answer(_page(world, club, people).encode(), content_type=HTML)


def person_ids(world: World) -> Mapping[int, str]:
    """The site's id of each player, by the league's: five letters of the last name, two of the first, a number."""
    seen: dict[str, int] = {}
    ids = {}
    for person in world.people.values():
        first, last = (_letters(part) for part in (person.first_name, person.last_name.split()[0]))
        stem = f"{last[:5]}{(first or last)[:2]}"
        seen[stem] = seen.get(stem, 0) + 1
        ids[person.player_id] = f"{stem}{seen[stem]:02d}"
    return ids


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", without_accents(text).lower())


def _page(world: World, club: Club, people: list[Person]) -> str:
    ids = person_ids(world)
    rows = "\n".join(_row(person, ids[person.player_id], place) for place, person in enumerate(people))
    headings = "".join(f'<th scope="col" data-stat="{stat}">{text}</th>' for stat, text in _HEADINGS.items())
    table = (
        '<div class="table_container" id="div_roster"><table class="sortable stats_table" id="roster">'
        f"<caption>Roster Table</caption>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )
    is_commented = list(CLUBS).index(club.code) % _COMMENTED_EVERY == 0
    shown = f"<!--\n{table}\n-->" if is_commented else table
    title = f"{world.season} {escape(club.name)} Roster and Stats"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1><span>{world.season}</span> <span>{escape(club.name)}</span></h1>\n"
        f'<div id="all_roster">{shown}</div>\n</body></html>\n'
    )


def _row(person: Person, person_id: str, place: int) -> str:
    first, last = person.first_name, person.last_name
    mark = "&nbsp;(TW)" if place >= _TWO_WAY_FROM else ""
    link = f'<a href="/players/{person_id[0]}/{person_id}.html">{escape(person.name)}</a>{mark}'
    cells = {
        "pos": (person.position or "").split("-")[0],
        "height": person.height or "",
        "weight": "" if person.weight is None else str(person.weight),
        "birth_date": _written(person.birth_date),
        "birth_country": "US",
        "years_experience": "" if person.years is None else str(person.years) if person.years else "R",
        "college": escape(person.school or ""),
    }
    return (
        f'<tr><th scope="row" data-stat="number">{person.jersey or ""}</th>'
        f'<td data-append-csv="{person_id}" data-stat="player" csk="{escape(last)},{escape(first)}">{link}</td>'
        + "".join(f'<td data-stat="{stat}">{text}</td>' for stat, text in cells.items())
        + "</tr>"
    )


def _written(day: date | None) -> str:
    return "" if day is None else f"{day:%B} {day.day}, {day.year}"


SITE = Site(pages=((r"/teams/([A-Z]{3})/(\d{4})\.html", team_page),))
