"""A simulated season through the real clients and the real commands: fetched, predicted, consolidated, graded, day after day.

Here is what slates become; that raw tables are the league's own is in `test_followed`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.cli.verdicts import verdicts_of
from nba_props.health import State
from nba_props.io.sources.live.contract import Source
from nba_props.platform import Platform
from nba_props.simulate.faults import Fault, Kind
from nba_props_tests.live.kit import LEAGUE, SEASON, Follower, at, before_tip, following

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("season")]  # its home takes minutes

PARTIAL = 1
"""The exit code of a fetch where rosters of teams that are not in this small league are missing."""

LONGER = replace(LEAGUE, days=37)
"""Until 9 December: the models of December learn from November."""
DEGRADED = 1
"""The exit code of a slate with warnings, of which a league of eight teams has its own."""
WARNINGS = ("rosters_partial", "feature_null_share")
"""Eight rosters are not thirty; and a season's fetch brings no shot zones, so that the first days have little of them."""

BACK = [date(2025, 12, day) for day in (3, 4)]
LIVE = [date(2025, 12, day) for day in (5, 6)]
END = at(date(2025, 12, 7), 8)


@pytest.fixture(scope="module")
def follower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """A home in which BACK was backfilled after the event, and LIVE predicted each evening and graded the next morning."""
    with following(tmp_path_factory.mktemp("season") / "home", LONGER) as found:
        morning = at(LIVE[0], 7)
        assert found.said(morning, "fetch", "--season", SEASON) == PARTIAL
        assert found.said(morning, "fetch", "--season", SEASON, "--source", "odds,injury_report") == 0
        assert found.said(morning, "backfill", BACK[0], BACK[-1]) == 0
        for day in LIVE:
            assert found.said(at(day, 8), "fetch", "yesterday") in (0, PARTIAL)
            assert found.said(at(day, 8), "fetch") == PARTIAL
            evening = before_tip(found.league, day)
            assert found.said(evening, "fetch") == PARTIAL
            assert found.said(evening, "run", day) in (0, DEGRADED)
        assert found.said(END, "fetch", "yesterday") in (0, PARTIAL)
        assert found.said(END, "backfill", LIVE[0], LIVE[-1]) in (0, DEGRADED)
        yield found


def rows(platform: Platform, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.warehouse.query(
        sql, {"start_date": BACK[0], "end_date": LIVE[-1]}
    ).to_pylist()
    return found


def test_every_slate_is_played_predicted_and_warned_of_at_most(follower: Follower) -> None:
    for one in verdicts_of(follower.at(END), [*BACK, *LIVE]):
        assert one.games
        assert one.coverage_pct == 100
        assert one.verdict in (State.READY, State.DEGRADED), one
        assert all(any(name in reason for name in WARNINGS) for reason in one.reasons), one


def test_everybody_expected_is_predicted_or_has_a_reason(follower: Follower) -> None:
    platform = follower.at(END)
    coverage = rows(
        platform,
        """
        select game_date, expected, predicted from nba_monitoring.prediction_coverage
        where system_id = 'all' and game_date between @start_date and @end_date order by game_date
        """,
    )
    assert [one["game_date"] for one in coverage] == [*BACK, *LIVE]
    missing = rows(
        platform,
        """
        select game_date, reason from nba_monitoring.missing_predictions
        where game_date between @start_date and @end_date
        """,
    )
    assert all(one["reason"] for one in missing)
    for one in coverage:
        assert one["expected"] == one["predicted"] > 10


def test_every_prediction_is_graded_against_what_happened(follower: Follower) -> None:
    graded = rows(
        follower.at(END),
        """
        select a.game_date, a.universal_player_id, a.actual_points, a.participation
        from nba_predictions.player_prop_predictions as p
        left join nba_grading.prediction_accuracy as a
            on a.game_date = p.game_date and a.game_id = p.game_id and a.universal_player_id = p.universal_player_id
            and a.system_id = p.system_id and a.line_key = p.line_key
        where p.is_active and p.game_date between @start_date and @end_date
        """,
    )
    box = follower.league.player_box
    scored = {
        (row.game_date.date(), f"nba_{row.player_id}"): row.pts for row in box.itertuples() if row.game_date is not None
    }
    assert graded
    for one in graded:
        assert one["actual_points"] == scored.get((one["game_date"], one["universal_player_id"]))


def test_live_predictions_knew_nothing_of_the_evening(follower: Follower) -> None:
    made = rows(
        follower.at(END),
        """
        select distinct p.game_date, p.run_mode, b.batch_as_of_at from nba_predictions.player_prop_predictions as p
        inner join nba_predictions.prediction_batches as b on b.batch_id = p.batch_id
        where p.is_active and p.game_date between @start_date and @end_date
        """,
    )
    live = {one["game_date"]: one["batch_as_of_at"] for one in made if one["run_mode"] == "live"}
    assert live == {day: before_tip(follower.league, day) for day in LIVE}


# -- when the NBA's statistics are down --------------------------------------------------------------------------------
DOWN = (date(2025, 12, 8), date(2025, 12, 9))


def sources_of(platform: Platform, day: date) -> set[str]:
    sql = "select distinct box_source from nba_analytics.player_game_summary where game_date = @start_date"
    return {row["box_source"] for row in platform.warehouse.query(sql, {"start_date": day}).to_pylist()}


def grades_of(platform: Platform, day: date) -> int:
    sql = """
        select count(*) as grades from nba_grading.prediction_accuracy
        where game_date = @start_date and actual_points is not null
    """
    return int(platform.warehouse.query(sql, {"start_date": day})["grades"][0].as_py())


def test_while_the_nba_is_down_balldontlie_grades_and_then_gives_way(follower: Follower) -> None:
    day = DOWN[0]
    follower.said(END, "fetch", day)
    evening = before_tip(follower.league, day)
    follower.said(evening, "fetch", day)
    assert follower.said(evening, "run", day) in (0, DEGRADED)
    morning = at(DOWN[1], 13)
    follower.sources.misbehave(Fault(Source.NBA_STATS, Kind.ERROR))
    follower.said(morning, "fetch", day)
    assert follower.said(morning, "backfill", day, day) in (0, DEGRADED)
    assert sources_of(follower.at(morning), day) == {"balldontlie"}
    by_reports = grades_of(follower.at(morning), day)
    assert by_reports
    follower.sources.behave()
    back = morning + timedelta(days=1)
    follower.said(back, "fetch", day)
    assert follower.said(back, "backfill", day, day) in (0, DEGRADED)
    assert sources_of(follower.at(back), day) == {"nba_stats"}
    assert grades_of(follower.at(back), day) == by_reports
