-- Purpose: rosters of all teams as known before each slate: a published roster where a source has one (the NBA's ids first,
--   then ESPN, then Basketball-Reference), else earlier box scores.
-- Grain: roster_date, source_player_id.
-- Point in time: box scores with game_date < roster_date; published rosters of the date's own morning or the 7 days before.

with box as (
    select game_date, game_id, season, source_player_id, player_name, team_abbr
    from nba_raw.player_box_scores
    where game_date >= date_sub(@start_date, interval 400 day) and game_date <= @end_date
),

snapshots as (
    select
        roster_date, team_abbr, source_player_id, player_name, 1 as source_rank, 'snapshot' as roster_source,
        cast(null as date) as first_known_date
    from nba_raw.roster_snapshots
    where roster_date >= date_sub(@start_date, interval 7 day) and roster_date <= @end_date
    union all
    select
        r.roster_date, r.team_abbr, s.source_player_id, r.player_name, if(r.source = 'espn', 2, 3) as source_rank,
        r.source as roster_source, s.first_known_date
    from nba_raw.roster_reports as r
    inner join nba_reference.source_people as s
        on s.source = r.source
        and s.source_person_id = r.source_person_id
        and s.player_name = r.player_name
        and s.team_abbr = r.team_abbr
    where r.roster_date >= date_sub(@start_date, interval 7 day)
        and r.roster_date <= @end_date
        and r.source in ('espn', 'basketball_reference')
        and s.source_player_id is not null
        -- The page of a past season names all who played in it: it is no roster of its date.
        and not (r.source = 'basketball_reference' and extract(month from r.roster_date) = 8 and extract(day from r.roster_date) = 31)
),

slate_dates as (
    select distinct game_date as roster_date, season
    from nba_raw.schedule
    where game_date between @start_date and @end_date
        and season_type in ('Regular Season', 'Play-In', 'Playoffs', 'NBA Cup Final')
),

-- The best source's latest serves. An imported roster of an earlier morning comes last: a live one may know of a trade since.
latest_snapshots as (
    select d.roster_date, s.team_abbr, s.source_rank, max(s.roster_date) as published_date
    from slate_dates as d
    inner join snapshots as s
        on s.roster_date <= d.roster_date and s.roster_date >= date_sub(d.roster_date, interval 7 day)
    group by d.roster_date, s.team_abbr, s.source_rank
    qualify row_number() over (
        partition by d.roster_date, s.team_abbr
        order by if(s.source_rank = 1 and max(s.roster_date) < d.roster_date, 4, s.source_rank)
    ) = 1
),

-- Each appearance says where a player is until his next one; a later appearance moves no earlier roster.
appearances as (
    select
        source_player_id,
        player_name,
        team_abbr,
        season,
        game_date,
        lead(game_date) over (partition by source_player_id order by game_date, game_id) as next_game_date
    from box
),

last_seen as (
    select
        d.roster_date,
        a.team_abbr,
        a.source_player_id,
        a.player_name,
        a.game_date as last_seen_date,
        if(a.season = d.season, 'last_box_score', 'previous_season') as roster_source
    from slate_dates as d
    inner join appearances as a
        on a.game_date < d.roster_date
        and coalesce(a.next_game_date, date '9999-12-31') >= d.roster_date
        and a.game_date >= date_sub(d.roster_date, interval 400 day)
),

-- A person whom nothing but a later game has made known is not on an earlier roster.
published as (
    select l.roster_date, l.team_abbr, s.source_player_id, s.player_name, s.roster_source
    from latest_snapshots as l
    inner join snapshots as s
        on s.team_abbr = l.team_abbr and s.source_rank = l.source_rank and s.roster_date = l.published_date
    left join last_seen as b on b.roster_date = l.roster_date and b.source_player_id = s.source_player_id
    where s.first_known_date is null or s.first_known_date < l.roster_date
    -- Where two teams list a person alike, he is with the one that he was last seen to play for.
    qualify row_number() over (
        partition by l.roster_date, s.source_player_id
        order by l.published_date desc, l.source_rank, if(b.team_abbr = l.team_abbr, 0, 1), l.team_abbr, s.player_name
    ) = 1
),

derived as (
    select s.roster_date, s.team_abbr, s.source_player_id, s.player_name, s.roster_source, s.last_seen_date
    from last_seen as s
    left join latest_snapshots as l on l.roster_date = s.roster_date and l.team_abbr = s.team_abbr
    left join published as p on p.roster_date = s.roster_date and p.source_player_id = s.source_player_id
    where l.team_abbr is null and p.source_player_id is null
)

select
    p.roster_date,
    p.team_abbr,
    p.source_player_id,
    p.player_name,
    p.roster_source,
    s.last_seen_date
from published as p
left join last_seen as s
    on s.roster_date = p.roster_date and s.source_player_id = p.source_player_id and s.team_abbr = p.team_abbr

union all

select roster_date, team_abbr, source_player_id, player_name, roster_source, last_seen_date
from derived
