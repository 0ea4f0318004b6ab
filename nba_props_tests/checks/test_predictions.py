"""The rows in force: one ladder a player and system, with numbers, from before tip, on real games and real lines."""

from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.platform import Platform
from nba_props_tests.checks.rows import BAD, DAYS, assert_all_pass, ladder, put, the_failure, tip_at

TABLE = "nba_predictions.player_prop_predictions"
RULES = (
    "single_active",
    "no_active_without_number",
    "predicted_before_tip",
    "two_game_ids",
    "line_concentration",
    "recommendation_skew",
)


def predicted(platform: Platform, bad: list[dict[str, Any]]) -> None:
    put(platform, TABLE, [*ladder(DAYS[0]), *bad, *ladder(DAYS[2])])


def without_line(day: date, **values: Any) -> dict[str, Any]:
    nothing = {"line_x10": None, "current_points_line": None, "line_snapshot_at": None}
    only = {"line_key": -1, "has_prop_line": False, "is_main_line": True, "recommendation": "PASS"}
    return ladder(day)[0] | nothing | only | values


def test_a_sound_slate_passes(platform: Platform) -> None:
    predicted(platform, [*ladder(BAD, "jaylenbrown"), without_line(BAD), *ladder(BAD, "jaylenbrown", "moving_average")])
    for rule in RULES:
        assert_all_pass(platform, rule)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            [*ladder(BAD)[:3], *ladder(BAD, batch_id="batch_b")[3:]],
            "rows of several batches active: 1, e.g. jaysontatum ensemble_v1",
        ),
        (
            [*ladder(BAD)[1:], ladder(BAD, prediction_id="again")[1]],
            "a line active more than once: 1, e.g. jaysontatum ensemble_v1",
        ),
        (
            [*ladder(BAD), ladder(BAD, prediction_id="sixth", line_key=275, line_x10=275, is_main_line=False)[0]],
            "more than five rungs active: 1, e.g. jaysontatum ensemble_v1",
        ),
        (ladder(BAD, is_main_line=False), "not exactly one main line: 1, e.g. jaysontatum ensemble_v1"),
        (ladder(BAD, is_main_line=True), "not exactly one main line: 1, e.g. jaysontatum ensemble_v1"),
        (
            [*ladder(BAD, is_main_line=False)[:4], without_line(BAD)],
            "a row without a line active beside lines: 1, e.g. jaysontatum ensemble_v1",
        ),
    ],
)
def test_two_sets_in_force_are_found(platform: Platform, bad: list[dict[str, Any]], said: str) -> None:
    predicted(platform, bad)
    failure = the_failure(platform, "single_active")
    assert (failure.value, failure.detail) == (1.0, said)


def test_superseded_rows_are_nobodys_business(platform: Platform) -> None:
    old = ladder(BAD, is_active=False, batch_id="batch_old", predicted_points=None, created_at=tip_at(BAD))
    predicted(platform, [*ladder(BAD), *(row | {"prediction_made_before_game": False} for row in old)])
    for rule in RULES:
        assert_all_pass(platform, rule)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"predicted_points": None}, "no error code"),
        ({"prediction_error_code": "no_model"}, "no_model"),
    ],
)
def test_an_active_row_without_a_number_is_found(platform: Platform, fault: dict[str, Any], code: str) -> None:
    predicted(platform, [*ladder(BAD)[1:], ladder(BAD)[0] | fault])
    failure = the_failure(platform, "no_active_without_number")
    assert failure.value == 1.0
    assert failure.detail == f"1 active rows without a number, e.g. jaysontatum ensemble_v1 ({code})"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"created_at": tip_at(BAD)}, "live rows created at or after tip-off: 5"),
        (
            {"created_at": tip_at(BAD), "is_active": False},
            "rows said to be made before the game and created after tip-off: 5",
        ),
        (
            {
                "run_mode": "backfill",
                "as_of_at": tip_at(BAD) + timedelta(seconds=1),
                "prediction_made_before_game": False,
            },
            "knowledge from after tip-off: 5",
        ),
        (
            {"line_snapshot_at": tip_at(BAD) - timedelta(minutes=90)},
            "lines seen at or after the instant of knowledge: 5",
        ),
    ],
)
def test_anything_from_after_tip_is_found(platform: Platform, fault: dict[str, Any], said: str) -> None:
    predicted(platform, ladder(BAD, **fault))
    failure = the_failure(platform, "predicted_before_tip")
    assert failure.value == 5.0
    assert failure.detail == f"{said}, e.g. jaysontatum ensemble_v1"


def test_a_backfill_is_created_long_after_and_is_sound(platform: Platform) -> None:
    after = {
        "run_mode": "backfill",
        "created_at": tip_at(BAD) + timedelta(days=300),
        "prediction_made_before_game": False,
    }
    predicted(platform, ladder(BAD, **after))
    assert_all_pass(platform, "predicted_before_tip")


def test_an_unknown_tip_is_judged_by_what_is_known(platform: Platform) -> None:
    predicted(platform, ladder(BAD, tip_at=None))
    assert_all_pass(platform, "predicted_before_tip")


def test_a_game_id_of_another_space_is_found(platform: Platform) -> None:
    predicted(platform, ladder(BAD, game_id="20240314_BOS_LAL"))
    failure = the_failure(platform, "two_game_ids")
    assert failure.value == 1.0
    assert failure.detail == "1 predicted games are not in the schedule, e.g. 20240314_BOS_LAL"


def main_lines(day: date, lines_x10: list[int]) -> list[dict[str, Any]]:
    """Two systems' main rows of one player a line."""
    return [
        ladder(day, f"player{n:02d}", system, line_key=line, line_x10=line, current_points_line=line / 10)[2]
        for n, line in enumerate(lines_x10)
        for system in ("ensemble_v1", "moving_average")
    ]


def spread(count: int) -> list[int]:
    return [105 + 10 * n for n in range(count)]


@pytest.mark.parametrize(
    ("lines", "value", "said"),
    [
        ([145] * 9 + spread(11)[:4] + spread(11)[5:], 47.0, None),
        ([145] * 9 + spread(12), 48.0, "10 of 21 main lines are 14.5"),
        ([200] * 3 + spread(20), 13.0, "3 of 23 main lines are exactly 20.0"),
        ([200] * 2 + spread(5), 29.0, "2 of 7 main lines are exactly 20.0"),
    ],
)
def test_lines_that_pile_up_are_found(platform: Platform, lines: list[int], value: float, said: str | None) -> None:
    predicted(platform, main_lines(BAD, lines))
    if said is None:
        assert_all_pass(platform, "line_concentration")
    else:
        failure = the_failure(platform, "line_concentration")
        assert (failure.value, failure.detail) == (value, said)


@pytest.mark.parametrize("lines", [[145] * 12, [200, *spread(5)], [145] * 8 + spread(14)[:4] + spread(14)[5:]])
def test_small_slates_and_ordinary_ties_are_no_pile(platform: Platform, lines: list[int]) -> None:
    predicted(platform, main_lines(BAD, lines))
    assert_all_pass(platform, "line_concentration")


def bets(day: date, overs: int, unders: int) -> list[dict[str, Any]]:
    """Main rows with that many recommendations, each with an UNDER on the rung above, which does not count."""
    rows = []
    for n in range(overs + unders):
        rungs = ladder(day, f"player{n:02d}")
        rows += [
            rungs[2] | {"recommendation": "OVER" if n < overs else "UNDER"},
            rungs[3] | {"recommendation": "UNDER"},
        ]
    return rows


@pytest.mark.parametrize(("overs", "unders"), [(34, 6), (6, 34), (0, 29), (20, 20)])
def test_a_mixed_or_small_set_of_bets_passes(platform: Platform, overs: int, unders: int) -> None:
    predicted(platform, bets(BAD, overs, unders))
    assert_all_pass(platform, "recommendation_skew")


@pytest.mark.parametrize(
    ("overs", "unders", "said"),
    [(4, 36, "36 of 40 main-line bets are UNDER"), (30, 0, "30 of 30 main-line bets are OVER")],
)
def test_a_system_that_says_the_same_every_time_is_found(
    platform: Platform, overs: int, unders: int, said: str
) -> None:
    predicted(platform, bets(BAD, overs, unders))
    failure = the_failure(platform, "recommendation_skew")
    assert (failure.value, failure.detail) == (100.0 * max(overs, unders) / (overs + unders), f"ensemble_v1: {said}")
