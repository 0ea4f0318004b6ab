"""Fixtures shared by all tests: a platform in a fresh home, and the private archive where it is there."""

from pathlib import Path

import pytest

from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings

ARCHIVE = Path(__file__).resolve().parents[2] / "shared" / "data" / "history"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's own environment and .env never decide a test."""
    import os

    for name in [name for name in os.environ if name.startswith("NBA_PROPS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform in an empty home, its tables created and its reference rows shipped."""
    opened = Platform(load_settings(home=tmp_path / "home"))
    prepare(opened)
    return opened


@pytest.fixture(scope="session")
def archive_dir() -> Path:
    """The real archive; tests that need it skip where it is absent."""
    if not (ARCHIVE / "player_box.parquet").exists():
        pytest.skip("the private archive of real data is not beside the project (../shared/data/history)")
    return ARCHIVE
