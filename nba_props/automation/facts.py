"""What the tables hold that schedules and sensors decide by. Rules are in `domain.automation`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from nba_props.assets.predictions.batch import batches_between
from nba_props.domain.automation import RESULTS_WANTED_FOR, PlayerNow
from nba_props.io.sources.live.registry import KEY_FIELDS
from nba_props.io.warehouse.base import StagingTable
from nba_props.io.warehouse.sqltext import named_query
from nba_props.platform import Platform


def why_no_source(platform: Platform) -> str | None:
    """Why sources are not asked by themselves: nobody has configured one. A demonstration must not ask the public ones."""
    settings = platform.settings
    if settings.sources_url or any(getattr(settings, name).get_secret_value() for name in KEY_FIELDS.values()):
        return None
    variables = ", ".join(f"NBA_PROPS_{name.upper()}" for name in KEY_FIELDS.values())
    return f"no source is configured: set one of {variables}, or NBA_PROPS_SOURCES_URL"


def players_now(platform: Platform, day: date) -> list[PlayerNow]:
    """Players of the date's games that have not begun, as known now and as predicted; none before the slate was predicted."""
    values = {"start_date": day, "end_date": day, "now": platform.now}
    rows = platform.warehouse.query(named_query("automation", "slate_now"), values).to_pylist()
    if not any(row["is_predicted"] for row in rows):
        return []
    return [
        PlayerNow(
            row["universal_player_id"],
            row["player_name"],
            row["team_abbr"],
            row["is_expected"],
            row["current_points_line"],
            row["injury_status"],
            row["is_predicted"],
            row["predicted_line"],
            row["predicted_status"],
        )
        for row in rows
    ]


def dates_without_results(platform: Platform, before: date) -> list[date]:
    """Of the last days before a date, those with a game of which no source's box score has come."""
    return sorted({row["game_date"] for row in _played(platform, before) if not row["has_box_score"]})


def games_to_grade(platform: Platform, before: date) -> dict[date, list[str]]:
    """Ids of games of the last days before a date that were predicted, have a box score by now and no grade, by date."""
    found: dict[date, list[str]] = {}
    for row in _played(platform, before):
        if row["is_predicted"] and row["has_box_score"] and not row["is_graded"]:
            found.setdefault(row["game_date"], []).append(row["game_id"])
    return found


def _played(platform: Platform, before: date) -> list[dict[str, Any]]:
    span = {"start_date": before - RESULTS_WANTED_FOR, "end_date": before - timedelta(days=1)}
    rows: list[dict[str, Any]] = platform.warehouse.query(named_query("automation", "played_games"), span).to_pylist()
    return rows


def due_batches(platform: Platform, staged: Iterable[StagingTable]) -> Mapping[str, list[StagingTable]]:
    """Staging of batches that can be consolidated: whole, or without a new table for as long as the batch allows."""
    by_batch: dict[str, list[StagingTable]] = {}
    for one in staged:
        by_batch.setdefault(one.batch_id, []).append(one)
    if not by_batch:
        return {}
    days = [one.game_date for tables in by_batch.values() for one in tables]
    batches = {one.batch_id: one for one in batches_between(platform, min(days), max(days))}
    return {
        batch_id: tables
        for batch_id, tables in by_batch.items()
        if batch_id in batches and _is_due(platform.now, batches[batch_id].row, tables)
    }


def _is_due(now: datetime, batch: Mapping[str, object], tables: Iterable[StagingTable]) -> bool:
    wait = timedelta(minutes=float(str(batch["wait_minutes"])))
    return batch["state"] == "complete" or now >= max(one.created_at for one in tables) + wait
