"""What a verdict is about and made of: the facts of a slate and of what surrounds it, findings, and the verdict itself.

Shapes only. Not here: reading them from the tables (`reading.py`), and judging them (`rules.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from nba_props.domain.breaker import Circuit
from nba_props.domain.calendar import COUNTED_SEASON_TYPES

COVERAGE_STEP = "monitoring/prediction_coverage"
_SLATE_STEPS = (
    "analytics/upcoming_player_game_context",
    "precompute/ml_feature_store",
    "predictions/player_prop_predictions",
    COVERAGE_STEP,
)
ANY_SYSTEM = "all"
_UNDONE = ("failed", "interrupted")


class State(StrEnum):
    """What a person, a cron job or a front end needs to know first."""

    READY = "READY"
    DEGRADED = "DEGRADED"
    NOT_READY = "NOT READY"
    NO_SLATE = "NO SLATE"

    @property
    def exit_code(self) -> int:
        return {State.DEGRADED: 1, State.NOT_READY: 2}.get(self, 0)


class Level(IntEnum):
    """How much a finding weighs."""

    NOTE = 0  # said, and no more
    WARNING = 1  # the slate counts as DEGRADED
    DEGRADED = 2  # and what is published is marked so
    NOT_READY = 3  # and nothing is published


@dataclass(frozen=True)
class Finding:
    """One thing to know about a slate, with its figure, and the next step."""

    level: Level
    what: str
    next_step: str = ""
    is_integrity: bool = False

    def __str__(self) -> str:
        return f"{self.what} Next step: {self.next_step}" if self.next_step else self.what


Row = dict[str, Any]


@dataclass(frozen=True)
class SlateFacts:
    """What the tables say of one date's slate. Rows are those of the queries of `reading.py`."""

    game_date: date
    all_games: Sequence[Row] = ()
    coverages: Sequence[Row] = ()
    predictions_by_game: Sequence[Row] = ()
    active_batches: Sequence[Row] = ()
    batches: Sequence[Row] = ()
    failed_checks: Sequence[Row] = ()

    @property
    def games(self) -> list[Row]:
        """Scheduled games that count: no preseason, no all-star game."""
        return [game for game in self.all_games if game["season_type"] in COUNTED_SEASON_TYPES]

    @property
    def coverage(self) -> Row | None:
        """Coverage by any system."""
        return next((row for row in self.coverages if row["system_id"] == ANY_SYSTEM), None)

    @property
    def coverage_pct(self) -> float | None:
        return self.coverage["coverage_pct"] if self.coverage else None

    @property
    def predictions(self) -> int:
        """Active rows."""
        return sum(row["predictions"] for row in self._of_any_system)

    @property
    def players(self) -> int:
        """Players with an active prediction (nobody plays twice on one date)."""
        return sum(row["players"] for row in self._of_any_system)

    @property
    def players_by_game(self) -> dict[str, int]:
        return {row["game_id"]: row["players"] for row in self._of_any_system if row["players"]}

    @property
    def systems(self) -> list[str]:
        """Systems with active rows."""
        named = {row["system_id"] for row in self.predictions_by_game if row["predictions"]}
        return sorted(named - {ANY_SYSTEM})

    @property
    def missing_systems(self) -> list[str]:
        """Systems that coverage or a batch of the date asks for, without an active row."""
        asked = {row["system_id"] for row in self.coverages} - {ANY_SYSTEM}
        asked |= {system for batch in self.batches for system in _listed(batch["missing_systems"])}
        return sorted(asked - set(self.systems))

    @property
    def changed_at(self) -> datetime | None:
        """When the set of active rows last changed."""
        return max((row["changed_at"] for row in self._of_any_system if row["changed_at"]), default=None)

    @property
    def last_consolidated(self) -> Row | None:
        """The newest batch whose MERGE was verified."""
        return next((batch for batch in reversed(self.batches) if batch["consolidated_at"]), None)

    @property
    def _of_any_system(self) -> list[Row]:
        return [row for row in self.predictions_by_game if row["system_id"] == ANY_SYSTEM]


class Consolidation(BaseModel):
    """The newest batch of a date that was merged and verified."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_id: str
    state: str
    completion_pct: float
    at: datetime
    run_id: str | None


class FailedCheck(BaseModel):
    """A check the date does not pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str
    check_name: str
    severity: str
    detail: str


class OpenCircuit(BaseModel):
    """A system that batches of the date are not to call for now, after failures in a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system_id: str
    since: datetime
    until: datetime
    failures: int
    error: str


class Verdict(BaseModel):
    """The verdict on one date, its reasons and figures: the JSON of `nba-props status --json` and `v1/status.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    game_date: date
    verdict: State
    reasons: list[str]
    games: int
    expected: int | None
    predicted: int | None
    coverage_pct: float | None
    loss_pct: float | None
    coverage_by_system: dict[str, float | None]
    funnel: dict[str, int]
    missing: dict[str, int]
    excluded_by_design: dict[str, int]
    predictions: int
    players: int
    systems: int
    missing_systems: list[str]
    staging_tables: int
    staging_tables_total: int
    orphaned_staging: list[str]
    last_consolidation: Consolidation | None
    batch_ids: list[str]
    failed_checks: list[FailedCheck]
    export_state: str
    exported_at: datetime | None
    is_export_stale: bool
    unresolved_names: int
    quarantined: dict[str, dict[str, int]]
    rejected_payloads: dict[str, dict[str, int]]
    failed_runs_24h: int
    steps_not_run: list[str]
    open_circuits: list[OpenCircuit]

    @property
    def exit_code(self) -> int:
        """0 READY or NO SLATE, 1 DEGRADED, 2 NOT READY."""
        return self.verdict.exit_code


@dataclass(frozen=True)
class Operations:
    """What surrounds one date's slate: staging, exports, names and runs."""

    staging_of_date: list[str]
    staging_total: int
    orphaned: list[str]
    exports: Mapping[str, Row]
    required_exports: Sequence[str]
    lost_exports: Sequence[str]
    unresolved_names: int
    quarantined: Sequence[Row]
    rejected: Sequence[Row]
    missing: Sequence[Row]
    runs: Sequence[Row]
    circuits: Mapping[str, Circuit]
    is_ahead: bool

    @property
    def failed_runs(self) -> int:
        return len({run["run_id"] for run in self.runs if run["status"] in _UNDONE and run["is_of_last_day"]})

    @property
    def failed_steps(self) -> list[str]:
        """Steps whose latest run for the date failed, or was stopped or killed."""
        return sorted({*self._last("failed"), *self.interrupted_steps})

    @property
    def interrupted_steps(self) -> list[str]:
        """Of the failed steps, those that were stopped or killed: nothing was wrong with their work."""
        return self._last("interrupted")

    def _last(self, status: str) -> list[str]:
        latest = {run["processor_name"]: run["status"] for run in self.runs if run["is_of_date"]}
        return sorted(name for name, last in latest.items() if last == status)

    @property
    def coverage_computed_at(self) -> datetime | None:
        """When the coverage step that last succeeded for the date started."""
        steps = (run for run in self.runs if run["processor_name"] == COVERAGE_STEP and run["is_of_date"])
        return max((run["started_at"] for run in steps if run["status"] == "success"), default=None)

    @property
    def steps_not_run(self) -> list[str]:
        """Steps every slate needs that never succeeded for the date."""
        done = {run["processor_name"] for run in self.runs if run["is_of_date"] and run["status"] == "success"}
        return [step for step in _SLATE_STEPS if step not in done]


def export_path(name: str) -> str:
    """Object path of an export, in the platform's own store."""
    return f"v1/{name}"


def _listed(text: str | None) -> list[str]:
    return [one for one in (text or "").split(",") if one]
