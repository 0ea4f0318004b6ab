"""The league's calendar: slate dates (US/Eastern), seasons, season types and ranges of dates.

Here belongs arithmetic on dates that are handed in. Not here: the clock (a caller passes `today`), the schedule of
games (a table), and partitions (`nba_props.partitions` builds them on these functions).
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from nba_props.errors import BadInput

EASTERN = ZoneInfo("America/New_York")

_FIRST_MONTH = 9
_FIRST_SEASON = 1946  # the league's first, 1946-47
_SEASON_LABEL = re.compile(r"([0-9]{4})-([0-9]{2})")
_NBA_GAME_ID = re.compile(r"[0-9]{10}")


class SeasonType(StrEnum):
    """What kind of game it was; the first three digits of the NBA's ten-digit game id say it."""

    PRESEASON = "preseason"
    REGULAR = "regular"
    ALL_STAR = "all_star"
    PLAYOFFS = "playoffs"
    PLAY_IN = "play_in"
    CUP_FINAL = "cup_final"


COUNTED_SEASON_TYPES = ("Regular Season", "Play-In", "Playoffs", "NBA Cup Final")
"""Types of games that count, as the schedule spells them. SQL repeats them; a test compares."""

_SEASON_TYPE_OF_PREFIX = {
    "001": SeasonType.PRESEASON,
    "002": SeasonType.REGULAR,
    "003": SeasonType.ALL_STAR,
    "004": SeasonType.PLAYOFFS,
    "005": SeasonType.PLAY_IN,
    "006": SeasonType.CUP_FINAL,
}


def slate_date(instant: datetime) -> date:
    """The US/Eastern date of an aware instant: 23:30 Eastern is still today, though UTC is already tomorrow.

    Raises BadInput for a naive instant: guessing its zone moves three games in four to another date.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise BadInput(f"{instant!r} has no time zone.", next_step="Give an aware instant, for example one in UTC.")
    return instant.astimezone(EASTERN).date()


def noon_eastern(day: date) -> datetime:
    """Noon Eastern of a slate, as a UTC instant. No game tips earlier: the bound where a tip-off time is unknown."""
    return datetime.combine(day, time(12), tzinfo=EASTERN).astimezone(UTC)


def season_of(day: date) -> str:
    """The season that a date belongs to, as "2023-24".

    The year turns on 1 September, between the latest finals and the earliest preseason: the finals of 2020-21 ran to
    20 July 2021, and seasons start in October. One season broke it: the bubble playoffs of 2019-20 ended on 11 October
    2020, and from 1 September on their dates count as 2020-21 here. Where a source states a game's season, believe it.
    """
    start = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return _label(start)


def season_bounds(label: str) -> tuple[date, date]:
    """First and last date of a season, inclusive: 1 September to 31 August. Raises BadInput like `parse_season`."""
    start = int(parse_season(label)[:4])
    return date(start, _FIRST_MONTH, 1), date(start + 1, _FIRST_MONTH, 1) - timedelta(days=1)


def parse_season(text: str) -> str:
    """A season label a user typed, checked: two consecutive years, as in "2023-24".

    Raises BadInput for anything else ("2023", "2023-25", "23-24"): a guessed season would fill the wrong year.
    """
    label = text.strip()
    match = _SEASON_LABEL.fullmatch(label)
    if match is None:
        raise BadInput(f"{text!r} is not a season.", next_step="Write it as two years, for example 2023-24.")
    start = int(match[1])
    if label != _label(start):
        raise BadInput(f"{text!r} is not one season.", next_step=f"Did you mean {_label(start)}?")
    if not _FIRST_SEASON <= start < date.max.year:
        raise BadInput(f"There was no season {text!r}.", next_step="The first one is 1946-47.")
    return label


def parse_day(text: str, today: date) -> date:
    """A date a user typed: ISO (2024-01-31), or today, yesterday, tomorrow relative to `today` (a slate date).

    Raises BadInput, naming what is accepted.
    """
    word = text.strip().casefold()
    offsets = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if word in offsets:
        return today + timedelta(days=offsets[word])
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        near = get_close_matches(word, offsets, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        accepted = f"{meant}Write it as 2024-01-31, or as today, yesterday or tomorrow."
        why = "" if near or "isoformat" in str(error) else f" ({error})"
        raise BadInput(f"{text!r} is not a date{why}.", next_step=accepted) from error


def date_range(start: date, end: date) -> list[date]:
    """Every date from start to end, both inclusive. Raises BadInput when the end comes before the start."""
    if end < start:
        raise BadInput(f"The range ends ({end}) before it starts ({start}).", next_step="Swap the two dates.")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def month_start(day: date) -> date:
    """The first of the month: the key of the monthly partition that a date falls in."""
    return day.replace(day=1)


def contiguous_runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Dates (any order, repeats allowed) as the fewest (first, last) ranges, inclusive and ascending."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def season_type_of_game(game_id: str) -> SeasonType | None:
    """The season type that an NBA game id states ("0022300061" is regular), or None when it states none.

    Ids of other sources ("bref:…", "20260110_BOS_LAL") and unknown prefixes give None.
    """
    if _NBA_GAME_ID.fullmatch(game_id) is None:
        return None
    return _SEASON_TYPE_OF_PREFIX.get(game_id[:3])


def _label(start_year: int) -> str:
    return f"{start_year}-{(start_year + 1) % 100:02d}"
