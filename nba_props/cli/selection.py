"""`--select`: which assets a text names, and the runs that materialise them over dates."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from nba_props.cli.shared import did_you_mean, listed
from nba_props.domain.calendar import month_start, season_of
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.cli.runs import Runs
    from nba_props.plan import Request

_NAME = re.compile(r"[A-Za-z0-9_/]+")


def run_selected(started: "Runs", days: Sequence[date], text: str, request: "Request") -> None:
    """Materialise what a text names: asset keys, bare names or layers with commas between, or Dagster's own syntax.

    Assets that are not daily run over what holds the dates: raw tables over seasons, models over months.
    """
    from nba_props.definitions import build_defs
    from nba_props.plan import Stage, run_selection
    from nba_props.request import FORCE_TAG

    graph = build_defs(platform=started.runner.platform).resolve_asset_graph()
    keys = {"/".join(key.path): key for key in graph.materializable_asset_keys}
    wanted = _named(text, list(keys)) if _is_list(text) else _by_syntax(text, graph)
    kinds: dict[str, list[str]] = {"daily": [], "monthly": [], "seasonal": [], "undated": []}
    for name in wanted:
        kinds[_kind(graph.get(keys[name]).partitions_def)].append(name)
    runner = started.runner
    if kinds["seasonal"]:
        first, last = (season_of(day)[:4] for day in (min(days), max(days)))
        runner.run(Stage("history", first, last, "raw tables, from the landing zone"), request.tags)
    if kinds["undated"]:
        runner.run(Stage("registry", None, None, "player registry"), request.tags)
    if kinds["monthly"]:
        for month in sorted({month_start(day) for day in days}):
            stage = Stage("models", month.isoformat(), month.isoformat(), f"model {month:%Y-%m}")
            runner.run(stage, request.tags | {FORCE_TAG: "true"})
    if kinds["daily"]:
        run_selection(runner, days, " or ".join(f'key:"{name}"' for name in kinds["daily"]), request)


def _is_list(text: str) -> bool:
    return all(_NAME.fullmatch(one) for one in listed(text))


def _named(text: str, known: Sequence[str]) -> list[str]:
    """Asset names of a list of keys (`precompute/ml_feature_store`), names (`ml_feature_store`) or layers (`exports`)."""
    found: dict[str, None] = {}
    for word in listed(text):
        mine = [name for name in known if word in (name, name.split("/")[0], name.split("/")[1])]
        if not mine:
            names = {part for name in known for part in (name, name.split("/")[1])}
            near = did_you_mean(word, names, "see them with: nba-props ui, or docs/tables")
            raise BadInput(f"There is no asset {word!r}.", next_step=near)
        found |= dict.fromkeys(sorted(mine))
    if not found:
        raise BadInput("--select names no asset.", next_step="give a name such as precompute/ml_feature_store")
    return list(found)


def _by_syntax(text: str, graph: object) -> list[str]:
    import dagster as dg

    try:
        found = dg.AssetSelection.from_string(text).resolve(graph)  # type: ignore[arg-type]
    except dg.DagsterError as error:
        raise BadInput(
            f"{text!r} is no asset selection: {str(error).splitlines()[0]}",
            next_step='write asset names with commas between, or Dagster\'s syntax, e.g. group:"exports"',
        ) from error
    if not found:
        raise BadInput(f"{text!r} selects no asset.", next_step="see them with: nba-props ui, or docs/tables")
    return sorted("/".join(key.path) for key in found)


def _kind(partitions: object) -> str:
    from nba_props.partitions import DAILY, MONTHLY, SEASONS

    return {DAILY: "daily", MONTHLY: "monthly", SEASONS: "seasonal"}.get(partitions, "undated")  # type: ignore[call-overload]
