"""What a batch speaks for: whom it predicts, by name; and with `*` everybody else, whom it thereby withdraws.

Named players whom a system has not staged (yet) keep what stood for them: only what a batch does not name is withdrawn by its
silence, a player ruled out or a game called off. Each part is marked once it is merged; the order of batches rests on it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.platform import Platform

if TYPE_CHECKING:
    from nba_props.assets.predictions.batch import Batch

SCOPE = table("nba_predictions.prediction_batch_scope")

EVERYTHING = "*"
NAMED = ["batch_id", "game_date", "game_id", "universal_player_id", "system_id"]
"""Columns that name one (game, player, system) of one batch."""

_LIVE_GAMES = """
    with context as (
        select distinct game_date, game_id, universal_player_id, tip_at
        from nba_analytics.upcoming_player_game_context
        where game_date between @start_date and @end_date and run_mode = 'live'
    ),

    -- Of games that the context has no longer, what was said of them: a game called off, or one that vanished after its tip.
    active as (
        select distinct p.game_date, p.game_id, p.universal_player_id, p.tip_at
        from nba_predictions.player_prop_predictions as p
        left join (select distinct game_id from context) as c on c.game_id = p.game_id
        where p.game_date between @start_date and @end_date and p.run_mode = 'live' and p.is_active and c.game_id is null
    )

    select game_date, game_id, universal_player_id, coalesce(tip_at <= @now, false) as is_begun from context
    union all
    select game_date, game_id, universal_player_id, coalesce(tip_at <= @now, false) as is_begun from active
"""


def live_games(platform: Platform, start: date, end: date) -> pd.DataFrame:
    """Players of live slates and whether their game has begun: game_date, game_id, universal_player_id, is_begun."""
    dates = {"start_date": start, "end_date": end, "now": platform.now}
    return platform.warehouse.query(_LIVE_GAMES, dates).to_pandas()


def declare(
    platform: Platform, batches: Sequence[dict[str, Any]], players: pd.DataFrame, only_players: Sequence[str] | None
) -> None:
    """Write the scope of batches about to be opened. Games that have begun are in no live batch's scope."""
    days = [row["game_date"] for row in batches]
    live = live_games(platform, min(days), max(days))
    parts = []
    for row in batches:
        expected = players.loc[players["game_date"] == row["game_date"], ["game_id", "universal_player_id"]]
        seen = live[(live["game_date"] == row["game_date"]) & (row["run_mode"] == "live")]
        named = set(expected.itertuples(index=False, name=None))
        parts += [
            dict(zip(NAMED, (row["batch_id"], row["game_date"], game, player, system), strict=True))
            | {"merged_at": None}
            for game, player in sorted(named | _everybody_else(expected, seen, only_players))
            for system in row["systems"].split(",")
        ]
    platform.warehouse.upsert(SCOPE, pa.Table.from_pylist(parts, schema=arrow_schema(SCOPE)))


def _everybody_else(
    expected: pd.DataFrame, live: pd.DataFrame, only_players: Sequence[str] | None
) -> set[tuple[str, str]]:
    """The (game, player) pairs with `*`: the whole slate or the players asked for; once a game has begun, the rest of it."""
    begun = live[live["is_begun"]]
    if only_players is not None:
        return {(EVERYTHING, player) for player in set(only_players) - set(begun["universal_player_id"])}
    if begun.empty:
        return {(EVERYTHING, EVERYTHING)}
    games = {*expected["game_id"], *live["game_id"]} - set(begun["game_id"])
    return {(game, EVERYTHING) for game in games}


def merged_players(platform: Platform, batches: "Sequence[Batch]") -> dict[tuple[str, str], set[str]]:
    """Named players already merged, by (batch, system): a batch completes when the rest comes."""
    held: dict[tuple[str, str], set[str]] = defaultdict(set)
    if batches:
        rows = _scope_of(platform, batches)
        named = rows[~_is_open_ended(rows) & rows["merged_at"].notna()]
        for batch_id, system_id, player in zip(
            named["batch_id"], named["system_id"], named["universal_player_id"], strict=True
        ):
            held[batch_id, system_id].add(player)
    return held


def mark_merged(platform: Platform, batches: "Sequence[Batch]", staged: pd.DataFrame) -> None:
    """Mark what has just been merged: the named groups that were staged, and all that is said by silence."""
    rows = _scope_of(platform, batches)
    spoken = pd.MultiIndex.from_frame(rows[NAMED]).isin(pd.MultiIndex.from_frame(staged[NAMED])) | _is_open_ended(rows)
    mine = rows[spoken & rows["merged_at"].isna()].assign(merged_at=pd.Timestamp(platform.now))
    marked = pa.Table.from_pandas(mine[list(SCOPE.column_names)], schema=arrow_schema(SCOPE), preserve_index=False)
    platform.warehouse.upsert(SCOPE, marked)


def _scope_of(platform: Platform, batches: "Sequence[Batch]") -> pd.DataFrame:
    days = [batch.game_date for batch in batches]
    return platform.warehouse.query(
        f"select {', '.join(SCOPE.column_names)} from {SCOPE.full_name}"
        " where game_date between @start_date and @end_date and batch_id in unnest(@batch_ids)",
        {"start_date": min(days), "end_date": max(days), "batch_ids": [batch.batch_id for batch in batches]},
    ).to_pandas()


def _is_open_ended(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["game_id"] == EVERYTHING) | (rows["universal_player_id"] == EVERYTHING)
