"""balldontlie v1: box scores of a date, standings, injuries page by page. Its own ids; names without accents or suffixes."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from nba_props.domain.calendar import slate_date
from nba_props.simulate.payloads.clock import iso_z
from nba_props.simulate.payloads.clubs import CLUBS, Club
from nba_props.simulate.payloads.exchange import Answer, Ask, BadAsk, Site, in_json, number_param, param
from nba_props.simulate.payloads.upcoming import current_injuries
from nba_props.simulate.payloads.world import Game, Injury, Person, Record, State, World

Row = Mapping[str, Any]

LARGEST_PAGE = 10
"""Rows a page at most, so that a league's injuries always take several."""
FIRST_PERSON_ID = 700_001
_STATUS_WORDS = {"Out": "Out", "Doubtful": "Doubtful", "Questionable": "Day-To-Day", "Probable": "Day-To-Day"}
_SHOTS = ("fg", "fg3", "ft")
_COUNTS = {name: name for name in ("oreb", "dreb", "reb", "ast", "stl", "blk", "pf", "pts")} | {"turnover": "tov"}


def box_scores(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/box_scores`: every game of a date, with the players of those that are over; `min` is 00 for who did not play."""
    try:
        day = date.fromisoformat(param(ask, "date"))
    except ValueError:
        raise BadAsk("date must be YYYY-MM-DD") from None
    return in_json({"data": [_game(world, game, now) for game in world.games_by_day.get(day, ())]})


def _game(world: World, game: Game, now: datetime) -> Row:
    home_pts, away_pts = game.score(now)
    state = game.state(now)
    return {
        "date": str(game.day),
        "season": world.start_year,
        "status": {State.OVER: "Final", State.IN_PLAY: "3rd Qtr", State.SCHEDULED: iso_z(game.tip)}[state],
        "period": {State.OVER: 4, State.IN_PLAY: 3, State.SCHEDULED: 0}[state],
        "time": {State.OVER: "Final", State.IN_PLAY: "Q3 5:00", State.SCHEDULED: ""}[state],
        "postseason": False,
        "home_team_score": home_pts,
        "visitor_team_score": away_pts,
        "home_team": {**_club(CLUBS[game.home]), "players": _players(world, game, game.home, now)},
        "visitor_team": {**_club(CLUBS[game.away]), "players": _players(world, game, game.away, now)},
    }


def _club(club: Club) -> dict[str, Any]:
    return {
        "id": club.balldontlie_id,
        "conference": club.conference,
        "division": club.division,
        "city": club.short_city,
        "name": club.nickname,
        "full_name": club.league_name,
        "abbreviation": club.code,
    }


def _players(world: World, game: Game, team: str, now: datetime) -> list[Row]:
    played = [row for row in world.box(game, now) if row["team_abbr"] == team]
    absent = [row for row in world.did_not_play(game, now) if row["team_abbr"] == team]
    return [
        *({**_line(row), "player": _person(world.people[row["player_id"]])} for row in played),
        *({**_line(None), "player": _person(world.people[row["player_id"]])} for row in absent),
    ]


def _line(row: Row | None) -> Row:
    if row is None:
        shots: dict[str, Any] = {f"{kind}{what}": 0 for kind in _SHOTS for what in ("m", "a", "_pct")}
        return {"min": "00", **shots, **dict.fromkeys(_COUNTS, 0)}
    shots = {}
    for kind in _SHOTS:
        made, attempted = row[f"{kind}m"], row[f"{kind}a"]
        shots |= {
            f"{kind}m": made,
            f"{kind}a": attempted,
            f"{kind}_pct": round(made / attempted, 7) if attempted else 0,
        }
    # Never 00 for who was in the game: it counts minutes begun.
    return {
        "min": f"{max(round(row['minutes']), 1):02d}",
        **shots,
        **{name: row[ours] for name, ours in _COUNTS.items()},
    }


def _person(person: Person) -> dict[str, Any]:
    first, _, last = person.bare_name.partition(" ")
    return {
        "id": _person_id(person),
        "first_name": first,
        "last_name": last,
        "position": person.position or "",
        "height": person.height or "",
        "weight": "" if person.weight is None else str(person.weight),
        "jersey_number": person.jersey or "",
        "college": person.school or "",
        "country": "USA",
        "draft_year": None,
        "draft_round": None,
        "draft_number": None,
    }


def standings(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/standings`: every team's record so far, ranked within its conference; of another season, none."""
    records = world.records(now) if number_param(ask, "season", 0) == world.start_year else {}
    ordered = sorted(records.items(), key=lambda pair: (-pair[1].wins, pair[1].losses, pair[0]))
    return in_json({"data": [_standing(team, record, ordered, world.start_year) for team, record in ordered]})


def _standing(team: str, record: Record, ordered: Sequence[tuple[str, Record]], season: int) -> Row:
    club = CLUBS[team]
    in_conference = [code for code, _ in ordered if CLUBS[code].conference == club.conference]
    in_division = [code for code, _ in ordered if CLUBS[code].division == club.division]
    return {
        "team": _club(club),
        "conference_record": _won_lost(record.conference),
        "conference_rank": 1 + in_conference.index(team),
        "division_record": _won_lost(record.division),
        "division_rank": 1 + in_division.index(team),
        "wins": record.wins,
        "losses": record.losses,
        "home_record": _won_lost(record.home),
        "road_record": _won_lost(record.road),
        "season": season,
    }


def _won_lost(games: tuple[int, int]) -> str:
    return f"{games[0]}-{games[1]}"


def injuries(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/player_injuries`: who is listed today, in pages; `meta.next_cursor` is the last id of a page that is not the last."""
    per_page = min(max(number_param(ask, "per_page", LARGEST_PAGE), 1), LARGEST_PAGE)
    cursor = number_param(ask, "cursor", 0)
    listed = [one for one in current_injuries(world, now) if one.status in _STATUS_WORDS]
    after = sorted((one for one in listed if _person_id(one.person) > cursor), key=lambda one: one.person.number)
    page = after[:per_page]
    more = {"next_cursor": _person_id(page[-1].person)} if len(after) > per_page else {}
    return in_json({"data": [_injury(one) for one in page], "meta": {**more, "per_page": per_page}})


def _injury(injury: Injury) -> Row:
    told_on = slate_date(injury.reported_at)
    return {
        "player": {**_person(injury.person), "team_id": CLUBS[injury.team].balldontlie_id},
        "return_date": f"{injury.day:%b} {injury.day.day}",
        "description": f"{told_on:%b} {told_on.day}: {injury.reason}.",
        "status": _STATUS_WORDS[injury.status],
    }


def _person_id(person: Person) -> int:
    return FIRST_PERSON_ID + person.number


SITE = Site(
    pages=(("/box_scores", box_scores), ("/standings", standings), ("/player_injuries", injuries)),
    key_header="Authorization",
    without_key=Answer(b"Unauthorized", status=401, content_type="text/plain"),
)
