"""The league's injury report: an hourly PDF with one table.

Here are the documents that exist and the source itself; the table is read in `pages`, and becomes rows in `parse`. Names stay
as spelled ("Last, First"): who they are is `reference`'s business.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from nba_props.domain.calendar import EASTERN, slate_date
from nba_props.io.sources.live.asking import dates_played
from nba_props.io.sources.live.contract import Feed, Manners, Request, Source
from nba_props.io.sources.live.injury_report.parse import parse_injury_report

# -- which documents there are ----------------------------------------------------------------------------------------
_HOURS = range(5, 24)
_HALF_PAST = 30  # a document named by its hour is of half past
_MINUTES_IN_NAMES = date(2025, 12, 22)
"""The day the league went from hourly documents (`…_05PM.pdf`) to quarter-hourly ones (`…_05_30PM.pdf`); it has both."""

_PUBLISHED_WITHIN = timedelta(hours=1)
_DEADLINE_HOUR = 17


def _document(day: date, hour: int, is_to_the_minute: bool) -> Request:
    at = datetime.combine(day, time(hour, _HALF_PAST), tzinfo=EASTERN)
    label = at.strftime("%I_%M%p" if is_to_the_minute else "%I%p")
    return Request(
        Source.INJURY_REPORT,
        "injury_report",
        day,
        f"/Injury-Report_{day.isoformat()}_{label}.pdf",
        label=label,
        settles_at=at.astimezone(UTC) + _PUBLISHED_WITHIN,
        fresh_for=timedelta(minutes=15),
    )


def _names_of(day: date) -> tuple[bool, ...]:
    """Whether names of a day's documents go to the minute; both, for the day of the change."""
    if day == _MINUTES_IN_NAMES:
        return (False, True)
    return (day > _MINUTES_IN_NAMES,)


def _documents(day: date, hours: Iterable[int], now: datetime) -> Iterator[Request]:
    for hour in hours:
        if datetime.combine(day, time(hour, _HALF_PAST), tzinfo=EASTERN) <= now:
            yield from (_document(day, hour, is_to_the_minute) for is_to_the_minute in _names_of(day))


# -- the source -------------------------------------------------------------------------------------------------------
class InjuryReport:
    """The source, as `LiveSource` wants it."""

    source = Source.INJURY_REPORT
    feeds = (Feed("injury_report", parse_injury_report, not_published=frozenset({403, 404})),)
    manners = Manners("https://ak-static.cms.nba.com/referee/injury", pause_seconds=1.0, season_requests=273)

    def of_day(self, day: date, now: datetime) -> Iterator[Request]:
        """The documents of each hour from 5 in the morning to 11 at night, Eastern, as far as they can be out."""
        return _documents(day, _HOURS, now)

    def of_season(self, season: str, now: datetime) -> Iterator[Request]:
        """One document a date, of the league's own deadline in the afternoon: there is no larger one."""
        for day in dates_played(season, slate_date(now)):
            yield from _documents(day, (_DEADLINE_HOUR,), now)


SOURCE = InjuryReport()
"""The source."""
