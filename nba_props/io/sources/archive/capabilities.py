"""What each season of an archive can give, and what goes without the rest: said once, kept out of scores and checks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from nba_props.catalog.raw import SOURCE_CAPABILITIES
from nba_props.catalog.render.arrow import conform
from nba_props.io.sources.archive.columns import is_true


def _every_row(rows: pd.DataFrame) -> pd.Series:
    return rows["season"].notna()


@dataclass(frozen=True)
class _Capability:
    """`gives` marks the rows of a table that give it, of those in `scope`; `cost` is what goes without it."""

    name: str
    table: str
    gives: Callable[[pd.DataFrame], pd.Series]
    cost: str
    scope: Callable[[pd.DataFrame], pd.Series] = _every_row


def _has_played(rows: pd.DataFrame) -> pd.Series:
    return rows["participation"] == "played"


_CAPABILITIES = (
    _Capability(
        "shot_zones",
        "player_box_scores",
        lambda rows: rows["fga_paint"].notna() & rows["fga_mid"].notna(),
        "No shot zones: zone features come from the split of twos, threes and free throws, in a variant of their own.",
    ),
    _Capability(
        "injury_reports", "injury_reports", _every_row, "No injury reports: injury_risk is unknown, nobody is left out."
    ),
    _Capability(
        "roster_snapshots",
        "roster_snapshots",
        _every_row,
        "No rosters by date: they are derived from earlier box scores and pre-tip quotes.",
    ),
    _Capability(
        "player_quotes",
        "player_points_quotes",
        _every_row,
        "No points lines: predictions are not priced; no hit rate, ROI or comparison with the line.",
    ),
    _Capability(
        "did_not_play",
        "player_box_scores",
        _every_row,
        "No did-not-play comments: why a player was missing from an earlier game is unknown.",
        lambda rows: rows["participation"].str.startswith("dnp_"),
    ),
    _Capability(
        "starters", "player_box_scores", lambda rows: rows["started"].notna(), "Starters are not known.", _has_played
    ),
    _Capability(
        "tip_times",
        "schedule",
        lambda rows: rows["tip_utc"].notna(),
        "No tip-off times: noon Eastern of the slate bounds what was known before a game.",
    ),
    _Capability(
        "game_lines", "game_lines", _every_row, "No spreads or totals: the market's view of the game is not shown."
    ),
)


def capabilities_of(kept: Mapping[str, pd.DataFrame]) -> pa.Table:
    """One row a season and capability, from the kept rows of each table: the seasons that have games or quotes."""
    seasons = sorted({season for table in ("schedule", "player_points_quotes") for season in kept[table]["season"]})
    rows = [(season, *_judged(capability, kept, season)) for capability in _CAPABILITIES for season in seasons]
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    types = (pa.string(), pa.string(), pa.bool_(), pa.string())
    arrays = [pa.array(list(values), kind) for values, kind in zip(columns, types, strict=True)]
    return conform(SOURCE_CAPABILITIES, pa.table(arrays, names=list(SOURCE_CAPABILITIES.column_names)))


def _judged(capability: _Capability, kept: Mapping[str, pd.DataFrame], season: str) -> tuple[str, bool, str]:
    rows = kept[capability.table]
    rows = rows[is_true((rows["season"] == season) & capability.scope(rows))]
    count = int(is_true(capability.gives(rows)).sum())
    if not count:
        return capability.name, False, capability.cost
    share = f"{count:,}" if count == len(rows) else f"{count:,} of {len(rows):,}"
    return capability.name, True, f"In {share} rows of {capability.table}."
