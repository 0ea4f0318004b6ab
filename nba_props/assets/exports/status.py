"""`exports/status`: `v1/status.json`, the verdict on the slate that matters now, off days and NOT READY included."""

import dagster as dg

from nba_props.assets.exports.publish import export_kwargs, publish_status
from nba_props.history import recorded
from nba_props.partitions import dates_of
from nba_props.platform import Platform


@dg.asset(
    **export_kwargs(
        "status",
        "v1/status.json: the verdict, as `nba-props status --json` gives it. The other exports refresh it too.",
        deps=[("predictions", "player_prop_predictions"), ("monitoring", "prediction_coverage")],
    )
)
def status(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    with recorded(platform, context.run.run_id, "exports/status", start, end):
        published = publish_status(platform, start, end)
    return dg.MaterializeResult(metadata=published)
