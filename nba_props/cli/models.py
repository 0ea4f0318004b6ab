"""Commands on monthly models: list what is kept, put an earlier version in force again, take a bad one out."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import show_json
from nba_props.cli.shared import AsJson, Home
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.domain.model_kinds import ModelKind
    from nba_props.domain.models import Manifest
    from nba_props.platform import Platform

    Decision = Callable[[], Manifest | None]

models = typer.Typer(
    help="Monthly models: list what is kept, put a version in force, take a bad one out of force.", no_args_is_help=True
)

Kind = Annotated[str, typer.Argument(metavar="KIND", help="xgboost_v1, ridge_v1, minutes_rate_v1 or calibration.")]
Month = Annotated[str, typer.Argument(metavar="MONTH", help="The month the model is of: 2024-01.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; it is kept with the decision.")]


@models.callback()
def _group(home: Home = None) -> None:
    """Monthly models."""
    shared.home_before_command(home)


@models.command("list")
def list_(
    month: Annotated[
        str | None, typer.Argument(metavar="[MONTH]", help="Only this month: 2024-01.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Every version of every month's models that is kept, newest month first: which serves today, and what was said of it."""
    platform = shared.opened(home)
    rows = versions(platform, None if month is None else _month(month))
    if as_json:
        show_json(rows)
        return
    from nba_props.cli import render

    render.models(rows)


@models.command()
def use(
    kind: Kind,
    month: Month,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A version that `models list` shows of the month.")],
    why: Why,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Put a version of a month's model in force; nothing is trained. The next run predicts with it."""
    from nba_props.assets.predictions.in_force import kept_version, put_in_force

    def use_it(platform: "Platform", kind: "ModelKind", month: date) -> "Decision":
        return partial(put_in_force, platform, month, kept_version(platform, kind, month, version), why)

    _decide(home, kind, month, why, use_it, as_json=as_json)


@models.command()
def withdraw(kind: Kind, month: Month, why: Why, as_json: AsJson = False, home: Home = None) -> None:
    """Take a month's model out of force, so that the one before serves; the month is not trained again."""
    from nba_props.assets.predictions.in_force import serving_version
    from nba_props.assets.predictions.in_force import withdraw as take_out

    def withdraw_it(platform: "Platform", kind: "ModelKind", month: date) -> "Decision":
        return partial(take_out, platform, month, serving_version(platform, kind, month), why)

    _decide(home, kind, month, why, withdraw_it, as_json=as_json)


# -- what the commands do ----------------------------------------------------------------------------------------------


def versions(platform: "Platform", month: date | None = None) -> list[dict[str, Any]]:
    """A row a version: kind, month, version, window, rows, validation error (points), state, what was said of it."""
    from nba_props.assets.predictions.in_force import months_with_models, versions_of
    from nba_props.domain.model_kinds import MODEL_KINDS

    serving = _serving(platform)
    return [
        {
            "kind": kind.name,
            "month": one.manifest.month,
            "model_version": one.manifest.model_version,
            "training_end_date": one.manifest.training_end_date,
            "training_rows": one.manifest.training_rows,
            "is_in_force": one.is_in_force,
            "serves_today": one.is_in_force
            and serving.get(kind.name) == (one.manifest.month, one.manifest.model_version),
            "said": one.said,
        }
        for each in ([month] if month else months_with_models(platform))
        for kind in MODEL_KINDS
        for one in versions_of(platform, kind, each)
    ]


def _serving(platform: "Platform") -> dict[str, tuple[str, str]]:
    """Month and version of the model of each kind that predictions of today are made with."""
    from nba_props.assets.predictions.inputs import shelf_for
    from nba_props.domain.model_kinds import MODEL_KINDS

    shelf = shelf_for(platform.store, platform.today, platform.today)
    found = {kind.name: shelf.in_force(kind.name, platform.today) for kind in MODEL_KINDS}
    return {name: (one.manifest.month, one.manifest.model_version) for name, one in found.items() if one is not None}


def _decide(
    home: Path | None,
    kind_text: str,
    month_text: str,
    why: str,
    considered: "Callable[[Platform, ModelKind, date], Decision]",
    *,
    as_json: bool,
) -> None:
    """Carry a person's decision out, recorded in the run history and shown in the UI as the model's asset.

    What cannot be decided so is refused by `considered`, before anything is recorded: a mistyped version is no failed step.
    """
    platform = shared.opened(home)
    month = _month(month_text)
    if not why.strip():
        raise BadInput(
            "--why says nothing.", next_step="give the reason: it is all that is known of the decision later"
        )

    from nba_props.assets.predictions.in_force import kind_of

    kind = kind_of(kind_text)
    serves = _recorded(platform, kind, month, why, considered(platform, kind, month))
    found = {
        "kind": kind.name,
        "month": f"{month:%Y-%m}",
        "serves": serves.model_version if serves else None,
        "serves_month": serves.month if serves else None,
    }
    if as_json:
        show_json(found)
        return
    from nba_props.cli import render

    render.decided(found, shared.with_home("nba-props run today", platform))


def _recorded(
    platform: "Platform", kind: "ModelKind", month: date, why: str, decision: "Decision"
) -> "Manifest | None":
    import uuid

    import dagster as dg

    from nba_props.assets.predictions.models import model_key
    from nba_props.domain.models import training_window
    from nba_props.history import recorded
    from nba_props.instance import open_instance

    step = f"predictions/{kind.name}_model/{month:%Y-%m}"
    with recorded(platform, f"by_hand_{uuid.uuid4()}", step, *training_window(month)):
        serves = decision()
    metadata = {"serves": serves.model_version if serves else "no model", "judgement": f"by hand: {why}"}
    with open_instance(platform) as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(model_key(kind.name), partition=month.isoformat(), metadata=metadata)
        )
    return serves


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise BadInput(f"{text!r} is no month.", next_step="write it as 2024-01") from error
