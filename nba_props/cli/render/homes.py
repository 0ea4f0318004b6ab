"""What a home was given: tables, an archive, answers of live sources."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nba_props.cli.render.pieces import coloured, span
from nba_props.cli.render.readiness import failures
from nba_props.cli.screen import number, show, table

if TYPE_CHECKING:
    from nba_props.cli.importing import Imported
    from nba_props.fetch import Fetched, SourceReport
    from nba_props.platform import Platform
    from nba_props.prepare import Prepared

_FAILURES_SHOWN = 5
_NAMES_SHOWN = 12


def initialised(platform: "Platform", done: "Prepared") -> None:
    """What `init` found and made."""
    settings = platform.settings
    named = f", prefix {settings.dataset_prefix}" if settings.dataset_prefix else ""
    show(f"target: {settings.target.value} ({settings.effective_environment.value}{named})", f"home: {platform.home}")
    if not (done.created or done.added or done.shipped):
        show("all tables were there already, as declared; nothing was changed")
    if done.created:
        show(f"{len(done.created)} tables created")
    for name, columns in done.added.items():
        show(f"{name} gained {', '.join(columns)}: NULL in rows written before, until their dates are built again")
    if done.shipped:
        show(f"{done.shipped} reference rows shipped")
    show("next: nba-props import-history DIR (an archive), fetch --season 2025-26 (live), or demo (a simulated league)")


def imported(platform: "Platform", found: "Imported") -> None:
    """What became of every row of an archive."""
    from nba_props.cli.shared import with_home

    show(f"archive {found.archive_id}: {len(found.files)} files, seasons {', '.join(found.seasons) or 'none'}")
    columns = ("table_name", "rows_read", "rows_kept", "rows_duplicate", "rows_quarantined")
    rows = [[row[name] for name in columns] for row in found.tables]
    show(table(("table", "read", "kept", "duplicate", "quarantined"), rows, right=(1, 2, 3, 4)))
    for row in found.refused:
        show(f"  quarantined: {row['rows']} of {row['table_name']}, {escape(row['reason'])}")
    for name, why in found.ignored.items():
        show(f"  ignored: {escape(name)}, {escape(why)}")
    for name, cost in found.missing.items():
        show(f"  missing: {escape(name)}, {escape(cost)}")
    for row in found.not_given:
        show(f"  not given: {row['capability']} ({span(row['seasons'])}), {escape(row['detail'])}")
    names = found.names
    show(
        f"{found.people} people; {names['known']} of {names['quoted']} quoted names known by registry or alias",
        end_of_names(names),
    )
    failures(found.failures)
    if found.span["slates"]:
        last = found.span["last_date"]
        show(
            f"{found.span['games']} games on {found.span['slates']} dates, {found.span['first_date']} to {last}",
            f"next: {escape(with_home(f'nba-props run {last}', platform))}",
            f"  or: {escape(with_home(f'nba-props backfill --season {max(found.seasons)}', platform))}",
        )


def fetched(found: "Fetched") -> None:
    """What each source gave: requests by what became of them, then why anything is missing."""
    headings = (
        "source",
        "state",
        "asked",
        "new",
        "unchanged",
        "not published",
        "still good",
        "failed",
        "seconds",
        "quota left",
    )
    rows = [
        (
            *(one.source, one.state, one.asked, one.landed, one.unchanged, one.not_published, one.fresh),
            *(len(one.failures), number(one.seconds), number(one.quota_left, "d")),
        )
        for one in found.reports
    ]
    show(table(headings, rows, right=range(2, len(headings))))
    for report in found.reports:
        _what_is_missing(report)


def _what_is_missing(report: "SourceReport") -> None:
    came, wanted = report.rosters or (0, 0)
    if came < wanted:
        show(f"  {coloured(report.state)} {report.source}: {came} of {wanted} rosters")
    for failure in report.failures[:_FAILURES_SHOWN]:
        show(f"  {coloured(report.state)} {report.source}: {escape(failure.what)}: {escape(failure.reason)}")
    if len(report.failures) > _FAILURES_SHOWN:
        show(f"  … and {len(report.failures) - _FAILURES_SHOWN} more of {report.source} (--json lists them)")
    if report.reason:
        left = f"; {report.not_asked} requests were not made" if report.not_asked else ""
        show(f"  {coloured(report.state)} {report.source}: {escape(report.reason)}{left}")


def end_of_names(names: Mapping[str, Any]) -> str:
    """The quoted names that only a slate's teams, or a person, can tell."""
    left = names["left_to_the_slate"]
    if not left:
        return "  all of them by themselves"
    more = f" and {len(left) - _NAMES_SHOWN} more" if len(left) > _NAMES_SHOWN else ""
    return f"  left to each slate's teams, or to you: {escape(', '.join(left[:_NAMES_SHOWN]))}{more}"
