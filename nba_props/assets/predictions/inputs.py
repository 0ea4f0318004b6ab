"""What predictions of a range start from: the slate's frames out of the warehouse, and the models that may serve them."""

import hashlib
import json
from datetime import date

import numpy as np
import pandas as pd

from nba_props.domain.features import FEATURE_NAMES, source_column
from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.models import MAX_STALENESS_DAYS, Manifest, Model, Shelf
from nba_props.domain.systems import minutes_rate_v1
from nba_props.domain.systems.base import Slate
from nba_props.errors import ModelRefused
from nba_props.io.objectstore.store import ObjectStore
from nba_props.io.warehouse.sqltext import named_query
from nba_props.platform import Platform

QUERIES = ("slate_inputs", "slate_roster", "past_games", "training_rows", "availability_rows", "offered_quotes")
"""Named queries of `sql/predictions/`: they build no table."""

MODELS = "models"


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
    rows["roster_hash"] = _roster_hashes(platform, rows, start, end)
    return rows


def slate_of(platform: Platform, players: pd.DataFrame, start: date, end: date) -> Slate:
    """What systems see: the players, the games they have played, and everyone on their teams."""
    past, roster = (
        platform.warehouse.query(named_query("predictions", name), {"start_date": start, "end_date": end}).to_pandas()
        for name in ("past_games", "slate_roster")
    )
    return Slate(players, past, roster)


def shelf_for(store: ObjectStore, start: date, end: date) -> Shelf:
    """Every verified model whose window ends before `end` and is not too old for `start`.

    A refused one that would be in force on any of the dates is named beside them; one that a later model replaced before them
    is of no consequence.
    """
    models: dict[str, list[Model]] = {}
    refusals: dict[str, ModelRefused] = {}
    for kind in MODEL_KINDS:
        refused: list[tuple[date, ModelRefused]] = []
        models[kind.name] = []
        for manifest in manifests_of(store, kind.name):
            if manifest.training_end < end and (start - manifest.training_end).days <= MAX_STALENESS_DAYS:
                try:
                    models[kind.name].append(kind.verified(manifest, files_of(store, manifest)))
                except ModelRefused as refusal:
                    refused.append((manifest.training_end, refusal))
        before = [one.training_end for one in models[kind.name] if one.training_end < start]
        in_question = [refusal for training_end, refusal in refused if training_end > max(before, default=date.min)]
        if in_question:
            refusals[kind.name] = in_question[-1]
    return Shelf(models, refusals)


def files_of(store: ObjectStore, manifest: Manifest) -> dict[str, bytes]:
    """The bytes a manifest vouches for."""
    return {name: store.get(model_path(manifest, name)) for name in manifest.files}


def manifests_of(store: ObjectStore, kind: str) -> list[Manifest]:
    """The manifests in force of a kind, oldest month first."""
    paths = sorted(one.path for one in store.list(f"{MODELS}/{kind}") if one.path.endswith("/manifest.json"))
    return [Manifest.from_json(store.get(path)) for path in paths]


def model_path(manifest: Manifest, name: str) -> str:
    """Where a model's bytes lie: by content, so that a manifest never points at bytes in change."""
    return f"{MODELS}/{manifest.kind}/{manifest.month}/{manifest.files[name][:16]}-{name}"


def manifest_path(kind: str, month: date) -> str:
    """The manifest in force of a month."""
    return f"{MODELS}/{kind}/{month:%Y-%m}/manifest.json"


def candidate_path(kind: str, month: date) -> str:
    """What was decided last about a model of the month beyond the one in force: its manifest, with why."""
    return f"{MODELS}/{kind}/{month:%Y-%m}/candidate.json"


def version_path(manifest: Manifest) -> str:
    """Where the manifest of every version that was trained stays, in force or not."""
    return f"{MODELS}/{manifest.kind}/{manifest.month}/versions/{manifest.model_version.rpartition('@')[2]}.json"


def _roster_hashes(platform: Platform, rows: pd.DataFrame, start: date, end: date) -> list[str]:
    """Of each row's team: who may be missing tonight, as far as it is known. It decides numbers, but is no content of one player."""
    roster = platform.warehouse.query(
        named_query("predictions", "slate_roster"), {"start_date": start, "end_date": end}
    ).to_pandas()
    told = roster["universal_player_id"].str.cat(
        [roster[name].astype(str) for name in ("has_line", "injury_status", "minutes_ewm_8", "team_games_missed")],
        sep="|",
    )
    by_team = told.groupby([roster["game_id"], roster["team_abbr"]]).agg(";".join)
    digests = {key: hashlib.sha256(text.encode()).hexdigest()[:16] for key, text in by_team.items()}
    return [digests[key] for key in zip(rows["game_id"], rows["team_abbr"], strict=True)]


def _vectors(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Everything a player's own history and match-up gave the systems, by name, and where each feature came from."""
    names = (*FEATURE_NAMES, *(name for name in minutes_rate_v1.INPUTS if name not in FEATURE_NAMES))
    values = rows[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
    sources = rows[[source_column(name) for name in FEATURE_NAMES]].to_numpy()
    features = [
        json.dumps(
            {name: None if np.isnan(value) else value for name, value in zip(names, row, strict=True)},
            separators=(",", ":"),
        )
        for row in values.tolist()
    ]
    provenance = [
        json.dumps(dict(zip(FEATURE_NAMES, row, strict=True)), separators=(",", ":")) for row in sources.tolist()
    ]
    return features, provenance
