"""Coverage of one date as the monitoring layer keeps it, with each missing player and his one reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nba_props.cli.shared import rows_of
from nba_props.health import CRITICAL_BELOW_PCT, WARN_BELOW_PCT
from nba_props.platform import Platform

_COVERAGE = """
select
    system_id, games, roster_players, eligible_players, ready_players, feature_players, quoted_players,
    unresolved_names, expected, predicted, coverage_pct, status
from nba_monitoring.prediction_coverage
where game_date = @start_date
order by system_id
"""

_MISSING = """
select player_lookup, universal_player_id, reason, detail, is_expected, is_by_design
from nba_monitoring.missing_predictions
where game_date = @start_date
order by is_by_design, reason, player_lookup, missing_key
"""

# Coverage counts what these steps wrote; one that ran later makes it out of date.
_STEPS = """
select
    max(if(processor_name = 'monitoring/missing_predictions', started_at, null)) as computed_at,
    max(if(processor_name <> 'monitoring/missing_predictions', started_at, null)) as changed_at
from nba_reference.processor_run_history
where data_date <= @start_date and coalesce(data_date_end, data_date) >= @start_date and status = 'success'
    and processor_name in (
        'monitoring/missing_predictions', 'reference/name_resolution', 'analytics/upcoming_player_game_context',
        'precompute/ml_feature_store', 'predictions/player_prop_predictions'
    )
"""

_FUNNEL = ("roster_players", "eligible_players", "ready_players", "feature_players", "predicted")


@dataclass(frozen=True)
class Coverage:
    """Coverage of a date. `missing` are players nobody excluded by design; `excluded` are the others."""

    game_date: date
    games: int
    rows: Mapping[str, dict[str, Any]]
    missing: list[dict[str, Any]]
    excluded: list[dict[str, Any]]

    @property
    def of_all(self) -> dict[str, Any]:
        """The row of `predicted by any system`; empty without a slate."""
        return self.rows.get("all", {})

    @property
    def coverage_pct(self) -> float | None:
        return self.of_all.get("coverage_pct")

    @property
    def status(self) -> str:
        """ok (>= 95 %), warning, critical (< 85 %, or games and nobody expected), or no_slate."""
        if not self.games:
            return "no_slate"
        if self.coverage_pct is None or self.coverage_pct < CRITICAL_BELOW_PCT:
            return "critical"
        return "warning" if self.coverage_pct < WARN_BELOW_PCT else "ok"

    @property
    def exit_code(self) -> int:
        return {"warning": 1, "critical": 2}.get(self.status, 0)

    @property
    def needs_run(self) -> bool:
        """TRUE if there are games, and nobody was looked at yet."""
        return bool(self.games) and not self.of_all.get("roster_players")

    @property
    def funnel(self) -> dict[str, int]:
        return {name: self.of_all[name] for name in _FUNNEL if name in self.of_all}

    @property
    def reasons(self) -> Counter[str]:
        return Counter(row["reason"] for row in self.missing)

    @property
    def reasons_excluded(self) -> Counter[str]:
        return Counter(row["reason"] for row in self.excluded)

    def to_dict(self) -> dict[str, Any]:
        return {
            "game_date": self.game_date,
            "games": self.games,
            "expected": self.of_all.get("expected", 0),
            "predicted": self.of_all.get("predicted", 0),
            "coverage_pct": self.coverage_pct,
            "status": self.status,
            "missing": self.missing,
            "excluded": self.excluded,
            "funnel": self.funnel,
            "by_system": {
                system: {name: row[name] for name in ("expected", "predicted", "coverage_pct", "status")}
                for system, row in self.rows.items()
                if system != "all"
            },
        }


def is_current(platform: Platform, day: date) -> bool:
    """TRUE if coverage was computed after everything it counts, or there is nothing to count."""
    if not _games(platform, day):
        return True
    steps = rows_of(platform.warehouse.query(_STEPS, {"start_date": day}))[0]
    computed, changed = steps["computed_at"], steps["changed_at"]
    return computed is not None and (changed is None or changed <= computed)


def coverage_of(platform: Platform, day: date) -> Coverage:
    """What the monitoring layer says of a date."""
    rows = rows_of(platform.warehouse.query(_COVERAGE, {"start_date": day}))
    missing = rows_of(platform.warehouse.query(_MISSING, {"start_date": day}))
    return Coverage(
        day,
        _games(platform, day),
        {row.pop("system_id"): row for row in rows},
        [_entry(row) for row in missing if not row["is_by_design"]],
        [_entry(row) for row in missing if row["is_by_design"]],
    )


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "is_by_design"}


def _games(platform: Platform, day: date) -> int:
    from nba_props.dates import games_by_date

    return games_by_date(platform, day, day).get(day, 0)
