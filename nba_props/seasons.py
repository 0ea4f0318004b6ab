"""What is there of every date with games, layer by layer, over all seasons; what is missing, and why.

Each layer is asked once, for all dates together. Here belong the layers, the rule that a date is there, built and empty, or
missing, and the reason: the run history first, then the layer before, then batches, exports, checks and coverage. Not here: how it
looks, and whether a slate is good enough to publish (`health`).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from nba_props.dates import dates_with_results, slate_dates
from nba_props.domain.calendar import season_of
from nba_props.platform import Platform


class State(StrEnum):
    """What a layer holds of a date."""

    THERE = "there"
    EMPTY = "empty"  # it was built, and there is nothing that it could hold
    MISSING = "missing"
    NOT_DUE = "not due"


@dataclass(frozen=True)
class Layer:
    """One layer: the query of the dates it holds (`dates.py` has that of results), the step that builds it, what it waits for."""

    name: str
    sql: str = ""
    step: str = ""
    """A name of the run history; one that ends in `_` stands for all that begin so (a step for every system)."""
    waits_for: tuple[str, ...] = ()
    needs_results: bool = False
    """TRUE if a date is due only once it has been played."""

    def is_built_by(self, processor_name: str) -> bool:
        """TRUE if the step builds this layer."""
        return processor_name == self.step or (self.step.endswith("_") and processor_name.startswith(self.step))


@dataclass(frozen=True)
class Cell:
    """One layer of one date; `reason` says why it is missing, or empty."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Slate:
    """One date with games."""

    game_date: date
    season: str
    cells: Mapping[str, Cell]

    @property
    def lacks_results(self) -> bool:
        """TRUE if its games are over and no box score of them is in the raw layer: only a source can help."""
        return self.cells[RESULTS].state is State.MISSING

    @property
    def is_missing(self) -> bool:
        """TRUE if a layer is missing that a backfill can build: not one that needs results which are not there."""
        needs_results = {layer.name for layer in LAYERS if layer.needs_results} if self.lacks_results else {RESULTS}
        return any(cell.state is State.MISSING for name, cell in self.cells.items() if name not in needs_results)


RESULTS = "results"

LAYERS = (
    Layer(RESULTS, needs_results=True),
    Layer(
        "rosters",
        "select distinct roster_date as day from nba_raw.team_rosters"
        " where roster_date between @start_date and @end_date",
        "raw/team_rosters",
    ),
    Layer(
        "features",
        "select distinct game_date as day from nba_precompute.ml_feature_store"
        " where game_date between @start_date and @end_date",
        "precompute/ml_feature_store",
        ("rosters",),
    ),
    Layer(
        "predicted",
        "select distinct game_date as day from nba_predictions.prediction_batches"
        " where game_date between @start_date and @end_date and staged_rows > 0",
        "predictions/staging_",
        ("features",),
    ),
    Layer(
        "consolidated",
        "select distinct game_date as day from nba_predictions.player_prop_predictions"
        " where game_date between @start_date and @end_date and is_active",
        "predictions/player_prop_predictions",
        ("predicted",),
    ),
    Layer(
        "graded",
        "select distinct game_date as day from nba_grading.prediction_accuracy"
        " where game_date between @start_date and @end_date",
        "grading/prediction_accuracy",
        (RESULTS, "consolidated"),
        needs_results=True,
    ),
    Layer(
        "exported",
        "select distinct game_date as day from nba_monitoring.export_log"
        " where game_date between @start_date and @end_date and state = 'published'"
        " and path = concat('v1/predictions/', cast(game_date as string), '.json')",
        "exports/predictions",
        ("consolidated",),
    ),
)

# The newest run of each step and range of dates: as many rows as there are ranges, however often they were run.
_RUNS = """
select processor_name, status, data_date, coalesce(data_date_end, data_date) as data_date_end, started_at, why
from (
    select
        processor_name, status, data_date, data_date_end, started_at, coalesce(error_message, skip_reason) as why,
        row_number() over (
            partition by processor_name, data_date, data_date_end order by started_at desc, run_id
        ) as place
    from nba_reference.processor_run_history
    where data_date <= @end_date and coalesce(data_date_end, data_date) >= @start_date
)
where place = 1
order by started_at, processor_name, data_date, data_date_end
"""

_BATCHES = """
select game_date, failure_reason as why
from nba_predictions.prediction_batches
where game_date between @start_date and @end_date and failure_reason is not null
order by game_date, opened_at, batch_id
"""

_WITHHELD = """
select game_date, detail as why
from nba_monitoring.export_log
where
    game_date between @start_date and @end_date
    and state = 'withheld'
    and path = concat('v1/predictions/', cast(game_date as string), '.json')
"""

_CHECKS = """
select game_date, asset, min(concat('check ', check_name, ' failed: ', detail)) as why
from nba_monitoring.check_results
where game_date between @start_date and @end_date and not passed and severity in ('integrity', 'error')
group by game_date, asset
"""

_NOBODY = """
select game_date as day
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all' and expected = 0
"""

_UNFINISHED = ("failed", "interrupted", "running", "skipped")
_LONGEST_REASON = 160


def overview(platform: Platform, start: date, end: date) -> list[Slate]:
    """Every date with games from `start` to `end`, with each layer's cell."""
    span = {"start_date": start, "end_date": end}
    slates = slate_dates(platform, start, end)
    held = {layer.name: frozenset(_days(platform, layer.sql, span)) for layer in LAYERS if layer.sql}
    held[RESULTS] = frozenset(dates_with_results(platform, start, end))
    held["predicted"] |= {staging.game_date for staging in platform.warehouse.staging_tables()}
    why = _Reasons.read(platform, span, slates)
    return [_slate(day, platform.today, held, why) for day in slates]


def run_again(slates: Sequence[Slate]) -> list[str]:
    """The commands that bring exactly what is missing: whole seasons by their name, else date by date; results first."""
    by_season: dict[str, list[Slate]] = defaultdict(list)
    for slate in slates:
        by_season[slate.season].append(slate)
    commands = []
    for season, members in by_season.items():
        commands += _fetching(season, [slate.game_date for slate in members if slate.lacks_results])
        missing = [slate.game_date for slate in members if slate.is_missing]
        due = [one for one in members if one.cells["rosters"].state is not State.NOT_DUE]
        if missing and len(missing) == len(due) == len(members):
            commands.append(f"nba-props backfill --season {season}")
        elif missing:
            commands.append(f"nba-props backfill --dates {','.join(map(str, missing))}")
    return commands


def _fetching(season: str, days: Sequence[date]) -> list[str]:
    """A date is asked for by itself; several cost the sources less as their season."""
    if not days:
        return []
    return [f"nba-props fetch {days[0]}" if len(days) == 1 else f"nba-props fetch --season {season}"]


def _days(platform: Platform, sql: str, span: Mapping[str, Any]) -> list[date]:
    days: list[date] = platform.warehouse.query(sql, span)["day"].to_pylist()
    return days


def _slate(day: date, today: date, held: Mapping[str, frozenset[date]], why: "_Reasons") -> Slate:
    cells: dict[str, Cell] = {}
    for layer in LAYERS:
        if day in held[layer.name]:
            cells[layer.name] = Cell(State.THERE)
        elif day > today or (layer.needs_results and day == today):
            cells[layer.name] = Cell(State.NOT_DUE)
        else:
            cells[layer.name] = why.of(layer, day, cells)
    return Slate(day, season_of(day), cells)


@dataclass(frozen=True)
class _Reasons:
    """What is known of dates that a layer does not hold."""

    runs: Mapping[tuple[str, date], Mapping[str, Mapping[str, Any]]]
    batches: Mapping[date, str]
    withheld: Mapping[date, str]
    checks: Mapping[tuple[str, date], str]
    without_anybody: frozenset[date]

    @classmethod
    def read(cls, platform: Platform, span: Mapping[str, Any], slates: Sequence[date]) -> "_Reasons":
        def ask(sql: str) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = platform.warehouse.query(sql, span).to_pylist()
            return rows

        return cls(
            runs=_latest(ask(_RUNS), slates),
            batches={row["game_date"]: row["why"] for row in ask(_BATCHES)},
            withheld={row["game_date"]: row["why"] for row in ask(_WITHHELD)},
            checks={(row["asset"], row["game_date"]): row["why"] for row in ask(_CHECKS)},
            without_anybody=frozenset(_days(platform, _NOBODY, span)),
        )

    def of(self, layer: Layer, day: date, before: Mapping[str, Cell]) -> Cell:
        """Why the layer does not hold the date, given the cells of the layers before it."""
        if not layer.step:
            return Cell(State.MISSING, "no box score was imported or fetched")
        runs = self.runs.get((layer.name, day), {}).values()
        stopped = next((run for word in _UNFINISHED for run in runs if run["status"] == word), None)
        if stopped:
            return Cell(State.MISSING, _told(stopped))
        waits = next((name for name in layer.waits_for if before[name].state is State.MISSING), None)
        if waits:
            return Cell(State.MISSING, f"waits for {waits}")
        if not runs:
            return Cell(State.MISSING, "never run")
        return self._of_a_success(layer, day, before)

    def _of_a_success(self, layer: Layer, day: date, before: Mapping[str, Cell]) -> Cell:
        """The step ran and the layer holds nothing: with good reason, or something took or kept it away."""
        kept = self.withheld.get(day) if layer.name == "exported" else None
        lost = self.batches.get(day) if layer.name in ("predicted", "consolidated") else None
        failed = self.checks.get((layer.step, day))
        if reason := kept or lost or failed:
            return Cell(State.MISSING, _short(f"withheld: {reason}" if kept else reason))
        empty = next((name for name in layer.waits_for if before[name].state is State.EMPTY), None)
        if empty:
            return Cell(State.EMPTY, before[empty].reason)
        if layer.name in ("rosters", "features"):
            return Cell(State.EMPTY, "built, and nobody had been seen to play")
        if day in self.without_anybody:
            return Cell(State.EMPTY, "built, and nobody is expected")
        return Cell(State.MISSING, "run with success, and left nothing")


def _latest(
    rows: Sequence[dict[str, Any]], slates: Sequence[date]
) -> dict[tuple[str, date], dict[str, dict[str, Any]]]:
    """By layer and date, the newest run of each step; `rows` are in the order in which they started."""
    found: dict[tuple[str, date], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        layer = next((one.name for one in LAYERS if one.is_built_by(row["processor_name"])), "")
        first, last = bisect_left(slates, row["data_date"]), bisect_right(slates, row["data_date_end"])
        for day in slates[first:last] if layer else ():
            found[layer, day][row["processor_name"]] = row
    return found


def _told(run: Mapping[str, Any]) -> str:
    """A run that did not come to a good end, in words."""
    if run["status"] == "running":
        return f"running since {run['started_at']:%Y-%m-%d %H:%M} UTC"
    return _short(f"{run['processor_name']} {run['status']}: {run['why'] or 'no reason was given'}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
