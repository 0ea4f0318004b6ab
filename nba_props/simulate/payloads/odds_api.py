"""The Odds API v4: events, points odds, spreads and totals, now and as of a past instant. Full team names, its own event ids.

Events of the present vanish at tip; those of the past are listed until the game is over, with what books quoted in play.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from nba_props.domain.odds import american_to_decimal
from nba_props.io.sources.teams import TEAM_NAMES
from nba_props.simulate.payloads.clock import iso_z
from nba_props.simulate.payloads.exchange import Answer, Ask, BadAsk, Site, in_json, param
from nba_props.simulate.payloads.world import LINES_OPEN, Game, Quote, State, World
from nba_props.simulate.quotes import BOOKS

Row = Mapping[str, Any]

SPORT = "basketball_nba"
MAIN, ALTERNATE = "player_points", "player_points_alternate"
_LISTED_AHEAD = timedelta(days=4)
_SNAPSHOTS = timedelta(minutes=5)  # how often history was recorded
_HISTORY_COSTS = 10  # times what the present does
_TITLES = {
    "draftkings": "DraftKings",
    "fanduel": "FanDuel",
    "betmgm": "BetMGM",
    "betrivers": "BetRivers",
    "prizepicks": "PrizePicks",
}
_REGION = {book.key: "us_dfs" if book.is_dfs else "us" for book in BOOKS}
_LINE_BOOKS = [book.key for book in BOOKS if not book.is_dfs]
_LINE_PRICE = -110


@dataclass(frozen=True)
class _Wanted:
    """What of the odds is asked for, and in which prices."""

    markets: tuple[str, ...]
    regions: tuple[str, ...]
    is_american: bool

    def price(self, american: int) -> float | int:
        """A price as asked for; decimal is this source's default."""
        return american if self.is_american else round(float(american_to_decimal(american)), 2)


def _wanted(ask: Ask) -> _Wanted:
    return _Wanted(
        markets=tuple(ask.params.get("markets", "h2h").split(",")),
        regions=tuple(param(ask, "regions").split(",")),
        is_american=ask.params.get("oddsFormat") == "american",
    )


# -- events -------------------------------------------------------------------------------------------------------------
def events(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/events`: games that have not tipped, within the commence times asked for. Free."""
    return in_json([_event(game) for game in _open_games(world, now, ask)])


def history_of_events(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/historical/…/events`: what was listed at the snapshot at or before `date`."""
    as_of = _snapshot(now, ask)
    listed = [_event(game) for game in _within(_listed(world, as_of, until=State.IN_PLAY), ask)]
    return in_json(_envelope(as_of, now, listed), cost=1 if listed else 0)


def _event(game: Game) -> dict[str, Any]:
    return {
        "id": game.event_id,
        "sport_key": SPORT,
        "sport_title": "NBA",
        "commence_time": iso_z(game.tip),
        "home_team": TEAM_NAMES[game.home],
        "away_team": TEAM_NAMES[game.away],
    }


def _listed(world: World, now: datetime, *, until: State) -> list[Game]:
    order = list(State)
    shown = [game for game in world.games if order.index(game.state(now)) <= order.index(until)]
    return sorted(
        (game for game in shown if game.tip <= now + _LISTED_AHEAD), key=lambda game: (game.tip, game.event_id)
    )


def _open_games(world: World, now: datetime, ask: Ask) -> list[Game]:
    return _within(_listed(world, now, until=State.SCHEDULED), ask)


def _within(games: Iterable[Game], ask: Ask) -> list[Game]:
    first, last = (_instant_param(ask, name) for name in ("commenceTimeFrom", "commenceTimeTo"))
    return [game for game in games if (first or game.tip) <= game.tip <= (last or game.tip)]


# -- odds ---------------------------------------------------------------------------------------------------------------
def event_odds(world: World, now: datetime, ask: Ask, match: "re.Match[str]") -> Answer:
    """`/events/{id}/odds`: what books show on one game; 404 once it has tipped, 204 where no book has such a market."""
    game = world.by_event.get(match[1])
    if game is None or game.state(now) is not State.SCHEDULED:
        return _no_event()
    books = _books(world, game, _wanted(ask), now)
    return in_json({**_event(game), "bookmakers": books}, cost=_cost(books)) if books else Answer(b"", status=204)


def history_of_event_odds(world: World, now: datetime, ask: Ask, match: "re.Match[str]") -> Answer:
    """`/historical/…/odds` of one event: what books showed at the snapshot at or before `date`; 404 if not listed then."""
    game, as_of = world.by_event.get(match[1]), _snapshot(now, ask)
    if game is None or game not in _listed(world, as_of, until=State.IN_PLAY):
        return _no_event()
    books = _books(world, game, _wanted(ask), as_of)
    return in_json(_envelope(as_of, now, {**_event(game), "bookmakers": books}), cost=_HISTORY_COSTS * _cost(books))


def odds(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/odds`: spreads and totals of every game that has not tipped, in one answer."""
    wanted = _wanted(ask)
    games = [{**_event(game), "bookmakers": _books(world, game, wanted, now)} for game in _open_games(world, now, ask)]
    return in_json(games, cost=len(wanted.markets) * len(wanted.regions))


def history_of_odds(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`/historical/…/odds`: the same as of a past instant."""
    wanted, as_of = _wanted(ask), _snapshot(now, ask)
    games = [
        {**_event(game), "bookmakers": _books(world, game, wanted, as_of)}
        for game in _within(_listed(world, as_of, until=State.IN_PLAY), ask)
    ]
    cost = _HISTORY_COSTS * len(wanted.markets) * len(wanted.regions)
    return in_json(_envelope(as_of, now, games), cost=cost)


def _cost(books: Sequence[Row]) -> int:
    """One for each market that came, in each region."""
    return len({(market["key"], _REGION[book["key"]]) for book in books for market in book["markets"]})


def _books(world: World, game: Game, wanted: _Wanted, as_of: datetime) -> list[Row]:
    quotes = sorted(world.quotes(game, as_of), key=lambda quote: quote.book)
    shown = {book: list(rows) for book, rows in groupby(quotes, key=lambda quote: quote.book)}
    of_regions = [book.key for book in BOOKS if _REGION[book.key] in wanted.regions]
    found = [_book(key, _markets(game, key, shown.get(key, ()), wanted, as_of)) for key in of_regions]
    return [book for book in found if book["markets"]]


def _book(key: str, markets: list[dict[str, Any]]) -> Row:
    updates = [market["last_update"] for market in markets]
    return {"key": key, "title": _TITLES[key], "last_update": max(updates, default=""), "markets": markets}


def _markets(game: Game, book: str, quotes: Sequence[Quote], wanted: _Wanted, as_of: datetime) -> list[dict[str, Any]]:
    makers: Mapping[str, Callable[[], dict[str, Any] | None]] = {
        "spreads": lambda: _spread(game, book, wanted, as_of),
        "totals": lambda: _total(game, book, wanted, as_of),
        MAIN: lambda: _points(MAIN, [quote for quote in quotes if quote.is_main], wanted),
        ALTERNATE: lambda: _points(ALTERNATE, [quote for quote in quotes if not quote.is_main], wanted),
    }
    made = [makers[market]() for market in wanted.markets if market in makers]
    return [market for market in made if market is not None]


def _points(key: str, quotes: Sequence[Quote], wanted: _Wanted) -> dict[str, Any] | None:
    if not quotes:
        return None
    outcomes = [
        {"name": side, "description": quote.name, "price": wanted.price(price), "point": quote.line}
        for quote in quotes
        for side, price in (("Over", quote.over), ("Under", quote.under))
    ]
    return {"key": key, "last_update": iso_z(max(quote.seen_at for quote in quotes)), "outcomes": outcomes}


def _spread(game: Game, book: str, wanted: _Wanted, as_of: datetime) -> dict[str, Any] | None:
    if game.home_spread is None or not _offers_lines(game, book, as_of):
        return None
    sides = ((game.away, -game.home_spread), (game.home, game.home_spread))
    outcomes = [{"name": TEAM_NAMES[team], "price": wanted.price(_LINE_PRICE), "point": point} for team, point in sides]
    return {"key": "spreads", "last_update": iso_z(_updated(game, as_of)), "outcomes": outcomes}


def _total(game: Game, book: str, wanted: _Wanted, as_of: datetime) -> dict[str, Any] | None:
    if game.total_line is None or not _offers_lines(game, book, as_of):
        return None
    outcomes = [
        {"name": side, "price": wanted.price(_LINE_PRICE), "point": game.total_line} for side in ("Over", "Under")
    ]
    return {"key": "totals", "last_update": iso_z(_updated(game, as_of)), "outcomes": outcomes}


def _offers_lines(game: Game, book: str, as_of: datetime) -> bool:
    return book in _LINE_BOOKS and as_of >= game.tip - LINES_OPEN


def _updated(game: Game, as_of: datetime) -> datetime:
    """Spreads and totals are confirmed every few minutes until tip, and stand still afterwards."""
    return min(_grid(as_of), game.tip)


# -- instants -----------------------------------------------------------------------------------------------------------
def _instant_param(ask: Ask, name: str) -> datetime | None:
    text = ask.params.get(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadAsk(f"Invalid {name} parameter. The format must be YYYY-MM-DDTHH:MM:SSZ") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _snapshot(now: datetime, ask: Ask) -> datetime:
    """The recorded instant at or before the one asked for, which may not lie in the future."""
    param(ask, "date")
    asked = _instant_param(ask, "date") or now
    return _grid(min(asked, now))


def _grid(instant: datetime) -> datetime:
    seconds = _SNAPSHOTS.total_seconds()
    return datetime.fromtimestamp(instant.timestamp() // seconds * seconds, tz=UTC)


def _envelope(as_of: datetime, now: datetime, data: Any) -> Row:
    after = as_of + _SNAPSHOTS
    return {
        "timestamp": iso_z(as_of),
        "previous_timestamp": iso_z(as_of - _SNAPSHOTS),
        "next_timestamp": iso_z(after) if after <= now else None,
        "data": data,
    }


def _no_event() -> Answer:
    return in_json({"message": "Event not found", "error_code": "EVENT_NOT_FOUND"}, status=404)


SITE = Site(
    pages=(
        (f"/sports/{SPORT}/events", events),
        (f"/sports/{SPORT}/events/([0-9a-f]+)/odds", event_odds),
        (f"/sports/{SPORT}/odds", odds),
        (f"/historical/sports/{SPORT}/events", history_of_events),
        (f"/historical/sports/{SPORT}/events/([0-9a-f]+)/odds", history_of_event_odds),
        (f"/historical/sports/{SPORT}/odds", history_of_odds),
    ),
    key_param="apiKey",
    without_key=in_json({"message": "API key is missing", "error_code": "MISSING_KEY"}, status=401),
    counts_quota=True,
)
