"""Importing an archive: land it, parse it into raw tables, rebuild the registry, and report what became of every row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from nba_props.cli.runs import Runs
from nba_props.io.sources.archive import Archive
from nba_props.platform import Platform

NAMES_SHOWN = 12

_COUNTS = """
select archive_id, table_name, season, rows_read, rows_kept, rows_duplicate, rows_quarantined
from nba_raw.archive_imports
order by table_name, season, archive_id
"""


_CAPABILITIES = """
select capability, season, detail from nba_raw.source_capabilities where not is_available order by capability, season
"""

_QUOTED = """
select player_name, count(*) as quotes
from nba_raw.player_points_quotes
where game_date between @start_date and @end_date
group by player_name
order by quotes desc, player_name
"""

_SPAN = """
select min(game_date) as first_date, max(game_date) as last_date, count(distinct game_date) as slates, count(*) as games
from nba_raw.schedule
where game_date between @start_date and @end_date
"""


@dataclass(frozen=True)
class Imported:
    """What an import did. `tables`: rows by table; `refused`: quarantined rows by reason; `names`: of quoted players."""

    archive_id: str
    seasons: list[str]
    tables: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    files: list[str]
    ignored: dict[str, str]
    missing: dict[str, str]
    not_given: list[dict[str, Any]]
    people: int
    names: dict[str, Any]
    span: dict[str, Any]
    failures: list[str]

    @property
    def rows_kept(self) -> int:
        return sum(row["rows_kept"] for row in self.tables)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_archive(started: Runs, archive: Archive) -> Imported:
    """Import an archive into the home of a runner. The same archive again changes nothing."""
    from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
    from nba_props.io.landing import land
    from nba_props.plan import import_seasons

    platform = started.runner.platform
    started.progress("landing the files as they are")
    landed = land(platform.store, archive, platform.now)
    started.progress("reading the archive")
    seasons = sorted(seasons_in(whole_archive(platform.store, landed.archive_id)))
    import_seasons(started.runner, seasons, {ARCHIVE_TAG: landed.archive_id})
    started.progress("looking up the quoted names")
    return _report(platform, archive, landed.archive_id, seasons, started.outcome.failures)


def _report(
    platform: Platform, archive: Archive, archive_id: str, seasons: Sequence[str], failures: list[str]
) -> Imported:
    ask = platform.warehouse.query
    everything = {"start_date": date(1946, 9, 1), "end_date": date.max}
    counts = [row for row in ask(_COUNTS).to_pylist() if row["archive_id"] == archive_id]
    refused = _refused(platform, archive)
    people = ask("SELECT COUNT(DISTINCT universal_player_id) AS people FROM nba_reference.nba_players_registry")
    return Imported(
        archive_id=archive_id,
        seasons=list(seasons),
        tables=_by_table(counts),
        refused=refused,
        files=[file.name for file in archive.files],
        ignored={one.name: one.why for one in archive.ignored},
        missing={one.name: one.cost for one in archive.missing},
        not_given=_by_capability(ask(_CAPABILITIES).to_pylist(), seasons),
        people=people["people"][0].as_py(),
        names=_names(platform, ask(_QUOTED, everything).to_pylist()),
        span=ask(_SPAN, everything).to_pylist()[0],
        failures=failures,
    )


def _refused(platform: Platform, archive: Archive) -> list[dict[str, Any]]:
    refs = {archive.payload_ref(file) for file in archive.files}
    rows = platform.warehouse.query("SELECT payload_ref, table_name, reason FROM nba_raw.quarantined_rows").to_pylist()
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        if row["payload_ref"] in refs:
            key = row["table_name"], row["reason"]
            found[key] = found.get(key, 0) + 1
    return [
        {"table_name": name, "reason": reason, "rows": count}
        for (name, reason), count in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    ]


def _by_table(counts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    totals: dict[str, dict[str, Any]] = {}
    for row in counts:
        total = totals.setdefault(row["table_name"], {"table_name": row["table_name"]})
        for name in ("rows_read", "rows_kept", "rows_duplicate", "rows_quarantined"):
            total[name] = total.get(name, 0) + row[name]
    return list(totals.values())


def _by_capability(rows: Sequence[dict[str, Any]], seasons: Sequence[str]) -> list[dict[str, Any]]:
    """What the archive's seasons do not offer, each thing said once."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["season"] in seasons:
            found.setdefault((row["capability"], row["detail"]), []).append(row["season"])
    return [
        {"capability": name, "detail": detail, "seasons": sorted(missing)} for (name, detail), missing in found.items()
    ]


def _names(platform: Platform, quoted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many quoted names the registry or an alias knows by themselves; the others need a slate's teams, or a person."""
    from nba_props.cli.people import Directory
    from nba_props.domain.names import NameRequest, resolve_batch

    directory = Directory(platform)
    answers = resolve_batch(
        [NameRequest(row["player_name"]) for row in quoted], directory.registry, directory.aliases, ()
    )
    by_teams = [one for one in answers if one.universal_player_id is None and one.reason != "combo"]
    return {
        "quoted": len(answers),
        "known": sum(one.universal_player_id is not None for one in answers),
        "pairs": sum(one.reason == "combo" for one in answers),
        "left_to_the_slate": [one.name for one in by_teams],
    }
