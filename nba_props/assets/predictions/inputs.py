"""What predictions of a range start from: the slate's frames out of the warehouse, and the models that may serve them."""

import hashlib
import json
from datetime import date

import numpy as np
import pandas as pd

from nba_props.domain.features import FEATURE_NAMES, source_column
from nba_props.domain.systems.base import Slate
from nba_props.domain.systems.xgboost_v1 import MAX_STALENESS_DAYS, Manifest, Model, load
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.warehouse.sqltext import named_query
from nba_props.platform import Platform

QUERIES = ("slate_inputs", "past_games", "training_rows", "offered_quotes")
"""Named queries of `sql/predictions/`: they build no table."""

MODELS = "models/xgboost_v1"


def slate_players(platform: Platform, start: date, end: date) -> pd.DataFrame:
    """Expected players with features, one row a player-game, `features_hash` added; of a live slate only games not begun."""
    rows = platform.warehouse.query(
        named_query("predictions", "slate_inputs"), {"start_date": start, "end_date": end}
    ).to_pandas()
    begun = (rows["run_mode"] == "live") & (rows["tip_at"] <= pd.Timestamp(platform.now))
    rows = rows[~begun].reset_index(drop=True)
    rows["features_json"], rows["sources_json"] = _vectors(rows)
    rows["features_hash"] = [
        hashlib.sha256(f"{features}|{sources}".encode()).hexdigest()[:16]
        for features, sources in zip(rows["features_json"], rows["sources_json"], strict=True)
    ]
    return rows


def slate_of(platform: Platform, players: pd.DataFrame, start: date, end: date) -> Slate:
    """What systems see: the players, and the games they have played."""
    past = platform.warehouse.query(
        named_query("predictions", "past_games"), {"start_date": start, "end_date": end}
    ).to_pandas()
    return Slate(players, past)


def models_for(store: ObjectStore, start: date, end: date) -> list[Model]:
    """Every verified model whose window ends before `end` and is not too old for `start`; a refused one raises."""
    models = []
    for one in store.list(MODELS):
        if one.path.endswith("/manifest.json"):
            manifest = Manifest.from_json(store.get(one.path))
            window_end = date.fromisoformat(manifest.training_end_date)
            if window_end < end and (start - window_end).days <= MAX_STALENESS_DAYS:
                models.append(load(store.get(model_path(manifest)), manifest))
    return models


def model_path(manifest: Manifest) -> str:
    """Where a model's bytes lie: by content, so that a manifest never points at bytes in change."""
    return f"{MODELS}/{manifest.month}/{manifest.model_sha256[:16]}.ubj"


def manifest_path(month: date) -> str:
    return f"{MODELS}/{month:%Y-%m}/manifest.json"


def _vectors(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    values = rows[list(FEATURE_NAMES)].to_numpy(dtype=np.float64, na_value=np.nan)
    sources = rows[[source_column(name) for name in FEATURE_NAMES]].to_numpy()
    features = [
        json.dumps(
            {name: None if np.isnan(value) else value for name, value in zip(FEATURE_NAMES, row, strict=True)},
            separators=(",", ":"),
        )
        for row in values.tolist()
    ]
    provenance = [
        json.dumps(dict(zip(FEATURE_NAMES, row, strict=True)), separators=(",", ":")) for row in sources.tolist()
    ]
    return features, provenance
