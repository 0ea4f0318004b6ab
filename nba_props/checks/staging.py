"""Checks of what batches left in staging: the same columns as the main table, and nobody's orphan."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from nba_props.catalog import table
from nba_props.checks.frame import RESULTS, SOUND, Check, Outcome, Severity, Span, in_words
from nba_props.checks.generated import column_faults
from nba_props.io.warehouse.base import StagingTable

PREDICTIONS = table("nba_predictions.player_prop_predictions")
ORPHANED_STAGING = "orphaned_staging"

_LOOK_BACK = timedelta(days=400)
_REPORTED = (
    f"select game_date from {RESULTS.full_name}"
    " where game_date between @start_date and @end_date"
    f" and check_name = '{ORPHANED_STAGING}' and not passed"
)


def _parity(span: Span) -> list[Outcome]:
    """Declared columns against the main table's, and against those of every staging table of the date."""
    warehouse = span.platform.warehouse
    main = column_faults(PREDICTIONS.full_name, PREDICTIONS, warehouse.stored_columns(PREDICTIONS))
    faults: dict[date, list[str]] = {day: [main] if main else [] for day in span.slates}
    for staging in warehouse.staging_tables():
        if span.start <= staging.game_date <= span.end:
            fault = column_faults(staging.name, PREDICTIONS, warehouse.staging_columns(staging))
            if fault:
                faults.setdefault(staging.game_date, []).append(fault)
    return [
        Outcome(day, not found, float(len(found)), in_words(found) if found else SOUND)
        for day, found in sorted(faults.items())
    ]


def _orphans(span: Span) -> list[Outcome]:
    """Old staging by its own date, whatever the range: a batch that died is found though nobody runs its date again.

    Dates reported earlier are judged again, so that cleaning up clears them.
    """
    grace = timedelta(minutes=span.platform.settings.staging_grace_minutes)
    left: dict[date, list[StagingTable]] = defaultdict(list)
    for staging in span.platform.warehouse.staging_tables():
        if span.platform.now - staging.created_at > grace:
            left[staging.game_date].append(staging)
    dates = sorted({*span.slates, *left, *_reported_dates(span)})
    return [_of_date(day, left[day]) for day in dates]


def _reported_dates(span: Span) -> set[date]:
    dates = {
        "start_date": min(span.start, span.platform.today - _LOOK_BACK),
        "end_date": max(span.end, span.platform.today),
    }
    return {row["game_date"] for row in span.platform.warehouse.query(_REPORTED, dates).to_pylist()}


def _of_date(day: date, left: Sequence[StagingTable]) -> Outcome:
    batches: dict[str, list[StagingTable]] = defaultdict(list)
    for staging in left:
        batches[staging.batch_id].append(staging)
    found = [_batch_in_words(batch_id, tables) for batch_id, tables in batches.items()]
    return Outcome(day, not found, float(len(left)), in_words(found) if found else SOUND)


def _batch_in_words(batch_id: str, tables: Sequence[StagingTable]) -> str:
    """The age as the instant it counts from: minutes would make every look at the same orphan a new outcome."""
    rows = sum(staging.row_count for staging in tables)
    since = min(staging.created_at for staging in tables)
    return f"{batch_id} left {len(tables)} table(s) with {rows} rows, the oldest of {since:%Y-%m-%d %H:%M} UTC"


STAGING_CHECKS = (
    Check(
        "schema_parity",
        PREDICTIONS,
        Severity.INTEGRITY,
        "The declared columns are those of the main table and of every staging table of the date.",
        _parity,
    ),
    Check(
        ORPHANED_STAGING,
        PREDICTIONS,
        Severity.WARNING,
        "No staging is older than the grace period: consolidate it, or clean it on purpose.",
        _orphans,
    ),
)
