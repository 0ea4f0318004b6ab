-- Purpose: everyone on the two rosters of each game as known before it: status, rest, line and its lineage, readiness and why not.
-- Grain: game_date, game_id, universal_player_id.
-- Point in time: results with game_date < the slate; injury reports and quotes seen before the game's as_of_at.

with slate as (
    select
        game_date, game_id, season, season_type, team_abbr, opponent_abbr, is_home, tip_at, as_of_at, as_of_basis, run_mode,
        days_rest, is_back_to_back, completeness_pct, early_season_flag
    from nba_analytics.upcoming_team_game_context
    where game_date between @start_date and @end_date
),

rosters as (
    select
        roster_date, team_abbr, roster_source,
        concat('nba_', cast(source_player_id as string)) as universal_player_id
    from nba_raw.team_rosters
    where roster_date between @start_date and @end_date
),

people as (
    select distinct universal_player_id, player_lookup, player_name from nba_reference.nba_players_registry
),

played as (
    select game_date, game_id, season, universal_player_id, seconds_played
    from nba_analytics.player_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date and participation = 'played'
),

team_results as (
    select game_date, game_id, team_abbr
    from nba_analytics.team_offense_game_summary
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
),

prices as (
    select
        game_date, game_id, universal_player_id, bookmaker, book_rank, book_kind, line, line_x10, over_price_american,
        under_price_american, snapshot_at, minutes_before_tip, tip_basis, quote_id
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and is_usable and is_main
),

injuries as (
    select
        game_date, team_abbr, player_name, injury_status, injury_reason, injury_reported_at,
        -- These repeat older news under the instant of asking: the league's own report comes before them.
        if(source in ('espn', 'balldontlie'), 1, 0) as is_second_hand
    from nba_raw.injury_reports
    where game_date between @start_date and @end_date
),

resolution as (
    select game_date, player_name, event_key, universal_player_id
    from nba_reference.name_resolution
    where game_date between @start_date and @end_date
),

on_roster as (
    select s.*, r.universal_player_id, r.roster_source, p.player_lookup, p.player_name
    from slate as s
    inner join rosters as r on r.roster_date = s.game_date and r.team_abbr = s.team_abbr
    inner join people as p on p.universal_player_id = r.universal_player_id
),

history as (
    select
        o.game_date,
        o.universal_player_id,
        h.game_date as played_date,
        h.season = o.season as is_this_season,
        h.seconds_played,
        h.game_date >= date_sub(o.game_date, interval 7 day) as is_last_7_days,
        row_number() over (
            partition by o.game_date, o.universal_player_id order by h.game_date desc, h.game_id desc
        ) as games_ago
    from on_roster as o
    inner join played as h
        on h.universal_player_id = o.universal_player_id
        and h.game_date < o.game_date
        and h.game_date >= date_sub(o.game_date, interval 400 day)
),

form as (
    select
        game_date,
        universal_player_id,
        count(*) as games_played_400_days,
        countif(is_this_season) as games_played_season,
        countif(is_last_7_days) as games_last_7_days,
        sum(if(is_last_7_days, seconds_played, 0)) as seconds_last_7_days,
        safe_divide(sum(if(games_ago <= 10, seconds_played, 0)), 60 * countif(games_ago <= 10)) as avg_minutes_last_10,
        max(played_date) as last_played_date
    from history
    group by game_date, universal_player_id
),

team_recent as (
    select s.game_date, s.team_abbr, t.game_date as team_game_date
    from slate as s
    inner join team_results as t
        on t.team_abbr = s.team_abbr
        and t.game_date < s.game_date
        and t.game_date >= date_sub(s.game_date, interval 400 day)
    qualify row_number() over (partition by s.game_date, s.team_abbr order by t.game_date desc, t.game_id desc) <= 5
),

team_window as (
    select game_date, team_abbr, min(team_game_date) as window_start from team_recent group by game_date, team_abbr
),

seen as (
    select o.game_date, o.universal_player_id, count(h.played_date) as games_in_window
    from on_roster as o
    inner join team_window as w on w.game_date = o.game_date and w.team_abbr = o.team_abbr
    inner join history as h
        on h.game_date = o.game_date
        and h.universal_player_id = o.universal_player_id
        and h.played_date >= w.window_start
    group by o.game_date, o.universal_player_id
),

known_prices as (
    select
        p.*,
        p.over_price_american is not null and p.under_price_american is not null as is_two_sided,
        abs(
            safe_divide(if(p.over_price_american < 0, -p.over_price_american, 100), abs(p.over_price_american) + 100)
            - safe_divide(if(p.under_price_american < 0, -p.under_price_american, 100), abs(p.under_price_american) + 100)
        ) as imbalance
    from prices as p
    inner join (select distinct game_id, as_of_at from slate) as g on g.game_id = p.game_id
    where p.snapshot_at < g.as_of_at
),

-- The best-ranked book; its latest snapshot; of several main lines at one instant, the most balanced.
main_lines as (
    select
        game_date, game_id, universal_player_id, bookmaker, book_kind, line, over_price_american, under_price_american,
        snapshot_at, minutes_before_tip, tip_basis
    from known_prices
    qualify row_number() over (
        partition by game_date, game_id, universal_player_id
        order by is_two_sided desc, book_rank, bookmaker, snapshot_at desc, coalesce(imbalance, 1), line_x10, quote_id
    ) = 1
),

opening_lines as (
    select k.game_date, k.game_id, k.universal_player_id, k.line as opening_line
    from known_prices as k
    inner join main_lines as m
        on m.game_id = k.game_id and m.universal_player_id = k.universal_player_id and m.bookmaker = k.bookmaker
    qualify row_number() over (
        partition by k.game_date, k.game_id, k.universal_player_id
        order by k.is_two_sided desc, k.snapshot_at, coalesce(k.imbalance, 1), k.line_x10, k.quote_id
    ) = 1
),

reports as (
    select
        o.game_date, o.game_id, o.universal_player_id, i.injury_status, i.injury_reason, i.injury_reported_at
    from on_roster as o
    inner join resolution as r
        on r.game_date = o.game_date and r.universal_player_id = o.universal_player_id and r.event_key = o.team_abbr
    inner join injuries as i
        on i.game_date = o.game_date and i.team_abbr = o.team_abbr and i.player_name = r.player_name
    where i.injury_reported_at < o.as_of_at
    qualify row_number() over (
        partition by o.game_date, o.game_id, o.universal_player_id
        order by i.is_second_hand, i.injury_reported_at desc, i.player_name
    ) = 1
),

joined as (
    select
        o.*,
        i.injury_status,
        i.injury_reason,
        i.injury_reported_at,
        coalesce(f.games_last_7_days, 0) as games_last_7_days,
        coalesce(f.seconds_last_7_days, 0) as seconds_last_7_days,
        coalesce(f.games_played_season, 0) as games_played_season,
        coalesce(f.games_played_400_days, 0) as games_played_400_days,
        f.avg_minutes_last_10,
        coalesce(s.games_in_window, 0) as team_games_seen_of_last_5,
        f.last_played_date,
        m.line is not null as has_line,
        m.line as current_points_line,
        m.book_kind as line_source,
        m.bookmaker as sportsbook,
        m.minutes_before_tip as line_minutes_before_game,
        m.snapshot_at as line_snapshot_at,
        m.tip_basis as line_tip_basis,
        n.opening_line,
        m.over_price_american,
        m.under_price_american
    from on_roster as o
    left join form as f on f.game_date = o.game_date and f.universal_player_id = o.universal_player_id
    left join seen as s on s.game_date = o.game_date and s.universal_player_id = o.universal_player_id
    left join main_lines as m on m.game_id = o.game_id and m.universal_player_id = o.universal_player_id
    left join opening_lines as n on n.game_id = o.game_id and n.universal_player_id = o.universal_player_id
    left join reports as i on i.game_id = o.game_id and i.universal_player_id = o.universal_player_id
    -- Last season's rosters stand in for a new season's first days; later they matter only for a player whom a book quotes.
    where o.roster_source <> 'previous_season' or o.early_season_flag or m.line is not null
),

judged as (
    select
        j.*,
        coalesce(j.completeness_pct >= 70, false) or j.early_season_flag or @skip_completeness_gate as is_complete,
        coalesce(j.injury_status in ('out', 'doubtful'), false) as is_out,
        j.has_line or coalesce(j.avg_minutes_last_10 >= @min_minutes, false) as has_line_or_minutes,
        j.team_games_seen_of_last_5 >= 1 as is_seen_recently
    from joined as j
)

select
    j.game_date,
    j.game_id,
    j.universal_player_id,
    j.player_lookup,
    j.player_name,
    j.team_abbr,
    j.opponent_abbr,
    j.is_home,
    j.season,
    j.season_type,
    j.tip_at,
    j.as_of_at,
    j.as_of_basis,
    j.run_mode,
    j.roster_source,
    j.injury_status,
    j.injury_reason,
    j.injury_reported_at,
    j.days_rest,
    j.is_back_to_back,
    j.games_last_7_days,
    j.seconds_last_7_days,
    j.games_played_season,
    j.games_played_400_days,
    j.avg_minutes_last_10,
    j.team_games_seen_of_last_5,
    j.last_played_date,
    j.has_line,
    j.current_points_line,
    j.line_source,
    j.sportsbook,
    j.line_minutes_before_game,
    j.line_snapshot_at,
    j.line_tip_basis,
    j.opening_line,
    j.over_price_american,
    j.under_price_american,
    j.completeness_pct,
    j.is_complete,
    j.is_out,
    j.has_line_or_minutes and not j.is_out as is_eligible,
    j.is_seen_recently,
    j.is_complete and j.has_line_or_minutes and not j.is_out and (j.is_seen_recently or j.has_line) as is_production_ready,
    case
        when j.is_out then 'injured_out'
        when not j.has_line_or_minutes then 'no_line_low_minutes'
        when not (j.is_seen_recently or j.has_line) then 'no_line_not_seen_recently'
        when not j.is_complete then 'incomplete_history'
    end as not_ready_reason,
    j.early_season_flag
from judged as j
