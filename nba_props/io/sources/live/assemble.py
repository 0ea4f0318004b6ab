"""Live payloads of a season as rows of the raw layer, through the border that archives cross.

Here belongs what depends on where a row comes from: which of several payloads is believed, field by field where need be,
and which game a row without the NBA's game id is of. What rows become together is in `archive.sheets`, what a single row
must satisfy in `rows`. Nothing is read or written here: payloads and stored games are handed in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from nba_props.catalog.model import Table
from nba_props.catalog.raw import (
    BOX_SCORE_REPORTS,
    GAME_LINE_QUOTES,
    GAME_RESULTS,
    INJURY_REPORTS,
    LANDED_PAYLOADS,
    PLAYER_BOX_SCORES,
    PLAYER_LIST,
    PLAYER_POINTS_QUOTES,
    QUARANTINED_ROWS,
    ROSTER_REPORTS,
    SCHEDULE,
    SOURCE_CAPABILITIES,
    STANDINGS,
)
from nba_props.catalog.render.arrow import conform
from nba_props.domain.calendar import noon_eastern, season_bounds, slate_date
from nba_props.io.sources.archive.border import (
    UNKNOWN_SEASON,
    AsReceived,
    Ledger,
    as_keys,
    kept,
    mark_duplicates,
    refuse,
    row_json,
    to_rows,
    validate,
)
from nba_props.io.sources.archive.capabilities import capabilities_of
from nba_props.io.sources.archive.columns import arrow_series, as_frame, as_table, is_true
from nba_props.io.sources.archive.payloads import PlayerBox, Reason
from nba_props.io.sources.archive.sheets import (
    PLACE,
    TABLE_COLUMNS,
    ZONES,
    box_scores_of,
    derived_scores,
    games_of,
    of_seasons,
    quotes_of,
    stacked,
    with_game_facts,
    with_season_of,
)
from nba_props.io.sources.live.contract import Row, Sheet, Source
from nba_props.io.sources.live.read import ReadPayload, SheetRows
from nba_props.io.sources.live.rows import MODELS

WHOLE_DOCUMENTS: Final = frozenset({Sheet.SCHEDULE, Sheet.ROSTERS, Sheet.STANDINGS})
"""Sheets of which a payload tells all there is: what its latest answer no longer names is no longer so."""

EVERY_SNAPSHOT: Final = frozenset({Sheet.QUOTES, Sheet.INJURIES, Sheet.GAME_LINES})
"""Sheets in which each answer tells of its own instant: all are kept, the earliest of equal rows."""

FIELD_SOURCES: Final[Mapping[str, tuple[Sheet, ...]]] = dict.fromkeys(ZONES, (Sheet.SHOT_ZONES, Sheet.BOX_SCORES))
"""Fields of a box score that a sheet of their own tells better, the best first; all others are of the latest box row that
says anything, so that starters and comments of a game's own box score complete the league's log of the day."""

KNOWN_BEFORE_TIP: Final = timedelta(minutes=30)
"""A backfill knows what was known so long before a tip (decision 5)."""

BOX = "box"
RESULT_SOURCES: Final = (Source.NBA_STATS, BOX, Source.BALLDONTLIE, Source.ESPN)
"""Who is believed about a final score, the best first; `BOX` is the sum of the NBA's own box score."""

_TABLE_OF_SHEET: Final[Mapping[Sheet, Table]] = {
    Sheet.SCHEDULE: SCHEDULE,
    Sheet.RESULTS: GAME_RESULTS,
    Sheet.GAME_LINES: GAME_LINE_QUOTES,
    Sheet.BOX_SCORES: PLAYER_BOX_SCORES,
    Sheet.BOX_REPORTS: BOX_SCORE_REPORTS,
    Sheet.ROSTERS: ROSTER_REPORTS,
    Sheet.QUOTES: PLAYER_POINTS_QUOTES,
    Sheet.INJURIES: INJURY_REPORTS,
    Sheet.PEOPLE: PLAYER_LIST,
    Sheet.STANDINGS: STANDINGS,
}
_RENAMED = {table.name: renamed for table, renamed in TABLE_COLUMNS}
_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = _RENAMED | {
    BOX_SCORE_REPORTS.name: _RENAMED[PLAYER_BOX_SCORES.name],
    GAME_LINE_QUOTES.name: _RENAMED[PLAYER_POINTS_QUOTES.name],
    ROSTER_REPORTS.name: {},
    STANDINGS.name: {},
}
_TEAMS = ("home_team", "away_team")
_GAME_FACTS = ("game_id", "game_date", "season", "season_type", "home_abbr", "away_abbr")
_GAME_KEY = ("game_date", "home_abbr", "away_abbr")
_PLAYER_GAME = ("game_id", "player_id")
_PLAYER_DAY = ("game_date", "player_id")
_SHOTS = ("fgm", "fga", "fg3m", "fg3a")
_ZONES_EXCEED_SHOTS = next(rule for rule in PlayerBox.rules if rule.reason is Reason.ZONES_EXCEED_SHOTS)


@dataclass(frozen=True)
class Assembled:
    """Rows by raw table name as the catalogue declares them, the refused rows, and what became of each payload.

    Where no payload of the season tells anything of a table, it has no row here.
    """

    rows: Mapping[str, pa.Table]
    quarantined: pa.Table
    payloads: pa.Table


def assemble(payloads: Iterable[ReadPayload], season: str, games: pa.Table) -> Assembled:
    """Everything that the payloads filed under the dates of a season say.

    `games`: rows of schedule that are known besides (stored ones, an archive's); a row without a game id is of the game
    of its date and teams, here or there, else it is refused as unknown_game.
    """
    read = sorted(payloads, key=lambda one: (one.fetched_at, one.ref))
    return _Assembly(season, read, _stored_games(games), _first_tips(games["game_date"], games["tip_at"])).assembled()


@dataclass
class _Assembly:
    """One season on its way: payloads, the earliest first, and the books."""

    season: str
    read: Sequence[ReadPayload]
    stored: pd.DataFrame
    first_tips: dict[date, datetime]
    ledger: Ledger = field(init=False)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = Ledger(_texts(self.read))

    def assembled(self) -> Assembled:
        self._games_and_boxes()
        self._quotes()
        self._reports()
        self._enter_refused()
        rows = {table.name: self._rows(table) for table in _TABLE_OF_SHEET.values()}
        rows[SOURCE_CAPABILITIES.name] = self._capabilities()
        refused = self.ledger.quarantined()
        return Assembled(rows, _last_of_grain(QUARANTINED_ROWS, refused), self._payloads())

    # -- rows of a sheet ----------------------------------------------------------------------------------------------
    def _validated(self, sheet: Sheet) -> pd.DataFrame:
        """Rows of a sheet as its model has them, in the order in which they are believed."""
        rows = [*self._told(sheet)]
        return validate([SheetRows(rows if sheet in EVERY_SNAPSHOT else rows[::-1])], MODELS[sheet])

    def _told(self, sheet: Sheet) -> Iterator[tuple[ReadPayload, int, Row]]:
        """Rows of a sheet, the earliest payload's first; of whole documents only those of the latest."""
        latest = self._latest(sheet) if sheet in WHOLE_DOCUMENTS else None
        overtaken = []
        for one in self.read:
            if latest is None or latest.get(self._document(one, sheet)) is one:
                morning = {"roster_date": self._morning_of(one)} if sheet is Sheet.ROSTERS else {}
                yield from ((one, number, {**row, **morning}) for number, row in one.parsed.rows.get(sheet, ()))
            else:
                overtaken += [_place(one, number) for number, _ in one.parsed.rows.get(sheet, ())]
        facts = {"season": self.season, "table_name": _name(sheet), "refusal": None, "is_duplicate": True}
        self.ledger.enter_rows([facts | place for place in overtaken])

    def _latest(self, sheet: Sheet) -> dict[tuple[object, ...], ReadPayload]:
        """The latest payload of each document that holds rows of a sheet."""
        return {self._document(one, sheet): one for one in self.read if one.parsed.rows.get(sheet)}

    def _document(self, payload: ReadPayload, sheet: Sheet) -> tuple[object, ...]:
        """What a payload of whole documents replaces an earlier one of; a roster stays what it was on its own morning."""
        if sheet is Sheet.ROSTERS:
            return (*payload.document, self._morning_of(payload))
        return (*payload.document, None if sheet is Sheet.SCHEDULE else payload.day)

    def _morning_of(self, payload: ReadPayload) -> date:
        """The first slate that a roster may inform: one asked for when its day's games are about to begin is the next day's."""
        day = payload.day
        known_until = self.first_tips.get(day, noon_eastern(day)) - KNOWN_BEFORE_TIP
        is_late = slate_date(payload.fetched_at) == day and payload.fetched_at > known_until
        return day + timedelta(days=1) if is_late else day

    def _keep(self, sheet: Sheet, frame: pd.DataFrame) -> None:
        self.frames[_name(sheet)] = frame
        self._enter(_name(sheet), frame)

    def _enter(self, table_name: str, frame: pd.DataFrame) -> None:
        self.ledger.enter(table_name, frame.assign(season=self.season))

    def _enter_refused(self) -> None:
        """Rows that parsers could not bring into our columns; what a later document replaces is refused no more."""
        latest = {sheet: self._latest(sheet) for sheet in WHOLE_DOCUMENTS}
        self.ledger.enter_rows(
            [
                {"season": self.season, "table_name": _name(refusal.sheet)}
                | ({"refusal": None, "is_duplicate": True} if is_overtaken else {"refusal": refusal.reason})
                | _place(one, refusal.row_number)
                for one in self.read
                for refusal in one.parsed.refused
                for is_overtaken in [self._is_overtaken(one, refusal.sheet, latest)]
            ]
        )

    def _is_overtaken(
        self, one: ReadPayload, sheet: Sheet, latest: Mapping[Sheet, Mapping[tuple[object, ...], ReadPayload]]
    ) -> bool:
        last = latest.get(sheet, {}).get(self._document(one, sheet))
        return last is not None and last is not one and last.fetched_at >= one.fetched_at

    # -- games and what happened in them ------------------------------------------------------------------------------
    def _games_and_boxes(self) -> None:
        told = of_seasons(with_game_facts(self._validated(Sheet.SCHEDULE)), None)
        box, repeated = _merged(of_seasons(with_game_facts(self._validated(Sheet.BOX_SCORES)), None))
        self._enter(PLAYER_BOX_SCORES.name, repeated)
        games = games_of(told, box, self.stored["game_id"])
        self._keep(Sheet.SCHEDULE, games)
        tips = pa.table(kept(games)[["game_date", "tip_utc"]])
        self.first_tips |= _first_tips(tips["game_date"], tips["tip_utc"])
        known = _known(kept(games), self.stored)
        results = self._results(known, box)
        self._keep(Sheet.RESULTS, results)
        rows = box_scores_of(box, known, kept(results))
        self._keep(Sheet.BOX_SCORES, self._with_zones(rows))
        reports = self._in_season(_as_box(_of_games(self._validated(Sheet.BOX_REPORTS), known)), "game_date")
        grain = ("game_id", "source", "source_person_id")
        self._keep(Sheet.BOX_REPORTS, box_scores_of(reports, known, kept(results), grain))

    def _results(self, known: pd.DataFrame, box: pd.DataFrame) -> pd.DataFrame:
        """Final scores of known games: each of the best of `RESULT_SOURCES` that tells it, and of that the latest."""
        told = _of_games(self._validated(Sheet.RESULTS), known)
        is_official = told["refusal"].isna() & (told["source"] == str(Source.NBA_STATS))
        sums = _summed(known[~known["game_id"].isin(told.loc[is_official, "game_id"])], box)
        results = stacked(told.assign(told_by=told["source"]), sums.assign(told_by=BOX))
        ranks = {str(source): rank for rank, source in enumerate(RESULT_SOURCES)}
        order = results["told_by"].map(ranks).fillna(len(ranks)).to_numpy(dtype=int)
        results = results.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
        mark_duplicates(results, ("game_id",))
        return results

    def _with_zones(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Box scores with the zones of the date's own sheet, where these do not contradict the shots."""
        zones = self._validated(Sheet.SHOT_ZONES)
        played = kept(rows)
        played = played[is_true(played["participation"] == "played")].drop_duplicates([*_PLAYER_DAY])
        beside = zones.merge(played[[*_PLAYER_DAY, "game_id", *_SHOTS]], on=[*_PLAYER_DAY], how="left")
        refuse(zones, Reason.NO_BOX_SCORE, beside["game_id"].isna())
        refuse(zones, Reason.ZONES_EXCEED_SHOTS, _ZONES_EXCEED_SHOTS.fails(beside))
        mark_duplicates(zones, _PLAYER_DAY)
        self._enter(_name(Sheet.SHOT_ZONES), zones)
        return _filled(rows, kept(zones))

    # -- what needs no game -------------------------------------------------------------------------------------------
    def _quotes(self) -> None:
        quotes = of_seasons(with_season_of(self._validated(Sheet.QUOTES), "game_date"), None)
        self._keep(Sheet.QUOTES, quotes_of(quotes))
        for sheet, grain in (
            (Sheet.INJURIES, ("game_date", "team_abbr", "player_name", "reported_utc")),
            (Sheet.GAME_LINES, ("game_date", "source", "event_id", "bookmaker", "snapshot_utc")),
        ):
            frame = of_seasons(with_season_of(self._validated(sheet), "game_date"), None)
            frame = self._in_season(frame, "game_date") if sheet is Sheet.GAME_LINES else frame
            mark_duplicates(frame, grain)
            self._keep(sheet, frame)

    def _reports(self) -> None:
        people = self._validated(Sheet.PEOPLE)
        mark_duplicates(people, ("player_id",))
        self._keep(Sheet.PEOPLE, people)
        for sheet, day, grain in (
            (Sheet.ROSTERS, "roster_date", ("roster_date", "source", "team_abbr", "source_person_id")),
            (Sheet.STANDINGS, "standings_date", ("standings_date", "source", "team_abbr")),
        ):
            frame = self._in_season(of_seasons(with_season_of(self._validated(sheet), day), None), day)
            mark_duplicates(frame, grain)
            self._keep(sheet, frame)

    def _in_season(self, frame: pd.DataFrame, day: str) -> pd.DataFrame:
        """Refuses rows of tables that a season replaces as a whole, if they are of a date of another."""
        first, last = season_bounds(self.season)
        refuse(frame, Reason.DATE_OUTSIDE_SEASON, (frame[day] < first) | (frame[day] > last))
        return frame

    # -- what comes of it ---------------------------------------------------------------------------------------------
    def _rows(self, table: Table) -> pa.Table:
        return to_rows(table, self.frames[table.name], _COLUMNS[table.name])

    def _capabilities(self) -> pa.Table:
        """What the season's live sources offer, judged as an archive's."""
        frames = {name: kept(frame) for name, frame in self.frames.items()}
        frames["roster_snapshots"] = frames[ROSTER_REPORTS.name]
        frames["game_lines"] = frames[GAME_LINE_QUOTES.name]
        return capabilities_of(frames)

    def _payloads(self) -> pa.Table:
        counted = self.ledger.counts_by("payload_ref", "fetched_at").to_pylist()
        counts = {(row["payload_ref"], row["fetched_at"]): row for row in counted}
        nothing = dict.fromkeys(("rows_read", "rows_kept", "rows_duplicate", "rows_quarantined"), 0)
        rows = [
            counts.get((one.ref, one.fetched_at), nothing)
            | {
                "payload_ref": one.ref,
                "fetched_at": one.fetched_at,
                "source": str(one.source),
                "feed": one.feed,
                "filed_date": one.day,
                "label": one.label,
                "outcome": str(one.outcome),
                "status_code": one.status,
                "size_bytes": one.size,
                "is_empty_slate": one.parsed.is_empty_slate,
                "is_superseded": one.is_superseded,
                "rejection_reason": one.rejection,
            }
            for one in self.read
        ]
        columns = {name: [row[name] for row in rows] for name in LANDED_PAYLOADS.column_names}
        return conform(LANDED_PAYLOADS, pa.table(columns))


# -- games ------------------------------------------------------------------------------------------------------------
def _stored_games(games: pa.Table) -> pd.DataFrame:
    """Rows of schedule in the words of this border."""
    columns = (
        *(games[name] for name in ("game_id", "game_date", "season", "season_type")),
        *(games[name] for name in _TEAMS),
    )
    types = (pa.string(), pa.date32(), pa.string(), pa.string(), pa.string(), pa.string())
    cast = [column.cast(kind) for column, kind in zip(columns, types, strict=True)]
    return as_frame(pa.table(cast, names=list(_GAME_FACTS))).drop_duplicates("game_id", keep="last")


def _first_tips(days: pa.ChunkedArray, tips: pa.ChunkedArray) -> dict[date, datetime]:
    """The first tip of each date; noon Eastern, as no game tips earlier, where the tip of any game is unknown."""
    first: dict[date, datetime] = {}
    for day, tip in zip(days.to_pylist(), tips.to_pylist(), strict=True):
        first[day] = min(first.get(day, tip or noon_eastern(day)), tip or noon_eastern(day))
    return first


def _known(games: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Facts of every game that is known; what payloads say comes before what is stored."""
    return stacked(games[[*_GAME_FACTS]], stored[~stored["game_id"].isin(games["game_id"])])


def _of_games(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Rows with the game that they are of: by its id, else by exactly its date and teams. No date beside it is tried."""
    ids = known.drop_duplicates([*_GAME_KEY]).rename(columns={"game_id": "found_id"})[[*_GAME_KEY, "found_id"]]
    found = frame.merge(ids, on=[*_GAME_KEY], how="left")["found_id"]
    given = frame["game_id"] if "game_id" in frame else arrow_series(pa.nulls(len(frame), pa.string()))
    frame["game_id"] = given.fillna(found)
    game = frame[["game_id"]].merge(known[["game_id", "season", "game_date"]], on="game_id", how="left")
    refuse(frame, Reason.UNKNOWN_GAME, game["season"].isna())
    refuse(frame, Reason.DATE_DISAGREES_WITH_GAME, frame["game_date"] != game["game_date"])
    return frame.assign(season=game["season"].fillna(UNKNOWN_SEASON)).drop(columns=["home_abbr", "away_abbr"])


def _summed(games: pd.DataFrame, box: pd.DataFrame) -> pd.DataFrame:
    """Scores of games as the sums of their box rows, each at the place of its first one."""
    places = box.drop_duplicates("game_id")[["game_id", *PLACE]]
    placed = games.merge(places, on="game_id")
    sums = derived_scores(placed, box)
    return sums.merge(placed[["game_id", "game_date"]], on="game_id", how="left")


# -- box scores -------------------------------------------------------------------------------------------------------
def _merged(box: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(one row a player-game, each field of the first row that says it; the accepted rows that went into it)."""
    accepted = box[box["refusal"].isna()]
    repeated = accepted[as_keys(accepted, _PLAYER_GAME).duplicated()].assign(is_duplicate=True)
    if repeated.empty:
        return box, repeated
    fields = [name for name in box.columns if name not in _PLAYER_GAME]
    found = (
        as_table(accepted).group_by([*_PLAYER_GAME], use_threads=False).aggregate([(name, "first") for name in fields])
    )
    merged = as_frame(found).rename(columns={f"{name}_first": name for name in fields})
    merged["minutes"] = _to_the_second(merged, accepted)
    return stacked(merged[box.columns], box[box["refusal"].notna()]), repeated


def _to_the_second(merged: pd.DataFrame, accepted: pd.DataFrame) -> pd.Series:
    """Minutes as believed, but to the second where any row has them so: a log of whole minutes does not contradict those."""
    finer = accepted[is_true(accepted["minutes"].round() != accepted["minutes"])].drop_duplicates([*_PLAYER_GAME])
    seconds = merged[[*_PLAYER_GAME]].merge(finer[[*_PLAYER_GAME, "minutes"]], on=[*_PLAYER_GAME], how="left")[
        "minutes"
    ]
    is_rounded = merged["minutes"].round() == merged["minutes"]
    return seconds.where(is_true(is_rounded & ((merged["minutes"] - seconds).abs() < 1)), merged["minutes"])


def _as_box(reports: pd.DataFrame) -> pd.DataFrame:
    """Reports with the columns that a box score of the NBA's has besides; the game fills them."""
    return reports.assign(
        opp_abbr=arrow_series(pa.nulls(len(reports), pa.string())),
        comment=arrow_series(pa.nulls(len(reports), pa.string())),
        is_home=arrow_series(pa.nulls(len(reports), pa.bool_())),
        win=arrow_series(pa.nulls(len(reports), pa.bool_())),
    )


def _filled(rows: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Box scores of players who played, with the fields of `FIELD_SOURCES` from the best sheet that has them."""
    beside = rows[[*_PLAYER_DAY]].merge(zones[[*_PLAYER_DAY, *ZONES]], on=[*_PLAYER_DAY], how="left")
    told = {Sheet.SHOT_ZONES: beside, Sheet.BOX_SCORES: rows}
    has_played = is_true(rows["participation"] == "played")
    for name, sheets in FIELD_SOURCES.items():
        best, *others = (told[sheet][name] for sheet in sheets)
        for other in others:
            best = best.fillna(other)
        rows[name] = best.where(has_played, rows[name])
    return rows


# -- places and texts -------------------------------------------------------------------------------------------------
def _name(sheet: Sheet) -> str:
    """What the books call rows of a sheet: the table they are for."""
    return _TABLE_OF_SHEET[sheet].name if sheet in _TABLE_OF_SHEET else str(sheet)


def _place(payload: ReadPayload, row_number: int) -> dict[str, object]:
    return {
        "payload_ref": payload.ref,
        "row_number": row_number,
        "source": str(payload.source),
        "fetched_at": payload.fetched_at,
    }


def _texts(read: Sequence[ReadPayload]) -> AsReceived:
    """JSON of rows as parsers gave them; of games and scores that box rows tell, the box row."""

    @cache
    def rows_of(table_name: str) -> dict[tuple[str, int], Row]:
        sheets = [sheet for sheet in Sheet if _name(sheet) == table_name]
        told = {
            (one.ref, number): row for one in read for sheet in sheets for number, row in one.parsed.rows.get(sheet, ())
        }
        refused = {
            (one.ref, refusal.row_number): refusal.row
            for one in read
            for refusal in one.parsed.refused
            if refusal.sheet in sheets
        }
        return refused | told

    def as_received(table_name: str, payload_ref: str, row_numbers: np.ndarray) -> list[str]:
        own, box = rows_of(table_name), rows_of(PLAYER_BOX_SCORES.name)
        places = [(payload_ref, int(number)) for number in row_numbers]
        return [row_json(own[place] if place in own else box[place]) for place in places]

    return as_received


def _last_of_grain(table: Table, rows: pa.Table) -> pa.Table:
    """Rows with each grain once: the same bytes fetched twice are refused twice."""
    last = {tuple(row[name] for name in table.grain): row for row in rows.to_pylist()}
    return pa.Table.from_pylist(list(last.values()), schema=rows.schema)
