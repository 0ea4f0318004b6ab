"""Small rows for checks to judge: what a test does not name is filled with a value of the declared type.

Three slate dates with one game each, Boston at the Lakers; `put` replaces a table's rows of those dates.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from nba_props.catalog import Table, table
from nba_props.catalog.model import ColumnType
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.checks import CHECKS, Check, Outcome, Span
from nba_props.checks.frame import check_sql
from nba_props.platform import Platform

DAYS = (date(2024, 3, 13), date(2024, 3, 14), date(2024, 3, 15))
BAD = DAYS[1]
SEASON = "2023-24"
HOME, AWAY = "LAL", "BOS"

_FILLED: dict[ColumnType, Any] = {
    ColumnType.STRING: "x",
    ColumnType.INT64: 0,
    ColumnType.FLOAT64: 0.0,
    ColumnType.BOOL: False,
    ColumnType.DATE: DAYS[0],
    ColumnType.TIMESTAMP: datetime(2024, 3, 1, 12, tzinfo=UTC),
}


def game_id(day: date) -> str:
    return f"002230{day:%m%d}"


def tip_at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)


def row(of: Table, **values: Any) -> dict[str, Any]:
    """One row: given values, NULL where that is allowed, else something of the right type."""
    unknown = set(values) - set(of.column_names)
    assert not unknown, f"{of.full_name} has no {', '.join(unknown)}"
    filled = {column.name: None if column.is_nullable else _FILLED[column.type] for column in of}
    return filled | values


def put(platform: Platform, full_name: str, rows: Iterable[dict[str, Any]]) -> None:
    """Make these the rows of their dates (of an undated table: all rows). Nothing checks the grain."""
    of = table(full_name)
    filled = [row(of, **values) for values in rows]
    days = [one[of.partition_by] for one in filled] if of.partition_by else []
    rows_in_memory = pa.Table.from_pylist(filled, schema=arrow_schema(of))
    if of.partition_by:
        platform.warehouse.replace_rows(of, rows_in_memory, min([*days, DAYS[0]]), max([*days, DAYS[-1]]))
    else:
        platform.warehouse.replace_rows(of, rows_in_memory)


def put_schedule(platform: Platform, days: Sequence[date] = DAYS, **values: Any) -> None:
    """One game on each date."""
    put(
        platform,
        "nba_raw.schedule",
        [
            {
                "game_id": game_id(day),
                "game_date": day,
                "season": SEASON,
                "season_type": "Regular Season",
                "home_team": HOME,
                "away_team": AWAY,
                "tip_at": tip_at(day),
            }
            | values
            for day in days
        ],
    )


def ladder(
    day: date, player: str = "jaysontatum", system_id: str = "ensemble_v1", **values: Any
) -> list[dict[str, Any]]:
    """Five active rungs around a main line of 24.5, made an hour before tip for what was known half an hour earlier."""
    tip = tip_at(day)
    return [
        {
            "prediction_id": f"{day}-{player}-{system_id}-{line_x10}",
            "game_date": day,
            "game_id": game_id(day),
            "universal_player_id": f"nba_{player}",
            "player_lookup": player,
            "system_id": system_id,
            "batch_id": f"batch_{day}_1",
            "line_key": line_x10,
            "line_x10": line_x10,
            "has_prop_line": True,
            "is_main_line": line_x10 == 245,
            "current_points_line": line_x10 / 10,
            "predicted_points": 25.0,
            "recommendation": "OVER" if line_x10 <= 245 else "UNDER",
            "is_active": True,
            "run_mode": "live",
            "prediction_made_before_game": True,
            "tip_at": tip,
            "as_of_at": tip - timedelta(minutes=90),
            "line_snapshot_at": tip - timedelta(minutes=120),
            "created_at": tip - timedelta(minutes=60),
            "updated_at": tip - timedelta(minutes=60),
        }
        | values
        for line_x10 in (225, 235, 245, 255, 265)
    ]


def check_named(name: str, asset: str | None = None) -> Check:
    """The check of that name, of one asset where several have it."""
    (found,) = [one for of, checks in CHECKS.items() for one in checks if one.name == name and asset in (None, of)]
    return found


def judge(platform: Platform, check: Check) -> dict[date, Outcome]:
    """Outcomes over the three dates, by date."""
    return {outcome.game_date: outcome for outcome in check.evaluate(Span(platform, DAYS[0], DAYS[-1]))}


def findings(platform: Platform, name: str) -> list[str]:
    """Every finding of a check in SQL over the three dates, all of them of the middle one."""
    found = [one for one in Span(platform, DAYS[0], DAYS[-1]).query(check_sql(name)) if one["finding"] is not None]
    assert {one["game_date"] for one in found} <= {BAD}
    return sorted(one["finding"] for one in found)


def assert_all_pass(platform: Platform, name: str, asset: str | None = None) -> None:
    outcomes = judge(platform, check_named(name, asset))
    assert tuple(outcomes) == DAYS
    assert [one.detail for one in outcomes.values() if not one.passed] == []


def the_failure(platform: Platform, name: str, asset: str | None = None) -> Outcome:
    """The outcome of the middle date, which alone fails."""
    outcomes = judge(platform, check_named(name, asset))
    assert [day for day, one in outcomes.items() if not one.passed] == [BAD]
    assert tuple(outcomes) == DAYS
    return outcomes[BAD]
