"""Small live sources that ask a real local server, with the registry pointed at them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from nba_props.io.sources.live import registry
from nba_props.io.sources.live.contract import Feed, Manners, Parsed, Payload, Request, Source


def unparsed(_: Payload) -> Parsed:
    return Parsed()


@dataclass
class Invented:
    """A live source of a test: its requests for a date and for a season, and its manners."""

    source: Source
    day_requests: Callable[[date, datetime], Iterable[Request]]
    season_requests: Callable[[str, datetime], Iterable[Request]] = lambda season, now: ()
    feeds: Sequence[Feed] = (Feed("games", unparsed), Feed("roster", unparsed))
    manners: Manners = field(default_factory=lambda: manners())

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        return self.day_requests(day, now)

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        return self.season_requests(season, now)


def manners(pause_seconds: float = 0.0, tries: int = 1, timeout_seconds: float = 5.0, key_setting: str = "") -> Manners:
    return Manners("http://127.0.0.1:9", pause_seconds, tries, timeout_seconds, key_setting=key_setting)


def asking(
    source: Source, labels: Iterable[str] = ("a",), feed: str = "games", fresh_for: timedelta = timedelta(hours=1)
) -> Callable[[date, datetime], list[Request]]:
    """A request a label, each of a path of its own."""
    wanted = list(labels)
    return lambda day, now: [
        Request(source, feed, day, f"/{feed}/{one}", label=one, fresh_for=fresh_for) for one in wanted
    ]


def install(monkeypatch: pytest.MonkeyPatch, *sources: Invented) -> registry.Wanted:
    """Make these the live sources; what asks for all of them."""
    known = {one.source: one for one in sources}
    monkeypatch.setattr(registry, "live_source", known.__getitem__)
    return registry.Wanted(dict.fromkeys(known, frozenset()))
