"""Grading: predictions and box scores in, grades out, through the assets as Dagster runs them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest

from nba_props.assets.grading.prediction_accuracy import prediction_accuracy
from nba_props.assets.grading.system_daily_performance import system_daily_performance
from nba_props.catalog import ColumnType, Table, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution
from nba_props.domain.grading import VOID_REASONS
from nba_props.domain.scoring import crps, pit, pit_share
from nba_props.errors import BadInput
from nba_props.platform import Platform

SCHEDULE = table("nba_raw.schedule")
SUMMARY = table("nba_analytics.player_game_summary")
LINES = table("nba_analytics.line_prices")
PREDICTIONS = table("nba_predictions.player_prop_predictions")
ACCURACY = table("nba_grading.prediction_accuracy")
HISTORY = table("nba_reference.processor_run_history")

DAY = date(2024, 3, 15)
NEXT_DAY = DAY + timedelta(days=1)
GAME, LATER_GAME = "0022300001", "0022300002"
LEBRON, AUSTIN, RUI, GABE = "nba_2544", "nba_1630559", "nba_1629060", "nba_1629312"

_PLACEHOLDER: dict[ColumnType, Any] = {
    ColumnType.STRING: "x",
    ColumnType.INT64: 0,
    ColumnType.FLOAT64: 0.0,
    ColumnType.BOOL: False,
    ColumnType.DATE: DAY,
    ColumnType.TIMESTAMP: datetime(2024, 3, 15, 16, tzinfo=UTC),
}


def put(platform: Platform, target: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Upsert rows of which only what matters is given: required columns get a placeholder, the others NULL."""
    blank = {column.name: None if column.is_nullable else _PLACEHOLDER[column.type] for column in target}
    full = [blank | row for row in rows]
    platform.warehouse.upsert(target, pa.Table.from_pylist(full, schema=arrow_schema(target)))


OWN = POWER_NORMAL_V1.around(21.5)


def prediction(player: str, recommendation: str = "OVER", line: float | None = 20.5, **changes: Any) -> dict[str, Any]:
    """An active main-line row of GAME: mean 22, median 21, -110 for the over and +120 for the under."""
    key = -1 if line is None else round(line * 10)
    row = {
        "game_date": DAY,
        "game_id": GAME,
        "universal_player_id": player,
        "player_lookup": player,
        "system_id": "moving_average",
        "line_key": key,
        "batch_id": "batch_1",
        "has_prop_line": line is not None,
        "current_points_line": line,
        "predicted_points": 22.0,
        "predicted_median": 21.0,
        "distribution_location": float(OWN.location),
        "distribution_scale": float(OWN.scale),
        "recommendation": recommendation,
        "over_price_american": None if line is None else -110.0,
        "under_price_american": None if line is None else 120.0,
        "is_active": True,
        "is_main_line": True,
    } | changes
    return {"prediction_id": "/".join(map(str, (row["game_id"], player, row["system_id"], key)))} | row


def box(player: str, points: int | None, participation: str = "played", **changes: Any) -> dict[str, Any]:
    row = {"game_date": DAY, "game_id": GAME, "universal_player_id": player, "participation": participation}
    return row | {"points": points} | changes


def quote(player: str, line: float, minute: int, bookmaker: str = "draftkings", **changes: Any) -> dict[str, Any]:
    """A usable main quote seen `minute` minutes after noon Eastern."""
    row = {
        "game_date": DAY,
        "game_id": GAME,
        "universal_player_id": player,
        "bookmaker": bookmaker,
        "line": line,
        "line_x10": round(line * 10),
        "is_main": True,
        "is_usable": True,
        "snapshot_at": datetime(2024, 3, 15, 16, tzinfo=UTC) + timedelta(minutes=minute),
    } | changes
    return {"quote_id": f"{player}/{bookmaker}/{line}/{minute}"} | row


def schedule(platform: Platform, *games: tuple[str, date]) -> None:
    put(platform, SCHEDULE, [{"game_id": game, "game_date": day} for game, day in games])


GRADES = (prediction_accuracy,)
BOTH = (prediction_accuracy, system_daily_performance)


def run(
    platform: Platform, start: date = DAY, end: date | None = None, assets: Sequence[dg.AssetsDefinition] = GRADES
) -> dg.ExecuteInProcessResult:
    """Materialise one partition, or a range at once as a backfill does it."""
    where: dict[str, Any] = {"partition_key": start.isoformat()}
    if end is not None:
        where = {
            "tags": {
                "dagster/asset_partition_range_start": start.isoformat(),
                "dagster/asset_partition_range_end": end.isoformat(),
            }
        }
    result = dg.materialize(assets, resources={"platform": platform}, **where)
    assert result.success
    return result


def stored(platform: Platform, name: str = "prediction_accuracy") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = platform.warehouse.query(
        f"SELECT * FROM nba_grading.{name} ORDER BY {', '.join(table(f'nba_grading.{name}').grain)}"
    ).to_pylist()
    return rows


def grades(platform: Platform) -> dict[str, dict[str, Any]]:
    return {row["universal_player_id"]: row for row in stored(platform)}


@pytest.fixture
def slate(platform: Platform) -> Platform:
    """One played game: an over that hits, an under that misses, a push, a player without a line."""
    schedule(platform, (GAME, DAY))
    put(
        platform,
        PREDICTIONS,
        [
            prediction(LEBRON),
            prediction(AUSTIN, "UNDER"),
            prediction(RUI, "UNDER", line=12.0),
            prediction(GABE, "PASS", line=None),
        ],
    )
    put(platform, SUMMARY, [box(LEBRON, 26), box(AUSTIN, 25), box(RUI, 12), box(GABE, 3)])
    return platform


# -- what is graded ----------------------------------------------------------------------------------------------------


def test_those_who_played(slate: Platform) -> None:
    run(slate)
    graded = grades(slate)
    columns = ("result", "actual_points", "signed_error", "absolute_error", "line_absolute_error", "profit_units")
    assert {player: tuple(row[column] for column in columns) for player, row in graded.items()} == {
        LEBRON: ("correct", 26, -4, 5, 5.5, pytest.approx(100 / 110)),
        AUSTIN: ("incorrect", 25, -3, 4, 4.5, -1),
        RUI: ("push", 12, 10, 9, 0, 0),
        GABE: ("pass", 3, 19, 18, None, None),
    }
    assert [graded[LEBRON][column] for column in ("is_within_3", "is_within_5", "void_reason")] == [False, True, None]
    assert graded[LEBRON]["participation"] == "played"


def test_who_did_not_play_is_void_with_the_reason_and_never_a_zero(slate: Platform) -> None:
    absent = {LEBRON: "no_minutes", AUSTIN: "dnp_coach_decision", RUI: "dnp_injury", GABE: "dnp_other"}
    put(slate, SUMMARY, [box(player, 0, reason) for player, reason in absent.items()])  # some print rows of zeros
    put(slate, SUMMARY, [box("nba_9", 10)])
    put(slate, PREDICTIONS, [prediction("nba_1"), prediction("nba_2", game_id=LATER_GAME)])
    run(slate)
    reasons = absent | {"nba_1": "no_box_score", "nba_2": "game_not_played"}
    graded = grades(slate)
    assert {player: row["void_reason"] for player, row in graded.items()} == reasons
    assert set(reasons.values()) == set(VOID_REASONS)
    numbers = ("actual_points", "signed_error", "absolute_error", "line_absolute_error", "is_within_3", "profit_units")
    for row in graded.values():
        assert (row["result"], row["participation"]) == ("void", row["void_reason"])
        assert [row[column] for column in numbers] == [None] * 6


def test_a_game_without_box_score_waits_and_is_graded_when_it_comes(slate: Platform) -> None:
    schedule(slate, (LATER_GAME, DAY))
    put(slate, PREDICTIONS, [prediction("nba_1", game_id=LATER_GAME)])
    result = run(slate)
    assert "nba_1" not in grades(slate)
    metadata = result.asset_materializations_for_node("grading__prediction_accuracy")[0].metadata
    counted = {name: metadata[name].value for name in ("void", "pending", "pending_of_past_dates")}
    assert counted == {"void": 0, "pending": 1, "pending_of_past_dates": 1}
    put(slate, SUMMARY, [box("nba_1", 26, game_id=LATER_GAME)])
    run(slate)
    assert grades(slate)["nba_1"]["result"] == "correct"


def test_a_game_moved_to_a_later_date_is_graded_on_neither_side_by_the_other(slate: Platform) -> None:
    """The range is graded at once, and the moved game's box score lies in it: the old prediction stays void."""
    schedule(slate, (LATER_GAME, NEXT_DAY))
    put(slate, PREDICTIONS, [prediction("nba_1", game_id=LATER_GAME)])
    put(slate, PREDICTIONS, [prediction("nba_2", game_id=LATER_GAME, game_date=NEXT_DAY)])
    put(slate, SUMMARY, [box(p, 30, game_id=LATER_GAME, game_date=NEXT_DAY) for p in ("nba_1", "nba_2")])
    run(slate, DAY, NEXT_DAY)
    assert (grades(slate)["nba_1"]["void_reason"], grades(slate)["nba_2"]["result"]) == ("game_not_played", "correct")


def test_only_active_main_lines_are_graded(slate: Platform) -> None:
    put(
        slate,
        PREDICTIONS,
        [
            prediction(LEBRON, line=22.5, is_main_line=False),
            prediction(LEBRON, line=19.5, is_active=False, batch_id="batch_0"),
        ],
    )
    run(slate)
    assert [row["line_key"] for row in stored(slate) if row["universal_player_id"] == LEBRON] == [205]


def test_an_active_row_without_a_number_is_refused_by_name_and_recorded(slate: Platform) -> None:
    put(slate, PREDICTIONS, [prediction(LEBRON, predicted_median=None)])
    with pytest.raises(BadInput, match=f"predicted_median .*{GAME}/{LEBRON}/moving_average/205"):
        run(slate)
    assert stored(slate) == []
    history = slate.warehouse.query(f"SELECT status, error_message FROM {HISTORY.full_name}").to_pylist()
    assert [row["status"] for row in history] == ["failed"]
    assert "predicted_median" in history[0]["error_message"]


def test_a_date_without_games_is_graded_to_nothing(platform: Platform) -> None:
    run(platform, assets=BOTH)
    assert stored(platform) == []
    assert stored(platform, "system_daily_performance") == []


# -- distributions, the anchored number and the close -------------------------------------------------------------------


def test_what_was_predicted_is_carried_and_its_distributions_are_scored(slate: Platform) -> None:
    carried = {
        "anchored_points": 20.6,
        "anchored_median": 20.0,
        "interval_80_low": 12.0,
        "interval_80_high": 31.0,
        "distribution_location": 8.5,
        "distribution_scale": 2.0,
        "anchored_location": 8.3,
        "anchored_scale": 1.9,
        "over_prob": 0.55,
        "push_prob": 0.0,
        "independent_over_prob": 0.58,
        "market_over_prob": 0.52,
        "expected_value": 0.01,
        "projected_minutes": 34.5,
        "data_quality_tier": "gold",
        "sportsbook": "draftkings",
        "run_mode": "backfill",
    }
    put(slate, PREDICTIONS, [prediction(LEBRON, **carried)])
    put(slate, SUMMARY, [box(LEBRON, 26, minutes=36.2)])
    run(slate)
    graded = grades(slate)[LEBRON]
    assert {name: graded[name] for name in carried} == carried
    own, anchored = CountDistribution(8.5, 2.0), CountDistribution(8.3, 1.9)
    assert (graded["actual_minutes"], graded["anchored_absolute_error"]) == (36.2, 6)
    assert [graded["crps"], graded["anchored_crps"]] == pytest.approx([float(crps(own, 26)), float(crps(anchored, 26))])
    assert [graded["pit_low"], graded["pit_high"]] == pytest.approx([float(end) for end in pit(own, 26)])
    without = grades(slate)[GABE]
    assert (without["anchored_crps"], without["anchored_absolute_error"]) == (None, None)
    assert without["crps"] == pytest.approx(float(crps(OWN, 3)))


def test_who_did_not_play_has_no_score_of_any_distribution(slate: Platform) -> None:
    put(slate, PREDICTIONS, [prediction(LEBRON, anchored_location=8.3, anchored_scale=1.9, sportsbook="draftkings")])
    put(slate, SUMMARY, [box(LEBRON, 0, "dnp_injury", minutes=0.0)])
    put(slate, LINES, [quote(LEBRON, 22.5, 5)])
    run(slate)
    scores = ("crps", "anchored_crps", "pit_low", "pit_high", "actual_minutes", "closing_line_value")
    assert [grades(slate)[LEBRON][name] for name in scores] == [None] * 6
    assert grades(slate)[LEBRON]["closing_line"] == 22.5  # the market's, whatever became of the player


def test_the_closing_line_is_the_same_books_last_usable_main_quote(slate: Platform) -> None:
    put(
        slate,
        PREDICTIONS,
        [prediction(LEBRON, sportsbook="draftkings"), prediction(GABE, "PASS", 3.5, sportsbook="betmgm")],
    )
    put(
        slate,
        PREDICTIONS,
        [prediction(AUSTIN, "UNDER", sportsbook="draftkings"), prediction(RUI, "UNDER", 12.0, sportsbook="fanduel")],
    )
    put(
        slate,
        LINES,
        [
            quote(LEBRON, 20.5, 0),
            quote(LEBRON, 21.5, 300),
            quote(LEBRON, 22.5, 400, is_usable=False),  # in play
            quote(LEBRON, 24.5, 390, is_main=False),
            quote(LEBRON, 19.5, 390, "fanduel"),  # another book
            quote(LEBRON, 9.5, 390, game_id=LATER_GAME),
            quote(AUSTIN, 22.0, 300),
            quote(RUI, 11.5, 300, "fanduel"),
            quote(GABE, 4.5, 300, "betmgm"),
        ],
    )
    run(slate)
    graded = grades(slate)
    found = {player: (row["closing_line"], row["closing_line_value"]) for player, row in graded.items()}
    assert found == {LEBRON: (21.5, 1), AUSTIN: (22.0, -1.5), RUI: (11.5, 0.5), GABE: (4.5, None)}


# -- again -------------------------------------------------------------------------------------------------------------


def test_grading_twice_changes_nothing_and_a_correction_only_what_it_touches(slate: Platform) -> None:
    run(slate)
    before = grades(slate)
    run(slate)
    assert grades(slate) == before
    put(slate, SUMMARY, [box(AUSTIN, 20)])
    put(slate, PREDICTIONS, [prediction(RUI, "UNDER", line=12.0, is_active=False)])  # withdrawn
    run(slate)
    after = grades(slate)
    assert {player for player in before if before[player] != after.get(player)} == {AUSTIN, RUI}
    assert (before[AUSTIN]["result"], after[AUSTIN]["result"]) == ("incorrect", "correct")
    assert after[AUSTIN]["profit_units"] == pytest.approx(1.2)
    assert RUI not in after


def test_a_range_at_once_equals_its_days(slate: Platform) -> None:
    schedule(slate, (LATER_GAME, NEXT_DAY))
    put(slate, PREDICTIONS, [prediction(LEBRON, game_date=NEXT_DAY, game_id=LATER_GAME, line=25.0)])
    put(slate, SUMMARY, [box(LEBRON, 25, game_date=NEXT_DAY, game_id=LATER_GAME)])
    run(slate, DAY, NEXT_DAY, BOTH)
    at_once = stored(slate), stored(slate, "system_daily_performance")
    run(slate, DAY, assets=BOTH)
    run(slate, NEXT_DAY, assets=BOTH)
    assert (stored(slate), stored(slate, "system_daily_performance")) == at_once
    assert {row["game_date"] for row in at_once[0]} == {DAY, NEXT_DAY}


# -- by system ---------------------------------------------------------------------------------------------------------


def test_performance_of_a_system(slate: Platform) -> None:
    put(slate, PREDICTIONS, [prediction("nba_1"), prediction(LEBRON, "UNDER", system_id="ensemble_v1")])
    anchored = {"anchored_median": 20.0, "anchored_location": 8.3, "anchored_scale": 1.9, "sportsbook": "draftkings"}
    put(slate, PREDICTIONS, [prediction(LEBRON, over_prob=0.6, **anchored)])
    put(slate, PREDICTIONS, [prediction(RUI, "UNDER", line=12.0, over_prob=0.9)])  # 12 points: neither over nor under
    put(slate, PREDICTIONS, [prediction(AUSTIN, "UNDER", over_prob=0.3, **(anchored | {"anchored_median": 23.0}))])
    put(slate, LINES, [quote(LEBRON, 21.0, 10), quote(AUSTIN, 22.0, 10)])
    run(slate, assets=BOTH)
    ensemble, average = stored(slate, "system_daily_performance")
    assert (ensemble["system_id"], ensemble["predictions"], ensemble["hit_rate"]) == ("ensemble_v1", 1, 0)
    assert (ensemble["anchored_mae"], ensemble["brier"], ensemble["closing_line_value"]) == (None, None, None)
    assert ensemble["over_share"] == 0
    points = [26, 25, 12, 3]
    low, high = pit(OWN, points)
    assert high[3] < 0.1  # one of the four lies outside
    assert average == {
        "game_date": DAY,
        "system_id": "moving_average",
        "predictions": 5,
        "predictions_with_line": 4,
        "voids": 1,
        "pushes": 1,
        "correct": 1,
        "incorrect": 1,
        "passes": 1,
        "mae": (5 + 4 + 9 + 18) / 4,
        "bias": (-4 - 3 + 10 + 19) / 4,
        "line_mae": pytest.approx((5.5 + 4.5 + 0) / 3, abs=1e-6),
        "hit_rate": 0.5,
        "within_3_share": 0,
        "within_5_share": 0.5,
        "anchored_mae": (6 + 2) / 2,
        "crps": pytest.approx(crps(OWN, points).mean(), abs=1e-6),
        "interval_80_share": pytest.approx(pit_share(low, high, 0.1, 0.9), abs=1e-6),
        "brier": pytest.approx((0.4**2 + 0.7**2) / 2, abs=1e-6),
        "over_share": 0.5,
        "closing_line_value": pytest.approx((0.5 - 1.5) / 2),
        "profit_units": pytest.approx(100 / 110 - 1, abs=1e-6),
    }


def test_coverage_counts_the_part_of_a_stretch_that_lies_inside(platform: Platform) -> None:
    """Points at the 10 % boundary count in part; points that a distribution holds impossible count as outside."""
    at_the_edge = int(OWN.quantile(0.1))
    schedule(platform, (GAME, DAY))
    put(platform, PREDICTIONS, [prediction(LEBRON), prediction(AUSTIN, distribution_scale=0.05)])
    put(platform, SUMMARY, [box(LEBRON, at_the_edge), box(AUSTIN, 80)])
    run(platform, assets=BOTH)
    (average,) = stored(platform, "system_daily_performance")
    assert grades(platform)[AUSTIN]["pit_low"] == grades(platform)[AUSTIN]["pit_high"] == 1
    low, high = pit(OWN, [at_the_edge])
    share = pit_share(low, high, 0.1, 0.9)
    assert 0 < share < 1
    assert average["interval_80_share"] == pytest.approx(share / 2, abs=1e-6)
