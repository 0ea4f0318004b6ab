"""The simulated sources over real HTTP: addresses, keys, quotas, the clock, and every fault."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from nba_props.errors import BadInput
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.faults import Fault, Kind
from nba_props.simulate.league import League, LeagueConfig, simulate_league
from nba_props.simulate.server import SimulatedSources

NOW = datetime(2025, 10, 30, 20, tzinfo=UTC)
STANDINGS, SCOREBOARD = "/balldontlie/standings?season=2025", "/espn/scoreboard?dates=20251028"
KEYS = {"Authorization": "any", "x-api-key": "any"}
EVENTS = "/odds_api/sports/basketball_nba/events"
ODDS = "/odds_api/sports/basketball_nba/odds?regions=us&markets=spreads,totals"


@pytest.fixture(scope="module")
def league() -> League:
    return simulate_league(LeagueConfig(days=12, teams=6, trades=1))


@pytest.fixture
def sources(league: League) -> Iterator[SimulatedSources]:
    with SimulatedSources(league, NOW) as running:
        yield running


@pytest.fixture
def client(sources: SimulatedSources) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sources.url, headers=KEYS, timeout=10) as opened:
        yield opened


class TestAnswers:
    @pytest.mark.parametrize(
        "path",
        [
            "/nba_stats/scheduleleaguev2?LeagueID=00&Season=2025-26",
            "/nba_stats/playerindex?LeagueID=00&Season=2025-26&Historical=0",
            "/nba_stats/leaguegamelog?Season=2025-26&SeasonType=Regular%20Season&DateFrom=&DateTo=",
            "/nba_stats/boxscoretraditionalv3?GameID=0022500001",
            "/nba_stats/leaguedashplayershotlocations?Season=2025-26&SeasonType=Regular+Season&DistanceRange=By+Zone",
            "/balldontlie/box_scores?date=2025-10-28",
            STANDINGS,
            "/balldontlie/player_injuries?per_page=100",
            "/espn/teams/1/roster",
            SCOREBOARD,
            f"{EVENTS}?apiKey=any&dateFormat=iso",
            f"{ODDS}&apiKey=any",
            "/odds_api/historical/sports/basketball_nba/events?apiKey=any&date=2025-10-28T16:00:00Z",
            "/bettingpros/events?sport=NBA&date=2025-10-30",
            "/bettingpros/books?sport=NBA",
        ],
    )
    def test_every_source_answers_under_its_name(self, client: httpx.Client, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()

    def test_pages_and_documents_are_what_they_say(self, client: httpx.Client) -> None:
        page = client.get("/basketball_reference/teams/ATL/2026.html")
        assert page.headers["content-type"].startswith("text/html")
        assert "roster" in page.text
        report = client.get("/injury_report/Injury-Report_2025-10-30_12PM.pdf")
        assert report.headers["content-type"] == "application/pdf"
        assert report.content.startswith(b"%PDF-")
        assert client.get("/injury_report/Injury-Report_2025-10-30_11PM.pdf").status_code == 403

    def test_the_same_is_answered_the_same(self, league: League) -> None:
        told = []
        for _ in range(2):
            with SimulatedSources(league, NOW) as running:
                told.append(httpx.get(f"{running.url}{SCOREBOARD}").content)
        assert told[0] == told[1]

    def test_what_is_no_source_is_not_found(self, client: httpx.Client) -> None:
        assert client.get("/nowhere/x").status_code == 404
        assert client.get("/").status_code == 404

    @pytest.mark.parametrize(
        ("path", "status"), [(STANDINGS, 401), ("/bettingpros/books", 403), (EVENTS, 401), (f"{EVENTS}?apiKey=", 401)]
    )
    def test_without_a_key_nothing_is_told(self, sources: SimulatedSources, path: str, status: int) -> None:
        assert httpx.get(f"{sources.url}{path}").status_code == status

    def test_keys_are_not_remembered(self, sources: SimulatedSources, client: httpx.Client) -> None:
        client.get(f"{EVENTS}?apiKey=secret&dateFormat=iso")
        [asked] = sources.requests
        assert (asked.source, asked.params, asked.status) == (Source.ODDS_API, {"dateFormat": "iso"}, 200)

    def test_many_clients_at_once_are_all_answered(self, sources: SimulatedSources) -> None:
        def ask() -> None:
            with httpx.Client(base_url=sources.url) as mine:
                statuses.extend(mine.get(SCOREBOARD).status_code for _ in range(25))

        statuses: list[int] = []
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 100
        assert len(sources.requests) == 100


class TestQuota:
    def test_credits_are_counted_down_and_events_are_free(self, client: httpx.Client) -> None:
        free = client.get(f"{EVENTS}?apiKey=any").headers
        paid = client.get(f"{ODDS}&apiKey=any").headers
        assert int(free["x-requests-remaining"]) - int(paid["x-requests-remaining"]) == 2
        assert (paid["x-requests-used"], paid["x-requests-last"]) == ("2", "2")

    def test_once_they_are_used_up_it_says_so(self, league: League) -> None:
        with SimulatedSources(league, NOW, quota=3) as running:
            answers = [httpx.get(f"{running.url}{ODDS}&apiKey=any") for _ in range(2)]
        assert [one.status_code for one in answers] == [200, 401]
        assert answers[1].json()["error_code"] == "OUT_OF_USAGE_CREDITS"
        assert answers[1].headers["x-requests-remaining"] == "1"


class TestClock:
    def test_time_moves_by_code(self, sources: SimulatedSources, client: httpx.Client) -> None:
        before = client.get(STANDINGS).json()
        sources.now = NOW + timedelta(days=3)
        assert client.get(STANDINGS).json() != before

    def test_time_moves_over_http(self, sources: SimulatedSources, client: httpx.Client) -> None:
        state = client.post("/_control", json={"now": "2025-11-01T12:00:00-04:00"}).json()
        assert state["now"] == "2025-11-01T16:00:00+00:00"
        assert sources.now == datetime(2025, 11, 1, 16, tzinfo=UTC)

    def test_the_date_header_is_the_simulated_instant(self, client: httpx.Client) -> None:
        assert parsedate_to_datetime(client.get(SCOREBOARD).headers["date"]) == NOW

    def test_an_instant_without_zone_is_refused(self, sources: SimulatedSources, client: httpx.Client) -> None:
        with pytest.raises(BadInput, match="no time zone"):
            sources.now = datetime(2025, 11, 1)  # noqa: DTZ001 - that is the point
        assert client.post("/_control", json={"now": "2025-11-01T12:00:00"}).status_code == 400
        assert sources.now == NOW


class TestControl:
    def test_the_state_tells_dates_faults_and_requests(self, sources: SimulatedSources, client: httpx.Client) -> None:
        client.post("/_control", json={"faults": [{"source": "espn", "kind": "500", "times": 2}]})
        client.get(SCOREBOARD)
        state = client.get("/_control").json()
        assert (state["season"], state["first_date"]) == ("2025-26", "2025-10-21")
        assert [(one["kind"], one["times"]) for one in state["faults"]] == [("500", 1)]
        assert state["requests"]["espn"] == 1

    def test_new_faults_take_the_place_of_old_ones(self, client: httpx.Client) -> None:
        client.post("/_control", json={"faults": [{"source": "all", "kind": "500"}]})
        assert client.get(SCOREBOARD).status_code == 500
        client.post("/_control", json={"faults": []})
        assert client.get(SCOREBOARD).status_code == 200

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'{"nwo": 1}', b'{"faults": 1}', b'{"faults": [{"kind": "500"}]}']
    )
    def test_what_is_no_instruction_is_refused_and_changes_nothing(self, client: httpx.Client, body: bytes) -> None:
        before = client.get("/_control").json()
        refused = client.post("/_control", content=body)
        assert refused.status_code == 400
        assert refused.json()["message"]
        assert client.get("/_control").json() == before

    def test_sources_are_not_posted_to(self, client: httpx.Client) -> None:
        assert client.post(SCOREBOARD, json={}).status_code == 405


class TestFaults:
    def test_too_many_requests_for_the_first_two(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.TOO_MANY, times=2))
        answers = [client.get(SCOREBOARD) for _ in range(3)]
        assert [one.status_code for one in answers] == [429, 429, 200]
        assert all("retry-after" not in one.headers for one in answers)
        assert [one.fault for one in sources.requests] == [Kind.TOO_MANY, Kind.TOO_MANY, None]

    def test_retry_after_says_when_in_whole_seconds_rounded_up(
        self, sources: SimulatedSources, client: httpx.Client
    ) -> None:
        sources.misbehave(Fault(None, Kind.TOO_MANY_WITH_RETRY_AFTER, seconds=1.2))
        answer = client.get(SCOREBOARD)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")

    def test_only_the_paths_that_match(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.ERROR, path="/teams/*"))
        assert client.get("/espn/teams/1/roster").status_code == 500
        assert client.get(SCOREBOARD).status_code == 200

    def test_slow(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.SLOW, seconds=0.3))
        began = time.monotonic()
        assert client.get(SCOREBOARD).status_code == 200
        assert time.monotonic() - began >= 0.3

    def test_slow_does_not_keep_the_server_from_stopping(self, league: League) -> None:
        fault = Fault(None, Kind.SLOW, times=1, seconds=60)
        with SimulatedSources(league, NOW, faults=[fault]) as running, socket.socket() as waiting:
            waiting.connect(("127.0.0.1", int(running.url.rpartition(":")[2])))
            waiting.sendall(f"GET {SCOREBOARD} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            while running.state()["faults"][0]["times"]:
                time.sleep(0.01)
            began = time.monotonic()
        assert time.monotonic() - began < 5

    def test_truncated(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.TRUNCATED))
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(SCOREBOARD)

    def test_a_page_instead_of_json(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.HTML))
        answer = client.get(SCOREBOARD)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        with pytest.raises(json.JSONDecodeError):
            answer.json()

    def test_an_empty_body(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.EMPTY))
        answer = client.get(SCOREBOARD)
        assert (answer.status_code, answer.content) == (200, b"")

    def test_a_reset_connection_and_then_an_answer(self, sources: SimulatedSources, client: httpx.Client) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.RESET, times=1))
        with pytest.raises(httpx.ReadError, match="reset"):
            client.get(SCOREBOARD)
        assert client.get(SCOREBOARD).status_code == 200

    def test_a_skewed_clock(self, sources: SimulatedSources, client: httpx.Client) -> None:
        path = f"{ODDS}&apiKey=any"
        told = client.get(path).text
        sources.misbehave(Fault(Source.ODDS_API, Kind.CLOCK_SKEW))
        skewed = client.get(path)
        assert parsedate_to_datetime(skewed.headers["date"]) == NOW + timedelta(hours=3)
        assert skewed.text != told
        assert len(skewed.text) == len(told)

    @pytest.mark.parametrize(
        "kind", [Kind.DUPLICATED, Kind.REORDERED, Kind.NEW_FIELD, Kind.MISSING_FIELD, Kind.WRONG_TYPE]
    )
    @pytest.mark.parametrize("path", [STANDINGS, "/nba_stats/playerindex?Season=2025-26"])
    def test_spoilt_rows_are_still_json_and_not_what_they_were(
        self, sources: SimulatedSources, client: httpx.Client, kind: Kind, path: str
    ) -> None:
        told = client.get(path).json()
        sources.misbehave(Fault(None, kind))
        assert client.get(path).json() != told
        sources.behave()
        assert client.get(path).json() == told

    def test_of_several_faults_the_first_given_is_done_first(
        self, sources: SimulatedSources, client: httpx.Client
    ) -> None:
        sources.misbehave(Fault(Source.ESPN, Kind.ERROR, times=1), Fault(None, Kind.TOO_MANY, times=1))
        assert [client.get(SCOREBOARD).status_code for _ in range(3)] == [500, 429, 200]


def test_it_listens_on_loopback_only(sources: SimulatedSources) -> None:
    assert sources.url.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_refused_by_its_number(league: League) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=str(port)):
            SimulatedSources(league, NOW, port=port)


def test_a_port_is_free_again_afterwards(league: League) -> None:
    with SimulatedSources(league, NOW) as running:
        port = int(running.url.rpartition(":")[2])
    with SimulatedSources(league, NOW, port=port) as again:
        assert httpx.get(f"{again.url}/_control").status_code == 200
