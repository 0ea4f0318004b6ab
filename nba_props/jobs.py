"""Jobs: the steps of the one ordered plan, each a selection of assets that share their partitions."""

from typing import Any

import dagster as dg

from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.systems import SYSTEM_IDS

STAGING = dg.AssetSelection.assets(*(["predictions", f"staging_{system}"] for system in SYSTEM_IDS))
ROSTERS = dg.AssetSelection.assets(["raw", "team_rosters"])
RAW = dg.AssetSelection.groups("raw") - ROSTERS
SUMMARIES = dg.AssetSelection.assets(
    *(["analytics", f"{name}_game_summary"] for name in ("player", "team_offense", "team_defense", "team_absence"))
)
FEATURES = (
    ROSTERS
    | dg.AssetSelection.assets(["reference", "name_resolution"])
    | dg.AssetSelection.groups("analytics", "precompute")
)
CONSOLIDATION = dg.AssetSelection.assets(["predictions", "player_prop_predictions"], ["predictions", "quote_prices"])


def build_jobs() -> list[Any]:
    """In the order a backfill runs them: history, registry, features, models, predictions, consolidation, grades, exports."""
    return [
        dg.define_asset_job("history", RAW, description="Parse landed archives into the raw layer."),
        dg.define_asset_job(
            "registry",
            dg.AssetSelection.assets(["reference", "nba_players_registry"], ["reference", "source_people"]),
            description="Who exists, since when, and as whom each source knows them.",
        ),
        dg.define_asset_job("summaries", SUMMARIES, description="What happened, game by game."),
        dg.define_asset_job("features", FEATURES, description="Rosters to feature store."),
        dg.define_asset_job(
            "models",
            dg.AssetSelection.assets(*(["predictions", f"{kind.name}_model"] for kind in MODEL_KINDS)),
            description="One model of each kind a month, trained on what precedes it.",
        ),
        dg.define_asset_job("predictions", STAGING, description="Every system stages its predictions."),
        dg.define_asset_job(
            "consolidation",
            CONSOLIDATION,
            description="Staging becomes what is in force, and every offered line is priced.",
        ),
        # A run of its own: coverage is told even where a blocking check fails the consolidation.
        dg.define_asset_job(
            "monitoring",
            dg.AssetSelection.groups("monitoring"),
            description="Coverage, and a reason for everyone missing.",
        ),
        dg.define_asset_job(
            "grading", dg.AssetSelection.groups("grading"), description="Predictions against what happened."
        ),
        dg.define_asset_job("exports", dg.AssetSelection.groups("exports"), description="Publish from checked tables."),
    ]
