"""The honest table: the same player-games for everyone, and figures that a pencil can check."""

import json
import math
from datetime import date
from typing import Any

import pandas as pd
import pytest

from nba_props.catalog import table
from nba_props.domain.grading import wilson_interval
from nba_props.errors import BadInput
from nba_props.evaluation import Evaluation, EvaluationTable, Score, assemble, evaluate
from nba_props.platform import Platform
from nba_props_tests.assets.test_grading import put

ACCURACY = table("nba_grading.prediction_accuracy")
CACHE = table("nba_precompute.player_daily_cache")
DAYS = [date(2024, 3, 15), date(2024, 3, 16)]


def grade(
    day: int, player: str, system: str, median: float, actual: int, result: str = "correct", **changes: Any
) -> dict[str, Any]:
    """A grade at 20.5, both sides at -110, made before tip; its mean is a point above its median."""
    profit = {"correct": 100 / 110, "incorrect": -1.0, "push": 0.0}.get(result)
    return {
        "game_date": DAYS[day],
        "game_id": f"game_{day}",
        "universal_player_id": player,
        "system_id": system,
        "has_prop_line": True,
        "current_points_line": 20.5,
        "over_price_american": -110.0,
        "under_price_american": -110.0,
        "predicted_points": median + 1,
        "predicted_median": median,
        "over_prob": 0.6,
        "prediction_made_before_game": True,
        "actual_points": actual,
        "participation": "played",
        "result": result,
        "profit_units": profit,
    } | changes


def form(day: int, player: str, last_5: float | None, last_10: float = 18.0, season: float = 19.0) -> dict[str, Any]:
    return {
        "game_date": DAYS[day],
        "game_id": f"game_{day}",
        "universal_player_id": player,
        "points_avg_last_5": last_5,
        "points_avg_last_10": last_10,
        "points_avg_season": season,
    }


NO_LINE = {"has_prop_line": False, "current_points_line": None, "over_price_american": None}
NO_LINE |= {"under_price_american": None, "over_prob": None}


@pytest.fixture
def graded(platform: Platform) -> Platform:
    """Three player-games with a line on two dates, one without, and four that cannot be compared."""
    moving, ensemble = "moving_average", "ensemble_v1"
    rows = [
        grade(0, "a", moving, 22.0, 25),
        grade(0, "a", ensemble, 24.0, 25, over_prob=0.7),
        grade(0, "b", moving, 22.0, 16, "incorrect", prediction_made_before_game=False),
        grade(0, "b", ensemble, 18.0, 16, over_prob=0.3, profit_units=None),
        grade(1, "a", moving, 19.0, 20, "push", current_points_line=20.0, over_price_american=120.0),
        grade(1, "a", ensemble, 21.0, 20, "push", current_points_line=20.0, over_price_american=120.0),
        grade(1, "b", moving, 9.0, 12, "pass", **NO_LINE),
        grade(1, "b", ensemble, 13.0, 12, "pass", **NO_LINE),
        grade(1, "c", moving, 2.0, 40),  # the ensemble did not answer
        grade(1, "d", moving, 2.0, 40, "incorrect"),  # no last-5 mean: a first game
        grade(1, "d", ensemble, 2.0, 40, "incorrect"),
        grade(0, "e", moving, 20.0, 20),  # two systems at two lines: only among all rows
        grade(0, "e", ensemble, 22.0, 20, "incorrect", current_points_line=21.5),
    ]
    voids = [grade(1, "v", s, 30.0, 0, "void", actual_points=None, profit_units=None) for s in (moving, ensemble)]
    put(platform, ACCURACY, rows + voids)
    cache = [form(0, "a", 20.0), form(0, "b", 15.0), form(1, "a", 24.0), form(1, "b", 10.0), form(1, "c", 1.0)]
    put(platform, CACHE, [*cache, form(1, "d", None), form(0, "e", 20.0), form(1, "v", 20.0)])
    return platform


def of_one_game(*grades: dict[str, Any]) -> Evaluation:
    rows = pd.DataFrame([one | form(0, "a", 20.0) for one in grades])
    return assemble(rows.drop(columns=["has_prop_line", "participation"]), DAYS[0], DAYS[0])


def tables_of(evaluation: Evaluation) -> tuple[EvaluationTable, EvaluationTable]:
    with_line, everything = evaluation.tables
    return with_line, everything


def score_of(table_: EvaluationTable, contender: str) -> Score:
    return next(score for score in table_.scores if score.contender == contender)


def test_the_same_player_games_for_everyone(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    with_line, everything = tables_of(evaluation)
    assert evaluation.graded == 7  # voids are none of them
    assert evaluation.answered == {"moving_average": 7, "ensemble_v1": 6}
    assert evaluation.left_out == {
        "not_answered_by_every_system": 1,
        "without_a_baseline": 1,
        "at_different_lines": 1,
    }
    systems, baselines = ["moving_average", "ensemble_v1"], ["last_5_mean", "last_10_mean", "season_mean"]
    assert [score.contender for score in with_line.scores] == [*systems, *baselines, "line"]
    assert [score.contender for score in everything.scores] == [*systems, *baselines]
    assert {score.rows for score in with_line.scores} == {with_line.rows} == {3}
    assert {score.rows for score in everything.scores} == {everything.rows} == {5}
    assert (with_line.dates, with_line.live_rows, everything.live_rows) == (2, 2, 4)
    assert (with_line.live_share, everything.live_share) == pytest.approx((2 / 3, 4 / 5))


def test_errors_by_hand(graded: Platform) -> None:
    with_line, everything = tables_of(evaluate(graded, *DAYS))
    moving, last_5, line = (score_of(with_line, name) for name in ("moving_average", "last_5_mean", "line"))
    # medians 22, 22, 19 (means one higher), last five 20, 15, 24 and lines 20.5, 20.5, 20 for 25, 16 and 20 points
    assert moving.mae == pytest.approx((3 + 6 + 1) / 3)
    assert moving.rmse == pytest.approx(math.sqrt((2**2 + 7**2 + 0) / 3))
    assert moving.bias == pytest.approx((-2 + 7 + 0) / 3)
    assert last_5.mae == pytest.approx((5 + 1 + 4) / 3)
    assert last_5.rmse == pytest.approx(math.sqrt((25 + 1 + 16) / 3))
    assert (line.mae, line.bias) == pytest.approx(((4.5 + 4.5 + 0) / 3, 0))
    assert score_of(everything, "moving_average").mae == pytest.approx((3 + 6 + 1 + 3 + 0) / 5)
    assert score_of(everything, "season_mean").mae == pytest.approx((6 + 3 + 1 + 7 + 1) / 5)
    assert score_of(everything, "moving_average").hit_rate is None


def test_difference_to_the_line_with_its_interval_by_date(graded: Platform) -> None:
    moving, last_10 = (score_of(tables_of(evaluate(graded, *DAYS))[0], s) for s in ("moving_average", "last_10_mean"))
    # first date (3 - 4.5) + (6 - 4.5) = 0 over two rows, second 1 - 0 = 1: drawn twice, each is an end
    assert moving.mae_minus_line == pytest.approx(1 / 3)
    assert (moving.mae_minus_line_low, moving.mae_minus_line_high) == pytest.approx((0, 1))
    # 7 - 4.5 and 2 - 4.5 make 0, and 2 - 0
    assert last_10.mae_minus_line == pytest.approx(2 / 3)
    assert (last_10.mae_minus_line_low, last_10.mae_minus_line_high) == pytest.approx((0, 2))
    assert evaluate(graded, *DAYS) == evaluate(graded, *DAYS)


def test_picks_prices_and_probabilities_by_hand(graded: Platform) -> None:
    with_line, _ = tables_of(evaluate(graded, *DAYS))
    moving, ensemble, line = (score_of(with_line, name) for name in ("moving_average", "ensemble_v1", "line"))
    assert (moving.decided, moving.hit_rate) == (2, 0.5)  # the push is not decided
    assert (moving.hit_rate_low, moving.hit_rate_high) == pytest.approx(wilson_interval(1, 2))
    assert (moving.bets, moving.roi) == pytest.approx((3, (100 / 110 - 1 + 0) / 3))
    assert (ensemble.bets, ensemble.roi) == pytest.approx((2, (100 / 110 + 0) / 2))  # one pick had no price
    assert with_line.brier_rows == 2  # the whole line is left out
    assert moving.brier == pytest.approx((0.4**2 + 0.6**2) / 2)
    assert ensemble.brier == pytest.approx((0.3**2 + 0.3**2) / 2)
    assert line.brier == pytest.approx(0.25)  # -110 on both sides
    assert (line.hit_rate, line.mae_minus_line, line.roi) == (None, None, None)


def test_the_market_is_devigged() -> None:
    prices: dict[str, Any] = {"over_price_american": -150.0, "under_price_american": 120.0}
    with_line, _ = tables_of(of_one_game(grade(0, "a", "moving_average", 22.0, 25, **prices)))
    over, under = 150 / 250, 100 / 220
    assert score_of(with_line, "line").brier == pytest.approx((1 - over / (over + under)) ** 2)
    moving = score_of(with_line, "moving_average")
    assert (moving.mae_minus_line_low, moving.mae_minus_line_high) == (None, None)  # one date has no interval


def test_prices_that_differ_between_systems_are_no_market() -> None:
    moved = grade(0, "a", "ensemble_v1", 22.0, 25, over_price_american=-120.0)
    with_line, _ = tables_of(of_one_game(grade(0, "a", "moving_average", 22.0, 25), moved))
    assert (with_line.rows, with_line.brier_rows) == (1, 0)
    assert {score.brier for score in with_line.scores} == {None}


def test_a_range_without_lines_has_one_table_with_scores() -> None:
    evaluation = of_one_game(grade(0, "a", "moving_average", 22.0, 25, "pass", **NO_LINE))
    with_line, everything = tables_of(evaluation)
    assert (with_line.rows, with_line.scores, with_line.live_share) == (0, (), None)
    assert score_of(everything, "moving_average").mae == 3
    assert "## Rows with a line\n\nNone." in evaluation.to_markdown()


def test_a_system_no_longer_shipped_is_listed_last() -> None:
    evaluation = of_one_game(grade(0, "a", "former_v0", 22.0, 25), grade(0, "a", "ensemble_v1", 22.0, 25))
    assert list(evaluation.answered) == ["ensemble_v1", "former_v0"]


def test_what_cannot_be_compared_is_refused_with_the_next_step(platform: Platform) -> None:
    with pytest.raises(BadInput, match=r"no grades .* nba-props grade 2024-03-15 2024-03-16"):
        evaluate(platform, *DAYS)
    put(platform, ACCURACY, [grade(0, "v", "moving_average", 22.0, 0, "void", actual_points=None)])
    with pytest.raises(BadInput, match="no grades"):
        evaluate(platform, *DAYS)
    put(platform, ACCURACY, [grade(0, "a", "moving_average", 22.0, 25)])
    with pytest.raises(BadInput, match=r"1 without a baseline.* nba-props backfill"):
        evaluate(platform, *DAYS)
    with pytest.raises(BadInput, match="is empty"):
        evaluate(platform, DAYS[1], DAYS[0])


def test_renderings(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    rows = evaluation.to_rows()
    assert [(row["table"], row["contender"]) for row in rows[4:8]] == [
        ("with_line", "season_mean"),
        ("with_line", "line"),
        ("all", "moving_average"),
        ("all", "ensemble_v1"),
    ]
    back = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert (back["start"], back["left_out"]["at_different_lines"]) == ("2024-03-15", 1)
    assert back["tables"][0]["live_share"] == pytest.approx(2 / 3)
    assert [{"table": t["name"]} | score for t in back["tables"] for score in t["scores"]] == rows
    text = evaluation.to_markdown()
    assert "2 live (66.7%), 1 backfill" in text
    assert "| moving_average | 3 | 3.333 | 4.203 | 1.667 | +0.333 [+0.000, +1.000] | 50.0% [9.5%, 90.5%] of 2 |" in text
    assert "| line | 3 | 3.000 |" in text
