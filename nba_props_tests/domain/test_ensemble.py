"""The ensemble: who it calls, what each weighs, and what it says of those that did not answer."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nba_props.domain.calibration import (
    DEFAULT_ANCHOR,
    FILE,
    KIND,
    UNPROVEN,
    Calibration,
    SystemCalibration,
)
from nba_props.domain.distributions import POWER_NORMAL_V1, Spread
from nba_props.domain.models import Learned, Shelf, sealed
from nba_props.domain.systems.base import Projections, Refusal, Slate
from nba_props.domain.systems.ensemble_v1 import SPREAD_OF_NO_AGREEMENT, VERSION, Ensemble, weights_of

NAN = float("nan")
BEFORE, DAY = date(2023, 12, 20), date(2024, 1, 10)
PLAIN = Spread("plain", 0.0, 1.0, POWER_NORMAL_V1.log_scale, POWER_NORMAL_V1.scale_slope)


class Says:
    """A member that says these numbers, whatever the slate."""

    def __init__(self, system_id: str, *means: float) -> None:
        self.system_id = system_id
        self.means = np.array(means)  # whole numbers included: they must not be rounded on the way

    def project(self, slate: Slate) -> Projections:
        refusal = np.where(np.isnan(self.means), Refusal.NO_RECENT_GAMES.value, "")
        return Projections(self.means, refusal, np.full(len(self.means), self.system_id), {})


class Raises:
    system_id = "broken"

    def project(self, slate: Slate) -> Projections:
        raise ZeroDivisionError("nothing to divide by")


def slate(*days: date) -> Slate:
    players = pd.DataFrame({"game_date": list(days), "data_quality_tier": ["gold"] * len(days)})
    return Slate(players, pd.DataFrame(), pd.DataFrame())


def shelf(spread: Spread = PLAIN, **weights: float) -> Shelf:
    """A calibration for January with these weights."""
    systems = {name: SystemCalibration(spread, DEFAULT_ANCHOR, UNPROVEN, 900) for name in weights}
    learned = Learned({FILE: Calibration("", systems, weights).to_json()}, (), {}, {}, "", 900, date(2023, 10, 1))
    return Shelf({KIND: [sealed(KIND, date(2024, 1, 1), learned, "commit")]})


def asked(members: list[Any], models: Shelf | None = None, day: date = DAY) -> Projections:
    count = max(len(one.means) for one in members if isinstance(one, Says))
    return Ensemble(members, models or Shelf()).project(slate(*[day] * count))


def means_around(spread: Spread, *points: float) -> list[float]:
    return [float(value) for value in spread.around(list(points)).moments()[0]]


# -- without anything learned ------------------------------------------------------------------------------------------


def test_weights_are_equal_and_renormalised_over_those_who_answer() -> None:
    found = asked([Says("a", 10, 10, 10), Says("b", 20, NAN, 20), Says("c", 30, 30, NAN)])
    assert found.mean == pytest.approx([20, 20, 15])
    assert found.model_version.tolist() == [VERSION] * 3
    assert list(found.components["contributing_systems"]) == ["a,b,c", "a,c", "a,b"]
    assert list(found.components["missing_systems"]) == [None, "b", "c"]


def test_fewer_than_two_answers_are_refused() -> None:
    found = asked([Says("a", 10, NAN, 10), Says("b", NAN, NAN, 12)])
    assert found.refusal.tolist() == [Refusal.TOO_FEW_SYSTEMS, Refusal.TOO_FEW_SYSTEMS, ""]
    assert np.isnan(found.mean).tolist() == [True, True, False]


def test_a_member_that_raises_is_missing_and_stops_nobody() -> None:
    found = asked([Says("a", 10, NAN), Raises(), Says("b", 20, 20), Says("c", 30, 30)])
    assert found.mean == pytest.approx([20, 25])
    assert list(found.components["missing_systems"]) == ["broken", "a,broken"]
    assert list(found.components["contributing_systems"]) == ["a,b,c", "b,c"]


def test_a_member_whose_answer_cannot_be_used_is_missing_and_stops_nobody() -> None:
    found = asked([Says("short", 10), Says("a", 10, 10), Says("b", 20, 20)])
    assert found.mean == pytest.approx([15, 15])
    assert list(found.components["missing_systems"]) == ["short", "short"]


@pytest.mark.parametrize("models", [Shelf(), shelf(a=0.5, b=0.3, c=0.2)])
def test_infinity_is_no_answer(models: Shelf) -> None:
    found = asked([Says("a", 10.0), Says("b", np.inf), Says("c", 10.0)], models)
    assert found.refusal.tolist() == [""]
    assert 9.5 < found.mean[0] < 11
    assert list(found.components["missing_systems"]) == ["b"]


def test_if_everybody_is_broken_everything_is_refused() -> None:
    found = Ensemble([Raises()], Shelf()).project(slate(DAY, DAY))
    assert found.refusal.tolist() == [Refusal.TOO_FEW_SYSTEMS] * 2
    assert list(found.components["missing_systems"]) == ["broken"] * 2


def test_agreement_and_variance_are_of_those_who_answer() -> None:
    half = SPREAD_OF_NO_AGREEMENT / 2
    found = asked([Says("a", 20, 20, 20, 20), Says("b", 20, 20 + half, 40, NAN), Says("c", 20, 20, 20, 20)])
    assert found.components["system_agreement_score"] == pytest.approx([1, 0.5, 0, 1])
    three = np.array([20, 20 + half, 20])
    assert found.components["prediction_variance"][:2] == pytest.approx([0, three.var()])


def test_low_quality_rows_are_refused_like_everywhere() -> None:
    one = slate(DAY)
    one.players["data_quality_tier"] = "critical"
    found = Ensemble([Says("a", 10), Says("b", 12)], Shelf()).project(one)
    assert found.refusal.tolist() == [Refusal.LOW_QUALITY_FEATURES]


# -- with learned weights ----------------------------------------------------------------------------------------------


def test_learned_weights_combine_calibrated_means() -> None:
    models = shelf(a=0.7, b=0.3)
    found = asked([Says("a", 10, 10, NAN), Says("b", 20, NAN, 20)], models)
    low, high = means_around(PLAIN, 10, 20)
    assert found.mean[0] == pytest.approx(0.7 * low + 0.3 * high)
    assert found.refusal.tolist()[1:] == [Refusal.TOO_FEW_SYSTEMS] * 2
    version = models.of_kind(KIND)[0].manifest.model_version
    assert found.model_version.tolist() == [f"{VERSION}+{version}"] * 3


def test_a_members_own_spread_corrects_it() -> None:
    flat = Spread("flat", 3.0, 0.5, 0.6, 0.0)
    found = asked([Says("a", 10), Says("b", 20)], shelf(flat, a=0.5, b=0.5))
    assert found.mean[0] == pytest.approx(np.mean(means_around(flat, 10, 20)))


def test_weights_are_of_the_month_that_serves_the_date() -> None:
    models = shelf(a=1.0, b=0.0)
    found = Ensemble([Says("a", 10, 10), Says("b", 20, 20)], models).project(slate(BEFORE, DAY))
    assert found.mean == pytest.approx([15, means_around(PLAIN, 10)[0]])
    assert found.model_version[0] == VERSION
    assert found.model_version[1] != VERSION


def test_only_members_with_weight_contribute() -> None:
    found = asked([Says("a", 10), Says("b", 20), Says("new", 90)], shelf(a=0.6, b=0.4))
    assert list(found.components["contributing_systems"]) == ["a,b"]
    assert list(found.components["missing_systems"]) == [None]
    low, high = means_around(PLAIN, 10, 20)
    assert found.mean[0] == pytest.approx(0.6 * low + 0.4 * high)


def test_where_all_that_have_weight_refuse_the_others_contribute_and_are_named() -> None:
    found = asked([Says("a", NAN), Says("b", 10), Says("c", 20)], shelf(a=1.0, b=0.0, c=0.0))
    assert found.mean[0] == pytest.approx(np.mean(means_around(PLAIN, 10, 20)))
    assert list(found.components["contributing_systems"]) == ["b,c"]
    assert list(found.components["missing_systems"]) == ["a"]


def test_weights_of_members_nothing_was_learned_of() -> None:
    calibration = Calibration("v", {}, {"a": 0.6, "b": 0.4})
    assert weights_of(None, ["a", "b"]).tolist() == [1, 1]
    assert weights_of(calibration, ["b", "new"]).tolist() == [0.4, 0]
    assert weights_of(calibration, ["new", "newer"]).tolist() == [1, 1]
