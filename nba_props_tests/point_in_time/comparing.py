"""What a slate was built to, as tables that two homes must share bit for bit, and how they differ if they do not.

Left out is only what is no content: instants of writing, ids of runs and batches, the commit. Results are compared
before the slate only, quotes where they were seen before as_of, and rows of games that the slate had.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nba_props.assets.predictions.inputs import candidate_path, manifest_path, model_path
from nba_props.catalog import TABLES, Table, table
from nba_props.domain.calendar import month_start
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import Manifest
from nba_props.platform import Platform
from nba_props_tests.point_in_time.building import SUMMARIES, feature_tables

Snapshot = Mapping[str, Any]

NO_CONTENT = frozenset(
    {
        "created_at",
        "updated_at",
        "batch_id",
        "superseded_by",
        "build_commit",
        "batch_as_of_at",
        "run_id",
        "first_batch_id",
    }
)
PREDICTIONS = table("nba_predictions.player_prop_predictions")
INPUTS = table("nba_predictions.prediction_inputs")
LINE_PRICES = TABLES["nba_analytics.line_prices"]
NAMES = table("nba_reference.name_resolution")
DAWN = date(2000, 1, 1)


def snapshot(platform: Platform, day: date, games: Sequence[str], staged: Mapping[str, pa.Table]) -> Snapshot:
    """Every layer's content of the slate, and of the dates before it, by name."""
    before = day - timedelta(days=1)
    taken: dict[str, Any] = {}
    for one in feature_tables():
        if one not in (LINE_PRICES, NAMES):
            taken[f"{one.full_name} of {day}"] = content_of(platform, one, day, games)
        taken[f"{one.full_name} before {day}"] = content_between(platform, one, DAWN, before)
    for one in SUMMARIES:
        taken[f"{one.full_name} before {day}"] = content_between(platform, one, DAWN, before)
    taken["quotes as known"] = content_of(platform, LINE_PRICES, day, games)
    taken |= _models(platform, day)
    for system, rows in staged.items():
        taken[f"staged by {system}"] = _in_order(_of_games(_without(rows, NO_CONTENT), games), PREDICTIONS)
    predicted = content_between(platform, PREDICTIONS, day, day)
    taken["active predictions"] = _of_games(predicted.filter(predicted["is_active"]), games)
    return taken


def content_of(platform: Platform, one: Table, day: date, games: Sequence[str]) -> pa.Table:
    """One table's content of the slate's games."""
    if one is LINE_PRICES:
        return _quotes_as_known(platform, day, games)
    return _of_games(content_between(platform, one, day, day), games)


def content_between(platform: Platform, one: Table, start: date, end: date) -> pa.Table:
    """One table's content of a range of dates."""
    columns = ", ".join(name for name in one.column_names if name not in NO_CONTENT)
    rows = platform.warehouse.query(
        f"SELECT {columns} FROM {one.full_name} WHERE {one.partition_by} BETWEEN @start_date AND @end_date",
        {"start_date": start, "end_date": end},
    )
    return _in_order(rows, one)


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """One readable line for each table that is not the same; none if all are."""
    found = [f"{name}: only in one of the two" for name in one.keys() ^ other.keys()]
    return found + [
        f"{name}: {_how(one[name], other[name])}"
        for name in one.keys() & other.keys()
        if not _same(one[name], other[name])
    ]


def all_tables(platform: Platform, without: Sequence[str] = ()) -> Snapshot:
    """Every stored table, whole and in order."""
    return {
        one.full_name: _in_order(platform.warehouse.query(f"SELECT * FROM {one.full_name}"), one)
        for one in TABLES.values()
        if one.full_name not in without and platform.warehouse.stored_columns(one) is not None
    }


def without_columns(taken: Snapshot, names: frozenset[str]) -> Snapshot:
    return {name: _without(rows, names) for name, rows in taken.items()}


def _quotes_as_known(platform: Platform, day: date, games: Sequence[str]) -> pa.Table:
    columns = ", ".join(f"p.{name}" for name in LINE_PRICES.column_names)
    rows = platform.warehouse.query(
        f"SELECT {columns} FROM nba_analytics.line_prices AS p"
        " INNER JOIN nba_analytics.upcoming_team_game_context AS t ON t.game_id = p.game_id AND t.is_home"
        " WHERE p.game_date BETWEEN @start_date AND @end_date AND t.game_date BETWEEN @start_date AND @end_date"
        " AND p.snapshot_at < t.as_of_at",
        {"start_date": day, "end_date": day},
    )
    return _in_order(_of_games(rows, games), LINE_PRICES)


def _models(platform: Platform, day: date) -> dict[str, Any]:
    """Of every kind: the month's manifest, each file it vouches for, and what was trained and not let into force."""
    month = month_start(day)
    taken: dict[str, Any] = {}
    for kind in MODEL_KINDS:
        manifest = _stored(platform, manifest_path(kind.name, month))
        taken[f"{kind.name} manifest"] = manifest
        taken[f"{kind.name} candidate"] = _stored(platform, candidate_path(kind.name, month))
        for name in () if manifest is None else Manifest.from_json(manifest).files:
            taken[f"{kind.name} {name}"] = platform.store.get(model_path(Manifest.from_json(manifest), name))
    return taken


def _stored(platform: Platform, path: str) -> bytes | None:
    return platform.store.get(path) if platform.store.exists(path) else None


def _of_games(rows: pa.Table, games: Sequence[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows["game_id"], pa.array(games))) if "game_id" in rows.column_names else rows


def _in_order(rows: pa.Table, one: Table) -> pa.Table:
    keys = dict.fromkeys([*one.grain, *(name for name in ("prediction_id", "batch_id") if name in one.column_names)])
    return rows.sort_by([(name, "ascending") for name in keys if name in rows.column_names]).combine_chunks()


def _without(rows: pa.Table, names: frozenset[str]) -> pa.Table:
    return rows.drop_columns([name for name in rows.column_names if name in names])


def _same(one: Any, other: Any) -> bool:
    return bool(one.equals(other)) if isinstance(one, pa.Table) and isinstance(other, pa.Table) else bool(one == other)


def _how(one: Any, other: Any) -> str:
    if not isinstance(one, pa.Table):
        return "other bytes"
    if one.num_rows != other.num_rows:
        return f"{one.num_rows} rows and {other.num_rows}"
    changed = [name for name in one.column_names if not one[name].equals(other[name])]
    column = changed[0]
    row = next(i for i in range(one.num_rows) if one[column][i] != other[column][i])
    return f"{', '.join(changed)}; e.g. row {row} {one[column][row]} and {other[column][row]} of {one.slice(row, 1).to_pylist()[0]}"
