"""`deploy/permissions.yaml` is what the code calls: no request without its permission, no account with more than it may do."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud import bigquery, monitoring_v3, storage
from google.cloud.storage.blob import Blob
from google.cloud.storage.bucket import Bucket

ROOT = Path(__file__).resolve().parents[2]
PERMISSIONS: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "permissions.yaml").read_text(encoding="utf-8"))
CLIENTS = (bigquery.Client, storage.Client, Bucket, Blob, monitoring_v3.MetricServiceClient)
NO_REQUEST = {"bucket", "blob", "close", "path", "get_service_account_email", "exists"}


def requests_of_the_code() -> set[str]:
    """Methods of Google's clients that are called where Google's packages are imported."""
    methods = {name for client in CLIENTS for name in dir(client) if not name.startswith("_")} - NO_REQUEST
    found: set[str] = set()
    for path in (ROOT / "nba_props").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "from google." not in text and "io.gcp" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_client(node.func.value):
                found |= {node.func.attr} & methods
    return found


def _is_client(receiver: ast.expr) -> bool:
    """A client, bucket or blob by its name: `self._client`, `client`, `bigquery_client(settings)`, `bucket.blob(name)`."""
    last = receiver.func if isinstance(receiver, ast.Call) else receiver
    name = last.attr if isinstance(last, ast.Attribute) else last.id if isinstance(last, ast.Name) else ""
    return name.lstrip("_").endswith(("client", "bucket", "blob"))


def test_every_request_of_the_code_is_listed_and_no_other() -> None:
    assert requests_of_the_code() == set(PERMISSIONS["calls"])


@pytest.mark.parametrize("name", PERMISSIONS["accounts"])
def test_an_account_may_do_what_it_calls_and_nothing_it_must_not(name: str) -> None:
    account = PERMISSIONS["accounts"][name]
    held = {one for granted in account["roles"] for one in PERMISSIONS["roles"][granted["role"]]}
    needed = {one for call in account["calls"] for one in PERMISSIONS["calls"][call]}
    assert needed - held == set()
    for call in account["never"]:
        assert call not in account["calls"]
        assert not set(PERMISSIONS["calls"][call]) <= held, f"{name} could {call}"


def test_somebody_may_make_every_request() -> None:
    assert {call for account in PERMISSIONS["accounts"].values() for call in account["calls"]} == set(
        PERMISSIONS["calls"]
    )


def test_no_account_holds_a_role_that_hands_out_rights() -> None:
    granted = {one["role"] for account in PERMISSIONS["accounts"].values() for one in account["roles"]}
    assert not granted & {"roles/owner", "roles/editor", "roles/bigquery.admin", "roles/storage.admin"}


def test_kubernetes_knows_the_accounts_and_the_launching_role() -> None:
    documents = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "accounts.yaml").read_text(encoding="utf-8")))
    accounts = {one["metadata"]["name"] for one in documents if one["kind"] == "ServiceAccount"}
    assert accounts <= set(PERMISSIONS["accounts"])
    (role,) = [one for one in documents if one["kind"] == "Role"]
    assert role["metadata"]["name"] == PERMISSIONS["accounts"]["nba-props-ui"]["kubernetes"]["role"]
    assert "secrets" not in {resource for rule in role["rules"] for resource in rule["resources"]}
    launcher = yaml.safe_load((ROOT / "deploy" / "dagster" / "kubernetes.yaml").read_text(encoding="utf-8"))[
        "run_launcher"
    ]
    assert launcher["config"]["service_account_name"] in accounts
