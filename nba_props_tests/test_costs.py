"""What a date costs: from what its steps said was billed, shared over their dates; unknown where nothing was said."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.costs import SLATES_OF_A_SEASON, cost_of
from nba_props.history import HISTORY, recorded
from nba_props.io.job_context import add_usage
from nba_props.platform import Platform
from nba_props.settings import Target
from nba_props_tests.predictions.kit import unprepared

DAY = date(2024, 1, 15)
TIB = 2**40


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform that thinks it is in the cloud, with its tables in a directory."""
    local = unprepared(tmp_path)
    local.warehouse.ensure_tables([HISTORY])
    cloud = Platform(local.settings.model_copy(update={"target": Target.GCP}))
    cloud.__dict__["warehouse"] = local.warehouse
    return cloud


def step(platform: Platform, name: str, billed: int | None, first: date = DAY, last: date = DAY) -> None:
    with recorded(platform, "run", name, first, last):
        add_usage(billed, billed, 100)


def test_a_date_pays_its_share_of_each_step(platform: Platform) -> None:
    step(platform, "one", TIB)
    step(platform, "four dates", 4 * TIB, DAY - timedelta(days=1), DAY + timedelta(days=2))
    step(platform, "another date", 8 * TIB, DAY + timedelta(days=1), DAY + timedelta(days=1))
    found = cost_of(platform, DAY)
    assert found.bytes_billed == 2 * TIB
    assert found.day_usd == pytest.approx(2 * 6.25)
    assert found.season_usd == pytest.approx(2 * 6.25 * SLATES_OF_A_SEASON)
    assert found.reason is None


def test_unknown_is_not_free(platform: Platform) -> None:
    step(platform, "silent", None)
    found = cost_of(platform, DAY)
    assert (found.day_usd, found.season_usd) == (None, None)
    assert found.reason == "no step of this date has said what it billed"


def test_a_laptop_bills_nothing(tmp_path: Path) -> None:
    found = cost_of(unprepared(tmp_path), DAY)
    assert found.day_usd is None
    assert found.reason == "the embedded warehouse bills nothing"


def test_the_history_says_what_a_step_used(platform: Platform) -> None:
    with recorded(platform, "run", "asked", DAY, DAY) as done:
        add_usage(10, 20, 30)
        add_usage(1, None, 3)
    add_usage(1000, 1000, 1000)  # outside of any step
    [row] = history(platform)
    assert (row["bytes_processed"], row["bytes_billed"], row["slot_ms"]) == (11, 20, 33)
    assert done.usage_metadata == {"bytes_processed": 11, "bytes_billed": 20, "slot_ms": 33, "retries": 0}


def test_a_failed_step_has_cost_what_it_used(platform: Platform) -> None:
    with pytest.raises(ZeroDivisionError), recorded(platform, "run", "asked", DAY, DAY):
        add_usage(10, 20, 30)
        raise ZeroDivisionError
    [row] = history(platform)
    assert (row["status"], row["bytes_billed"]) == ("failed", 20)


def test_the_embedded_engine_says_nothing(platform: Platform) -> None:
    with recorded(platform, "run", "asked", DAY, DAY) as done:
        platform.warehouse.query("SELECT 1 AS one")
    [row] = history(platform)
    assert (row["bytes_processed"], row["bytes_billed"], row["slot_ms"]) == (None, None, None)
    assert done.usage_metadata == {}


def history(platform: Platform) -> list[dict[str, Any]]:
    return platform.warehouse.query(f"SELECT * FROM {HISTORY.full_name}").to_pylist()
