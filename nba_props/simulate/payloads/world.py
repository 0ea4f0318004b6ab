"""The league as facts that are quick to look up, each with the instant from which it is known.

What is known is decided here, once: sources only ask. No payload, no shape of any source, no clock: `now` is handed in.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from nba_props.domain.calendar import slate_date
from nba_props.simulate.league import League
from nba_props.simulate.payloads.clubs import CLUBS
from nba_props.simulate.people import words
from nba_props.simulate.quotes import BOOKS, event_id, spelled
from nba_props.simulate.schedule import draw_schedule
from nba_props.simulate.spelling import without_accents, without_suffix

GAME_LENGTH = timedelta(hours=2, minutes=30)
_QUOTE_COLUMNS = words("snapshot_utc event_id player_name bookmaker is_main line over_price under_price")
LINES_OPEN = timedelta(hours=10)
"""Before tip: from then on books offer spreads and totals."""


class State(StrEnum):
    """Where a game stands at an instant."""

    SCHEDULED = "scheduled"
    IN_PLAY = "in_play"
    OVER = "over"


@dataclass(frozen=True)
class Game:
    """One game. `tip` is the true one (UTC) even where the league's own schedule does not tell it (`is_tip_known`)."""

    number: int
    game_id: str
    event_id: str
    day: date
    home: str
    away: str
    tip: datetime
    is_tip_known: bool
    home_pts: int
    away_pts: int
    home_spread: float | None
    total_line: float | None

    @property
    def over_at(self) -> datetime:
        """From then on its result is known."""
        return self.tip + GAME_LENGTH

    @property
    def teams(self) -> tuple[str, str]:
        """Home, then away."""
        return self.home, self.away

    def state(self, now: datetime) -> State:
        """Where it stands."""
        if now >= self.over_at:
            return State.OVER
        return State.IN_PLAY if now >= self.tip else State.SCHEDULED

    def score(self, now: datetime) -> tuple[int, int]:
        """Points of home and away on the board: nothing before tip, the share played of them in play."""
        played = min(max((now - self.tip) / GAME_LENGTH, 0.0), 1.0)
        return int(self.home_pts * played), int(self.away_pts * played)

    def won_by(self, team: str) -> bool:
        """TRUE if the team wins it; to be asked only once it is over."""
        return (self.home_pts > self.away_pts) == (team == self.home)


@dataclass(frozen=True)
class Person:
    """A player: the registry's facts, None where it has none. `number` counts everybody from 0."""

    number: int
    player_id: int
    name: str
    position: str | None
    height: str | None
    weight: int | None
    birth_date: date | None
    years: int | None
    school: str | None
    jersey: str | None

    @property
    def first_name(self) -> str:
        """The given name; empty for who has one name only."""
        return self.name.partition(" ")[0] if " " in self.name else ""

    @property
    def last_name(self) -> str:
        """The rest, with its suffix: Whitlow Jr."""
        return self.name.partition(" ")[2] or self.name

    @property
    def plain_name(self) -> str:
        """Without accents."""
        return without_accents(self.name)

    @property
    def bare_name(self) -> str:
        """Without accents and suffix."""
        return without_suffix(self.plain_name)


@dataclass(frozen=True)
class Quote:
    """One line of one book on one player, in whole American prices. `person` is None for who is no player."""

    seen_at: datetime
    book: str
    name: str
    person: Person | None
    is_main: bool
    line: float
    over: int
    under: int


@dataclass(frozen=True)
class Injury:
    """What a report said of a player for a slate."""

    day: date
    team: str
    person: Person
    status: str
    reason: str
    reported_at: datetime


@dataclass
class Record:
    """A team's games so far, as (won, lost)."""

    home: tuple[int, int] = (0, 0)
    road: tuple[int, int] = (0, 0)
    conference: tuple[int, int] = (0, 0)
    division: tuple[int, int] = (0, 0)

    @property
    def wins(self) -> int:
        """All of them."""
        return self.home[0] + self.road[0]

    @property
    def losses(self) -> int:
        """All of them."""
        return self.home[1] + self.road[1]


class World:
    """A simulated league to be asked what is known at an instant. Immutable, and safe to ask from many threads."""

    def __init__(self, league: League) -> None:
        self.league = league
        self.games = _games(league)
        self.by_id = {game.game_id: game for game in self.games}
        self.by_event = {game.event_id: game for game in self.games}
        self.people = {person.player_id: person for person in _people(league)}
        self._box = _by_game(league.player_box)
        self._dnp = _by_game(league.dnp)
        self._rosters = self._read_rosters()
        self._injuries = self._read_injuries()
        self._quotes_of_game = lru_cache(maxsize=None)(self._read_quotes)

    @property
    def season(self) -> str:
        """As 2025-26."""
        return self.league.config.season

    @property
    def start_year(self) -> int:
        """The year in which the season starts."""
        return int(self.season[:4])

    @property
    def codes(self) -> list[str]:
        """Codes of the teams that play in it."""
        return sorted({team for _, team in self._rosters})

    @cached_property
    def games_by_day(self) -> Mapping[date, Sequence[Game]]:
        """Games of each slate, in order of tip."""
        return _grouped((game.day, game) for game in self.games)

    def box(self, game: Game, now: datetime) -> Sequence[Mapping[str, Any]]:
        """Rows of `player_box`, home side first and starters before others; none until the game is over."""
        return self._box.get(game.game_id, ()) if game.state(now) is State.OVER else ()

    def did_not_play(self, game: Game, now: datetime) -> Sequence[Mapping[str, Any]]:
        """Rows of `dnp`; none until the game is over."""
        return self._dnp.get(game.game_id, ()) if game.state(now) is State.OVER else ()

    def over(self, now: datetime) -> list[Game]:
        """Games whose results are known."""
        return [game for game in self.games if game.state(now) is State.OVER]

    def roster(self, team: str, day: date) -> Sequence[Person]:
        """Who is on a team on a morning; before the league starts its first, afterwards its last."""
        config = self.league.config
        return self._rosters[min(max(day, config.start), config.last), team]

    def everybody(self, team: str) -> list[Person]:
        """Whoever was on the team at any time, by name."""
        people = {one.player_id: one for (_, code), roster in self._rosters.items() if code == team for one in roster}
        return sorted(people.values(), key=lambda one: (one.name, one.player_id))

    def team_of(self, now: datetime) -> Mapping[int, str]:
        """Each player's team today, by player id."""
        day = slate_date(now)
        return {person.player_id: team for team in self.codes for person in self.roster(team, day)}

    def injuries(self, day: date, now: datetime) -> list[Injury]:
        """The last word on every player listed for a slate, by team and name."""
        last = {(one.team, one.person): one for one in self._injuries.get(day, ()) if one.reported_at <= now}
        return sorted(last.values(), key=lambda one: (one.team, one.person.name))

    def quotes(self, game: Game, as_of: datetime) -> list[Quote]:
        """What each book showed when it was last read at or before an instant; none where the game never had a market."""
        seen: dict[str, datetime] = {}
        known = [quote for quote in self._quotes_of_game(game) if quote.seen_at <= as_of]
        for quote in known:
            seen[quote.book] = max(seen.get(quote.book, quote.seen_at), quote.seen_at)
        return [quote for quote in known if quote.seen_at == seen[quote.book]]

    def records(self, now: datetime) -> Mapping[str, Record]:
        """Every team's record."""
        records = {team: Record() for team in self.codes}
        for game in self.over(now):
            home, away = CLUBS[game.home], CLUBS[game.away]
            for team in game.teams:
                record, is_won = records[team], game.won_by(team)
                venue = "home" if team == game.home else "road"
                kinds = [
                    venue,
                    *(kind for kind in ("conference", "division") if getattr(home, kind) == getattr(away, kind)),
                ]
                for kind in kinds:
                    won, lost = getattr(record, kind)
                    setattr(record, kind, (won + is_won, lost + (not is_won)))
        return records

    def _read_rosters(self) -> Mapping[tuple[date, str], Sequence[Person]]:
        rows = _rows(self.league.rosters)
        return _grouped(((row["roster_date"].date(), row["team_abbr"]), self.people[row["player_id"]]) for row in rows)

    def _read_injuries(self) -> Mapping[date, Sequence[Injury]]:
        def injury(row: Mapping[str, Any]) -> Injury:
            day, team = row["game_date"].date(), row["team_abbr"]
            person = next(one for one in self.roster(team, day) if one.name == row["player_name"])
            return Injury(day, team, person, row["status"], row["reason"], _instant(row["reported_utc"]))

        reported = sorted(map(injury, _rows(self.league.injuries)), key=lambda one: one.reported_at)
        return _grouped((one.day, one) for one in reported)

    @cached_property
    def _quote_rows(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Rows that a source can serve, by event: those that have one, and the time they were seen."""
        usable = self.league.points_lines[_QUOTE_COLUMNS].dropna(subset=["event_id", "snapshot_utc"])
        return _grouped((row["event_id"], row) for row in _rows(usable))

    def _read_quotes(self, game: Game) -> Sequence[Quote]:
        people = [person for team in game.teams for person in self.roster(team, game.day)]
        by_spelling = {(book.key, spelled(book.key, person.name)): person for book in BOOKS for person in people}
        rows = self._quote_rows.get(game.event_id, ())
        return tuple(_quote(row, by_spelling.get((row["bookmaker"], row["player_name"]))) for row in rows)


def _quote(row: Mapping[str, Any], person: Person | None) -> Quote:
    return Quote(
        seen_at=_instant(row["snapshot_utc"]),
        book=row["bookmaker"],
        name=row["player_name"],
        person=person,
        is_main=row["is_main"],
        line=float(row["line"]),
        over=round(row["over_price"]),
        under=round(row["under_price"]),
    )


def _games(league: League) -> tuple[Game, ...]:
    config = league.config
    tips = draw_schedule(config.seed, config.start, config.days, config.teams).tip
    return tuple(
        Game(
            number=number,
            game_id=row["game_id"],
            event_id=event_id(config.seed, number),
            day=row["game_date"].date(),
            home=row["home_abbr"],
            away=row["away_abbr"],
            tip=_instant(tips[number]),
            is_tip_known=row["tip_utc"] is not None,
            home_pts=row["home_pts"],
            away_pts=row["away_pts"],
            home_spread=row["home_spread"],
            total_line=row["total_line"],
        )
        for number, row in enumerate(_rows(league.games))
    )


def _people(league: League) -> Iterable[Person]:
    for number, row in enumerate(_rows(league.players)):
        exp = row["exp"]
        yield Person(
            number=number,
            player_id=row["player_id"],
            name=row["player_name"],
            position=row["position"],
            height=row["height"],
            weight=None if row["weight"] is None else int(row["weight"]),
            birth_date=None if row["birth_date"] is None else row["birth_date"].date(),
            years=None if exp is None else 0 if exp == "R" else int(exp),
            school=row["school"],
            jersey=row["jersey"],
        )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python, None for what is missing."""
    columns = {str(name): frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _by_game(frame: pd.DataFrame) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return _grouped((row["game_id"], row) for row in _rows(frame))


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)


def _instant(stamp: pd.Timestamp) -> datetime:
    instant: datetime = stamp.to_pydatetime()
    return instant.astimezone(UTC)
