"""fetch: what it lands, how it ends, and what it says to a mistake."""

from pathlib import Path

import pytest

from nba_props.io.landing import landed_between
from nba_props.io.sources.live import registry
from nba_props.io.sources.live.contract import Source
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT, YESTERDAY
from nba_props_tests.fetch.sources import Invented, asking, install, manners
from nba_props_tests.io.live.scripted import Reply, in_turn, scripted

KEYED = manners(key_setting="NBA_PROPS_ODDS_API_KEY")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three live sources, of which one needs a key that is not set; a default fetch asks all of them."""
    wanted = install(
        monkeypatch,
        Invented(
            Source.NBA_STATS, asking(Source.NBA_STATS), lambda season, now: asking(Source.NBA_STATS)(TONIGHT, now)
        ),
        Invented(Source.ESPN, asking(Source.ESPN, "ab")),
        Invented(Source.ODDS_API, asking(Source.ODDS_API), manners=KEYED),
    )
    monkeypatch.setitem(registry.GROUPS, "all", wanted.feeds)  # type: ignore[arg-type]


def test_a_fetch_lands_parses_and_says_what_each_source_gave(
    call: Call, three: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with scripted(in_turn(Reply())) as server:
        monkeypatch.setenv("NBA_PROPS_SOURCES_URL", server.url)
        monkeypatch.setenv("NBA_PROPS_SOURCE_PACE", "0")
        ended = call("fetch", "yesterday", "--json", home=home)
        assert ended.code == 0, ended.err
        again = call("fetch", YESTERDAY, home=home)
        assert len(server.asked) == 3
    found = {one["source"]: one for one in ended.json["sources"]}
    assert (ended.json["date"], ended.json["season"], ended.json["failures"]) == (YESTERDAY.isoformat(), None, [])
    assert [found[one]["state"] for one in ("nba_stats", "espn", "odds_api")] == ["ok", "ok", "not configured"]
    assert (found["espn"]["landed"], found["odds_api"]["asked"]) == (2, 0)
    landed = landed_between(Platform(load_settings(home=home)).store, YESTERDAY, YESTERDAY)
    assert len(landed) == 3
    assert "✓ raw tables" in ended.err
    assert again.code == 0
    assert "NBA_PROPS_ODDS_API_KEY" in again.out


@pytest.mark.whole  # six commands, each with a graph of its own
def test_the_exit_code_says_how_the_sources_ended(
    call: Call, three: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    down = {"espn"}
    with scripted(lambda one, _: Reply(500) if one.path.split("/")[1] in down else Reply()) as server:
        monkeypatch.setenv("NBA_PROPS_SOURCES_URL", server.url)
        monkeypatch.setenv("NBA_PROPS_SOURCE_PACE", "0")
        partial = call("fetch", home=tmp_path / "home")
        assert partial.code == 1
        assert "it answered 500" in partial.out
        assert call("fetch", "--source", "odds_api", home=tmp_path / "home").code == 2
        assert call("fetch", "--source", "odds_api,nba_stats", home=tmp_path / "home").code == 2
        assert call("fetch", "--source", "nba_stats", home=tmp_path / "home").code == 0
        nothing = call("fetch", "--source", "espn", "--json", home=tmp_path / "home")
        assert (nothing.code, nothing.json["sources"][0]["state"]) == (2, "failed")
        assert "raw tables" not in nothing.err
        season = call(
            "fetch", "--season", "2025-26", "--source", "nba_stats", "--force", "--json", home=tmp_path / "home"
        )
        assert (season.code, season.json["season"], season.json["sources"][0]["asked"]) == (0, "2025-26", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "odds-api"), "did you mean odds_api"),
        (("--source", "roster"), "did you mean rosters"),
        (("--source", "weather"), "sources and groups are"),
        (("tomorow",), "Did you mean tomorrow?"),
        (("2014-01-01",), "outside the dates"),
        (("today", "--season", "2023-24"), "give one of the two"),
        (("--season", "2023"), "is not a season"),
        (("--season", "2031-32"), "outside the seasons"),
        (("--season", "2010-11"), "outside the seasons"),
    ],
)
def test_a_mistake_is_told_and_makes_no_home(call: Call, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = call("fetch", *arguments, home=tmp_path / "home")
    assert ended.code == 2
    assert said in ended.err
    assert not (tmp_path / "home").exists()
