"""A season begins in an empty home: its schedule is fetched, and once its teams have played, a slate is predicted."""

from dataclasses import replace
from pathlib import Path

import pytest

from nba_props_tests.live.kit import KEYS, LEAGUE, Follower, at, following
from nba_props_tests.runbooks.kit import Typist

pytestmark = pytest.mark.whole


def follow(typist: Typist, follower: Follower, now: object) -> None:
    """Move the person's clock and the sources' to an instant."""
    follower.at(now)  # type: ignore[arg-type]
    keys = {f"NBA_PROPS_{name.upper()}": key for name, key in KEYS.items()}
    typist.now = now  # type: ignore[assignment]
    typist.environment = {"NBA_PROPS_SOURCES_URL": follower.sources.url, "NBA_PROPS_SOURCE_PACE": "0", **keys}


def test_a_season_starts_from_nothing(tmp_path: Path) -> None:
    with following(tmp_path / "home", replace(LEAGUE, teams=4)) as follower:
        first, _, third = follower.league.game_dates[:3]
        typist = Typist("season-start.md", follower.home)
        follow(typist, follower, at(first, 9))
        typist.types("nba-props fetch --season 2025-26")
        typist.types("nba-props seasons 2025-26")
        assert "2025-11" in typist.said
        follow(typist, follower, at(third, 9))
        typist.types("nba-props fetch --season 2025-26")  # what its first teams did: they meet again
        follow(typist, follower, at(third, 17, 55))
        typist.types("nba-props fetch today")
        follow(typist, follower, at(third, 18))
        typist.types("nba-props run today")
        typist.types("nba-props coverage today --detailed")
        assert typist.types("nba-props status today").code in (0, 1), typist.said
        typist.typed_everything(
            "nba-props doctor",  # test_doctor
            "nba-props import-history DIR",  # test_homes
            "nba-props backfill --season 2024-25",  # test_season
        )
