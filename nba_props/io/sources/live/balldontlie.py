"""balldontlie v1: box scores and results of a date, standings, injuries. A second opinion, and the first where the NBA blocks.

It knows neither the NBA's game ids nor its player ids: box rows stay reports under its own person ids, results are found
by date and teams. Its standings and injuries are as of now only, so they are asked for today (and injuries for tomorrow),
never for a date that has passed. A season of box scores would be a request a date; the NBA's game log has it in one.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from nba_props.domain.calendar import season_of, slate_date
from nba_props.io.sources.archive.payloads import Problem, words
from nba_props.io.sources.live.asking import (
    filing_day,
    has_begun,
    played_out_at,
    season_settles_at,
    season_start_year,
)
from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Parsed, Payload, Request, Row, Sheet, Source
from nba_props.io.sources.live.injury_words import injury_reason, injury_status
from nba_props.io.sources.live.received import (
    Day,
    LeftOut,
    Sent,
    Whole,
    accept,
    as_row,
    read_envelope,
    read_rows,
    rejected,
)
from nba_props.io.sources.teams import TEAM_NAMES

TEAM_OF_ID: Final = dict(enumerate(sorted(TEAM_NAMES, key=TEAM_NAMES.__getitem__), start=1))
"""Our code by balldontlie's team id: 1 to 30 in the order of full names. Higher ids are teams of the past."""

_INJURIES_PER_PAGE: Final = 100
_PAGE: Final = "page-"


# -- what they send -----------------------------------------------------------------------------------------------------
class _Player(Sent):
    id: Whole
    first_name: str | None
    last_name: str

    @property
    def name(self) -> str:
        """First and last as one; some people have a last name only."""
        return " ".join(part for part in ((self.first_name or "").strip(), self.last_name.strip()) if part)


class _Line(Sent):
    """A player's line of a box score. `min` is minutes, rounded ("28", "06"), or minutes and seconds ("28:31")."""

    player: _Player
    min: str | None
    pts: Whole | None
    fgm: Whole | None
    fga: Whole | None
    fg3m: Whole | None
    fg3a: Whole | None
    ftm: Whole | None
    fta: Whole | None
    oreb: Whole | None
    dreb: Whole | None
    reb: Whole | None
    ast: Whole | None
    stl: Whole | None
    blk: Whole | None
    turnover: Whole | None
    pf: Whole | None


class _Side(Sent):
    abbreviation: str
    players: list[Any]


class _Game(Sent):
    """A game with both box scores; the status of one that is not over is a tip-off time or a quarter."""

    date: Day
    status: str
    home_team: _Side
    visitor_team: _Side
    home_team_score: Whole | None
    visitor_team_score: Whole | None


class _Games(Sent):
    data: list[Any]


class _Team(Sent):
    abbreviation: str


class _Standing(Sent):
    team: _Team
    season: Whole
    wins: Whole
    losses: Whole
    conference_rank: Whole
    home_record: str | None
    road_record: str | None


class _Standings(Sent):
    data: Annotated[list[Any], Field(min_length=1)]


class _InjuredPlayer(_Player):
    team_id: Whole


class _Injury(Sent):
    player: _InjuredPlayer
    status: str
    description: str | None


class _Page(Sent):
    per_page: Whole
    next_cursor: Whole | None = None


class _Injuries(Sent):
    data: list[Any]
    meta: _Page


# -- box scores ---------------------------------------------------------------------------------------------------------
_COUNTS: Final = words("pts fgm fga fg3m fg3a ftm fta oreb dreb reb ast stl blk turnover pf")
_MINUTES: Final = re.compile(r"([0-9]{1,3})(?::([0-5][0-9]))?")
_NO_MINUTES: Final = (None, "", "0", "00", "0:00", "00:00")


def parse_box_scores(payload: Payload) -> Parsed:
    """Results and box reports of the games that are over; one that is not is refused as a result, its lines are not read."""
    games = read_envelope(payload, _Games).data
    parsed = Parsed(is_empty_slate=not games)
    lines: list[tuple[int, Any]] = []
    place: list[Row] = []
    for number, game in read_rows(parsed, Sheet.RESULTS, _Game, enumerate(games)):
        if fault := _not_a_result(game, payload.day):
            parsed.refuse(Sheet.RESULTS, number, fault, as_row(games[number]))
            continue
        parsed.add(Sheet.RESULTS, number, _result(game))
        for side in (game.home_team, game.visitor_team):
            lines += enumerate(side.players, start=len(lines))
            place += [_place(game, side)] * len(side.players)
    for number, line in read_rows(parsed, Sheet.BOX_REPORTS, _Line, lines):
        _add_line(parsed, number, line, place[number], lines[number][1])
    return accept(payload, accept(payload, parsed, Sheet.RESULTS), Sheet.BOX_REPORTS)


def _not_a_result(game: _Game, day: date) -> str | None:
    if game.date != day:
        return LeftOut.DATE_DISAGREES_WITH_DAY
    return None if game.status.strip() == "Final" else LeftOut.GAME_NOT_FINAL


def _teams(game: _Game) -> Row:
    return {
        "game_date": game.date,
        "home_abbr": game.home_team.abbreviation,
        "away_abbr": game.visitor_team.abbreviation,
    }


def _result(game: _Game) -> Row:
    return {**_teams(game), "home_pts": game.home_team_score, "away_pts": game.visitor_team_score}


def _place(game: _Game, side: _Side) -> Row:
    return {**_teams(game), "team_abbr": side.abbreviation}


def _add_line(parsed: Parsed, number: int, line: _Line, place: Row, sent: Any) -> None:
    """One box report. Who has neither minutes nor a count did not play: his counts are unknown to us, not zero."""
    counts = {name: getattr(line, name) for name in _COUNTS}
    counts["tov"] = counts.pop("turnover")
    has_played = any(counts.values())
    minutes = _minutes(line.min)
    if line.min not in _NO_MINUTES and minutes is None:
        parsed.refuse(Sheet.BOX_REPORTS, number, f"min_{Problem.UNREADABLE}", as_row(sent))
    elif has_played and not line.min:
        parsed.refuse(Sheet.BOX_REPORTS, number, f"min_{Problem.MISSING}", as_row(sent))
    elif has_played or minutes:
        parsed.add(Sheet.BOX_REPORTS, number, {**place, **_who(line.player), "minutes": minutes, **counts})
    else:
        unplayed = dict.fromkeys(("minutes", *counts))
        parsed.add(Sheet.BOX_REPORTS, number, {**place, **_who(line.player), **unplayed})


def _who(player: _Player) -> Row:
    return {"source_person_id": str(player.id), "player_name": player.name}


def _minutes(text: str | None) -> float | None:
    """Minutes played; "00" beside counts is some seconds on the floor, 0.0. None for what says nothing."""
    match = _MINUTES.fullmatch((text or "").strip())
    return int(match[1]) + int(match[2] or 0) / 60 if match else None


# -- standings and injuries ---------------------------------------------------------------------------------------------
def parse_standings(payload: Payload) -> Parsed:
    """Records as of the day they are filed under. Raises PayloadRejected for an empty list: a season has teams."""
    parsed = Parsed()
    season, sent = season_of(payload.day), read_envelope(payload, _Standings).data
    for number, standing in read_rows(parsed, Sheet.STANDINGS, _Standing, enumerate(sent)):
        if standing.season != season_start_year(season):
            parsed.refuse(Sheet.STANDINGS, number, LeftOut.SEASON_DISAGREES_WITH_DAY, as_row(sent[number]))
            continue
        parsed.add(
            Sheet.STANDINGS,
            number,
            {
                "standings_date": payload.day,
                "season": season,
                "team_abbr": standing.team.abbreviation,
                "wins": standing.wins,
                "losses": standing.losses,
                "conference_rank": standing.conference_rank,
                "home_record": standing.home_record,
                "road_record": standing.road_record,
            },
        )
    return accept(payload, parsed)


def parse_injuries(payload: Payload) -> Parsed:
    """Who is injured as of the fetch, for the slate the page is filed under."""
    sent = read_envelope(payload, _Injuries).data
    parsed = Parsed(is_empty_slate=not sent)
    for number, injury in read_rows(parsed, Sheet.INJURIES, _Injury, enumerate(sent)):
        status, team = injury_status(injury.status), TEAM_OF_ID.get(injury.player.team_id)
        if status is None or team is None:
            reason = LeftOut.STATUS_UNKNOWN if status is None else LeftOut.TEAM_ID_UNKNOWN
            parsed.refuse(Sheet.INJURIES, number, reason, as_row(sent[number]))
            continue
        parsed.add(
            Sheet.INJURIES,
            number,
            {
                "game_date": payload.day,
                "team_abbr": team,
                "player_name": injury.player.name,
                "status": status,
                "reason": injury_reason(injury.description),
                "reported_utc": payload.fetched_at,
            },
        )
    return accept(payload, parsed)


def next_page(payload: Payload) -> list[Request]:
    """The page after this one, if it says that there is one. Raises PayloadRejected for a cursor that does not advance."""
    cursor = read_envelope(payload, _Injuries).meta.next_cursor
    if cursor is None:
        return []
    asked = payload.params.get("cursor")
    if asked is not None and cursor <= int(asked):
        raise rejected(payload, f"its next page {cursor} does not come after {asked}")
    return [_injuries(payload.day, page=int(payload.label.removeprefix(_PAGE)) + 1, cursor=cursor)]


# -- what is asked ------------------------------------------------------------------------------------------------------
def _box_scores(day: date) -> Request:
    return Request(
        Source.BALLDONTLIE,
        "box_scores",
        day,
        "/box_scores",
        {"date": day.isoformat()},
        settles_at=played_out_at(day),
        fresh_for=timedelta(hours=1),
    )


def _standings(season: str, day: date) -> Request:
    return Request(
        Source.BALLDONTLIE,
        "standings",
        day,
        "/standings",
        {"season": str(season_start_year(season))},
        settles_at=season_settles_at(season, day),
        fresh_for=timedelta(hours=12),
    )


def _injuries(day: date, page: int = 1, cursor: int | None = None) -> Request:
    """A page by its number, so that a later fetch's second page takes the place of an earlier one's, whatever its cursor."""
    after = {} if cursor is None else {"cursor": str(cursor)}
    return Request(
        Source.BALLDONTLIE,
        "player_injuries",
        day,
        "/player_injuries",
        {"per_page": str(_INJURIES_PER_PAGE), **after},
        label=f"{_PAGE}{page}",
        fresh_for=timedelta(minutes=30),
    )


class _Balldontlie:
    source: Final = Source.BALLDONTLIE
    manners: Final = Manners(
        "https://api.balldontlie.io/v1",
        pause_seconds=1.0,
        season_requests=1,
        key_setting="NBA_PROPS_BALLDONTLIE_API_KEY",
        key_header="Authorization",
    )
    feeds: Final = (
        Feed("box_scores", parse_box_scores),
        Feed("standings", parse_standings),
        Feed("player_injuries", parse_injuries, follow=next_page),
    )

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        """Box scores of a date that is over; standings of today; injuries for today's slate and later ones."""
        today = slate_date(now)
        if day < today:
            return [_box_scores(day)]
        return [*([_standings(season_of(day), day)] if day == today else []), _injuries(day)]

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        """The standings: of today, or of the season's end once that is past."""
        return [_standings(season, filing_day(season, now))] if has_begun(season, now) else []


SOURCE: Final[LiveSource] = _Balldontlie()
