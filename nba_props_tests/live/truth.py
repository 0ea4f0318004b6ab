"""The league's own frames beside the raw tables, row for row: what a source told must be what happened.

Each function returns pairs (as the league has it, as the raw table has it) of plain rows by grain.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from nba_props.platform import Platform
from nba_props.simulate.league import League
from nba_props.simulate.spelling import without_accents

Rows = Mapping[tuple[Any, ...], tuple[Any, ...]]

COUNTS = (
    *("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb"),
    *("ast", "stl", "blk", "tov", "pf", "pts", "plus_minus"),
)
STORED_COUNTS = "fgm, fga, fg3m, fg3a, ftm, fta, oreb, dreb, reb, ast, stl, blk, tov, pf, points, plus_minus"


def asked(platform: Platform, sql: str, keys: int, **params: Any) -> Rows:
    """Rows of a query by their first columns."""
    rows = [tuple(row.values()) for row in platform.warehouse.query(sql, params).to_pylist()]
    found = {row[:keys]: row[keys:] for row in rows}
    assert len(found) == len(rows), "the query repeats a key"
    return found


def told(frame: pd.DataFrame, keys: Sequence[str], fields: Sequence[str]) -> Rows:
    """Rows of a league's frame by key; dates as dates, None for what is missing."""
    columns = [[_plain(value) for value in frame[name].astype(object)] for name in (*keys, *fields)]
    rows = list(zip(*columns, strict=True))
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


def of_dates(frame: pd.DataFrame, days: Sequence[date], column: str = "game_date") -> pd.DataFrame:
    """Rows of a frame that are of the dates."""
    return frame[frame[column].dt.date.isin(days)]


def games(league: League) -> Rows:
    return told(league.games, ["game_id"], ["game_date", "home_abbr", "away_abbr", "tip_utc"])


def scores(league: League, days: Sequence[date]) -> Rows:
    return told(of_dates(league.games, days), ["game_id"], ["home_pts", "away_pts"])


def quotes(league: League, days: Sequence[date]) -> Mapping[tuple[Any, ...], list[datetime]]:
    """When each quote was shown, by (event, book, player, line, whole American prices)."""
    fields = ["event_id", "bookmaker", "player_name", "snapshot_utc", "line", "over_price", "under_price"]
    shown: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for event, book, name, seen_at, line, *prices in told(of_dates(league.points_lines, days), fields, []):
        if seen_at is not None:
            shown[event, book, name, round(line, 1), *(float(round(price)) for price in prices)].append(seen_at)
    return shown


def last_injuries(league: League, days: Sequence[date]) -> Rows:
    """(status, reason) last reported of each player for each slate, his name as the league's report spells it."""
    reported = of_dates(league.injuries, days).sort_values("reported_utc")
    rows = told(reported, ["game_date", "team_abbr", "player_name"], ["status", "reason"])
    return {(*row[:2], _last_name_first(row[2])): (status.lower(), reason) for row, (status, reason) in rows.items()}


def rosters(league: League, days: Sequence[date]) -> set[tuple[Any, ...]]:
    """(date, team, name without accents) of everybody on a roster."""
    rows = told(of_dates(league.rosters, days, "roster_date"), ["roster_date", "team_abbr", "player_name"], [])
    return {(*row[:2], without_accents(row[2])) for row in rows}


def _last_name_first(name: str) -> str:
    first, _, last = without_accents(name).partition(" ")
    return f"{last}, {first}" if last else first


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date() if value.tzinfo is None else value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
