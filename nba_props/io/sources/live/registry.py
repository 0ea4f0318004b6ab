"""The live sources by name, and the words by which a person asks for them. Importing this imports none of them."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from nba_props.io.sources.live.contract import LiveSource, Source

KEY_FIELDS: Final[Mapping[Source, str]] = {
    Source.BALLDONTLIE: "balldontlie_api_key",
    Source.ODDS_API: "odds_api_key",
    Source.BETTINGPROS: "bettingpros_api_key",
}
"""The setting of each key, for who must not import a source to know it; its manners say the same (a test compares them)."""

ALL = "all"
_EVERY_FEED: Final[frozenset[str]] = frozenset()

GROUPS: Final[Mapping[str, Mapping[Source, frozenset[str]]]] = {
    "rosters": {Source.ESPN: frozenset({"roster"}), Source.BASKETBALL_REFERENCE: _EVERY_FEED},
    "odds": {Source.ODDS_API: _EVERY_FEED, Source.BETTINGPROS: _EVERY_FEED},
    "injuries": {Source.INJURY_REPORT: _EVERY_FEED, Source.BALLDONTLIE: frozenset({"player_injuries"})},
    "box-scores": {
        Source.NBA_STATS: frozenset({"leaguegamelog", "boxscoretraditionalv3", "leaguedashplayershotlocations"}),
        Source.BALLDONTLIE: frozenset({"box_scores"}),
    },
    "schedule": {Source.NBA_STATS: frozenset({"scheduleleaguev2"}), Source.ESPN: frozenset({"scoreboard"})},
    ALL: dict.fromkeys(Source, _EVERY_FEED),
}
"""What each word asks of which source: the feeds it begins with (none named: every one); what they lead to comes along."""

WORDS: Final[tuple[str, ...]] = (*GROUPS, *Source)


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `feeds`: by source, none named for every one. `named`: the sources typed by their own name.

    `is_by_default`: nobody chose, so that a source whose season is costly is left out of a season.
    """

    feeds: Mapping[Source, frozenset[str]] = field(default_factory=lambda: GROUPS[ALL])
    named: frozenset[Source] = frozenset()
    is_by_default: bool = True


def wanted(words: Iterable[str]) -> Wanted:
    """What words of `WORDS` ask for, together; everything where there are none. Raises KeyError for another word."""
    chosen = list(dict.fromkeys(words))
    feeds: dict[Source, frozenset[str]] = {}
    for word in chosen:
        for source, names in (GROUPS[word] if word in GROUPS else {_source(word): _EVERY_FEED}).items():
            known = feeds.get(source, names)
            feeds[source] = known | names if known and names else _EVERY_FEED
    if not feeds:
        return Wanted()
    named = frozenset(Source(word) for word in chosen if word not in GROUPS)
    return Wanted(feeds, named, is_by_default=set(chosen) == {ALL})


def live_source(source: Source) -> LiveSource:
    """The module's own instance, imported on first use: some bring libraries that take a second."""
    found: LiveSource = importlib.import_module(f"nba_props.io.sources.live.{source}").SOURCE
    return found


def _source(word: str) -> Source:
    if word not in WORDS:
        raise KeyError(word)
    return Source(word)
