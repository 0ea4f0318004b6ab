"""Checks that follow from a declaration: columns, grain, rows on slate dates."""

from datetime import date
from typing import Any

import duckdb
import pytest

from nba_props.catalog import TABLES
from nba_props.catalog.model import TableKind
from nba_props.checks import CHECKS, Severity
from nba_props.checks.generated import asset_tables
from nba_props.platform import Platform
from nba_props_tests.checks.rows import (
    BAD,
    DAYS,
    assert_all_pass,
    check_named,
    game_id,
    judge,
    put,
    put_schedule,
    the_failure,
)

CONTEXT = "analytics/upcoming_team_game_context"


def contexts(*days: date) -> list[dict[str, Any]]:
    return [{"game_date": day, "game_id": game_id(day), "team_abbr": team} for day in days for team in ("BOS", "LAL")]


def test_every_asset_table_has_schema_and_grain_checks() -> None:
    for one in asset_tables():
        assert {"schema", "grain"} <= {check.name for check in CHECKS["/".join(one.asset_key)]}
    assert {one.full_name for one in TABLES.values() if one.kind is not TableKind.ASSET}.isdisjoint(
        one.full_name for one in asset_tables()
    )


@pytest.mark.parametrize(
    ("asset", "severity"),
    [
        ("predictions/player_prop_predictions", Severity.INTEGRITY),
        ("precompute/ml_feature_store", Severity.INTEGRITY),
        ("analytics/upcoming_player_game_context", Severity.INTEGRITY),
        ("raw/player_box_scores", Severity.ERROR),
    ],
)
def test_a_broken_grain_blocks_where_published_numbers_rest_on_it(asset: str, severity: Severity) -> None:
    assert check_named("grain", asset).severity is severity
    assert check_named("schema", asset).severity is Severity.INTEGRITY


def test_grain_names_the_date_with_a_row_twice(platform: Platform) -> None:
    put(platform, "nba_analytics.upcoming_team_game_context", contexts(*DAYS))
    assert_all_pass(platform, "grain", CONTEXT)
    put(platform, "nba_analytics.upcoming_team_game_context", contexts(*DAYS, BAD))
    failure = the_failure(platform, "grain", CONTEXT)
    assert failure.value == 2.0
    assert failure.detail == "2 time(s) the same game_date, game_id, team_abbr twice"


def test_grain_of_an_undated_table(platform: Platform) -> None:
    check = check_named("grain", "raw/player_list")
    put(platform, "nba_raw.player_list", [{"source_player_id": 1}, {"source_player_id": 2}])
    assert judge(platform, check)[platform.today].passed
    put(platform, "nba_raw.player_list", [{"source_player_id": 1}, {"source_player_id": 1}])
    assert judge(platform, check)[platform.today].value == 1.0


def test_schema_names_what_differs(platform: Platform) -> None:
    assert_all_pass(platform, "schema", CONTEXT)
    with duckdb.connect(str(platform.home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute('ALTER TABLE "nba_analytics"."upcoming_team_game_context" DROP COLUMN pace_last_10')
        connection.execute('ALTER TABLE "nba_analytics"."upcoming_team_game_context" ADD COLUMN mood VARCHAR')
    outcomes = judge(platform, check_named("schema", CONTEXT))
    assert {one.passed for one in outcomes.values()} == {False}
    assert "missing: pace_last_10" in outcomes[BAD].detail
    assert "undeclared: mood" in outcomes[BAD].detail


def test_schema_of_a_table_that_is_not_there(platform: Platform) -> None:
    with duckdb.connect(str(platform.home / "warehouse" / "warehouse.duckdb")) as connection:
        connection.execute('DROP TABLE "nba_raw"."game_lines"')
    assert judge(platform, check_named("schema", "raw/game_lines"))[BAD].detail == "nba_raw.game_lines does not exist"


def test_a_slate_without_rows_fails(platform: Platform) -> None:
    put(platform, "nba_analytics.upcoming_team_game_context", contexts(*DAYS))
    assert_all_pass(platform, "rows_present", CONTEXT)
    put(platform, "nba_analytics.upcoming_team_game_context", contexts(DAYS[0], DAYS[2]))
    failure = the_failure(platform, "rows_present", CONTEXT)
    assert (failure.value, failure.detail) == (0, "no rows on a date with games")


def test_results_are_expected_only_once_a_slate_is_over(platform: Platform) -> None:
    put_schedule(platform, [*DAYS, platform.today])
    check = check_named("rows_present", "raw/player_box_scores")
    put(platform, "nba_raw.player_box_scores", [{"game_id": game_id(day), "game_date": day} for day in DAYS[::2]])
    the_failure(platform, "rows_present", "raw/player_box_scores")
    from nba_props.checks import Span

    (today,) = check.evaluate(Span(platform, platform.today, platform.today))
    assert (today.passed, today.detail) == (True, "not played yet")


def test_the_first_date_of_a_history_may_be_empty(platform: Platform) -> None:
    put(platform, "nba_raw.player_box_scores", [{"game_id": game_id(DAYS[0]), "game_date": DAYS[0]}])
    outcomes = judge(platform, check_named("rows_present", "raw/team_rosters"))
    assert outcomes[DAYS[0]].detail == "no earlier box score to know anything from"
    assert [outcomes[day].passed for day in DAYS] == [True, False, False]


def test_tables_that_may_be_empty_are_not_asked_for_rows() -> None:
    for asset in ("analytics/line_prices", "raw/injury_reports", "monitoring/missing_predictions", "raw/schedule"):
        assert "rows_present" not in {check.name for check in CHECKS[asset]}
