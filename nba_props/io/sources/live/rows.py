"""What the rows of each sheet must look like: one model a sheet, the archive's own where it has one.

Types, ranges, vocabularies and what must hold between fields are declared once, in `archive.payloads`; here stand only the
rows that no archive brings.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from nba_props.io.sources.archive.payloads import (
    AmericanPrice,
    BoxNumbers,
    Count,
    Flag,
    Game,
    GameId,
    InjuryEntry,
    Instant,
    Name,
    Payload,
    Person,
    PersonId,
    PlayerBox,
    PointsQuote,
    Reason,
    Rule,
    SeasonLabel,
    SlateDay,
    Spread,
    Team,
    TeamScore,
    Text,
    Total,
)
from nba_props.io.sources.live.contract import Sheet

Wins = Annotated[int, Field(ge=0, le=82)]
Rank = Annotated[int, Field(ge=1, le=15)]
SourcePerson = Annotated[str, Field(min_length=1, max_length=100)]
"""A person's id in the source's own space, or the name as spelled where the source has no ids."""


class LiveBox(PlayerBox):
    """One player's box score under the NBA's own ids; who did not play has no minutes, and may have the official comment."""

    comment: Text | None = None


class GameScore(Payload):
    """A final score; a source without the NBA's game ids leaves the game to be found by date and teams."""

    game_id: GameId | None = None
    game_date: SlateDay
    home_abbr: Team
    away_abbr: Team
    home_pts: TeamScore
    away_pts: TeamScore

    rules = (Rule(Reason.SCORE_TIED, lambda rows: rows["home_pts"] == rows["away_pts"]),)


class ShotZones(Payload):
    """One player's shots by zone on a date (nobody plays twice on one)."""

    game_date: SlateDay
    player_id: PersonId
    player_name: Name
    team_abbr: Team
    fgm_paint: Count
    fga_paint: Count
    fgm_mid: Count
    fga_mid: Count

    rules = (
        Rule(
            Reason.MORE_MADE_THAN_ATTEMPTED,
            lambda rows: (rows["fgm_paint"] > rows["fga_paint"]) | (rows["fgm_mid"] > rows["fga_mid"]),
        ),
    )


class _ReportedInGame(Payload):
    """Whose box score, by the source's own id, of the game of these teams on this date."""

    game_date: SlateDay
    home_abbr: Team
    away_abbr: Team
    team_abbr: Team
    source_person_id: SourcePerson
    player_name: Name
    started: Flag | None = None


class BoxReport(BoxNumbers, _ReportedInGame):
    """One player's box score as told by a source without the NBA's ids."""


class RosterReport(Payload):
    """One player's place on a team as a source published it on a date."""

    roster_date: SlateDay
    team_abbr: Team
    source_person_id: SourcePerson
    player_name: Name


class GameLineQuote(Payload):
    """One book's spread and total of a game at an instant."""

    game_date: SlateDay
    home_abbr: Team
    away_abbr: Team
    event_id: Text
    bookmaker: Name
    snapshot_utc: Instant
    tip_utc: Instant
    home_spread: Spread | None = None
    home_spread_price: AmericanPrice | None = None
    away_spread_price: AmericanPrice | None = None
    total_line: Total | None = None
    over_price: AmericanPrice | None = None
    under_price: AmericanPrice | None = None


class Standing(Payload):
    """A team's record as told on a date."""

    standings_date: SlateDay
    season: SeasonLabel
    team_abbr: Team
    wins: Wins
    losses: Wins
    conference_rank: Rank
    home_record: Text | None = None
    road_record: Text | None = None


MODELS: Final[Mapping[Sheet, type[Payload]]] = {
    Sheet.SCHEDULE: Game,
    Sheet.RESULTS: GameScore,
    Sheet.GAME_LINES: GameLineQuote,
    Sheet.BOX_SCORES: LiveBox,
    Sheet.SHOT_ZONES: ShotZones,
    Sheet.BOX_REPORTS: BoxReport,
    Sheet.ROSTERS: RosterReport,
    Sheet.QUOTES: PointsQuote,
    Sheet.INJURIES: InjuryEntry,
    Sheet.PEOPLE: Person,
    Sheet.STANDINGS: Standing,
}
"""The model that the rows of a sheet are held to."""
