"""The honest table: the same player-games for everyone, and figures that a pencil can check."""

import math
from typing import Any

import numpy as np
import pytest

from nba_props.domain.distributions import POWER_NORMAL_V1, CountDistribution, transformed
from nba_props.domain.intervals import bets_to_tell, wilson_interval
from nba_props.domain.scoring import calibration_error_by_chance, crps, pit, pit_share
from nba_props.errors import BadInput
from nba_props.evaluation import Evaluation, evaluate
from nba_props.platform import Platform
from nba_props_tests.assets.test_grading import put
from nba_props_tests.evaluation.kit import (
    ACCURACY,
    CACHE,
    DAYS,
    NO_LINE,
    assembled,
    form,
    grade,
    graded,
    of_one_game,
    score_of,
    table_of,
)

__all__ = ["graded"]  # a fixture

SYSTEMS, BASELINES = ["moving_average", "ensemble_v1"], ["last_5_mean", "exponential_mean"]
ANCHORED = ["moving_average+market", "ensemble_v1+market"]


def test_the_same_player_games_for_everyone(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    with_line, everything = table_of(evaluation, "with_line"), table_of(evaluation, "all")
    assert evaluation.graded == 8  # voids are none of them
    assert evaluation.answered == {"moving_average": 8, "ensemble_v1": 7}
    assert evaluation.left_out == {
        "not_answered_by_every_system": 1,
        "without_a_baseline": 1,
        "at_different_lines": 1,
        "not_anchored_by_every_system": 1,
    }
    assert evaluation.baselines_left_out == ("ridge",)  # no earlier rows to fit it on
    assert [score.contender for score in with_line.scores] == [*SYSTEMS, *ANCHORED, *BASELINES, "line"]
    assert [score.contender for score in everything.scores] == [*SYSTEMS, *BASELINES]
    assert {score.rows for score in with_line.scores} == {with_line.rows} == {3}
    assert {score.rows for score in everything.scores} == {everything.rows} == {6}
    assert (with_line.dates, with_line.live_rows, everything.live_rows) == (2, 2, 5)
    assert (with_line.live_share, everything.live_share) == pytest.approx((2 / 3, 5 / 6))


def test_live_rows_have_tables_of_their_own(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    assert [table.name for table in evaluation.tables] == ["with_line", "all", "with_line_live", "all_live"]
    live = table_of(evaluation, "with_line_live")
    assert (live.rows, live.live_rows) == (2, 2)
    assert score_of(live, "moving_average").mae == pytest.approx((3 + 1) / 2)  # without the one written after tip-off
    assert live.money[0].decided == 1


def test_a_backfill_has_no_live_tables() -> None:
    late = grade(0, "a", "moving_average", 22.0, 25, prediction_made_before_game=False)
    evaluation = of_one_game(late)
    assert [table.name for table in evaluation.tables] == ["with_line", "all"]
    assert "0 live (0.0%), 1 backfill" in evaluation.to_markdown()


def test_errors_by_hand(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    with_line, everything = table_of(evaluation, "with_line"), table_of(evaluation, "all")
    moving, market, last_5, line = (
        score_of(with_line, name) for name in ("moving_average", "moving_average+market", "last_5_mean", "line")
    )
    # medians 22, 22, 19 (means one higher), last five 20, 15, 24 and lines 20.5, 20.5, 20 for 25, 16 and 20 points
    assert moving.mae == pytest.approx((3 + 6 + 1) / 3)
    assert moving.rmse == pytest.approx(math.sqrt((2**2 + 7**2 + 0) / 3))
    assert moving.bias == pytest.approx((-2 + 7 + 0) / 3)
    assert (moving.mae_low, moving.mae_high) == pytest.approx((1, 4.5))  # of the two dates, each drawn twice
    assert (market.mae, market.bias) == pytest.approx(((5 + 4 + 0) / 3, (-4 + 5 + 1) / 3))
    assert last_5.mae == pytest.approx((5 + 1 + 4) / 3)
    assert last_5.rmse == pytest.approx(math.sqrt((25 + 1 + 16) / 3))
    assert (line.mae, line.bias) == pytest.approx(((4.5 + 4.5 + 0) / 3, 0))
    assert score_of(everything, "moving_average").mae == pytest.approx((3 + 6 + 1 + 3 + 0 + 0) / 6)
    assert score_of(everything, "exponential_mean").mae == pytest.approx((7 + 2 + 2 + 6 + 2 + 2) / 6)
    assert score_of(everything, "moving_average").mae_minus_line is None


def test_difference_to_the_line_with_its_interval_by_date(graded: Platform) -> None:
    with_line = table_of(evaluate(graded, *DAYS), "with_line")
    moving, plain = score_of(with_line, "moving_average"), score_of(with_line, "exponential_mean")
    # first date (3 - 4.5) + (6 - 4.5) = 0 over two rows, second 1 - 0 = 1: drawn twice, each is an end
    assert moving.mae_minus_line == pytest.approx(1 / 3)
    assert (moving.mae_minus_line_low, moving.mae_minus_line_high) == pytest.approx((0, 1))
    # 7 - 4.5 and 2 - 4.5 make 0, and 2 - 0
    assert plain.mae_minus_line == pytest.approx(2 / 3)
    assert (plain.mae_minus_line_low, plain.mae_minus_line_high) == pytest.approx((0, 2))
    assert score_of(with_line, "line").mae_minus_line is None
    assert evaluate(graded, *DAYS) == evaluate(graded, *DAYS)


def test_one_date_has_no_interval() -> None:
    moving = score_of(table_of(of_one_game(grade(0, "a", "moving_average", 22.0, 25)), "with_line"), "moving_average")
    assert (moving.mae_low, moving.mae_minus_line_low, moving.mae_minus_line_high) == (None, None, None)


# -- distributions -----------------------------------------------------------------------------------------------------


def test_distributions_by_hand(graded: Platform) -> None:
    with_line = table_of(evaluate(graded, *DAYS), "with_line")
    by_name = {one.contender: one for one in with_line.distributions}
    assert list(by_name) == [score.contender for score in with_line.scores]
    moving, market, last_5, line = (
        by_name[name] for name in ("moving_average", "moving_average+market", "last_5_mean", "line")
    )
    assert moving.crps == pytest.approx((3 + 3 + 4.5) / 3)
    assert moving.interval_80_width == 17
    assert (moving.interval_80_share, moving.interval_80_share_expected) == (1, pytest.approx(1))
    assert moving.pit_histogram == pytest.approx([0, 0, 0, 0, 1, 0, 0, 0, 0, 0])  # 0.4 to 0.5, every one
    actual = [25, 16, 20]
    anchored = CountDistribution([8.4] * 3, 2.0)
    assert market.crps == pytest.approx(crps(anchored, actual).mean())
    assert market.interval_80_share_expected == pytest.approx(pit_share(*pit(anchored, actual), 0.1, 0.9))
    assert last_5.crps == pytest.approx(crps(POWER_NORMAL_V1.around([20, 15, 24]), actual).mean())
    lines = np.array([20.5, 20.5, 20.0])
    around_the_line = CountDistribution(transformed(lines), POWER_NORMAL_V1.scale(lines))
    assert line.crps == pytest.approx(crps(around_the_line, actual).mean())


# -- probabilities -----------------------------------------------------------------------------------------------------


def test_probabilities_by_hand(graded: Platform) -> None:
    found = table_of(evaluate(graded, *DAYS), "with_line").probabilities
    assert found is not None
    assert (found.rows, found.live_rows) == (2, 1)  # the whole line is left out
    by_name = {one.contender: one for one in found.scores}
    assert list(by_name) == [*SYSTEMS, *ANCHORED, "market"]
    published, market = by_name["ensemble_v1+market"], by_name["market"]
    assert published.brier == pytest.approx((0.3**2 + 0.3**2) / 2)  # 0.7 for an over, 0.3 for an under
    assert published.log_loss == pytest.approx(-math.log(0.7))
    assert published.calibration_error == pytest.approx(0.3)
    assert published.calibration_error_by_chance == calibration_error_by_chance([0.7, 0.3])
    assert published.brier_minus_market == pytest.approx(0.09 - 0.25)
    assert by_name["ensemble_v1"].brier == pytest.approx((0.3**2 + 0.7**2) / 2)  # 0.7 twice
    assert by_name["moving_average+market"].brier == pytest.approx((0.4**2 + 0.6**2) / 2)
    assert (market.brier, market.brier_minus_market) == (0.25, None)
    (third, seventh) = (row for row in published.reliability if row.rows)
    assert (third.low, third.mean_prob, third.over_share, third.rows) == (0.3, 0.3, 0, 1)
    assert (seventh.over_share, seventh.over_share_low, seventh.over_share_high) == (1, *wilson_interval(1, 1))


@pytest.mark.parametrize(
    "changes",
    [{"market_over_prob": 0.52}, {"market_over_prob": None}, {"over_prob": None}, {"independent_over_prob": None}],
)
def test_without_a_common_probability_there_is_no_score_of_it(changes: dict[str, Any]) -> None:
    moved = grade(0, "a", "ensemble_v1", 22.0, 25, **changes)
    with_line = table_of(of_one_game(grade(0, "a", "moving_average", 22.0, 25), moved), "with_line")
    assert with_line.rows == 1
    assert with_line.probabilities is not None
    assert (with_line.probabilities.rows, with_line.probabilities.scores) == (0, ())


# -- money -------------------------------------------------------------------------------------------------------------


def test_money_by_hand(graded: Platform) -> None:
    moving, ensemble = table_of(evaluate(graded, *DAYS), "with_line").money
    assert (moving.system, moving.passes, moving.over_share) == ("moving_average", 0, pytest.approx(2 / 3))
    assert (moving.decided, moving.hit_rate) == (2, 0.5)  # the push is not decided
    assert (moving.hit_rate_low, moving.hit_rate_high) == pytest.approx(wilson_interval(1, 2))
    assert moving.breakeven == pytest.approx(11 / 21)
    assert moving.bets_needed == bets_to_tell(0.5, 11 / 21)
    assert (moving.bets, moving.roi) == pytest.approx((3, (100 / 110 - 1 + 0) / 3))
    # by date: (100/110 - 1) / 2 on the first, a push on the second
    assert (moving.roi_low, moving.roi_high) == pytest.approx(((100 / 110 - 1) / 2, 0))
    assert (moving.closing_lines, moving.closing_lines_moved) == (3, 2)
    assert moving.closing_line_value == pytest.approx((1 + 0 - 0.5) / 3)
    assert (moving.closing_line_value_low, moving.closing_line_value_high) == pytest.approx((-0.5, 0.5))
    assert (ensemble.bets, ensemble.roi) == pytest.approx((2, (100 / 110 + 0) / 2))  # one pick had no price
    assert (ensemble.closing_lines, ensemble.closing_line_value) == (0, None)


def test_passes_are_no_bets() -> None:
    passed = grade(0, "a", "moving_average", 22.0, 25, "pass", recommendation="PASS", profit_units=None)
    (moving,) = table_of(of_one_game(passed), "with_line").money
    assert (moving.passes, moving.decided, moving.bets) == (1, 0, 0)
    unknown = (moving.over_share, moving.hit_rate, moving.breakeven, moving.bets_needed, moving.roi)
    assert unknown == (None,) * 5


# -- minutes and slices ------------------------------------------------------------------------------------------------


def test_minutes_of_those_who_project_them() -> None:
    evaluation = assembled(
        [
            grade(0, "a", "moving_average", 22.0, 25),
            grade(0, "a", "ensemble_v1", 22.0, 25, projected_minutes=33.0),
            grade(0, "b", "moving_average", 22.0, 25, actual_minutes=36.0),
            grade(0, "b", "ensemble_v1", 22.0, 25, projected_minutes=34.0, actual_minutes=36.0),
            grade(1, "a", "moving_average", 22.0, 25),
            grade(1, "a", "ensemble_v1", 22.0, 25),
        ],
        [form(0, "a", 20.0), form(0, "b", 20.0), form(1, "a", 20.0)],
    )
    found = table_of(evaluation, "all").minutes
    assert found is not None
    assert (found.rows, found.live_rows) == (2, 2)  # the third has no projection
    ensemble, plain = found.scores
    assert (ensemble.contender, ensemble.mae, ensemble.bias) == ("ensemble_v1", (3 + 2) / 2, (3 - 2) / 2)
    assert (plain.contender, plain.mae, plain.bias) == ("exponential_mean", (1 + 5) / 2, (1 - 5) / 2)


def test_without_projected_minutes_there_is_nothing_to_judge() -> None:
    found = table_of(of_one_game(grade(0, "a", "moving_average", 22.0, 25)), "all").minutes
    assert found is not None
    assert (found.rows, found.scores) == (0, ())


LINES = [9.5, 10.5, 15.0, 19.5, 24.5, 25.0]
PLAYED = [(12.0, None), (17.9, 40.0), (18.0, None), (27.9, None), (28.0, None), (None, 30.0)]


def sliced() -> Evaluation:
    """Six player-games with lines and minutes at the edges of groups; each is predicted one point too low but the last."""
    grades, forms = [], []
    for place, (line, (season, last_10)) in enumerate(zip(LINES, PLAYED, strict=True)):
        day, player, median = place % 2, str(place), 24.0 if place < 5 else 30.0
        made = {"prediction_made_before_game": place > 0, "data_quality_tier": "silver" if place == 2 else "gold"}
        grades.append(grade(day, player, "moving_average", median, 25, current_points_line=line, **made))
        forms.append(form(day, player, 20.0, minutes_avg_season=season, minutes_avg_last_10=last_10))
    return assembled(grades, forms)


def test_slices_by_hand() -> None:
    table = table_of(sliced(), "with_line")
    groups = {(one.slicing, one.group): one for one in table.slices}
    assert {key: one.rows for key, one in groups.items()} == {
        ("line_size", "under 10.5"): 1,
        ("line_size", "10.5 to 15"): 1,
        ("line_size", "15 to 20"): 2,
        ("line_size", "20 to 25"): 1,
        ("line_size", "25 and more"): 1,
        ("minutes_role", "starter"): 2,  # 28.0, and 30 of the last ten games before a season's first
        ("minutes_role", "rotation"): 2,
        ("minutes_role", "bench"): 2,
        ("month", "2024-03"): 6,
        ("data_quality_tier", "gold"): 5,
        ("data_quality_tier", "silver"): 1,
    }
    assert groups["line_size", "under 10.5"].live_rows == 0
    starter = {one.contender: one for one in groups["minutes_role", "starter"].scores}
    assert list(starter) == [score.contender for score in table.scores]
    assert (starter["moving_average"].mae, starter["moving_average"].bias) == ((1 + 5) / 2, (0 + 6) / 2)
    assert starter["line"].mae == (0.5 + 0) / 2
    assert starter["moving_average"].interval_80_share == pytest.approx(1)
    assert "line_size" not in {one.slicing for one in table_of(sliced(), "all").slices}


# -- what can be compared ----------------------------------------------------------------------------------------------


def test_a_range_without_lines_has_one_table_with_scores() -> None:
    evaluation = of_one_game(grade(0, "a", "moving_average", 22.0, 25, "pass", **NO_LINE))
    with_line = table_of(evaluation, "with_line")
    assert (with_line.rows, with_line.scores, with_line.live_share) == (0, (), None)
    assert score_of(table_of(evaluation, "all"), "moving_average").mae == 3
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
    with pytest.raises(BadInput, match=r"every system and baseline.* nba-props backfill"):
        evaluate(platform, *DAYS)
    with pytest.raises(BadInput, match="is empty"):
        evaluate(platform, DAYS[1], DAYS[0])


def test_grades_from_before_distributions_were_scored_are_to_be_made_again(platform: Platform) -> None:
    put(platform, ACCURACY, [grade(0, "a", "moving_average", 22.0, 25, crps=None)])
    put(platform, CACHE, [form(0, "a", 20.0)])
    with pytest.raises(BadInput, match=r"older than the scores.* nba-props backfill 2024-03-15 2024-03-16"):
        evaluate(platform, *DAYS)
