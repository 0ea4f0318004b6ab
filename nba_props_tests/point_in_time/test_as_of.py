"""What an as_of means: the line it picks, what it must not have seen, and which slate "today" is."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.point_in_time.altering import known_of, seen_altered, write_frames
from nba_props_tests.point_in_time.building import (
    build_features,
    build_slate,
    copy_of,
    feature_tables,
    frame,
    import_archive,
)
from nba_props_tests.point_in_time.comparing import content_of, differences
from nba_props_tests.point_in_time.conftest import DAY, IDLE_TEAMS, Built

EASTERN = ZoneInfo("America/New_York")
MORNING = datetime(2025, 11, 12, 10, 0, tzinfo=EASTERN)
AFTERNOON = datetime(2025, 11, 12, 15, 0, tzinfo=EASTERN)
NOON = datetime(2025, 11, 12, 12, 0, tzinfo=EASTERN)

CONTEXT = """
SELECT game_id, universal_player_id, tip_at, as_of_at, as_of_basis, run_mode, has_line, current_points_line, sportsbook,
    line_snapshot_at, line_tip_basis, injury_status, injury_reported_at
FROM nba_analytics.upcoming_player_game_context
WHERE game_date = @start_date
ORDER BY game_id, universal_player_id
"""
QUOTES = """
SELECT q.game_id, q.universal_player_id, q.bookmaker, q.book_rank, q.line, q.snapshot_at, q.rejection_reason, q.tip_basis,
    r.is_pre_tip, r.tip_at AS own_tip_at
FROM nba_analytics.line_prices AS q
INNER JOIN nba_raw.player_points_quotes AS r ON r.quote_id = q.quote_id AND r.game_date = q.game_date
WHERE q.game_date = @start_date AND q.is_main AND q.universal_player_id IS NOT NULL AND q.game_id IS NOT NULL
"""


def context(platform: Platform) -> pd.DataFrame:
    return frame(platform, CONTEXT, start_date=DAY)


def seen_at(built: Built, directory: Path, *, as_of: datetime | None = None, now: datetime | None = None) -> Platform:
    """The slate's features as of an explicit instant, or of a pretended present."""
    platform = copy_of(built.platform, directory, now)
    build_features(platform, DAY, DAY, Request(as_of=as_of.isoformat() if as_of else None))
    return platform


@pytest.mark.whole
@pytest.mark.parametrize(
    ("as_of", "now"), [(MORNING, None), (AFTERNOON, None), (None, MORNING), (None, AFTERNOON)], ids=str
)
def test_nothing_seen_later_than_an_explicit_as_of_or_the_present_is_used(
    built: Built, as_of: datetime | None, now: datetime | None, tmp_path: Path
) -> None:
    one = seen_at(built, tmp_path / "one", as_of=as_of, now=now)
    known = known_of(one, DAY, IDLE_TEAMS)
    other = copy_of(built.platform, tmp_path / "other", now)
    import_archive(other, write_frames(seen_altered(built.frames, known), tmp_path / "altered"))
    build_features(other, DAY, DAY, Request(as_of=as_of.isoformat() if as_of else None))
    found = [
        {
            table.full_name: content_of(home, table, DAY, built.games)
            for table in feature_tables()
            if table.layer != "reference"
        }
        for home in (one, other)
    ]
    assert differences(*found) == []


@pytest.mark.whole
def test_an_earlier_as_of_picks_the_earlier_line(built: Built, tmp_path: Path) -> None:
    """Counted again from the quotes: the best-ranked book's latest main line before the instant."""
    late, early = context(built.platform), context(seen_at(built, tmp_path / "early", as_of=MORNING))
    quotes = frame(built.platform, QUOTES, start_date=DAY)
    assert set(early["as_of_basis"]) == {"explicit"}
    assert set(early["as_of_at"]) == {pd.Timestamp(MORNING)}
    for when, seen in ((late, late["as_of_at"]), (early, early["as_of_at"])):
        wanted = when.assign(until=seen).merge(
            quotes[quotes["rejection_reason"].isna()], on=["game_id", "universal_player_id"], suffixes=("", "_quote")
        )
        wanted = wanted[wanted["snapshot_at"] < wanted["until"]].sort_values(
            ["book_rank", "bookmaker", "snapshot_at"], ascending=[True, True, False]
        )
        best = wanted.groupby("universal_player_id").first()
        lined = when[when["has_line"]].set_index("universal_player_id")
        assert set(lined.index) == set(best.index)
        assert (lined["sportsbook"] == best["bookmaker"].reindex(lined.index)).all()
        assert (lined["line_snapshot_at"] == best["snapshot_at"].reindex(lined.index)).all()
    both = early[early["has_line"]].merge(
        late[late["has_line"]], on="universal_player_id", suffixes=("_early", "_late")
    )
    assert (both["line_snapshot_at_early"] < pd.Timestamp(MORNING)).all()
    assert (both["line_snapshot_at_early"] <= both["line_snapshot_at_late"]).all()
    assert (both["current_points_line_early"] != both["current_points_line_late"]).any()


@pytest.mark.whole
def test_an_as_of_after_tip_is_the_tip(built: Built, tmp_path: Path) -> None:
    midnight = datetime(2025, 11, 13, 0, 0, tzinfo=EASTERN)
    rows = context(seen_at(built, tmp_path / "late", as_of=midnight))
    with_tip = rows[rows["tip_at"].notna()]
    assert len(with_tip)
    assert (with_tip["as_of_at"] == with_tip["tip_at"]).all()
    assert (with_tip["line_snapshot_at"].dropna() < with_tip["tip_at"].max()).all()


def test_a_backfill_knows_what_was_known_half_an_hour_before_tip_or_at_noon(built: Built) -> None:
    rows = context(built.platform)
    told = rows["tip_at"].notna()
    assert set(rows["run_mode"]) == {"backfill"}
    assert (rows.loc[told, "as_of_at"] == rows.loc[told, "tip_at"] - timedelta(minutes=30)).all()
    assert set(rows.loc[told, "as_of_basis"]) == {"tip_minus_30"}
    untold = rows[~told]
    assert set(untold["as_of_at"]) == {pd.Timestamp(NOON)}
    assert set(untold["as_of_basis"]) == {"noon_bound"}
    lined = untold[untold["has_line"]]
    assert len(lined)
    assert (lined["line_snapshot_at"] < pd.Timestamp(NOON)).all()
    assert set(lined["line_tip_basis"]) == {"noon_bound"}


def test_a_quote_of_an_unknown_tip_is_rejected_from_noon_on_with_its_reason(built: Built) -> None:
    quotes = frame(built.platform, QUOTES, start_date=DAY)
    untold = quotes[quotes["tip_basis"] == "noon_bound"]
    is_late = untold["snapshot_at"] >= pd.Timestamp(NOON)
    assert is_late.any()
    assert not is_late.all()
    assert set(untold.loc[is_late, "rejection_reason"]) <= {"tip_unknown_after_noon", "in_play"}
    assert untold.loc[~is_late, "rejection_reason"].isna().all()


def test_no_quote_at_or_after_tip_is_usable(built: Built) -> None:
    quotes = frame(built.platform, QUOTES, start_date=DAY)
    tips = built.known.as_of.set_index("game_id")["tip_at"]
    tip = quotes["game_id"].map(tips)
    begun = quotes["snapshot_at"] >= tip
    assert begun.any()
    assert set(quotes.loc[begun, "rejection_reason"]) == {"in_play"}
    assert set(quotes.loc[quotes["is_pre_tip"].eq(False), "rejection_reason"]) == {"in_play"}


def test_a_live_slate_knows_what_is_known_now_and_says_so(built: Built, tmp_path: Path) -> None:
    platform = copy_of(built.platform, tmp_path / "live", AFTERNOON)
    staged = build_slate(platform, DAY)
    rows = context(platform)
    assert set(rows["run_mode"]) == {"live"}
    assert set(rows["as_of_basis"]) == {"live"}
    assert set(rows["as_of_at"]) == {pd.Timestamp(AFTERNOON)}
    assert (rows["line_snapshot_at"].dropna() < pd.Timestamp(AFTERNOON)).all()
    assert (rows["injury_reported_at"].dropna() < pd.Timestamp(AFTERNOON)).all()
    for one in staged.values():
        made_before = dict(zip(one["tip_at"].to_pylist(), one["prediction_made_before_game"].to_pylist(), strict=True))
        assert made_before.pop(None, False) is False  # an unknown tip may have been any time after noon
        assert set(made_before.values()) == {True}


@pytest.mark.whole
def test_a_live_slate_is_silent_on_games_that_have_begun(built: Built, tmp_path: Path) -> None:
    tips = built.known.as_of["tip_at"].dropna()
    platform = copy_of(built.platform, tmp_path / "live", tips.max().to_pydatetime() + timedelta(minutes=1))
    staged = build_slate(platform, DAY)
    begun = set(built.known.as_of.loc[built.known.as_of["tip_at"].notna(), "game_id"])
    for one in staged.values():
        assert not begun & set(one["game_id"].to_pylist())


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2025-11-12T23:30:00-05:00", date(2025, 11, 12)),
        ("2025-11-13T04:30:00Z", date(2025, 11, 12)),
        ("2025-11-13T05:00:00Z", date(2025, 11, 13)),
        ("2025-07-01T03:59:59Z", date(2025, 6, 30)),
    ],
)
def test_today_is_the_eastern_date(now: str, today: date, tmp_path: Path) -> None:
    assert Platform(load_settings(home=tmp_path, now=now)).today == today


@pytest.mark.whole
def test_at_half_past_eleven_eastern_tonights_slate_is_live(built: Built, tmp_path: Path) -> None:
    rows = context(seen_at(built, tmp_path / "night", now=datetime(2025, 11, 12, 23, 30, tzinfo=EASTERN)))
    assert set(rows["run_mode"]) == {"live"}
    tomorrow = context(seen_at(built, tmp_path / "tomorrow", now=datetime(2025, 11, 13, 0, 30, tzinfo=EASTERN)))
    assert set(tomorrow["run_mode"]) == {"backfill"}
