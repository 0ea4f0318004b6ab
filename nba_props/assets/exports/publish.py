"""The press: documents go out whole, valid, complete, and only where their content is new; the log keeps what went out.

Here belong the gate, the writing, the log, and the status document, which every export refreshes. Not here: what
documents say (`documents.py`).
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pyarrow as pa

from nba_props.assets._factory import DUE, OWNERS, tell_by_date
from nba_props.assets.exports.payloads import Export, Status
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.calendar import date_range
from nba_props.errors import IntegrityFailure
from nba_props.health import Finding, Level, SlateFacts, export_path, slate_verdict
from nba_props.history import recorded
from nba_props.io.objectstore.store import ObjectMissing
from nba_props.io.redaction import redact, redact_json
from nba_props.partitions import DAILY
from nba_props.platform import Platform

LOG = table("nba_monitoring.export_log")

JSON = "application/json"

WHEN_CHECKED = (
    dg.AutomationCondition.eager().replace(
        "in_latest_time_window", dg.AutomationCondition.in_latest_time_window(timedelta(days=3))
    )
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("what it is printed from is new, and passed its blocking checks")
"""For yesterday, today and tomorrow: only the last of the windows would be tomorrow."""

_OUTCOMES = ("published", "unchanged", "withheld", "not_graded")

_GENERATED_AT = re.compile(rb'"generated_at":"[^"]*"')


def export_kwargs(name: str, description: str, deps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Arguments of every export asset."""
    return {
        "key": dg.AssetKey(["exports", name]),
        "group_name": "exports",
        "description": description,
        "deps": [dg.AssetKey(list(one)) for one in deps],
        "kinds": {"json"},
        "partitions_def": DAILY,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "owners": OWNERS,
        "freshness_policy": DUE.get(f"exports/{name}"),
        "automation_condition": WHEN_CHECKED,
    }


class Press:
    """Publishes documents of a range of dates and keeps their log. One press works at a time (see `publishing`)."""

    def __init__(self, platform: Platform, start: date, end: date) -> None:
        self.platform = platform
        self._days = date_range(start, end)
        # Taken before anything is read: what changes while the press runs is newer than what it prints.
        self.now = platform.now
        self.outcomes_by_date: dict[date, Counter[str]] = defaultdict(Counter)
        self.withheld: dict[date, list[str]] = {}
        self.notes: dict[str, str | int] = {}
        self.broken: dict[date, list[str]] = {}
        self._entries: list[dict[str, Any]] = []
        self._logged = {(row["game_date"], row["path"]): row for row in _log_between(platform, start, end)}

    @property
    def outcomes(self) -> Counter[str]:
        """What became of documents, over all dates."""
        return sum(self.outcomes_by_date.values(), Counter())

    def passes(self, facts: SlateFacts, name: str, findings: Sequence[Finding]) -> bool:
        """The gate: TRUE if no finding forbids publishing; else the last good object stays and the log says why."""
        refusals = [finding for finding in findings if finding.level is Level.NOT_READY]
        if not refusals:
            return True
        day, reasons = facts.game_date, [finding.what for finding in refusals]
        self.outcomes_by_date[day]["withheld"] += 1
        self.withheld[day] = reasons
        if broken := [finding.what for finding in refusals if finding.is_integrity]:
            self.broken[day] = broken
        self._enter(day, export_path(name), "withheld", "", " ".join(reasons))
        return False

    def publish(self, name: str, document: Export | Status) -> None:
        """Put one document, if its content apart from `generated_at` differs from what is there."""
        path = export_path(name)
        data = redact_json(document.model_dump_json()).encode()  # what is published is the last place for a secret
        content = content_hash(data)
        if content == self._published_hash(path):
            self.outcomes_by_date[document.game_date]["unchanged"] += 1
        else:
            self.platform.store.put(path, data, content_type=JSON)
            self.outcomes_by_date[document.game_date]["published"] += 1
        detail = ". ".join([document.verdict, *(reason.removesuffix(".") for reason in document.reasons)])
        self._enter(document.game_date, path, "published", content, detail)

    def save_log(self) -> None:
        """Write the log rows that say something new."""
        if self._entries:
            self.platform.warehouse.upsert(LOG, pa.Table.from_pylist(self._entries, schema=arrow_schema(LOG)))

    def result(self, context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """What the run should say aloud: what became of documents, of several dates date by date."""
        if len(self._days) > 1:
            tell_by_date(context, {day: _counts(self.outcomes_by_date.get(day, Counter())) for day in self._days})
        metadata: dict[str, Any] = _counts(self.outcomes)
        if self.withheld:
            lines = [f"- {day}: {' '.join(reasons)}" for day, reasons in sorted(self.withheld.items())]
            metadata["withheld_dates"] = dg.MetadataValue.md("\n".join(lines))
        return dg.MaterializeResult(metadata=metadata | self.notes)

    def _published_hash(self, path: str) -> str | None:
        """Hash of what is at the path; None where there is nothing."""
        try:
            return content_hash(self.platform.store.get(path))
        except ObjectMissing:
            return None

    def _enter(self, day: date, path: str, state: str, content: str, detail: str) -> None:
        said = {"state": state, "content_hash": content, "detail": redact(detail)}
        before = self._logged.get((day, path), {})
        if any(before.get(name) != value for name, value in said.items()):
            self._entries.append({"game_date": day, "path": path, **said, "published_at": self.now})


@contextmanager
def publishing(
    context: dg.AssetExecutionContext, platform: Platform, name: str, start: date, end: date
) -> Iterator[Press]:
    """One asset's run: one press at a time, recorded; the status document follows, whatever became of the others.

    Raises IntegrityFailure at the end if an integrity check withheld a date: the others are out, and the asset is red.
    """
    with recorded(platform, context.run.run_id, f"exports/{name}", start, end) as step:
        try:
            with one_press(platform, start, end) as press:
                yield press
        finally:
            publish_status(platform, start, end)
        step.rows_written = press.outcomes["published"]
        if press.broken:
            found = "; ".join(f"{day}: {' '.join(reasons)}" for day, reasons in sorted(press.broken.items()))
            raise IntegrityFailure(
                f"Withheld, and not published: {found}",
                next_step="Correct what the check found, run the date again, then export; the last good objects stay.",
            )


def publish_status(platform: Platform, start: date, end: date) -> dict[str, str]:
    """Publish `v1/status.json` for the date that matters most: today, else tomorrow, else the latest, of run and page.

    A backfilled date therefore never replaces tonight's status; off days and failures are published like any other.
    Returns the date and its verdict.
    """
    candidates = date_range(start, end)
    shown = _status_date(platform)
    if shown is not None:
        candidates.append(shown)
    today = platform.today
    day = max(candidates, key=lambda one: (one == today, one == today + timedelta(days=1), one))
    with one_press(platform, day, day) as press:
        verdict = slate_verdict(platform, day)
        press.publish("status.json", Status(**verdict.model_dump(), generated_at=press.now))
    return {"game_date": day.isoformat(), "verdict": verdict.verdict.value}


def require_complete(path: str, listed: int, in_force: int, noun: str) -> None:
    """Refuse a document that leaves somebody out."""
    if listed != in_force:
        raise IntegrityFailure(
            f"{path} would list {listed} of {in_force} {noun}.",
            next_step="Export again (the table may have changed meanwhile); the last good object stays.",
        )


def content_hash(data: bytes) -> str:
    """Hash of a document apart from when it was generated."""
    return hashlib.sha256(_GENERATED_AT.sub(b"", data, count=1)).hexdigest()


@contextmanager
def one_press(platform: Platform, start: date, end: date) -> Iterator[Press]:
    """The press, for a range of dates: whoever holds it keeps every other out, and what it did is logged."""
    with platform.warehouse.lock("exports"):
        press = Press(platform, start, end)
        try:
            yield press
        finally:
            press.save_log()


def _counts(outcomes: Counter[str]) -> dict[str, int]:
    return {state: outcomes[state] for state in _OUTCOMES}


def _status_date(platform: Platform) -> date | None:
    """The date the published status speaks of; None without one that can be read."""
    try:
        return date.fromisoformat(json.loads(platform.store.get(export_path("status.json")))["game_date"])
    except (ObjectMissing, ValueError, KeyError, TypeError):
        return None


def _log_between(platform: Platform, start: date, end: date) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = platform.warehouse.query(
        f"SELECT {', '.join(LOG.column_names)} FROM {LOG.full_name} WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": start, "end_date": end},
    ).to_pylist()
    return rows
