"""Four evenings on which every source at once sends damaged answers: each slate still completes on what was known before."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from nba_props.simulate.faults import Fault, Kind
from nba_props.simulate.league import write_archive
from nba_props_tests.live.kit import Follower, at, before_tip, following

pytestmark = pytest.mark.whole

DAMAGES = (Kind.WRONG_TYPE, Kind.MISSING_FIELD, Kind.DUPLICATED, Kind.TRUNCATED)

_IN_FORCE = """
select count(distinct universal_player_id) as players, count(*) as predictions,
    count(distinct concat(game_id, universal_player_id, system_id, line_key)) as keys
from nba_predictions.player_prop_predictions
where game_date = @start_date and is_active
"""

_OUT_OF_PLACE = """
select count(*) as misplaced
from nba_raw.player_box_scores
where game_date >= @start_date
"""


@pytest.fixture(scope="module")
def follower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """A home with the archive of all that was known on the first of the four evenings."""
    root = tmp_path_factory.mktemp("damaged")
    with following(root / "home") as found:
        write_archive(found.league.until(evenings(found)[0]), root / "archive")
        assert found.said(at(evenings(found)[0], 9), "import-history", root / "archive") == 0
        yield found


def evenings(follower: Follower) -> list[date]:
    return follower.league.game_dates[-len(DAMAGES) :]


@pytest.mark.parametrize("number", range(len(DAMAGES)), ids=[kind.value for kind in DAMAGES])
def test_a_slate_completes_whatever_its_sources_send(follower: Follower, number: int) -> None:
    day, kind = evenings(follower)[number], DAMAGES[number]
    if number:
        follower.sources.behave()
        results = follower.said(at(day, 9), "fetch", day - timedelta(days=1), "--source", "box-scores,schedule")
        assert results in (0, 1)
    follower.sources.misbehave(Fault(None, kind))
    evening = before_tip(follower.league, day)
    assert follower.said(evening, "fetch", day) in (1, 2)
    assert follower.said(evening, "run", day) in (0, 1)
    platform = follower.at(evening)
    (found,) = platform.warehouse.query(_IN_FORCE, {"start_date": day}).to_pylist()
    assert found["players"] >= 10
    assert found["predictions"] == found["keys"]
    (late,) = platform.warehouse.query(_OUT_OF_PLACE, {"start_date": day}).to_pylist()
    assert late["misplaced"] == 0
