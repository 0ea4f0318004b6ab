"""What BigQuery's client raises, as errors a user can act on. How a request is made, or made again, does not belong here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nba_props.errors import BadInput, NbaPropsError, StorageFault, WarehouseBusy
from nba_props.io.google_retry import passes


@contextmanager
def typed_errors(action: str) -> Iterator[None]:
    """Errors of the client, its credentials or its connection as errors a user can act on."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, RequestException, TimeoutError, ConnectionError) as error:
        raise _typed(error, action) from error


def _typed(error: Exception, action: str) -> NbaPropsError:
    from google.api_core import exceptions as api
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    cause: Any = error
    while isinstance(cause, api.RetryError) and cause.cause is not None:
        cause = cause.cause
    said = _first_line(cause)
    if isinstance(cause, TimeoutError) or (isinstance(cause, api.GoogleAPICallError) and passes(cause)):
        return WarehouseBusy(
            f"{action} was put off by BigQuery until patience ran out: {said}",
            next_step="Run the same command again later; what was there before is still there.",
        )
    if isinstance(cause, api.NotFound):
        return BadInput(f"{action} needs what is not there: {said}", next_step="Create the tables: nba-props init.")
    if isinstance(cause, api.BadRequest):
        return BadInput(
            f"{action} cannot run: {said}",
            next_step="Check table and column names in docs/tables, and filter by date to read less.",
        )
    if isinstance(cause, (api.Forbidden, api.Unauthorized, GoogleAuthError)):
        return StorageFault(
            f"{action} was refused: {said}",
            next_step=(
                "Give this account roles/bigquery.jobUser on the project and roles/bigquery.dataEditor on its datasets,"
                " and look at the project's quotas."
            ),
        )
    if isinstance(cause, (RequestException, ConnectionError)):
        return StorageFault(
            f"{action} did not reach BigQuery: {said}", next_step="Check the connection, then run it again."
        )
    return StorageFault(f"{action} failed: {said}", next_step="Look the job up in the BigQuery console.")


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
