"""The sources by name, and what the words a person types ask for."""

import importlib.util
import subprocess
import sys

import pytest

from nba_props.io.sources.live.contract import Source
from nba_props.io.sources.live.registry import GROUPS, KEY_FIELDS, WORDS, live_source, wanted
from nba_props.io.sources.live.transport import key_variable
from nba_props.settings import Settings

PRESENT = [one for one in Source if importlib.util.find_spec(f"nba_props.io.sources.live.{one}") is not None]


def test_no_word_means_everything_and_nobody_chose_it() -> None:
    for found in (wanted([]), wanted(["all"])):
        assert set(found.feeds) == set(Source)
        assert not any(found.feeds.values())
        assert (found.named, found.is_by_default) == (frozenset(), True)


def test_a_source_by_its_name_is_chosen_whole() -> None:
    found = wanted(["odds_api"])
    assert found.feeds == {Source.ODDS_API: frozenset()}
    assert (found.named, found.is_by_default) == ({Source.ODDS_API}, False)


def test_groups_choose_feeds_and_name_no_source() -> None:
    found = wanted(["injuries", "box-scores"])
    assert found.feeds[Source.BALLDONTLIE] == {"player_injuries", "box_scores"}
    assert found.feeds[Source.INJURY_REPORT] == frozenset()
    assert (found.named, found.is_by_default) == (frozenset(), False)


@pytest.mark.parametrize("words", [["schedule", "espn"], ["espn", "schedule"]])
def test_every_feed_is_more_than_some(words: list[str]) -> None:
    assert wanted(words).feeds[Source.ESPN] == frozenset()


def test_another_word_is_refused() -> None:
    with pytest.raises(KeyError, match="odsd"):
        wanted(["odsd"])


def test_words_and_keys_are_those_of_sources_and_settings() -> None:
    assert set(WORDS) == set(GROUPS) | set(Source)
    assert set(KEY_FIELDS.values()) <= set(Settings.model_fields)


def test_importing_the_registry_imports_no_source() -> None:
    code = (
        "import sys, nba_props.io.sources.live.registry as r;"
        "print([one for one in r.Source if f'nba_props.io.sources.live.{one}' in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("source", PRESENT)
def test_each_source_is_what_its_name_says(source: Source) -> None:
    live = live_source(source)
    assert live.source is source
    feeds = {one.name for one in live.feeds}
    assert {name for group in GROUPS.values() for name in group.get(source, ())} <= feeds
    field = KEY_FIELDS.get(source)
    if field is None:
        assert live.manners.key_setting == ""
    else:
        assert key_variable(live.manners) == f"NBA_PROPS_{field.upper()}"
