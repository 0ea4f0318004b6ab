-- Purpose: every quote with its person, its game, and whether it may be used as a line.
-- Grain: game_date, quote_id.
-- Point in time: usable means seen before tip-off, or before noon Eastern of the slate where tip is unknown. A tip that only odds
--   events tell counts if such an event was seen before noon, and before @as_of if given or @now of a live slate, so that later
--   quotes cannot change what was known then.

with quotes as (
    select
        quote_id, game_date, source, bookmaker, player_name, line, line_x10, is_main, over_price_american,
        under_price_american, snapshot_at, tip_at, is_pre_tip, home_team, away_team,
        coalesce(concat(away_team, '@', home_team), '') as event_key,
        timestamp(datetime(game_date, time(12, 0, 0)), 'America/New_York') as noon_at
    from nba_raw.player_points_quotes
    where game_date between @start_date and @end_date
),

games as (
    select game_id, game_date, home_team, away_team, tip_at
    from nba_raw.schedule
    where game_date between @start_date and @end_date
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

resolution as (
    select game_date, player_name, event_key, universal_player_id
    from nba_reference.name_resolution
    where game_date between @start_date and @end_date
),

rosters as (
    select roster_date as game_date, concat('nba_', cast(source_player_id as string)) as universal_player_id, team_abbr
    from nba_raw.team_rosters
    where roster_date between @start_date and @end_date
),

books as (
    select bookmaker, book_rank, book_kind from nba_reference.bookmakers
),

-- A quote that names its event is placed by it; one that does not is placed by the player's team of the date.
placed as (
    select
        q.*,
        r.universal_player_id,
        coalesce(e.game_id, t.game_id) as game_id,
        coalesce(e.tip_at, t.tip_at) as scheduled_tip_at
    from quotes as q
    left join resolution as r
        on r.game_date = q.game_date and r.player_name = q.player_name and r.event_key = q.event_key
    left join rosters as p on p.game_date = q.game_date and p.universal_player_id = r.universal_player_id
    left join games as e
        on e.game_date = q.game_date and e.home_team = q.home_team and e.away_team = q.away_team
    left join games as t
        on t.game_date = q.game_date and q.home_team is null and p.team_abbr in (t.home_team, t.away_team)
),

quoted_tips as (
    select game_id, tip_at
    from placed
    where scheduled_tip_at is null and tip_at is not null and game_id is not null and snapshot_at < noon_at
        and (@as_of is null or snapshot_at < @as_of)
        and (game_date < @live_from_date or snapshot_at < @now)
    qualify row_number() over (partition by game_id order by snapshot_at desc, quote_id) = 1
),

timed as (
    select
        p.*,
        coalesce(p.scheduled_tip_at, q.tip_at) as game_tip_at,
        case
            when p.scheduled_tip_at is not null then 'schedule'
            when q.tip_at is not null then 'quote'
            else 'noon_bound'
        end as tip_basis
    from placed as p
    left join quoted_tips as q on q.game_id = p.game_id
),

bounded as (
    select
        t.*,
        case
            when t.game_tip_at is null then t.noon_at
            when t.tip_at is not null and t.tip_at < t.game_tip_at then t.tip_at
            else t.game_tip_at
        end as known_until_at
    from timed as t
),

judged as (
    select
        b.*,
        case
            when b.universal_player_id is null then 'name_unresolved'
            when b.game_id is null then 'no_scheduled_game'
            when coalesce(b.is_pre_tip, true) = false then 'in_play'
            when b.snapshot_at >= b.known_until_at and b.tip_basis = 'noon_bound' then 'tip_unknown_after_noon'
            when b.snapshot_at >= b.known_until_at then 'in_play'
        end as rejection_reason
    from bounded as b
)

select
    j.game_date,
    j.quote_id,
    j.source,
    j.bookmaker,
    coalesce(k.book_rank, 99) as book_rank,
    coalesce(k.book_kind, 'unknown') as book_kind,
    j.player_name,
    j.universal_player_id,
    j.game_id,
    j.line,
    j.line_x10,
    j.is_main,
    j.over_price_american,
    j.under_price_american,
    j.snapshot_at,
    j.game_tip_at as tip_at,
    j.known_until_at,
    j.tip_basis,
    cast(floor(safe_divide(unix_seconds(j.game_tip_at) - unix_seconds(j.snapshot_at), 60)) as int64) as minutes_before_tip,
    j.rejection_reason is null as is_usable,
    j.rejection_reason
from judged as j
left join books as k on k.bookmaker = j.bookmaker
