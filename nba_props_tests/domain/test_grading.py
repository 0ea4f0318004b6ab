"""Settling one row, settling a frame the same way, and the metrics."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from nba_props.domain import grading
from nba_props.domain.distributions import CountDistribution, points_distribution
from nba_props.domain.grading import Grade, Participation, Recommendation, Result, grade, grade_frame
from nba_props.errors import BadInput, NbaPropsError, SchemaMismatch

Metric = Callable[[ArrayLike, ArrayLike], float]

# --- one row ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recommendation", "line", "actual", "result"),
    [
        ("OVER", 25.5, 26, Result.CORRECT),
        ("OVER", 25.5, 25, Result.INCORRECT),
        ("UNDER", 25.5, 25, Result.CORRECT),
        ("UNDER", 25.5, 26, Result.INCORRECT),
        ("OVER", 26.0, 26, Result.PUSH),
        ("UNDER", 26.0, 26, Result.PUSH),
        ("OVER", 0.5, 0, Result.INCORRECT),  # played and scored nothing: a real zero
        ("PASS", 26.0, 26, Result.PASS),
        ("PASS", None, 26, Result.PASS),
    ],
)
def test_those_who_played(recommendation: str, line: float | None, actual: float, result: Result) -> None:
    assert grade(recommendation, line, actual, "played") == Grade(result)


@pytest.mark.parametrize("recommendation", list(Recommendation))
@pytest.mark.parametrize("reason", grading.VOID_REASONS)
def test_no_minutes_is_void_with_its_reason(recommendation: str, reason: str) -> None:
    assert grade(recommendation, 25.5, None, reason) == Grade(Result.VOID, reason)
    assert grade(recommendation, 25.5, 0, reason) == Grade(Result.VOID, reason)  # a box row of zeros is no zero


def test_the_reasons_to_void() -> None:
    absences = {"no_minutes", "dnp_coach_decision", "dnp_injury", "dnp_other"}
    assert set(grading.VOID_REASONS) == absences | {"no_box_score", "game_not_played"}


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (("OVER", math.nan, 20, "played"), "line is nan"),
        (("OVER", 25.5, math.inf, "played"), "actual_points is inf"),
        (("PASS", 25.5, math.nan, "played"), "actual_points is nan"),
        (("OVER", 25.5, math.nan, "dnp_injury"), "actual_points is nan"),
        (("OVER", 25.5, -3, "played"), "actual_points is -3"),
        (("OVER", 25.5, None, "played"), "actual_points is None"),
        (("OVER", None, 20, "played"), "line is None"),
        (("HOLD", 25.5, 20, "played"), "'HOLD' is no recommendation"),
        (("OVER", 25.5, 20, "dnp"), "'dnp' is no participation"),
        (("UNDER", 25.5, 30, "pending"), "pending has no grade"),  # 30 is the score so far
    ],
)
def test_a_row_that_cannot_be_graded_is_refused_by_value(
    row: tuple[str, float | None, float | None, str], named: str
) -> None:
    with pytest.raises(BadInput, match=named):
        grade(*row)


# --- a frame ----------------------------------------------------------------------------------------------------------

ROWS = st.tuples(
    st.sampled_from([*Recommendation, "HOLD"]),
    st.one_of(st.none(), st.integers(0, 80).map(lambda halves: halves / 2), st.just(math.inf)),
    st.one_of(st.none(), st.integers(0, 40).map(float), st.just(-1.0)),
    st.sampled_from([*Participation, "dnp"]),
)


def frame_of(rows: list[tuple[str, float | None, float | None, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(grading.GRADED_COLUMNS), index=range(100, 100 + len(rows)))
    return frame.astype({"current_points_line": float, "actual_points": float})


def grade_or_none(row: tuple[str, float | None, float | None, str]) -> Grade | None:
    try:
        return grade(*row)
    except BadInput:
        return None


@given(st.lists(ROWS, max_size=30))
def test_the_frame_grades_as_the_rows_do(rows: list[tuple[str, float | None, float | None, str]]) -> None:
    kept = [row for row in rows if grade_or_none(row) is not None]
    graded = grade_frame(frame_of(kept))
    assert graded.index.tolist() == list(range(100, 100 + len(kept)))
    assert [Grade(Result(r), v) for r, v in graded.itertuples(index=False)] == [grade(*row) for row in kept]


@given(ROWS)
def test_the_frame_refuses_what_the_row_refuses(row: tuple[str, float | None, float | None, str]) -> None:
    if grade_or_none(row) is None:
        with pytest.raises(BadInput, match="row 100"):
            grade_frame(frame_of([row]))


def test_a_frame_from_the_warehouse_may_hold_nullable_columns() -> None:
    frame = frame_of([("OVER", 25.5, 30.0, "played"), ("UNDER", 12.5, None, "dnp_injury")])
    frame = frame.astype({"current_points_line": "Float64", "actual_points": "Int64", "recommendation": "string"})
    assert grade_frame(frame)["result"].tolist() == ["correct", "void"]
    assert grade_frame(frame)["void_reason"].tolist() == [None, "dnp_injury"]


def test_an_empty_frame_grades_to_an_empty_frame() -> None:
    assert grade_frame(frame_of([])).columns.tolist() == ["result", "void_reason"]


def test_a_frame_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(SchemaMismatch, match="actual_points"):
        grade_frame(frame_of([]).drop(columns="actual_points"))


# --- accuracy ---------------------------------------------------------------------------------------------------------


def predictions_of(rows: list[tuple[str, float | None, float | None, str]]) -> pd.DataFrame:
    """A mean of 20, a median of 19, +150 for the over and -125 for the under."""
    return frame_of(rows).assign(
        predicted_points=20.0, predicted_median=19.0, over_price_american=150.0, under_price_american=-125.0
    )


ACCURACY = ["result", "actual_points", "signed_error", "absolute_error", "line_absolute_error", "profit_units"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("OVER", 18.5, 22, "played"), ["correct", 22, -2, 3, 3.5, 1.5]),
        (("UNDER", 18.5, 22, "played"), ["incorrect", 22, -2, 3, 3.5, -1]),
        (("UNDER", 18.5, 13, "played"), ["correct", 13, 7, 6, 5.5, 0.8]),
        (("OVER", 18.0, 18, "played"), ["push", 18, 2, 1, 0, 0]),
        (("PASS", 18.5, 0, "played"), ["pass", 0, 20, 19, 18.5, None]),
        (("PASS", None, 24, "played"), ["pass", 24, -4, 5, None, None]),
        (("OVER", 18.5, 0, "dnp_injury"), ["void", None, None, None, None, None]),
    ],
)
def test_errors_and_profit_of_a_row(row: tuple[str, float | None, float, str], expected: list[Any]) -> None:
    graded = grading.accuracy_frame(predictions_of([row])).iloc[0]
    assert [None if pd.isna(graded[column]) else graded[column] for column in ACCURACY] == pytest.approx(expected)
    within = [None if expected[3] is None else expected[3] <= limit for limit in (3, 5)]
    assert [None if pd.isna(v) else bool(v) for v in graded[["is_within_3", "is_within_5"]]] == within


@given(st.lists(ROWS, max_size=30))
def test_accuracy_holds_the_grades_of_all_but_the_pending(
    rows: list[tuple[str, float | None, float | None, str]],
) -> None:
    kept = [row for row in rows if row[3] == "pending" or grade_or_none(row) is not None]
    accuracy = grading.accuracy_frame(predictions_of(kept))
    settled = [(label, row) for label, row in enumerate(kept, 100) if row[3] != "pending"]
    assert accuracy.index.tolist() == [label for label, _ in settled]
    grades = accuracy[["result", "void_reason"]].itertuples(index=False)
    assert [Grade(Result(result), reason) for result, reason in grades] == [grade(*row) for _, row in settled]
    is_void = accuracy["result"] == Result.VOID
    for column in ("actual_points", "signed_error", "absolute_error", "is_within_3", "is_within_5"):
        assert (accuracy[column].isna() == is_void).all()


def test_a_bet_without_a_price_has_no_profit() -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played"), ("OVER", 18.0, 18, "played"), ("UNDER", 18.5, 22, "played")])
    assert grading.accuracy_frame(rows.assign(over_price_american=np.nan))["profit_units"].tolist() == pytest.approx(
        [np.nan, np.nan, -1], nan_ok=True
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", ["predicted_points", "predicted_median"])
def test_a_prediction_that_is_no_number_is_refused_by_row(column: str, wrong: float) -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played"), ("OVER", 18.5, None, "dnp_other")])
    rows.loc[101, column] = wrong
    with pytest.raises(BadInput, match=f"{column} .* of row 101 is no finite number"):
        grading.accuracy_frame(rows)


def test_accuracy_refuses_an_impossible_price_and_a_missing_column() -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played")])
    with pytest.raises(BadInput, match="no American price"):
        grading.accuracy_frame(rows.assign(over_price_american=50.0))
    with pytest.raises(SchemaMismatch, match="predicted_median"):
        grading.accuracy_frame(rows.drop(columns="predicted_median"))


# --- hit rates and money ----------------------------------------------------------------------------------------------


@given(n=st.integers(1, 10_000), share=st.floats(0, 1), level=st.floats(0.5, 0.999))
def test_wilson_lies_in_the_unit_interval_around_the_share(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    low, high = grading.wilson_interval(successes, n, level)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    assert low < high


def test_wilson_of_a_known_case() -> None:
    assert grading.wilson_interval(52, 100) == pytest.approx((0.4231658, 0.6153545), abs=1e-6)
    assert grading.wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.0)])
def test_wilson_refuses_impossible_counts(successes: int, n: int, level: float) -> None:
    with pytest.raises(BadInput):
        grading.wilson_interval(successes, n, level)


def test_roi_returns_pushes_and_leaves_out_what_was_no_bet() -> None:
    results = ["correct", "incorrect", "push", "void", "pass"]
    prices = [150, -110, -110, np.nan, -110]
    assert grading.profit_units(results, prices) == pytest.approx([1.5, -1, 0, np.nan, np.nan], nan_ok=True)
    assert grading.roi(results, prices) == pytest.approx((1.5 - 1 + 0) / 3)
    assert grading.roi(pd.Series([Result.CORRECT, Result.INCORRECT]), [-110, -110]) == pytest.approx(
        (100 / 110 - 1) / 2
    )


def test_roi_at_minus_110_breaks_even_at_the_known_hit_rate() -> None:
    assert grading.roi(["correct"] * 11 + ["incorrect"] * 10, [-110] * 21) == pytest.approx(0)


@pytest.mark.parametrize(
    ("results", "prices"),
    [(["void"], [-110]), ([], []), (["correct"], [np.nan]), (["correct"], [50]), (["correct"], [-110, -110])],
)
def test_roi_refuses_what_has_no_bet_or_no_price(results: list[str], prices: list[float]) -> None:
    with pytest.raises(BadInput):
        grading.roi(results, prices)


# --- probabilities ----------------------------------------------------------------------------------------------------


def test_scores_of_known_probabilities() -> None:
    prob, outcome = [0.9, 0.2, 0.6], [1, 0, 0]
    assert grading.brier(prob, outcome) == pytest.approx((0.01 + 0.04 + 0.36) / 3)
    assert grading.log_loss(prob, outcome) == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3)
    assert grading.log_loss([0.0], [1]) == pytest.approx(15 * math.log(10))


def test_calibration_error() -> None:
    assert grading.calibration_error([0.75] * 4, [1, 1, 1, 0]) == pytest.approx(0)
    assert grading.calibration_error([0.9] * 4 + [0.1] * 4, [1, 1, 0, 0] * 2) == pytest.approx(0.4)
    assert grading.calibration_error([1.0, 0.0], [1, 0]) == pytest.approx(0)
    # within one bin errors cancel, across bins they do not
    assert grading.calibration_error([0.2, 0.8], [1, 0], bins=1) == pytest.approx(0)
    assert grading.calibration_error([0.2, 0.8], [1, 0], bins=2) == pytest.approx(0.8)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_scores_stay_in_their_ranges(rows: list[tuple[float, bool]]) -> None:
    prob, outcome = zip(*rows, strict=True)
    assert 0 <= grading.brier(prob, outcome) <= 1
    assert 0 <= grading.calibration_error(prob, outcome) <= 1
    assert grading.log_loss(prob, outcome) >= 0


@pytest.mark.parametrize(
    ("prob", "outcome"),
    [([0.5, np.nan], [1, 0]), ([0.5], [np.nan]), ([1.5], [1]), ([0.5], [2]), ([], []), ([0.5, 0.5], [1])],
)
@pytest.mark.parametrize("score", [grading.brier, grading.log_loss, grading.calibration_error])
def test_scores_refuse_what_is_no_probability_or_outcome(
    score: Metric, prob: list[float], outcome: list[float]
) -> None:
    with pytest.raises(BadInput):
        score(prob, outcome)


def test_crps_of_a_certain_prediction_is_the_absolute_error() -> None:
    assert grading.crps(CountDistribution([0.0, 0.0], 0.0), [7, 0]) == pytest.approx([7, 0])


def test_crps_equals_its_definition_by_expected_distances() -> None:
    distribution, actual, k = points_distribution(14.0), 22, np.arange(200)
    p = distribution.prob_push(k)
    spread = (p[:, None] * p[None, :] * np.abs(k[:, None] - k[None, :])).sum()
    expected = (p * np.abs(k - actual)).sum() - spread / 2
    assert grading.crps(distribution, actual) == pytest.approx(expected, abs=1e-9)


def test_crps_is_best_for_the_distribution_that_the_points_come_from() -> None:
    draw = np.random.default_rng(3)
    mean, variance = 15.0, 45.0
    points = np.minimum(draw.negative_binomial(mean**2 / (variance - mean), mean / variance, 20_000), 120)
    own = grading.crps(CountDistribution(mean, variance), points).mean()
    for other in (CountDistribution(17.0, variance), CountDistribution(mean, mean), CountDistribution(mean, 120.0)):
        assert own < grading.crps(other, points).mean()


@pytest.mark.parametrize("outcome", [[np.nan], [121], [-1], []])
def test_crps_refuses_what_are_no_points(outcome: list[float]) -> None:
    with pytest.raises(BadInput):
        grading.crps(points_distribution(14.0), outcome)


# --- point predictions ------------------------------------------------------------------------------------------------


def test_errors_of_point_predictions() -> None:
    predicted, actual = [20.0, 10.0, 15.0], [25, 8, 15]
    assert grading.mean_absolute_error(predicted, actual) == pytest.approx(7 / 3)
    assert grading.bias(predicted, actual) == pytest.approx(-1)
    assert grading.root_mean_squared_error(predicted, actual) == pytest.approx(math.sqrt(29 / 3))
    assert grading.share_within(predicted, actual, 2) == pytest.approx(2 / 3)


@pytest.mark.parametrize("metric", [grading.mean_absolute_error, grading.bias, grading.root_mean_squared_error])
def test_errors_refuse_a_bad_row_instead_of_averaging_it(metric: Metric) -> None:
    with pytest.raises(NbaPropsError, match="actual number 1 is nan"):
        metric([1.0, 2.0], [1.0, np.nan])
    with pytest.raises(NbaPropsError, match="prediction number 0 is inf"):
        metric([np.inf, 2.0], [1.0, 1.0])
    with pytest.raises(NbaPropsError):
        metric([1.0, 2.0], [1.0])


# --- uncertainty ------------------------------------------------------------------------------------------------------


def test_clustered_interval_of_rows_that_agree_within_clusters() -> None:
    # Two nights, each drawn 0, 1 or 2 times: the mean is 0, 1 or 2, the extremes with probability 1/4 each.
    assert grading.clustered_interval([0.0, 0.0, 2.0, 2.0], ["a", "a", "b", "b"]) == (0, 2)
    assert grading.clustered_interval([1.0, 2.0, 3.0], ["a", "a", "a"]) is None


def test_clustered_interval_is_seeded_and_weighs_nights_by_their_rows() -> None:
    draw = np.random.default_rng(5)
    nights = np.repeat(np.arange(80), draw.integers(1, 12, 80))
    values = draw.normal(0.3, 1.0, nights.size) + draw.normal(0, 0.8, 80)[nights]
    found = grading.clustered_interval(values, nights)
    assert found is not None
    low, high = found
    assert low < values.mean() < high
    shuffled = draw.permutation(nights.size)
    assert grading.clustered_interval(values[shuffled], nights[shuffled]) == pytest.approx(found)
    # Rows taken for independent would look more certain than they are.
    alone = grading.clustered_interval(values, np.arange(nights.size))
    assert alone is not None
    assert high - low > 1.3 * (alone[1] - alone[0])


def test_clustered_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(11)
    nights = np.repeat(np.arange(40), 6)
    covered = 0
    for _ in range(200):
        values = draw.normal(0, 1, nights.size) + draw.normal(0, 1, 40)[nights]
        low, high = grading.clustered_interval(values, nights, resamples=300) or (np.nan, np.nan)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.99


@pytest.mark.parametrize(("values", "clusters"), [([], []), ([1.0, np.nan], [1, 2]), ([1.0, 2.0], [1])])
def test_clustered_interval_refuses_what_has_no_mean(values: list[float], clusters: list[int]) -> None:
    with pytest.raises(BadInput):
        grading.clustered_interval(values, clusters)
