"""What happened and what was known: box scores, rosters, quotes before tip, no result of the future, grades."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.platform import Platform
from nba_props_tests.checks.rows import (
    AWAY,
    BAD,
    DAYS,
    HOME,
    SEASON,
    assert_all_pass,
    check_named,
    findings,
    game_id,
    judge,
    ladder,
    put,
    the_failure,
    tip_at,
)

# -- box scores --------------------------------------------------------------------------------------------------------


def box(day: date, team: str, *, players: int = 8, minutes: float = 240.0) -> list[dict[str, Any]]:
    """So many players, each 4 of 9 from the field, 1 of 3 from three and 1 of 2 free throws: 10 points."""
    return [
        {
            "game_id": game_id(day),
            "game_date": day,
            "season": SEASON,
            "season_type": "Regular Season",
            "source_player_id": 100 * (team == HOME) + n,
            "player_name": f"{team} {n}",
            "team_abbr": team,
            "is_home": team == HOME,
            "participation": "played",
            "minutes": minutes / players,
            "points": 10,
            "fgm": 4,
            "fga": 9,
            "fg3m": 1,
            "fg3a": 3,
            "ftm": 1,
            "fta": 2,
            "fga_paint": 4,
            "fga_mid": 2,
        }
        for n in range(players)
    ]


def played(platform: Platform, bad: Sequence[dict[str, Any]]) -> None:
    sound = [row for day in DAYS if day != BAD for team in (HOME, AWAY) for row in box(day, team)]
    put(platform, "nba_raw.player_box_scores", [*sound, *bad])
    results = [{"game_id": game_id(day), "game_date": day, "home_points": 80, "away_points": 80} for day in DAYS]
    put(platform, "nba_raw.game_results", results)


def dnp() -> dict[str, Any]:
    nothing = dict.fromkeys(("minutes", "points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "fga_paint", "fga_mid"))
    return box(BAD, HOME)[0] | nothing | {"source_player_id": 999, "participation": "dnp_injury"}


def test_box_scores_that_add_up_pass(platform: Platform) -> None:
    without_zones = {"fga_paint": None, "fga_mid": None}
    overtime = [row | without_zones for row in box(BAD, AWAY, minutes=292.5)]
    played(platform, [*box(BAD, HOME, minutes=238.0), *overtime, dnp()])
    assert_all_pass(platform, "box_score_identities")


def test_what_does_not_add_up_is_named(platform: Platform) -> None:
    home, away = box(BAD, HOME, minutes=252.0), box(BAD, AWAY, players=4)
    home[0] |= {"points": 12}
    home[1] |= {"fta": 0}
    home[2] |= {"fga": 10}
    played(platform, [*home, *away])
    assert findings(platform, "box_score_identities") == [
        f"fewer than 5 or more than 15 players of a team played: 1, e.g. BOS in {game_id(BAD)}",
        "more shots made than attempted: 1, e.g. LAL 1",
        "points are not 2 x twos + 3 x threes + free throws: 1, e.g. LAL 0",
        f"team minutes are not 240 and 25 an overtime: 1, e.g. LAL in {game_id(BAD)}",
        f"team points are not the final score: 2, e.g. BOS in {game_id(BAD)}",
        "zone attempts do not add up to field-goal attempts: 1, e.g. LAL 2",
    ]
    assert the_failure(platform, "box_score_identities").value == 2.0


# -- rosters -----------------------------------------------------------------------------------------------------------

TEAMS = tuple(f"T{n:02d}" for n in range(30))
OPENING = date(2023, 10, 24)


def rostered(platform: Platform, short: dict[str, int], opening: date = OPENING) -> None:
    """A season of 30 teams and their rosters of 8; `short` says how many some have on the middle date."""
    pairs = list(zip(TEAMS[::2], TEAMS[1::2], strict=True))
    games = [(opening, f"00223{n:05d}", home, away) for n, (home, away) in enumerate(pairs)]
    games += [(day, game_id(day), *pairs[0]) for day in DAYS]
    put(
        platform,
        "nba_raw.schedule",
        [
            {
                "game_date": day,
                "game_id": one,
                "home_team": home,
                "away_team": away,
                "season": SEASON,
                "season_type": "Regular Season",
            }
            for day, one, home, away in games
        ],
    )
    put(
        platform,
        "nba_raw.team_rosters",
        [
            {"roster_date": day, "team_abbr": team, "source_player_id": 100 * t + n}
            for day in DAYS
            for t, team in enumerate(TEAMS)
            for n in range(short.get(team, 8) if day == BAD else 8)
        ],
    )


def test_thirty_whole_rosters_pass(platform: Platform) -> None:
    rostered(platform, {})
    assert_all_pass(platform, "roster_completeness")
    assert judge(platform, check_named("roster_completeness"))[BAD].value == 30.0


@pytest.mark.parametrize(
    ("short", "said"),
    [
        ({"T04": 7}, "29 of 30 teams have 8 players or more; lacking: T04"),
        ({"T04": 7, "T11": 0, "T29": 0}, "27 of 30 teams have 8 players or more (partial); lacking: T04 T11 T29"),
    ],
)
def test_missing_rosters_are_named(platform: Platform, short: dict[str, int], said: str) -> None:
    rostered(platform, short)
    failure = the_failure(platform, "roster_completeness")
    assert (failure.value, failure.detail) == (30.0 - len(short), said)


def test_first_days_without_a_previous_season_are_excused(platform: Platform) -> None:
    opening = DAYS[0] - timedelta(days=3)
    rostered(platform, {"T04": 0}, opening)
    assert_all_pass(platform, "roster_completeness")
    last_season = {"game_id": "0022200001", "game_date": date(2023, 4, 9), "season": "2022-23"}
    put(platform, "nba_raw.player_box_scores", [last_season])
    the_failure(platform, "roster_completeness")


# -- quotes ------------------------------------------------------------------------------------------------------------


def quote(day: date, **values: Any) -> dict[str, Any]:
    return {
        "game_date": day,
        "quote_id": f"{day}",
        "bookmaker": "draftkings",
        "player_name": "Jayson Tatum",
        "snapshot_at": tip_at(day) - timedelta(hours=1),
        "known_until_at": tip_at(day),
        "is_usable": True,
    } | values


def test_a_usable_quote_from_after_tip_is_found(platform: Platform) -> None:
    late = {"snapshot_at": tip_at(BAD)}
    put(platform, "nba_analytics.line_prices", [*map(quote, DAYS), quote(BAD, quote_id="q", is_usable=False, **late)])
    assert_all_pass(platform, "quotes_before_tip")
    put(platform, "nba_analytics.line_prices", [quote(DAYS[0]), quote(BAD, **late), quote(DAYS[2])])
    failure = the_failure(platform, "quotes_before_tip")
    assert failure.value == 1.0
    assert failure.detail == "1 usable quotes seen at or after tip-off, e.g. Jayson Tatum at draftkings"


# -- point in time -----------------------------------------------------------------------------------------------------

EARLIER = tuple(date(2024, 3, 1) + timedelta(days=n) for n in range(7))


def cached(platform: Platform, fault: dict[str, Any]) -> None:
    """A player with seven earlier games this season and one of last season; on each of the three dates he plays too."""
    scored = dict(zip((*EARLIER, *DAYS), (10, 12, 14, 16, 18, 20, 22, 31, 33, 35), strict=True))
    results = [
        {"game_date": day, "game_id": game_id(day), "season": SEASON, "points": points}
        for day, points in scored.items()
    ]
    results.append({"game_date": date(2023, 4, 9), "game_id": "0022200001", "season": "2022-23", "points": 2})
    who = {"universal_player_id": "nba_1", "participation": "played"}
    put(platform, "nba_analytics.player_game_summary", [row | who for row in results])
    rows = []
    for day in DAYS:
        before = [points for other, points in scored.items() if other < day]
        rows.append(
            {
                "game_date": day,
                "game_id": game_id(day),
                "universal_player_id": "nba_1",
                "games_played_season": len(before),
                "points_avg_season": sum(before) / len(before),
                "points_avg_last_5": sum(before[-5:]) / 5,
            }
            | (fault if day == BAD else {})
        )
    put(platform, "nba_precompute.player_daily_cache", rows)


def test_form_of_the_games_before_passes(platform: Platform) -> None:
    cached(platform, {})
    assert_all_pass(platform, "no_future_results")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"games_played_season": 9}, "more games counted than were played before the date: 1, e.g. nba_1"),
        ({"points_avg_season": 21.1}, "season average of other games than those before the date: 1, e.g. nba_1"),
        # the window with the night's own 33 points in it: the predecessor's leak
        (
            {"points_avg_last_5": (20 + 22 + 18 + 31 + 33) / 5},
            "last-5 average of other games than the last 5 before the date: 1, e.g. nba_1",
        ),
    ],
)
def test_a_result_of_the_night_itself_is_found(platform: Platform, fault: dict[str, Any], said: str) -> None:
    cached(platform, fault)
    failure = the_failure(platform, "no_future_results")
    assert (failure.value, failure.detail) == (1.0, said)


def test_a_box_score_that_came_late_is_no_leak(platform: Platform) -> None:
    cached(platform, {"games_played_season": 7, "points_avg_season": 16.0, "points_avg_last_5": 18.0})
    assert_all_pass(platform, "no_future_results")


# -- grades ------------------------------------------------------------------------------------------------------------


def grade(day: date, **values: Any) -> dict[str, Any]:
    keys = ("game_date", "game_id", "universal_player_id", "player_lookup", "system_id")
    main = ladder(day)[2]
    graded = {"result": "correct", "current_points_line": 24.5, "actual_points": 30}
    return {key: main[key] for key in keys} | graded | values


def graded(platform: Platform, bad: Sequence[dict[str, Any]]) -> None:
    put(platform, "nba_predictions.player_prop_predictions", [row for day in DAYS for row in ladder(day)])
    summaries = [{"game_date": day, "game_id": game_id(day), "universal_player_id": "nba_1"} for day in DAYS]
    put(platform, "nba_analytics.player_game_summary", summaries)
    put(platform, "nba_grading.prediction_accuracy", [grade(DAYS[0]), *bad, grade(DAYS[2])])


def graded_player(player: str, **values: Any) -> dict[str, Any]:
    return grade(BAD, player_lookup=player, universal_player_id=f"nba_{player}", **values)


def test_typed_grades_pass(platform: Platform) -> None:
    void = {"result": "void", "void_reason": "dnp_injury", "actual_points": None}
    without_line = {"result": "pass", "current_points_line": None}
    graded(platform, [grade(BAD), graded_player("void", **void), graded_player("noline", **without_line)])
    assert_all_pass(platform, "graded_totals")


def test_impossible_and_missing_grades_are_found(platform: Platform) -> None:
    graded(
        platform,
        [
            graded_player("a", result="win"),
            graded_player("b", result="void", actual_points=None),
            graded_player("c", void_reason="dnp_injury"),
            graded_player("d", current_points_line=None),
            graded_player("e", actual_points=None),
        ],
    )
    assert findings(platform, "graded_totals") == [
        "graded against a line that is not there: 1, e.g. d ensemble_v1",
        "graded without points, or void with points: 1, e.g. e ensemble_v1",
        "predictions of games with a box score without a grade: 1, e.g. jaysontatum ensemble_v1",
        "result win is not a result: 1, e.g. a ensemble_v1",
        "void without a reason, or a reason without void: 2, e.g. b ensemble_v1",
    ]
    assert the_failure(platform, "graded_totals").value == 2.0
