"""Exports: what the documents say, what the gate lets through, and what stays when it does not."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nba_props.assets.exports.documents import fatigue_level, recent_form
from nba_props.assets.exports.payloads import Predictions, Results, Status, Tonight
from nba_props.assets.exports.predictions import predictions, publish_predictions
from nba_props.assets.exports.publish import Press, content_hash, one_press, publish_status, require_complete
from nba_props.assets.exports.queries import QUERIES
from nba_props.assets.exports.results import publish_results, results
from nba_props.assets.exports.status import status
from nba_props.assets.exports.tonight import publish_tonight, tonight
from nba_props.errors import IntegrityFailure
from nba_props.health import State, slate_verdict
from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.slates import DAY, GAMES, NOON, PEOPLE, SYSTEMS, at, later

NEXT_DAY = DAY + timedelta(days=1)
PREDICTIONS = f"v1/predictions/{DAY}.json"
RESULTS = f"v1/results/{DAY}.json"
TONIGHT = "v1/tonight/all-players.json"
STATUS = "v1/status.json"
LATEST = "v1/results/latest.json"


@pytest.fixture(scope="module")
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A good slate, not yet exported, five minutes after noon."""
    filled = slates.new_home(tmp_path_factory.mktemp("good") / "home", later(5))
    slates.good_slate(filled)
    return filled


@pytest.fixture(scope="module")
def exported_home(
    good_home: Platform, instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory
) -> Platform:
    """The same, exported. Not to be changed: tests that change it take `published`."""
    copied = slates.copy_home(good_home, tmp_path_factory.mktemp("exported") / "home")
    assert Exporter(instance)(copied, tonight, predictions, results, status).success
    return copied


@pytest.fixture
def published(exported_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(exported_home, tmp_path / "home")


@pytest.fixture
def home(good_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(good_home, tmp_path / "home")


def printed(home: Platform, *publish: Callable[[Press, date, date], None], start: date = DAY) -> Press:
    """What an asset does for one date, without Dagster, run history and status around it."""
    with one_press(home, start, start) as press:
        for one in publish:
            one(press, start, start)
    return press


class Exporter:
    """Materialises exports as a run would."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance

    def __call__(
        self, home: Platform, *assets: Any, start: date = DAY, end: date | None = None
    ) -> dg.ExecuteInProcessResult:
        keys = {
            "dagster/asset_partition_range_start": str(start),
            "dagster/asset_partition_range_end": str(end or start),
        }
        return dg.materialize(
            list(assets), resources={"platform": home}, instance=self.instance, tags=keys, raise_on_error=False
        )


@pytest.fixture
def export(instance: dg.DagsterInstance) -> Exporter:
    return Exporter(instance)


def read(home: Platform, path: str) -> Any:
    return json.loads(home.store.get(path))


def log(home: Platform, path: str, day: date = DAY) -> dict[str, Any] | None:
    rows = home.warehouse.query(
        "SELECT * FROM nba_monitoring.export_log WHERE game_date = @start_date", {"start_date": day}
    ).to_pylist()
    return next((row for row in rows if row["path"] == path), None)


def tonight_players(home: Platform) -> dict[str, Any]:
    page = Tonight.model_validate_json(home.store.get(TONIGHT))
    return {player.player_lookup: player for game in page.games for player in game.players}


# -- what the documents say --------------------------------------------------------------------------------------------


def test_every_active_prediction_is_published_with_its_ladder_and_lineage(exported_home: Platform) -> None:
    document = Predictions.model_validate_json(exported_home.store.get(PREDICTIONS))
    assert (document.game_date, document.verdict, document.generated_at) == (DAY, State.READY, later(5))
    assert (document.total_players, document.total_predictions) == (20, (16 * 5 + 4) * len(SYSTEMS))
    assert [(one.batch_id, one.run_id) for one in document.batches] == [(f"batch_{DAY}_1", "run-of-batch")]
    assert document.predictions_changed_at == NOON
    [first, second] = document.games
    assert (first.game_id, first.home_team, first.away_team) == ("0022300561", "LAL", "BOS")
    assert (first.player_count, second.player_count, first.game_status) == (10, 10, "scheduled")
    player = next(one for one in first.players if one.player_lookup == "player3")
    assert (player.team, player.opponent, player.is_home) == ("BOS", "LAL", False)
    assert [one.system_id for one in player.systems] == sorted(SYSTEMS)
    ensemble = next(one for one in player.systems if one.system_id == "ensemble_v1")
    assert (ensemble.predicted_points, ensemble.main_line) == (12 + 0.3 + SYSTEMS.index("ensemble_v1"), 13.5)
    assert [rung.line for rung in ensemble.ladder] == [11.5, 12.5, 13.5, 14.5, 15.5]
    assert [rung.line for rung in ensemble.ladder if rung.is_main_line] == [13.5]
    without_line = next(one for one in first.players if one.player_lookup == "player4")
    assert [(rung.line, rung.recommendation) for rung in without_line.systems[0].ladder] == [(None, "PASS")]


def test_tonight_shows_form_line_and_the_ensembles_prediction(exported_home: Platform) -> None:
    page = Tonight.model_validate_json(exported_home.store.get(TONIGHT))
    assert (page.total_players, page.total_with_lines, page.total_predicted) == (20, 16, 20)
    player = tonight_players(exported_home)["player13"]
    assert (player.fatigue_level, player.fatigue_score, player.games_played, player.limited_data) == (
        "normal",
        65.0,
        13,
        False,
    )
    assert (player.season_ppg, player.last_5_ppg, player.season_mpg, player.recent_form) == (10.0, 18.0, 30.0, "Hot")
    assert [prop.model_dump() for prop in player.props] == [
        {"stat_type": "points", "line": 13.5, "over_odds": -115.0, "under_odds": -105.0}
    ]
    assert player.prediction is not None
    assert player.prediction.model_dump() == {
        "system_id": "ensemble_v1",
        "prediction_id": f"{DAY}-13-ensemble_v1-13.5",
        "predicted": 12 + 1.3 + SYSTEMS.index("ensemble_v1"),
        "anchored": None,
        "anchor_weight": None,
        "anchor_weight_low": None,
        "anchor_weight_high": None,
        "market_over_prob": None,
        "edge": None,
        "expected_value": None,
        "projected_minutes": None,
        "confidence": 0.55,
        "recommendation": "OVER",
        "line": 13.5,
        "factors": ["fatigue -0.8 (moving_average)", "pace +0.4 (moving_average)"],
    }
    without_line = tonight_players(exported_home)["player4"]
    assert (without_line.has_line, without_line.props, without_line.limited_data) == (False, [], True)


MARKET = {
    "anchored_points": 13.9,
    "anchored_median": 13.4,
    "anchor_weight": 0.18,
    "anchor_weight_low": 0.11,
    "anchor_weight_high": 0.25,
    "market_over_prob": 0.5,
    "devig_method": "power",
    "edge": 0.05,
    "projected_minutes": 31.5,
}
"""What the market and the minutes model add to a player's rows."""


@pytest.mark.parametrize("value", [{"is_value_proven": False}, {"is_value_proven": True, "expected_value": 0.04}])
def test_both_documents_carry_the_anchored_number_and_the_market_and_value_once_proven(
    home: Platform, value: dict[str, Any]
) -> None:
    slates.predictions(home, **MARKET, **value)
    printed(home, publish_predictions, publish_tonight)
    document = Predictions.model_validate_json(home.store.get(PREDICTIONS))
    one = document.games[0].players[0].systems[0]
    expected = MARKET | {"expected_value": None} | value
    assert {name: getattr(one, name) for name in expected} == expected
    shown = tonight_players(home)["player13"].prediction
    assert shown is not None
    on_the_page = {name: expected[name] for name in expected if hasattr(shown, name)} | {"anchored": 13.9}
    assert {name: getattr(shown, name) for name in on_the_page} == on_the_page
    assert on_the_page.keys() >= {
        "anchor_weight_low",
        "market_over_prob",
        "edge",
        "expected_value",
        "projected_minutes",
    }


def test_the_fields_are_those_that_front_ends_read(exported_home: Platform) -> None:
    page = read(exported_home, TONIGHT)
    assert {"game_date", "generated_at", "total_players", "total_with_lines", "games"} <= page.keys()
    game = page["games"][0]
    assert {
        "game_id",
        "home_team",
        "away_team",
        "game_time",
        "game_status",
        "scores",
        "player_count",
        "players",
    } <= game.keys()
    assert {
        *("player_lookup", "name", "team", "is_home", "has_line", "fatigue_level", "fatigue_score", "days_rest"),
        *("injury_status", "injury_reason", "season_ppg", "season_mpg", "last_5_ppg", "games_played", "limited_data"),
        *("recent_form", "last_10_points", "last_10_lines", "last_10_minutes", "last_10_results", "props"),
        *("prediction", "actual_points", "result"),
    } <= game["players"][0].keys()
    assert (page["game_date"], game["game_time"]) == ("2024-01-15", "2024-01-16T00:30:00Z")


def test_a_predicted_game_that_left_the_schedule_is_shown_as_such(home: Platform) -> None:
    home.warehouse.replace_rows(slates.table("nba_raw.schedule"), slates.rows("nba_raw.schedule"), DAY, DAY)
    printed(home, publish_predictions)
    document = Predictions.model_validate_json(home.store.get(PREDICTIONS))
    assert document.verdict is State.DEGRADED
    assert {(game.home_team, game.away_team, game.game_status) for game in document.games} == {
        ("LAL", "BOS", "not_scheduled"),
        ("DEN", "MIA", "not_scheduled"),
    }
    assert document.total_players == 20


PLAYED_AGO = [back for back in range(14) if back != 2]
"""Days before the slate on which player 3 played (the slate's own day too, and that must not show)."""


@pytest.fixture(scope="module")
def odd_home(good_home: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A graded slate with everything unusual on it, printed. Not to be changed."""
    home = slates.copy_home(good_home, tmp_path_factory.mktemp("odd") / "home")
    stranger = slates.Person(99, next(iter(GAMES)), is_home=True, line=20.5)
    found = [row for person in [*PEOPLE[1:17], stranger] for row in slates.prediction_rows(person)]
    found += slates.prediction_rows(PEOPLE[0], ("moving_average", "zone_matchup_v1"))
    target = slates.table("nba_predictions.player_prop_predictions")
    home.warehouse.replace_rows(target, slates.rows(target.full_name, *found), DAY, DAY)
    slates.missing(
        home,
        {
            "missing_key": "nba_17",
            "universal_player_id": "nba_17",
            "player_lookup": "player17",
            "reason": "injured_out",
        },
        {
            "missing_key": "nba_18",
            "universal_player_id": "nba_18",
            "player_lookup": "player18",
            "reason": "system_error",
        },
        {"missing_key": "joeblow", "player_lookup": "joeblow", "reason": "name_unresolved", "is_expected": True},
        # Said before he was predicted: the prediction stands, the reason does not.
        {"missing_key": "nba_1", "universal_player_id": "nba_1", "player_lookup": "player1", "reason": "no_features"},
    )
    play(home)
    grade(home, result="incorrect")
    printed(home, publish_tonight, publish_predictions, publish_results)
    return home


def play(home: Platform) -> None:
    """Past games of player 3, 20 points less one for each day ago; the slates of three of them knew a line."""
    who = {"universal_player_id": PEOPLE[3].player_id}
    played = {
        back: {"game_date": DAY - timedelta(days=back), "game_id": f"00223000{back:02d}"} | who for back in range(14)
    }
    slates.put(
        home,
        "nba_analytics.player_game_summary",
        played[2] | {"participation": "dnp_injury"},
        *[
            played[back] | {"participation": "played", "points": 20 - back, "minutes": 30.0 + back}
            for back in PLAYED_AGO
        ],
    )
    slates.put(
        home,
        "nba_analytics.upcoming_player_game_context",
        *[played[back] | {"has_line": True, "current_points_line": line} for back, line in LINES_AGO.items()],
    )


LINES_AGO = {1: 18.5, 3: 17.0, 4: 17.5}


def test_last_ten_games_are_aligned_latest_first_with_the_line_of_their_slate(odd_home: Platform) -> None:
    player = tonight_players(odd_home)["player3"]
    backs = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert player.last_10_points == [20 - back for back in backs]
    assert player.last_10_minutes == [30.0 + back for back in backs]
    assert player.last_10_lines == [18.5, 17.0, 17.5, *[None] * 7]
    assert player.last_10_results == ["over", "push", "under", *[None] * 7]


def test_another_system_stands_in_where_the_ensemble_has_no_answer(odd_home: Platform) -> None:
    players = tonight_players(odd_home)
    assert players["player0"].prediction.system_id == "moving_average"
    assert players["player0"].prediction.factors == ["fatigue -0.8", "pace +0.4"]
    assert players["player1"].prediction.system_id == "ensemble_v1"


def test_players_without_a_prediction_are_listed_with_the_reason(odd_home: Platform) -> None:
    players = tonight_players(odd_home)
    unpredicted = {name: player.no_prediction_reason for name, player in players.items() if player.prediction is None}
    assert unpredicted == {"player17": "injured_out", "player18": "system_error", "player19": "unknown"}
    assert players["player1"].no_prediction_reason is None
    assert [one["player_lookup"] for one in read(odd_home, TONIGHT)["missing"]] == ["joeblow"]
    assert [one["player_lookup"] for one in read(odd_home, PREDICTIONS)["missing"]] == [
        "joeblow",
        "player17",
        "player18",
    ]


def test_a_predicted_player_no_longer_on_the_slate_is_still_shown(odd_home: Platform) -> None:
    player = tonight_players(odd_home)["player99"]
    assert (player.season_ppg, player.limited_data, player.has_line, player.props[0].line) == (None, None, True, 20.5)
    assert player.prediction is not None


def test_tonight_carries_the_grade_of_the_prediction_shown(odd_home: Platform) -> None:
    player = tonight_players(odd_home)["player3"]
    assert (player.actual_points, player.result) == (21, "incorrect")


def test_results_show_grades_scores_and_each_system(odd_home: Platform) -> None:
    document = Results.model_validate_json(odd_home.store.get(RESULTS))
    assert (document.total_players, len(document.systems), document.systems[0].correct) == (20, len(SYSTEMS), 16)
    game = document.games[0]
    assert game.scores is not None
    assert (game.game_status, game.scores.home, game.scores.away) == ("final", 110, 104)
    player = game.players[0]
    assert (player.name, player.team, player.actual_points, player.participation) == ("Player 0", "LAL", 21, "played")
    assert {one.result for one in player.systems} == {"incorrect"}
    assert read(odd_home, LATEST) == read(odd_home, RESULTS)


@pytest.mark.parametrize(
    ("score", "level"),
    [(100, "fresh"), (85, "fresh"), (84.9, "normal"), (65, "normal"), (64.9, "tired"), (0, "tired"), (None, None)],
)
def test_fatigue_level(score: float | None, level: str | None) -> None:
    assert fatigue_level(score) == level


@pytest.mark.parametrize(
    ("last_5", "form"), [(23.0, "Hot"), (22.9, "Neutral"), (17.1, "Neutral"), (17.0, "Cold"), (None, None)]
)
def test_recent_form(last_5: float | None, form: str | None) -> None:
    assert recent_form(last_5, 20.0) == form


# -- results -----------------------------------------------------------------------------------------------------------


def grade(home: Platform, day: date = DAY, result: str = "correct") -> None:
    graded = [
        {
            "game_date": day,
            "game_id": row["game_id"],
            "universal_player_id": row["universal_player_id"],
            "player_lookup": row["player_lookup"],
            "system_id": row["system_id"],
            "prediction_id": row["prediction_id"],
            "current_points_line": row["current_points_line"],
            "predicted_points": row["predicted_points"],
            "recommendation": row["recommendation"],
            "actual_points": 21,
            "participation": "played",
            "result": result,
        }
        for person in PEOPLE
        for row in slates.prediction_rows(person, day=day)
        if row["is_main_line"]
    ]
    slates.put(home, "nba_grading.prediction_accuracy", *graded)
    slates.put(
        home,
        "nba_grading.system_daily_performance",
        *[{"game_date": day, "system_id": system, "predictions": 20, "correct": 16} for system in SYSTEMS],
    )
    scores = [{"game_id": game, "game_date": day, "home_points": 110, "away_points": 104} for game in GAMES]
    slates.put(home, "nba_raw.game_results", *scores)


def test_games_not_graded_yet_publish_no_results(home: Platform) -> None:
    assert printed(home, publish_results).outcomes == {"not_graded": 1}
    assert not home.store.exists(RESULTS)
    assert not home.store.exists(LATEST)


def test_an_older_date_graded_again_is_not_the_latest(home: Platform) -> None:
    before = DAY - timedelta(days=1)
    grade(home)
    printed(home, publish_results)
    slates.schedule(home, before)
    slates.batch(home, before)
    slates.predictions(home, day=before)
    grade(home, before)
    printed(home, publish_results, start=before)
    assert home.store.exists(f"v1/results/{before}.json")
    assert read(home, LATEST)["game_date"] == str(DAY)


# -- the gate ----------------------------------------------------------------------------------------------------------


def test_below_80_percent_the_last_good_slate_stays_and_status_says_not_ready(published: Platform) -> None:
    good = published.store.get(PREDICTIONS), published.store.get(TONIGHT)
    slates.coverage(published, 15)
    hour_later = at(published, later(60))
    press = printed(hour_later, publish_tonight, publish_predictions)
    publish_status(hour_later, DAY, DAY)
    assert (published.store.get(PREDICTIONS), published.store.get(TONIGHT)) == good
    assert (press.outcomes, press.broken) == ({"withheld": 2}, {})
    assert press.withheld == {DAY: ["Coverage is below 80 %: 15 of 20 expected players, 75.0 %."]}
    entry = log(published, PREDICTIONS)
    assert entry is not None
    assert (entry["state"], entry["content_hash"], entry["published_at"]) == ("withheld", "", later(60))
    assert "75.0 %" in entry["detail"]
    said = Status.model_validate_json(published.store.get(STATUS))
    assert (said.verdict, said.export_state) == (State.NOT_READY, "withheld")


@pytest.mark.parametrize(("predicted", "verdict"), [(16, "DEGRADED"), (17, "READY")])
def test_from_80_percent_it_goes_out_marked_below_85(home: Platform, predicted: int, verdict: str) -> None:
    slates.coverage(home, predicted)
    printed(home, publish_predictions)
    document = read(home, PREDICTIONS)
    assert (document["verdict"], document["coverage_pct"]) == (verdict, predicted * 5.0)
    assert "expected players" in document["reasons"][0]


def test_a_failed_integrity_check_withholds_turns_red_and_still_publishes_status(
    published: Platform, export: Exporter
) -> None:
    good = published.store.get(PREDICTIONS)
    slates.check(published, "integrity")
    slates.predictions(published, updated_at=later(7))
    result = export(published, predictions)
    assert not result.success
    said = result.failure_data_for_node("exports__predictions").error.to_string()
    assert "IntegrityFailure" in said
    assert "3 players have rows of two batches" in said
    assert published.store.get(PREDICTIONS) == good
    assert read(published, STATUS)["verdict"] == "NOT READY"
    steps = published.warehouse.query("SELECT status FROM nba_reference.processor_run_history WHERE status = 'failed'")
    assert steps.num_rows == 1


def test_in_a_range_one_broken_date_withholds_itself_alone(home: Platform, export: Exporter) -> None:
    slates.good_slate(home, NEXT_DAY)
    slates.check(home, "integrity", day=DAY)
    result = export(home, predictions, start=DAY, end=NEXT_DAY)
    assert not result.success
    assert not home.store.exists(PREDICTIONS)
    assert read(home, f"v1/predictions/{NEXT_DAY}.json")["total_players"] == 20


def test_rows_of_an_unverified_batch_are_not_published(home: Platform) -> None:
    slates.batch(home, state="complete", consolidated_at=None)
    assert list(printed(home, publish_predictions).broken) == [DAY]
    assert not home.store.exists(PREDICTIONS)


def test_games_without_predictions_withhold_without_turning_red(home: Platform) -> None:
    slates.predictions(home, [])
    slates.coverage(home, 0)
    press = printed(home, publish_predictions)
    assert (press.outcomes, press.broken) == ({"withheld": 1}, {})
    assert not home.store.exists(PREDICTIONS)
    publish_status(home, DAY, DAY)
    assert read(home, STATUS)["verdict"] == "NOT READY"


def test_a_day_off_is_an_empty_valid_document(home: Platform) -> None:
    off = DAY + timedelta(days=1)
    printed(home, publish_predictions, publish_results, start=off)
    for name in ("predictions", "results"):
        document = read(home, f"v1/{name}/{off}.json")
        assert (document["games"], document["verdict"], document["total_players"]) == ([], "NO SLATE", 0)
    assert not home.store.exists(LATEST)


def test_a_document_that_leaves_somebody_out_is_refused() -> None:
    require_complete("v1/x.json", 118, 118, "players")
    with pytest.raises(IntegrityFailure, match=r"v1/x\.json would list 107 of 118 players"):
        require_complete("v1/x.json", 107, 118, "players")


# -- doing it again ----------------------------------------------------------------------------------------------------


def test_equal_content_is_not_written_again(odd_home: Platform, tmp_path: Path) -> None:
    home = slates.copy_home(odd_home, tmp_path / "home")
    paths = (TONIGHT, PREDICTIONS, RESULTS, LATEST)
    before = [(home.store.generation(path), home.store.get(path), log(home, path)) for path in paths]
    press = printed(at(home, later(8)), publish_tonight, publish_predictions, publish_results)
    assert [(home.store.generation(path), home.store.get(path), log(home, path)) for path in paths] == before
    assert press.outcomes == {"unchanged": 4}


def test_status_settles(published: Platform) -> None:
    publish_status(published, DAY, DAY)
    settled = published.store.generation(STATUS)
    publish_status(at(published, later(60)), DAY, DAY)
    assert published.store.generation(STATUS) == settled
    assert read(published, STATUS)["verdict"] == "READY"
    assert slate_verdict(published, DAY).reasons == []


def test_changed_predictions_are_written_and_the_export_is_fresh_again(published: Platform) -> None:
    slates.predictions(published, predicted_points=30.0, updated_at=later(30))
    assert slate_verdict(published, DAY).is_export_stale
    printed(at(published, later(60)), publish_tonight, publish_predictions)
    entry = log(published, PREDICTIONS)
    assert entry is not None
    assert (entry["published_at"], entry["content_hash"]) == (later(60), content_hash(published.store.get(PREDICTIONS)))
    verdict = slate_verdict(published, DAY)
    assert (verdict.verdict, verdict.is_export_stale) == (State.READY, False)


def test_a_damaged_or_lost_object_is_written_again(published: Platform) -> None:
    whole = content_hash(published.store.get(PREDICTIONS))
    published.store.put(PREDICTIONS, b'{"game_date": "2024-')
    printed(published, publish_predictions)
    assert content_hash(published.store.get(PREDICTIONS)) == whole
    published.store.delete(PREDICTIONS)
    printed(published, publish_predictions)
    assert content_hash(published.store.get(PREDICTIONS)) == whole


# -- tonight is tonight ------------------------------------------------------------------------------------------------


def test_neither_an_old_date_nor_tomorrow_takes_tonights_page(published: Platform) -> None:
    slates.predictions(published, PEOPLE[:1], day=DAY - timedelta(days=9))
    slates.good_slate(published, NEXT_DAY)
    for day in (DAY - timedelta(days=9), NEXT_DAY):
        assert printed(published, publish_tonight, start=day).notes["slate_shown"] == str(DAY)
        assert publish_status(published, day, day)["game_date"] == str(DAY)
        assert read(published, TONIGHT)["game_date"] == str(DAY)
        assert read(published, STATUS)["game_date"] == str(DAY)
    next_morning = at(published, later(60 * 20))
    printed(next_morning, publish_tonight, start=NEXT_DAY)
    publish_status(next_morning, NEXT_DAY, NEXT_DAY)
    assert read(published, TONIGHT)["game_date"] == str(NEXT_DAY)
    assert read(published, STATUS)["game_date"] == str(NEXT_DAY)


def test_status_speaks_of_a_day_off_and_of_a_lone_old_date(home: Platform) -> None:
    years_later = at(home, NOON + timedelta(days=700))
    publish_status(years_later, DAY, DAY)
    assert read(home, STATUS)["game_date"] == str(DAY)
    today = years_later.today
    publish_status(years_later, today, today)
    document = read(home, STATUS)
    assert (document["game_date"], document["verdict"]) == (str(today), "NO SLATE")


def test_each_query_file_is_named_and_each_name_is_a_file() -> None:
    assert sorted(QUERIES) == sorted(path.stem for path in (SQL_ROOT / "exports").glob("*.sql"))
