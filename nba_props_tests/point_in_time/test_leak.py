"""Nothing later than a slate's as_of decides a feature, a model or a prediction of it: on the simulated league, bit for bit.

The slate is built from the whole league and again from archives whose future is another one, in new homes and over the
old one. The counter-tests open each window by a hair and expect the comparison to see it: a test that cannot fail proves
nothing.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from nba_props.assets.predictions import models
from nba_props.catalog import Table
from nba_props.domain.systems import xgboost_v1
from nba_props.io.warehouse.sqltext import read_sql
from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props_tests.point_in_time.altering import (
    ALTERATIONS,
    Frames,
    Known,
    all_later_altered,
    all_later_deleted,
    quotes_altered,
    write_frames,
)
from nba_props_tests.point_in_time.building import (
    SqlOf,
    build_history,
    build_results,
    build_slate,
    copy_of,
    import_archive,
    open_home,
)
from nba_props_tests.point_in_time.comparing import Snapshot, differences, snapshot
from nba_props_tests.point_in_time.conftest import DAY, Built

FORCED = Request(is_forced=True)

Alteration = Callable[[Frames, Known], Frames]


def from_scratch(built: Built, alteration: Alteration, tmp_path: Path) -> Snapshot:
    platform = open_home(tmp_path / "home")
    import_archive(platform, write_frames(alteration(built.frames, built.known), tmp_path / "altered"))
    build_history(platform, built.known.day)
    return snapshot(platform, built.known.day, built.games, build_slate(platform, built.known.day))


def over_the_old(built: Built, alteration: Alteration, tmp_path: Path) -> Platform:
    """The home in which the slate was built, with the altered archive imported on top."""
    platform = copy_of(built.platform, tmp_path / "home")
    import_archive(platform, write_frames(alteration(built.frames, built.known), tmp_path / "altered"))
    build_results(platform)
    return platform


def rebuilt(platform: Platform, built: Built, sql_of: SqlOf = read_sql, run_id: str = "again") -> Snapshot:
    day = built.known.day
    return snapshot(platform, day, built.games, build_slate(platform, day, FORCED, sql_of, run_id=run_id))


# -- the leak test ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alteration", [all_later_deleted, all_later_altered])
def test_another_future_gives_the_same_slate(built: Built, alteration: Alteration, tmp_path: Path) -> None:
    assert differences(built.snapshot, from_scratch(built, alteration, tmp_path)) == []


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_importing_another_future_and_forcing_the_slate_changes_nothing(
    built: Built, alteration: Alteration, tmp_path: Path
) -> None:
    assert differences(built.snapshot, rebuilt(over_the_old(built, alteration, tmp_path), built)) == []
