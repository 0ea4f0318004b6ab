"""Google's clients as dagster-gcp's resources make them, plus what those lack: an endpoint of one's own.

Here belongs how a client is made: project, location, endpoint, credentials. What is asked of it does not. Credentials are
found the standard ways (GOOGLE_APPLICATION_CREDENTIALS, gcloud's own, the machine's service account). Importing this
module costs seconds: only a platform whose target is gcp does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster_gcp import BigQueryResource, GCSResource
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery, storage
from pydantic import Field

from nba_props.errors import StorageFault
from nba_props.settings import Settings

_ENDPOINT = Field(default="", description="Address of the service instead of Google's public one.")


class BigQueryAt(BigQueryResource):
    """dagster-gcp's BigQueryResource with an endpoint."""

    endpoint: str = _ENDPOINT

    @contextmanager
    def get_client(self) -> Iterator[bigquery.Client]:
        if not self.endpoint:
            with super().get_client() as client:
                yield client
            return
        yield bigquery.Client(
            project=self.project,
            location=self.location,
            credentials=_credentials(self.endpoint),
            client_options={"api_endpoint": self.endpoint},
        )


class StorageAt(GCSResource):
    """dagster-gcp's GCSResource with an endpoint."""

    endpoint: str = _ENDPOINT

    def get_client(self) -> storage.Client:
        if not self.endpoint:
            return super().get_client()
        return storage.Client(
            project=self.project,
            credentials=_credentials(self.endpoint),
            client_options={"api_endpoint": self.endpoint},
        )


def bigquery_client(settings: Settings) -> bigquery.Client:
    """A client for the project, location and endpoint of the settings; StorageFault without credentials."""
    resource = BigQueryAt(
        project=settings.gcp_project, location=settings.gcp_location, endpoint=settings.bigquery_endpoint
    )
    with _refusals_told(), resource.get_client() as client:
        return client


def storage_client(settings: Settings) -> storage.Client:
    """A client for the project and endpoint of the settings; StorageFault without credentials."""
    with _refusals_told():
        return StorageAt(project=settings.gcp_project, endpoint=settings.storage_endpoint).get_client()


def _credentials(endpoint: str) -> Credentials | None:
    """Nobody's for an emulator's plain http, over which a token would be read by anyone; else the standard ones (None)."""
    return AnonymousCredentials() if endpoint.startswith("http://") else None


@contextmanager
def _refusals_told() -> Iterator[Any]:
    try:
        yield
    except GoogleAuthError as error:
        raise StorageFault(
            f"There are no usable Google credentials here: {str(error).splitlines()[0]}",
            next_step="gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.",
        ) from error
