"""`predictions/player_prop_predictions`: consolidation as an asset, its own run, on what staging holds."""

from typing import Any

import dagster as dg

from nba_props.assets._factory import dated_kwargs, rows_per_date
from nba_props.assets.predictions.consolidation import MAIN, consolidate
from nba_props.assets.predictions.staging import staging_key
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.errors import IntegrityFailure
from nba_props.history import recorded
from nba_props.partitions import dates_of
from nba_props.platform import Platform

WRITERS_DONE_TAG = "nba_props/writers_done"
"""Set by a plan whose prediction runs have ended: nothing more is coming, so nothing is waited for."""


def _kwargs() -> dict[str, Any]:
    kwargs = dated_kwargs(MAIN)
    kwargs["deps"] = [dg.AssetDep(staging_key(system_id)) for system_id in SYSTEM_IDS]
    return kwargs


@dg.asset(**_kwargs())
def player_prop_predictions(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult:
    start, end = dates_of(context)
    is_over = context.run.tags.get(WRITERS_DONE_TAG) == "true"
    with recorded(platform, context.run.run_id, "predictions/player_prop_predictions", start, end) as step:
        done = consolidate(platform, start, end, is_waiting_over=is_over)
        step.rows_written = done.inserted_rows
    for batch_id, reason in {**done.waiting, **done.partial}.items():
        context.log.warning(f"{batch_id}: {reason}")
    for day, count in rows_per_date(platform, MAIN, start, end).items():
        context.add_asset_metadata({"dagster/partition_row_count": count}, partition_key=day.isoformat())
    if done.failed:
        said = "; ".join(f"{batch_id}: {reason}" for batch_id, reason in done.failed.items())
        raise IntegrityFailure(
            f"Batches below their share were not consolidated: {said}.",
            next_step="Staging was kept. Predict again, or force it: nba-props staging consolidate DATE --min-completion PCT.",
        )
    return dg.MaterializeResult(
        metadata={
            "batches": len(done.batches),
            "rows_staged": done.staged_rows,
            "rows_inserted": done.inserted_rows,
            "rows_superseded": done.superseded_rows,
            "partial": dg.MetadataValue.json(done.partial),
            "waiting": dg.MetadataValue.json(done.waiting),
            **step.usage_metadata,
        }
    )
