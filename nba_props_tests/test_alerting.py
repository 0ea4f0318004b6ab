"""Alerts on a warehouse with rows: each situation from its tables, what each channel knows, refusals, kills, commands."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.email.base import NotifyEmail
from pydantic import SecretStr

from nba_props import alerting
from nba_props.alerting import Automation, dates_to_watch, watch
from nba_props.domain.alerts import Duty, Severity, Situation, Telling
from nba_props.errors import BadInput
from nba_props.io import notify
from nba_props.io.warehouse.base import StagingTable
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.cli.conftest import Call, call  # noqa: F401  a fixture
from nba_props_tests.receivers import Inbox, free_port, smtp_server, webhook_receiver
from nba_props_tests.slates import DAY, later

PREDICTIONS = f"v1/predictions/{DAY}.json"
TONIGHT = "v1/tonight/all-players.json"


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A good slate two hours after noon Eastern, exported, every duty done, with a good slate the day before."""
    home = slates.new_home(tmp_path_factory.mktemp("good") / "home", later(120))
    slates.good_slate(home)
    slates.coverage(home, 20, day=DAY - timedelta(days=1))
    for path in (PREDICTIONS, TONIGHT):
        exported(home, path)
    run_of(home, "predictions/player_prop_predictions", "success", minutes=0)
    return home


@pytest.fixture
def home(good_home: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setattr(notify, "PAUSE_SECONDS", 0.0)
    return slates.copy_home(good_home, tmp_path / "home")


@pytest.fixture
def hook() -> Iterator[Inbox]:
    with webhook_receiver() as inbox:
        yield inbox


def exported(home: Platform, path: str, state: str = "published", minutes: float = 5) -> None:
    home.store.put(path, b"{}")
    row = {"game_date": DAY, "path": path, "state": state, "published_at": later(minutes)}
    slates.put(home, "nba_monitoring.export_log", row)


def run_of(home: Platform, step: str, status: str, minutes: float) -> None:
    row = {"run_id": f"run-{minutes}", "processor_name": step, "status": status, "data_date": DAY}
    slates.put(home, "nba_reference.processor_run_history", row | {"started_at": later(minutes)})


def telling(home: Platform, *inboxes: Inbox, minutes: float = 0, **changed: Any) -> Platform:
    """The same home some minutes later, with a channel for each inbox."""
    urls = " ".join(f"json://127.0.0.1:{one.port}/s3cretPath" for one in inboxes)
    now = home.settings.now + timedelta(minutes=minutes)
    return Platform(home.settings.model_copy(update={"now": now, "alert_urls": SecretStr(urls)} | changed))


def tellings(found: alerting.Watch) -> list[tuple[str, Telling]]:
    return [(one.alert.fingerprint, one.telling) for one in found.sendings]


def stored(home: Platform) -> list[dict[str, Any]]:
    rows = home.warehouse.query("SELECT * FROM nba_monitoring.alerts ORDER BY game_date, fingerprint").to_pylist()
    return [row | {"deliveries": json.loads(row["deliveries"])} for row in rows]


# -- situations ---------------------------------------------------------------------------------------------------------


def test_a_good_slate_is_no_alert(home: Platform) -> None:
    found = watch(home, DAY)
    assert (found.standing, found.exit_code, stored(home)) == ([], 0, [])


def lower_coverage(home: Platform) -> None:
    slates.coverage(home, 18)


def drop_coverage(home: Platform) -> None:
    slates.coverage(home, 16)


def fail_a_batch(home: Platform) -> None:
    slates.batch(home, batch_id="batch_2", opened_at=later(1), state="failed", consolidated_at=None)


def merge_in_part(home: Platform) -> None:
    slates.batch(home, state="partial", staged_players=19, completion_pct=95.0)


def open_a_batch(home: Platform) -> None:
    slates.batch(home, batch_id="batch_2", opened_at=later(1), state="open", consolidated_at=None)


def lose_an_export(home: Platform) -> None:
    home.store.delete(PREDICTIONS)


def withhold(home: Platform) -> None:
    exported(home, PREDICTIONS, state="withheld")


def change_after_export(home: Platform) -> None:
    slates.predictions(home, updated_at=later(30))


def change_just_now(home: Platform) -> None:
    slates.predictions(home, updated_at=later(119))


def withdraw_everything(home: Platform) -> None:
    home.warehouse.delete(
        slates.table("nba_predictions.player_prop_predictions"),
        "game_date BETWEEN @start_date AND @end_date",
        {"start_date": DAY, "end_date": DAY},
    )


def fail_a_step(home: Platform) -> None:
    run_of(home, "precompute/ml_feature_store", "failed", minutes=10)


def leave_staging(home: Platform, days: int = 3) -> None:
    staging = StagingTable(f"batch_{DAY}_9", DAY - timedelta(days=days), "xgboost_v1", "0", later(-120))
    predictions = slates.table("nba_predictions.player_prop_predictions")
    home.warehouse.stage(predictions, staging, slates.rows(predictions.full_name))


def quote_strangers(home: Platform) -> None:
    """Eleven names: one more than the bound."""
    stranger = {"game_date": DAY, "is_quoted": True, "reason": "unknown"}
    names = [
        stranger | {"player_name": f"Stranger {number}", "player_lookup": f"stranger{number}"} for number in range(11)
    ]
    slates.put(home, "nba_reference.unresolved_player_names", *names)


def failing(check: str, severity: str) -> Callable[[Platform], None]:
    def fail(home: Platform) -> None:
        row = {"asset": "predictions/player_prop_predictions", "check_name": check, "severity": severity}
        slates.put(home, "nba_monitoring.check_results", row | {"game_date": DAY, "passed": False, "detail": "9 of 10"})

    fail.__name__ = check
    return fail


def landed(home: Platform, feed: str, minutes: float = 1, **columns: Any) -> None:
    """One answer of ESPN for the date."""
    row = {"payload_ref": f"landing/espn/{DAY}/{feed}", "fetched_at": later(minutes), "source": "espn", "feed": feed}
    slates.put(home, "nba_raw.landed_payloads", row | {"filed_date": DAY, "outcome": "content"} | columns)


def send_nothing(home: Platform) -> None:
    landed(home, "scoreboard", is_empty_slate=True)


def send_another_shape(home: Platform) -> None:
    landed(home, "roster", rejection_reason="espn: roster BOS is not what this parser knows.")


def send_what_is_sent_again_tomorrow(home: Platform) -> None:
    landed(home, "scoreboard", is_superseded=True)


W, C = Severity.WARNING, Severity.CRITICAL


@pytest.mark.parametrize(
    ("change", "alerts"),
    [
        (lower_coverage, {(Situation.LOW_COVERAGE, W)}),
        (drop_coverage, {(Situation.LOW_COVERAGE, C), (Situation.COVERAGE_FELL, W)}),
        (fail_a_batch, {(Situation.CONSOLIDATION_FAILED, C)}),
        (merge_in_part, {(Situation.CONSOLIDATION_PARTIAL, W)}),
        (open_a_batch, set()),
        (lose_an_export, {(Situation.EXPORT_NOT_TRIGGERED, C)}),
        (withhold, {(Situation.EXPORT_WITHHELD, C)}),
        (change_after_export, {(Situation.EXPORT_STALE, W)}),
        (change_just_now, set()),
        (withdraw_everything, {(Situation.NO_PREDICTIONS, C)}),
        (fail_a_step, {(Situation.STEP_FAILED, W)}),
        (leave_staging, {(Situation.ORPHANED_STAGING, W)}),
        (quote_strangers, {(Situation.UNRESOLVED_NAMES, W)}),
        (failing("recommendation_skew", "warning"), {(Situation.SKEW, W)}),
        (failing("error_decay", "warning"), {(Situation.DRIFT, W)}),
        (failing("rosters_partial", "warning"), {(Situation.SOURCE_PARTIAL, W)}),
        (send_nothing, {(Situation.SOURCE_EMPTY, W)}),
        (send_what_is_sent_again_tomorrow, set()),
        (send_another_shape, {(Situation.SOURCE_REFUSED, W)}),
        (failing("single_active", "integrity"), {(Situation.CHECK_FAILED, C)}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_each_situation_is_found_in_its_tables(
    home: Platform, change: Callable[[Platform], None], alerts: set[tuple[Situation, Severity]]
) -> None:
    change(home)
    found = watch(home, DAY)
    assert {(one.alert.situation, one.alert.severity) for one in found.open} == alerts
    assert {(row["situation"], row["state"]) for row in stored(home)} == {(one.value, "open") for one, _ in alerts}


def test_an_answer_that_can_be_read_makes_good_the_one_before(home: Platform, hook: Inbox) -> None:
    send_another_shape(home)
    assert tellings(watch(telling(home, hook), DAY)) == [("source_refused/espn#roster", Telling.RAISED)]
    assert "1 of 1 answers cannot be read" in hook.messages[0]
    landed(home, "roster", minutes=2, rows_read=15, rows_kept=15)
    assert tellings(watch(telling(home, hook), DAY)) == [("source_refused/espn#roster", Telling.RESOLVED)]


def test_partial_rosters_are_asked_for_again_by_their_word(home: Platform) -> None:
    failing("rosters_partial", "warning")(home)
    [partial] = watch(home, DAY).open
    assert partial.alert.next_step == f"nba-props fetch --source rosters {DAY}"


NOON_RUN = Duty("noon", "predictions/player_prop_predictions", time(12), 0)


@pytest.mark.parametrize(
    ("status", "is_missed"), [("success", False), ("running", False), ("failed", True), ("interrupted", True)]
)
def test_a_duty_is_done_by_a_success_or_by_one_who_is_still_at_it(home: Platform, status: str, is_missed: bool) -> None:
    missing_run(home)
    run_of(home, NOON_RUN.step, status, minutes=1)
    found = {one.alert.situation for one in watch(home, DAY, automation=Automation(duties=[NOON_RUN])).open}
    assert (Situation.SCHEDULE_MISSED in found) is is_missed
    assert Situation.SCHEDULE_MISSED not in {one.alert.situation for one in watch(home, DAY).open}


def missing_run(home: Platform, *, is_new: bool = False) -> None:
    """As if nobody had run anything for the date, in a home that has run before unless it is new."""
    home.warehouse.delete(
        slates.table("nba_reference.processor_run_history"),
        "data_date BETWEEN @start_date AND @end_date",
        {"start_date": DAY, "end_date": DAY},
    )
    if not is_new:
        run_of(home, "raw/archive_history", "success", minutes=-60 * 24)


def test_a_home_owes_nothing_of_the_time_before_it_ran_anything(home: Platform) -> None:
    missing_run(home, is_new=True)
    run_of(home, "raw/archive_history", "success", minutes=60 * 24)
    home.warehouse.delete(
        slates.table("nba_predictions.player_prop_predictions"),
        "game_date BETWEEN @start_date AND @end_date",
        {"start_date": DAY, "end_date": DAY},
    )
    found = watch(slates.at(home, later(60 * 25)), DAY, automation=Automation(duties=[NOON_RUN]))
    told = {one.alert.situation for one in found.open}
    assert not {Situation.SCHEDULE_MISSED, Situation.NO_PREDICTIONS} & told


def test_a_date_without_games_owes_nothing(home: Platform) -> None:
    assert watch(slates.at(home, later(60 * 24 * 9)), DAY + timedelta(days=5)).open == []


def test_a_failed_check_step_and_a_killed_step_are_worded_apart(home: Platform) -> None:
    run_of(home, "checks/exports/results", "failed", minutes=10)
    run_of(home, "predictions/xgboost_v1_model/2024-01", "interrupted", minutes=11)
    failed, killed = sorted((one.alert for one in watch(home, DAY).open), key=lambda one: one.subject)
    assert failed.next_step.endswith("--select exports/results")
    assert killed.next_step.endswith("--select predictions/xgboost_v1_model")
    assert ("failed." in failed.text, "interrupted" in killed.text) == (True, True)


# -- what each channel knows --------------------------------------------------------------------------------------------


def test_a_channel_is_told_once_again_when_worse_and_when_it_is_over(home: Platform, hook: Inbox) -> None:
    lower_coverage(home)
    assert tellings(watch(telling(home, hook), DAY)) == [("low_coverage", Telling.RAISED)]
    assert tellings(watch(telling(home, hook, minutes=5), DAY)) == []
    drop_coverage(home)
    assert ("low_coverage", Telling.WORSENED) in tellings(watch(telling(home, hook, minutes=10), DAY))
    slates.coverage(home, 20)
    over = tellings(watch(telling(home, hook, minutes=15), DAY))
    assert set(over) == {("coverage_fell", Telling.RESOLVED), ("low_coverage", Telling.RESOLVED)}
    assert tellings(watch(telling(home, hook, minutes=20), DAY)) == []
    assert [row["state"] for row in stored(home)] == ["resolved", "resolved"]
    lower_coverage(home)
    assert tellings(watch(telling(home, hook, minutes=25), DAY)) == [("low_coverage", Telling.RAISED)]


def test_what_lasts_is_reminded_of_after_its_hours(home: Platform, hook: Inbox) -> None:
    merge_in_part(home)
    for minutes, expected in ((0, Telling.RAISED), (119, None), (120, Telling.REMINDER), (239, None)):
        found = watch(telling(home, hook, minutes=minutes, alert_reminder_hours=2.0), DAY)
        assert [one.telling for one in found.sendings] == ([expected] if expected else []), minutes


def test_looking_again_writes_nothing_where_nothing_changed(home: Platform, hook: Inbox) -> None:
    lower_coverage(home)
    watch(telling(home, hook), DAY)
    before = stored(home)
    watch(telling(home, hook, minutes=5), DAY)
    assert stored(home) == before


def test_a_channel_that_is_added_hears_what_is_open_and_the_old_one_nothing_twice(home: Platform, hook: Inbox) -> None:
    lower_coverage(home)
    watch(telling(home), DAY)
    assert [row["sent_at"] for row in stored(home)] == [None]
    watch(telling(home, hook), DAY)
    with webhook_receiver() as added:
        watch(telling(home, hook, added, minutes=5), DAY)
        assert (len(hook.messages), len(added.messages)) == (1, 1)


@pytest.mark.parametrize("days", [3, 2000])
def test_orphans_of_another_slate_are_resolved_by_a_look_at_this_one(home: Platform, hook: Inbox, days: int) -> None:
    leave_staging(home, days)
    watch(telling(home, hook), DAY)
    home.warehouse.drop_staging(home.warehouse.staging_tables())
    [resolved] = watch(telling(home, hook), DAY + timedelta(days=1)).sendings
    assert (resolved.alert.game_date, resolved.telling) == (DAY - timedelta(days=days), Telling.RESOLVED)


# -- refusals -----------------------------------------------------------------------------------------------------------


def test_a_refusal_is_said_recorded_and_made_good_at_the_next_look_on_that_channel_alone(home: Platform) -> None:
    lower_coverage(home)
    with webhook_receiver() as sound, webhook_receiver() as broken:
        broken.refusals = notify.TRIES
        refused = watch(telling(home, sound, broken), DAY)
        assert (len(refused.refused), refused.exit_code) == (1, 2)
        [row] = stored(home)
        [taken, not_taken] = sorted(row["deliveries"].values(), key=lambda one: one["refusal"] is not None)
        assert (taken["state"], not_taken["state"]) == ("open", None)
        assert "error=500" in not_taken["refusal"]
        again = watch(telling(home, sound, broken), DAY)
        assert (len(again.sendings), again.refused) == (1, [])
        assert (len(sound.messages), len(broken.messages)) == (1, 1)


def test_a_channel_that_cannot_be_reached_is_not_waited_for_at_every_alert(home: Platform) -> None:
    drop_coverage(home)
    merge_in_part(home)
    away = SecretStr(f"json://127.0.0.1:{free_port()}/x")
    refused = watch(telling(home, alert_urls=away), DAY).refused
    assert [one.refusal == "not tried: it could not be reached just before" for one in refused] == [False, True, True]


def test_a_message_that_is_refused_does_not_silence_those_after_it(home: Platform, hook: Inbox) -> None:
    drop_coverage(home)
    merge_in_part(home)
    hook.refusals = notify.TRIES
    found = watch(telling(home, hook), DAY)
    assert (len(found.refused), len(hook.messages)) == (1, 2)


def test_the_whole_of_a_long_text_stays_in_the_table(home: Platform, hook: Inbox) -> None:
    slates.batch(
        home, batch_id="batch_2", opened_at=later(1), state="failed", consolidated_at=None, failure_reason="x" * 3000
    )
    watch(telling(home, hook), DAY)
    assert len(hook.messages[0]) < 2000
    assert len(stored(home)[0]["alert_text"]) > 3000


def test_a_mail_server_that_is_gone_and_comes_back(home: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyEmail, "request_rate_per_sec", 0)
    lower_coverage(home)
    with smtp_server() as mail:
        url = f"mailto://127.0.0.1:{mail.port}?from=nba@league.example&to=ops@league.example"
        away = url.replace(str(mail.port), str(free_port()))
        assert watch(telling(home, alert_urls=SecretStr(away)), DAY).exit_code == 2
        mail.refusals = notify.TRIES
        assert watch(telling(home, alert_urls=SecretStr(url)), DAY).exit_code == 2
        assert watch(telling(home, alert_urls=SecretStr(url)), DAY).exit_code == 1
        assert len(mail.messages) == 1


# -- killed -------------------------------------------------------------------------------------------------------------


def watch_and_die(settings: Any) -> None:
    """Be killed by `kill -9` when the first alert's messages are sent, and before it is recorded."""
    alerting._row = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    watch(Platform(settings), DAY)


@pytest.mark.whole
def test_killed_between_sending_and_recording_one_alert_is_told_again_and_none_is_lost(
    home: Platform, hook: Inbox
) -> None:
    drop_coverage(home)
    killed = get_context("spawn").Process(target=watch_and_die, args=(telling(home, hook).settings,))
    killed.start()
    killed.join(120)
    assert (killed.exitcode, len(hook.messages), stored(home)) == (-signal.SIGKILL, 1, [])
    watch(telling(home, hook), DAY)
    assert len(hook.messages) == 3
    assert len(set(hook.messages)) == 2
    assert tellings(watch(telling(home, hook), DAY)) == []


# -- commands -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch, home: Platform, call: Call, hook: Inbox) -> Call:  # noqa: F811
    monkeypatch.setenv("NBA_PROPS_NOW", str(home.settings.now))
    monkeypatch.setenv("NBA_PROPS_ALERT_URLS", f"json://127.0.0.1:{hook.port}/s3cretPath")
    return call


def test_the_command_tells_and_its_exit_code_is_the_worst_alert(home: Platform, at_noon: Call, hook: Inbox) -> None:
    assert at_noon("alerts", DAY, home=home.home).code == 0
    lower_coverage(home)
    dry = at_noon("alerts", DAY, "--dry-run", "--json", home=home.home)
    assert (dry.code, dry.json["messages"][0]["outcome"], hook.messages, stored(home)) == (1, "dry", [], [])
    told = at_noon("alerts", DAY, home=home.home)
    assert told.code == 1
    assert "raised low_coverage" in told.out
    assert f"nba-props coverage {DAY} --detailed" in told.out
    assert len(hook.messages) == 1
    drop_coverage(home)
    found = at_noon("alerts", DAY, "--json", home=home.home)
    assert found.code == 2
    assert {(one["fingerprint"], one["severity"]) for one in found.json["alerts"]} == {
        ("low_coverage", "critical"),
        ("coverage_fell", "warning"),
    }


def test_the_command_marks_what_was_killed_before_it_looks(home: Platform, at_noon: Call) -> None:
    run_of(home, "predictions/player_prop_predictions", "running", minutes=10)
    told = at_noon("alerts", DAY, home=home.home)
    assert "marked as interrupted" in told.err
    assert "was interrupted" in told.out


def test_without_a_date_the_command_looks_past_midnight_at_what_is_open_and_at_yesterday(
    home: Platform, at_noon: Call, hook: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower_coverage(home)
    assert at_noon("alerts", DAY, home=home.home).code == 1
    monkeypatch.setenv("NBA_PROPS_NOW", str(later(60 * 24 * 5)))
    days = [DAY, DAY + timedelta(days=4), DAY + timedelta(days=5)]
    reminded = at_noon("alerts", "--json", home=home.home).json
    assert reminded["game_dates"] == [str(day) for day in days]
    assert [(one["telling"], one["outcome"]) for one in reminded["messages"]] == [("reminder", "sent")]
    slates.coverage(home, 20)
    resolved = at_noon("alerts", "--json", home=home.home)
    assert ([one["telling"] for one in resolved.json["messages"]], resolved.code) == (["resolved"], 0)
    assert at_noon("alerts", "--json", home=home.home).json["game_dates"] == [str(day) for day in days[1:]]


def test_a_resolution_that_was_refused_is_sent_again_without_asking_for_its_date(home: Platform, hook: Inbox) -> None:
    lower_coverage(home)
    watch(telling(home, hook), DAY)
    slates.coverage(home, 20)
    hook.refusals = notify.TRIES
    assert len(watch(telling(home, hook), DAY).refused) == 1
    later_on = telling(home, hook, minutes=60 * 24 * 5)
    assert tellings(watch(later_on, *dates_to_watch(later_on))) == [("low_coverage", Telling.RESOLVED)]


def test_the_command_says_a_refusal_without_the_url(home: Platform, at_noon: Call, hook: Inbox) -> None:
    lower_coverage(home)
    hook.refusals = notify.TRIES
    refused = at_noon("alerts", DAY, home=home.home)
    assert refused.code == 2
    assert "REFUSED by json-" in refused.out
    assert "s3cretPath" not in refused.out + refused.err + str(stored(home))


def test_doctor_tests_each_channel_unless_told_not_to(home: Platform, at_noon: Call, hook: Inbox) -> None:
    left_alone = at_noon("doctor", "--json", "--no-alerts", home=home.home)
    assert hook.messages == []
    assert [one["said"][:5] for one in left_alone.json["findings"] if one["name"] == "alert channels"] == ["json-"]
    sent = at_noon("doctor", "--json", home=home.home)
    assert [one["state"] for one in sent.json["findings"] if one["name"] == "test message"] == ["ok"]
    assert "[test] nba-props doctor" in hook.messages[0]
    hook.refusals = notify.TRIES
    refused = at_noon("doctor", "--json", home=home.home)
    [finding] = [one for one in refused.json["findings"] if one["name"] == "test message"]
    assert (refused.code, finding["state"]) == (2, "problem")
    assert "NBA_PROPS_ALERT_URLS" in finding["next_step"]


@pytest.mark.parametrize("command", ["alerts", "doctor"])
def test_an_unconfigured_channel_is_said_at_start(
    home: Platform, at_noon: Call, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert notify.NOT_CONFIGURED not in at_noon(command, home=home.home).err
    monkeypatch.delenv("NBA_PROPS_ALERT_URLS")
    assert notify.NOT_CONFIGURED in at_noon(command, home=home.home).err.splitlines()


@pytest.mark.parametrize("arguments", [("run", f"{DAY}"), ("backfill", f"{DAY}", f"{DAY}"), ("ui", "--port", "1")])
def test_what_runs_for_long_says_so_before_its_first_run(
    home: Platform, at_noon: Call, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is stopped where its work begins."""

    def stopped(*_: object) -> None:
        raise BadInput("Stopped by the test.", next_step="none")

    monkeypatch.setattr("nba_props.cli.homes._until_stopped", lambda *_: 0)
    monkeypatch.setattr("nba_props.cli.slates._run", stopped)
    monkeypatch.delenv("NBA_PROPS_ALERT_URLS")
    assert at_noon(*arguments, home=home.home).err.splitlines()[0] == notify.NOT_CONFIGURED
