"""Asking Google's services again: which refusals pass by themselves, how long to go on, and when a request is given up.

The services' own defaults differ, wait for ever for an answer, and take a web page in place of JSON for an error of ours.
What belongs here: what passes, and for how long. What does not: what makes a repetition harmless (job ids, generations),
which is where requests are made. Google packages are imported by the functions, never with this module.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.api_core.retry import Retry

PATIENCE_SECONDS = 600.0
REQUEST_SECONDS = 60.0

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

PASSING_REASONS = frozenset(
    {
        "backendError",
        "badGateway",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
    }
)
"""Reasons of refused requests and of failed jobs that a later try may not meet; `quotaExceeded` lasts for hours."""

CONCURRENT_UPDATE = "Could not serialize access"
"""What BigQuery says of two DML statements on the same partitions at once; the one it refused has done nothing."""


def patience(seconds: float, on_error: Callable[[Exception], None] | None = None) -> "Retry":
    """Ask again while what is refused `passes`, for `seconds`; pauses grow from one to the next, each drawn at random.

    `on_error` is called with each refusal that will be tried again.
    """
    from google.api_core.retry import Retry

    return Retry(
        predicate=passes,
        initial=FIRST_PAUSE_SECONDS,
        maximum=LONGEST_PAUSE_SECONDS,
        timeout=seconds,
        on_error=on_error,
    )


def passes(error: BaseException) -> bool:
    """Whether a later try of the same request may succeed: limits, outages, lost connections, answers that are none."""
    import requests.exceptions
    import urllib3.exceptions
    from google.api_core import exceptions as api
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.resumable_media import DataCorruption

    if isinstance(error, requests.exceptions.SSLError):  # a certificate does not mend itself
        return False
    refusal = _refusal(error)
    if isinstance(refusal, api.GoogleAPICallError):
        return (
            isinstance(refusal, (api.TooManyRequests, api.ServerError))
            or refusal.code == 408
            or bool(reasons_of(refusal) & PASSING_REASONS)
            or CONCURRENT_UPDATE in str(refusal)
        )
    if isinstance(refusal, GoogleAuthError):
        return isinstance(refusal, TransportError) or refusal.retryable
    lost = (
        ConnectionError,
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.JSONDecodeError,
        urllib3.exceptions.ProtocolError,
        urllib3.exceptions.TimeoutError,
        DataCorruption,
    )
    return isinstance(refusal, lost)


def reasons_of(error: BaseException) -> set[str]:
    """Google's own words for why, e.g. `rateLimitExceeded`."""
    found = (one.get("reason") for one in getattr(error, "errors", None) or () if isinstance(one, Mapping))
    return {str(reason) for reason in found if reason}


def _refusal(error: BaseException) -> BaseException:
    """What an upload or download was refused with has no reasons, but its HTTP response does."""
    from google.api_core.exceptions import GoogleAPICallError, from_http_response
    from google.resumable_media import InvalidResponse
    from requests import Response

    response = getattr(error, "response", None)
    if isinstance(error, (InvalidResponse, GoogleAPICallError)) and isinstance(response, Response):
        told: GoogleAPICallError = from_http_response(response)
        return told
    return error


def give_up_requests_after(client: Any, seconds: float) -> None:
    """Give up a request of this client once its connection has said nothing for `seconds`.

    The clients wait for ever where they are told nothing, and have no setting of their own for all their requests.
    """
    from requests.adapters import HTTPAdapter

    class Impatient(HTTPAdapter):
        def send(self, *args: Any, **options: Any) -> Any:
            return super().send(*args, **{**options, "timeout": _shorter(options.get("timeout"), seconds)})

    for scheme in ("https://", "http://"):
        client._http.mount(scheme, Impatient())


def _shorter(given: Any, seconds: float) -> float:
    return min(given, seconds) if isinstance(given, (int, float)) else seconds
