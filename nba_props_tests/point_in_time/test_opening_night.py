"""The first slate of a season, when all that is known is of the season before: what the new one's sources will turn out to
offer (shot zones, injury reports) is hindsight too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from nba_props.simulate.league import LeagueConfig, simulate_league
from nba_props_tests.point_in_time.altering import (
    Frames,
    Known,
    all_later_altered,
    all_later_deleted,
    known_of,
    write_frames,
)
from nba_props_tests.point_in_time.building import build_features, build_history, frame, import_archive, open_home
from nba_props_tests.point_in_time.comparing import Snapshot, differences, snapshot

OPENING_NIGHT = date(2025, 10, 21)


def two_seasons() -> Frames:
    """The last two weeks of one season and the first three days of the next, by the same people."""
    seasons = [
        LeagueConfig(seed=3, season="2024-25", start=date(2025, 4, 1), days=14, teams=4, trades=0),
        LeagueConfig(seed=3, season="2025-26", start=OPENING_NIGHT, days=3, teams=4, trades=0),
    ]
    before, after = (simulate_league(config).frames for config in seasons)
    return {name: after[name] if name == "players" else pd.concat([before[name], after[name]]) for name in after}


@dataclass(frozen=True)
class Opened:
    """What opening night was built to, and what it knew."""

    known: Known
    snapshot: Snapshot
    features: pd.DataFrame


def opened_with(frames: Frames, directory: Path) -> Opened:
    platform = open_home(directory / "home")
    import_archive(platform, write_frames(frames, directory / "archive"))
    build_history(platform, OPENING_NIGHT)
    build_features(platform, OPENING_NIGHT, OPENING_NIGHT)
    known = known_of(platform, OPENING_NIGHT)
    rows = frame(
        platform,
        "SELECT * FROM nba_precompute.ml_feature_store WHERE game_date = @start_date",
        start_date=OPENING_NIGHT,
    )
    return Opened(known, snapshot(platform, OPENING_NIGHT, known.as_of["game_id"].tolist(), {}), rows)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return opened_with(two_seasons(), tmp_path_factory.mktemp("opening"))


@pytest.mark.whole
@pytest.mark.parametrize("alteration", [all_later_deleted, all_later_altered])
def test_opening_night_does_not_know_what_its_season_will_offer(
    opened: Opened, alteration: Callable[[Frames, Known], Frames], tmp_path: Path
) -> None:
    assert len(opened.features)
    assert differences(opened.snapshot, opened_with(alteration(two_seasons(), opened.known), tmp_path).snapshot) == []


def test_injury_reports_that_begin_later_are_not_available_before(tmp_path: Path) -> None:
    frames = two_seasons()
    frames["injuries"] = frames["injuries"][frames["injuries"]["game_date"] > pd.Timestamp(OPENING_NIGHT)]
    assert len(frames["injuries"])
    rows = opened_with(frames, tmp_path).features
    assert set(rows["injury_risk_source"]) == {"unavailable:injury_reports"}
    assert rows["injury_risk"].isna().all()
