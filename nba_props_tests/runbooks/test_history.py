"""A run that failed is found with its error, and a run id to find its log by; what is missing is listed with commands."""

from contextlib import suppress
from datetime import timedelta

import pytest

from nba_props.history import recorded
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.conftest import Opens


def test_a_failed_run_is_found_by_its_date(opens: Opens, slate_platform: Platform) -> None:
    with suppress(ValueError), recorded(slate_platform, "run-that-failed", "exports/results", TONIGHT, TONIGHT):
        raise ValueError("the disk is full")
    typist = opens("history.md", **{"2023-24": "2025-26"})
    typist.types("nba-props history DATE --failed")
    assert "the disk is full" in typist.said
    assert "run-that-failed" in typist.said
    typist.types("nba-props history")
    typist.types("nba-props seasons")
    typist.types("nba-props seasons 2023-24")
    typist.types("nba-props seasons --missing")
    assert "build them: nba-props backfill --dates" in typist.said
    assert typist.types("nba-props history prune --dry-run").code == 0
    typist.now += timedelta(minutes=5)
    with recorded(slates.at(slate_platform, typist.now), "run-after-it", "exports/results", TONIGHT, TONIGHT):
        pass
    typist.types("nba-props history")
    assert "run-after-it" in typist.said
    typist.typed_everything("nba-props ui")  # a server


def test_an_unexpected_error_leaves_its_traceback_where_the_page_says(
    opens: Opens, slate_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nba_props.cli.history.runs_of", lambda *_, **__: 1 // 0)
    typist = opens("history.md")
    assert typist.types("nba-props history").code == 2
    typist.reads("traceback")
    (kept,) = (slate_platform.home / "logs").glob("*.log")
    assert "ZeroDivisionError" in kept.read_text()
