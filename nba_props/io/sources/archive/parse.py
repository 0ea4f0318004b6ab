"""An archive as rows of the raw layer: its files read, its kinds of row judged and put together, its seasons chosen.

What rows become together is in `sheets`, what a single row must satisfy in `payloads`; the books are kept by `border`.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from nba_props.catalog.raw import (
    INJURY_REPORTS,
    PLAYER_BOX_SCORES,
    PLAYER_LIST,
    PLAYER_POINTS_QUOTES,
    ROSTER_SNAPSHOTS,
    SCHEDULE,
    SOURCE_CAPABILITIES,
)
from nba_props.io.sources.archive.border import (
    SOURCE,
    UNKNOWN_SEASON,
    Batch,
    Ledger,
    Received,
    kept,
    mark_duplicates,
    row_texts,
    to_rows,
    validate,
)
from nba_props.io.sources.archive.capabilities import capabilities_of
from nba_props.io.sources.archive.columns import arrow_series
from nba_props.io.sources.archive.files import Archive, read
from nba_props.io.sources.archive.layouts import Kind
from nba_props.io.sources.archive.payloads import (
    DidNotPlay,
    FinalScore,
    Game,
    GameLine,
    InjuryEntry,
    Person,
    PlayerBox,
    PointsQuote,
    Reason,
    RosterPlace,
)
from nba_props.io.sources.archive.sheets import (
    TABLE_COLUMNS,
    box_scores_of,
    games_of,
    lines_of,
    of_seasons,
    quotes_of,
    results_of,
    stacked,
    with_game_facts,
    with_season_of,
)

ALL_SEASONS = "all"
"""Season under which rows are counted that belong to none (the player list)."""

_FIRST_TABLE = {
    Kind.PLAYER_BOX: PLAYER_BOX_SCORES,
    Kind.DNP: PLAYER_BOX_SCORES,
    Kind.GAMES: SCHEDULE,
    Kind.POINTS_LINES: PLAYER_POINTS_QUOTES,
    Kind.INJURIES: INJURY_REPORTS,
    Kind.ROSTERS: ROSTER_SNAPSHOTS,
    Kind.PLAYERS: PLAYER_LIST,
}


@dataclass(frozen=True)
class ParsedArchive:
    """Rows by raw table name as the catalogue declares them, the refused rows, and the counts of archive_imports."""

    rows: Mapping[str, pa.Table]
    quarantined: pa.Table
    counts: pa.Table


def parse(archive: Archive, seasons: Set[str] | None = None) -> ParsedArchive:
    """The archive as rows of schedule, game_results, game_lines, player_box_scores, player_points_quotes,
    injury_reports, roster_snapshots, player_list and source_capabilities.

    With `seasons` only rows of these are taken, besides those of no readable season, which are refused anyway, and the
    player list, which has none. A row of a fault is quarantined with one reason and sinks nothing else. Raises BadInput
    for a file that is damaged or has changed since it was discovered.
    """
    received, batches = _read_all(archive)
    ledger = Ledger(lambda _, payload_ref, numbers: row_texts(received[payload_ref], numbers))
    _enter_malformed(ledger, received, batches)
    frames = _frames(batches, seasons)
    rows: dict[str, pa.Table] = {}
    for table, renamed in TABLE_COLUMNS:
        ledger.enter(table.name, frames[table.name])
        rows[table.name] = to_rows(table, frames[table.name], renamed)
    rows[SOURCE_CAPABILITIES.name] = capabilities_of({name: kept(frame) for name, frame in frames.items()})
    return ParsedArchive(rows, ledger.quarantined(), ledger.counts(archive.archive_id))


@dataclass(frozen=True)
class _Batches:
    by_kind: Mapping[Kind, list[Batch]]

    def __getitem__(self, kind: Kind) -> list[Batch]:
        return self.by_kind.get(kind, [])


def _read_all(archive: Archive) -> tuple[dict[str, Received], _Batches]:
    received: dict[str, Received] = {}
    by_kind: dict[Kind, list[Batch]] = {}
    for file in archive.files:
        whole, parts = read(archive, file)
        received[whole.payload_ref] = whole
        for kind, batch in parts:
            by_kind.setdefault(kind, []).append(batch)
    return received, _Batches(by_kind)


def _enter_malformed(ledger: Ledger, received: Mapping[str, Received], batches: _Batches) -> None:
    """The lines of CSV files that were no rows at all, under the first table of their file."""
    first_kind: dict[str, Kind] = {}
    for kind, parts in batches.by_kind.items():
        for batch in parts:
            first_kind.setdefault(batch.payload_ref, kind)
    given = {"season": UNKNOWN_SEASON, "source": SOURCE, "refusal": str(Reason.WRONG_NUMBER_OF_FIELDS)}
    for payload_ref, kind in first_kind.items():
        place = given | {"payload_ref": payload_ref, "table_name": _FIRST_TABLE[kind].name}
        ledger.enter_rows([place | {"row_number": number} for number, _ in received[payload_ref].malformed])


def _frames(batches: _Batches, seasons: Set[str] | None) -> dict[str, pd.DataFrame]:
    """Every row read for each table, marked with `season`, `refusal` and `is_duplicate`."""
    box = of_seasons(with_game_facts(validate(batches[Kind.PLAYER_BOX], PlayerBox)), seasons)
    dnp = of_seasons(with_game_facts(validate(batches[Kind.DNP], DidNotPlay)), seasons)
    games = games_of(of_seasons(with_game_facts(validate(batches[Kind.GAMES], Game)), seasons), box)
    known = kept(games)
    results = results_of(of_seasons(with_game_facts(validate(batches[Kind.GAMES], FinalScore)), seasons), known, box)
    lines = lines_of(of_seasons(with_game_facts(validate(batches[Kind.GAMES], GameLine)), seasons), known)
    quotes = of_seasons(with_season_of(validate(batches[Kind.POINTS_LINES], PointsQuote), "game_date"), seasons)
    injuries = of_seasons(with_season_of(validate(batches[Kind.INJURIES], InjuryEntry), "game_date"), seasons)
    rosters = of_seasons(with_season_of(validate(batches[Kind.ROSTERS], RosterPlace), "roster_date"), seasons)
    people = validate(batches[Kind.PLAYERS], Person)
    people["season"] = arrow_series(pa.repeat(ALL_SEASONS, len(people)))
    mark_duplicates(injuries, ("game_date", "team_abbr", "player_name", "reported_utc"))
    mark_duplicates(rosters, ("roster_date", "team_abbr", "player_id"))
    mark_duplicates(people, ("player_id",))
    return {
        "schedule": games,
        "game_results": results,
        "game_lines": lines,
        "player_box_scores": box_scores_of(stacked(box, dnp), known, kept(results)),
        "player_points_quotes": quotes_of(quotes),
        "injury_reports": injuries,
        "roster_snapshots": rosters,
        "player_list": people,
    }
