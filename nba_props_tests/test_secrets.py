"""Secrets planted where they are really found, things failing with them, and every place searched for them afterwards."""

import json
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from nba_props.cli.ending import run_to_end
from nba_props.cli.screen import IS_JSON_LOG
from nba_props.domain.systems.moving_average import MovingAverage
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.conftest import EVENING, TONIGHT

API_KEY = "pl4nted+api/key"
PASSWORD = "pl4nted p@ssword"
PRIVATE_KEY = "pl4ntedMIIEvQIBADANBg"
KEYED = f"https://api.example/v4/odds?regions=us&apiKey={quote(API_KEY, safe='')}"
DATABASE = f"postgresql+psycopg2://nba:{quote(PASSWORD)}@db.example:5432/dagster"
CREDENTIALS = {
    "type": "service_account",
    "client_email": "runner@project.iam.gserviceaccount.com",
    "private_key": f"-----BEGIN PRIVATE KEY-----\n{PRIVATE_KEY}\n-----END PRIVATE KEY-----\n",
    "token_uri": "http://127.0.0.1:9/token",
}
FORBIDDEN = ("pl4nted",)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An API key, the URL of a database, and credentials of a service account: as a deployment has them."""
    (tmp_path / "credentials.json").write_text(json.dumps(CREDENTIALS))
    monkeypatch.setenv("NBA_PROPS_ODDS_API_KEY", API_KEY)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", DATABASE)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.chdir(tmp_path)


def leaks_in(home: Path) -> list[str]:
    """Files below a home that hold a secret in the open."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(word.encode() in path.read_bytes() for word in FORBIDDEN)]


def text_of_tables(platform: Platform) -> str:
    """The operational tables in which words of errors end up (DuckDB compresses its file: bytes would not show them)."""
    names = ("nba_reference.processor_run_history", "nba_monitoring.check_results", "nba_monitoring.export_log",
             "nba_monitoring.metrics", "nba_monitoring.alerts", "nba_predictions.prediction_batches",
             "nba_predictions.prediction_batch_systems")  # fmt: skip
    return " ".join(str(platform.warehouse.query(f"SELECT * FROM {name}").to_pylist()) for name in names)


@pytest.mark.whole
def test_a_slate_that_fails_with_secrets_in_its_errors_leaves_none_anywhere(
    slate_platform: Platform, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any) -> None:
        try:
            raise ConnectionError(f"{DATABASE}: password authentication failed for {PASSWORD!r}")
        except ConnectionError as error:
            raise RuntimeError(f"GET {KEYED} (key {API_KEY}) with {json.dumps(CREDENTIALS)}") from error

    monkeypatch.setattr(MovingAverage, "project", fails)
    monkeypatch.setenv("NBA_PROPS_NOW", EVENING.isoformat())
    monkeypatch.setenv("NBA_PROPS_LOG_FORMAT", "json")
    home = slate_platform.home
    try:
        code = run_to_end(["run", str(TONIGHT), "--home", str(home), "--systems", "moving_average", "--force"])
    finally:
        IS_JSON_LOG.set(False)
    out, err = capfd.readouterr()
    assert code != 0
    assert "GET https://api.example/v4/odds?regions=us&apiKey=[redacted]" in err
    assert not [word for word in FORBIDDEN if word in out + err + text_of_tables(slate_platform)]
    assert leaks_in(home) == []
    assert "apiKey=[redacted]" in text_of_tables(slate_platform)
    assert list((home / "bucket" / "v1").rglob("status.json"))


def test_credentials_that_are_refused_are_not_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"TARGET": "gcp", "GCP_PROJECT": "a-project", "GCS_BUCKET": "a-bucket"}.items():
        monkeypatch.setenv(f"NBA_PROPS_{name}", value)
    try:
        assert run_to_end(["status", "--home", str(tmp_path / "home")]) == 2
    finally:
        IS_JSON_LOG.set(False)
    out, err = capfd.readouterr()
    assert err
    assert not [word for word in FORBIDDEN if word in out + err]
    assert leaks_in(tmp_path / "home") == []


def test_a_setting_that_is_refused_is_quoted_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBA_PROPS_MIN_MINUTES", DATABASE)
    assert run_to_end(["status", "--home", str(tmp_path / "home")]) == 2
    err = capfd.readouterr().err
    with pytest.raises(BadInput) as raised:  # as Dagster meets it when it loads the location: with its whole traceback
        load_settings()
    assert not [word for word in FORBIDDEN if word in "".join(traceback.format_exception(raised.value))]
    assert "NBA_PROPS_MIN_MINUTES" in err
    assert "nba:[redacted]@db.example" in err
    assert not [word for word in FORBIDDEN if word in err]


def test_a_bug_leaves_its_traceback_without_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: Any) -> None:
        raise ValueError(f"cannot parse {KEYED}")

    monkeypatch.setattr("nba_props.cli.shared.opened", bug)
    monkeypatch.setattr("nba_props.cli.shared.with_data", bug)
    assert run_to_end(["coverage", str(TONIGHT), "--home", str(tmp_path / "home")]) == 2
    (kept,) = tmp_path.rglob("error-*.log")
    assert "apiKey=[redacted]" in kept.read_text()
    assert not [word for word in FORBIDDEN if word in capfd.readouterr().err + kept.read_text()]
