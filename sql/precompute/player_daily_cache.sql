-- Purpose: a player's form over his last games and the season.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: games played with game_date < the slate, at most 400 days back; a did-not-play is no game, never a zero.

with slate as (
    select game_date, game_id, universal_player_id, season
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

played as (
    select game_date, game_id, universal_player_id, season, points, seconds_played, plays_used_x100, team_plays_on_court_x100
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

history as (
    select
        s.game_date as slate_date,
        s.game_id as slate_game_id,
        s.universal_player_id,
        h.season = s.season as is_this_season,
        h.points,
        h.seconds_played,
        h.plays_used_x100,
        h.team_plays_on_court_x100,
        row_number() over (
            partition by s.game_date, s.universal_player_id order by h.game_date desc, h.game_id desc
        ) as games_ago
    from slate as s
    inner join played as h
        on h.universal_player_id = s.universal_player_id
        and h.game_date < s.game_date
        and h.game_date >= date_sub(s.game_date, interval 400 day)
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
    safe_divide(100 * f.plays_used_last_5, f.team_plays_last_5) as usage_pct_last_5,
    safe_divide(100 * f.plays_used_season, f.team_plays_season) as usage_pct_season
from slate as s
left join form as f
    on f.slate_date = s.game_date and f.slate_game_id = s.game_id and f.universal_player_id = s.universal_player_id
