"""`predictions/{kind}_model`: one asset a kind of model, one model a month, trained on what precedes the month.

A new model replaces the one in force only if it is not worse on the last graded rows, which neither had seen; else it is kept
as a candidate that says why, and the older one goes on serving until it is too old.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg
import numpy as np
import pandas as pd

from nba_props.assets.predictions.in_force import decided, keep, keep_aside, trained_for
from nba_props.assets.predictions.inputs import files_of, manifests_of, slate_of, slate_players
from nba_props.domain import calibration
from nba_props.domain.calibration import residuals_of
from nba_props.domain.model_kinds import MODEL_KINDS, ModelKind
from nba_props.domain.models import (
    Judgement,
    Learned,
    Manifest,
    Model,
    Shelf,
    judged,
    population_stability,
    sealed,
    training_window,
    twin,
)
from nba_props.domain.odds import devig
from nba_props.domain.systems import ENSEMBLE, MEMBERS, build_members
from nba_props.domain.systems.base import FloatArray, Slate, numbers
from nba_props.errors import ModelRefused
from nba_props.history import Step, recorded
from nba_props.io.warehouse.sqltext import named_query
from nba_props.partitions import MONTHLY, months_of
from nba_props.platform import Platform, code_version
from nba_props.pools import TRAININGS
from nba_props.request import FORCE_TAG

DRIFT_DAYS = 28
"""Features of the last days of a window are held against those before."""

_INPUTS = {
    "training_rows": (
        "precompute/ml_feature_store",
        "precompute/player_daily_cache",
        "precompute/player_composite_factors",
        "analytics/team_absence_game_summary",
        "analytics/player_game_summary",
    ),
    "availability_rows": ("analytics/upcoming_player_game_context",),
}


@dataclass(frozen=True)
class Trained:
    """What a month's training came to; no manifest where too few games precede the month."""

    manifest: Manifest | None
    judgement: Judgement
    drift: Mapping[str, float]
    step: Step


def model_key(kind: str) -> dg.AssetKey:
    return dg.AssetKey(["predictions", f"{kind}_model"])


def model_asset(kind: ModelKind) -> dg.AssetsDefinition:
    """The asset of a kind: trains the months of its partitions, and tells importance, errors and drift."""
    of_the_past = dg.TimeWindowPartitionMapping(
        start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
    )
    upstream = dict.fromkeys(name for query in kind.queries for name in _INPUTS[query])
    others = [] if kind.train else [dg.AssetDep(model_key(one.name)) for one in MODEL_KINDS if one.train]

    @dg.asset(
        key=model_key(kind.name),
        partitions_def=MONTHLY,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="predictions",
        owners=["team:data-science"],
        pool=TRAININGS,
        kinds={"xgboost"} if kind.uses_xgboost else {"python"},
        deps=[dg.AssetDep(name.split("/"), partition_mapping=of_the_past) for name in upstream] + others,
        description=kind.description,
    )
    def model(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
        told: dict[str, str] = {}
        for month in months_of(context):
            is_forced = bool(context.run.tags.get(FORCE_TAG))
            trained = train_month(context.run.run_id, platform, kind, month, is_forced=is_forced)
            told[f"{month:%Y-%m}"] = trained.judgement.reason
            if trained.manifest is not None:
                context.add_asset_metadata(_metadata(trained), partition_key=month.isoformat())
        return dg.MaterializeResult(metadata={"models": dg.MetadataValue.json(told)})

    return model


def train_month(run_id: str, platform: Platform, kind: ModelKind, month: date, *, is_forced: bool = False) -> Trained:
    """Train a month's model of a kind, judge it against the one in force, and keep it: in force, or as a candidate.

    Where a person decided which version serves, it is kept aside unless training `is_forced`.
    """
    start, end = training_window(month)
    with recorded(platform, run_id, f"predictions/{kind.name}_model/{month:%Y-%m}", start, end) as step:
        rows = {
            query: platform.warehouse.query(
                named_query("predictions", query), {"start_date": start, "end_date": end}
            ).to_pandas()
            for query in kind.queries
        }
        try:
            learned = kind.train(rows, month) if kind.train else calibrated(platform, month)
        except ModelRefused as reason:
            step.skip_reason = reason.message
            return Trained(None, Judgement(False, reason.message), {}, step)
        model = sealed(kind.name, month, learned, code_version())
        by_hand = None if is_forced else decided(platform, kind, month)
        if by_hand is not None:
            judgement = Judgement(False, f"kept aside: a model of the month was {by_hand}")
            keep_aside(platform, model)
        else:
            judgement = _judged(platform, kind, model, month)
            keep(platform, model, judgement, month)
        step.rows_written = model.manifest.training_rows
        return Trained(model.manifest, judgement, _drift(rows.get("training_rows"), kind), step)


# -- judging ----------------------------------------------------------------------------------------------------------


def _judged(platform: Platform, kind: ModelKind, model: Model, month: date) -> Judgement:
    """The new model's twin against the model in force, on rows that neither has seen."""
    if kind.train is None:
        return Judgement(True, "accepted: fitted on the residuals of the models of its own month")
    unseen, stand_in = training_window(month)[1], twin(model)
    older = [one for one in manifests_of(platform.store, kind.name) if one.training_end < unseen]
    if not older or stand_in is None:
        return Judgement(True, "accepted: no earlier model is in force, or too little is left to judge by")
    try:
        in_force = kind.verified(older[-1], files_of(platform.store, older[-1]))
    except ModelRefused as refusal:
        return Judgement(True, f"accepted: the model in force is refused ({refusal.message})")
    first = max(in_force.training_end, stand_in.training_end) + timedelta(days=1)
    graded = _graded_slate(platform, first, unseen)
    if graded is None:
        return Judgement(True, "accepted: nothing was played since the model in force was trained")
    rows, slate = graded
    system = MEMBERS[kind.name]
    errors = [
        np.abs(system(Shelf({kind.name: [one]})).project(slate).mean - numbers(rows, "points"))
        for one in (stand_in, in_force)
    ]
    both = ~np.isnan(errors[0]) & ~np.isnan(errors[1])
    return judged(errors[0][both], errors[1][both], rows["game_date"][both].tolist())


def _graded_slate(platform: Platform, start: date, end: date) -> tuple[pd.DataFrame, Slate] | None:
    """Expected players of past slates with the points they scored, and the slate that systems see; None where nobody played."""
    if start > end:
        return None
    players = slate_players(platform, start, end)
    outcomes = platform.warehouse.query(
        named_query("predictions", "training_rows"), {"start_date": start, "end_date": end}
    ).to_pandas()[["game_id", "universal_player_id", "points"]]
    rows = players.merge(outcomes, on=["game_id", "universal_player_id"], how="inner", validate="one_to_one")
    return (rows, slate_of(platform, rows, start, end)) if len(rows) else None


# -- calibration ------------------------------------------------------------------------------------------------------


def calibrated(platform: Platform, month: date) -> Learned:
    """The month's calibration, from what systems and the twins of this month's models say of the end of the window.

    Raises ModelRefused where no model of the month has a twin.
    """
    twins = _twins(platform, month)
    if not twins:
        raise ModelRefused(
            f"No model of {month:%Y-%m} has a twin to take residuals from.",
            next_step="Import or backfill earlier dates; until then predictions keep the default spread.",
        )
    start = max(one.training_end for one in twins.values()) + timedelta(days=1)
    graded = _graded_slate(platform, start, training_window(month)[1])
    if graded is None:
        raise ModelRefused(f"Nothing was played from {start} on.", next_step="Backfill the dates before the month.")
    rows, slate = graded
    answers = _answers(Shelf({kind: [one] for kind, one in twins.items()}), slate)
    prices = (numbers(rows, "over_price_american"), numbers(rows, "under_price_american"))
    residuals = residuals_of(rows, answers, devig(*prices, platform.settings.devig_method))
    found = calibration.fit(residuals, list(answers), ENSEMBLE)
    return calibration.learned(found, residuals, start)


def _twins(platform: Platform, month: date) -> dict[str, Model]:
    """The twin of each model trained for the month, in force or not."""
    found = {}
    for kind in MODEL_KINDS:
        manifest = trained_for(platform, kind, month) if kind.train else None
        if manifest is not None:
            stand_in = twin(kind.verified(manifest, files_of(platform.store, manifest)))
            if stand_in is not None:
                found[kind.name] = stand_in
    return found


def _answers(shelf: Shelf, slate: Slate) -> dict[str, FloatArray]:
    """Each member's own numbers; one that raises has none, and its own asset carries the error."""
    answers = {}
    for member in build_members(shelf):
        try:
            mean = np.asarray(member.project(slate).mean, dtype=np.float64)
            answers[member.system_id] = np.where(np.isfinite(mean), mean, np.nan)
        except Exception as error:  # noqa: BLE001 - one failing system never stops the calibration of the others
            dg.get_dagster_logger().error(
                f"{member.system_id} could not be calibrated: {type(error).__name__}: {error}"
            )
            answers[member.system_id] = np.full(len(slate.players), np.nan)
    return answers


# -- what is told -----------------------------------------------------------------------------------------------------


def _drift(rows: pd.DataFrame | None, kind: ModelKind) -> dict[str, float]:
    """Population stability of each feature, the last DRIFT_DAYS of the window against those before; most unstable first."""
    if rows is None:
        return {}
    dates = pd.to_datetime(rows["game_date"])
    late = (dates > dates.max() - pd.Timedelta(days=DRIFT_DAYS)).to_numpy()
    known = [name for name in kind.feature_names if name in rows]
    found = {name: population_stability(numbers(rows[~late], name), numbers(rows[late], name)) for name in known}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _metadata(trained: Trained) -> dict[str, dg.MetadataValue | float | str]:
    manifest = trained.manifest
    assert manifest is not None
    largest = next(iter(trained.drift.items()), None)
    return {
        "model_version": manifest.model_version,
        "judgement": trained.judgement.reason,
        "is_in_force": int(trained.judgement.is_accepted),
        "training_rows": manifest.training_rows,
        **manifest.metrics,
        "importance": _table("share of gain", dict(list(manifest.importance.items())[:25])),
        **({"largest_drift": largest[1], "drift": _table("population stability", trained.drift)} if largest else {}),
        **trained.step.usage_metadata,
    }


def _table(title: str, values: Mapping[str, float]) -> dg.MetadataValue:
    lines = [f"| feature | {title} |", "|---|---|", *(f"| {name} | {value:.4f} |" for name, value in values.items())]
    return dg.MetadataValue.md("\n".join(lines))


MODEL_ASSETS = [model_asset(kind) for kind in MODEL_KINDS]
