"""The precompute layer: every table is one SELECT in `sql/precompute/`."""

from nba_props.assets._factory import sql_asset
from nba_props.catalog import precompute

player_shot_zone_analysis = sql_asset(precompute.PLAYER_SHOT_ZONE_ANALYSIS)
team_defense_zone_analysis = sql_asset(precompute.TEAM_DEFENSE_ZONE_ANALYSIS)
player_daily_cache = sql_asset(precompute.PLAYER_DAILY_CACHE)
player_composite_factors = sql_asset(precompute.PLAYER_COMPOSITE_FACTORS)
ml_feature_store = sql_asset(precompute.ML_FEATURE_STORE)
