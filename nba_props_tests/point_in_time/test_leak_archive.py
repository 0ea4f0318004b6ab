"""The leak test on real data: 15 March 2024, bit for bit, with books, spellings, trades and gaps as they were."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from nba_props.domain.model_kinds import MODEL_KINDS
from nba_props.domain.systems import MEMBERS, SYSTEM_IDS
from nba_props.plan import Request
from nba_props_tests.point_in_time.altering import all_later_altered, all_later_deleted, known_of, write_frames
from nba_props_tests.point_in_time.building import (
    build_features,
    build_history,
    build_results,
    build_slate,
    copy_of,
    import_archive,
    open_home,
)
from nba_props_tests.point_in_time.comparing import differences, snapshot
from nba_props_tests.point_in_time.conftest import REAL_DAY, Built

pytestmark = [pytest.mark.archive, pytest.mark.whole]

SUNDAY = date(2024, 3, 17)


def test_the_real_slate_is_worth_comparing(real: Built) -> None:
    active = real.snapshot["active predictions"].to_pandas()
    assert len(real.games) == 6
    assert active["universal_player_id"].nunique() > 100
    assert active["has_prop_line"].mean() > 0.5
    assert set(active["model_id"].dropna()) == {f"{kind.name}/2024-03" for kind in MODEL_KINDS if kind.name in MEMBERS}
    assert set(active["system_id"]) == set(SYSTEM_IDS)
    assert active["calibration_id"].notna().all()
    assert active.loc[active["has_prop_line"], "anchored_points"].notna().all()


def test_another_future_of_the_real_archive_gives_the_same_slate(real: Built, tmp_path: Path) -> None:
    """From scratch, in the world as it was known."""
    platform = open_home(tmp_path / "home")
    import_archive(platform, write_frames(all_later_deleted(real.frames, real.known), tmp_path / "altered"))
    build_history(platform, REAL_DAY)
    assert differences(real.snapshot, snapshot(platform, REAL_DAY, real.games, build_slate(platform, REAL_DAY))) == []


def test_importing_another_future_over_the_real_home_changes_nothing(real: Built, tmp_path: Path) -> None:
    platform = copy_of(real.platform, tmp_path / "home")
    import_archive(platform, write_frames(all_later_altered(real.frames, real.known), tmp_path / "altered"))
    build_results(platform)
    staged = build_slate(platform, REAL_DAY, Request(is_forced=True), run_id="again")
    assert differences(real.snapshot, snapshot(platform, REAL_DAY, real.games, staged)) == []


def test_in_play_quotes_of_a_real_sunday_change_no_feature(real: Built, tmp_path: Path) -> None:
    """On 17 March books were read until late in the evening, games of the afternoon and in-play quotes among them."""
    one = copy_of(real.platform, tmp_path / "one")
    build_features(one, REAL_DAY + timedelta(days=1), SUNDAY)
    known = known_of(one, SUNDAY)
    assert len(known.later_quotes) > 100
    other = copy_of(one, tmp_path / "other")
    import_archive(other, write_frames(all_later_altered(real.frames, known), tmp_path / "altered"))
    build_results(other)
    build_features(other, SUNDAY, SUNDAY)
    games = known.as_of["game_id"].tolist()
    assert differences(*(snapshot(home, SUNDAY, games, {}) for home in (one, other))) == []
