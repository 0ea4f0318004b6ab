"""A fetch against real HTTP: what is asked, what is not, what a fault stops, and what the report says."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nba_props.fetch import Fetched, SourceReport, State, fetch_day, fetch_season
from nba_props.fetch import asking as module
from nba_props.io.landing import landed_between, open_landed
from nba_props.io.sources.live.contract import Feed, Outcome, Payload, PayloadRejected, Request, Source
from nba_props.io.sources.live.registry import Wanted
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.fetch.sources import Invented, asking, install, manners, unparsed
from nba_props_tests.io.live.scripted import Asked, Reply, Script, Scripted, in_turn, scripted

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
TEAMS = [f"team{number:02d}" for number in range(30)]


def platform_at(home: Path, server: Scripted, now: datetime = NOON, **given: object) -> Platform:
    return Platform(load_settings(home=home, sources_url=server.url, source_pace=0.0, now=now, **given))


def failing(*words: str, status: int = 500) -> Script:
    """An answer for every path that holds none of the words."""
    return lambda one, _: Reply(status) if any(word in one.path for word in words) else Reply()


def counts(report: SourceReport) -> dict[str, int]:
    names = ("asked", "landed", "unchanged", "not_published", "fresh", "not_asked")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


# -- what is landed, and what is not asked again -----------------------------------------------------------------------


def test_a_date_is_landed_as_received_and_filed_under_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, ["a", "b"])))
    with scripted(lambda one, _: Reply(body=f'["{one.path}"]'.encode())) as server:
        platform = platform_at(tmp_path, server)
        found = fetch_day(platform, DAY, wanted)
    report = found.of(Source.ESPN)
    assert (report.state, counts(report), report.failures) == (State.OK, {"asked": 2, "landed": 2}, [])
    landed = landed_between(platform.store, DAY, DAY)
    assert [(one.label, open_landed(platform.store, one).body) for one in landed] == [
        ("a", b'["/espn/games/a"]'),
        ("b", b'["/espn/games/b"]'),
    ]
    assert {one.fetched_at.replace(microsecond=0) for one in landed} == {NOON}


def test_what_is_young_enough_is_not_asked_again_unless_forced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, fresh_for=timedelta(hours=1))))
    with scripted(lambda _, before: Reply(body=f"[{min(before, 2)}]".encode())) as server:

        def fetched(minutes: int, *, is_forced: bool = False) -> dict[str, int]:
            platform = platform_at(tmp_path, server, NOON + timedelta(minutes=minutes))
            return counts(fetch_day(platform, DAY, wanted, is_forced=is_forced).of(Source.ESPN))

        assert fetched(0) == {"asked": 1, "landed": 1}
        assert fetched(59) == {"fresh": 1}
        assert fetched(60) == {"asked": 1, "landed": 1}
        assert fetched(61, is_forced=True) == {"asked": 1, "landed": 1}
        assert fetched(122) == {"asked": 1, "unchanged": 1}


def test_what_has_settled_is_never_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settles = NOON + timedelta(days=7)

    def of_day(day: date, now: datetime) -> list[Request]:
        return [Request(Source.NBA_STATS, "games", day, "/log", settles_at=settles)]

    wanted = install(monkeypatch, Invented(Source.NBA_STATS, of_day))
    with scripted(in_turn(Reply())) as server:

        def fetched(now: datetime) -> dict[str, int]:
            return counts(fetch_day(platform_at(tmp_path, server, now), DAY, wanted).of(Source.NBA_STATS))

        assert fetched(NOON) == {"asked": 1, "landed": 1}
        assert fetched(settles - timedelta(seconds=1)) == {"asked": 1, "unchanged": 1}
        assert fetched(settles) == {"asked": 1, "unchanged": 1}
        assert fetched(settles + timedelta(days=400)) == {"fresh": 1}


def test_other_parameters_are_another_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ends = iter(["2024", "2025", "2025"])

    def of_day(day: date, now: datetime) -> list[Request]:
        return [Request(Source.ESPN, "games", day, "/x", {"season": next(ends)}, fresh_for=timedelta(days=1))]

    wanted = install(monkeypatch, Invented(Source.ESPN, of_day))
    with scripted(in_turn(Reply())) as server:
        platform = platform_at(tmp_path, server)
        for _ in range(3):
            fetch_day(platform, DAY, wanted)
    assert server.paths() == ["/espn/x?season=2024", "/espn/x?season=2025"]


def test_what_still_stands_is_asked_conditionally_and_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, fresh_for=timedelta(0))))

    def script(one: Asked, _: int) -> Reply:
        stands = one.headers.get("if-none-match") == '"v1"'
        return Reply(304, b"") if stands else Reply(headers={"ETag": '"v1"'})

    with scripted(script) as server:
        found = [
            fetch_day(platform_at(tmp_path, server, NOON + timedelta(hours=hour)), DAY, wanted) for hour in range(3)
        ]
        forced = fetch_day(platform_at(tmp_path, server, NOON + timedelta(hours=3)), DAY, wanted, is_forced=True)
        store = platform_at(tmp_path, server).store
    assert [counts(one.of(Source.ESPN)) for one in found] == [
        {"asked": 1, "landed": 1},
        {"asked": 1, "unchanged": 1},
        {"asked": 1, "unchanged": 1},
    ]
    assert counts(forced.of(Source.ESPN)) == {"asked": 1, "landed": 1}
    landed = landed_between(store, DAY, DAY)
    assert [one.status for one in landed] == [200, 304, 304, 200]
    assert len({one.ref for one in landed}) == 1


def test_what_is_not_published_is_landed_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    feeds = (Feed("games", unparsed, not_published=frozenset({403})),)
    wanted = install(monkeypatch, Invented(Source.INJURY_REPORT, asking(Source.INJURY_REPORT), feeds=feeds))
    with scripted(in_turn(Reply(403, b"<Error/>"))) as server:
        platform = platform_at(tmp_path, server)
        report = fetch_day(platform, DAY, wanted).of(Source.INJURY_REPORT)
    assert (report.state, counts(report)) == (State.OK, {"asked": 1, "not_published": 1})
    assert [one.outcome for one in landed_between(platform.store, DAY, DAY)] == [Outcome.NOT_PUBLISHED]


# -- what an answer leads to -------------------------------------------------------------------------------------------


def pages(payload: Payload) -> Iterable[Request]:
    """The next page, up to the third; the first leads there twice."""
    number = int(payload.label or 0) + 1
    if number < 3:
        yield from [Request(payload.source, "games", payload.day, f"/page/{number}", label=str(number))] * 2


def test_what_an_answer_leads_to_is_asked_too_and_only_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(
        monkeypatch,
        Invented(Source.ESPN, asking(Source.ESPN, ["0"]), feeds=(Feed("games", unparsed, follow=pages),)),
    )
    with scripted(in_turn(Reply())) as server:
        platform = platform_at(tmp_path, server)
        assert counts(fetch_day(platform, DAY, wanted).of(Source.ESPN)) == {"asked": 3, "landed": 3}
        assert server.paths() == ["/espn/games/0", "/espn/page/1", "/espn/page/2"]
        again = fetch_day(platform, DAY, wanted).of(Source.ESPN)
    assert counts(again) == {"fresh": 1, "asked": 2, "unchanged": 2}


def test_answers_that_lead_on_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers = itertools.count()

    def for_ever(payload: Payload) -> Iterable[Request]:
        yield Request(payload.source, "games", payload.day, "/next", label=str(next(numbers)))

    monkeypatch.setattr(module, "MOST_REQUESTS", 5)
    wanted = install(
        monkeypatch, Invented(Source.ESPN, asking(Source.ESPN), feeds=(Feed("games", unparsed, follow=for_ever),))
    )
    with scripted(in_turn(Reply())) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ESPN)
    assert report.state is State.PARTIAL
    assert "more than 5 requests" in report.failures[0].reason


def test_an_answer_that_cannot_be_followed_is_landed_and_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refusing(payload: Payload) -> Iterable[Request]:
        raise PayloadRejected(payload.source, "no events in it.", next_step="Look at it.")

    feeds = (Feed("games", unparsed, follow=refusing),)
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, ["a", "b"]), feeds=feeds))
    with scripted(in_turn(Reply())) as server:
        platform = platform_at(tmp_path, server)
        report = fetch_day(platform, DAY, wanted).of(Source.ESPN)
    assert report.state is State.PARTIAL
    assert [one.reason for one in report.failures] == ["espn: no events in it. Next step: Look at it."] * 2
    assert {one.label for one in landed_between(platform.store, DAY, DAY)} == {"a", "b"}


# -- what a fault stops ------------------------------------------------------------------------------------------------


def test_a_failing_source_stops_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def buggy(day: date, now: datetime) -> list[Request]:
        raise ZeroDivisionError("token=abcdefgh12345678")

    wanted = install(
        monkeypatch,
        Invented(Source.NBA_STATS, asking(Source.NBA_STATS)),
        Invented(Source.ESPN, buggy),
        Invented(Source.BETTINGPROS, asking(Source.BETTINGPROS)),
    )
    with scripted(failing("nba_stats")) as server:
        found = fetch_day(platform_at(tmp_path, server), DAY, wanted)
    assert [(one.source, one.state) for one in found.reports] == [
        (Source.NBA_STATS, State.FAILED),
        (Source.ESPN, State.FAILED),
        (Source.BETTINGPROS, State.OK),
    ]
    assert found.of(Source.NBA_STATS).failures[0].what == "games 2024-01-15 a"
    assert "it answered 500" in found.of(Source.NBA_STATS).failures[0].reason
    assert "ZeroDivisionError" in found.of(Source.ESPN).failures[0].reason
    assert "abcdefgh12345678" not in str(found)


def test_a_failing_request_stops_no_other_and_is_made_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, "abc")))
    with scripted(failing("games/a")) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ESPN)
    assert [path[-1] for path in server.paths()] == ["a", "b", "c", "a"]
    assert (report.state, counts(report)) == (State.PARTIAL, {"asked": 4, "landed": 2})
    assert [one.what for one in report.failures] == ["games 2024-01-15 a"]


def test_a_source_that_fails_again_and_again_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, TEAMS)))
    with scripted(in_turn(Reply(500))) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ESPN)
    assert len(server.asked) == 3
    assert (report.state, report.not_asked, len(report.failures)) == (State.FAILED, 27, 3)
    assert "left alone" in report.reason


@pytest.mark.parametrize(
    ("refusal", "said"),
    [(Reply(401), "the key is refused"), (Reply(401, b'{"error_code": "OUT_OF_USAGE_CREDITS"}'), "quota")],
)
def test_a_refused_key_and_a_spent_quota_end_a_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: Reply, said: str
) -> None:
    keyed = manners(key_setting="NBA_PROPS_ODDS_API_KEY")
    wanted = install(monkeypatch, Invented(Source.ODDS_API, asking(Source.ODDS_API, "abcde"), manners=keyed))
    with scripted(lambda one, _: refusal if one.path.endswith("/b") else Reply()) as server:
        report = fetch_day(platform_at(tmp_path, server, odds_api_key="k3y-0dds"), DAY, wanted).of(Source.ODDS_API)
    assert len(server.asked) == 2
    assert (report.state, report.landed, report.not_asked) == (State.PARTIAL, 1, 3)
    assert said in report.reason


def test_a_source_without_its_key_is_not_configured_and_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keyed = manners(key_setting="NBA_PROPS_ODDS_API_KEY")
    wanted = install(monkeypatch, Invented(Source.ODDS_API, asking(Source.ODDS_API), manners=keyed))
    with scripted(in_turn(Reply())) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ODDS_API)
    assert server.asked == []
    assert (report.state, report.came) == (State.NOT_CONFIGURED, 0)
    assert "NBA_PROPS_ODDS_API_KEY" in report.reason


def test_damaged_bytes_of_one_answer_are_told_and_stop_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = install(
        monkeypatch,
        Invented(Source.ESPN, asking(Source.ESPN, "ab"), feeds=(Feed("games", unparsed, follow=lambda _: ()),)),
    )
    with scripted(in_turn(Reply())) as server:
        platform = platform_at(tmp_path, server)
        fetch_day(platform, DAY, wanted)
        damaged = landed_between(platform.store, DAY, DAY)[0]
        platform.store.put(damaged.ref, b"{}")
        report = fetch_day(platform, DAY, wanted).of(Source.ESPN)
    assert report.state is State.PARTIAL
    assert [one.what for one in report.failures] == [f"games 2024-01-15 {damaged.label}"]
    assert "does not hold the bytes" in report.failures[0].reason


# -- rosters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "state"), [(0, State.OK), (1, State.OK), (2, State.PARTIAL)])
@pytest.mark.parametrize("status", [400, 404])
def test_fewer_than_29_of_30_rosters_are_a_partial_league(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: int, state: State, status: int
) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, TEAMS, feed="roster")))
    with scripted(failing(*TEAMS[10 : 10 + missing], status=status)) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ESPN)
    assert (report.state, report.rosters, len(report.failures)) == (state, (30 - missing, 30), missing)


def test_rosters_that_come_at_the_second_asking_are_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, TEAMS, feed="roster")))

    def script(one: Asked, before: int) -> Reply:
        return Reply(500) if before == 0 and one.path.endswith(("05", "06")) else Reply()

    with scripted(script) as server:
        report = fetch_day(platform_at(tmp_path, server), DAY, wanted).of(Source.ESPN)
    assert (report.state, report.rosters, report.failures) == (State.OK, (30, 30), [])
    assert len(server.asked) == 32


def test_that_a_document_does_not_exist_is_asked_about_again_the_next_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A block may look like the word that there is none: it never settles."""
    settled = datetime(2024, 1, 1, tzinfo=UTC)
    gone = Request(Source.INJURY_REPORT, "games", DAY, "/games/a", settles_at=settled)
    absent = Feed("games", unparsed, not_published=frozenset({403}))
    live = Invented(Source.INJURY_REPORT, lambda day, now: [gone], feeds=(absent,))
    wanted = install(monkeypatch, live)
    with scripted(in_turn(Reply(403))) as server:
        now = platform_at(tmp_path, server).now
        for later, asked in ((timedelta(0), 1), (timedelta(hours=20), 1), (timedelta(hours=25), 2)):
            fetch_day(platform_at(tmp_path, server, now=now + later), DAY, wanted)
            assert len(server.asked) == asked


# -- seasons -----------------------------------------------------------------------------------------------------------


def test_a_costly_season_is_asked_for_only_when_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def of_season(source: Source, count: int) -> Invented:
        labels = [str(one) for one in range(count)]
        return Invented(source, asking(source), lambda season, now: asking(source, labels)(DAY, now))

    leading_to_many = replace(of_season(Source.BETTINGPROS, 1), manners=replace(manners(), season_requests=4000))
    wanted = install(monkeypatch, of_season(Source.NBA_STATS, 6), of_season(Source.ODDS_API, 101), leading_to_many)
    with scripted(in_turn(Reply())) as server:
        platform = platform_at(tmp_path, server)
        found = fetch_season(platform, "2023-24", wanted)
        assert len(server.asked) == 6
        chosen = fetch_season(platform, "2023-24", replace(wanted, is_by_default=False))
    left_out = found.of(Source.ODDS_API)
    assert (left_out.state, left_out.asked) == (State.LEFT_OUT, 0)
    assert "101 requests: ask for it with --source odds_api" in left_out.reason
    assert "4,000 requests: ask for it" in found.of(Source.BETTINGPROS).reason
    assert chosen.of(Source.ODDS_API).landed == 101


def test_a_source_that_offers_nothing_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN)))
    with scripted(in_turn(Reply())) as server:
        report = fetch_season(platform_at(tmp_path, server), "2023-24", wanted).of(Source.ESPN)
    assert (report.state, report.came, report.failures) == (State.OK, 0, [])
    assert "offers nothing" in report.reason


def test_only_the_feeds_that_are_wanted_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def of_day(day: date, now: datetime) -> list[Request]:
        return [*asking(Source.ESPN, "a")(day, now), *asking(Source.ESPN, "b", feed="roster")(day, now)]

    install(monkeypatch, Invented(Source.ESPN, of_day))
    with scripted(in_turn(Reply())) as server:
        fetch_day(platform_at(tmp_path, server), DAY, Wanted({Source.ESPN: frozenset({"roster"})}))
    assert server.paths() == ["/espn/roster/b"]


# -- many at once ------------------------------------------------------------------------------------------------------


def test_sources_are_asked_at_once_each_at_its_own_pace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pause, requests = 0.2, 4
    chosen = (Source.NBA_STATS, Source.ESPN, Source.ODDS_API, Source.BETTINGPROS, Source.BASKETBALL_REFERENCE)
    wanted = install(
        monkeypatch,
        *(Invented(one, asking(one, "abcd"), manners=manners(pause_seconds=pause)) for one in chosen),
    )
    with scripted(in_turn(Reply())) as server:
        platform = Platform(load_settings(home=tmp_path, sources_url=server.url, source_pace=1.0, now=NOON))
        began = time.monotonic()
        found = fetch_day(platform, DAY, wanted)
        wall = time.monotonic() - began
    for source in chosen:
        at = [one.at for one in server.asked if one.path.startswith(f"/{source}/")]
        assert len(at) == requests
        assert at[-1] - at[0] >= (requests - 1) * pause - 0.1
    spent = sum(one.seconds for one in found.reports)
    assert wall < spent / 2, "one after the other, the wall would be the sum"


def test_two_fetches_of_one_home_keep_to_one_pace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(
        monkeypatch,
        Invented(Source.ESPN, asking(Source.ESPN, "abc", fresh_for=timedelta(hours=1)), manners=manners(0.1)),
    )
    found: list[Fetched] = []
    with scripted(in_turn(Reply())) as server:
        platform = Platform(load_settings(home=tmp_path, sources_url=server.url, source_pace=1.0, now=NOON))
        threads = [threading.Thread(target=lambda: found.append(fetch_day(platform, DAY, wanted))) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert len(server.asked) == 3, "the second finds what the first landed"
    assert sorted(one.of(Source.ESPN).fresh for one in found) == [0, 3]


def test_progress_is_told_after_each_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, "abc")))
    told: list[int] = []
    with scripted(in_turn(Reply())) as server:
        fetch_day(platform_at(tmp_path, server), DAY, wanted, progress=lambda report: told.append(report.came))
    assert told == [1, 2, 3, 3]


# -- killed ------------------------------------------------------------------------------------------------------------

_SCRIPT = """
import sys
from datetime import UTC, date, datetime
import pytest
from nba_props.fetch import fetch_day
from nba_props.io.sources.live.contract import Source
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.fetch.sources import Invented, asking, install, manners

wanted = install(
    pytest.MonkeyPatch(),
    *(Invented(one, asking(one, [f"t{n}" for n in range(10)])) for one in (Source.ESPN, Source.BETTINGPROS)),
)
settings = load_settings(home=sys.argv[1], sources_url=sys.argv[2], source_pace=0, now="2024-01-15T17:00:00+00:00")
found = fetch_day(Platform(settings), date(2024, 1, 15), wanted)
print(*(f"{one.source}:{one.asked}:{one.fresh}:{one.state}" for one in found.reports))
"""


@pytest.mark.whole
def test_a_fetch_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SCRIPT, str(tmp_path / "home")]
    with scripted(lambda one, _: Reply(delay_seconds=0.1)) as server:
        victim = subprocess.Popen([*command, server.url])
        until = time.monotonic() + 60
        while len(server.asked) < 7 and time.monotonic() < until:
            time.sleep(0.01)
        victim.kill()
        assert victim.wait() == -signal.SIGKILL
        asked_before = len(server.asked)
        again = subprocess.run([*command, server.url], capture_output=True, text=True, check=True, timeout=60)
        landed = landed_between(platform_at(tmp_path / "home", server).store, DAY, DAY)
    assert 7 <= asked_before < 20
    assert again.stdout.count(":ok") == 2
    assert len({(one.source, one.label) for one in landed}) == len(landed) == 20
    # At most the request in flight of each source was made twice.
    assert 20 <= len(server.asked) <= 22


def test_an_interrupted_fetch_ends_what_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = install(
        monkeypatch, Invented(Source.ESPN, asking(Source.ESPN, "ab"), manners=manners(pause_seconds=300.0))
    )

    told: list[SourceReport] = []

    def interrupt(report: SourceReport) -> None:
        told.append(report)
        if len(told) == 1:
            threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()

    # What starts in the background of a shell ignores Ctrl-C from birth.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with scripted(in_turn(Reply())) as server:
            platform = Platform(load_settings(home=tmp_path, sources_url=server.url, source_pace=1.0, now=NOON))
            began = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                fetch_day(platform, DAY, wanted, progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 60
    assert len(server.asked) == 1
