"""What a live source is to the rest: requests it can be sent, and a parser from landed bytes to rows in our column names.

A source is a module of this package: it says what to ask and reads what comes back. It neither opens a connection
(`transport`), nor keeps bytes (`io.landing`), nor writes tables (`assets.raw`), nor knows the clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from nba_props.errors import NbaPropsError


class Source(StrEnum):
    """Every live source; the word is the `source` of its rows, its folder in the landing zone and its name in settings."""

    NBA_STATS = "nba_stats"
    BALLDONTLIE = "balldontlie"
    ESPN = "espn"
    BASKETBALL_REFERENCE = "basketball_reference"
    ODDS_API = "odds_api"
    BETTINGPROS = "bettingpros"
    INJURY_REPORT = "injury_report"


# -- what goes wrong ----------------------------------------------------------------------------------------------------
class SourceFault(NbaPropsError):
    """A source did not give what it was asked for. `source` and the next step are in every one of them."""

    def __init__(self, source: Source, message: str, *, next_step: str) -> None:
        super().__init__(f"{source}: {message}", next_step=next_step)
        self.source = source


class KeyRefused(SourceFault):
    """No key is set, or the source refuses the one that is (401, 403 of a keyed source)."""


class QuotaExhausted(SourceFault):
    """The source says that today's or this month's requests are used up."""


class SourceUnavailable(SourceFault):
    """It did not answer usably within the tries and the time allowed: refused, timed out, 429, 5xx, blocked."""


class PayloadRejected(SourceFault):
    """The bytes are landed, but are not the shape this parser knows. Nothing of the payload becomes a row."""


# -- what is asked ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Request:
    """One GET of a source: `path` is appended to the source's base URL.

    `day` is the US/Eastern date it is filed under: the slate it tells of; what tells of a whole season is filed under the date
    of asking, or under the season's last (31 August) once that is past, so that a day always lies in its season. `label`
    tells requests of one feed and day apart (team, event, page). An answer that was landed at or after `settles_at` never
    changes and is not asked for again; an earlier one is good enough for `fresh_for`. `params` and `headers` hold no key:
    the transport adds it.
    """

    source: Source
    feed: str
    day: date
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    settles_at: datetime | None = None
    fresh_for: timedelta = timedelta(0)


class Outcome(StrEnum):
    """What a landed answer is: bytes to parse, or one of the two kinds of nothing that are no fault."""

    CONTENT = "content"
    NOT_PUBLISHED = "not_published"
    """The source says that there is no such document (yet): the injury report's 403, a 404, The Odds API's 204."""


@dataclass(frozen=True)
class Payload:
    """One landed answer. `ref` is the path of its bytes, which are as received; instants are UTC."""

    ref: str
    source: Source
    feed: str
    day: date
    label: str
    fetched_at: datetime
    outcome: Outcome
    status: int
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


# -- what it says -------------------------------------------------------------------------------------------------------
class Sheet(StrEnum):
    """What rows are about. Their columns are those of the row models in `io.sources.rows`."""

    SCHEDULE = "schedule"
    RESULTS = "game_results"
    GAME_LINES = "game_lines"
    BOX_SCORES = "player_box_scores"
    """Box rows with the NBA's own player ids."""
    SHOT_ZONES = "shot_zones"
    """Makes and attempts by zone, of players with the NBA's ids on a date."""
    BOX_REPORTS = "box_score_reports"
    """Box rows of sources with other ids, or none."""
    ROSTERS = "roster_reports"
    QUOTES = "player_points_quotes"
    INJURIES = "injury_reports"
    PEOPLE = "player_list"
    STANDINGS = "standings"


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """A row that the parser could not even bring into our columns: it goes to quarantine with its reason."""

    sheet: Sheet
    row_number: int
    reason: str
    row: Row


@dataclass
class Parsed:
    """The rows of one payload by sheet, each with its number in the payload, and those refused.

    `is_empty_slate`: the payload is sound and says itself that there is nothing (no games, no events). `notes`: what else it
    says that is no row, for the log (teams that have not submitted an injury report yet).
    """

    rows: dict[Sheet, list[tuple[int, Row]]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    is_empty_slate: bool = False
    notes: list[str] = field(default_factory=list)

    def add(self, sheet: Sheet, row_number: int, row: Row) -> None:
        """One more row, in our column names."""
        self.rows.setdefault(sheet, []).append((row_number, row))

    def refuse(self, sheet: Sheet, row_number: int, reason: str, row: Row) -> None:
        """One more row that is none."""
        self.refused.append(Refusal(sheet, row_number, reason, row))

    def count(self, sheet: Sheet) -> int:
        """Rows of a sheet that were read, refused ones included."""
        return len(self.rows.get(sheet, ())) + sum(one.sheet is sheet for one in self.refused)


# -- a source -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Feed:
    """One kind of document of a source. `follow` says what an answer makes worth asking next: a page, each event."""

    name: str
    parse: Callable[[Payload], Parsed]
    follow: Callable[[Payload], Iterable[Request]] = lambda _: ()
    not_published: frozenset[int] = frozenset({404})
    """Statuses by which this source says that there is no such document."""
    tells_all: bool = False
    """Each answer tells all that earlier ones to the same request told: only the latest that can be read is."""


@dataclass(frozen=True)
class Manners:
    """How a source wants to be asked: seconds between two requests, whole requests in flight, tries, seconds a try.

    `season_requests` is about how many a whole season takes, those that answers lead to included: many are a person's choice.
    `key_header` or `key_param` say where its key goes; `key_setting` is the variable that holds it; `remaining_header`
    is the header in which it counts what is left of a quota.
    """

    base_url: str
    pause_seconds: float
    tries: int = 4
    timeout_seconds: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    season_requests: int = 0
    key_setting: str = ""
    key_header: str = ""
    key_param: str = ""
    remaining_header: str = ""


class LiveSource(Protocol):
    """What each module of this package is."""

    @property
    def source(self) -> Source:
        """Its name."""

    @property
    def manners(self) -> Manners:
        """How it is asked."""

    @property
    def feeds(self) -> Sequence[Feed]:
        """What it offers."""

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        """What to ask for one slate: on the day itself for what is known before tip, later for what happened."""

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        """What to ask for a whole season, in as few requests as the source allows."""
