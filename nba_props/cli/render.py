"""How results look on a terminal. Everything here is given its facts; nothing here finds one out."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nba_props.cli.screen import console, minute, number, show, table
from nba_props.costs import SLATES_OF_A_SEASON

if TYPE_CHECKING:
    from nba_props.cli.covering import Coverage
    from nba_props.cli.grades import Grades
    from nba_props.cli.importing import Imported
    from nba_props.cli.verdicts import DateVerdict
    from nba_props.costs import Cost
    from nba_props.daemon_health import DaemonHealth
    from nba_props.explain import Trace
    from nba_props.fetch import Fetched, SourceReport
    from nba_props.health import Verdict
    from nba_props.platform import Platform
    from nba_props.prepare import Prepared
    from nba_props.retention import Keep, Pruned
    from nba_props.seasons import Slate

_COLOURS = {
    "READY": "green",
    "DEGRADED": "yellow",
    "NOT READY": "red",
    "NO SLATE": "cyan",
    "ok": "green",
    "warning": "yellow",
    "critical": "red",
    "no_slate": "cyan",
    "partial": "yellow",
    "failed": "red",
    "not configured": "cyan",
    "left out": "cyan",
}
_FAILURES_SHOWN = 5
_QUOTES_SHOWN = 30
_NAMES_SHOWN = 12
_PEOPLE_SHOWN = 3


# -- verdicts ----------------------------------------------------------------------------------------------------------


def verdict(found: "Verdict", *, figures: bool = False) -> None:
    """The verdict of a date: the word, the figures that matter, why, and what to do."""
    if found.coverage_pct is None:
        counted = f"{found.predictions} predictions"
    else:
        counted = f"{found.predicted} of {found.expected} expected players predicted ({found.coverage_pct:.1f} %)"
    show(f"{_coloured(found.verdict.value)}  {found.game_date}  {found.games} games, {counted}")
    for reason in found.reasons:
        show(f"  - {escape(reason)}")
    if figures:
        _figures(found)


def _figures(found: "Verdict") -> None:
    last = found.last_consolidation
    facts = {
        "predictions in force": f"{found.predictions} rows, {found.players} players, {found.systems} systems",
        "coverage and loss": f"{number(found.coverage_pct)} % and {number(found.loss_pct)} %",
        "by system": _joined({name: f"{number(pct)} %" for name, pct in found.coverage_by_system.items()}),
        "funnel": _funnel(found.funnel),
        "missing": _joined(found.missing) or "nobody",
        "excluded by design": _joined(found.excluded_by_design) or "nobody",
        "staging left over": f"{found.staging_tables} tables of this date, {found.staging_tables_total} in all",
        "last consolidation": f"{last.batch_id}, {last.state}, {last.completion_pct:.1f} %, {minute(last.at)}"
        if last
        else "none",
        "export": f"{found.export_state}, {minute(found.exported_at)}{' (stale)' if found.is_export_stale else ''}",
        "unresolved quoted names": str(found.unresolved_names),
        "rows in quarantine": _by_source(found.quarantined),
        "payloads rejected": _by_source(found.rejected_payloads),
        "failed runs, 24 hours": str(found.failed_runs_24h),
        "steps that did not run": ", ".join(found.steps_not_run) or "none",
    }
    show("", *(f"  {name:<26}{escape(text)}" for name, text in facts.items()))


def _by_source(counts: "Mapping[str, Mapping[str, int]]") -> str:
    """What was not let in, by source, with the reasons: the season's."""
    said = (f"{source} {sum(reasons.values())} ({_joined(dict(reasons))})" for source, reasons in counts.items())
    return "; ".join(said) or "none this season"


def daemon(found: "DaemonHealth") -> None:
    """Whether what runs by itself is alive, and what failed in it."""
    wanted = f"{len(found.switched_on)} schedules and sensors on" if found.is_wanted else "nothing is to run by itself"
    beat = f", last heartbeat {minute(max(found.heartbeats.values()))}" if found.heartbeats else ""
    failed = ", ".join(f"{one.name} {one.failures}{' (still)' if one.is_failing else ''}" for one in found.failed_ticks)
    facts = {
        "daemon": f"{found.pulse.value}{beat}; {wanted}",
        "its code location": found.code_location.value,
        "failed ticks, 24 hours": failed or ("unknown" if found.unreadable else "none"),
    }
    show(*(f"  {name:<26}{escape(text)}" for name, text in facts.items()))


def cost(found: "Cost") -> None:
    """What the date has cost so far, and what a season of such dates would."""
    if found.day_usd is None or found.season_usd is None:
        said = f"unknown: {found.reason}"
    else:
        said = f"${found.day_usd:.4f} this date, ${found.season_usd:.2f} a season of {SLATES_OF_A_SEASON} such dates"
        said += f", at ${found.usd_per_tib:g} a TiB billed"
    show(f"  {'cost, estimated':<26}{escape(said)}")


def verdicts(found: "Sequence[DateVerdict]") -> None:
    """One line a date."""
    rows = [
        (
            one.game_date,
            one.games,
            "-" if one.expected is None else one.expected,
            "-" if one.predicted is None else one.predicted,
            number(one.coverage_pct),
            one.verdict.value,
            _short(one.reasons),
        )
        for one in found
    ]
    headings = ("date", "games", "expected", "predicted", "coverage %", "verdict", "why")
    show(table(headings, rows, right=(1, 2, 3, 4)))
    counts: dict[str, int] = {}
    for one in found:
        counts[one.verdict.value] = counts.get(one.verdict.value, 0) + 1
    show(f"{len(found)} dates: " + ", ".join(f"{_coloured(word)} {count}" for word, count in counts.items()))


def failures(found: Sequence[str]) -> None:
    """Steps that failed, with their causes."""
    if found:
        show(f"[bold red]{len(found)} failed steps[/bold red]", *(f"  - {escape(one)}" for one in found))


def run_again(failed: Mapping[date, Sequence[str]], command: str) -> None:
    """Dates that did not come to their end, each with its reasons, and the command that runs them alone."""
    show(f"[red]{len(failed)} failed dates[/red]")
    for day, reasons in failed.items():
        show(f"  - {day}: {escape(_short(reasons))}")
    show(f"run them again alone: {escape(command)}")


# -- what ran ----------------------------------------------------------------------------------------------------------


def runs(found: Sequence[Mapping[str, Any]], day: date | None) -> None:
    """Runs, newest first, each with a line for every step."""
    if not found:
        show(f"nothing ran for {day}" if day else "nothing ran")
        return
    headings = ("step", "dates", "status", "attempt", "rows", "bytes", "retries", "seconds", "why")
    for run in found:
        first = run["steps"][0]
        title = f"{minute(first['started_at'])}  {run['status']}  run {run['run_id']}  {first['code_version']}"
        show(table(headings, [_step(step) for step in run["steps"]], title=title, right=range(3, 8)))
    show("all that a run logged: nba-props ui, Runs, by its id")


def _step(step: Mapping[str, Any]) -> tuple[Any, ...]:
    ends = _ends([step[name] for name in ("data_date", "data_date_end") if step[name]])
    figures = ("rows_written", "bytes_processed", "retries")
    return (
        step["processor_name"],
        " to ".join(ends) or "-",
        step["status"],
        step["attempt"],
        *("-" if step[name] is None else step[name] for name in figures),
        number(step["duration_seconds"]),
        step["error_message"] or step["skip_reason"] or "",
    )


def pruned(done: "Pruned", keep: "Keep", *, is_dry: bool) -> None:
    """What went, or would."""
    verb = "would remove" if is_dry else "removed"
    show(
        f"{verb} {done.runs} runs of Dagster, {done.ticks} ticks, {done.history_rows} rows of run history,"
        f" {done.metrics} metrics",
        f"kept: what succeeded for {keep.succeeded.days} days, anything else for {keep.others.days}",
    )
    if done.kept_runs:
        show(f"kept {done.kept_runs} older runs: each holds the newest materialisation of a partition")
    if not is_dry:
        show(f"space given back: {done.bytes_given_back / 1e6:.1f} MB")
    for one in done.left_alone:
        show(f"  not rewritten, run prune again when nothing else is running: {escape(one)}")


# -- seasons -----------------------------------------------------------------------------------------------------------

_MARKS = {"there": "✓", "empty": "○", "missing": "✗", "not due": "·"}


def seasons(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line a season or month: dates with games, and of how many each layer holds something."""
    if not rows:
        show("no date with games is scheduled")
        return
    layers = list(rows[0]["layers"])
    cells = [(row["period"], row["dates"], *(_held(row["layers"][layer]) for layer in layers)) for row in rows]
    show(table(("", "dates", *layers), cells, right=range(1, len(layers) + 2)))


def _held(counts: Mapping[str, int]) -> str:
    """`161` where nothing is missing, `150 of 161` where something is; what is not due counts in neither."""
    there = counts.get("there", 0)
    due = there + counts.get("missing", 0)
    return str(there) if there == due else f"{there} of {due}"


def slates(found: "Sequence[Slate]") -> None:
    """A line a date, with a mark a layer and the first thing that is missing."""
    layers = list(found[0].cells) if found else []
    cells = [
        (
            slate.game_date,
            *(_MARKS[slate.cells[layer].state] for layer in layers),
            next((f"{name}: {cell.reason}" for name, cell in slate.cells.items() if cell.reason), ""),
        )
        for slate in found
    ]
    show(table(("date", *layers, "why"), cells))
    show(", ".join(f"{mark} {word}" for word, mark in _MARKS.items()))


def missing(found: Sequence[Mapping[str, Any]], commands: Sequence[str], *, is_full: bool) -> None:
    """What is missing by season, layer and reason; in full with its dates and the commands that build it."""
    if not found:
        show("nothing is missing")
        return
    if not is_full:
        counts: dict[tuple[str, str], int] = {}
        for one in found:
            counts[one["layer"], one["reason"]] = counts.get((one["layer"], one["reason"]), 0) + len(one["dates"])
        summed = [(layer, count, reason) for (layer, reason), count in counts.items()]
        show(table(("missing", "dates", "why"), summed, right=(1,)))
        show("which dates, and the commands that build them: --missing")
        return
    rows = [
        (one["season"], one["layer"], len(one["dates"]), one["reason"], " to ".join(_ends(one["dates"])))
        for one in found
    ]
    show(table(("season", "missing", "dates", "why", "between"), rows, right=(2,)))
    for command in commands:
        show(f"build them: {escape(command)}")
    if any(one["layer"] == "results" for one in found):
        show("box scores come with an archive: nba-props import-history DIR")


# -- coverage ----------------------------------------------------------------------------------------------------------


def coverage(found: "Coverage", *, detailed: bool) -> None:
    """Expected, predicted, the funnel, and who is missing why."""
    if found.status == "no_slate":
        show(f"{_coloured('NO SLATE')}  {found.game_date}  no games that count are scheduled")
        return
    everyone = found.of_all
    show(
        f"{_coloured(found.status)}  {found.game_date}  {everyone.get('predicted', 0)} of {everyone.get('expected', 0)}"
        f" expected players predicted ({number(found.coverage_pct)} %), {found.games} games"
    )
    show(f"  funnel: {_funnel(found.funnel)}")
    rows = [
        (system, row["expected"], row["predicted"], number(row["coverage_pct"]), row["status"])
        for system, row in found.rows.items()
        if system != "all"
    ]
    show(table(("system", "expected", "predicted", "coverage %", "status"), rows, right=(1, 2, 3)))
    show(f"missing: {_joined(found.reasons) or 'nobody'}")
    show(f"excluded by design: {_joined(found.reasons_excluded) or 'nobody'}")
    if detailed:
        for title, people in (("missing", found.missing), ("excluded by design", found.excluded)):
            if people:
                cells = [(row["player_lookup"], row["reason"], row["detail"]) for row in people]
                show(table(("player", "reason", "detail"), cells, title=title))
    elif found.missing or found.excluded:
        show("each of them: --detailed")


# -- staging -----------------------------------------------------------------------------------------------------------


def staging(rows: Sequence[Mapping[str, Any]], grace_minutes: float, *, err: bool = False) -> None:
    """Staging tables with their age; those past the grace period are orphaned."""
    out = console(err=err)
    if not rows:
        out.print("no staging is left over")
        return
    cells = [
        (
            row["batch_id"],
            row["system_id"],
            row["row_count"],
            _age(row["age_minutes"]),
            f"{row['batch_state'] or 'unknown'}, {number(row['completion_pct'])} %",
            "orphaned" if row["age_minutes"] > grace_minutes else "",
        )
        for row in rows
    ]
    out.print(table(("batch", "system", "rows", "age", "state", ""), cells, right=(2, 3)))
    days = sorted({row["game_date"] for row in rows})
    out.print(f"{len(rows)} staging tables, {len({row['batch_id'] for row in rows})} batches.")
    out.print(f"merge them: nba-props staging consolidate {days[0]}; remove them: nba-props staging clean")


def consolidated(found: Mapping[str, Any], export: str) -> None:
    """What a consolidation by hand did."""
    if not (found["batches"] or found["waiting"] or found["failed"]):
        show(f"nothing is staged for {found['game_date']}")
        return
    if found["batches"]:
        show(
            f"[green]consolidated[/green] {', '.join(found['batches'])}: {found['staged_rows']} rows,"
            f" {found['inserted_rows']} of them new, {found['superseded_rows']} superseded",
            f"publish it: {escape(export)}",
        )
    for word, colour in (("partial", "yellow"), ("waiting", "yellow"), ("failed", "red")):
        for batch, reason in found[word].items():
            show(f"[{colour}]{word}[/{colour}] {batch}: {escape(reason)}")
    if found["waiting"] or found["failed"]:
        show("merge what is there all the same: --min-completion PCT")


def cleaned(rows: Sequence[Mapping[str, Any]], left: int, minutes: float) -> None:
    """What was removed."""
    if not rows and not left:
        show("no staging is left over")
        return
    if not rows:
        show(f"nothing is staged that is older than {_age(minutes)}; {left} younger tables were left (--older-than 0)")
        return
    show(f"removed {len(rows)} staging tables; {left} are left")
    for day in sorted({row["game_date"] for row in rows}):
        show(f"predict the slate again: nba-props run {day} --force")


# -- names -------------------------------------------------------------------------------------------------------------


def queue(found: Sequence[Mapping[str, Any]]) -> None:
    """The unresolved queue by name."""
    if not found:
        show("no name is unresolved")
        return
    rows = [
        (
            entry["player_name"],
            entry["reason"],
            "quoted" if entry["is_quoted"] else "reported",
            entry["occurrences"],
            _dates(entry["dates"]),
            "; ".join(f"{one['player_name']} ({one['score']})" for one in entry["suggestions"][:_PEOPLE_SHOWN]),
        )
        for entry in found
    ]
    headings = ("name", "reason", "seen", "rows", "dates", "nearest people")
    show(table(headings, rows, right=(3,)))
    show("a spelling of one person: nba-props names alias ALIAS CANONICAL")


# -- models ------------------------------------------------------------------------------------------------------------


def models(found: Sequence[Mapping[str, Any]]) -> None:
    """Every version that is kept; which is in force, which of them serves today, and what was said of it."""
    if not found:
        show("no model is kept")
        return
    rows = [
        (
            one["kind"],
            one["month"],
            one["model_version"],
            one["training_end_date"],
            one["training_rows"],
            "serves today" if one["serves_today"] else "in force" if one["is_in_force"] else "not in force",
            one["said"],
        )
        for one in found
    ]
    headings = ("kind", "month", "version", "trained until", "rows", "state", "said")
    show(table(headings, rows, right=(4,)))


def decided(found: Mapping[str, Any], again: str) -> None:
    """What serves since a person decided about a month's model."""
    about = f"{found['kind']} of {found['month']}"
    if found["serves"] is None:
        show(f"{about}: [yellow]no model is left[/yellow]; what needs it declines or goes without")
    else:
        show(f"{about}: {found['serves']} serves, the model of {found['serves_month']}")
    show(f"predict again what lies ahead: {escape(again)}")


# -- grades ------------------------------------------------------------------------------------------------------------


def grades(found: "Grades") -> None:
    """Grades by system over a range."""
    show(grades_table(found))
    if found.waiting:
        waiting = ", ".join(f"{day} ({rows})" for day, rows in found.waiting.items())
        show(f"[yellow]not graded yet[/yellow], for want of a box score: {waiting}")


def grades_table(found: "Grades") -> Any:
    """The table of grades."""
    rows = [
        (
            row["system_id"],
            row["predictions"],
            row["predictions_with_line"],
            number(row["mae"], ".2f"),
            number(row["bias"], "+.2f"),
            row["correct"],
            row["incorrect"],
            row["pushes"],
            row["voids"],
            "-" if row["hit_rate"] is None else f"{row['hit_rate']:.1%}",
            number(row["profit_units"], "+.1f"),
        )
        for row in found.systems
    ]
    headings = ("system", "graded", "with line", "MAE", "bias", "right", "wrong", "push", "void", "hit rate", "units")
    period = f"{found.start}" if found.start == found.end else f"{found.start} to {found.end}"
    return table(headings, rows, title=f"grades {period}", right=range(1, 11))


def exports(day: date, documents: Sequence[Mapping[str, Any]]) -> None:
    """What was published of a date."""
    if not documents:
        show(f"nothing was published for {day}")
        return
    rows = [(one["path"], one["state"], minute(one["published_at"]), one["location"]) for one in documents]
    show(table(("document", "state", "since", "where"), rows))


# -- homes -------------------------------------------------------------------------------------------------------------


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
        show(f"  not given: {row['capability']} ({_span(row['seasons'])}), {escape(row['detail'])}")
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
        show(f"  {_coloured(report.state)} {report.source}: {came} of {wanted} rosters")
    for failure in report.failures[:_FAILURES_SHOWN]:
        show(f"  {_coloured(report.state)} {report.source}: {escape(failure.what)}: {escape(failure.reason)}")
    if len(report.failures) > _FAILURES_SHOWN:
        show(f"  … and {len(report.failures) - _FAILURES_SHOWN} more of {report.source} (--json lists them)")
    if report.reason:
        left = f"; {report.not_asked} requests were not made" if report.not_asked else ""
        show(f"  {_coloured(report.state)} {report.source}: {escape(report.reason)}{left}")


def end_of_names(names: Mapping[str, Any]) -> str:
    """The quoted names that only a slate's teams, or a person, can tell."""
    left = names["left_to_the_slate"]
    if not left:
        return "  all of them by themselves"
    more = f" and {len(left) - _NAMES_SHOWN} more" if len(left) > _NAMES_SHOWN else ""
    return f"  left to each slate's teams, or to you: {escape(', '.join(left[:_NAMES_SHOWN]))}{more}"


# -- the trace ---------------------------------------------------------------------------------------------------------


def trace(found: "Trace") -> None:
    """One player of one slate, from the published number back to raw rows."""
    _headline(found)
    if found.missing:
        show(
            f"[yellow]no number is in force[/yellow]: {found.missing['reason']}, {escape(found.missing['detail'] or '')}"
        )
    if found.predictions:
        _numbers(found)
        _two_numbers(found)
        _rungs(found)
        _batches(found)
    _shifts(found)
    _quotes(found)
    _vectors(found)
    _games(found)
    _sources(found)


def _headline(found: "Trace") -> None:
    known = found.context or {}
    show(f"[bold]{escape(found.player_name)}[/bold] ({found.universal_player_id}) on {found.game_date}")
    if known:
        place = "against" if known["is_home"] else "at"
        show(
            f"  {known['team_abbr']} {place} {known['opponent_abbr']}, game {known['game_id']}, tip {minute(known['tip_at'])}"
        )
        show(
            f"  known as of {minute(known['as_of_at'])} ({known['as_of_basis']}, {known['run_mode']});"
            f" on the roster by {known['roster_source']}; {number(known['avg_minutes_last_10'])} minutes a game"
        )


def _numbers(found: "Trace") -> None:
    rows = [
        (
            row["system_id"],
            number(row["predicted_points"], ".2f"),
            number(row["predicted_median"], ".1f"),
            f"{number(row['interval_80_low'], '.0f')}-{number(row['interval_80_high'], '.0f')}",
            number(row["current_points_line"]),
            row["recommendation"],
            number(row["confidence_score"], ".3f"),
            number(row["over_prob"], ".3f"),
            row["prediction_error_code"] or row["key_factors"],
            row["warnings"],
            row["model_version"],
        )
        for row in found.predictions
    ]
    headings = (
        "system",
        "mean",
        "median",
        "80 %",
        "line",
        "pick",
        "confidence",
        "P(over)",
        "factors or refusal",
        "warnings",
        "model",
    )
    show(table(headings, rows, title="predictions in force (main line)", right=(1, 2, 4, 6, 7)))


def _two_numbers(found: "Trace") -> None:
    """The independent number, the anchored one and what the market says, by system."""
    rows = [
        (
            row["system_id"],
            number(row["raw_points"], ".2f"),
            number(row["predicted_points"], ".2f"),
            number(row["anchored_points"], ".2f"),
            _weight(row),
            number(row["independent_over_prob"], ".3f"),
            number(row["over_prob"], ".3f"),
            number(row["market_over_prob"], ".3f"),
            number(row["edge"], "+.3f"),
            number(row["expected_value"], "+.3f"),
            row["calibration_id"] or "none yet",
        )
        for row in found.predictions
        if row["prediction_error_code"] is None
    ]
    headings = (
        "system",
        "own",
        "independent",
        "anchored",
        "own weight [95 %]",
        "P(over) alone",
        "P(over)",
        "market",
        "edge",
        "EV",
        "calibration",
    )
    show(table(headings, rows, title="two numbers: alone, and drawn to the market", right=tuple(range(1, 10))))


def _weight(row: Mapping[str, Any]) -> str:
    weight, low, high = (number(row[f"anchor_weight{end}"], ".2f") for end in ("", "_low", "_high"))
    return f"{weight} [{low}, {high}]"


def _shifts(found: "Trace") -> None:
    """Who is expected to be missing, and to whom his minutes go."""
    absent = dict.fromkeys(
        name for row in found.shifts if row["absent_teammates"] for name in row["absent_teammates"].split(", ")
    )
    if not absent:
        return
    show("", f"[bold]expected to be missing[/bold]: {escape(', '.join(absent))}")
    rows = [
        (
            f"{row['player_name']}{' (this player)' if row['universal_player_id'] == found.universal_player_id else ''}",
            number(row["projected_minutes"], ".1f"),
            number(row["minutes_from_absences"], "+.1f"),
            number(row["usage_adjustment"], "+.1f"),
        )
        for row in found.shifts
    ]
    headings = ("team-mate", "minutes", "of which from absences", "points from absences")
    show(table(headings, rows, title="where their minutes go, beyond the usual", right=(1, 2, 3)))


def _rungs(found: "Trace") -> None:
    if found.ladder:
        by_system: dict[str, list[str]] = {}
        for row in found.ladder:
            by_system.setdefault(row["system_id"], []).append(f"{row['current_points_line']:g}: {row['over_prob']:.2f}")
        show(
            "[bold]other rungs, P(over)[/bold]", *(f"  {name}: {', '.join(rungs)}" for name, rungs in by_system.items())
        )


def _batches(found: "Trace") -> None:
    show("", "[bold]batches[/bold]")
    for row in found.batches:
        show(
            f"  {row['batch_id']}: {row['run_mode']}, knew until {minute(row['batch_as_of_at'])}, {row['state']} at"
            f" {minute(row['consolidated_at'])}, scope {escape(row['scope'])}, Dagster run {row['run_id']}"
        )


def _quotes(found: "Trace") -> None:
    if not found.quotes:
        show("", "no book quoted him")
        return
    near = sorted(
        found.quotes, key=lambda row: (not row["choice"].startswith("chosen"), -row["snapshot_at"].timestamp())
    )
    rows = [
        (
            minute(row["snapshot_at"]),
            row["bookmaker"],
            number(row["line"]),
            number(row["over_price_american"], "+.0f"),
            number(row["under_price_american"], "+.0f"),
            row["player_name"],
            row["choice"],
            row["payload_ref"],
        )
        for row in near[:_QUOTES_SHOWN]
    ]
    headings = ("seen", "book", "line", "over", "under", "spelled", "why", "raw row")
    title = f"quotes: {len(found.quotes)}" + (f", {len(rows)} shown (--json has all)" if len(near) > len(rows) else "")
    show(table(headings, rows, title=title, right=(2, 3, 4)))


def _vectors(found: "Trace") -> None:
    for vector in found.vectors:
        rows = [(one.name, number(one.value, ".6g"), one.source) for one in vector.features]
        title = (
            f"features as used: {vector.feature_version}, hash {vector.features_hash}, first in {vector.first_batch_id}"
        )
        show(table(("feature", "value", "where from"), rows, title=title, right=(1,)))


def _games(found: "Trace") -> None:
    if not found.games:
        show("no game played in the 400 days before")
        return
    rows = [
        (
            row["game_date"],
            f"{'vs' if row['is_home'] else '@'} {row['opponent_abbr']}",
            number(row["minutes"]),
            row["points"],
            f"{row['fgm']}/{row['fga']}",
            f"{row['fg3m']}/{row['fg3a']}",
            f"{row['ftm']}/{row['fta']}",
            row["game_id"],
            row["payload_ref"],
        )
        for row in found.games
    ]
    headings = ("date", "game", "minutes", "points", "FG", "3P", "FT", "game id", "raw row")
    show(table(headings, rows, title="games before it (the last 10 played)", right=(2, 3)))
    for one in found.agreements:
        said = "[green]agrees[/green]" if one.agrees else "[yellow]differs: a box score was corrected since[/yellow]"
        show(
            f"  {one.feature}: used {number(one.as_used, '.2f')}, these games give {number(one.from_games, '.2f')}, {said}"
        )


def _sources(found: "Trace") -> None:
    show("", "[bold]name[/bold]")
    show(*(f"  {escape(row['player_name'])} {row['event_key']}: by {row['method']}" for row in found.names))
    if not found.names:
        show("  no source of the slate spells it; the roster has the id")
    if found.injury_reports:
        show("[bold]injury reports[/bold]")
        for row in found.injury_reports:
            show(
                f"  {minute(row['injury_reported_at'])}: {row['injury_status']}, {escape(row['injury_reason'] or '')}, {row['payload_ref']}"
            )


# -- pieces ------------------------------------------------------------------------------------------------------------


def _coloured(word: str) -> str:
    return f"[bold {_COLOURS.get(word, 'white')}]{word}[/bold {_COLOURS.get(word, 'white')}]"


def _funnel(funnel: Mapping[str, int]) -> str:
    words = {
        "roster_players": "on rosters",
        "eligible_players": "eligible",
        "ready_players": "ready",
        "feature_players": "with features",
        "predicted": "predicted",
    }
    return " -> ".join(f"{funnel[name]} {word}" for name, word in words.items() if name in funnel) or "not computed"


def _joined(counts: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ') if isinstance(value, int) else name} {value}" for name, value in counts.items()
    )


def _short(reasons: Sequence[str]) -> str:
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def _age(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def _dates(days: Sequence[date]) -> str:
    """Latest first."""
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} and {len(days) - 1} before"


def _ends(days: Sequence[date]) -> list[str]:
    """First and last; one where they are the same."""
    return list(dict.fromkeys(str(day) for day in (*days[:1], *days[-1:])))


def _span(seasons: Sequence[str]) -> str:
    return seasons[0] if len(seasons) == 1 else f"{seasons[0]} to {seasons[-1]}"
