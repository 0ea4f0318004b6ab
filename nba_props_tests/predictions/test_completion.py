"""When a batch may be merged: whole, or stalled and large enough; counted in distinct players that staging holds."""

from datetime import timedelta
from typing import Any

import pytest

from nba_props.errors import BadInput, IntegrityFailure
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.predictions.kit import (
    ONE,
    Said,
    everything,
    in_force,
    merge,
    named,
    open_batch,
    player,
    refusal_of,
    stage,
    staging_left,
    stored,
    the_batch,
)
from nba_props_tests.slates import NOON

SYSTEMS = slates.SYSTEMS
TEN = tuple(range(1, 11))


def test_a_batch_below_its_share_fails_and_keeps_its_staging(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN))
    stage(platform, batch, named(*TEN[:7]))
    done = merge(platform)
    assert done.failed == {batch.batch_id: "70.0 % of 10 players staged, 80 % are needed"}
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["staged_players"], now.row["failure_reason"]) == (
        "failed",
        7,
        done.failed[batch.batch_id],
    )
    assert (stored(platform), len(staging_left(platform))) == ([], 1)


def test_a_person_may_force_a_failed_batch_with_another_share(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN))
    stage(platform, batch, named(*TEN[:3]))
    merge(platform)
    assert merge(platform, min_completion_pct=31.0).failed != {}
    done = merge(platform, min_completion_pct=30.0)
    assert list(done.partial) == [batch.batch_id]
    assert (the_batch(platform, batch.batch_id).state, len(in_force(platform))) == ("partial", 3)


def test_a_share_of_its_own_is_the_batchs(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN), min_completion_pct=50.0)
    stage(platform, batch, named(*TEN[:5]))
    assert list(merge(platform).partial) == [batch.batch_id]


def test_an_unfinished_batch_waits_until_it_has_stalled(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN))
    stage(platform, batch, named(*TEN[:8]), at=NOON - timedelta(minutes=9))
    assert list(merge(platform, is_waiting_over=False).waiting) == [batch.batch_id]
    assert (stored(platform), len(staging_left(platform))) == ([], 1)
    stage(platform, batch, named(*TEN[:8]), at=NOON - timedelta(minutes=10))
    assert list(merge(platform, is_waiting_over=False).partial) == [batch.batch_id]


def test_a_whole_batch_waits_for_nothing(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2), systems=SYSTEMS)
    for system in SYSTEMS:
        stage(platform, batch, named(1, 2), system)
    assert merge(platform, is_waiting_over=False).batches == [batch.batch_id]


def test_players_are_counted_once_however_many_writers_staged_them(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN))
    for writer in ("w0", "w1", "w2"):
        stage(platform, batch, named(*TEN[:5]), writer=writer)
    assert merge(platform).failed == {batch.batch_id: "50.0 % of 10 players staged, 80 % are needed"}
    stage(platform, batch, named(*TEN[5:]), writer="w3")
    merge(platform)
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["staged_players"], now.row["completion_pct"]) == ("consolidated", 10, 100.0)


def test_a_partial_batch_completes_when_the_rest_comes(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(*TEN))
    stage(platform, batch, named(*TEN[:8]), writer="w0")
    assert merge(platform).partial == {batch.batch_id: "80.0 % of players; systems missing: none"}
    assert the_batch(platform, batch.batch_id).row["failure_reason"] == "8 of 10 players were staged"
    stage(platform, batch, named(*TEN[8:]), writer="w1")
    assert merge(platform, is_waiting_over=False).partial == {}
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["staged_players"], len(in_force(platform))) == ("consolidated", 10, 10)


def test_a_system_that_failed_is_named_and_the_others_are_in_force(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2), systems=SYSTEMS)
    for system in SYSTEMS[:-1]:
        stage(platform, batch, named(1, 2), system)
    assert merge(platform).partial == {batch.batch_id: "100.0 % of players; systems missing: ensemble_v1"}
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["missing_systems"]) == ("partial", "ensemble_v1")
    assert {system for _, system in in_force(platform)} == set(SYSTEMS[:-1])
    stage(platform, batch, named(1, 2), SYSTEMS[-1])
    merge(platform, is_waiting_over=False)
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["missing_systems"], now.row["merged_rows"]) == (
        "consolidated",
        None,
        2 * 5 * len(SYSTEMS),
    )
    assert {system for _, system in in_force(platform)} == set(SYSTEMS)


def test_what_a_writer_could_not_record_before_it_died_counts_all_the_same(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2))
    stage(platform, batch, named(1, 2))
    assert the_batch(platform, batch.batch_id).row["staged_players"] == 0
    merge(platform)
    now = the_batch(platform, batch.batch_id)
    assert (now.state, now.row["staged_players"], now.row["merged_rows"]) == ("consolidated", 2, 10)


def test_what_a_writer_did_record_is_counted_before_the_merge(platform: Platform) -> None:
    batch = open_batch(platform, 0, named(1, 2), systems=SYSTEMS[:2])
    stage(platform, batch, named(1, 2), SYSTEMS[0], is_recorded=True)
    assert (the_batch(platform, batch.batch_id).state, the_batch(platform, batch.batch_id).row["missing_systems"]) == (
        "open",
        SYSTEMS[1],
    )
    stage(platform, batch, named(1), SYSTEMS[1], is_recorded=True)
    assert the_batch(platform, batch.batch_id).row["completion_pct"] == 50.0
    stage(platform, batch, named(1, 2), SYSTEMS[1], is_recorded=True)
    assert the_batch(platform, batch.batch_id).state == "complete"


def test_counts_of_a_batch_are_of_the_rows_in_the_main_table(platform: Platform) -> None:
    first = open_batch(platform, 0, named(1, 2, 3))
    stage(platform, first, named(1, 2, 3))
    merge(platform)
    second = open_batch(platform, 1, named(1, 2))
    stage(platform, second, {player(1): Said(30.5), player(2): Said()})
    done = merge(platform)
    now = the_batch(platform, second.batch_id).row
    assert (done.staged_rows, done.inserted_rows, done.superseded_rows) == (10, 5, 10)
    assert (now["merged_rows"], now["inserted_rows"], now["superseded_rows"]) == (10, 5, 10)


def test_nothing_staged_of_somebody_expected_is_a_failure_even_if_forced(platform: Platform) -> None:
    stage(platform, open_batch(platform, 0, named(1)), named(1))
    merge(platform)
    batch = open_batch(platform, 1, named(1))
    stage(platform, batch, {})
    before = in_force(platform)
    assert list(merge(platform, min_completion_pct=0.0).failed) == [batch.batch_id]
    assert in_force(platform) == before


def test_consolidating_without_staging_changes_nothing(platform: Platform) -> None:
    stage(platform, open_batch(platform, 0, named(1)), named(1))
    merge(platform)
    before = everything(platform)
    assert merge(platform).batches == []
    assert everything(platform) == before
    with pytest.raises(BadInput, match="No staging of batch_x is left"):
        merge(platform, batch_id="batch_x")


def test_one_batch_alone_is_consolidated_on_request(platform: Platform) -> None:
    first, second = (open_batch(platform, hour, named(1)) for hour in (0, 1))
    for batch, line in ((first, 20.5), (second, 30.5)):
        stage(platform, batch, {player(1): Said(line)})
    assert merge(platform, batch_id=second.batch_id).batches == [second.batch_id]
    merge(platform)
    assert {row["batch_id"] for row in stored(platform) if row["is_active"]} == {second.batch_id}
    assert {system for _, system in in_force(platform)} == {ONE}


def test_staging_written_anew_during_the_merge_is_not_dropped(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = open_batch(platform, 0, named(1))
    stage(platform, batch, {player(1): Said(20.5)})
    once = [platform.warehouse.merge]

    def merge_while_a_writer_is_at_work(*given: Any) -> int:
        changed = once.pop()(*given)
        monkeypatch.undo()
        stage(platform, batch, {player(1): Said(30.5)}, at=NOON + timedelta(minutes=1))
        return changed

    monkeypatch.setattr(platform.warehouse, "merge", merge_while_a_writer_is_at_work)
    merge(platform)
    assert len(staging_left(platform)) == 1
    merge(platform)
    assert {row["main_points_line"] for row in stored(platform) if row["is_active"]} == {30.5}


def test_staging_is_kept_if_the_rows_are_not_in_the_main_table_afterwards(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = open_batch(platform, 0, named(1))
    stage(platform, batch, named(1))
    monkeypatch.setattr(platform.warehouse, "merge", lambda *_: 0)
    assert "5 of 5 staged rows" in refusal_of(platform, IntegrityFailure).message
    assert (the_batch(platform, batch.batch_id).state, len(staging_left(platform))) == ("open", 1)
