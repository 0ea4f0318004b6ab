"""Shared column vocabulary: a column used by more than one table is described here, once.

A column of a single table is described in that table's row model. `Maybe…` is the nullable twin of a column that other
tables require.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

# -- identity ---------------------------------------------------------------------------------------------------------
GameDate = Annotated[date, Field(description="US/Eastern slate date of the game.")]
GameId = Annotated[
    str,
    Field(
        description="NBA game id (002 regular, 004 playoffs, 005 play-in, 006 cup final), or source:id where the NBA's is unknown."
    ),
]
MaybeGameId = Annotated[str | None, Field(description="NBA game id; NULL where no scheduled game was found.")]
Season = Annotated[str, Field(description="Season label such as 2023-24.")]
SeasonType = Annotated[
    str, Field(description="Regular Season, Play-In, Playoffs, NBA Cup Final, Preseason or All-Star.")
]
UniversalPlayerId = Annotated[
    str, Field(description="Stable id of a person across teams and seasons: nba_{NBA player id}.")
]
MaybeUniversalPlayerId = Annotated[
    str | None, Field(description="Stable id of a person; NULL while the name is unresolved.")
]
PlayerLookup = Annotated[str, Field(description="Normalised name key, suffix kept: lebronjames, garytrentjr.")]
PlayerName = Annotated[str, Field(description="Name as the registry spells it.")]
NameAsSpelled = Annotated[str, Field(description="Name exactly as the source spells it.")]
SourcePlayerId = Annotated[int, Field(description="The source's own player id (NBA person id).")]
TeamAbbr = Annotated[str, Field(description="NBA tricode of the team.")]
OpponentAbbr = Annotated[str, Field(description="NBA tricode of the opponent.")]
HomeTeam = Annotated[str, Field(description="NBA tricode of the home team.")]
AwayTeam = Annotated[str, Field(description="NBA tricode of the away team.")]
MaybeHomeTeam = Annotated[
    str | None, Field(description="NBA tricode of the home team; NULL where the source does not say.")
]
MaybeAwayTeam = Annotated[
    str | None, Field(description="NBA tricode of the away team; NULL where the source does not say.")
]
IsHome = Annotated[bool, Field(description="TRUE for the home team.")]
SourcePersonId = Annotated[
    str,
    Field(description="A person's id in the source's own space, or the name as spelled where the source has no ids."),
]
Source = Annotated[str, Field(description="Where the row came from, e.g. archive.")]
PayloadRef = Annotated[str, Field(description="Landing-zone path of the bytes this row was parsed from.")]
TipAt = Annotated[datetime | None, Field(description="Scheduled tip-off, UTC; NULL where unknown.")]

# -- box score --------------------------------------------------------------------------------------------------------
Participation = Annotated[
    str,
    Field(
        description="played, no_minutes, dnp_coach_decision, dnp_injury or dnp_other; never inferred from zero points."
    ),
]
Minutes = Annotated[float | None, Field(description="Minutes played; NULL for a player who did not play.")]
Points = Annotated[int | None, Field(description="Points scored; NULL, not 0, for a player who did not play.")]
Fgm = Annotated[int | None, Field(description="Field goals made.")]
Fga = Annotated[int | None, Field(description="Field goals attempted.")]
Fg3m = Annotated[int | None, Field(description="Three-pointers made.")]
Fg3a = Annotated[int | None, Field(description="Three-pointers attempted.")]
Ftm = Annotated[int | None, Field(description="Free throws made.")]
Fta = Annotated[int | None, Field(description="Free throws attempted.")]
Oreb = Annotated[int | None, Field(description="Offensive rebounds.")]
Dreb = Annotated[int | None, Field(description="Defensive rebounds.")]
Reb = Annotated[int | None, Field(description="Rebounds.")]
Ast = Annotated[int | None, Field(description="Assists.")]
Stl = Annotated[int | None, Field(description="Steals.")]
Blk = Annotated[int | None, Field(description="Blocks.")]
Tov = Annotated[int | None, Field(description="Turnovers.")]
Pf = Annotated[int | None, Field(description="Personal fouls.")]
PlusMinus = Annotated[int | None, Field(description="Plus-minus.")]
IsStarter = Annotated[bool | None, Field(description="TRUE if the player started; NULL where the source does not say.")]
IsWin = Annotated[bool, Field(description="TRUE if the player's team won.")]
FgmPaint = Annotated[
    int | None, Field(description="Field goals made in the paint (<= 8 ft); NULL where the source has no zones.")
]
FgaPaint = Annotated[
    int | None, Field(description="Field goals attempted in the paint; NULL where the source has no zones.")
]
FgmMid = Annotated[int | None, Field(description="Mid-range field goals made; NULL where the source has no zones.")]
FgaMid = Annotated[
    int | None, Field(description="Mid-range field goals attempted; NULL where the source has no zones.")
]

HomeSpread = Annotated[float | None, Field(description="Point spread of the home team (negative is favourite).")]
TotalLine = Annotated[float | None, Field(description="Total points line of the game.")]

# -- quotes and lines -------------------------------------------------------------------------------------------------
Bookmaker = Annotated[
    str, Field(description="Sportsbook or DFS operator key as the source spells it, e.g. draftkings.")
]
Line = Annotated[float, Field(description="Points line as quoted.")]
LineX10 = Annotated[
    int, Field(description="The line in integer tenths (25.5 is 255): lines are compared and keyed exactly.")
]
QuoteId = Annotated[str, Field(description="Content hash of the quote: the same quote imported twice is one row.")]
SnapshotAt = Annotated[datetime, Field(description="When the quote was seen, UTC.")]
IsMain = Annotated[bool, Field(description="TRUE for the book's main line, FALSE for an alternate.")]
OverPrice = Annotated[float | None, Field(description="American price of the over.")]
UnderPrice = Annotated[float | None, Field(description="American price of the under.")]

# -- time -------------------------------------------------------------------------------------------------------------
AsOfAt = Annotated[datetime, Field(description="Instant of knowledge: nothing seen at or after it was used. UTC.")]
AsOfBasis = Annotated[str, Field(description="live, tip_minus_30, noon_bound (tip unknown) or explicit.")]
CreatedAt = Annotated[datetime, Field(description="When the row was first written, UTC.")]
UpdatedAt = Annotated[datetime, Field(description="When the row last changed, UTC.")]

# -- context ----------------------------------------------------------------------------------------------------------
DaysRest = Annotated[
    int | None,
    Field(description="Whole days without a game before this one (0 is a back-to-back); NULL before a first game."),
]
IsBackToBack = Annotated[bool, Field(description="TRUE if the team also plays the day before.")]
InjuryStatus = Annotated[
    str | None,
    Field(
        description="available, probable, questionable, doubtful or out, from the last report before as_of; NULL where no report names the player."
    ),
]
InjuryReportedAt = Annotated[datetime | None, Field(description="When that injury report was seen, UTC.")]
HasLine = Annotated[bool, Field(description="TRUE if a usable points line was known at as_of.")]
CurrentLine = Annotated[float | None, Field(description="Main points line at as_of; NULL without one.")]
LineSource = Annotated[
    str | None, Field(description="How the main line was chosen: sportsbook, dfs; NULL without a line.")
]
Sportsbook = Annotated[str | None, Field(description="Book whose main line is used.")]
LineMinutesBeforeGame = Annotated[
    int | None, Field(description="Minutes from the quote to tip-off; NULL where tip is unknown.")
]
LineSnapshotAt = Annotated[datetime | None, Field(description="When the main line was seen, UTC.")]
OpeningLine = Annotated[float | None, Field(description="The same book's first usable line of the slate.")]
MainOverPrice = Annotated[float | None, Field(description="American over price of the main line.")]
MainUnderPrice = Annotated[float | None, Field(description="American under price of the main line.")]
CompletenessPct = Annotated[
    float | None,
    Field(
        description="0-100: the team's earlier games of the season with a box score, of those it played; NULL before its first game."
    ),
]
IsProductionReady = Annotated[
    bool,
    Field(
        description="TRUE if a prediction is expected: complete, eligible, and seen in the team's last games or quoted."
    ),
]
EarlySeasonFlag = Annotated[
    bool, Field(description="TRUE on days 0-13 of a season, when completeness cannot be asked for.")
]
GamesPlayedSeason = Annotated[int, Field(description="Games the player played this season before the slate.")]
ZoneSource = Annotated[
    str, Field(description="shot_zones, two_three_split (the source has no zones) or none (no attempts yet).")
]

# -- team strength ----------------------------------------------------------------------------------------------------
PossessionsX100 = Annotated[
    int,
    Field(
        description="Possessions in hundredths: 100 x (FGA - OREB + TOV) + 44 x FTA; integers sum exactly in any order."
    ),
]
TeamSeconds = Annotated[int, Field(description="Player-seconds of the team in the game (5 x 2880 without overtime).")]
TeamPoints = Annotated[int, Field(description="Points of the team.")]
OpponentPoints = Annotated[int, Field(description="Points of the opponent.")]

# -- predictions ------------------------------------------------------------------------------------------------------
SystemId = Annotated[
    str,
    Field(description="Prediction system, e.g. moving_average or ensemble_v1; see nba_props/domain/systems."),
]
BatchId = Annotated[str, Field(description="Batch id: batch_{date}_{epoch}.")]
RunMode = Annotated[str, Field(description="live (made for a slate not yet over) or backfill.")]
FeatureQualityScore = Annotated[
    float | None,
    Field(description="0-100 over the features the source can give: computed 100, fallback 60, missing 0."),
]
FeatureVersion = Annotated[str, Field(description="Feature list, e.g. v1_baseline_25.")]
FeaturesHash = Annotated[str, Field(description="Hash of the feature vector and its provenance, as used.")]
PredictedPoints = Annotated[
    float | None,
    Field(
        description="Independent projection: mean of its distribution, which never saw a line; NULL with a prediction_error_code."
    ),
]
PredictedMedian = Annotated[float | None, Field(description="Median of the independent distribution, points.")]
Interval80Low = Annotated[float | None, Field(description="10 % quantile of the independent distribution, points.")]
Interval80High = Annotated[float | None, Field(description="90 % quantile of the independent distribution, points.")]
Recommendation = Annotated[str, Field(description="OVER, UNDER or PASS.")]
ConfidenceScore = Annotated[
    float | None,
    Field(description="0-1: probability of the likelier side of the line, pushes aside; NULL without a line."),
]
CurrentPointsLine = Annotated[float | None, Field(description="The rung this row prices; NULL without a line.")]
LineKey = Annotated[
    int, Field(description="Line in integer tenths, -1 where there is no line: part of every key, never NULL.")
]
HasPropLine = Annotated[bool, Field(description="TRUE if the row prices a line.")]
IsMainLine = Annotated[
    bool, Field(description="TRUE for the rung that is the main line (or the row of a player without one).")
]
PredictionId = Annotated[
    str,
    Field(
        description="Hash of game, player, system, line, model version and inputs: identical content is the same id."
    ),
]
MadeBeforeGame = Annotated[
    bool, Field(description="TRUE if the row was created before tip-off; only such rows are graded as live.")
]
OverProb = Annotated[
    float | None, Field(description="P(points > line) of the anchored distribution, 0-1: the one to act on.")
]
UnderProb = Annotated[float | None, Field(description="P(points < line) of the anchored distribution, 0-1.")]
PushProb = Annotated[float | None, Field(description="P(points = line), 0-1; 0 for half lines.")]
IndependentOverProb = Annotated[
    float | None, Field(description="P(points > line) of the independent distribution, 0-1.")
]
DistributionVersion = Annotated[
    str, Field(description="Version of the spread, e.g. power_normal_v1 or that of a month's calibration.")
]
DistributionLocation = Annotated[
    float | None, Field(description="Location of the independent distribution on the scale (points + 1)^0.7.")
]
DistributionScale = Annotated[float | None, Field(description="Scale of the independent distribution on that scale.")]
AnchoredPoints = Annotated[
    float | None,
    Field(description="Market-anchored projection: mean of the anchored distribution; NULL without a line."),
]
AnchoredMedian = Annotated[
    float | None, Field(description="Median of the anchored distribution, points; NULL without a line.")
]
AnchoredLocation = Annotated[
    float | None, Field(description="Location of the anchored distribution; NULL without a line.")
]
AnchoredScale = Annotated[float | None, Field(description="Scale of the anchored distribution; NULL without a line.")]
MarketOverProb = Annotated[
    float | None,
    Field(
        description="The book's P(points > line), pushes aside, its vig removed; NULL without a two-sided price of this line."
    ),
]
DevigMethod = Annotated[
    str | None, Field(description="How the vig was removed: multiplicative, power or shin; NULL with market_over_prob.")
]
ExpectedValue = Annotated[
    float | None,
    Field(
        description="Expected profit of one unit on the recommended side at the listed price; NULL for PASS and unless is_value_proven."
    ),
]
IsValueProven = Annotated[
    bool,
    Field(
        description="TRUE if probabilities passed the bar on graded rows before the month: only then is value stated."
    ),
]
ProjectedMinutes = Annotated[
    float | None, Field(description="Expected minutes if the player plays; NULL where the system projects none.")
]
ModelVersion = Annotated[str, Field(description="Version of the system or model that answered, variants included.")]

# -- operations -------------------------------------------------------------------------------------------------------
RunId = Annotated[str | None, Field(description="Dagster run that wrote the row.")]
StartedAt = Annotated[datetime, Field(description="Start, UTC.")]
Reason = Annotated[str, Field(description="Why, as a typed code.")]
Detail = Annotated[str | None, Field(description="The reason in words.")]
