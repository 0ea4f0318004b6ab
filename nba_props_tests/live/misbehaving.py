"""Every fault of every source, done to one home: what is landed, what becomes of it, and the table of outcomes as a document.

Here belongs how a fault is done and its outcome named. Not here: what must hold whatever the outcome (`test_misbehaviour`).
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from nba_props.fetch import SourceReport, State, fetch_day
from nba_props.io.landing import Landed, landed_between
from nba_props.io.sources.live import registry
from nba_props.io.sources.live.contract import Feed, LiveSource, Manners, Request, Source
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.simulate.faults import OF_ROWS, Fault, Kind
from nba_props.simulate.league import LeagueConfig
from nba_props_tests.live.kit import Follower, at, before_tip, following, parse_landed
from nba_props_tests.predictions.kit import InMemory

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "misbehaviour.md"
REGENERATE = "python -m nba_props_tests.live.misbehaving"
TINY = LeagueConfig(seed=3, start=date(2025, 11, 3), days=5, teams=4, trades=0)
TEAMS = ("ATL", "BKN", "BOS", "CHA")
FEWEST = 3
"""Injury reports that are asked for: three requests in a row that fail make a source be left alone."""
TIMEOUT_SECONDS, SLOW_SECONDS = 1.5, 4.0


@dataclass(frozen=True)
class Hasty:
    """A live source in a hurry: the league's own teams, the last injury reports, two tries, a time limit that a test can wait for."""

    live: LiveSource

    @property
    def source(self) -> Source:
        return self.live.source

    @property
    def feeds(self) -> Sequence[Feed]:
        return self.live.feeds

    @property
    def manners(self) -> Manners:
        return replace(self.live.manners, tries=2, timeout_seconds=TIMEOUT_SECONDS)

    def of_day(self, day: date, now: datetime) -> Iterable[Request]:
        asked = [one for one in self.live.of_day(day, now) if one.feed != "roster" or one.label in TEAMS]
        return asked[-FEWEST:] if self.source is Source.INJURY_REPORT else asked

    def of_season(self, season: str, now: datetime) -> Iterable[Request]:
        return self.live.of_season(season, now)


@contextmanager
def hasty_sources() -> Iterator[None]:
    """Every live source in a hurry."""
    real = registry.live_source
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "live_source", lambda source: Hasty(real(source)))
        yield


@dataclass
class Night:
    """One source's home on the evening of a slate: what it told that morning is in the tables."""

    follower: Follower
    source: Source
    warehouse: InMemory

    @property
    def day(self) -> date:
        return self.follower.league.game_dates[-1]

    @property
    def evening(self) -> datetime:
        return before_tip(self.follower.league, self.day)

    def at(self, now: datetime) -> Platform:
        platform = self.follower.at(now)
        platform.__dict__["warehouse"] = self.warehouse
        return platform

    def fetch(self, now: datetime, *, is_forced: bool = True) -> list[SourceReport]:
        """The source about last night (but for injuries, which nobody asks about afterwards) and about this one."""
        days = [self.day] if self.source is Source.INJURY_REPORT else [self.day - timedelta(days=2), self.day]
        asked = registry.wanted([self.source])
        return [fetch_day(self.at(now), day, asked, is_forced=is_forced).reports[0] for day in days]

    def landed(self) -> list[Landed]:
        first, last = self.day - timedelta(days=7), self.day + timedelta(days=1)
        return landed_between(self.at(self.evening).store, first, last, [self.source])

    def parse(self) -> None:
        parse_landed(self.at(self.evening))

    def tables(self) -> "Facts":
        """What the raw tables say, without when and where from it came."""
        return facts(self.at(self.evening))


Facts = Mapping[str, frozenset[tuple[tuple[str, object], ...]]]
"""Rows by table."""

NOT_FACTS = {"payload_ref", "fetched_at", "snapshot_at", "injury_reported_at", "quote_id"}
FACTS = (
    *("schedule", "game_results", "game_lines", "player_box_scores", "box_score_reports", "player_points_quotes"),
    *("injury_reports", "roster_reports", "game_line_quotes", "standings", "player_list"),
)


def facts(platform: Platform) -> Facts:
    """Rows of what sources tell, by table."""
    found = {}
    for name in FACTS:
        rows = platform.warehouse.query(f"select * from nba_raw.{name}").to_pylist()
        found[name] = frozenset(tuple(one for one in row.items() if one[0] not in NOT_FACTS) for row in rows)
    return found


@contextmanager
def night_of(source: Source, home: Path) -> Iterator[Night]:
    """A home that knows the schedule and what the source said in the morning."""
    with following(home, TINY) as follower:
        night = Night(follower, source, InMemory(home / "memory"))
        morning = night.at(at(night.day, 8))
        prepare(morning)
        fetch_day(morning, night.day, registry.wanted(["schedule"]))
        night.fetch(at(night.day, 8))
        night.parse()
        yield night


def kinds_of(source: Source) -> list[Kind]:
    """What can be done to a source: rows are spoilt in JSON only."""
    has_rows = source not in (Source.BASKETBALL_REFERENCE, Source.INJURY_REPORT)
    return [kind for kind in Kind if has_rows or kind not in OF_ROWS]


def is_lost_on_the_way(source: Source, kind: Kind) -> bool:
    """TRUE if what arrives is no answer; else it is one, and for parsers to judge (so is a blocked page to who wants pages)."""
    is_page = kind is Kind.HTML and source is Source.BASKETBALL_REFERENCE
    return kind not in OF_ROWS and kind is not Kind.CLOCK_SKEW and not is_page


def fault(source: Source, kind: Kind, times: int | None = None) -> Fault:
    return Fault(source, kind, times=times, seconds=SLOW_SECONDS if kind is Kind.SLOW else 0.1)


def outcome_of(night: Night, before: Sequence[Landed]) -> str:
    """What became of the answers landed since, in words."""
    new = {(one.ref, one.fetched_at) for one in landed_since(night, before)}
    if not new:
        return "nothing landed"
    told = night.warehouse.query("select * from nba_raw.landed_payloads").to_pylist()
    rows = [row for row in told if (row["payload_ref"], row["fetched_at"]) in new]
    assert len(rows) == len(new), "every landed answer is in the books"
    found = []
    if any(row["rejection_reason"] for row in rows):
        found.append("payload rejected, bytes kept")
    if any(row["rows_quarantined"] for row in rows if row["feed"] != "schedule"):
        found.append("rows quarantined")
    return ", ".join(found) or NOTHING


def landed_since(night: Night, before: Sequence[Landed]) -> list[Landed]:
    """Answers landed that were not landed before."""
    known = {(one.ref, one.fetched_at) for one in before}
    return [one for one in night.landed() if (one.ref, one.fetched_at) not in known]


Table = Mapping[tuple[Kind, Source], str]
"""Outcome by fault and source."""


def measured(root: Path) -> Table:
    """Every fault done to every source, each source in a home of its own below `root`."""
    found: dict[tuple[Kind, Source], str] = {}
    with hasty_sources():
        for source in Source:
            with night_of(source, root / source) as night:
                found |= outcomes_of(night)
    return found


def outcomes_of(night: Night) -> Table:
    """All faults one after the other, on the evening's tables; in the end these are as if there had been none."""
    night.fetch(night.evening)
    night.parse()
    bodies = {one.sha256 for one in night.landed()}
    found = {}
    for kind in kinds_of(night.source):
        found[kind, night.source] = _outcome(night, kind, night.tables(), bodies)
    told = night.tables()
    night.parse()
    assert night.tables() == told, "with all faults over, nothing is left of them"
    return found


NOTHING, IN_PLAY = "rows as they were", "quotes kept as in play"


def _news(told: Facts, now: Facts, kind: Kind) -> str:
    """What tables say that they did not. Raises AssertionError for a row that is lost, or that nobody sent.

    That a quote of the past was seen after its tip is believed to a clock that is wrong; such quotes predict nothing.
    """
    more = {name: now[name] - rows for name, rows in told.items()}
    assert all(rows <= now[name] for name, rows in told.items()), f"{kind} loses rows"
    if not any(more.values()):
        return NOTHING
    assert kind is Kind.CLOCK_SKEW, f"{kind} adds rows"
    assert {name for name, rows in more.items() if rows} == {"player_points_quotes"}
    assert all(("is_pre_tip", False) in row for row in more["player_points_quotes"])
    return IN_PLAY


def _outcome(night: Night, kind: Kind, told: Facts, bodies: set[str]) -> str:
    """What a fault comes to. The tables keep what they held, and one fetch without it brings the very bytes again."""
    is_lost, sources = is_lost_on_the_way(night.source, kind), night.follower.sources
    if is_lost:
        sources.misbehave(fault(night.source, kind, times=1))
        assert _states(night.fetch(night.evening)) == {State.OK}, "one fault is made good by the next try"
    before = night.landed()
    sources.misbehave(fault(night.source, kind))
    reports = night.fetch(night.evening)
    if is_lost:
        assert night.landed() == before
        assert _states(reports) == {State.FAILED}
    else:
        night.parse()
    outcome = outcome_of(night, before)
    news = _news(told, night.tables(), kind)
    sources.behave()
    spoilt = night.landed()
    assert _states(night.fetch(night.evening)) == {State.OK}
    assert {one.sha256 for one in landed_since(night, spoilt)} <= bodies
    return ", ".join(one for one in (outcome, news) if one != NOTHING) or NOTHING


def _states(reports: Sequence[SourceReport]) -> set[State]:
    """How sources ended that were asked anything."""
    return {one.state for one in reports if one.asked}


_HEAD = """# When sources misbehave

What the platform makes of every fault that the simulated sources can do, measured by `nba_props_tests/live/test_misbehaviour.py`,
which also keeps this table true. The fault is done to every answer of one source. Whatever the outcome, nothing that was in
the tables is lost or changed, no other source is touched, and the next fetch after the fault brings everything.

"""
_FOOT = """
- *nothing landed*: not one try brought an answer; the source is left alone after three requests, and the fetch says so (exit 1 or 2).
  A fault of a single request is made good by the next try.
- *payload rejected, bytes kept*: the answer is landed, its shape is not one we know; no row of it is used.
- *rows quarantined*: single rows are refused with a reason in `nba_raw.quarantined_rows`.
- *rows as they were*: the fault changes nothing that is read.
- *quotes kept as in play*: quotes of a past game, dated after its tip by a clock three hours ahead, are kept with
  `is_pre_tip` FALSE, beside the true ones; no prediction reads them.
- *-*: the source sends no JSON, so that there are no such rows to spoil.
"""


def rendered(table: Table) -> str:
    """The table of outcomes as Markdown."""
    lines = [f"| fault | {' | '.join(Source)} |", f"|---|{'---|' * len(Source)}"]
    lines += [f"| {kind} | {' | '.join(table.get((kind, source), '-') for source in Source)} |" for kind in Kind]
    return _HEAD + "\n".join(lines) + "\n" + _FOOT


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        DOCUMENT.write_text(rendered(measured(Path(directory))))
