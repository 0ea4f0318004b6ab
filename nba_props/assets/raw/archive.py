"""Raw tables from the landing zone, parsed by season: archives first, then what live sources sent; bad rows go to quarantine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from nba_props.assets._factory import OWNERS
from nba_props.assets._spec import asset_spec_kwargs
from nba_props.assets.raw.live import REPORT_TABLES, read_season, stored_live_people, without, write_season
from nba_props.catalog import TABLES, Table, table
from nba_props.catalog.raw import PLAYER_LIST
from nba_props.history import recorded
from nba_props.io.landing import landed_archives, open_archive
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.sources.archive import ParsedArchive, parse
from nba_props.io.sources.live.assemble import Assembled
from nba_props.partitions import SEASONS, seasons_of
from nba_props.platform import Platform
from nba_props.pools import WRITES

ARCHIVE_TAG = "nba_props/archive_id"

PARSED: tuple[Table, ...] = tuple(
    TABLES[f"nba_raw.{name}"]
    for name in (
        "schedule",
        "game_results",
        "game_lines",
        "player_box_scores",
        "player_points_quotes",
        "injury_reports",
        "roster_snapshots",
        "player_list",
        "source_capabilities",
    )
)
"""What an archive is parsed into."""

WRITTEN: tuple[Table, ...] = (*PARSED, *REPORT_TABLES)
QUARANTINE = table("nba_raw.quarantined_rows")
IMPORTS = table("nba_raw.archive_imports")


@dg.multi_asset(
    name="archive_history",
    specs=[
        dg.AssetSpec(**asset_spec_kwargs(one), partitions_def=SEASONS, owners=OWNERS, skippable=False)
        for one in WRITTEN
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WRITES,
)
def archive_history(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult]:
    """Parse every landed archive (or the one the run names) for the run's seasons, then what live sources sent.

    Of archives the latest import wins; a live row wins over an archive's, which fills what it leaves open.
    """
    named = context.run.tags.get(ARCHIVE_TAG)
    ids = [named] if named else [one.archive_id for one in landed_archives(platform.store)]
    seasons = sorted(set(seasons_of(context)))
    with recorded(platform, context.run.run_id, "raw/archive_history") as step:
        archives = {one: _rows_of(platform.store, one, frozenset(seasons)) for one in ids}
        found = {season: read_season(platform, season, [*archives.values()]) for season in seasons}
        live = {season: one for season, one in found.items() if one}
        written: Counter[str] = Counter()
        for parsed in archives.values():
            written.update(_write_archive(platform, parsed, [*live.values()]))
        for season, assembled in live.items():
            written.update(write_season(platform, season, assembled))
        step.rows_written = written.total()
    refused = [*(one.quarantined for one in archives.values()), *(one.quarantined for one in live.values())]
    shared: dict[str, Any] = {"archives": ", ".join(ids), **_counts(refused, [*live.values()]), **step.usage_metadata}
    for one in WRITTEN:
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(list(one.asset_key)), metadata={"rows_changed": written[one.name], **shared}
        )


def _write_archive(platform: Platform, parsed: ParsedArchive, live: Sequence[Assembled]) -> dict[str, int]:
    """Write an archive's rows, but for those that a live payload tells; rows changed by table name."""
    changed = {}
    for name, rows in parsed.rows.items():
        one = TABLES[f"nba_raw.{name}"]
        told = [better.rows[name] for better in live if name in better.rows]  # no live payload tells game lines
        told += [stored_live_people(platform)] if one is PLAYER_LIST else []
        changed[name] = platform.warehouse.upsert(one, without(one, rows, told)).changed
    platform.warehouse.upsert(QUARANTINE, parsed.quarantined)
    platform.warehouse.upsert(IMPORTS, parsed.counts)
    return changed


def _counts(refused: Sequence[pa.Table], live: Sequence[Assembled]) -> dict[str, int]:
    """What the step counted: refused rows in all and by source, payloads read, and those rejected whole."""
    by_source = Counter(source for rows in refused for source in rows["source"].to_pylist())
    rejections = [reason for one in live for reason in one.payloads["rejection_reason"].to_pylist()]
    return {
        "rows_quarantined": by_source.total(),
        **{f"rows_quarantined_{source}": count for source, count in sorted(by_source.items())},
        "payloads": len(rejections),
        "payloads_rejected": sum(reason is not None for reason in rejections),
    }


@lru_cache(maxsize=1)
def whole_archive(store: ObjectStore, archive_id: str) -> ParsedArchive:
    """A landed archive's rows; kept, because an import asks twice: which seasons it holds, then for the rows."""
    return parse(open_archive(store, archive_id))


def seasons_in(parsed: ParsedArchive) -> frozenset[str]:
    """Season labels that have rows of their own (the player list has none)."""
    return frozenset(season for season in pc.unique(parsed.counts["season"]).to_pylist() if season[:4].isdigit())


def _rows_of(store: ObjectStore, archive_id: str, seasons: frozenset[str]) -> ParsedArchive:
    whole = whole_archive(store, archive_id)
    return whole if seasons_in(whole) <= seasons else parse(open_archive(store, archive_id), seasons)
