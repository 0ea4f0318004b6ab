-- Purpose: a player's form over his last games and the season.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: games played with game_date < the slate, at most 400 days back; a did-not-play is no game, never a zero.

with slate as (
    select game_date, game_id, universal_player_id, season, team_abbr
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

absences as (
    select
        game_id, team_abbr, absent_minutes, absent_plays, absent_minutes_guard, absent_minutes_forward, absent_minutes_center
    from nba_analytics.team_absence_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

team_games as (
    select game_date, team_abbr
    from nba_analytics.team_offense_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

played as (
    select
        game_date, game_id, universal_player_id, season, team_abbr, points, seconds_played, plays_used_x100,
        team_plays_on_court_x100, fga, fta, fg3a, is_starter
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

history as (
    select
        s.game_date as slate_date,
        s.game_id as slate_game_id,
        s.universal_player_id,
        s.team_abbr as slate_team_abbr,
        h.game_date as played_date,
        h.game_id as played_game_id,
        h.team_abbr as played_team_abbr,
        h.season = s.season as is_this_season,
        h.points,
        h.seconds_played,
        h.plays_used_x100,
        h.team_plays_on_court_x100,
        h.fga,
        h.fta,
        h.fg3a,
        h.is_starter,
        row_number() over (
            partition by s.game_date, s.universal_player_id order by h.game_date desc, h.game_id desc
        ) as games_ago
    from slate as s
    inner join played as h
        on h.universal_player_id = s.universal_player_id
        and h.game_date < s.game_date
        and h.game_date >= date_sub(s.game_date, interval 400 day)
),

-- A game's weight halves every 3, 8, 20 or 40 games, in whole millionths: integers add up to the same in any order.
weighted as (
    select
        h.*,
        cast(round(1000000 * pow(0.5, (h.games_ago - 1) / 3)) as int64) as weight_3,
        cast(round(1000000 * pow(0.5, (h.games_ago - 1) / 8)) as int64) as weight_8,
        cast(round(1000000 * pow(0.5, (h.games_ago - 1) / 20)) as int64) as weight_20,
        cast(round(1000000 * pow(0.5, (h.games_ago - 1) / 40)) as int64) as weight_40,
        cast(round(60 * a.absent_minutes) as int64) as absent_seconds,
        cast(round(100 * a.absent_plays) as int64) as absent_plays_x100,
        cast(round(60 * a.absent_minutes_guard) as int64) as absent_seconds_guard,
        cast(round(60 * a.absent_minutes_forward) as int64) as absent_seconds_forward,
        cast(round(60 * a.absent_minutes_center) as int64) as absent_seconds_center
    from history as h
    left join absences as a on a.game_id = h.played_game_id and a.team_abbr = h.played_team_abbr
),

exponential as (
    select
        slate_date,
        slate_game_id,
        universal_player_id,
        safe_divide(sum(weight_8 * points), sum(weight_8)) as points_ewm_8,
        safe_divide(sum(weight_20 * points), sum(weight_20)) as points_ewm_20,
        safe_divide(sum(weight_40 * points), sum(weight_40)) as points_ewm_40,
        safe_divide(sum(weight_3 * seconds_played), 60 * sum(weight_3)) as minutes_ewm_3,
        safe_divide(sum(weight_8 * seconds_played), 60 * sum(weight_8)) as minutes_ewm_8,
        safe_divide(sum(weight_20 * seconds_played), 60 * sum(weight_20)) as minutes_ewm_20,
        safe_divide(sum(weight_40 * seconds_played), 60 * sum(weight_40)) as minutes_ewm_40,
        safe_divide(sum(weight_8 * fga), sum(weight_8)) as attempts_ewm_8,
        safe_divide(sum(weight_20 * fta), sum(weight_20)) as free_throws_ewm_20,
        safe_divide(sum(weight_20 * fg3a), sum(weight_20)) as threes_ewm_20,
        safe_divide(sum(weight_8 * plays_used_x100), 100 * sum(weight_8)) as plays_ewm_8,
        safe_divide(sum(weight_20 * plays_used_x100), 100 * sum(weight_20)) as plays_ewm_20,
        safe_divide(100 * sum(weight_40 * points), sum(weight_40 * (200 * fga + 88 * fta))) as shooting_ewm_40,
        safe_divide(
            sum(if(is_starter, weight_3, 0)), sum(if(is_starter is null, 0, weight_3))
        ) as start_share_ewm_3,
        max(if(games_ago = 1, seconds_played, null)) as seconds_last_1,
        max(if(games_ago = 2, seconds_played, null)) as seconds_last_2,
        logical_or(games_ago = 1 and is_starter) as is_starter_last_1,
        countif(games_ago = 1 and is_starter is not null) > 0 as is_start_known,
        sum(if(games_ago <= 10, seconds_played * seconds_played, 0)) as seconds_square_sum_last_10,
        max(played_date) as last_played_date,
        max(if(games_ago = 1, played_team_abbr, null)) as last_team_abbr,
        safe_divide(
            sum(if(absent_seconds is null, 0, weight_8) * coalesce(absent_seconds, 0)),
            60 * sum(if(absent_seconds is null, 0, weight_8))
        ) as usual_vacated_minutes,
        safe_divide(
            sum(if(absent_seconds is null, 0, weight_8) * coalesce(absent_plays_x100, 0)),
            100 * sum(if(absent_seconds is null, 0, weight_8))
        ) as usual_vacated_plays,
        safe_divide(
            sum(if(absent_seconds is null, 0, weight_8) * coalesce(absent_seconds_guard, 0)),
            60 * sum(if(absent_seconds is null, 0, weight_8))
        ) as usual_vacated_guard,
        safe_divide(
            sum(if(absent_seconds is null, 0, weight_8) * coalesce(absent_seconds_forward, 0)),
            60 * sum(if(absent_seconds is null, 0, weight_8))
        ) as usual_vacated_forward,
        safe_divide(
            sum(if(absent_seconds is null, 0, weight_8) * coalesce(absent_seconds_center, 0)),
            60 * sum(if(absent_seconds is null, 0, weight_8))
        ) as usual_vacated_center
    from weighted
    group by slate_date, slate_game_id, universal_player_id
),

missed as (
    select e.slate_date, e.slate_game_id, e.universal_player_id, count(t.game_date) as team_games_missed
    from exponential as e
    inner join slate as s
        on s.game_date = e.slate_date
        and s.game_id = e.slate_game_id
        and s.universal_player_id = e.universal_player_id
        and s.team_abbr = e.last_team_abbr
    left join team_games as t
        on t.team_abbr = s.team_abbr and t.game_date > e.last_played_date and t.game_date < e.slate_date
    group by e.slate_date, e.slate_game_id, e.universal_player_id
),

form as (
    select
        slate_date,
        slate_game_id,
        universal_player_id,
        countif(is_this_season) as games_played_season,
        countif(games_ago <= 10) as games_in_last_10,
        countif(games_ago <= 5) as games_in_last_5,
        countif(games_ago <= 10 and not is_this_season) > 0 as has_previous_season_in_last_10,
        countif(games_ago <= 5 and not is_this_season) > 0 as has_previous_season_in_last_5,
        avg(if(games_ago <= 5, points, null)) as points_avg_last_5,
        avg(if(games_ago <= 10, points, null)) as points_avg_last_10,
        avg(if(is_this_season, points, null)) as points_avg_season,
        avg(if(is_this_season, null, points)) as points_avg_previous_season,
        sum(if(games_ago <= 10, points, 0)) as points_sum_last_10,
        sum(if(games_ago <= 10, points * points, 0)) as points_square_sum_last_10,
        avg(if(games_ago <= 2, points, null)) as points_avg_last_2,
        avg(if(games_ago between 3 and 5, points, null)) as points_avg_previous_3,
        countif(games_ago between 3 and 5) as games_in_previous_3,
        sum(if(games_ago <= 10, seconds_played, 0)) as seconds_last_10,
        sum(if(is_this_season, seconds_played, 0)) as seconds_season,
        sum(if(games_ago <= 5, plays_used_x100, 0)) as plays_used_last_5,
        sum(if(games_ago <= 5, team_plays_on_court_x100, 0)) as team_plays_last_5,
        sum(if(is_this_season, plays_used_x100, 0)) as plays_used_season,
        sum(if(is_this_season, team_plays_on_court_x100, 0)) as team_plays_season
    from history
    group by slate_date, slate_game_id, universal_player_id
)

select
    s.game_date,
    s.game_id,
    s.universal_player_id,
    coalesce(f.games_played_season, 0) as games_played_season,
    coalesce(f.games_in_last_10, 0) as games_in_last_10,
    coalesce(f.games_in_last_5, 0) as games_in_last_5,
    coalesce(f.has_previous_season_in_last_10, false) as has_previous_season_in_last_10,
    coalesce(f.has_previous_season_in_last_5, false) as has_previous_season_in_last_5,
    f.points_avg_last_5,
    f.points_avg_last_10,
    f.points_avg_season,
    f.points_avg_previous_season,
    if(
        f.games_in_last_10 >= 2,
        sqrt(
            safe_divide(
                f.games_in_last_10 * f.points_square_sum_last_10 - f.points_sum_last_10 * f.points_sum_last_10,
                f.games_in_last_10 * (f.games_in_last_10 - 1)
            )
        ),
        null
    ) as points_std_last_10,
    f.points_avg_last_2,
    if(f.games_in_previous_3 = 3, f.points_avg_previous_3, null) as points_avg_previous_3,
    safe_divide(f.seconds_last_10, 60 * f.games_in_last_10) as minutes_avg_last_10,
    safe_divide(f.seconds_season, 60 * f.games_played_season) as minutes_avg_season,
    safe_divide(60 * f.points_sum_last_10, f.seconds_last_10) as points_per_minute_last_10,
    e.points_ewm_8,
    e.points_ewm_20,
    e.points_ewm_40,
    e.minutes_ewm_3,
    e.minutes_ewm_8,
    e.minutes_ewm_20,
    e.minutes_ewm_40,
    e.attempts_ewm_8,
    e.free_throws_ewm_20,
    e.threes_ewm_20,
    e.plays_ewm_8,
    e.plays_ewm_20,
    e.shooting_ewm_40,
    e.start_share_ewm_3,
    safe_divide(e.seconds_last_1, 60) as minutes_last_1,
    safe_divide(e.seconds_last_2, 60) as minutes_last_2,
    if(e.is_start_known, e.is_starter_last_1, null) as is_starter_last_1,
    if(
        f.games_in_last_10 >= 2,
        sqrt(
            safe_divide(
                f.games_in_last_10 * e.seconds_square_sum_last_10 - f.seconds_last_10 * f.seconds_last_10,
                3600 * f.games_in_last_10 * (f.games_in_last_10 - 1)
            )
        ),
        null
    ) as minutes_std_last_10,
    date_diff(s.game_date, e.last_played_date, day) as days_since_last_game,
    m.team_games_missed,
    e.usual_vacated_minutes,
    e.usual_vacated_plays,
    e.usual_vacated_guard,
    e.usual_vacated_forward,
    e.usual_vacated_center,
    safe_divide(100 * f.plays_used_last_5, f.team_plays_last_5) as usage_pct_last_5,
    safe_divide(100 * f.plays_used_season, f.team_plays_season) as usage_pct_season
from slate as s
left join form as f
    on f.slate_date = s.game_date and f.slate_game_id = s.game_id and f.universal_player_id = s.universal_player_id
left join exponential as e
    on e.slate_date = s.game_date and e.slate_game_id = s.game_id and e.universal_player_id = s.universal_player_id
left join missed as m
    on m.slate_date = s.game_date and m.slate_game_id = s.game_id and m.universal_player_id = s.universal_player_id
