"""What is to be said of a slate's facts, how much it weighs, and the next step. Pure: nothing is read here.

`slate_findings` alone gate and mark exports; what surrounds the slate (staging, runs, documents) is for people.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from nba_props.domain.alerts import ExportFault
from nba_props.health.facts import COVERAGE_STEP, Finding, Level, Operations, Row, SlateFacts, State

PUBLISH_FROM_PCT = 80.0
"""Coverage and completion below which a slate is not published."""
CRITICAL_BELOW_PCT = 85.0
"""Coverage below which what is published is marked DEGRADED."""
WARN_BELOW_PCT = 95.0
FEWEST_PLAYERS_OF_A_GAME = 8


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
        step = f"nba-props run {day} --select {COVERAGE_STEP}"
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


def operational_findings(facts: SlateFacts, operations: Operations) -> list[Finding]:
    """What is to be said of staging, runs, documents and names around the slate."""
    day = facts.game_date
    findings = [*_unfinished(facts), *_left_over(facts, operations), *_circuits(facts, operations)]
    computed = operations.coverage_computed_at
    if computed and facts.changed_at and computed < facts.changed_at:
        what = f"Coverage is of {_instant(computed)}, before predictions changed at {_instant(facts.changed_at)}."
        findings.append(Finding(Level.WARNING, what, f"nba-props run {day} --select {COVERAGE_STEP}"))
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
        for source, reasons in by_source(operations.rejected).items()
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
        elif is_stale(facts, row):
            faults[path] = ExportFault.STALE
    return faults


def is_stale(facts: SlateFacts, export: Row) -> bool:
    """TRUE if a document was exported before the predictions it shows last changed."""
    return facts.changed_at is not None and export["published_at"] < facts.changed_at


def by_source(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Counts by source, then by reason."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["source"]][row["reason"]] = row["refused"]
    return dict(found)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant else "an unknown time"
