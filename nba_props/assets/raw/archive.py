"""Raw tables from imported archives: the landing zone parsed by season into nine tables; bad rows go to quarantine."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import dagster as dg
import pyarrow.compute as pc

from nba_props.assets._factory import OWNERS
from nba_props.assets._spec import asset_spec_kwargs
from nba_props.catalog import TABLES, Table, table
from nba_props.history import recorded
from nba_props.io.landing import landed_archives, open_archive
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.sources.archive import ParsedArchive, parse
from nba_props.partitions import SEASONS, seasons_of
from nba_props.platform import Platform

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
QUARANTINE = table("nba_raw.quarantined_rows")
IMPORTS = table("nba_raw.archive_imports")


@dg.multi_asset(
    name="archive_history",
    specs=[
        dg.AssetSpec(**asset_spec_kwargs(one), partitions_def=SEASONS, owners=OWNERS, skippable=False) for one in PARSED
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def archive_history(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult]:
    """Parse every landed archive (or the one the run names) for the run's seasons; the latest import wins, nothing is lost."""
    named = context.run.tags.get(ARCHIVE_TAG)
    ids = [named] if named else [one.archive_id for one in landed_archives(platform.store)]
    seasons = frozenset(seasons_of(context))
    with recorded(platform, context.run.run_id, "raw/archive_history") as step:
        written = dict.fromkeys(PARSED, 0)
        quarantined = 0
        for archive_id in ids:
            parsed = _rows_of(platform.store, archive_id, seasons)
            for one in PARSED:
                written[one] += platform.warehouse.upsert(one, parsed.rows[one.name]).changed
            platform.warehouse.upsert(QUARANTINE, parsed.quarantined)
            platform.warehouse.upsert(IMPORTS, parsed.counts)
            quarantined += parsed.quarantined.num_rows
        step.rows_written = sum(written.values())
    for one in PARSED:
        metadata: dict[str, Any] = {
            "rows_changed": written[one],
            "rows_quarantined": quarantined,
            "archives": ", ".join(ids),
            **step.usage_metadata,  # of the one step that writes them all
        }
        yield dg.MaterializeResult(asset_key=dg.AssetKey(list(one.asset_key)), metadata=metadata)


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
