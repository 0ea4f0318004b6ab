"""The notifier against a real SMTP server and a real webhook receiver: what arrives, what is refused, what is never said."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_props.domain.alerts import Message, Severity, Situation
from nba_props.errors import BadInput
from nba_props.io import notify
from nba_props.io.notify import Channel, channels_of, send
from nba_props.io.redaction import HIDDEN, redact
from nba_props.settings import load_settings
from nba_props_tests.io.alert_matrix import (
    DOCUMENT,
    REGENERATE,
    TOKEN,
    URLS,
    Receivers,
    arrives,
    measured,
    receivers,
    rendered,
)
from nba_props_tests.receivers import Inbox, free_port

MESSAGE = Message("[warning] low coverage", "16 of 20 players.", Severity.WARNING)


@pytest.fixture(scope="module")
def everyone() -> Iterator[Receivers]:
    with receivers() as to:
        yield to


@pytest.fixture(autouse=True)
def taking(everyone: Receivers) -> Receivers:
    """The receivers; whoever refused takes messages again."""
    everyone.mail.refusals = everyone.hook.refusals = 0
    return everyone


@pytest.fixture
def hook(everyone: Receivers) -> Inbox:
    return everyone.hook


def channel_of(url: str) -> Channel:
    [channel] = channels_of(load_settings(alert_urls=url))
    return channel


# -- what arrives -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("situation", Situation)
@pytest.mark.parametrize("kind", URLS)
def test_every_situation_arrives_on_every_channel_with_text_next_step_and_link(
    kind: str, situation: Situation, everyone: Receivers
) -> None:
    assert arrives(kind, situation, everyone) == "received"


def test_the_document_says_what_arrives(everyone: Receivers) -> None:
    everyone.hook.refusals = notify.TRIES  # a matrix that cannot say "refused" would prove nothing
    assert arrives("json", Situation.SKEW, everyone).startswith("refused")
    found = rendered(measured(everyone))
    assert DOCUMENT.read_text(encoding="utf-8") == found, f"docs/alert-matrix.md is not what arrives; run: {REGENERATE}"


# -- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", URLS)
def test_a_channel_that_refuses_says_why_and_takes_the_next_message(kind: str, everyone: Receivers) -> None:
    channel = everyone.channel_of(kind)
    everyone.inbox_of(kind).refusals = notify.TRIES
    refused = send(channel, MESSAGE)
    assert refused.channel == channel.name
    assert refused.refusal
    assert not refused.is_unreachable
    assert send(channel, MESSAGE).refusal is None


@pytest.mark.parametrize("kind", ["json", "mailto"])
def test_a_closed_port_is_a_refusal(kind: str) -> None:
    refused = send(channel_of(f"{kind}://127.0.0.1:{free_port()}?from=a@league.example&to=b@league.example"), MESSAGE)
    assert refused.refusal
    assert "onnection error" in refused.refusal
    assert refused.is_unreachable


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        refused = send(channel_of(f"json://127.0.0.1:{silent.getsockname()[1]}/x?rto=0.4"), MESSAGE)
    assert refused.refusal
    assert refused.is_unreachable


@pytest.mark.parametrize(("refusals", "is_taken"), [(notify.TRIES - 1, True), (notify.TRIES, False)])
def test_a_message_is_tried_three_times(refusals: int, is_taken: bool, hook: Inbox) -> None:
    hook.refusals = refusals
    assert (send(channel_of(f"json://127.0.0.1:{hook.port}/"), MESSAGE).refusal is None) is is_taken
    assert hook.refusals == 0


# -- what is configured -------------------------------------------------------------------------------------------------


def test_urls_stand_apart_by_spaces_commas_and_lines_and_keep_their_own_commas() -> None:
    mail = "mailto://mail.example?from=a@league.example&to=b@league.example,c@league.example"
    settings = load_settings(
        alert_urls=f" json://one.example/x, {mail}\nslack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7,"
    )
    assert settings.alert_channel_urls[:2] == ("json://one.example/x", mail)
    assert [channel.name.split("-")[0] for channel in channels_of(settings)] == ["json", "mailto", "slack"]


def test_a_channel_given_twice_is_one_and_none_is_none() -> None:
    assert len(channels_of(load_settings(alert_urls="json://one.example json://one.example"))) == 1
    assert channels_of(load_settings()) == ()


@pytest.mark.parametrize("wrong", [f"slack://{TOKEN}", f"nosuch://{TOKEN}", TOKEN])
def test_a_url_of_no_kind_is_refused_by_its_place_and_not_quoted(wrong: str) -> None:
    with pytest.raises(BadInput, match="number 2") as refused:
        channels_of(load_settings(alert_urls=f"json://one.example {wrong}"))
    assert TOKEN not in str(refused.value)


# -- what is never said -------------------------------------------------------------------------------------------------


class Lines(logging.Handler):
    """What reaches a process's log."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that apprise lets out, from DEBUG on."""
    root, apprise, lines = logging.getLogger(), logging.getLogger("apprise"), Lines()
    root.addHandler(lines)
    apprise.setLevel(logging.DEBUG)
    yield lines
    apprise.setLevel(logging.NOTSET)
    root.removeHandler(lines)


def test_a_url_shows_neither_in_names_nor_in_refusals_nor_in_logs(
    hook: Inbox, lines: Lines, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"json://user:pl4nted%20pass@127.0.0.1:{hook.port}/{TOKEN}"
    monkeypatch.setenv("NBA_PROPS_ALERT_URLS", url)
    hook.refusals = notify.TRIES
    channel = channel_of(url)
    delivery = send(channel, MESSAGE)
    assert delivery.refusal
    assert "pl4nted" not in f"{channel} {delivery} {lines.said} {capfd.readouterr()}"


def test_the_parts_of_a_url_are_redacted_wherever_they_turn_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    urls = f"discord://4174216298/{TOKEN}, mailto://ops:hush@mail.example json://hooks.example:8080/alerts/Sekret77"
    monkeypatch.setenv("NBA_PROPS_ALERT_URLS", urls)
    said = redact(
        f"POST /4174216298/{TOKEN} failed; hooks.example:8080/alerts/Sekret77 did too; 'hush' for mail.example"
    )
    assert said == (
        f"POST /{HIDDEN}/{HIDDEN} failed; hooks.example:8080/alerts/{HIDDEN} did too; '{HIDDEN}' for mail.example"
    )
