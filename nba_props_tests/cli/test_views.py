"""status, coverage, evaluate, explain: what they say agrees with the tables, and every missing player has one reason."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.catalog import table
from nba_props.cli.people import Directory, players_of
from nba_props.cli.verdicts import verdict_of, verdicts_of
from nba_props.domain.features import FEATURE_NAMES
from nba_props.domain.systems import minutes_rate_v1
from nba_props.errors import BadInput
from nba_props.explain import Trace, explain
from nba_props.platform import Platform
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT, YESTERDAY

OFF_DAY = TONIGHT + timedelta(days=1)
NEVER_RUN = YESTERDAY - timedelta(days=1)


def rows(platform: Platform, sql: str, **values: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.warehouse.query(sql, {"start_date": TONIGHT} | values).to_pylist()
    return found


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_says_what_the_tables_hold(call: Call, simulated_home: Path) -> None:
    found = call("status", TONIGHT, "--json", home=simulated_home).json
    for name in ("game_date", "verdict", "reasons", "coverage_pct", "predictions", "players", "staging_tables"):
        assert name in found
    assert found["coverage_pct"] == pytest.approx(100 * found["predicted"] / found["expected"])
    text = call("status", TONIGHT, home=simulated_home)
    assert text.out.startswith(found["verdict"])
    assert f"{found['predicted']} of {found['expected']} expected players" in text.out
    assert call("status", home=simulated_home).out == text.out  # today


def test_status_says_that_a_laptop_costs_nothing(call: Call, simulated_home: Path) -> None:
    cost = call("status", TONIGHT, "--json", home=simulated_home).json["cost"]
    assert (cost["day_usd"], cost["season_usd"]) == (None, None)
    assert f"unknown: {cost['reason']}" in call("status", TONIGHT, home=simulated_home).out


def test_a_day_without_games_is_no_slate_and_fine(call: Call, simulated_home: Path) -> None:
    ended = call("status", OFF_DAY, home=simulated_home)
    assert (ended.code, ended.out.split("  ")[0]) == (0, "NO SLATE")
    assert call("coverage", OFF_DAY, "--json", home=simulated_home).json["status"] == "no_slate"
    assert call("coverage", OFF_DAY, home=simulated_home).code == 0
    assert call("backfill", OFF_DAY, OFF_DAY, "--json", home=simulated_home).json["verdict"] == "NO SLATE"


def test_verdicts_of_a_range_are_the_slates_own(slate_platform: Platform) -> None:
    found = {one.game_date: one for one in verdicts_of(slate_platform, [NEVER_RUN, YESTERDAY, TONIGHT, OFF_DAY])}
    assert found[NEVER_RUN].verdict == "NOT READY"
    assert "no active prediction" in found[NEVER_RUN].reasons[0]
    assert found[OFF_DAY].verdict == "NO SLATE"
    full = verdict_of(slate_platform, TONIGHT)
    assert (found[TONIGHT].expected, found[TONIGHT].predicted) == (full.expected, full.predicted)
    assert found[TONIGHT].verdict == full.verdict


def test_a_backfill_ends_with_a_line_a_date_and_the_command_for_those_that_failed(
    capsys: pytest.CaptureFixture[str], slate_platform: Platform
) -> None:
    from nba_props.cli.slates import end_of_backfill
    from nba_props.plan import FailedStep, Outcome

    day = NEVER_RUN.isoformat()
    failed = FailedStep("features", "analytics__line_prices", day, day, "the disk is [full]")
    done = Outcome([f"features {day}: analytics__line_prices: the disk is [full]"], [failed])
    code = end_of_backfill(slate_platform, [NEVER_RUN, YESTERDAY, TONIGHT], done, as_json=False)
    said = capsys.readouterr().out
    assert code == 2
    assert f"nba-props backfill --dates {NEVER_RUN} --home" in said
    assert f"  - {NEVER_RUN}: analytics__line_prices: the disk is [full]" in said
    for day in (NEVER_RUN, YESTERDAY, TONIGHT):
        assert f"\n {day}" in said


def test_a_date_that_is_ready_and_failed_in_a_step_is_run_again_but_not_for_one_system_of_several(
    slate_platform: Platform,
) -> None:
    from nba_props.cli.verdicts import failed_dates
    from nba_props.plan import FailedStep

    verdicts = verdicts_of(slate_platform, [YESTERDAY, TONIGHT])
    of_one_system = FailedStep("predictions", "predictions__staging_ridge_v1", "2025-12-02", "2025-12-03", "no model")
    of_a_range = FailedStep("grading", "grading__prediction_accuracy", "2025-12-01", "2025-12-02", "no box score")
    of_a_month = FailedStep("models", "predictions__ridge_v1_model", "2025-12-01", None, "the disk is full")
    assert failed_dates(verdicts, [of_one_system]) == {}
    assert failed_dates(verdicts, [of_one_system, of_a_range])[YESTERDAY][:2] == [
        "predictions__staging_ridge_v1: no model",
        "grading__prediction_accuracy: no box score",
    ]
    assert TONIGHT not in failed_dates(verdicts, [of_a_range])
    assert set(failed_dates(verdicts, [of_a_month])) == {YESTERDAY, TONIGHT}


# -- coverage ----------------------------------------------------------------------------------------------------------


def test_every_missing_player_has_one_reason_and_the_sums_agree(call: Call, simulated_home: Path) -> None:
    ended = call("coverage", TONIGHT, "--json", home=simulated_home)
    found = ended.json
    missing = [one for one in found["missing"] if one["is_expected"]]
    assert found["expected"] - found["predicted"] == len(missing)
    assert all(one["reason"] for one in found["missing"] + found["excluded"])
    everybody = Counter(one["player_lookup"] for one in found["missing"] + found["excluded"])
    assert max(everybody.values()) == 1
    assert "not_in_registry" in {one["reason"] for one in missing}  # the league's unknown person
    assert "combo_quote" in {one["reason"] for one in found["excluded"]}
    assert set(found["by_system"]) >= {"ensemble_v1", "xgboost_v1"}
    assert ended.code == {"ok": 0, "warning": 1, "critical": 2}[found["status"]]


def test_detailed_coverage_names_everyone(call: Call, simulated_home: Path) -> None:
    found = call("coverage", TONIGHT, "--json", home=simulated_home).json
    text = call("coverage", TONIGHT, "--detailed", home=simulated_home).out
    assert all(one["player_lookup"] in text for one in found["missing"] + found["excluded"])


@pytest.mark.parametrize(
    ("expected", "predicted", "status", "code"),
    [
        (100, 95, "ok", 0),
        (100, 94, "warning", 1),
        (100, 85, "warning", 1),
        (100, 84, "critical", 2),
        (0, 0, "critical", 2),
    ],
)
def test_limits_are_95_and_85(expected: int, predicted: int, status: str, code: int) -> None:
    from nba_props.cli.covering import Coverage

    pct = 100 * predicted / expected if expected else None
    found = Coverage(TONIGHT, 8, {"all": {"expected": expected, "predicted": predicted, "coverage_pct": pct}}, [], [])
    assert (found.status, found.exit_code) == (status, code)


def test_coverage_of_a_slate_that_was_never_run_is_computed_and_critical(call: Call, slate_platform: Platform) -> None:
    ended = call("coverage", NEVER_RUN, "--json", home=slate_platform.home)
    assert ended.code == 2
    assert ended.json["predicted"] == 0
    assert {one["reason"] for one in ended.json["missing"]} >= {"not_predicted_yet"}
    again = call("coverage", NEVER_RUN, "--json", home=slate_platform.home)
    assert again.json == ended.json
    assert again.err == ""  # kept, not computed twice


# -- evaluate ----------------------------------------------------------------------------------------------------------


def test_evaluate_prints_the_honest_table(call: Call, simulated_home: Path) -> None:
    found = call("evaluate", YESTERDAY, YESTERDAY, "--json", home=simulated_home).json
    text = call("evaluate", YESTERDAY, YESTERDAY, home=simulated_home).out
    assert {one["contender"] for one in found["tables"][0]["scores"]} >= {"line", "last_5_mean", "ensemble_v1"}
    assert text.startswith(f"# Evaluation {YESTERDAY}")


# -- who is meant ------------------------------------------------------------------------------------------------------


@pytest.fixture
def read_only(simulated_home: Path, slate_platform: Platform) -> Platform:
    """The same home in its place of origin: for tests that only read."""
    return replace(slate_platform, settings=slate_platform.settings.model_copy(update={"home": simulated_home}))


def test_a_player_is_found_by_name_lookup_and_id(read_only: Platform) -> None:
    person = rows(
        read_only,
        "select player_name, player_lookup, universal_player_id from nba_predictions.player_prop_predictions"
        " where game_date = @start_date and is_active order by player_name limit 1",
    )[0]
    directory = Directory(read_only, TONIGHT)
    number = person["universal_player_id"].removeprefix("nba_")
    spellings = (person["player_name"], person["player_name"].upper(), person["player_lookup"], f"nba_{number}", number)
    assert {directory.find(text).universal_player_id for text in spellings} == {person["universal_player_id"]}


def test_a_misspelled_player_gets_the_nearest(read_only: Platform) -> None:
    directory = Directory(read_only, TONIGHT)
    person = directory.people[0]
    for text in (person.player_name[:-1] + "x", person.player_name.replace(" ", "").lower()[:-1]):
        with pytest.raises(BadInput) as refused:
            directory.find(text)
        assert person.universal_player_id in refused.value.next_step


def test_two_people_of_one_name_are_told_apart_by_the_slate_or_by_id(read_only: Platform) -> None:
    people = Directory(read_only).people
    shared_names = [name for name, count in Counter(one.player_name for one in people).items() if count > 1]
    assert shared_names  # the league has namesakes on purpose
    bearers = {one.universal_player_id for one in people if one.player_name == shared_names[0]}
    with pytest.raises(BadInput) as refused:
        Directory(read_only).find(shared_names[0])
    assert all(one in refused.value.next_step for one in bearers)


def test_players_are_listed_once(read_only: Platform) -> None:
    one = Directory(read_only).people[0]
    found = players_of(read_only, f"{one.universal_player_id}, {one.universal_player_id}", [TONIGHT])
    assert [person.universal_player_id for person in found] == [one.universal_player_id]


# -- explain -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def somebody(read_only: Platform) -> dict[str, Any]:
    """A predicted player of tonight with a line, and with more than one book."""
    return rows(
        read_only,
        "select p.universal_player_id, p.player_name, count(distinct q.bookmaker) as books"
        " from nba_predictions.player_prop_predictions as p"
        " inner join nba_analytics.line_prices as q"
        " on q.game_date = p.game_date and q.universal_player_id = p.universal_player_id"
        " where p.game_date = @start_date and p.is_active and p.has_prop_line"
        " group by p.universal_player_id, p.player_name order by books desc, p.universal_player_id limit 1",
    )[0]


def traced(platform: Platform, person: dict[str, Any], system: str | None = None) -> Trace:
    return explain(platform, TONIGHT, person["universal_player_id"], person["player_name"], system)


def test_the_trace_holds_what_is_in_force(read_only: Platform, somebody: dict[str, Any]) -> None:
    trace = traced(read_only, somebody)
    stored = rows(
        read_only,
        "select system_id, predicted_points, is_main_line from nba_predictions.player_prop_predictions"
        " where game_date = @start_date and is_active and universal_player_id = @player_id",
        player_id=somebody["universal_player_id"],
    )
    main = {row["system_id"]: row["predicted_points"] for row in stored if row["is_main_line"]}
    assert {row["system_id"]: row["predicted_points"] for row in trace.predictions if row["is_active"]} == main
    assert len(trace.ladder) == len(stored) - len(main)
    assert {row["batch_id"] for row in trace.predictions} == {row["batch_id"] for row in trace.batches}
    assert trace.is_predicted
    assert trace.missing is None


def test_one_quote_is_chosen_and_each_other_says_why_not(read_only: Platform, somebody: dict[str, Any]) -> None:
    trace = traced(read_only, somebody)
    chosen = [quote for quote in trace.quotes if quote["choice"].startswith("chosen")]
    used = trace.predictions[0]
    assert len(chosen) == 1
    assert (chosen[0]["bookmaker"], chosen[0]["line"]) == (used["sportsbook"], used["main_points_line"])
    assert all(quote["choice"] and quote["payload_ref"] for quote in trace.quotes)
    ranks = {quote["bookmaker"]: quote["book_rank"] for quote in trace.quotes if quote["is_usable"]}
    assert ranks[chosen[0]["bookmaker"]] == min(ranks.values())
    assert not [q for q in trace.quotes if q["is_usable"] and "no published number" in q["choice"]]


def test_games_are_earlier_ones_with_their_raw_rows_and_give_the_means_used(
    read_only: Platform, somebody: dict[str, Any]
) -> None:
    trace = traced(read_only, somebody)
    assert trace.games
    assert all(game["game_date"] < TONIGHT and game["payload_ref"] for game in trace.games)
    assert [one.feature for one in trace.agreements] == ["points_avg_last_5", "points_avg_last_10"]
    assert all(one.agrees for one in trace.agreements)


def test_features_are_those_used_whatever_the_store_says_now(
    slate_platform: Platform, somebody: dict[str, Any]
) -> None:
    before = traced(slate_platform, somebody).vectors
    day = {"start_date": TONIGHT}
    slate_platform.warehouse.delete(table("nba_precompute.ml_feature_store"), "game_date = @start_date", day)
    assert traced(slate_platform, somebody).vectors == before
    assert len(before) == 1
    sources = {feature.name: feature.source for feature in before[0].features}
    assert set(sources) == {*FEATURE_NAMES, *minutes_rate_v1.INPUTS}
    assert len(sources) == len(before[0].features)
    assert all(sources.values())


def test_a_missing_player_comes_with_his_reason(read_only: Platform) -> None:
    excluded = rows(
        read_only,
        "select universal_player_id, reason from nba_monitoring.missing_predictions"
        " where game_date = @start_date and reason = 'injured_out' limit 1",
    )[0]
    trace = explain(read_only, TONIGHT, excluded["universal_player_id"], "Somebody")
    assert not trace.is_predicted
    assert trace.missing is not None
    assert trace.missing["reason"] == "injured_out"
    assert trace.injury_reports


def test_a_player_whose_team_does_not_play_is_said_to_be_elsewhere(read_only: Platform) -> None:
    resting = rows(
        read_only,
        "select distinct r.universal_player_id from nba_reference.nba_players_registry as r"
        " left join nba_analytics.upcoming_player_game_context as c"
        " on c.universal_player_id = r.universal_player_id and c.game_date = @start_date"
        " where c.universal_player_id is null order by r.universal_player_id limit 1",
    )[0]
    trace = explain(read_only, TONIGHT, resting["universal_player_id"], "Somebody")
    assert trace.missing is not None
    assert trace.missing["reason"] == "not_on_slate"


def test_one_system_alone_and_a_system_that_does_not_exist(
    call: Call, simulated_home: Path, somebody: dict[str, Any]
) -> None:
    arguments = ("explain", TONIGHT, somebody["universal_player_id"], "--json", "--system")
    found = call(*arguments, "moving_average", home=simulated_home).json
    assert {row["system_id"] for row in (*found["predictions"], *found["ladder"])} == {"moving_average"}
    assert call(*arguments, "moving", home=simulated_home).code == 2


def test_the_trace_prints(call: Call, simulated_home: Path, somebody: dict[str, Any]) -> None:
    ended = call("explain", TONIGHT, somebody["player_name"], home=simulated_home)
    assert ended.code == 0
    for words in (
        "predictions in force",
        "quotes:",
        "features as used",
        "games before it",
        "landing/archive/",
        "agrees",
    ):
        assert words in ended.out
