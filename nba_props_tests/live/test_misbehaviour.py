"""Every fault of every source through transport, landing and parsing: nothing is lost, nothing is made up, and it heals."""

from collections import Counter
from pathlib import Path

import pytest

from nba_props.fetch import State, fetch_day
from nba_props.io.sources.live import registry
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.faults import Fault, Kind
from nba_props_tests.live.kit import at, before_tip, following, parse_landed
from nba_props_tests.live.misbehaving import (
    DOCUMENT,
    REGENERATE,
    TINY,
    Table,
    facts,
    hasty_sources,
    is_lost_on_the_way,
    kinds_of,
    measured,
    rendered,
)

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("misbehaviour")]  # the table takes minutes


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """What became of each fault of each source; that nothing was lost and all healed is asserted on the way."""
    return measured(tmp_path_factory.mktemp("misbehaviour"))


def test_the_outcomes_are_those_of_the_document(table: Table) -> None:
    assert set(table) == {(kind, source) for source in Source for kind in kinds_of(source)}
    assert DOCUMENT.read_text() == rendered(table), f"docs/misbehaviour.md is not what happens; run: {REGENERATE}"


def test_nothing_lands_exactly_where_no_answer_arrives(table: Table) -> None:
    for (kind, source), outcome in table.items():
        assert (outcome == "nothing landed") == is_lost_on_the_way(source, kind), (kind, source)


def test_sources_that_fail_together_cost_the_others_nothing(tmp_path: Path) -> None:
    down = (Source.NBA_STATS, Source.ESPN, Source.BETTINGPROS)
    with hasty_sources(), following(tmp_path / "home", TINY) as follower:
        day = follower.league.game_dates[-1]
        # Of which morning a roster is, is known by the tips of its date.
        fetch_day(follower.at(at(day, 8)), day, registry.wanted(["schedule"]))
        platform = follower.at(before_tip(follower.league, day))
        follower.sources.misbehave(*(Fault(source, Kind.ERROR) for source in down))
        states = Counter({one.source: one.state for one in fetch_day(platform, day).reports})
        assert states == {source: State.FAILED if source in down else State.OK for source in Source}
        parse_landed(platform)
        without = facts(platform)
        follower.sources.behave()
        again = fetch_day(platform, day)
        asked = {one.source for one in again.reports if one.landed}
        assert asked == set(down)
        parse_landed(platform)
        for name, rows in without.items():
            assert rows <= facts(platform)[name], name
