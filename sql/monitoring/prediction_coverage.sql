-- Purpose: how many of the expected players have an active prediction, per date and system, and the funnel before it.
-- Grain: game_date, system_id ('all' is: by any system).
-- Point in time: reads what the slate's own layers hold.

with games as (
    select game_date, count(*) as games
    from nba_raw.schedule
    where game_date between @start_date and @end_date
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
    group by game_date
),

context as (
    select game_date, game_id, universal_player_id, is_eligible, is_production_ready, has_line
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

features as (
    select game_date, game_id, universal_player_id
    from nba_precompute.ml_feature_store
    where game_date between @start_date and @end_date
),

unresolved as (
    select game_date, count(distinct player_lookup) as unresolved_names
    from nba_reference.unresolved_player_names
    where game_date between @start_date and @end_date and is_quoted and reason <> 'combo'
    group by game_date
),

active as (
    select distinct game_date, game_id, universal_player_id, system_id
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active
),

systems as (
    select system_id from unnest(@systems) as system_id
    union all
    select 'all' as system_id
),

funnel as (
    select
        c.game_date,
        count(*) as roster_players,
        countif(c.is_eligible) as eligible_players,
        countif(c.is_production_ready) as ready_players,
        countif(c.is_production_ready and f.universal_player_id is not null) as feature_players,
        countif(c.is_production_ready and c.has_line) as quoted_players
    from context as c
    left join features as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
    group by c.game_date
),

predicted as (
    select c.game_date, s.system_id, count(distinct c.universal_player_id) as predicted
    from context as c
    cross join systems as s
    inner join active as a
        on a.game_id = c.game_id
        and a.universal_player_id = c.universal_player_id
        and (a.system_id = s.system_id or s.system_id = 'all')
    where c.is_production_ready
    group by c.game_date, s.system_id
),

joined as (
    select
        g.game_date,
        s.system_id,
        g.games,
        coalesce(f.roster_players, 0) as roster_players,
        coalesce(f.eligible_players, 0) as eligible_players,
        coalesce(f.ready_players, 0) as ready_players,
        coalesce(f.feature_players, 0) as feature_players,
        coalesce(f.quoted_players, 0) as quoted_players,
        coalesce(u.unresolved_names, 0) as unresolved_names,
        coalesce(f.ready_players, 0) + coalesce(u.unresolved_names, 0) as expected,
        coalesce(p.predicted, 0) as predicted
    from games as g
    cross join systems as s
    left join funnel as f on f.game_date = g.game_date
    left join unresolved as u on u.game_date = g.game_date
    left join predicted as p on p.game_date = g.game_date and p.system_id = s.system_id
)

select
    game_date,
    system_id,
    games,
    roster_players,
    eligible_players,
    ready_players,
    feature_players,
    quoted_players,
    unresolved_names,
    expected,
    predicted,
    100 * safe_divide(predicted, expected) as coverage_pct,
    case
        when expected = 0 then 'critical'
        when 100 * predicted >= 95 * expected then 'ok'
        when 100 * predicted >= 85 * expected then 'warning'
        else 'critical'
    end as status
from joined
