"""`raw/team_rosters`: rosters as known before each date."""

from nba_props.assets._factory import sql_asset
from nba_props.catalog import raw

team_rosters = sql_asset(raw.TEAM_ROSTERS)
