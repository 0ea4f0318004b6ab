"""The verdict on one date, put together from facts and findings."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date

from nba_props.domain.calendar import season_bounds, season_of
from nba_props.health.facts import (
    ANY_SYSTEM,
    Consolidation,
    FailedCheck,
    Finding,
    Level,
    OpenCircuit,
    Operations,
    Row,
    SlateFacts,
    Verdict,
)
from nba_props.health.reading import operations_of, schedule_span, slate_facts
from nba_props.health.rules import by_source, is_stale, operational_findings, slate_findings, state_of
from nba_props.platform import Platform

EARLIEST = date(1946, 9, 1)


def slate_verdict(platform: Platform, day: date, beside: Iterable[Finding] = ()) -> Verdict:
    """The verdict on one slate date, from what the tables, the bucket and the run history hold now, and findings beside it."""
    facts = slate_facts(platform, day, day)[day]
    operations = operations_of(platform, facts)
    findings = [*slate_findings(facts), *operational_findings(facts, operations), *beside]
    if not facts.games:
        findings.insert(0, _without_games(platform, facts))
    return _verdict(facts, operations, findings)


def _without_games(platform: Platform, facts: SlateFacts) -> Finding:
    """Why a date has no games: a day off, or a schedule that was never loaded."""
    day = facts.game_date
    if facts.all_games:
        kinds = ", ".join(sorted({game["season_type"] for game in facts.all_games}))
        return Finding(Level.NOTE, f"No games that count are scheduled on {day}: {kinds} only.")
    span = schedule_span(platform, *season_bounds(season_of(day)))
    if span and span[0] <= day <= span[1]:
        return Finding(Level.NOTE, f"No games are scheduled on {day}: a day off.")
    if span:
        return Finding(
            Level.NOTE, f"No games are scheduled on {day}; the season's schedule runs from {span[0]} to {span[1]}."
        )
    loaded = schedule_span(platform, EARLIEST, date.max)
    held = f"the schedule loaded runs from {loaded[0]} to {loaded[1]}" if loaded else "no schedule is loaded at all"
    what = f"No schedule is loaded for {season_of(day)}, the season of {day}; {held}."
    return Finding(Level.NOTE, what, "nba-props import-history DIR, or nba-props fetch")


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
            row["system_id"]: row["coverage_pct"] for row in facts.coverages if row["system_id"] != ANY_SYSTEM
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
        is_export_stale=export is not None and export["state"] == "published" and is_stale(facts, export),
        unresolved_names=operations.unresolved_names,
        quarantined=by_source(operations.quarantined),
        rejected_payloads=by_source(operations.rejected),
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
