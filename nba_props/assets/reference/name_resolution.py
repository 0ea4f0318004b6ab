"""`reference/name_resolution`: every name a slate brings, bound to a person or queued; never a silent guess."""

from collections import defaultdict
from datetime import date
from typing import Any

import dagster as dg
import pyarrow as pa

from nba_props.assets._factory import dated_kwargs, written
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.names import NameIndex, NameRequest, Resolution, resolve_batch
from nba_props.partitions import dates_of
from nba_props.platform import Platform
from nba_props.registry import aliases, registered_people

RESOLVED = table("nba_reference.name_resolution")
UNRESOLVED = table("nba_reference.unresolved_player_names")

# Of sources with ids of their own, the persons whom `source_people` could not bind; a box score's on the day after.
_NAMES = """
select
    game_date, player_name, coalesce(concat(away_team, '@', home_team), '') as event_key, away_team, home_team,
    true as is_quoted, count(*) as occurrences
from nba_raw.player_points_quotes
where game_date between @start_date and @end_date
group by game_date, player_name, away_team, home_team
union all
select
    game_date, player_name, team_abbr as event_key, team_abbr as away_team, team_abbr as home_team, false as is_quoted,
    count(*) as occurrences
from (
    select game_date, player_name, team_abbr
    from nba_raw.injury_reports
    where game_date between @start_date and @end_date
    union all
    select r.roster_date as game_date, r.player_name, r.team_abbr
    from nba_raw.roster_reports as r
    inner join nba_reference.source_people as s
        on s.source = r.source
        and s.source_person_id = r.source_person_id
        and s.player_name = r.player_name
        and s.team_abbr = r.team_abbr
    where r.roster_date between @start_date and @end_date and s.universal_player_id is null
    union all
    select cast(date_add(b.game_date, interval 1 day) as date) as game_date, b.player_name, b.team_abbr
    from nba_raw.box_score_reports as b
    inner join nba_reference.source_people as s
        on s.source = b.source
        and s.source_person_id = b.source_person_id
        and s.player_name = b.player_name
        and s.team_abbr = b.team_abbr
    where b.game_date between date_sub(@start_date, interval 1 day) and date_sub(@end_date, interval 1 day)
        and s.universal_player_id is null
)
group by game_date, player_name, team_abbr
order by game_date, player_name, event_key, away_team, home_team, is_quoted
"""

_TEAMS = """
select roster_date as game_date, concat('nba_', cast(source_player_id as string)) as universal_player_id, team_abbr
from nba_raw.team_rosters
where roster_date between @start_date and @end_date
"""

_PLAYING = """
select game_date, home_team, away_team from nba_raw.schedule where game_date between @start_date and @end_date
"""


@dg.asset(**dated_kwargs(RESOLVED))
def name_resolution(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    resolved, unresolved = resolve_range(platform, start, end)

    def write() -> int:
        platform.warehouse.replace_rows(UNRESOLVED, unresolved, start, end)
        return platform.warehouse.replace_rows(RESOLVED, resolved, start, end)

    metadata = {"names_unresolved": unresolved.num_rows}
    return written(context, platform, RESOLVED, write, start, end, metadata)


def resolve_range(platform: Platform, start: date, end: date) -> tuple[pa.Table, pa.Table]:
    """(bound names, queue) of the dates, as of each date: people known before it, teams as its rosters say."""
    dates = {"start_date": start, "end_date": end}
    query = platform.warehouse.query
    index, known_aliases = NameIndex(registered_people(platform)), aliases(platform)
    team_of: dict[date, dict[str, str]] = defaultdict(dict)
    for row in query(_TEAMS, dates).to_pylist():
        team_of[row["game_date"]][row["universal_player_id"]] = row["team_abbr"]
    playing: dict[date, set[str]] = defaultdict(set)
    for row in query(_PLAYING, dates).to_pylist():
        playing[row["game_date"]] |= {row["home_team"], row["away_team"]}
    names: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in query(_NAMES, dates).to_pylist():
        names[row["game_date"]].append(row)

    bound: list[dict[str, Any]] = []
    queued: list[dict[str, Any]] = []
    for day, rows in names.items():
        requests = [NameRequest(row["player_name"], _teams(row)) for row in rows]
        answers = resolve_batch(requests, index.as_of(day, team_of[day]), known_aliases, playing[day])
        for row, answer in zip(rows, answers, strict=True):
            (queued if answer.universal_player_id is None else bound).append(_row(row, answer))
    return _table(RESOLVED, bound), _table(UNRESOLVED, queued)


def _teams(row: dict[str, Any]) -> tuple[str, str] | None:
    return (row["away_team"], row["home_team"]) if row["away_team"] and row["home_team"] else None


def _row(name: dict[str, Any], answer: Resolution) -> dict[str, Any]:
    suggestions = "; ".join(
        f"{one.candidate.player_name} ({one.candidate.player_lookup}, {one.score:.0f})" for one in answer.suggestions
    )
    return name | {
        "player_lookup": answer.player_lookup,
        "universal_player_id": answer.universal_player_id,
        "method": answer.method,
        "reason": answer.reason,
        "suggestions": suggestions,
    }


def _table(target: Any, rows: list[dict[str, Any]]) -> pa.Table:
    kept = [{name: row[name] for name in target.column_names} for row in rows]
    return pa.Table.from_pylist(kept, schema=arrow_schema(target))
