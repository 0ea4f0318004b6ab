"""Which refusals pass by themselves, and that no request waits for ever."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests.exceptions
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError, TransportError
from google.cloud import bigquery, storage
from google.resumable_media import DataCorruption, InvalidResponse

from nba_props.io.google_retry import give_up_requests_after, passes


def _with_reason(kind: type[api.GoogleAPICallError], reason: str) -> api.GoogleAPICallError:
    return kind("refused", errors=[{"reason": reason}])


def _faults() -> Iterator[tuple[Exception, bool]]:
    for reason in ("rateLimitExceeded", "jobRateLimitExceeded"):
        yield _with_reason(api.Forbidden, reason), True
    for reason in ("accessDenied", "quotaExceeded", "billingNotEnabled"):
        yield _with_reason(api.Forbidden, reason), False
    for outage in (api.InternalServerError, api.BadGateway, api.ServiceUnavailable, api.GatewayTimeout):
        yield outage("out"), True
    yield api.TooManyRequests("slow down"), True
    yield _with_reason(api.BadRequest, "jobBackendError"), True
    yield api.BadRequest("Could not serialize access to table t due to concurrent update"), True
    yield _with_reason(api.BadRequest, "invalidQuery"), False
    yield api.NotFound("Not found: Table t"), False
    yield api.Conflict("Already Exists: Job j"), False
    yield ConnectionResetError("reset"), True
    yield requests.exceptions.ConnectionError("reset"), True
    yield requests.exceptions.ReadTimeout("read timed out"), True
    yield requests.exceptions.ChunkedEncodingError("cut short"), True
    yield requests.exceptions.JSONDecodeError("Expecting value", "<html>", 0), True
    yield requests.exceptions.SSLError("certificate has expired"), False
    yield TransportError("no token"), True
    yield RefreshError("invalid_grant"), False
    yield ValueError("ours"), False


@pytest.mark.parametrize(("error", "is_passing"), list(_faults()), ids=str)
def test_what_passes_by_itself(error: Exception, is_passing: bool) -> None:
    assert passes(error) is is_passing


def _answer(status: int, text: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer._content = status, text.encode()
    answer.request = requests.Request("POST", "http://127.0.0.1/upload").prepare()
    return answer


@pytest.mark.parametrize(
    ("status", "text", "is_passing"),
    [
        (403, '{"error": {"errors": [{"reason": "rateLimitExceeded"}], "message": "later"}}', True),
        (403, '{"error": {"errors": [{"reason": "forbidden"}], "message": "no"}}', False),
        (408, "", True),
        (502, "<html>Bad gateway</html>", True),
    ],
)
def test_a_refused_upload_is_judged_by_its_answer(status: int, text: str, is_passing: bool) -> None:
    answer = _answer(status, text)
    assert passes(InvalidResponse(answer, "Request failed")) is is_passing
    assert passes(api.from_http_status(status, "upload failed", response=answer)) is is_passing


def test_bytes_that_are_not_what_was_stored_are_read_again() -> None:
    assert passes(DataCorruption(None, "checksum"))


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("kind", [bigquery.Client, storage.Client])
def test_a_request_without_an_answer_is_given_up(silent: str, kind: type) -> None:
    client = kind(project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": silent})
    give_up_requests_after(client, 0.2)
    began = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout):
        if isinstance(client, bigquery.Client):
            client.get_table("p.d.t", retry=None, timeout=None)
        else:
            client.get_bucket("b", retry=None)
    assert time.monotonic() - began < 3
