"""Situations that several runbooks share: a slate of tonight to do things to, and one Friday on which much goes wrong."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from nba_props.assets.predictions.batch import batches_between
from nba_props.assets.predictions.staging import stage_system
from nba_props.io.sources.live.contract import Source
from nba_props.platform import Platform
from nba_props.request import FORCE_TAG
from nba_props.simulate.faults import Fault, Kind
from nba_props_tests.cli.conftest import Ended
from nba_props_tests.conftest import TONIGHT
from nba_props_tests.runbooks.friday import (
    DAY_BETWEEN,
    EVENING,
    FRIDAY,
    MORNING,
    NOON,
    Friday,
    corrected,
    league_of_simulated_home,
    traded,
)
from nba_props_tests.runbooks.kit import Typist

MINUTE = timedelta(minutes=1)
"""A run after a fetch: what was answered at its very instant would be too new for it."""

Opens = Callable[..., Typist]
Leaves = Callable[..., str]


@pytest.fixture
def opens(slate_platform: Platform) -> Opens:
    """Open a page in a home whose slate of tonight is predicted and whose slate of yesterday is graded."""

    def page(name: str, **words: object) -> Typist:
        return Typist(name, slate_platform.home, {"DATE": TONIGHT, **words})

    return page


@pytest.fixture
def leaves(slate_platform: Platform) -> Leaves:
    """Predict tonight anew with some systems, and die before consolidating; the batch that is left."""

    def staged(*systems: str) -> str:
        run_id = str(uuid4())
        for system in systems:
            stage_system(slate_platform, system, TONIGHT, TONIGHT, run_id, {FORCE_TAG: "true"})
        return batches_between(slate_platform, TONIGHT, TONIGHT)[-1].batch_id

    return staged


# -- the Friday ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def wednesday_corrected(simulated_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Friday]:
    """Wednesday was graded; then the league corrected a box score, and it was graded again by the page."""
    home = tmp_path_factory.mktemp("friday") / "home"
    shutil.copytree(simulated_home, home)
    with ExitStack() as running:
        friday = Friday(home, league_of_simulated_home(), running)
        friday.runs(DAY_BETWEEN, "fetch", TONIGHT, "--source", "box-scores,schedule")
        friday.runs(DAY_BETWEEN, "grade", TONIGHT)
        friday.said["player"], friday.said["before"], friday.said["after"] = _correct(friday)
        yield friday


def _correct(friday: Friday) -> tuple[str, str, str]:
    """A player's id, and his points as graded before and after the correction."""
    league, number, _ = corrected(friday.league, TONIGHT)
    player = f"nba_{number}"
    before = points_graded(friday, player)
    friday.serve(league)
    words = {"DATE": TONIGHT, "START": TONIGHT, "END": TONIGHT}
    friday.types(DAY_BETWEEN, "nba-props fetch --source box-scores --force DATE", "re-grade", **words)
    friday.types(DAY_BETWEEN, "nba-props grade DATE", "re-grade", **words)
    return player, before, points_graded(friday, player)


@pytest.fixture(scope="session")
def friday_morning(wednesday_corrected: Friday) -> Friday:
    """No odds and no rosters are answered; the slate is predicted all the same."""
    friday = wednesday_corrected
    friday.sources.misbehave(
        *(
            Fault(source, Kind.ERROR)
            for source in (Source.ODDS_API, Source.BETTINGPROS, Source.ESPN, Source.BASKETBALL_REFERENCE)
        )
    )
    friday.said["bad fetch"] = _all(friday.types(MORNING, "nba-props fetch today", "bad-source-day"))
    friday.runs(MORNING + MINUTE, "run", FRIDAY)
    friday.said["morning"] = _all(friday.types(MORNING + MINUTE, "nba-props status today", "late-odds"))
    return friday


@pytest.fixture(scope="session")
def friday_evening(friday_morning: Friday) -> Friday:
    """The sources answer again, a trade is made, and the slate is predicted anew: three pages, one run."""
    friday = friday_morning
    friday.sources.behave()
    friday.said["rosters"] = _all(friday.types(NOON, "nba-props fetch --source rosters today", "rosters-by-hand"))
    league, friday.said["traded"], friday.said["new team"] = traded(friday.league, FRIDAY)
    friday.serve(league)
    friday.types(EVENING, "nba-props fetch --source rosters --force today", "trade-day")
    friday.said["odds"] = _all(friday.types(EVENING, "nba-props fetch --source odds today", "late-odds", "trade-day"))
    pages = ("late-odds", "rosters-by-hand", "trade-day")
    friday.types(EVENING + MINUTE, "nba-props run today", *pages)
    friday.said["evening"] = _all(friday.types(EVENING + MINUTE, "nba-props status today", "late-odds"))
    friday.said["coverage"] = _all(
        friday.types(EVENING + MINUTE, "nba-props coverage today --detailed", "late-odds", "trade-day")
    )
    return friday


def points_graded(friday: Friday, player: str) -> str:
    """What grades say that a player scored on Wednesday, in words."""
    rows = friday.rows(
        "select distinct actual_points from nba_grading.prediction_accuracy"
        " where game_date = @start_date and universal_player_id = @player_id",
        start_date=TONIGHT,
        player_id=player,
    )
    return ", ".join(str(row["actual_points"]) for row in rows)


def _all(ended: Ended) -> str:
    return f"{ended.code}\n{ended.out}\n{ended.err}"
