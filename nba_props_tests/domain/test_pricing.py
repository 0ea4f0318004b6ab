"""From one number to priced lines: the ladder, its probabilities, what is recommended, and what a bet is worth."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.domain.calibration import (
    DEFAULT_ANCHOR,
    DEFAULT_CALIBRATION,
    FILE,
    KIND,
    UNPROVEN,
    Anchor,
    Calibration,
    SystemCalibration,
    Value,
    market_location,
)
from nba_props.domain.distributions import POWER_NORMAL_V1, Spread
from nba_props.domain.models import Learned, Model, Shelf, sealed
from nba_props.domain.odds import NO_LINE_KEY, DevigMethod, devig, expected_value, kelly_fraction, ladder
from nba_props.domain.pricing import RECOMMENDATION_BAR, ladder_of, price
from nba_props.domain.systems.base import Projections, Refusal

NAN = float("nan")
BEFORE, DAY = date(2023, 12, 20), date(2024, 1, 10)
SYSTEM = "a_system"
PROVEN = Value(True, 2000, 0.01, 0.02, "proven")
OWN = SystemCalibration(
    Spread("own", 0.3, 0.95, 0.6, 0.05), Anchor(0.4, 0.3, 0.5, 0.02, 0.62, 0.04, 2000), UNPROVEN, 2000
)


def slate(*lines: float, day: date = DAY, over: float = -110, under: float = -110, **columns: Any) -> pd.DataFrame:
    """One player a line (NaN: without one), as much of him as pricing reads."""
    count = len(lines)
    frame = pd.DataFrame(
        {
            "game_date": [day] * count,
            "game_id": [f"002230000{number}" for number in range(count)],
            "universal_player_id": [f"nba_{number}" for number in range(count)],
            "features_hash": ["f"] * count,
            "current_points_line": np.array(lines, dtype=np.float64),
            "over_price_american": np.where(np.isnan(lines), NAN, over),
            "under_price_american": np.where(np.isnan(lines), NAN, under),
        }
    )
    return frame.assign(**columns)


def says(*means: float, version: str = "v1", **components: Any) -> Projections:
    refusal = np.where(np.isnan(means), Refusal.NO_RECENT_GAMES.value, "")
    return Projections(np.array(means, dtype=np.float64), refusal, np.full(len(means), version), components)


def model(month: date = date(2024, 1, 1), mine: SystemCalibration = OWN) -> Model:
    calibration = Calibration("", {SYSTEM: mine}, {SYSTEM: 1.0})
    return sealed(KIND, month, Learned({FILE: calibration.to_json()}, (), {}, {}, "", 900, date(2022, 1, 1)), "commit")


def shelf(*months: Model) -> Shelf:
    return Shelf({KIND: months})


def priced(
    players: pd.DataFrame,
    answer: Projections,
    models: Shelf | None = None,
    method: DevigMethod = DevigMethod.MULTIPLICATIVE,
) -> pd.DataFrame:
    return price(players, answer, SYSTEM, models or Shelf(), method)


def main(frame: pd.DataFrame) -> pd.Series:
    """The one main row."""
    rows = frame[frame["is_main_line"]]
    assert len(rows) == 1
    return rows.iloc[0]


LINES = st.integers(1, 90).map(lambda halves: halves / 2)
MEANS = st.floats(0.1, 60)
PRICES = st.integers(100, 400).map(float) | st.integers(-400, -100).map(float)
CALIBRATIONS = st.sampled_from([None, OWN, replace(OWN, value=PROVEN), replace(DEFAULT_CALIBRATION, rows=700)])


def models_of(mine: SystemCalibration | None) -> Shelf:
    return Shelf() if mine is None else shelf(model(mine=mine))


# -- the ladder --------------------------------------------------------------------------------------------------------


@given(LINES)
def test_rungs_are_those_of_the_ladder_and_the_main_line_is_one_of_them(line: float) -> None:
    rungs = ladder_of(np.array([line]), np.array([True]))
    assert rungs.line.tolist() == ladder(line)
    assert rungs.line[rungs.is_main].tolist() == [line]


def test_players_keep_their_own_rungs_and_those_without_a_line_have_one_row() -> None:
    frame = priced(slate(20.5, NAN, 1.5, 7.0), says(21, 9, 2, NAN))
    rows = [
        (row.universal_player_id, row.current_points_line, row.line_key, row.is_main_line)
        for row in frame.assign(
            universal_player_id=[f"nba_{at}" for at in frame["player_position"]],
            current_points_line=frame["current_points_line"].fillna(-1),
        ).itertuples()
    ]
    assert rows == [
        *[("nba_0", line, int(line * 10), line == 20.5) for line in (18.5, 19.5, 20.5, 21.5, 22.5)],
        ("nba_1", -1, NO_LINE_KEY, True),
        *[("nba_2", line, int(line * 10), line == 1.5) for line in (0.5, 1.5, 2.5, 3.5, 4.5)],
        ("nba_3", -1, NO_LINE_KEY, False),
    ]


@settings(max_examples=60)
@given(LINES, MEANS, PRICES, PRICES, CALIBRATIONS)
def test_probabilities_sum_to_one_and_fall_along_the_ladder(
    line: float, mean: float, over: float, under: float, mine: SystemCalibration | None
) -> None:
    frame = priced(slate(line, over=over, under=under), says(mean), models_of(mine))
    assert len(frame) == 5
    assert (frame["over_prob"] + frame["under_prob"] + frame["push_prob"]).to_numpy() == pytest.approx(1)
    assert frame[["over_prob", "under_prob", "push_prob"]].to_numpy().min() >= 0
    for name in ("over_prob", "independent_over_prob"):
        assert np.all(np.diff(frame[name]) <= 1e-12)
    assert np.all(np.diff(frame["under_prob"]) >= -1e-12)
    assert frame[
        ["predicted_points", "anchored_points", "distribution_location", "prediction_id"]
    ].nunique().tolist() == [
        1,
        1,
        1,
        5,
    ]
    assert frame["confidence_score"].between(0.5 - 1e-12, 1 + 1e-12).all()


# -- what is recommended -----------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(LINES, MEANS, PRICES, PRICES, CALIBRATIONS)
def test_a_recommendation_contradicts_neither_number_nor_its_own_probability(
    line: float, mean: float, over: float, under: float, mine: SystemCalibration | None
) -> None:
    frame = priced(slate(line, over=over, under=under), says(mean), models_of(mine))
    for row in frame.itertuples():
        over_prob = row.over_prob / (row.over_prob + row.under_prob)
        market = row.market_over_prob if row.is_main_line else NAN
        if row.recommendation == "OVER":
            assert not over_prob <= market
            assert min(row.predicted_points, row.anchored_points) > row.current_points_line
            assert over_prob >= RECOMMENDATION_BAR
            assert row.line_margin > 0
        elif row.recommendation == "UNDER":
            assert not over_prob >= market
            assert max(row.predicted_points, row.anchored_points) < row.current_points_line
            assert 1 - over_prob >= RECOMMENDATION_BAR
            assert row.line_margin < 0
        else:
            assert row.recommendation == "PASS"
            is_clear = abs(over_prob - 0.5) >= RECOMMENDATION_BAR - 0.5
            numbers = (row.predicted_points, row.anchored_points)
            sides = {number > row.current_points_line for number in numbers}
            has_edge = not (over_prob <= market if over_prob > 0.5 else over_prob >= market)
            is_agreed = sides == {over_prob > 0.5} and row.current_points_line not in numbers
            assert not (is_clear and has_edge and is_agreed)


def test_a_number_far_from_the_line_is_a_pick_and_one_at_it_a_pass() -> None:
    frame = priced(slate(20.5, 20.5, 20.5), says(30, 20.5, 12))
    assert frame[frame["is_main_line"]]["recommendation"].tolist() == ["OVER", "PASS", "UNDER"]


# -- the two numbers ---------------------------------------------------------------------------------------------------


def test_the_independent_number_knows_nothing_of_the_line() -> None:
    columns = ["predicted_points", "predicted_median", "interval_80_low", "interval_80_high", "fair_line"]
    frames = [priced(slate(line), says(18.0), shelf(model())).iloc[0] for line in (9.5, 25.5, NAN)]
    assert frames[0][columns].tolist() == frames[1][columns].tolist() == frames[2][columns].tolist()
    wanted = OWN.spread.around([18.0])
    assert frames[0]["predicted_points"] == pytest.approx(float(wanted.moments()[0][0]))
    assert frames[0]["raw_points"] == 18.0


def test_the_anchored_number_is_the_anchors() -> None:
    row = main(priced(slate(25.5, over=-130, under=110), says(18.0), shelf(model())))
    prob = devig(np.array([-130.0]), np.array([110.0]), DevigMethod.MULTIPLICATIVE)
    wanted = OWN.anchor.between(OWN.spread.location([18.0]), market_location(np.array([25.5]), prob))
    assert row["anchored_location"] == pytest.approx(float(wanted.location[0]))
    assert row["anchored_scale"] == pytest.approx(float(wanted.scale[0]))
    assert row["anchored_points"] == pytest.approx(float(wanted.moments()[0][0]))
    assert row["over_prob"] == pytest.approx(float(wanted.prob_over(25.5)[0]))
    assert (row["anchor_weight"], row["anchor_weight_low"], row["anchor_weight_high"]) == (0.4, 0.3, 0.5)
    assert row["predicted_points"] < row["anchored_points"] < 25.5


def test_without_a_line_there_is_no_anchored_number_and_nothing_to_recommend() -> None:
    row = main(priced(slate(NAN), says(18.0), shelf(model(mine=replace(OWN, value=PROVEN)))))
    for name in (
        "anchored_points",
        "anchored_median",
        "anchored_location",
        "anchor_weight",
        "over_prob",
        "confidence_score",
        "market_over_prob",
        "edge",
        "expected_value",
        "kelly_fraction",
        "line_margin",
    ):
        assert np.isnan(float(row[name])), name
    assert row["predicted_points"] > 0
    assert row["recommendation"] == "PASS"
    assert row["calibration_method"] == "power_normal"
    assert (bool(row["has_prop_line"]), row["line_key"]) == (False, NO_LINE_KEY)


def test_a_line_without_two_prices_anchors_and_has_no_market_probability() -> None:
    row = main(
        priced(slate(25.5, under_price_american=[NAN]), says(30.0), shelf(model(mine=replace(OWN, value=PROVEN))))
    )
    assert row["anchored_points"] > 0
    assert row["recommendation"] == "OVER"
    assert np.isnan(row["market_over_prob"])
    assert np.isnan(row["edge"])
    assert row["devig_method"] is None
    assert row["expected_value"] == pytest.approx(float(expected_value(row["over_prob"], -110.0)))


def test_refused_rows_have_no_number() -> None:
    answer = replace(says(18.0, 18.0, np.inf, NAN), refusal=np.array(["no_model", "", "", ""]))
    frame = priced(slate(20.5, 20.5, 20.5, 20.5), answer, shelf(model(mine=replace(OWN, value=PROVEN))))
    refused = frame[frame["prediction_error_code"].notna()]
    assert refused["prediction_error_code"].tolist() == ["no_model", "not_a_number", "not_a_number"]
    assert refused["player_position"].tolist() == [0, 2, 3]
    assert refused["line_key"].tolist() == [NO_LINE_KEY] * 3
    numbers = [name for name in frame.select_dtypes("float") if name != "line_x10"]
    assert len(numbers) > 20
    assert refused[numbers].isna().all(axis=None)
    assert set(refused["recommendation"]) == {"PASS"}
    assert not refused["is_main_line"].any()
    assert frame[frame["player_position"] == 1]["prediction_error_code"].isna().all()


def test_components_are_repeated_on_every_rung() -> None:
    answer = says(18.0, 9.0, baseline_points=np.array([17.0, 8.0]), model_id=np.array(["m", None], dtype=object))
    frame = priced(slate(20.5, NAN), answer)
    assert frame["baseline_points"].tolist() == [17.0] * 5 + [8.0]
    assert frame["model_id"].tolist() == ["m"] * 5 + [None]


# -- value -------------------------------------------------------------------------------------------------------------


def test_nothing_is_valued_until_value_is_proven() -> None:
    for models in (Shelf(), shelf(model())):
        frame = priced(slate(20.5), says(30.0), models)
        assert frame[["expected_value", "kelly_fraction"]].isna().all(axis=None)
        assert main(frame)["edge"] > 0
        assert not frame["is_value_proven"].any()


@pytest.mark.parametrize(("mean", "side", "american"), [(30.0, "over", -120.0), (12.0, "under", 105.0)])
@pytest.mark.parametrize("line", [20.5, 20.0])
def test_proven_values_are_those_of_the_arithmetic(mean: float, side: str, american: float, line: float) -> None:
    models = shelf(model(mine=replace(OWN, value=PROVEN)))
    row = main(priced(slate(line, over=-120, under=105), says(mean), models))
    assert row["recommendation"] == side.upper()
    win, push = row[f"{side}_prob"], row["push_prob"]
    assert (push > 0) == (line == 20.0)
    profit = 100 / 120 if american < 0 else 1.05
    assert row["expected_value"] == pytest.approx(win * profit - (1 - win - push))
    assert row["kelly_fraction"] == pytest.approx((win * profit - (1 - win - push)) / (profit * (1 - push)))
    assert row["kelly_fraction"] == pytest.approx(float(kelly_fraction(win, american, push)))
    implied_over, implied_under = 120 / 220, 100 / 205
    market = implied_over / (implied_over + implied_under)
    assert row["market_over_prob"] == pytest.approx(market)
    own = row["over_prob"] / (row["over_prob"] + row["under_prob"])
    assert row["edge"] == pytest.approx(own - market if side == "over" else market - own)


def test_a_pass_has_no_edge_and_no_value() -> None:
    row = main(priced(slate(20.5), says(20.8), shelf(model(mine=replace(OWN, value=PROVEN)))))
    assert row["recommendation"] == "PASS"
    assert np.isnan([row["edge"], row["expected_value"], row["kelly_fraction"]]).all()
    assert row["market_over_prob"] == pytest.approx(0.5)


def test_only_the_main_line_has_what_a_book_was_asked_for() -> None:
    frame = priced(slate(20.5, over=-130, under=110), says(30.0), shelf(model(mine=replace(OWN, value=PROVEN))))
    others = frame[~frame["is_main_line"]]
    assert set(others["recommendation"]) == {"OVER"}
    assert others[["market_over_prob", "edge", "expected_value", "kelly_fraction"]].isna().all(axis=None)
    assert others["devig_method"].isna().all()
    assert main(frame)["devig_method"] == "multiplicative"
    assert main(frame)[["market_over_prob", "edge", "expected_value", "kelly_fraction"]].notna().all()


@pytest.mark.parametrize("method", list(DevigMethod))
def test_the_vig_is_taken_off_as_asked(method: DevigMethod) -> None:
    row = main(priced(slate(20.5, over=-250, under=190), says(30.0), method=method))
    assert row["market_over_prob"] == pytest.approx(float(devig(-250.0, 190.0, method)))
    assert row["devig_method"] == method


# -- which month's calibration -----------------------------------------------------------------------------------------


def test_each_date_is_priced_with_the_calibration_of_its_month() -> None:
    december = model(date(2023, 12, 1), replace(OWN, spread=Spread("older", 1.0, 0.8, 0.5, 0.0)))
    january = model(date(2024, 1, 1))
    players = slate(20.5, 20.5, 20.5).assign(game_date=[DAY, BEFORE, date(2023, 11, 15)])
    frame = priced(players, says(18.0, 18.0, 18.0), shelf(december, january))
    rows = frame[frame["is_main_line"]]
    versions = [january.manifest.model_version, december.manifest.model_version]
    assert rows["calibration_id"].tolist() == [*versions, None]
    assert rows["distribution_version"].tolist() == [
        *(f"power_normal/{one}" for one in versions),
        POWER_NORMAL_V1.version,
    ]
    assert rows["calibration_method"].tolist() == ["power_normal+market_anchor"] * 2 + [None]
    locations = [float(OWN.spread.location(18.0)), 1.0 + 0.8 * 19**0.7, float(POWER_NORMAL_V1.location(18.0))]
    assert rows["distribution_location"].tolist() == pytest.approx(locations)
    assert rows["calibrated_confidence_score"].isna().tolist() == [False, False, True]
    assert rows["anchor_weight"].tolist() == pytest.approx([0.4, 0.4, DEFAULT_ANCHOR.weight])
    alone = [priced(players.iloc[[at]].reset_index(drop=True), says(18.0), shelf(december, january)) for at in range(3)]
    together = pd.concat(alone)["prediction_id"].tolist()
    assert frame["prediction_id"].tolist() == together  # a range and its single days agree


def test_a_system_of_which_nothing_was_learned_keeps_the_defaults_and_says_so() -> None:
    frame = price(slate(20.5), says(18.0), "another_system", shelf(model()))
    row = main(frame)
    assert row["calibration_id"] is None
    assert row["distribution_version"] == POWER_NORMAL_V1.version
    assert row["anchor_weight"] == DEFAULT_ANCHOR.weight


# -- identity ----------------------------------------------------------------------------------------------------------


def ids(players: pd.DataFrame, answer: Projections, models: Shelf | None = None) -> list[str]:
    return priced(players, answer, models)["prediction_id"].tolist()


def test_equal_content_has_equal_ids_whatever_is_beside_it() -> None:
    one = ids(slate(20.5), says(18.0), shelf(model()))
    assert len(set(one)) == 5
    assert ids(slate(20.5), says(18.0), shelf(model())) == one
    assert ids(slate(20.5, 11.5), says(18.0, 12.0), shelf(model()))[:5] == one
    told = says(18.0, baseline_points=np.array([3.0]))
    assert ids(slate(20.5), told, shelf(model())) == one  # a remark is no content
    assert ids(slate(20.5, player_name="A. Name"), says(18.0), shelf(model())) == one


@pytest.mark.parametrize(
    "other",
    [
        {"players": slate(21.5)},
        {"players": slate(NAN)},
        {"players": slate(20.5, over=-115)},
        {"players": slate(20.5, over=-115, under=-115)},  # the same probability, another price to bet at
        {"players": slate(20.5, under_price_american=[NAN])},
        {"players": slate(20.5, features_hash="g")},
        {"players": slate(20.5, game_id="another")},
        {"players": slate(20.5, universal_player_id="nba_9")},
        {"answer": says(18.01)},
        {"answer": says(18.0, version="v2")},
        {"answer": says(NAN)},
        {"models": Shelf()},
        {"models": shelf(model(mine=replace(OWN, anchor=replace(OWN.anchor, weight=0.41))))},
        {"models": shelf(model(mine=replace(OWN, value=PROVEN)))},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_content_has_other_ids(other: dict[str, Any]) -> None:
    given = {"players": slate(20.5), "answer": says(18.0), "models": shelf(model())}
    assert not set(ids(**given)) & set(ids(**(given | other)))


def test_the_devig_method_is_content() -> None:
    players = slate(20.5, over=-250, under=190)
    found = [set(priced(players, says(18.0), method=method)["prediction_id"]) for method in DevigMethod]
    assert len(set.union(*found)) == 5 * len(DevigMethod)


def test_systems_never_share_an_id() -> None:
    one, other = (set(price(slate(20.5), says(18.0), name, Shelf())["prediction_id"]) for name in ("a", "b"))
    assert not one & other
