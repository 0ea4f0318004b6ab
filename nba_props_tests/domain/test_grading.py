"""Settling one row, and settling a frame the same way."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.domain import grading
from nba_props.domain.distributions import POWER_NORMAL_V1
from nba_props.domain.grading import Grade, Participation, Recommendation, Result, grade, grade_frame
from nba_props.domain.scoring import crps, pit
from nba_props.errors import BadInput, SchemaMismatch

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


OWN, ANCHORED = POWER_NORMAL_V1.around(19.5), POWER_NORMAL_V1.around(18.5)


def predictions_of(rows: list[tuple[str, float | None, float | None, str]]) -> pd.DataFrame:
    """A mean of 20, a median of 19, anchored 18, +150 for the over and -125 for the under; it closed half a point higher."""
    frame = frame_of(rows)
    return frame.assign(
        predicted_points=20.0,
        predicted_median=19.0,
        distribution_location=OWN.location,
        distribution_scale=OWN.scale,
        anchored_median=np.where(frame["current_points_line"].isna(), np.nan, 18.0),
        anchored_location=np.where(frame["current_points_line"].isna(), np.nan, ANCHORED.location),
        anchored_scale=np.where(frame["current_points_line"].isna(), np.nan, ANCHORED.scale),
        over_price_american=150.0,
        under_price_american=-125.0,
        actual_minutes=30.0,
        closing_line=frame["current_points_line"] + 0.5,
    )


ACCURACY = ["result", "actual_points", "signed_error", "absolute_error", "line_absolute_error", "profit_units"]
ACCURACY += ["anchored_absolute_error", "closing_line_value"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("OVER", 18.5, 22, "played"), ["correct", 22, -2, 3, 3.5, 1.5, 4, 0.5]),
        (("UNDER", 18.5, 22, "played"), ["incorrect", 22, -2, 3, 3.5, -1, 4, -0.5]),
        (("UNDER", 18.5, 13, "played"), ["correct", 13, 7, 6, 5.5, 0.8, 5, -0.5]),
        (("OVER", 18.0, 18, "played"), ["push", 18, 2, 1, 0, 0, 0, 0.5]),
        (("PASS", 18.5, 0, "played"), ["pass", 0, 20, 19, 18.5, None, 18, None]),
        (("PASS", None, 24, "played"), ["pass", 24, -4, 5, None, None, None, None]),
        (("OVER", 18.5, 0, "dnp_injury"), ["void", None, None, None, None, None, None, None]),
    ],
)
def test_errors_and_profit_of_a_row(row: tuple[str, float | None, float, str], expected: list[Any]) -> None:
    graded = grading.accuracy_frame(predictions_of([row])).iloc[0]
    assert [None if pd.isna(graded[column]) else graded[column] for column in ACCURACY] == pytest.approx(expected)
    within = [None if expected[3] is None else expected[3] <= limit for limit in (3, 5)]
    assert [None if pd.isna(v) else bool(v) for v in graded[["is_within_3", "is_within_5"]]] == within


def test_the_distributions_of_a_row_are_scored_where_there_is_an_outcome() -> None:
    rows = [("OVER", 18.5, 22.0, "played"), ("PASS", None, 0.0, "played"), ("OVER", 18.5, 0.0, "dnp_injury")]
    graded = grading.accuracy_frame(predictions_of(rows))
    scores = graded[["crps", "anchored_crps", "pit_low", "pit_high", "actual_minutes"]].to_numpy()
    of_22 = [float(score) for score in (crps(OWN, 22), crps(ANCHORED, 22), *pit(OWN, 22))]
    assert scores[0] == pytest.approx([*of_22, 30])
    assert scores[1] == pytest.approx([float(crps(OWN, 0)), np.nan, 0, float(OWN.cdf(0)), 30], nan_ok=True)
    assert np.isnan(scores[2]).all()


@given(st.lists(ROWS, max_size=30))
@settings(deadline=None)
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
    for column in ("actual_points", "signed_error", "absolute_error", "is_within_3", "is_within_5", "crps", "pit_low"):
        assert (accuracy[column].isna() == is_void).all()


def test_a_bet_without_a_price_has_no_profit() -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played"), ("OVER", 18.0, 18, "played"), ("UNDER", 18.5, 22, "played")])
    assert grading.accuracy_frame(rows.assign(over_price_american=np.nan))["profit_units"].tolist() == pytest.approx(
        [np.nan, np.nan, -1], nan_ok=True
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "column", ["predicted_points", "predicted_median", "distribution_location", "distribution_scale"]
)
def test_a_prediction_that_is_no_number_is_refused_by_row(column: str, wrong: float) -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played"), ("OVER", 18.5, None, "dnp_other")])
    rows.loc[101, column] = wrong
    with pytest.raises(BadInput, match=f"{column} .* of row 101 is no finite number"):
        grading.accuracy_frame(rows)


def test_accuracy_refuses_an_impossible_price_a_scale_of_nothing_and_a_missing_column() -> None:
    rows = predictions_of([("OVER", 18.5, 22, "played")])
    with pytest.raises(BadInput, match=r"distribution_scale 0\.0 of row 100 is no scale"):
        grading.accuracy_frame(rows.assign(distribution_scale=0.0))
    with pytest.raises(BadInput, match="no American price"):
        grading.accuracy_frame(rows.assign(over_price_american=50.0))
    with pytest.raises(SchemaMismatch, match="predicted_median"):
        grading.accuracy_frame(rows.drop(columns="predicted_median"))


# --- money ------------------------------------------------------------------------------------------------------------


def test_profit_returns_pushes_and_leaves_out_what_was_no_bet() -> None:
    results = ["correct", "incorrect", "push", "void", "pass"]
    prices = [150, -110, -110, np.nan, -110]
    assert grading.profit_units(results, prices) == pytest.approx([1.5, -1, 0, np.nan, np.nan], nan_ok=True)


def test_minus_110_breaks_even_at_the_known_hit_rate() -> None:
    results = pd.Series([Result.CORRECT] * 11 + [Result.INCORRECT] * 10)
    assert grading.profit_units(results, [-110] * 21).sum() == pytest.approx(0)


@pytest.mark.parametrize(("results", "prices"), [(["correct"], [50]), (["correct"], [-110, -110])])
def test_profit_refuses_an_impossible_price_and_other_rows(results: list[str], prices: list[float]) -> None:
    with pytest.raises(BadInput):
        grading.profit_units(results, prices)


def test_the_price_taken_is_that_of_the_recommended_side() -> None:
    rows = pd.DataFrame(
        {
            "recommendation": ["OVER", "UNDER", "PASS"],
            "over_price_american": pd.array([150.0, 150.0, 150.0], dtype="Float64"),
            "under_price_american": pd.array([-125.0, -125.0, None], dtype="Float64"),
        }
    )
    assert grading.price_taken(rows) == pytest.approx([150, -125, np.nan], nan_ok=True)


def test_the_closing_line_favours_an_over_when_it_rises_and_an_under_when_it_falls() -> None:
    advice = ["OVER", "OVER", "UNDER", "UNDER", "UNDER", "PASS", "OVER", "OVER"]
    results = ["correct", "incorrect", "push", "correct", "correct", "pass", "void", "correct"]
    line = np.full(8, 20.5)
    closing = np.array([22.0, 19.5, 19.5, 21.5, 20.5, 22.0, 22.0, np.nan])
    value = grading.closing_line_value(advice, results, line, closing)
    assert value == pytest.approx([1.5, -1, 1, -1, 0, np.nan, np.nan, np.nan], nan_ok=True)
    assert not np.signbit(value[4])
