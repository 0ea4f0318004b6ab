"""Every fault of every source through transport, landing and parsing: nothing is lost, nothing is made up, and it heals."""

from collections.abc import Sequence

import pytest

from nba_props.fetch import SourceReport, State
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.faults import Kind
from nba_props_tests.live.misbehaving import (
    DOCUMENT,
    Night,
    fault,
    hasty_sources,
    is_lost_on_the_way,
    kinds_of,
    night_of,
    outcome_of,
    rendered,
)

REGENERATE = "NBA_PROPS_TEST_WRITE=1 pytest nba_props_tests/live/test_misbehaviour.py"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Kind, Source], str]:
    """What became of each fault of each source."""
    found: dict[tuple[Kind, Source], str] = {}
    with hasty_sources():
        for source in Source:
            with night_of(source, tmp_path_factory.mktemp(source)) as night:
                found |= _outcomes(night)
    return found


def _outcomes(night: Night) -> dict[tuple[Kind, Source], str]:
    """All faults one after the other, on the evening's tables; in the end these are as if there had been none."""
    night.fetch(night.evening)
    night.parse()
    told = night.tables()
    bodies = {one.sha256 for one in night.landed()}
    found = {(kind, night.source): _outcome(night, kind, told, bodies) for kind in kinds_of(night.source)}
    night.parse()
    assert night.tables() == told
    return found


def _outcome(night: Night, kind: Kind, told: object, bodies: set[str]) -> str:
    """What a fault comes to. The tables keep what they held, and one fetch without it brings the very bytes again."""
    is_lost, sources = is_lost_on_the_way(night.source, kind), night.follower.sources
    if is_lost:
        sources.misbehave(fault(night.source, kind, times=1))
        assert _states(night.fetch(night.evening)) == {State.OK}, "one fault is made good by the next try"
    before = night.landed()
    sources.misbehave(fault(night.source, kind))
    reports = night.fetch(night.evening)
    if is_lost:
        assert night.landed() == before
        assert _states(reports) == {State.FAILED}
    else:
        night.parse()
        assert night.tables() == told, f"{night.source} {kind}"
    outcome = outcome_of(night, before)
    sources.behave()
    spoilt = len(night.landed())
    assert _states(night.fetch(night.evening)) == {State.OK}
    assert {one.sha256 for one in night.landed()[spoilt:]} <= bodies
    return outcome


def _states(reports: Sequence[SourceReport]) -> set[State]:
    """How sources ended that were asked anything."""
    return {one.state for one in reports if one.asked}


def test_the_outcomes_are_those_of_the_document(table: dict[tuple[Kind, Source], str]) -> None:
    text = rendered(table)
    print(text)
    assert DOCUMENT.read_text() == text, f"docs/misbehaviour.md is not what happens; write it anew: {REGENERATE}"
