"""The rows in force: one ladder a player and system, with numbers, from before tip, on real games and real lines."""

from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.checks import Outcome
from nba_props.platform import Platform
from nba_props_tests.checks.rows import (
    BAD,
    DAYS,
    assert_all_pass,
    check_named,
    findings,
    judge,
    ladder,
    put,
    the_failure,
    tip_at,
)

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


def test_two_sets_in_force_are_found(platform: Platform) -> None:
    def is_of(player: str) -> list[dict[str, Any]]:
        return ladder(BAD, player)

    another = {"line_key": 275, "line_x10": 275, "is_main_line": False, "prediction_id": "sixth"}
    bad = [
        *is_of("batches")[:3],
        *ladder(BAD, "batches", batch_id="batch_b")[3:],
        *is_of("twice")[1:],
        is_of("twice")[1] | {"prediction_id": "again"},
        *is_of("six"),
        is_of("six")[0] | another,
        *ladder(BAD, "nomain", is_main_line=False),
        *ladder(BAD, "fivemain", is_main_line=True),
        *[row for row in is_of("mixed") if not row["is_main_line"]],
        without_line(BAD, player_lookup="mixed", universal_player_id="nba_mixed"),
    ]
    predicted(platform, bad)
    assert findings(platform, "single_active") == [
        "a line active more than once: 1, e.g. twice ensemble_v1",
        "a row without a line active beside lines: 1, e.g. mixed ensemble_v1",
        "more than five rungs active: 1, e.g. six ensemble_v1",
        "not exactly one main line: 2, e.g. fivemain ensemble_v1",
        "rows of several batches active: 1, e.g. batches ensemble_v1",
    ]
    assert the_failure(platform, "single_active").value == 2.0


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


def test_anything_from_after_tip_is_found(platform: Platform) -> None:
    tip = tip_at(BAD)
    looked_ahead = {
        "run_mode": "backfill",
        "as_of_at": tip + timedelta(seconds=1),
        "prediction_made_before_game": False,
    }
    predicted(
        platform,
        [
            *ladder(BAD, "late", created_at=tip),
            *ladder(BAD, "said", created_at=tip, is_active=False),
            *ladder(BAD, "ahead", **looked_ahead),
            *ladder(BAD, "line", line_snapshot_at=tip - timedelta(minutes=90)),
        ],
    )
    assert findings(platform, "predicted_before_tip") == [
        "knowledge from after tip-off: 5, e.g. ahead ensemble_v1",
        "lines seen at or after the instant of knowledge: 5, e.g. line ensemble_v1",
        "live rows created at or after tip-off: 5, e.g. late ensemble_v1",
        "rows said to be made before the game and created after tip-off: 5, e.g. said ensemble_v1",
    ]
    assert the_failure(platform, "predicted_before_tip").value == 5.0


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


def concentrated(platform: Platform, *lines_of_days: list[int]) -> list[Outcome]:
    rows = [row for day, lines in zip(DAYS, lines_of_days, strict=True) for row in main_lines(day, lines)]
    put(platform, TABLE, rows)
    return list(judge(platform, check_named("line_concentration")).values())


def test_lines_that_pile_up_are_found(platform: Platform) -> None:
    assert concentrated(platform, [145] * 9 + spread(12), [200] * 3 + spread(20), [200] * 2 + spread(5)) == [
        Outcome(DAYS[0], False, 48.0, "10 of 21 main lines are 14.5"),
        Outcome(DAYS[1], False, 13.0, "3 of 23 main lines are exactly 20.0"),
        Outcome(DAYS[2], False, 29.0, "2 of 7 main lines are exactly 20.0"),
    ]


def test_small_slates_and_ordinary_ties_are_no_pile(platform: Platform) -> None:
    just_40_pct = [145] * 8 + spread(13)[:4] + spread(13)[5:]
    assert concentrated(platform, [145] * 12, [200, *spread(5)], just_40_pct) == [
        Outcome(DAYS[0], True, 100.0),
        Outcome(DAYS[1], True, 17.0),
        Outcome(DAYS[2], True, 40.0),
    ]


def bets(day: date, system_id: str, overs: int, unders: int) -> list[dict[str, Any]]:
    """Main rows with that many recommendations, each with an UNDER on the rung above, which does not count."""
    rows = []
    for n in range(overs + unders):
        rungs = ladder(day, f"player{n:02d}", system_id)
        rows += [
            rungs[2] | {"recommendation": "OVER" if n < overs else "UNDER"},
            rungs[3] | {"recommendation": "UNDER"},
        ]
    return rows


def test_a_system_that_says_the_same_every_time_is_found(platform: Platform) -> None:
    of_systems = {"ensemble_v1": (4, 36), "moving_average": (30, 0), "xgboost_v1": (34, 6), "zone_matchup_v1": (0, 29)}
    predicted(platform, [row for system, sides in of_systems.items() for row in bets(BAD, system, *sides)])
    assert findings(platform, "recommendation_skew") == [
        "ensemble_v1: 36 of 40 main-line bets are UNDER",
        "moving_average: 30 of 30 main-line bets are OVER",
    ]
    assert the_failure(platform, "recommendation_skew").value == 100.0
