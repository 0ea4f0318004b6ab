"""What exports read: named queries of `sql/exports/`. They build no table."""

from datetime import date
from typing import Any

from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props.platform import Platform

QUERIES = (
    "active_predictions",
    "game_results",
    "graded_predictions",
    "graded_systems",
    "latest_graded_date",
    "missing_players",
    "recent_games",
    "slate_players",
)

Row = dict[str, Any]


class RowsByDate:
    """Rows of a range, handed out date by date: a season of them as Python objects would not fit a small machine."""

    def __init__(self, platform: Platform, name: str, start: date, end: date) -> None:
        self._rows = platform.warehouse.query(named_query(name), {"start_date": start, "end_date": end})
        self._span: dict[date, tuple[int, int]] = {}
        for position, day in enumerate(self._rows["game_date"].to_pylist()):
            first, _ = self._span.get(day, (position, 0))
            self._span[day] = (first, position + 1 - first)

    def of(self, day: date) -> list[Row]:
        """Rows of one date, in the query's order (which starts with the date)."""
        first, length = self._span.get(day, (0, 0))
        rows: list[Row] = self._rows.slice(first, length).to_pylist()
        return rows


def named_query(name: str) -> str:
    """Text of one of QUERIES."""
    return (SQL_ROOT / "exports" / f"{name}.sql").read_text(encoding="utf-8")


def rows_of_day(platform: Platform, name: str, day: date) -> list[Row]:
    """Rows of a query for one date."""
    rows: list[Row] = platform.warehouse.query(named_query(name), {"start_date": day, "end_date": day}).to_pylist()
    return rows
