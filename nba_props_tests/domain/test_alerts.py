"""Alerts as rules: each situation on facts that call for it and on facts that do not, and how often a channel is told."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.alerts import (
    DUTIES,
    GUIDES,
    LONGEST_BODY,
    RUNBOOK,
    Alert,
    BatchFacts,
    Bounds,
    CheckFacts,
    CoverageFacts,
    Duty,
    ExportFacts,
    ExportFault,
    Facts,
    FeedFacts,
    Missed,
    Severity,
    Shortfall,
    Situation,
    SourceFacts,
    StepFacts,
    Telling,
    Told,
    alerts_of,
    message_of,
    missed_duties,
    shortfalls,
    to_tell,
)

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
BOUNDS = Bounds(warn_below_pct=95, critical_below_pct=85, unresolved_names=3)
UI = "http://ui.example:3000"
REMIND = timedelta(hours=12)


def found(**facts: Any) -> list[tuple[Situation, Severity]]:
    alerts = alerts_of(Facts(DAY, NOON, **facts), BOUNDS, UI)
    return [(alert.situation, alert.severity) for alert in alerts]


def covered(pct: float | None, before: float | None = None) -> CoverageFacts:
    return CoverageFacts(pct, 200, round(2 * (pct or 0)), before)


def export(fault: ExportFault, minutes: float | None) -> ExportFacts:
    return ExportFacts("v1/x.json", fault, None if minutes is None else NOON - timedelta(minutes=minutes))


def check(name: str, severity: str = "warning") -> CheckFacts:
    return CheckFacts("predictions/x", name, severity, "2 of 3.")


# -- rules --------------------------------------------------------------------------------------------------------------

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def test_a_slate_without_a_fault_is_no_alert() -> None:
    assert found() == []
    assert found(coverage=covered(100.0, 100.0)) == []


@pytest.mark.parametrize(
    ("pct", "alerts"),
    [
        (95.0, []),
        (94.9, [(Situation.LOW_COVERAGE, WARNING)]),
        (85.0, [(Situation.LOW_COVERAGE, WARNING)]),
        (84.9, [(Situation.LOW_COVERAGE, CRITICAL)]),
        (None, [(Situation.LOW_COVERAGE, CRITICAL)]),
    ],
)
def test_coverage_is_told_below_95_and_critical_below_85(pct: float | None, alerts: list[Any]) -> None:
    assert found(coverage=covered(pct)) == alerts


@pytest.mark.parametrize(
    ("pct", "before", "is_told"),
    [(89.9, 90.0, True), (90.0, 99.0, False), (89.9, 89.0, False), (89.9, None, False), (50.0, 100.0, True)],
)
def test_a_fall_below_90_is_told_once_and_not_while_it_stays_low(
    pct: float, before: float | None, is_told: bool
) -> None:
    fell = [one for one in found(coverage=covered(pct, before)) if one[0] is Situation.COVERAGE_FELL]
    assert bool(fell) is is_told


def test_a_batch_that_failed_is_critical_and_a_partial_one_a_warning() -> None:
    batches = [BatchFacts("batch_1", True, "It is failed."), BatchFacts("batch_2", False, "It is partial.")]
    assert found(batches=batches) == [
        (Situation.CONSOLIDATION_FAILED, CRITICAL),
        (Situation.CONSOLIDATION_PARTIAL, WARNING),
    ]


@pytest.mark.parametrize(
    ("fault", "minutes", "alerts"),
    [
        (ExportFault.MISSING, 15, [(Situation.EXPORT_NOT_TRIGGERED, CRITICAL)]),
        (ExportFault.MISSING, 14, []),
        (ExportFault.MISSING, None, []),
        (ExportFault.STALE, 15, [(Situation.EXPORT_STALE, WARNING)]),
        (ExportFault.STALE, 14, []),
        (ExportFault.WITHHELD, 0, [(Situation.EXPORT_WITHHELD, CRITICAL)]),
    ],
)
def test_an_export_has_its_time_to_follow(fault: ExportFault, minutes: float | None, alerts: list[Any]) -> None:
    assert found(exports=[export(fault, minutes)]) == alerts


@pytest.mark.parametrize(
    ("fault", "alert"),
    [
        (Shortfall.EMPTY, (Situation.SOURCE_EMPTY, WARNING)),
        (Shortfall.REFUSED, (Situation.SOURCE_REFUSED, WARNING)),
    ],
)
def test_a_source_that_disappoints_is_told_by_its_kind(fault: Shortfall, alert: Any) -> None:
    assert found(sources=[SourceFacts("espn", "scoreboard", fault, "it names nothing")]) == [alert]


@pytest.mark.parametrize(
    ("feed", "has_games", "fault"),
    [
        (FeedFacts("balldontlie", "standings", 1, empty=1), True, Shortfall.EMPTY),
        (FeedFacts("balldontlie", "standings", 1, empty=1), False, None),
        (FeedFacts("balldontlie", "player_injuries", 3, empty=1), True, None),
        (FeedFacts("bettingpros", "books", 1, empty=1), True, None),
        (
            FeedFacts("bettingpros", "events", 1, empty=1),
            True,
            None,
        ),  # fills no table, so that no row of it is ever read
        (FeedFacts("espn", "roster", 30, unreadable=1, why="no shape known."), True, Shortfall.REFUSED),
        (FeedFacts("espn", "roster", 30, unreadable=1, why="no shape known."), False, Shortfall.REFUSED),
    ],
)
def test_nothing_is_a_shortfall_only_where_there_is_always_something(
    feed: FeedFacts, has_games: bool, fault: Shortfall | None
) -> None:
    assert [one.fault for one in shortfalls([feed], has_games)] == ([fault] if fault else [])


def test_the_next_step_of_an_empty_source_asks_it_again_by_its_word() -> None:
    [alert] = alerts_of(
        Facts(DAY, NOON, sources=shortfalls([FeedFacts("espn", "scoreboard", 1, empty=1)], True)), BOUNDS, UI
    )
    assert alert.next_step == f"nba-props fetch --source espn --force {DAY}"
    assert alert.text.startswith("espn/scoreboard is empty")


@pytest.mark.parametrize(("names", "is_told"), [(3, False), (4, True)])
def test_unresolved_names_are_told_above_the_bound(names: int, is_told: bool) -> None:
    assert found(unresolved_names=names) == ([(Situation.UNRESOLVED_NAMES, WARNING)] if is_told else [])


@pytest.mark.parametrize(
    ("one", "alerts"),
    [
        (check("recommendation_skew"), [(Situation.SKEW, WARNING)]),
        (check("line_concentration"), [(Situation.SKEW, WARNING)]),
        (check("error_decay"), [(Situation.DRIFT, WARNING)]),
        (check("interval_coverage"), [(Situation.DRIFT, WARNING)]),
        (check("rosters_partial"), [(Situation.SOURCE_PARTIAL, WARNING)]),
        (check("roster_completeness", "error"), [(Situation.CHECK_FAILED, WARNING)]),
        (check("single_active", "integrity"), [(Situation.CHECK_FAILED, CRITICAL)]),
        (check("graded_totals", "error"), [(Situation.CHECK_FAILED, WARNING)]),
        (check("feature_null_share", "warning"), []),
        (check("orphaned_staging", "warning"), []),
    ],
    ids=lambda value: value.name if isinstance(value, CheckFacts) else "",
)
def test_failed_checks_are_told_as_skew_drift_or_themselves(one: CheckFacts, alerts: list[Any]) -> None:
    assert found(failed_checks=[one]) == alerts


def test_orphans_are_filed_under_their_own_slate() -> None:
    older = DAY - timedelta(days=40)
    [alert] = alerts_of(Facts(DAY, NOON, orphans={older: "2 tables of batch_1"}), BOUNDS, UI)
    assert (alert.situation, alert.game_date) == (Situation.ORPHANED_STAGING, older)
    assert str(older) in alert.next_step


def test_two_checks_of_one_asset_are_two_alerts_with_the_assets_page() -> None:
    alerts = alerts_of(Facts(DAY, NOON, failed_checks=[check("error_decay"), check("value_decay")]), BOUNDS, UI)
    assert len({alert.fingerprint for alert in alerts}) == 2
    assert {alert.link for alert in alerts} == {f"{UI}/assets/predictions/x"}


def test_a_step_that_was_stopped_is_not_said_to_have_failed_and_a_check_is_run_again_by_its_asset() -> None:
    steps = [StepFacts("checks/exports/results", "exports/results"), StepFacts("raw/x", "raw/x", is_interrupted=True)]
    check, stopped = alerts_of(Facts(DAY, NOON, failed_steps=steps), BOUNDS, UI)
    assert check.text == f"The latest run of checks/exports/results for {DAY} failed."
    assert check.next_step.endswith(f"nba-props run {DAY} --select exports/results")
    assert stopped.text.startswith(f"The latest run of raw/x for {DAY} was interrupted")
    assert stopped.fingerprint == "step_failed/raw/x"


@pytest.mark.parametrize(("minutes", "is_told"), [(14, False), (15, True)])
def test_a_slate_without_predictions_is_critical_once_the_same_day_run_had_its_time(
    minutes: int, is_told: bool
) -> None:
    facts = Facts(DAY, NOON + timedelta(minutes=minutes), is_unpredicted=True)
    told = [(one.situation, one.severity) for one in alerts_of(facts, BOUNDS, UI)]
    assert told == ([(Situation.NO_PREDICTIONS, CRITICAL)] if is_told else [])


# -- schedules ----------------------------------------------------------------------------------------------------------

STEP = "predictions/player_prop_predictions"


@pytest.mark.parametrize(
    ("started", "minutes", "schedules"),
    [
        ([], -1, []),
        ([], 45, ["noon"]),
        ([(STEP, timedelta(0))], 45, []),
        ([(STEP, timedelta(minutes=-1))], 45, ["noon"]),
        ([("raw/schedule", timedelta(0))], 45, ["noon"]),
    ],
)
def test_a_schedule_is_missed_if_its_step_was_not_started_since_it_was_due(
    started: list[tuple[str, timedelta]], minutes: float, schedules: list[str]
) -> None:
    duty = Duty("noon", STEP, time(12), 0)
    starts = [(step, NOON + after) for step, after in started]
    missed = missed_duties(DAY, starts, NOON + timedelta(minutes=minutes), [duty])
    assert [one.schedule for one in missed] == schedules


def test_what_is_due_the_evening_before_and_the_morning_after_is_so_in_eastern_time() -> None:
    assert [one.schedule for one in missed_duties(DAY, [], datetime(2024, 1, 14, 23, 45, tzinfo=UTC), DUTIES)] == [
        "same-day-predictions-tomorrow"
    ]
    morning_after = missed_duties(DAY, [], datetime(2024, 1, 16, 10, 45, tzinfo=UTC), DUTIES)
    graded = [one for one in morning_after if "grade" in one.command]
    assert [(one.schedule, one.due_at) for one in graded] == [
        ("grading-and-results", datetime(2024, 1, 16, 10, tzinfo=UTC))
    ]


def test_a_missed_schedule_says_what_does_its_work_by_hand() -> None:
    missed = Missed("grading-and-results", "grading/prediction_accuracy", NOON, "nba-props grade")
    [alert] = alerts_of(Facts(DAY, NOON, missed=[missed]), BOUNDS, UI)
    assert alert.next_step.endswith(f"nba-props grade {DAY}")


# -- words --------------------------------------------------------------------------------------------------------------


def test_every_situation_has_a_guide_and_a_section_in_the_runbook() -> None:
    assert set(GUIDES) == set(Situation)
    text = (Path(__file__).resolve().parents[2] / RUNBOOK).read_text(encoding="utf-8")
    headings = re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE)
    assert headings == [one.value.replace("_", "-") for one in Situation]


def test_a_message_holds_what_the_next_step_the_link_and_the_runbook() -> None:
    [alert] = alerts_of(Facts(DAY, NOON, coverage=covered(80.0)), BOUNDS, f"{UI}/")
    raised = message_of(alert, Telling.RAISED)
    assert raised.title == "[critical] low coverage, 2024-01-15"
    assert raised.body.splitlines() == [
        "Coverage is below 85 %: 160 of 200 expected players, 80.0 %.",
        "Next step: nba-props coverage 2024-01-15 --detailed",
        f"Link: {UI}/assets/monitoring/prediction_coverage",
        "Runbook: docs/runbooks/alerts.md#low-coverage",
    ]
    assert message_of(alert, Telling.REMINDER).title.endswith("(reminder)")
    resolved = message_of(alert, Telling.RESOLVED)
    assert (resolved.title[:10], resolved.severity) == ("[resolved]", None)


@given(st.text(max_size=3000), st.text(max_size=3000), st.sampled_from(Telling))
def test_no_message_is_longer_than_a_channel_takes_and_a_long_text_leaves_room_for_the_next_step(
    text: str, step: str, telling: Telling
) -> None:
    alert = Alert(Situation.CHECK_FAILED, DAY, "x", CRITICAL, text, step, UI)
    body = message_of(alert, telling).body
    assert len(body) <= LONGEST_BODY
    if telling is not Telling.RESOLVED and len(step) < 1000:
        assert f"Next step: {step}\nLink: {UI}" in body


# -- how often ----------------------------------------------------------------------------------------------------------

LOOKS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(Severity), st.booleans(), st.integers(1, 900)), min_size=1, max_size=30
)
"""Looks at one alert: is it open, how bad, does the channel take a message, minutes since the look before."""


def told_over(
    looks: list[tuple[bool, Severity, bool, int]],
) -> list[tuple[Telling | None, bool, Severity, Told | None]]:
    """Play the looks against one channel: what it was told at each, the state of things, and what it knew before."""
    told, now, log = None, NOON, []
    for is_open, severity, takes, minutes in looks:
        now += timedelta(minutes=minutes)
        telling = to_tell(is_open, severity, told, now, REMIND)
        log.append((telling if takes else None, is_open, severity, told))
        if telling is not None and takes:
            told = Told(is_open, severity, now)
    return log


@given(LOOKS)
def test_looking_twice_at_the_same_instant_tells_nothing_new(looks: list[Any]) -> None:
    told, now = None, NOON
    for is_open, severity, _, minutes in looks:
        now += timedelta(minutes=minutes)
        if to_tell(is_open, severity, told, now, REMIND) is not None:
            told = Told(is_open, severity, now)
        assert to_tell(is_open, severity, told, now, REMIND) is None


@given(LOOKS)
def test_openings_and_endings_alternate_on_each_channel(looks: list[Any]) -> None:
    edges = [one[0] for one in told_over(looks) if one[0] in (Telling.RAISED, Telling.RESOLVED)]
    assert all(edge is (Telling.RAISED if place % 2 == 0 else Telling.RESOLVED) for place, edge in enumerate(edges))


@given(LOOKS)
def test_whatever_a_channel_refused_it_knows_after_the_first_look_that_it_takes(looks: list[Any]) -> None:
    """An open alert is known as open, at least as bad as it is; one that is over is not believed open."""
    told, now = None, NOON
    for is_open, severity, takes, minutes in looks:
        now += timedelta(minutes=minutes)
        if to_tell(is_open, severity, told, now, REMIND) is not None and takes:
            told = Told(is_open, severity, now)
        if takes and is_open:
            assert told is not None
            assert told.is_open
            assert told.severity >= severity
        if takes and not is_open:
            assert told is None or not told.is_open


@given(st.sampled_from(Severity), st.integers(1, 200), st.integers(1, 30))
def test_an_alert_that_lasts_is_told_no_oftener_than_the_reminder(severity: Severity, looks: int, every: int) -> None:
    log = told_over([(True, severity, True, every)] * looks)
    messages = [one[0] for one in log if one[0] is not None]
    lasted = timedelta(minutes=every * (looks - 1))
    assert messages[0] is Telling.RAISED
    assert len(messages) - 1 <= lasted / REMIND


def test_worse_is_told_at_once_and_better_is_not() -> None:
    told = Told(True, WARNING, NOON)
    assert to_tell(True, CRITICAL, told, NOON, REMIND) is Telling.WORSENED
    assert to_tell(True, WARNING, replace(told, severity=CRITICAL), NOON, REMIND) is None
