"""`predictions/xgboost_v1_model`: one model a month, trained on what precedes the month."""

from datetime import date

import dagster as dg

from nba_props.assets.predictions.inputs import manifest_path, model_path
from nba_props.domain.systems.xgboost_v1 import Manifest, train, training_window
from nba_props.errors import ModelRefused
from nba_props.history import Step, recorded
from nba_props.io.warehouse.sqltext import named_query
from nba_props.partitions import MONTHLY, months_of
from nba_props.platform import Platform

MODEL_KEY = dg.AssetKey(["predictions", "xgboost_v1_model"])


@dg.asset(
    key=MODEL_KEY,
    partitions_def=MONTHLY,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="predictions",
    owners=["team:data-science"],
    kinds={"xgboost"},
    deps=[
        dg.AssetDep(
            ["precompute", "ml_feature_store"],
            partition_mapping=dg.TimeWindowPartitionMapping(
                start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
            ),
        )
    ],
    description="Gradient-boosted trees on the feature store, one model a month, with the manifest that loading verifies.",
)
def xgboost_v1_model(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    trained: dict[str, str] = {}
    for month in months_of(context):
        manifest, step = train_month(context.run.run_id, platform, month)
        trained[f"{month:%Y-%m}"] = manifest.model_version if manifest else "too few earlier games"
        if manifest is not None:
            facts = {"training_rows": manifest.training_rows, "validation_mae": manifest.validation_mae}
            known = {name: value for name, value in facts.items() if value is not None}
            context.add_asset_metadata(known | step.usage_metadata, partition_key=month.isoformat())
    return dg.MaterializeResult(metadata={"models": dg.MetadataValue.json(trained)})


def train_month(run_id: str, platform: Platform, month: date) -> tuple[Manifest | None, Step]:
    """Train and keep a month's model: its manifest and the recorded step; no manifest, skipped, where too few games precede it."""
    start, end = training_window(month)
    with recorded(platform, run_id, f"predictions/xgboost_v1_model/{month:%Y-%m}", start, end) as step:
        rows = platform.warehouse.query(
            named_query("predictions", "training_rows"), {"start_date": start, "end_date": end}
        ).to_pandas()
        try:
            data, manifest = train(rows, month)
        except ModelRefused as reason:
            step.skip_reason = reason.message
            return None, step
        platform.store.put(model_path(manifest), data)
        platform.store.put(manifest_path(month), manifest.to_json(), content_type="application/json")
        step.rows_written = manifest.training_rows
        return manifest, step
