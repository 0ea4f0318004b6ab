"""The monitoring layer's tables: each is one SELECT in `sql/monitoring/`."""

from nba_props.assets._factory import sql_asset
from nba_props.catalog import monitoring

prediction_coverage = sql_asset(monitoring.PREDICTION_COVERAGE)
missing_predictions = sql_asset(monitoring.MISSING_PREDICTIONS)
