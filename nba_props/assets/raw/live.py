"""Landed live payloads in the raw layer: a season's are read, assembled with what is known besides, and written.

Here belongs what needs store and warehouse. What payloads say together is in `io.sources.live.assemble`; the asset that
does this after the archives is in `archive`.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from nba_props.catalog import TABLES, Table
from nba_props.catalog.raw import (
    BOX_SCORE_REPORTS,
    GAME_LINE_QUOTES,
    LANDED_PAYLOADS,
    PLAYER_BOX_SCORES,
    PLAYER_LIST,
    QUARANTINED_ROWS,
    ROSTER_REPORTS,
    SCHEDULE,
    SOURCE_CAPABILITIES,
    STANDINGS,
)
from nba_props.catalog.render.arrow import conform
from nba_props.domain.calendar import season_bounds, slate_date
from nba_props.io.landing import Landed, landed_between, open_landed
from nba_props.io.sources.archive import ParsedArchive
from nba_props.io.sources.live.assemble import Assembled, assemble
from nba_props.io.sources.live.contract import Outcome, Source
from nba_props.io.sources.live.read import Parsers, ReadPayload, read_payload, unread
from nba_props.io.sources.live.registry import live_source
from nba_props.platform import Platform

REPORT_TABLES: Final = (BOX_SCORE_REPORTS, ROSTER_REPORTS, GAME_LINE_QUOTES, STANDINGS)
"""Tables that only live payloads fill: a season's rows are replaced by what its payloads say now."""

FILLED_FROM_BELOW: Final[Mapping[Table, tuple[str, ...]]] = {
    SCHEDULE: ("tip_at",),
    PLAYER_BOX_SCORES: ("is_starter", "fgm_paint", "fga_paint", "fgm_mid", "fga_mid"),
    PLAYER_LIST: ("position", "height", "weight_lb", "birth_date"),
}
"""What a live row leaves as an archive has it, where it says nothing itself; tips and people as an earlier row had them too."""

_AT_ONCE = 64
_READERS = 8

_STORED_SCHEDULE = """
select game_id, game_date, season, season_type, home_team, away_team, tip_at, source, payload_ref
from nba_raw.schedule
where game_date between @start_date and @end_date
"""
_STORED_PEOPLE = "select source_player_id, position, height, weight_lb, birth_date from nba_raw.player_list"
_STORED: Final[Mapping[Table, str]] = {
    SCHEDULE: _STORED_SCHEDULE,
    PLAYER_LIST: _STORED_PEOPLE,
}
_LIVE_PEOPLE = "select source_player_id from nba_raw.player_list where source <> 'archive'"
_STORED_CAPABILITIES = "select season, capability, is_available, detail from nba_raw.source_capabilities"
_STORED_REFUSALS = """
select payload_ref, row_number, table_name from nba_raw.quarantined_rows where season = @season and source <> 'archive'
"""
_REFUSED_LIVE = "season = @season and source <> 'archive'"


def read_season(platform: Platform, season: str, archives: Sequence[ParsedArchive]) -> Assembled | None:
    """What the payloads filed under a season say, with what is known besides; None where none is landed."""
    landed = landed_between(platform.store, *season_bounds(season))
    if not landed:
        return None
    stored = platform.warehouse.query(_STORED_SCHEDULE, _dates(season))
    games = _concat(
        SCHEDULE, [stored.filter(pc.invert(_is_live(stored))), *(one.rows[SCHEDULE.name] for one in archives)]
    )
    assembled = assemble(_read(platform, landed), season, games)
    rows = dict(assembled.rows)
    for table, fields in FILLED_FROM_BELOW.items():
        below = [one.rows[table.name] for one in archives]
        if table in _STORED:
            below.append(_stored(platform, table, season))
        rows[table.name] = filled(table, rows[table.name], below, fields)
    rows[SCHEDULE.name] = _without_foreign_tips(rows[SCHEDULE.name])
    rows[SOURCE_CAPABILITIES.name] = _better_capabilities(platform, rows[SOURCE_CAPABILITIES.name], archives)
    return Assembled(rows, assembled.quarantined, assembled.payloads)


def write_season(platform: Platform, season: str, live: Assembled) -> dict[str, int]:
    """Write what a season's payloads say; rows changed by table name."""
    warehouse = platform.warehouse
    _withdraw_games(platform, season, live.rows[SCHEDULE.name])
    changed: dict[str, int] = {}
    for name, rows in live.rows.items():
        table = TABLES[f"nba_raw.{name}"]
        if table in REPORT_TABLES:
            changed[name] = warehouse.replace_rows(table, rows, *season_bounds(season))
        else:
            changed[name] = warehouse.upsert(table, rows).changed
    _write_refusals(platform, season, live.quarantined)
    warehouse.upsert(LANDED_PAYLOADS, live.payloads)
    return changed


def without(table: Table, rows: pa.Table, better: Sequence[pa.Table]) -> pa.Table:
    """Rows whose grain is in none of the better ones."""
    keys = [one.select(table.grain) for one in better if one.num_rows]
    if not keys or not rows.num_rows:
        return rows
    known = pa.concat_tables(keys, promote_options="permissive")
    left = rows.join(known, keys=list(table.grain), join_type="left anti")
    return conform(table, left.select(table.column_names))


def filled(table: Table, rows: pa.Table, below: Sequence[pa.Table], fields: Sequence[str]) -> pa.Table:
    """Rows in which the named fields, where NULL, are those of the first of `below` that has them for the grain."""
    grain = list(table.grain)
    if not rows.num_rows or not any(one.num_rows for one in below):
        return rows
    told = pa.concat_tables([one.select([*grain, *fields]).cast(_schema(rows, [*grain, *fields])) for one in below])
    found = told.group_by(grain, use_threads=False).aggregate([(name, "first") for name in fields])
    joined = rows.join(found, keys=grain, join_type="left outer")
    columns = {
        name: pc.coalesce(joined[name], joined[f"{name}_first"]) if name in fields else joined[name]
        for name in table.column_names
    }
    return conform(table, pa.table(columns))


def _without_foreign_tips(games: pa.Table) -> pa.Table:
    """Games without a tip that is of another date: a game that was moved has not the tip it had before."""
    days = [tip and slate_date(tip) for tip in games["tip_at"].to_pylist()]
    is_own = pc.equal(pa.array(days, pa.date32()), games["game_date"].combine_chunks())
    tips = pc.if_else(
        pc.fill_null(is_own, False), games["tip_at"].combine_chunks(), pa.scalar(None, games["tip_at"].type)
    )
    return games.set_column(games.schema.get_field_index("tip_at"), games.schema.field("tip_at"), tips)


def stored_live_people(platform: Platform) -> pa.Table:
    """Grain of the people whom a live source has told of, in whatever season: no archive overwrites them."""
    return platform.warehouse.query(_LIVE_PEOPLE)


# -- reading ----------------------------------------------------------------------------------------------------------
def _read(platform: Platform, landed: Sequence[Landed]) -> Iterator[ReadPayload]:
    """Every landed fetch, parsed as far as it still tells something; bodies are let go a few dozen at a time."""
    feeds = {
        (source, feed.name): feed for source in {one.source for one in landed} for feed in live_source(source).feeds
    }
    parsers = {name: feed.parse for name, feed in feeds.items()}
    whole = [one for one in landed if (feed := feeds.get((one.source, one.feed))) and feed.tells_all]
    yield from _latest_readable(platform, whole, parsers)
    told_apart = {id(one) for one in whole}
    others = [one for one in landed if id(one) not in told_apart]
    with ThreadPoolExecutor(max_workers=_READERS) as readers:
        for first in range(0, len(others), _AT_ONCE):
            some = others[first : first + _AT_ONCE]
            for payload in readers.map(lambda one: open_landed(platform.store, one), some):
                yield read_payload(payload, parsers)


def _latest_readable(platform: Platform, landed: Sequence[Landed], parsers: Parsers) -> Iterator[ReadPayload]:
    """Answers that tell all: of each request the latest with content that its parser knows, the earlier ones unread."""
    told: set[tuple[object, ...]] = set()
    for one in reversed(landed):
        request = (one.source, one.feed, one.label, *sorted(one.params.items()))
        if request in told or one.outcome is not Outcome.CONTENT:
            yield unread(one, is_superseded=request in told)
            continue
        read = read_payload(open_landed(platform.store, one), parsers)
        if read.rejection is None:
            told.add(request)
        yield read


def _stored(platform: Platform, table: Table, season: str) -> pa.Table:
    return platform.warehouse.query(_STORED[table], _dates(season) if table.partition_by else None)


def _better_capabilities(platform: Platform, rows: pa.Table, archives: Sequence[ParsedArchive]) -> pa.Table:
    """What live sources offer; what they lack and an archive has is as the archive has it."""
    known = [platform.warehouse.query(_STORED_CAPABILITIES), *(one.rows[SOURCE_CAPABILITIES.name] for one in archives)]
    available = [one.filter(one["is_available"]) for one in known]
    lacking = without(SOURCE_CAPABILITIES, rows.filter(pc.invert(rows["is_available"])), available)
    return _concat(SOURCE_CAPABILITIES, [rows.filter(rows["is_available"]), lacking])


# -- writing ----------------------------------------------------------------------------------------------------------
def _withdraw_games(platform: Platform, season: str, games: pa.Table) -> None:
    """Games that only an earlier schedule named (a series that ended early) are scheduled no more."""
    stored = platform.warehouse.query(_STORED_SCHEDULE, _dates(season))
    is_of_season = pc.equal(stored["season"], season)  # dates of 2020-21 hold games of the season before
    is_named = pc.is_in(stored["game_id"], games["game_id"].combine_chunks())
    is_gone = pc.and_(pc.and_(_is_live(stored), is_of_season), pc.invert(is_named))
    if games.num_rows and pc.any(is_gone).as_py():
        platform.warehouse.replace_rows(SCHEDULE, stored.filter(pc.invert(is_gone)), *season_bounds(season))


def _write_refusals(platform: Platform, season: str, refused: pa.Table) -> None:
    """A row that is accepted by now (its game became known) is in quarantine no longer."""
    stored = platform.warehouse.query(_STORED_REFUSALS, {"season": season})
    still = {tuple(row.values()) for row in refused.select(stored.column_names).to_pylist()}
    if any(tuple(row.values()) not in still for row in stored.to_pylist()):
        platform.warehouse.delete(QUARANTINED_ROWS, _REFUSED_LIVE, {"season": season})
    platform.warehouse.upsert(QUARANTINED_ROWS, refused)


def _is_live(rows: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(rows["source"], pa.array([str(source) for source in Source]))


def _dates(season: str) -> dict[str, date]:
    start, end = season_bounds(season)
    return {"start_date": start, "end_date": end}


def _concat(table: Table, parts: Sequence[pa.Table]) -> pa.Table:
    names = list(table.column_names)
    return conform(table, pa.concat_tables([part.select(names) for part in parts], promote_options="permissive"))


def _schema(rows: pa.Table, names: Sequence[str]) -> pa.Schema:
    return pa.schema([rows.schema.field(name) for name in names])
