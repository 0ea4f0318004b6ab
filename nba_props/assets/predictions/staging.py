"""One staging asset a prediction system, from one factory: project, price, stage by load job. A failure is the system's own."""

from datetime import date, datetime
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pyarrow as pa

from nba_props.assets._factory import OWNERS
from nba_props.assets.predictions.batch import (
    Batch,
    open_batches,
    record_failure,
    record_open_circuit,
    save_systems,
    system_row,
)
from nba_props.assets.predictions.inputs import shelf_for, slate_of, slate_players
from nba_props.assets.predictions.models import model_key
from nba_props.breaker import open_circuits
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.dates import games_by_date
from nba_props.domain import calibration
from nba_props.domain.calendar import noon_eastern
from nba_props.domain.model_kinds import MODEL_KINDS, ModelKind
from nba_props.domain.models import Shelf
from nba_props.domain.pricing import price
from nba_props.domain.systems import ENSEMBLE, SYSTEM_IDS, build_systems
from nba_props.errors import NotReady
from nba_props.history import recorded
from nba_props.io.warehouse.base import StagingTable
from nba_props.partitions import DAILY, dates_of
from nba_props.platform import Platform, code_version
from nba_props.pools import WRITES
from nba_props.request import FORCE_TAG
from nba_props.request import players as requested_players
from nba_props.request import systems as requested_systems

PREDICTIONS = table("nba_predictions.player_prop_predictions")
WRITER = "w0"

FROM_THE_SLATE = (
    "player_lookup",
    "universal_player_id",
    "player_name",
    "team_abbr",
    "opponent_abbr",
    "is_home",
    "game_id",
    "game_date",
    "line_source",
    "sportsbook",
    "line_minutes_before_game",
    "line_snapshot_at",
    "opening_line",
    "over_price_american",
    "under_price_american",
    "feature_quality_score",
    "data_quality_tier",
    "feature_count",
    "feature_version",
    "features_hash",
    "early_season_flag",
    "completeness_pct",
    "is_production_ready",
    "injury_status",
    "injury_reported_at",
    "tip_at",
    "as_of_at",
    "as_of_basis",
    "run_mode",
)
"""Columns of a prediction that are the slate's, the same for every system."""

PRICES_OF_THE_MAIN_LINE = ("over_price_american", "under_price_american")


def staging_key(system_id: str) -> dg.AssetKey:
    return dg.AssetKey(["predictions", f"staging_{system_id}"])


def staging_asset(system_id: str) -> dg.AssetsDefinition:
    """The asset that stages one system's rows for a range of dates: one staging table a date and writer."""

    @dg.asset(
        key=staging_key(system_id),
        partitions_def=DAILY,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="predictions",
        owners=OWNERS,
        pool=WRITES,
        kinds={"python"},
        deps=[
            dg.AssetKey(["precompute", name])
            for name in (
                "ml_feature_store",
                "player_daily_cache",
                "player_shot_zone_analysis",
                "team_defense_zone_analysis",
            )
        ]
        + [dg.AssetKey(["analytics", "upcoming_player_game_context"])]
        + [model_key(kind.name) for kind in MODEL_KINDS if _uses(system_id, kind)],
        description=f"{system_id}: its predictions of every expected player, staged for consolidation.",
    )
    def staged(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
        start, end = dates_of(context)
        if system_id not in requested_systems(context.run.tags):
            return dg.MaterializeResult(metadata={"skipped": "not among the systems the run was asked for"})
        with recorded(platform, context.run.run_id, f"predictions/staging_{system_id}", start, end) as step:
            counts = stage_system(platform, system_id, start, end, context.run.run_id, context.run.tags)
            step.rows_written = sum(counts.values())
        for day, count in counts.items():
            if start != end:
                context.add_asset_metadata({"dagster/partition_row_count": count}, partition_key=day.isoformat())
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": step.rows_written,
                "batches": len(counts),
                **step.usage_metadata,
            }
        )

    return staged


def _uses(system_id: str, kind: ModelKind) -> bool:
    """Every system is calibrated; the ensemble calls all the others."""
    return kind.name in (system_id, calibration.KIND) or system_id == ENSEMBLE


def stage_system(platform: Platform, system_id: str, start: date, end: date, run_id: str, tags: Any) -> dict[date, int]:
    """Stage one system for the dates; rows staged per date. Dates whose batch is consolidated already are left alone."""
    slate = slate_players(platform, start, end)
    only = requested_players(tags)
    players = slate if only is None else slate[slate["universal_player_id"].isin(only)]
    as_of = _instants_of_knowledge(platform, slate, players, only, start, end)
    if not as_of:
        return _nothing_to_predict(platform, start, end)
    shelf = shelf_for(platform.store, start, end)
    opened = open_batches(
        platform,
        players,
        as_of,
        shelf,
        run_id=run_id,
        systems=requested_systems(tags),
        only_players=only,
        is_forced=bool(tags.get(FORCE_TAG)),
    )
    batches = {day: batch for day, batch in opened.items() if not batch.is_done}
    if not tags.get(FORCE_TAG):
        batches = _without_stopped(platform, system_id, batches)
    if not batches:
        return {}
    players = players[players["game_date"].isin(list(batches))].reset_index(drop=True)
    try:
        if system_id in shelf.refusals:  # a refused model is the failure of the system it serves, of no other
            raise shelf.refusals[system_id]
        rows = _rows(platform, system_id, players, batches, shelf, start, end)
        return _stage(platform, system_id, rows, batches)
    except Exception as error:
        record_failure(platform, list(batches.values()), system_id, error)
        raise


def _without_stopped(platform: Platform, system_id: str, batches: dict[date, Batch]) -> dict[date, Batch]:
    """The batches the system is called for; those of a run mode in which its circuit is open are recorded without it."""
    for run_mode in sorted({batch.row["run_mode"] for batch in batches.values()}):
        circuit = open_circuits(platform, run_mode).get(system_id)
        if circuit is not None:
            stopped = [batch for batch in batches.values() if batch.row["run_mode"] == run_mode]
            dg.get_dagster_logger().warning(f"{system_id} is not called: {circuit.reason}")
            record_open_circuit(platform, stopped, system_id, circuit.reason)
            batches = {day: batch for day, batch in batches.items() if batch not in stopped}
    return batches


def _instants_of_knowledge(
    platform: Platform, slate: pd.DataFrame, players: pd.DataFrame, only: list[str] | None, start: date, end: date
) -> dict[date, datetime]:
    """What each date's batch knows: its slate's instant, even if it predicts only some of the players.

    A date with nobody to predict has a batch only if something is to be withdrawn: the players asked for are no longer expected,
    or, of tonight and later, every game was called off. A slate without features is no such date.
    """
    known = {day: one.to_pydatetime() for day, one in slate.groupby("game_date")["as_of_at"].max().items()}
    as_of = {day: known[day] for day in set(players["game_date"])}
    emptied = _dates_in_force(platform, start, end, only) - set(as_of)
    scheduled = games_by_date(platform, start, end) if emptied else {}
    for day in emptied:
        if day in known:
            as_of[day] = known[day]
        elif day >= platform.today and day not in scheduled:
            as_of[day] = platform.now
    return as_of


def _dates_in_force(platform: Platform, start: date, end: date, only: list[str] | None) -> set[date]:
    """Dates with active predictions (of the players asked for) of games that have not begun."""
    rows = platform.warehouse.query(
        f"SELECT DISTINCT game_date, universal_player_id FROM {PREDICTIONS.full_name}"
        " WHERE game_date BETWEEN @start_date AND @end_date AND is_active"
        " AND NOT COALESCE(run_mode = 'live' AND tip_at <= @now, FALSE)",
        {"start_date": start, "end_date": end, "now": platform.now},
    ).to_pylist()
    return {row["game_date"] for row in rows if only is None or row["universal_player_id"] in only}


def _rows(
    platform: Platform,
    system_id: str,
    players: pd.DataFrame,
    batches: dict[date, Batch],
    shelf: Shelf,
    start: date,
    end: date,
) -> pd.DataFrame:
    """Priced rows with every declared column, one a rung; none of a date where all that is left is to withdraw."""
    if players.empty:
        return pd.DataFrame(columns=list(PREDICTIONS.column_names))
    answer = build_systems(shelf)[system_id].project(slate_of(platform, players, start, end))
    rows = price(players, answer, system_id, shelf, platform.settings.devig_method)
    at = rows["player_position"].to_numpy()
    for column in FROM_THE_SLATE:
        rows[column] = players[column].to_numpy()[at]
    rows["main_points_line"] = players["current_points_line"].to_numpy()[at]
    for column in PRICES_OF_THE_MAIN_LINE:  # a book's price is of its own line, not of our other rungs
        rows[column] = rows[column].where(rows["is_main_line"] & rows["has_prop_line"])
    rows["feature_data_source"] = "ml_feature_store"
    rows["key_factors"], rows["warnings"] = _key_factors(rows), _warnings(players, shelf)[at]
    day = rows["game_date"]
    rows["batch_id"] = day.map({one: batch.batch_id for one, batch in batches.items()})
    rows["batch_as_of_at"] = day.map({one: batch.batch_as_of_at for one, batch in batches.items()})
    now = platform.now
    rows["created_at"] = rows["updated_at"] = pd.Timestamp(now)
    rows["prediction_made_before_game"] = (rows["run_mode"] == "live") & (pd.Timestamp(now) < _latest_start(rows))
    rows["is_active"] = rows["prediction_error_code"].isna()
    rows["prediction_version"] = 0  # counted when the row is merged
    rows["superseded_by"] = rows["accepted_missing_columns"] = None
    rows["build_commit"] = code_version()
    for column in PREDICTIONS.column_names:
        if column not in rows:
            rows[column] = None  # a component this system does not have
    return rows


def _latest_start(rows: pd.DataFrame) -> pd.Series:
    """Tip-off, or noon Eastern of the slate where it is unknown: no game tips earlier."""
    noon = {day: noon_eastern(day) for day in set(rows["game_date"])}
    tips = pd.to_datetime(rows["tip_at"], utc=True)
    return tips.fillna(pd.to_datetime(rows["game_date"].map(noon), utc=True))


def _stage(platform: Platform, system_id: str, rows: pd.DataFrame, batches: dict[date, Batch]) -> dict[date, int]:
    counts: dict[date, int] = {}
    recorded_rows = []
    schema = arrow_schema(PREDICTIONS)
    for day, batch in sorted(batches.items()):
        mine = rows[rows["game_date"] == day]
        created_at = platform.now if mine.empty else mine["created_at"].iloc[0].to_pydatetime()
        staging = StagingTable(batch.batch_id, day, system_id, WRITER, created_at, len(mine))
        staged = pa.Table.from_pandas(mine[list(PREDICTIONS.column_names)], schema=schema, preserve_index=False)
        platform.warehouse.stage(PREDICTIONS, staging, staged)
        players = mine["universal_player_id"].nunique()
        recorded_rows.append(system_row(batch, system_id, "staged", created_at, mine, players=players))
        counts[day] = len(mine)
    save_systems(platform, recorded_rows)
    return counts


def _nothing_to_predict(platform: Platform, start: date, end: date) -> dict[date, int]:
    """No expected player: an empty slate is fine and said; games without anybody expected is a missing input."""
    games = sum(games_by_date(platform, start, end).values())
    if games:
        raise NotReady(
            f"{games} games between {start} and {end}, and no player to predict: context or features are missing,"
            " or every game has begun.",
            next_step=f"Build the features (nba-props run {start}), or see nba-props coverage {start} --detailed.",
        )
    return {}


def _key_factors(rows: pd.DataFrame) -> pd.Series:
    """The largest adjustments in words: fatigue -0.6, shot zone +0.4."""
    names = ("fatigue", "shot_zone", "pace", "usage", "home_away")
    found = [name for name in names if f"{name}_adjustment" in rows]
    if not found:
        return pd.Series([None] * len(rows), index=rows.index, dtype=object)
    size = np.column_stack([rows[f"{name}_adjustment"].to_numpy(dtype=np.float64, na_value=np.nan) for name in found])
    order = np.argsort(-np.abs(np.nan_to_num(size)), axis=1)[:, :3]
    said = [
        ", ".join(f"{found[i].replace('_', ' ')} {size[row, i]:+.1f}" for i in best if abs(size[row, i]) >= 0.05)
        or None
        for row, best in enumerate(order)
    ]
    return pd.Series(said, index=rows.index, dtype=object)


def _warnings(players: pd.DataFrame, shelf: Shelf) -> np.ndarray:
    """Codes to read before trusting a row."""
    marks = {
        "early_season": players["early_season_flag"].to_numpy(dtype=bool),
        "low_quality_features": players["data_quality_tier"].isin(["poor", "critical"]).to_numpy(),
        "dfs_line": (players["line_source"] == "dfs").to_numpy(),
        "tip_unknown": (players["as_of_basis"] == "noon_bound").to_numpy(),
        "no_line": ~players["has_line"].to_numpy(dtype=bool),
        "calibration_refused": np.full(len(players), calibration.KIND in shelf.refusals),
    }
    flagged = zip(*(flags.tolist() for flags in marks.values()), strict=True)
    said = [",".join(code for code, flag in zip(marks, row, strict=True) if flag) or None for row in flagged]
    return np.array(said, dtype=object)


STAGING_ASSETS = [staging_asset(system_id) for system_id in SYSTEM_IDS]
