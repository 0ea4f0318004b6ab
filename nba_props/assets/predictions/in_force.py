"""Which model of a month is in force: as training judged it, or as a person decided since.

Every version that was trained is kept beside the one in force, so that a person can go back to it. What a person decides
stands in the month's `candidate.json`, where training's refusals stand too, and binds training until that is forced.
Not here: training and judging (`models.py`), and which month's model serves a date (`domain/models.Shelf`).
"""

import json
from dataclasses import dataclass
from datetime import date

from nba_props.assets.predictions.inputs import (
    MODELS,
    candidate_path,
    files_of,
    manifest_path,
    manifests_of,
    model_path,
    version_path,
)
from nba_props.domain.model_kinds import MODEL_KINDS, ModelKind
from nba_props.domain.models import Judgement, Manifest, Model
from nba_props.errors import BadInput
from nba_props.platform import Platform


@dataclass(frozen=True)
class Version:
    """A model that was trained for a month. `said`: what training or a person said of it last; empty where it is not kept."""

    manifest: Manifest
    is_in_force: bool
    said: str = ""


def keep_aside(platform: Platform, model: Model) -> None:
    """Keep a trained model as a version of its month: bytes first, by content; then the manifest that points at them."""
    for name, data in model.files.items():
        platform.store.put(model_path(model.manifest, name), data)
    _put(platform, version_path(model.manifest), model.manifest.to_json())


def keep(platform: Platform, model: Model, judgement: Judgement, month: date) -> None:
    """Keep a trained model, in force or as a candidate."""
    keep_aside(platform, model)
    manifest = model.manifest
    if judgement.is_accepted:
        _put(platform, manifest_path(manifest.kind, month), manifest.to_json())
    if not judgement.is_accepted or platform.store.exists(candidate_path(manifest.kind, month)):
        _say(platform, manifest, month, judgement.reason)


def decided(platform: Platform, kind: ModelKind, month: date) -> str | None:
    """What a person decided last of the month's model, which training does not undo unless it is forced; None without a word.

    It is of a model of today's features and libraries: once those have changed, the month is trained and judged anew.
    """
    path = candidate_path(kind.name, month)
    found = json.loads(platform.store.get(path)) if platform.store.exists(path) else {}
    candidate = _candidate(platform, kind.name, month)
    is_binding = found.get("by_hand", False) and candidate is not None and kind.is_current(candidate[1])
    return str(found["judgement"]) if is_binding else None


def trained_for(platform: Platform, kind: ModelKind, month: date) -> Manifest | None:
    """The manifest of the month's model, in force or kept as a candidate; None before there is one."""
    if (in_force := _in_force(platform, kind.name, month)) is not None:
        return in_force
    candidate = _candidate(platform, kind.name, month)
    return candidate[1] if candidate else None


def versions_of(platform: Platform, kind: ModelKind, month: date) -> list[Version]:
    """Every version that is kept of a month's model, the one in force first, then by version."""
    in_force, candidate = _in_force(platform, kind.name, month), _candidate(platform, kind.name, month)
    prefix = f"{MODELS}/{kind.name}/{month:%Y-%m}/versions/"
    kept = [Manifest.from_json(platform.store.get(one.path)) for one in platform.store.list(prefix)]
    found = {one.model_version: one for one in (*kept, *([candidate[1]] if candidate else []))}
    if in_force is not None:
        found[in_force.model_version] = in_force
    said = {candidate[1].model_version: candidate[0]} if candidate else {}
    serving = in_force.model_version if in_force else None
    versions = [Version(found[name], name == serving, said.get(name, "")) for name in sorted(found)]
    return sorted(versions, key=lambda one: not one.is_in_force)


def months_with_models(platform: Platform) -> list[date]:
    """Months of which any model is kept, newest first."""
    folders = {one.path.split("/")[2] for one in platform.store.list(f"{MODELS}/")}
    return sorted((date.fromisoformat(f"{month}-01") for month in folders), reverse=True)


def kept_version(platform: Platform, kind: ModelKind, month: date, version: str) -> Manifest:
    """A version of the month's model that may serve.

    Raises BadInput for a version that is not kept, ModelRefused for one that does not agree with this code or its own bytes.
    """
    kept = {one.manifest.model_version: one.manifest for one in versions_of(platform, kind, month)}
    if version not in kept:
        raise BadInput(
            f"No model {version} of {kind.name} is kept for {month:%Y-%m}.",
            next_step=f"kept are {', '.join(kept)}" if kept else f"none is: nba-props models list {month:%Y-%m}",
        )
    kind.verified(kept[version], files_of(platform.store, kept[version]))
    return kept[version]


def serving_version(platform: Platform, kind: ModelKind, month: date) -> Manifest:
    """The version of the month's model that is in force. Raises BadInput where none is."""
    manifest = _in_force(platform, kind.name, month)
    if manifest is None:
        raise BadInput(
            f"No model of {kind.name} is in force for {month:%Y-%m}.", next_step=f"nba-props models list {month:%Y-%m}"
        )
    return manifest


def put_in_force(platform: Platform, month: date, manifest: Manifest, why: str) -> Manifest:
    """Let a kept version of the month's model serve, on a person's word; its manifest."""
    _put(platform, version_path(manifest), manifest.to_json())
    _put(platform, manifest_path(manifest.kind, month), manifest.to_json())
    _say(platform, manifest, month, f"put in force by hand: {why}", is_by_hand=True)
    return manifest


def withdraw(platform: Platform, month: date, manifest: Manifest, why: str) -> Manifest | None:
    """Take the month's model out of force, so that the one before serves its dates; that one, or None where there is none."""
    _put(platform, version_path(manifest), manifest.to_json())
    # First: killed after it, the month is not trained anew.
    _say(platform, manifest, month, f"withdrawn by hand: {why}", is_by_hand=True)
    platform.store.delete(manifest_path(manifest.kind, month))
    earlier = [one for one in manifests_of(platform.store, manifest.kind) if one.training_end < month]
    return earlier[-1] if earlier else None


def kind_of(name: str) -> ModelKind:
    """The kind of a name. Raises BadInput with the names there are."""
    kinds = {one.name: one for one in MODEL_KINDS}
    if name not in kinds:
        raise BadInput(f"There is no kind of model {name!r}.", next_step=f"kinds are {', '.join(kinds)}")
    return kinds[name]


# -- inside -----------------------------------------------------------------------------------------------------------


def _in_force(platform: Platform, kind: str, month: date) -> Manifest | None:
    path = manifest_path(kind, month)
    return Manifest.from_json(platform.store.get(path)) if platform.store.exists(path) else None


def _candidate(platform: Platform, kind: str, month: date) -> tuple[str, Manifest] | None:
    """What was said last of a version of the month, and its manifest."""
    path = candidate_path(kind, month)
    if not platform.store.exists(path):
        return None
    found = json.loads(platform.store.get(path))
    return found["judgement"], Manifest.from_json(json.dumps(found["manifest"]).encode())


def _say(platform: Platform, manifest: Manifest, month: date, judgement: str, *, is_by_hand: bool = False) -> None:
    said = {"judgement": judgement, "manifest": json.loads(manifest.to_json())} | (
        {"by_hand": True} if is_by_hand else {}
    )
    text = json.dumps(said, sort_keys=True, indent=1) + "\n"
    _put(platform, candidate_path(manifest.kind, month), text.encode())


def _put(platform: Platform, path: str, data: bytes) -> None:
    platform.store.put(path, data, content_type="application/json")
