"""Raw layer: what sources said, as rows. Names stay as spelled; team codes, game ids and dates are canonical already."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table, TableKind


class Schedule(Row):
    game_id: c.GameId
    game_date: c.GameDate
    season: c.Season
    season_type: c.SeasonType
    home_team: c.HomeTeam
    away_team: c.AwayTeam
    tip_at: c.TipAt
    source: c.Source
    payload_ref: c.PayloadRef


class GameResults(Row):
    game_id: c.GameId
    game_date: c.GameDate
    home_points: Annotated[int, Field(description="Final points of the home team.")]
    away_points: Annotated[int, Field(description="Final points of the away team.")]
    source: c.Source
    payload_ref: c.PayloadRef


class GameLines(Row):
    game_id: c.GameId
    game_date: c.GameDate
    home_spread: c.HomeSpread
    total_line: c.TotalLine
    is_evaluation_only: Annotated[
        bool, Field(description="TRUE where the source gives no snapshot time: never an input of a prediction.")
    ]
    source: c.Source
    payload_ref: c.PayloadRef


class PlayerBoxScores(Row):
    game_id: c.GameId
    game_date: c.GameDate
    season: c.Season
    season_type: c.SeasonType
    source_player_id: c.SourcePlayerId
    player_name: c.NameAsSpelled
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    is_starter: c.IsStarter
    is_win: c.IsWin
    participation: c.Participation
    dnp_comment: Annotated[
        str | None, Field(description="The official comment of a player who did not play, as spelled.")
    ]
    minutes: c.Minutes
    points: c.Points
    fgm: c.Fgm
    fga: c.Fga
    fg3m: c.Fg3m
    fg3a: c.Fg3a
    ftm: c.Ftm
    fta: c.Fta
    oreb: c.Oreb
    dreb: c.Dreb
    reb: c.Reb
    ast: c.Ast
    stl: c.Stl
    blk: c.Blk
    tov: c.Tov
    pf: c.Pf
    plus_minus: c.PlusMinus
    fgm_paint: c.FgmPaint
    fga_paint: c.FgaPaint
    fgm_mid: c.FgmMid
    fga_mid: c.FgaMid
    source: c.Source
    payload_ref: c.PayloadRef


class BoxScoreReports(Row):
    source: c.Source
    game_id: c.GameId
    game_date: c.GameDate
    season: c.Season
    season_type: c.SeasonType
    source_person_id: c.SourcePersonId
    player_name: c.NameAsSpelled
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    is_starter: c.IsStarter
    is_win: c.IsWin
    participation: c.Participation
    minutes: c.Minutes
    points: c.Points
    fgm: c.Fgm
    fga: c.Fga
    fg3m: c.Fg3m
    fg3a: c.Fg3a
    ftm: c.Ftm
    fta: c.Fta
    oreb: c.Oreb
    dreb: c.Dreb
    reb: c.Reb
    ast: c.Ast
    stl: c.Stl
    blk: c.Blk
    tov: c.Tov
    pf: c.Pf
    plus_minus: c.PlusMinus
    fgm_paint: c.FgmPaint
    fga_paint: c.FgaPaint
    fgm_mid: c.FgmMid
    fga_mid: c.FgaMid
    payload_ref: c.PayloadRef


class PlayerPointsQuotes(Row):
    quote_id: c.QuoteId
    game_date: c.GameDate
    source: c.Source
    bookmaker: c.Bookmaker
    player_name: c.NameAsSpelled
    line: c.Line
    line_x10: c.LineX10
    is_main: c.IsMain
    line_type: Annotated[str | None, Field(description="Line type as the source words it.")]
    over_price_american: c.OverPrice
    under_price_american: c.UnderPrice
    snapshot_at: c.SnapshotAt
    tip_at: c.TipAt
    is_pre_tip: Annotated[
        bool | None, Field(description="The source's own word on pre-tip; NULL where it does not know.")
    ]
    event_id: Annotated[str | None, Field(description="The source's event id.")]
    home_team: c.MaybeHomeTeam
    away_team: c.MaybeAwayTeam
    payload_ref: c.PayloadRef


class InjuryReports(Row):
    game_date: c.GameDate
    team_abbr: c.TeamAbbr
    player_name: c.NameAsSpelled
    injury_status: Annotated[str, Field(description="available, probable, questionable, doubtful or out.")]
    injury_reason: Annotated[str | None, Field(description="Reason as the report words it.")]
    injury_reported_at: Annotated[datetime, Field(description="When the report was seen, UTC.")]
    source: c.Source
    payload_ref: c.PayloadRef


RosterDate = Annotated[date, Field(description="US/Eastern date on whose morning the roster was known.")]


class RosterSnapshots(Row):
    roster_date: RosterDate
    team_abbr: c.TeamAbbr
    source_player_id: c.SourcePlayerId
    player_name: c.NameAsSpelled
    source: c.Source
    payload_ref: c.PayloadRef


class RosterReports(Row):
    roster_date: RosterDate
    source: c.Source
    team_abbr: c.TeamAbbr
    source_person_id: c.SourcePersonId
    player_name: c.NameAsSpelled
    payload_ref: c.PayloadRef


class GameLineQuotes(Row):
    game_date: c.GameDate
    source: c.Source
    event_id: Annotated[str, Field(description="The source's event id.")]
    bookmaker: c.Bookmaker
    snapshot_at: c.SnapshotAt
    home_team: c.HomeTeam
    away_team: c.AwayTeam
    tip_at: c.TipAt
    home_spread: c.HomeSpread
    home_spread_price: Annotated[float | None, Field(description="American price of the home team against the spread.")]
    away_spread_price: Annotated[float | None, Field(description="American price of the away team against the spread.")]
    total_line: c.TotalLine
    over_price_american: c.OverPrice
    under_price_american: c.UnderPrice
    payload_ref: c.PayloadRef


class Standings(Row):
    standings_date: Annotated[date, Field(description="US/Eastern date on which the standings were told.")]
    source: c.Source
    season: c.Season
    team_abbr: c.TeamAbbr
    wins: Annotated[int, Field(description="Games won.")]
    losses: Annotated[int, Field(description="Games lost.")]
    conference_rank: Annotated[int, Field(description="Place in the conference, from 1.")]
    home_record: Annotated[str | None, Field(description="Wins and losses at home, as the source words them.")]
    road_record: Annotated[str | None, Field(description="Wins and losses on the road, as the source words them.")]
    payload_ref: c.PayloadRef


class TeamRosters(Row):
    roster_date: RosterDate
    team_abbr: c.TeamAbbr
    source_player_id: c.SourcePlayerId
    player_name: c.NameAsSpelled
    roster_source: Annotated[
        str,
        Field(
            description="snapshot (a roster with the NBA's ids, known that morning), espn or basketball_reference (one of those sources' rosters), last_box_score (latest appearance this season) or previous_season (days 0-13)."
        ),
    ]
    last_seen_date: Annotated[
        date | None, Field(description="Latest earlier game in which a box score names the player for this team.")
    ]


class PlayerList(Row):
    source_player_id: c.SourcePlayerId
    player_name: c.NameAsSpelled
    position: Annotated[str | None, Field(description="Position as the source words it.")]
    height: Annotated[str | None, Field(description="Height, feet-inches.")]
    weight_lb: Annotated[float | None, Field(description="Weight in pounds.")]
    birth_date: Annotated[date | None, Field(description="Date of birth.")]
    source: c.Source
    payload_ref: c.PayloadRef


class SourceCapabilities(Row):
    season: c.Season
    capability: Annotated[
        str,
        Field(
            description="shot_zones, injury_reports, roster_snapshots, player_quotes, did_not_play, starters, tip_times or game_lines."
        ),
    ]
    is_available: Annotated[bool, Field(description="TRUE if the season's source offers it at all.")]
    detail: Annotated[str, Field(description="What its absence costs, or where it comes from.")]


class QuarantinedRows(Row):
    payload_ref: c.PayloadRef
    row_number: Annotated[int, Field(description="Row of the payload, from 0.")]
    table_name: Annotated[
        str, Field(description="Table the row was meant for; shot_zones become columns of box scores.")
    ]
    season: c.Season
    source: c.Source
    reason: c.Reason
    row_json: Annotated[str, Field(description="The row as received.")]


class LandedPayloads(Row):
    payload_ref: c.PayloadRef
    fetched_at: Annotated[datetime, Field(description="When the bytes were fetched, UTC.")]
    source: c.Source
    feed: Annotated[str, Field(description="Kind of document of the source.")]
    filed_date: Annotated[date, Field(description="US/Eastern date that the document tells of.")]
    label: Annotated[str, Field(description="Tells documents of one feed and date apart: team, event, page; or empty.")]
    outcome: Annotated[str, Field(description="content, or not_published: the source says there is no such document.")]
    status_code: Annotated[int, Field(description="HTTP status of the answer.")]
    size_bytes: Annotated[int, Field(description="Bytes as received.")]
    is_empty_slate: Annotated[bool, Field(description="TRUE if the document says itself that there is nothing.")]
    is_superseded: Annotated[
        bool,
        Field(
            description="TRUE if a later answer to the same request tells all of it again, so that it is not read: no rows, and none missing."
        ),
    ]
    rows_read: Annotated[int, Field(description="Rows read, of every kind.")]
    rows_kept: Annotated[int, Field(description="Rows in force: accepted, and told by no later or better payload.")]
    rows_duplicate: Annotated[int, Field(description="Accepted rows that a later or better payload tells too.")]
    rows_quarantined: Annotated[int, Field(description="Rows refused, with reasons in quarantined_rows.")]
    rejection_reason: Annotated[
        str | None, Field(description="Why nothing of the payload became a row; NULL if it could be read.")
    ]


class ArchiveImports(Row):
    archive_id: Annotated[str, Field(description="Content hash of the archive's files.")]
    season: c.Season
    table_name: Annotated[str, Field(description="Raw table the counts are of.")]
    rows_read: Annotated[int, Field(description="Rows read for the season.")]
    rows_kept: Annotated[int, Field(description="Distinct rows kept.")]
    rows_duplicate: Annotated[int, Field(description="Rows equal in grain to another row of the archive.")]
    rows_quarantined: Annotated[int, Field(description="Rows refused, with reasons in quarantined_rows.")]


SCHEDULE = Table(
    Layer.RAW,
    "schedule",
    "Games as scheduled: teams, date, tip. Facts known before the slate; no result.",
    Schedule,
    ("game_id",),
    "game_date",
    ("home_team",),
)
GAME_RESULTS = Table(Layer.RAW, "game_results", "Final scores.", GameResults, ("game_id",), "game_date")
GAME_LINES = Table(Layer.RAW, "game_lines", "Spreads and totals.", GameLines, ("game_id",), "game_date")
PLAYER_BOX_SCORES = Table(
    Layer.RAW,
    "player_box_scores",
    "One row a player-game, did-not-play rows included and typed.",
    PlayerBoxScores,
    ("game_id", "source_player_id"),
    "game_date",
    ("team_abbr", "source_player_id"),
)
BOX_SCORE_REPORTS = Table(
    Layer.RAW,
    "box_score_reports",
    "Box scores of sources that do not know the NBA's player ids; persons as they name them.",
    BoxScoreReports,
    ("game_date", "game_id", "source", "source_person_id"),
    "game_date",
    ("team_abbr",),
)
PLAYER_POINTS_QUOTES = Table(
    Layer.RAW,
    "player_points_quotes",
    "Player-points quotes as books gave them, all snapshots, in-play ones included.",
    PlayerPointsQuotes,
    ("game_date", "quote_id"),
    "game_date",
    ("bookmaker", "player_name"),
    requires_filter=True,
)
INJURY_REPORTS = Table(
    Layer.RAW,
    "injury_reports",
    "Injury statuses, all snapshots.",
    InjuryReports,
    ("game_date", "team_abbr", "player_name", "injury_reported_at"),
    "game_date",
    ("team_abbr",),
)
ROSTER_SNAPSHOTS = Table(
    Layer.RAW,
    "roster_snapshots",
    "Rosters as a source published them on a morning.",
    RosterSnapshots,
    ("roster_date", "team_abbr", "source_player_id"),
    "roster_date",
    ("team_abbr",),
)
ROSTER_REPORTS = Table(
    Layer.RAW,
    "roster_reports",
    "Rosters of sources that do not know the NBA's player ids, as they published them on a date.",
    RosterReports,
    ("roster_date", "source", "team_abbr", "source_person_id"),
    "roster_date",
    ("team_abbr",),
)
GAME_LINE_QUOTES = Table(
    Layer.RAW,
    "game_line_quotes",
    "Spreads and totals as books gave them, all snapshots.",
    GameLineQuotes,
    ("game_date", "source", "event_id", "bookmaker", "snapshot_at"),
    "game_date",
    ("bookmaker",),
)
STANDINGS = Table(
    Layer.RAW,
    "standings",
    "Each team's record as told on a date.",
    Standings,
    ("standings_date", "source", "team_abbr"),
    "standings_date",
    ("team_abbr",),
)
TEAM_ROSTERS = Table(
    Layer.RAW,
    "team_rosters",
    "Rosters of all teams as known before each date: published ones where a source has them, else derived from earlier box scores.",
    TeamRosters,
    ("roster_date", "source_player_id"),
    "roster_date",
    ("team_abbr",),
    reads=(
        "nba_raw.roster_snapshots",
        "nba_raw.roster_reports",
        "nba_raw.player_box_scores",
        "nba_raw.schedule",
        "nba_reference.source_people",
    ),
    is_sql_built=True,
)
PLAYER_LIST = Table(
    Layer.RAW,
    "player_list",
    "People the league knows, with what does not change by game.",
    PlayerList,
    ("source_player_id",),
)
SOURCE_CAPABILITIES = Table(
    Layer.RAW,
    "source_capabilities",
    "What each season's source offers; what it cannot give is kept out of scores and null checks.",
    SourceCapabilities,
    ("season", "capability"),
)
QUARANTINED_ROWS = Table(
    Layer.RAW,
    "quarantined_rows",
    "Rows refused at the border, with the reason.",
    QuarantinedRows,
    ("payload_ref", "row_number", "table_name"),
    kind=TableKind.OPERATIONAL,
)
LANDED_PAYLOADS = Table(
    Layer.RAW,
    "landed_payloads",
    "What each landed answer of a live source held, and what became of its rows.",
    LandedPayloads,
    ("payload_ref", "fetched_at"),
    kind=TableKind.OPERATIONAL,
)
ARCHIVE_IMPORTS = Table(
    Layer.RAW,
    "archive_imports",
    "What each imported archive held, per season and table.",
    ArchiveImports,
    ("archive_id", "season", "table_name"),
    kind=TableKind.OPERATIONAL,
)
