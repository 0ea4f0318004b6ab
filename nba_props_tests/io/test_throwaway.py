"""Throw-away places: nothing else is ever found or removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nba_props.errors import BadInput
from nba_props.io.throwaway import made_at, new_name, places, remove, settings_within
from nba_props.platform import Platform
from nba_props.settings import Environment, load_settings


def test_a_name_says_when_it_was_made_and_is_nobody_elses() -> None:
    one, other = new_name(), new_name()
    assert one != other
    assert timedelta(0) <= datetime.now(UTC) - made_at(one) < timedelta(minutes=1)


def test_a_place_is_apart_from_the_home_and_the_developers_prefix(tmp_path: Path) -> None:
    mine = load_settings(home=tmp_path, dataset_prefix="dev_", environment="production")
    name = new_name()
    within = settings_within(mine, name)
    assert (within.dataset_prefix, within.environment) == (name, Environment.TEST)
    assert within.home == tmp_path / "smoke" / name


def test_what_was_made_is_found_and_removed_and_nothing_else(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    mine = Platform(settings)
    mine.ensure_tables()
    mine.store.put("v1/status.json", b"{}")
    (tmp_path / "smoke" / "notes").mkdir(parents=True)
    first, second = new_name(), new_name()
    for name in (first, second):
        place = Platform(settings_within(settings, name))
        place.ensure_tables()
        place.store.put("v1/status.json", b"{}")
    assert places(settings) == sorted([first, second])
    remove(settings, first)
    remove(settings, first)
    assert places(settings) == [second]
    remove(settings, second)
    assert (tmp_path / "smoke" / "notes").exists()
    assert mine.store.get("v1/status.json") == b"{}"
    assert mine.ensure_tables() == []


@pytest.mark.parametrize(
    "name", ["", "dev_", "smoke_", "../smoke_20240101000000_aaaaaa_", "smoke_20240101000000_aaaaaa_/.."]
)
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    settings = load_settings(home=tmp_path)
    for refused in (lambda: remove(settings, name), lambda: settings_within(settings, name)):
        with pytest.raises(BadInput, match="no throw-away place"):
            refused()
