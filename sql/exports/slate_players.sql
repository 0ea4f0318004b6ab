-- Purpose: everyone on a slate with status, line and form, as tonight's page shows them.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: the slate's own layers, which read only what came before it.

with context as (
    select
        game_date, game_id, universal_player_id, player_lookup, player_name, team_abbr, opponent_abbr, is_home, days_rest,
        injury_status, injury_reason, games_played_season, has_line, current_points_line, over_price_american,
        under_price_american
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

form as (
    select game_id, universal_player_id, points_avg_season, minutes_avg_season, points_avg_last_5
    from nba_precompute.player_daily_cache
    where game_date between @start_date and @end_date
),

factors as (
    select game_id, universal_player_id, fatigue_score
    from nba_precompute.player_composite_factors
    where game_date between @start_date and @end_date
)

select
    c.game_date,
    c.game_id,
    c.universal_player_id,
    c.player_lookup,
    c.player_name,
    c.team_abbr,
    c.opponent_abbr,
    c.is_home,
    c.days_rest,
    c.injury_status,
    c.injury_reason,
    c.games_played_season,
    c.has_line,
    c.current_points_line,
    c.over_price_american,
    c.under_price_american,
    f.points_avg_season,
    f.minutes_avg_season,
    f.points_avg_last_5,
    x.fatigue_score
from context as c
left join form as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
left join factors as x on x.game_id = c.game_id and x.universal_player_id = c.universal_player_id
order by c.game_date, c.game_id, c.universal_player_id
