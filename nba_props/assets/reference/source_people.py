"""`reference/source_people`: which person a source without the NBA's ids means; never a guess.

Who stays unresolved is queued by `name_resolution`, date by date, with the other names that a person must decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pyarrow as pa

from nba_props.assets._factory import OWNERS
from nba_props.assets._spec import asset_spec_kwargs
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.calendar import season_of
from nba_props.domain.names import Alias, NameIndex, NameRequest, Registry, Resolution, resolve_batch
from nba_props.history import recorded
from nba_props.platform import Platform
from nba_props.pools import WRITES
from nba_props.registry import aliases, registered_people

SOURCE_PEOPLE = table("nba_reference.source_people")

BY_SOURCE_ID = "source_id"
"""Method of a person whom another spelling, or another team, under the same id of the source has told."""

CONTRADICTED = "source_id_contradicted"
"""Reason of a spelling whose id was told to be somebody else before."""

_NAMED = """
select source, source_person_id, player_name, team_abbr, min(named_date) as first_seen_date
from (
    select source, source_person_id, player_name, team_abbr, roster_date as named_date from nba_raw.roster_reports
    union all
    select source, source_person_id, player_name, team_abbr, game_date as named_date from nba_raw.box_score_reports
)
group by source, source_person_id, player_name, team_abbr
order by first_seen_date, source, source_person_id, player_name, team_abbr
"""

_PLAYED_FOR = """
select universal_player_id, team_abbr, season, first_game_date
from nba_reference.nba_players_registry
where first_game_date is not null
order by first_game_date, universal_player_id, team_abbr
"""

Row = dict[str, Any]


@dg.asset(**asset_spec_kwargs(SOURCE_PEOPLE), owners=OWNERS, pool=WRITES)
def source_people(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    with recorded(platform, context.run.run_id, "/".join(SOURCE_PEOPLE.asset_key)) as step:
        rows = resolved_people(platform)
        step.rows_written = platform.warehouse.replace_rows(SOURCE_PEOPLE, rows)
    unresolved = rows["universal_player_id"].null_count
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows.num_rows, "unresolved": unresolved, **step.usage_metadata}
    )


def resolved_people(platform: Platform) -> pa.Table:
    """Every (source, person, spelling, team) with the person it means, or the reason why nobody may be assumed."""
    named = platform.warehouse.query(_NAMED).to_pylist()
    played_for = platform.warehouse.query(_PLAYED_FOR).to_pylist()
    resolver = _Resolver(NameIndex(registered_people(platform)), aliases(platform), played_for)
    rows = settled([resolver.row_of(one) for one in named])
    return pa.Table.from_pylist(rows, schema=arrow_schema(SOURCE_PEOPLE))


@dataclass(frozen=True)
class _Resolver:
    """`domain.names` over the registry: first with what was known when the source named someone, then with what is now.

    In that order, so that a namesake who appears later changes nobody's identity.
    """

    index: NameIndex
    aliases: Sequence[Alias]
    played_for: Sequence[Row]

    def row_of(self, named: Row) -> Row:
        """Who is meant, by name and team, and the last date on which that could not have been told."""
        day, team = named["first_seen_date"], named["team_abbr"]
        then = self._resolved(named["player_name"], team, self.index.as_of(day, self._teams_before(day)))
        if then.universal_player_id is not None:
            return _row(named, then, self._unknown_until(then))
        now = self._resolved(named["player_name"], team, self.index.as_of(date.max, self._team_of_season(day, team)))
        return _row(named, now, _latest(self._unknown_until(now), self._first_game(now, day, team)))

    def _unknown_until(self, answer: Resolution) -> date | None:
        person = answer.universal_player_id
        return None if person is None else self.index.people[person].first_known_date

    def _first_game(self, answer: Resolution, day: date, team: str) -> date | None:
        """His first game for the team that season: what told who is meant, where it was told in hindsight."""
        season = season_of(day)
        return next(
            (
                row["first_game_date"]
                for row in self.played_for
                if (row["universal_player_id"], row["team_abbr"], row["season"])
                == (answer.universal_player_id, team, season)
            ),
            None,
        )

    def _resolved(self, name: str, team: str, registry: Registry) -> Resolution:
        (answer,) = resolve_batch([NameRequest(name, (team, team))], registry, self.aliases, ())
        return answer

    def _teams_before(self, day: date) -> dict[str, str]:
        """Team by person, as box scores before a date had it."""
        return {row["universal_player_id"]: row["team_abbr"] for row in self.played_for if row["first_game_date"] < day}

    def _team_of_season(self, day: date, team: str) -> dict[str, str]:
        """Everyone who played for the team in the date's season."""
        season = season_of(day)
        return {
            row["universal_player_id"]: team
            for row in self.played_for
            if row["season"] == season and row["team_abbr"] == team
        }


def settled(rows: Sequence[Row]) -> list[Row]:
    """Rows in which one id of a source is one person: told by one spelling it is told for all, from then on.

    `rows` are in the order in which they were first seen. A spelling that contradicts what was told before it binds nobody;
    what was told before stands: no later word changes an earlier roster.
    """
    told: dict[tuple[str, str], Row] = {}
    kept = []
    for row in rows:
        row = _uncontradicted(row, told.get(_id(row)))
        kept.append(row)
        if row["universal_player_id"] is not None and row["source_person_id"] != row["player_name"]:
            told.setdefault(_id(row), row)
    return [_told_by_id(row, told.get(_id(row))) for row in kept]


def _uncontradicted(row: Row, told: Row | None) -> Row:
    if told is None or row["universal_player_id"] in (None, told["universal_player_id"]):
        return row
    nobody = dict.fromkeys(("universal_player_id", "source_player_id", "first_known_date"))
    return row | nobody | {"method": "unresolved", "reason": CONTRADICTED}


def _told_by_id(row: Row, told: Row | None) -> Row:
    """An unresolved row as another of the same id tells it, unknown until the day before that one was seen."""
    if told is None or row["universal_player_id"] is not None or row["reason"] == CONTRADICTED:
        return row
    if row["source_person_id"] == row["player_name"]:  # a name in an id's place binds nobody of another team
        return row
    hindsight = (
        told["first_seen_date"] - timedelta(days=1) if told["first_seen_date"] > row["first_seen_date"] else None
    )
    person = {name: told[name] for name in ("universal_player_id", "source_player_id")}
    known = {"first_known_date": _latest(told["first_known_date"], hindsight)}
    return row | person | known | {"method": BY_SOURCE_ID, "reason": None}


def _latest(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)


def _id(row: Row) -> tuple[str, str]:
    return row["source"], row["source_person_id"]


def _row(named: Row, answer: Resolution, unknown_until: date | None) -> Row:
    person = answer.universal_player_id
    return named | {
        "universal_player_id": person,
        "source_player_id": None if person is None else int(person.removeprefix("nba_")),
        "first_known_date": None if person is None else unknown_until,
        "method": answer.method,
        "reason": answer.reason,
    }
