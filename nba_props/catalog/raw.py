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
    home_spread: Annotated[float | None, Field(description="Point spread of the home team (negative is favourite).")]
    total_line: Annotated[float | None, Field(description="Total points line of the game.")]
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
    is_starter: Annotated[
        bool | None, Field(description="TRUE if the player started; NULL where the source does not say.")
    ]
    is_win: Annotated[bool, Field(description="TRUE if the player's team won.")]
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
    oreb: Annotated[int | None, Field(description="Offensive rebounds.")]
    dreb: Annotated[int | None, Field(description="Defensive rebounds.")]
    reb: Annotated[int | None, Field(description="Rebounds.")]
    ast: Annotated[int | None, Field(description="Assists.")]
    stl: Annotated[int | None, Field(description="Steals.")]
    blk: Annotated[int | None, Field(description="Blocks.")]
    tov: Annotated[int | None, Field(description="Turnovers.")]
    pf: Annotated[int | None, Field(description="Personal fouls.")]
    plus_minus: Annotated[int | None, Field(description="Plus-minus.")]
    fgm_paint: c.FgmPaint
    fga_paint: c.FgaPaint
    fgm_mid: c.FgmMid
    fga_mid: c.FgaMid
    source: c.Source
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


class TeamRosters(Row):
    roster_date: RosterDate
    team_abbr: c.TeamAbbr
    source_player_id: c.SourcePlayerId
    player_name: c.NameAsSpelled
    roster_source: Annotated[
        str,
        Field(
            description="snapshot (a roster known that morning), last_box_score (latest appearance this season) or previous_season (days 0-13)."
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
    table_name: Annotated[str, Field(description="Table the row was meant for.")]
    season: c.Season
    source: c.Source
    reason: c.Reason
    row_json: Annotated[str, Field(description="The row as received.")]


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
TEAM_ROSTERS = Table(
    Layer.RAW,
    "team_rosters",
    "Rosters of all teams as known before each date: published ones where a source has them, else derived from earlier box scores.",
    TeamRosters,
    ("roster_date", "source_player_id"),
    "roster_date",
    ("team_abbr",),
    reads=("nba_raw.roster_snapshots", "nba_raw.player_box_scores", "nba_raw.schedule"),
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
ARCHIVE_IMPORTS = Table(
    Layer.RAW,
    "archive_imports",
    "What each imported archive held, per season and table.",
    ArchiveImports,
    ("archive_id", "season", "table_name"),
    kind=TableKind.OPERATIONAL,
)
