"""The rows on which two engines must agree: a small simulated league with its slates built, and the same made awkward.

What belongs here: the rows, and how both engines are asked about them. What is asked is for the tests.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlglot import exp

from nba_props.assets.grading.prediction_accuracy import ACCURACY, gradable_predictions
from nba_props.assets.reference.source_people import SOURCE_PEOPLE, resolved_people
from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import Column, ColumnType, TableKind
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.grading import accuracy_frame
from nba_props.io.warehouse.duckdb import DuckDBWarehouse
from nba_props.io.warehouse.sqltext import PARAMETERS, parameters_used, parse, tables_read
from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props.simulate.league import LeagueConfig, simulate_league, write_archive
from nba_props_tests.cloud.googlesql.reference import Answer, Reference
from nba_props_tests.point_in_time.building import (
    build,
    build_coverage,
    build_features,
    build_results,
    build_slate,
    import_archive,
    open_home,
    played_dates,
)

Rows = Mapping[str, pa.Table]

GRADED, LAST = date(2025, 11, 5), date(2025, 11, 6)
"""The slates that were predicted. Clocks were set back on 2 November, in the middle of the league."""
LEAGUE = LeagueConfig(seed=5, start=date(2025, 10, 22), days=16, teams=4, trades=1, quote_days=6, trap_date=GRADED)

EVENING = datetime(2025, 11, 3, 4, 30, tzinfo=UTC)
EDGES = (
    EVENING,  # 23:30 Eastern of the day before
    EVENING + timedelta(minutes=30),  # midnight Eastern
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),  # 01:30 Eastern, for the first time
    datetime(2025, 11, 2, 6, 30, tzinfo=UTC),  # 01:30 Eastern, for the second time
    datetime(2025, 11, 2, 5, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 3, 9, 7, 0, tzinfo=UTC),  # 03:00 Eastern, a microsecond after 01:59:59.999999
    datetime(2025, 11, 6, 17, 0, tzinfo=UTC),  # noon Eastern of the last slate
)


def simulated(root: Path) -> Rows:
    """Every stored table of a home in which the league was imported, two slates predicted and one of them graded."""
    write_archive(simulate_league(LEAGUE), root / "archive")
    platform = open_home(root / "home")
    import_archive(platform, root / "archive")
    _report(platform)
    build_results(platform)
    build_features(platform, played_dates(platform)[0], GRADED - timedelta(days=1))
    for day in (GRADED, LAST):
        build_slate(platform, day)
        build_coverage(platform, day)
    _grade(platform)
    stored = [table for table in TABLES.values() if table.kind is not TableKind.VIEW]
    rows = {table.full_name: platform.warehouse.query(f"SELECT * FROM {table.full_name}") for table in stored}
    return {name: table.cast(arrow_schema(TABLES[name])) for name, table in rows.items()}


def _report(platform: Platform) -> None:
    """Rosters and box scores once more, as sources tell them that have ids of their own and score a point too many."""
    warehouse = platform.warehouse
    rosters = warehouse.query("SELECT * FROM nba_raw.roster_snapshots").to_pandas()
    told = rosters.assign(source="espn", source_person_id="e" + rosters["source_player_id"].astype(str))
    _replace(platform, "nba_raw.roster_reports", told)
    box = warehouse.query("SELECT * FROM nba_raw.player_box_scores").to_pandas()
    told = box.assign(
        source="balldontlie", source_person_id="b" + box["source_player_id"].astype(str), points=box["points"] + 1
    )
    _replace(platform, "nba_raw.box_score_reports", told)
    warehouse.replace_rows(SOURCE_PEOPLE, resolved_people(platform))


def _replace(platform: Platform, name: str, rows: pd.DataFrame) -> None:
    wanted = rows[list(TABLES[name].column_names)].astype(object)
    filled = pa.Table.from_pylist(wanted.where(wanted.notna(), None).to_dict("records"), arrow_schema(TABLES[name]))
    platform.warehouse.replace_rows(TABLES[name], filled, LEAGUE.start, LAST)


def _grade(platform: Platform) -> None:
    graded = accuracy_frame(gradable_predictions(platform, GRADED, GRADED))
    rows = pa.Table.from_pandas(graded[list(ACCURACY.column_names)], preserve_index=False)
    platform.warehouse.replace_rows(ACCURACY, rows, GRADED, GRADED)
    for name in ("system_daily_performance", "system_rolling_performance"):
        build(platform, TABLES[f"nba_grading.{name}"], GRADED, GRADED, Request())


def awkward(rows: Rows, seed: int = 20251102) -> Rows:
    """The same keys with NULLs, ties, halves and instants at the edges of days, in every column that is no key.

    And with the faults that checks look for and no simulation makes.
    """
    dice = random.Random(seed)
    turned = {name: _awkward(TABLES[name], table, dice) for name, table in rows.items()}
    return turned | {name: pa.concat_tables([turned[name], faults]) for name, faults in _faults(rows).items()}


def _faults(rows: Rows) -> Rows:
    predicted, missing = "nba_predictions.player_prop_predictions", "nba_monitoring.missing_predictions"
    bet = rows[predicted].slice(0, 1).to_pylist()[0] | {
        "game_date": LAST,
        "game_id": "in no schedule",
        "system_id": "one_sided",
        "recommendation": "OVER",
        "is_active": True,
        "is_main_line": True,
    }
    bets = [bet | {"prediction_id": f"one-sided {number}"} for number in range(31)]
    unheard_of = rows[missing].slice(0, 1).to_pylist()[0] | {"missing_key": "nobody", "reason": "never heard of"}
    return {
        predicted: pa.Table.from_pylist(bets, schema=rows[predicted].schema),
        missing: pa.Table.from_pylist([unheard_of], schema=rows[missing].schema),
    }


def _awkward(table: Table, rows: pa.Table, dice: random.Random) -> pa.Table:
    columns = {}
    for column in table:
        values = rows[column.name].to_pylist()
        is_key = column.name in table.grain or column.name == table.partition_by
        columns[column.name] = values if is_key else [_turned(column, value, values, dice) for value in values]
    return pa.table(columns, schema=arrow_schema(table))


def _turned(column: Column, value: Any, others: list[Any], dice: random.Random) -> Any:
    chance = dice.random()
    if chance < 0.06 and column.is_nullable:
        return None
    if chance < 0.12:
        return dice.choice(others)  # ties, in words that the column really has
    if value is None or chance > 0.24:
        return value
    if column.type is ColumnType.FLOAT64:
        return float(int(value)) + 0.5
    if column.type is ColumnType.BOOL:
        return not value
    if column.type is ColumnType.TIMESTAMP:
        return dice.choice([*EDGES, value + timedelta(microseconds=1)])
    return value


@dataclass(frozen=True)
class Home:
    """The same rows for the reference and in two embedded warehouses, and a value for every parameter."""

    rows: Rows
    warehouse: DuckDBWarehouse
    backwards: DuckDBWarehouse
    """The same rows from the last to the first: an answer that leans on the order of storage is another one there."""
    values: Mapping[str, Any]

    def expected(self, sql: str, reference: Reference) -> Answer:
        """What GoogleSQL says that a query of logical tables answers."""
        tree = parse(sql)
        return reference.evaluate(sql, self._given(tree), {name: self.rows[name] for name in tables_read(tree)})

    def found(self, sql: str) -> pa.Table:
        """What the embedded engine answers."""
        return self.warehouse.query(sql, self._given(parse(sql)))

    def found_backwards(self, sql: str) -> pa.Table:
        """What the embedded engine answers on the same rows, stored from the last to the first."""
        return self.backwards.query(sql, self._given(parse(sql)))

    def _given(self, tree: exp.Expression) -> dict[str, Any]:
        return {name: self.values[name] for name in parameters_used(tree)}


def homes_of(league: Rows, root: Path) -> dict[str, Home]:
    turned = awkward(league)
    late = datetime(2025, 11, 6, 4, 30, tzinfo=UTC)  # 23:30 Eastern
    return {
        "as played": _home(league, root / "played", values(league)),
        "awkward": _home(turned, root / "awkward", values(league, as_of=late, start_date=GRADED)),
    }


def _home(rows: Rows, root: Path, given: Mapping[str, Any]) -> Home:
    backwards = {name: table.take(pa.array(range(table.num_rows)[::-1], pa.int64())) for name, table in rows.items()}
    return Home(rows, stored(rows, root / "rows"), stored(backwards, root / "backwards"), given)


def values(rows: Rows, **changed: Any) -> dict[str, Any]:
    """A value for every parameter, of things that are there."""
    [someone] = rows["nba_grading.prediction_accuracy"].slice(0, 1).to_pylist()
    given = {
        "start_date": date(2025, 11, 1),  # the day before clocks are set back
        "end_date": LAST,
        "history_start": date(2025, 10, 25),
        "now": datetime(2025, 11, 6, 22, 30, tzinfo=UTC),
        "as_of": None,
        "live_from_date": LAST,
        "min_minutes": 20.5,
        "skip_completeness_gate": False,
        "batch_ids": rows["nba_predictions.prediction_batches"]["batch_id"].to_pylist(),
        "systems": ["ensemble_v1", "moving_average"],
        "season": "2025-26",
        "player_lookup": someone["player_lookup"],
        "player_id": someone["universal_player_id"],
        "grace_minutes": 30.0,
        "keep_from": datetime(2025, 11, 4, tzinfo=UTC),
        "keep_failed_from": datetime(2025, 11, 5, tzinfo=UTC),
        "row_limit": 20,
        "only_failed": False,
    }
    assert given.keys() == PARAMETERS.keys()
    return given | changed


def stored(rows: Rows, root: Path) -> DuckDBWarehouse:
    """An embedded warehouse that holds exactly these rows."""
    warehouse = DuckDBWarehouse(root)
    warehouse.ensure_tables(TABLES[name] for name in rows)
    for name, table in rows.items():
        if table.num_rows and TABLES[name].partition_by:
            days = table[TABLES[name].partition_by].to_pylist()
            warehouse.replace_rows(TABLES[name], table, min(days), max(days))
        elif table.num_rows:
            warehouse.replace_rows(TABLES[name], table)
    return warehouse
