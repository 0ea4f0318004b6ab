"""Every situation that a person is told of, sent to every kind of channel, and what arrived there, as a document.

Here belong the channels, the alerts and the table. Not here: what else a channel must do or never say (`test_notify`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.slack import NotifySlack

from nba_props.domain.alerts import GUIDES, Alert, Severity, Situation, Telling, message_of
from nba_props.io import notify
from nba_props.io.notify import Channel, channels_of, send
from nba_props.settings import load_settings
from nba_props_tests.receivers import Inbox, smtp_server, webhook_receiver

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "alert-matrix.md"
REGENERATE = "python -m nba_props_tests.io.alert_matrix"
TOKEN = "pl4ntedTOKEN-xyz"
URLS = {
    "mailto": "mailto://127.0.0.1:{port}?from=nba@league.example&to=ops@league.example",
    "json": f"json://127.0.0.1:{{port}}/{TOKEN}",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
}
NAMES = {"mailto": "email (SMTP)", "json": "JSON webhook", "slack": "Slack", "discord": "Discord"}
DAY, SUBJECT = date(2024, 1, 15), "batch_1"

Matrix = Mapping[tuple[Situation, str], str]


@dataclass(frozen=True)
class Receivers:
    """The mail server, and the receiver that Slack, Discord and plain webhooks reach."""

    mail: Inbox
    hook: Inbox

    def inbox_of(self, kind: str) -> Inbox:
        """Where messages of a kind of channel arrive."""
        return self.mail if kind == "mailto" else self.hook

    def channel_of(self, kind: str) -> Channel:
        """A channel of a kind that leads here."""
        [channel] = channels_of(load_settings(alert_urls=URLS[kind].format(port=self.inbox_of(kind).port)))
        return channel


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Both receivers, with Slack's and Discord's addresses led to the second; nobody waits between tries."""
    with smtp_server() as mail, webhook_receiver() as hook, pytest.MonkeyPatch.context() as patch:
        patch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{hook.port}/services")
        patch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{hook.port}/api/webhooks")
        patch.setattr(notify, "PAUSE_SECONDS", 0.0)
        for kind in (NotifyEmail, NotifySlack):
            patch.setattr(kind, "request_rate_per_sec", 0)
        yield Receivers(mail, hook)


def alert_of(situation: Situation) -> Alert:
    """A critical alert of a situation, with characters in its text that markup would eat."""
    guide = GUIDES[situation]
    step = guide.next_step.format(day=DAY, subject=SUBJECT, command="nba-props run")
    link = f"http://ui.example:3000/{guide.page.format(subject=SUBJECT)}"
    text = "84.9 % of <20> players & 3 *names* of exports_log."
    return Alert(situation, DAY, SUBJECT, Severity.CRITICAL, text, step, link)


def arrives(kind: str, situation: Situation, to: Receivers) -> str:
    """What becomes of an alert of a situation on a kind of channel: received, refused, or what of it is missing."""
    alert, inbox = alert_of(situation), to.inbox_of(kind)
    before = len(inbox.messages)
    if refusal := send(to.channel_of(kind), message_of(alert, Telling.RAISED)).refusal:
        return f"refused: {refusal}"
    arrived = inbox.messages[before:]
    if len(arrived) != 1:
        return f"{len(arrived)} messages"
    parts = {
        "subject": f"[critical] {situation.replace('_', ' ')}, {DAY}",
        "text": alert.text,
        "next step": f"Next step: {alert.next_step}",
        "link": f"Link: {alert.link}",
    }
    missing = [name for name, part in parts.items() if part not in arrived[0]]
    return f"without {', '.join(missing)}" if missing else "received"


def measured(to: Receivers) -> Matrix:
    """Every situation on every kind of channel."""
    return {(situation, kind): arrives(kind, situation, to) for situation in Situation for kind in URLS}


_HEAD = f"""# What arrives where

Every situation that a person is told of, sent to every kind of channel that has a form of its own: to a real SMTP server, and to a webhook
receiver that stands in for Slack's and Discord's. *received*: one message came, with the subject, the whole text, the next step and the
link. Measured, and kept true, by `nba_props_tests/io/test_notify.py`; that each situation is found in its tables is tested by
`nba_props_tests/test_alerting.py`; what each means is in [An alert came](runbooks/alerts.md). Written anew by

```
{REGENERATE}
```

"""


def rendered(matrix: Matrix) -> str:
    """The matrix as Markdown."""
    lines = [f"| situation | next step | {' | '.join(NAMES.values())} |", f"|---|---|{'---|' * len(URLS)}"]
    for situation in Situation:
        guide = GUIDES[situation].next_step.format(day="DATE", subject="SUBJECT", command="COMMAND")
        meaning = f"[{situation.replace('_', ' ')}](runbooks/alerts.md#{situation.replace('_', '-')})"
        lines.append(f"| {meaning} | {guide} | {' | '.join(matrix[situation, kind] for kind in URLS)} |")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    with receivers() as to:
        DOCUMENT.write_text(rendered(measured(to)), encoding="utf-8")
