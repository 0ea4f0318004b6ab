"""Slate dates, seasons and ranges, daylight saving and the season's turn included."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.calendar import (
    EASTERN,
    SeasonType,
    contiguous_runs,
    date_range,
    month_start,
    noon_eastern,
    parse_day,
    parse_season,
    season_bounds,
    season_of,
    season_type_of_game,
    slate_date,
)
from nba_props.errors import BadInput

DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 1, 11, 4, 30, tzinfo=UTC), date(2024, 1, 10)),  # 23:30 EST
        (datetime(2024, 1, 10, 23, 30, tzinfo=EASTERN), date(2024, 1, 10)),
        (datetime(2024, 1, 11, 5, 0, tzinfo=UTC), date(2024, 1, 11)),  # midnight EST
        (datetime(2024, 4, 11, 3, 59, tzinfo=UTC), date(2024, 4, 10)),  # 23:59 EDT
        (datetime(2024, 4, 11, 4, 0, tzinfo=UTC), date(2024, 4, 11)),  # midnight EDT
        (
            datetime(2024, 3, 10, 4, 59, tzinfo=UTC),
            date(2024, 3, 9),
        ),  # the clocks go forward later this night: still EST
        (datetime(2024, 3, 11, 3, 59, tzinfo=UTC), date(2024, 3, 10)),  # now EDT
        (datetime(2024, 11, 3, 4, 0, tzinfo=UTC), date(2024, 11, 3)),  # the clocks go back later this night: still EDT
        (datetime(2024, 11, 4, 4, 30, tzinfo=UTC), date(2024, 11, 3)),  # now EST, 23:30
        (datetime(2024, 1, 10, 20, 30, tzinfo=timezone(timedelta(hours=-8))), date(2024, 1, 10)),
    ],
)
def test_slate_date_is_the_eastern_date(instant: datetime, day: date) -> None:
    assert slate_date(instant) == day


def test_slate_date_refuses_a_naive_instant() -> None:
    with pytest.raises(BadInput, match="no time zone"):
        slate_date(datetime(2024, 1, 10, 19, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2024, 3, 9), 17),
        (date(2024, 3, 10), 16),  # clocks went forward at 02:00
        (date(2024, 11, 2), 16),
        (date(2024, 11, 3), 17),  # clocks went back at 02:00
    ],
)
def test_noon_eastern_follows_daylight_saving(day: date, utc_hour: int) -> None:
    assert noon_eastern(day) == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert noon_eastern(day).tzinfo is UTC


@given(DAYS)
def test_noon_eastern_lies_on_its_own_slate(day: date) -> None:
    assert slate_date(noon_eastern(day)) == day


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2023, 10, 24), "2023-24"),
        (date(2024, 6, 17), "2023-24"),
        (date(2021, 7, 20), "2020-21"),  # the latest finals under the rule
        (date(2023, 8, 31), "2022-23"),
        (date(2023, 9, 1), "2023-24"),
        (date(1999, 12, 31), "1999-00"),
    ],
)
def test_season_of(day: date, season: str) -> None:
    assert season_of(day) == season


@given(DAYS)
def test_a_day_lies_within_the_bounds_of_its_season(day: date) -> None:
    first, last = season_bounds(season_of(day))
    assert first <= day <= last
    assert season_of(first - timedelta(days=1)) != season_of(first) == season_of(last)
    assert season_of(last + timedelta(days=1)) != season_of(last)


def test_season_bounds() -> None:
    assert season_bounds("2023-24") == (date(2023, 9, 1), date(2024, 8, 31))


@pytest.mark.parametrize("text", ["2023-24", " 2023-24 ", "1999-00", "1946-47"])
def test_parse_season_accepts_two_consecutive_years(text: str) -> None:
    assert parse_season(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["2023-25", "2023-23", "2023", "23-24", "2023-2024", "2023/24", "", "1945-46", "9999-00"]
)
def test_parse_season_refuses_the_rest(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_season(text)
    assert repr(text) in refusal.value.message
    assert refusal.value.next_step


def test_parse_season_suggests_the_season_meant() -> None:
    with pytest.raises(BadInput, match="Did you mean 2023-24"):
        parse_season("2023-25")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-01-31", date(2024, 1, 31)),
        ("today", date(2024, 3, 1)),
        ("Yesterday", date(2024, 2, 29)),
        (" tomorrow ", date(2024, 3, 2)),
    ],
)
def test_parse_day(text: str, day: date) -> None:
    assert parse_day(text, today=date(2024, 3, 1)) == day


@pytest.mark.parametrize("text", ["", "2024-02-30", "31/01/2024", "2024-1-5", "tonight"])
def test_parse_day_names_what_it_accepts(text: str) -> None:
    with pytest.raises(BadInput, match="2024-01-31, or as today, yesterday or tomorrow"):
        parse_day(text, today=date(2024, 3, 1))


def test_parse_day_suggests_the_word_meant() -> None:
    with pytest.raises(BadInput, match="Did you mean tomorrow"):
        parse_day("tommorow", date(2024, 1, 31))


def test_date_range_is_inclusive() -> None:
    assert date_range(date(2024, 2, 28), date(2024, 3, 1)) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]
    assert date_range(date(2024, 2, 28), date(2024, 2, 28)) == [date(2024, 2, 28)]


def test_date_range_refuses_an_end_before_its_start() -> None:
    with pytest.raises(BadInput, match="ends"):
        date_range(date(2024, 2, 2), date(2024, 2, 1))


def test_month_start() -> None:
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)
    assert month_start(date(2024, 2, 1)) == date(2024, 2, 1)


def test_contiguous_runs() -> None:
    days = [date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 3), date(2024, 3, 1), date(2024, 2, 28)]
    assert contiguous_runs(days) == [(date(2024, 2, 28), date(2024, 3, 1)), (date(2024, 3, 3), date(2024, 3, 3))]
    assert contiguous_runs([]) == []


@given(st.sets(st.dates(date(2024, 1, 1), date(2024, 2, 15))))
def test_contiguous_runs_cover_exactly_the_days_and_never_touch(days: set[date]) -> None:
    runs = contiguous_runs(days)
    assert [day for first, last in runs for day in date_range(first, last)] == sorted(days)
    assert all(after[0] - before[1] > timedelta(days=1) for before, after in pairwise(runs))


@pytest.mark.parametrize(
    ("game_id", "season_type"),
    [
        ("0012300001", SeasonType.PRESEASON),
        ("0022300061", SeasonType.REGULAR),
        ("0032300001", SeasonType.ALL_STAR),
        ("0042300401", SeasonType.PLAYOFFS),
        ("0052300101", SeasonType.PLAY_IN),
        ("0062300001", SeasonType.CUP_FINAL),
        ("0072300001", None),
        ("bref:202404160NOP", None),
        ("20260110_BOS_LAL", None),
        ("22300061", None),  # leading zeros lost on the way
        ("", None),
    ],
)
def test_season_type_of_game(game_id: str, season_type: SeasonType | None) -> None:
    assert season_type_of_game(game_id) == season_type
