"""ESPN's site API: a roster a team and the scoreboard of a date. Its own ids and codes; names without accents."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from nba_props.domain.calendar import slate_date
from nba_props.simulate.payloads.clock import iso_z, minute_z
from nba_props.simulate.payloads.clubs import CLUBS, Club
from nba_props.simulate.payloads.exchange import Answer, Ask, BadAsk, Site, in_json, not_found, param
from nba_props.simulate.payloads.upcoming import current_injuries
from nba_props.simulate.payloads.world import Game, Injury, Person, State, World

Row = Mapping[str, Any]

FIRST_PERSON_ID = 4_900_001
FIRST_EVENT_ID = 401_900_001
_LEAGUE_UID = "s:40~l:46"
_SEASON_TYPE = {"id": "2", "type": 2, "name": "Regular Season", "abbreviation": "reg"}
_POSITIONS = {"G": ("3", "Guard"), "F": ("7", "Forward"), "C": ("9", "Center")}
_STATUS_WORDS = {"Out": "Out", "Doubtful": "Out", "Questionable": "Day-To-Day", "Probable": "Day-To-Day"}
_STATUSES = {
    State.SCHEDULED: ("1", "STATUS_SCHEDULED", "pre", "Scheduled"),
    State.IN_PLAY: ("2", "STATUS_IN_PROGRESS", "in", "In Progress"),
    State.OVER: ("3", "STATUS_FINAL", "post", "Final"),
}


# -- rosters ------------------------------------------------------------------------------------------------------------
def roster(world: World, now: datetime, _: Ask, match: "re.Match[str]") -> Answer:
    """`/teams/{id}/roster`: the team, and beside it who is on it today."""
    club = _club_asked_for(world, match)
    if club is None:
        return not_found("Failed to get team")
    season = {"year": world.start_year + 1, "displayName": world.season, **_SEASON_TYPE}
    document = {"timestamp": iso_z(now), "status": "success", "season": season}
    return in_json(
        {**document, "athletes": _athletes(world, club, now), "coach": [], "team": _team_page(world, club, now)}
    )


def team_page(world: World, now: datetime, _: Ask, match: "re.Match[str]") -> Answer:
    """`/teams/{id}?enable=roster`: the team with its players inside."""
    club = _club_asked_for(world, match)
    if club is None:
        return not_found("Failed to get team")
    return in_json({"team": {**_team_page(world, club, now), "athletes": _athletes(world, club, now)}})


def _club_asked_for(world: World, match: "re.Match[str]") -> Club | None:
    return next((club for code, club in CLUBS.items() if code in world.codes and str(club.espn_id) == match[1]), None)


def _athletes(world: World, club: Club, now: datetime) -> list[Row]:
    """Everybody on the team today, the injured with what is said of them."""
    hurt = {one.person.player_id: one for one in current_injuries(world, now) if one.status in _STATUS_WORDS}
    people = world.roster(club.code, slate_date(now))
    return [_athlete(world, person, hurt.get(person.player_id), now) for person in people]


def _team_page(world: World, club: Club, now: datetime) -> dict[str, Any]:
    won = world.records(now)[club.code]
    overall = {"description": "Overall Record", "type": "total", "summary": f"{won.wins}-{won.losses}", "stats": []}
    return {**_team(club), "record": {"items": [overall]}, "links": [], "standingSummary": ""}


def _team(club: Club) -> dict[str, Any]:
    return {
        "id": str(club.espn_id),
        "uid": f"{_LEAGUE_UID}~t:{club.espn_id}",
        "slug": club.league_name.lower().replace(" ", "-"),
        "location": club.short_city,
        "name": club.nickname,
        "abbreviation": club.espn_code,
        "displayName": club.league_name,
        "shortDisplayName": club.nickname,
        "color": "000000",
        "alternateColor": "ffffff",
        "isActive": True,
        "logos": [],
    }


def _athlete(world: World, person: Person, injury: Injury | None, now: datetime) -> Row:
    athlete_id = str(FIRST_PERSON_ID + 3 * person.number)
    name = person.plain_name
    first, _, last = name.partition(" ")
    slug = re.sub(r"[^a-z]+", "-", name.lower()).strip("-")
    return {
        "id": athlete_id,
        "uid": f"{_LEAGUE_UID}~a:{athlete_id}",
        "guid": f"{person.player_id:032x}",
        "type": "basketball",
        "alternateIds": {"sdr": athlete_id},
        "firstName": first,
        "lastName": last,
        "fullName": name,
        "displayName": name,
        "shortName": f"{first[0]}. {last}" if last else first,
        **_body(person, now),
        **({} if person.years is None else {"debutYear": world.start_year - person.years}),
        "links": [],
        "birthPlace": {"city": "", "country": "USA"},
        "citizenship": "USA",
        "slug": slug,
        "headshot": {"href": "", "alt": name},
        **({} if person.jersey is None else {"jersey": person.jersey}),
        "position": _position(person),
        "injuries": [] if injury is None else [_injury(injury)],
        "linked": True,
        "teams": [{}],
        "experience": {"years": person.years or 0},
        "active": True,
        "contract": {},
        "eventLog": {},
        "status": {"id": "1", "name": "Active", "type": "active", "abbreviation": "Active"},
    }


def _body(person: Person, now: datetime) -> Row:
    """Weight, height and age, each left out where it is not known."""
    body: dict[str, Any] = {}
    if person.weight is not None:
        body |= {"weight": float(person.weight), "displayWeight": f"{person.weight} lbs"}
    if person.height is not None:
        feet, inches = person.height.split("-")
        body |= {"height": float(12 * int(feet) + int(inches)), "displayHeight": f"{feet}' {inches}\""}
    if person.birth_date is not None:
        age = (now.date() - person.birth_date).days // 365
        body |= {"age": age, "dateOfBirth": f"{person.birth_date}T07:00Z"}
    return body


def _position(person: Person) -> Row:
    code = (person.position or "F")[0]
    number, name = _POSITIONS[code]
    return {"id": number, "name": name, "displayName": name, "abbreviation": code, "leaf": False, "parent": {}}


def _injury(injury: Injury) -> Row:
    word = _STATUS_WORDS[injury.status]
    kind = word.upper().replace("-", "")
    return {
        "id": f"{injury.day:%m%d}{injury.person.number}",
        "longComment": injury.reason,
        "shortComment": injury.reason,
        "status": word,
        "date": minute_z(injury.reported_at),
        "athlete": {},
        "source": {"id": "1", "description": "basic/manual", "state": "basic"},
        "type": {"id": "4", "name": f"INJURY_STATUS_{kind}", "description": word.lower(), "abbreviation": word[0]},
        "details": {
            "fantasyStatus": {"description": word.upper(), "abbreviation": word.upper()},
            "type": "",
            "location": "",
            "side": "",
            "returnDate": str(injury.day + timedelta(days=1)),
        },
    }


# -- scoreboard ---------------------------------------------------------------------------------------------------------
def scoreboard(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/scoreboard?dates=YYYYMMDD`: the games of an Eastern date, scores as text."""
    day = _day_param(ask)
    records = {team: f"{one.wins}-{one.losses}" for team, one in world.records(now).items()}
    events = [_event(world, game, records, now) for game in world.games_by_day.get(day, ())]
    return in_json({"leagues": [_league(world)], "events": events})


def _day_param(ask: Ask) -> date:
    try:
        return datetime.strptime(param(ask, "dates"), "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise BadAsk("dates must be YYYYMMDD") from None


def _league(world: World) -> Row:
    config = world.league.config
    first, last = f"{config.start}T07:00Z", f"{config.last + timedelta(days=1)}T06:59Z"
    return {
        "id": "46",
        "uid": _LEAGUE_UID,
        "name": "National Basketball Association",
        "abbreviation": "NBA",
        "slug": "nba",
        "season": {
            "year": world.start_year + 1,
            "startDate": first,
            "endDate": last,
            "displayName": world.season,
            "type": _SEASON_TYPE,
        },
        "logos": [],
        "calendarType": "day",
        "calendarIsWhitelist": True,
        "calendarStartDate": first,
        "calendarEndDate": last,
        "calendar": [f"{day}T07:00Z" for day in world.games_by_day],
    }


def _event(world: World, game: Game, records: Mapping[str, str], now: datetime) -> Row:
    event_id = str(FIRST_EVENT_ID + game.number)
    home, away = CLUBS[game.home], CLUBS[game.away]
    status = _status(game, now)
    return {
        "id": event_id,
        "uid": f"{_LEAGUE_UID}~e:{event_id}",
        "date": minute_z(game.tip),
        "name": f"{away.league_name} at {home.league_name}",
        "shortName": f"{away.espn_code} @ {home.espn_code}",
        "season": {"year": world.start_year + 1, "type": 2, "slug": "regular-season"},
        "competitions": [_competition(event_id, game, records, status, now)],
        "links": [],
        "status": status,
    }


def _competition(event_id: str, game: Game, records: Mapping[str, str], status: Row, now: datetime) -> Row:
    home = CLUBS[game.home]
    return {
        "id": event_id,
        "uid": f"{_LEAGUE_UID}~e:{event_id}~c:{event_id}",
        "date": minute_z(game.tip),
        "attendance": 0,
        "type": {"id": "1", "abbreviation": "STD"},
        "timeValid": game.is_tip_known,
        "neutralSite": False,
        "conferenceCompetition": home.conference == CLUBS[game.away].conference,
        "playByPlayAvailable": game.state(now) is not State.SCHEDULED,
        "recent": False,
        "venue": {
            "id": str(home.espn_id),
            "fullName": f"{home.city} Arena",
            "address": {"city": home.city},
            "indoor": True,
        },
        "competitors": [_competitor(game, team, records[team], now) for team in game.teams],
        "notes": [],
        "status": status,
        "broadcasts": [],
        "format": {"regulation": {"periods": 4}},
        "startDate": minute_z(game.tip),
        "broadcast": "",
        "geoBroadcasts": [],
        "highlights": [],
        "headlines": [],
    }


def _competitor(game: Game, team: str, record: str, now: datetime) -> Row:
    club, is_home = CLUBS[team], team == game.home
    winner = {"winner": game.won_by(team)} if game.state(now) is State.OVER else {}
    return {
        "id": str(club.espn_id),
        "uid": f"{_LEAGUE_UID}~t:{club.espn_id}",
        "type": "team",
        "order": 0 if is_home else 1,
        "homeAway": "home" if is_home else "away",
        **winner,
        "team": {**{key: value for key, value in _team(club).items() if key not in ("logos", "slug")}, "logo": ""},
        "score": str(game.score(now)[0 if is_home else 1]),
        "linescores": [],
        "statistics": [],
        "leaders": [],
        "records": [{"name": "overall", "abbreviation": "Game", "type": "total", "summary": record}],
    }


def _status(game: Game, now: datetime) -> Row:
    state = game.state(now)
    number, name, short, text = _STATUSES[state]
    return {
        "clock": 0.0,
        "displayClock": "0.0",
        "period": {State.SCHEDULED: 0, State.IN_PLAY: 3, State.OVER: 4}[state],
        "type": {
            "id": number,
            "name": name,
            "state": short,
            "completed": state is State.OVER,
            "description": text,
            "detail": text,
            "shortDetail": text,
        },
    }


SITE = Site(pages=((r"/teams/(\d+)/roster", roster), (r"/teams/(\d+)", team_page), ("/scoreboard", scoreboard)))
