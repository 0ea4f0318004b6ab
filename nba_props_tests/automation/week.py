"""A week that passes by itself, with planned trouble: what fired, how it ended and why, and what became of every slate.

    python -m nba_props_tests.automation.week [--days N] [--document FILE]

Dagster's daemon loops really run (`daemon`), on the simulated league's sources, under a clock that jumps. Exits 1 if a slate is
not published, or anything is doubled, lost or left over. Here belong the plan of trouble, the log and the judgement. Not here: how
the loops are turned (`daemon`), and how a run is killed (`mortal`).
"""

import argparse
import logging
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd

from nba_props.domain.calendar import EASTERN
from nba_props.instance import open_instance
from nba_props.io.landing import land
from nba_props.io.sources.archive import discover
from nba_props.io.sources.live.contract import Source
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.simulate.archive import conform
from nba_props.simulate.availability import REASONS
from nba_props.simulate.faults import Fault, Kind
from nba_props.simulate.league import League, LeagueConfig, simulate_league, write_archive
from nba_props.simulate.server import SimulatedSources
from nba_props_tests.automation import location
from nba_props_tests.automation.account import CHANGES, Account, Entry, Slate, table_of
from nba_props_tests.automation.daemon import Daemon, daemon, moved_platform

COMMAND = "python -m nba_props_tests.automation.week --document docs/simulated-week.md"
LEAGUE = LeagueConfig(seed=1, start=date(2025, 11, 17), days=23, teams=8, trades=0)
FIRST = date(2025, 12, 2)
KNOWN_UNTIL = date(2025, 11, 25)
"""The archive ends here: results of the week before FIRST are to come from the sources, late."""
LOOKS = (time(5), time(6, 30), time(7), time(11, 30), time(16), time(18))
"""When the clock stands still for the daemon to look: Eastern, each day."""
NEWS_AT = time(13)
RESULTS = (Source.NBA_STATS, Source.BALLDONTLIE)
ODDS = (Source.ODDS_API, Source.BETTINGPROS)


# -- the plan -----------------------------------------------------------------------------------------------------------


def eastern(days: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time of day, so many days after FIRST."""
    return datetime.combine(FIRST + timedelta(days=days), time(hour, minute), EASTERN)


@dataclass(frozen=True)
class Trouble:
    """What sources do to their answers from an instant until another."""

    since: datetime
    until: datetime
    said: str
    faults: Sequence[Fault]


def down(*sources: Source) -> list[Fault]:
    return [Fault(one, Kind.ERROR) for one in sources]


TROUBLES = (
    Trouble(
        eastern(0),
        eastern(0, 10),
        "results: nba_stats and balldontlie are down; a week of results is missing",
        down(*RESULTS),
    ),
    Trouble(eastern(1), eastern(1, 15), "odds are late: odds_api and bettingpros are down", down(*ODDS)),
    Trouble(
        eastern(2),
        eastern(3),
        "odds, injuries and box scores come with a third of their rows twice, the NBA's own out of order",
        [
            *(Fault(one, Kind.DUPLICATED) for one in (*ODDS, Source.BALLDONTLIE)),
            Fault(Source.NBA_STATS, Kind.REORDERED),
        ],
    ),
    Trouble(
        eastern(3), eastern(4, 4), "balldontlie is down: yesterday's results do not come", down(Source.BALLDONTLIE)
    ),
    Trouble(eastern(3), eastern(4, 10), "nba_stats is down: yesterday's results do not come", down(Source.NBA_STATS)),
)
STOPPED = (eastern(4, 17, 30), eastern(5, 9))
"""The daemon is down: a tick of tomorrow's slate, of results, of rosters and of today's slate pass meanwhile."""
KILLED = (eastern(5, 11), "same-day-predictions")
"""From then on the next attempt of that schedule is killed in the middle."""
EXTRA_LOOKS = {0: (time(7, 10), time(10)), 4: (time(10),), 5: (time(9), time(11, 40))}
NEWS_ON = FIRST + timedelta(days=6)
MOVED_BY = 2.0


@dataclass(frozen=True)
class News:
    """Whom the planned news of NEWS_ON concern: his line moves, or he is questionable (universal player ids)."""

    moved: str
    questionable: str


def with_news(league: League) -> tuple[League, News]:
    """The league in which, on NEWS_ON after the same-day run, one player's lines move and another is questionable."""
    at = pd.Timestamp(datetime.combine(NEWS_ON, NEWS_AT, EASTERN)).tz_convert("UTC")
    tonight = pd.Timestamp(NEWS_ON)
    roster = league.rosters[league.rosters["roster_date"] == tonight].set_index("player_name")
    lines, injuries = league.points_lines.copy(), league.injuries
    listed = set(injuries.loc[injuries["game_date"] == tonight, "player_name"])
    moved, questionable = _most_quoted(lines[lines["game_date"] == tonight], set(roster.index) - listed)[:2]
    is_later = (lines["game_date"] == tonight) & (lines["snapshot_utc"] >= at) & (lines["player_name"] == moved)
    lines.loc[is_later, "line"] += MOVED_BY
    report = {
        "game_date": tonight,
        "team_abbr": roster.at[questionable, "team_abbr"],
        "player_name": questionable,
        "status": "Questionable",
        "reason": REASONS[0],
        "reported_utc": at,
    }
    told = conform("injuries", pd.concat([injuries, pd.DataFrame([report])], ignore_index=True))
    ids = [f"nba_{roster.at[name, 'player_id']}" for name in (moved, questionable)]
    return replace(league, points_lines=lines, injuries=told), News(*ids)


def _most_quoted(lines: pd.DataFrame, names: set[str]) -> list[str]:
    """Players by how often books show a main line of theirs under their full name."""
    counts = lines.loc[lines["is_main"] & lines["player_name"].isin(names), "player_name"].value_counts()
    return sorted(counts.index, key=lambda name: (-counts[name], name))


# -- the days -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Days from FIRST on: the times of each at which the daemon looks, and the trouble.

    `stopped`: the daemon is down meanwhile; `killed`: as KILLED says.
    """

    times: Sequence[Sequence[time]]
    troubles: Sequence[Trouble]
    stopped: tuple[datetime, datetime] | None
    killed: tuple[datetime, str] | None

    @property
    def dates(self) -> list[date]:
        return [FIRST + timedelta(days=number) for number in range(len(self.times))]

    @property
    def looks(self) -> list[datetime]:
        """When the daemon looks, up to the grades of the last day."""
        found = [
            datetime.combine(day, at, EASTERN)
            for day, times in zip(self.dates, self.times, strict=True)
            for at in times
        ]
        last = [eastern(len(self.times), 5), eastern(len(self.times), 6)]
        return [eastern(0, 4), *(at for at in found if not self._is_stopped(at)), *last]

    @property
    def lives(self) -> list[list[datetime]]:
        """The looks of each daemon: of one that runs through, or of one before it was stopped and one after."""
        if self.stopped is None:
            return [self.looks]
        return [[at for at in self.looks if at < self.stopped[0]], [at for at in self.looks if at > self.stopped[0]]]

    def _is_stopped(self, at: datetime) -> bool:
        return self.stopped is not None and self.stopped[0] <= at < self.stopped[1]


def week_of(days: int) -> Plan:
    """The first days of the week, with what falls into them."""
    end = eastern(days)
    return Plan(
        times=[sorted((*LOOKS, *EXTRA_LOOKS.get(number, ()))) for number in range(days)],
        troubles=[one for one in TROUBLES if one.since < end],
        stopped=STOPPED if STOPPED[1] < end else None,
        killed=KILLED if KILLED[0] < end else None,
    )


@dataclass(frozen=True)
class Passed:
    """What the days came to: the log, a row a slate, and what is wrong."""

    entries: Sequence[Entry]
    slates: Sequence[Slate]
    faults: Sequence[str]


def pass_days(plan: Plan, place: Path) -> Passed:
    """Let the days pass in a new home below `place`."""
    league, news = with_news(simulate_league(LEAGUE))
    with SimulatedSources(league, plan.looks[0]) as sources:
        platform = moved_platform(place / "home", sources)
        prepare(platform)
        _import_archive(platform, league.until(KNOWN_UNTIL), place / "archive")
        week = _Week(plan, platform, sources, Account(platform, plan.dates))
        for looks in plan.lives:
            with daemon(platform, sources, location) as running:
                week.live(running, looks)
        with daemon(platform, sources, location) as asked:
            slates = week.account.slates(asked)
            faults = week.account.faults(asked, slates)
            if NEWS_ON in plan.dates:
                faults += _faults_of_news(asked, news)
    return Passed(week.account.entries, slates, faults)


@dataclass
class _Week:
    """Days under way: trouble begins and ends as planned, and what happens is noted."""

    plan: Plan
    platform: Platform
    sources: SimulatedSources
    account: Account
    in_trouble: list[Trouble] = field(default_factory=list)
    is_killed: bool = False

    def live(self, running: Daemon, looks: Sequence[datetime]) -> None:
        """One daemon's life, from its start to its end."""
        self.account.say(looks[0], "(the daemon starts)", "")
        for at in looks:
            self._trouble(at)
            if self.plan.killed and at >= self.plan.killed[0] and not self.is_killed:
                self.is_killed = True
                running.kill_next(self.platform.home, attempt_of=self.plan.killed[1])
            running.at(at)
            self.account.note(running)
        self.account.say(self.sources.now, "(the daemon stops)", "")

    def _trouble(self, at: datetime) -> None:
        now = [one for one in self.plan.troubles if one.since <= at < one.until]
        for one in self.in_trouble:
            if one not in now:
                self.account.say(at, "(trouble ends)", "", one.said)
        for one in now:
            if one not in self.in_trouble:
                self.account.say(at, "(trouble)", "", one.said)
        self.in_trouble = now
        self.sources.behave()
        self.sources.misbehave(*(fault for one in now for fault in one.faults))


def _import_archive(platform: Platform, league: League, archive: Path) -> None:
    from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
    from nba_props.plan import Runner, import_seasons

    write_archive(league, archive)
    landed = land(platform.store, discover(archive), platform.now)
    with open_instance(platform) as instance:
        runner = Runner(platform, instance)
        seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
        assert import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id}).is_success, runner.outcome.failures


def _faults_of_news(running: Daemon, news: News) -> Iterator[str]:
    """Both whom the news concern were predicted again, and no run after them was of everybody."""
    asked: Counter[str] = Counter()
    for run in running.runs(trigger=CHANGES, slate=NEWS_ON.isoformat()):
        players = run.run_config["ops"]["play_slate"]["config"]["players"]
        if not players:
            yield f"{run.run_id} was started for a change and predicts everybody"
        asked.update(players)
    for player in (news.moved, news.questionable):
        if not asked[player]:
            yield f"{player} was not predicted again after the news of {NEWS_ON}"


# -- the document -------------------------------------------------------------------------------------------------------

_HEAD = f"""# A simulated week

Seven days of a league of eight teams that passed by themselves: Dagster's daemon loops, schedules, sensors and queue as they are, real
fetches over HTTP from the simulated sources, real runs; only the clock jumps. The home starts a week behind. Made, and judged, by

```
{COMMAND}
```

which exits 1 unless every slate is published, nothing is in force twice, every predicted game is graded, no run is unfinished, no
staging is left and no critical alert is open. `nba_props_tests/automation/test_days.py` lets the first days pass in the test suite.
Times are US/Eastern.
"""


def rendered(passed: Passed) -> str:
    """Every slate, and the log without fetches that went well."""
    told = [one for one in passed.entries if not one.is_routine]
    left_out = len(passed.entries) - len(told)
    verdict = (
        "\n".join(f"- {one}" for one in passed.faults)
        or "Every slate is published, once. Orphans: 0. In force twice: 0."
    )
    log = "\n".join(map(str, told))
    return (
        f"{_HEAD}\n## Every slate at the end\n\n{table_of(passed.slates)}\n\n{verdict}\n"
        f"\n## The log\n\n{left_out} fetches that went well are left out.\n\n```\n{log}\n```\n"
    )


def main() -> int:
    """0 if all is as it is to be."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=int, default=7, choices=range(1, 8))
    options.add_argument("--document", type=Path, help="where to write log and table as Markdown")
    given = options.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="nba_props_week_") as place:
        passed = pass_days(week_of(given.days), Path(place))
    verdict = "\n".join(passed.faults) or "Every slate is published, once."
    sys.stdout.write(f"\n{table_of(passed.slates)}\n\n{verdict}\n")
    if given.document:
        given.document.write_text(rendered(passed), encoding="utf-8")
    return int(bool(passed.faults))


if __name__ == "__main__":
    sys.exit(main())
