"""Alert policies in `deploy/alerts`: each is what Cloud Monitoring takes, and watches only what the code emits."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud import monitoring_v3
from google.protobuf import json_format

from nba_props.checks.coverage import CRITICAL_BELOW_PCT
from nba_props.io.metric_sinks import CLOUD_TYPE_PREFIX
from nba_props.io.metrics import METRICS, Kind

ROOT = Path(__file__).resolve().parents[2]
POLICIES = sorted((ROOT / "deploy" / "alerts").glob("*.yaml"))


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def conditions(path: Path) -> list[dict[str, Any]]:
    return [one.get("conditionThreshold") or one["conditionAbsent"] for one in read(path)["conditions"]]


def emitted() -> set[tuple[str, str]]:
    """(verb, metric) of every call in the package that counts or gauges."""
    found: set[tuple[str, str]] = set()
    for path in (ROOT / "nba_props").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("count", "gauge")
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and first.value in METRICS:
                    found.add((node.func.attr, first.value))
    return found


def test_every_declared_metric_is_emitted_by_the_code() -> None:
    assert emitted() == {(metric.kind.value, name) for name, metric in METRICS.items()}


def test_there_is_a_policy_for_every_bad_day() -> None:
    assert {path.stem for path in POLICIES} == {"coverage", "consolidation_failed", "dml_rate_limits", "no_run"}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_cloud_monitoring_knows_every_field(path: Path) -> None:
    policy = json_format.ParseDict(read(path), monitoring_v3.AlertPolicy.pb(monitoring_v3.AlertPolicy()))
    assert policy.display_name.startswith("nba_props: ")
    assert policy.documentation.content


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_it_watches_metrics_and_labels_that_are_emitted(path: Path) -> None:
    for condition in conditions(path):
        (metric_type,) = re.findall(r'metric\.type = "([^"]+)"', condition["filter"])
        name = metric_type.removeprefix(CLOUD_TYPE_PREFIX)
        assert metric_type.startswith(CLOUD_TYPE_PREFIX)
        assert (METRICS[name].kind.value, name) in emitted()
        labels = re.findall(r"metric\.label\.(\w+)", yaml.safe_dump(condition))
        assert set(labels) <= set(METRICS[name].labels)
        if METRICS[name].kind is Kind.COUNT:  # a count is what one run counted: over runs it is a sum
            assert [one["perSeriesAligner"] for one in condition["aggregations"]] == ["ALIGN_SUM"]


def test_outcomes_are_words_that_the_code_uses() -> None:
    text = " ".join(condition["filter"] for path in POLICIES for condition in conditions(path))
    outcomes = set(re.findall(r'metric\.label\.outcome = "(\w+)"', text))
    assert outcomes == {"failed", "busy"}
    for file, outcome in (("assets/predictions/consolidation.py", "failed"), ("io/metrics.py", "busy")):
        assert f'"{outcome}"' in (ROOT / "nba_props" / file).read_text(encoding="utf-8")


def test_the_threshold_of_coverage_is_the_one_of_the_check() -> None:
    (condition,) = conditions(ROOT / "deploy" / "alerts" / "coverage.yaml")
    assert condition["thresholdValue"] == CRITICAL_BELOW_PCT


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_what_it_tells_to_read_exists(path: Path) -> None:
    content = read(path)["documentation"]["content"]
    named = re.findall(r"docs/[\w/.-]+\.md", content)
    assert all((ROOT / one).exists() for one in named)
    assert named or "nba-props" in content
