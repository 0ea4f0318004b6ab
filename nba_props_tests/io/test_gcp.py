"""Google's clients: where they point, whose credentials they carry, and what a machine without any is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nba_props.errors import BadInput, StorageFault
from nba_props.platform import Platform
from nba_props.settings import Settings, load_settings

LOOPBACK = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_credentials_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def in_cloud(**given: Any) -> Settings:
    return load_settings(target="gcp", gcp_project="p", gcs_bucket="b", **given)


@pytest.fixture
def user_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as GOOGLE_APPLICATION_CREDENTIALS names one; nothing in it is secret."""
    file = tmp_path / "credentials.json"
    file.write_text(
        json.dumps({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "t"})
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


def test_plain_http_is_given_no_credentials(user_credentials: None) -> None:
    from google.auth.credentials import AnonymousCredentials

    from nba_props.io.gcp import bigquery_client, storage_client

    settings = in_cloud(gcp_location="EU", bigquery_endpoint=LOOPBACK, storage_endpoint=LOOPBACK)
    for client in (bigquery_client(settings), storage_client(settings)):
        assert isinstance(client._credentials, AnonymousCredentials)
        assert client._connection.API_BASE_URL == LOOPBACK
        assert client.project == "p"
    assert bigquery_client(settings).location == "EU"


def test_a_private_endpoint_gets_the_standard_credentials(user_credentials: None) -> None:
    from nba_props.io.gcp import bigquery_client, storage_client

    private = "https://bigquery-ours.p.googleapis.com"
    settings = in_cloud(bigquery_endpoint=private, storage_endpoint=private)
    for client in (bigquery_client(settings), storage_client(settings)):
        assert client._credentials.refresh_token == "t"
        assert private == client._connection.API_BASE_URL


def test_without_an_endpoint_the_clients_are_dagsters_own(user_credentials: None) -> None:
    from nba_props.io.gcp import bigquery_client, storage_client

    settings = in_cloud(gcp_location="EU")
    assert bigquery_client(settings)._connection.API_BASE_URL == "https://bigquery.googleapis.com"
    assert storage_client(settings)._connection.API_BASE_URL == "https://storage.googleapis.com"
    assert bigquery_client(settings).location == "EU"


def test_a_machine_without_credentials_is_told_how_to_get_some() -> None:
    with pytest.raises(StorageFault) as refused:
        _ = Platform(in_cloud()).warehouse
    assert "GOOGLE_APPLICATION_CREDENTIALS" in refused.value.next_step


def test_a_cloud_platform_needs_a_project_and_a_bucket() -> None:
    with pytest.raises(BadInput, match="NBA_PROPS_GCP_PROJECT and NBA_PROPS_GCS_BUCKET"):
        _ = Platform(load_settings(target="gcp")).store


def test_settings_alone_make_a_cloud_platform() -> None:
    opened = Platform(
        in_cloud(
            dataset_prefix="dev_", bigquery_endpoint=LOOPBACK, storage_endpoint=LOOPBACK, maximum_bytes_billed=10**9
        )
    )
    assert opened.warehouse.prefix == "dev_"
    assert repr(opened.store) == "GcsObjectStore('gs://b/dev_/')"


def test_a_laptop_loads_nothing_of_googles() -> None:
    code = (
        "import sys; from nba_props.platform import Platform; from nba_props.settings import load_settings\n"
        "one = Platform(load_settings()); one.warehouse, one.store\n"
        "sys.exit(any(name.startswith(('google.', 'dagster')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
