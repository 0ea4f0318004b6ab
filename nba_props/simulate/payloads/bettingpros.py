"""BettingPros v3: events of a date, books, offers on points ten a page. Times are UTC without saying so; teams are today's."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nba_props.simulate.payloads.clubs import CLUBS
from nba_props.simulate.payloads.exchange import Answer, Ask, BadAsk, Site, in_json, not_found, number_param, param
from nba_props.simulate.payloads.world import Game, Person, Quote, State, World

Row = Mapping[str, Any]

POINTS_MARKET = 156
PAGE = 10
FIRST_EVENT_ID = 26_001
FIRST_PERSON_ID = 90_001
_CONSENSUS = 0
_BOOKS = {
    _CONSENSUS: "BettingPros",
    10: "FanDuel",
    12: "DraftKings",
    18: "BetRivers",
    19: "BetMGM",
    37: "PrizePicks",
}
_NUMBER_OF_BOOK = {"fanduel": 10, "draftkings": 12, "betrivers": 18, "betmgm": 19, "prizepicks": 37}
_STATUS = {State.SCHEDULED: "scheduled", State.IN_PLAY: "inprogress", State.OVER: "closed"}
_JUST_BEFORE = timedelta(seconds=1)


def events(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/events`: the games of an Eastern date."""
    try:
        day = date.fromisoformat(param(ask, "date"))
    except ValueError:
        raise BadAsk("date must be YYYY-MM-DD") from None
    return in_json({"events": [_event(world, game, now) for game in world.games_by_day.get(day, ())]})


def _event(world: World, game: Game, now: datetime) -> Row:
    return {
        "id": FIRST_EVENT_ID + game.number,
        "sport": "NBA",
        "season": world.start_year,
        "home": game.home,
        "visitor": game.away,
        "scheduled": _utc(game.tip),
        "status": _STATUS[game.state(now)],
        "participants": [
            {"id": team, "name": CLUBS[team].nickname, "team": {"abbreviation": team, "city": CLUBS[team].short_city}}
            for team in (game.away, game.home)
        ],
        "venue": {"name": f"{CLUBS[game.home].city} Arena", "city": CLUBS[game.home].city},
        "link": f"/nba/matchups/{game.away.lower()}-vs-{game.home.lower()}/",
    }


def books(_world: World, _now: datetime, _ask: Ask, _: "re.Match[str]") -> Answer:
    """`/books`: every book with its number; 0 is the source's own consensus."""
    return in_json({"books": [{"id": number, "name": name, "active": True} for number, name in _BOOKS.items()]})


def offers(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/offers`: what books show on each player of a game, a page; after tip, what they showed last before it."""
    games = {str(FIRST_EVENT_ID + game.number): game for game in world.games}
    event_id, page = param(ask, "event_id"), max(number_param(ask, "page", 1), 1)
    game = games.get(event_id)
    if game is None or number_param(ask, "market_id", 0) != POINTS_MARKET:
        return not_found("no such event or market")
    shown = _by_player(world.quotes(game, min(now, game.tip - _JUST_BEFORE)))
    limit = min(max(number_param(ask, "limit", PAGE), 1), PAGE)
    teams = world.team_of(now)
    made = [_offer(int(event_id), number, quotes, teams) for number, quotes in enumerate(shown, start=1)]
    pages = max(-(-len(made) // limit), 1)
    following = f"/v3/offers?event_id={event_id}&page={page + 1}" if page < pages else None
    paging = {"page": page, "limit": limit, "total_pages": pages, "total_items": len(made), "next": following}
    return in_json({"offers": made[(page - 1) * limit : page * limit], "_pagination": paging})


def _by_player(quotes: Sequence[Quote]) -> list[list[Quote]]:
    """Quotes on one person or, where a name is nobody's, on one name; in the order of the names."""
    groups: dict[tuple[str, int], list[Quote]] = {}
    for quote in quotes:
        key = (quote.name, 0) if quote.person is None else (quote.person.bare_name, quote.person.player_id)
        groups.setdefault(key, []).append(quote)
    return [groups[key] for key in sorted(groups)]


def _offer(event_id: int, number: int, quotes: Sequence[Quote], teams: Mapping[int, str]) -> Row:
    offer_id = f"{event_id}-{number}"
    return {
        "id": offer_id,
        "sport": "NBA",
        "market_id": POINTS_MARKET,
        "event_id": event_id,
        "participants": [_participant(quotes[0].name, quotes[0].person, teams)],
        "selections": [_selection(offer_id, side, quotes) for side in ("over", "under")],
    }


def _participant(name: str, person: Person | None, teams: Mapping[int, str]) -> Row:
    if person is None:
        return {"id": name, "name": name}
    first, _, last = person.bare_name.partition(" ")
    player = {
        "first_name": first,
        "last_name": last,
        "team": teams[person.player_id],
        "position": person.position or "",
        "jersey_number": person.jersey or "",
    }
    return {"id": str(FIRST_PERSON_ID + person.number), "name": person.bare_name, "player": player}


def _selection(offer_id: str, side: str, quotes: Sequence[Quote]) -> Row:
    by_book: dict[int, list[Quote]] = {_CONSENSUS: [next((one for one in quotes if one.is_main), quotes[0])]}
    for quote in quotes:
        by_book.setdefault(_NUMBER_OF_BOOK[quote.book], []).append(quote)
    sold = [{"id": book, "lines": [_line(side, one) for one in lines]} for book, lines in sorted(by_book.items())]
    return {"id": f"{offer_id}-{side}", "label": side.title(), "selection": side, "books": sold}


def _line(side: str, quote: Quote) -> Row:
    return {
        "id": f"{quote.book}-{quote.line:g}-{side}",
        "cost": quote.over if side == "over" else quote.under,
        "line": quote.line,
        "best": False,
        "main": quote.is_main,
        "active": True,
        "is_off": False,
        "updated": _utc(quote.seen_at),
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


SITE = Site(
    pages=(("/events", events), ("/books", books), ("/offers", offers)),
    key_header="x-api-key",
    without_key=in_json({"message": "Forbidden"}, status=403),
)
