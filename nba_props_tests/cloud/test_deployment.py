"""init, doctor and smoke with target gcp, against the emulators: what a person does after a deployment."""

import os
import subprocess
from pathlib import Path

import pytest

from nba_props_tests.cli.conftest import Ended, command
from nba_props_tests.cloud.emulators import LOCATION, PROJECT, Emulator, bigquery_client, storage_client

BUCKET = "deployment-test"


@pytest.fixture
def place(bigquery: Emulator, cloud_storage: Emulator) -> dict[str, str]:
    """Settings of a cloud target with a bucket."""
    client = storage_client(cloud_storage.endpoint)
    if not client.lookup_bucket(BUCKET):
        client.create_bucket(BUCKET)
    return {
        "NBA_PROPS_TARGET": "gcp",
        "NBA_PROPS_GCP_PROJECT": PROJECT,
        "NBA_PROPS_GCP_LOCATION": LOCATION,
        "NBA_PROPS_GCS_BUCKET": BUCKET,
        "NBA_PROPS_BIGQUERY_ENDPOINT": bigquery.endpoint,
        "NBA_PROPS_STORAGE_ENDPOINT": cloud_storage.endpoint,
    }


def run(place: dict[str, str], *arguments: object) -> Ended:
    done = subprocess.run(
        command(*arguments), env=os.environ | place, capture_output=True, text=True, check=False, timeout=600
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_after_init_doctor_finds_what_the_catalogue_declares(place: dict[str, str], tmp_path: Path) -> None:
    test = place | {"NBA_PROPS_DATASET_PREFIX": "test_deployment_", "NBA_PROPS_ENVIRONMENT": "test"}
    home = ("--json", "--home", tmp_path)
    before = run(test, "doctor", *home)
    assert before.code == 2
    assert [one["next_step"] for one in before.json["findings"] if one["state"] == "problem"] == ["nba-props init"]
    made = run(test, "init", *home)
    assert (made.code, made.json["dataset_prefix"]) == (0, "test_deployment_")
    assert len(made.json["created"]) > 40
    again = run(test, "init", *home)
    assert (again.json["created"], again.json["added"], again.json["shipped"]) == ([], {}, 0)
    after = run(test, "doctor", *home)
    assert [one for one in after.json["findings"] if one["state"] == "problem"] == []
    # The emulator knows no rights of tables, and nobody watches it: both are said.
    assert {one["name"] for one in after.json["findings"] if one["state"] == "warning"} == {
        "table rights",
        "alert channels",
    }


def test_production_is_not_sent_to_a_tests_datasets(place: dict[str, str], tmp_path: Path) -> None:
    refused = run(place | {"NBA_PROPS_DATASET_PREFIX": "test_"}, "init", "--home", tmp_path)
    assert refused.code == 2
    assert "unset NBA_PROPS_DATASET_PREFIX" in refused.err


def test_a_smoke_passes_and_leaves_nothing(
    place: dict[str, str], bigquery: Emulator, cloud_storage: Emulator, tmp_path: Path
) -> None:
    storage = storage_client(cloud_storage.endpoint)
    storage.bucket(BUCKET).blob("v1/status.json").upload_from_string(b"production's")
    ended = run(place, "smoke", "--home", tmp_path)
    assert ended.code == 0, ended.out
    left = [one.dataset_id for one in bigquery_client(bigquery.endpoint).list_datasets() if "smoke_" in one.dataset_id]
    assert left == []
    assert [blob.name for blob in storage.list_blobs(BUCKET)] == ["v1/status.json"]
