"""Analytics layer: what happened game by game, and what is known before tonight's games."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table


class PlayerGameSummary(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    player_lookup: c.PlayerLookup
    player_name: c.PlayerName
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    season: c.Season
    season_type: c.SeasonType
    is_home: c.IsHome
    is_starter: c.IsStarter
    is_win: c.IsWin
    participation: c.Participation
    minutes: c.Minutes
    seconds_played: Annotated[
        int | None, Field(description="Seconds played, rounded; integers so that sums do not depend on order.")
    ]
    points: c.Points
    fgm: c.Fgm
    fga: c.Fga
    fg3m: c.Fg3m
    fg3a: c.Fg3a
    ftm: c.Ftm
    fta: c.Fta
    oreb: c.Oreb
    fgm_paint: c.FgmPaint
    fga_paint: c.FgaPaint
    fgm_mid: c.FgmMid
    fga_mid: c.FgaMid
    plays_used_x100: Annotated[
        int | None, Field(description="Plays ended by the player, in hundredths: 100 x (FGA + TOV) + 44 x FTA.")
    ]
    team_plays_on_court_x100: Annotated[
        int | None, Field(description="Team plays in hundredths, scaled to the player's share of court time.")
    ]
    usage_pct: Annotated[
        float | None, Field(description="100 x plays used / team plays on court (Oliver's usage rate).")
    ]
    box_source: Annotated[
        str,
        Field(
            description="Source of the box score; one without the NBA's ids only where none of those that have them tells of the game."
        ),
    ]


class TeamOffenseGameSummary(Row):
    game_date: c.GameDate
    game_id: c.GameId
    season: c.Season
    season_type: c.SeasonType
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    is_win: Annotated[bool, Field(description="TRUE if the team won.")]
    team_points: c.TeamPoints
    opponent_points: c.OpponentPoints
    team_seconds: c.TeamSeconds
    possessions_x100: c.PossessionsX100
    plays_x100: Annotated[int, Field(description="Plays in hundredths: 100 x (FGA + TOV) + 44 x FTA.")]
    pace: Annotated[float | None, Field(description="Possessions per 48 minutes.")]
    off_rating: Annotated[float | None, Field(description="Points per 100 possessions.")]


class TeamDefenseGameSummary(Row):
    game_date: c.GameDate
    game_id: c.GameId
    season: c.Season
    season_type: c.SeasonType
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    opponent_points: c.OpponentPoints
    opponent_possessions_x100: Annotated[int, Field(description="Opponent's possessions in hundredths.")]
    allowed_two_fgm: Annotated[int, Field(description="Two-pointers made by the opponent.")]
    allowed_two_fga: Annotated[int, Field(description="Two-pointers attempted by the opponent.")]
    allowed_three_fgm: Annotated[int, Field(description="Three-pointers made by the opponent.")]
    allowed_three_fga: Annotated[int, Field(description="Three-pointers attempted by the opponent.")]
    allowed_paint_fgm: Annotated[
        int | None, Field(description="Paint field goals made by the opponent; NULL without zones.")
    ]
    allowed_paint_fga: Annotated[
        int | None, Field(description="Paint field goals attempted by the opponent; NULL without zones.")
    ]
    allowed_mid_fgm: Annotated[
        int | None, Field(description="Mid-range field goals made by the opponent; NULL without zones.")
    ]
    allowed_mid_fga: Annotated[
        int | None, Field(description="Mid-range field goals attempted by the opponent; NULL without zones.")
    ]
    def_rating: Annotated[float | None, Field(description="Points allowed per 100 possessions.")]


class TeamAbsenceGameSummary(Row):
    game_date: c.GameDate
    game_id: c.GameId
    team_abbr: c.TeamAbbr
    absent_players: Annotated[
        int,
        Field(
            description="Rotation players (12 usual minutes, last seen with the team within 45 days) who did not play."
        ),
    ]
    absent_minutes: Annotated[
        float, Field(description="Minutes they usually play: exponential mean, half-life 8 games.")
    ]
    absent_plays: Annotated[float, Field(description="Plays they usually use, likewise.")]
    absent_minutes_guard: Annotated[float, Field(description="Of absent_minutes, those of guards.")]
    absent_minutes_forward: Annotated[float, Field(description="Of absent_minutes, those of forwards.")]
    absent_minutes_center: Annotated[float, Field(description="Of absent_minutes, those of centers.")]


class LinePrices(Row):
    game_date: c.GameDate
    quote_id: c.QuoteId
    source: c.Source
    bookmaker: c.Bookmaker
    book_rank: Annotated[int, Field(description="Rank of the book; unknown books come last.")]
    book_kind: Annotated[str, Field(description="sportsbook, dfs or unknown.")]
    player_name: c.NameAsSpelled
    universal_player_id: c.MaybeUniversalPlayerId
    game_id: c.MaybeGameId
    line: c.Line
    line_x10: c.LineX10
    is_main: c.IsMain
    over_price_american: c.OverPrice
    under_price_american: c.UnderPrice
    snapshot_at: c.SnapshotAt
    tip_at: c.TipAt
    known_until_at: Annotated[
        datetime,
        Field(
            description="Tip-off, or noon Eastern of the slate where tip is unknown: the quote counts only if seen before."
        ),
    ]
    tip_basis: Annotated[str, Field(description="schedule, quote (an odds event seen before noon) or noon_bound.")]
    minutes_before_tip: Annotated[
        int | None,
        Field(description="Minutes from the quote to tip-off (negative in play); NULL where tip is unknown."),
    ]
    is_usable: Annotated[
        bool, Field(description="TRUE if the quote may be a line: resolved, placed in a game, and seen before tip.")
    ]
    rejection_reason: Annotated[
        str | None,
        Field(description="in_play, tip_unknown_after_noon, name_unresolved or no_scheduled_game; NULL if usable."),
    ]


class UpcomingTeamGameContext(Row):
    game_date: c.GameDate
    game_id: c.GameId
    season: c.Season
    season_type: c.SeasonType
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    tip_at: c.TipAt
    as_of_at: c.AsOfAt
    as_of_basis: c.AsOfBasis
    run_mode: c.RunMode
    season_day: Annotated[int, Field(description="Days since the season's first game (0 is opening day).")]
    early_season_flag: c.EarlySeasonFlag
    days_rest: c.DaysRest
    is_back_to_back: c.IsBackToBack
    games_last_7_days: Annotated[int, Field(description="Team games in the 7 days before.")]
    games_last_14_days: Annotated[int, Field(description="Team games in the 14 days before.")]
    back_to_backs_last_14_days: Annotated[
        int, Field(description="Back-to-backs completed in the 14 days before, tonight's included if it is one.")
    ]
    games_scheduled_season: Annotated[int, Field(description="Team games of the season scheduled before the slate.")]
    games_found_season: Annotated[int, Field(description="Of those, games whose box score is in the warehouse.")]
    completeness_pct: c.CompletenessPct
    pace_last_10: Annotated[float | None, Field(description="Possessions per 48 minutes over the last 10 games.")]
    off_rating_last_10: Annotated[float | None, Field(description="Points per 100 possessions over the last 10 games.")]
    def_rating_last_15: Annotated[
        float | None, Field(description="Points allowed per 100 possessions over the last 15 games.")
    ]
    def_rank_last_15: Annotated[
        int | None, Field(description="Rank of that rating among the teams that played before, 1 is the best defence.")
    ]
    teams_ranked: Annotated[int, Field(description="Teams in that ranking.")]
    win_share_season: Annotated[float | None, Field(description="Share of this season's earlier games won, 0-1.")]
    strength_source: Annotated[
        str, Field(description="computed (this season's games), fallback:previous_season or missing:no_games.")
    ]


class UpcomingPlayerGameContext(Row):
    game_date: c.GameDate
    game_id: c.GameId
    universal_player_id: c.UniversalPlayerId
    player_lookup: c.PlayerLookup
    player_name: c.PlayerName
    team_abbr: c.TeamAbbr
    opponent_abbr: c.OpponentAbbr
    is_home: c.IsHome
    season: c.Season
    season_type: c.SeasonType
    tip_at: c.TipAt
    as_of_at: c.AsOfAt
    as_of_basis: c.AsOfBasis
    run_mode: c.RunMode
    roster_source: Annotated[
        str, Field(description="Why the player is on this roster: snapshot, last_box_score or previous_season.")
    ]
    injury_status: c.InjuryStatus
    injury_reason: Annotated[str | None, Field(description="Reason as the report words it.")]
    injury_reported_at: c.InjuryReportedAt
    days_rest: c.DaysRest
    is_back_to_back: c.IsBackToBack
    games_last_7_days: Annotated[int, Field(description="Games the player played in the 7 days before.")]
    seconds_last_7_days: Annotated[int, Field(description="Seconds the player played in the 7 days before.")]
    games_played_season: c.GamesPlayedSeason
    games_played_400_days: Annotated[int, Field(description="Games the player played in the 400 days before.")]
    avg_minutes_last_10: Annotated[
        float | None, Field(description="Mean minutes of the last 10 games played; NULL without any.")
    ]
    team_games_seen_of_last_5: Annotated[
        int, Field(description="Of the team's last 5 games, those the player played in.")
    ]
    last_played_date: Annotated[date | None, Field(description="Latest earlier game played; NULL without any.")]
    has_line: c.HasLine
    current_points_line: c.CurrentLine
    line_source: c.LineSource
    sportsbook: c.Sportsbook
    line_minutes_before_game: c.LineMinutesBeforeGame
    line_snapshot_at: c.LineSnapshotAt
    line_tip_basis: Annotated[
        str | None, Field(description="schedule, quote or noon_bound: how tip was known when the line was accepted.")
    ]
    opening_line: c.OpeningLine
    over_price_american: c.MainOverPrice
    under_price_american: c.MainUnderPrice
    completeness_pct: c.CompletenessPct
    is_complete: Annotated[
        bool, Field(description="TRUE if completeness is at least 70 %, or the season is in its first 14 days.")
    ]
    is_out: Annotated[bool, Field(description="TRUE if the last report before as_of says out or doubtful.")]
    is_eligible: Annotated[
        bool, Field(description="TRUE if (average minutes at least min_minutes or a line) and not out or doubtful.")
    ]
    is_seen_recently: Annotated[bool, Field(description="TRUE if the player played in one of the team's last 5 games.")]
    is_production_ready: c.IsProductionReady
    not_ready_reason: Annotated[
        str | None,
        Field(
            description="Why not: injured_out, incomplete_history, no_line_low_minutes or no_line_not_seen_recently; NULL if ready."
        ),
    ]
    early_season_flag: c.EarlySeasonFlag


PLAYER_GAME_SUMMARY = Table(
    Layer.ANALYTICS,
    "player_game_summary",
    "One row a player-game with identity, box score and usage; a did-not-play is NULL points and a typed status.",
    PlayerGameSummary,
    ("game_date", "game_id", "universal_player_id"),
    "game_date",
    ("universal_player_id",),
    reads=(
        "nba_raw.player_box_scores",
        "nba_raw.box_score_reports",
        "nba_reference.nba_players_registry",
        "nba_reference.source_people",
    ),
    is_sql_built=True,
)
TEAM_OFFENSE_GAME_SUMMARY = Table(
    Layer.ANALYTICS,
    "team_offense_game_summary",
    "One row a team-game: points, possessions, pace, offensive rating.",
    TeamOffenseGameSummary,
    ("game_date", "game_id", "team_abbr"),
    "game_date",
    ("team_abbr",),
    reads=("nba_analytics.player_game_summary",),
    is_sql_built=True,
)
TEAM_DEFENSE_GAME_SUMMARY = Table(
    Layer.ANALYTICS,
    "team_defense_game_summary",
    "One row a team-game: what the team allowed, by zone where the source has zones.",
    TeamDefenseGameSummary,
    ("game_date", "game_id", "team_abbr"),
    "game_date",
    ("team_abbr",),
    reads=("nba_analytics.player_game_summary",),
    is_sql_built=True,
)
TEAM_ABSENCE_GAME_SUMMARY = Table(
    Layer.ANALYTICS,
    "team_absence_game_summary",
    "What each team's rotation lacked in each game: who usually plays and did not.",
    TeamAbsenceGameSummary,
    ("game_date", "game_id", "team_abbr"),
    "game_date",
    ("team_abbr",),
    reads=("nba_raw.player_list", "nba_analytics.player_game_summary"),
    is_sql_built=True,
)
LINE_PRICES = Table(
    Layer.ANALYTICS,
    "line_prices",
    "Each book's real quotes with the person, the game and whether they may be used: facts, never our ladder.",
    LinePrices,
    ("game_date", "quote_id"),
    "game_date",
    ("universal_player_id", "bookmaker"),
    reads=(
        "nba_raw.player_points_quotes",
        "nba_raw.schedule",
        "nba_raw.team_rosters",
        "nba_reference.name_resolution",
        "nba_reference.bookmakers",
    ),
    is_sql_built=True,
    requires_filter=True,
)
UPCOMING_TEAM_GAME_CONTEXT = Table(
    Layer.ANALYTICS,
    "upcoming_team_game_context",
    "Two rows a game: what is known of each team before it, and the instant of knowledge (as_of).",
    UpcomingTeamGameContext,
    ("game_date", "game_id", "team_abbr"),
    "game_date",
    ("team_abbr",),
    reads=(
        "nba_raw.schedule",
        "nba_analytics.line_prices",
        "nba_analytics.team_offense_game_summary",
        "nba_analytics.team_defense_game_summary",
    ),
    reads_before=("nba_analytics.team_offense_game_summary", "nba_analytics.team_defense_game_summary"),
    is_sql_built=True,
)
UPCOMING_PLAYER_GAME_CONTEXT = Table(
    Layer.ANALYTICS,
    "upcoming_player_game_context",
    "Everyone on the two rosters of each game as known before the date: status, rest, line and its lineage, readiness and why not.",
    UpcomingPlayerGameContext,
    ("game_date", "game_id", "universal_player_id"),
    "game_date",
    ("universal_player_id",),
    reads=(
        "nba_raw.team_rosters",
        "nba_raw.injury_reports",
        "nba_reference.name_resolution",
        "nba_reference.nba_players_registry",
        "nba_analytics.player_game_summary",
        "nba_analytics.team_offense_game_summary",
        "nba_analytics.line_prices",
        "nba_analytics.upcoming_team_game_context",
    ),
    reads_before=("nba_analytics.player_game_summary", "nba_analytics.team_offense_game_summary"),
    is_sql_built=True,
)
