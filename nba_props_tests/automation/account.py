"""What days that passed by themselves came to: the log of what fired, one row a slate, and whatever is wrong with it.

Here belong reading runs, alerts, tables and documents, and judging them. Not here: what trouble there was (`week`).
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from nba_props.automation import past, work
from nba_props.automation.facts import dates_without_results, games_to_grade
from nba_props.automation.schedules import SLATE_SCHEDULES
from nba_props.dates import games_by_date
from nba_props.domain.automation import Ending
from nba_props.domain.calendar import EASTERN
from nba_props.platform import Platform
from nba_props_tests.automation.daemon import Daemon

CHANGES = "odds-and-injury-changes"
TODAY = ("overnight-predictions", "same-day-predictions")
ROUTINE = ("hourly-fetch", "br-rosters-batch-daily")
"""Of these the shortened log tells only what went wrong, and what was news."""
_ENDED = {dg.DagsterRunStatus.SUCCESS: "ok", dg.DagsterRunStatus.FAILURE: "FAILED"}
_RECENT_RUNS = 150
_LONGEST_SAID = 160

_ALERTS = "select * from nba_monitoring.alerts where game_date between @start_date and @end_date order by first_raised_at, fingerprint"
_DOCUMENTS = """
select game_date, content_hash
from nba_monitoring.export_log
where game_date between @start_date and @end_date and path like '%v1/predictions/%' and state = 'published'
"""
_COVERAGE = """
select game_date, expected, predicted
from nba_monitoring.prediction_coverage
where game_date between @start_date and @end_date and system_id = 'all'
"""
_GRADED = """
select game_date, count(distinct universal_player_id) as players
from nba_grading.prediction_accuracy
where game_date between @start_date and @end_date
group by game_date
"""
_IN_FORCE = """
select distinct game_date, universal_player_id
from nba_predictions.player_prop_predictions
where game_date between @start_date and @end_date and is_active
"""
_TWICE_IN_FORCE = """
select game_date, count(*) as found
from (
    select game_date, game_id, universal_player_id, system_id, line_key
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date and is_active
    group by game_date, game_id, universal_player_id, system_id, line_key
    having count(*) > 1
)
group by game_date
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of the log: when (Eastern), what fired, how it ended, why. `is_routine`: a fetch that went well."""

    at: datetime
    what: str
    ending: str
    why: str = ""
    is_routine: bool = False

    def __str__(self) -> str:
        return f"{self.at.astimezone(EASTERN):%a %d %H:%M}  {self.what:52}  {self.ending:11}  {self.why}".rstrip()


@dataclass(frozen=True)
class Slate:
    """One date at the end. `attempts`: how each schedule's ended, in order; `documents`: contents published, the last in force."""

    day: date
    games: int
    expected: int
    predicted: int
    attempts: Mapping[str, Sequence[str]]
    again: int
    documents: int
    graded: int
    raised: int
    resolved: int
    twice: int


@dataclass
class Account:
    """The log so far, and what was already told in it; of alerts, those of the `days`."""

    platform: Platform
    days: Sequence[date]
    entries: list[Entry] = field(default_factory=list)
    documents: dict[date, list[str]] = field(default_factory=dict)
    _runs: dict[str, dg.DagsterRunStatus] = field(default_factory=dict)
    _alerts: dict[tuple[date, str], str] = field(default_factory=dict)

    def say(self, at: datetime, what: str, ending: str, why: str = "", *, is_routine: bool = False) -> None:
        """Add to the log, and print it."""
        entry = Entry(at, what, ending, why, is_routine)
        self.entries.append(entry)
        sys.stdout.write(f"{entry}\n")
        sys.stdout.flush()

    def note(self, running: Daemon) -> None:
        """What has happened since the last time."""
        records = running.instance.get_run_records(limit=_RECENT_RUNS)
        for record in reversed(records):
            run = record.dagster_run
            if work.TRIGGER_TAG in run.tags and self._runs.get(run.run_id) is not run.status:
                self._runs[run.run_id] = run.status
                self._say_run(record)
        for alert in self._rows(_ALERTS):
            key = (alert["game_date"], alert["fingerprint"])
            if self._alerts.get(key) != alert["state"]:
                self._alerts[key] = alert["state"]
                what = f"alert {alert['situation']} of {alert['game_date']}"
                ending = "raised" if alert["state"] == "open" else "resolved"
                self.say(alert["changed_at"], what, ending, _short(alert["alert_text"]))
        for row in self._rows(_DOCUMENTS):
            contents = self.documents.setdefault(row["game_date"], [])
            if row["content_hash"] not in contents[-1:]:
                contents.append(row["content_hash"])

    def slates(self, running: Daemon) -> list[Slate]:
        """Every date, off days included."""
        games = games_by_date(self.platform, self.days[0], self.days[-1])
        coverage, graded = self._by_day(_COVERAGE), self._by_day(_GRADED)
        twice, alerts = self._by_day(_TWICE_IN_FORCE), self._rows(_ALERTS)
        return [
            Slate(
                day=day,
                games=games.get(day, 0),
                expected=coverage.get(day, {}).get("expected", 0),
                predicted=coverage.get(day, {}).get("predicted", 0),
                attempts={name: _endings(running, name, day) for name in SLATE_SCHEDULES},
                again=len(running.runs(trigger=CHANGES, slate=day.isoformat())),
                documents=len(self.documents.get(day, ())),
                graded=graded.get(day, {}).get("players", 0),
                raised=sum(one["game_date"] == day for one in alerts),
                resolved=sum(one["game_date"] == day and one["state"] == "resolved" for one in alerts),
                twice=twice.get(day, {}).get("found", 0),
            )
            for day in self.days
        ]

    def faults(self, running: Daemon, slates: Sequence[Slate]) -> list[str]:
        """Whatever is not as it is to be; empty if every slate is published, once, and graded, and nothing is left over."""
        return [fault for slate in slates for fault in self._faults_of(slate)] + list(self._left_over(running))

    def _faults_of(self, slate: Slate) -> Iterator[str]:
        wanted = Ending.PUBLISHED if slate.games else Ending.NO_SLATE
        for name, endings in slate.attempts.items():
            if name in TODAY and endings[-1:] != [wanted]:
                yield f"{slate.day}: {name} ended {', '.join(endings) or 'never'}, not {wanted}"
            if sum(Ending(one).is_final for one in endings) > 1:
                yield f"{slate.day}: {name} was brought to an end twice: {', '.join(endings)}"
        if slate.twice:
            yield f"{slate.day}: {slate.twice} predictions are in force twice"
        if slate.predicted < slate.expected:
            yield f"{slate.day}: {slate.predicted} of {slate.expected} expected players predicted"
        yield from self._faults_of_document(slate)

    def _faults_of_document(self, slate: Slate) -> Iterator[str]:
        """The document lists each player in force, once (by id: two may share a name)."""
        name = f"v1/predictions/{slate.day}.json"
        if not slate.documents:
            yield f"{name} was never published"
            return
        document = json.loads(self.platform.store.get(name))
        listed = sorted(player["universal_player_id"] for game in document["games"] for player in game["players"])
        in_force = sorted(row["universal_player_id"] for row in self._rows(_IN_FORCE) if row["game_date"] == slate.day)
        if document["game_date"] != slate.day.isoformat() or listed != in_force:
            yield f"{name} lists {len(listed)} players, {len(in_force)} are predicted"

    def _left_over(self, running: Daemon) -> Iterator[str]:
        today = self.platform.today
        if late := dates_without_results(self.platform, today):
            yield f"results did not come: {', '.join(map(str, late))}"
        if ungraded := games_to_grade(self.platform, today):
            yield f"games are not graded: {ungraded}"
        if staged := self.platform.warehouse.staging_tables():
            yield f"staging is left over: {', '.join(one.name for one in staged)}"
        if unfinished := running.instance.get_runs(dg.RunsFilter(statuses=past.UNDER_WAY)):
            yield f"runs never ended: {', '.join(one.run_id for one in unfinished)}"
        if alerts := [one for one in self._rows(_ALERTS) if (one["state"], one["severity"]) == ("open", "critical")]:
            yield f"critical alerts are open: {', '.join(one['alert_text'] for one in alerts)}"

    def _say_run(self, record: dg.RunRecord) -> None:
        run = record.dagster_run
        tags = run.tags
        what = f"{tags[work.TRIGGER_TAG]} {tags.get(work.SLATE_TAG, '')}".strip()
        is_well = run.status is dg.DagsterRunStatus.SUCCESS
        ending = tags.get(work.ENDING_TAG) if is_well else None
        routine = tags[work.TRIGGER_TAG] in ROUTINE and is_well and not _silent(tags)
        at = datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC)
        self.say(at, what, ending or _ENDED.get(run.status, run.status.value.lower()), _why(tags), is_routine=routine)

    def _by_day(self, sql: str) -> dict[date, Row]:
        return {row["game_date"]: row for row in self._rows(sql)}

    def _rows(self, sql: str) -> list[Row]:
        span = {"start_date": self.days[0], "end_date": self.days[-1]}
        rows: list[Row] = self.platform.warehouse.query(sql, span).to_pylist()
        return rows


def _endings(running: Daemon, name: str, day: date) -> list[str]:
    return [one.ending.value for one in past.attempts_at(running.instance, day, name)]


def _silent(tags: Mapping[str, str]) -> dict[str, str]:
    """Sources that did not answer everything."""
    return {source: said for source, said in json.loads(tags.get(work.UNANSWERED_TAG, "{}")).items() if said}


def _why(tags: Mapping[str, str]) -> str:
    parts = [tags.get("nba_props/changes", ""), tags.get(work.SAID_TAG, "")]
    if silent := _silent(tags):
        parts.append(f"not everything from {', '.join(sorted(silent))}")
    if int(tags.get(work.NEWS_TAG, "0")):
        parts.append(f"{tags[work.NEWS_TAG]} new payloads")
    return _short("; ".join(part for part in parts if part))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SAID else f"{text[: _LONGEST_SAID - 1]}…"


# -- as text ------------------------------------------------------------------------------------------------------------

_HEADINGS = (
    "slate",
    "games",
    "expected",
    "predicted",
    "overnight",
    "same day",
    "evening before",
    "predicted again",
    "documents",
    "graded",
    "alerts raised / resolved",
    "twice in force",
)


def table_of(slates: Iterable[Slate]) -> str:
    """One row a slate, in Markdown."""
    lines = [f"| {' | '.join(_HEADINGS)} |", f"|{'---|' * len(_HEADINGS)}"]
    return "\n".join([*lines, *map(_row, slates)])


def _row(slate: Slate) -> str:
    attempts = [_counted(slate.attempts[name]) for name in SLATE_SCHEDULES]
    cells = [
        f"{slate.day:%a %d %b}",
        slate.games,
        slate.expected,
        slate.predicted,
        *attempts,
        slate.again,
        slate.documents,
        slate.graded,
        f"{slate.raised} / {slate.resolved}",
        slate.twice,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _counted(endings: Sequence[str]) -> str:
    """not ready x 3, published."""
    runs: list[tuple[str, int]] = []
    for one in endings:
        times = runs.pop()[1] + 1 if runs and runs[-1][0] == one else 1
        runs.append((one, times))
    return ", ".join(one if times == 1 else f"{one} x {times}" for one, times in runs) or "-"
