"""The one notifier: a message to each channel that `NBA_PROPS_ALERT_URLS` names (email, Slack, Discord, a webhook, …).

A channel is an Apprise URL, and the URL is its secret: outside this module it goes by a name. A delivery either succeeded
or says why not; nothing is raised for it and nothing is passed over. What is worth telling, and whether it was told
before, is decided elsewhere (`domain/alerts.py`, `alerting.py`).
"""

import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from nba_props.domain.alerts import Message, Severity
from nba_props.errors import BadInput
from nba_props.io.redaction import redact
from nba_props.settings import Settings

if TYPE_CHECKING:
    from apprise import Apprise, NotifyType

TRIES = 3
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 30.0
"""Of one message to one channel, all tries together; a single connection or answer has 4 s (`?cto=`, `?rto=` of its URL)."""

NOT_CONFIGURED = "no alert channel is configured: NBA_PROPS_ALERT_URLS"

_NAME_DIGITS = 6
_REASON_LENGTH = 300
_UNREACHABLE = "connection error"
"""How apprise words that nobody answered, whatever the channel."""


@dataclass(frozen=True)
class Channel:
    """One place that is told. `name` is the kind and a few digits of the URL's hash: the same while the URL is."""

    name: str
    url: SecretStr = field(repr=False)


@dataclass(frozen=True)
class Delivery:
    """One message to one channel: taken, or `refusal` says why not; `is_unreachable` if nobody answered."""

    channel: str
    refusal: str | None = None
    is_unreachable: bool = False


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The channels that are configured, each once; BadInput for a URL that none is made of (said by its place, not quoted)."""
    found = []
    for place, url in enumerate(settings.alert_channel_urls, start=1):
        if not _service(url):
            raise BadInput(
                f"NBA_PROPS_ALERT_URLS: its URL number {place} is of no kind of channel known.",
                next_step="Write it as https://github.com/caronc/apprise/wiki says for its service,"
                " e.g. mailtos://user:password@example.com or slack://TokenA/TokenB/TokenC.",
            )
        found.append(Channel(_name_of(url), SecretStr(url)))
    return tuple(dict.fromkeys(found))


def send(channel: Channel, message: Message) -> Delivery:
    """Send one message to one channel, in a bounded number of tries and a bounded time."""
    from apprise import NotifyFormat
    from apprise.result import AppriseResultStatus

    service = _service(channel.url.get_secret_value())
    with service.notify(
        title=message.title,
        body=message.body,
        body_format=NotifyFormat.TEXT,
        notify_type=_type_of(message),
        timeout=TIMEOUT_SECONDS,
    ) as result:
        if result:
            return Delivery(channel.name)
        said = " ".join(dict.fromkeys(entry.message for entry in result.logs()))
        reason = redact(said or f"not delivered ({result.status.name.lower()})")[:_REASON_LENGTH]
        is_unreachable = result.status is AppriseResultStatus.TIMEOUT or _UNREACHABLE in said.lower()
        return Delivery(channel.name, reason, is_unreachable)


def _service(url: str) -> "Apprise":
    """What sends to one URL; one that is false where the URL is of no kind known."""
    from apprise import Apprise, AppriseAsset

    _keep_to_results()
    asset = AppriseAsset(
        app_id="nba-props",
        app_desc="nba-props",
        storage_mode="memory",  # no file of a notifier's own
        default_service_retry=TRIES - 1,
        default_service_wait=PAUSE_SECONDS,
    )
    service = Apprise(asset=asset)
    service.add(url)
    return service


def _keep_to_results() -> None:
    """What apprise has to say comes with its result, to be redacted; its own log lines may hold the URL."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _name_of(url: str) -> str:
    kind = url.split("://", 1)[0].lower()
    return f"{kind}-{hashlib.sha256(url.encode()).hexdigest()[:_NAME_DIGITS]}"


def _type_of(message: Message) -> "NotifyType":
    from apprise import NotifyType

    kinds = {None: NotifyType.SUCCESS, Severity.WARNING: NotifyType.WARNING, Severity.CRITICAL: NotifyType.FAILURE}
    return kinds[message.severity]
