"""Staging that nobody consolidated: taking it away, on purpose. What is left over, and whether it is an orphan, is judged elsewhere."""

from collections.abc import Sequence

from nba_props.assets.predictions.batch import SYSTEMS, batches_between, refresh, save_batches
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform


def remove(platform: Platform, tables: Sequence[StagingTable], reason: str) -> int:
    """Drop staging tables while no consolidation is at work, and give the reason on the batches they leave empty-handed."""
    if not tables:
        return 0
    days = [one.game_date for one in tables]
    dates = {"start_date": min(days), "end_date": max(days)}
    with platform.warehouse.lock("consolidation"):
        platform.warehouse.drop_staging(tables)
        for one in tables:
            platform.warehouse.delete(
                SYSTEMS,
                "game_date BETWEEN @start_date AND @end_date AND batch_id IN UNNEST(@batch_ids)"
                " AND system_id IN UNNEST(@systems) AND state = 'staged'",
                dates | {"batch_ids": [one.batch_id], "systems": [one.system_id]},
            )
        touched = {one.batch_id for one in tables}
        refresh(platform, min(days), max(days), touched)
        emptied = [
            batch.row | {"state": "failed", "failure_reason": reason}
            for batch in batches_between(platform, min(days), max(days))
            if batch.batch_id in touched and batch.state in ("open", "complete")
        ]
        if emptied:
            save_batches(platform, emptied)
    return len(tables)
