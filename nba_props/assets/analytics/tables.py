"""The analytics layer: every table is one SELECT in `sql/analytics/`."""

from nba_props.assets._factory import sql_asset
from nba_props.catalog import analytics

player_game_summary = sql_asset(analytics.PLAYER_GAME_SUMMARY)
team_offense_game_summary = sql_asset(analytics.TEAM_OFFENSE_GAME_SUMMARY)
team_defense_game_summary = sql_asset(analytics.TEAM_DEFENSE_GAME_SUMMARY)
team_absence_game_summary = sql_asset(analytics.TEAM_ABSENCE_GAME_SUMMARY)
line_prices = sql_asset(analytics.LINE_PRICES)
upcoming_team_game_context = sql_asset(analytics.UPCOMING_TEAM_GAME_CONTEXT)
upcoming_player_game_context = sql_asset(analytics.UPCOMING_PLAYER_GAME_CONTEXT)
