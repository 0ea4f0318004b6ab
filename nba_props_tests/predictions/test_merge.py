"""What one MERGE does to what is in force: ladders, players without a line, versions, withdrawals."""

from datetime import timedelta

import sqlglot

from nba_props.assets.predictions.merge import merge_statement
from nba_props.platform import Platform
from nba_props_tests.predictions.kit import (
    EVERYTHING,
    GAMES,
    ONE,
    Said,
    active,
    at_hour,
    batches_of,
    everything,
    in_force,
    lines_of,
    merge,
    named,
    open_batch,
    player,
    publish,
    stage,
    staging_left,
    stored,
    the_batch,
)
from nba_props_tests.slates import NOON

ONE_PLAYER = {player(1): Said(25.5)}


def test_a_line_is_keyed_in_tenths_so_that_half_and_whole_lines_are_two(platform: Platform) -> None:
    publish(platform, 0, {player(1): Said(25.5), player(2): Said(26.0)})
    assert lines_of(platform, 1) == [235, 245, 255, 265, 275]
    assert lines_of(platform, 2) == [240, 250, 260, 270, 280]
    assert {(row["line_key"], row["current_points_line"]) for row in active(platform)} == {
        (key, key / 10) for key in (235, 245, 255, 265, 275, 240, 250, 260, 270, 280)
    }


def test_a_player_without_a_line_has_one_row_however_often_it_is_merged(platform: Platform) -> None:
    for hour in (0, 1):
        publish(platform, hour, {player(1): Said(None)})
    assert lines_of(platform) == [-1]
    assert len(stored(platform)) == 1


def test_a_first_line_supersedes_the_row_without_one(platform: Platform) -> None:
    publish(platform, 0, {player(1): Said(None)})
    second = publish(platform, 1, {player(1): Said(20.5)})
    assert lines_of(platform) == [185, 195, 205, 215, 225]
    (old,) = [row for row in stored(platform) if row["line_key"] == -1]
    assert (old["is_active"], old["superseded_by"]) == (False, second.batch_id)


def test_a_ladder_that_moves_leaves_no_old_rung_in_force(platform: Platform) -> None:
    publish(platform, 0, {player(1): Said(20.5)})
    for hour, line in ((1, 21.5), (2, 22.0), (3, 21.0)):
        batch = publish(platform, hour, {player(1): Said(line)})
        assert lines_of(platform) == [round(10 * line) + step for step in (-20, -10, 0, 10, 20)]
        assert batches_of(platform) == {batch.batch_id}


def test_the_same_batch_again_changes_nothing(platform: Platform) -> None:
    batch = publish(platform, 0, named(1, 2))
    before = everything(platform)
    stage(platform, batch, named(1, 2), at=NOON + timedelta(minutes=5))
    done = merge(at_hour(platform, 1))
    assert (done.inserted_rows, done.superseded_rows) == (0, 0)
    assert everything(platform) == before
    assert staging_left(platform) == []


def test_identical_content_of_a_later_batch_is_no_new_version(platform: Platform) -> None:
    publish(platform, 0, named(1, 2))
    before = stored(platform)
    later = publish(platform, 1, named(1, 2))
    assert stored(platform) == before
    assert (later.state, later.row["merged_rows"], later.row["inserted_rows"]) == ("consolidated", 10, 0)


def test_versions_count_changes_and_superseded_rows_keep_when_they_were_made(platform: Platform) -> None:
    first = open_batch(platform, 0, named(1))
    stage(platform, first, {player(1): Said(20.5)})
    merge(platform)
    second = open_batch(platform, 1, named(1))
    stage(platform, second, {player(1): Said(21.5)}, at=NOON + timedelta(hours=1))
    merge(platform)
    made = {
        (row["batch_id"], row["prediction_version"], row["created_at"], row["is_active"]) for row in stored(platform)
    }
    assert made == {(first.batch_id, 1, NOON, False), (second.batch_id, 2, NOON + timedelta(hours=1), True)}


def test_content_that_comes_back_is_in_force_once(platform: Platform) -> None:
    for hour, line in enumerate((20.5, 21.5, 20.5)):
        last = publish(platform, hour, {player(1): Said(line)})
    assert lines_of(platform) == [185, 195, 205, 215, 225]
    assert batches_of(platform) == {last.batch_id}
    assert {row["prediction_version"] for row in active(platform)} == {3}


def test_content_that_comes_back_within_one_batch_is_in_force_again(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1))
    for minute, line in enumerate((20.5, 21.5, 20.5)):
        stage(platform, batch, {player(1): Said(line)}, at=NOON + timedelta(minutes=minute))
        merge(platform)
    assert lines_of(platform) == [185, 195, 205, 215, 225]
    assert all(row["superseded_by"] is None for row in active(platform))


def test_of_two_writers_of_a_system_the_newest_answer_counts_player_by_player(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2))
    stage(platform, batch, {player(1): Said(25.5), player(2): Said(25.5)}, writer="w0", at=NOON + timedelta(minutes=1))
    stage(platform, batch, {player(1): Said(20.5)}, writer="w1")
    stage(platform, batch, {player(2): Said(30.5)}, writer="w2", at=NOON + timedelta(minutes=2))
    merge(platform)
    assert lines_of(platform, 1) == [235, 245, 255, 265, 275]
    assert lines_of(platform, 2) == [285, 295, 305, 315, 325]
    assert len(stored(platform)) == 10


def test_two_writers_of_one_instant_leave_one_answer(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2))
    stage(platform, batch, {player(1): Said(20.5), player(2): Said()}, writer="w0")
    stage(platform, batch, {player(1): Said(22.5), player(2): Said()}, writer="w1")
    merge(platform)
    assert len(lines_of(platform, 1)) == len(lines_of(platform, 2)) == 5
    assert len(stored(platform)) == 10
    assert staging_left(platform) == []


def test_batches_of_several_dates_are_merged_together_and_touch_only_their_own_date(platform: Platform) -> None:
    days = [NOON.date() + timedelta(days=step) for step in range(3)]
    for day in (days[0], days[2]):
        publish(platform, 0, named(1), day=day)
    middle = in_force(platform, days[1])
    for day in (days[0], days[2]):
        batch = open_batch(platform, 1, named(1), day=day)
        stage(platform, batch, {player(1): Said(30.5)})
    merge(platform, days[0])
    assert (lines_of(platform, 1, days[0])[0], lines_of(platform, 1, days[2])[0]) == (285, 185)
    from nba_props.assets.predictions.consolidation import consolidate

    assert len(consolidate(platform, days[0], days[2], is_waiting_over=True).batches) == 1
    assert lines_of(platform, 1, days[2])[0] == 285
    assert in_force(platform, days[1]) == middle == {}


# -- withdrawals ------------------------------------------------------------------------------------------------------


def test_a_player_ruled_out_is_withdrawn_by_the_next_batch_of_the_slate(platform: Platform) -> None:
    publish(platform, 0, named(1, 2, 3))
    later = publish(platform, 1, named(1, 2))
    assert {name for name, _ in in_force(platform)} == {player(1), player(2)}
    assert {row["superseded_by"] for row in stored(platform) if not row["is_active"]} == {later.batch_id}


def test_a_game_called_off_is_withdrawn_and_so_is_a_whole_slate(platform: Platform) -> None:
    publish(platform, 0, named(1, 2, 3))
    publish(platform, 1, named(1, 3))  # the second game is off
    assert {name for name, _ in in_force(platform)} == {player(1), player(3)}
    nothing = publish(platform, 2, {})
    assert (in_force(platform), nothing.state, nothing.row["completion_pct"]) == ({}, "consolidated", 100.0)


def test_a_batch_of_some_players_touches_only_them(platform: Platform) -> None:
    publish(platform, 0, named(1, 2, 3))
    before = in_force(platform)
    only = [(EVERYTHING, player(1)), (EVERYTHING, player(2))]
    publish(platform, 1, {player(1): Said(30.5)}, everybody_else=only)  # player 2 was ruled out
    after = in_force(platform)
    assert lines_of(platform, 1) == [285, 295, 305, 315, 325]
    assert (player(2), ONE) not in after
    assert after[player(3), ONE] == before[player(3), ONE]


def test_a_batch_after_a_tip_off_touches_only_the_other_games(platform: Platform) -> None:
    publish(platform, 0, named(1, 2, 4))
    before = in_force(platform)
    publish(platform, 1, {player(2): Said(30.5)}, everybody_else=[(GAMES[1], EVERYTHING)])
    assert in_force(platform)[player(1), ONE] == before[player(1), ONE]
    assert lines_of(platform, 2) == [285, 295, 305, 315, 325]
    assert lines_of(platform, 4) == []


def test_a_system_that_stages_nothing_keeps_what_it_said_but_not_of_players_ruled_out(platform: Platform) -> None:
    systems = (ONE, "xgboost_v1")
    first = open_batch(platform, 0, named(1, 2, 3), systems=systems)
    for system in systems:
        stage(platform, first, named(1, 2, 3), system)
    merge(platform)
    second = open_batch(platform, 1, named(1, 2), systems=systems)
    stage(platform, second, {player(1): Said(30.5), player(2): Said(30.5)})
    merge(platform)
    assert set(in_force(platform)) == {(player(one), system) for one in (1, 2) for system in systems}
    assert {row["batch_id"] for row in active(platform) if row["system_id"] == "xgboost_v1"} == {first.batch_id}


def test_players_a_stalled_batch_did_not_reach_keep_what_stood_until_the_rest_comes(platform: Platform) -> None:
    publish(platform, 0, named(1, 2, 3, 4, 5, 6))
    second = open_batch(platform, 1, named(1, 2, 3, 4, 5))
    moved = {name: Said(30.5) for name in named(1, 2, 3, 4, 5)}
    stage(platform, second, {name: moved[name] for name in list(moved)[:4]}, writer="w0")
    assert list(merge(platform).partial) == [second.batch_id]
    assert (lines_of(platform, 4)[0], lines_of(platform, 5)[0], lines_of(platform, 6)) == (285, 185, [])
    stage(platform, second, {player(5): moved[player(5)]}, writer="w1")
    merge(platform)
    assert the_batch(platform, second.batch_id).state == "consolidated"
    assert lines_of(platform, 5)[0] == 285


def test_a_refusal_withdraws_the_number_and_is_never_in_force(platform: Platform) -> None:
    publish(platform, 0, named(1, 2))
    for hour in (1, 2):
        batch = publish(platform, hour, {player(1): Said(), player(2): Said(refusal="no_recent_games")})
    assert set(in_force(platform)) == {(player(1), ONE)}
    assert [row["prediction_error_code"] for row in stored(platform)].count("no_recent_games") == 1
    assert batch.state == "consolidated"


# -- engines ----------------------------------------------------------------------------------------------------------


def test_the_merge_is_the_same_statement_in_bigquery_and_prunes_its_target_by_date() -> None:
    tree = sqlglot.parse_one(merge_statement(), read="bigquery")
    assert isinstance(tree, sqlglot.exp.Merge)
    again = sqlglot.parse_one(tree.sql("bigquery"), read="bigquery")
    assert again.sql("bigquery") == tree.sql("bigquery")
    assert "t.game_date BETWEEN @start_date AND @end_date" in tree.args["on"].sql("bigquery")
