"""Checks that follow from a declaration alone: stored columns, grain, and rows on every slate date.

Required columns have no check: NOT NULL is enforced where rows are written. What a table *means* is judged by the
hand-written checks.
"""

from datetime import date
from functools import partial

from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import TableKind
from nba_props.catalog.render.sql import grain_duplicates
from nba_props.checks.frame import SOUND, Check, Outcome, Severity, Span, by_date
from nba_props.errors import SchemaMismatch
from nba_props.io.warehouse.base import column_types
from nba_props.io.warehouse.parity import refuse_mismatch

WHAT_IS_PUBLISHED_RESTS_ON = frozenset(
    {
        "nba_analytics.upcoming_team_game_context",
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.ml_feature_store",
        "nba_predictions.player_prop_predictions",
    }
)
"""Tables in which a row counted twice falsifies what is published; elsewhere a broken grain is an error."""

ROWS_ON_EVERY_SLATE = frozenset(
    {
        "nba_analytics.upcoming_team_game_context",
        "nba_precompute.team_defense_zone_analysis",
        "nba_monitoring.prediction_coverage",
    }
)
ROWS_ONCE_PLAYED = frozenset(
    {
        "nba_raw.game_results",
        "nba_raw.player_box_scores",
        "nba_analytics.player_game_summary",
        "nba_analytics.team_offense_game_summary",
        "nba_analytics.team_defense_game_summary",
    }
)
ROWS_ONCE_ANYTHING_IS_KNOWN = frozenset(
    {
        "nba_raw.team_rosters",
        "nba_analytics.upcoming_player_game_context",
        "nba_precompute.player_shot_zone_analysis",
        "nba_precompute.player_daily_cache",
        "nba_precompute.player_composite_factors",
        "nba_precompute.ml_feature_store",
        "nba_predictions.player_prop_predictions",
    }
)
"""Tables that a slate fills as soon as an earlier box score is there. Tables in none of the three may stay empty."""

_WITH_HISTORY = """
with slates as (
    select distinct game_date
    from nba_raw.schedule
    where game_date between @start_date and @end_date
),

played as (
    select distinct game_date
    from nba_raw.player_box_scores
    where game_date >= date_sub(@start_date, interval 400 day) and game_date < @end_date
)

select distinct s.game_date
from slates as s
inner join played as p on p.game_date < s.game_date and p.game_date >= date_sub(s.game_date, interval 400 day)
"""


def generated_checks(judged: Table) -> list[Check]:
    """The checks of one asset table."""
    checks = [_schema(judged), _grain(judged)]
    return [*checks, _rows_present(judged)] if judged.full_name in _expected_somewhere() else checks


def asset_tables() -> list[Table]:
    """Every table that an asset owns, in catalogue order."""
    return [one for one in TABLES.values() if one.kind is TableKind.ASSET]


def column_faults(name: str, declared: Table, found: dict[str, str] | None) -> str | None:
    """How stored or staged columns differ from the declared ones, in words; None if they do not."""
    if found is None:
        return f"{name} does not exist"
    try:
        refuse_mismatch(name, column_types(declared), found)
    except SchemaMismatch as mismatch:
        return mismatch.message.removesuffix("; nothing was written.")
    return None


def _schema(judged: Table) -> Check:
    def evaluate(span: Span) -> list[Outcome]:
        fault = column_faults(judged.full_name, judged, span.platform.warehouse.stored_columns(judged))
        return [Outcome(day, fault is None, detail=fault or SOUND) for day in _dates(judged, span)]

    description = "The stored columns and their types are the declared ones."
    return Check("schema", judged, Severity.INTEGRITY, description, evaluate)


def _grain(judged: Table) -> Check:
    severity = Severity.INTEGRITY if judged.full_name in WHAT_IS_PUBLISHED_RESTS_ON else Severity.ERROR
    description = f"No two rows have the same {', '.join(judged.grain)}."
    return Check("grain", judged, severity, description, partial(_grain_outcomes, judged))


def _grain_outcomes(judged: Table, span: Span) -> list[Outcome]:
    grain = ", ".join(judged.grain)
    rows = [
        {
            "game_date": row.get("partition_date", span.platform.today),
            "value": float(row["duplicate_grains"]),
            "finding": f"{row['duplicate_grains']} time(s) the same {grain} twice" if row["duplicate_grains"] else None,
        }
        for row in span.query(grain_duplicates(judged))
    ]
    return by_date(rows, _dates(judged, span))


def _rows_present(judged: Table) -> Check:
    return Check(
        "rows_present",
        judged,
        Severity.ERROR,
        "A date with games has rows.",
        partial(_row_counts, judged),
        is_low_worse=True,
    )


def _row_counts(judged: Table, span: Span) -> list[Outcome]:
    counted = span.query(
        f"SELECT {judged.partition_by} AS game_date, COUNT(*) AS row_count FROM {judged.full_name}"
        f" WHERE {judged.partition_by} BETWEEN @start_date AND @end_date GROUP BY 1"
    )
    counts = {row["game_date"]: row["row_count"] for row in counted}
    excuses = _excuses(judged, span)
    return [_row_count(day, counts.get(day, 0), excuses.get(day)) for day in span.slates]


def _row_count(day: date, row_count: int, excuse: str | None) -> Outcome:
    if row_count:
        return Outcome(day, True, row_count)
    return Outcome(day, excuse is not None, 0, excuse or "no rows on a date with games")


def _excuses(judged: Table, span: Span) -> dict[date, str]:
    """Slate dates on which the table may be empty, and why."""
    if judged.full_name in ROWS_ONCE_PLAYED:
        return {day: "not played yet" for day in span.slates if day >= span.platform.today}
    if judged.full_name in ROWS_ONCE_ANYTHING_IS_KNOWN:
        known = {row["game_date"] for row in span.query(_WITH_HISTORY)}
        return {day: "no earlier box score to know anything from" for day in span.slates if day not in known}
    return {}


def _expected_somewhere() -> frozenset[str]:
    return ROWS_ON_EVERY_SLATE | ROWS_ONCE_PLAYED | ROWS_ONCE_ANYTHING_IS_KNOWN


def _dates(judged: Table, span: Span) -> tuple[date, ...]:
    """Dates an outcome is due for: the slates, or today where the table has no dates of its own."""
    return span.slates if judged.partition_by else (span.platform.today,)
