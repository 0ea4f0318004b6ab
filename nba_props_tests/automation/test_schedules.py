"""Schedules: what each starts for which slate, and when it starts nothing and says why."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from nba_props.automation.schedules import build_schedules, shown
from nba_props.automation.sensors import build_sensors
from nba_props.domain.alerts import DUTIES
from nba_props.domain.calendar import EASTERN
from nba_props.platform import Platform
from nba_props_tests.automation.looking import SCHEDULES, tick, work_of
from nba_props_tests.slates import DAY, GAMES, TIP, at, new_home, put, schedule


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A home that knows DAY's games, with a source to ask."""
    platform = new_home(tmp_path_factory.mktemp("schedules") / "home")
    schedule(platform)
    return Platform(platform.settings.model_copy(update={"sources_url": "http://127.0.0.1:1"}))


def eastern(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return datetime(2024, 1, 15, hour, minute, tzinfo=EASTERN) + timedelta(days=days)


@pytest.mark.parametrize(
    ("name", "due", "job", "date"),
    [
        ("overnight_predictions", eastern(7), "slate", "2024-01-15"),
        ("same_day_predictions", eastern(11, 30), "slate", "2024-01-15"),
        ("same_day_predictions_tomorrow", eastern(18), "slate", "2024-01-16"),
        ("grading_and_results", eastern(5), "grade_slate", "2024-01-14"),
    ],
)
def test_each_schedule_starts_its_slate_in_eastern_time(
    home: Platform, name: str, due: datetime, job: str, date: str
) -> None:
    for instant in (due, due.astimezone(UTC)):
        request = tick(at(home, due), name, instant)
        assert isinstance(request, dg.RunRequest)
        assert work_of(request)["date"] == date
        assert request.run_key is not None
        assert date in request.run_key
    assert SCHEDULES[name].job_name == job
    clock = SCHEDULES[name].cron_schedule
    assert clock == f"{due.minute} {due.hour} * * *"


def test_the_front_page_turns_at_midnight_and_not_later_than_its_date(home: Platform) -> None:
    request = tick(at(home, eastern(0)), "front_page", eastern(0))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2024-01-15"
    assert SCHEDULES["front_page"].job_name == "exports"
    assert "is over" in str(tick(at(home, eastern(9, days=1)), "front_page", eastern(0)))


def test_without_a_configured_source_nothing_is_asked_and_the_reason_names_the_settings(home: Platform) -> None:
    bare = Platform(home.settings.model_copy(update={"sources_url": ""}))
    for name in SCHEDULES:
        said = tick(bare, name, eastern(7))
        assert isinstance(said, str)
        assert "NBA_PROPS_ODDS_API_KEY" in said


def test_a_late_tick_does_not_predict_a_slate_that_is_over_but_still_grades_it(home: Platform) -> None:
    late = at(home, eastern(9, days=1))
    assert tick(late, "overnight_predictions", eastern(7)) == "the tick is late and 2024-01-15 is over"
    assert isinstance(tick(late, "same_day_predictions_tomorrow", eastern(18)), dg.RunRequest)
    assert isinstance(tick(late, "grading_and_results", eastern(5)), dg.RunRequest)


def test_sources_are_asked_faster_before_a_tip(home: Platform) -> None:
    def asks(due: datetime, now: datetime | None = None) -> bool:
        return isinstance(tick(at(home, now or due), "hourly_fetch", due), dg.RunRequest)

    assert asks(eastern(9))
    assert not asks(eastern(9, 10))
    assert asks(TIP - timedelta(minutes=90))
    assert not asks(TIP - timedelta(minutes=100))
    assert not asks(eastern(9), eastern(9, 10))


def test_in_the_evening_tomorrow_is_asked_about_too_and_what_has_begun_is_not_looked_at_anew(home: Platform) -> None:
    def work(due: datetime) -> dict[str, object]:
        request = tick(at(home, due), "hourly_fetch", due)
        assert isinstance(request, dg.RunRequest)
        return work_of(request)

    assert (work(eastern(17))["dates"], work(eastern(17))["refresh"]) == (["2024-01-15"], ["2024-01-15"])
    assert work(eastern(20))["dates"] == ["2024-01-15", "2024-01-16"]
    assert work(eastern(20))["refresh"] == []


def test_results_that_did_not_come_are_asked_for_at_full_hours_until_they_are_there(home: Platform) -> None:
    def late(due: datetime) -> object:
        request = tick(at(home, due), "hourly_fetch", due)
        assert isinstance(request, dg.RunRequest)
        return work_of(request)["late"]

    assert late(eastern(5, days=1)) == []
    assert late(eastern(6, days=1)) == late(eastern(23, days=7)) == ["2024-01-15"]
    assert late(eastern(6, days=8)) == []
    assert late(eastern(20)) == []
    one, other = GAMES
    put(home, "nba_raw.player_box_scores", {"game_date": DAY, "game_id": one})
    assert late(eastern(6, days=1)) == ["2024-01-15"]
    put(home, "nba_raw.box_score_reports", {"game_date": DAY, "game_id": other})
    assert late(eastern(6, days=1)) == []


def test_they_start_switched_off_unless_asked_for() -> None:
    for is_on in (False, True):
        found = [*build_schedules(is_on=is_on), *build_sensors(is_on=is_on)]
        assert {one.default_status.value for one in found} == {"RUNNING" if is_on else "STOPPED"}


def test_every_duty_that_alerts_watch_is_a_schedule_at_that_time() -> None:
    for duty in DUTIES:
        assert SCHEDULES[shown(duty.schedule)].cron_schedule == f"{duty.at.minute} {duty.at.hour} * * *"
