"""Secrets are hidden wherever they stand, by value and by shape; what is no secret stays as it is."""

import json
import time
from pathlib import Path

import pytest

from nba_props.io.redaction import HIDDEN, redact, redact_json, redact_nested
from nba_props.settings import secret_values

SECRET = "pl4nted-S3cret/value+with=all&sorts"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "name", ["NBA_PROPS_ODDS_API_KEY", "SLACK_TOKEN", "DB_PASSWORD", "ALERT_WEBHOOK", "client_secret"]
)
def test_a_value_named_as_a_secret_is_hidden_in_every_spelling(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, SECRET)
    quoted = "pl4nted-S3cret%2Fvalue%2Bwith%3Dall%26sorts"
    for text in (SECRET, f"said {SECRET}.", f"https://odds.example/v4?x={quoted}", repr({"header": SECRET})):
        said = redact(text)
        assert "pl4nted" not in said
        assert "sorts" not in said


def test_a_value_with_quotes_and_line_ends_is_found_in_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", 'one"two\nthree')
    assert redact(json.dumps({"got": 'one"two\nthree'})) == json.dumps({"got": HIDDEN})


def test_the_password_of_any_url_in_the_environment_is_known_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://nba:tw%40lve-m0nkeys@db:5432/dagster")
    assert {"tw@lve-m0nkeys"} <= secret_values()
    assert "m0nkeys" not in redact("password authentication failed: tw@lve-m0nkeys, or tw%40lve-m0nkeys")


def test_what_stands_in_the_env_file_is_known(tmp_path: Path) -> None:
    assert redact("value in-the-file") == "value in-the-file"
    (tmp_path / ".env").write_text("NBA_PROPS_ODDS_API_KEY=in-the-file\n")
    assert redact("value in-the-file") == f"value {HIDDEN}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("GET https://api.example/odds?apiKey=abc123&regions=us: 401", "GET https://api.example/odds?apiKey=[redacted]&regions=us: 401"),
        ("https://maps.example/x?key=abc123", "https://maps.example/x?key=[redacted]"),
        ("postgresql+psycopg2://nba:p@ss:word@db:5432/dagster", "postgresql+psycopg2://nba:[redacted]@db:5432/dagster"),
        ("redis://:abc@queue:6379/0", "redis://:[redacted]@queue:6379/0"),
        ("Authorization: Bearer ya29.a0AfH6", "Authorization: [redacted]"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization': '[redacted]'}"),
        ('"access_token": "abc def", "x": 1', '"access_token": [redacted], "x": 1'),
        (r'{"said": "{\"client_secret\": \"abc\"}"}', r'{"said": "{\"client_secret\": [redacted]}"}'),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\nrest", "[redacted]\nrest"),
        ("cut off: -----BEGIN RSA PRIVATE KEY-----\\nMIIEvQ", "cut off: [redacted]"),
        ("post to https://hooks.slack.com/services/T0/B0/xyz", "post to https://hooks.slack.com/[redacted]"),
        ("jwt eyJhbGciOiJI.eyJzdWIi.sig", "jwt [redacted]"),
    ],
)  # fmt: skip
def test_a_secret_known_by_its_shape_is_hidden(text: str, said: str) -> None:
    assert redact(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "predictions/player_prop_predictions: 412 rows, 2024-03-15 (batch_2024-03-15_1)",
        "There is no table nba_raw.keys. Did you mean nba_raw.schedule?",
        "file:///srv/nba_props/bucket/v1/status.json at 10:30",
        "Connect to http://127.0.0.1:3000 and look; token bucket full, secretary absent",
        "monkey: 3, turnkey=yes, basic statistics of the author",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_json_stays_json_and_the_member_of_a_secret_s_name_is_hidden() -> None:
    said = redact_json('{"api_key": "abc", "url": "https://a.example?key=abc", "rows": [1, null]}')
    assert json.loads(said) == {"api_key": HIDDEN, "url": f"https://a.example?key={HIDDEN}", "rows": [1, None]}
    untouched = '{"b":  1,\n "a": "x"}'
    assert redact_json(untouched) is untouched


def test_long_text_costs_no_more_than_its_length() -> None:
    began = time.perf_counter()
    redact("A" * 400_000 + " " + "a-b." * 100_000 + '"' * 10_000 + "\\" * 10_000)
    assert time.perf_counter() - began < 5  # quadratic, it would be hours


def test_nested_values_keep_their_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "predictions")
    value = {"__class__": "predictions", "run_id": "predictions", "said": ["predictions", 1, None], "predictions": 2.5}
    assert redact_nested(value) == {
        "__class__": "predictions",
        "run_id": "predictions",
        "said": [HIDDEN, 1, None],
        HIDDEN: 2.5,
    }
