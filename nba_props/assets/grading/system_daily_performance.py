"""`grading/system_daily_performance`: grades of a date by system."""

from nba_props.assets._factory import sql_asset
from nba_props.catalog import table

system_daily_performance = sql_asset(table("nba_grading.system_daily_performance"))
