"""Facts read from the tables, the bucket and the run history: each table is asked once, whatever the number of dates.

Not here: what to think of them (`rules.py`).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from nba_props.breaker import open_circuits
from nba_props.domain.calendar import EASTERN, date_range, season_bounds, season_of
from nba_props.health.facts import Operations, Row, SlateFacts, export_path
from nba_props.platform import Platform

_SCHEDULE = """
select game_date, game_id, home_team, away_team, season_type, tip_at
from nba_raw.schedule
where game_date between @start_date and @end_date
order by game_date, tip_at, game_id
"""

_SCHEDULE_SPAN = """
select min(game_date) as first_date, max(game_date) as last_date
from nba_raw.schedule
where game_date between @start_date and @end_date
"""

_COVERAGE = """
select
    game_date, system_id, roster_players, eligible_players, ready_players, feature_players, quoted_players,
    unresolved_names, expected, predicted, coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date
order by game_date, system_id
"""

# What is published changes when rows come into force, and when the batch that superseded a row was merged. A row of an
# older batch that lands late was never in force: its own instant is no change.
_PREDICTIONS = """
with batches as (
    select batch_id, consolidated_at
    from nba_predictions.prediction_batches
    where game_date between @start_date and @end_date
),

slate_rows as (
    select
        p.game_date, p.game_id, p.universal_player_id, p.system_id, p.is_active,
        if(p.is_active or p.updated_at < b.consolidated_at, p.updated_at, b.consolidated_at) as changed_at
    from nba_predictions.player_prop_predictions as p
    left join batches as b on b.batch_id = p.superseded_by
    where p.game_date between @start_date and @end_date
)

select
    game_date, game_id, 'all' as system_id, sum(if(is_active, 1, 0)) as predictions,
    count(distinct if(is_active, universal_player_id, null)) as players, max(changed_at) as changed_at
from slate_rows
group by game_date, game_id
union all
select
    game_date, game_id, system_id, sum(if(is_active, 1, 0)) as predictions,
    count(distinct if(is_active, universal_player_id, null)) as players, max(changed_at) as changed_at
from slate_rows
group by game_date, game_id, system_id
order by game_date, game_id, system_id
"""

_ACTIVE_BATCHES = """
select game_date, batch_id, count(*) as predictions
from nba_predictions.player_prop_predictions
where game_date between @start_date and @end_date and is_active
group by game_date, batch_id
order by game_date, batch_id
"""

_BATCHES = """
select
    game_date, batch_id, run_mode, batch_as_of_at, scope, state, expected_players, staged_players, completion_pct,
    missing_systems, failure_reason, consolidated_at, run_id
from nba_predictions.prediction_batches
where game_date between @start_date and @end_date
order by game_date, batch_as_of_at, opened_at, batch_id
"""

_FAILED_CHECKS = """
select game_date, asset, check_name, severity, detail
from nba_monitoring.check_results
where game_date between @start_date and @end_date and not passed and severity <> 'info'
order by game_date, asset, check_name
"""

_EXPORTS = """
select path, state, detail, published_at
from nba_monitoring.export_log
where game_date = @start_date
"""

_UNRESOLVED = """
select count(distinct player_lookup) as names
from nba_reference.unresolved_player_names
where game_date = @start_date and is_quoted and reason <> 'combo'
"""

_MISSING = """
select reason, is_by_design, count(*) as players
from nba_monitoring.missing_predictions
where game_date = @start_date
group by reason, is_by_design
order by reason, is_by_design
"""

# What live sources sent and archives held for the date's season, and was not let in.
_QUARANTINED = """
select source, reason, count(*) as refused
from nba_raw.quarantined_rows
where season = @season
group by source, reason
order by source, reason
"""

_REJECTED = """
select source, rejection_reason as reason, count(*) as refused
from nba_raw.landed_payloads
where filed_date between @start_date and @end_date and rejection_reason is not null
group by source, rejection_reason
order by source, rejection_reason
"""

_RUNS = """
select
    run_id, processor_name, status, started_at,
    coalesce(data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date, false) as is_of_date,
    started_at >= timestamp_sub(@now, interval 24 hour) as is_of_last_day
from nba_reference.processor_run_history
where
    (data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date)
    or (status in ('failed', 'interrupted') and started_at >= timestamp_sub(@now, interval 24 hour))
order by started_at, run_id, processor_name
"""

_SLATE_SHOWN = """
select
    max(if(game_date = @start_date, game_date, null)) as today,
    max(if(game_date > @start_date, game_date, null)) as tomorrow,
    max(if(game_date < @start_date, game_date, null)) as latest
from nba_predictions.player_prop_predictions
where game_date <= @end_date and is_active
"""


def slate_facts(platform: Platform, start: date, end: date) -> dict[date, SlateFacts]:
    """Facts of every date of a range: each table is asked once, whatever the number of dates."""
    sources = {
        "all_games": _SCHEDULE,
        "coverages": _COVERAGE,
        "predictions_by_game": _PREDICTIONS,
        "active_batches": _ACTIVE_BATCHES,
        "batches": _BATCHES,
        "failed_checks": _FAILED_CHECKS,
    }
    values = {"start_date": start, "end_date": end}
    found = {name: _by_date(platform.warehouse.query(sql, values).to_pylist()) for name, sql in sources.items()}
    return {
        day: SlateFacts(day, **{name: rows.get(day, []) for name, rows in found.items()})
        for day in date_range(start, end)
    }


def slate_shown(platform: Platform) -> date | None:
    """The slate that "tonight" means: today's; without predictions today, tomorrow's; else the latest before, if any.

    Tomorrow's evening run therefore does not take tonight's page away before tip-off, and a backfilled date never does.
    """
    today = platform.today
    values = {"start_date": today, "end_date": today + timedelta(days=1)}
    found: Row = platform.warehouse.query(_SLATE_SHOWN, values).to_pylist()[0]
    shown: date | None = found["today"] or found["tomorrow"] or found["latest"]
    return shown


def _is_page_turning(platform: Platform, day: date) -> bool:
    """TRUE in the first half hour of a date: predicted the evening before, it is only now what tonight's page is to show."""
    return day == platform.today and platform.now < datetime.combine(day, time(0, 30), EASTERN)


def operations_of(platform: Platform, facts: SlateFacts) -> Operations:
    """What surrounds the slate of the facts, as it is now."""
    day = facts.game_date
    values = {"start_date": day, "now": platform.now}
    season = season_of(day)
    first, last = season_bounds(season)

    def ask(sql: str) -> list[Row]:
        rows: list[Row] = platform.warehouse.query(sql, values).to_pylist()
        return rows

    staging = platform.warehouse.staging_tables()
    orphaned_before = platform.now - timedelta(minutes=platform.settings.staging_grace_minutes)
    required = [export_path(f"predictions/{day}.json")]
    if slate_shown(platform) == day and not _is_page_turning(platform, day):
        required.append(export_path("tonight/all-players.json"))
    exports = {row["path"]: row for row in ask(_EXPORTS)}
    return Operations(
        staging_of_date=[one.name for one in staging if one.game_date == day],
        staging_total=len(staging),
        orphaned=[one.name for one in staging if one.created_at < orphaned_before],
        exports=exports,
        required_exports=required,
        lost_exports=[path for path in required if path in exports and not platform.store.exists(path)],
        unresolved_names=ask(_UNRESOLVED)[0]["names"],
        quarantined=platform.warehouse.query(_QUARANTINED, {"season": season}).to_pylist(),
        rejected=platform.warehouse.query(_REJECTED, {"start_date": first, "end_date": last}).to_pylist(),
        missing=ask(_MISSING),
        runs=ask(_RUNS),
        circuits=open_circuits(platform, "live" if day >= platform.today else "backfill"),
        is_ahead=day >= platform.today,
    )


def schedule_span(platform: Platform, start: date, end: date) -> tuple[date, date] | None:
    """First and last date of a range with a scheduled game; None without one."""
    row = platform.warehouse.query(_SCHEDULE_SPAN, {"start_date": start, "end_date": end}).to_pylist()[0]
    return (row["first_date"], row["last_date"]) if row["first_date"] else None


def _by_date(rows: Iterable[Row]) -> dict[date, list[Row]]:
    grouped: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["game_date"]].append(row)
    return grouped
