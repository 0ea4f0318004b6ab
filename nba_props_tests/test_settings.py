"""Settings: what is refused at start, and the environment that is assumed where nobody says."""

import sys

import pytest

from nba_props.domain.odds import DevigMethod
from nba_props.errors import BadInput
from nba_props.settings import Environment, Settings, load_settings


def test_data_in_the_cloud_is_productions_unless_said_otherwise() -> None:
    assert load_settings(target="gcp").effective_environment is Environment.PRODUCTION
    assert load_settings().effective_environment is Environment.DEVELOPMENT
    assert (
        load_settings(target="gcp", environment="test", dataset_prefix="test_").effective_environment
        is Environment.TEST
    )


@pytest.mark.parametrize("prefix", ["test_", "test_anna_", "smoke_1_"])
@pytest.mark.parametrize("given", [{"target": "gcp"}, {"target": "gcp", "environment": "production"}])
def test_production_refuses_a_leftover_prefix(prefix: str, given: dict[str, str], monkeypatch) -> None:
    monkeypatch.setenv("NBA_PROPS_DATASET_PREFIX", prefix)
    with pytest.raises(BadInput) as refused:
        load_settings(**given)
    assert "unset NBA_PROPS_DATASET_PREFIX" in refused.value.message
    assert "NBA_PROPS_ENVIRONMENT=test" in refused.value.message


@pytest.mark.parametrize("environment", ["test", "development"])
def test_what_is_not_production_needs_a_prefix_in_the_cloud(environment: str) -> None:
    with pytest.raises(BadInput, match="would write to production's datasets"):
        load_settings(target="gcp", environment=environment)
    assert load_settings(target="gcp", environment=environment, dataset_prefix="test_").dataset_prefix == "test_"
    assert load_settings(environment=environment).dataset_prefix == ""


def test_production_may_have_a_prefix_of_its_own() -> None:
    assert load_settings(target="gcp", dataset_prefix="league_").effective_environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bigquery_endpoint", "127.0.0.1:9050"),
        ("storage_endpoint", "http://127.0.0.1:9023/"),
        ("maximum_bytes_billed", "0"),
        ("environment", "staging"),
        ("dataset_prefix", "Test-"),
        ("devig_method", "additive"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(name: str, value: str, monkeypatch) -> None:
    monkeypatch.setenv(f"NBA_PROPS_{name.upper()}", value)
    with pytest.raises(BadInput, match=f"NBA_PROPS_{name.upper()}"):
        load_settings()


@pytest.mark.parametrize("method", DevigMethod)
def test_the_way_to_remove_the_vig_is_chosen_by_name(method: DevigMethod, monkeypatch) -> None:
    assert load_settings().devig_method is DevigMethod.MULTIPLICATIVE
    monkeypatch.setenv("NBA_PROPS_DEVIG_METHOD", str(method))
    assert load_settings().devig_method is method


def test_an_empty_variable_is_no_value(monkeypatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"NBA_PROPS_{name.upper()}", "")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("given", "is_terminal", "is_json"),
    [
        ({"target": "gcp"}, False, True),
        ({"target": "gcp"}, True, False),
        ({}, False, False),
        ({"log_format": "json"}, True, True),
        ({"target": "gcp", "log_format": "text"}, False, False),
    ],
)
def test_lines_are_json_where_a_machine_collects_them(
    given: dict[str, str], is_terminal: bool, is_json: bool, monkeypatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    assert load_settings(**given).is_json_log is is_json
