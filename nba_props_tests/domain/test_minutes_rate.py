"""Minutes first: who is missing leaves his minutes to team-mates, and what a market says of him never decides his number."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nba_props.domain.models import Model, Shelf, sealed, twin
from nba_props.domain.systems.base import Projections, Refusal, Slate
from nba_props.domain.systems.minutes_rate_v1 import (
    FEATURES,
    FEWEST_QUOTED,
    FORM,
    KIND,
    LONGEST_ABSENCE_DAYS,
    MATCH_UP,
    PLAY_FEATURES,
    MinutesRate,
    as_usual,
    expected_absences,
    play_matrix,
    train,
    with_absences,
)
from nba_props.errors import IntegrityFailure, ModelRefused
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.conftest import EVENING, TONIGHT, YESTERDAY

MONTH = date(2024, 1, 1)
DAY = date(2024, 1, 10)
TEAMS, PLAYERS, GAMES = 12, 10, 70
MINUTES = np.array([36.0, 34, 32, 30, 28, 22, 20, 16, 12, 10])
"""Of a team's ten players; 240 together."""
LETTERS = np.array(["G", "F", "C", "G", "F", "C", "G", "F", "C", "G"])
MISSES = 0.08
"""Of everybody's games; who misses one leaves his minutes to those who play, in proportion to what they have and lack."""


# -- a small league in which absences raise team-mates' minutes -----------------------------------------------------------


@cache
def history(seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(training rows, availability rows), as the queries give them, of the 140 days to the end of December."""
    random = np.random.default_rng(seed)
    shape = (TEAMS, GAMES, PLAYERS)
    is_played = random.random(shape) > MISSES
    noise = random.normal(0, 2.5, shape)
    usual = PLAYERS * MISSES * MINUTES.mean()
    vacated = (~is_played * MINUTES).sum(axis=2, keepdims=True)
    takes = np.where(is_played, MINUTES * (48 - MINUTES), 0.0)
    minutes = np.clip(MINUTES + (vacated - usual) * takes / takes.sum(axis=2, keepdims=True) + noise, 1, 48)
    rate = 0.3 + 0.3 * MINUTES / 36
    team, game, player = (axis.ravel() for axis in np.indices(shape))
    first = MONTH - timedelta(days=2 * GAMES)
    rows = roster(team, game, player, [first + timedelta(days=2 * int(one)) for one in game], random)
    rows["absent_minutes"] = np.broadcast_to(vacated, shape).ravel()
    rows["absent_plays"] = rows["absent_minutes"] / 2
    for letter, position in (("G", "guard"), ("F", "forward"), ("C", "center")):
        gone = (~is_played * MINUTES * (letter == LETTERS)).sum(axis=2, keepdims=True)
        rows[f"absent_minutes_{position}"] = np.broadcast_to(gone, shape).ravel()
    rows["minutes"] = minutes.ravel()
    rows["points"] = np.maximum(np.rint(minutes * rate + random.normal(0, 3, shape)), 0).ravel()
    rows["is_played"] = is_played.ravel()
    return rows[rows["is_played"]].reset_index(drop=True), rows


def roster(team: Any, game: Any, player: Any, days: list[date], random: np.random.Generator) -> pd.DataFrame:
    """Rows with every column that is read of a player before a game: his form, his match-up, what tells whether he plays."""
    count = len(player)
    minutes = MINUTES[player]
    rows = pd.DataFrame({name: random.normal(0, 1, count) for name in dict.fromkeys((*FORM, *MATCH_UP))})
    usual = PLAYERS * MISSES * MINUTES.mean()
    for name in ("minutes_ewm_3", "minutes_ewm_8", "minutes_ewm_20", "minutes_ewm_40", "minutes_avg_season"):
        rows[name] = minutes + random.normal(0, 0.3, count)
    for name in ("points_ewm_8", "points_ewm_20", "points_ewm_40", "points_avg_season"):
        rows[name] = minutes * (0.3 + 0.3 * minutes / 36) + random.normal(0, 0.3, count)
    rows["plays_ewm_8"] = minutes / 2
    rows["usual_vacated_minutes"], rows["usual_vacated_plays"] = usual, usual / 2
    for position in ("guard", "forward", "center"):
        rows[f"usual_vacated_{position}"] = usual / 3
    rows["days_since_last_game"], rows["team_games_missed"], rows["season_day"] = 2.0, 0.0, 60
    rows["game_date"] = days
    rows["game_id"] = [f"{one:%y%m%d}{place:02d}" for one, place in zip(days, team, strict=True)]
    rows["team_abbr"] = [f"T{one:02d}" for one in team]
    rows["universal_player_id"] = [f"nba_{one}{who:02d}" for one, who in zip(team, player, strict=True)]
    rows["player_name"] = [f"Player {who}" for who in player]
    rows["position_letter"] = LETTERS[player]
    rows["avg_minutes_last_10"], rows["team_games_seen_of_last_5"] = minutes, 5
    rows["has_line"], rows["team_quoted_players"] = True, PLAYERS
    rows["injury_status"] = None
    rows["is_out"] = False
    rows["data_quality_tier"] = "gold"
    rows["current_points_line"] = 15.5
    return rows


@cache
def model() -> Model:
    return sealed(KIND, MONTH, train(*history(), MONTH), "commit")


def slate(*out: int, day: date = DAY, **columns: Any) -> Slate:
    """One team's ten players, those numbered in `out` ruled out: on the roster, and no longer expected."""
    everybody = np.arange(PLAYERS)
    rows = roster(np.zeros(PLAYERS, int), everybody, everybody, [day] * PLAYERS, np.random.default_rng(8))
    rows["is_out"] = np.isin(everybody, out)
    rows = rows.assign(**columns)
    return Slate(rows[~rows["is_out"]].reset_index(drop=True), pd.DataFrame(), rows)


def answered(given: Slate, shelf: Shelf | None = None) -> pd.DataFrame:
    """What the system says, by player's number."""
    said = MinutesRate(shelf or Shelf({KIND: [model()]})).project(given)
    return said_of(said, given)


def said_of(said: Projections, given: Slate) -> pd.DataFrame:
    number = given.players["player_name"].str.removeprefix("Player ").astype(int)
    facts = {"mean": said.mean, "refusal": said.refusal, "model_version": said.model_version}
    return pd.DataFrame({**facts, **said.components}).set_index(number.rename("player"))


# -- training ----------------------------------------------------------------------------------------------------------


def test_training_twice_gives_the_same_bytes_in_whatever_order_rows_come() -> None:
    rows, availability = history()
    again = train(rows.sample(frac=1, random_state=1), availability.sample(frac=1, random_state=2), MONTH)
    assert sealed(KIND, MONTH, again, "commit").manifest == model().manifest
    assert again.files == model().files
    names = {"play.ubj", "minutes.ubj", "rate.ubj", "minutes_line.json", "rate_line.json"}
    assert set(again.files) == names | {f"validation_{name}" for name in names}
    assert again.feature_names == (*FEATURES, *PLAY_FEATURES)


def test_rows_of_the_month_are_a_leak_in_either_query() -> None:
    rows, availability = history()
    late = {"game_date": [MONTH] * 3}
    with pytest.raises(IntegrityFailure, match="leak"):
        train(pd.concat([rows, rows[:3].assign(**late)]), availability, MONTH)
    with pytest.raises(IntegrityFailure, match="leak"):
        train(rows, pd.concat([availability, availability[:3].assign(**late)]), MONTH)
    with pytest.raises(ModelRefused, match="499 training rows"):
        train(rows[:499], availability, MONTH)


def test_it_learns_minutes_and_points() -> None:
    metrics = model().manifest.metrics
    assert metrics["validation_minutes_mae"] < 2.5  # the noise's own is 2.0
    assert metrics["validation_mae"] < 3.2
    found = answered(slate())
    assert found["projected_minutes"].to_numpy() == pytest.approx(MINUTES, abs=2)
    assert found["play_prob"].to_numpy() == pytest.approx(1 - MISSES, abs=0.06)
    assert found["mean"].to_numpy() == pytest.approx(MINUTES * (0.3 + 0.3 * MINUTES / 36), abs=2)
    assert (found["mean"] - found["projected_minutes"] * found["points_per_minute"]).abs().max() < 1e-9
    assert (found["baseline_points"] + found["usage_adjustment"] - found["mean"]).abs().max() < 1e-9


# -- what is expected to be missing ------------------------------------------------------------------------------------


def absences(out: dict[int, float], **columns: Any) -> pd.DataFrame:
    """Expected absences of the ten, who play surely but for those given with their probability."""
    rows = slate(**columns).roster
    prob = np.array([out.get(number, 1.0) for number in range(PLAYERS)])
    return expected_absences(rows.assign(minutes_ewm_8=columns.get("minutes_ewm_8", MINUTES)), prob)


def test_absences_are_usual_amounts_times_the_probability_of_missing_without_oneself() -> None:
    left = absences({0: 0.0, 4: 0.25})
    assert left["absent_minutes"].tolist() == pytest.approx([21.0, *[57.0] * 3, 36.0, *[57.0] * 5])
    assert left["absent_plays"].tolist() == pytest.approx([10.5, *[28.5] * 3, 18.0, *[28.5] * 5])
    assert left["absent_minutes_guard"].tolist() == pytest.approx([0.0, *[36.0] * 9])
    assert left["absent_minutes_forward"].tolist() == pytest.approx([*[21.0] * 4, 0.0, *[21.0] * 5])
    assert left["absent_minutes_center"].tolist() == pytest.approx([0.0] * 10)


def test_likely_absences_are_named_the_longest_first_and_never_to_himself() -> None:
    left = absences({0: 0.4, 4: 0.5, 1: 0.51})
    assert left["absent_teammates"][9] == "Player 0 36 min, Player 4 28 min"
    assert left["absent_teammates"][0] == "Player 4 28 min"
    assert left["absent_teammates"][4] == "Player 0 36 min"
    assert absences({})["absent_teammates"].isna().all()


def test_only_the_rotation_leaves_minutes() -> None:
    nobody = absences({9: 0.0})  # ten minutes a night
    assert nobody["absent_minutes"].tolist() == [0.0] * 10
    assert nobody["absent_teammates"].isna().all()
    for columns in (
        {"days_since_last_game": [float(LONGEST_ABSENCE_DAYS + 1)] + [2.0] * 9},
        {"days_since_last_game": [np.nan] + [2.0] * 9},
        {"team_games_missed": [np.nan] + [0.0] * 9},  # not seen with this team
        {"minutes_ewm_8": [np.nan, *MINUTES[1:]]},
    ):
        assert absences({0: 0.0}, **columns)["absent_minutes"].tolist() == [0.0] * 10, columns
    assert absences({0: 0.0}, days_since_last_game=[float(LONGEST_ABSENCE_DAYS)] + [2.0] * 9)["absent_minutes"][9] == 36


def test_an_absence_is_of_ones_own_team_and_game() -> None:
    rows = pd.concat([slate().roster, slate().roster.assign(team_abbr="OTHER"), slate().roster.assign(game_id="other")])
    rows = rows.reset_index(drop=True).assign(minutes_ewm_8=np.tile(MINUTES, 3))
    left = expected_absences(rows, np.array([0.0] + [1.0] * 29))
    assert left["absent_minutes"].tolist() == [0.0] + [36.0] * 9 + [0.0] * 20
    assert left["absent_teammates"].notna().tolist() == [False] + [True] * 9 + [False] * 20


def test_what_is_fresh_goes_beyond_what_was_usual() -> None:
    given = slate().players
    rows = with_absences(given, absences({0: 0.0}))
    usual = given["usual_vacated_minutes"][0]
    assert rows["vacated_minutes"].tolist() == [0.0] + [36.0] * 9
    assert rows["fresh_vacated_minutes"].tolist() == pytest.approx([-usual] + [36 - usual] * 9)
    assert rows["fresh_vacated_plays"].tolist() == pytest.approx([-usual / 2] + [18 - usual / 2] * 9)
    position = np.where(LETTERS == "G", 36.0, 0.0) - usual / 3
    assert rows["fresh_vacated_position"].tolist()[1:] == pytest.approx(position[1:])
    unknown = with_absences(given.assign(position_letter=None, usual_vacated_minutes=np.nan), absences({0: 0.0}))
    assert unknown[["fresh_vacated_position", "fresh_vacated_minutes"]].isna().all(axis=None)
    assert as_usual(rows)["fresh_vacated_minutes"].tolist() == [0.0] * 10
    assert as_usual(unknown)["fresh_vacated_minutes"].isna().all()


# -- when somebody is ruled out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("star", [0, 2, 4])
def test_team_mates_of_one_who_is_ruled_out_get_his_minutes(star: int) -> None:
    before, after = answered(slate()).drop(star), answered(slate(star))
    assert star not in after.index
    gained = after["projected_minutes"] - before["projected_minutes"]
    vacated = MINUTES[star] * before["play_prob"].mean()  # what was expected of him before
    assert gained.sum() >= 0
    assert 0.3 * vacated <= gained.sum() <= 1.3 * vacated
    assert (after["vacated_minutes"] - before["vacated_minutes"]).to_numpy() == pytest.approx(vacated, abs=4)
    told = after["minutes_from_absences"] - before["minutes_from_absences"]
    assert told.to_numpy() == pytest.approx(gained.to_numpy())  # the reason is the absence, and it is said
    assert after["minutes_from_absences"].sum() > 0.25 * vacated
    assert after["absent_teammates"].str.fullmatch(f"Player {star} {MINUTES[star]:.0f} min").all()
    assert after["mean"].sum() > before["mean"].sum()


def test_two_absences_leave_more_than_one() -> None:
    both, one = (answered(slate(*out))["projected_minutes"].loc[5:].sum() for out in ((0, 3), (0,)))
    assert both > one


def test_one_who_is_out_plays_with_probability_zero_even_if_the_models_say_otherwise() -> None:
    """He is not expected, and no prediction is asked for; asked all the same, he would be told not to play."""
    given = slate(0)
    asked = replace(given, players=given.roster)
    found = answered(asked)
    assert found["play_prob"][0] == 0
    assert (found["play_prob"].loc[1:] > 0.5).all()
    assert found["vacated_minutes"][0] < found["vacated_minutes"][1]


def test_one_who_is_no_longer_on_the_roster_and_an_empty_roster_stop_nothing() -> None:
    given = slate()
    without = replace(given, roster=given.roster[1:])
    found = answered(without)
    assert np.isnan(found["play_prob"][0])
    assert (found["refusal"] == "").all()
    empty = answered(replace(given, roster=given.roster[:0]))
    assert (empty["refusal"] == "").all()
    assert empty["play_prob"].isna().all()


def test_without_a_model_everybody_is_refused() -> None:
    late = Shelf({KIND: [model()]})
    for found in (answered(slate(), Shelf()), answered(slate(day=date(2023, 12, 30)), late)):
        assert set(found["refusal"]) == {Refusal.NO_MODEL}
        assert found["mean"].isna().all()
        assert set(found["model_version"]) == {KIND}
    served = answered(slate())
    assert set(served["model_version"]) == {model().manifest.model_version}
    assert set(served["model_id"]) == {f"{KIND}/2024-01"}


def test_its_twin_serves_what_it_has_not_seen() -> None:
    stand_in = twin(model())
    assert stand_in is not None
    day = stand_in.training_end + timedelta(days=1)
    found = answered(slate(day=day), Shelf({KIND: [stand_in]}))
    assert found["projected_minutes"].to_numpy() == pytest.approx(MINUTES, abs=2.5)


def test_a_range_and_its_single_days_agree() -> None:
    nights = [slate(0), slate(3, day=DAY + timedelta(days=1))]
    both = Slate(
        *(
            pd.concat([getattr(one, name) for one in nights], ignore_index=True)
            for name in ("players", "past_games", "roster")
        )
    )
    together = answered(both)
    alone = pd.concat([answered(one) for one in nights])
    pd.testing.assert_frame_equal(together, alone)


# -- quotes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quoted", [0, 1, FEWEST_QUOTED - 1])
def test_a_missing_quote_says_nothing_where_the_team_has_hardly_any(quoted: int) -> None:
    rows = slate(has_line=[True] * quoted + [False] * (PLAYERS - quoted), team_quoted_players=quoted).roster
    columns = dict(zip(PLAY_FEATURES, play_matrix(rows).T, strict=True))
    assert np.isnan(columns["quoted"]).all()
    assert np.isnan(columns["team_quoted_players"]).all()


def test_from_four_quoted_team_mates_on_a_missing_quote_counts() -> None:
    rows = slate(has_line=[True] * FEWEST_QUOTED + [False] * 6, team_quoted_players=FEWEST_QUOTED).roster
    columns = dict(zip(PLAY_FEATURES, play_matrix(rows).T, strict=True))
    assert columns["quoted"].tolist() == [1.0] * FEWEST_QUOTED + [0.0] * 6
    assert columns["team_quoted_players"].tolist() == [FEWEST_QUOTED] * PLAYERS


def test_reports_are_ordered_and_an_unknown_one_is_unknown() -> None:
    status = ["available", "probable", "questionable", "doubtful", "out", None, "day-to-day", None, None, None]
    columns = dict(zip(PLAY_FEATURES, play_matrix(slate(injury_status=status).roster).T, strict=True))
    assert columns["report"][:5].tolist() == [0, 1, 2, 3, 3]
    assert np.isnan(columns["report"][5:]).all()


def test_lines_and_prices_are_never_read() -> None:
    """Poisoned with what no system could swallow, and missing altogether: the same answer."""
    clean = slate(0)
    wanted = answered(clean)
    names = ("current_points_line", "opening_line", "over_price_american", "under_price_american")
    for poison in (np.nan, 1e12, -np.inf, "garbage"):
        rubbish = dict.fromkeys(names, poison)
        poisoned = Slate(clean.players.assign(**rubbish), clean.past_games, clean.roster.assign(**rubbish))
        pd.testing.assert_frame_equal(answered(poisoned), wanted)
    without = Slate(
        clean.players.drop(columns="current_points_line"),
        clean.past_games,
        clean.roster.drop(columns="current_points_line"),
    )
    pd.testing.assert_frame_equal(answered(without), wanted)
    assert not [name for name in (*FEATURES, *PLAY_FEATURES) if "line" in name or "price" in name]


def test_neither_are_lines_in_training() -> None:
    rows, availability = (one.assign(current_points_line=-1e9) for one in history())
    assert train(rows, availability, MONTH).files == model().files


# -- on a real slate ---------------------------------------------------------------------------------------------------


@pytest.fixture
def played(simulated_home: Path) -> Platform:
    return Platform(load_settings(home=simulated_home, now=EVENING))


def test_who_is_out_has_no_prediction_and_his_team_mates_are_told(played: Platform) -> None:
    rows = played.warehouse.query(
        "SELECT c.is_out, COUNT(DISTINCT c.universal_player_id) AS players, COUNTIF(c.is_production_ready) AS ready,"
        " COUNT(p.prediction_id) AS predictions"
        " FROM nba_analytics.upcoming_player_game_context AS c LEFT JOIN nba_predictions.player_prop_predictions AS p"
        " ON p.game_date = c.game_date AND p.game_id = c.game_id AND p.universal_player_id = c.universal_player_id"
        " AND p.is_active WHERE c.game_date BETWEEN @start_date AND @end_date GROUP BY c.is_out",
        {"start_date": YESTERDAY, "end_date": TONIGHT},
    ).to_pylist()
    found = {row["is_out"]: row for row in rows}
    assert found[True]["players"] > 0
    assert (found[True]["ready"], found[True]["predictions"]) == (0, 0)
    assert found[False]["predictions"] > 0
    told = played.warehouse.query(
        "SELECT COUNTIF(absent_teammates IS NOT NULL) AS told, COUNTIF(projected_minutes IS NULL) AS without_minutes, COUNT(*) AS n"
        " FROM nba_predictions.player_prop_predictions WHERE game_date BETWEEN @start_date AND @end_date"
        " AND system_id = 'minutes_rate_v1' AND is_active",
        {"start_date": YESTERDAY, "end_date": TONIGHT},
    ).to_pylist()[0]
    assert told["n"] > 0
    assert told["told"] > 0
    assert told["without_minutes"] == 0
