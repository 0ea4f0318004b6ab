"""The polite client against a real server: what is tried again, what is not, what is an answer, and what never gets out."""

import gzip
import json
import logging
import threading
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest

from nba_props.io.sources.live import transport as module
from nba_props.io.sources.live.contract import (
    KeyRefused,
    Manners,
    Outcome,
    Payload,
    QuotaExhausted,
    Request,
    Source,
    SourceUnavailable,
)
from nba_props.io.sources.live.transport import Answer, Transport
from nba_props.settings import Settings, load_settings
from nba_props_tests.io.live.scripted import Asked, Reply, Script, Scripted, in_turn, scripted

NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
KEY = "k3y-0f-the-0dds"
GAMES = Reply(body=b'{"games": [1]}')
KEYED = {"key_setting": "NBA_PROPS_ODDS_API_KEY", "key_param": "apiKey", "remaining_header": "x-requests-remaining"}


def manners(**given: object) -> Manners:
    return Manners(**{"base_url": "http://127.0.0.1:9", "pause_seconds": 0.0, "timeout_seconds": 5.0, **given})  # type: ignore[arg-type]


def request(path: str = "/odds", **given: object) -> Request:
    return Request(Source.ODDS_API, "odds", date(2024, 1, 15), path, **given)  # type: ignore[arg-type]


class Asking:
    """A transport to a scripted server that sleeps in no time, and what it was told to sleep."""

    def __init__(self, server: Scripted, **given: object) -> None:
        settings: dict[str, object] = {"sources_url": server.url, "odds_api_key": KEY}
        settings |= {name: given.pop(name) for name in list(given) if name in Settings.model_fields}
        self.slept: list[float] = []
        self.transport = Transport(
            {Source.ODDS_API: manners(**given)}, load_settings(**settings), lambda: NOON, self.slept.append
        )

    def ask(self, one: Request | None = None, **given: object) -> Answer:
        return self.transport.ask(one or request(), **given)  # type: ignore[arg-type]


def earlier(**headers: str) -> Payload:
    return Payload(
        "landing/x", Source.ODDS_API, "odds", date(2024, 1, 15), "", NOON, Outcome.CONTENT, 200, {}, headers, b"[7]"
    )


# -- where and how it asks ---------------------------------------------------------------------------------------------


def test_a_request_goes_to_the_source_under_its_name_with_its_parameters_and_headers() -> None:
    with scripted(in_turn(GAMES)) as server:
        answer = Asking(server, headers={"Accept": "text/json"}).ask(
            request(params={"a": "1 2"}, headers={"Referer": "https://example.org"})
        )
    assert server.paths() == ["/odds_api/odds?a=1+2"]
    assert (server.asked[0].headers["accept"], server.asked[0].headers["referer"]) == (
        "text/json",
        "https://example.org",
    )
    assert server.asked[0].headers["user-agent"].startswith("nba-props/")
    assert (answer.outcome, answer.status, answer.body) == (Outcome.CONTENT, 200, b'{"games": [1]}')


def test_without_a_server_of_our_own_the_base_url_is_the_sources() -> None:
    with scripted(in_turn(GAMES)) as server:
        Asking(server, sources_url="", base_url=f"{server.url}/v4").ask()
    assert server.paths() == ["/v4/odds"]


def test_requests_of_one_source_keep_their_distance_whatever_the_threads() -> None:
    with scripted(in_turn(GAMES)) as server:
        line = Transport({Source.ODDS_API: manners(pause_seconds=0.15)}, load_settings(sources_url=server.url))
        threads = [threading.Thread(target=line.ask, args=(request(f"/odds/{n}"),)) for n in range(4)]
        began = time.monotonic()
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert time.monotonic() - began >= 3 * 0.15
    assert len(server.asked) == 4


def test_the_pace_of_settings_multiplies_the_pause() -> None:
    with scripted(in_turn(GAMES)) as server:
        asking = Asking(server, pause_seconds=100.0, source_pace=2.0)
        asking.ask()
        asking.ask()
    assert asking.slept == [pytest.approx(200.0, abs=5)]


def test_compressed_answers_are_read() -> None:
    packed = Reply(body=gzip.compress(b'{"games": [1]}'), headers={"Content-Encoding": "gzip"})
    with scripted(in_turn(packed)) as server:
        assert json.loads(Asking(server).ask().body) == {"games": [1]}


# -- tries -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500),
        Reply(503),
        Reply(429),
        Reply(408),
        Reply(body=b"<html>Just a moment...</html>", headers={"Content-Type": "text/html"}),
        Reply(body=b'{"games": [1'),
        Reply(body=b'{"games": [1]}', declared_length=5000),
        Reply(body=b""),
        Reply(resets=True),
        Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "503", "429", "408", "html", "json-cut", "shorter-than-declared", "empty", "reset", "bad-gzip"],
)
def test_what_passes_is_tried_again(bad: Reply) -> None:
    with scripted(in_turn(bad, GAMES)) as server:
        asking = Asking(server)
        assert asking.ask().body == GAMES.body
    assert len(server.asked) == 2
    assert 10 <= asking.slept[0] <= 300


def test_tries_are_bounded_and_their_waits_grow() -> None:
    with scripted(in_turn(Reply(500))) as server:
        asking = Asking(server, tries=4)
        with pytest.raises(SourceUnavailable, match=r"odds_api: odds: it answered 500 \(4 tries\)"):
            asking.ask()
    assert len(server.asked) == 4
    assert asking.slept == sorted(asking.slept)
    assert sum(asking.slept) <= module.LONGEST_REQUEST_SECONDS


def test_a_blocked_page_is_said_to_be_one() -> None:
    page = Reply(body=b"<!DOCTYPE html><title>Access Denied</title>")
    with scripted(in_turn(page)) as server, pytest.raises(SourceUnavailable, match="blocked, or a maintenance page"):
        Asking(server, tries=2).ask()


def test_no_wait_begins_that_would_end_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_REQUEST_SECONDS", 250.0)
    with scripted(in_turn(Reply(429, headers={"Retry-After": "280"}))) as server:
        asking = Asking(server)
        with pytest.raises(SourceUnavailable, match="1 try"):
            asking.ask()
    assert asking.slept == []


def test_a_silent_server_is_given_up_after_the_time_of_a_try() -> None:
    with (
        scripted(in_turn(Reply(delay_seconds=1.5))) as server,
        pytest.raises(SourceUnavailable, match="no answer within"),
    ):
        Asking(server, tries=1, timeout_seconds=0.2).ask()


def test_an_answer_that_drips_is_given_up_after_the_time_of_a_try() -> None:
    drip = Reply(body=b" " * 1000 + b"{}", drip_seconds=0.02)
    with scripted(in_turn(drip)) as server, pytest.raises(SourceUnavailable, match="not complete within"):
        Asking(server, tries=1, timeout_seconds=0.3).ask()


def test_nobody_listening_is_unavailable() -> None:
    with scripted(in_turn(GAMES)) as server:
        pass
    with pytest.raises(SourceUnavailable, match="ConnectError"):
        Asking(server, tries=2).ask()


@pytest.mark.parametrize("status", [400, 402, 410, 422])
def test_what_does_not_pass_is_not_tried_again(status: int) -> None:
    with scripted(in_turn(Reply(status))) as server, pytest.raises(SourceUnavailable, match=str(status)):
        Asking(server).ask()
    assert len(server.asked) == 1


def test_a_source_without_key_that_forbids_is_unavailable_at_once() -> None:
    with scripted(in_turn(Reply(403, b"<html>"))) as server, pytest.raises(SourceUnavailable, match="403"):
        Asking(server).ask()
    assert len(server.asked) == 1


def test_more_than_it_may_send_is_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_BODY_BYTES", 2**20)
    bomb = Reply(body=gzip.compress(b" " * 2**24), headers={"Content-Encoding": "gzip"})
    with scripted(in_turn(bomb)) as server, pytest.raises(SourceUnavailable, match="larger than 1 MiB"):
        Asking(server).ask()
    assert len(server.asked) == 1


# -- Retry-After -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "value"), [(429, "42"), (503, "42")])
def test_a_source_is_left_alone_as_long_as_it_says(status: int, value: str) -> None:
    with scripted(in_turn(Reply(status, headers={"Retry-After": value}), GAMES)) as server:
        asking = Asking(server)
        asking.ask()
    assert asking.slept == [42.0]


def test_a_date_of_return_is_counted_by_the_servers_clock() -> None:
    theirs = datetime(2031, 5, 5, tzinfo=UTC)

    def script(_: Asked, before: int) -> Reply:
        until = format_datetime(theirs + timedelta(seconds=25), usegmt=True)
        return (
            GAMES
            if before
            else Reply(429, headers={"Retry-After": until, "Date": format_datetime(theirs, usegmt=True)})
        )

    with scripted(script) as server:
        asking = Asking(server)
        asking.ask()
    assert asking.slept == [25.0]


def test_our_own_server_is_asked_again_at_its_pace() -> None:
    with scripted(in_turn(Reply(429, headers={"Retry-After": "100"}), Reply(500), GAMES)) as server:
        asking = Asking(server, source_pace=0.0)
        asking.ask()
    assert asking.slept == [0.0, 0.0]


# -- nothing, of two kinds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404])
def test_what_a_feed_calls_not_published_is_no_fault(status: int) -> None:
    with scripted(in_turn(Reply(status, b"<Error/>"))) as server:
        answer = Asking(server, **KEYED).ask(not_published=frozenset({403, 404}))
    assert (answer.outcome, answer.status, answer.body) == (Outcome.NOT_PUBLISHED, status, b"<Error/>")


def test_no_content_is_not_published() -> None:
    with scripted(in_turn(Reply(204, b""))) as server:
        assert Asking(server).ask(not_published=frozenset()).outcome is Outcome.NOT_PUBLISHED


# -- conditional requests ----------------------------------------------------------------------------------------------


def test_what_still_stands_is_not_sent_again() -> None:
    with scripted(in_turn(Reply(304, b"", {"ETag": '"v1"'}))) as server:
        answer = Asking(server).ask(earlier=earlier(etag='"v1"', **{"last-modified": "Mon, 15 Jan 2024 05:00:00 GMT"}))
    assert server.asked[0].headers["if-none-match"] == '"v1"'
    assert server.asked[0].headers["if-modified-since"] == "Mon, 15 Jan 2024 05:00:00 GMT"
    assert (answer.is_unchanged, answer.status, answer.body, answer.headers["etag"]) == (True, 304, b"[7]", '"v1"')


def test_not_modified_without_having_asked_is_no_answer() -> None:
    with scripted(in_turn(Reply(304, b""))) as server, pytest.raises(SourceUnavailable, match="304"):
        Asking(server).ask()


# -- keys and quotas ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "  "])
def test_without_its_key_a_source_is_not_asked(key: str) -> None:
    with scripted(in_turn(GAMES)) as server, pytest.raises(KeyRefused, match="NBA_PROPS_ODDS_API_KEY"):
        Asking(server, odds_api_key=key, **KEYED).ask()
    assert server.asked == []


def test_a_key_that_cannot_be_one_is_not_sent_and_not_told() -> None:
    with scripted(in_turn(GAMES)) as server, pytest.raises(KeyRefused) as refused:
        Asking(server, odds_api_key="two\nlines-of-key", **KEYED).ask()
    assert server.asked == []
    assert "lines-of-key" not in str(refused.value)


@pytest.mark.parametrize(("where", "is_sent"), [("key_param", "query"), ("key_header", "header")])
def test_the_key_goes_where_the_source_wants_it(where: str, is_sent: str) -> None:
    with scripted(in_turn(GAMES)) as server:
        Asking(server, key_setting="NBA_PROPS_ODDS_API_KEY", **{where: "x-api-key"}).ask()
    (one,) = server.asked
    assert (KEY in one.path) is (is_sent == "query")
    assert (one.headers.get("x-api-key") == KEY) is (is_sent == "header")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_by_its_setting_and_not_tried_again(status: int) -> None:
    with (
        scripted(in_turn(Reply(status))) as server,
        pytest.raises(KeyRefused, match="NBA_PROPS_ODDS_API_KEY") as refused,
    ):
        Asking(server, **KEYED).ask()
    assert len(server.asked) == 1
    assert KEY not in str(refused.value)


def test_what_is_left_of_a_quota_is_told_and_nothing_is_asked_beyond_it() -> None:
    def script(_: Asked, before: int) -> Reply:
        return Reply(body=b"[]", headers={"X-Requests-Remaining": str(1 - before)})

    with scripted(script) as server:
        asking = Asking(server, **KEYED)
        assert [asking.ask().remaining, asking.ask().remaining] == [1, 0]
        with pytest.raises(QuotaExhausted):
            asking.ask()
        assert asking.transport.remaining(Source.ODDS_API) == 0
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "spent",
    [
        Reply(401, b'{"error_code": "OUT_OF_USAGE_CREDITS"}'),
        Reply(429, b'{"message": "Quota exceeded"}'),
        Reply(429, b"{}", {"X-Requests-Remaining": "0"}),
    ],
)
def test_a_spent_quota_is_neither_a_wrong_key_nor_tried_again(spent: Reply) -> None:
    with scripted(in_turn(spent)) as server, pytest.raises(QuotaExhausted):
        Asking(server, **KEYED).ask()
    assert len(server.asked) == 1


def test_a_key_is_in_no_log_no_error_and_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def script(one: Asked, before: int) -> Reply:
        return Reply(500) if before < 2 else Reply(body=b"[]", headers={"ETag": one.path})

    caplog.set_level(logging.DEBUG)
    with scripted(script) as server:
        asking = Asking(server, tries=2, **KEYED)
        with pytest.raises(SourceUnavailable) as failed:
            asking.ask()
        answer = asking.ask()
    assert KEY in server.asked[0].path
    assert KEY not in caplog.text + str(failed.value) + repr(answer)


# -- redirects ---------------------------------------------------------------------------------------------------------


def test_a_redirect_within_the_host_is_followed() -> None:
    def script(one: Asked, _: int) -> Reply:
        return GAMES if one.path == "/elsewhere" else Reply(302, b"", {"Location": "/elsewhere"})

    with scripted(script) as server:
        assert Asking(server).ask().body == GAMES.body
    assert server.paths() == ["/odds_api/odds", "/elsewhere"]


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with scripted(in_turn(GAMES)) as other:
        away: Script = in_turn(Reply(302, b"", {"Location": f"{other.url}/login?from={KEY}"}))
        with scripted(away) as server, pytest.raises(SourceUnavailable, match="another place") as refused:
            Asking(server, **KEYED).ask()
    assert other.asked == []
    assert len(server.asked) == 1
    assert KEY not in str(refused.value)


def test_a_redirect_in_circles_ends() -> None:
    with scripted(in_turn(Reply(301, b"", {"Location": "/odds_api/odds"}))) as server:
        with pytest.raises(SourceUnavailable, match="circles"):
            Asking(server).ask()
        assert len(server.asked) == 6
