"""Checks as Dagster sees them: one step an asset, one evaluation a check and run, naming the dates that failed.

The outcome of each date is in `nba_monitoring.check_results`. An evaluation names no partition, though Dagster could
key it by one: a check with partitions that ran over a range counts as never passed for its dates, and automation behind
`all_deps_blocking_checks_passed` then waits for ever (measured, 1.13.27).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from nba_props.assets._spec import asset_key
from nba_props.checks.frame import Check, CheckRun, Severity, run_checks
from nba_props.checks.registry import CHECKS
from nba_props.partitions import dates_of, season_dates, season_label
from nba_props.platform import Platform

_DATES_LISTED = 20

_SEVERITIES = {
    Severity.INTEGRITY: dg.AssetCheckSeverity.ERROR,
    Severity.ERROR: dg.AssetCheckSeverity.ERROR,
    Severity.WARNING: dg.AssetCheckSeverity.WARN,
    Severity.INFO: dg.AssetCheckSeverity.WARN,
}


def build_checks() -> list[dg.AssetChecksDefinition]:
    """One definition an asset, with all its checks; integrity checks block what is downstream."""
    return [_definition(asset, checks) for asset, checks in CHECKS.items()]


def _definition(asset: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    specs = [_spec(check) for check in checks]

    @dg.multi_asset_check(name=f"checks_{asset.replace('/', '_')}", specs=specs, can_subset=True)
    def evaluated(
        context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        selected = {key.name for key in context.selected_asset_check_keys}
        start, end = checked_dates(context, platform)
        wanted = [check for check in checks if check.name in selected]
        for run in run_checks(platform, wanted, start, end):
            yield _result(run)

    return evaluated


def checked_dates(context: dg.AssetCheckExecutionContext, platform: Platform) -> tuple[date, date]:
    """The run's dates: its days, all days of its seasons, or today where the run has no partitions."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return platform.today, platform.today
    keys = context.partition_key_range
    if len(keys.start) == len("2023"):
        return season_dates(season_label(keys.start))[0], season_dates(season_label(keys.end))[1]
    return dates_of(context)


def _spec(check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=asset_key(check.table),
        description=check.description,
        blocking=check.severity is Severity.INTEGRITY,
        metadata={"severity": check.severity.value},
    )


def _result(run: CheckRun) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(run.check.table),
        check_name=run.check.name,
        passed=run.passed,
        severity=_SEVERITIES[run.check.severity],
        description=run.summary,
        metadata=_metadata(run),
    )


def _metadata(run: CheckRun) -> dict[str, Any]:
    metadata: dict[str, Any] = {"dates_checked": len(run.outcomes), "dates_failed": len(run.failed)}
    if run.worst_value is not None:
        metadata["worst_value"] = float(run.worst_value)
    if run.failed:
        listed = run.failed[:_DATES_LISTED]
        metadata["failed_dates"] = ", ".join(outcome.game_date.isoformat() for outcome in listed)
        metadata["failures"] = dg.MetadataValue.md(_table(run))
    return metadata


def _table(run: CheckRun) -> str:
    rows = [
        f"| {one.game_date} | {'' if one.value is None else f'{one.value:g}'} | {one.detail.replace('|', '/')} |"
        for one in run.failed[:_DATES_LISTED]
    ]
    more = len(run.failed) - len(rows)
    return "\n".join(
        ["| date | value | found |", "|---|---|---|", *rows, *([f"\n… and {more} more"] if more > 0 else [])]
    )
