"""The five-minute verdict on a slate: READY, DEGRADED, NOT READY or NO SLATE, with the figures and what to do next.

Here belong the facts of a date as the tables hold them and the rules that judge them; `status`, `v1/status.json` and
the gate of the exports share both. Not here: finding anything out anew (coverage and checks are assets), printing,
Dagster.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from nba_props.breaker import open_circuits
from nba_props.domain.alerts import ExportFault
from nba_props.domain.breaker import Circuit
from nba_props.domain.calendar import COUNTED_SEASON_TYPES, EASTERN, date_range, season_bounds, season_of
from nba_props.platform import Platform

PUBLISH_FROM_PCT = 80.0
"""Coverage and completion below which a slate is not published."""
CRITICAL_BELOW_PCT = 85.0
"""Coverage below which what is published is marked DEGRADED."""
WARN_BELOW_PCT = 95.0
FEWEST_PLAYERS_OF_A_GAME = 8

EARLIEST = date(1946, 9, 1)
_COVERAGE_STEP = "monitoring/prediction_coverage"
_SLATE_STEPS = (
    "analytics/upcoming_player_game_context",
    "precompute/ml_feature_store",
    "predictions/player_prop_predictions",
    _COVERAGE_STEP,
)
_ANY_SYSTEM = "all"
_UNDONE = ("failed", "interrupted")

_SCHEDULE = """
select game_date, game_id, home_team, away_team, season_type, tip_at
from nba_raw.schedule
where game_date between @start_date and @end_date
order by game_date, tip_at, game_id
"""

_SCHEDULE_SPAN = """
select min(game_date) as first_date, max(game_date) as last_date
from nba_raw.schedule
where game_date between @start_date and @end_date
"""

_COVERAGE = """
select
    game_date, system_id, roster_players, eligible_players, ready_players, feature_players, quoted_players,
    unresolved_names, expected, predicted, coverage_pct
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date
order by game_date, system_id
"""

# What is published changes when rows come into force, and when the batch that superseded a row was merged. A row of an
# older batch that lands late was never in force: its own instant is no change.
_PREDICTIONS = """
with batches as (
    select batch_id, consolidated_at
    from nba_predictions.prediction_batches
    where game_date between @start_date and @end_date
),

slate_rows as (
    select
        p.game_date, p.game_id, p.universal_player_id, p.system_id, p.is_active,
        if(p.is_active or p.updated_at < b.consolidated_at, p.updated_at, b.consolidated_at) as changed_at
    from nba_predictions.player_prop_predictions as p
    left join batches as b on b.batch_id = p.superseded_by
    where p.game_date between @start_date and @end_date
)

select
    game_date, game_id, 'all' as system_id, sum(if(is_active, 1, 0)) as predictions,
    count(distinct if(is_active, universal_player_id, null)) as players, max(changed_at) as changed_at
from slate_rows
group by game_date, game_id
union all
select
    game_date, game_id, system_id, sum(if(is_active, 1, 0)) as predictions,
    count(distinct if(is_active, universal_player_id, null)) as players, max(changed_at) as changed_at
from slate_rows
group by game_date, game_id, system_id
order by game_date, game_id, system_id
"""

_ACTIVE_BATCHES = """
select game_date, batch_id, count(*) as predictions
from nba_predictions.player_prop_predictions
where game_date between @start_date and @end_date and is_active
group by game_date, batch_id
order by game_date, batch_id
"""

_BATCHES = """
select
    game_date, batch_id, run_mode, batch_as_of_at, scope, state, expected_players, staged_players, completion_pct,
    missing_systems, failure_reason, consolidated_at, run_id
from nba_predictions.prediction_batches
where game_date between @start_date and @end_date
order by game_date, batch_as_of_at, opened_at, batch_id
"""

_FAILED_CHECKS = """
select game_date, asset, check_name, severity, detail
from nba_monitoring.check_results
where game_date between @start_date and @end_date and not passed and severity <> 'info'
order by game_date, asset, check_name
"""

_EXPORTS = """
select path, state, detail, published_at
from nba_monitoring.export_log
where game_date = @start_date
"""

_UNRESOLVED = """
select count(distinct player_lookup) as names
from nba_reference.unresolved_player_names
where game_date = @start_date and is_quoted and reason <> 'combo'
"""

_MISSING = """
select reason, is_by_design, count(*) as players
from nba_monitoring.missing_predictions
where game_date = @start_date
group by reason, is_by_design
order by reason
"""

# What live sources sent and archives held for the date's season, and was not let in.
_QUARANTINED = """
select source, reason, count(*) as refused
from nba_raw.quarantined_rows
where season = @season
group by source, reason
order by source, reason
"""

_REJECTED = """
select source, rejection_reason as reason, count(*) as refused
from nba_raw.landed_payloads
where filed_date between @start_date and @end_date and rejection_reason is not null
group by source, rejection_reason
order by source, rejection_reason
"""

_RUNS = """
select
    run_id, processor_name, status, started_at,
    coalesce(data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date, false) as is_of_date,
    started_at >= timestamp_sub(@now, interval 24 hour) as is_of_last_day
from nba_reference.processor_run_history
where
    (data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date)
    or (status in ('failed', 'interrupted') and started_at >= timestamp_sub(@now, interval 24 hour))
order by started_at
"""

_SLATE_SHOWN = """
select
    max(if(game_date = @start_date, game_date, null)) as today,
    max(if(game_date > @start_date, game_date, null)) as tomorrow,
    max(if(game_date < @start_date, game_date, null)) as latest
from nba_predictions.player_prop_predictions
where game_date <= @end_date and is_active
"""


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
    """What the tables say of one date's slate. Rows are those of the queries above."""

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
        return next((row for row in self.coverages if row["system_id"] == _ANY_SYSTEM), None)

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
        return sorted(named - {_ANY_SYSTEM})

    @property
    def missing_systems(self) -> list[str]:
        """Systems that coverage or a batch of the date asks for, without an active row."""
        asked = {row["system_id"] for row in self.coverages} - {_ANY_SYSTEM}
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
        return [row for row in self.predictions_by_game if row["system_id"] == _ANY_SYSTEM]


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
        steps = (run for run in self.runs if run["processor_name"] == _COVERAGE_STEP and run["is_of_date"])
        return max((run["started_at"] for run in steps if run["status"] == "success"), default=None)

    @property
    def steps_not_run(self) -> list[str]:
        """Steps every slate needs that never succeeded for the date."""
        done = {run["processor_name"] for run in self.runs if run["is_of_date"] and run["status"] == "success"}
        return [step for step in _SLATE_STEPS if step not in done]


def export_path(name: str) -> str:
    """Object path of an export, in the platform's own store."""
    return f"v1/{name}"


def slate_verdict(platform: Platform, day: date, beside: Iterable[Finding] = ()) -> Verdict:
    """The verdict on one slate date, from what the tables, the bucket and the run history hold now, and findings beside it."""
    facts = slate_facts(platform, day, day)[day]
    operations = operations_of(platform, facts)
    findings = [*slate_findings(facts), *_operational_findings(facts, operations), *beside]
    if not facts.games:
        findings.insert(0, _without_games(platform, facts))
    return _verdict(facts, operations, findings)


def slate_facts(platform: Platform, start: date, end: date) -> dict[date, SlateFacts]:
    """Facts of every date of a range: each table is asked once, whatever the number of dates."""
    sources = {
        "all_games": _SCHEDULE,
        "coverages": _COVERAGE,
        "predictions_by_game": _PREDICTIONS,
        "active_batches": _ACTIVE_BATCHES,
        "batches": _BATCHES,
        "failed_checks": _FAILED_CHECKS,
    }
    values = {"start_date": start, "end_date": end}
    found = {name: _by_date(platform.warehouse.query(sql, values).to_pylist()) for name, sql in sources.items()}
    return {
        day: SlateFacts(day, **{name: rows.get(day, []) for name, rows in found.items()})
        for day in date_range(start, end)
    }


def slate_shown(platform: Platform) -> date | None:
    """The slate that "tonight" means: today's; without predictions today, tomorrow's; else the latest before, if any.

    Tomorrow's evening run therefore does not take tonight's page away before tip-off, and a backfilled date never does.
    """
    today = platform.today
    values = {"start_date": today, "end_date": today + timedelta(days=1)}
    found: Row = platform.warehouse.query(_SLATE_SHOWN, values).to_pylist()[0]
    shown: date | None = found["today"] or found["tomorrow"] or found["latest"]
    return shown


# -- rules about the slate itself --------------------------------------------------------------------------------------


def slate_findings(facts: SlateFacts) -> list[Finding]:
    """What is to be said of the slate's own data; exports are gated and marked by these alone."""
    return [
        *_activity(facts),
        *_provenance(facts),
        *(_coverage(facts) if facts.games and facts.predictions else []),
        *(_thin_games(facts) if facts.predictions else []),
        *_checks(facts),
    ]


def state_of(findings: Iterable[Finding], has_games: bool) -> State:
    """The verdict of findings: the worst decides; without games it is NO SLATE unless predictions contradict that."""
    worst = max((finding.level for finding in findings), default=Level.NOTE)
    if worst is Level.NOT_READY:
        return State.NOT_READY
    if worst >= (Level.WARNING if has_games else Level.DEGRADED):
        return State.DEGRADED
    return State.READY if has_games else State.NO_SLATE


def _activity(facts: SlateFacts) -> list[Finding]:
    """Games without predictions, and predictions without games."""
    day, scheduled = facts.game_date, {game["game_id"] for game in facts.games}
    findings = []
    if facts.games and not facts.predictions:
        expected = facts.coverage["expected"] if facts.coverage else None
        known = "coverage was not computed" if expected is None else f"{_count(expected, 'player')} expected"
        what = f"{_count(len(scheduled), 'game')} on {day} and no active prediction ({known})."
        findings.append(Finding(Level.NOT_READY, what, f"nba-props run {day}"))
    strangers = sorted(set(facts.players_by_game) - scheduled)
    if strangers:
        players = sum(facts.players_by_game[game] for game in strangers)
        what = f"{_count(players, 'player')} predicted for games not scheduled on {day}: {', '.join(strangers)}."
        findings.append(Finding(Level.DEGRADED, what, f"nba-props run {day} withdraws them"))
    return findings


def _provenance(facts: SlateFacts) -> list[Finding]:
    """Active rows come from verified batches, and the newest batch of the slate from enough of its players."""
    day = facts.game_date
    verified = {batch["batch_id"] for batch in facts.batches if batch["consolidated_at"]}
    findings = [
        Finding(
            Level.NOT_READY,
            f"{_count(one['predictions'], 'active row')} of {one['batch_id']}, whose consolidation was never verified.",
            f"nba-props staging consolidate {day} --batch {one['batch_id']}",
            is_integrity=True,
        )
        for one in facts.active_batches
        if one["batch_id"] not in verified
    ]
    last = next((b for b in reversed(facts.batches) if b["scope"] == "slate" and b["consolidated_at"]), None)
    if facts.predictions and last and last["completion_pct"] < PUBLISH_FROM_PCT:
        share = f"{last['completion_pct']:.1f} % completion, below {PUBLISH_FROM_PCT:.0f} %"
        what = f"{last['batch_id']} was consolidated at {share}."
        findings.append(Finding(Level.NOT_READY, what, f"nba-props run {day}"))
    return findings


def _coverage(facts: SlateFacts) -> list[Finding]:
    """How many of the expected players, and which of the systems."""
    day, row = facts.game_date, facts.coverage
    again = f"nba-props coverage {day} --detailed"
    if row is None:
        step = f"nba-props run {day} --select {_COVERAGE_STEP}"
        return [Finding(Level.NOT_READY, f"Coverage of {day} was not computed.", step)]
    if row["coverage_pct"] is None:
        roster = _count(row["roster_players"], "player")
        what = f"Nobody is expected in {_count(len(facts.games), 'game')}: 0 of {roster} are ready."
        return [Finding(Level.NOT_READY, what, again)]
    findings = []
    level, limit = _judged(row["coverage_pct"])
    if limit is not None:
        figures = f"{row['predicted']} of {row['expected']} expected players, {row['coverage_pct']:.1f} %"
        findings.append(Finding(level, f"Coverage is below {limit:.0f} %: {figures}.", again))
    if facts.missing_systems:
        answered = _count(len(facts.systems), "system")
        what = f"No active prediction of {', '.join(facts.missing_systems)}; {answered} answered."
        findings.append(
            Finding(Level.DEGRADED, what, f"nba-props run {day} --systems {','.join(facts.missing_systems)}")
        )
    if row["unresolved_names"]:
        what = f"{_count(row['unresolved_names'], 'quoted name')} could not be bound to a player and count as expected."
        findings.append(Finding(Level.NOTE, what, "nba-props names unresolved"))
    return findings


def _judged(coverage_pct: float) -> tuple[Level, float | None]:
    """(level, the limit the figure falls below)."""
    limits = (
        (PUBLISH_FROM_PCT, Level.NOT_READY),
        (CRITICAL_BELOW_PCT, Level.DEGRADED),
        (WARN_BELOW_PCT, Level.WARNING),
    )
    return next(((level, limit) for limit, level in limits if coverage_pct < limit), (Level.NOTE, None))


def _thin_games(facts: SlateFacts) -> list[Finding]:
    players = facts.players_by_game
    thin = [
        f"{game['away_team']} at {game['home_team']} has {players.get(game['game_id'], 0)}"
        for game in facts.games
        if players.get(game["game_id"], 0) < FEWEST_PLAYERS_OF_A_GAME
    ]
    if not thin:
        return []
    what = f"Fewer than {FEWEST_PLAYERS_OF_A_GAME} predicted players in {_count(len(thin), 'game')}: {'; '.join(thin)}."
    return [Finding(Level.DEGRADED, what, f"nba-props coverage {facts.game_date} --detailed")]


def _checks(facts: SlateFacts) -> list[Finding]:
    findings = []
    for check in facts.failed_checks:
        is_integrity = check["severity"] == "integrity"
        named = f"{check['severity'].capitalize()} check {check['check_name']} of {check['asset']}"
        what = f"{named} failed: {check['detail'].removesuffix('.')}."
        step = f"correct it, then nba-props run {facts.game_date} --select {check['asset']}"
        level = Level.NOT_READY if is_integrity else Level.WARNING
        findings.append(Finding(level, what, step, is_integrity=is_integrity))
    return findings


# -- rules about what surrounds it -------------------------------------------------------------------------------------


def _operational_findings(facts: SlateFacts, operations: Operations) -> list[Finding]:
    day = facts.game_date
    findings = [*_unfinished(facts), *_left_over(facts, operations), *_circuits(facts, operations)]
    computed = operations.coverage_computed_at
    if computed and facts.changed_at and computed < facts.changed_at:
        what = f"Coverage is of {_instant(computed)}, before predictions changed at {_instant(facts.changed_at)}."
        findings.append(Finding(Level.WARNING, what, f"nba-props run {day} --select {_COVERAGE_STEP}"))
    if facts.games:
        findings += [*_late_odds(facts, operations), *_export_findings(facts, operations)]
        if operations.unresolved_names and not (facts.coverage and facts.coverage["unresolved_names"]):
            what = f"{_count(operations.unresolved_names, 'quoted name')} could not be bound to a player."
            findings.append(Finding(Level.NOTE, what, "nba-props names unresolved"))
        if not facts.predictions and operations.steps_not_run:
            what = f"Not run for {day} with success: {', '.join(operations.steps_not_run)}."
            findings.append(Finding(Level.NOTE, what, f"nba-props run {day}"))
    findings += _rejections(operations)
    if operations.failed_steps:
        what = f"The latest run for {day} failed in {', '.join(operations.failed_steps)}."
        findings.append(Finding(Level.NOTE, what, f"nba-props history {day} --failed"))
    return findings


def _rejections(operations: Operations) -> list[Finding]:
    """Landed payloads of the season that no parser could read: nothing of them is in any table."""
    return [
        Finding(
            Level.NOTE,
            f"{_count(sum(reasons.values()), 'payload')} of {source} could not be read: {min(reasons).removesuffix('.')}.",
            "read rejection_reason in nba_raw.landed_payloads; the bytes are kept",
        )
        for source, reasons in _by_source(operations.rejected).items()
    ]


def _unfinished(facts: SlateFacts) -> list[Finding]:
    day = facts.game_date
    return [
        Finding(
            Level.WARNING,
            unfinished_in_words(batch),
            f"nba-props staging consolidate {day} --batch {batch['batch_id']}",
        )
        for batch in unfinished_batches(facts)
    ]


def unfinished_batches(facts: SlateFacts) -> list[Row]:
    """Batches that are not done, newest first, unless a newer one of the same scope, or of the whole slate, is."""
    found = []
    done: set[str] = set()
    for batch in reversed(facts.batches):
        is_overtaken = not done.isdisjoint({"slate", batch["scope"]})
        if batch["consolidated_at"]:
            done.add(batch["scope"])
        if batch["state"] != "consolidated" and not is_overtaken:
            found.append(batch)
    return found


def unfinished_in_words(batch: Row) -> str:
    """What became of a batch that is not done."""
    staged = f"{batch['staged_players']} of {batch['expected_players']} players"
    lacking = f", without {batch['missing_systems']}" if batch["missing_systems"] else ""
    why = f" ({batch['failure_reason']})" if batch["failure_reason"] else ""
    return f"{batch['batch_id']} is {batch['state']}: {staged}{lacking}{why}."


def _left_over(facts: SlateFacts, operations: Operations) -> list[Finding]:
    findings = []
    if operations.staging_of_date:
        what = f"{_count(len(operations.staging_of_date), 'staging table')} left over for {facts.game_date}."
        findings.append(Finding(Level.WARNING, what, f"nba-props staging consolidate {facts.game_date}"))
    elsewhere = sorted(set(operations.orphaned) - set(operations.staging_of_date))
    if elsewhere:
        what = f"{_count(len(elsewhere), 'orphaned staging table')} of other dates."
        findings.append(Finding(Level.NOTE, what, "nba-props staging list, then consolidate or clean"))
    return findings


def _circuits(facts: SlateFacts, operations: Operations) -> list[Finding]:
    """Systems that are not called; a past slate that has their rows lacks nothing by it."""
    day = facts.game_date
    return [
        Finding(
            Level.WARNING if operations.is_ahead or system_id not in facts.systems else Level.NOTE,
            f"{system_id} is not called until {_instant(circuit.until)}: {circuit.failures} batches in a row failed,"
            f" at last with {circuit.error.removesuffix('.')}.",
            f"mend it, then nba-props run {day} --systems {system_id} --force",
        )
        for system_id, circuit in operations.circuits.items()
    ]


def _late_odds(facts: SlateFacts, operations: Operations) -> list[Finding]:
    """Predictions ahead of which none has a line. A past slate has its lines or never will: an archive may hold none."""
    is_unquoted = facts.coverage is not None and facts.coverage["quoted_players"] == 0
    if not (operations.is_ahead and facts.predictions and is_unquoted):
        return []
    step = f"nba-props fetch --source odds {facts.game_date}, then nba-props run {facts.game_date}"
    what = f"No player has a line: no book quotes anybody on {facts.game_date} yet, or odds were not fetched."
    return [Finding(Level.NOTE, what, step)]


def _export_findings(facts: SlateFacts, operations: Operations) -> list[Finding]:
    step = f"nba-props export {facts.game_date}"
    findings = []
    for path, fault in export_faults(facts, operations).items():
        if fault is ExportFault.MISSING:
            findings.append(Finding(Level.WARNING, f"{path} is not exported for {facts.game_date}.", step))
            continue
        instant = _instant(operations.exports[path]["published_at"])
        if fault is ExportFault.WITHHELD:
            what = f"{path} was withheld at {instant}."
            findings.append(Finding(Level.WARNING, what, f"resolve the other reasons, then {step}"))
        else:
            what = f"{path} was exported at {instant}, before predictions changed at {_instant(facts.changed_at)}."
            findings.append(Finding(Level.WARNING, what, step))
    return findings


def export_faults(facts: SlateFacts, operations: Operations) -> dict[str, ExportFault]:
    """What is wrong with the documents the date should have, by path."""
    faults = {}
    for path in operations.required_exports:
        row = operations.exports.get(path)
        if row is None or path in operations.lost_exports:
            faults[path] = ExportFault.MISSING
        elif row["state"] != "published":
            faults[path] = ExportFault.WITHHELD
        elif _is_stale(facts, row):
            faults[path] = ExportFault.STALE
    return faults


def _is_stale(facts: SlateFacts, export: Row) -> bool:
    return facts.changed_at is not None and export["published_at"] < facts.changed_at


def _without_games(platform: Platform, facts: SlateFacts) -> Finding:
    """Why a date has no games: a day off, or a schedule that was never loaded."""
    day = facts.game_date
    if facts.all_games:
        kinds = ", ".join(sorted({game["season_type"] for game in facts.all_games}))
        return Finding(Level.NOTE, f"No games that count are scheduled on {day}: {kinds} only.")
    span = _span(platform, *season_bounds(season_of(day)))
    if span and span[0] <= day <= span[1]:
        return Finding(Level.NOTE, f"No games are scheduled on {day}: a day off.")
    if span:
        return Finding(
            Level.NOTE, f"No games are scheduled on {day}; the season's schedule runs from {span[0]} to {span[1]}."
        )
    loaded = _span(platform, EARLIEST, date.max)
    held = f"the schedule loaded runs from {loaded[0]} to {loaded[1]}" if loaded else "no schedule is loaded at all"
    what = f"No schedule is loaded for {season_of(day)}, the season of {day}; {held}."
    return Finding(Level.NOTE, what, "nba-props import-history DIR, or nba-props fetch")


def _span(platform: Platform, start: date, end: date) -> tuple[date, date] | None:
    row = platform.warehouse.query(_SCHEDULE_SPAN, {"start_date": start, "end_date": end}).to_pylist()[0]
    return (row["first_date"], row["last_date"]) if row["first_date"] else None


# -- assembling --------------------------------------------------------------------------------------------------------


def _is_page_turning(platform: Platform, day: date) -> bool:
    """TRUE in the first half hour of a date: predicted the evening before, it is only now what tonight's page is to show."""
    return day == platform.today and platform.now < datetime.combine(day, time(0, 30), EASTERN)


def operations_of(platform: Platform, facts: SlateFacts) -> Operations:
    """What surrounds the slate of the facts, as it is now."""
    day = facts.game_date
    values = {"start_date": day, "now": platform.now}
    season = season_of(day)
    first, last = season_bounds(season)

    def ask(sql: str) -> list[Row]:
        rows: list[Row] = platform.warehouse.query(sql, values).to_pylist()
        return rows

    staging = platform.warehouse.staging_tables()
    orphaned_before = platform.now - timedelta(minutes=platform.settings.staging_grace_minutes)
    required = [export_path(f"predictions/{day}.json")]
    if slate_shown(platform) == day and not _is_page_turning(platform, day):
        required.append(export_path("tonight/all-players.json"))
    exports = {row["path"]: row for row in ask(_EXPORTS)}
    return Operations(
        staging_of_date=[one.name for one in staging if one.game_date == day],
        staging_total=len(staging),
        orphaned=[one.name for one in staging if one.created_at < orphaned_before],
        exports=exports,
        required_exports=required,
        lost_exports=[path for path in required if path in exports and not platform.store.exists(path)],
        unresolved_names=ask(_UNRESOLVED)[0]["names"],
        quarantined=platform.warehouse.query(_QUARANTINED, {"season": season}).to_pylist(),
        rejected=platform.warehouse.query(_REJECTED, {"start_date": first, "end_date": last}).to_pylist(),
        missing=ask(_MISSING),
        runs=ask(_RUNS),
        circuits=open_circuits(platform, "live" if day >= platform.today else "backfill"),
        is_ahead=day >= platform.today,
    )


def _verdict(facts: SlateFacts, operations: Operations, findings: Sequence[Finding]) -> Verdict:
    coverage = facts.coverage or {}
    pct = facts.coverage_pct
    export = operations.exports.get(operations.required_exports[0])
    return Verdict(
        game_date=facts.game_date,
        verdict=state_of(findings, bool(facts.games)),
        reasons=[str(finding) for finding in sorted(findings, key=lambda one: -one.level)],
        games=len(facts.games),
        expected=coverage.get("expected"),
        predicted=coverage.get("predicted"),
        coverage_pct=pct,
        loss_pct=None if pct is None else 100 - pct,
        coverage_by_system={
            row["system_id"]: row["coverage_pct"] for row in facts.coverages if row["system_id"] != _ANY_SYSTEM
        },
        funnel={
            name: coverage[name]
            for name in ("roster_players", "eligible_players", "ready_players", "feature_players", "predicted")
            if name in coverage
        },
        missing={row["reason"]: row["players"] for row in operations.missing if not row["is_by_design"]},
        excluded_by_design={row["reason"]: row["players"] for row in operations.missing if row["is_by_design"]},
        predictions=facts.predictions,
        players=facts.players,
        systems=len(facts.systems),
        missing_systems=facts.missing_systems,
        staging_tables=len(operations.staging_of_date),
        staging_tables_total=operations.staging_total,
        orphaned_staging=operations.orphaned,
        last_consolidation=_consolidation(facts.last_consolidated),
        batch_ids=[one["batch_id"] for one in facts.active_batches],
        failed_checks=[
            FailedCheck(**{name: check[name] for name in FailedCheck.model_fields}) for check in facts.failed_checks
        ],
        export_state=_export_state(operations),
        exported_at=export["published_at"] if export else None,
        is_export_stale=export is not None and export["state"] == "published" and _is_stale(facts, export),
        unresolved_names=operations.unresolved_names,
        quarantined=_by_source(operations.quarantined),
        rejected_payloads=_by_source(operations.rejected),
        failed_runs_24h=operations.failed_runs,
        steps_not_run=operations.steps_not_run,
        open_circuits=[OpenCircuit(system_id=one, **asdict(circuit)) for one, circuit in operations.circuits.items()],
    )


def _export_state(operations: Operations) -> str:
    """published, withheld or missing: the worst of the exports the date should have."""
    states = {
        "missing" if path in operations.lost_exports else operations.exports.get(path, {}).get("state", "missing")
        for path in operations.required_exports
    }
    return next(state for state in ("missing", "withheld", "published") if state in states)


def _consolidation(batch: Row | None) -> Consolidation | None:
    if batch is None:
        return None
    return Consolidation(
        batch_id=batch["batch_id"],
        state=batch["state"],
        completion_pct=batch["completion_pct"],
        at=batch["consolidated_at"],
        run_id=batch["run_id"],
    )


def _by_date(rows: Iterable[Row]) -> dict[date, list[Row]]:
    grouped: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["game_date"]].append(row)
    return grouped


def _by_source(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Counts by source, then by reason."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["source"]][row["reason"]] = row["refused"]
    return dict(found)


def _listed(text: str | None) -> list[str]:
    return [one for one in (text or "").split(",") if one]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant else "an unknown time"
