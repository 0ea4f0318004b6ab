"""The tripwire: whoever is closer than an oracle told tonight's minutes has been told tonight's game."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nba_props.errors import IntegrityFailure
from nba_props.evaluation import Evaluation, leak_error
from nba_props.evaluation.baselines import oracle_points
from nba_props_tests.evaluation.kit import NO_LINE, assembled, form, grade, table_of


def evaluated(knowledge: float, rows: int = 400, *, anchored: bool = False, **changes: Any) -> Evaluation:
    """Points are 0.7 a minute and chance; the system is `knowledge` of the actual points, the rest the usual 20."""
    draw = np.random.default_rng(4)
    grades, forms = [], []
    for place in range(rows):
        played = float(draw.uniform(20, 38))
        points = int(max(0, round(0.7 * played + draw.normal(0, 4))))
        near = round(knowledge * points + (1 - knowledge) * 20)
        own = {"anchored_median": near} if anchored else {}
        median = 20.0 if anchored else near
        made = grade(place % 2, str(place), "ensemble_v1", median, points, actual_minutes=played, **own)
        grades.append(made | {"predicted_points": float(median)} | changes)
        forms.append(form(place % 2, str(place), 20.0, points_ewm_40=21.0, minutes_ewm_40=30.0))
    return assembled(grades, forms)


def test_an_honest_system_does_not_trip() -> None:
    evaluation = evaluated(knowledge=0.0)
    assert evaluation.leaks == ()
    oracle = table_of(evaluation, "with_line").oracle
    assert oracle is not None
    assert oracle.rows == 400
    assert oracle.mae < min(score.mae for score in table_of(evaluation, "with_line").scores)
    assert "| (told tonight's minutes) | 400 |" in evaluation.to_markdown()
    assert "LEAK" not in evaluation.to_markdown()


def test_a_planted_leak_trips_in_every_table() -> None:
    evaluation = evaluated(knowledge=0.8, prediction_made_before_game=False)
    assert [(leak.table, leak.contender, leak.rows) for leak in evaluation.leaks] == [
        ("with_line", "ensemble_v1", 400),
        ("all", "ensemble_v1", 400),
    ]
    assert all(leak.mae < leak.oracle_mae for leak in evaluation.leaks)
    assert "**LEAK: ensemble_v1" in evaluation.to_markdown()


def test_live_rows_are_watched_too() -> None:
    assert {leak.table for leak in evaluated(knowledge=0.8).leaks} == {"with_line", "with_line_live", "all", "all_live"}


def test_an_anchored_number_trips_too() -> None:
    evaluation = evaluated(knowledge=0.8, anchored=True, prediction_made_before_game=False)
    assert [(leak.table, leak.contender) for leak in evaluation.leaks] == [("with_line", "ensemble_v1+market")]


def test_rows_without_a_line_are_watched() -> None:
    evaluation = evaluated(knowledge=0.8, prediction_made_before_game=False, **NO_LINE)
    assert [leak.table for leak in evaluation.leaks] == ["all"]


def test_on_few_rows_luck_is_no_leak() -> None:
    assert evaluated(knowledge=0.8, rows=199).leaks == ()
    assert evaluated(knowledge=0.8, rows=200).leaks != ()


def test_the_refusal_names_the_system_both_errors_and_the_next_step() -> None:
    leaks = evaluated(knowledge=0.8, prediction_made_before_game=False).leaks
    error = leak_error(leaks)
    assert isinstance(error, IntegrityFailure)
    for part in ("ensemble_v1", f"{leaks[0].mae:.3f}", f"{leaks[0].oracle_mae:.3f}", "400 rows (with_line)"):
        assert part in error.message
    assert "nba-props explain DATE PLAYER --system ensemble_v1" in error.next_step


def test_the_oracle_by_hand() -> None:
    key = pd.MultiIndex.from_tuples([(date(2024, 3, 15), "g", player) for player in "abc"])
    known = pd.DataFrame({"points_ewm_40": [20.0, 10.0, np.nan], "minutes_ewm_40": [30.0, 0.0, np.nan]}, index=key)
    told = oracle_points(known, pd.Series([36.0, 20.0, 20.0], index=key))
    assert told.to_numpy() == pytest.approx([24.0, np.nan, np.nan], nan_ok=True)
