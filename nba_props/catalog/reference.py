"""Reference layer: who is who, and what ran."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from nba_props.catalog import columns as c
from nba_props.catalog.model import Layer, Row, Table, TableKind


class NbaPlayersRegistry(Row):
    universal_player_id: c.UniversalPlayerId
    player_lookup: c.PlayerLookup
    player_name: c.PlayerName
    team_abbr: Annotated[
        str, Field(description="NBA tricode, or NONE for a listed person with no game in the history.")
    ]
    season: Annotated[str, Field(description="Season label, or NONE for a listed person with no game in the history.")]
    source_player_id: c.SourcePlayerId
    first_known_date: Annotated[
        date | None,
        Field(
            description="Last date on which the person was NOT yet known: the first box score's, or the day before the first published roster; NULL for listed people, known always."
        ),
    ]
    first_game_date: Annotated[
        date | None,
        Field(description="First box score for this team and season."),
    ]
    last_game_date: Annotated[date | None, Field(description="Latest box score for this team and season.")]
    games: Annotated[int, Field(description="Box scores for this team and season.")]
    is_listed: Annotated[
        bool, Field(description="TRUE if the undated player list names the person (known on every date).")
    ]
    position: Annotated[str | None, Field(description="Position as the player list words it.")]
    birth_date: Annotated[date | None, Field(description="Date of birth, from the player list.")]


class PlayerAliases(Row):
    alias_lookup: Annotated[
        str, Field(description="Normalised spelling that means the same person as canonical_lookup.")
    ]
    canonical_lookup: Annotated[
        str, Field(description="The other spelling; which of the two the registry knows does not matter.")
    ]
    alias_type: Annotated[str, Field(description="nickname, suffix_variation, legal_name or manual.")]
    is_active: Annotated[bool, Field(description="FALSE switches the alias off without forgetting it.")]
    notes: Annotated[str | None, Field(description="Who added it and why.")]
    created_at: c.CreatedAt


class NameResolution(Row):
    game_date: c.GameDate
    player_name: c.NameAsSpelled
    event_key: Annotated[
        str, Field(description="AWAY@HOME of the quoted event, or empty where the source names no teams.")
    ]
    player_lookup: c.PlayerLookup
    universal_player_id: c.UniversalPlayerId
    method: Annotated[
        str, Field(description="registry, alias, or the weaker form that was unique among the slate's teams.")
    ]


class UnresolvedPlayerNames(Row):
    game_date: c.GameDate
    player_name: c.NameAsSpelled
    event_key: Annotated[
        str, Field(description="AWAY@HOME of the quoted event, or empty where the source names no teams.")
    ]
    player_lookup: c.PlayerLookup
    reason: c.Reason
    is_quoted: Annotated[
        bool,
        Field(
            description="TRUE if a book quotes the name, FALSE if only an injury report, roster or box score has it."
        ),
    ]
    occurrences: Annotated[int, Field(description="Rows of the date that carry the name.")]
    suggestions: Annotated[
        str, Field(description="Ranked candidates: name (lookup, score 0-100), best first; empty if none is near.")
    ]


class Bookmakers(Row):
    bookmaker: c.Bookmaker
    display_name: Annotated[str, Field(description="Name for people.")]
    book_rank: Annotated[int, Field(description="1 is asked first for the main line.")]
    book_kind: Annotated[str, Field(description="sportsbook or dfs.")]


class SourcePeople(Row):
    source: c.Source
    source_person_id: c.SourcePersonId
    player_name: c.NameAsSpelled
    team_abbr: c.TeamAbbr
    first_seen_date: Annotated[date, Field(description="First date for which the source names the person so.")]
    universal_player_id: c.MaybeUniversalPlayerId
    source_player_id: Annotated[int | None, Field(description="NBA person id; NULL while the name is unresolved.")]
    first_known_date: Annotated[
        date | None,
        Field(
            description="Last date on which the registry did NOT yet know the person, as there; NULL for people known always."
        ),
    ]
    method: Annotated[
        str,
        Field(
            description="registry, alias, the weaker form that was unique in the team, source_id (told by another spelling of the same id) or unresolved."
        ),
    ]
    reason: Annotated[str | None, Field(description="Why nobody may be assumed; NULL if resolved.")]


class ProcessorRunHistory(Row):
    run_id: Annotated[str, Field(description="Dagster run id.")]
    processor_name: Annotated[str, Field(description="Asset or step, e.g. analytics/player_game_summary.")]
    asset: Annotated[
        str | None, Field(description="Asset the step is of, or whose checks it ran; NULL in rows of older versions.")
    ]
    data_date: Annotated[date | None, Field(description="First date of the range the run was for; NULL where undated.")]
    data_date_end: Annotated[date | None, Field(description="Last date of the range.")]
    status: Annotated[str, Field(description="running, success, failed, skipped or interrupted (stopped or killed).")]
    started_at: c.StartedAt
    finished_at: Annotated[
        datetime | None,
        Field(description="End, UTC, or when it was found that the process had died; NULL while running."),
    ]
    duration_seconds: Annotated[
        float | None, Field(description="Seconds from start to end; NULL where the process died.")
    ]
    rows_written: Annotated[int | None, Field(description="Rows written, where the step writes rows.")]
    skip_reason: Annotated[str | None, Field(description="Why a step was skipped.")]
    error_message: Annotated[str | None, Field(description="The error of a failed step.")]
    dataset_prefix: Annotated[str, Field(description="Dataset prefix in force, empty in production.")]
    code_version: Annotated[str, Field(description="Package version and commit.")]
    bytes_processed: Annotated[
        int | None, Field(description="Bytes the step's statements read; NULL on the embedded warehouse.")
    ]
    bytes_billed: Annotated[
        int | None, Field(description="Bytes BigQuery bills for them; NULL on the embedded warehouse.")
    ]
    slot_ms: Annotated[int | None, Field(description="Slot time of them, ms; NULL on the embedded warehouse.")]
    retries: Annotated[
        int | None,
        Field(description="Requests of the step made again after a limit or a fault; NULL on the embedded warehouse."),
    ]
    process: Annotated[
        str | None, Field(description="Machine and process id that ran it; NULL in rows of older versions.")
    ]
    heartbeat_at: Annotated[
        datetime | None, Field(description="Last sign of life, UTC; renewed while it runs on a shared warehouse.")
    ]


NBA_PLAYERS_REGISTRY = Table(
    Layer.REFERENCE,
    "nba_players_registry",
    "Player x team x season, with ids and the dates between which a box score names the player.",
    NbaPlayersRegistry,
    ("universal_player_id", "team_abbr", "season"),
    cluster_by=("player_lookup",),
    reads=("nba_raw.player_box_scores", "nba_raw.player_list", "nba_raw.roster_snapshots"),
)
PLAYER_ALIASES = Table(
    Layer.REFERENCE,
    "player_aliases",
    "Spellings that mean one person.",
    PlayerAliases,
    ("alias_lookup", "canonical_lookup"),
    kind=TableKind.OPERATIONAL,
)
SOURCE_PEOPLE = Table(
    Layer.REFERENCE,
    "source_people",
    "Which person each source without the NBA's ids means, by its own id, spelling and team.",
    SourcePeople,
    ("source", "source_person_id", "player_name", "team_abbr"),
    reads=(
        "nba_raw.roster_reports",
        "nba_raw.box_score_reports",
        "nba_reference.nba_players_registry",
        "nba_reference.player_aliases",
    ),
)
NAME_RESOLUTION = Table(
    Layer.REFERENCE,
    "name_resolution",
    "Which person each quoted or reported name of a slate is.",
    NameResolution,
    ("game_date", "player_name", "event_key"),
    "game_date",
    ("player_lookup",),
    reads=(
        "nba_raw.player_points_quotes",
        "nba_raw.injury_reports",
        "nba_raw.roster_reports",
        "nba_raw.box_score_reports",
        "nba_raw.team_rosters",
        "nba_raw.schedule",
        "nba_reference.nba_players_registry",
        "nba_reference.player_aliases",
        "nba_reference.source_people",
    ),
    requires_filter=True,
)
UNRESOLVED_PLAYER_NAMES = Table(
    Layer.REFERENCE,
    "unresolved_player_names",
    "The queue: names of a slate that nobody could be bound to without guessing, with ranked suggestions.",
    UnresolvedPlayerNames,
    ("game_date", "player_name", "event_key"),
    "game_date",
    kind=TableKind.OPERATIONAL,
)
BOOKMAKERS = Table(
    Layer.REFERENCE,
    "bookmakers",
    "Books and the order in which they are asked for the main line.",
    Bookmakers,
    ("bookmaker",),
    kind=TableKind.OPERATIONAL,
)
PROCESSOR_RUN_HISTORY = Table(
    Layer.REFERENCE,
    "processor_run_history",
    "One row a run and step, updated as it goes.",
    ProcessorRunHistory,
    ("run_id", "processor_name"),
    kind=TableKind.OPERATIONAL,
)
