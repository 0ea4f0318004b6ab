-- Purpose: players of games that have not begun, as they are known now beside what was predicted of them.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: the slate's context as last built, and the predictions in force; games whose tip-off is after @now.

with context as (
    select
        game_date, game_id, universal_player_id, player_name, team_abbr, is_production_ready, current_points_line, injury_status
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date and tip_at > @now
),

-- A refusal that nothing has superseded is an answer too: asking again would give it again.
answers as (
    select
        game_id,
        universal_player_id,
        max(main_points_line) as main_points_line,
        max(injury_status) as injury_status
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
        and (is_active or (prediction_error_code is not null and superseded_by is null))
    group by game_id, universal_player_id
)

select
    c.game_date,
    c.game_id,
    c.universal_player_id,
    c.player_name,
    c.team_abbr,
    c.is_production_ready as is_expected,
    c.current_points_line,
    c.injury_status,
    a.universal_player_id is not null as is_predicted,
    a.main_points_line as predicted_line,
    a.injury_status as predicted_status
from context as c
left join answers as a on a.game_id = c.game_id and a.universal_player_id = c.universal_player_id
