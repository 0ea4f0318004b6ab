"""ESPN's site API: today's rosters with their injuries, and the results of a date.

It knows neither the NBA's game ids nor its player ids: rosters stay reports under its own person ids, and its scoreboard is
a second opinion on results, found by date and teams. It has no past rosters: a roster is asked for today only, so that a
roster's date is always the day on which it was published.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from nba_props.domain.calendar import slate_date
from nba_props.io.sources.archive.payloads import Problem, words
from nba_props.io.sources.live.asking import played_out_at
from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Parsed, Payload, Request, Row, Sheet, Source
from nba_props.io.sources.live.injury_words import injury_reason, injury_status
from nba_props.io.sources.live.received import (
    Instant,
    LeftOut,
    Sent,
    Whole,
    Words,
    accept,
    as_row,
    read_envelope,
    read_row,
    read_rows,
    rejected,
    require_whole_roster,
)
from nba_props.io.sources.teams import team_code

_TEAMS_BY_ID: Final = words(
    "ATL BOS NOP CHI CLE DAL DEN DET GSW HOU IND LAC LAL MIA MIL MIN BKN NYK ORL PHI PHX POR SAC SAS OKC UTA WAS TOR MEM CHA"
)
TEAM_IDS: Final[Mapping[str, int]] = {team: number for number, team in enumerate(_TEAMS_BY_ID, start=1)}
"""ESPN's id of each team, by our code: the thirty that make a whole batch of rosters."""

_NBA: Final = "nba"
_COUNTING_SEASON_TYPES: Final = (2, 3, 5)
"""Regular season, playoffs, play-in; 1 is preseason, 4 off-season."""


# -- what they send -----------------------------------------------------------------------------------------------------
def _score(value: object) -> object:
    """Scores are digits in quotes."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value) else value


class _Athlete(Sent):
    id: Words
    display_name: Words = Field(alias="displayName")


class _Injury(Sent):
    status: str
    date: Instant
    short_comment: str | None = Field(None, alias="shortComment")


class _Injured(Sent):
    """An athlete as one who may be hurt, read apart: a story in another shape is no reason to lose his place."""

    injuries: list[_Injury]


class _Team(Sent):
    """A team; as the head of a roster it may hold its athletes itself."""

    abbreviation: str
    athletes: list[Any] | None = None


class _Roster(Sent):
    """A roster: `/teams/2/roster` has the athletes beside the team, `/teams/2?enable=roster` within it."""

    team: _Team
    athletes: list[Any] | None = None


class _League(Sent):
    slug: str


class _Scoreboard(Sent):
    leagues: list[_League]
    events: list[Any]


class _Competitor(Sent):
    home_away: str = Field(alias="homeAway")
    team: _Team
    score: Annotated[Whole | None, BeforeValidator(_score)]


class _Competition(Sent):
    competitors: Annotated[list[_Competitor], Field(min_length=2, max_length=2)]


class _StatusType(Sent):
    name: str


class _Status(Sent):
    type: _StatusType


class _Season(Sent):
    type: Whole


class _Event(Sent):
    date: Instant
    season: _Season
    status: _Status
    competitions: Annotated[list[_Competition], Field(min_length=1, max_length=1)]

    def side(self, word: str) -> _Competitor | None:
        """The home or the away team, or None where the event does not have exactly one."""
        found = [one for one in self.competitions[0].competitors if one.home_away == word]
        return found[0] if len(found) == 1 else None


# -- rosters and injuries -----------------------------------------------------------------------------------------------
def parse_roster(payload: Payload) -> Parsed:
    """A team's players on the day, and the injuries told beside them.

    Raises PayloadRejected for a roster of another team than was asked for, and for one that was cut short.
    """
    roster = read_envelope(payload, _Roster)
    if team_code(roster.team.abbreviation) != payload.label:
        raise rejected(payload, f"it is the roster of {roster.team.abbreviation!r}")
    athletes = roster.athletes if roster.athletes is not None else roster.team.athletes
    if athletes is None:
        raise rejected(payload, "it has no athletes")
    parsed = Parsed()
    for number, athlete in read_rows(parsed, Sheet.ROSTERS, _Athlete, enumerate(athletes)):
        parsed.add(Sheet.ROSTERS, number, _place(payload, athlete))
        if injured := read_row(parsed, Sheet.INJURIES, number, _Injured, athletes[number]):
            _add_injury(payload, parsed, number, athlete, injured)
    require_whole_roster(payload, parsed)
    return parsed


def _place(payload: Payload, athlete: _Athlete) -> Row:
    return {
        "roster_date": payload.day,
        "team_abbr": payload.label,
        "source_person_id": athlete.id,
        "player_name": athlete.display_name,
    }


def _add_injury(payload: Payload, parsed: Parsed, number: int, athlete: _Athlete, injured: _Injured) -> None:
    """The latest of an athlete's injuries; it holds as of the fetch, though its story may be weeks old."""
    if not injured.injuries:
        return
    latest = max(injured.injuries, key=lambda injury: injury.date)
    status = injury_status(latest.status)
    if status is None:
        parsed.refuse(Sheet.INJURIES, number, LeftOut.STATUS_UNKNOWN, {"athlete": athlete.id, "status": latest.status})
        return
    parsed.add(
        Sheet.INJURIES,
        number,
        {
            "game_date": payload.day,
            "team_abbr": payload.label,
            "player_name": athlete.display_name,
            "status": status,
            "reason": injury_reason(latest.short_comment),
            "reported_utc": payload.fetched_at,
        },
    )


# -- results ------------------------------------------------------------------------------------------------------------
def parse_scoreboard(payload: Payload) -> Parsed:
    """Final scores of counting games, each on the Eastern date of its tip-off; every other event is refused as a result."""
    scoreboard = read_envelope(payload, _Scoreboard)
    if [league.slug for league in scoreboard.leagues] != [_NBA]:
        raise rejected(payload, "it is not the scoreboard of the NBA alone")
    parsed = Parsed(is_empty_slate=not scoreboard.events)
    for number, event in read_rows(parsed, Sheet.RESULTS, _Event, enumerate(scoreboard.events)):
        home, away = event.side("home"), event.side("away")
        if home is None or away is None:
            parsed.refuse(Sheet.RESULTS, number, f"home_away_{Problem.UNKNOWN}", as_row(scoreboard.events[number]))
        elif fault := _not_a_result(event, home, away, payload.day):
            parsed.refuse(Sheet.RESULTS, number, fault, as_row(scoreboard.events[number]))
        else:
            parsed.add(Sheet.RESULTS, number, _result(payload.day, home, away))
    return accept(payload, parsed)


def _not_a_result(event: _Event, home: _Competitor, away: _Competitor, day: date) -> str | None:
    """Why an event is no result. All-star teams are no teams of the league, whatever the season's type says."""
    teams = (team_code(home.team.abbreviation), team_code(away.team.abbreviation))
    if event.season.type not in _COUNTING_SEASON_TYPES or None in teams:
        return LeftOut.NOT_A_COUNTING_GAME
    if slate_date(event.date) != day:
        return LeftOut.DATE_DISAGREES_WITH_DAY
    return None if event.status.type.name == "STATUS_FINAL" else LeftOut.GAME_NOT_FINAL


def _result(day: date, home: _Competitor, away: _Competitor) -> Row:
    return {
        "game_date": day,
        "home_abbr": team_code(home.team.abbreviation),
        "away_abbr": team_code(away.team.abbreviation),
        "home_pts": home.score,
        "away_pts": away.score,
    }


# -- what is asked ------------------------------------------------------------------------------------------------------
def _roster(team: str, day: date) -> Request:
    return Request(
        Source.ESPN, "roster", day, f"/teams/{TEAM_IDS[team]}/roster", label=team, fresh_for=timedelta(hours=1)
    )


def _scoreboard(day: date) -> Request:
    return Request(
        Source.ESPN,
        "scoreboard",
        day,
        "/scoreboard",
        {"dates": f"{day:%Y%m%d}"},
        settles_at=played_out_at(day),
        fresh_for=timedelta(hours=1),
    )


class _Espn:
    source: Final = Source.ESPN
    manners: Final = Manners(
        "https://site.api.espn.com/apis/site/v2/sports/basketball/nba",
        pause_seconds=2.0,
    )
    feeds: Final = (Feed("roster", parse_roster), Feed("scoreboard", parse_scoreboard))

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        """The thirty rosters of today; the results of a date that is over; nothing of a date to come."""
        today = slate_date(now)
        if day < today:
            return [_scoreboard(day)]
        return [_roster(team, day) for team in TEAM_IDS] if day == today else []

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:  # noqa: ARG002 - the protocol's
        """Nothing: it has no past rosters, and a season of results is one request to the NBA."""
        return []


SOURCE: Final[LiveSource] = _Espn()
